"""A folder that is wrong: one line that begins with the file's path and names entry, requirement and value."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from asteroid_repro import InputError, simulate_trial, study

FOLDERS = {"stretching": Path(__file__).parents[1] / "studies" / "stretching", "asteroid": study().folder}


class Case(NamedTuple):
    """A way to be wrong: where a text stands, what stands there instead, and what is said of it."""

    study: str
    file: str
    old: str
    new: str
    said: tuple[str, ...]


DESIGN = (
    ("no visits", "visits = [0, 4, 26, 52]\n", "", "visits must be given, got none. Add it."),
    ("no arm", '[reference]\nname = "usual_care"\nlabel = "Usual care"\n', "", "reference must be given"),
    ("no label", 'label = "Sleep disturbance"\n', "", "outcomes.sleep.label must be given, got none"),
    ("no outcome", "[outcomes.", "[outcome.", "outcomes must be given, got none"),
    ("an unknown key", "visits = ", "weeks = 3\nvisits = ", "weeks must be a known field, got 3"),
    ("an unknown key of an outcome", "step = 0.5", "steps = 0.5",
     "outcomes.back_function.steps must be a known field, got 0.5"),
    ("not TOML", "visits = [0, 4", "visits = [0, 4;", "must be TOML, got: ", "line 4"),
    ("visits that fall", "[0, 4, 26, 52]", "[0, 4, 2, 52]", "visits must start at week 0", "got [0, 4"),
    ("visits from 1", "[0, 4, 26, 52]", "[1, 4, 26, 52]", "visits must start at week 0", "got [1, 4"),
    ("one visit", "[0, 4, 26, 52]", "[0]", "visits must start at week 0 and increase, got [0]."),
    ("a visit in words", "[0, 4, 26, 52]", '[0, "four"]', "visits.1 must be a valid number, got 'four'"),
    ("a visit that is true", "[0, 4, 26, 52]", "[0, true]", "visits.1 must be a valid number, got True"),
    ("a visit without end", "[0, 4, 26, 52]", "[0, inf]", "visits.1 must be a finite number, got inf"),
    ("visits no list", "[0, 4, 26, 52]", "52", "visits must be a list, got 52"),
    ("arms of one name", 'name = "usual_care"', 'name = "stretching"',
     "arms must differ from each other and from All, got stretching again"),
    ("arms of one label", 'label = "Usual care"', 'label = "Stretching at home"', "labels of arms must differ"),
    ("an arm called All", 'label = "Usual care"', 'label = "All"', "labels of arms must differ", "got All again"),
    ("a kind of event called all", "[adverse_events.fall]", "[adverse_events.all]", "adverse_events must differ"),
    ("a name of two words", 'name = "usual_care"', 'name = "usual care"', "reference.name must be a name of letters",
     "'usual care'"),
    ("a name with an accent", 'name = "usual_care"', 'name = "zuwartén"', "reference.name must be a name of letters",
     "'zuwartén'"),
    ("a label of two lines", 'label = "Usual care"', 'label = "Usual\\ncare"',
     "reference.label must be one line of text"),
    ("a name within an outcome", 'unit = "T-score"', 'name = "wake"',
     "outcomes must have no name but that of the table"),
    ("an outcome that is no table", "[outcomes.sleep]", "[outcomes]\nsleep = 3\n[arm]",
     "outcomes.sleep must be a table, got 3"),
    ("only one end", "maximum = 10\n", "", "back_function must have both a minimum and a maximum"),
    ("ends turned round", "minimum = 0", "minimum = 12", "back_function.minimum must be below", "got 12"),
    ("ends without a step", "step = 0.5\n", "", "back_function.step must be given"),
    ("a step that does not fit", "step = 0.5", "step = 0.3", "back_function.step must divide", "got 0.3"),
    ("a step of nothing", "step = 0.5", "step = 0", "outcomes.back_function.step must be positive, got 0"),
    ("a step too fine", "step = 0.5", "step = 0.0001", "into at most 10000 steps, got 0.0001"),
    ("a change below 0", "important = 3", "important = -3", "outcomes.sleep.important must be positive, got -3"),
    ("a direction that is none", 'better = "lower"', 'better = "less"',
     "outcomes.sleep.better must be 'lower' or 'higher', got 'less'"),
    ("a level of 95", 'distribution = "t"', "level = 95", "analysis.level must be in (0, 1), got 95"),
    ("a flare that is no yes or no", 'label = "Fall"', 'label = "Fall"\nflare = "often"',
     "adverse_events.fall.flare must be a valid boolean"),
)  # fmt: skip
RESERVED = (
    "characteristics", "adverse_events", "n_treatment", "every_outcome", "people_per_arm", "values", "programme",
    "visits", "name", "copy", "provenance", "adherence_mean",
)  # fmt: skip
ASSUMPTIONS = (
    ("a value without a source", '{ value = 0.1, because = "few" }', "0.1",
     "serious_share must say where it comes from, got 0.1"),
    ("a value without a reason", '{ value = 0.1, because = "few" }', "{ value = 0.1 }",
     "serious_share must say where it comes from"),
    ("an empty reason", 'because = "few"', 'because = ""', "serious_share must say where it comes from, got nothing"),
    ("a reason that is no text", 'because = "few"', "because = 3", "serious_share.because must be text, got 3"),
    ("a claim and a value", '{ claim = "age.mean" }', '{ claim = "age.mean", value = 46 }',
     "characteristics.age_years.mean must say where it comes from, got {'claim': 'age.mean', 'value': 46}"),
    ("an unknown origin", 'because = "few" }', 'why = "few" }', "serious_share must say where it comes from",
     "'why': 'few'"),
    ("somebody who changed it", 'because = "few" }', 'changed_by = "me" }',
     "serious_share must say where it comes from"),
    ("a predicted claim", '{ value = [-0.5, -1.5, -2], because = "guessed before the paper was read" }',
     '{ claim = "[-0.5, -1.5, sleep.week52.estimate]" }',
     "sleep.effect: claim sleep.week52.estimate must have role fitted to set an assumption, got role predicted"),
    ("a derived claim", '"people.usual_care"', '"people.all"', "n_reference: claim people.all must have role fitted",
     "got role derived"),
    ("a claim that is fitted to and predicted", 'fitted_to = ["muscle_pain.stretching"]', 'fitted_to = ["falls"]',
     "adverse_events.muscle_pain.rate: claim falls must have role fitted", "got role predicted"),
    ("a list of claims that is none", 'fitted_to = ["muscle_pain.stretching"]', 'fitted_to = "falls"',
     "adverse_events.muscle_pain.rate.fitted_to must be a list, got 'falls'"),
    ("an unknown claim", '{ claim = "age.mean" }', '{ claim = "age.maen" }',
     "characteristics.age_years.mean: claim must be in the ledger, got 'age.maen'. Did you mean 'age.mean'?"),
    ("a claim that is no text", '{ claim = "age.mean" }', "{ claim = 46 }",
     "characteristics.age_years.mean.claim must be text, got 46"),
    ("a formula that is nonsense", '{ claim = "age.mean" }', '{ claim = "age.mean +" }',
     "characteristics.age_years.mean: formula must hold numbers, claim ids", "got something that cannot be read"),
    ("a formula that runs", '{ claim = "age.mean" }', "{ claim = \"__import__('os').getcwd()\" }",
     "characteristics.age_years.mean: formula must hold numbers, claim ids"),
    ("a formula without end", '{ claim = "age.mean" }', '{ claim = "age.mean / (age.sd - age.sd)" }',
     "characteristics.age_years.mean: formula must give a finite number, got "),
    ("half a person", '"people.usual_care"', '"people.usual_care / 4"',
     "n_reference must be a valid integer, got 9.5"),
    ("a list too short", "[-0.5, -1.5, -2]", "[-0.5, -2]", "sleep.effect must have 3 values, one a visit, got 2"),
    ("a list too long", "[8, 8, 9, 9.5]", "[8, 8, 9, 9.5, 9]", "sleep.sd must have 4 values, one a visit, got 5"),
    ("one effect for three visits", "[-0.5, -1.5, -2]", "-2", "sleep.effect must be a list, got -2"),
    ("text in a list", "[-0.5, -1.5, -2]", '[-0.5, "-1", -2]', "sleep.effect.1 must be a valid number, got '-1'"),
    ("NaN", "[-0.5, -1.5, -2]", "[-0.5, nan, -2]", "sleep.effect.1 must be a finite number, got nan"),
    ("a truth value", "value = 0.1", "value = true", "serious_share must be a valid number, got True"),
    ("text for a number", "value = 0.1", 'value = "0.1"', "serious_share must be a valid number, got '0.1'"),
    ("a share of 10", "value = 0.1", "value = 10", "serious_share must be in [0, 1], got 10"),
    ("an sd of 0", "[8, 8, 9, 9.5]", "[8, 0, 9, 9]", "sleep.sd.1 must be positive, got 0"),
    ("an impossible sd", 'sd = { claim = "(back', 'sd = { claim = "9 * (back',
     "back_function: treatment mean at week 0 is 4.1, so its sd must be below 4.92, got 21"),
    ("a mean off the scale", "[0.1, 0.3, 0.4]", "[0.1, 0.3, 6.4]",
     "back_function: treatment mean at week 52 must be inside the scale, in (0, 10), got 11.7"),
    ("a mean at the end of the scale", "[0.1, 0.3, 0.4]", "[0.1, -4.3, 0.4]",
     "back_function: reference mean at week 26 must be inside the scale, in (0, 10), got 0"),
    ("a correlation of 1", "value = -0.4", "value = -1", "cross_outcome_correlation must be positive definite"),
    ("correlations of three visits",
     "[[1, 0.7, 0.6, 0.6], [0.7, 1, 0.7, 0.6], [0.6, 0.7, 1, 0.7], [0.6, 0.6, 0.7, 1]]",
     "[[1, 0.7, 0.6], [0.7, 1, 0.7], [0.6, 0.7, 1]]",
     "visit_correlation must have a row for each of the 4 visits, got 3"),
    ("an unknown name", "serious_share", "serious_shere",
     "serious_shere must be a name of the assumptions, got 0.1. Did you mean 'serious_share'?"),
    ("a part of the record", "serious_share = ", "provenance = ",
     "provenance must be a name of the assumptions, got 0.1"),
    ("an outcome of another study", "[sleep]", "[wake]", "wake must be a name of the assumptions",
     "got {'treatment_baseline'"),
    ("no value of an outcome", 'sd = { value = [8, 8, 9, 9.5], because = "as in the population, growing a little" }\n',
     "", "sleep.sd must be given, got none"),
    ("an unknown part of an outcome", "sd = { value = [8", "spread = { value = [8", "sleep.", "must be"),
    ("a whole outcome", "serious_share = ", 'every_outcome = { value = 3, because = "x" }\nserious_share = ',
     "every_outcome must be a part of an outcome, got all of it"),
    ("no people", 'n_treatment = { claim = "people.stretching" }\n', "", "n_treatment must be given"),
    ("people given twice", "serious_share = ", 'people_per_arm = { value = 9, because = "x" }\nserious_share = ',
     "n_treatment must be given once, got it twice, in people_per_arm too"),
    ("an unknown driving outcome", 'value = "back_function"', 'value = "function"',
     "driving_outcome must be one of back_function, sleep, got 'function'"),
    ("an unknown kind of event", "[adverse_events.fall]", "[adverse_events.slip]",
     "adverse_events must be those of the design, muscle_pain, fall, got muscle_pain, slip"),
    ("a kind of event left out", "[adverse_events.fall]", "[characteristics.fall]", "characteristics.fall.",
     "must be"),
    ("a rate below 0", "value = 0.014904", "value = -1", "adverse_events.muscle_pain.rate must be 0 or more"),
    ("a mean outside its limits", "value = 80", "value = 40",
     "characteristics.age_years.mean must be between minimum 18 and maximum 40, got 46"),
    ("a characteristic of both kinds", "share = { value = 0.7", "mean = { value = 0.7",
     "characteristics.work must have mean, sd, minimum and maximum, or a share", "got mean, categories"),
    ("a characteristic called arm", "[characteristics.work]", "[characteristics.arm]",
     "characteristics must not be called arm"),
    ("sessions without a programme", "serious_share = ",
     'adherence_mean = { value = 0.7, because = "x" }\nserious_share = ', "programme must be given, got none"),
    ("a programme in a study without any", "serious_share = ",
     'programme = { value = "asteroid", because = "x" }\nserious_share = ',
     "programme must be one of those of the study, which has none, got 'asteroid'."),
    ("a characteristic that is no table", "serious_share = ",
     'characteristics.height = { value = 3, because = "x" }\nserious_share = ',
     "characteristics.height must be a table, got 3"),
)  # fmt: skip
FURTHER = (
    ("a programme that does not exist", "asteroid", "assumptions.toml", 'value = "asteroid"', 'value = "asteriod"',
     "programme must be one of asteroid, couch_to_5k", "got 'asteriod'. Did you mean 'asteroid'?"),
    ("attendance that nobody can have", "asteroid", "assumptions.toml", '"adherence.sd / 100"', '"adherence.sd"',
     "adherence_sd must be between 0.0764", "got 20"),
    ("a claim without a source", "stretching", "claims.toml",
     'source = "registry"\nstrength = "R"\nrole = "context"\nstatus = "consistent"\nreason = "Nothing',
     'strength = "R"\nrole = "context"\nstatus = "consistent"\nreason = "Nothing',
     "claim trial: source must be given"),
    ("a claim of a source that is not there", "stretching", "sources.toml", "[registry]", "[register]",
     "claim trial: source must name a known source, got 'registry'"),
    ("a source without a citation", "stretching", "sources.toml", 'citation = "A made', 'title = "A made',
     "source registry: "),
    ("a scenario with an unknown field", "stretching", "scenarios/drop_out.toml", "missing_treatment",
     "missing_treated",
     "field must be a name of the assumptions, got 'missing_treated'. Did you mean 'missing_treatment'?"),
    ("a scenario with an impossible value", "stretching", "scenarios/drop_out.toml", "missing_treatment = 0.3",
     "missing_treatment = 30", "missing_treatment must be in [0, 1)"),
    ("a scenario of a claim that is not there", "stretching", "scenarios/drop_out.toml", '["people.all"]',
     '["people.al"]', "claim must be in the ledger, got 'people.al'"),
    ("a scenario of claims that are no list", "stretching", "scenarios/drop_out.toml", '["people.all"]',
     '"people.all"', "claims must be a list, got 'people.all'"),
    ("a scenario of an effect without a ratio", "stretching", "scenarios/no_effect.toml", "effect = 0", "sd = 0",
     "back_function.sd.0 must be positive, got 0"),
    ("a scenario called like the folder", "stretching", "scenarios/stretching.toml", "", "missing_treatment = 0.1",
     "scenario must have another name than the folder, got 'stretching'"),
    ("a programme without stages", "asteroid", "programmes/short_jogs.toml", "[[stages]]\nintervals = [[600, 0]]", "",
     "stages must be given, got none"),
    ("a programme of another name", "asteroid", "programmes/short_jogs.toml", 'name = "short_jogs"', 'name = "jogs"',
     "name must be short_jogs, as the file's, got 'jogs'"),
    ("a criterion that nobody meets", "asteroid", "screening.toml", "probability = 0.25", "probability = 1",
     "criteria.age.probability must be in [0, 1), got 1"),
    ("a criterion without a reason", "asteroid", "screening.toml", 'reason = "outside the eligible ages"\n', "",
     "criteria.age.reason must be given"),
)  # fmt: skip
CASES = {
    **{name: Case("stretching", "study.toml", old, new, tuple(said)) for name, old, new, *said in DESIGN},
    **{
        f"an outcome called {name}": Case(
            "stretching", "study.toml", "[outcomes.sleep]", f"[outcomes.{name}]",
            (f"outcomes must not be called {name}, which something else is called. Rename it.",),
        )
        for name in RESERVED
    },
    **{name: Case("stretching", "assumptions.toml", old, new, tuple(said)) for name, old, new, *said in ASSUMPTIONS},
    **{name: Case(study, file, old, new, tuple(said)) for name, study, file, old, new, *said in FURTHER},
}  # fmt: skip


def read_all(folder: Path) -> None:
    """Read whatever is in a folder."""
    own = study(folder)
    assert own.ledger.claims
    assert own.programmes is not None
    assert own.screening is None or own.screening.criteria
    for name in own.scenario_names:
        own.scenario(name)


def copied(name: str, folder: Path) -> Path:
    """Return a copy of a study's folder under its own name."""
    return Path(shutil.copytree(FOLDERS[name], folder / name))


@pytest.mark.parametrize("name", FOLDERS)
def test_the_folders_as_they_are_can_be_read(name: str, tmp_path: Path) -> None:
    read_all(copied(name, tmp_path))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_wrong_folder_is_refused_in_one_line_with_file_entry_requirement_and_value(
    case: Case, tmp_path: Path
) -> None:
    folder = copied(case.study, tmp_path)
    path = folder / case.file
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    assert case.old in text
    path.write_text(text.replace(case.old, case.new), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_all(folder)
    message = str(caught.value)
    assert "\n" not in message
    file = "claims.toml" if case.file == "sources.toml" and "claim" in case.said[0] else case.file
    assert message.startswith((f"{folder / file}: ", f"{folder / file}, ")), message
    for words in case.said:
        assert words in message
    assert message.endswith((".", "?", "}"))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda _: None, "study must be a name or a folder, got "),
        (lambda folder: folder.mkdir(), "/study.toml: must be a readable file, got: No such file or directory"),
        (lambda folder: folder.write_text("x"), "study must be a name or a folder, got "),
    ],
    ids=["no folder", "an empty folder", "a file"],
)
def test_what_is_no_study_is_refused(make: Callable[[Path], object], said: str, tmp_path: Path) -> None:
    make(tmp_path / "mine")
    with pytest.raises(InputError) as caught:
        study(tmp_path / "mine")
    assert said in str(caught.value)
    assert str(tmp_path / "mine") in str(caught.value)


def test_a_name_that_is_no_study_suggests_the_nearest() -> None:
    with pytest.raises(
        InputError, match=r"^study must be a name or a folder, got 'asteriod'\. Did you mean 'asteroid'\?"
    ):
        study("asteriod")


def test_a_missing_file_of_sources_is_named(tmp_path: Path) -> None:
    folder = copied("stretching", tmp_path)
    (folder / "sources.toml").unlink()
    with pytest.raises(InputError, match=rf"^{folder / 'sources.toml'}: must be a readable file"):
        _ = study(folder).ledger


def test_what_no_score_can_have_is_refused_by_name_when_it_is_simulated() -> None:
    changes: list[tuple[dict[str, Any], str]] = [
        ({"sleep": {"step": 20}}, r"^sleep\.sd must be the step 20 or more on a scale without ends, got 8\."),
        ({"back_function": {"sd": 0.01}}, r"^back_function\.sd must be one that a rounded, bounded normal score can"),
        ({"characteristics": {"age_years": {"sd": 30}}}, r"^characteristics\.age_years\.sd must be one that a normal"),
        ({"back_function": {"sd": 4.5}, "cross_outcome_correlation": -0.99}, "^correlation"),
    ]
    for change, said in changes:
        record = study(FOLDERS["stretching"]).assumptions.with_values(**change)
        with pytest.raises(InputError, match=said):
            simulate_trial(record, seed=1)

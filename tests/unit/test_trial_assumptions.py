"""The front door: no impossible record can exist, and a record changes only by copies."""

import copy
import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from asteroid_repro import ASTEROID, Design, InputError, TrialAssumptions, scenario, scenario_names, study
from asteroid_repro.trial.assumptions import build
from asteroid_repro.trial.session_assumptions import SessionAssumptions

IDENTITY = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
NOT_POSITIVE_DEFINITE = [[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]]
NUMBERS = [name for name, value in ASTEROID.values().items() if isinstance(value, float)]


def refusal(**changes: Any) -> str:
    """Return the one line with which a change of ASTEROID is refused."""
    with pytest.raises(InputError) as caught:
        ASTEROID.with_values(**changes)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("value", [1.3, 1.0, 0.0, -0.1])
def test_the_refusal_names_field_requirement_and_value(value: float) -> None:
    assert refusal(adherence_mean=value).startswith(f"adherence_mean must be in (0, 1), got {value}")


@pytest.mark.parametrize(
    ("field", "value", "requirement"),
    [
        ("n_treatment", 1, "must be 2 or more"),
        ("n_reference", 0, "must be 2 or more"),
        ("n_treatment", 20.5, "must be a valid integer"),
        ("n_treatment", "20", "must be a valid integer"),
        ("n_treatment", True, "must be a valid integer"),
        ("characteristics.age_years.sd", 0.0, "must be positive"),
        ("characteristics.age_years.mean", math.inf, "must be a finite number"),
        ("characteristics.sex.share", 1.01, "must be in [0, 1]"),
        ("characteristics.ran_before.share", -0.01, "must be in [0, 1]"),
        ("serious_share", 2.0, "must be in [0, 1]"),
        ("adherence_decline", -0.2, "must be in [0, 1]"),
        ("adherence_decline", 1.2, "must be in [0, 1]"),
        ("dose_response", 1.5, "must be in [0, 1]"),
        ("adherence_prognosis", 1.0, "must be in (-1, 1)"),
        ("adherence_prognosis", -1.0, "must be in (-1, 1)"),
        ("completion_mean", 1.0, "must be in (0, 1)"),
        ("completion_mean", 0.0, "must be in (0, 1)"),
        ("completion_sd", 0.0, "must be positive"),
        ("flare_rate", -0.1, "must be 0 or more"),
        ("habitual_minutes", -10.0, "must be 0 or more"),
        ("load_spike", math.inf, "must be a finite number"),
        ("proneness_variance", -1.0, "must be 0 or more"),
        ("effect_variation", -0.5, "must be 0 or more"),
        ("programme", 3, "must be a name, a .toml file or a table"),
        ("name", 3, "must be text"),
        ("name", "two\nlines", "must be one line of text"),
        ("missing_pattern", "sometimes", "must be 'monotone' or 'intermittent'"),
        ("driving_outcome", "sleep", "must be one of average_pain, current_pain, disability"),
        ("session_outcome", "sleep", "must be one of average_pain, current_pain, disability"),
        ("adverse_events.lower_limb.rate", -1.0, "must be 0 or more"),
        ("adverse_events.syncope.rate", math.inf, "must be a finite number"),
        ("running_speed_mean", 0.0, "must be positive"),
        ("running_speed_sd", -0.8, "must be positive"),
        ("adherence_mean", "much", "must be a valid number"),
        ("adherence_mean", "0.5", "must be a valid number"),
        ("dose_response", True, "must be a valid number"),
        ("average_pain.effect", "x", "must be a list"),
    ],
)
def test_impossible_values_are_refused(field: str, value: object, requirement: str) -> None:
    message = refusal(**{field: value})
    assert message.startswith(f"{field} {requirement}")
    assert f"got {value!r}" in message


def test_every_number_of_the_record_is_tried() -> None:
    assert len(NUMBERS) > 40
    assert {"serious_share", "adherence_mean", "disability.step", "characteristics.age_years.sd"} <= set(NUMBERS)


@pytest.mark.parametrize("field", NUMBERS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_nan_and_infinity_are_refused_in_every_number(field: str, value: float) -> None:
    assert refusal(**{field: value}).startswith(f"{field} must be a finite number, got {value}")


@pytest.mark.parametrize("field", NUMBERS)
@pytest.mark.parametrize("value", [True, False, "1", None, [1.0]])
def test_what_is_no_number_is_refused_in_every_number(field: str, value: object) -> None:
    message = refusal(**{field: value})
    assert message.startswith(f"{field} must ")
    assert value is None or f"got {value!r}" in message


@pytest.mark.parametrize("field", ["treatment_baseline", "reference_baseline", "reference_change", "effect", "sd"])
def test_nan_is_refused_in_every_number_of_an_outcome(field: str) -> None:
    value = math.nan if field.endswith("baseline") else (math.nan,) * (3 if field == "sd" else 2)
    message = refusal(disability={field: value})
    assert message.startswith(f"disability.{field}")
    assert "nan" in message


def test_a_correlation_matrix_that_is_not_positive_definite_is_refused_not_repaired() -> None:
    for field in ("visit_correlation", "cross_outcome_correlation"):
        message = refusal(**{field: NOT_POSITIVE_DEFINITE})
        assert message.startswith(f"{field} must be positive definite")
        assert "eigenvalue is -0.8" in message


@pytest.mark.parametrize(
    ("matrix", "requirement"),
    [
        ([[1.0, 0.5], [0.4, 1.0]], "must be symmetric with ones on the diagonal"),
        ([[2.0, 0.5], [0.5, 1.0]], "must be symmetric with ones on the diagonal"),
        ([[1.0, 0.5, 0.5], [0.5, 1.0, 0.5]], "must be a square matrix"),
        ([], "must be a square matrix"),
        ([[1.0, 1.0], [1.0, 1.0]], "must be positive definite"),
        ([[1.0, 0.5], [0.5, 1.0]], "must have a row for each of the 3 visits, got 2"),
    ],
)
def test_a_matrix_of_another_kind_is_refused(matrix: list[list[float]], requirement: str) -> None:
    assert refusal(visit_correlation=matrix).startswith(f"visit_correlation {requirement}")


def test_a_cross_outcome_matrix_of_the_wrong_size_is_refused() -> None:
    assert "a row for each of the 3 outcomes, got 2" in refusal(cross_outcome_correlation=[[1.0, 0.5], [0.5, 1.0]])


@pytest.mark.parametrize("visits", [(6, 12), (0,), (0, 12, 6), (0, 6, 6), ()])
def test_visits_must_start_at_0_and_increase(visits: tuple[int, ...]) -> None:
    assert refusal(visits=visits).startswith(f"visits must start at week 0 and increase, got {list(visits)}")


def test_an_age_mean_outside_the_eligible_ages_is_refused() -> None:
    wanted = "characteristics.age_years.mean must be between minimum 18 and maximum 45, got "
    assert refusal(characteristics={"age_years": {"mean": 46.0}}) == f"{wanted}46. Correct it."
    assert refusal(characteristics={"age_years": {"mean": 18.0}}) == f"{wanted}18. Correct it."


def test_an_adherence_sd_below_coin_flips_or_above_all_or_nothing_is_refused() -> None:
    coin_flips, extreme = math.sqrt(0.7 * 0.3 / 36), math.sqrt(0.7 * 0.3)
    for impossible in (0.999 * coin_flips, 1.001 * extreme):
        message = refusal(adherence_sd=impossible)
        assert message.startswith(f"adherence_sd must be between {coin_flips:.4f}")
        assert f"got {impossible:g}" in message
    for possible in (1.001 * coin_flips, 0.999 * extreme):
        assert ASTEROID.with_values(adherence_sd=possible).adherence_sd == possible


def test_the_adherence_sd_is_judged_by_the_sessions_of_the_programme() -> None:
    coin_flips = math.sqrt(0.7 * 0.3 / 27)  # nine weeks of three
    message = refusal(programme="couch_to_5k", adherence_sd=0.999 * coin_flips)
    assert message.startswith(f"adherence_sd must be between {coin_flips:.4f}, the coin-flip spread of 27 sessions")
    assert ASTEROID.with_values(programme="waitlist", adherence_sd=0.01).n_sessions == 0


def test_a_completion_sd_that_no_probability_can_have_is_refused() -> None:
    largest = math.sqrt(0.8 * 0.2)
    message = refusal(completion_mean=0.8, completion_sd=1.001 * largest)
    assert message.startswith("completion_sd must be below 0.4000, the most a probability with mean 0.8 can have")
    assert ASTEROID.with_values(completion_mean=0.8, completion_sd=0.999 * largest).completion_mean == 0.8


def test_the_programme_is_a_known_name_or_a_file() -> None:
    assert refusal(programme="asteriod").startswith("programme must be one of asteroid, ")
    assert refusal(programme="asteriod").endswith("got 'asteriod'. Did you mean 'asteroid'?")
    assert refusal(programme="absent.toml").startswith("absent.toml: must be a readable file, got: No such file")
    assert refusal(programme={"name": "mine"}) == "programme.description must be given, got none. Add it."


def test_dose_and_length_belong_to_the_programme(tmp_path: Path) -> None:
    for field in ("weeks", "sessions_per_week", "session_minutes"):
        assert refusal(**{field: 3}).startswith(f"field must be a name of the assumptions, got {field!r}")
    assert (ASTEROID.programme.name, ASTEROID.n_sessions) == ("asteroid", 36)
    path = tmp_path / "mine.toml"
    path.write_text(
        'name = "mine"\ndescription = "x"\nsource = "x"\nweeks = 2\nsessions_per_week = 5\nsession_minutes = 10\n'
        "[[stages]]\nintervals = [[60, 60]]\nrepeats = [1, 5]\n",
        encoding="utf-8",
    )
    mine = ASTEROID.with_values(programme=str(path))
    assert (mine.programme.name, mine.n_sessions) == ("mine", 10)


def test_an_sd_that_a_bounded_scale_cannot_have_is_refused() -> None:
    largest = math.sqrt(14.25 * 85.75)  # two points, 0 and 100, with the treatment arm's mean at week 12
    message = refusal(current_pain={"sd": [20.0, 20.0, largest]})
    assert message.startswith("current_pain: treatment mean at week 12 is 14.25, so its sd must be below 34.96")
    assert ASTEROID.with_values(current_pain={"sd": [20.0, 20.0, 0.99 * largest]}).current_pain.sd[0] == 20


@pytest.mark.parametrize(
    ("change", "start"),
    [
        ({"effect": [-15.0, -41.0]}, "average_pain: treatment mean at week 12 must be inside the scale, in (0, 100)"),
        ({"reference_change": [61.0, 0.0]}, "average_pain: reference mean at week 6 must be inside the scale"),
        ({"treatment_baseline": 100.0}, "average_pain: treatment mean at week 0 must be inside the scale, in (0, 100)"),
        ({"reference_baseline": 0.0}, "average_pain: reference mean at week 0 must be inside the scale, in (0, 100)"),
        ({"effect": [-8.0]}, "average_pain.effect must have 2 values, one a visit, got 1"),
        ({"reference_change": [0.0] * 3}, "average_pain.reference_change must have 2 values, one a visit, got 3"),
        ({"sd": [16.0] * 2}, "average_pain.sd must have 3 values, one a visit, got 2"),
        ({"step": 3}, "average_pain.step must divide the scale from 0 to 100 into at most 10000 steps, got 3"),
        ({"step": 0.001}, "average_pain.step must divide the scale from 0 to 100 into at most 10000 steps, got 0.001"),
        ({"step": 0}, "average_pain.step must be positive, got 0"),
        ({"minimum": 100}, "average_pain.minimum must be below its maximum 100, got 100"),
        ({"important": -1}, "average_pain.important must be positive, got -1"),
        ({"better": "more"}, "average_pain.better must be 'lower' or 'higher', got 'more'"),
        ({"label": ""}, "average_pain.label must be one line of text, got ''"),
        ({"sd": [16.0, 16.0, "x"]}, "average_pain.sd.2 must be a valid number, got 'x'"),
    ],
)
def test_an_impossible_outcome_is_refused(change: dict[str, object], start: str) -> None:
    assert refusal(average_pain=change).startswith(start)


def test_unknown_fields_are_refused_by_name() -> None:
    wanted = "field must be a name of the assumptions, got {!r}. Did you mean {!r}?"
    for wrong, right in (
        ("adherance_mean", "adherence_mean"),
        ("people_per_arms", "people_per_arm"),
        ("average_pain.efect", "average_pain.effect"),
        ("averge_pain.effect", "average_pain.effect"),
        ("adverse_events.syncop.rate", "adverse_events.syncope.rate"),
        ("characteristics.age.mean", "characteristics.sex.share"),
    ):
        assert refusal(**{wrong: 3}).startswith(wanted.partition(", got")[0]), wrong
        assert "Did you mean" in refusal(**{wrong: 3}), wrong
        if wrong != "characteristics.age.mean":
            assert refusal(**{wrong: 3}) == wanted.format(wrong, right)
    assert "got 'average_pain.mean'" in refusal(average_pain={"mean": 3})
    assert "got 'average_pain.efect'" in refusal(every_outcome={"efect": 3})
    for field in ("design", "outcomes", "sessions", "programmes", "provenance", "characteristics", "adverse_events"):
        assert f"got {field!r}" in refusal(**{field: 3})


def test_a_whole_outcome_is_no_value() -> None:
    for field in ("average_pain", "every_outcome"):
        assert refusal(**{field: 3}).startswith(f"{field} must be a part of an outcome, got all of it.")


def test_a_value_is_given_once_and_not_taken_away() -> None:
    assert refusal(people_per_arm=30, n_treatment=20).startswith("n_treatment must be given once, got it twice in")
    assert refusal(average_pain={"effect": -8}, every_outcome={"effect": 0}).startswith("average_pain.effect must be")
    assert refusal(important=None, disability={"important": None}).startswith("field must be a name")
    assert refusal(disability={"important": None}).startswith("disability.important must have a value, got none")


def test_a_missing_field_is_refused_by_name() -> None:
    with pytest.raises(ValidationError, match="n_reference"):
        TrialAssumptions.model_validate({k: v for k, v in ASTEROID.model_dump().items() if k != "n_reference"})


def test_a_record_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        ASTEROID.n_treatment = 21
    with pytest.raises(ValidationError, match="frozen"):
        ASTEROID.average_pain.sd = (1.0, 1.0, 1.0)
    with pytest.raises(ValidationError, match="frozen"):
        ASTEROID.design.outcomes[0].step = 2
    with pytest.raises(AttributeError, match="sleep"):
        _ = ASTEROID.sleep


def test_copies_leave_the_original_alone() -> None:
    before = ASTEROID.to_toml()
    ASTEROID.with_effect(average_pain=-8)
    ASTEROID.with_effect(average_pain=-8, week=6)
    ASTEROID.with_people(30, 25)
    ASTEROID.with_equal_baselines()
    ASTEROID.with_values(adherence_mean=0.5, disability={"step": 1})
    assert ASTEROID.to_toml() == before


def test_with_effect_keeps_the_ratio_of_the_visits_or_sets_one_visit() -> None:
    record = ASTEROID.with_values(average_pain={"effect": [-3.0, -12.0]})
    assert record.with_effect(average_pain=-8).average_pain.effect == (-2.0, -8.0)
    assert record.with_effect(average_pain=-8, week=6).average_pain.effect == (-8.0, -12.0)
    assert record.with_effect(average_pain=-8, week=12).average_pain.effect == (-3.0, -8.0)
    assert record.with_effect(average_pain=0).average_pain.effect == (0.0, 0.0)
    assert record.with_effect(average_pain=-8).current_pain == record.current_pain


def test_with_effect_refuses_what_it_cannot_do() -> None:
    with pytest.raises(InputError, match=r"^average_pain\.effect must be a list .* got -8: there is no ratio to keep"):
        ASTEROID.with_effect(average_pain=0).with_effect(average_pain=-8)
    with pytest.raises(InputError, match=r"week must be one of 0, 6, 12, got 7\. Choose a visit"):
        ASTEROID.with_effect(average_pain=-8, week=7)
    with pytest.raises(InputError, match=r"week must be a visit after the baseline, got 0\."):
        ASTEROID.with_effect(average_pain=-8, week=0)
    with pytest.raises(InputError, match=r"got 'pain\.effect'.*Did you mean"):
        ASTEROID.with_effect(pain=-8)
    with pytest.raises(InputError, match="outcome must be one of average_pain, current_pain, disability, got 'pain'"):
        ASTEROID.with_effect(pain=-8, week=6)


def test_the_effect_through_a_week_keeps_the_other_visits_in_proportion() -> None:
    record = ASTEROID.with_values(average_pain={"effect": [-3.0, -12.0]})
    through = record.with_effect_through("average_pain", 6, -2)
    assert through.average_pain.effect == (-2.0, -8.0)
    assert (through.effect_at("average_pain", 6), through.effect_at("average_pain", 12)) == (-2, -8)
    with pytest.raises(InputError, match="no ratio to keep"):
        record.with_effect(average_pain=0, week=6).with_effect_through("average_pain", 6, -2)


def test_one_sd_is_that_of_every_visit_and_people_are_numbered_by_arm() -> None:
    assert ASTEROID.with_values(disability={"sd": 10}).disability.sd == (10.0, 10.0, 10.0)
    changed = ASTEROID.with_people(30, 25)
    assert (changed.n_treatment, changed.n_reference, changed.n_people) == (30, 25, 55)


def test_equal_baselines_are_the_mean_of_the_arms_and_keep_the_net_difference() -> None:
    equal = ASTEROID.with_people(30, 10).with_equal_baselines()
    pooled = (30.8 + 40.1) / 2  # whatever the arm sizes: other sizes are more people of the same population
    assert equal.current_pain.treatment_baseline == pytest.approx(pooled, rel=1e-12)
    assert equal.current_pain.reference_baseline == pytest.approx(pooled, rel=1e-12)
    means = equal.means("current_pain")
    net = (means["treatment"] - means["reference"]).tolist()
    assert net == pytest.approx([0.0, -9.675, -19.35], rel=1e-9)
    assert equal.current_pain.effect == ASTEROID.current_pain.effect


def test_the_means_are_baseline_plus_reference_change_plus_effect_in_the_treatment_arm_only() -> None:
    record = ASTEROID.with_values(
        average_pain={
            "treatment_baseline": 50.0,
            "reference_baseline": 40.0,
            "reference_change": [3.0, 5.0],
            "effect": [-7.0, -11.0],
        }
    )
    means = record.means("average_pain")
    assert means["treatment"].tolist() == [50.0, 46.0, 44.0]
    assert means["reference"].tolist() == [40.0, 43.0, 45.0]


# One dialect -----------------------------------------------------------------------------------------------------

DIALECT: list[tuple[dict[str, Any], str]] = [
    ({"people_per_arm": 60}, "people_per_arm = 60"),
    ({"average_pain.effect": [-4, -8]}, "average_pain.effect = [-4, -8]"),
    ({"average_pain": {"effect": -8}}, "[average_pain]\neffect = -8"),
    ({"average_pain": {"sd": 12}, "disability": {"sd": 9.5}}, "average_pain.sd = 12\n[disability]\nsd = 9.5"),
    ({"visit_correlation": 0.6}, "visit_correlation = 0.6"),
    ({"cross_outcome_correlation": 0.25}, "cross_outcome_correlation = 0.25"),
    ({"every_outcome.effect": 0}, "[every_outcome]\neffect = 0"),
    ({"every_outcome.sd": 11}, "every_outcome.sd = 11"),
    ({"every_outcome": {"important": 12}}, "every_outcome.important = 12"),
    ({"adverse_events.syncope.rate": 0.5}, "[adverse_events.syncope]\nrate = 0.5"),
    ({"characteristics": {"sex": {"share": 0.9}}}, "characteristics.sex.share = 0.9"),
    ({"programme": "couch_to_5k", "dose_response": 1}, 'programme = "couch_to_5k"\ndose_response = 1'),
    ({"disability.step": 1, "disability.better": "higher"}, 'disability = { step = 1, better = "higher" }'),
]


@pytest.mark.parametrize(("changes", "toml"), DIALECT)
def test_a_change_is_written_alike_in_python_and_in_toml(changes: dict[str, Any], toml: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(toml, encoding="utf-8")
    in_python, in_toml = ASTEROID.with_values(name="mine", **changes), study().scenario(path)
    assert in_toml.values() == in_python.values() != ASTEROID.values() | {"name": "mine"}
    assert in_toml.name == "mine"
    assert [one.field for one in in_toml.provenance] == [one.field for one in in_python.provenance]


def test_a_change_says_what_it_stands_for() -> None:
    assert ASTEROID.with_values(people_per_arm=60).arm_sizes == (60, 60)
    assert ASTEROID.with_values(average_pain={"effect": -8}).average_pain.effect == (-4.0, -8.0)
    wide = ASTEROID.with_values(visit_correlation=0.6, cross_outcome_correlation=0.25)
    assert [list(row) for row in wide.visit_correlation] == [[1, 0.6, 0.6], [0.6, 1, 0.6], [0.6, 0.6, 1]]
    across = [[1, 0.25, 0.25], [0.25, 1, 0.25], [0.25, 0.25, 1]]
    assert [list(row) for row in wide.cross_outcome_correlation] == across
    assert {outcome.effect for outcome in ASTEROID.without_effect().outcomes} == {(0.0, 0.0)}
    assert {outcome.sd for outcome in ASTEROID.with_values(every_outcome={"sd": 9}).outcomes} == {(9.0, 9.0, 9.0)}


def test_other_visits_bring_values_for_each_of_them() -> None:
    changes: dict[str, Any] = {"visits": (0, 4, 26.5, 52), "visit_correlation": 0.4}
    parts = {"sd": 9, "effect": [0, -1, -2], "reference_change": [0, 0, 0]}
    record = ASTEROID.with_values(**changes, every_outcome=parts)
    assert list(record.visits) == list(record.design.visits) == [0, 4, 26.5, 52]
    assert record.disability.sd == (9.0, 9.0, 9.0, 9.0)
    assert len(record.visit_correlation) == 4
    assert refusal(visits=(0, 4, 12, 26)).startswith(
        "visit_correlation must have a row for each of the 4 visits, got 3"
    )


@pytest.mark.parametrize("number", [np.float64(0.6), np.float32(0.5), np.int64(1), np.array(0.25)])
def test_numpy_numbers_are_numbers(number: Any) -> None:
    assert ASTEROID.with_values(dose_response=number).dose_response == float(number)
    assert (
        ASTEROID.with_values(n_treatment=np.int64(30), average_pain={"effect": np.array([-4.0, -8.0])}).n_people == 50
    )


# TOML out and in -------------------------------------------------------------------------------------------------


def again(record: TrialAssumptions, folder: Path) -> TrialAssumptions:
    """Write a record as TOML and read it as a scenario."""
    path = folder / "again.toml"
    path.write_text(record.to_toml(), encoding="utf-8")
    return study().scenario(path)


@pytest.mark.parametrize("name", scenario_names())
def test_every_scenario_written_as_toml_is_the_same_scenario(name: str, tmp_path: Path) -> None:
    record = scenario(name)
    assert again(record, tmp_path).values() == record.values()


SHARES = st.floats(0, 1)
ONE_LINE = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1)
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "name": ONE_LINE,
        "description": st.text(),
        "people_per_arm": st.integers(2, 50_000),
        "adherence_mean": st.floats(0.2, 0.8),
        "serious_share": SHARES,
        "dose_response": SHARES,
        "effect_variation": st.floats(0, 1e300),
        "flare_rate": st.floats(0, 1e-300),
        "visit_correlation": st.floats(-0.4, 0.99),
        "missing_mechanism": st.sampled_from(["mcar", "mar", "mnar"]),
        "programme": st.sampled_from(["couch_to_5k", "short_jogs", "waitlist"]),
        "average_pain.effect": st.lists(st.floats(-20, 20), min_size=2, max_size=2),
        "disability.effect": st.floats(-15, 15),
        "every_outcome.sd": st.floats(1, 12),
        "disability.unit": ONE_LINE,
        "characteristics.sex.share": SHARES,
        "adverse_events.syncope.rate": st.floats(0, 10),
    },
)


@settings(max_examples=60)
@given(changes=CHANGES)
def test_any_change_written_as_toml_is_read_back_with_equal_values(
    changes: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    record = ASTEROID.with_values(**changes)
    assert again(record, tmp_path_factory.mktemp("toml")).values() == record.values()


def test_a_programme_of_ones_own_goes_into_toml_whole(tmp_path: Path) -> None:
    plan = {
        "name": "asteroid", "description": "not the study's \x7f", "source": "x", "weeks": 2, "sessions_per_week": 5,
        "session_minutes": 10, "stages": [{"intervals": [[60, 60], [1, 0]], "repeats": [1, 4]}],
    }  # fmt: skip
    record = ASTEROID.with_values(programme=plan)
    assert (record.n_sessions, record.values()["programme"]["name"]) == (10, "asteroid")
    assert again(record, tmp_path).values() == record.values()
    assert record.with_values(programme="asteroid").programme == ASTEROID.programme  # the study's, by its name


def test_a_scenario_file_may_name_one_field(tmp_path: Path) -> None:
    path = tmp_path / "lazy.toml"
    path.write_text("[disability]\nstep = 1\n", encoding="utf-8")
    changed = study().scenario(path)
    assert changed.values() == ASTEROID.with_values(name="lazy", disability={"step": 1}).values()
    assert changed.disability == ASTEROID.disability
    assert study().scenario(str(path)) == changed


@pytest.mark.parametrize(
    ("content", "fragments"),
    [
        ("adherence_mean = 1.3", ("adherence_mean must be in (0, 1), got 1.3",)),
        ("adherence_mean = ", ("must be TOML",)),
        ("weather = 1", ("field must be a name of the assumptions", "got 'weather'")),
        ("average_pain = 3", ("average_pain must be a part of an outcome",)),
        ("claims = 'design.trial'", ("claims must be a list, got 'design.trial'",)),
        ("claims = ['design.trail']", ("claim must be in the ledger", "'design.trial'?")),
        ("because = 3", ("because must be text, got 3",)),
        ("name = ''", ("name must be one line of text, got ''",)),
        ("changes = 3", ("got 'changes'",)),
    ],
)
def test_a_wrong_scenario_file_is_refused_by_name(tmp_path: Path, content: str, fragments: tuple[str, ...]) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        study().scenario(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    assert all(fragment in str(caught.value) for fragment in fragments)


def test_an_absent_scenario_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.toml: must be a readable file, got: No such file"):
        study().scenario(tmp_path / "absent.toml")


def test_every_field_says_what_it_is() -> None:
    for model in (TrialAssumptions, SessionAssumptions):
        for field, info in model.model_fields.items():
            assert (info.description or "").endswith("."), field


def test_a_record_of_an_outcome_that_hides_a_part_of_it_cannot_be_made() -> None:
    scales = [scale.model_dump() | {"name": "values"} for scale in ASTEROID.design.outcomes[:1]]
    design = Design.model_validate(ASTEROID.design.model_dump() | {"outcomes": scales})
    parts = {name.replace("average_pain", "values"): value for name, value in ASTEROID.values().items()}
    own = {name: value for name, value in parts.items() if not name.startswith(("current_pain.", "disability."))}
    changes = {"cross_outcome_correlation": [[1]], "driving_outcome": "values", "session_outcome": "values"}
    with pytest.raises(InputError, match=r"^outcomes must not be called values, which something else is called"):
        build(design, own | changes, programmes=ASTEROID.programmes)


def test_a_truth_value_is_not_taken_for_one_number_of_all_visits() -> None:
    for changes in ({"visit_correlation": False}, {"cross_outcome_correlation": True}):
        assert refusal(**changes).startswith(f"{next(iter(changes))} must be a list, got ")
    for part in ("sd", "effect"):
        assert refusal(disability={part: False}).startswith(f"disability.{part} must be a list, got False")
        assert refusal(every_outcome={part: True}).startswith(f"average_pain.{part} must be a list, got True")


def test_a_record_goes_to_another_process_and_comes_back_the_same() -> None:
    for record in (ASTEROID, scenario("no_effect"), ASTEROID.with_values(programme="couch_to_5k")):
        assert pickle.loads(pickle.dumps(record)) == record  # noqa: S301  # our own bytes
        assert copy.deepcopy(record) == record
        assert hash(pickle.loads(pickle.dumps(record))) == hash(record)  # noqa: S301


def test_records_of_equal_values_are_equal_and_hash_alike() -> None:
    again_made = ASTEROID.with_values(n_treatment=20)
    assert again_made == ASTEROID
    assert hash(again_made) == hash(ASTEROID)
    assert ASTEROID.with_values(n_treatment=21) != ASTEROID

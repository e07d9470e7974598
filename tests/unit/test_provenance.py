"""Where a value comes from travels with the value, and a changed one never keeps the old claim."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from asteroid_repro import ASTEROID, TrialAssumptions, published, scenario, scenario_names, study
from asteroid_repro.ledger.formula import names
from asteroid_repro.trial.provenance import Provenance

FOLDER = Path(__file__).parents[1] / "studies" / "stretching"
EFFECTS = [f"{name}.effect" for name in ASTEROID.design.outcome_names]
OF_DESIGN = {"name", "description", "visits"}


def above(toml: str, line: str) -> list[str]:
    """Return the comments above every line that begins like this."""
    lines = toml.splitlines()
    return [lines[number - 1] for number, each in enumerate(lines) if each.startswith(line)]


def roles(record: TrialAssumptions) -> dict[str, str]:
    """Return the role of every value."""
    return dict(zip(record.to_frame()["field"], record.to_frame()["role"], strict=True))


def test_a_changed_effect_of_a_scenario_says_which_scenario_and_never_claim() -> None:
    record = scenario("no_effect")
    for name in EFFECTS:
        before = str(list(ASTEROID.values()[name]))
        assert record.source(name).startswith(f"Changed by scenario no_effect (was {before}). The null hypothesis")
        assert "Claim" not in record.source(name)
    comments = above(record.to_toml(), "effect = ")
    assert len(comments) == 3
    assert all(comment.startswith("# Changed by scenario no_effect (was [-") for comment in comments)


@pytest.mark.parametrize("name", scenario_names())
def test_a_value_keeps_its_source_exactly_where_it_keeps_its_value(name: str) -> None:
    record, own, base = scenario(name), scenario(name).values(), ASTEROID.values()
    for field in base:
        if own[field] == base[field] or field in OF_DESIGN:
            assert record.source(field) == ASTEROID.source(field)
        else:
            assert record.source(field).startswith(f"Changed by scenario {name} (was ")


def test_every_value_of_asteroid_says_where_it_comes_from() -> None:
    known = {claim.id for claim in published().claims}
    for field, role in roles(ASTEROID).items():
        part = field.rpartition(".")[2]
        scale = part in ("label", "unit", "minimum", "maximum", "step", "better", "important", "categories")
        assert (role == "design") == (not ASTEROID.source(field))
        if role == "design":
            assert scale or field in OF_DESIGN or ASTEROID.values()[field] is None, field
    for one in ASTEROID.provenance:
        assert set(names(one.claim) if one.claim else one.fitted_to) <= known
        assert one.field in ASTEROID.values()
    assert len({one.field for one in ASTEROID.provenance}) == len(ASTEROID.provenance)


def test_what_a_study_leaves_out_is_called_the_default() -> None:
    record = study(FOLDER).assumptions
    assert record.source("missing_treatment") == "Assumption: the default, since the study says nothing."
    assert record.source("effect_variation") == "Assumption: the default, since the study says nothing."
    changed = record.with_values(missing_treatment=0.1)
    assert changed.source("missing_treatment") == "Changed by with_values (was 0.0)."
    silent = {field for field, role in roles(record).items() if role == "design"}
    assert {field.rpartition(".")[2] for field in silent} <= {
        "name", "description", "visits", "label", "unit", "minimum", "maximum", "step", "better", "important",
        "categories", "mean", "sd", "share",
    }  # fmt: skip
    assert all(record.values()[field] is None for field in silent if field.endswith((".mean", ".sd", ".share")))


def test_one_entry_for_several_values_is_the_source_of_each(tmp_path: Path) -> None:
    for path in FOLDER.glob("*.toml"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    path = tmp_path / "assumptions.toml"
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not re.match(r"n_|treatment_b", line)]
    lines[:0] = [
        'people_per_arm = { claim = "people.usual_care" }',
        'every_outcome.treatment_baseline = { value = 5, because = "x" }',
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    record = study(tmp_path).assumptions
    assert record.arm_sizes == (38, 38)
    assert record.source("n_treatment") == record.source("n_reference") == "Claim people.usual_care."
    assert record.source("sleep.treatment_baseline") == record.source("back_function.treatment_baseline")
    assert record.source("sleep.treatment_baseline") == "Assumption: x."


# Copies ----------------------------------------------------------------------------------------------------------


def test_a_copy_says_what_was_changed_and_nothing_else() -> None:
    copy = ASTEROID.with_values(n_treatment=30, average_pain={"sd": 12})
    assert copy.source("n_treatment") == "Changed by with_values (was 20)."
    assert copy.source("average_pain.sd").startswith("Changed by with_values (was [16.18")
    changed = {one.field for one in copy.provenance if one.role == "changed"}
    assert changed == {"n_treatment", "average_pain.sd"}
    said = "ASTEROID, changed: people in running 30 (was 20), SD of average pain 12 (was 16.18)"
    assert copy.name == said
    assert copy.with_values(n_treatment=31).name == f"{said}; people in running 31 (was 30)"
    assert ASTEROID.with_values(name="mine", n_treatment=30).name == "mine"
    assert {one.field for one in copy.provenance} == {one.field for one in ASTEROID.provenance}


def test_a_copy_changed_back_keeps_no_claim() -> None:
    back = ASTEROID.with_values(n_treatment=30).with_values(n_treatment=20)
    assert back.values() | {"name": "ASTEROID"} == ASTEROID.values()
    assert back.source("n_treatment") == "Changed by with_values (was 30)."
    assert back.name == "ASTEROID, changed: people in running 30 (was 20); people in running 20 (was 30)"


def test_a_value_given_again_as_it_is_is_not_changed() -> None:
    same = ASTEROID.with_values(n_treatment=20, average_pain={"effect": [-7.65, -15.3]}, programme="asteroid")
    assert same == ASTEROID
    half = ASTEROID.with_values(people_per_arm=20, adherence_sd=0.25)
    assert half.source("n_treatment") == ASTEROID.source("n_treatment")
    assert half.source("adherence_sd") == "Changed by with_values (was 0.2)."


def test_a_new_name_or_description_alone_is_no_change() -> None:
    renamed = ASTEROID.with_values(name="mine", description="other")
    assert renamed.provenance == ASTEROID.provenance
    assert ASTEROID.with_values(description="other").name == "ASTEROID"


def test_a_change_of_the_design_is_a_change_too() -> None:
    copy = ASTEROID.with_values(disability={"better": "higher", "important": 12})
    assert copy.source("disability.better") == 'Changed by with_values (was "lower").'
    assert roles(copy)["disability.important"] == "changed"
    endless = study(FOLDER).assumptions.with_values(sleep={"step": 1})
    assert endless.source("sleep.step") == "Changed by with_values (was none)."


@pytest.mark.parametrize(
    ("made", "who", "fields"),
    [
        (ASTEROID.without_effect(), "with_values", EFFECTS),
        (ASTEROID.with_effect(disability=-3), "with_values", ["disability.effect"]),
        (ASTEROID.with_effect_through("disability", 6, -3), "with_values", ["disability.effect"]),
        (ASTEROID.with_people(30, 20), "with_values", ["n_treatment"]),
        (
            ASTEROID.with_equal_baselines(), "with_equal_baselines",
            ["current_pain.treatment_baseline", "current_pain.reference_baseline"],
        ),
    ],
)  # fmt: skip
def test_every_way_to_a_copy_says_who_changed_it(made: TrialAssumptions, who: str, fields: list[str]) -> None:
    changed = {one.field: one for one in made.provenance if one.role == "changed"}
    assert set(changed) == set(fields)
    assert all(str(one).startswith(f"Changed by {who} (was ") for one in changed.values())


def test_a_programme_of_ones_own_is_said_to_be_changed() -> None:
    copy = ASTEROID.with_values(programme="couch_to_5k")
    assert copy.source("programme") == 'Changed by with_values (was "asteroid").'
    again = ASTEROID.with_values(programme=copy.programme.model_dump() | {"weeks": 10, "calendar": ((1, 1, 1),) * 10})
    back = again.with_values(programme="asteroid").source("programme")
    assert back.startswith('Changed by with_values (was {"name": "couch_to_5k"')
    assert len(back) < 100


def test_the_copy_of_a_scenario_names_the_last_who_changed_a_value() -> None:
    copy = scenario("no_effect").with_values(average_pain={"effect": [-1, -2]}, adherence_mean=0.6)
    assert copy.source("average_pain.effect") == "Changed by with_values (was [0.0, 0.0])."
    assert copy.source("current_pain.effect").startswith("Changed by scenario no_effect")
    assert copy.name == "no_effect, changed: adherence mean 0.6 (was 0.7), effect on average pain -2 (was 0)"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"average_pain": {"effect": [-4, -15.3]}}, "effect on average pain -4, -15.3 (was -7.65, -15.3)"),
        ({"visit_correlation": 0.3}, "visit correlation 0.3 (was 0.5)"),
        ({"programme": "couch_to_5k"}, "programme couch_to_5k (was asteroid)"),
        ({"adverse_events.lower_limb.rate": 0.1}, "adverse events lower limb rate 0.1 (was 0.06819)"),
        ({"disability.important": 12}, "disability important 12 (was 10)"),
    ],
)
def test_the_name_of_a_copy_says_what_was_changed(changes: dict[str, object], said: str) -> None:
    assert ASTEROID.with_values(**changes).name == f"ASTEROID, changed: {said}"


def test_more_than_four_changes_are_counted() -> None:
    many = ASTEROID.with_values(
        people_per_arm=30, adherence_mean=0.5, adherence_sd=0.1, missing_treatment=0.1, missing_reference=0.2
    )
    assert many.name.startswith("ASTEROID, changed: people per arm 30 (was 20), ")
    assert many.name.endswith(", and 1 more")


# The record of a source ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "role", "text"),
    [
        ({"claim": "a.b"}, "claim", "Claim a.b."),
        ({"claim": "a.b", "because": "half of it."}, "claim", "Claim a.b. Half of it."),
        ({"fitted_to": ("a.b", "c.d")}, "fitted", "Fitted to a.b, c.d."),
        ({"fitted_to": ("a.b",), "because": "by hand"}, "fitted", "Fitted to a.b. By hand."),
        ({"because": "most of them."}, "assumption", "Assumption: most of them."),
        ({"because": "two\nlines\n"}, "assumption", "Assumption: two lines."),
        ({"claim": "a.b\n / 2"}, "claim", "From claims: a.b / 2."),
        ({"changed_by": "me (was 3)"}, "changed", "Changed by me (was 3)."),
        ({"changed_by": "me (was 3)", "because": "why not"}, "changed", "Changed by me (was 3). Why not."),
        ({"claim": "a.b", "changed_by": "me"}, "changed", "Changed by me."),
    ],
)
def test_a_source_is_a_sentence_or_two_in_one_line(fields: dict[str, str], role: str, text: str) -> None:
    one = Provenance.model_validate({"field": "x", **fields})
    assert (one.role, str(one)) == (role, text)


def test_a_source_says_something() -> None:
    with pytest.raises(ValidationError, match="x must say where it comes from, got nothing"):
        Provenance(field="x")
    with pytest.raises(ValidationError, match="x must say where it comes from, got nothing"):
        Provenance(field="x", because="")

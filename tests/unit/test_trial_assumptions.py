"""The front door: no impossible record can exist, and a record changes only by copies."""

import math
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from asteroid_repro import ASTEROID, InputError, OutcomeAssumptions, TrialAssumptions, published
from asteroid_repro.trial.assumptions import read_toml

IDENTITY = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
NOT_POSITIVE_DEFINITE = [[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]]
CLAIM_ID = re.compile(r"[a-z][a-z_0-9]*(?:\.[a-z_0-9]+)+")


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
        ("characteristics.age_years.sd", 0.0, "must be positive and finite"),
        ("characteristics.age_years.mean", math.inf, "must be positive and finite"),
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
        ("completion_sd", 0.0, "must be positive and finite"),
        ("flare_rate", -0.1, "must be 0 or more and finite"),
        ("habitual_minutes", -10.0, "must be 0 or more and finite"),
        ("load_spike", math.inf, "must be 0 or more and finite"),
        ("proneness_variance", -1.0, "must be 0 or more and finite"),
        ("effect_variation", -0.5, "must be 0 or more and finite"),
        ("programme", 3, "must be a valid string"),
        ("adverse_events.lower_limb.rate", -1.0, "must be 0 or more and finite"),
        ("adverse_events.syncope.rate", math.inf, "must be 0 or more and finite"),
        ("running_speed_mean", 0.0, "must be positive and finite"),
        ("running_speed_sd", -0.8, "must be positive and finite"),
        ("adherence_mean", "much", "must be a valid number"),
    ],
)
def test_impossible_values_are_refused(field: str, value: object, requirement: str) -> None:
    message = refusal(**{field: value})
    assert message.startswith(f"{field} {requirement}")
    assert f"got {value!r}" in message


@pytest.mark.parametrize(
    "field",
    [
        name
        for name, info in TrialAssumptions.model_fields.items()
        if info.annotation is float  # every number of the record
    ],
)
def test_nan_is_refused_in_every_number(field: str) -> None:
    message = refusal(**{field: math.nan})
    assert message.startswith(field)
    assert "got nan" in message


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
        ([[1.0, math.nan], [math.nan, 1.0]], "must have finite entries"),
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
    assert refusal(age_mean=46.0) == "age_mean must be between age_minimum 18 and age_maximum 45, got 46"
    assert refusal(age_mean=18.0).startswith("age_mean must be between")


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
    assert refusal(programme="asteriod").startswith("programme must be a name or a .toml file, got 'asteriod'.")
    assert "'asteroid'?" in refusal(programme="asteriod")
    assert refusal(programme="absent.toml").startswith("absent.toml: must be a readable programme, got: No such file")


def test_dose_and_length_belong_to_the_programme(tmp_path: Path) -> None:
    for field in ("weeks", "sessions_per_week", "session_minutes"):
        assert refusal(**{field: 3}).startswith(f"{field} must be a known field, got 3")
    assert (ASTEROID.plan.name, ASTEROID.n_sessions) == ("asteroid", 36)
    path = tmp_path / "mine.toml"
    path.write_text(
        'name = "mine"\ndescription = "x"\nsource = "x"\nweeks = 2\nsessions_per_week = 5\nsession_minutes = 10\n'
        "[[stages]]\nintervals = [[60, 60]]\nrepeats = [1, 5]\n",
        encoding="utf-8",
    )
    mine = ASTEROID.with_values(programme=str(path))
    assert (mine.plan.name, mine.n_sessions) == ("mine", 10)


def test_an_sd_that_a_bounded_scale_cannot_have_is_refused() -> None:
    largest = math.sqrt(14.25 * 85.75)  # two points, 0 and 100, with the running arm's mean at week 12
    message = refusal(current_pain={"sd": [20.0, 20.0, largest]})
    assert message.startswith("current_pain: running mean at week 12 is 14.25, so its sd must be below 34.96")
    assert ASTEROID.with_values(current_pain={"sd": [20.0, 20.0, 0.99 * largest]}).current_pain.sd[0] == 20


@pytest.mark.parametrize(
    ("change", "start"),
    [
        ({"effect": [-15.0, -41.0]}, "average_pain: running mean at week 12 must be inside the scale, in (0, 100)"),
        ({"reference_change": [61.0, 0.0]}, "average_pain: waitlist mean at week 6 must be inside the scale"),
        ({"treatment_baseline": 100.0}, "average_pain.treatment_baseline must be inside the scale, in (0, 100), got 100"),
        ({"reference_baseline": 0.0}, "average_pain.reference_baseline must be inside the scale, in (0, 100), got 0"),
        ({"effect": [-8.0]}, "average_pain.effect must have 2 values, one a visit, got 1"),
        ({"reference_change": [0.0] * 3}, "average_pain.reference_change must have 2 values, one a visit, got 3"),
        ({"sd": [16.0] * 2}, "average_pain.sd must have 3 values, one a visit, got 2"),
        ({"step": 3}, "average_pain.step must be 1 or 2, got 3"),
    ],
)
def test_an_impossible_outcome_is_refused(change: dict[str, object], start: str) -> None:
    assert refusal(average_pain=change).startswith(start)


def test_unknown_fields_are_refused_by_name() -> None:
    assert refusal(adherance_mean=0.7).startswith("adherance_mean must be a known field, got 0.7")
    assert refusal(average_pain={"mean": 3}).startswith("average_pain.mean must be a known field, got 3")


def test_a_missing_field_is_refused_by_name() -> None:
    with pytest.raises(ValidationError, match="n_reference"):
        TrialAssumptions.model_validate({k: v for k, v in ASTEROID.model_dump().items() if k != "n_reference"})


def test_a_record_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        ASTEROID.n_treatment = 21
    with pytest.raises(ValidationError, match="frozen"):
        ASTEROID.average_pain.step = 2


def test_copies_leave_the_original_alone() -> None:
    before = ASTEROID.to_toml()
    ASTEROID.with_effect(average_pain=-8)
    ASTEROID.with_effect(average_pain=-8, week=6)
    ASTEROID.with_sd(disability=10)
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
    with pytest.raises(InputError, match=r"no ratio to keep.*got -8.*week="):
        ASTEROID.with_effect(average_pain=0).with_effect(average_pain=-8)
    for week in (0, 7):
        with pytest.raises(InputError, match=f"week must be one of 6, 12, got {week}"):
            ASTEROID.with_effect(average_pain=-8, week=week)
    with pytest.raises(InputError, match="outcome must be one of average_pain, current_pain, disability, got 'pain'"):
        ASTEROID.with_effect(pain=-8)


def test_with_sd_and_with_people() -> None:
    assert ASTEROID.with_sd(disability=10).disability.sd == (10.0, 10.0, 10.0)
    changed = ASTEROID.with_people(30, 25)
    assert (changed.n_treatment, changed.n_reference, changed.n_people) == (30, 25, 55)


def test_equal_baselines_are_the_mean_of_the_arms_and_keep_the_net_difference() -> None:
    equal = ASTEROID.with_people(30, 10).with_equal_baselines()
    pooled = (30.8 + 40.1) / 2  # whatever the arm sizes: other sizes are more people of the same population
    assert equal.current_pain.treatment_baseline == pytest.approx(pooled, rel=1e-12)
    assert equal.current_pain.reference_baseline == pytest.approx(pooled, rel=1e-12)
    means = equal.means("current_pain")
    net = (means["running"] - means["waitlist"]).tolist()
    assert net == pytest.approx([0.0, -9.675, -19.35], rel=1e-9)
    assert equal.current_pain.effect == ASTEROID.current_pain.effect


def test_the_means_are_baseline_plus_waitlist_change_plus_effect_in_the_running_arm_only() -> None:
    record = ASTEROID.with_values(
        average_pain={
            "treatment_baseline": 50.0,
            "reference_baseline": 40.0,
            "reference_change": [3.0, 5.0],
            "effect": [-7.0, -11.0],
        }
    )
    means = record.means("average_pain")
    assert means["running"].tolist() == [50.0, 46.0, 44.0]
    assert means["waitlist"].tolist() == [40.0, 43.0, 45.0]


def test_toml_out_and_in_gives_the_same_record(tmp_path: Path) -> None:
    record = ASTEROID.with_values(name="other", description='quotes " and \\ and é', n_treatment=7, adherence_mean=1 / 3)
    path = tmp_path / "copy.toml"
    path.write_text(record.to_toml(), encoding="utf-8")
    assert read_toml(path, ASTEROID) == record
    assert read_toml(path, ASTEROID.with_people(9, 9)) == record


def test_a_scenario_file_may_name_one_field(tmp_path: Path) -> None:
    path = tmp_path / "lazy.toml"
    path.write_text("[disability]\nstep = 1\n", encoding="utf-8")
    changed = read_toml(path, ASTEROID)
    assert changed == ASTEROID.with_values(name="lazy", disability={"step": 1})
    assert changed.disability.sd == ASTEROID.disability.sd


@pytest.mark.parametrize(
    ("content", "fragments"),
    [
        ("adherence_mean = 1.3", ("adherence_mean must be in (0, 1), got 1.3",)),
        ("adherence_mean = ", ("must be TOML",)),
        ("weather = 1", ("weather must be a known field", "got 1")),
        ("average_pain = 3", ("average_pain", "got 3")),
    ],
)
def test_a_wrong_scenario_file_is_refused_by_name(tmp_path: Path, content: str, fragments: tuple[str, ...]) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_toml(path, ASTEROID)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    assert all(fragment in str(caught.value) for fragment in fragments)


def test_an_absent_scenario_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.toml: must be a readable scenario file, got: No such file"):
        read_toml(tmp_path / "absent.toml", ASTEROID)


def test_every_field_names_a_claim_of_the_ledger_or_says_assumption() -> None:
    known = {claim.id for claim in published().claims}
    for model in (TrialAssumptions, OutcomeAssumptions):
        for field, info in model.model_fields.items():
            text = info.description or ""
            named = set(CLAIM_ID.findall(text))
            assert named <= known, f"{field}: {named - known} not in the ledger"
            nested = info.annotation is OutcomeAssumptions  # its own fields say where they come from
            assert named or "Assumption" in text or nested, f"{field} does not say where it comes from"

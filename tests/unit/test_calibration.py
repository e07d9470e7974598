"""From claims to assumptions: the numbers that ASTEROID must have, and the claims it may not touch."""

import dataclasses
import math
import re

import numpy as np
import pytest

from asteroid_repro import (
    ASTEROID,
    InputError,
    Study,
    TrialAssumptions,
    programme_names,
    published,
    scenario,
    scenario_names,
    study,
)
from asteroid_repro.ledger.claim import Claim
from asteroid_repro.ledger.formula import names
from asteroid_repro.ledger.ledger import Ledger

FITTED = [claim.id for claim in published().claims if claim.role == "fitted"]
SIMULATED_FIT = {
    "exposure.running_hours", "distance.week1.mean",
    "adverse_events.lower_limb", "adverse_events.low_back_pain", "adverse_events.syncope",
}  # fmt: skip
IN_THE_DESIGN = {"design.visit.middle", "design.visit.last"}
IN_THE_PROGRAMME = {"programme.weeks", "programme.sessions_per_week", "programme.session_minutes"}
USED = sorted(set(FITTED) - IN_THE_DESIGN - IN_THE_PROGRAMME)


def changed(claim_id: str, **fields: object) -> Ledger:
    """Return the published ledger with one claim changed."""
    ledger = published()
    claims = tuple(c.model_copy(update=fields) if c.id == claim_id else c for c in ledger.claims)
    return dataclasses.replace(ledger, claims=claims)


def fit(ledger: Ledger) -> TrialAssumptions:
    """Return ASTEROID's assumptions as they are read with another ledger."""
    other = Study(study().folder, study().design)
    other.__dict__["ledger"] = ledger
    return other.assumptions


def test_the_assumptions_and_the_design_rest_on_every_fitted_claim() -> None:
    named = {claim for one in ASTEROID.provenance for claim in (*names(one.claim or "[1]"), *one.fitted_to)}
    assert named == set(USED)
    assert ASTEROID.visits == (0, *(published().fitted(f"design.visit.{which}") for which in ("middle", "last")))
    for claim_id in IN_THE_PROGRAMME:
        assert getattr(ASTEROID.programme, claim_id.removeprefix("programme.")) == published().fitted(claim_id)


@pytest.mark.parametrize("claim_id", USED)
def test_a_claim_that_is_read_must_be_tagged_fitted(claim_id: str) -> None:
    with pytest.raises(InputError) as caught:
        fit(changed(claim_id, role="predicted"))
    message = str(caught.value)
    assert message.startswith(f"{study().folder / 'assumptions.toml'}: ")
    assert re.search(rf": [a-z_.]+: claim {re.escape(claim_id)} must have role fitted .* got role predicted", message)


def test_attrition_is_the_share_of_all_who_were_randomised_in_both_arms() -> None:
    assert (ASTEROID.missing_treatment, ASTEROID.missing_reference) == (0, 0)
    lossy = fit(changed("attrition.lost", printed="2"))
    assert (lossy.missing_treatment, lossy.missing_reference) == (2 / 40, 2 / 40)


@pytest.mark.parametrize(
    "claim", [c for c in published().claims if c.role != "fitted" and c.unit != "text"], ids=lambda claim: claim.id
)
def test_a_claim_that_is_not_fitted_changes_nothing(claim: Claim) -> None:
    assert fit(changed(claim.id, printed="17")) == ASTEROID


@pytest.mark.parametrize("claim_id", sorted(set(USED) - SIMULATED_FIT))
def test_a_claim_that_is_fitted_changes_something(claim_id: str) -> None:
    value = published().fitted(claim_id)
    # A limit must widen its interval, not turn it round.
    printed = f"{value - 1:g}" if claim_id.endswith("ci_low") else f"{value + 1:g}"
    if claim_id == "adverse_events.non_serious":
        printed = "8"
    assert fit(changed(claim_id, printed=printed)).values() != ASTEROID.values()


def test_what_was_fitted_by_simulation_says_so_and_to_what() -> None:
    fitted = {one.field: one for one in ASTEROID.provenance if one.role == "fitted"}
    assert {claim for one in fitted.values() for claim in one.fitted_to} == SIMULATED_FIT
    assert list(fitted) == [
        "adherence_decline", "completion_mean", "running_speed_mean",
        *(f"adverse_events.{kind}.rate" for kind in ASTEROID.design.kinds),
    ]  # fmt: skip
    assert str(fitted["completion_mean"]) == "Fitted to exposure.running_hours."


def test_the_design_is_the_published_one() -> None:
    assert (ASTEROID.n_treatment, ASTEROID.n_reference, ASTEROID.n_sessions) == (20, 20, 36)
    assert list(ASTEROID.visits) == [0, 6, 12]
    age, sex, ran_before = ASTEROID.characteristics
    assert list(age.numbers or ()) == [33, 6, 18, 45]
    assert (sex.share, sex.categories, ran_before.share) == (0.5, ("female", "male"), 0.4)
    assert (ASTEROID.adherence_mean, ASTEROID.adherence_sd) == (0.7, 0.2)
    assert [outcome.step for outcome in ASTEROID.design.outcomes] == [1, 1, 2]
    assert ASTEROID.serious_share == 0


@pytest.mark.parametrize(
    ("outcome", "half_width", "standard_error", "change_sd"),
    [
        ("average_pain", (25.33 - 5.27) / 2, 5.117, 16.2),
        ("current_pain", (32.01 - 6.69) / 2, 6.459, 20.4),
        ("disability", 10.12 - 5.20, 2.510, 7.9),  # the upper limit contradicts the rest of its line
    ],
)
def test_the_standard_error_is_the_half_width_over_the_normal_quantile(
    outcome: str, half_width: float, standard_error: float, change_sd: float
) -> None:
    # SD of a change between two visits with correlation 1/2 and equal SDs is that SD; its SE over arms is the SE.
    (sd,) = set(ASTEROID.outcome(outcome).sd)
    assert abs(sd - change_sd) <= 0.05
    recovered = sd * math.sqrt(2 * (1 - 0.5)) * math.sqrt(1 / 20 + 1 / 20)
    assert recovered == pytest.approx(half_width / 1.959963984540054, rel=1e-12)  # t(38) would give 3 % less
    assert abs(recovered - standard_error) <= 0.0005


def test_the_spread_uses_both_arm_sizes() -> None:
    ledger = changed("design.running", printed="30")
    both = tuple(c.model_copy(update={"printed": "15"}) if c.id == "design.waitlist" else c for c in ledger.claims)
    record = fit(dataclasses.replace(ledger, claims=both))
    assert (record.n_treatment, record.n_reference) == (30, 15)
    for outcome, standard_error in (("average_pain", (25.33 - 5.27) / 2), ("disability", 10.12 - 5.20)):
        residual_variance = record.outcome(outcome).sd[0] ** 2 * (1 - 0.5)
        recovered = math.sqrt(2 * residual_variance * (1 / 30 + 1 / 15))
        assert recovered == pytest.approx(standard_error / 1.959963984540054, rel=1e-12)


def test_the_effects_at_week_6_are_half_of_week_12() -> None:
    assert ASTEROID.average_pain.effect == pytest.approx((-7.65, -15.30), abs=1e-12)
    assert ASTEROID.current_pain.effect == pytest.approx((-9.675, -19.35), abs=1e-12)
    assert ASTEROID.disability.effect == pytest.approx((-2.6, -5.2), abs=1e-12)


def test_the_arm_means_are_the_published_ones_in_the_right_arm() -> None:
    pain, disability = ASTEROID.means("current_pain"), ASTEROID.means("disability")
    assert pain["treatment"][[0, 2]].tolist() == pytest.approx([30.8, 14.25], abs=1e-9)
    assert pain["reference"][[0, 2]].tolist() == pytest.approx([40.1, 42.9], abs=1e-9)
    assert disability["treatment"][[0, 2]].tolist() == pytest.approx([20.8, 13.9], abs=1e-9)


def test_event_rates_are_per_running_hour_and_keep_the_proportions_of_the_counts() -> None:
    """Not 7, 1 and 1 over 105 hours: sudden loads raise the hazard, and those who are hurt run less."""
    lower_limb, low_back_pain, syncope = (event.rate for event in ASTEROID.adverse_events)
    assert lower_limb == pytest.approx(7 * syncope, abs=5e-6)
    assert low_back_pain == syncope
    assert lower_limb + low_back_pain + syncope == pytest.approx(9 / 105, rel=0.1)  # per attended hour: 9 / 252


@pytest.mark.parametrize("name", scenario_names())
def test_every_named_scenario_is_a_valid_record(name: str) -> None:
    record = scenario(name)
    assert isinstance(record, TrialAssumptions)
    assert record.description


NO_EFFECT: dict[str, object] = {name: {"effect": [0.0, 0.0]} for name in ("average_pain", "current_pain", "disability")}
SCENARIOS: dict[str, dict[str, object]] = {
    "asteroid": {},
    "no_effect": NO_EFFECT,
    "decaying_correlation": {"visit_correlation": [[1.0, 0.6, 0.35], [0.6, 1.0, 0.6], [0.35, 0.6, 1.0]]},
    "decaying_same_error": {
        "visit_correlation": [[1.0, 0.6, 0.35], [0.6, 1.0, 0.6], [0.35, 0.6, 1.0]],
        "average_pain.sd": 16.459, "current_pain.sd": 20.775, "disability.sd": 8.074,
    },
    "neck_pain_correlations": {
        "cross_outcome_correlation": [[1, 0.3, 0.3], [0.3, 1, 0.3], [0.3, 0.3, 1]],
        "visit_correlation": [[1.0, 0.6, 0.62], [0.6, 1.0, 0.75], [0.62, 0.75, 1.0]],
        "average_pain.sd": [18.771, 18.771, 20.912], "current_pain.sd": [23.693, 23.693, 26.395],
        "disability.sd": [9.208, 9.208, 10.258],
    },
    "headache_correlation": {
        "cross_outcome_correlation": [[1, 0.3, 0.3], [0.3, 1, 0.3], [0.3, 0.3, 1]],
        "visit_correlation": 0.71,
        "average_pain.sd": 21.249, "current_pain.sd": 26.821, "disability.sd": 10.423,
    },
    "prognostic_adherence": {"adherence_prognosis": -0.5},
    "prognostic_adherence_no_effect": {"adherence_prognosis": -0.5} | NO_EFFECT,
    "dose_dependent_effect": {"dose_response": 1.0},
    "varying_effects": {"effect_variation": 0.5},
    "walking_only": {"programme": "walking_only"} | NO_EFFECT,
    "waitlist": {"programme": "waitlist"} | NO_EFFECT,
    **{
        name: {"programme": name, "dose_response": 1.0}
        for name in (
            "couch_to_5k", "higher_dose", "pause_and_rebuild", "short_jogs", "too_much_too_soon", "walk_four_jog_one",
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_a_scenario_changes_what_it_says_and_nothing_else(name: str) -> None:
    record = scenario(name)
    other = ASTEROID.with_values(name=record.name, description=record.description, **SCENARIOS[name])
    assert record.values() == other.values()


@pytest.mark.parametrize("name", ["decaying_same_error", "neck_pain_correlations", "headache_correlation"])
def test_correlations_that_people_had_keep_the_printed_standard_errors(name: str) -> None:
    """On average, of a random intercept: its residual variance is the mean within-person variance of the visits."""
    record = scenario(name)
    for outcome in record.design.outcome_names:
        sd, correlation = np.array(record.outcome(outcome).sd), np.array(record.visit_correlation)
        covariance = correlation * np.outer(sd, sd)
        residual = (np.trace(covariance) - covariance.sum() / 3) / 2
        printed = ASTEROID.outcome(outcome).sd[0] ** 2 * (1 - 0.5)
        assert residual == pytest.approx(printed, rel=2e-4)


def test_every_shipped_programme_has_a_scenario() -> None:
    assert {scenario(name).programme.name for name in scenario_names()} == set(programme_names())


def test_an_unknown_scenario_suggests_the_nearest() -> None:
    with pytest.raises(InputError, match=r"^scenario must be a name or a \.toml file, got 'no_efect'.*'no_effect'\?"):
        scenario("no_efect")

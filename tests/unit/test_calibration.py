"""From claims to assumptions: the numbers that ASTEROID must have, and the claims it may not touch."""

import dataclasses
import math
import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pytest

from asteroid_repro import ASTEROID, InputError, TrialAssumptions, published, scenario, scenario_names
from asteroid_repro.calibration import (
    fit,
    matched_to_paper,
    published_standard_error,
    sd_from_standard_error,
)
from asteroid_repro.ledger.claim import Claim
from asteroid_repro.ledger.ledger import Ledger
from asteroid_repro.trial.programme import programme_names

FITTED = [claim.id for claim in published().claims if claim.role == "fitted"]
SIMULATED_FIT = {
    "adherence.mean", "adherence.sd", "exposure.running_hours", "distance.week1.mean",
    "adverse_events.lower_limb", "adverse_events.low_back_pain", "adverse_events.syncope",
}  # fmt: skip
DOSE = ("weeks", "sessions_per_week", "session_minutes")
ELSEWHERE = {*SIMULATED_FIT, *(f"programme.{field}" for field in DOSE)}


def stored() -> dict[str, Any]:
    """Return the stored fit of the programme."""
    text = (files("asteroid_repro.studies") / "asteroid" / "programme_fit.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def changed(claim_id: str, **fields: object) -> Ledger:
    """Return the published ledger with one claim changed, no rule of the ledger in the way."""
    ledger = published()
    claims = tuple(c.model_copy(update=fields) if c.id == claim_id else c for c in ledger.claims)
    return dataclasses.replace(ledger, claims=claims)


@cache
def reads() -> frozenset[str]:
    """Return the ids of the claims that the fit reads."""
    read: set[str] = set()

    class Recorder(Ledger):
        def fitted(self, claim_id: str) -> float:
            read.add(claim_id)
            return super().fitted(claim_id)

    ledger = published()
    fit(Recorder(ledger.claims, ledger.sources, ledger.file))
    return frozenset(read)


def test_the_fit_reads_every_fitted_claim() -> None:
    assert reads() == set(FITTED)


@pytest.mark.parametrize("claim_id", FITTED)
def test_a_claim_that_is_read_must_be_tagged_fitted(claim_id: str) -> None:
    with pytest.raises(InputError, match=f"claim {re.escape(claim_id)} .*role predicted"):
        fit(changed(claim_id, role="predicted"))


@pytest.mark.parametrize("outcome", ["average_pain", "current_pain"])
def test_an_upper_limit_that_is_called_inconsistent_is_not_read(outcome: str) -> None:
    """As for disability: then the lower half of the interval gives the spread."""
    record = fit(changed(f"{outcome}.week12.ci_high", status="inconsistent", role="derived", printed="-1.00"))
    assert record.outcome(outcome).sd == pytest.approx(ASTEROID.outcome(outcome).sd, rel=1e-12)


def test_attrition_is_the_share_of_all_who_were_randomised_in_both_arms() -> None:
    assert (ASTEROID.missing_treatment, ASTEROID.missing_reference) == (0, 0)
    lossy = fit(changed("attrition.lost", printed="2"))
    assert (lossy.missing_treatment, lossy.missing_reference) == (2 / 40, 2 / 40)


@pytest.mark.parametrize(
    "claim", [c for c in published().claims if c.role != "fitted" and c.unit != "text"], ids=lambda claim: claim.id
)
def test_a_claim_that_is_not_fitted_changes_nothing(claim: Claim) -> None:
    assert fit(changed(claim.id, printed="17")) == ASTEROID


@pytest.mark.parametrize("claim_id", [claim_id for claim_id in FITTED if claim_id not in ELSEWHERE])
def test_a_claim_that_is_fitted_changes_something(claim_id: str) -> None:
    value = published().fitted(claim_id)
    # Visits are whole numbers; a limit must widen its interval, not turn it round.
    printed = f"{value - 1:g}" if claim_id.endswith("ci_low") else f"{value + 1:g}"
    if claim_id == "adverse_events.non_serious":
        printed = "8"
    assert fit(changed(claim_id, printed=printed)) != ASTEROID


def test_the_stored_fit_was_made_from_the_claims_that_need_a_simulation() -> None:
    assert set(stored()["claims"]) == SIMULATED_FIT <= set(FITTED)
    assert stored()["claims"] == {claim_id: published().fitted(claim_id) for claim_id in SIMULATED_FIT}


@pytest.mark.parametrize("claim_id", sorted(SIMULATED_FIT))
def test_a_claim_behind_the_stored_fit_asks_for_a_new_fit_when_it_changes(claim_id: str) -> None:
    value = published().fitted(claim_id)
    for other in (f"{value + 1:g}", f"{value * 0.99:g}"):
        with pytest.raises(
            InputError, match=rf"^claim {re.escape(claim_id)} must be the .*got {other}\. Renew it with"
        ):
            fit(changed(claim_id, printed=other))


@pytest.mark.parametrize("field", DOSE)
def test_the_programme_has_the_published_dose_or_is_refused(field: str) -> None:
    value = published().fitted(f"programme.{field}")
    with pytest.raises(InputError, match=rf"asteroid\.toml: {field} must be .*{value + 1:g}, got {value:g}\. Correct"):
        fit(changed(f"programme.{field}", printed=f"{value + 1:g}"))
    assert getattr(ASTEROID.plan, field) == value


def test_asteroid_is_the_fit_of_the_published_ledger() -> None:
    assert fit(published()) == matched_to_paper() == ASTEROID


def test_the_design_is_the_published_one() -> None:
    assert (ASTEROID.n_treatment, ASTEROID.n_reference, ASTEROID.n_sessions) == (20, 20, 36)
    assert ASTEROID.visits == (0, 6, 12)
    assert (ASTEROID.age_mean, ASTEROID.age_sd, ASTEROID.age_minimum, ASTEROID.age_maximum) == (33, 6, 18, 45)
    assert (ASTEROID.female_share, ASTEROID.adherence_mean, ASTEROID.adherence_sd) == (0.5, 0.7, 0.2)
    assert [ASTEROID.outcome(name).step for name in ("average_pain", "current_pain", "disability")] == [1, 1, 2]
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
    recovered = published_standard_error(published(), outcome)
    assert recovered == pytest.approx(half_width / 1.959963984540054, rel=1e-12)  # t(38) would give 3 % less
    assert abs(recovered - standard_error) <= 0.0005
    # SD of a change between two visits with correlation 1/2 and equal SDs is that SD; its SE over arms is the SE.
    (sd,) = set(ASTEROID.outcome(outcome).sd)
    assert abs(sd - change_sd) <= 0.05
    assert sd * math.sqrt(2 * (1 - 0.5)) * math.sqrt(1 / 20 + 1 / 20) == pytest.approx(recovered, rel=1e-12)


def test_the_spread_uses_both_arm_sizes_and_the_mean_correlation() -> None:
    correlation = np.array([[1, 0.6, 0.35], [0.6, 1, 0.6], [0.35, 0.6, 1]])
    sd = sd_from_standard_error(5.0, 30, 15, correlation)
    residual_variance = sd**2 * (1 - (0.6 + 0.6 + 0.35) / 3)
    assert math.sqrt(2 * residual_variance * (1 / 30 + 1 / 15)) == pytest.approx(5.0, rel=1e-12)


def test_the_effects_at_week_6_are_half_of_week_12() -> None:
    assert ASTEROID.average_pain.effect == pytest.approx((-7.65, -15.30), abs=1e-12)
    assert ASTEROID.current_pain.effect == pytest.approx((-9.675, -19.35), abs=1e-12)
    assert ASTEROID.disability.effect == pytest.approx((-2.6, -5.2), abs=1e-12)


def test_the_arm_means_are_the_published_ones_in_the_right_arm() -> None:
    pain, disability = ASTEROID.means("current_pain"), ASTEROID.means("disability")
    assert pain["running"][[0, 2]].tolist() == pytest.approx([30.8, 14.25], abs=1e-9)
    assert pain["waitlist"][[0, 2]].tolist() == pytest.approx([40.1, 42.9], abs=1e-9)
    assert disability["running"][[0, 2]].tolist() == pytest.approx([20.8, 13.9], abs=1e-9)


def test_asteroid_has_the_stored_fit_field_by_field() -> None:
    names = ["adherence_decline", "completion_mean", "running_speed_mean"]
    names += [f"{kind}_rate" for kind in ("lower_limb", "low_back_pain", "syncope")]
    assert list(stored()["fit"]) == names
    for field, value in stored()["fit"].items():
        assert getattr(ASTEROID, field) == value


def test_event_rates_are_per_running_hour_and_keep_the_proportions_of_the_counts() -> None:
    """Not 7, 1 and 1 over 105 hours: sudden loads raise the hazard, and those who are hurt run less."""
    assert ASTEROID.lower_limb_rate == pytest.approx(7 * ASTEROID.syncope_rate, abs=5e-6)
    assert ASTEROID.low_back_pain_rate == ASTEROID.syncope_rate
    total = ASTEROID.lower_limb_rate + ASTEROID.low_back_pain_rate + ASTEROID.syncope_rate
    assert total == pytest.approx(9 / 105, rel=0.1)  # per attended hour it would be 9 / 252


@pytest.mark.parametrize("name", scenario_names())
def test_every_named_scenario_is_a_valid_record(name: str) -> None:
    record = scenario(name)
    assert isinstance(record, TrialAssumptions)
    assert record.description


NO_EFFECT: dict[str, Any] = {name: {"effect": [0.0, 0.0]} for name in ("average_pain", "current_pain", "disability")}
SCENARIOS: dict[str, dict[str, Any]] = {
    "asteroid": {},
    "no_effect": NO_EFFECT,
    "decaying_correlation": {"visit_correlation": [[1.0, 0.6, 0.35], [0.6, 1.0, 0.6], [0.35, 0.6, 1.0]]},
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
    assert record == ASTEROID.with_values(name=record.name, description=record.description, **SCENARIOS[name])


def test_every_shipped_programme_has_a_scenario() -> None:
    assert {scenario(name).programme for name in scenario_names()} == set(programme_names())


def test_an_unknown_scenario_suggests_the_nearest() -> None:
    with pytest.raises(InputError, match=r"scenario must be a name or a \.toml file, got 'no_efect'.*'no_effect'\?"):
        scenario("no_efect")

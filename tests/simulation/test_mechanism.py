"""What the programme's mechanism must give: 20,000 trials, seeds chosen before looking, 4 Monte Carlo errors."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from asteroid_repro import ASTEROID, TrialAssumptions, published, scenario, verify
from asteroid_repro.engine.monte_carlo import run_blocks
from asteroid_repro.evaluate.estimands import EstimandRow, estimands
from asteroid_repro.mechanism.mechanism import solve
from asteroid_repro.simulate.block import simulate_block
from asteroid_repro.simulate.outcomes import potential_outcomes
from asteroid_repro.simulate.streams import BLOCK_TRIALS

TRIALS = 20_000
OUTCOMES = ("average_pain", "current_pain", "disability")
KINDS = ("lower_limb", "low_back_pain", "syncope")


def logged(record: TrialAssumptions, seed: int, trials: int = TRIALS) -> dict[str, np.ndarray]:
    """Return hours of running, attendance, distance of the first week and events of every trial."""
    mechanism = solve(record)

    def work(block: int, size: int) -> dict[str, np.ndarray]:
        simulated = simulate_block(mechanism, seed, block, size)
        log, share = simulated.sessions, simulated.attended_share
        assert log is not None
        return {
            "hours": log.run_minutes.sum(axis=(0, 1)) / 60,
            "mean": share.mean(axis=0),
            "variance": share.var(axis=0, ddof=1),
            "first week": log.run_distance_km[log.week == 1].sum(axis=0).mean(axis=0),
            **dict(zip(KINDS, simulated.events, strict=True)),
        }

    return run_blocks(work, trials)


@cache
def figures() -> dict[str, np.ndarray]:
    """Simulate ASTEROID once."""
    return logged(ASTEROID, 21)


@cache
def row(name: str, seed: int, outcome: str, estimand: str) -> EstimandRow:
    """Return one analysis against one estimand."""
    (found,) = (one for one in rows(name, seed) if (one.outcome, one.estimand) == (outcome, estimand))
    return found


@cache
def rows(name: str, seed: int) -> tuple[EstimandRow, ...]:
    """Compare the analyses of a scenario with its estimands once."""
    return estimands(scenario(name), trials=TRIALS, seed=seed).rows


def close(values: Any, expected: float) -> bool:
    """Whether a mean over trials is within 4 Monte Carlo standard errors."""
    return bool(abs(values.mean() - expected) < 4 * values.std(ddof=1) / np.sqrt(len(values)))


def test_running_hours_are_the_published_105() -> None:
    hours = figures()["hours"]
    assert abs(hours.mean() - 105) < 3
    assert close(hours, 105)


def test_attendance_has_the_published_mean_and_spread() -> None:
    mean, variance = figures()["mean"], figures()["variance"]
    assert abs(mean.mean() - 0.70) < 0.005
    assert abs(np.sqrt(variance.mean()) - 0.20) < 0.01
    assert close(mean, 0.70)
    assert close(variance, 0.04)


def test_events_are_the_published_9() -> None:
    counts = [figures()[kind] for kind in KINDS]
    assert close(np.sum(counts, axis=0), 9)
    for count, wanted in zip(counts, (7, 1, 1), strict=True):
        assert close(count, wanted)


def test_the_first_week_is_as_long_as_published() -> None:
    assert close(figures()["first week"], 2.9)


def test_every_predicted_claim_gets_a_verdict_with_its_interval() -> None:
    found = [one for one in verify(seed=22, trials=TRIALS).rows if one.role == "predicted"]
    assert [one.claim for one in found] == [claim.id for claim in published().claims if claim.role == "predicted"]
    assert len(found) >= 3
    for one in found:
        assert one.interval_low is not None
        assert one.interval_high is not None
        assert one.reproduced is not None
        assert one.interval_low < one.reproduced < one.interval_high


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_prognostic_adherence_biases_those_who_came_and_not_those_randomised(outcome: str) -> None:
    policy = row("prognostic_adherence_no_effect", 23, outcome, "treatment policy")
    assert policy.truth == 0
    assert abs(policy.bias) < 4 * policy.mcse
    for estimand in ("among adherers", "per session"):
        naive = row("prognostic_adherence_no_effect", 23, outcome, estimand)
        assert naive.truth == 0
        assert naive.bias < -10 * naive.mcse  # those who fare better come more: running looks better than it is


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("estimand", ["treatment policy", "full adherence", "among adherers"])
def test_without_prognosis_or_dose_response_every_analysis_is_unbiased(outcome: str, estimand: str) -> None:
    one = row("asteroid", 24, outcome, estimand)
    assert abs(one.bias) < 4 * one.mcse
    assert one.truth == pytest.approx(ASTEROID.outcome(outcome).effect[-1], abs=0.05)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_with_a_dose_response_full_adherence_differs_from_treatment_policy(outcome: str) -> None:
    policy = row("dose_dependent_effect", 25, outcome, "treatment policy")
    full = row("dose_dependent_effect", 25, outcome, "full adherence")
    assert abs(policy.bias) < 4 * policy.mcse
    assert full.truth < 1.2 * policy.truth  # more than a fifth better; on a scale without ends it would be 1 / 0.7
    assert full.bias > 10 * full.mcse
    # The scale's ends take a little of the mean effect where scores are near 0, at most 3 %.
    assert policy.truth == pytest.approx(ASTEROID.outcome(outcome).effect[-1], rel=0.03)


def worlds_of(record: TrialAssumptions, seed: int) -> tuple[np.ndarray, Any]:
    """Return the observed scores of those treated and their potential ones."""
    block = simulate_block(solve(record), seed, 0, BLOCK_TRIALS)
    return block.outcomes.treatment, potential_outcomes(solve(record), seed, 0, block.attended_share)


def test_asteroid_observes_the_scores_of_full_adherence() -> None:
    observed, worlds = worlds_of(ASTEROID, 26)
    np.testing.assert_array_equal(worlds.as_attended, observed)
    np.testing.assert_array_equal(worlds.full_adherence, observed)
    np.testing.assert_array_equal(worlds.untreated[:, 0], observed[:, 0])
    gain = (observed - worlds.untreated)[0, -1]
    assert abs(gain.mean() + 15.3) < 4 * gain.mean(axis=0).std(ddof=1) / np.sqrt(BLOCK_TRIALS) + 0.05


@pytest.mark.parametrize("name", ["dose_dependent_effect", "varying_effects", "prognostic_adherence"])
def test_the_observed_scores_are_those_of_the_attendance(name: str) -> None:
    observed, worlds = worlds_of(scenario(name), 27)
    np.testing.assert_array_equal(worlds.as_attended, observed)
    same = np.array_equal(worlds.full_adherence, observed)
    assert same == (name != "dose_dependent_effect")


def test_overdispersed_events_and_quiet_ones() -> None:
    """Total events of one trial: wider than Poisson under ASTEROID, Poisson where people and loads are alike."""
    quiet = ASTEROID.with_values(proneness_variance=0.0, load_spike=0.0, flare_rate=0.0)
    rate = ASTEROID.adverse_events[0].rate
    for source, poisson in ((figures(), False), (logged(quiet, 28), True)):
        extra = (source["lower_limb"] - rate * source["hours"]) ** 2 - source["lower_limb"]
        assert close(extra, 0) == poisson
        assert poisson or extra.mean() > 0


@pytest.mark.parametrize("name", ["couch_to_5k", "higher_dose", "too_much_too_soon", "walking_only"])
def test_attendance_is_as_assumed_under_every_programme(name: str) -> None:
    """The beta law is solved for the programme's own number of sessions and weeks."""
    found = logged(ASTEROID.with_values(programme=name), 29, 4000)
    assert close(found["mean"], 0.70)
    assert close(found["variance"], 0.04)


def test_more_is_riskier() -> None:
    """Too much too soon: more events a running hour, since loads rise suddenly and nobody slows down."""

    def rate(name: str) -> float:
        found = logged(ASTEROID.with_values(programme=name), 30, 4000)
        return float(found["lower_limb"].mean() / found["hours"].mean())

    assert rate("too_much_too_soon") > 1.05 * rate("asteroid")

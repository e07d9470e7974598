"""Planning against theory: seeds chosen before looking, tolerance 4 Monte Carlo standard errors.

The anchor has small spreads in mid-scale, so that bounds play no part and rounding little: what theory supposes.
"""

from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr
from statsmodels.stats.power import TTestIndPower

from asteroid_repro import ASTEROID, TrialAssumptions
from asteroid_repro.estimate.safety.rate_limits import clustered_limits
from asteroid_repro.planning.approximate_power import approximate_power
from asteroid_repro.planning.assurance import assurance
from asteroid_repro.planning.power_curve import power_curve
from asteroid_repro.planning.precision import hours_for_precision
from asteroid_repro.planning.replication import replication, sceptical_p_value
from asteroid_repro.planning.sample_size import sample_size

TRIALS = 20_000
SD = 8.0
ANCHOR = ASTEROID.with_values(
    average_pain={
        "treatment_baseline": 50, "reference_baseline": 50, "reference_change": [0, 0],
        "effect": [-3, -6], "sd": [SD] * 3,
    }
)  # fmt: skip
PEOPLE = [8, 20, 50]
EFFECTS = [-2.0, -4.0, -8.0]


def t_test_power(effect: float, people: int) -> float:
    """Power of the t test of the change: with a correlation of 1/2 the SD of the change is that of the scores."""
    return float(TTestIndPower().power(abs(effect) / SD, people, alpha=0.05))


@pytest.mark.parametrize("method", ["change_score", "mmrm", None])
def test_power_over_a_grid_is_that_of_the_t_test(method: str | None) -> None:
    over: dict[str, list[Any]] = {"people_per_arm": PEOPLE, "average_pain.effect": EFFECTS}
    curve = power_curve(ANCHOR, over, trials=TRIALS // 2, seed=61, method=method)
    for row in curve.to_frame().to_dict("records"):
        expected = t_test_power(row["average_pain.effect"], row["people_per_arm"])
        assert abs(row["power"] - expected) < 4 * np.sqrt(expected * (1 - expected) / (TRIALS // 2)), row


@pytest.mark.parametrize("people", PEOPLE)
@pytest.mark.parametrize("effect", EFFECTS)
def test_approximate_power_is_exactly_that_of_the_t_test(people: int, effect: float) -> None:
    record = ANCHOR.with_people(people, people).with_effect(average_pain=effect)
    assert approximate_power(record, method="mmrm") == pytest.approx(t_test_power(effect, people), abs=1e-6)


@pytest.mark.parametrize(("method", "distribution"), [("random_intercept", "z"), ("random_intercept", "t")])
def test_power_of_the_random_intercept_is_near_the_approximate_one(method: str, distribution: Any) -> None:
    """Fits on the boundary of the variance are not in the formula: 0.005 beside the Monte Carlo error."""
    curve = power_curve(
        ANCHOR, {"average_pain.effect": EFFECTS}, trials=TRIALS, seed=62, method=method, distribution=distribution
    )
    for effect, row in zip(EFFECTS, curve.to_frame().to_dict("records"), strict=True):
        record = ANCHOR.with_effect(average_pain=effect)
        expected = approximate_power(record, method=method, distribution=distribution)
        assert abs(row["power"] - expected) < 4 * row["mcse"] + 0.005


def test_sample_size_is_that_of_the_t_test_within_monte_carlo_error() -> None:
    found = sample_size(ANCHOR, power=0.9, trials=TRIALS, seed=63)
    exact = next(n for n in range(2, 200) if t_test_power(-6.0, n) >= 0.9)
    assert found.analytic_guess == exact
    assert abs(t_test_power(-6.0, found.people_per_arm) - 0.9) < 4 * found.mcse + 0.01  # 0.01: one person per arm
    assert found.lowest <= exact <= found.highest


def _averaged(record: TrialAssumptions, mean: float, sd: float) -> float:
    """Average the approximate power over a normal belief by the midpoint rule, 400 steps over 6 SDs each way."""
    standard = (np.arange(400) + 0.5) / 400 * 12 - 6
    weight = np.exp(-(standard**2) / 2)
    power = [approximate_power(record.with_effect(average_pain=float(mean + sd * z))) for z in standard]
    return float(np.average(power, weights=weight))


@pytest.mark.parametrize(("mean", "sd", "people"), [(-6.0, 2.5, 20), (-2.0, 3.0, 20), (-5.0, 3.0, 40)])
def test_assurance_is_the_integral_of_power(mean: float, sd: float, people: int) -> None:
    record = ANCHOR.with_people(people, people)
    result = assurance(record, mean=mean, sd=sd, trials=TRIALS // 4, seed=64)
    assert abs(result.assurance - _averaged(record, mean, sd)) < 4 * result.mcse
    at_mean = t_test_power(mean, people)
    assert abs(result.power_at_mean - at_mean) < 4 * result.power_at_mean_mcse


def test_monte_carlo_error_of_assurance_is_that_of_repeated_runs() -> None:
    """40 runs of 500 trials: their spread over the reported error, itself known to 4 / sqrt(2 x 39)."""
    runs = [assurance(ANCHOR, mean=-5.0, sd=2.5, nodes=5, trials=500, seed=700 + run) for run in range(40)]
    spread = np.std([run.assurance for run in runs], ddof=1)
    reported = np.sqrt(np.mean([run.mcse**2 for run in runs]))
    assert abs(spread / reported - 1) < 4 / np.sqrt(2 * 39)


def test_assurance_of_a_known_spread_is_the_closed_form() -> None:
    """With z and many people: the predictive probability of significance, either sign."""
    record = ANCHOR.with_people(60, 60)
    se = SD * np.sqrt(2 / 60)
    result = assurance(record, mean=-2.0, sd=1.5, method="mmrm", distribution="z", trials=TRIALS // 4, seed=65)
    total = np.sqrt(se**2 + 1.5**2)
    expected = ndtr((2.0 - 1.959964 * se) / total) + ndtr((-2.0 - 1.959964 * se) / total)
    assert abs(result.assurance - expected) < 4 * result.mcse + 0.002  # 0.002: the spread is estimated
    wrong = ndtr((-2.0 - 1.959964 * se) / total) / expected
    assert abs(result.wrong_sign_share - wrong) < 4 * result.wrong_sign_share_mcse + 0.002


@pytest.mark.parametrize(("size", "shrinkage"), [(1.0, 0.0), (2.0, 0.25), (0.5, "empirical_bayes")])
def test_replication_is_what_a_million_replications_do(size: float, shrinkage: Any) -> None:
    estimate, se, draws = -15.30, 5.117, 1_000_000
    plan = replication(estimate, se, relative_size=size, shrinkage=shrinkage)
    rng = np.random.default_rng(66)
    keep = 1 - se**2 / estimate**2 if shrinkage == "empirical_bayes" else 1 - shrinkage
    sd = se * np.sqrt(keep) if shrinkage == "empirical_bayes" else se
    truth = keep * estimate + sd * rng.standard_normal(draws)
    noise = se / np.sqrt(size) * rng.standard_normal(draws)
    for again, significance, success in (
        (keep * estimate + noise, plan.significant_if_true, plan.success_if_true),
        (truth + noise, plan.significant_predictive, plan.success_predictive),
    ):
        z = again / (se / np.sqrt(size))
        _check_share(z < -1.959964, significance)
        _check_share(z[:20_000] < -plan.least_z, success)
    inside = (plan.prediction_low < truth + noise) & (truth + noise < plan.prediction_high)
    _check_share(inside, 0.95)


def test_precision_with_prone_runners_is_reached_nearly_as_often() -> None:
    """Gamma frailty of variance 1, 0.35 events each; 0.05: t limits of some 50 people are wider than the plan's."""
    plan = hours_for_precision(66.7, ratio=2, assurance=0.8, dispersion=1.35, hours_per_person=5.25)
    assert plan.people is not None
    mean = 66.7 * 5.25 / 1000
    rng, people = np.random.default_rng(69), plan.people
    highs = [
        clustered_limits(rng.poisson(mean * rng.gamma(1.0, 1.0, people)), np.full(people, 5.25)).high
        for _ in range(4000)
    ]
    reached = float(np.mean(np.array(highs) <= 2 * mean * people))
    assert abs(reached - 0.8) < 0.05


def test_success_is_a_small_sceptical_p_value() -> None:
    plan = replication(-15.30, 5.117, relative_size=2.0)
    drawn = np.random.default_rng(67).normal(-15.30, 5.117 * np.sqrt(1 + 1 / 2), size=20_000)
    p = np.array([sceptical_p_value(-15.30 / 5.117, one / (5.117 / np.sqrt(2)), 2.0) for one in drawn])
    _check_share(p <= 0.025, plan.success_predictive)


def test_precision_is_reached_as_often_as_promised() -> None:
    plan = hours_for_precision(66.7, ratio=2, assurance=0.8)
    counts = np.random.default_rng(68).poisson(plan.expected_events, size=200_000)
    _check_share(counts <= plan.most_events, plan.probability)
    assert plan.probability >= 0.8


def _check_share(events: np.ndarray, expected: float) -> None:
    assert abs(events.mean() - expected) < 4 * np.sqrt(expected * (1 - expected) / len(events))

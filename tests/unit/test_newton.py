"""The solvers behind the latent parameters: round trips from wanted moments to latent ones and back, and refusals."""

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from asteroid_repro import ASTEROID, InputError, Outcome
from asteroid_repro.mechanism.attendance_spread import attendance_beta
from asteroid_repro.mechanism.latent import LatentScore, latent_arm, latent_score
from asteroid_repro.mechanism.latent_correlation import hermite_coefficients, latent_correlations
from asteroid_repro.mechanism.newton import Tangent, solve_pairs, solve_rising
from asteroid_repro.mechanism.truncated import truncated_normal

STEPS = st.sampled_from([1, 2])
SCALES = {
    step: Outcome(name="score", label="Score", minimum=0, maximum=100, step=step, better="lower") for step in (1, 2)
}


def widest(mean: float) -> float:
    """SD of scores that are all 0 or 100: more than any bounded normal can have."""
    return math.sqrt(mean * (100 - mean))


def moments(score: LatentScore) -> tuple[float, float]:
    """Mean and SD by sums over the scale points."""
    assert score.scale.step is not None
    points = np.arange(0, 101, score.scale.step)
    mean = float(score.probabilities() @ points)
    return mean, math.sqrt(float(score.probabilities() @ (points - mean) ** 2))


def assert_moments(mean: float, sd: float, step: int) -> None:
    np.testing.assert_allclose(moments(latent_score(mean, sd, SCALES[step])), (mean, sd), rtol=0, atol=1e-8)


@settings(max_examples=300)
@given(mean=st.floats(0.5, 99.5), share=st.floats(0.0, 1.0), step=STEPS)
def test_every_spread_from_half_a_step_up_is_met_exactly(mean: float, share: float, step: int) -> None:
    # Two neighbouring scores alone can have an SD of half a step: no smaller one is promised.
    smallest, largest = 0.6 * step, 0.995 * widest(mean)
    assert_moments(mean, smallest + share * (largest - smallest), step)


@pytest.mark.parametrize("mean", [0.01, 0.1, 0.5, 1.0, 2.5])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99])
@pytest.mark.parametrize("step", [1, 2])
def test_scores_near_the_floor_and_the_ceiling_mirror_each_other(mean: float, share: float, step: int) -> None:
    sd = share * widest(mean)
    assert_moments(mean, sd, step)
    assert_moments(100 - mean, sd, step)
    floor, ceiling = latent_score(mean, sd, SCALES[step]), latent_score(100 - mean, sd, SCALES[step])
    assert ceiling.sd == pytest.approx(floor.sd, rel=1e-6)
    assert 100 - ceiling.mean == pytest.approx(floor.mean, rel=1e-6, abs=1e-6)


@settings(max_examples=50)
@given(mean=st.floats(1.0, 99.0), share=st.floats(1.0001, 3.0), step=STEPS)
def test_spreads_that_no_bounded_score_has_are_refused(mean: float, share: float, step: int) -> None:
    with pytest.raises(
        InputError, match=r"^score\.sd must be one that a rounded, bounded normal score can have at mean"
    ):
        latent_score(mean, share * widest(mean), SCALES[step])


@settings(max_examples=50)
@given(whole=st.integers(1, 48), part=st.floats(0.1, 0.9), share=st.floats(0.1, 0.95), step=STEPS)
def test_spreads_below_that_of_two_neighbouring_scores_are_refused(
    whole: int, part: float, share: float, step: int
) -> None:
    sd = share * step * math.sqrt(part * (1 - part))
    with pytest.raises(InputError, match=r"^score\.sd must be one that"):
        latent_score(step * (whole + part), sd, SCALES[step])


@settings(max_examples=60)
@given(
    rho=st.floats(-0.9, 0.9),
    means=st.tuples(st.floats(5, 95), st.floats(5, 95)),
    sds=st.tuples(st.floats(5, 20), st.floats(5, 20)),
    steps=st.tuples(STEPS, STEPS),
)
def test_a_latent_correlation_is_found_again_from_the_correlation_it_gives(
    rho: float, means: tuple[float, float], sds: tuple[float, float], steps: tuple[int, int]
) -> None:
    scores = [LatentScore(SCALES[step], mean, sd) for mean, sd, step in zip(means, sds, steps, strict=True)]
    x, weight = np.polynomial.hermite_e.hermegauss(120)
    # Given their common part the two scores are independent: the mean product is one integral of a smooth function.
    own = math.sqrt(1 - abs(rho))
    common = math.sqrt(abs(rho)) * x, math.copysign(math.sqrt(abs(rho)), rho) * x
    means_given = [
        step * stats.norm.sf((score.thresholds[:, None] - part) / own).sum(axis=0)
        for score, step, part in zip(scores, steps, common, strict=True)
    ]
    product = float(weight @ (means_given[0] * means_given[1])) / math.sqrt(2 * math.pi)
    (mean_1, sd_1), (mean_2, sd_2) = map(moments, scores)
    observed = (product - mean_1 * mean_2) / (sd_1 * sd_2)
    thresholds = np.full((2, 100), np.inf).clip(max=35)
    for row, score in zip(thresholds, scores, strict=True):
        row[: len(score.thresholds)] = score.thresholds
    wanted = np.array([[1, observed], [observed, 1]])
    coefficients = hermite_coefficients(thresholds, np.array(steps)) / np.array([[sd_1], [sd_2]])
    latent = latent_correlations(coefficients, wanted)
    assert latent[0, 1] == latent[1, 0] == pytest.approx(rho, abs=1e-6)  # the quadrature of steps, not the solver


def test_the_first_impossible_correlation_is_named_with_its_range() -> None:
    opposed = np.array([[1.0, -0.9], [-0.9, 1.0]])
    rare = np.array([[2.0], [2.0]])  # two events of 2 %: both being absent most often, they can hardly be opposed
    share = stats.norm.sf(2.0)
    coefficients = hermite_coefficients(rare, np.ones(2)) / math.sqrt(share * (1 - share))
    with pytest.raises(InputError, match=r"between -0\.023 and 0\.9\d\d, got -0\.9\. Choose one inside\.$"):
        latent_correlations(coefficients, opposed)


@settings(max_examples=100)
@given(mean=st.floats(15, 45), sd=st.floats(3, 9), low=st.floats(0.5, 3), high=st.floats(0.5, 3))
def test_a_truncated_normal_is_found_again_from_its_moments(mean: float, sd: float, low: float, high: float) -> None:
    minimum, maximum = mean - low * sd, mean + high * sd
    cut = stats.truncnorm(-low, high, loc=mean, scale=sd)
    found = truncated_normal(float(cut.mean()), float(cut.std()), minimum, maximum)
    # A wide normal, cut narrowly, is nearly flat: its moments say little of it, but are met all the same.
    np.testing.assert_allclose((found.mean, found.sd), (mean, sd), rtol=1e-4, atol=0)
    again = stats.truncnorm(
        (minimum - found.mean) / found.sd, (maximum - found.mean) / found.sd, loc=found.mean, scale=found.sd
    )
    np.testing.assert_allclose((again.mean(), again.std()), (cut.mean(), cut.std()), rtol=1e-7, atol=0)


@given(
    mean=st.floats(0.05, 0.95),
    share=st.floats(0.01, 0.95),
    sessions=st.integers(2, 60),
    decline=st.floats(0, 1),
    weeks=st.integers(1, 20),
)
def test_attendance_has_the_wanted_spread_for_any_decline(
    mean: float, share: float, sessions: int, decline: float, weeks: int
) -> None:
    lowest, largest = mean * (1 - mean) / sessions, mean * (1 - mean)
    variance = lowest + share * (largest - lowest)
    a, b = attendance_beta(mean, math.sqrt(variance), sessions, decline, weeks)
    personal = stats.beta(a, b)
    squares = float(np.mean(np.linspace(1, -1, weeks) ** 2)) if weeks > 1 else 0.0
    m2, m3, m4 = (float(personal.moment(order)) for order in (2, 3, 4))
    flips = mean - m2 - decline**2 * squares * (m2 - 2 * m3 + m4)
    assert personal.mean() == pytest.approx(mean, rel=1e-10)
    assert personal.var() + flips / sessions == pytest.approx(variance, rel=1e-9)


def test_pairs_are_solved_independently_and_a_pair_without_solution_is_nan() -> None:
    def function(x: np.ndarray) -> Tangent:
        value = np.stack([np.exp(x[0]) + x[1], x[1] ** 3 + x[1]])
        slope = np.array([[np.exp(x[0]), np.ones_like(x[0])], [np.zeros_like(x[0]), 3 * x[1] ** 2 + 1]])
        return Tangent(value, slope)

    wanted = np.array([[3.0, -5.0, math.exp(3) + 2], [2.0, 2.0, 10.0]])  # the second wants a negative exponential
    solved = solve_pairs(function, wanted, np.full((2, 3), 9.0))
    assert np.isnan(solved[:, 1]).all()
    np.testing.assert_allclose(solved[:, 0], [math.log(2), 1], rtol=0, atol=1e-12)
    np.testing.assert_allclose(solved[:, 2], [3, 2], rtol=0, atol=1e-12)


def test_rising_functions_are_solved_where_plain_newton_steps_run_away() -> None:
    wanted = np.array([-1.5, -0.3, 0.0, 1.5])
    start, end = np.full(4, -50.0), np.full(4, 50.0)
    solved = solve_rising(lambda x: Tangent(np.arctan(x), 1 / (1 + x**2)), wanted, start, end)
    reference = [optimize.brentq(lambda x, y=y: math.atan(x) - y, -50, 50, xtol=1e-13) for y in wanted]
    np.testing.assert_allclose(solved, reference, rtol=0, atol=1e-9)


def test_a_rising_function_that_never_reaches_the_wanted_value_is_nan() -> None:
    solved = solve_rising(lambda x: Tangent(x, np.ones_like(x)), np.array([0.5, 2.0]), np.zeros(2), np.ones(2))
    assert solved[0] == pytest.approx(0.5, abs=1e-12)
    assert math.isnan(solved[1])


def test_an_arm_is_the_same_whatever_was_solved_before() -> None:
    together = latent_arm(ASTEROID, "treatment").scores
    alone = [
        latent_score(float(mean), sd, scale)
        for scale, outcome in zip(ASTEROID.design.outcomes, ASTEROID.outcomes, strict=True)
        for mean, sd in zip(outcome.means()["treatment"], outcome.sd, strict=True)
    ]
    for one, other in zip(together, alone, strict=True):
        np.testing.assert_allclose((one.mean, one.sd), (other.mean, other.sd), rtol=0, atol=1e-9)


def test_the_assumptions_need_no_slow_import() -> None:
    code = (
        "import sys; import asteroid_repro.asteroid, asteroid_repro.mechanism.scale_bounds;"
        "asteroid_repro.mechanism.mechanism.solve(asteroid_repro.asteroid.ASTEROID);"
        "print(*sorted({'pandas', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []

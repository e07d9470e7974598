"""Bounding and rounding lose nothing: checked by sums over the scale points and by quadrature, without simulation."""

import math
from functools import cache

import numpy as np
import pytest
from scipy import integrate, stats

from asteroid_repro import ASTEROID, InputError, Outcome, TrialAssumptions
from asteroid_repro.mechanism.attendance_spread import attendance_beta
from asteroid_repro.mechanism.latent import LatentScore, latent_arm, latent_score
from asteroid_repro.mechanism.truncated import truncated_normal

OUTCOMES = ASTEROID.design.outcome_names
SCALES = {
    step: Outcome(name="score", label="Score", minimum=0, maximum=100, step=step, better="lower") for step in (1, 2)
}
TINY = 1e-6  # points; the requirement is 0.05
GRID = [
    (step, mean, sd, effect)
    for step in (1, 2)
    for mean in (15, 25, 35, 45, 55, 70)
    for sd in (10, 17, 25)
    for effect in (0, -5, -10, -20)
]


def points(scale: Outcome) -> np.ndarray:
    """Return every score of a scale with ends."""
    assert scale.step is not None
    return scale.lowest + scale.step * np.arange((scale.n_steps or 0) + 1)


def exact_mean(score: LatentScore) -> float:
    """Sum of score times probability over the scale points."""
    return float(score.probabilities() @ points(score.scale))


def exact_sd(score: LatentScore) -> float:
    """Root of the summed squared distance from the mean."""
    return math.sqrt(float(score.probabilities() @ (points(score.scale) - exact_mean(score)) ** 2))


def feasible(mean: float, sd: float) -> bool:
    """Whether a 0-100 score can have these moments."""
    return 0 < mean < 100 and sd < math.sqrt(mean * (100 - mean))


@cache
def solved(mean: float, sd: float, step: int) -> LatentScore:
    """Calibrate once per cell."""
    return latent_score(mean, sd, SCALES[step])


def net_difference_biases(record: TrialAssumptions, *, naive: bool) -> list[float]:
    """Bias of each observed net difference, the latent parameters calibrated or simply the assumed ones."""
    biases = []
    for name in OUTCOMES:
        outcome = record.outcome(name)
        observed = {}
        for arm, means in record.means(name).items():
            pairs = zip(means, outcome.sd, strict=True)
            scale = record.design.outcome(name)
            observed[arm] = np.array(
                [exact_mean(LatentScore(scale, m, s) if naive else latent_score(m, s, scale)) for m, s in pairs]
            )
        difference = observed["treatment"] - observed["reference"]
        biases += (difference[1:] - difference[0] - np.array(outcome.effect)).tolist()
    return biases


def test_probabilities_are_those_of_a_rounded_and_clipped_normal() -> None:
    score = LatentScore(SCALES[2], 12.0, 20.0)
    cuts = stats.norm(12.0, 20.0).cdf(np.arange(1, 100, 2))
    wanted = np.diff(np.concatenate([[0.0], cuts, [1.0]]))
    assert len(score.probabilities()) == 51
    np.testing.assert_allclose(score.probabilities(), wanted, rtol=0, atol=1e-15)


@pytest.mark.parametrize("arm", ["treatment", "reference"])
def test_asteroid_has_the_assumed_means_and_sds_on_the_observed_scale(arm: str) -> None:
    scores = iter(latent_arm(ASTEROID, arm).scores)
    for name in OUTCOMES:
        for mean, sd in zip(ASTEROID.means(name)[arm], ASTEROID.outcome(name).sd, strict=True):
            score = next(scores)
            assert abs(exact_mean(score) - mean) <= TINY
            assert abs(exact_sd(score) - sd) <= TINY


def test_asteroid_loses_nothing_of_any_net_difference_and_naive_clipping_would() -> None:
    assert max(abs(bias) for bias in net_difference_biases(ASTEROID, naive=False)) <= TINY
    assert max(abs(bias) for bias in net_difference_biases(ASTEROID, naive=True)) > 1


def test_the_grid_of_means_spreads_and_effects_loses_nothing() -> None:
    cells = [c for c in GRID if feasible(c[1], c[2]) and feasible(c[1] + c[3], c[2])]
    assert (len(GRID), len(cells)) == (144, 134)
    for step, mean, sd, effect in cells:
        waitlist, running = solved(mean, sd, step), solved(mean + effect, sd, step)
        assert abs(exact_mean(running) - exact_mean(waitlist) - effect) <= TINY, (step, mean, sd, effect)
        assert abs(exact_sd(running) - sd) <= TINY, (step, mean, sd, effect)
        assert abs(exact_sd(waitlist) - sd) <= TINY, (step, mean, sd, effect)


def test_naive_clipping_attenuates_as_measured() -> None:
    """An effect of -15.3 at SD 20 shrinks to -14.4, -13.2, -12.3 for waitlist means of 40, 30, 25."""
    for mean, wanted in ((40, -14.4), (30, -13.2), (25, -12.3)):
        shrunk = exact_mean(LatentScore(SCALES[1], mean - 15.3, 20)) - exact_mean(LatentScore(SCALES[1], mean, 20))
        assert abs(shrunk - wanted) <= 0.05


@pytest.mark.parametrize(("mean", "sd", "step"), [(20.5, 0.1, 1), (21.0, 0.3, 2)])
def test_moments_that_no_rounded_score_has_are_refused(mean: float, sd: float, step: int) -> None:
    with pytest.raises(InputError, match=rf"^score\.sd must be .* at mean {mean:g} and step {step}, got {sd:g}"):
        latent_score(mean, sd, SCALES[step])


def observed_correlation(first: LatentScore, second: LatentScore, rho: float) -> float:
    """Correlation of two rounded, clipped normals, by quadrature over the first of rectangles of the second."""
    assert first.scale.step is not None
    assert second.scale.step is not None
    x = np.linspace(-9, 9, 40_001)
    scaled = np.clip(np.rint((first.mean + first.sd * x) / first.scale.step) * first.scale.step, 0, 100)
    below = stats.norm.cdf((second.thresholds[:, None] - rho * x) / math.sqrt(1 - rho**2))
    second_given_first = 100 - second.scale.step * below.sum(axis=0)
    density = stats.norm.pdf(x)
    product = float(np.trapezoid(scaled * second_given_first * density, x))
    return (product - exact_mean(first) * exact_mean(second)) / (exact_sd(first) * exact_sd(second))


@pytest.mark.parametrize("arm", ["treatment", "reference"])
@pytest.mark.parametrize("pair", [(0, 2), (3, 5), (4, 5), (6, 8), (0, 3), (2, 5), (5, 8), (1, 6)])
def test_observed_correlations_are_cross_outcome_times_visit(arm: str, pair: tuple[int, int]) -> None:
    record = ASTEROID.with_values(visit_correlation=[[1, 0.6, 0.35], [0.6, 1, 0.6], [0.35, 0.6, 1]])
    latent = latent_arm(record, arm)
    rho = (latent.root_correlation @ latent.root_correlation.T)[pair]
    (outcome_1, visit_1), (outcome_2, visit_2) = divmod(pair[0], 3), divmod(pair[1], 3)
    wanted = record.cross_outcome_correlation[outcome_1][outcome_2] * record.visit_correlation[visit_1][visit_2]
    assert observed_correlation(latent.scores[pair[0]], latent.scores[pair[1]], float(rho)) == pytest.approx(
        wanted,
        abs=2e-4,  # the trapezoid rule over the jumps of the rounded score
    )


def test_a_pair_agrees_with_the_bivariate_normal_distribution_function() -> None:
    latent = latent_arm(ASTEROID, "treatment")
    first, second = latent.scores[3], latent.scores[5]
    rho = float((latent.root_correlation @ latent.root_correlation.T)[3, 5])
    normal = stats.multivariate_normal([0, 0], [[1, rho], [rho, 1]])
    grid = np.array([[u, v] for u in -first.thresholds[::1] for v in -second.thresholds[::1]])
    product = float(normal.cdf(grid).sum())  # E XY is the sum over thresholds of Pr(X > u, Y > v), steps of 1
    covariance = product - exact_mean(first) * exact_mean(second)
    assert covariance / (exact_sd(first) * exact_sd(second)) == pytest.approx(0.5, abs=1e-6)


def test_the_latent_correlation_matrix_is_a_correlation_matrix() -> None:
    root = latent_arm(ASTEROID, "reference").root_correlation
    assert root.shape == (9, 9)
    np.testing.assert_allclose(np.diag(root @ root.T), 1, rtol=0, atol=1e-12)
    assert np.allclose(root, np.tril(root))


def test_a_correlation_that_bounded_scores_cannot_have_is_refused() -> None:
    opposed = [[1.0, -0.97, 0.0], [-0.97, 1.0, 0.0], [0.0, 0.0, 1.0]]
    record = ASTEROID.with_values(cross_outcome_correlation=opposed, current_pain={"sd": [20.0, 20.0, 30.0]})
    with pytest.raises(InputError, match="correlation"):
        latent_arm(record, "treatment")


def test_the_age_has_the_assumed_moments_after_truncation() -> None:
    age = truncated_normal(33, 6, 18, 45)
    density = stats.norm(age.mean, age.sd).pdf
    share = integrate.quad(density, 18, 45)[0]
    mean = integrate.quad(lambda x: x * density(x), 18, 45)[0] / share
    variance = integrate.quad(lambda x: (x - mean) ** 2 * density(x), 18, 45)[0] / share
    assert mean == pytest.approx(33, abs=1e-8)
    assert math.sqrt(variance) == pytest.approx(6, abs=1e-8)
    assert age.sd > 6.2  # the spread before truncation is larger: 6 itself would leave too little
    ends = age.quantile(np.array([0.0, 1.0]))
    assert ends.tolist() == pytest.approx([18, 45], abs=1e-9)


def test_an_age_spread_beyond_a_flat_distribution_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"sd must be one that a normal .* cut off at 18 and 45, can have with mean 31\.5, got 8"
    ):
        truncated_normal(31.5, 8, 18, 45)  # flat: 27 / sqrt(12) = 7.79


@pytest.mark.parametrize(("mean", "sd", "sessions"), [(0.70, 0.20, 36), (0.5, 0.1, 36), (0.9, 0.15, 12)])
def test_the_observed_share_of_sessions_has_the_assumed_moments(mean: float, sd: float, sessions: int) -> None:
    attended = stats.betabinom(sessions, *attendance_beta(mean, sd, sessions))
    assert attended.mean() / sessions == pytest.approx(mean, abs=1e-12)
    assert attended.std() / sessions == pytest.approx(sd, abs=1e-12)

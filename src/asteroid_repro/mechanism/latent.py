r"""From the observed scale to a latent normal one, so that bounding and rounding lose nothing.

A score :math:`X` is a latent normal :math:`\mu + \sigma Z`, rounded to the scale's step and held inside 0 to 100.
Rounding and bounding move means and spreads (an effect of -15 may shrink by 3 points), so :math:`\mu`, :math:`\sigma`
and the latent correlations are solved for such that mean, SD and correlations of the *observed* scores are the
assumed ones. With thresholds :math:`u_j = (t_j - \mu)/\sigma`, :math:`t_j = (j - 1/2)\,\text{step}`,

.. math::

    E X = \text{step} \sum_j \Phi(-u_j), \quad E X^2 = \text{step}^2 \sum_j (2j - 1)\, \Phi(-u_j).

Their derivatives are known, so Newton's method solves for all scores of an arm at once; the correlations follow in
:mod:`asteroid_repro.mechanism.latent_correlation`.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from asteroid_repro.errors import InputError
from asteroid_repro.mechanism.latent_correlation import latent_correlations
from asteroid_repro.mechanism.newton import Tangent, solve_pairs
from asteroid_repro.mechanism.truncated import normal_density, normal_probability
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.trial.quantities import OUTCOMES, SCALE_MAXIMUM

_ROUNDS = 100
_FARTHEST = 35.0  # thresholds beyond 35 latent SDs have no probability in double precision


@dataclass(frozen=True)
class LatentScore:
    """One score on its latent scale.

    Attributes
    ----------
    mean, sd : float
        Mean and SD of the latent normal, points.
    step : int
        Distance between neighbouring scores, points.
    """

    mean: float
    sd: float
    step: int

    @property
    def thresholds(self) -> np.ndarray:
        """Standardised thresholds between neighbouring scores, one fewer than there are scores."""
        cuts = np.arange(self.step / 2, SCALE_MAXIMUM, self.step)
        return _within_reach((cuts - self.mean) / self.sd)

    def probabilities(self) -> np.ndarray:
        """Probability of each score 0, step, ..., 100."""
        below = np.concatenate([[0.0], normal_probability(self.thresholds), [1.0]])
        return np.diff(below)

    def observed_mean(self) -> float:
        """Mean of the rounded and bounded score, points."""
        return float(self.step * normal_probability(-self.thresholds).sum())

    def observed_sd(self) -> float:
        """SD of the rounded and bounded score, points."""
        tails = normal_probability(-self.thresholds)
        second_moment = float(self.step**2 * (_odd(len(tails)) * tails).sum())
        return float(np.sqrt(second_moment - self.observed_mean() ** 2))


@dataclass(frozen=True)
class LatentArm:
    """All scores of one arm: outcome-major, visits within outcome.

    Attributes
    ----------
    scores : tuple of LatentScore
        One a score: outcomes x visits of them.
    root_correlation : numpy.ndarray
        Lower Cholesky factor of the latent correlations, shape (scores, scores).
    """

    scores: tuple[LatentScore, ...]
    root_correlation: np.ndarray


def latent_score(mean: float, sd: float, step: int) -> LatentScore:
    """Find the latent normal whose rounded and bounded score has the given mean and SD.

    Parameters
    ----------
    mean, sd : float
        Wanted on the observed scale, points.
    step : int
        Distance between neighbouring scores, points.

    Raises
    ------
    InputError
        No latent normal gives this pair (too small a spread for the step, or too near the largest possible one). SDs
        of less than half a step may also be refused: such a score hardly ever changes.

    Examples
    --------
    >>> score = latent_score(14.25, 20.4, 1)
    >>> round(score.observed_mean(), 6), round(score.observed_sd(), 6)
    (14.25, 20.4)
    """
    return _latent_scores(np.array([mean]), np.array([sd]), np.array([step]))[0]


def beta_shape(mean: float, sd: float) -> tuple[float, float]:
    """Return the two parameters of the beta distribution with a mean and an SD.

    Examples
    --------
    >>> [round(parameter, 9) for parameter in beta_shape(0.5, 12**-0.5)]
    [1.0, 1.0]
    """
    size = mean * (1 - mean) / sd**2 - 1
    return mean * size, (1 - mean) * size


def attendance_beta(mean: float, sd: float, sessions: int, decline: float = 0.0, weeks: int = 1) -> tuple[float, float]:
    r"""Find the beta distribution of personal attendance probabilities behind an observed spread.

    In week w person i comes with probability :math:`p_w = p + d c_w p (1 - p)`, with :math:`c_w` falling in equal steps
    from 1 to -1. The observed share of N sessions then has variance
    :math:`V + [m - E p^2 - d^2 C\, E p^2 (1 - p)^2]/N`, with m and V the mean and variance of p and C the mean of
    :math:`c_w^2`: coin flips add to the spread, so the probabilities spread less than the shares. The last expectation
    hardly depends on V, so V is found by putting it in again and again.

    Returns
    -------
    tuple of float
        The two parameters of the beta distribution.

    Raises
    ------
    InputError
        A spread below that of coin flips or beyond all-or-nothing.

    Examples
    --------
    >>> a, b = attendance_beta(0.70, 0.20, 36)
    >>> round(a / (a + b), 6)
    0.7
    """
    spread = mean * (1 - mean)
    centred_squares = (weeks + 1) / (3 * (weeks - 1)) if weeks > 1 else 0.0  # of equal steps from 1 to -1
    if not spread / sessions < sd**2 < spread:
        raise InputError(
            f"adherence_sd must be between {(spread / sessions) ** 0.5:.4f} and {spread**0.5:.4f} at mean {mean:g}, "
            f"got {sd:g}. Choose one inside."
        )
    variance = without_decline = (sessions * sd**2 - spread) / (sessions - 1)
    for _ in range(_ROUNDS):
        a, b = beta_shape(mean, variance**0.5)
        fourth = a * (a + 1) * b * (b + 1) / ((a + b) * (a + b + 1) * (a + b + 2) * (a + b + 3))
        before, variance = variance, without_decline + decline**2 * centred_squares * fourth / (sessions - 1)
        if abs(variance - before) <= 1e-15:
            break
    return beta_shape(mean, variance**0.5)


@lru_cache(maxsize=64)
def latent_arm(assumptions: TrialAssumptions, arm: str) -> LatentArm:
    """Calibrate all scores of one arm, means, SDs and correlations.

    The observed correlation of outcome o at visit v with outcome p at visit w is the product of the cross-outcome
    correlation (o, p) and the visit correlation (v, w).

    Raises
    ------
    InputError
        A correlation the bounded scores cannot have, or latent correlations that are not positive definite.
    """
    outcomes = [assumptions.outcome(name) for name in OUTCOMES]
    means = np.concatenate([assumptions.means(name)[arm] for name in OUTCOMES])
    sds = np.concatenate([outcome.sd for outcome in outcomes])
    steps = np.repeat([outcome.step for outcome in outcomes], len(assumptions.visits))
    scores = _latent_scores(means, sds, steps)
    wanted = np.kron(assumptions.cross_outcome_correlation, assumptions.visit_correlation)
    latent = latent_correlations(_thresholds(scores, steps), steps, sds, wanted)
    try:
        factor = np.linalg.cholesky(latent)
    except np.linalg.LinAlgError:
        raise InputError(
            f"correlations of the {arm} arm must be possible for bounded scores, got latent ones with smallest "
            f"eigenvalue {np.linalg.eigvalsh(latent)[0]:.3g}. Choose smaller correlations or spreads."
        ) from None
    return LatentArm(scores, factor)


def _latent_scores(means: np.ndarray, sds: np.ndarray, steps: np.ndarray) -> tuple[LatentScore, ...]:
    """Solve for all scores at once: observed means and SDs in points, and steps, each of shape (scores,)."""
    wanted = np.stack([np.log(means / (SCALE_MAXIMUM - means)), np.log(sds)])
    # A wide first guess reaches a threshold from anywhere: where none is near, the moments hardly have a slope.
    start = np.stack([np.zeros_like(means), np.log(sds + steps)])
    distances = _cuts(steps) - means[:, np.newaxis]
    weights = np.stack([np.outer(steps, np.ones(distances.shape[1])), np.outer(steps**2, _odd(distances.shape[1]))])
    shift, log_sd = solve_pairs(lambda unknowns: _score_moments(unknowns, distances, weights), wanted, start)
    impossible = np.flatnonzero(np.isnan(shift))
    if impossible.size:
        mean, sd, step = means[impossible[0]], sds[impossible[0]], steps[impossible[0]]
        raise InputError(
            f"sd must be one that a rounded, bounded normal score can have at mean {mean:g} and step {step}, "
            f"got {sd:g}. Choose a mean further from the end of the scale or another sd."
        )
    latent_sds = np.exp(log_sd)
    latent_means = means - latent_sds * shift
    return tuple(map(LatentScore, latent_means.tolist(), latent_sds.tolist(), steps.tolist()))


def _score_moments(unknowns: np.ndarray, distances: np.ndarray, weights: np.ndarray) -> Tangent:
    """Log odds of the mean and log SD of observed scores.

    The unknowns are log latent SD and, before it, how many latent SDs the latent mean is below the observed one: that
    stays small where latent mean and SD grow without bound, towards scores that are all 0 or 100. Log odds and logs
    are nearly straight lines in both. ``distances`` are those of the thresholds from the observed means, ``weights``
    the factors of the tails in the first and second moment.
    """
    shift, log_sd = unknowns[:, :, np.newaxis]
    u = _within_reach(distances / np.exp(log_sd) + shift)
    density = normal_density(u)
    first, second = np.vecdot(weights, normal_probability(-u))
    first_slope, second_slope = np.stack(
        [np.vecdot(weights, -density), np.vecdot(weights, density * (u - shift))], axis=1
    )
    variance = second - first**2
    odds = first / (SCALE_MAXIMUM - first)
    return Tangent(
        value=np.stack([np.log(odds), np.log(variance) / 2]),
        slope=np.stack(
            [
                first_slope * SCALE_MAXIMUM / (first * (SCALE_MAXIMUM - first)),
                (second_slope - 2 * first * first_slope) / (2 * variance),
            ]
        ),
    )


def _cuts(steps: np.ndarray) -> np.ndarray:
    """Thresholds between neighbouring scores, points, one row a score; infinite where a coarser scale has fewer."""
    number = np.arange(SCALE_MAXIMUM / steps.min())
    cuts = steps[:, np.newaxis] * (number + 0.5)
    return np.where(cuts < SCALE_MAXIMUM, cuts, np.inf)


def _thresholds(scores: tuple[LatentScore, ...], steps: np.ndarray) -> np.ndarray:
    """Standardised thresholds of all scores, shape (scores, thresholds)."""
    mean, sd = np.array([(score.mean, score.sd) for score in scores]).T[:, :, np.newaxis]
    return _within_reach((_cuts(steps) - mean) / sd)


def _within_reach(thresholds: np.ndarray) -> np.ndarray:
    held: np.ndarray = np.clip(thresholds, -_FARTHEST, _FARTHEST)
    return held


def _odd(count: int) -> np.ndarray:
    return 2 * np.arange(1, count + 1) - 1

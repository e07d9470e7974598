r"""From the observed scale to a latent normal one, so that bounding and rounding lose nothing.

A score :math:`X` is a latent normal :math:`\mu + \sigma Z`, rounded to the scale's step and held inside 0 to 100.
Rounding and bounding move means and spreads (an effect of -15 may shrink by 3 points), so :math:`\mu`, :math:`\sigma`
and the latent correlations are solved for such that mean, SD and correlations of the *observed* scores are the
assumed ones. With thresholds :math:`u_j = (t_j - \mu)/\sigma`, :math:`t_j = (j - 1/2)\,\text{step}`,

.. math::

    E X = \text{step} \sum_j \Phi(-u_j), \quad E X^2 = \text{step}^2 \sum_j (2j - 1)\, \Phi(-u_j), \quad
    \operatorname{Cov}(X, Y) = \sum_{k \ge 1} c_k d_k \rho^k,

the last by Mehler's formula, with Hermite coefficients :math:`c_k = \text{step} \sum_j \varphi(u_j)
\mathrm{He}_{k-1}(u_j) / \sqrt{k!}`. All sums are exact but for the truncated tail of the last.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.optimize import brentq, root
from scipy.special import ndtr, ndtri

from asteroid_repro.assumptions.quantities import OUTCOMES, SCALE_MAXIMUM
from asteroid_repro.assumptions.trial import TrialAssumptions
from asteroid_repro.errors import InputError

_TERMS = 400  # of Mehler's sum: the tail is below 1e-9 of the variance for correlations up to 0.95
_ROOT_TAU = float(np.sqrt(2 * np.pi))
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
        return np.clip((cuts - self.mean) / self.sd, -_FARTHEST, _FARTHEST)

    def probabilities(self) -> np.ndarray:
        """Probability of each score 0, step, ..., 100."""
        below = np.concatenate([[0.0], ndtr(self.thresholds), [1.0]])
        return np.diff(below)

    def observed_mean(self) -> float:
        """Mean of the rounded and bounded score, points."""
        return float(self.step * ndtr(-self.thresholds).sum())

    def observed_sd(self) -> float:
        """SD of the rounded and bounded score, points."""
        return float(np.sqrt(_second_moment(self) - self.observed_mean() ** 2))


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
        No latent normal gives this pair (too small a spread for the step, or too near the largest possible one).

    Examples
    --------
    >>> score = latent_score(14.25, 20.4, 1)
    >>> round(score.observed_mean(), 6), round(score.observed_sd(), 6)
    (14.25, 20.4)
    """

    def miss(parameters: np.ndarray) -> list[float]:
        trial = _score_at(parameters, step)
        return [trial.observed_mean() - mean, trial.observed_sd() - sd]

    solution = root(miss, x0=[mean, np.log(sd)], tol=1e-12)
    if not np.abs(solution.fun).max() < 1e-6:
        raise InputError(
            f"sd must be one that a rounded, bounded normal score can have at mean {mean:g} and step {step}, "
            f"got {sd:g}. Choose a mean further from the end of the scale or another sd."
        )
    return _score_at(solution.x, step)


@dataclass(frozen=True)
class TruncatedNormal:
    """A normal distribution cut off on both sides.

    Attributes
    ----------
    mean, sd : float
        Of the normal before it is cut off.
    minimum, maximum : float
        The cuts.
    """

    mean: float
    sd: float
    minimum: float
    maximum: float

    def quantile(self, probability: np.ndarray) -> np.ndarray:
        """Value below which the truncated distribution has the given probability."""
        low, high = ndtr((self.minimum - self.mean) / self.sd), ndtr((self.maximum - self.mean) / self.sd)
        return self.mean + self.sd * ndtri(low + probability * (high - low))


def truncated_normal(mean: float, sd: float, minimum: float, maximum: float) -> TruncatedNormal:
    r"""Find the normal that has the given mean and SD *after* it is cut off at minimum and maximum.

    With a, b the standardised cuts and :math:`P = \Phi(b) - \Phi(a)`: the mean is
    :math:`\mu + \sigma (\varphi(a) - \varphi(b))/P`, the variance
    :math:`\sigma^2 [1 + (a\varphi(a) - b\varphi(b))/P - ((\varphi(a) - \varphi(b))/P)^2]`.

    Raises
    ------
    InputError
        The spread is too large for the range (a flat distribution has the largest one).

    Examples
    --------
    >>> age = truncated_normal(33, 6, 18, 45)
    >>> ages = age.quantile((np.arange(20_000) + 0.5) / 20_000)
    >>> round(float(ages.mean()), 3), round(float(ages.std()), 3)
    (33.0, 6.0)
    """

    def miss(parameters: np.ndarray) -> list[float]:
        mu, sigma = parameters[0], np.exp(parameters[1])
        a, b = (minimum - mu) / sigma, (maximum - mu) / sigma
        share = ndtr(b) - ndtr(a)
        density_a, density_b = (
            np.exp(-(a**2) / 2) / _ROOT_TAU / share,
            np.exp(-(b**2) / 2) / _ROOT_TAU / share,
        )
        shift = density_a - density_b
        variance = sigma**2 * (1 + a * density_a - b * density_b - shift**2)
        return [mu + sigma * shift - mean, np.sqrt(max(variance, 0.0)) - sd]

    solution = root(miss, x0=[mean, np.log(sd)], tol=1e-12)
    if not np.abs(solution.fun).max() < 1e-6:
        raise InputError(
            f"age_sd must be one that ages from {minimum:g} to {maximum:g} with mean {mean:g} can have (a normal "
            f"distribution, cut off), got {sd:g}. Choose a smaller one."
        )
    return TruncatedNormal(float(solution.x[0]), float(np.exp(solution.x[1])), minimum, maximum)


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
    :math:`c_w^2`: coin flips add to the spread, so the probabilities spread less than the shares.

    Returns
    -------
    tuple of float
        The two parameters of the beta distribution.

    Examples
    --------
    >>> a, b = attendance_beta(0.70, 0.20, 36)
    >>> round(a / (a + b), 6)
    0.7
    """
    spread = mean * (1 - mean)
    centred_squares = (weeks + 1) / (3 * (weeks - 1)) if weeks > 1 else 0.0  # of equal steps from 1 to -1

    def miss(variance: float) -> float:
        a, b = beta_shape(mean, variance**0.5)
        fourth = a * (a + 1) * b * (b + 1) / ((a + b) * (a + b + 1) * (a + b + 2) * (a + b + 3))
        flips = spread - variance - decline**2 * centred_squares * fourth
        return variance + flips / sessions - sd**2

    return beta_shape(mean, float(brentq(miss, 1e-9 * spread, (1 - 1e-9) * spread, xtol=1e-15)) ** 0.5)


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
    scores = tuple(
        latent_score(mean, sd, assumptions.outcome(name).step)
        for name in OUTCOMES
        for mean, sd in zip(assumptions.means(name)[arm], assumptions.outcome(name).sd, strict=True)
    )
    wanted = np.kron(assumptions.cross_outcome_correlation, assumptions.visit_correlation)
    latent = _latent_correlations(scores, wanted)
    try:
        factor = np.linalg.cholesky(latent)
    except np.linalg.LinAlgError:
        raise InputError(
            f"correlations of the {arm} arm must be possible for bounded scores, got latent ones with smallest "
            f"eigenvalue {np.linalg.eigvalsh(latent)[0]:.3g}. Choose smaller correlations or spreads."
        ) from None
    return LatentArm(scores, factor)


def _score_at(parameters: np.ndarray, step: int) -> LatentScore:
    """Take mean and log SD to a score; the SD stays where its thresholds are numbers."""
    return LatentScore(float(parameters[0]), float(np.exp(np.clip(parameters[1], -12, 12))), step)


def _second_moment(score: LatentScore) -> float:
    tails = ndtr(-score.thresholds)
    odd = 2 * np.arange(1, len(tails) + 1) - 1
    return float(score.step**2 * (odd * tails).sum())


def _hermite_coefficients(score: LatentScore) -> np.ndarray:
    """Coefficients c_1 ... c_TERMS of the score in orthonormal Hermite polynomials, divided by its SD."""
    u = score.thresholds
    density = np.exp(-(u**2) / 2) / _ROOT_TAU
    before, polynomial = np.zeros_like(u), np.ones_like(u)
    coefficients = np.empty(_TERMS)
    for k in range(1, _TERMS + 1):
        coefficients[k - 1] = score.step * (density * polynomial).sum() / np.sqrt(k)
        before, polynomial = polynomial, (u * polynomial - np.sqrt(k - 1) * before) / np.sqrt(k)
    return coefficients / score.observed_sd()


def _latent_correlations(scores: tuple[LatentScore, ...], wanted: np.ndarray) -> np.ndarray:
    coefficients = [_hermite_coefficients(score) for score in scores]
    latent = np.eye(len(scores))
    for i in range(len(scores)):
        for j in range(i):
            rho = _latent_correlation(coefficients[i] * coefficients[j], wanted[i, j])
            latent[i, j] = latent[j, i] = rho
    return latent


def _latent_correlation(products: np.ndarray, wanted: float) -> float:
    powers = np.arange(1, _TERMS + 1)

    def miss(rho: float) -> float:
        return float((products * rho**powers).sum() - wanted)

    # Both scores rise with their latent normal, so the observed correlation rises with the latent one (Slepian 1962).
    low, high = miss(-0.999), miss(0.999)
    if not low < 0 < high:
        raise InputError(
            f"correlation must be one that the two bounded scores can have, between {low + wanted:.3f} and "
            f"{high + wanted:.3f}, got {wanted:g}. Choose one inside."
        )
    return float(brentq(miss, -0.999, 0.999, xtol=1e-13))

r"""What trials with normal scores measure, by integration: nothing is simulated.

Given the standard error s that a method reports, the estimate is normal with mean :math:`\theta` and SD
:math:`\tau`, so every figure of a trial has a known mean: with c the critical value and :math:`m = c s`,
:math:`P(\hat\theta > m) = \Phi((\theta - m)/\tau)`, and so on. What is left is to average over s:

* ``mmrm``: :math:`s^2/\tau^2 = \chi^2_{n-2}/(n-2)`, so that the power is that of the noncentral t;
* ``ancova``: given the imbalance at baseline likewise, on n - 3; :math:`d_1^2/(h S_{11}) = F_{1,n-2}/(n-2)`;
* ``random_intercept``, ``mmrm_compound_symmetry`` with equal variances and correlations of the visits: mean squares
  between and within people are independent, on n - 2 and (n - 2)(V - 1) degrees of freedom (see
  :func:`~asteroid_repro.estimate.effects.random_intercept.random_intercept`);
* with other correlations: over pooled cross-products S drawn from their Wishart distribution by Bartlett's
  decomposition, at the 16,384 points of a scrambled Sobol sequence. Only this has an error (some 1e-6 of a share),
  small since the estimate itself is still integrated out.

The others are Gauss-Legendre sums, right to about 1e-12.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from asteroid_repro.estimate.effects.methods import METHODS, Analysis, closed_form
from asteroid_repro.estimate.effects.moments import Moments
from asteroid_repro.estimate.inference import critical_value
from asteroid_repro.trial.design import Outcome

_NODES: Final = 64
_TAIL: Final = 1e-15
_LOG_POINTS: Final = 14
_SOBOL_SEED: Final = 20_240_229

Drawn = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Weights (points,), squared imbalance at baseline over h (points,), and cross-products (visits, visits, points)."""


@dataclass(frozen=True)
class StandardErrors:
    """The distribution of a method's standard error, as weighted points; arrays of shape (points,).

    Attributes
    ----------
    weight : numpy.ndarray
        Probabilities, summing to 1.
    spread : numpy.ndarray
        SD of the estimate given the standard error, points.
    standard_error, df : numpy.ndarray
        What the method reports: points, and degrees of freedom, inf for z.
    boundary : numpy.ndarray of bool
        Where it estimates a variance as 0.
    """

    weight: np.ndarray
    spread: np.ndarray
    standard_error: np.ndarray
    df: np.ndarray
    boundary: np.ndarray


def standard_errors(covariance: np.ndarray, visit: int, n: tuple[int, int], analysis: Analysis) -> StandardErrors:
    """Return the distribution of the standard error of the net difference between a visit and the first.

    Parameters
    ----------
    covariance : numpy.ndarray, shape (visits, visits)
        Of a person's scores, squared points, the same in both arms.
    visit : int
        Which of the visits, 1 or more.
    n : tuple of int
        People in the arms.
    analysis : Analysis
        A method with a closed form for complete visits.

    Raises
    ------
    InputError
        Too few people for the method.

    Examples
    --------
    >>> found = standard_errors(np.array([[4.0, 2.0], [2.0, 4.0]]), 1, (20, 20), Analysis("mmrm", "t"))
    >>> round(float(found.weight @ found.standard_error**2), 6)  # (4 + 4 - 2 x 2) (1/20 + 1/20)
    0.4
    """
    estimate = closed_form(analysis.method, analysis.distribution)
    if estimate is None:
        raise TypeError(f"{analysis.method} has no closed form")
    weight, imbalance, products = _drawn(covariance, visit, sum(n) - 2, analysis.method)
    difference = np.zeros((len(covariance), len(weight)))
    h = 1 / n[0] + 1 / n[1]
    difference[0] = np.sqrt(h * imbalance)
    fit = estimate(Moments(difference, products, *n))
    first, later, both = covariance[0, 0], covariance[visit, visit], covariance[0, visit]
    if METHODS[analysis.method].adjusted:
        variance = h * (later - both**2 / first) * (1 + imbalance / products[0, 0])
    else:
        variance = np.full(len(weight), h * (first + later - 2 * both))
    at = visit - 1
    return StandardErrors(weight, np.sqrt(variance), fit.standard_error[at], fit.df[at], fit.boundary[at])


def normal_figures(
    errors: StandardErrors, effect: float, outcome: Outcome, level: float, factor: float = 1.0
) -> dict[str, float]:
    """Return the mean of every figure of :func:`~asteroid_repro.engine.measures.trial_figures`, for normal scores.

    Parameters
    ----------
    errors : StandardErrors
        Of the method.
    effect : float
        The true one, points.
    outcome : Outcome
        Which way is better, and the minimal important change.
    level : float
        Confidence level.
    factor : float
        What critical values are multiplied by.

    Examples
    --------
    >>> pain = Outcome(name="pain", label="Pain", better="lower", important=10)
    >>> errors = standard_errors(np.array([[400.0, 200.0], [200.0, 400.0]]), 1, (20, 20), Analysis("mmrm", "t"))
    >>> figures = normal_figures(errors, -15.3, pain, 0.95)
    >>> round(figures["power"], 4), round(figures["coverage"], 4)  # SE 6.325, noncentral t on 38
    (0.6546, 0.95)
    """
    from scipy.special import ndtr  # slow to import, and plain runs do without

    margin = factor * critical_value(errors.df, level) * errors.standard_error
    above, below = (_tail(sign * effect, errors.spread, margin) for sign in (1, -1))
    benefit, harm = (above, below) if outcome.sign > 0 else (below, above)
    wrong = {1: below[0], -1: above[0], 0: above[0] + below[0]}[int(np.sign(effect))]
    least = np.nan if outcome.important is None else outcome.important
    figures = {
        "usable": 1.0,
        "error": 0.0,
        "error_2": errors.weight @ errors.spread**2,
        "variance": errors.weight @ errors.standard_error**2,
        "width": errors.weight @ (2 * margin),
        "coverage": 1 - errors.weight @ (2 * ndtr(-margin / errors.spread)),
        "power": errors.weight @ (above[0] + below[0]),
        "favours_treatment": errors.weight @ benefit[0],
        "favours_reference": errors.weight @ harm[0],
        "wrong_sign": errors.weight @ wrong,
        "significant_size": errors.weight @ (above[1] + below[1]),
        "significant_size_2": errors.weight @ (above[2] + below[2]),
        "important": errors.weight @ ndtr((outcome.sign * effect - least) / errors.spread),
        "boundary": errors.weight @ errors.boundary,
    }
    return {name: float(figure) for name, figure in figures.items()}


def _tail(effect: float, spread: np.ndarray, margin: np.ndarray) -> list[np.ndarray]:
    """Return probability, first and second moment of estimates above the margin: of the normal truncated there."""
    from scipy.special import ndtr

    z = (margin - effect) / spread
    density, share = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi), ndtr(-z)
    first = effect * share + spread * density
    return [share, first, (effect**2 + spread**2) * share + spread * (effect + margin) * density]


def _drawn(covariance: np.ndarray, visit: int, df: int, method: str) -> Drawn:
    if METHODS[method].adjusted:
        return _adjusted(covariance, visit, df)
    if method == "mmrm":
        weight, squares = _chi_square(df)
        products = np.zeros((*covariance.shape, len(weight)))
        products[visit, visit] = (covariance[0, 0] + covariance[visit, visit] - 2 * covariance[0, visit]) * squares
        return weight, np.zeros_like(weight), products
    visits, within = len(covariance), covariance[0, 0] - covariance[0, 1]
    symmetric = within * np.eye(visits) + covariance[0, 1]
    if np.allclose(covariance, symmetric, rtol=1e-12):
        return _symmetric(visits, df, within, within + visits * covariance[0, 1])
    products = _wishart(visits, df)
    root = np.linalg.cholesky(covariance)
    products = np.einsum("vx,xyk,wy->vwk", root, products, root, optimize=True)
    count = products.shape[-1]
    return np.full(count, 1 / count), np.zeros(count), products


def _adjusted(covariance: np.ndarray, visit: int, df: int) -> Drawn:
    r"""Baseline and residual of the later visit; :math:`d_1^2/(h S_{11}) = \tan^2\varphi`, density as cos to df - 1."""
    from scipy.special import gammaln, stdtrit

    farthest = np.arctan(-stdtrit(df, _TAIL) / np.sqrt(df))
    angle, width = _legendre(0.0, farthest)
    log_density = (df - 1) * np.log(np.cos(angle)) + gammaln((df + 1) / 2) - gammaln(df / 2)
    chance = width * 2 / np.sqrt(np.pi) * np.exp(log_density)
    weight, squares = _chi_square(df - 1)
    residual = covariance[visit, visit] - covariance[0, visit] ** 2 / covariance[0, 0]
    products = np.zeros((*covariance.shape, len(weight) * len(angle)))
    products[0, 0] = 1.0
    products[visit, visit] = np.repeat(residual * squares, len(angle))
    return np.outer(weight, chance).ravel(), np.tile(np.tan(angle) ** 2, len(weight)), products


def _symmetric(visits: int, df: int, within: float, between: float) -> Drawn:
    """Draw sums of squares within and between people of these variances; the points are split at the boundary."""
    weight, squares = _chi_square(df * (visits - 1))
    squares = within * squares
    boundary = squares / (visits - 1)  # between people at it, or below
    parts = [_chi_square(df, edge / between) for edge in boundary.tolist()]
    inside = np.array([part[0].sum() for part in parts])
    weights = np.concatenate([weight * (1 - inside), *(w * part[0] for w, part in zip(weight, parts, strict=True))])
    ssb = np.concatenate([2 * boundary, *(between * part[1] for part in parts)])
    ssw = np.concatenate([squares, *(np.full(len(part[0]), s) for s, part in zip(squares, parts, strict=True))])
    shared = np.full((visits, visits, 1), 1 / visits)
    products = shared * ssb + (np.eye(visits)[..., np.newaxis] - shared) * ssw / (visits - 1)
    return weights, np.zeros_like(weights), products


def _chi_square(df: int, most: float = np.inf) -> tuple[np.ndarray, np.ndarray]:
    """Return weights and points of a chi-squared variable, up to its value ``most``; its root has a smooth density."""
    from scipy.special import gammainccinv, gammaincinv, gammaln

    low, high = (2 * inverse(df / 2, _TAIL) for inverse in (gammaincinv, gammainccinv))
    if most <= low:
        return np.empty(0), np.empty(0)
    root, width = _legendre(np.sqrt(low), np.sqrt(min(high, most)))
    log_density = (df - 1) * np.log(root) - root**2 / 2 - (df / 2 - 1) * np.log(2) - gammaln(df / 2)
    return width * np.exp(log_density), root**2


_legendre_rule = lru_cache(np.polynomial.legendre.leggauss)


def _legendre(low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    points, weights = _legendre_rule(_NODES)
    return low + (points + 1) / 2 * (high - low), weights / 2 * (high - low)


@lru_cache(maxsize=8)
def _wishart(visits: int, df: int) -> np.ndarray:
    """Return cross-products of independent standard normal visits, shape (visits, visits, points).

    Bartlett's decomposition A A': roots of chi-squared variables on the diagonal of A, standard normals below it.
    """
    from scipy.special import gammaincinv, ndtri
    from scipy.stats.qmc import Sobol  # slow to import, and equal correlations do without

    below = np.array(np.tril_indices(visits, -1)).T
    uniform = Sobol(visits + len(below), rng=np.random.default_rng(_SOBOL_SEED)).random_base2(_LOG_POINTS).T
    root = np.zeros((visits, visits, uniform.shape[1]))
    for index in range(min(visits, df)):
        root[index, index] = np.sqrt(2 * gammaincinv((df - index) / 2, uniform[index]))
    for (row, column), own in zip(below.tolist(), uniform[visits:], strict=True):
        if column < df:
            root[row, column] = ndtri(own)
    return np.asarray(np.einsum("vxk,wxk->vwk", root, root))

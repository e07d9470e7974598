r"""The random-intercept linear mixed model with missing visits: REML or ML by Newton's method.

All trials are fitted at once from sums over people with the same number of observed visits. The likelihood is profiled
to one number, the variance ratio :math:`\lambda = \sigma_b^2 / \sigma_e^2`.
"""

from dataclasses import dataclass

import numpy as np

from asteroid_repro.estimate.inference import Estimates, Likelihood
from asteroid_repro.estimate.likelihood.patterns import PersonTotals
from asteroid_repro.estimate.likelihood.symmetric import inverse

_MAXIMUM_STEPS = 60
_LONGEST_STEP = 1.5  # in phi, the logarithm of a variance ratio: beyond it the parabola no longer resembles the curve
_TOLERANCE = 1e-5  # in phi; a step this short leaves an error of about its square


@dataclass(frozen=True)
class _Profile:
    """The profiled deviance's parts at one variance ratio, with first and second derivatives in it."""

    rss: np.ndarray  # (trials,), as its derivatives and those of the log determinants
    rss_slope: np.ndarray
    rss_curvature: np.ndarray
    log_slope: np.ndarray
    log_curvature: np.ndarray
    means: np.ndarray  # (visits, 2, trials)
    variance: np.ndarray  # (visits, visits, 2, trials): of the means, per unit of residual variance
    slope: np.ndarray  # (visits, visits, 2, trials): derivative of the means' information


def fit_random_intercept(data: PersonTotals, likelihood: Likelihood = "REML") -> tuple[Estimates, np.ndarray]:
    r"""Fit the model of :func:`asteroid_repro.estimate.effects.random_intercept.random_intercept` to incomplete data.

    With o_i the observed visits of person i, m_i their number and s_i the person's total, per arm
    :math:`c = \lambda/(1 + m \lambda)`, :math:`A = D - \sum_i c_i o_i o_i'`, :math:`r = t - \sum_i c_i s_i o_i`,
    :math:`\hat\beta = A^{-1} r`, and over both arms :math:`RSS = \sum y^2 - \sum_i c_i s_i^2 - \sum r'\hat\beta`. On
    :math:`\nu` = observations - 2 visits degrees of freedom the profiled REML deviance is
    :math:`f = \nu \log RSS + \sum_i \log(1 + m_i \lambda) + \sum \log |A|` and :math:`\hat\sigma_e^2 = RSS/\nu`. Newton
    steps in :math:`\phi = \log(1 + \bar m \lambda) \ge 0`; 0 is the boundary. With the residual totals
    :math:`e_i = o_i'\hat\beta - s_i` and :math:`w = \sum_i c_i' e_i o_i` the derivatives are
    :math:`RSS' = -\sum_i c_i' e_i^2` and :math:`RSS'' = -\sum_i c_i'' e_i^2 - 2 \sum w'A^{-1}w`. Maximum
    likelihood has the number of observations for :math:`\nu` and no :math:`\log |A|`.

    The net difference has :math:`SE^2 = \hat\sigma_e^2 v`, :math:`v = \sum k' A^{-1} k`. Satterthwaite's
    :math:`df = (\hat\sigma_e^2 v)^2 / g' H^{-1} g` with :math:`g = (\hat\sigma_e^2 v', v)` and H the observed
    information of both :math:`\lambda` and :math:`\sigma_e^2` (times 2). On the boundary :math:`df = \nu`.

    Parameters
    ----------
    data : PersonTotals
        With two or more observed scores in each arm at each visit.
    likelihood : {"REML", "ML"}
        Restricted or full.

    Returns
    -------
    estimates : Estimates
        Net differences, shape (visits - 1, trials), with Satterthwaite's degrees of freedom; ``boundary`` where the
        variance of the intercept is 0. NaN where scores do not vary.
    variances : numpy.ndarray, shape (2, trials)
        Of the intercept and of the residual, squared points.

    References
    ----------
    .. [1] Satterthwaite (1946), Biometrics Bull 2:110-114. doi:10.2307/3002019
    .. [2] Kuznetsova, Brockhoff & Christensen (2017), J Stat Softw 82(13). doi:10.18637/jss.v082.i13

    Examples
    --------
    >>> from asteroid_repro.estimate.likelihood.patterns import person_totals
    >>> rng = np.random.default_rng(7)
    >>> scores = rng.normal(size=(3, 40, 1)) + 2 * rng.normal(size=(40, 1))
    >>> fit, _ = fit_random_intercept(person_totals(scores[:, :20], scores[:, 20:]))
    >>> fit.df.round(4).tolist()  # complete data: (n - 2)(visits - 1)
    [[76.0], [76.0]]
    """
    observed, people = data.observations.sum(axis=(0, 1)), data.people.sum(axis=0)
    restricted = likelihood == "REML"
    nu = observed - (2 * len(data.scores) if restricted else 0)
    # Scores that do not vary have no likelihood: their 0/0 becomes NaN and the caller counts them.
    with np.errstate(divide="ignore", invalid="ignore"):
        phi, converged = _newton(data, nu, observed / people, restricted=restricted)
        ratio = np.expm1(phi) * people / observed
        at = _profile(data, ratio, restricted=restricted)
        # Rounding leaves scores that do not vary about 1e-16 of their squares, of either sign.
        return _inference(at, ratio, nu, converged & np.isfinite(at.rss) & (at.rss > 1e-12 * data.score_squares))


def _newton(
    sums: PersonTotals, nu: np.ndarray, mean_visits: np.ndarray, *, restricted: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Minimise the profiled deviance in phi; return phi and whether each trial arrived."""
    phi = _start(sums, mean_visits)
    converged = np.zeros(len(phi), dtype=bool)
    held, own = np.arange(len(phi)), sums
    for _ in range(_MAXIMUM_STEPS):
        now = phi[held]
        following = np.maximum(now + _step(own, now, nu[held], mean_visits[held], restricted=restricted), 0.0)
        # A trial that has arrived stays where it is, or its last digits would depend on its neighbours.
        phi[held] = np.where(converged[held], now, following)
        converged[held] |= np.abs(following - now) < _TOLERANCE
        travelling = np.flatnonzero(~converged[held] & np.isfinite(following))
        if not travelling.size:
            break
        if travelling.size < len(held) / 2:  # fewer would not be worth the copies
            held, own = held[travelling], own.take(travelling)
    return phi, converged


def _step(
    sums: PersonTotals, phi: np.ndarray, nu: np.ndarray, mean_visits: np.ndarray, *, restricted: bool
) -> np.ndarray:
    """Return Newton's step in phi, clipped; where the deviance bends the wrong way, the longest step downhill."""
    jacobian = np.exp(phi) / mean_visits
    at = _profile(sums, np.expm1(phi) / mean_visits, restricted=restricted)
    growth = at.rss_slope / at.rss
    slope = (nu * growth + at.log_slope) * jacobian
    curvature = (nu * (at.rss_curvature / at.rss - growth**2) + at.log_curvature) * jacobian**2 + slope
    step = np.where(curvature > 0, -slope / curvature, -np.sign(slope) * _LONGEST_STEP)
    return np.asarray(np.clip(step, -_LONGEST_STEP, _LONGEST_STEP))


def _start(sums: PersonTotals, mean_visits: np.ndarray) -> np.ndarray:
    """Return phi of the analysis of variance: the mean square between people over that within them."""
    means = sums.scores / sums.observations
    # Squares of people's totals around their expectation, over their number of visits.
    between = (_residual_squares(sums, means, _residual_totals(sums, means)) / sums.m).sum(axis=0)
    total = sums.score_squares - (sums.scores**2 / sums.observations).sum(axis=(0, 1))
    people = sums.people.sum(axis=0)
    within = (total - between) / np.maximum(people * (mean_visits - 1) - 2 * (len(means) - 1), 1)
    ratio = between / np.maximum(people - 2, 1) / within
    return np.asarray(np.log(np.clip(ratio, 1.0, 1e6)))


def _residual_totals(sums: PersonTotals, means: np.ndarray) -> np.ndarray:
    """Sum e o over people, e a person's total of expected minus observed scores, (kinds, visits, 2, trials)."""
    return np.asarray(np.einsum("kvwat,wat->kvat", sums.pairs, means) - sums.totals)


def _residual_squares(sums: PersonTotals, means: np.ndarray, residual_totals: np.ndarray) -> np.ndarray:
    """Sum the squares of e over people, (kinds, trials)."""
    return np.asarray(sums.squares + np.einsum("kvat,vat->kt", residual_totals - sums.totals, means))


def _profile(sums: PersonTotals, ratio: np.ndarray, *, restricted: bool) -> _Profile:
    root = 1 / (1 + sums.m * ratio)
    c, first = ratio * root, root**2  # c and its derivatives
    second = -2 * sums.m * root * first
    information = -np.einsum("kt,kvwat->vwat", c, sums.pairs)
    diagonal = np.einsum("vvat->vat", information)  # a view
    diagonal += sums.observations
    r = sums.scores - np.einsum("kt,kvat->vat", c, sums.totals)
    variance = inverse(information)
    means = np.einsum("vwat,wat->vat", variance, r)
    residual = _residual_totals(sums, means)
    squares = _residual_squares(sums, means, residual)
    w = np.einsum("kt,kvat->vat", first, residual)
    bent = np.einsum("vat,vat->t", w, np.einsum("vwat,wat->vat", variance, w))
    slope = -np.einsum("kt,kvwat->vwat", first, sums.pairs)
    share = sums.m * root
    log_slope, log_curvature = _weighted(share, sums.people), -_weighted(share**2, sums.people)
    if restricted:
        turned = np.einsum("vwat,wxat->vxat", variance, slope)
        traces = np.einsum("vwat,kvwat->kt", variance, sums.pairs)
        log_slope -= _weighted(first, traces)
        log_curvature -= _weighted(second, traces)
        log_curvature -= np.einsum("vwat,wvat->t", turned, turned)
    return _Profile(
        rss=sums.score_squares - _weighted(c, sums.squares) - np.einsum("vat,vat->t", r, means),
        rss_slope=-_weighted(first, squares),
        rss_curvature=-_weighted(second, squares) - 2 * bent,
        log_slope=log_slope,
        log_curvature=log_curvature,
        means=means,
        variance=variance,
        slope=slope,
    )


def _weighted(weights: np.ndarray, sums: np.ndarray) -> np.ndarray:
    return np.asarray(np.einsum("kt,kt->t", weights, sums))


def _inference(at: _Profile, ratio: np.ndarray, nu: np.ndarray, converged: np.ndarray) -> tuple[Estimates, np.ndarray]:
    residual = at.rss / nu
    # Columns of the variance of the means for the contrast k: later visit minus baseline.
    column = at.variance[:, 1:] - at.variance[:, :1]
    v = (column[np.arange(1, len(column)), np.arange(len(column) - 1)] - column[0]).sum(axis=1)
    slope = -np.einsum("vcat,vcat->ct", column, np.einsum("vwat,wcat->vcat", at.slope, column))
    # The 2 x 2 observed information in (ratio, residual variance), inverted by hand.
    both, mixed, own = at.log_curvature + at.rss_curvature / residual, -at.rss_slope / residual**2, nu / residual**2
    g = residual * slope
    spread = (own * g**2 - 2 * mixed * g * v + both * v**2) / (both * own - mixed**2)
    df = np.where(ratio > 0, (residual * v) ** 2 / spread, nu)
    change = at.means[1:] - at.means[0]
    between = ratio * residual
    fit = Estimates(change[:, 0] - change[:, 1], np.sqrt(residual * v), df, boundary=converged & (between == 0))
    return fit.where(converged), np.stack([between, residual])

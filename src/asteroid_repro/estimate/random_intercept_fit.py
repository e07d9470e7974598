r"""The random-intercept linear mixed model with missing visits: restricted maximum likelihood by Newton's method.

All trials are fitted at once from sums over people with the same number of observed visits. The likelihood is profiled
to one number, the variance ratio :math:`\lambda = \sigma_b^2 / \sigma_e^2`.
"""

from dataclasses import dataclass

import numpy as np

from asteroid_repro.estimate.patterns import Patterns
from asteroid_repro.estimate.symmetric import invert

_MAXIMUM_STEPS = 60
_LONGEST_STEP = 1.5  # in phi, the logarithm of a variance ratio: beyond it the parabola no longer resembles the curve
_TOLERANCE = 1e-9  # in phi; the step that is this short has squared the error of the one before


@dataclass(frozen=True)
class RandomInterceptFit:
    """Fits of one outcome in many trials.

    Attributes
    ----------
    estimate, standard_error, df : numpy.ndarray, shape (visits - 1, trials)
        Net differences at the later visits, points; Satterthwaite degrees of freedom.
    between, residual : numpy.ndarray, shape (trials,)
        Variances of the intercept and of the residual, squared points.
    converged : numpy.ndarray of bool, shape (trials,)
        Whether Newton's method arrived.
    """

    estimate: np.ndarray
    standard_error: np.ndarray
    df: np.ndarray
    between: np.ndarray
    residual: np.ndarray
    converged: np.ndarray


@dataclass(frozen=True)
class _Sums:
    """By number m of observed visits: m, people, and sums over them of o o', of o times and of squares of totals."""

    m: np.ndarray  # (kinds, 1)
    people: np.ndarray  # (kinds, trials)
    pairs: np.ndarray  # (kinds, visits, visits, 2, trials)
    totals: np.ndarray  # (kinds, visits, 2, trials)
    squares: np.ndarray  # (kinds, trials)
    observations: np.ndarray  # (visits, 2, trials)
    scores: np.ndarray  # (visits, 2, trials)
    score_squares: np.ndarray  # (trials,)

    def take(self, trials: np.ndarray) -> "_Sums":
        own = (self.people, self.pairs, self.totals, self.squares, self.observations, self.scores, self.score_squares)
        # Unlike an index, np.take keeps the trials side by side in memory: twice as fast afterwards.
        return _Sums(self.m, *(np.take(array, trials, axis=-1) for array in own))


@dataclass(frozen=True)
class _Profile:
    """The profiled deviance's parts at one variance ratio, with first and second derivatives in it."""

    rss: np.ndarray  # (3, trials): value, first, second derivative
    h: np.ndarray  # (2, trials): first and second derivative of the log determinants
    means: np.ndarray  # (visits, 2, trials)
    variance: np.ndarray  # (visits, visits, 2, trials): of the means, per unit of residual variance
    slope: np.ndarray  # (visits, visits, 2, trials): derivative of the means' information


def fit_random_intercept(data: Patterns) -> RandomInterceptFit:
    r"""Fit the model of :func:`asteroid_repro.estimate.random_intercept.random_intercept` to incomplete data.

    With o_i the observed visits of person i, m_i their number and s_i the person's total, per arm
    :math:`c = \lambda/(1 + m \lambda)`, :math:`A = D - \sum_i c_i o_i o_i'`, :math:`r = t - \sum_i c_i s_i o_i`,
    :math:`\hat\beta = A^{-1} r`, and over both arms :math:`RSS = \sum y^2 - \sum_i c_i s_i^2 - \sum r'\hat\beta`. On
    :math:`\nu` = observations - 2 visits degrees of freedom the profiled REML deviance is
    :math:`f = \nu \log RSS + \sum_i \log(1 + m_i \lambda) + \sum \log |A|` and :math:`\hat\sigma_e^2 = RSS/\nu`. Newton
    steps in :math:`\phi = \log(1 + \bar m \lambda) \ge 0`; 0 is the boundary.

    The net difference has :math:`SE^2 = \hat\sigma_e^2 v`, :math:`v = \sum k' A^{-1} k`. Satterthwaite's
    :math:`df = (\hat\sigma_e^2 v)^2 / g' H^{-1} g` with :math:`g = (\hat\sigma_e^2 v', v)` and H the observed
    information of both :math:`\lambda` and :math:`\sigma_e^2` (times 2). On the boundary :math:`df = \nu`.

    Parameters
    ----------
    data : Patterns
        With two or more observed scores in each arm at each visit.

    Returns
    -------
    RandomInterceptFit
        Of every trial; NaN where scores do not vary.

    References
    ----------
    .. [1] Satterthwaite (1946), Biometrics Bull 2:110-114. doi:10.2307/3002019
    .. [2] Kuznetsova, Brockhoff & Christensen (2017), J Stat Softw 82(13). doi:10.18637/jss.v082.i13

    Examples
    --------
    >>> from asteroid_repro.estimate.patterns import patterns
    >>> rng = np.random.default_rng(7)
    >>> scores = rng.normal(size=(3, 40, 1)) + 2 * rng.normal(size=(40, 1))
    >>> fit = fit_random_intercept(patterns(scores[:, :20], scores[:, 20:]))
    >>> fit.df.round(4).tolist()  # complete data: (n - 2)(visits - 1)
    [[76.0], [76.0]]
    """
    sums = _sums(data)
    observed = sums.observations.sum(axis=(0, 1))
    people = sums.people.sum(axis=0)
    nu = observed - 2 * data.visits
    # Scores that do not vary have no likelihood: their 0/0 becomes NaN and the caller counts them.
    with np.errstate(divide="ignore", invalid="ignore"):
        phi, converged = _newton(sums, nu, observed / people)
        ratio = np.expm1(phi) * people / observed
        at = _profile(sums, ratio)
        return _inference(at, ratio, nu, converged & np.isfinite(at.rss[0]) & (at.rss[0] > 0))


def _sums(data: Patterns) -> _Sums:
    sizes = data.observed.sum(axis=1)
    m = np.unique(sizes)
    member = (sizes == m[:, np.newaxis]).astype(float)
    mask = data.observed.astype(float)
    totals = np.einsum("pv,pvat->pat", mask, data.sums)
    return _Sums(
        m=m[:, np.newaxis].astype(float),
        people=np.einsum("kp,pat->kt", member, data.counts),
        pairs=np.tensordot(np.einsum("kp,pv,pw->kvwp", member, mask, mask), data.counts, axes=1),
        totals=np.einsum("kvp,pat->kvat", np.einsum("kp,pv->kvp", member, mask), totals),
        squares=np.einsum("kp,pvwat->kt", member, data.products),
        observations=data.observations,
        scores=data.sums.sum(axis=0),
        score_squares=np.einsum("pvvat->t", data.products),
    )


def _newton(sums: _Sums, nu: np.ndarray, mean_visits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Minimise the profiled deviance in phi; return phi and whether each trial arrived."""
    phi = _start(sums, mean_visits)
    active = np.arange(len(phi))
    for _ in range(_MAXIMUM_STEPS):
        own, now = sums.take(active), phi[active]
        at = _profile(own, np.expm1(now) / mean_visits[active])
        first = nu[active] * at.rss[1] / at.rss[0] + at.h[0]
        second = nu[active] * (at.rss[2] / at.rss[0] - (at.rss[1] / at.rss[0]) ** 2) + at.h[1]
        jacobian = np.exp(now) / mean_visits[active]
        slope, curvature = first * jacobian, second * jacobian**2 + first * jacobian
        step = np.where(curvature > 0, -slope / curvature, -np.sign(slope) * _LONGEST_STEP)
        following = np.maximum(now + np.clip(step, -_LONGEST_STEP, _LONGEST_STEP), 0.0)
        phi[active] = following
        active = active[~(np.abs(following - now) < _TOLERANCE)]
        if not active.size:
            break
    converged = np.ones(len(phi), dtype=bool)
    converged[active] = False
    return phi, converged


def _start(sums: _Sums, mean_visits: np.ndarray) -> np.ndarray:
    """Return phi of the analysis of variance: the mean square between people over that within them."""
    means = sums.scores / sums.observations
    # Squares of people's totals around their expectation, over their number of visits.
    expected = np.einsum("kvwat,vat,wat->kt", sums.pairs, means, means)
    cross = np.einsum("kvat,vat->kt", sums.totals, means)
    between = ((sums.squares - 2 * cross + expected) / sums.m).sum(axis=0)
    total = sums.score_squares - (sums.scores**2 / sums.observations).sum(axis=(0, 1))
    people = sums.people.sum(axis=0)
    within = (total - between) / np.maximum(people * (mean_visits - 1) - 2 * (len(means) - 1), 1)
    ratio = between / np.maximum(people - 2, 1) / within
    start: np.ndarray = np.log(np.clip(np.nan_to_num(ratio, nan=1.0, posinf=1e6), 1.0, 1e6))
    return start


def _profile(sums: _Sums, ratio: np.ndarray) -> _Profile:
    root = 1 / (1 + sums.m * ratio)
    c = np.stack([ratio * root, root**2, -2 * sums.m * root**3])  # value, first and second derivative
    information = -np.einsum("dkt,kvwat->dvwat", c, sums.pairs)
    diagonal = np.arange(len(sums.scores))
    information[0, diagonal, diagonal] += sums.observations
    r = -np.einsum("dkt,kvat->dvat", c, sums.totals)
    r[0] += sums.scores
    inverse = invert(information[0]).matrix
    means = np.einsum("vwat,wat->vat", inverse, r[0])
    moved = np.einsum("dvwat,wat->dvat", information, means)
    w = r[1] - moved[1]
    rss = -np.einsum("dkt,kt->dt", c, sums.squares) - np.einsum("dvat,vat->dt", 2 * r - moved, means)
    rss[0] += sums.score_squares
    rss[2] -= 2 * np.einsum("vat,vwat,wat->t", w, inverse, w)
    turned = np.einsum("vwat,wxat->vxat", inverse, information[1])
    h = np.stack([(sums.people * sums.m * root).sum(axis=0), -(sums.people * (sums.m * root) ** 2).sum(axis=0)])
    h += np.einsum("vwat,dwvat->dt", inverse, information[1:])
    h[1] -= np.einsum("vwat,wvat->t", turned, turned)
    return _Profile(rss, h, means, inverse, information[1])


def _inference(at: _Profile, ratio: np.ndarray, nu: np.ndarray, converged: np.ndarray) -> RandomInterceptFit:
    residual = at.rss[0] / nu
    # Columns of the variance of the means for the contrast k: later visit minus baseline.
    column = at.variance[:, 1:] - at.variance[:, :1]
    v = (column[np.arange(1, len(column)), np.arange(len(column) - 1)] - column[0]).sum(axis=1)
    slope = -np.einsum("vcat,vwat,wcat->ct", column, at.slope, column)
    # The 2 x 2 observed information in (ratio, residual variance), inverted by hand.
    both, mixed, own = at.h[1] + at.rss[2] / residual, -at.rss[1] / residual**2, nu / residual**2
    g = residual * slope
    spread = (own * g**2 - 2 * mixed * g * v + both * v**2) / (both * own - mixed**2)
    df = np.where(ratio > 0, (residual * v) ** 2 / spread, nu)
    change = at.means[1:] - at.means[0]
    return RandomInterceptFit(
        estimate=np.where(converged, change[:, 0] - change[:, 1], np.nan),
        standard_error=np.where(converged, np.sqrt(residual * v), np.nan),
        df=np.where(converged, df, np.nan),
        between=ratio * residual,
        residual=residual,
        converged=converged,
    )

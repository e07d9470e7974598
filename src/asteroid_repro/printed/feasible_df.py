"""Which reference distributions could have printed a line: the exact argument, for one line or many at once.

Unknown are the unrounded estimate e and standard error s > 0. Let c be the critical value of the reference
distribution at the line's confidence level (z, or t with df degrees of freedom), w = c s the half-width of the
interval and R = abs(e) / w. Then

* estimate and limits say: e, e - w and e + w lie in their rounding intervals. These are half-planes in (e, w) that
  **do not depend on df**; they cut out a convex set P;
* p says: p = 2 Pr(T > abs(e) / s) = 2 Pr(T > c R) lies in its interval, and involves e and w only through R.

P is connected and R is continuous on it, so R takes exactly the values of an interval [R_low, R_high], found at the
corners of P (:func:`ratio_range`). As p falls with R, the line could have been printed under df if and only if

    p(R_high, df) <= p_high   and   p(R_low, df) >= p_low.                                            (1)

**The feasible df form an interval.** For fixed R, p(R, df) is monotone in df: falling if R > 1, rising if R < 1,
constant if R = 1. Proof: for a < b the absolute value of Student's T_a has the law of k abs(T_b) / sqrt(B), with a
constant k and B, independent of T_b, Beta(a/2, (b - a)/2) distributed, because a gamma variable of shape a/2 is one of
shape b/2 times B (for b = inf put Z for T_b and chi-squared(a)/a for B). The density of log abs(T_b) at y is
proportional to exp(y) (1 + exp(2y)/b)^(-(b + 1)/2), which is log-concave, and adding an independent variable to one
with a log-concave density makes it more dispersed (Lewis & Thompson 1981, J Appl Prob 18:76-90, theorem 8). So any two
quantiles of log abs(T_a) are at least as far apart as those of log abs(T_b): the ratio of the quantile of p to that of
the level moves away from 1 as df falls. Hence each condition of (1) holds on a half-line of df, possibly empty or
everything, and both hold on an interval.

**Some df from 1 up, or z, fulfils (1) if and only if each condition holds at df = 1 or at z**
(:func:`is_possible`). Two half-lines that run the same way share an end. They run opposite ways only if R_low and
R_high are both above 1 or both below; then, unless one of them is everything, at the df where p(R_high, df) = p_high
also p(R_low, df) >= p_high >= p_low, so they meet.

z is df = inf throughout, and u = 1/df in [0, 1] is the variable of every search.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from asteroid_repro.printed.printed_triple import FIELDS, PrintedTriple
from asteroid_repro.tables.limits import Limits

Floats = NDArray[np.float64]
Band = Limits[np.ndarray]  # closed intervals, one per line, shape (lines,) or (1,); empty where low > high
Bands = dict[str, Band]  # by field: what each printed number allows, in outcome points or logarithms of ratios

_FAR: Final = 1e300  # end of the interval of a number that was not printed; finite, so that differences stay defined
_HALVINGS: Final = 36  # of [0, 1] in u = 1/df: the end of a feasible interval is found 1.5e-11 or less inside it


def bands(triple: PrintedTriple) -> Bands:
    """Return the rounding intervals of a printed line as arrays of length 1.

    Parameters
    ----------
    triple : PrintedTriple
        The line.

    Returns
    -------
    dict of str to Limits
        By field; a number that was not printed is unrestricted.

    Examples
    --------
    >>> one = bands(PrintedTriple("-15.30", "-25.33", "-5.27", "0.003"))
    >>> bool(abs(one["p"].low[0] - 0.0025) < 1e-9 and abs(one["estimate"].high[0] + 15.295) < 1e-9)
    True
    """
    unrestricted = {"p": Limits(0.0, 1.0)}
    found = {field: triple.interval(field) or unrestricted.get(field, Limits(-_FAR, _FAR)) for field in FIELDS}
    return {field: Limits(np.array([one.low]), np.array([one.high])) for field, one in found.items()}


def ratio_range(lines: Bands) -> Band:
    """Return the values R = abs(e) / w can take, given estimate and limits.

    For a given e the half-width w lies between max(e - L2, U1 - e, 0) and min(e - L1, U2 - e), where [L1, L2] and
    [U1, U2] are the intervals of the limits. Between two neighbouring corners (the ends of e, the kinks of these two
    bounds, and 0) abs(e) over a bound is a linear fraction of e, so monotone: its extremes are at the corners.

    Parameters
    ----------
    lines : dict of str to Limits
        The bands of the lines, by field.

    Returns
    -------
    Limits
        [R_low, R_high] per line; empty (low inf, high -inf) where no estimate and half-width fit.

    Examples
    --------
    >>> r = ratio_range(bands(PrintedTriple("-15.30", "-25.33", "-5.27", "0.003")))
    >>> bool(abs(r.low[0] - 15.295 / 10.03) < 0.001 and abs(r.high[0] - 15.305 / 10.03) < 0.001)
    True
    """
    e, low, up = (lines[field] for field in FIELDS[:3])
    first = np.maximum(np.maximum(e.low, (low.low + up.low) / 2), low.low)
    last = np.minimum(np.minimum(e.high, (low.high + up.high) / 2), up.high)
    kinks = [(low.high + up.low) / 2, (low.low + up.high) / 2, np.zeros(1)]
    corners = np.stack(np.broadcast_arrays(first, last, *(np.minimum(np.maximum(k, first), last) for k in kinks)))
    least = np.maximum(np.maximum(corners - low.high, up.low - corners), 0.0)
    most = np.minimum(corners - low.low, up.high - corners)
    size = np.abs(corners)
    high = np.divide(size, least, out=np.full_like(size, np.inf), where=least > 0).max(axis=0)
    smallest = np.divide(size, most, out=np.where(size > 0, np.inf, 0.0), where=most > 0).min(axis=0)
    empty = (first > last) | (most.max(axis=0) <= 0)
    return Limits(np.where(empty, np.inf, smallest), np.where(empty, -np.inf, high))


def upper_quantile(u: Floats, p: Floats) -> Floats:
    """Return the two-sided quantile q of t with df = 1/u, or of z where u = 0: 2 Pr(T > q) = p.

    Parameters
    ----------
    u : array
        1/df, in [0, 1].
    p : array
        Two-sided probability; one minus the level gives the critical value.

    Returns
    -------
    array
        q, at least 0; infinite where p is 0.

    Examples
    --------
    >>> c = upper_quantile(np.array([0.0, 1 / 38]), np.array(0.05))
    >>> bool(abs(c[0] - 1.959964) < 1e-6 and abs(c[1] - 2.024394) < 1e-6)
    True
    """
    tail = np.maximum(p, 1e-300) / 2  # at exactly 0 stdtrit gives +inf for -inf
    student = stdtrit(1 / np.where(u > 0, u, 1.0), tail)
    quantile = -np.where(u > 0, student, ndtri(tail))
    return np.where(p > 0, quantile, np.inf)


def p_value(ratio: Floats, u: Floats, level: float) -> Floats:
    """Return the two-sided p-value 2 Pr(T > c R).

    Parameters
    ----------
    ratio : array
        R, the size of the estimate over the half-width of its interval.
    u : array
        1/df; 0 for z.
    level : float
        Confidence level of the interval.

    Returns
    -------
    array
        p, in [0, 1].

    Examples
    --------
    >>> abs(float(p_value(np.array(1.0), np.array(0.02), 0.95)) - 0.05) < 1e-12
    True
    """
    score = -ratio * upper_quantile(u, np.array(1 - level))
    student = stdtr(1 / np.where(u > 0, u, 1.0), score)
    return np.asarray(2 * np.where(u > 0, student, ndtr(score)))


def is_possible(ratio: Band, p: Band, level: float) -> NDArray[np.bool_]:
    """Return whether z or any t with real df from 1 up could have printed each line (see the module's proof).

    Parameters
    ----------
    ratio : Limits
        Values of R.
    p : Limits
        Printed p-values.
    level : float
        Confidence level.

    Returns
    -------
    array of bool
        One entry per line.

    Examples
    --------
    >>> one = bands(PrintedTriple("-5.20", "-10.12", "-0.24", "0.038"))
    >>> is_possible(ratio_range(one), one["p"], 0.95).tolist()
    [False]
    """
    ends = np.array([[0.0], [1.0]])
    fits = ratio.low <= ratio.high
    low, high = np.where(fits, ratio.low, 0.0), np.where(fits, ratio.high, 0.0)
    small_enough = (p_value(high, ends, level) <= p.high).any(axis=0)
    large_enough = (p_value(low, ends, level) >= p.low).any(axis=0)
    return np.asarray(fits & small_enough & large_enough)


def inverse_df(ratio: Band, p: Band, level: float) -> Band:
    """Return the interval of 1/df for which each line is possible, by bisection of both monotone conditions.

    Parameters
    ----------
    ratio, p : Limits
        Values of R, and printed p-values.
    level : float
        Confidence level.

    Returns
    -------
    Limits
        Within [0, 1]; it holds 0 exactly where z is possible, and is empty (nan) where nothing is.

    Examples
    --------
    >>> one = bands(PrintedTriple("-15.30", "-25.33", "-5.27", "0.003"))
    >>> u = inverse_df(ratio_range(one), one["p"], 0.95)
    >>> u.low.tolist(), bool(50 < 1 / u.high[0] < 51)
    ([0.0], True)
    """
    fits = is_possible(ratio, p, level)
    low, high = np.where(fits, ratio.low, 1.0), np.where(fits, ratio.high, 1.0)
    first = _half_line(high, -p.high, level, sign=-1.0)
    second = _half_line(low, p.low, level, sign=1.0)
    u_low, u_high = np.maximum(first.low, second.low), np.minimum(first.high, second.high)
    # Where the two half-lines only just meet, bisection leaves their ends 1e-11 apart: that is one df, not none.
    return Limits(np.where(fits, np.minimum(u_low, u_high), np.nan), np.where(fits, u_high, np.nan))


def _half_line(ratio: Floats, bound: Floats, level: float, sign: float) -> Band:
    """Return where in u = 1/df sign * p(R, u) >= bound, given that it holds at one end of [0, 1] or at both."""
    at_z, at_one = (sign * p_value(ratio, np.full(1, u), level) >= bound for u in (0.0, 1.0))
    inside = np.where(at_z, 0.0, 1.0)
    outside = 1.0 - inside
    bits = 3 if inside.size < 8 else 1  # few lines: cut into eighths, as a call costs more than seven values in it
    cuts = np.arange(1, 2**bits)[:, np.newaxis] / 2**bits
    for _ in range(0 if (at_z & at_one).all() else _HALVINGS // bits):
        df = 1 / (inside + cuts * (outside - inside))
        p = 2 * stdtr(df, ratio * stdtrit(df, (1 - level) / 2))
        steps = (sign * p >= bound).sum(axis=0)  # it holds up to one point and no further
        width = (outside - inside) / 2**bits
        inside, outside = inside + steps * width, inside + (steps + 1) * width
    return Limits(np.where(at_z, 0.0, inside), np.where(at_one, 1.0, inside))

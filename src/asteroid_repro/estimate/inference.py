"""Estimates with their standard errors, and the intervals and p-values that follow from a reference distribution."""

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from asteroid_repro.errors import InputError

_FEW = 200  # degrees of freedom up to which the finite sum is the quicker way
_TINY = 1e-8  # below it the finite sum has lost too many digits


@dataclass(frozen=True)
class Estimates:
    """Estimates of one outcome at each later visit, for one trial or many; arrays of one shape (visits - 1, ...).

    Attributes
    ----------
    estimate : numpy.ndarray
        Running minus waitlist, points; negative favours running.
    standard_error : numpy.ndarray
        Points.
    df : numpy.ndarray
        Degrees of freedom of the t reference distribution; inf means a standard normal (Wald z).
    boundary : numpy.ndarray
        True where a variance was estimated as 0, or the covariance of the visits as singular.
    converged : numpy.ndarray of bool
        False where the method found no estimate: the other numbers are NaN there. One True stands for all.
    """

    estimate: np.ndarray
    standard_error: np.ndarray
    df: np.ndarray
    boundary: np.ndarray
    converged: np.ndarray = field(default_factory=lambda: np.array(True))

    def with_normal_reference(self) -> "Estimates":
        """Return the same estimates referred to a standard normal."""
        return replace(self, df=np.where(np.isnan(self.estimate), np.nan, np.inf))


@dataclass(frozen=True)
class Interval:
    """Lower and upper confidence limits, in the unit of the estimates.

    Attributes
    ----------
    low, high : numpy.ndarray
        Limits.
    """

    low: np.ndarray
    high: np.ndarray


def critical_value(df: np.ndarray, level: float) -> np.ndarray:
    """Two-sided critical value of t with the given degrees of freedom (inf: the standard normal).

    Raises
    ------
    InputError
        A confidence level outside (0, 1).

    Examples
    --------
    >>> critical_value(np.array([38.0, np.inf]), 0.95).round(4).tolist()
    [2.0244, 1.96]
    """
    if not 0 < level < 1:
        raise InputError(f"level must be in (0, 1), got {level!r}. A 95 % interval has level=0.95.")
    probability = (1 + level) / 2
    distinct, where = np.unique(df, return_inverse=True)  # mostly one: Student's quantile is slow to find
    finite = np.where(np.isinf(distinct), 1.0, distinct)
    value = np.where(np.isinf(distinct), ndtri(probability), stdtrit(finite, probability))
    return np.asarray(value[where])


def confidence_interval(estimates: Estimates, level: float = 0.95) -> Interval:
    """Return estimate minus and plus critical value times standard error."""
    margin = critical_value(estimates.df, level) * estimates.standard_error
    return Interval(estimates.estimate - margin, estimates.estimate + margin)


def p_value(estimates: Estimates) -> np.ndarray:
    """Return the two-sided p-value of no difference.

    Examples
    --------
    >>> one = np.array([-15.30])
    >>> p_value(Estimates(one, np.array([5.117]), np.array([np.inf]), one > 0)).round(4).tolist()
    [0.0028]
    """
    distance = np.abs(estimates.estimate / estimates.standard_error)
    p = np.full(distance.shape, np.nan)
    distinct = np.unique(estimates.df)
    for df in distinct[np.rint(distinct) == distinct]:
        own = ... if len(distinct) == 1 else estimates.df == df
        if np.isinf(df):
            p[own] = 2 * ndtr(-distance[own])
        elif df <= _FEW:
            p[own] = _two_sided(distance[own], int(df))
    rest = np.isnan(p) | (p < _TINY)
    p[rest] = 2 * stdtr(estimates.df[rest], -distance[rest])
    return p


def _two_sided(distance: np.ndarray, df: int) -> np.ndarray:
    r"""Return the two-sided p-value of t with few and whole degrees of freedom: a finite sum, faster than stdtr.

    With :math:`x = t^2/\nu`, :math:`c = 1/(1 + x)`, :math:`s = \sqrt{x c}` and :math:`\theta = \arctan\sqrt x`:
    :math:`A = 1 + c\tfrac{1}{2}(1 + c\tfrac{3}{4}(1 + \dots))` over the even, likewise over the odd numbers below
    :math:`\nu`; :math:`p = 1 - s A` (even) or :math:`1 - \tfrac{2}{\pi}(\theta + s \sqrt c A)` (odd). The error
    is below 1e-14, absolute. Abramowitz & Stegun (1964), 26.7.3-4.
    """
    x = distance**2 / df
    c = 1 / (1 + x)
    s = np.sqrt(x * c)
    total = np.ones_like(c)
    for j in range(df - 2, 1 if df % 2 == 0 else 2, -2):
        total *= c
        total *= (j - 1) / j
        total += 1
    if df % 2 == 0:
        return np.asarray(1 - s * total)
    return np.asarray(1 - 2 / np.pi * (np.arctan(np.sqrt(x)) + (s * np.sqrt(c) * total if df > 1 else 0)))

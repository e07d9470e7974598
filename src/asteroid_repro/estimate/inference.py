"""Estimates with their standard errors, and the intervals and p-values that follow from a reference distribution."""

from dataclasses import dataclass, field, replace
from statistics import NormalDist
from typing import Literal

import numpy as np

from asteroid_repro.tables.limits import Limits, check_level

Likelihood = Literal["REML", "ML"]
"""Which likelihood is maximised: the restricted one, which counts the means that are estimated, or the full one."""

_FEW = 200  # degrees of freedom up to which the finite sum is the quicker way
_TINY = 1e-8  # below it the finite sum has lost too many digits


@dataclass(frozen=True)
class Estimates:
    """Estimates of one outcome at each later visit, for one trial or many; arrays of one shape (visits - 1, ...).

    The others may be given as a number or of a shape that goes with that of the estimates: they are stretched to it.

    Attributes
    ----------
    estimate : numpy.ndarray
        Treatment minus reference, points.
    standard_error : numpy.ndarray
        Points.
    df : numpy.ndarray
        Degrees of freedom of the t reference distribution; inf means a standard normal (Wald z).
    boundary : numpy.ndarray of bool
        True where a variance was estimated as 0, or the covariance of the visits as singular.
    converged : numpy.ndarray of bool
        False where the method found no estimate: the other numbers are NaN there.
    """

    estimate: np.ndarray
    standard_error: np.ndarray
    df: np.ndarray
    boundary: np.ndarray = field(default_factory=lambda: np.array(False))
    converged: np.ndarray = field(default_factory=lambda: np.array(True))

    def __post_init__(self) -> None:
        """Stretch every array to the shape of the estimates."""
        for name, array in vars(self).items():
            object.__setattr__(self, name, np.broadcast_to(array, self.estimate.shape))

    def where(self, converged: np.ndarray) -> "Estimates":
        """Return the same estimates where they converged, NaN elsewhere."""
        shown = {
            name: np.where(converged, getattr(self, name), np.nan) for name in ("estimate", "standard_error", "df")
        }
        return replace(self, **shown, converged=converged)

    def with_normal_reference(self) -> "Estimates":
        """Return the same estimates referred to a standard normal."""
        return replace(self, df=np.where(np.isnan(self.estimate), np.nan, np.inf))


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
    probability = (1 + check_level(level)) / 2
    value = np.where(np.isinf(df), NormalDist().inv_cdf(probability), np.nan)
    finite = np.isfinite(df)
    if finite.any():
        from scipy.special import stdtrit  # slow to import: a command that needs only the normal does not wait for it

        distinct, where = np.unique(df[finite], return_inverse=True)
        value[finite] = stdtrit(distinct, probability)[where]
    return value


def confidence_interval(estimates: Estimates, level: float = 0.95) -> Limits[np.ndarray]:
    """Return estimate minus and plus critical value times standard error."""
    margin = critical_value(estimates.df, level) * estimates.standard_error
    return Limits(estimates.estimate - margin, estimates.estimate + margin)


def p_value(estimates: Estimates) -> np.ndarray:
    """Return the two-sided p-value of no difference; NaN where there is no estimate or no standard error above 0.

    Examples
    --------
    >>> one = np.array([-15.30])
    >>> p_value(Estimates(one, np.array([5.117]), np.array([np.inf]), one > 0)).round(4).tolist()
    [0.0028]
    """
    from scipy.special import erfc, stdtr  # slow to import, and operating characteristics do without

    standard_error = np.where(estimates.standard_error > 0, estimates.standard_error, np.nan)
    distance = np.asarray(np.abs(estimates.estimate / standard_error))
    p = np.full(distance.shape, np.nan)
    for df in np.unique(estimates.df[np.rint(estimates.df) == estimates.df]):
        own = estimates.df == df
        if np.isinf(df):
            p[own] = erfc(distance[own] * np.sqrt(0.5))
        elif df <= _FEW:
            p[own] = _finite_sum(distance[own], int(df))
    rest = ~(p >= _TINY)  # also where there is no number yet
    p[rest] = 2 * stdtr(estimates.df[rest], -distance[rest])
    return p


def rows_of_numbers(estimates: Estimates, level: float) -> list[dict[str, float]]:
    """Return what results say of every estimate: itself, its standard error, df, confidence limits and p-value.

    Examples
    --------
    >>> one = np.array([-15.30])
    >>> list(rows_of_numbers(Estimates(one, np.array([5.117]), np.array(np.inf)), 0.95)[0])
    ['estimate', 'se', 'df', 'ci_low', 'ci_high', 'p_value']
    """
    interval = confidence_interval(estimates, level)
    numbers = (
        estimates.estimate,
        estimates.standard_error,
        estimates.df,
        interval.low,
        interval.high,
        p_value(estimates),
    )
    names = "estimate", "se", "df", "ci_low", "ci_high", "p_value"
    return [dict(zip(names, map(float, row), strict=True)) for row in zip(*numbers, strict=True)]


def _finite_sum(distance: np.ndarray, df: int) -> np.ndarray:
    r"""Return the two-sided p-value of t with few and whole degrees of freedom: a finite sum, faster than stdtr.

    With :math:`\tan\theta = t/\sqrt\nu` and :math:`c = \cos^2\theta`, the sum
    :math:`A = 1 + \tfrac{1}{2} c + \tfrac{1}{2}\tfrac{3}{4} c^2 + \dots` over the even, likewise
    :math:`A = 1 + \tfrac{2}{3} c + \tfrac{2}{3}\tfrac{4}{5} c^2 + \dots` over the odd numbers below :math:`\nu`;
    :math:`p = 1 - A \sin\theta` (even) or :math:`1 - \tfrac{2}{\pi}(\theta + A \sin\theta\cos\theta)` (odd; without
    A for 1). The error is below 1e-13, absolute. Abramowitz & Stegun (1964), 26.7.3-4.
    """
    tangent = distance / np.sqrt(df)
    c = 1 / (1 + tangent**2)
    number = np.arange(2 + df % 2, df, 2)
    coefficients = np.cumprod([1.0, *(number - 1) / number]).tolist()
    total = np.full_like(c, coefficients.pop())
    while coefficients:  # Horner's scheme, in place
        total *= c
        total += coefficients.pop()
    if df % 2 == 0:
        return np.asarray(1 - total * tangent * np.sqrt(c))
    return np.asarray(1 - 2 / np.pi * (np.arctan(tangent) + (total * tangent * c if df > 1 else 0)))

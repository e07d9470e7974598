"""Closed intervals: what several hold in common, and what a function does to them."""

from collections.abc import Callable
from itertools import product
from typing import Final

import numpy as np

from asteroid_repro.tables.limits import Limits

NOTHING: Final = Limits(float("nan"), float("nan"))
"""The empty interval; whatever is computed from it is empty."""

_SLACK: Final = 1e-9  # relative: two intervals that touch have that point in common, whatever the last bit says


def meet(*intervals: Limits[float]) -> Limits[float]:
    """Return what intervals have in common, :data:`NOTHING` where that is nothing.

    Parameters
    ----------
    intervals : Limits
        Closed; an end may be infinite.

    Examples
    --------
    >>> meet(Limits(0.0, 2.0), Limits(1.0, 3.0))
    Limits(low=1.0, high=2.0)
    >>> is_empty(meet(Limits(0.0, 1.0), Limits(2.0, 3.0)))
    True
    """
    low = float(np.max([each.low for each in intervals]))  # NumPy's, which hand nan on
    high = float(np.min([each.high for each in intervals]))
    slack = _SLACK * max(abs(low), abs(high), 1e-12) if np.isfinite([low, high]).all() else 0.0
    return Limits(low, max(low, high)) if low <= high + slack else NOTHING


def image(function: Callable[..., float], *intervals: Limits[float]) -> Limits[float]:
    """Return the values of a function over a box, where it is monotone in each argument: its extremes lie at corners.

    Parameters
    ----------
    function : callable
        Of one number an interval; monotone in each, whatever the others are.
    intervals : Limits
        Finite.

    Examples
    --------
    >>> image(lambda a, b: a - b, Limits(1.0, 2.0), Limits(0.0, 1.0))
    Limits(low=0.0, high=2.0)
    """
    corners = [function(*corner) for corner in product(*((each.low, each.high) for each in intervals))]
    return Limits(float(np.min(corners)), float(np.max(corners)))


def size(interval: Limits[float]) -> Limits[float]:
    """Return the absolute values of an interval.

    Examples
    --------
    >>> size(Limits(-3.0, 1.0))
    Limits(low=0.0, high=3.0)
    """
    low, high = sorted((abs(interval.low), abs(interval.high)))
    return Limits(0.0 if interval.low < 0 < interval.high else low, high)


def is_empty(interval: Limits[float]) -> bool:
    """Return whether an interval is empty."""
    return bool(np.isnan(interval.low))

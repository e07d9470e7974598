"""Two limits of a quantity, and the check of a confidence level: one of each for the whole package."""

from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from asteroid_repro.errors import InputError

Number = TypeVar("Number", float, np.ndarray)


@dataclass(frozen=True)
class Limits(Generic[Number]):
    """Lower and upper limits, in the unit of what they limit.

    Attributes
    ----------
    low, high : float or numpy.ndarray
        The limits; arrays have one shape.

    Examples
    --------
    >>> Limits(1.0, 2.0).high
    2.0
    """

    low: Number
    high: Number


def check_level(level: float) -> float:
    """Return a confidence level, and refuse what is none.

    Raises
    ------
    InputError
        A level outside (0, 1).

    Examples
    --------
    >>> check_level(0.95)
    0.95
    """
    is_number = isinstance(level, int | float | np.number) and not isinstance(level, bool)
    if not is_number or not (level > 0 and (1 + level) / 2 < 1):  # next to 1, the quantile at 1 would be asked for
        raise InputError(f"level must be in (0, 1), got {level!r}. A 95 % interval has level=0.95.")
    return float(level)

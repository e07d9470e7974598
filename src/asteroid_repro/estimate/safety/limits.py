"""Two confidence limits of one number, and the check of the level they have."""

from dataclasses import dataclass

from asteroid_repro.errors import InputError


@dataclass(frozen=True)
class Limits:
    """Lower and upper confidence limit, in the unit of the estimate.

    Attributes
    ----------
    low, high : float
        Limits; NaN where the method gives none, infinite where there is no bound.
    """

    low: float
    high: float


def check_level(level: float) -> float:
    """Return the confidence level if it is one.

    Raises
    ------
    InputError
        A level outside (0, 1).

    Examples
    --------
    >>> check_level(0.95)
    0.95
    """
    if not 0 < level < 1:
        raise InputError(f"level must be in (0, 1), got {level!r}. A 95 % interval has level=0.95.")
    return level

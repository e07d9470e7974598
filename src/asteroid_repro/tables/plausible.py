"""Scores that cannot be: off their scale, or so far outside the others that they may be a code for a missing one."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from asteroid_repro.errors import InputError

_FAR: Final = 3.0  # quartile distances beyond the quartiles: Tukey's far out values
_FEWEST: Final = 5  # different values, before quartiles say anything
_CODES: Final = [sign * float(digit * times) for digit in "789" for times in range(1, 6) for sign in (-1, 1)]
_NEGATIVE_CODES: Final = {code for code in _CODES if code < 0} | {-1.0}
_ALSO_SCORES: Final = {-1.0, -7.0, -8.0}  # where changes are scored, these are as usual as any number
Scale = tuple[float | None, float | None]


def odd_value(values: np.ndarray, scale: Scale | None = None, *, codes_only: bool = False) -> tuple[int, str] | None:
    """Find the first value that lies off the scale or, without a scale, far outside the others.

    Far outside is more than three times the distance of the quartiles beyond them, among the different values; or,
    where no other value is negative, one that is and is usual as a code for missing, such as -9 and -99.

    Parameters
    ----------
    values : numpy.ndarray
        Scores; NaN is passed over.
    scale : tuple of float or None, optional
        The ends of the scale; None at either where it has none.
    codes_only : bool
        Whether only a value that is usual as a code for missing, such as -9, -99 and 999, is odd.

    Returns
    -------
    tuple or None
        Its place, and where it should lie.

    References
    ----------
    .. [1] Tukey (1977), Exploratory Data Analysis, section 2D. Addison-Wesley.

    Examples
    --------
    >>> scores = np.array([30, 25, -99, 40, 10, 55])
    >>> odd_value(scores)
    (2, 'among the others, which begin at 10')
    >>> odd_value(scores, (-100, 100)) is None
    True
    """
    if scale is not None:
        low, high = (-np.inf if scale[0] is None else scale[0]), (np.inf if scale[1] is None else scale[1])
        ends = [f"{word} {end:g}" for word, end in zip(("from", "to"), (low, high), strict=True) if np.isfinite(end)]
        return _first((values < low) | (values > high), f"on its scale {' '.join(ends)}")
    different = np.unique(values[~np.isnan(values)])
    negative = different[different < 0]
    if 0 < len(negative) < len(different) and set(negative) <= _NEGATIVE_CODES - (
        _ALSO_SCORES if codes_only else set()
    ):
        return _first(values == negative[0], f"among the others, which begin at {different[len(negative)]:g}")
    if len(different) < _FEWEST:
        return None
    first, third = np.quantile(different, [0.25, 0.75])
    reach = _FAR * (third - first)
    is_far = (values < first - reach) | (values > third + reach)
    if codes_only:
        is_far &= np.isin(values, _CODES)
    return _first(is_far, f"among the others, of which half lie from {first:g} to {third:g}")


def _first(odd: np.ndarray, where: str) -> tuple[int, str] | None:
    return (int(odd.argmax()), where) if odd.any() else None


def refuse_odd(
    values: np.ndarray, field: str, places: Sequence[str], scale: Scale | None = None, *, codes_only: bool = False
) -> None:
    """Refuse a value that :func:`odd_value` finds; ``places`` say where each value stands.

    Raises
    ------
    InputError
        With the place, and how to declare the value.

    Examples
    --------
    >>> refuse_odd(np.array([30.0, 25.0]), "sleep", ["row 2", "row 3"], scale=(0, 100))
    """
    odd = odd_value(values, scale, codes_only=codes_only)
    if odd is not None:
        place, where = odd
        raise InputError(
            f"{field} must lie {where}, got {values[place]:g} in {places[place]}. Correct it, or declare it to "
            f"read_people: missing=[{values[place]:g}] if it is a code, scales={{...}} if it is a score."
        )

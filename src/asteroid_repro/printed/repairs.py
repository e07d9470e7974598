"""If exactly one number of a contradictory line is wrong: which it can be, and what it would then be."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from asteroid_repro.printed.df_set import DfSet
from asteroid_repro.printed.feasible_df import Band, Floats, bands, inverse_df, is_possible, p_value, ratio_range
from asteroid_repro.printed.printed_triple import FIELDS, PrintedTriple
from asteroid_repro.printed.rounding_interval import rounding_interval, unit
from asteroid_repro.tables.limits import Limits

_EXAMINED: Final = 100_000  # values of one field, nearest to the printed one: more decimals than any paper prints
_LISTED: Final = 200


@dataclass(frozen=True)
class Repair:
    """One printed number that, changed alone, makes a line consistent.

    Attributes
    ----------
    field : str
        ``estimate``, ``lower``, ``upper`` or ``p``.
    value : str
        What would be printed instead, with as many decimals as the number it replaces.
    z : bool
        Whether the standard normal distribution could have printed the repaired line.
    df_min, df_max : float or None
        The t distributions that could have, rounded inward as in :class:`asteroid_repro.printed.df_set.DfSet`; None
        where none or unbounded.
    """

    field: str
    value: str
    z: bool
    df_min: float | None
    df_max: float | None

    def __str__(self) -> str:
        """Return the field and what would be printed instead."""
        return f"{self.field} {self.value}"


def find_repairs(triple: PrintedTriple) -> tuple[Repair, ...]:
    """Return every single-number repair of a line.

    For each field in turn the printed number is dropped and every number with the same decimals is tried: it repairs
    the line if z or some t with real df from 1 up could then have printed all of it. Estimate and limits are tried
    only where all three were printed; with fewer almost any value would do. Of a field with more than 200 repairing
    values the 200 nearest to the printed one are listed.

    Parameters
    ----------
    triple : PrintedTriple
        A line, contradictory as printed.

    Returns
    -------
    tuple of Repair
        In the order estimate, lower, upper, p, and by value within a field. Empty if two or more numbers must be wrong.

    Examples
    --------
    >>> found = find_repairs(PrintedTriple("-5.20", "-10.12", "-0.24", "0.038"))
    >>> [str(repair) for repair in found]
    ['upper -0.30', 'upper -0.29', 'upper -0.28', 'upper -0.27']
    """
    printed = [field for field in FIELDS if getattr(triple, field) is not None]
    return tuple(repair for field in printed for repair in _repairs_of(triple, field))


def repaired_values(triple: PrintedTriple, field: str) -> list[str]:
    """Return the values of one field that :func:`find_repairs` lists, without their distributions: ten times as fast.

    Examples
    --------
    >>> repaired_values(PrintedTriple("-5.20", "-10.12", "-0.24", "0.038"), "upper")
    ['-0.30', '-0.29', '-0.28', '-0.27']
    """
    return _candidates(triple, field)[0]


def _repairs_of(triple: PrintedTriple, field: str) -> list[Repair]:
    values, ratio, p = _candidates(triple, field)
    u = inverse_df(ratio, p, triple.level)
    sets = map(DfSet, u.low.tolist(), u.high.tolist())
    return [Repair(field, value, df.z, df.df_min, df.df_max) for value, df in zip(values, sets, strict=True)]


def _candidates(triple: PrintedTriple, field: str) -> tuple[list[str], Band, Band]:
    """Return the repairing values of a field, with what R and p can then be."""
    window = _window(triple, field)
    if window is None:
        nothing = Limits(np.empty(0), np.empty(0))
        return [], nothing, nothing
    printed = getattr(triple, field).lstrip("<>")
    step = unit(printed)
    around = float(Decimal(printed) / step)
    counts = _grid(window, float(step), around, p=field == "p", signed=not triple.ratio)
    lines = bands(triple) | {field: _band(counts, step, p=field == "p", ratio=triple.ratio)}
    ratio, p = ratio_range(lines), lines["p"]
    kept = np.flatnonzero(is_possible(ratio, p, triple.level))
    kept = np.sort(kept[np.argsort(np.abs(counts[kept] - around), kind="stable")[:_LISTED]])
    values = [f"{Decimal(int(count)) * step:f}" for count in counts[kept]]
    return values, _pick(ratio, kept, counts.size), _pick(p, kept, counts.size)


def _window(triple: PrintedTriple, field: str) -> Limits[float] | None:
    """Return an interval, on the printed scale, outside which no value of the field can repair the line."""
    if field == "p":
        ratio = ratio_range(bands(triple))
        lowest, highest = (p_value(ends, np.array([0.0, 1.0]), triple.level) for ends in (ratio.high, ratio.low))
        return Limits(float(lowest.min()), float(highest.max()))
    e, low, up = (triple.interval(name) for name in FIELDS[:3])
    if e is None or low is None or up is None:
        return None
    ends = {
        "estimate": ((low.low + up.low) / 2, (low.high + up.high) / 2),
        "lower": (2 * e.low - up.high, 2 * e.high - up.low),
        "upper": (2 * e.low - low.high, 2 * e.high - low.low),
    }[field]
    return Limits(*(float(np.exp(end)) for end in ends)) if triple.ratio else Limits(*ends)


def _grid(window: Limits[float], step: float, around: float, *, p: bool, signed: bool) -> Floats:
    """Return the numbers, in steps, that can be printed and whose rounding interval can meet the window.

    p is in [0, 1], a ratio not negative. Of too many, the nearest to the printed number.
    """
    least, most = (0.0, np.floor(1 / step + 0.25)) if p else (-np.inf if signed else 0.0, np.inf)
    first = max(np.floor(window.low / step - 0.5), np.floor(around) - _EXAMINED / 2, least)
    last = min(np.ceil(window.high / step + 0.5), np.ceil(around) + _EXAMINED / 2, most)
    return np.arange(first, last + 1) if first <= last else np.empty(0)


def _band(counts: Floats, step: Decimal, *, p: bool, ratio: bool) -> Band:
    """Return the rounding interval of every number on the grid."""
    zero = rounding_interval(f"{0 * step:f}")  # the half unit, slack included
    values = counts * float(step)
    slack = 4e-16 * np.abs(values)
    low, high = values + zero.low - slack, values + zero.high + slack
    if p:
        return Limits(np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0))
    if ratio:
        return Limits(np.log(np.maximum(low, 1e-300)), np.log(np.maximum(high, 1e-300)))
    return Limits(low, high)


def _pick(band: Band, index: NDArray[np.intp], size: int) -> Band:
    return Limits(*(np.broadcast_to(end, size)[index] for end in (band.low, band.high)))

"""If exactly one number of a contradictory line is wrong: which it can be, and what it would then be."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from asteroid_repro.printed.df_set import DfSet
from asteroid_repro.printed.printed_line import (
    FIELDS,
    Interval,
    PrintedTriple,
    rounding_interval,
    unit,
)
from asteroid_repro.printed.triples import (
    Band,
    Bands,
    Floats,
    bands,
    inverse_df,
    is_possible,
    p_value,
    ratio_range,
)

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
        The t distributions that could have, rounded inward as in :class:`TripleAudit`; None where none or unbounded.
    """

    field: str
    value: str
    z: bool
    df_min: float | None
    df_max: float | None


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
    >>> [(repair.field, repair.value) for repair in found]
    [('upper', '-0.30'), ('upper', '-0.29'), ('upper', '-0.28'), ('upper', '-0.27')]
    """
    found: list[Repair] = []
    for field in FIELDS:
        window = _window(triple, field)
        if window is not None:
            found += _repairs_of(triple, field, window)
    return tuple(found)


def _repairs_of(triple: PrintedTriple, field: str, window: Interval) -> list[Repair]:
    printed = getattr(triple, field).lstrip("<>")
    step = unit(printed)
    counts = _grid(window, float(step), around=float(Decimal(printed) / step))
    counts = counts[_can_be_printed(triple, field, counts, float(step))]
    if counts.size == 0:
        return []
    lines = _with_field(triple, field, counts, step)
    ratio = ratio_range(lines)
    kept = np.flatnonzero(is_possible(ratio, lines.p, lines.level))
    nearest = np.argsort(np.abs(counts[kept] - float(Decimal(printed) / step)), kind="stable")[:_LISTED]
    kept = np.sort(kept[nearest])
    if kept.size == 0:
        return []
    u = inverse_df(_pick(ratio, kept, counts.size), _pick(lines.p, kept, counts.size), lines.level)
    return [
        _repair(field, f"{Decimal(int(count)) * step:f}", float(low), float(high))
        for count, low, high in zip(counts[kept], u.low, u.high, strict=True)
    ]


def _repair(field: str, value: str, u_low: float, u_high: float) -> Repair:
    df = DfSet(u_low, u_high)
    return Repair(field, value, df.z, df.df_min, df.df_max)


def _window(triple: PrintedTriple, field: str) -> Interval | None:
    """Return an interval, on the printed scale, outside which no value of the field can repair the line."""
    if getattr(triple, field) is None:
        return None
    if field == "p":
        return _p_window(triple)
    e, low, up = (triple.interval(name) for name in FIELDS[:3])
    if e is None or low is None or up is None:
        return None
    window = {
        "estimate": Interval((low.low + up.low) / 2, (low.high + up.high) / 2),
        "lower": Interval(2 * e.low - up.high, 2 * e.high - up.low),
        "upper": Interval(2 * e.low - low.high, 2 * e.high - low.low),
    }[field]
    return Interval(float(np.exp(window.low)), float(np.exp(window.high))) if triple.ratio else window


def _p_window(triple: PrintedTriple) -> Interval | None:
    ratio = ratio_range(bands(triple))
    if ratio.low[0] > ratio.high[0]:
        return None
    ends = np.array([0.0, 1.0])
    return Interval(
        float(p_value(ratio.high, ends, triple.level).min()),
        float(p_value(ratio.low, ends, triple.level).max()),
    )


def _grid(window: Interval, step: float, around: float) -> Floats:
    """Return the whole multiples of the step whose rounding interval can meet the window, nearest first kept."""
    first = max(np.floor(window.low / step - 0.5), np.floor(around) - _EXAMINED / 2)
    last = min(np.ceil(window.high / step + 0.5), np.ceil(around) + _EXAMINED / 2)
    return np.arange(first, last + 1)


def _can_be_printed(triple: PrintedTriple, field: str, counts: Floats, step: float) -> NDArray[np.bool_]:
    """Return which numbers of the grid the field can hold at all: p is in [0, 1], a ratio not negative."""
    if field == "p":
        return np.asarray((counts >= 0) & (counts * step <= 1 + step / 4))
    return np.asarray((counts >= 0) | (not triple.ratio))


def _with_field(triple: PrintedTriple, field: str, counts: Floats, step: Decimal) -> Bands:
    """Return the line's bands with one field replaced by the interval of every number on the grid."""
    lines = bands(triple)
    zero = rounding_interval(f"{0 * step:f}")  # the half unit, slack included
    values, slack = counts * float(step), 4e-16 * np.abs(counts * float(step))
    low, high = values + zero.low - slack, values + zero.high + slack
    if field == "p":
        return replace(lines, p=Band(np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)))
    if triple.ratio:
        low, high = np.log(np.maximum(low, 1e-300)), np.log(np.maximum(high, 1e-300))
    if field == "estimate":
        return replace(lines, estimate=Band(low, high))
    return replace(lines, lower=Band(low, high)) if field == "lower" else replace(lines, upper=Band(low, high))


def _pick(band: Band, index: NDArray[np.intp], size: int) -> Band:
    return Band(np.broadcast_to(band.low, size)[index], np.broadcast_to(band.high, size)[index])

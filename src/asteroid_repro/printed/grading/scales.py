"""The scales on which estimates have symmetric limits: each maps printed numbers to where no effect is 0."""

import math
from typing import Final

import numpy as np

from asteroid_repro.printed.feasible_df import Bands, bands
from asteroid_repro.printed.printed_triple import FIELDS, PrintedTriple
from asteroid_repro.tables.limits import Limits

DIFFERENCE: Final = "difference"
RATIO: Final = "ratio"
REDUCTION: Final = "per cent reduction"
LOG_PER_CENT: Final = "log per cent"
FISHER_Z: Final = "Fisher z"
SCALES: Final = (DIFFERENCE, RATIO, REDUCTION, LOG_PER_CENT, FISHER_Z)
_LEAST: Final = 1e-300  # stands for the open end of a number at the edge of its scale


def on_scale(value: float, scale: str) -> float:
    r"""Return a printed number x on its scale, where a Wald interval is symmetric and no effect is 0.

    Difference: x. Ratio: log x. Per cent reduction: :math:`-\log(1 - x/100)`, as of a vaccine's efficacy. Log per cent:
    :math:`\log(1 + x/100)`, as of a change in a logarithm printed in per cent. Fisher z: artanh x, of a correlation.

    Parameters
    ----------
    value : float
        x; a value beyond the edge of the scale is taken as its edge.
    scale : str
        One of the five.

    Returns
    -------
    float
        Rising with x.

    Examples
    --------
    >>> round(on_scale(66.0, "per cent reduction"), 4), round(on_scale(0.5, "Fisher z"), 4)
    (1.0788, 0.5493)
    """
    if scale == DIFFERENCE:
        return value
    if scale == FISHER_Z:
        inside = min(max(value, -1 + 1e-16), 1 - 1e-16)
        return math.atanh(inside)
    if scale == REDUCTION:
        return -math.log(max(1 - value / 100, _LEAST))
    return math.log(max(1 + value / 100 if scale == LOG_PER_CENT else value, _LEAST))


def is_on_scale(triple: PrintedTriple, scale: str) -> bool:
    """Whether estimate and limits can be numbers of a scale: no negative ratio, no correlation above 1.

    Examples
    --------
    >>> is_on_scale(PrintedTriple("0.72", "0.60", "0.85", None), "ratio")
    True
    """
    values = [float(printed) for printed in (triple.estimate, triple.lower, triple.upper) if printed is not None]
    edges = {RATIO: (0, math.inf), REDUCTION: (-math.inf, 100), LOG_PER_CENT: (-100, math.inf), FISHER_Z: (-1, 1)}
    low, high = edges.get(scale, (-math.inf, math.inf))
    return min(values) >= low and max(values) <= high


def bands_on(triple: PrintedTriple, scale: str) -> Bands:
    """Return what each printed number allows on a scale, as :func:`asteroid_repro.printed.feasible_df.bands` does.

    Examples
    --------
    >>> line = PrintedTriple("2", "1", "4", "0.1")
    >>> bool(abs(bands_on(line, "ratio")["lower"].low[0] - math.log(0.5)) < 1e-6)
    True
    """
    plain = bands(triple)
    if scale == DIFFERENCE:
        return plain
    moved = {
        field: Limits(*(np.array([on_scale(float(end[0]), scale)]) for end in (plain[field].low, plain[field].high)))
        for field in FIELDS[:3]
        if getattr(triple, field) is not None
    }
    return plain | moved

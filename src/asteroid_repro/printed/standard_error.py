"""The standard errors that could have printed a line, over every reference distribution that could have."""

from typing import Final

import numpy as np

from asteroid_repro.printed.feasible_df import Band, Floats, bands, upper_quantile
from asteroid_repro.printed.printed_triple import FIELDS, PrintedTriple
from asteroid_repro.tables.limits import Limits

_DF_POINTS: Final = 65  # of 1/df between the ends of its feasible interval, ends included
_TOLERANCE: Final = 1e-10  # relative; the feasible set of a line that only just holds together is a single point


def se_interval(triple: PrintedTriple, u_low: float, u_high: float) -> Limits[float]:
    """Return the standard errors s that could have printed a line, with 1/df in [u_low, u_high].

    For a given df, s = w / c with (e, w) in a polygon: the half-planes of estimate and limits and, from p,
    q(p_high) <= abs(e) / s <= q(p_low). A linear function has its extremes at the polygon's corners, which are all the
    intersections of two of its edges that keep to the others. Over df the extremes are taken on a grid of 65 values of
    1/df that holds both ends. Without limits, s = abs(e) / q directly.

    Parameters
    ----------
    triple : PrintedTriple
        A line that some df in the interval could have printed.
    u_low, u_high : float
        Ends of the feasible interval of 1/df, in [0, 1].

    Returns
    -------
    Limits
        Standard errors in outcome points (log units for a ratio); the upper end may be inf.

    Examples
    --------
    >>> line = PrintedTriple("-15.30", "-25.33", "-5.27", "0.003")
    >>> se = se_interval(line, 0.0, 0.0)
    >>> abs(se.low - 5.115) < 0.001 and abs(se.high - 5.120) < 0.001
    True
    """
    u = np.linspace(u_low, u_high, _DF_POINTS if u_high > u_low else 1)
    one = bands(triple)
    q_low, q_high = upper_quantile(u, one["p"].high), upper_quantile(u, one["p"].low)
    e, low, up = (Limits(float(one[field].low[0]), float(one[field].high[0])) for field in FIELDS[:3])
    if triple.lower is None:
        least, most, smallest_q = max(e.low, -e.high, 0.0), max(-e.low, e.high), float(q_low.min())
        return Limits(least / float(q_high.max()), most / smallest_q if smallest_q > 0 else np.inf)
    critical = upper_quantile(u, np.array(1 - triple.level))
    ratio = Limits(q_low / critical, q_high / critical)
    widths = [_half_widths(e, low, up, ratio), _half_widths(_mirror(e), _mirror(up), _mirror(low), ratio)]
    errors = np.concatenate(widths) / critical
    return Limits(max(float(np.nanmin(errors)), 0.0), float(np.nanmax(errors)))


def critical_of_print(df: float, level: float) -> float:
    """Return the two-sided critical value of t at a level, of z where df is inf.

    Examples
    --------
    >>> round(critical_of_print(np.inf, 0.95), 3), round(critical_of_print(38, 0.95), 3)
    (1.96, 2.024)
    """
    return float(upper_quantile(np.array([1 / df]), np.array([1 - level]))[0])


def _half_widths(e: Limits[float], low: Limits[float], up: Limits[float], ratio: Band) -> Floats:
    """Return w at every corner with e >= 0, shape (pairs of edges, df); nan where two edges give no corner."""
    one, zero = np.ones_like(ratio.low), np.zeros_like(ratio.low)
    steep = np.maximum(ratio.low, 1.0)
    # Edges a e + b w <= d. As w >= 0, e lies between the limits even where no estimate was printed.
    edges: list[tuple[Floats | float, Floats | float, float]] = [
        (1, 0, min(e.high, up.high)),
        (-1, 0, -max(e.low, low.low, 0.0)),
        (-1, 1, -low.low),
        (1, -1, low.high),
        (1, 1, up.high),
        (-1, -1, -up.low),
        (-one / steep, ratio.low / steep, 0),
        (1 / ratio.high, -1, 0),
    ]
    a, b, d = (np.stack([zero + edge[k] for edge in edges]) for k in range(3))
    i, j = np.triu_indices(len(edges), k=1)
    determinant = a[i] * b[j] - a[j] * b[i]
    crossing = np.abs(determinant) > 1e-12
    safe = np.where(crossing, determinant, 1.0)
    corner_e = (d[i] * b[j] - d[j] * b[i]) / safe
    corner_w = (a[i] * d[j] - a[j] * d[i]) / safe
    excess = (a[:, np.newaxis] * corner_e + b[:, np.newaxis] * corner_w - d[:, np.newaxis]).max(axis=0)
    inside = crossing & (excess <= _TOLERANCE * np.abs(d).max())
    return np.where(inside, corner_w, np.nan)


def _mirror(x: Limits[float]) -> Limits[float]:
    return Limits(-x.high, -x.low)

"""The geometry behind the figure of a printed line: bands of (estimate, standard error) as convex polygons."""

import math

import numpy as np

from asteroid_repro.errors import InputError
from asteroid_repro.printed.feasible_df import upper_quantile
from asteroid_repro.printed.printed_triple import PrintedTriple
from asteroid_repro.tables.limits import Limits

Point = tuple[float, float]
HalfPlane = tuple[float, float, float]  # (a, b, k) stands for a e + b s <= k


def reference_scores(line: PrintedTriple, df: float) -> tuple[float, Limits[float]]:
    """Return what a reference distribution, t with df degrees of freedom (inf: z), asks of a line.

    The critical value of its limits, and between which abs(e)/s must lie to print its p.
    """
    p = line.interval("p") or Limits(0.0, 1.0)
    critical, low, high = upper_quantile(np.array(1 / df), np.array([1 - line.level, p.high, p.low]))
    return float(critical), Limits(abs(float(low)), float(high))  # never -0


def band_pieces(line: PrintedTriple, name: str, critical: float, score: Limits[float]) -> list[list[HalfPlane]]:
    """Return the convex pieces of a band: one, or for p the wedge of each sign of the estimate."""
    if name == "p":
        bounds = [(-1.0, score.low), (1.0, -score.high)]
        # An infinite score, as of p < 0.001, bounds nothing.
        return [[(sign * a, b, 0.0) for a, b in bounds if math.isfinite(b)] for sign in (1.0, -1.0)]
    interval = line.interval(name)
    if interval is None:
        return []
    slope = {"estimate": 0.0, "lower": -critical, "upper": critical}[name]
    return [[(1.0, slope, interval.high), (-1.0, -slope, -interval.low)]]


def band_shapes(pieces: list[list[HalfPlane]], across: Point, up: Point) -> list[list[Point]]:
    """Return the corners of each piece, cut off a little outside the frame so that the cuts are not seen."""
    width, height = across[1] - across[0], up[1] - up[0]
    left, right = across[0] - width, across[1] + width
    bottom, top = max(up[0] - height, 0.0), up[1] + height
    shapes = []
    for piece in pieces:
        shape = [(left, bottom), (right, bottom), (right, top), (left, top)]
        for plane in piece:
            shape = _cut(shape, plane)
        if shape:
            shapes.append(shape)
    return shapes


def _cut(shape: list[Point], plane: HalfPlane) -> list[Point]:
    """Return the part of a convex shape within a half-plane (Sutherland-Hodgman)."""
    a, b, bound = plane
    kept = []
    for (x, y), (next_x, next_y) in zip(shape, shape[1:] + shape[:1], strict=True):
        excess, next_excess = a * x + b * y - bound, a * next_x + b * next_y - bound
        if excess <= 0:
            kept.append((x, y))
        if excess * next_excess < 0:
            share = excess / (excess - next_excess)
            kept.append((x + share * (next_x - x), y + share * (next_y - y)))
    return kept


def frame(line: PrintedTriple, critical: float, score: Limits[float]) -> tuple[Point, Point]:
    """Return the ranges of estimate and standard error to show: where the bands meet, or the gap between them."""
    low, up = line.interval("lower"), line.interval("upper")
    crossing = None if low is None or up is None else Limits((low.low + up.low) / 2, (low.high + up.high) / 2)
    middles = [one for one in (line.interval("estimate"), crossing) if one is not None]
    across = _around(middles)
    if across[1] - across[0] > 100 and line.ratio:
        raise InputError(f"estimate must leave its logarithm bounded, got {line}. Give more decimals of the ratio.")
    # At the estimate nearest to where the limits cross, if both are printed, the gap between bands is smallest.
    e = float(np.clip((middles[-1].low + middles[-1].high) / 2, middles[0].low, middles[0].high))
    c = critical
    heights = []
    if low is not None and up is not None:
        heights = [Limits((e - low.high) / c, (e - low.low) / c), Limits((up.low - e) / c, (up.high - e) / c)]
    if line.p is not None:
        size = max(abs(e), (middles[0].high - middles[0].low) / 2)  # at 0 the wedge has no height
        least = size / score.high
        most = size / score.low if score.low > 0 else 2 * max(least, size)
        heights.append(Limits(least, most))
    bottom, top = _around(heights)
    return across, (max(bottom, 0.0), top)


def _around(intervals: list[Limits[float]]) -> Point:
    """Return the overlap of the intervals, or the widest gap between two, with room to see the narrowest one."""
    core = sorted([max(one.low for one in intervals), min(one.high for one in intervals)])
    room = max(0.5 * (core[1] - core[0]), 1.5 * min(one.high - one.low for one in intervals))
    return core[0] - room, core[1] + room

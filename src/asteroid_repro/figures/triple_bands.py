"""The geometry behind the figure of a printed line: bands of (estimate, standard error) as convex polygons."""

import math
from typing import Final

import numpy as np

from asteroid_repro.errors import InputError
from asteroid_repro.printed.feasible_df import upper_quantile
from asteroid_repro.printed.printed_triple import PrintedTriple
from asteroid_repro.tables.limits import Limits

_ROUNDING: Final = 1e-12  # of the numbers, relative

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


def band_shapes(pieces: list[list[HalfPlane]], across: Point, up: Point) -> list[np.ndarray]:
    """Return the corners of each piece, cut off a little outside the frame so that the cuts are not seen."""
    width, height = across[1] - across[0], up[1] - up[0]
    sides = [(-1.0, 0.0, width - across[0]), (1.0, 0.0, across[1] + width)]
    ends = [(0.0, -1.0, -max(up[0] - height, 0.0)), (0.0, 1.0, up[1] + height)]
    shapes = [_corners(np.array([*piece, *sides, *ends])) for piece in pieces]
    return [shape for shape in shapes if len(shape)]


def _corners(planes: np.ndarray) -> np.ndarray:
    """Return the corners of the region within all half-planes, around it: those crossings of edges that lie in all."""
    one, other = np.triu_indices(len(planes), 1)
    (a, b, k), (c, d, m) = planes[one].T, planes[other].T
    with np.errstate(divide="ignore", invalid="ignore"):  # edges alongside each other do not cross
        points = np.column_stack([k * d - m * b, a * m - c * k]) / (a * d - b * c)[:, np.newaxis]
    points = points[np.isfinite(points).all(axis=1)]
    slack = _ROUNDING * (1 + np.abs(points).max(axis=1, keepdims=True))
    corners: np.ndarray = points[(points @ planes[:, :2].T <= planes[:, 2] + slack).all(axis=1)]
    if len(corners):
        corners = corners[np.argsort(np.arctan2(*(corners - corners.mean(axis=0)).T))]
    return corners


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
    heights = []
    if low is not None and up is not None:
        ends = [(e - low.high, e - low.low), (up.low - e, up.high - e)]
        heights = [Limits(one / critical, other / critical) for one, other in ends]
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

"""Draw the house: its rooms on their floors, and who imports whom, read from the code."""

import io
from collections import defaultdict
from collections.abc import Iterable
from graphlib import TopologicalSorter
from itertools import pairwise
from pathlib import Path

import grimp
import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path as Curve
from scipy.optimize import isotonic_regression

ROOT = Path(__file__).parents[1]
PACKAGE = "asteroid_repro"

FLOORS = (
    ("the doors", ("cli", "app")),
    ("the main jobs; the check of an installation", ("reproduction", "trial_report", "validation")),
    ("for people", ("study_contents", "reporting", "figures")),
    ("verdicts", ("verdicts",)),
    ("many trials", ("planning", "sweeps", "scenarios_compared", "evaluate", "engine")),
    ("two wings", ("simulate", "estimate")),
    ("solved once", ("mechanism",)),
    ("the trial", ("asteroid", "study_folder", "reading", "trial", "ledger", "printed")),
    ("the ground", ("number_changes", "tables", "checked_arguments", "errors")),
)
"""What a floor is for, and its rooms, the top floor first. Who stands above whom on one floor follows from imports."""

APART = frozenset({"__main__", "_version", "studies"})
"""Modules that are no room: the start of the program, its version, and the studies' data."""

NOT_DRAWN = "errors"
"""Every room may raise them: no arrow is drawn."""

WIDTH, HEIGHT, STEP, GAP, LANE = 2.2, 0.54, 0.9, 0.45, 0.3  # boxes, rows, and what passes a row; units of the axes
INK, WALL, ROOM, BAND = "#2f4b66", "#33506b", "#ffffff", ("#e8eef4", "#f4f7fa")

Edge = tuple[str, str]
Row = list[str]


def imports_between_rooms() -> dict[Edge, int]:
    """Return by pair of rooms how many imports of modules there are from the first to the second.

    Raises
    ------
    ValueError
        A room without a floor, or an import that points up: the picture would be wrong.
    """
    graph = grimp.build_graph(PACKAGE)
    found: dict[Edge, int] = defaultdict(int)
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            here, there = _room(module), _room(imported)
            if here != there and not APART & {here, there} and here and there:
                found[here, there] += 1
    level = {room: floor for floor, (_, rooms) in enumerate(FLOORS) for room in rooms}
    homeless = {room for edge in found for room in edge} - set(level)
    upwards = [f"{here} imports {there}" for here, there in found if level.get(here, 0) > level.get(there, 99)]
    if homeless or upwards:
        raise ValueError(f"FLOORS must have a floor for each room and imports must point down: {homeless} {upwards}")
    return dict(found)


def lines_of(room: str) -> int:
    """Return the lines of a room's files."""
    place = ROOT / "src" / PACKAGE / room
    files = place.rglob("*.py") if place.is_dir() else [place.with_suffix(".py")]
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files)


def nearest(edges: Iterable[Edge]) -> list[Edge]:
    """Return the edges that no way along others replaces (the transitive reduction).

    Examples
    --------
    >>> nearest([("a", "b"), ("b", "c"), ("a", "c")])
    [('a', 'b'), ('b', 'c')]
    """
    below: dict[str, set[str]] = defaultdict(set)
    for here, there in edges:
        below[here].add(there)
    reached: dict[str, set[str]] = {}
    for room in TopologicalSorter(below).static_order():  # the ground first; a circle is an error
        reached[room] = below[room].union(*(reached[lower] for lower in below[room]))
    return sorted(
        (here, there)
        for here in reached
        for there in below[here]
        if not any(there in reached[other] for other in below[here])
    )


def rows_of(edges: list[Edge]) -> list[tuple[int, Row]]:
    """Return the rows of rooms with their floor, the top first; rooms that import each other need several."""
    rows = []
    for floor, (_, rooms) in enumerate(FLOORS):
        depth = dict.fromkeys(rooms, 0)
        for _ in rooms:
            for here, there in edges:
                if here in depth and there in depth:
                    depth[there] = max(depth[there], depth[here] + 1)
        rows += [(floor, [room for room in rooms if depth[room] == row]) for row in range(max(depth.values()) + 1)]
    return rows


def draw_house() -> Figure:
    """Draw the floors, each room with its lines of code, and an arrow from a room to those that it imports from.

    An arrow that leads the same way as several others is left out, and so are those to the errors.
    """
    counts = imports_between_rooms()
    drawn = nearest(edge for edge in counts if edge[1] != NOT_DRAWN)
    rows = rows_of(drawn)
    height = {room: -STEP * number for number, (_, row) in enumerate(rows) for room in row}
    ways = {edge: _way(edge, rows) for edge in drawn}
    places = _places([[*row, *_passing(ways, number)] for number, (_, row) in enumerate(rows)], list(ways.values()))
    figure = Figure(figsize=(8, 0.69 * STEP * len(rows)))
    axes = figure.add_axes((0, 0, 1, 1))
    _draw_floors(axes, [floor for floor, _ in rows])
    for edge, way in ways.items():
        axes.add_patch(_arrow([(places[stop], -STEP * number) for number, stop in way], counts[edge]))
    for room, y in height.items():
        _draw_room(axes, room, places[room], y)
    axes.set(xlim=(-6.4, 5.2), ylim=(-STEP * (len(rows) - 0.4), STEP * 0.6))
    axes.axis("off")
    return figure


def house_svg() -> str:
    """Return the picture as text, the same for the same code."""
    file = io.StringIO()
    with rc_context({"svg.hashsalt": PACKAGE, "svg.fonttype": "none", "font.family": "sans-serif"}):
        draw_house().savefig(file, format="svg", metadata={"Date": None}, facecolor="white")
    return file.getvalue()


def _room(module: str) -> str:
    return module.removeprefix(PACKAGE).strip(".").partition(".")[0]


def _way(edge: Edge, rows: list[tuple[int, Row]]) -> list[tuple[int, str]]:
    """Return the rows that an arrow goes through, with the room or the lane there."""
    above, below = (next(number for number, (_, row) in enumerate(rows) if room in row) for room in edge)
    lanes = [(number, f"{edge[0]}>{edge[1]}@{number}") for number in range(above + 1, below)]
    return [(above, edge[0]), *lanes, (below, edge[1])]


def _passing(ways: dict[Edge, list[tuple[int, str]]], number: int) -> Row:
    return [stop for way in ways.values() for row, stop in way[1:-1] if row == number]


def _places(rows: list[Row], ways: list[list[tuple[int, str]]]) -> dict[str, float]:
    """Return the middle of everything in the rows: near what it is tied to, and with room between neighbours."""
    tied: dict[str, list[str]] = defaultdict(list)
    for way in ways:
        for (_, upper), (_, lower) in pairwise(way):
            tied[upper].append(lower)
            tied[lower].append(upper)
    places = {stop: (number - (len(row) - 1) / 2) * WIDTH for row in rows for number, stop in enumerate(row)}
    for _ in range(200):
        for row in rows:
            wanted = {stop: _wanted(stop, [places[other] for other in tied[stop]]) for stop in row}
            order = sorted(row, key=lambda stop: wanted[stop])
            sizes = np.array([LANE if "@" in stop else WIDTH + GAP for stop in order])
            offsets = np.cumsum(sizes) - sizes / 2
            weights = np.where(sizes == LANE, 4.0, 1.0)  # arrows are kept straight
            target = np.array([wanted[stop] for stop in order]) - offsets
            apart = isotonic_regression(target, weights=weights).x + offsets  # the nearest that keeps neighbours apart
            places |= dict(zip(order, apart, strict=True))
    return places


def _wanted(stop: str, ties: list[float]) -> float:
    """Return where a lane or a room would like to be: amid what it is tied to, a room also near the middle."""
    return float(np.mean(ties if "@" in stop else [0.0, *ties]))


def _draw_floors(axes: Axes, floors: list[int]) -> None:
    for floor, (title, _) in enumerate(FLOORS):
        first, last = floors.index(floor), len(floors) - 1 - floors[::-1].index(floor)
        axes.axhspan(-STEP * (last + 0.5), -STEP * (first - 0.5), color=BAND[floor % 2], lw=0, zorder=0)
        name = f"{len(FLOORS) - 1 - floor}  {title}"
        axes.text(-6.25, -STEP * (first + last) / 2, name, va="center", fontsize=10, color=INK)


def _draw_room(axes: Axes, room: str, x: float, y: float) -> None:
    corner = x - WIDTH / 2, y - HEIGHT / 2
    box = FancyBboxPatch(corner, WIDTH, HEIGHT, boxstyle="round,pad=0,rounding_size=0.08", fc=ROOM, ec=WALL, zorder=3)
    axes.add_patch(box)
    axes.text(x, y + 0.02, room, ha="center", va="bottom", fontsize=9.5, color="black", zorder=4)
    axes.text(x, y - 0.02, f"{lines_of(room):,} lines", ha="center", va="top", fontsize=8, color=INK, zorder=4)


def _arrow(points: list[tuple[float, float]], count: int) -> FancyArrowPatch:
    """Draw from the bottom of the first box to the top of the last: curves between the rows, straight through a row."""
    corners, codes = [(points[0][0], points[0][1] - HEIGHT / 2)], [Curve.MOVETO]
    for x, lower in points[1:]:
        start, end = corners[-1], (x, lower + HEIGHT / 2)
        middle = (start[1] + end[1]) / 2
        corners += [(start[0], middle), (x, middle), end]
        codes += [Curve.CURVE4] * 3
        if lower != points[-1][1]:
            corners.append((x, lower - HEIGHT / 2))
            codes.append(Curve.LINETO)
    return FancyArrowPatch(
        path=Curve(corners, codes), arrowstyle="-|>", mutation_scale=8, lw=0.6 + 0.09 * min(count, 16), color=INK,
        zorder=1,
    )  # fmt: skip


if __name__ == "__main__":
    (ROOT / "docs" / "_generated" / "house.svg").write_text(house_svg(), encoding="utf-8")

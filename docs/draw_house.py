"""Draw the house: its rooms on their floors and who imports whom, read from the code and its import contract."""

import tomllib
from collections import Counter
from pathlib import Path

import grimp
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

ROOT = Path(__file__).parents[1]
PACKAGE = "asteroid_repro"
WIDTH, GAP = 1.7, 0.25


def floors() -> list[list[str]]:
    """Return the rooms of each floor, the top floor first, as the layers of the import contract have them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    found = [[name.strip(" ()").removeprefix(f"{PACKAGE}.") for name in layer.split("|")] for layer in layers]
    return [[room for room in floor if not room.startswith("_")] for floor in found]


def imports_between_rooms() -> Counter[tuple[str, str]]:
    """Return how many modules of one room import modules of another."""
    graph = grimp.build_graph(PACKAGE)
    found: Counter[tuple[str, str]] = Counter()
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            rooms = _room(module), _room(imported)
            if rooms[0] != rooms[1] and all(rooms):
                found[rooms] += 1
    return found


def lines_of(room: str) -> int:
    """Return the lines of a room's files."""
    place = ROOT / "src" / PACKAGE / room
    files = place.rglob("*.py") if place.is_dir() else [place.with_suffix(".py")]
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files)


def draw_house() -> Figure:
    """Draw floors from the ground up, each room with its lines, and an arrow for every pair of rooms with an import."""
    plan = [floor for floor in floors() if floor]
    figure = Figure(figsize=(10, 1.05 * len(plan) + 0.6), layout="constrained")
    axes = figure.subplots()
    places = {}
    for level, floor in enumerate(reversed(plan)):
        left = -(len(floor) * (WIDTH + GAP) - GAP) / 2
        for number, room in enumerate(floor):
            corner = left + number * (WIDTH + GAP), 1.6 * level
            places[room] = corner
            axes.add_patch(FancyBboxPatch(corner, WIDTH, 0.8, boxstyle="round,pad=0.05", fc="#eef3f8", ec="#33506b"))
            axes.text(corner[0] + WIDTH / 2, corner[1] + 0.5, room.replace("_", " "), ha="center", fontsize=9)
            axes.text(corner[0] + WIDTH / 2, corner[1] + 0.2, f"{lines_of(room):,} lines", ha="center", fontsize=7)
    counts = imports_between_rooms()
    for (above, below), count in counts.items():
        if above in places and below in places:
            axes.add_patch(_arrow(places[above], places[below], count / max(counts.values())))
    axes.set(xlim=(-6, 6), ylim=(-0.3, 1.6 * len(plan)))
    axes.axis("off")
    return figure


def _room(module: str) -> str:
    return module.removeprefix(PACKAGE).strip(".").partition(".")[0]


def _arrow(above: tuple[float, float], below: tuple[float, float], share: float) -> FancyArrowPatch:
    start, end = (above[0] + WIDTH / 2, above[1] - 0.05), (below[0] + WIDTH / 2, below[1] + 0.85)
    return FancyArrowPatch(
        start, end, connectionstyle="arc3,rad=0.08", arrowstyle="-|>", mutation_scale=7,
        lw=0.5 + 2.5 * share, color="#33506b", alpha=0.25 + 0.5 * share,
    )  # fmt: skip


if __name__ == "__main__":
    draw_house().savefig(ROOT / "docs" / "_generated" / "house.svg")

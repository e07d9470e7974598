"""The figure of a programme: every bar is the session that the programme says, and nothing is cut off."""

from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.text import Text

from asteroid_repro import plot_programme, programme, programme_names, save_figure
from asteroid_repro.figures.style import SIZE, SMALL

mpl.use("Agg")

NAMES = programme_names()


def draw(name: str) -> Axes:
    return plot_programme(programme(name), Figure(figsize=SIZE, layout="constrained").subplots())


def spans(ax: Axes, kind: str) -> dict[int, list[tuple[float, float]]]:
    """Start and end of the drawn pieces of one kind, minutes, by row."""
    found: dict[int, list[tuple[float, float]]] = {}
    for bars in ax.collections:
        if isinstance(bars, PolyCollection) and bars.get_label() == kind:
            for path in bars.get_paths():
                box = path.get_extents()
                found.setdefault(round((box.y0 + box.y1) / 2), []).append((box.x0, box.x1))
    return found


def length(pieces: list[tuple[float, float]]) -> float:
    return sum(end - start for start, end in pieces)


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.findobj(Text) if isinstance(text, Text)]


def rows_by_hand(name: str) -> list[tuple[str, int]]:
    """Label and stage of each bar."""
    plan = programme(name)
    rows: list[tuple[str, int]] = []
    weeks = plan.planned_stages().reshape(plan.weeks, plan.sessions_per_week).tolist()
    for week, stages in enumerate(weeks, start=1):
        alike = len(set(stages)) == 1
        rows += [(str(week) if alike else f"{week}, session {n}", s) for n, s in enumerate(stages, 1)][
            : 1 if alike else None
        ]
    return rows


@pytest.mark.parametrize("name", [name for name in NAMES if name != "waitlist"])
def test_each_bar_is_a_session_of_its_stage(name: str) -> None:
    plan, ax = programme(name), draw(name)
    rows = rows_by_hand(name)
    assert [text.get_text() for text in ax.get_yticklabels()] == [label for label, _ in rows]
    running, walking, rest = (spans(ax, kind) for kind in ("Running", "Walking", "Warm-up, cool-down, rest"))
    for place, (_, number) in enumerate(rows):
        stage = plan.stages[number - 1]
        repeats = stage.repeats[1]
        run, whole = stage.run_seconds(repeats) / 60, stage.total_seconds(repeats) / 60
        assert length(running.get(place, [])) == pytest.approx(run, abs=1e-9)
        assert length(walking.get(place, [])) == pytest.approx(whole - run, abs=1e-9)
        assert length(rest.get(place, [])) == pytest.approx(plan.session_minutes - whole, abs=1e-9)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "waitlist"])
def test_the_pieces_of_a_bar_fill_the_session_without_gap_or_overlap(name: str) -> None:
    ax = draw(name)
    kinds = [spans(ax, kind) for kind in ("Running", "Walking", "Warm-up, cool-down, rest")]
    for place in range(len(rows_by_hand(name))):
        pieces = np.array(sorted(piece for kind in kinds for piece in kind.get(place, [])))
        assert pieces[0, 0] == 0
        assert pieces[1:, 0] == pytest.approx(pieces[:-1, 1], abs=1e-9)
        assert pieces[-1, 1] == pytest.approx(programme(name).session_minutes, abs=1e-9)


def test_intervals_are_in_order_run_before_walk() -> None:
    ax = draw("couch_to_5k")
    running = spans(ax, "Running")[3]  # week 4: 3r 1.5w 5r 2.5w 3r 1.5w 5r, 9.25 minutes before it
    starts = 9.25 + np.array([0, 4.5, 12, 16.5])
    assert [start for start, _ in running] == pytest.approx(starts.tolist(), abs=1e-9)
    assert [end - start for start, end in running] == pytest.approx([3, 5, 3, 5], abs=1e-9)


def test_intervals_repeat_as_a_group() -> None:
    running = spans(draw("couch_to_5k"), "Running")[2]  # week 3: twice 1.5r 1.5w 3r 3w
    assert [end - start for start, end in running] == pytest.approx([1.5, 3, 1.5, 3], abs=1e-9)


def test_the_running_of_a_week_stands_beside_its_first_bar_alone() -> None:
    ax = draw("couch_to_5k")
    beside = {round(text.get_position()[1]): text.get_text() for text in ax.texts if text.get_text()[-2:-1] == "."}
    labels = [label for label, _ in rows_by_hand("couch_to_5k")]
    first = [place for place, label in enumerate(labels) if label.isdigit() or label.endswith("session 1")]
    weekly = programme("couch_to_5k").to_frame()["running_minutes_a_week"]
    assert beside == dict(zip(first, [f"{minutes:.1f}" for minutes in weekly], strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_the_running_of_every_week_and_the_source_stand_beside_the_bars(name: str) -> None:
    plan, ax = programme(name), draw(name)
    drawn = texts(ax)
    for minutes in plan.to_frame()["running_minutes_a_week"]:
        assert f"{minutes:.1f}" in drawn
    assert any(" ".join(plan.source.split()) in " ".join(text.split()) for text in drawn)
    assert any("Running,\nmin a week" in text for text in drawn)


def test_the_title_says_whose_plan_it_is() -> None:
    assert draw("asteroid").get_title(loc="left") == (
        "Asteroid: 3 sessions a week, 30 min each, 12 weeks.\n"
        "Planned for somebody who starts on the lowest stage and completes everything."
    )
    once = programme("asteroid").model_copy(update={"sessions_per_week": 1})
    assert "1 session a week" in plot_programme(once).get_title(loc="left")


def test_a_programme_without_sessions_says_so() -> None:
    ax = draw("waitlist")
    assert "No sessions prescribed" in texts(ax)
    assert ax.get_title(loc="left") == "Waitlist: 12 weeks without sessions."
    assert not ax.collections
    assert ax.get_legend() is None


def test_stage_numbers_stand_beside_the_bars() -> None:
    ax = draw("couch_to_5k")
    stages = [text.get_text() for text in ax.texts if text.get_text().isdigit()]
    assert stages == [str(number) for _, number in rows_by_hand("couch_to_5k")]


@pytest.mark.parametrize("name", NAMES)
def test_all_text_is_large_enough_and_inside_the_figure(name: str) -> None:
    ax = draw(name)
    figure = ax.figure.canvas.figure
    figure.draw_without_rendering()
    width, height = figure.get_size_inches() * figure.dpi
    drawn = [text for text in ax.findobj(Text) if isinstance(text, Text) and text.get_visible() and text.get_text()]
    for text in drawn:
        box = text.get_window_extent()
        assert float(text.get_fontsize()) >= SMALL, text.get_text()
        assert -1 <= box.x0 <= box.x1 <= width + 1, text.get_text()
        assert -1 <= box.y0 <= box.y1 <= height + 1, text.get_text()


@pytest.mark.parametrize("name", NAMES)
def test_texts_do_not_cover_each_other(name: str) -> None:
    ax = draw(name)
    ax.figure.canvas.figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in [*ax.texts, ax.xaxis.label, ax.yaxis.label] if text.get_text()]
    for place, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[place + 1 :])


def test_draws_where_it_is_told_or_on_a_figure_of_its_own() -> None:
    ax = Figure(layout="constrained").subplots()
    assert plot_programme(programme("asteroid"), ax) is ax
    assert plt.get_fignums() == []
    assert plot_programme(programme("asteroid")).figure is plt.gcf()


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    first, again = ([path.read_bytes() for path in save_figure(draw("asteroid"), tmp_path / run)] for run in "ab")
    assert first == again

"""The figure of a programme: what is run and walked in each week's sessions."""

from dataclasses import dataclass
from textwrap import fill
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from asteroid_repro.figures.style import BLUE, GREY, LIGHT_GREY, SMALL, TEXT, finish, legend_below, new_axes, plain_name
from asteroid_repro.trial.programme import Programme, Stage

_STYLES: Final[dict[str, dict[str, Any]]] = {
    "Running": {"facecolor": BLUE, "edgecolor": BLUE, "linewidth": 0},
    "Walking": {"facecolor": LIGHT_GREY, "edgecolor": GREY, "linewidth": 0},
    "Warm-up, cool-down, rest": {"facecolor": "white", "edgecolor": GREY, "linewidth": 0.5, "hatch": "////"},
}
_STAGE_AT, _WEEKLY_AT = 1.05, 1.18  # where the two columns beside the bars are centred, share of the width
_WIDTH: Final = 100  # characters of small text in a line of the note


@dataclass(frozen=True)
class _Row:
    """One bar: a session of a week, or all sessions of a week where they are alike."""

    week: int
    session: int | None  # from 1; None where all sessions of the week are alike
    stage: int | None  # from 1; None in a week without sessions


def plot_programme(programme: Programme, ax: Axes | None = None) -> Axes:
    """Draw a programme's sessions week by week: each bar is one session, from its first minute to its last.

    It is the plan of somebody who starts on the lowest stage and does the most repeats of every session. What the
    intervals leave of a session is warm-up, cool-down and rest, drawn half before and half after them. Weeks whose
    sessions differ have a bar for each session.

    Parameters
    ----------
    programme : Programme
        The programme; what its source says of claims and assumptions stands below.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when not given.

    Returns
    -------
    matplotlib.axes.Axes
        Minutes of a session across, weeks down; beside each bar its stage, beside each week its running, minutes.

    Examples
    --------
    >>> from asteroid_repro.trial.programme import programme
    >>> from matplotlib.figure import Figure
    >>> ax = plot_programme(programme("couch_to_5k"), ax=Figure().subplots())
    >>> ax.get_xlabel()
    'Minutes of a session'
    """
    rows = _rows(programme)
    ax = new_axes(ax)
    for place, row in enumerate(rows):
        if row.stage is not None:
            _draw_session(ax, place, programme.stages[row.stage - 1], programme.session_minutes)
    ax.set_yticks(range(len(rows)), [_row_label(row) for row in rows])
    ax.set(
        xlim=(0, max(programme.session_minutes, 1)), ylim=(len(rows) - 0.4, -0.6),
        xlabel="Minutes of a session", ylabel="Week of the programme",
    )  # fmt: skip
    ax.set_xticks(np.arange(0, programme.session_minutes + 1e-9, 5))
    ax.tick_params(axis="y", length=0)
    _write_columns(ax, programme, rows)
    _write_below(ax, programme)
    return finish(ax, _title(programme))


def _rows(programme: Programme) -> list[_Row]:
    rows = []
    plan = programme.planned_stages().reshape(programme.weeks, programme.sessions_per_week)
    for week, stages in enumerate(plan.tolist(), start=1):
        if len(set(stages)) <= 1:
            rows.append(_Row(week, None, stages[0] if stages else None))
        else:
            rows += [_Row(week, session, stage) for session, stage in enumerate(stages, start=1)]
    return rows


def _row_label(row: _Row) -> str:
    return str(row.week) if row.session is None else f"{row.week}, session {row.session}"


def _draw_session(ax: Axes, place: int, stage: Stage, session_minutes: float) -> None:
    repeats = stage.repeats[1]
    pairs = np.tile(np.array(stage.intervals), (repeats, 1)) / 60
    spare = max(session_minutes - stage.total_seconds(repeats) / 60, 0) / 2
    ends = spare + np.cumsum(pairs)
    run_starts, walk_starts = ends.reshape(-1, 2)[:, 0] - pairs[:, 0], ends.reshape(-1, 2)[:, 0]
    bars = {
        "Running": list(zip(run_starts, pairs[:, 0], strict=True)),
        "Walking": list(zip(walk_starts, pairs[:, 1], strict=True)),
        "Warm-up, cool-down, rest": [(0.0, spare), (session_minutes - spare, spare)],
    }
    for kind, spans in bars.items():
        drawn = [(float(start), float(length)) for start, length in spans if length > 0]
        ax.broken_barh(drawn, (place - 0.36, 0.72), label=kind, **_STYLES[kind])


def _write_columns(ax: Axes, programme: Programme, rows: list[_Row]) -> None:
    """Write the stage beside every bar and the week's running beside the first bar of each week."""
    weekly = dict(zip(*programme.to_frame()[["week", "running_minutes_a_week"]].to_numpy().T.tolist(), strict=True))
    heads = [(_STAGE_AT, "Stage"), (_WEEKLY_AT, "Running,\nmin a week")]
    for x, head in heads:
        ax.text(x, 1.01, head, transform=ax.transAxes, ha="center", va="bottom", fontsize=SMALL, color=GREY)
    for place, row in enumerate(rows):
        cells = [(_STAGE_AT, "none" if row.stage is None else str(row.stage))]
        if row.session in {None, 1}:
            cells.append((_WEEKLY_AT, f"{weekly[row.week]:.1f}"))
        for x, cell in cells:
            ax.text(x, place, cell, transform=ax.get_yaxis_transform(), ha="center", va="center", fontsize=SMALL)
    if not programme.sessions_per_week:
        ax.text(0.5, 0.5, "No sessions prescribed", transform=ax.transAxes, ha="center", va="center", fontsize=TEXT)


def _write_below(ax: Axes, programme: Programme) -> None:
    note = fill(programme.source, _WIDTH)
    if programme.sessions_per_week:
        legend_below(ax, len(_STYLES), handles=[Patch(label=kind, **style) for kind, style in _STYLES.items()])
        note += "\nDrawn: the most repeats of each stage; half of what they leave lies before them, half after."
    ax.annotate(
        note, (0, 0), (-30, -58), xycoords="axes fraction", textcoords="offset points",
        va="top", fontsize=SMALL, color=GREY,
    )  # fmt: skip


def _title(programme: Programme) -> str:
    name, count = plain_name(programme.name), programme.sessions_per_week
    if not count:
        return f"{name}: {programme.weeks} weeks without sessions."
    sessions = "1 session" if count == 1 else f"{count} sessions"
    return (
        f"{name}: {sessions} a week, {programme.session_minutes:g} min each, {programme.weeks} weeks.\n"
        "Planned for somebody who starts on the lowest stage and completes everything."
    )

"""The figure of a programme: what is run and walked in each week's sessions."""

from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from asteroid_repro.figures import style
from asteroid_repro.trial import design_words
from asteroid_repro.trial.programme import Programme, Stage

_STYLES: Final[dict[str, dict[str, Any]]] = {
    "Running": {"facecolor": style.BLUE, "edgecolor": style.BLUE, "linewidth": 0},
    "Walking": {"facecolor": style.LIGHT_GREY, "edgecolor": style.GREY, "linewidth": 0},
    "Warm-up, cool-down, rest": {"facecolor": "white", "edgecolor": style.GREY, "linewidth": 0.5, "hatch": "////"},
}
_STAGE_AT, _WEEKLY_AT = 1.05, 1.18  # where the two columns beside the bars are centred, share of the width


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
    >>> from asteroid_repro import programme
    >>> from matplotlib.figure import Figure
    >>> ax = plot_programme(programme("couch_to_5k"), Figure().subplots())
    >>> ax.get_xlabel()
    'Minutes of a session'
    """
    rows = _rows(programme)
    ax = style.new_axes(ax)
    for place, (_, stage, _) in enumerate(rows):
        if stage is not None:
            _draw_session(ax, place, programme.stages[stage - 1], programme.session_minutes)
    style.name_rows(ax, {place: label for place, (label, _, _) in enumerate(rows)})
    ax.set(xlim=(0, max(programme.session_minutes, 1)), ylim=(len(rows) - 0.4, -0.6))
    ax.set(xlabel="Minutes of a session", ylabel="Week of the programme")
    ax.set_xticks(np.arange(0, programme.session_minutes + 1e-9, 5))
    for x, head in ((_STAGE_AT, "Stage"), (_WEEKLY_AT, "Running,\nmin a week")):
        ax.text(x, 1.01, head, transform=ax.transAxes, ha="center", va="bottom", fontsize=style.SMALL, color=style.GREY)
    for place, (_, stage, weekly) in enumerate(rows):
        style.beside(ax, place, "none" if stage is None else str(stage), x=_STAGE_AT, ha="center")
        style.beside(ax, place, weekly, x=_WEEKLY_AT, ha="center")
    note = programme.source
    if programme.sessions_per_week:
        style.legend_below(ax, len(_STYLES), handles=[Patch(label=kind, **look) for kind, look in _STYLES.items()])
        note += "\nDrawn: the most repeats of each stage; half of what they leave lies before them, half after."
    else:
        middle: dict[str, Any] = {"ha": "center", "va": "center", "transform": ax.transAxes}
        ax.text(0.5, 0.5, "No sessions prescribed", fontsize=style.TEXT, **middle)
    style.note_below(ax, note, (-30, -58), width=100)
    return style.finish(ax, _title(programme))


def _rows(programme: Programme) -> list[tuple[str, int | None, str]]:
    """Return the name and the stage of each bar, and beside the first bar of a week its running, minutes.

    Sessions of a week that are alike share a bar; a week without sessions has no stage.
    """
    rows: list[tuple[str, int | None, str]] = []
    plan = programme.planned_stages().reshape(programme.weeks, programme.sessions_per_week).tolist()
    weekly = [f"{minutes:.1f}" for minutes in programme.to_frame()["running_minutes_a_week"]]
    for week, (stages, running) in enumerate(zip(plan, weekly, strict=True), start=1):
        if len(set(stages)) <= 1:
            rows.append((str(week), stages[0] if stages else None, running))
        else:
            names = [f"{week}, session {session + 1}" for session in range(len(stages))]
            rows += zip(names, stages, [running] + [""] * (len(stages) - 1), strict=True)
    return rows


def _draw_session(ax: Axes, place: int, stage: Stage, session_minutes: float) -> None:
    repeats = stage.repeats[1]
    pairs = np.tile(np.array(stage.intervals), (repeats, 1)) / 60
    spare = max(session_minutes - stage.total_seconds(repeats) / 60, 0) / 2
    starts = spare + np.cumsum(pairs).reshape(-1, 2) - pairs
    bars = {
        "Running": zip(starts[:, 0], pairs[:, 0], strict=True),
        "Walking": zip(starts[:, 1], pairs[:, 1], strict=True),
        "Warm-up, cool-down, rest": [(0.0, spare), (session_minutes - spare, spare)],
    }
    for kind, spans in bars.items():
        drawn = [(float(start), float(length)) for start, length in spans if length > 0]
        ax.broken_barh(drawn, (place - 0.36, 0.72), label=kind, **_STYLES[kind])


def _title(programme: Programme) -> str:
    name, count = design_words.plain_name(programme.name), programme.sessions_per_week
    if not count:
        return f"{name}: {programme.weeks} weeks without sessions."
    sessions = "1 session" if count == 1 else f"{count} sessions"
    return (
        f"{name}: {sessions} a week, {programme.session_minutes:g} min each, {programme.weeks} weeks.\n"
        "Planned for somebody who starts on the lowest stage and completes everything."
    )

"""Figures of the people of a trial: how they flow through it, and how each of them fared."""

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from scipy.special import stdtrit

from asteroid_repro.errors import InputError
from asteroid_repro.figures import style
from asteroid_repro.simulate.screening import Screening
from asteroid_repro.tables import rounding
from asteroid_repro.tables.limits import check_level
from asteroid_repro.trial import design_words
from asteroid_repro.trial.participant_data import Trial

# Where the boxes lie, shares of the width: the middle, each arm's distance from it, and the width of a box.
_WHOLE_WIDTH: Final = (0.5, 0.25, 0.42)
_BESIDE_REASONS: Final = (0.335, 0.17, 0.315)
_REASONS_LEFT, _REASONS_WIDTH = 0.69, 0.3
_ROW: Final = 0.64  # from one box to the next at the least, inches


def plot_participant_flow(trial: Trial, ax: Axes | None = None, *, screening: Screening | None = None) -> Axes:
    """Draw the participant flow (CONSORT diagram): screened, randomised, allocated, followed up, analysed.

    Followed up are those with a value of every outcome at the visit; analysed are those with any value, as intention
    to treat has it. How many people were screened a trial does not say: without ``screening`` the diagram says so, with
    it it shows what is assumed, in dashed boxes. A reason for which nobody was excluded is left out.

    Parameters
    ----------
    trial : Trial
        The trial; everything is counted from its tables.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when not given.
    screening : Screening, optional
        What :func:`asteroid_repro.screen` returned, with as many people randomised as the trial has.

    Returns
    -------
    matplotlib.axes.Axes
        Axes without scales: the boxes hold numbers of people.

    Raises
    ------
    InputError
        A trial without outcomes, or a screening that randomised another number of people.

    References
    ----------
    .. [1] Hopewell et al. (2025), CONSORT 2025 statement. doi:10.1136/bmj-2024-081123

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> from matplotlib.figure import Figure
    >>> trial = simulate_trial(ASTEROID, seed=2024)
    >>> ax = plot_participant_flow(trial, Figure().subplots())
    >>> "Randomised (n = 40)" in [text.get_text() for text in ax.texts]
    True
    """
    if trial.outcomes.empty:
        raise InputError("outcomes must have rows, got none. Give one row per person, week and outcome.")
    columns = [_arm_boxes(trial, arm.name, design_words.in_sentence(arm.label)) for arm in trial.design.arms]
    count = 2 + len(columns[0])
    ax = style.new_axes(ax, max(style.SIZE[1], _ROW * count))
    ax.set(xlim=(0, 1), ylim=(0, 1))
    ax.axis("off")
    rows = np.linspace(0.93, 0.07, count)
    height = min(0.115, 0.8 * float(rows[0] - rows[1]))
    middle, apart, width = _WHOLE_WIDTH if screening is None else _BESIDE_REASONS
    _draw_screened(ax, rows, trial.participants["participant"].nunique(), screening, height)
    for x, texts in zip((middle - apart, middle + apart), columns, strict=True):
        turn = (rows[1] + rows[2]) / 2  # from the middle out to the arm and down
        ax.plot([middle, middle, x], [rows[1], turn, turn], color=style.GREY, linewidth=1, zorder=1)
        for row, text in enumerate(texts, start=2):
            _box(ax, x, rows[row], (width, height), text)
            _arrow(ax, (x, turn if row == 2 else rows[row - 1]), (x, rows[row] + height / 2))
    return style.finish(ax, trial.label)


def plot_trajectories(trial: Trial, outcome: str, ax: Axes | None = None, *, level: float = 0.95) -> Axes:
    r"""Draw each person's scores by week, and the mean of each arm with its confidence interval.

    The interval is that of a mean of n people, :math:`\bar y \pm t_{(1 + \gamma)/2, n-1}\, s / \sqrt n` with level
    :math:`\gamma`, at each visit by itself; it describes the arm and is not the trial's analysis.

    Parameters
    ----------
    trial : Trial
        The trial.
    outcome : str
        Name of the outcome.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when not given.
    level : float
        Confidence level.

    Returns
    -------
    matplotlib.axes.Axes
        Weeks across; scores up, over the whole scale where it has ends.

    Raises
    ------
    InputError
        An unknown outcome, or one the trial has no rows of; a level that is none.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> from matplotlib.figure import Figure
    >>> trial = simulate_trial(ASTEROID, seed=2024)
    >>> ax = plot_trajectories(trial, "average_pain", Figure().subplots())
    >>> ax.get_ylabel()
    'Average pain, points (VAS, 0-100)'
    """
    scale = trial.design.outcome(outcome)
    check_level(level)
    table = trial.outcomes[trial.outcomes["outcome"] == outcome]
    if table.empty:
        raise InputError(f"outcomes must have rows of {outcome}, got none. Add them or draw another outcome.")
    ax = style.new_axes(ax)
    weeks = sorted(table["week"].unique())
    aside = 0.01 * float(weeks[-1] - weeks[0])  # so that intervals at one visit do not cover each other
    for arm, look, shift in zip(trial.design.arms, style.ARM_STYLES, (-aside, aside), strict=True):
        wide = table[table["arm"] == arm.name].pivot_table(index="week", columns="participant", values="value")
        people = wide.notna().sum(axis=1)
        half = stdtrit(people - 1, (1 + level) / 2) * wide.std(axis=1, ddof=1) / np.sqrt(people)
        thin = {"color": look["color"], "linestyle": look["linestyle"], "linewidth": 0.6, "alpha": 0.4}
        thick = look | {"linewidth": 2.5, "markersize": 7, "capsize": 4, "markeredgecolor": "white", "zorder": 5}
        ax.plot(wide.index + shift, wide, **thin)
        text = f"{arm.label} (n = {wide.shape[1]})"
        ax.errorbar(wide.index + shift, wide.mean(axis=1), yerr=half, label=text, **thick)
    ax.set_xticks(weeks, [f"{week:g}" for week in weeks])
    ax.set(xlabel="Weeks since randomisation", ylabel=design_words.with_unit(outcome, trial.design))
    if scale.minimum is not None and scale.maximum is not None:
        room = 0.03 * (scale.maximum - scale.minimum)
        ax.set_ylim(scale.minimum - room, scale.maximum + room)
    style.legend_below(ax, 2, title=f"Thick: mean of the arm, {rounding.percent(level)} CI. Thin: each person.")
    return style.finish(ax, trial.label)


def _arm_boxes(trial: Trial, arm: str, label: str) -> list[str]:
    """Texts of one arm's boxes from top to bottom."""
    people = trial.participants.loc[trial.participants["arm"] == arm, "participant"]
    values = trial.outcomes[trial.outcomes["participant"].isin(people)].dropna(subset=["value"])
    sessions = trial.sessions[trial.sessions["participant"].isin(people)]
    start = "" if trial.sessions.empty else "\nno sessions prescribed"
    if not sessions.empty:
        start = f"\nattended a session or more: {sessions.loc[sessions['attended'], 'participant'].nunique()}"
    texts = [f"Allocated to {label} (n = {len(people)}){start}"]
    for week, asked in list(trial.outcomes.groupby("week")["outcome"].nunique().items())[1:]:
        seen = int((values[values["week"] == week].groupby("participant")["outcome"].nunique() == asked).sum())
        texts.append(f"Followed up at week {week:g} (n = {seen})\nan outcome missing: {len(people) - seen}")
    analysed = values["participant"].nunique()
    return [*texts, f"Analysed (n = {analysed})\nleft out: {len(people) - analysed}"]


def _draw_screened(ax: Axes, rows: np.ndarray, people: int, screening: Screening | None, height: float) -> None:
    """Draw everything above the arms."""
    middle, _, width = _WHOLE_WIDTH if screening is None else _BESIDE_REASONS
    assessed = "Assessed for eligibility\n(number not known)"
    if screening is not None:
        if screening.randomised != people:
            wanted = f"screening.randomised must be the {people} people of the trial, got {screening.randomised}"
            raise InputError(f"{wanted}. Screen with wanted={people} and a pool_size that is large enough.")
        assessed = f"Assessed for eligibility (n = {screening.assessed})\nassumed, not published"
        _draw_excluded(ax, screening, rows[0] + height / 2, middle, float(rows[:2].mean()))
    _box(ax, middle, rows[0], (width, height), assessed, dashed=True)
    _box(ax, middle, rows[1], (width, height), f"Randomised (n = {people})")
    _arrow(ax, (middle, rows[0]), (middle, rows[1] + height / 2))


def _draw_excluded(ax: Axes, screening: Screening, top: float, line: float, branch: float) -> None:
    """Draw the side box of reasons, and the arrow to it that leaves the line down the middle at ``branch``."""
    flow = screening.to_frame()
    met = flow[(flow["step"] == "excluded") & (flow["people"] > 0)]
    lines = [f"Excluded (n = {sum(screening.excluded)})", "assumed, not published", "by the first criterion failed:"]
    lines += [f"{reason}: {people}" for reason, people in zip(met["reason"], met["people"], strict=True)]
    height = 0.033 * len(lines) + 0.04
    y = top - height / 2
    _box(ax, _REASONS_LEFT + _REASONS_WIDTH / 2, y, (_REASONS_WIDTH, height), "", dashed=True)
    style.beside(ax, y, "\n".join(lines), x=_REASONS_LEFT + 0.015, zorder=3)
    _arrow(ax, (line, branch), (_REASONS_LEFT, branch))


def _box(ax: Axes, x: float, y: float, size: tuple[float, float], text: str, *, dashed: bool = False) -> None:
    width, height = size
    corner, line = (x - width / 2, y - height / 2), "--" if dashed else "-"
    ax.add_patch(Rectangle(corner, width, height, facecolor="white", edgecolor=style.GREY, linestyle=line, zorder=2))
    ax.text(x, y, text, ha="center", va="center", fontsize=style.SMALL, zorder=3)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    # It may start at the centre of a box: the boxes lie above it.
    arrow = {"arrowstyle": "-|>", "color": style.GREY, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", end, start, arrowprops=arrow, zorder=1)

"""Figures of the people of a trial: how they flow through it, and how each of them fared."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from scipy.special import stdtrit

from asteroid_repro.errors import InputError
from asteroid_repro.report.style import ARM_STYLES, GREY, SMALL, check_outcome, finish, legend_below, new_axes
from asteroid_repro.schema import ARMS, Trial

_COLUMN = {"running": 0.25, "waitlist": 0.75}  # where each arm's boxes are centred, share of the width


def plot_participant_flow(trial: Trial, ax: Axes | None = None) -> Axes:
    """Draw the participant flow (CONSORT diagram): randomised, allocated, followed up, analysed.

    Followed up are those with a value of every outcome at the visit; analysed are those with any value, as intention
    to treat has it. How many people were screened is not published, and not simulated.

    Parameters
    ----------
    trial : Trial
        The trial; everything is counted from its tables.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when not given.

    Returns
    -------
    matplotlib.axes.Axes
        Axes without scales: the boxes hold numbers of people.

    Raises
    ------
    InputError
        A trial without outcomes.

    References
    ----------
    .. [1] Hopewell et al. (2025), CONSORT 2025 statement. doi:10.1136/bmj-2024-081123

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> from matplotlib.figure import Figure
    >>> trial = simulate_trial(ASTEROID, seed=2024)
    >>> ax = plot_participant_flow(trial, ax=Figure().subplots())
    >>> "Randomised (n = 40)" in [text.get_text() for text in ax.texts]
    True
    """
    if trial.outcomes.empty:
        raise InputError("outcomes must have rows, got none. Give one row per person, week and outcome.")
    columns = {arm: _arm_boxes(trial, arm) for arm in ARMS}
    rows = np.linspace(0.93, 0.07, 2 + len(columns[ARMS[0]]))
    ax = new_axes(ax)
    ax.set(xlim=(0, 1), ylim=(0, 1))
    ax.axis("off")
    _box(ax, 0.5, rows[0], "Assessed for eligibility\n(screening not published)", dashed=True)
    _box(ax, 0.5, rows[1], f"Randomised (n = {trial.participants['participant'].nunique()})")
    _arrow(ax, (0.5, rows[0]), (0.5, rows[1]))
    for arm, texts in columns.items():
        x = _COLUMN[arm]
        _fork(ax, rows[1], x, rows[2])
        for row, text in enumerate(texts, start=2):
            _box(ax, x, rows[row], text)
            if row > 2:
                _arrow(ax, (x, rows[row - 1]), (x, rows[row]))
    return finish(ax, trial.label)


def plot_trajectories(trial: Trial, outcome: str, ax: Axes | None = None) -> Axes:
    r"""Draw each person's scores by week, and the mean of each arm with its 95 % confidence interval.

    The interval is that of a mean of n people, :math:`\bar y \pm t_{0.975, n-1}\, s / \sqrt n`, at each visit by
    itself; it describes the arm and is not the trial's analysis.

    Parameters
    ----------
    trial : Trial
        The trial.
    outcome : str
        ``average_pain``, ``current_pain`` or ``disability``.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when not given.

    Returns
    -------
    matplotlib.axes.Axes
        Weeks across, outcome points up.

    Raises
    ------
    InputError
        An unknown outcome, or one the trial has no rows of.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> from matplotlib.figure import Figure
    >>> trial = simulate_trial(ASTEROID, seed=2024)
    >>> ax = plot_trajectories(trial, "average_pain", ax=Figure().subplots())
    >>> ax.get_ylabel()
    'Average pain, points (VAS, 0-100)'
    """
    label = check_outcome(outcome)
    table = trial.outcomes[trial.outcomes["outcome"] == outcome]
    if table.empty:
        raise InputError(f"outcomes must have rows of {outcome}, got none. Add them or draw another outcome.")
    ax = new_axes(ax)
    for arm in ARMS:
        _draw_arm(ax, table[table["arm"] == arm], arm)
    weeks = sorted(table["week"].unique())
    ax.set_xticks(weeks)
    ax.set(xlabel="Weeks since randomisation", ylabel=label, ylim=(-3, 103))
    ax.set_yticks(np.arange(0, 101, 20))
    legend_below(ax, 2, title="Thick: mean of the arm, 95 % CI. Thin: each person.", title_fontsize=SMALL)
    return finish(ax, trial.label)


def _arm_boxes(trial: Trial, arm: str) -> list[str]:
    """Texts of one arm's boxes from top to bottom."""
    people = trial.participants.loc[trial.participants["arm"] == arm, "participant"]
    values = trial.outcomes[trial.outcomes["participant"].isin(people)].dropna(subset=["value"])
    outcomes, weeks = trial.outcomes["outcome"].nunique(), sorted(trial.outcomes["week"].unique())
    texts = [f"Allocated to {arm} (n = {len(people)})\n{_start(trial, people)}"]
    for week in weeks[1:]:
        seen = int((values[values["week"] == week].groupby("participant")["outcome"].nunique() == outcomes).sum())
        texts.append(f"Followed up at week {week} (n = {seen})\nan outcome missing: {len(people) - seen}")
    analysed = values["participant"].nunique()
    return [*texts, f"Analysed (n = {analysed})\nleft out: {len(people) - analysed}"]


def _start(trial: Trial, people: "pd.Series[int]") -> str:
    own = trial.sessions[trial.sessions["participant"].isin(people)]
    if own.empty:
        return "no sessions prescribed"
    return f"attended a session or more: {own.loc[own['attended'], 'participant'].nunique()}"


def _box(ax: Axes, x: float, y: float, text: str, *, dashed: bool = False) -> None:
    width, height = 0.42, 0.115
    ax.add_patch(
        Rectangle(
            (x - width / 2, y - height / 2), width, height,
            facecolor="white", edgecolor=GREY, linestyle="--" if dashed else "-", zorder=2,
        )
    )  # fmt: skip
    ax.text(x, y, text, ha="center", va="center", fontsize=SMALL, zorder=3)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    # From centre to the edge of the next box: the boxes lie above the line and hide the rest of it.
    edge = (end[0], end[1] + 0.0575)
    ax.annotate("", edge, start, arrowprops={"arrowstyle": "-|>", "color": GREY, "shrinkA": 0, "shrinkB": 0}, zorder=1)


def _fork(ax: Axes, top: float, x: float, bottom: float) -> None:
    """Draw a line from the middle of the randomised box out to an arm and down to its first box."""
    middle = (top + bottom) / 2
    ax.plot([0.5, 0.5, x], [top, middle, middle], color=GREY, linewidth=1, zorder=1)
    _arrow(ax, (x, middle), (x, bottom))


def _draw_arm(ax: Axes, table: pd.DataFrame, arm: str) -> None:
    style = ARM_STYLES[arm]
    wide = table.pivot_table(index="week", columns="participant", values="value")
    weeks = wide.index.to_numpy(dtype=float) + style.shift
    ax.plot(weeks, wide.to_numpy(), color=style.colour, linestyle=style.line, linewidth=0.6, alpha=0.4)
    people = wide.notna().sum(axis=1).to_numpy(dtype=float)
    half = stdtrit(people - 1, 0.975) * wide.std(axis=1, ddof=1).to_numpy() / np.sqrt(people)
    ax.errorbar(
        weeks, wide.mean(axis=1), yerr=half,
        color=style.colour, linestyle=style.line, marker=style.marker, linewidth=2.5, markersize=7, capsize=4,
        markeredgecolor="white", zorder=5, label=f"{arm.capitalize()} (n = {wide.shape[1]})",
    )  # fmt: skip

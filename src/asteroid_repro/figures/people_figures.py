"""Figures of the people of a trial: how they flow through it, and how each of them fared."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from scipy.special import stdtrit

from asteroid_repro.errors import InputError
from asteroid_repro.figures.style import ARM_STYLES, GREY, SMALL, check_outcome, finish, legend_below, new_axes
from asteroid_repro.simulate.screening import Screening
from asteroid_repro.trial.participant_data import Trial
from asteroid_repro.trial.quantities import ARMS


@dataclass(frozen=True)
class _Places:
    """Where the boxes are centred and how wide they are, shares of the width."""

    arms: Mapping[str, float]
    middle: float
    width: float


_WHOLE_WIDTH: Final = _Places({"running": 0.25, "waitlist": 0.75}, middle=0.5, width=0.42)
_BESIDE_REASONS: Final = _Places({"running": 0.165, "waitlist": 0.505}, middle=0.335, width=0.315)
_REASONS_LEFT, _REASONS_WIDTH, _LINE_HEIGHT = 0.69, 0.3, 0.033


def plot_participant_flow(trial: Trial, ax: Axes | None = None, *, screening: Screening | None = None) -> Axes:
    """Draw the participant flow (CONSORT diagram): screened, randomised, allocated, followed up, analysed.

    Followed up are those with a value of every outcome at the visit; analysed are those with any value, as intention
    to treat has it. How many people were screened is not published: without ``screening`` the diagram says so, with it
    it shows what is assumed, in dashed boxes. A reason for which nobody was excluded is left out.

    Parameters
    ----------
    trial : Trial
        The trial; everything is counted from its tables.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when not given.
    screening : Screening, optional
        What :func:`~asteroid_repro.simulate.screening.screen` returned, with as many people randomised as the trial
        has.

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
    places = _draw_screened(ax, rows, trial.participants["participant"].nunique(), screening)
    for arm, texts in columns.items():
        x = places.arms[arm]
        _fork(ax, rows[1], places.middle, x, rows[2])
        for row, text in enumerate(texts, start=2):
            _box(ax, x, rows[row], places.width, text)
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


def _draw_screened(ax: Axes, rows: np.ndarray, people: int, screening: Screening | None) -> _Places:
    """Draw everything above the arms and return where the arms go."""
    if screening is None:
        places, assessed = _WHOLE_WIDTH, "Assessed for eligibility\n(screening not published)"
    else:
        _check_randomised(screening, people)
        places = _BESIDE_REASONS
        assessed = f"Assessed for eligibility (n = {screening.assessed})\nassumed, not published"
        _draw_excluded(ax, screening, float(rows[0]) + 0.0575, places.middle, float(rows[:2].mean()))
    _box(ax, places.middle, rows[0], places.width, assessed, dashed=True)
    _box(ax, places.middle, rows[1], places.width, f"Randomised (n = {people})")
    _arrow(ax, (places.middle, rows[0]), (places.middle, rows[1]))
    return places


def _check_randomised(screening: Screening, people: int) -> None:
    if screening.randomised != people:
        raise InputError(
            f"screening.randomised must be the {people} people of the trial, got {screening.randomised}. "
            f"Screen with wanted={people} and a pool_size that is large enough."
        )


def _draw_excluded(ax: Axes, screening: Screening, top: float, line: float, branch: float) -> None:
    """Draw the side box of reasons, and the arrow to it that leaves the line down the middle at ``branch``."""
    flow = screening.to_frame()
    met = flow[(flow["step"] == "excluded") & (flow["people"] > 0)]
    reasons = [f"{reason}: {people}" for reason, people in zip(met["reason"], met["people"], strict=True)]
    excluded = [f"Excluded (n = {sum(screening.excluded)})", "assumed, not published", "by the first criterion failed:"]
    text = "\n".join([*excluded, *reasons])
    height = _LINE_HEIGHT * (1 + text.count("\n")) + 0.04
    ax.add_patch(
        Rectangle(
            (_REASONS_LEFT, top - height), _REASONS_WIDTH, height,
            facecolor="white", edgecolor=GREY, linestyle="--", zorder=2,
        )
    )  # fmt: skip
    ax.text(_REASONS_LEFT + 0.015, top - height / 2, text, ha="left", va="center", fontsize=SMALL, zorder=3)
    style = {"arrowstyle": "-|>", "color": GREY, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", (_REASONS_LEFT, branch), (line, branch), arrowprops=style, zorder=1)


def _box(ax: Axes, x: float, y: float, width: float, text: str, *, dashed: bool = False) -> None:
    height = 0.115
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


def _fork(ax: Axes, top: float, centre: float, x: float, bottom: float) -> None:
    """Draw a line from the middle of the randomised box out to an arm and down to its first box."""
    middle = (top + bottom) / 2
    ax.plot([centre, centre, x], [top, middle, middle], color=GREY, linewidth=1, zorder=1)
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

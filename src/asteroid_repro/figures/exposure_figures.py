"""Figures of what people did and what befell them: attendance, running hours, adverse events."""

from collections.abc import Mapping
from itertools import cycle
from typing import Any, Final

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.patches import Patch

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.attendance import attendance
from asteroid_repro.estimate.safety.rates import EventRate, EventRates
from asteroid_repro.figures import style
from asteroid_repro.ledger.ledger import Ledger
from asteroid_repro.tables import rounding
from asteroid_repro.trial import design_words
from asteroid_repro.trial.design import Design
from asteroid_repro.trial.participant_data import Trial

_COLOURS: Final = (style.VERMILLION, style.BLACK, style.GREEN, style.ORANGE, style.SKY_BLUE, style.GREY)
_EVENT_STYLES: Final = tuple(zip(_COLOURS, "vXD^P*", strict=True))
_BANDS: Final = ((style.ORANGE, "////"), (style.SKY_BLUE, "...."), (style.GREEN, "xx"), (style.GREY, "\\\\"))
_UNITS: Final = {"running_hours": "events per 1000 h", "person_weeks": "events per 1000 person-weeks"}


def plot_attendance(trial: Trial, ax: Axes | None = None) -> Axes:
    """Draw the sessions each person attended in each week as tiles, with the mean of each week on top.

    Parameters
    ----------
    trial : Trial
        The trial.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when not given.

    Returns
    -------
    matplotlib.axes.Axes
        Weeks across; people up, those who attended most on top, with their share of sessions in percent.

    Raises
    ------
    InputError
        A trial without sessions, or a table of them that cannot be used.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> from matplotlib.figure import Figure
    >>> ax = plot_attendance(simulate_trial(ASTEROID, seed=2024), Figure().subplots())
    >>> ax.get_xlabel()
    'Week of the programme'
    """
    _check_sessions(trial)
    summary = attendance(trial)
    by_person = trial.sessions.groupby("participant")["attended"].mean().sort_values(kind="stable")
    tiles = trial.sessions.pivot_table(index="participant", columns="week", values="attended", aggfunc="sum")
    tiles = tiles.loc[by_person.index]
    ax = style.new_axes(ax)
    _draw_tiles(ax, tiles)
    top, right = ax.secondary_xaxis("top"), ax.secondary_yaxis("right")
    top.set_xticks(range(len(summary.by_week)), [f"{week.sessions_per_person:.1f}" for week in summary.by_week])
    top.set_xlabel("Mean sessions per person", fontsize=style.SMALL)
    right.set_yticks(range(len(by_person)), [f"{100 * share:.0f}" for share in by_person])
    whole = f"mean {100 * summary.mean:.0f}, SD {100 * summary.sd:.0f}"
    right.set_ylabel(f"Sessions attended, % ({whole})", fontsize=style.TEXT)
    for each in (style.finish(ax, trial.label), top, right):
        each.tick_params(length=0, labelsize=style.SMALL)
        each.spines[:].set_visible(False)
    return ax


def plot_event_rates(
    rates: EventRates, ax: Axes | None = None, *, design: Design | None = None, ledger: Ledger | None = None
) -> Axes:
    """Draw the rate of each kind of adverse event with its limits, arm by arm, against the rates of other studies.

    Yardsticks are those claims of the ledger that have limits, under their own id with ``.low`` and ``.high``, and the
    unit of the rates: ``events per 1000 h`` (of running) or ``events per 1000 person-weeks``. The scale is logarithmic;
    a kind without events is drawn as an arrow below its one-sided upper limit.

    Parameters
    ----------
    rates : EventRates
        Of :func:`asteroid_repro.event_rates`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when not given.
    design : Design, optional
        Labels of arms and kinds of event; their names in words when not given.
    ledger : Ledger, optional
        What is published; no yardsticks without it.

    Returns
    -------
    matplotlib.axes.Axes
        Events per 1000 hours or person-weeks across, kinds down.

    Raises
    ------
    InputError
        No rates.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, event_rates, simulate_trial
    >>> from matplotlib.figure import Figure
    >>> rates = event_rates(simulate_trial(ASTEROID, seed=2024))
    >>> ax = plot_event_rates(rates, Figure().subplots(), design=ASTEROID.design)
    >>> ax.get_xlabel()
    'Adverse events per 1000 running hours, 95 % CI (logarithmic scale)'
    """
    totals = [row for row in rates.rows if row.kind == "all"]
    if not totals:
        raise InputError("rates must have rows of all kinds together, got none. Compute them with event_rates.")
    arms, per = [row.arm for row in totals], design_words.denominator(totals[0].per)
    ax = style.new_axes(ax)
    ax.set_xscale("log")
    floor = min([row.ci_low for row in rates.rows if row.ci_low > 0] + [1.0]) / 2
    digits = rounding.decimals(min((row.rate_per_1000 for row in rates.rows if row.events), default=1.0))
    for y, row in enumerate(rates.rows):
        _draw_rate(ax, -y, row, style.ARM_STYLES[arms.index(row.arm)], floor=floor, digits=digits)
    prefixes = {arm: f"{design_words.label_of(arm, design)}: " if len(arms) > 1 else "" for arm in arms}
    style.name_rows(ax, {-y: _rate_name(row, design, prefixes[row.arm]) for y, row in enumerate(rates.rows)})
    level = rounding.percent(totals[0].level)
    ax.set(ylim=(-len(rates.rows) + 0.4, 0.6), xlabel=f"Adverse events per 1000 {per}, {level} CI (logarithmic scale)")
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.tick_params(axis="y", pad=8)
    events = "; ".join(f"{prefixes[row.arm]}{row.events} events in {row.exposure:.1f} {per}" for row in totals)
    _draw_yardsticks(ax, ledger, totals[0].per, f"{events}.")
    ax.set_xlim(left=floor)
    return style.finish(ax, rates.label)


def plot_running_hours(trial: Trial, ax: Axes | None = None) -> Axes:
    """Draw the hours run by all runners together as they add up, with each adverse event where it happened.

    Events outside sessions are counted in the legend and not drawn.

    Parameters
    ----------
    trial : Trial
        The trial.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when not given.

    Returns
    -------
    matplotlib.axes.Axes
        Weeks across; cumulative running hours up.

    Raises
    ------
    InputError
        A trial without sessions.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> from matplotlib.figure import Figure
    >>> ax = plot_running_hours(simulate_trial(ASTEROID, seed=2024), Figure().subplots())
    >>> ax.get_ylabel()
    'Cumulative running time of all runners, hours'
    """
    _check_sessions(trial)
    curve = _cumulative(trial.sessions)
    ax = style.new_axes(ax)
    ax.plot([0.0, *curve["weeks"]], [0.0, *curve["hours"]], color=style.BLUE, linewidth=2, zorder=2)
    x, y = curve[["weeks", "hours"]].iloc[-1]
    ax.text(x, y, f"{y:.1f} h ", ha="right", va="bottom", fontsize=style.TEXT, color=style.BLUE)
    _draw_events(ax, trial, curve)
    last = int(trial.sessions["week"].max())
    ax.set_xticks(range(0, last + 1, max(1, last // 12)))
    ax.set(xlim=(0, last * 1.02), ylim=(0, None), xlabel="Weeks since the start of the programme")
    ax.set_ylabel("Cumulative running time of all runners, hours")
    return style.finish(ax, trial.label)


def _check_sessions(trial: Trial) -> None:
    if trial.sessions.empty:
        raise InputError(f"sessions must have rows, got none in {trial.design.name}. Leave this figure out.")


def _draw_tiles(ax: Axes, tiles: pd.DataFrame) -> None:
    values, most = tiles.to_numpy(dtype=float), int(np.nanmax(tiles.to_numpy()))
    # Blues from almost white to dark, evenly apart in lightness and so readable in grey.
    colours = mpl.colormaps["Blues"](np.linspace(0.05, 0.95, most + 1)).tolist()
    scale: dict[str, Any] = {"cmap": ListedColormap(colours), "norm": BoundaryNorm(np.arange(most + 2) - 0.5, most + 1)}
    scale |= {"shading": "nearest", "edgecolors": "white", "linewidth": 1}
    ax.pcolormesh(*map(np.arange, values.shape[::-1]), values, **scale)
    ax.set_xticks(range(tiles.shape[1]), [str(week) for week in tiles.columns])
    ax.set_yticks(range(tiles.shape[0]), [str(person) for person in tiles.index])
    ax.set(xlabel="Week of the programme", ylabel="Participant (number), by sessions attended")
    edge: dict[str, Any] = {"edgecolor": style.GREY, "linewidth": 0.5}
    patches = [Patch(facecolor=colour, label=str(count), **edge) for count, colour in enumerate(colours)]
    style.legend_below(ax, most + 1, handles=patches, title="Sessions attended in the week")


def _draw_rate(ax: Axes, y: float, row: EventRate, look: Mapping[str, str], *, floor: float, digits: int) -> None:
    if row.events:
        style.draw_estimate(ax, y, row.rate_per_1000, row.ci_low, row.ci_high, **look)
        style.beside(ax, y, rounding.estimate_with_limits(row.rate_per_1000, row.ci_low, row.ci_high, digits))
        return
    ax.plot([floor, row.ci_high], [y, y], color=look["color"], linewidth=1.6)
    ax.plot(row.ci_high, y, color=look["color"], marker="|", markersize=9)
    ax.plot(floor, y, color=look["color"], marker="<", markersize=7, clip_on=False)
    style.beside(ax, y, f"0 (at most {rounding.number(row.ci_high, digits)}, one-sided)")


def _rate_name(row: EventRate, design: Design | None, prefix: str) -> str:
    kind = "All events" if row.kind == "all" else design_words.label_of(row.kind, design)
    kind = prefix + design_words.in_sentence(kind) if prefix else kind
    people = "1 person" if row.people == 1 else f"{row.people} people"
    return f"{kind}\n{row.events} in {people}" if row.events else f"{kind}\nnone"


def _draw_yardsticks(ax: Axes, ledger: Ledger | None, per: str, note: str) -> None:
    """Draw the rates of other studies as bands, and a note that ends in a legend where there are any."""
    numbers = ledger.numbers if ledger else {}
    bands = [
        (claim, numbers[f"{claim.id}.low"], numbers[f"{claim.id}.high"])
        for claim in (ledger.claims if ledger else ())
        if claim.unit == _UNITS.get(per) and {f"{claim.id}.low", f"{claim.id}.high"} <= set(numbers)
    ]
    for (claim, low, high), (colour, hatch) in zip(bands, cycle(_BANDS), strict=False):
        look: dict[str, Any] = {"facecolor": colour, "hatch": hatch, "edgecolor": style.GREY, "alpha": 0.4, "zorder": 0}
        ax.axvspan(low, high, linewidth=0, label=f"{claim.statement} {claim.printed} ({low:g}, {high:g})", **look)
    if bands:
        style.legend_below(ax, 1, title=f"{note} Bands: other studies.")
    else:
        style.note_below(ax, note)


def _cumulative(sessions: pd.DataFrame) -> pd.DataFrame:
    """Hours run up to and including each session of the programme, and when it takes place, in weeks."""
    minutes = sessions.groupby(["week", "session"])["run_minutes"].sum()
    by_session = pd.DataFrame({"hours": minutes.cumsum() / 60}).reset_index()
    week = by_session.groupby("week")["session"]
    by_session["weeks"] = by_session["week"] - 1 + (week.cumcount() + 1) / week.transform("size")
    return by_session


def _draw_events(ax: Axes, trial: Trial, curve: pd.DataFrame) -> None:
    events = trial.adverse_events
    known = events if "session" in events else events.assign(session=np.nan)
    placed = known.merge(curve, on=["week", "session"])
    # Events of one session are stacked above the line so that each can be seen.
    step = 0.05 * curve["hours"].iloc[-1]
    height = placed["hours"] + step * placed.groupby(["week", "session"]).cumcount()
    mark: dict[str, Any] = {"markersize": 9, "markeredgecolor": "white", "linestyle": "none", "zorder": 3}
    for kind, (colour, marker) in zip(trial.design.adverse_events, cycle(_EVENT_STYLES), strict=False):
        own = placed["kind"] == kind.name
        text = f"{kind.label}: {own.sum()} ({placed.loc[own, 'serious'].sum()} serious)"
        ax.plot(placed["weeks"][own], height[own], color=colour, marker=marker, clip_on=False, label=text, **mark)
    others = len(events) - len(placed)
    title = "Adverse events (stacked where in one session)" + (f"; {others} outside sessions" if others else "")
    if trial.design.adverse_events:
        style.legend_below(ax, 3, title=title)

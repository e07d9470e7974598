"""Figures of what the runners did and what befell them: attendance, running hours, adverse events."""

from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.patches import Patch

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.attendance import attendance
from asteroid_repro.estimate.safety.rates import EventRate, EventRates
from asteroid_repro.figures.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    SKY_BLUE,
    SMALL,
    TEXT,
    VERMILLION,
    finish,
    greys_of_blue,
    legend_below,
    new_axes,
    note_below,
    plain_name,
)
from asteroid_repro.ledger.ledger import Ledger
from asteroid_repro.trial.participant_data import Trial
from asteroid_repro.trial.quantities import EVENT_KINDS

_EVENT_STYLES: Final = dict(zip(EVENT_KINDS, [(VERMILLION, "v"), (BLACK, "X"), (GREEN, "D")], strict=True))
_YARDSTICKS: Final = {"novice": (ORANGE, "////"), "recreational": (SKY_BLUE, "....")}


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
        A table of sessions that cannot be used.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> from matplotlib.figure import Figure
    >>> ax = plot_attendance(simulate_trial(ASTEROID, seed=2024), ax=Figure().subplots())
    >>> ax.get_xlabel()
    'Week of the programme'
    """
    summary = attendance(trial)
    by_person = trial.sessions.groupby("participant")["attended"].mean().sort_values(kind="stable")
    tiles = trial.sessions.pivot_table(index="participant", columns="week", values="attended", aggfunc="sum")
    tiles = tiles.loc[by_person.index]
    ax = new_axes(ax)
    _draw_tiles(ax, tiles)
    top, right = ax.secondary_xaxis("top"), ax.secondary_yaxis("right")
    top.set_xticks(range(len(summary.by_week)), [f"{week.sessions_per_person:.1f}" for week in summary.by_week])
    top.set_xlabel("Mean sessions per person", fontsize=SMALL)
    right.set_yticks(range(len(by_person)), [f"{100 * share:.0f}" for share in by_person])
    right.set_ylabel(f"Sessions attended, % (mean {100 * summary.mean:.0f}, SD {100 * summary.sd:.0f})", fontsize=TEXT)
    for axis in (top, right):
        axis.tick_params(length=0, labelsize=SMALL)
        axis.spines[:].set_visible(False)
    finish(ax, trial.label)
    ax.spines[:].set_visible(False)
    return ax


def plot_event_rates(rates: EventRates, ledger: Ledger, ax: Axes | None = None) -> Axes:
    """Draw the rate of each kind of adverse event with exact limits, against running injuries of other runners.

    The yardsticks are injuries only, while adverse events also count pain and syncope. They are rates per 1000 hours
    of running and are left out where the rates have another denominator. The scale is logarithmic; a kind without
    events is drawn as an arrow below its one-sided upper limit.

    Parameters
    ----------
    rates : EventRates
        Events per 1000 hours.
    ledger : Ledger
        What is published; source of the yardsticks (Videbaek et al. 2015, doi:10.1007/s40279-015-0333-8).
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when not given.

    Returns
    -------
    matplotlib.axes.Axes
        Events per 1000 hours across, kinds down.

    Raises
    ------
    InputError
        No rates.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, event_rates, published, simulate_trial
    >>> from matplotlib.figure import Figure
    >>> rates = event_rates(simulate_trial(ASTEROID, seed=2024))
    >>> ax = plot_event_rates(rates, published(), ax=Figure().subplots())
    >>> ax.get_xlabel()
    'Adverse events per 1000 running hours, 95 % CI (logarithmic scale)'
    """
    if not rates.rows:
        raise InputError("rates must have rows, got none. Compute them with event_rates.")
    per, hours = rates.rows[0].per.replace("_", " "), rates.rows[0].exposure
    ax = new_axes(ax)
    ax.set_xscale("log")
    floor = min([row.ci_low for row in rates.rows if row.ci_low > 0] + [1.0]) / 2
    for position, row in enumerate(rates.rows):
        _draw_rate(ax, -position, row, floor)
    ax.set_yticks([-position for position in range(len(rates.rows))], [_rate_name(row) for row in rates.rows])
    ax.set(
        ylim=(-len(rates.rows) + 0.4, 0.6),
        xlabel=f"Adverse events per 1000 {per}, 95 % CI (logarithmic scale)",
    )
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.tick_params(axis="y", length=0, pad=8)
    note = f"{rates.rows[0].events} events in {hours:.1f} {per}."
    if rates.rows[0].per == "running_hours":
        _draw_yardsticks(ax, ledger, note)
    else:
        note_below(ax, note)
    ax.set_xlim(left=floor)
    return finish(ax, rates.label)


def plot_running_hours(trial: Trial, ax: Axes | None = None) -> Axes:
    """Draw the hours run by all runners together as they add up, with each adverse event where it happened.

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
    >>> ax = plot_running_hours(simulate_trial(ASTEROID, seed=2024), ax=Figure().subplots())
    >>> ax.get_ylabel()
    'Cumulative running time of all runners, hours'
    """
    if trial.sessions.empty:
        raise InputError("sessions must have rows, got none. Give one row per person and session.")
    curve = _cumulative(trial.sessions)
    ax = new_axes(ax)
    ax.plot([0.0, *curve["weeks"]], [0.0, *curve["hours"]], color=BLUE, linewidth=2, zorder=2)
    ax.text(
        curve["weeks"].iloc[-1], curve["hours"].iloc[-1], f"{curve['hours'].iloc[-1]:.1f} h ",
        ha="right", va="bottom", fontsize=TEXT, color=BLUE,
    )  # fmt: skip
    _draw_events(ax, trial.adverse_events, curve)
    last = int(trial.sessions["week"].max())
    ax.set_xticks(range(0, last + 1, max(1, last // 12)))
    ax.set(
        xlim=(0, last * 1.02), xlabel="Weeks since the start of the programme",
        ylabel="Cumulative running time of all runners, hours",
    )  # fmt: skip
    ax.set_ylim(bottom=0)
    legend_below(ax, len(EVENT_KINDS), title="Adverse events (stacked where in one session)", title_fontsize=SMALL)
    return finish(ax, trial.label)


def _draw_tiles(ax: Axes, tiles: pd.DataFrame) -> None:
    most = int(np.nanmax(tiles.to_numpy()))
    colours = greys_of_blue(most + 1)
    ax.pcolormesh(
        np.arange(tiles.shape[1]), np.arange(tiles.shape[0]), tiles.to_numpy(dtype=float), shading="nearest",
        cmap=ListedColormap(colours), norm=BoundaryNorm(np.arange(most + 2) - 0.5, most + 1),
        edgecolors="white", linewidth=1,
    )  # fmt: skip
    ax.set_xticks(range(tiles.shape[1]), [str(week) for week in tiles.columns])
    ax.set_yticks(range(tiles.shape[0]), [str(person) for person in tiles.index])
    ax.tick_params(length=0)
    ax.set(xlabel="Week of the programme", ylabel="Participant (number), by sessions attended")
    patches = [
        Patch(facecolor=colour, edgecolor=GREY, linewidth=0.5, label=str(count)) for count, colour in enumerate(colours)
    ]
    legend_below(ax, most + 1, handles=patches, title="Sessions attended in the week", title_fontsize=SMALL)


def _draw_rate(ax: Axes, y: float, row: EventRate, floor: float) -> None:
    if row.events == 0:
        ax.plot([floor, row.ci_high], [y, y], color=BLUE, linewidth=1.6)
        ax.plot(row.ci_high, y, color=BLUE, marker="|", markersize=9)
        ax.plot(floor, y, color=BLUE, marker="<", markersize=7, clip_on=False)
        text = f"0 (at most {row.ci_high:.1f}, one-sided)"
    else:
        ax.plot([row.ci_low, row.ci_high], [y, y], color=BLUE, linewidth=1.6)
        ax.plot(row.rate_per_1000, y, color=BLUE, marker="o", markersize=7)
        text = f"{row.rate_per_1000:.1f} ({row.ci_low:.1f}, {row.ci_high:.1f})"
    ax.text(1.02, y, text, transform=ax.get_yaxis_transform(), fontsize=SMALL, va="center")


def _rate_name(row: EventRate) -> str:
    kind = "All events" if row.kind == "all" else plain_name(row.kind)
    people = "1 person" if row.people == 1 else f"{row.people} people"
    return f"{kind}\n{row.events} in {people}" if row.events else f"{kind}\nnone"


def _draw_yardsticks(ax: Axes, ledger: Ledger, note: str) -> None:
    for runners, (colour, hatch) in _YARDSTICKS.items():
        rate, low, high = (ledger[f"yardstick.injury_rate.{runners}{part}"] for part in ("", ".low", ".high"))
        if not (low.is_exact and high.is_exact):
            raise InputError(f"{low.id} must be a number, got {low.printed!r}. Correct the ledger.")
        ax.axvspan(
            low.value, high.value, facecolor=colour, alpha=0.4, hatch=hatch, edgecolor=GREY, linewidth=0, zorder=0,
            label=f"{runners.capitalize()} runners {rate.printed} ({low.printed}, {high.printed})",
        )  # fmt: skip
    title = f"{note} Bands: running-related injuries only, pooled from other studies."
    legend_below(ax, len(_YARDSTICKS), title=title, title_fontsize=SMALL)


def _cumulative(sessions: pd.DataFrame) -> pd.DataFrame:
    """Hours run up to and including each session of the programme, and when it takes place, in weeks."""
    by_session = sessions.groupby(["week", "session"], as_index=False)["run_minutes"].sum()
    place = by_session.groupby("week").cumcount() + 1
    count = by_session.groupby("week")["session"].transform("size")
    return pd.DataFrame(
        {
            "week": by_session["week"],
            "session": by_session["session"],
            "weeks": by_session["week"] - 1 + place / count,
            "hours": by_session["run_minutes"].cumsum() / 60,
        }
    )


def _draw_events(ax: Axes, events: pd.DataFrame, curve: pd.DataFrame) -> None:
    placed = events.merge(curve, on=["week", "session"], how="left")
    # Events of one session are stacked above the line so that each can be seen.
    step = 0.05 * curve["hours"].iloc[-1]
    placed["height"] = placed["hours"] + step * placed.groupby(["week", "session"]).cumcount()
    for kind, (colour, marker) in _EVENT_STYLES.items():
        own = placed[placed["kind"] == kind]
        ax.plot(
            own["weeks"], own["height"], color=colour, marker=marker, markersize=9, markeredgecolor="white",
            linestyle="none", zorder=3, clip_on=False,
            label=f"{plain_name(kind)}: {len(own)} ({int(own['serious'].sum())} serious)",
        )  # fmt: skip

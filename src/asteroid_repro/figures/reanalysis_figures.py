"""Figures of what print says once it is re-analysed."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes

from asteroid_repro.figures import style
from asteroid_repro.planning.posterior import Posteriors, posterior
from asteroid_repro.printed.adjusted import AdjustedDifference, AdjustedFromPrint
from asteroid_repro.tables import rounding
from asteroid_repro.trial.design import Design
from asteroid_repro.verdicts.multiverse import NOMINAL, Multiverse, specification_order

_LIMITS = ("ci_low", "ci_high")


def plot_adjusted(
    found: AdjustedFromPrint, ax: Axes | None = None, *, sourced: Mapping[str, float] | None = None,
    design: Design | None = None, outcome: str | None = None,
) -> Axes:  # fmt: skip
    """Draw a printed difference, adjusted for the baseline, over the correlation of baseline and later visit.

    Parameters
    ----------
    found : AdjustedFromPrint
        Of :func:`asteroid_repro.adjusted_from_print`, or one of the curves of :func:`asteroid_repro.reanalyse`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when not given.
    sourced : mapping of str to float, optional
        Correlations that people had, by name; marked at the foot.
    design : Design, optional
        With `outcome`, labels and units.
    outcome : str, optional
        Name of the outcome.

    Returns
    -------
    matplotlib.axes.Axes
        The correlation across; treatment minus reference up, points. The first reading of the print with its band of
        confidence, the limits under each other reading as thin lines, and the printed line at its left.

    Examples
    --------
    >>> from asteroid_repro import adjusted_from_print
    >>> from matplotlib.figure import Figure
    >>> found = adjusted_from_print("-19.35 (-32.01, -6.69), p=0.003", baseline=(30.8, 40.1), people=(20, 20))
    >>> plot_adjusted(found, Figure().subplots()).get_xlabel()
    'Correlation of baseline and later visit (not printed)'
    """
    ax = style.new_axes(ax)
    readings: dict[tuple[str, str, str], list[AdjustedDifference]] = {}
    for row in found.rows:
        readings.setdefault((row.model, row.distribution, row.likelihood), []).append(row)
    first, *others = readings.values()
    across = [row.correlation for row in first]
    ax.plot(across, [row.estimate for row in first], color=style.BLUE, linewidth=2, label="Adjusted")
    low, high = ([getattr(row, limit) for row in first] for limit in _LIMITS)
    ax.fill_between(across, low, high, color=style.BLUE, alpha=0.15, linewidth=0, label=f"{found.line.level:.0%} CI")
    for number, other in enumerate(others):
        for limit in _LIMITS:
            name = "CI, other readings of print" if limit == "ci_low" and not number else None
            values = [getattr(row, limit) for row in other]
            ax.plot(across, values, color=style.SKY_BLUE, linewidth=0.8, linestyle="--", label=name)
    _draw_printed(ax, found, min(across))
    if sourced:
        foot = np.full(len(sourced), 0.02)
        look: dict[str, Any] = {
            "color": style.ORANGE,
            "marker": "^",
            "markersize": 7,
            "linestyle": "none",
            "clip_on": False,
        }
        ax.plot(list(sourced.values()), foot, transform=ax.get_xaxis_transform(), label="Sourced correlation", **look)
    ax.axhline(0, color=style.GREY, linewidth=0.8)
    scale = design.outcome(outcome) if design and outcome else None
    unit = scale.unit if scale else "points"
    ax.set(xlabel="Correlation of baseline and later visit (not printed)", ylabel=f"Treatment minus reference, {unit}")
    style.legend_below(ax, 3)
    return style.finish(ax, found.label.replace(str(found.line), rounding.with_minus(str(found.line))))


def _draw_printed(ax: Axes, found: AdjustedFromPrint, left: float) -> None:
    """Draw the printed line with its limits, left of the curve."""
    estimate, low, high = (float(str(getattr(found.line, part))) for part in ("estimate", "lower", "upper"))
    place = left - 0.05
    ax.plot([place, place], [low, high], color=style.BLACK, linewidth=1.6)
    ax.plot(place, estimate, color=style.BLACK, marker="s", markersize=7, linestyle="none", label="Printed, unadjusted")


_MEASURES: Final = {
    "type_one_error": "Type I error",
    "power": "Power",
    "type_m": "Type M",
    "replication": "Replication",
}
_MARKS: Final = tuple(zip((style.BLUE, style.VERMILLION, style.GREEN, style.ORANGE, style.GREY), "osD^v", strict=True))


def plot_multiverse(found: Multiverse, ax: Axes | None = None, *, design: Design | None = None) -> Axes:
    """Draw the specification curve: what follows from each way in which the lines can have been printed.

    Parameters
    ----------
    found : Multiverse
        Of :func:`asteroid_repro.multiverse`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new, tall figure when not given.
    design : Design, optional
        Labels of outcomes; their names when not given.

    Returns
    -------
    matplotlib.axes.Axes
        Specifications across, those with the smallest type I error first; its ``child_axes`` are a panel for each
        measure, with a mark for each outcome, and below them which covariance and analysis each specification has.

    Examples
    --------
    >>> from asteroid_repro import multiverse
    >>> from matplotlib.figure import Figure
    >>> ax = plot_multiverse(multiverse(trials=200, seed=1), Figure().subplots())
    >>> [panel.get_ylabel() for panel in ax.child_axes][:4]
    ['Type I error', 'Power', 'Type M', 'Replication']
    """
    table = found.to_frame()
    order = specification_order(table)
    ax = style.new_axes(ax, 8.0)
    ax.set_axis_off()
    choices = [("covariance", order["covariance"]), ("analysis", order["model"] + " " + order["distribution"])]
    choices.append(("likelihood", order["likelihood"]))
    heights = [2.0] * len(_MEASURES) + [0.35 * values.nunique() for _, values in choices]
    panels = _stacked(ax, heights)
    merged = table.merge(order.reset_index(names="place"))
    for panel, (measure, name) in zip(panels, _MEASURES.items(), strict=False):
        for number, (outcome, own) in enumerate(merged.groupby("outcome", sort=False)):
            colour, mark = _MARKS[number % len(_MARKS)]
            label = design.outcome(str(outcome)).label if design else str(outcome)
            panel.plot(own["place"] + 0.2 * number, own[measure], mark, color=colour, markersize=4, label=label)
            if measure == "type_one_error":  # for the legend, which stands below the last panel
                panels[-1].plot([], [], mark, color=colour, markersize=4, label=label)
        panel.set_ylabel(name)
        panel.set_ylim(*((0, 1) if measure in ("power", "replication") else (1 if measure == "type_m" else 0, None)))
    panels[0].axhline(NOMINAL, color=style.GREY, linestyle=":")
    for panel, (_, values) in zip(panels[len(_MEASURES) :], choices, strict=True):
        rows = list(dict.fromkeys(values))
        panel.plot(range(len(values)), [rows.index(one) for one in values], "s", color=style.BLACK, markersize=4)
        style.name_rows(panel, dict(enumerate(rows)))
        panel.set_ylim(-0.6, len(rows) - 0.4)
    for panel in panels:
        panel.set_xlim(-0.7, len(order) - 0.3)
        panel.set_xticks([])
    panels[-1].set_xlabel("Specification, by type I error")
    style.legend_below(panels[-1], 4)
    return style.finish(ax, found.label)


def _stacked(ax: Axes, heights: list[float]) -> list[Axes]:
    """Return panels below each other, of relative heights."""
    gap, whole = 0.03, sum(heights)
    room = 1 - gap * (len(heights) - 1)
    panels, top = [], 1.0
    for height in heights:
        own = room * height / whole
        panels.append(ax.inset_axes((0, top - own, 1, own)))
        top -= own + gap
    return panels


def plot_posterior(found: Posteriors, ax: Axes | None = None) -> Axes:
    """Draw the probability of a benefit over priors around no effect, from firm doubt to none.

    Parameters
    ----------
    found : Posteriors
        Of :func:`asteroid_repro.posterior`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when not given.

    Returns
    -------
    matplotlib.axes.Axes
        SD of a prior with mean 0 across, points; posterior probability of any benefit, and of one beyond the minimal
        important change, up. The stated priors stand at their SD; a flat one at the right.

    Examples
    --------
    >>> from asteroid_repro import posterior
    >>> from matplotlib.figure import Figure
    >>> plot_posterior(posterior(-15.3, 5.1, important=15, better="lower"), Figure().subplots()).get_ylabel()
    'Posterior probability'
    """
    ax = style.new_axes(ax)
    widest = 4 * found.important
    spreads = np.linspace(widest / 100, widest, 100)
    priors = {f"{sd:.12g}": (0.0, float(sd)) for sd in spreads}
    swept = posterior(found.estimate, found.se, important=found.important, better=found.better, priors=priors).rows[3:]
    beyond = f"Benefit beyond {found.important:g} points"
    ax.plot(spreads, [row.benefit for row in swept], color=style.BLUE, linestyle="--", label="Any benefit")
    ax.plot(spreads, [row.important_benefit for row in swept], color=style.GREEN, label=beyond)
    for row, (colour, mark) in zip(found.rows, _MARKS, strict=False):
        place = min(row.prior_sd, widest)
        ax.plot(place, row.important_benefit, mark, color=colour, markersize=8, label=f"{row.prior}, beyond")
    ax.set(
        ylim=(0, 1), xlabel="SD of the prior, points (curves: priors around no effect)", ylabel="Posterior probability"
    )
    style.legend_below(ax, 4)
    return style.finish(ax, f"{found.estimate:g} (SE {found.se:.3g}). {found.label}")

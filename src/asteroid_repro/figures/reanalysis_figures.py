"""Figures of what print says once it is re-analysed."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from asteroid_repro.figures import style
from asteroid_repro.printed.adjusted import AdjustedDifference, AdjustedFromPrint
from asteroid_repro.tables import rounding
from asteroid_repro.trial.design import Design

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

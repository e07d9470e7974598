"""Figures of what printed numbers imply: where a printed line leaves room, and what it pins down."""

import math
from itertools import groupby, product
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch, Polygon

from asteroid_repro.errors import InputError
from asteroid_repro.figures import style
from asteroid_repro.figures.triple_bands import band_pieces, band_shapes, frame, reference_scores
from asteroid_repro.printed.audit_triple import TripleAudit
from asteroid_repro.printed.df_set import distributions
from asteroid_repro.printed.printed_triple import FIELDS, PrintedTriple
from asteroid_repro.tables import rounding
from asteroid_repro.tables.limits import Limits
from asteroid_repro.trial import design_words
from asteroid_repro.verdicts.reconstruction import Reconstructions

_NAMES: Final = {"estimate": "Estimate", "lower": "Lower limit", "upper": "Upper limit"}
_STYLES: Final[dict[str, dict[str, Any]]] = {
    "estimate": {"facecolor": (style.BLUE, 0.15), "edgecolor": style.BLUE, "hatch": "||"},
    "lower": {"facecolor": (style.ORANGE, 0.15), "edgecolor": style.ORANGE, "hatch": "//"},
    # Dashed, as the limits can lie on top of each other.
    "upper": {"facecolor": (style.GREEN, 0.15), "edgecolor": style.GREEN, "hatch": "\\\\", "linestyle": "--"},
    "p": {"facecolor": (style.VERMILLION, 0.15), "edgecolor": style.VERMILLION, "hatch": ".."},
}
_PINNED: Final = 0.01  # relative range below which a quantity counts as pinned down


def plot_triple(audit: TripleAudit, ax: Axes | None = None, *, df: float = math.inf) -> Axes:
    r"""Draw each number of a printed line as a band in the plane of estimate and standard error.

    Unrounded estimate e and standard error s print the line if the point (e, s) lies in all its bands: e in the
    rounding interval of the estimate, :math:`e - c s` and :math:`e + c s` in those of the limits, and
    :math:`2 \Pr(T > |e|/s)` in that of p, with c the critical value of the reference distribution.

    Parameters
    ----------
    audit : TripleAudit
        The line and its verdict.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when not given.
    df : float
        Degrees of freedom of the reference distribution, 1 or more; ``math.inf`` for z.

    Returns
    -------
    matplotlib.axes.Axes
        Estimate across, standard error up, in outcome points (log units for a ratio), close to where the bands meet.

    Raises
    ------
    InputError
        df below 1; a ratio printed as 0 that leaves its logarithm open.

    Examples
    --------
    >>> from asteroid_repro import audit_triple
    >>> from matplotlib.figure import Figure
    >>> ax = plot_triple(audit_triple("-5.20 (-10.12, -0.24), p=0.038"), ax=Figure().subplots())
    >>> [text.get_text() for text in ax.texts if "bands" in text.get_text()]
    ['no point in all bands']
    """
    line, possible = audit.triple, audit.allows(df)
    critical, score = reference_scores(line, df)
    across, up = frame(line, critical, score)
    bands = {name: band_pieces(line, name, critical, score) for name in FIELDS if getattr(line, name) is not None}
    ax = style.new_axes(ax)
    for name, pieces in bands.items():
        for shape in band_shapes(pieces, across, up):
            ax.add_patch(Polygon(shape, label=name, **_STYLES[name]))
    whole = [[plane for piece in choice for plane in piece] for choice in product(*bands.values())]
    region = band_shapes(whole, across, up) if possible else []
    for shape in region:
        ax.add_patch(Polygon(shape, facecolor=style.BLACK, edgecolor=style.BLACK, label="possible", zorder=4))
    unit = "log units" if line.ratio else "points"
    ax.set(xlim=across, ylim=up, xlabel=f"Unrounded estimate, {unit}", ylabel=f"Unrounded standard error, {unit}")
    _say(ax, line, region, possible=possible)
    ax.ticklabel_format(useOffset=False, style="plain")
    ax.locator_params(nbins=6)
    _explain_bands(ax, line, critical, score, possible=possible)
    style.note_below(ax, _verdict(audit, df, possible=possible))
    return style.finish(ax, f"As printed: {rounding.with_minus(str(line))}")


def plot_reconstructions(found: Reconstructions, ax: Axes | None = None) -> Axes:
    """Draw what data sets that print one line have in common, and where they differ.

    Parameters
    ----------
    found : Reconstructions
        The data sets, two or more.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when not given.

    Returns
    -------
    matplotlib.axes.Axes
        Points across, one row for each spread or standard error: every data set, and their range. A quantity is called
        pinned down where its range is below 1 % of its middle.

    Raises
    ------
    InputError
        Fewer than two data sets, which have no range.

    Examples
    --------
    >>> from asteroid_repro import reconstruct
    >>> from matplotlib.figure import Figure
    >>> ax = plot_reconstructions(reconstruct("current_pain", n=3, seed=1), ax=Figure().subplots())
    >>> ax.get_yticklabels()[0].get_text().splitlines()
    ['Within-person residual SD', '(pinned down)']
    """
    if len(found.scores) < 2:
        raise InputError(f"found must hold 2 data sets or more, got {len(found.scores)}. Reconstruct more of them.")
    table, outcome = found.to_frame(), found.target.outcome.name
    week = f"{found.design.visits[found.target.visit]:g}"
    quantities = {
        "within_person_residual_sd": "Within-person residual SD",
        "change_sd": f"SD of the change 0-{week}",
        "baseline_sd": "SD at baseline",
        f"week{week}_sd": f"SD at week {week}",
        "mmrm_se": "Standard error by MMRM",
    }
    ax = style.new_axes(ax)
    names = [_draw_quantity(ax, -row, table[name], text) for row, (name, text) in enumerate(quantities.items())]
    style.name_rows(ax, {-row: name for row, name in enumerate(names)})
    ax.set(xlim=(0, None), ylim=(-len(names) + 0.4, 0.6))
    ax.set_xlabel(f"Standard deviation or standard error, {design_words.short_unit(outcome, found.design)}")
    ax.spines["left"].set_visible(False)
    line = rounding.with_minus(str(found.target.line))
    note = f"Every data set (mark) prints {line}. Bars and numbers: smallest to largest. "
    note += "Pinned down: they differ by less than 1 %. More data sets can only widen a range."
    style.note_below(ax, note)
    return style.finish(ax, f"{found.label} ({len(table):,} data sets)")


def _say(ax: Axes, line: PrintedTriple, region: list[np.ndarray], *, possible: bool) -> None:
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    look: dict[str, Any] = {"va": "center", "fontsize": style.TEXT, "weight": "bold", "zorder": 5}
    look["bbox"] = {"facecolor": "white", "edgecolor": style.GREY, "boxstyle": "round,pad=0.3"}
    estimate = line.interval("estimate") or Limits(left, right)
    x, y = (estimate.low + estimate.high) / 2, (bottom + top) / 2
    if not possible:
        ax.text(x, y, "no point in all bands", ha="center", **look)
        return
    if region:
        # The right-hand end of the region is free: bands that cross fan out to both sides of it.
        corners = np.clip(region[0], (left, bottom), (right, top))
        x, y = corners[corners[:, 0] > corners[:, 0].max() - 1e-6 * (right - left)].mean(axis=0)
    arrow = {"arrowstyle": "-|>", "color": style.BLACK, "shrinkB": 0}
    ax.annotate("possible", (x, y), (30, 0), textcoords="offset points", arrowprops=arrow, **look)


def _explain_bands(ax: Axes, line: PrintedTriple, c: float, score: Limits[float], *, possible: bool) -> None:
    scores = f"{score.low:.3f} or more" if math.isinf(score.high) else f"{score.low:.3f} to {score.high:.3f}"
    meaning = {
        "estimate": "",
        "lower": f":\nestimate \N{MINUS SIGN} {c:.3f} SE",
        "upper": f":\nestimate + {c:.3f} SE",
        "p": f":\n|estimate| / SE,\n{scores}",
    }
    printed = {name: getattr(line, name) for name in _STYLES if getattr(line, name) is not None}
    handles = [Patch(label=_named(name, text) + meaning[name], **_STYLES[name]) for name, text in printed.items()]
    if possible:
        handles.append(Patch(facecolor=style.BLACK, label="All bands: possible"))
    place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.01, 1), "frameon": False}
    ax.legend(handles=handles, fontsize=style.SMALL, handleheight=2.2, labelspacing=1.0, **place)


def _named(name: str, printed: str) -> str:
    return rounding.p_equals(printed) if name == "p" else f"{_NAMES[name]} {rounding.with_minus(printed)}"


def _verdict(audit: TripleAudit, df: float, *, possible: bool) -> str:
    name = "z" if math.isinf(df) else f"t({df:g})"
    start = f"Reference distribution: {name}; {rounding.percent(audit.triple.level)} limits."
    if possible:
        return f"{start}\nConsistent: the points of the black region print every number."
    if audit.consistent:
        return f"{start}\nNo estimate and standard error print every number. The line fits {distributions(audit.df)}."
    repairs = "; ".join(_repairs(audit))
    hint = f"If one number is wrong: {repairs}." if repairs else "More than one number must be wrong."
    return f"{start} Contradiction, with z and with every t from 1 df up. {hint}"


def _repairs(audit: TripleAudit) -> list[str]:
    texts = []
    for field, repairs in groupby(audit.repairs, key=lambda repair: repair.field):
        first, *others = [repair.value for repair in repairs]
        texts.append(_named(field, first).lower() + (f" to {rounding.with_minus(others[-1])}" if others else ""))
    return texts


def _draw_quantity(ax: Axes, y: float, values: "pd.Series[float]", name: str) -> str:
    """Draw one row and return its name with whether the line pins it down."""
    low, high = float(values.min()), float(values.max())
    pinned = high - low < _PINNED * (low + high) / 2
    colour, marker = (style.BLUE, "o") if pinned else (style.VERMILLION, "D")
    # Multiples of the golden ratio spread marks evenly, alike in every run and without a random number.
    jitter = 0.3 * (np.arange(len(values)) * 0.618034 % 1 - 0.5)
    ax.plot(values, y + 0.12 + jitter, color=colour, marker=marker, markersize=3, linestyle="none", alpha=0.5)
    ax.errorbar((low + high) / 2, y - 0.18, xerr=(high - low) / 2, color=colour, linewidth=1.6, capsize=4)
    digits = rounding.decimals(high) + 2 if pinned else rounding.decimals(high - low)
    style.beside(ax, y, rounding.between(low, high, digits))
    return f"{name}\n({'pinned down' if pinned else 'left open'})"

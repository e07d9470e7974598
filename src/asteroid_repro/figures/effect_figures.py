"""Figures of the trial's main question: the effects, published and reproduced, and how they vary between trials."""

from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.effects.estimate_effects import Effect, Effects
from asteroid_repro.evaluate.sampling import SamplingDistribution
from asteroid_repro.figures import style
from asteroid_repro.ledger.ledger import Ledger
from asteroid_repro.reporting import wording
from asteroid_repro.tables import rounding
from asteroid_repro.trial import design_words
from asteroid_repro.trial.design import Design
from asteroid_repro.verdicts.verdict import Verification

Line = tuple[str, float, float | None, float | None, str, dict[str, str]]
Scale = tuple[str | float | None, ...]

_GAP: Final = 1.5  # rows from the last line of an outcome to the name of the next
_AXIS: Final = 3.5  # rows for the axis of a group
_HEAD: Final[dict[str, Any]] = {"fontsize": style.TEXT, "weight": "bold", "backgroundcolor": "white"}
_PUBLISHED: Final = {"color": style.BLACK, "marker": "s"}
_TRIAL: Final = {"color": style.BLUE, "marker": "o"}
_MEAN: Final = {"color": style.GREEN, "marker": "D"}


def plot_forest(
    effects: Effects, ax: Axes | None = None, *, design: Design | None = None, ledger: Ledger | None = None,
    verification: Verification | None = None, week: float | None = None,
) -> Axes:  # fmt: skip
    """Draw a forest plot of the effects on each outcome, beside what is published.

    Outcomes with one unit, one scale and one direction share an axis; others have axes of their own, below each other,
    so that each says which side of 0 favours the treatment.

    Parameters
    ----------
    effects : Effects
        Of :func:`asteroid_repro.estimate_effects`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when not given.
    design : Design, optional
        Labels and units of arms and outcomes; their names in words when not given.
    ledger : Ledger, optional
        What is published.
    verification : Verification, optional
        Verdicts of many simulated trials, to show their mean estimate with its Monte Carlo standard error (MCSE).
    week : float, optional
        The visit, weeks since randomisation; the last one when not given.

    Returns
    -------
    matplotlib.axes.Axes
        Treatment minus reference across, in the unit of the outcome. Where outcomes do not share an axis, the axes of
        each group are its ``child_axes``. A printed number that contradicts the others of its line has a dagger.

    Raises
    ------
    InputError
        No effect at that visit.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, estimate_effects, published, simulate_trial
    >>> from matplotlib.figure import Figure
    >>> effects = estimate_effects(simulate_trial(ASTEROID, seed=2024))
    >>> ax = plot_forest(effects, Figure().subplots(), design=ASTEROID.design, ledger=published())
    >>> ax.get_xlabel()
    'Running minus waitlist, points (negative favours running)'
    """
    chosen = max((row.week for row in effects.rows), default=0.0) if week is None else week
    rows = [row for row in effects.rows if row.week == chosen]
    if not rows:
        raise InputError(f"effects must have one at week {chosen:g}, got none. Choose another week.")
    order = design_words.in_order((row.outcome for row in rows), design)
    rows.sort(key=lambda row: order.index(row.outcome))
    groups: dict[Scale, list[tuple[Effect, list[Line]]]] = {}
    printed = [wording.published(ledger, row.outcome, row.week) for row in rows]
    for row, claims in zip(rows, printed, strict=True):
        groups.setdefault(_scale(row, design), []).append((row, _lines(row, claims, verification, effects)))
    heights = [sum(len(lines) + _GAP for _, lines in group) for group in groups.values()]
    ax = style.new_axes(ax, max(style.SIZE[1], 0.24 * (sum(heights) + _AXIS * len(heights))))
    panels = _panels(ax, heights)
    for panel, group in zip(panels, groups.values(), strict=True):
        _draw_group(panel, group, design)
    style.beside(panels[0], 0.0, f"Estimate ({rounding.percent(effects.level)} CI), p")
    if daggers := wording.contradictions(printed):
        style.note_below(ax, "\n".join(daggers))
    return style.finish(ax, effects.label)


def plot_sampling_distribution(
    distribution: SamplingDistribution, outcome: str, ax: Axes | None = None, *, design: Design,
    ledger: Ledger | None = None, week: float | None = None,
) -> Axes:  # fmt: skip
    """Draw the histogram of the estimates of many simulated trials, with the published estimate marked.

    Parameters
    ----------
    distribution : SamplingDistribution
        Of :func:`asteroid_repro.sampling_distribution`. Failed fits (NaN) are counted in the legend and not drawn.
    outcome : str
        Name of the outcome.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when not given.
    design : Design
        Of the trials simulated: visits, labels, units.
    ledger : Ledger, optional
        What is published; nothing is marked without it.
    week : float, optional
        The visit, weeks since randomisation; the last one when not given.

    Returns
    -------
    matplotlib.axes.Axes
        Treatment minus reference across, in the unit of the outcome; number of trials up. The middle 95 % of trials is
        shaded.

    Raises
    ------
    InputError
        An unknown outcome or week; fewer than two estimates.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, sampling_distribution
    >>> from matplotlib.figure import Figure
    >>> found = sampling_distribution(ASTEROID, trials=200, seed=1)
    >>> ax = plot_sampling_distribution(found, "average_pain", Figure().subplots(), design=ASTEROID.design)
    >>> ax.get_ylabel()
    'Simulated trials (number per bin)'
    """
    scale = design.outcome(outcome)
    chosen = design.visits[-1] if week is None else week
    visit = design.visit(chosen)
    if visit == 0:
        raise InputError(f"week must be a visit after the baseline, got {chosen:g}. Choose a later visit.")
    estimates = distribution.estimates[outcome][visit - 1]
    usable = estimates[np.isfinite(estimates)]
    if len(usable) < 2:
        raise InputError(f"estimates must have 2 finite values or more, got {len(usable)}. Simulate more trials.")
    ax = style.new_axes(ax)
    low, high = np.quantile(usable, [0.025, 0.975])
    middle = f"95 % of trials: {rounding.between(low, high, rounding.decimals(float(usable.std())))}"
    ax.axvspan(low, high, color=style.LIGHT_GREY, linewidth=0, zorder=0, label=middle)
    failed = len(estimates) - len(usable)
    drawn = f"{len(usable):,} trials" + (f" ({failed:,} more failed to fit)" if failed else "")
    ax.hist(usable, bins=_bins(usable).tolist(), color=style.SKY_BLUE, edgecolor="white", linewidth=0.3, label=drawn)
    claim = wording.published(ledger, outcome, chosen).get("estimate")
    if claim is not None and claim.value is not None:
        printed = claim.sign * claim.value
        text = f"Published {rounding.with_minus(claim.as_effect)}: {_shares(usable, printed)}"
        ax.axvline(printed, color=style.VERMILLION, linewidth=2, label=text)
    ax.axvline(0, color=style.BLACK, linestyle="--", linewidth=2, label=f"No difference, 0: {_shares(usable, 0.0)}")
    about = f"effect on {design_words.in_sentence(scale.label)} at week {chosen:g}"
    about += f": {design_words.effect_axis(outcome, scale.better or '', design)}"
    ax.set(xlabel=style.axis_label(about), ylabel="Simulated trials (number per bin)")
    style.legend_below(ax, 2)
    return style.finish(ax, distribution.label)


def _scale(row: Effect, design: Design | None) -> Scale:
    """Return what outcomes must have in common to share an axis."""
    scale = design_words.scale_of(row.outcome, design)
    ends = (scale.minimum, scale.maximum) if scale else ()
    return design_words.short_unit(row.outcome, design), row.better, *ends


def _lines(row: Effect, claims: wording.PrintedLine, verification: Verification | None, effects: Effects) -> list[Line]:
    """Return the lines of an outcome: name, estimate, limits, text beside it, and look."""
    digits = max(2, rounding.decimals(row.se))
    name = "One simulated trial" if effects.label.startswith("SIMULATED") else "This trial"
    text = rounding.estimate_with_limits(row.estimate, row.ci_low, row.ci_high, digits)
    text += f", {rounding.p_equals(rounding.p_value(row.p_value))}"
    lines: list[Line] = [(name, row.estimate, row.ci_low, row.ci_high, text, _TRIAL)]
    printed = {part: claim.sign * claim.value for part, claim in claims.items()}
    if (published := printed.get("estimate")) is not None:
        low, high, text = printed.get("ci_low"), printed.get("ci_high"), wording.printed_line(claims, effects.level)
        lines.insert(0, ("Published", published, low, high, text, _PUBLISHED))
    if verification is None or "estimate" not in claims:
        return lines
    for verdict in verification.rows:
        if verdict.claim == claims["estimate"].id and verdict.reproduced is not None:
            error = "" if verdict.mcse is None else f" (MCSE {rounding.number(verdict.mcse, digits)})"
            mean = claims["estimate"].sign * verdict.reproduced
            text, name = rounding.number(mean, digits) + error, f"Mean of {verification.trials:,} trials"
            lines.append((name, mean, None, None, text, _MEAN))
    return lines


def _panels(ax: Axes, heights: list[float]) -> list[Axes]:
    """Return axes below each other, or the given ones where one group has them to itself."""
    if len(heights) == 1:
        return [ax]
    ax.axis("off")
    whole = sum(heights) + _AXIS * (len(heights) - 1)
    ends = [(sum(heights[: n + 1]) + _AXIS * n) / whole for n in range(len(heights))]
    return [ax.inset_axes((0, 1 - end, 1, own / whole)) for end, own in zip(ends, heights, strict=True)]


def _draw_group(ax: Axes, group: list[tuple[Effect, list[Line]]], design: Design | None) -> None:
    """Draw the outcomes that share an axis, each under its name."""
    y = 0.0
    names: dict[float, str] = {}
    for row, lines in group:
        style.beside(ax, y, design_words.with_unit(row.outcome, design), x=0, **_HEAD)
        for name, estimate, low, high, text, look in lines:
            y -= 1
            names[y] = name
            style.draw_estimate(ax, y, estimate, low, high, **look)
            style.beside(ax, y, text)
        y -= _GAP
    ax.axvline(0, color=style.GREY, linewidth=1, zorder=1)
    style.name_rows(ax, names)
    first = group[0][0]
    ax.set(ylim=(y + 0.8, 0.7), xlabel=style.axis_label(design_words.effect_axis(first.outcome, first.better, design)))
    ax.spines["left"].set_visible(False)


def _bins(usable: np.ndarray) -> np.ndarray:
    """Bin edges by the rule of Freedman and Diaconis, or of a few steps where estimates lie on a grid.

    Differences of mean scores in steps do: bins of a width that is no multiple of the grid's would hold now more, now
    fewer of its points and show a comb that is not there. So the width is rounded up to a step times a power of 2, and
    edges lie half a step aside.
    """
    spread, reach = float(np.subtract(*np.quantile(usable, [0.75, 0.25]))), float(np.ptp(usable))
    width = max(2 * spread / len(usable) ** (1 / 3), reach / 200) or 1.0
    values = np.unique(np.round(usable, 6))
    step = float(np.diff(values).min()) if 1 < len(values) < len(usable) / 2 else 0.0
    if step:
        width = step * 2 ** max(0.0, np.ceil(np.log2(width / step)))
    start = np.floor(usable.min() / width) * width - step / 2
    return np.arange(start, usable.max() + width + step, width)


def _shares(usable: np.ndarray, value: float) -> str:
    # Estimates on a grid that equal the value are neither below nor above it.
    below, above = (usable < value - 1e-9).mean(), (usable > value + 1e-9).mean()
    return f"{100 * below:.1f} % of trials below, {100 * above:.1f} % above"

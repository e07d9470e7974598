"""Figures for planning: measures over assumptions, two scenarios compared, and what a rerun would show."""

from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from scipy.special import ndtri

from asteroid_repro.engine.measures import SHARES
from asteroid_repro.errors import InputError, did_you_mean
from asteroid_repro.figures import style
from asteroid_repro.planning.assurance import Assurance
from asteroid_repro.planning.power_curve import PowerCurve
from asteroid_repro.planning.replication import Replication
from asteroid_repro.scenarios_compared import MeasureChange, WhatIf
from asteroid_repro.tables import rounding
from asteroid_repro.trial import design_words
from asteroid_repro.trial.design import Design

_COLOURS: Final = (style.BLUE, style.VERMILLION, style.GREEN, style.ORANGE, style.GREY)
_LINES: Final = tuple(zip(_COLOURS, "osD^v", ("-", "--", "-.", ":", "-"), strict=True))
_IN_PERCENT: Final = (*SHARES, "type_s", "failed")
_PARTS: Final = {"effect": "true effect at the last visit", "sd": "standard deviation"}
_NAMES: Final = {
    "type_s": "Type S error: wrong sign, if significant",
    "type_m": "Type M error: times the truth, if significant",
}


def plot_power_curve(
    curve: PowerCurve, ax: Axes | None = None, *, measure: str = "power", target: float | None = None,
    design: Design | None = None,
) -> Axes:  # fmt: skip
    """Draw a measure over one value of the assumptions, with a line for each value of a second.

    Parameters
    ----------
    curve : PowerCurve
        Of :func:`asteroid_repro.power_curve`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when not given.
    measure : str
        Name of a measure; see :mod:`asteroid_repro.engine.measures`.
    target : float, optional
        A value to mark, for instance a wanted power of 0.9.
    design : Design, optional
        Labels and units of outcomes; their names in words when not given.

    Returns
    -------
    matplotlib.axes.Axes
        The first field across; the measure up, shares in percent, with bars of 95 % Monte Carlo error.

    Raises
    ------
    InputError
        A measure that was not computed, no finished point, more than five values of the second, or a first that is no
        number.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, power_curve
    >>> from matplotlib.figure import Figure
    >>> curve = power_curve(ASTEROID, {"people_per_arm": [10, 40]}, trials=200, seed=1)
    >>> plot_power_curve(curve, Figure().subplots()).get_xlabel()
    'People per arm'
    """
    if not curve.points:
        raise InputError("curve must have a finished point, got none. Run it again.")
    first, *others = curve.points[0][0]
    points = [(tuple(values[name] for name in others), _number(first, values[first])) for values, _ in curve.points]
    lines = list(dict.fromkeys(second for second, _ in points))
    if len(lines) > len(_LINES):
        raise InputError(f"{others[0]} must have at most {len(_LINES)} values, got {len(lines)}. Draw fewer lines.")
    found = np.array([(one.value, one.value - one.low, one.high - one.value) for one in curve.at(measure)])
    x, name = np.array([value for _, value in points]), _NAMES.get(measure, design_words.plain_name(measure))
    ax = style.new_axes(ax)
    for second, (colour, marker, line) in zip(lines, _LINES, strict=False):
        own = [place for place, point in enumerate(points) if point[0] == second]
        label = rounding.with_minus(str(second[0])) if others else name
        look: dict[str, Any] = {"color": colour, "marker": marker, "markersize": 5, "linestyle": line, "capsize": 2}
        ax.errorbar(x[own], found[own, 0], found[own, 1:].T, linewidth=1.6, label=label, **look)
    if target is not None:
        ax.axhline(target, color=style.GREY, linestyle=":", label=f"Wanted: {target:g}")
    ax.set(xlabel=_field_name(first, design), ylabel=name)
    ax.locator_params(axis="x", integer=all(value == int(value) for _, value in points))
    if measure in _IN_PERCENT:
        style.in_percent(ax.yaxis)
        ax.set_ylim(bottom=0)
    if others or target is not None:
        style.legend_below(ax, len(_LINES) + 1, title=_field_name(others[0], design) if others else None)
    return style.finish(ax, curve.label)


def plot_what_if(
    found: WhatIf, ax: Axes | None = None, *, measure: str = "power", week: float | None = None,
    design: Design | None = None,
) -> Axes:  # fmt: skip
    """Draw a measure of each outcome under two scenarios, with the change between them.

    Parameters
    ----------
    found : WhatIf
        Of :func:`asteroid_repro.what_if`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when not given.
    measure : str
        Name of a measure; see :mod:`asteroid_repro.engine.measures`.
    week : float, optional
        The visit; the last one when not given.
    design : Design, optional
        Labels of outcomes; their names in words when not given.

    Returns
    -------
    matplotlib.axes.Axes
        The measure across, shares in percent; outcomes up. The change is printed with its paired Monte Carlo standard
        error (MCSE).

    Raises
    ------
    InputError
        A measure or week that was not computed.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, what_if
    >>> from matplotlib.figure import Figure
    >>> found = what_if(ASTEROID, ASTEROID.with_effect(average_pain=-8), trials=256, seed=1)
    >>> plot_what_if(found, Figure().subplots()).get_xlabel()
    'Power at week 12'
    """
    chosen = max(row.week for row in found.rows) if week is None else week
    rows = [row for row in found.rows if row.measure == measure and row.week == chosen]
    if not rows:
        names = {row.measure for row in found.rows}
        hint = did_you_mean(measure, names) if measure not in names else " Choose a visit."
        raise InputError(f"measure must be one that was computed, got {measure} at week {chosen:g}.{hint}")
    ax = style.new_axes(ax)
    for y, row in enumerate(rows):
        base, changed = ("Base", "Changed") if y == 0 else ("", "")
        ax.plot([row.base, row.changed], [y, y], color=style.GREY, zorder=1)
        ax.plot(row.base, y, "s", color=style.BLACK, markersize=10, fillstyle="none", label=base, zorder=3)
        ax.plot(row.changed, y, "o", color=style.BLUE, markersize=7, label=changed, zorder=2)
        style.beside(ax, y, f"Change {_signed(row)}")
    style.name_rows(ax, {y: design_words.label_of(row.outcome, design) for y, row in enumerate(rows)})
    name = _NAMES.get(measure, design_words.plain_name(measure))
    ax.set(ylim=(len(rows) - 0.5, -0.5), xlabel=f"{name} at week {chosen:g}")
    if measure in _IN_PERCENT:
        ax.set_xlim(-0.03, 1.03)
        style.in_percent(ax.xaxis)
    style.legend_below(ax, 2)
    return style.finish(ax, found.label)


def plot_rerun(found: Replication, ax: Axes | None = None) -> Axes:
    r"""Draw what a rerun of a study would estimate, and which of its estimates would be significant.

    The curve is normal with mean m and SD :math:`\sqrt{v + \sigma_r^2}`: m and v are what is believed of the truth,
    :math:`\sigma_r` the standard error of the rerun. See :func:`asteroid_repro.replication`.

    Parameters
    ----------
    found : Replication
        Of :func:`asteroid_repro.replication`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when not given.

    Returns
    -------
    matplotlib.axes.Axes
        Estimate of the rerun across, in the unit of the original; density up.

    Examples
    --------
    >>> from asteroid_repro import replication
    >>> from matplotlib.figure import Figure
    >>> plot_rerun(replication(-15.30, 5.117), Figure().subplots()).get_ylabel()
    'Density'
    """
    ax = style.new_axes(ax)
    z, low, high = float(ndtri((1 + found.level) / 2)), found.prediction_low, found.prediction_high
    mean, spread = (1 - found.shrinkage) * found.estimate, (high - low) / (2 * z)
    x = mean + spread * np.linspace(-3.5, 3.5, 701)
    density = np.exp(-(((x - mean) / spread) ** 2) / 2) / (spread * np.sqrt(2 * np.pi))
    significant = np.sign(found.estimate) * x >= z * found.replication_se
    share = f"Significant, same sign: {100 * found.significant_predictive:.0f} %"
    ax.fill_between(x, density, where=significant.tolist(), color=style.SKY_BLUE, linewidth=0, label=share)
    ax.plot(x, density, color=style.BLUE, linewidth=1.6)
    digits = rounding.decimals(found.se)
    original = f"Original estimate {rounding.number(found.estimate, digits + 1)}"
    ax.axvline(found.estimate, color=style.VERMILLION, linewidth=2, label=original)
    ax.axvline(0, color=style.BLACK, linestyle="--", label="No effect")
    text = f"{rounding.percent(found.level)} prediction interval: {rounding.between(low, high, digits)}"
    ax.plot([low, high], [0, 0], color=style.BLACK, linewidth=4, solid_capstyle="butt", label=text)
    ax.set(xlabel="Estimate of the rerun, in the unit of the original", ylabel="Density", ylim=(0, None))
    style.legend_below(ax, 2)
    size = f"size of the rerun {found.relative_size:g} times the original's"
    return style.finish(ax, f"Normal approximation, nothing simulated; {size}")


def plot_assurance(found: Assurance, ax: Axes | None = None, *, design: Design | None = None) -> Axes:
    """Draw simulated power at each true effect over what is believed of that effect.

    Parameters
    ----------
    found : Assurance
        Of :func:`asteroid_repro.assurance`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when not given.
    design : Design, optional
        Labels of the arms.

    Returns
    -------
    matplotlib.axes.Axes
        True effect across, in the unit of the outcome; power up, in percent. The shaded belief has a height of its
        own. Assurance, the power averaged over the belief, is a level line.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, assurance
    >>> from matplotlib.figure import Figure
    >>> found = assurance(ASTEROID, mean=-15.3, sd=5.117, nodes=5, trials=200, seed=1)
    >>> plot_assurance(found, Figure().subplots()).get_ylabel()
    'Power'
    """
    ax = style.new_axes(ax)
    near = [each for each in found.tried if abs(each.effect - found.mean) <= 4 * found.sd]
    effects, power, mcse = np.array([(each.effect, each.power, each.mcse) for each in near]).T
    x = np.linspace(effects.min(), effects.max(), 401)
    belief = np.exp(-(((x - found.mean) / found.sd) ** 2) / 2)
    mean, sd = (rounding.number(value, rounding.decimals(found.sd)) for value in (found.mean, found.sd))
    text = f"Belief: mean {mean}, SD {sd} (height without scale)"
    ax.fill_between(x, 0.9 * belief, color=style.LIGHT_GREY, linewidth=0, label=text, zorder=0)
    look: dict[str, Any] = {"color": style.BLUE, "marker": "o", "markersize": 4, "capsize": 2}
    ax.errorbar(effects, power, 1.96 * mcse, label="Power if the effect were this", **look)
    text = f"Assurance {100 * found.assurance:.1f} % (MCSE {100 * found.mcse:.1f} %)"
    ax.axhline(found.assurance, color=style.VERMILLION, linestyle="--", label=text)
    text = f"Power at the mean {100 * found.power_at_mean:.1f} % (MCSE {100 * found.power_at_mean_mcse:.1f} %)"
    ax.plot(found.mean, found.power_at_mean, "D", color=style.BLACK, markersize=7, label=text)
    style.in_percent(ax.yaxis)
    across = f"True effect: {design_words.contrast(design)}, in the unit of the outcome"
    ax.set(xlabel=across, ylabel="Power", ylim=(0, 1.05))
    style.legend_below(ax, 2)
    return style.finish(ax, found.label)


def _number(field: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{field} must be numbers to be drawn along an axis, got {value!r}. Name it second.")
    return float(value)


def _field_name(field: str, design: Design | None) -> str:
    name, _, part = field.partition(".")
    if not part:
        return design_words.plain_name(name)
    unit = f", {design_words.short_unit(name, design)}" if part in _PARTS else ""
    return f"{design_words.label_of(name, design)}: {_PARTS.get(part, design_words.plain_name(part).lower())}{unit}"


def _signed(row: MeasureChange) -> str:
    """Print a change with its error; shares in percentage points."""
    scale, unit = (100, " percentage points") if row.measure in _IN_PERCENT else (1, "")
    digits = 1 if row.measure in _IN_PERCENT else max(1, rounding.decimals(row.mcse) - 1)
    change = rounding.number(scale * row.change, digits)
    sign = "+" if row.change > 0 and change.strip("0.") else ""
    return f"{sign}{change}{unit}\n(MCSE {rounding.number(scale * row.mcse, digits)})"

"""Figures for planning: measures over assumptions, two scenarios compared, and what a rerun would show."""

from textwrap import fill
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter
from scipy.special import ndtri

from asteroid_repro.errors import InputError, did_you_mean
from asteroid_repro.evaluate.performance import Measure
from asteroid_repro.figures.style import (
    BLACK,
    BLUE,
    EFFECT,
    GREEN,
    GREY,
    LIGHT_GREY,
    ORANGE,
    SKY_BLUE,
    SMALL,
    VERMILLION,
    finish,
    legend_below,
    new_axes,
    number,
    plain_name,
)
from asteroid_repro.planning.assurance import Assurance
from asteroid_repro.planning.power_curve import CurvePoint, PowerCurve
from asteroid_repro.planning.replication import Replication
from asteroid_repro.scenarios_compared import MeasureChange, WhatIf

_PERCENT: Final = "\N{NO-BREAK SPACE}%"
_WIDEST: Final = 85  # letters of a label that fit beside each other
_LINES: Final = [(BLUE, "o", "-"), (VERMILLION, "s", "--"), (GREEN, "D", "-."), (ORANGE, "^", ":"), (GREY, "v", "-")]
_SHARES: Final = ("power", "coverage", "favours_running", "important", "boundary", "type_s", "failed")
_PARTS: Final = {
    "effect": "true effect at the last visit, points",
    "sd": "standard deviation, points",
}
_NAMES: Final = {
    "type_s": "Type S error: wrong sign, if significant",
    "type_m": "Type M error: times the truth, if significant",
}


def plot_power_curve(
    curve: PowerCurve,
    ax: Axes | None = None,
    *,
    measure: str = "power",
    target: float | None = None,
) -> Axes:
    """Draw a measure over one field of the assumptions, with a line for each value of a second field.

    Parameters
    ----------
    curve : PowerCurve
        Of :func:`asteroid_repro.power_curve`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when not given.
    measure : str
        One of the measures the curve was computed for.
    target : float, optional
        A value to mark, for instance a wanted power of 0.9.

    Returns
    -------
    matplotlib.axes.Axes
        The first field across; the measure up, shares in percent, with bars of 95 % Monte Carlo error.

    Raises
    ------
    InputError
        A measure that was not computed, no finished point, or a field that is no number.

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
    field, *others = curve.points[0].fields
    values = dict.fromkeys(tuple(point.fields[name] for name in others) for point in curve.points)
    if len(values) > len(_LINES):
        raise InputError(f"{others[0]} must have at most {len(_LINES)} values, got {len(values)}. Draw fewer lines.")
    ax = new_axes(ax)
    for value, style in zip(values, _LINES, strict=False):
        own = [point for point in curve.points if tuple(point.fields[name] for name in others) == value]
        x = np.array([_number(field, point.fields[field]) for point in own])
        name = str(value[0]).replace("-", "\N{MINUS SIGN}") if others else plain_name(measure)
        _draw_with_error(ax, x, [_measure(point, measure) for point in own], name, style)
    if target is not None:
        ax.axhline(target, color=GREY, linestyle=":", linewidth=1.5, label=f"Wanted: {target:g}")
    ax.set(xlabel=_field_name(field), ylabel=_NAMES.get(measure, plain_name(measure)))
    if measure in _SHARES:
        ax.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=_PERCENT))
        ax.set_ylim(bottom=0)
    if others or target is not None:
        title = _field_name(others[0]) if others else None
        legend_below(ax, len(_LINES) + 1, title=title, title_fontsize=SMALL)
    return finish(ax, fill(curve.label, _WIDEST))


def plot_what_if(found: WhatIf, ax: Axes | None = None, *, measure: str = "power", week: int | None = None) -> Axes:
    """Draw a measure of each outcome under two scenarios, with the change between them.

    Parameters
    ----------
    found : WhatIf
        Of :func:`asteroid_repro.what_if`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when not given.
    measure : str
        Name of a measure; see :mod:`asteroid_repro.engine.measures`.
    week : int, optional
        The visit; the last one when not given.

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
        raise InputError(f"measure must be one that was computed, got {measure} at week {chosen}.{hint}")
    ax = new_axes(ax)
    for y, row in enumerate(rows):
        ax.plot([row.base, row.changed], [y, y], color=GREY, linewidth=1.5, zorder=1)
        ax.plot(row.base, y, "s", color=BLACK, markersize=10, fillstyle="none", label="" if y else "Base", zorder=3)
        ax.plot(row.changed, y, "o", color=BLUE, markersize=7, label="" if y else "Changed", zorder=2)
        text = f"Change {_signed(row, measure)}"
        ax.text(1.02, y, text, transform=ax.get_yaxis_transform(), fontsize=SMALL, va="center")
    ax.set_yticks(range(len(rows)), [plain_name(row.outcome) for row in rows])
    ax.set(ylim=(len(rows) - 0.5, -0.5), xlabel=f"{_NAMES.get(measure, plain_name(measure))} at week {chosen}")
    if measure in _SHARES:
        ax.set_xlim(-0.03, 1.03)
        ax.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=_PERCENT))
    legend_below(ax, 2)
    return finish(ax, fill(found.label, _WIDEST))


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
    ax = new_axes(ax)
    z = float(ndtri((1 + found.level) / 2))
    mean, spread = (1 - found.shrinkage) * found.estimate, (found.prediction_high - found.prediction_low) / (2 * z)
    sign = np.sign(found.estimate)
    least = sign * z * found.replication_se
    x = mean + spread * np.linspace(-3.5, 3.5, 701)
    density = np.exp(-(((x - mean) / spread) ** 2) / 2) / (spread * np.sqrt(2 * np.pi))
    share = f"Significant, same sign: {100 * found.significant_predictive:.0f} %"
    ax.fill_between(x, density, where=sign * x >= sign * least, color=SKY_BLUE, linewidth=0, label=share)
    ax.plot(x, density, color=BLUE, linewidth=1.6)
    ax.axvline(found.estimate, color=VERMILLION, linewidth=2, label=f"Original estimate {number(found.estimate, 2)}")
    ax.axvline(0, color=BLACK, linestyle="--", linewidth=1.5, label="No effect")
    limits = f"{number(found.prediction_low, 1)} to {number(found.prediction_high, 1)}"
    ax.plot(
        [found.prediction_low, found.prediction_high], [0, 0], color=BLACK, linewidth=4, solid_capstyle="butt",
        label=f"{100 * found.level:g} % prediction interval: {limits}",
    )  # fmt: skip
    ax.set(xlabel=f"Estimate of the rerun: {EFFECT}", ylabel="Density", ylim=(0, None))
    legend_below(ax, 2)
    return finish(
        ax, f"Normal approximation, nothing simulated; size of the rerun {found.relative_size:g} times the original's"
    )


def plot_assurance(found: Assurance, ax: Axes | None = None) -> Axes:
    """Draw simulated power at each true effect over what is believed of that effect.

    Parameters
    ----------
    found : Assurance
        Of :func:`asteroid_repro.assurance`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when not given.

    Returns
    -------
    matplotlib.axes.Axes
        True effect across, points; power up, in percent. The shaded belief has a height of its own. Assurance, the
        power averaged over the belief, is a level line.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, assurance
    >>> from matplotlib.figure import Figure
    >>> found = assurance(ASTEROID, mean=-15.3, sd=5.117, nodes=5, trials=200, seed=1)
    >>> plot_assurance(found, Figure().subplots()).get_ylabel()
    'Power'
    """
    ax = new_axes(ax)
    effects = np.array([each.effect for each in found.tried])
    near = np.abs(effects - found.mean) <= 4 * found.sd
    x = np.linspace(effects[near].min(), effects[near].max(), 401)
    belief = np.exp(-(((x - found.mean) / found.sd) ** 2) / 2)
    text = f"Belief: mean {number(found.mean, 1)}, SD {found.sd:.1f} (height without scale)"
    ax.fill_between(x, 0.9 * belief, color=LIGHT_GREY, linewidth=0, label=text, zorder=0)
    tried = [each for each, close in zip(found.tried, near, strict=True) if close]
    power, error = [each.power for each in tried], [1.96 * each.mcse for each in tried]
    ax.errorbar(
        effects[near], power, error, color=BLUE, marker="o", markersize=4, linewidth=1.5, capsize=2,
        label="Power if the effect were this",
    )  # fmt: skip
    ax.axhline(
        found.assurance, color=VERMILLION, linestyle="--", linewidth=1.5,
        label=f"Assurance {100 * found.assurance:.1f} % (MCSE {100 * found.mcse:.1f} %)",
    )  # fmt: skip
    ax.plot(
        found.mean, found.power_at_mean, "D", color=BLACK, markersize=7,
        label=f"Power at the mean {100 * found.power_at_mean:.1f} % (MCSE {100 * found.power_at_mean_mcse:.1f} %)",
    )  # fmt: skip
    ax.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=_PERCENT))
    ax.set(xlabel=f"True effect: {EFFECT}", ylabel="Power", ylim=(0, 1.05))
    legend_below(ax, 2)
    return finish(ax, fill(found.label, _WIDEST))


def _draw_with_error(ax: Axes, x: np.ndarray, found: list[Measure], name: str, style: tuple[str, str, str]) -> None:
    """Draw a line with the limits of its Monte Carlo error."""
    colour, marker, line = style
    y, low, high = np.array([(each.value, each.low, each.high) for each in found]).T
    ax.errorbar(
        x, y, (y - low, high - y), color=colour, marker=marker, markersize=5, linestyle=line, linewidth=1.6,
        capsize=2, label=name,
    )  # fmt: skip


def _measure(point: CurvePoint, name: str) -> Measure:
    for each in point.measures:
        if each.measure == name:
            return each
    known = [each.measure for each in point.measures]
    raise InputError(f"measure must be one of the curve's, got {name!r}.{did_you_mean(name, known)}")


def _number(field: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{field} must be numbers to be drawn along an axis, got {value!r}. Name it second.")
    return float(value)


def _field_name(field: str) -> str:
    outcome, _, part = field.partition(".")
    return f"{plain_name(outcome)}: {_PARTS.get(part, part)}" if part else plain_name(outcome)


def _signed(row: MeasureChange, measure: str) -> str:
    """Print a change with its error; shares in percentage points."""
    scale, unit = (100, " percentage points") if measure in _SHARES else (1, "")
    change = round(scale * row.change, 1) + 0.0  # no minus before a zero
    sign = "+" if change > 0 else ""
    return f"{sign}{number(change, 1)}{unit}\n(MCSE {scale * row.mcse:.1f})"

"""Figures of the trial's main question: the effects, published and reproduced, and how they vary between trials."""

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.effects.estimate_effects import Effect, Effects
from asteroid_repro.figures.style import (
    BLACK,
    BLUE,
    EFFECT,
    GREEN,
    GREY,
    LIGHT_GREY,
    SKY_BLUE,
    SMALL,
    TEXT,
    VERMILLION,
    check_outcome,
    finish,
    legend_below,
    new_axes,
    note_below,
    number,
)
from asteroid_repro.ledger.claim import Claim
from asteroid_repro.ledger.ledger import Ledger
from asteroid_repro.trial.quantities import UNITS
from asteroid_repro.verdicts.verdict import Verification


@dataclass(frozen=True)
class _Line:
    """One line of the forest plot: what it shows, where it lies and what is printed beside it."""

    name: str
    estimate: float
    low: float | None
    high: float | None
    printed: str
    colour: str
    marker: str


def plot_forest(
    trial_effects: Effects,
    ledger: Ledger,
    average: Verification | None = None,
    ax: Axes | None = None,
    *,
    week: int = 12,
) -> Axes:
    """Draw a forest plot of the effects on each outcome: published, and in one simulated trial.

    Parameters
    ----------
    trial_effects : Effects
        Effects of one trial.
    ledger : Ledger
        What is published, points.
    average : Verification, optional
        Verdicts of many simulated trials, to show their mean estimate with its Monte Carlo standard error (MCSE).
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when not given.
    week : int
        The visit, weeks since randomisation.

    Returns
    -------
    matplotlib.axes.Axes
        Running minus waitlist across, points. A printed number that contradicts the others of its line has a dagger.

    Raises
    ------
    InputError
        No effect at that visit, or none published.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, estimate_effects, published, simulate_trial
    >>> from matplotlib.figure import Figure
    >>> effects = estimate_effects(simulate_trial(ASTEROID, seed=2024))
    >>> ax = plot_forest(effects, published(), ax=Figure().subplots())
    >>> ax.get_xlabel()
    'Running minus waitlist, points (negative favours running)'
    """
    effects = {row.outcome: row for row in trial_effects.rows if row.week == week and row.outcome in UNITS}
    if not effects:
        raise InputError(f"trial_effects must have a known outcome at week {week}, got none. Choose another week.")
    groups = {outcome: ledger.line(outcome, week) for outcome in UNITS if outcome in effects}
    ax = new_axes(ax)
    y = 0.0
    ticks: dict[float, str] = {}
    for outcome, claims in groups.items():
        ax.text(
            0,
            y,
            f"{check_outcome(outcome)}",
            transform=ax.get_yaxis_transform(),
            fontsize=TEXT,
            weight="bold",
            va="center",
        )
        for line in _lines(outcome, claims, effects[outcome], average, week):
            y -= 1
            ticks[y] = line.name
            _draw_line(ax, y, line)
        y -= 1.5
    _print_beside(ax, 0.0, "Estimate (95 % CI), p")
    ax.axvline(0, color=GREY, linewidth=1, zorder=1)
    ax.set_yticks(list(ticks), list(ticks.values()))
    ax.set(ylim=(y + 0.8, 0.7), xlabel=EFFECT.capitalize())
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    _explain_daggers(ax, groups)
    return finish(ax, trial_effects.label)


def plot_sampling_distribution(
    estimates: np.ndarray,
    outcome: str,
    published: float | None,
    ax: Axes | None = None,
    *,
    week: int = 12,
    label: str = "SIMULATED",
) -> Axes:
    """Draw the histogram of the estimates of many simulated trials, with the published estimate marked.

    Parameters
    ----------
    estimates : numpy.ndarray, shape (trials,)
        Estimates, points. Failed fits (NaN) are counted in the legend and not drawn.
    outcome : str
        ``average_pain``, ``current_pain`` or ``disability``.
    published : float or None
        The published estimate, points; none is marked when None.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when not given.
    week : int
        The visit, weeks since randomisation.
    label : str
        What the data are.

    Returns
    -------
    matplotlib.axes.Axes
        Running minus waitlist across, points; number of trials up. The middle 95 % of trials is shaded.

    Raises
    ------
    InputError
        An unknown outcome; estimates of the wrong shape, or fewer than two of them.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> draws = np.random.default_rng(1).normal(-15, 5, size=2000)
    >>> ax = plot_sampling_distribution(draws, "average_pain", -15.3, ax=Figure().subplots())
    >>> ax.get_ylabel()
    'Simulated trials (number per bin)'
    """
    name = check_outcome(outcome).partition(",")[0]
    usable = _usable(estimates)
    ax = new_axes(ax)
    low, high = np.quantile(usable, [0.025, 0.975])
    ax.axvspan(
        low, high, color=LIGHT_GREY, linewidth=0, zorder=0,
        label=f"95 % of trials: {number(low, 1)} to {number(high, 1)}",
    )  # fmt: skip
    failed = len(estimates) - len(usable)
    drawn = f"{len(usable):,} trials" + (f" ({failed:,} more failed to fit)" if failed else "")
    ax.hist(usable, bins=_bins(usable).tolist(), color=SKY_BLUE, edgecolor="white", linewidth=0.3, label=drawn)
    if published is not None:
        text = f"Published {number(published, 2)}: {_shares(usable, published)}"
        ax.axvline(published, color=VERMILLION, linewidth=2, label=text)
    ax.axvline(0, color=BLACK, linestyle="--", linewidth=2, label=f"No difference, 0: {_shares(usable, 0.0)}")
    ax.set(
        xlabel=f"Effect on {name.lower()} at week {week}: {EFFECT}",
        ylabel="Simulated trials (number per bin)",
    )
    legend_below(ax, 2)
    return finish(ax, label)


def _lines(
    outcome: str, claims: Mapping[str, Claim], effect: Effect, average: Verification | None, week: int
) -> list[_Line]:
    lines = [_published_line(claims), _simulated_line(effect)]
    for row in average.rows if average else ():
        if row.claim == f"{outcome}.week{week}.estimate" and row.reproduced is not None:
            error = f" (MCSE {row.mcse:.2f})" if row.mcse is not None else ""
            name = f"Mean of {average.trials:,} trials" if average else ""
            lines.append(_Line(name, row.reproduced, None, None, number(row.reproduced, 2) + error, GREEN, "D"))
    return lines


def _published_line(claims: Mapping[str, Claim]) -> _Line:
    value = {part: claim.value for part, claim in claims.items()}
    text = {part: number_as_printed(claim) for part, claim in claims.items()}
    printed = f"{text['estimate']} ({text['ci_low']}, {text['ci_high']}), p = {text['p_value']}"
    return _Line("Published", value["estimate"], value["ci_low"], value["ci_high"], printed, BLACK, "s")


def _simulated_line(effect: Effect) -> _Line:
    interval = f"({number(effect.ci_low, 2)}, {number(effect.ci_high, 2)})"
    p = "p < 0.001" if effect.p_value < 0.001 else f"p = {effect.p_value:.3f}"
    printed = f"{number(effect.estimate, 2)} {interval}, {p}"
    return _Line("One simulated trial", effect.estimate, effect.ci_low, effect.ci_high, printed, BLUE, "o")


def number_as_printed(claim: Claim) -> str:
    """Return the printed string with a true minus sign, and a dagger if the claim contradicts others."""
    dagger = "\N{DAGGER}" if claim.status == "inconsistent" else ""
    return claim.printed.replace("-", "\N{MINUS SIGN}") + dagger


def _draw_line(ax: Axes, y: float, line: _Line) -> None:
    if line.low is not None and line.high is not None:
        ax.plot([line.low, line.high], [y, y], color=line.colour, linewidth=1.6, solid_capstyle="butt")
    ax.plot(line.estimate, y, color=line.colour, marker=line.marker, markersize=7, linestyle="none")
    _print_beside(ax, y, line.printed)


def _print_beside(ax: Axes, y: float, text: str) -> None:
    ax.text(1.02, y, text, transform=ax.get_yaxis_transform(), fontsize=SMALL, va="center")


def _explain_daggers(ax: Axes, groups: Mapping[str, Mapping[str, Claim]]) -> None:
    reasons = [
        f"\N{DAGGER} {claim.printed.replace('-', chr(0x2212))} as printed. {claim.reason}"
        for claims in groups.values()
        for claim in claims.values()
        if claim.status == "inconsistent"
    ]
    if reasons:
        note_below(ax, "\n".join(fill(reason, 90) for reason in reasons))


def _usable(estimates: np.ndarray) -> np.ndarray:
    if np.ndim(estimates) != 1:
        raise InputError(f"estimates must have one axis, trials, got shape {np.shape(estimates)}. Choose one visit.")
    usable: np.ndarray = estimates[np.isfinite(estimates)]
    if len(usable) < 2:
        raise InputError(f"estimates must have 2 finite values or more, got {len(usable)}. Simulate more trials.")
    return usable


def _bins(usable: np.ndarray) -> np.ndarray:
    """Bin edges by the rule of Freedman and Diaconis, rounded up to 0.05 times a power of 2.

    Differences of mean whole-number scores of 20 people are multiples of 0.05: bins of another width would hold now
    more, now fewer of them and show a comb that is not there. Edges lie half a step aside for the same reason.
    """
    spread = float(np.subtract(*np.quantile(usable, [0.75, 0.25])))
    reach = float(usable.max() - usable.min())
    wanted = max(2 * spread / len(usable) ** (1 / 3), reach / 200, 0.05)
    width = 0.05 * 2 ** np.ceil(np.log2(wanted / 0.05))
    start = np.floor(usable.min() / width) * width - 0.025
    return np.arange(start, usable.max() + width + 0.05, width)


def _shares(usable: np.ndarray, value: float) -> str:
    # Estimates on the grid of 0.05 that equal the value are neither below nor above it.
    below, above = (usable < value - 1e-9).mean(), (usable > value + 1e-9).mean()
    return f"{100 * below:.1f} % of trials below, {100 * above:.1f} % above"

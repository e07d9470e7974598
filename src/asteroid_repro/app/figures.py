"""The figures of the report, drawn for a page that may be as narrow as a phone."""

from textwrap import fill
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from asteroid_repro.app.results import distribution
from asteroid_repro.app.state import State
from asteroid_repro.figures.effect_figures import plot_sampling_distribution
from asteroid_repro.figures.people_figures import plot_trajectories
from asteroid_repro.figures.style import SMALL, legend_below
from asteroid_repro.trial.participant_data import Trial

_SIZE: Final = (3.9, 4.1)  # inches: letters stay readable when a phone shows it 360 dots wide
_LETTERS: Final = 46  # of the small font that fit beside each other
_LINE: Final = 0.033  # height of one of its lines, as a share of the figure


def distribution_figure(state: State, size: tuple[float, float] = _SIZE) -> Figure:
    """Draw the estimates of many trials, with the published value marked; narrow, or as wide as a printed page.

    Returns
    -------
    matplotlib.figure.Figure
        Treatment minus reference across, in the unit of the outcome.

    Examples
    --------
    >>> distribution_figure(State()).axes[0].get_ylabel()
    'Simulated trials (number per bin)'
    """
    figure, study = Figure(figsize=size), state.study
    axes = figure.add_axes((0.16, 0.35, 0.81, 0.55))
    plot_sampling_distribution(distribution(state), state["outcome"], axes, design=study.design, ledger=study.ledger)
    _underlay(axes, state)
    legend_below(axes, 1)
    _narrow(axes)
    return figure


def _underlay(axes: Axes, state: State) -> None:
    """Draw the study as it is supposed behind the state, on an axis that stays where it is whatever is changed."""
    name, control = state["outcome"], state.controls[f"{state['outcome']}.effect"]
    start = distribution(State(state.study, {"seed": state["seed"]})).estimates[name][-1]
    width = float(np.diff(axes.containers[0][0].get_bbox().intervalx)[0]) if axes.containers else 1.0
    low, high = (end + way * 4 * float(start.std()) for end, way in zip(control.ends, (-1, 1), strict=True))
    edges = np.arange(low, high + width, width)
    weights = np.full(start.size, state.trials / start.size)  # as many as are drawn of the state
    label = f"{state.study.design.name} as supposed"
    axes.hist(
        start, edges.tolist(), weights=weights, histtype="step", color="#555555", linewidth=1.2, zorder=3, label=label
    )
    axes.set_xlim(low, high)


def trajectories_figure(trial: Trial, state: State) -> Figure:
    """Draw each person of one trial and the means of the arms.

    Returns
    -------
    matplotlib.figure.Figure
        Weeks across, outcome points up.

    Examples
    --------
    >>> from asteroid_repro.app.results import one_trial
    >>> trajectories_figure(one_trial(State()), State()).axes[0].get_xlabel()
    'Weeks since randomisation'
    """
    figure = Figure(figsize=_SIZE)
    axes = figure.add_axes((0.16, 0.27, 0.81, 0.63))
    plot_trajectories(trial, state["outcome"], axes, level=state["level"])
    _narrow(axes)
    return figure


def _narrow(axes: Axes) -> None:
    """Break lines, within margins that are fixed: a layout solved anew takes longer than all else on the page."""
    title, label = (fill(text, _LETTERS) for text in (axes.get_title(loc="left"), axes.get_xlabel()))
    axes.set_title(title, loc="left", fontsize=SMALL, color="#555555", pad=8)
    axes.set_xlabel(label, fontsize=SMALL)
    above, below = title.count("\n"), max(0, label.count("\n") - 1)  # lines more than there is room for
    left, bottom, width, height = axes.get_position().bounds
    bottom, top = bottom + _LINE * below, bottom + height + _LINE * (1 - above)
    axes.set_position((left, bottom, width, top - bottom))
    if (legend := axes.get_legend()) is not None:
        legend.set_bbox_to_anchor((0.43, -0.06 - 1.2 * _LINE * below), transform=axes.transAxes)

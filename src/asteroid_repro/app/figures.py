"""The figures of the report, drawn for a page that may be as narrow as a phone."""

from io import BytesIO
from textwrap import fill
from typing import Final, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from asteroid_repro.app.state import State
from asteroid_repro.evaluate.sampling import SamplingDistribution
from asteroid_repro.figures.effect_figures import plot_sampling_distribution
from asteroid_repro.figures.people_figures import plot_trajectories
from asteroid_repro.figures.style import SMALL, legend_below
from asteroid_repro.ledger.ledger import published
from asteroid_repro.trial.participant_data import Trial

_SIZE: Final = (3.9, 4.1)  # inches: letters stay readable when a phone shows it 360 dots wide
_LETTERS: Final = 54  # of the small font that fit beside each other


def distribution_figure(estimates: SamplingDistribution, state: State) -> Figure:
    """Draw the estimates of many trials, with the published value marked.

    Parameters
    ----------
    estimates : SamplingDistribution
        Of the state.
    state : State
        Says which outcome is drawn.

    Returns
    -------
    matplotlib.figure.Figure
        Running minus waitlist across, points.

    Examples
    --------
    >>> from asteroid_repro.app.results import distribution
    >>> figure = distribution_figure(distribution(State()), State())
    >>> figure.axes[0].get_ylabel()
    'Simulated trials (number per bin)'
    """
    week = state.assumptions().visits[-1]
    claim = published()[f"{state.outcome}.week{week}.estimate"]
    axes = _axes(bottom=0.35)
    plot_sampling_distribution(
        estimates.estimates[state.outcome][-1], state.outcome, claim.value, axes, week=week, label=estimates.label
    )
    legend_below(axes, 1)
    return _narrow(axes)


def trajectories_figure(trial: Trial, state: State) -> Figure:
    """Draw each person of one trial and the means of the arms.

    Parameters
    ----------
    trial : Trial
        The trial shown.
    state : State
        Says which outcome is drawn.

    Returns
    -------
    matplotlib.figure.Figure
        Weeks across, outcome points up.

    Examples
    --------
    >>> from asteroid_repro.app.results import one_trial
    >>> trajectories_figure(one_trial(State()).trial, State()).axes[0].get_xlabel()
    'Weeks since randomisation'
    """
    axes = _axes(bottom=0.27)
    plot_trajectories(trial, state.outcome, axes)
    return _narrow(axes)


def image(figure: Figure, kind: Literal["svg", "png"]) -> bytes:
    """Return a figure as a file's content, the same bytes every time.

    Examples
    --------
    >>> image(Figure(), "png")[1:4]
    b'PNG'
    """
    metadata = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
    content = BytesIO()
    # Dates and random names inside the file would make two downloads of one state differ.
    with mpl.rc_context({"svg.hashsalt": "asteroid-repro", "svg.fonttype": "path"}):
        figure.savefig(content, format=kind, dpi=150, metadata=metadata)
    return content.getvalue()


def _axes(bottom: float) -> Axes:
    figure = Figure(figsize=_SIZE)
    # Fixed margins: a layout that is solved anew takes longer than everything else on the page.
    return figure.add_axes((0.16, bottom, 0.81, 0.9 - bottom))


def _narrow(axes: Axes) -> Figure:
    axes.set_title(fill(axes.get_title(loc="left"), _LETTERS), loc="left", fontsize=SMALL, color="#555555", pad=8)
    axes.set_xlabel(fill(axes.get_xlabel(), _LETTERS), fontsize=SMALL)
    legend = axes.get_legend()
    if legend is not None:
        legend.set_bbox_to_anchor((0.5, -0.06), transform=axes.transAxes)
    figure = axes.figure
    if not isinstance(figure, Figure):
        raise TypeError("axes must lie in a figure")
    return figure

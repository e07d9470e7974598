"""The figures of one reproduction, each drawn and saved."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from asteroid_repro.estimate.effects.estimate_effects import Effects
from asteroid_repro.estimate.safety.rates import EventRates
from asteroid_repro.evaluate.sampling import SamplingDistribution
from asteroid_repro.figures.effect_figures import plot_forest, plot_sampling_distribution
from asteroid_repro.figures.exposure_figures import plot_attendance, plot_event_rates, plot_running_hours
from asteroid_repro.figures.people_figures import plot_participant_flow, plot_trajectories
from asteroid_repro.figures.style import save_figure
from asteroid_repro.ledger.ledger import Ledger
from asteroid_repro.trial.participant_data import Trial
from asteroid_repro.trial.quantities import OUTCOMES
from asteroid_repro.verdicts.verdict import Verification


def draw_all(
    folder: Path,
    *,
    trial: Trial,
    effects: Effects,
    rates: EventRates,
    distribution: SamplingDistribution,
    verification: Verification,
    ledger: Ledger,
) -> list[Path]:
    """Draw every figure of a reproduction into a folder, as SVG and PNG, and return the files."""
    drawings: dict[str, Callable[[], Axes]] = {
        "participant-flow": lambda: plot_participant_flow(trial),
        "forest": lambda: plot_forest(effects, ledger, verification),
        "attendance": lambda: plot_attendance(trial),
        "event-rates": lambda: plot_event_rates(rates, ledger),
        "running-hours": lambda: plot_running_hours(trial),
    }
    for outcome in OUTCOMES:
        name = outcome.replace("_", "-")
        estimates, published = distribution.estimates[outcome][-1], ledger[f"{outcome}.week12.estimate"].value
        drawings[f"trajectories-{name}"] = partial(plot_trajectories, trial, outcome)
        drawings[f"sampling-distribution-{name}"] = partial(
            plot_sampling_distribution, estimates, outcome, published, label=distribution.label
        )
    return [path for name, draw in drawings.items() for path in _drawn(draw, folder / name)]


def _drawn(draw: Callable[[], Axes], place: Path) -> list[Path]:
    """Draw one figure, save it and let it go."""
    axes = draw()
    try:
        return save_figure(axes, place)
    finally:
        plt.close(axes.figure)  # type: ignore[arg-type]  # these axes lie in a figure, not in a subfigure

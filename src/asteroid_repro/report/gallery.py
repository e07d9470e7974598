"""The figures of one reproduction, each drawn and saved."""

from pathlib import Path

from asteroid_repro.assumptions.quantities import OUTCOMES
from asteroid_repro.estimate.effects import Effects
from asteroid_repro.estimate.rates import EventRates
from asteroid_repro.evaluate.performance import OperatingCharacteristics
from asteroid_repro.published.ledger import Ledger
from asteroid_repro.report.effect_figures import plot_forest, plot_sampling_distribution
from asteroid_repro.report.exposure_figures import plot_attendance, plot_event_rates, plot_running_hours
from asteroid_repro.report.people_figures import plot_participant_flow, plot_trajectories
from asteroid_repro.report.style import save_figure
from asteroid_repro.schema import Trial
from asteroid_repro.verify.verdict import Verification


def draw_all(
    folder: Path,
    *,
    trial: Trial,
    effects: Effects,
    rates: EventRates,
    characteristics: OperatingCharacteristics,
    verification: Verification,
    ledger: Ledger,
) -> list[Path]:
    """Draw every figure of a reproduction into a folder, as SVG and PNG, and return the files."""
    axes = {
        "participant-flow": plot_participant_flow(trial),
        "forest": plot_forest(effects, ledger, verification),
        "attendance": plot_attendance(trial),
        "event-rates": plot_event_rates(rates, ledger),
        "running-hours": plot_running_hours(trial),
    }
    for outcome in OUTCOMES:
        name = outcome.replace("_", "-")
        published = ledger[f"{outcome}.week12.estimate"].value
        axes[f"trajectories-{name}"] = plot_trajectories(trial, outcome)
        axes[f"sampling-distribution-{name}"] = plot_sampling_distribution(
            characteristics.estimates[outcome][-1], outcome, published, label=characteristics.label
        )
    return [path for name, drawn in axes.items() for path in save_figure(drawn, folder / name)]

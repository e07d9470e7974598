"""The figures of one reproduction, each drawn and saved."""

from pathlib import Path

from asteroid_repro.estimate.effects import Effects
from asteroid_repro.estimate.rates import EventRates
from asteroid_repro.evaluate.performance import OperatingCharacteristics
from asteroid_repro.published.ledger import Ledger
from asteroid_repro.schema import Trial


def draw_all(
    folder: Path,
    trial: Trial,
    effects: Effects,
    rates: EventRates,
    characteristics: OperatingCharacteristics,
    ledger: Ledger,
) -> list[Path]:
    """Draw every figure of a reproduction into a folder, as SVG and PNG."""
    return []

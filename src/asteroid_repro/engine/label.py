"""What a simulated figure says on its face: that it is simulated, from what, how often, and how it was analysed."""

from asteroid_repro._version import __version__
from asteroid_repro.estimate.effects.methods import Analysis


def simulated_label(*parts: str | Analysis) -> str:
    """Return the label of a simulated result from its parts; empty ones are left out.

    Examples
    --------
    >>> simulated_label("ASTEROID", Analysis("ancova", "t"), "500 trials", "", "seed 1").split(", version")[0]
    'SIMULATED (ASTEROID, ancova with t, level 0.95, 500 trials, seed 1'
    """
    shown = [_shown(part) if isinstance(part, Analysis) else part for part in parts if part]
    return f"SIMULATED ({', '.join(shown)}, version {__version__}), not participant data"


def _shown(analysis: Analysis) -> str:
    return f"{analysis.method} with {analysis.distribution}, level {analysis.level:g}"

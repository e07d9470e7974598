"""What every test and doctest shares."""

import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# A public name is a checked copy of a function whose example runs where it is written.
collect_ignore = ["src/asteroid_repro/__init__.py"]

# No test is timed: a busy machine must not fail one.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    """Close what a test drew; pyplot keeps figures, and warns of too many, until they are closed."""
    yield
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close("all")

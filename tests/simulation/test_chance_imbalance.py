"""Given a chance imbalance the unadjusted estimate is off by (slope - 1) times it, and the adjusted one is right."""

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest


@pytest.fixture(scope="module")
def script() -> Any:
    path = Path(__file__).parents[2] / "benchmarks" / "chance_imbalance.py"
    specification = importlib.util.spec_from_file_location("chance_imbalance", path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("sd", "last"), [((20.43, 20.43, 20.43), 0.5), ((16.0, 19.0, 22.0), 0.35)], ids=["equal", "spreading"]
)
def test_estimates_given_an_imbalance(script: Any, sd: tuple[float, ...], last: float) -> None:
    correlation = np.array([[1, 0.5, last], [0.5, 1, 0.5], [last, 0.5, 1]])
    found = script.conditional(
        40_000, 7, effect=-19.35, imbalance=-9.3, sd=np.array(sd), correlation=correlation
    ).set_index("method")  # fmt: skip
    assert ((found["mean"] - found["formula"]).abs() <= 4 * found["MCSE"]).all()
    # Were it the other way round (ANCOVA off, the others right) this would fail by more than 20 MCSE.
    assert (found.loc[["random_intercept", "mmrm"], "mean"] + 19.35 > 20 * found["MCSE"].max()).all()
    assert abs(found.loc["ancova", "coverage"] - 0.95) <= 4 * found.loc["ancova", "MCSE of coverage"]

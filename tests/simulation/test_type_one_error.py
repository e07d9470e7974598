"""The measured type I errors: 2,000,000 trials a row outside this package (MCSE .00015); here 60,000, 4 MCSE."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

TRIALS = 60_000
MEASURED = (
    (0.0536, 0.0499, 0.0500, 0.0500),
    (0.0977, 0.0924, 0.0499, 0.0499),
    (0.0955, 0.0904, 0.0499, 0.0498),
)


def benchmark(name: str) -> Any:
    """Return a script of the folder benchmarks as a module."""
    place = Path(__file__).parents[2] / "benchmarks" / f"{name}.py"
    specification = importlib.util.spec_from_file_location(name, place)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module  # its records look their module up
    specification.loader.exec_module(module)
    return module


type_one = benchmark("type_one_error")


@pytest.mark.parametrize("number", range(3))
def test_type_one_errors_are_the_measured_ones(number: int) -> None:
    covariances = type_one.COVARIANCES[number : number + 1]
    table = type_one.type_one_errors(covariances=covariances, trials=TRIALS, seed=44)
    for found, expected in zip(table["type_one_error"], MEASURED[number], strict=True):
        assert abs(found - expected) < 4 * np.sqrt(expected * (1 - expected) / TRIALS)


def test_missing_visits_change_little_and_no_fit_fails() -> None:
    table = type_one.type_one_errors(covariances=type_one.COVARIANCES[1:2], missing=0.15, trials=4096, seed=45)
    assert table["failed"].tolist() == [0, 0, 0, 0]
    faithful, honest = table["type_one_error"][0], table["type_one_error"][3]
    assert faithful > 0.08
    assert abs(honest - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 4096) + 0.005  # REML with Satterthwaite is approximate


@pytest.mark.parametrize(("table", "missing"), [(0, 0.0), (1, 0.15)])
def test_the_page_shows_what_is_measured(table: int, missing: float) -> None:
    """2048 trials a row against the 200,000 of the page: 4 MCSE tell 0.10 from 0.06."""
    rows = [row for row in type_one.PAGE.read_text(encoding="utf-8").splitlines() if row.startswith("| 0.")]
    shown = [row.strip("| ").split(" | ") for row in rows[12 * table : 12 * (table + 1)]]
    found = type_one.as_text(type_one.type_one_errors(missing=missing, trials=2048, seed=46))
    names = ["correlations", "sds", "method", "distribution"]
    assert [row[:4] for row in shown] == found[names].to_numpy().tolist()
    for row, rate in zip(shown, found["type_one_error"].astype(float), strict=True):
        expected = float(row[5])
        assert abs(rate - expected) < 4 * np.sqrt(expected * (1 - expected) / 2048), row

"""Figures of ASTEROID's results, a few numbers a table: what is held against those of the first house.

``python tests/regression/asteroid_results.py`` prints them as JSON. Regression: made by this package itself.
"""

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

import asteroid_repro as ar
from asteroid_repro.estimate.effects.methods import METHODS

SEEDS: Final = (1, 7, 2024)
SCENARIOS: Final = ("asteroid", "no_effect", "decaying_correlation", "varying_effects")


def fingerprint(table: pd.DataFrame) -> list[list[float]]:
    """Return two sums of every column with numbers, plain and weighted with the row's number; names play no part."""
    found = []
    for name in table.columns:
        numbers = pd.to_numeric(table[name], errors="coerce").astype(float).to_numpy()
        if not np.isnan(numbers).all():
            known = np.nan_to_num(numbers, nan=0.0, posinf=1e6)
            found.append([float(known.sum()), float((known * np.arange(1, len(known) + 1)).sum())])
    return found


def results() -> dict[str, list[list[float]]]:
    """Return the fingerprints: three trials, every method, operating characteristics, what-if, a sweep."""
    trials = {seed: ar.simulate_trial(ar.ASTEROID, seed=seed) for seed in SEEDS}
    found = {
        f"trial {seed}, {name}": fingerprint(table)
        for seed, trial in trials.items()
        for name, table in trial.tables().items()
    }
    for method, own in METHODS.items():
        for distribution in own.distributions:
            effects = ar.estimate_effects(trials[2024], method=method, distribution=distribution)
            found[f"effects, {method}, {distribution}"] = fingerprint(_only(effects.to_frame(), _EFFECT))
    how: dict[str, Any] = {"method": "random_intercept", "distribution": "z"}
    for name in SCENARIOS:
        measured = ar.operating_characteristics(ar.scenario(name), trials=2000, seed=3, control_variate=False, **how)
        found[f"operating characteristics, {name}"] = fingerprint(_only(measured.to_frame(), _MEASURE))
    smaller = ar.ASTEROID.with_effect(average_pain=-8)
    changes = ar.what_if(ar.ASTEROID, smaller, trials=2000, seed=3, control_variate=False, **how).to_frame()
    found["what if"] = fingerprint(_only(changes, ("base", "changed", "change", "mcse")))
    with tempfile.TemporaryDirectory() as folder:
        cells: dict[str, list[Any]] = {"people_per_arm": [15, 20], "average_pain.effect": [-5.0, -15.0]}
        done = ar.sweep(ar.ASTEROID, cells, Path(folder) / "sweep", trials=1000, seed=3, control_variate=False, **how)
        swept = done.to_frame()
    found["sweep"] = fingerprint(_only(swept, _MEASURE))
    return found


_EFFECT: Final = ("estimate", "se", "df", "ci_low", "ci_high", "p_value")
_MEASURE: Final = ("week", "value", "mcse", "low", "high")


def _only(table: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    return table[list(columns)]


if __name__ == "__main__":
    print(json.dumps(results(), indent=1))  # noqa: T201 - for a person, who keeps it beside this file

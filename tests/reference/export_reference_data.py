"""Write the data sets that make_references.R fits: tests/reference/data/*.csv. Usage: python export_reference_data.py.

Made-up scores, one row per person: arm and the scores at weeks 0, 6 and 12, empty where missing. Seeds are fixed.
The null_*.csv are the first trials of the run behind docs/type-one-error.md with 15 % missing, unrounded.
"""

import runpy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from asteroid_repro.simulate.streams import BLOCK_TRIALS

FOLDER = Path(__file__).parent / "data"
TYPE_ONE_ERROR = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "type_one_error.py"))
SPREAD = np.array([16.0, 19.0, 22.0])
DECAYING = np.array([[1.0, 0.6, 0.35], [0.6, 1.0, 0.6], [0.35, 0.6, 1.0]])
APART = np.full((3, 3), -0.25) + 1.25 * np.eye(3)  # people resemble themselves less than others
EFFECT = np.array([0.0, -8.0, -12.0])
NULL_SEED, NULL_MISSING, NULL_TRIALS = 43, 0.15, (0, 1, 2, 3)  # the seed of benchmarks/type_one_error.py


@dataclass(frozen=True)
class DataSet:
    """One data set: people per arm, correlation of the visits, and what is missing."""

    name: str
    running: int
    waitlist: int
    seed: int
    correlation: np.ndarray
    missing: str = "none"


DATA_SETS = (
    DataSet("complete", 20, 20, 101, DECAYING),
    DataSet("mcar", 20, 20, 102, DECAYING, "mcar"),
    DataSet("dropout", 20, 20, 103, DECAYING, "dropout"),
    DataSet("boundary", 20, 20, 104, APART),
    DataSet("boundary_mcar", 20, 20, 105, APART, "mcar"),
    DataSet("n12", 6, 6, 106, DECAYING, "mcar"),
    DataSet("n400", 200, 200, 107, DECAYING, "mcar"),
    DataSet("unequal", 12, 28, 108, DECAYING, "mcar"),
)


def make(data_set: DataSet) -> pd.DataFrame:
    """Draw the scores and take away what is missing; everybody keeps at least one visit."""
    rng = np.random.default_rng(data_set.seed)
    people = data_set.running + data_set.waitlist
    running = np.arange(people) < data_set.running
    covariance = data_set.correlation * np.outer(SPREAD, SPREAD)
    scores = 45 + rng.multivariate_normal(np.zeros(3), covariance, size=people) + np.outer(running, EFFECT)
    scores = scores.round(1)
    gone = np.zeros(scores.shape, dtype=bool)
    if data_set.missing == "mcar":
        gone = rng.random(scores.shape) < 0.15
        gone[gone.all(axis=1)] = False
    if data_set.missing == "dropout":  # once away, always away
        gone[:, 1:] = np.logical_or.accumulate(rng.random((people, 2)) < 0.15, axis=1)
    scores[gone] = np.nan
    return laid_out(scores, data_set.running)


def laid_out(scores: np.ndarray, running: int) -> pd.DataFrame:
    """Lay out scores (people, visits), runners first, with one row per person."""
    wide = pd.DataFrame(scores, columns=["week_0", "week_6", "week_12"])
    wide.insert(0, "arm", np.where(np.arange(len(scores)) < running, "running", "waitlist"))
    wide.insert(0, "participant", np.arange(1, len(scores) + 1))
    return wide


def null_trials() -> dict[str, pd.DataFrame]:
    """Return trials of block 0 of the type I run by name: covariance (from 1, in its order) and index of the trial."""
    return {
        f"null_{number}_trial_{trial}": laid_out(block[..., trial].T, block.shape[1] // 2)
        for number, covariance in enumerate(TYPE_ONE_ERROR["COVARIANCES"], start=1)
        for block in [TYPE_ONE_ERROR["_null_scores"](covariance.root(), NULL_SEED, 0, BLOCK_TRIALS, NULL_MISSING)]
        for trial in NULL_TRIALS
    }


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, wide in ({one.name: make(one) for one in DATA_SETS} | null_trials()).items():
        wide.to_csv(FOLDER / f"{name}.csv", index=False, lineterminator="\n")

"""Write the tables that make_mixed_model_references.R fits: tests/reference/mixed_models/tables.csv.

Usage: python tests/reference/export_mixed_model_data.py. Made-up scores, one row per person: table, participant, arm,
age, site, and the scores at up to five weeks, empty where missing. Seeds are fixed. Which table is fitted with which
model stands in cases.csv beside it, written by hand below.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

FOLDER: Final = Path(__file__).parent / "mixed_models"
SPREAD: Final = np.array([16.0, 18.0, 20.0, 22.0, 19.0])


@dataclass(frozen=True)
class Table:
    """One table: people per arm, weeks, how correlation falls in a week, share missing."""

    name: str
    treatment: int
    reference: int
    weeks: tuple[float, ...]
    decay: float
    missing: float
    seed: int


EQUAL, UNEQUAL = (0, 4, 8, 12), (0, 2, 6, 13, 26)
TABLES: Final = (
    Table("complete", 20, 20, EQUAL, 0.06, 0.0, 201),
    Table("missing", 22, 22, EQUAL, 0.06, 0.15, 202),
    Table("unbalanced", 14, 30, EQUAL, 0.08, 0.12, 203),
    Table("small", 9, 9, EQUAL, 0.05, 0.1, 204),
    Table("boundary", 20, 20, EQUAL, 3.0, 0.1, 205),
    Table("times", 20, 20, UNEQUAL, 0.05, 0.1, 206),
    Table("times_small", 10, 12, UNEQUAL, 0.03, 0.15, 207),
    Table("large", 45, 45, EQUAL, 0.04, 0.15, 209),
    Table("strata", 24, 24, EQUAL, 0.06, 0.1, 210),
)
MODELS: Final = (
    # name, tables, then method, covariance and covariates of estimate_effects
    ("unstructured", ("complete", "missing", "unbalanced", "large", "strata", "times"), "mmrm", "unstructured", ""),
    ("compound", ("complete", "missing", "unbalanced", "small", "times", "large"), "mmrm", "compound_symmetry", ""),
    ("heterogeneous_cs", ("complete", "missing", "large", "strata"), "mmrm", "heterogeneous_compound_symmetry", ""),
    ("ar1", ("complete", "missing", "unbalanced", "small", "strata"), "mmrm", "ar1", ""),
    ("heterogeneous_ar1", ("missing", "large", "strata"), "mmrm", "heterogeneous_ar1", ""),
    ("exponential", ("times", "times_small", "missing"), "mmrm", "exponential", ""),
    ("heterogeneous_exponential", ("times", "large"), "mmrm", "heterogeneous_exponential", ""),
    ("toeplitz", ("complete", "missing", "large"), "mmrm", "toeplitz", ""),
    ("heterogeneous_toeplitz", ("missing", "large"), "mmrm", "heterogeneous_toeplitz", ""),
    ("intercept", ("complete", "missing", "unbalanced", "small", "boundary", "times"), "random_intercept", "", ""),
    ("intercept_age", ("missing", "strata", "small"), "random_intercept", "", "age"),
    ("unstructured_age_site", ("missing", "strata", "large"), "mmrm", "unstructured", "age site"),
    ("baseline", ("missing", "unbalanced", "large", "strata"), "mmrm", "unstructured", "baseline:week"),
    ("baseline_age", ("missing", "times"), "mmrm", "exponential", "baseline:week age"),
    ("compound_age_site", ("missing", "small"), "mmrm", "compound_symmetry", "age site"),
    ("clda", ("missing", "unbalanced", "large"), "clda", "unstructured", ""),
    ("ancova", ("missing", "strata", "small"), "ancova", "", "age site"),
    ("change", ("missing", "strata"), "change_score", "", "site"),
)
ONCE: Final = frozenset({"ancova", "change"})
"""Models fitted by REML alone."""


def make(table: Table, number: int) -> pd.DataFrame:
    """Draw the scores and take away what is missing; everybody keeps a score, and the baseline."""
    rng = np.random.default_rng([table.seed, number])
    people, visits = table.treatment + table.reference, len(table.weeks)
    treated = np.arange(people) < table.treatment
    apart = np.abs(np.subtract.outer(table.weeks, table.weeks))
    correlation = 0.25 * (apart == 0) + 0.75 * np.exp(-table.decay * apart)
    root = np.linalg.cholesky(correlation * np.outer(SPREAD[:visits], SPREAD[:visits]))
    age, site = rng.normal(45, 11, people).round(), rng.choice(["north", "south", "west"], people)
    noise = rng.standard_normal((people, visits)) @ root.T
    scores = 45 + noise + 0.4 * (age - 45)[:, np.newaxis] + 5.0 * (site == "west")[:, np.newaxis]
    scores[:, 1:] -= np.outer(treated, np.linspace(4, 10, visits - 1))
    gone = rng.random((people, visits)) < table.missing
    gone[:, 0] = False
    scores[gone] = np.nan
    names = ["y1", "y2", "y3", "y4", "y5"]
    wide = pd.DataFrame(scores.round(1), columns=names[:visits]).reindex(columns=names)
    front = {
        "table": f"{table.name}-{MODELS[number][0]}",
        "participant": np.arange(1, people + 1),
        "arm": np.where(treated, "yoga", "care"),
    }
    return pd.concat([pd.DataFrame({**front, "age": age.astype(int), "site": site}), wide], axis=1)


def cases() -> pd.DataFrame:
    """Return a row for each fit: table, weeks, likelihood and the arguments of ``estimate_effects``."""
    weeks = {table.name: " ".join(map(str, table.weeks)) for table in TABLES}
    rows = [
        (f"{table}-{name}", weeks[table], method, covariance, covariates, likelihood)
        for name, tables, method, covariance, covariates in MODELS
        for table in tables
        for likelihood in (("REML",) if name in ONCE else ("REML", "ML"))
    ]
    return pd.DataFrame(rows, columns=["table", "weeks", "method", "covariance", "covariates", "likelihood"])


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    known = {table.name: table for table in TABLES}
    made = [make(known[table], number) for number, (_, tables, *_) in enumerate(MODELS) for table in tables]
    pd.concat(made).to_csv(FOLDER / "tables.csv", index=False, lineterminator="\n")
    cases().to_csv(FOLDER / "cases.csv", index=False, lineterminator="\n")

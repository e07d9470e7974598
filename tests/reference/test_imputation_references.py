"""Multiple imputation against R: mice, mitools, least squares without draws, and draws without a Markov chain.

Reference: tests/reference/imputation_references.json, written by make_imputation_references.R from data/*.csv beside
it, written by export_reference_data.py. Versions are in the file. Random numbers differ from R's, so draws are compared
within 4 Monte Carlo standard errors of both; Rubin's rules have none and are compared to rounding.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from asteroid_repro.estimate.effects.ancova import ancova
from asteroid_repro.estimate.effects.mmrm import mmrm
from asteroid_repro.estimate.effects.moments import moments
from asteroid_repro.estimate.inference import Estimates
from asteroid_repro.estimate.missing_visits.imputation import impute
from asteroid_repro.estimate.missing_visits.reference_rules import Rule
from asteroid_repro.estimate.missing_visits.rubin import pool

FOLDER = Path(__file__).parent
REFERENCES = json.loads((FOLDER / "imputation_references.json").read_text())
METHODS = {"ancova": ancova, "mmrm": mmrm}
IMPUTATIONS = 4000
RULES: tuple[Rule, ...] = ("mar", "jump_to_reference", "copy_reference")


@dataclass(frozen=True)
class Draws:
    """Estimates and squared standard errors of completed trials, shape (visits - 1, imputations)."""

    estimates: np.ndarray
    variances: np.ndarray


@cache
def completed(name: str, rule: Rule) -> tuple[np.ndarray, np.ndarray]:
    """Impute a data set; scores of the arms (visits, people, imputations)."""
    wide = pd.read_csv(FOLDER / "data" / f"{name}.csv")
    scores = wide[["week_0", "week_6", "week_12"]].to_numpy().T
    running = (wide["arm"] == "running").to_numpy()
    rng = np.random.default_rng(2013)
    return impute(
        scores[:, running], scores[:, ~running], imputations=IMPUTATIONS, rng=rng, rule=rule, baseline="outcome"
    )


@cache
def draws(name: str, rule: Rule, method: str) -> Draws:
    """Analyse every completed trial of a data set."""
    fits = METHODS[method](moments(*completed(name, rule)))
    return Draws(fits.estimate, fits.standard_error**2)


def ours(row: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return our estimates and squared standard errors of a row of the references."""
    found, visit = draws(row["data_set"], row["rule"], row["method"]), row["week"] // 6 - 1
    return found.estimates[visit], found.variances[visit]


def name_of(row: dict[str, Any]) -> str:
    return "-".join(str(row[key]) for key in ("data_set", "rule", "method", "week", "software") if key in row)


@pytest.mark.parametrize("which", range(len(REFERENCES["pooled"])))
def test_rubins_rules_are_those_of_mice_and_mitools(which: int) -> None:
    """Degrees of freedom by mice alone: those of mitools leave out 1 + 1/M (see make_imputation_references.R)."""
    row = REFERENCES["pooled"][which]
    estimates, ses = np.array(row["estimates"]), np.array(row["ses"])
    pooled = pool(Estimates(estimates, ses, np.full(len(ses), float(row["complete_df"])), ses < 0))
    found = {
        "estimate": pooled.estimates.estimate,
        "se": pooled.estimates.standard_error,
        "df": pooled.estimates.df,
        "within": pooled.within,
        "between": pooled.between,
        "missing_information": pooled.missing_information,
    }
    for software in ("mice", "mitools"):
        for key, value in row[software].items():
            assert float(found[key]) == pytest.approx(value, rel=1e-12), (software, key)


def test_every_rule_method_and_week_is_compared() -> None:
    wanted = {(rule, method, week) for rule in RULES for method in METHODS for week in (6, 12)}
    for kind in ("limits", "draws"):
        assert {(row["rule"], row["method"], row["week"]) for row in REFERENCES[kind]} == wanted
    assert {(row["data_set"], row["software"]) for row in REFERENCES["chained"]} == {
        ("mcar", "conjugate"), ("mcar", "norm"), ("null_2_trial_0", "conjugate"),
    }  # fmt: skip


@pytest.mark.parametrize("row", REFERENCES["limits"], ids=name_of)
def test_the_estimate_tends_to_that_of_the_regressions(row: dict[str, Any]) -> None:
    """With dropout each score is imputed by a regression on what came before; the draws average to its coefficients."""
    estimates, _ = ours(row)
    assert abs(estimates.mean() - row["estimate"]) < 4 * estimates.std(ddof=1) / np.sqrt(IMPUTATIONS)


def compare(row: dict[str, Any]) -> None:
    """Compare the mean, the variance between and the variance within imputations with those of other software."""
    estimates, variances = ours(row)
    each = 1 / IMPUTATIONS + 1 / row["imputations"]
    assert abs(estimates.mean() - row["estimate"]) < 4 * np.sqrt(row["between"] * each)
    assert abs(variances.mean() - row["within"]) < 4 * variances.std(ddof=1) * np.sqrt(each)
    # The variance of a sample variance, in units of its square: kurtosis - 1, here a little more than a normal's 2.
    spread = ((estimates - estimates.mean()) ** 4).mean() / estimates.var() ** 2 - 1
    assert 1.8 < spread < 3
    assert abs(estimates.var(ddof=1) / row["between"] - 1) < 4 * np.sqrt(spread * each)


@pytest.mark.parametrize("row", REFERENCES["draws"], ids=name_of)
def test_dropout_is_imputed_as_by_draws_of_the_regressions(row: dict[str, Any]) -> None:
    compare(row)


@pytest.mark.parametrize("row", [row for row in REFERENCES["chained"] if row["software"] == "conjugate"], ids=name_of)
def test_missed_visits_are_imputed_as_by_mice_with_the_same_prior(row: dict[str, Any]) -> None:
    compare(row)


@pytest.mark.parametrize("row", [row for row in REFERENCES["chained"] if row["software"] == "norm"], ids=name_of)
def test_the_prior_of_mice_changes_the_standard_error_by_little(row: dict[str, Any]) -> None:
    """Its residual variances have 2 degrees of freedom fewer, of about 30: a variance between 2 in 28 larger."""
    estimates, variances = ours(row)
    each = 1 / IMPUTATIONS + 1 / row["imputations"]
    assert abs(estimates.mean() - row["estimate"]) < 4 * np.sqrt(row["between"] * each)
    totals = [variances.mean() + estimates.var(ddof=1), row["within"] + row["between"]]
    assert 0.98 < np.sqrt(totals[0] / totals[1]) < 1.02

"""The mixed model of one table against nlme, lme4, lmerTest, pbkrtest, emmeans and lm in 63 tables.

Reference: mixed_models/references.csv, written by make_mixed_model_references.R from tables.csv and cases.csv beside
it, written by export_mixed_model_data.py. Versions are in its first line. Degrees of freedom of covariances that only
nlme fits have no reference there: for AR(1) they are in test_numerical_likelihood.py.
"""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from asteroid_repro import estimate_effects
from asteroid_repro.estimate.effects.estimate_effects import Effects

FOLDER = Path(__file__).parent / "mixed_models"
TABLES = pd.read_csv(FOLDER / "tables.csv")
_LISTED = pd.read_csv(FOLDER / "cases.csv", keep_default_na=False, dtype=str)
CASES: dict[tuple[str, str], dict[str, str]] = {
    (str(row["table"]), str(row["likelihood"])): {str(key): str(value) for key, value in row.items()}
    for row in _LISTED.to_dict("records")
}
REFERENCES = pd.read_csv(FOLDER / "references.csv", comment="#")
_KEYS = ["table", "likelihood", "distribution"]
GROUPS = [
    (tuple(map(str, key)), rows.to_dict("records")) for key, rows in REFERENCES.groupby(_KEYS) if isinstance(key, tuple)
]


@cache
def effects(name: str, likelihood: str, distribution: str) -> Effects:
    case = CASES[name, likelihood]
    weeks = [float(week) for week in case["weeks"].split()]
    wide = TABLES[TABLES["table"] == name].drop(columns="table")
    names = {f"y{number}": week for number, week in enumerate(weeks, start=1)}
    own = wide[["participant", "arm", "age", "site", *names]].rename(columns=names)
    long = own.melt(["participant", "arm", "age", "site"], var_name="week", value_name="value").assign(outcome="pain")
    how: dict[str, Any] = {"method": case["method"], "likelihood": likelihood, "distribution": distribution}
    if case["covariance"]:
        how["covariance"] = case["covariance"]
    how |= {"treatment": "yoga", "reference": "care"}
    table = long.assign(week=long["week"].astype(float))
    return estimate_effects(table, covariates=case["covariates"].split(), **how)


def test_every_case_has_its_references() -> None:
    assert REFERENCES["table"].nunique() == len({table for table, _ in CASES}) >= 60
    assert set(REFERENCES[["table", "likelihood"]].itertuples(index=False, name=None)) == set(CASES)
    assert set(REFERENCES["software"]) == {"nlme", "lmerTest", "emmeans", "lm"}


@pytest.mark.parametrize(("key", "rows"), GROUPS, ids=["-".join(key) for key, _ in GROUPS])
def test_estimates_standard_errors_and_df_agree(key: tuple[str, str, str], rows: list[dict[str, Any]]) -> None:
    found = effects(*key)
    weeks = [float(week) for week in CASES[key[0], key[1]]["weeks"].split()]
    by_week = {row.week: row for row in found.rows}
    for row in rows:
        visit = int(row["visit"])
        if visit == 0:
            joint = found.joint_tests.rows[0]
            assert joint.f == pytest.approx(row["estimate"], rel=1e-6)
            assert joint.df_numerator == row["se"]
            assert joint.df_denominator == pytest.approx(row["df"], rel=1e-4)
        elif visit < 0:
            arm, number = ("yoga", -visit) if visit > -100 else ("care", -visit - 100)
            means = {(one.arm, one.week): one for one in found.marginal_means.rows}
            mean = means[arm, weeks[number - 1]]
            assert mean.mean == pytest.approx(row["estimate"], rel=1e-6)
            assert mean.se == pytest.approx(row["se"], rel=1e-6)
            assert mean.df == pytest.approx(row["df"], rel=1e-4)
        else:
            ours = by_week[weeks[visit - 1]]
            assert ours.estimate == pytest.approx(row["estimate"], abs=1e-6 * row["se"])
            assert ours.se == pytest.approx(row["se"], rel=1e-6)
            if np.isfinite(row["df"]):
                assert ours.df == pytest.approx(row["df"], rel=1e-4)
            if np.isfinite(row["log_likelihood"]):
                fit = found.fits.rows[0]
                assert fit.log_likelihood == pytest.approx(row["log_likelihood"], abs=1e-6)
                assert fit.aic == pytest.approx(row["aic"], abs=1e-5)
            if np.isfinite(row["bic"]):
                assert found.fits.rows[0].bic == pytest.approx(row["bic"], abs=1e-5)

"""Compare the mixed model of one table with the committed outputs of R: a table for the statisticians' page."""

import runpy

import numpy as np
import pandas as pd
from named_numbers import ROOT

from asteroid_repro.reporting.records import markdown

_TEST = ROOT / "tests" / "reference" / "test_mixed_models.py"


def agreements() -> str:
    """Return the largest differences by model and software: estimates in standard errors, the others relative."""
    test = runpy.run_path(str(_TEST))
    rows = test["REFERENCES"][lambda table: table["visit"] > 0]
    cases = test["CASES"]
    found = []
    for row in rows.to_dict("records"):
        case = cases[row["table"], row["likelihood"]]
        weeks = [float(week) for week in case["weeks"].split()]
        effects = test["effects"](row["table"], row["likelihood"], row["distribution"]).rows
        ours = {one.week: one for one in effects}[weeks[int(row["visit"]) - 1]]
        found.append({
            "method": case["method"], "covariance": ours.covariance, "covariates": case["covariates"] or "none",
            "likelihood": row["likelihood"], "software": row["software"], "table": row["table"],
            "estimate": abs(ours.estimate - row["estimate"]) / row["se"],
            "standard error": abs(ours.se / row["se"] - 1),
            "degrees of freedom": abs(ours.df / row["df"] - 1) if np.isfinite(row["df"]) else np.nan,
        })  # fmt: skip
    return markdown(_largest(pd.DataFrame(found)))


def _largest(found: pd.DataFrame) -> pd.DataFrame:
    keys = ["method", "covariance", "covariates", "likelihood", "software"]
    groups = found.groupby(keys, sort=False)
    largest = groups[["estimate", "standard error", "degrees of freedom"]].max()
    shown = largest.map(lambda value: "-" if np.isnan(value) else f"{value:.0e}")
    return shown.assign(tables=groups["table"].nunique()).reset_index()

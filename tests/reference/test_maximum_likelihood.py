"""The random intercept by full maximum likelihood against lme4 with lmerTest, and nlme.

Reference: tests/reference/ml_references.csv, written by make_ml_references.R; versions are in its first line.
"""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from asteroid_repro import ASTEROID, InputError, estimate_effects, operating_characteristics
from asteroid_repro.estimate.effects.estimate_effects import Effect
from asteroid_repro.estimate.effects.methods import Distribution, estimate_arrays
from asteroid_repro.estimate.inference import p_value

FOLDER = Path(__file__).parent
REFERENCES = pd.read_csv(FOLDER / "ml_references.csv", comment="#")


@cache
def effects(name: str, distribution: Distribution) -> dict[float, Effect]:
    wide = pd.read_csv(FOLDER / "data" / f"{name}.csv")
    long = wide.melt(["participant", "arm"], var_name="week", value_name="value")
    long = long.assign(week=long["week"].str.removeprefix("week_").astype(int), outcome="average_pain")
    arms: dict[str, Any] = {"treatment": "running", "reference": "waitlist"}
    found = estimate_effects(long, method="random_intercept", likelihood="ML", distribution=distribution, **arms)
    return {row.week: row for row in found.rows}


@pytest.mark.parametrize(
    "row", REFERENCES.to_dict("records"), ids=lambda row: "-".join(map(str, list(row.values())[:3]))
)
def test_estimate_standard_error_and_df_agree(row: dict[str, Any]) -> None:
    """The optimiser of nlme stops up to 2e-6 of a standard error away, that of lme4 runs to the end."""
    near = 3e-6 if row["software"] == "nlme" else 1e-7
    ours = {kind: effects(row["data_set"], kind)[row["week"]] for kind in ("t", "z")}
    for one in ours.values():
        assert one.estimate == pytest.approx(row["estimate"], abs=near * row["se"])
        assert one.se == pytest.approx(row["se"], rel=near)
    assert np.isinf(ours["z"].df)
    if np.isfinite(row["df"]):  # lmerTest differentiates numerically
        assert ours["t"].df == pytest.approx(row["df"], rel=1e-6)


def test_every_data_set_and_software_is_compared() -> None:
    assert REFERENCES.groupby(["data_set", "software"]).size().eq(2).all()
    assert len(REFERENCES) == 7 * 2 * 2


def test_too_many_rejections_by_the_factor_that_ml_leaves_out() -> None:
    """Off the boundary z by ML is t on 76 degrees of freedom times the root of 40/38: P(abs(t) > 1.910) = .060."""
    noise = np.random.default_rng(43).normal(size=(4, 40, 20_000))
    scores = noise[:3] + 2 * noise[3]  # an intercept so large that no trial is on the boundary
    fit = estimate_arrays(scores[:, :20], scores[:, 20:], method="random_intercept", distribution="z", likelihood="ML")
    rate = float((p_value(fit)[-1] < 0.05).mean())
    assert not fit.boundary.any()
    assert abs(rate - 0.0598624) < 4 * np.sqrt(0.06 * 0.94 / 20_000)


def test_operating_characteristics_by_ml_say_so() -> None:
    """The closed form and the iterated fit of the same bounded scores are the same ML: power is above that of REML."""
    power = {}
    for likelihood in ("REML", "ML"):
        found = operating_characteristics(
            ASTEROID, trials=500, seed=1, method="random_intercept", distribution="z", likelihood=likelihood
        )
        power[likelihood] = found.value("average_pain", "power").value
        assert (" by ML" in found.label) == (likelihood == "ML")
    assert power["ML"] > power["REML"]


def test_ml_refuses_what_needs_reml() -> None:
    scores = np.random.default_rng(1).normal(size=(3, 20))
    with pytest.raises(InputError, match="distribution must be one of z, t, satterthwaite for random_intercept by ML"):
        estimate_arrays(scores, scores, method="random_intercept", distribution="kenward_roger", likelihood="ML")
    with pytest.raises(InputError, match="likelihood must be REML for welch, which is least squares, got 'ML'"):
        estimate_arrays(scores, scores, method="welch", likelihood="ML")
    with pytest.raises(InputError, match="likelihood must be REML for mmrm in many trials at once, got ML"):
        estimate_arrays(scores, scores, method="mmrm", likelihood="ML")
    with pytest.raises(InputError, match="likelihood must be one of REML, ML, got 'reml'"):
        estimate_arrays(scores, scores, method="mmrm", likelihood="reml")  # type: ignore[arg-type]

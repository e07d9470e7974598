"""Our closed forms against statsmodels, on the committed simulated trial. Reference: statsmodels, run here.

MixedLM's default stops up to 1e-3 away from the optimum, and its optimisers, which compare values of the likelihood,
may stop short of a tight tolerance. It is started where its own score is 0 and must report convergence there.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy.optimize import brentq
from statsmodels.regression.mixed_linear_model import MixedLMResultsWrapper
from statsmodels.stats.rates import confint_poisson

from asteroid_repro import estimate_effects
from asteroid_repro.estimate.safety.rate_limits import exact_poisson_limits
from asteroid_repro.reporting.files import read_table

OUTCOMES = Path(__file__).parents[2] / "data" / "simulated" / "outcomes.csv"
NAMES = ("average_pain", "current_pain", "disability")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return read_table(OUTCOMES)


def _effect(table: pd.DataFrame, outcome: str, week: int, method: str, distribution: str = "t") -> pd.Series:
    arms = {"treatment": "running", "reference": "waitlist"}
    frame = estimate_effects(table, method=method, distribution=distribution, **arms).to_frame()  # type: ignore[arg-type]
    return frame[(frame["outcome"] == outcome) & (frame["week"] == week)].iloc[0]


def _tight_mixedlm(data: pd.DataFrame) -> MixedLMResultsWrapper:
    """Fit by statsmodels' restricted likelihood and score alone; an optimiser that did not converge is an error."""
    model = smf.mixedlm("value ~ C(week) * running", data, groups="participant")
    rough = model.fit(reml=True, method="bfgs", gtol=1e-5)
    # MixedLM's parameter is the ratio of the intercept's SD to the residual's, of which the fit reports the square.
    near = np.sqrt(np.asarray(rough.cov_re_unscaled).item())
    root = brentq(lambda ratio: float(model.score(np.array([ratio]))[0]), near / 2, near * 2, xtol=1e-14, rtol=1e-14)
    fit = model.fit(reml=True, method="bfgs", gtol=1e-12, start_params=np.array([root]))
    assert fit.converged
    return fit


@pytest.mark.parametrize("outcome", NAMES)
@pytest.mark.parametrize("week", [6, 12])
def test_random_intercept_agrees_with_a_tight_mixedlm(table: pd.DataFrame, outcome: str, week: int) -> None:
    data = table[table["outcome"] == outcome].assign(running=lambda rows: (rows["arm"] == "running").astype(float))
    fit = _tight_mixedlm(data)
    term = f"C(week)[T.{week}]:running"
    ours = _effect(table, outcome, week, "random_intercept", "z")
    assert ours["estimate"] == pytest.approx(fit.params[term], abs=1e-9)
    assert ours["se"] == pytest.approx(fit.bse[term], rel=1e-6)
    assert ours["p_value"] == pytest.approx(fit.pvalues[term], rel=1e-5)
    low, high = fit.conf_int().loc[term]
    assert (ours["ci_low"], ours["ci_high"]) == pytest.approx((low, high), rel=1e-6)


@pytest.mark.parametrize("outcome", NAMES)
@pytest.mark.parametrize("week", [6, 12])
def test_ancova_agrees_with_ols(table: pd.DataFrame, outcome: str, week: int) -> None:
    rows = table[table["outcome"] == outcome]
    wide = rows.pivot_table(index=["participant", "arm"], columns="week", values="value").reset_index()
    data = pd.DataFrame({"late": wide[week], "early": wide[0], "running": (wide["arm"] == "running").astype(float)})
    fit = smf.ols("late ~ early + running", data).fit()
    ours = _effect(table, outcome, week, "ancova")
    assert ours["estimate"] == pytest.approx(fit.params["running"], rel=1e-10)
    assert ours["se"] == pytest.approx(fit.bse["running"], rel=1e-10)
    assert ours["p_value"] == pytest.approx(fit.pvalues["running"], rel=1e-9)
    assert ours["df"] == fit.df_resid


@pytest.mark.parametrize("outcome", NAMES)
def test_mmrm_agrees_with_ols_on_the_change(table: pd.DataFrame, outcome: str) -> None:
    rows = table[table["outcome"] == outcome]
    wide = rows.pivot_table(index=["participant", "arm"], columns="week", values="value").reset_index()
    data = pd.DataFrame({"change": wide[12] - wide[0], "running": (wide["arm"] == "running").astype(float)})
    fit = smf.ols("change ~ running", data).fit()
    ours = _effect(table, outcome, 12, "mmrm")
    assert ours["estimate"] == pytest.approx(fit.params["running"], rel=1e-10)
    assert ours["se"] == pytest.approx(fit.bse["running"], rel=1e-10)
    assert ours["df"] == fit.df_resid


def test_boundary_fit_agrees_with_least_squares() -> None:
    """With an intercept variance of 0 the model is ordinary least squares on person-visits: residual df 114."""
    rng = np.random.default_rng(20251)
    scores = rng.normal(40, 10, size=(40, 3))
    scores -= 0.9 * scores.mean(axis=1, keepdims=True)  # people resemble themselves less than others: below 0
    data = pd.DataFrame(
        {
            "participant": np.repeat(np.arange(40), 3),
            "arm": np.repeat(["running", "waitlist"], 60),
            "week": np.tile([0, 6, 12], 40),
            "outcome": "average_pain",
            "value": scores.ravel(),
        }
    )
    data["running"] = (data["arm"] == "running").astype(float)
    fit = smf.ols("value ~ C(week) * running", data).fit()
    ours = _effect(data, "average_pain", 12, "random_intercept")
    assert ours["df"] == fit.df_resid == 114
    assert ours["estimate"] == pytest.approx(fit.params["C(week)[T.12]:running"], rel=1e-10)
    assert ours["se"] == pytest.approx(fit.bse["C(week)[T.12]:running"], rel=1e-10)
    assert ours["p_value"] == pytest.approx(fit.pvalues["C(week)[T.12]:running"], rel=1e-9)


@pytest.mark.parametrize("events", [1, 2, 7, 9, 250])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_exact_poisson_limits_agree(events: int, level: float) -> None:
    limits = exact_poisson_limits(events, level)
    reference = confint_poisson(events, 1, method="exact-c", alpha=1 - level)
    assert (limits.low, limits.high) == pytest.approx(reference, rel=1e-10)

"""Changes within arms and standardised differences: direction, divisor, small-sample factor, coverage."""

from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from asteroid_repro import ASTEROID, InputError, estimate_effects, simulate_trial
from asteroid_repro.estimate.change_from_baseline.standardised import (
    StandardDeviation,
    hedges_factor,
    noncentrality_limits,
    standardised_effects,
)
from asteroid_repro.estimate.change_from_baseline.within_arm import within_arm_changes

TRIAL = simulate_trial(ASTEROID, seed=2024)
ARMS: dict[str, Any] = {"treatment": "running", "reference": "waitlist"}


def wide(outcome: str) -> pd.DataFrame:
    """Return one row per person with the columns arm, 0, 6 and 12."""
    rows = TRIAL.outcomes[TRIAL.outcomes["outcome"] == outcome]
    return rows.pivot_table(index=["participant", "arm"], columns="week", values="value").reset_index("arm")


@pytest.mark.parametrize("outcome", ["average_pain", "disability"])
@pytest.mark.parametrize("week", [6, 12])
@pytest.mark.parametrize("arm", ["running", "waitlist"])
def test_the_change_of_an_arm_is_a_one_sample_t_interval(outcome: str, week: int, arm: str) -> None:
    people = wide(outcome).query("arm == @arm")
    reference = stats.ttest_1samp(people[week] - people[0], 0).confidence_interval(0.9)
    frame = within_arm_changes(TRIAL, level=0.9).to_frame()
    row = frame[(frame["outcome"] == outcome) & (frame["week"] == week) & (frame["arm"] == arm)].iloc[0]
    assert row["change"] == pytest.approx((people[week] - people[0]).mean(), rel=1e-12)  # improvement: negative
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((reference.low, reference.high), rel=1e-9)
    assert (row["n"], row["df"], row["missing"]) == (20, 19, 0)


@pytest.mark.parametrize("sd", ["baseline", "change"])
def test_the_net_difference_is_divided_by_the_named_sd(sd: StandardDeviation) -> None:
    rows = {(row.outcome, row.week): row for row in standardised_effects(TRIAL, sd=sd).rows}
    people = wide("current_pain")
    scores = people[0] if sd == "baseline" else people[12] - people[0]
    pooled = np.sqrt(scores.groupby(people["arm"]).var().mean())  # equal arms: the mean of the variances
    change = (people[12] - people[0]).groupby(people["arm"]).mean()
    row = rows["current_pain", 12]
    assert row.sd == pytest.approx(pooled, rel=1e-12)
    assert row.d == pytest.approx((change["running"] - change["waitlist"]) / pooled, rel=1e-12)
    assert row.g == pytest.approx(hedges_factor(38) * row.d, rel=1e-12)
    assert row.ci_low < row.d < row.ci_high
    assert row.interval == ("noncentral t" if sd == "change" else "noncentral t, approximate")


def test_the_limits_exclude_0_exactly_when_the_t_test_does() -> None:
    effects = estimate_effects(TRIAL, method="mmrm").rows
    for sd in get_args(StandardDeviation):
        for row, effect in zip(standardised_effects(TRIAL, sd=sd).rows, effects, strict=True):
            assert (row.outcome, row.week) == (effect.outcome, effect.week)
            assert row.net_difference == pytest.approx(effect.estimate, rel=1e-12)
            assert (row.ci_high < 0) == (effect.p_value < 0.05)


def test_limits_by_the_baseline_sd_are_those_by_the_change_sd_in_other_units() -> None:
    by_change, by_baseline = (standardised_effects(TRIAL, sd=sd).rows for sd in ("change", "baseline"))
    for change, baseline in zip(by_change, by_baseline, strict=True):
        assert change.sd != pytest.approx(baseline.sd, rel=1e-3)
        limits_in_points = (change.ci_low * change.sd, change.ci_high * change.sd)
        assert (baseline.ci_low * baseline.sd, baseline.ci_high * baseline.sd) == pytest.approx(limits_in_points)


def test_standardised_numbers_do_not_depend_on_the_scale_and_flip_with_the_arms() -> None:
    table = TRIAL.outcomes
    plain = standardised_effects(table, **ARMS).to_frame()
    scaled = standardised_effects(table.assign(value=table["value"] * 10 + 3), **ARMS).to_frame()
    swapped = standardised_effects(table, treatment="waitlist", reference="running").to_frame()
    for column in ("d", "g", "ci_low", "ci_high"):
        assert scaled[column].to_numpy() == pytest.approx(plain[column].to_numpy(), rel=1e-9)
    assert swapped["ci_low"].to_numpy() == pytest.approx(-plain["ci_high"].to_numpy(), rel=1e-9)


def test_missing_people_are_left_out_and_counted() -> None:
    table = TRIAL.outcomes
    runner = table.loc[table["arm"] == "running", "participant"].iloc[0]
    gone = (table["participant"] == runner) & (table["week"] == 12)
    changes = within_arm_changes(table[~gone], **ARMS).to_frame()
    late = changes[(changes["week"] == 12) & (changes["arm"] == "running")]
    assert set(late["n"]) == {19}
    assert set(late["missing"]) == {1}
    effects = standardised_effects(table[~gone], **ARMS).to_frame()
    assert set(effects.loc[effects["week"] == 12, "df"]) == {37}
    assert set(effects.loc[effects["week"] == 6, "df"]) == {38}


def test_results_say_which_way_is_better_and_their_level() -> None:
    for function in (within_arm_changes, standardised_effects, estimate_effects):
        found = function(TRIAL, level=0.9)
        assert (found.level, {row.better for row in found.rows}) == (0.9, {"lower"})
        plain = function(TRIAL.outcomes, **ARMS)
        assert {row.better for row in plain.rows} == {""}  # nobody said
        named = function(TRIAL.outcomes, **ARMS, better="higher")
        assert {row.better for row in named.rows} == {"higher"}


def test_unusable_input_is_refused() -> None:
    with pytest.raises(InputError, match="sd must be one of baseline, change, got 'pooled'"):
        standardised_effects(TRIAL, sd="pooled")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="baseline and a later visit, got 1 week"):
        within_arm_changes(TRIAL.outcomes.query("week == 0"), **ARMS)
    with pytest.raises(InputError, match="average_pain must vary within the arms"):
        standardised_effects(TRIAL.outcomes.assign(value=40.0), **ARMS)
    with pytest.raises(InputError, match=r"level must be in \(0, 1\)"):
        within_arm_changes(TRIAL, level=1)


def test_the_hedges_factor_removes_the_bias() -> None:
    """E(1/s) = 1 / (J sigma): by simulation of s, with its Monte Carlo error."""
    draws = np.sqrt(6 / np.random.default_rng(31).chisquare(6, size=200_000))
    assert abs(draws.mean() - 1 / hedges_factor(6)) < 4 * draws.std() / np.sqrt(len(draws))


@pytest.mark.parametrize("t", [-5.0, -0.2, 0.0, 3.1])
@pytest.mark.parametrize("df", [2, 38])
def test_noncentrality_limits_put_the_tails_where_they_belong(t: float, df: int) -> None:
    """By simulation of the noncentral t at each limit: a tail of 0.1 within 4 standard errors."""
    limits = noncentrality_limits(t, df, level=0.8)
    rng = np.random.default_rng(32)
    normal, scale = rng.normal(size=100_000), np.sqrt(rng.chisquare(df, size=100_000) / df)
    mcse = np.sqrt(0.1 * 0.9 / 100_000)
    assert abs(np.mean((normal + limits.low) / scale >= t) - 0.1) < 4 * mcse
    assert abs(np.mean((normal + limits.high) / scale <= t) - 0.1) < 4 * mcse


def _coverage(sd: StandardDeviation, trials: int) -> float:
    """Coverage at n = 12 + 12, baseline SD 1, correlation 0.35: the change has SD sqrt(1.3)."""
    rng = np.random.default_rng(33)
    truth = -0.8 if sd == "baseline" else -0.8 / np.sqrt(1.3)
    people = pd.DataFrame({"participant": range(24), "arm": np.repeat(["treatment", "reference"], 12)})
    tables = []
    for trial in range(trials):  # each trial is an outcome of one table
        early = rng.normal(size=24)
        late = 0.35 * early + np.sqrt(1 - 0.35**2) * rng.normal(size=24) - 0.8 * (people["arm"] == "treatment")
        tables += [people.assign(outcome=f"trial_{trial}", week=w, value=v) for w, v in ((0, early), (12, late))]
    rows = standardised_effects(pd.concat(tables), sd=sd, level=0.8).rows
    return float(np.mean([row.ci_low <= truth <= row.ci_high for row in rows]))


def test_coverage_of_the_exact_interval() -> None:
    assert abs(_coverage("change", 400) - 0.8) < 4 * np.sqrt(0.8 * 0.2 / 400)


def test_coverage_of_the_approximate_interval() -> None:
    """Treating the ratio of SDs as known costs little: within two points more than the Monte Carlo error."""
    assert abs(_coverage("baseline", 400) - 0.8) < 4 * np.sqrt(0.8 * 0.2 / 400) + 0.02

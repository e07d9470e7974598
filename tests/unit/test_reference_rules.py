"""Rules for people who stop: both views of the baseline, other rules, shifts of either arm, covariates, resampling."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from asteroid_repro import InputError, NotYetError, sensitivity
from asteroid_repro.estimate.missing_visits.conditional_mean import People, conditional_mean_effects
from asteroid_repro.estimate.missing_visits.imputation import impute
from asteroid_repro.estimate.missing_visits.reference_rules import RULES, Rule

ARMS: dict[str, Any] = {"treatment": "yoga", "reference": "care", "better": "lower"}


def trial(seed: int, imbalance: float = 0.0, effect: float = 0.0, n: int = 40, stop: int = 7) -> pd.DataFrame:
    """No effect unless said; the first people of the treated stop after the baseline; baselines differ by chance."""
    rng = np.random.default_rng(seed)
    treated = np.arange(n) < n // 2
    baseline = rng.normal(40, 8, n)
    baseline += imbalance * treated - (baseline[treated].mean() - baseline[~treated].mean()) * treated
    scores = np.column_stack(
        [baseline, *(16 + 0.6 * baseline + rng.normal(0, 3, n) - effect * treated for _ in range(2))]
    )
    scores[:stop, 1:] = np.nan
    arm, site = np.where(treated, "yoga", "care"), rng.choice(["a", "b"], n)
    parts = [
        pd.DataFrame(
            {"participant": np.arange(n), "arm": arm, "week": week, "outcome": "pain", "value": value, "site": site}
        )
        for week, value in zip((0, 6, 12), scores.T, strict=True)
    ]
    return pd.concat(parts)


def estimate(table: pd.DataFrame, **how: Any) -> float:
    return sensitivity(table, outcome="pain", seed=1, **{"imputations": 200, **ARMS, **how}).estimate


@pytest.mark.parametrize("rule", ["jump_to_reference", "copy_reference", "copy_increments"])
def test_a_chance_imbalance_is_no_effect_where_the_baseline_is_a_covariate(rule: Rule) -> None:
    """Those who stop are like the reference with the same baseline. With the baseline as an outcome it is an effect."""
    table = trial(1, imbalance=-9.0)
    mar = estimate(table)
    assert estimate(table, rule=rule) == pytest.approx(mar, abs=0.5)
    if rule != "copy_reference":
        assert abs(estimate(table, rule=rule, baseline="outcome") - mar) > 1


def test_the_views_of_the_baseline_agree_where_the_arms_begin_alike() -> None:
    table = trial(2, imbalance=0.0, effect=8.0)
    for rule in RULES:
        assert estimate(table, rule=rule) == pytest.approx(estimate(table, rule=rule, baseline="outcome"), abs=0.35)


def test_rules_borrow_as_much_as_they_say() -> None:
    """With 7 of 20 stopping after baseline, jumping leaves 13/20 of the effect; at random leaves all."""
    table = trial(3, effect=10.0)
    at_random, jumping = estimate(table), estimate(table, rule="jump_to_reference")
    assert jumping / at_random == pytest.approx(13 / 20, abs=0.03)
    assert estimate(table, rule="copy_increments") == pytest.approx(jumping, abs=0.3)


def test_a_delta_moves_the_estimate_by_the_share_of_its_arm() -> None:
    table = trial(4)
    table.loc[(table["participant"] >= 36) & (table["week"] == 12), "value"] = np.nan
    how: Any = {"method": "mmrm"}
    plain = estimate(table, **how)
    assert estimate(table, delta=5.0, **how) == pytest.approx(plain + 5 * 7 / 20, abs=1e-9)
    assert estimate(table, delta_reference=5.0, **how) == pytest.approx(plain - 5 * 4 / 20, abs=1e-9)


def test_covariates_impute_and_adjust() -> None:
    """A site that is worth 30 points explains what is missed where its people stop."""
    table = trial(5)
    table.loc[(table["site"] == "a") & (table["week"] > 0), "value"] += 30
    found = sensitivity(table, outcome="pain", seed=1, imputations=100, covariates=["site"], **ARMS)
    blind = sensitivity(table, outcome="pain", seed=1, imputations=100, **ARMS)
    assert found.se < 0.4 * blind.se
    with pytest.raises(InputError, match="method must be ancova with covariates"):
        estimate(table, covariates=["site"], method="mmrm")


def test_people_who_come_back_are_imputed_between_at_random_whatever_the_rule() -> None:
    scores = np.random.default_rng(6).normal(40, 10, (4, 40))
    scores[1, :3], scores[3, 5] = np.nan, np.nan
    drawn = {
        rule: impute(scores[:, :20], scores[:, 20:], imputations=4, rng=np.random.default_rng(1), rule=rule)[0]
        for rule in RULES
    }
    for rule in RULES[1:]:
        np.testing.assert_allclose(drawn[rule][1, :3], drawn["mar"][1, :3], rtol=1e-9)
        assert not np.allclose(drawn[rule][3, 5], drawn["mar"][3, 5])


def test_a_missing_baseline_is_drawn_before_it_is_compared() -> None:
    """The drawn baseline is that of the draws at random; the later visits then follow the reference with it."""
    scores = np.random.default_rng(7).normal(40, 10, (3, 40))
    scores[1:, :20] -= 15
    scores[0, 0], scores[2, 0] = np.nan, np.nan
    how: Any = {"imputations": 400}
    drawn = {
        rule: impute(scores[:, :20], scores[:, 20:], rng=np.random.default_rng(1), rule=rule, **how)[0][:, 0]
        for rule in ("mar", "jump_to_reference")
    }
    np.testing.assert_array_equal(drawn["mar"][0], drawn["jump_to_reference"][0])
    assert drawn["jump_to_reference"][2].mean() - drawn["mar"][2].mean() > 8


def test_the_conditional_mean_is_the_limit_of_the_imputations() -> None:
    table = trial(8, effect=6.0)
    for rule in RULES:
        drawn = sensitivity(table, outcome="pain", seed=1, imputations=400, rule=rule, **ARMS)
        mean = sensitivity(table, outcome="pain", seed=1, rule=rule, variance="jackknife", **ARMS)
        assert abs(drawn.estimate - mean.estimate) < 4 * drawn.mcse + 0.05  # a posterior mean is not the REML fit
        assert np.isinf(mean.df)
        assert np.isnan(mean.between)


def test_the_jackknife_leaves_each_person_out_and_the_bootstrap_agrees() -> None:
    table = trial(9, effect=6.0)
    how: Any = {"rule": "jump_to_reference", "outcome": "pain", "seed": 1, **ARMS}
    jackknife = sensitivity(table, variance="jackknife", **how)
    ids = table["participant"].unique()
    left = [sensitivity(table[table["participant"] != one], variance="jackknife", **how).estimate for one in ids[:3]]
    people = table.pivot_table(index="participant", columns="week", values="value", dropna=False).to_numpy()
    whole = People(people, np.arange(40) < 20, np.empty((40, 0)))
    again = [
        conditional_mean_effects(
            whole.take(np.delete(np.arange(40), one)), 2, np.zeros((1, 2)), "jump_to_reference",
            resampling="bootstrap", samples=2, seed=1,
        ).estimate[0]
        for one in range(3)
    ]  # fmt: skip
    assert left == pytest.approx(again, rel=1e-12)
    bootstrap = sensitivity(table, variance="bootstrap", imputations=300, **how)
    assert bootstrap.estimate == jackknife.estimate
    assert bootstrap.se / jackknife.se == pytest.approx(1, abs=0.2)


def test_what_is_not_there_is_named() -> None:
    table = trial(10)
    with pytest.raises(NotYetError, match="retrieved_dropout, which is not supported"):
        estimate(table, rule="retrieved_dropout")
    with pytest.raises(InputError, match="baseline must be one of covariate, outcome"):
        estimate(table, baseline="response")
    with pytest.raises(InputError, match="baseline must be covariate for jackknife"):
        estimate(table, baseline="outcome", variance="jackknife")
    with pytest.raises(InputError, match="variance must be rubin where a baseline is missing"):
        estimate(
            table.assign(value=table["value"].mask((table["participant"] == 30) & (table["week"] == 0))),
            variance="jackknife",
        )

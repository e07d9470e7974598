"""Sensitivity to missed visits: Rubin's rules by hand, deltas by algebra, complete data, tipping points, refusals."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from asteroid_repro import ASTEROID, InputError, Trial, estimate_effects, simulate_trial
from asteroid_repro.estimate.inference import Estimates
from asteroid_repro.estimate.missing_visits.rubin import pool
from asteroid_repro.estimate.missing_visits.sensitivity import CompleteMethod, Sensitivity, sensitivity
from asteroid_repro.estimate.missing_visits.tipping_point import TippingPoint, tipping_point

TRIAL = simulate_trial(ASTEROID, seed=2024)
WHOLE = TRIAL.outcomes
LAST = WHOLE["week"] == 12
LEFT = WHOLE[~(LAST & (WHOLE["participant"] % 5 == 0))]
METHODS: list[CompleteMethod] = ["ancova", "mmrm"]
CHANGED = [(0, None), (6, "lower"), (6, "higher")]  # without a delta no direction is needed
ARMS = {"treatment": "running", "reference": "waitlist", "better": "lower"}


def run(table: pd.DataFrame | Trial = LEFT, **options: object) -> Sensitivity:
    """Analyse average pain with few imputations."""
    usual = {"outcome": "average_pain", "imputations": 10, "seed": 1} | ({} if isinstance(table, Trial) else ARMS)
    return sensitivity(table, **(usual | options))  # type: ignore[arg-type]


def tip(table: pd.DataFrame | Trial = LEFT, **options: object) -> TippingPoint:
    """Look for the tipping point of average pain with few imputations."""
    usual = {"outcome": "average_pain", "imputations": 10, "seed": 1, "deltas": [0, 10, 20], **ARMS}
    return tipping_point(table, **(usual | options))  # type: ignore[arg-type]


def test_rubins_rules_by_hand() -> None:
    """Q = 2, B = 1, W = 4, M = 3: T = 16/3, lambda = 1/4, nu_m = 2/(1/16) = 32, nu_obs = 38 (39/41) (3/4)."""
    three = np.array([1.0, 2.0, 3.0])
    pooled = pool(Estimates(three, np.full(3, 2.0), np.full(3, 38.0), three < 0))
    df = 1 / (1 / 32 + 1 / (38 * 39 / 41 * 3 / 4))
    assert df == pytest.approx(14.676, abs=5e-4)
    assert [float(number) for number in (pooled.estimates.estimate, pooled.within, pooled.between)] == [2, 4, 1]
    assert float(pooled.estimates.standard_error) == pytest.approx(math.sqrt(16 / 3), rel=1e-12)
    assert float(pooled.estimates.df) == pytest.approx(df, rel=1e-12)
    assert float(pooled.missing_information) == pytest.approx((1 / 3 + 2 / (df + 3)) / (4 / 3), rel=1e-12)


def test_pooling_keeps_the_other_axes() -> None:
    values = np.random.default_rng(1).normal(size=(2, 4, 9))
    fits = Estimates(values, 1 + values**2, np.full(values.shape, 37.0), values > 9)
    whole, part = (
        pool(fits),
        pool(Estimates(*(getattr(fits, name)[1, 2] for name in ("estimate", "standard_error", "df", "boundary")))),
    )
    assert whole.estimates.df.shape == (2, 4)
    assert float(whole.estimates.df[1, 2]) == pytest.approx(float(part.estimates.df), rel=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_complete_data_give_the_analysis_of_complete_data(method: CompleteMethod) -> None:
    found = run(WHOLE, method=method, delta=10)
    effects = estimate_effects(TRIAL, method=method).to_frame()
    row = effects[(effects["outcome"] == "average_pain") & (effects["week"] == 12)].iloc[0]
    for name in ("estimate", "se", "df", "ci_low", "ci_high", "p_value"):
        assert getattr(found, name) == pytest.approx(row[name], rel=1e-12)
    assert (found.between, found.missing_information, found.mcse) == (0, 0, 0)
    assert found.within == pytest.approx(found.se**2, rel=1e-12)
    assert found.note == "No score at baseline or week 12 is missing: nothing was imputed."


def test_only_the_two_visits_of_the_analysis_count_as_complete() -> None:
    patchy = WHOLE[~((WHOLE["week"] == 6) & (WHOLE["participant"] % 4 == 0))]
    assert run(patchy).estimate == pytest.approx(run(WHOLE).estimate, rel=1e-12)
    assert run(patchy, week=6).between > 0


def wide(table: pd.DataFrame, arm: str) -> np.ndarray:
    """Return the average pain of an arm (visits, people), NaN where missing."""
    own = table[(table["outcome"] == "average_pain") & (table["arm"] == arm)]
    return own.pivot_table(index="week", columns="participant", values="value").to_numpy()


@pytest.mark.parametrize("method", METHODS)
def test_delta_moves_the_estimate_by_delta_times_the_share_missing(method: CompleteMethod) -> None:
    """The net difference: exactly. ANCOVA: less the imbalance at baseline times what delta does to the slope.

    Adding delta to the runners m who lack week 12 adds delta sum_m (x - mean x) / S11 to the slope of week 12 on the
    baseline x.
    """
    one, other = run(method=method), run(method=method, delta=6)
    running, waitlist = wide(LEFT, "running"), wide(LEFT, "waitlist")
    missed = np.isnan(running[2])
    assert (other.missing_treatment, other.n_treatment) == (missed.sum(), 20)
    wanted = 6 * missed.mean()
    if method == "ancova":
        apart = [arm[0] - arm[0].mean() for arm in (running, waitlist)]
        slope = 6 * apart[0][missed].sum() / sum((own**2).sum() for own in apart)
        wanted -= slope * (running[0].mean() - waitlist[0].mean())
    assert other.estimate - one.estimate == pytest.approx(wanted, rel=1e-9)
    assert other.between == pytest.approx(one.between, rel=1e-9)


def test_delta_is_worse_whichever_way_that_is() -> None:
    """Worse is up where lower is better, and down where higher is."""
    none, up, down = (run(method="mmrm", delta=delta, better=better) for delta, better in CHANGED)
    assert up.estimate - none.estimate == pytest.approx(6 * up.missing_treatment / 20, rel=1e-9)
    assert up.estimate + down.estimate == pytest.approx(2 * none.estimate, rel=1e-9)
    assert down.delta == 6


def test_the_last_week_is_meant_when_none_is_named() -> None:
    assert run() == run(week=12)
    assert run(LEFT[LEFT["week"] < 12]).week == 6


def test_jumping_to_reference_weakens_the_effect() -> None:
    plain, jump, copied = (run(rule=rule, imputations=50) for rule in ("mar", "jump_to_reference", "copy_reference"))
    assert plain.estimate < copied.estimate < jump.estimate < 0
    assert plain.missing_information > 0.02


def test_a_row_holds_together() -> None:
    found = run(simulate_trial(ASTEROID.with_values(missing_treatment=0.2, missing_reference=0.2), seed=3))
    assert found.label.startswith("SIMULATED")
    assert found.se**2 == pytest.approx(found.within + 1.1 * found.between, rel=1e-12)
    assert found.mcse == pytest.approx(math.sqrt(found.between / 10), rel=1e-12)
    assert found.ci_low < found.estimate < found.ci_high
    assert 1 < found.df < 37
    assert found.to_frame().shape == (1, 25)
    assert found.label in found._repr_html_()


def test_row_order_categories_and_explicit_missing_rows_do_not_matter() -> None:
    explicit = WHOLE.assign(value=WHOLE["value"].where(~(LAST & (WHOLE["participant"] % 5 == 0))))
    categories = LEFT.astype(dict.fromkeys(("participant", "arm", "week", "outcome"), "category"))
    backwards = categories.assign(arm=categories["arm"].cat.set_categories(["waitlist", "running"]))
    for other in (LEFT.sample(frac=1, random_state=2), explicit, categories, backwards):
        assert run(other).to_frame().equals(run().to_frame())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("rule", ["mar", "jump_to_reference", "copy_reference"])
def test_shift_and_scale_of_the_outcome_carry_through(rule: str, method: CompleteMethod) -> None:
    plain, other = (
        run(rule=rule, method=method),
        run(LEFT.assign(value=LEFT["value"] * 3 - 7), rule=rule, method=method),
    )
    for name in ("estimate", "se", "ci_low", "ci_high", "mcse"):
        assert getattr(other, name) == pytest.approx(3 * getattr(plain, name), rel=1e-8)
    assert (other.df, other.p_value) == pytest.approx((plain.df, plain.p_value), rel=1e-7)


def test_the_seed_decides() -> None:
    assert run() == run()
    assert run(seed=2).estimate != run().estimate


def test_a_week_without_any_score_of_the_outcome_is_no_visit() -> None:
    without = LEFT[~((LEFT["outcome"] == "average_pain") & (LEFT["week"] == 6))]
    assert 0 < run(without).missing_information < 1


def test_tipping_rows_are_the_analyses_of_each_delta() -> None:
    point = tip(deltas=[20, 0, 10, 10])
    assert [row.delta for row in point.rows] == [0, 10, 20]
    for row in point.rows:
        alone = run(delta=row.delta)
        assert (row.estimate, row.se, row.p_value) == pytest.approx(
            (alone.estimate, alone.se, alone.p_value), rel=1e-12
        )
    assert point.to_frame()["delta"].tolist() == [0, 10, 20]


def test_the_smallest_delta_that_takes_significance_away() -> None:
    deltas = list(range(0, 200, 5))
    point = tip(deltas=deltas)
    rising = [row.p_value for row in point.rows]
    assert point.delta is not None
    assert 0 < point.delta < 195
    at = deltas.index(int(point.delta))
    assert rising[at - 1] < 0.05 <= rising[at]
    assert point.note == f"p is 0.05 or more from a delta of {point.delta:g} points."
    assert point.note in point._repr_html_()


def test_no_tipping_point_is_said() -> None:
    point = tip(deltas=[-10, 0])
    assert point.delta is None
    assert point.note == "None: p is below 0.05 with every delta from -10 to 0 points."


def test_a_result_without_significance_to_begin_with_is_said() -> None:
    point = tip(deltas=[0, 5], level=0.9999999)
    assert point.delta == 0
    assert "at the smallest delta given, 0 points: try smaller ones" in point.note


def test_deltas_that_change_nothing_are_said() -> None:
    waiting = WHOLE[~(LAST & (WHOLE["arm"] == "waitlist") & (WHOLE["participant"] % 5 == 0))]
    point = tip(waiting)
    assert len({row.estimate for row in point.rows}) == 1
    assert "Nobody of running lacks week 12: delta changes nothing." in point.note
    assert "nothing was imputed" in tip(WHOLE).note


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"outcome": "pain"}, "outcome must be one of average_pain"),
        ({"week": 7}, r"week must be a week after the baseline \(6, 12\), got 7"),
        (
            {"rule": "mnar"},
            "rule must be one of mar, jump_to_reference, copy_reference, copy_increments, last_mean, got 'mnar'",
        ),
        ({"method": "anova"}, "method must be one of ancova, mmrm, got 'anova'. Did you mean 'ancova'"),
        ({"imputations": 1}, "imputations must be a whole number of 2 or more, got 1"),
        ({"seed": -1}, "seed must be a whole number of 0 or more, got -1"),
        ({"seed": 1.5}, "seed must be a whole number of 0 or more, got 1.5"),
        ({"delta": math.nan}, "delta must be a finite number of points, got nan"),
        ({"delta": "10"}, "delta must be a finite number of points, got '10'"),
        ({"delta": 1, "better": None}, "better must be given for average_pain of a plain table"),
        ({"level": 95}, r"level must be in \(0, 1\), got 95"),
    ],
)
def test_unusable_options_are_refused_in_one_line(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        run(**options)
    assert "\n" not in str(error.value)


def test_no_delta_is_refused() -> None:
    with pytest.raises(InputError, match="deltas must have at least one number of points, got none"):
        tip(deltas=[])


def test_a_person_without_any_score_is_left_out_and_counted() -> None:
    found = run(LEFT[~((LEFT["participant"] == 3) & (LEFT["outcome"] == "average_pain"))])
    assert found == replace(run(LEFT[LEFT["participant"] != 3]), note="People without any score, left out: 1.")


@pytest.mark.parametrize("table", [WHOLE, LEFT])
def test_a_constant_outcome_is_refused(table: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="must vary within the arms"):
        run(table.assign(value=30.0), method="mmrm")

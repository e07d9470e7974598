"""Responders: who counts, in which direction, of how many; numbers needed through infinity; limits of any counts."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from asteroid_repro import ASTEROID, InputError, simulate_trial
from asteroid_repro.estimate.change_from_baseline.number_needed import number_needed
from asteroid_repro.estimate.change_from_baseline.responders import Responders, newcombe_limits, responders
from asteroid_repro.estimate.change_from_baseline.score_limits import (
    Contrast,
    Measure,
    TwoShares,
    score_limits,
)
from asteroid_repro.tables.limits import Limits

# Treated: improved by 16, 15, 14, -20 (worse) and 0 points; reference: 15, 1, 0, -1.
TREATED = [(50, 34), (40, 25), (46, 32), (30, 50), (0, 0)]
OTHERS = [(45, 30), (30, 29), (20, 20), (10, 11)]


def outcomes(treatment: Sequence[tuple[float, float]], reference: Sequence[tuple[float, float]]) -> pd.DataFrame:
    """Return a table of outcomes with the given baselines and scores at week 12."""
    rows = []
    for person, (arm, pair) in enumerate([("treatment", p) for p in treatment] + [("reference", p) for p in reference]):
        rows += [
            {"participant": person, "arm": arm, "week": week, "outcome": "average_pain", "value": value}
            for week, value in zip((0, 12), pair, strict=True)
        ]
    return pd.DataFrame(rows)


TABLE = outcomes(TREATED, OTHERS)


def improved(table: pd.DataFrame, **options: float) -> Responders:
    """Count the responders in average pain, of which less is better."""
    return responders(table, outcome="average_pain", better="lower", **options)  # type: ignore[arg-type]


def needed(result: Responders, what: str) -> Contrast:
    """Return the number needed to benefit or to harm."""
    return next(row for row in result.rows if row.measure == f"needed_to_{what}")


def test_an_improvement_is_a_fall_and_the_threshold_itself_counts() -> None:
    result = improved(TABLE, points=15)
    assert (result.treatment.responders, result.treatment.n) == (2, 5)  # 16 and 15; not 14, not the one 20 worse
    assert (result.reference.responders, result.reference.n) == (1, 4)
    assert (result.rows[0].measure, result.rows[0].estimate) == ("share_treatment", 0.4)
    assert improved(TABLE, points=15.5).treatment.responders == 1
    assert improved(TABLE, points=14).treatment.responders == 3


def test_contrasts_are_treatment_against_reference() -> None:
    by_measure = {(row.measure, row.method): row for row in improved(TABLE, points=15).rows[2:6]}
    assert len(by_measure) == 4
    assert by_measure["risk_difference", "newcombe"].estimate == pytest.approx(0.4 - 0.25, rel=1e-12)
    assert by_measure["risk_ratio", "miettinen_nurminen"].estimate == pytest.approx(0.4 / 0.25, rel=1e-12)
    assert by_measure["odds_ratio", "miettinen_nurminen"].estimate == pytest.approx((2 / 3) / (1 / 3), rel=1e-12)
    assert all(row.ci_low < row.estimate < row.ci_high for row in by_measure.values())


def test_swapping_the_arms_mirrors_the_contrasts() -> None:
    def mirrored(row: Contrast) -> tuple[float, float, float]:
        if row.measure == "risk_difference":
            return -row.estimate, -row.ci_high, -row.ci_low
        return 1 / row.estimate, 1 / row.ci_high, 1 / row.ci_low

    straight = improved(TABLE, points=15)
    swapped = improved(outcomes(OTHERS, TREATED), points=15)
    for row, other in zip(straight.rows[2:6], swapped.rows[2:6], strict=True):
        assert (row.estimate, row.ci_low, row.ci_high) == pytest.approx(mirrored(other), rel=1e-8)
    assert needed(straight, "benefit").estimate == pytest.approx(needed(swapped, "harm").estimate, rel=1e-12)
    assert needed(straight, "harm").ci_low == pytest.approx(needed(swapped, "benefit").ci_low, rel=1e-12)


def test_a_relative_threshold_is_of_the_own_baseline_and_leaves_out_zeros() -> None:
    result = improved(TABLE, relative=0.30)
    assert (result.treatment.responders, result.treatment.n, result.treatment.zero_baseline) == (3, 4, 1)
    assert (result.reference.responders, result.reference.n, result.reference.zero_baseline) == (1, 4, 0)
    assert result.rows[0].estimate == 3 / 4  # of those with a baseline above 0, not of all five
    assert result.scale == "relative"
    assert improved(TABLE, points=15).treatment.zero_baseline == 0


@pytest.mark.parametrize("baseline", range(10, 101, 10))
@pytest.mark.parametrize("relative", [0.1, 0.2, 0.3, 0.6, 0.7])
def test_reaching_a_relative_threshold_exactly_counts(baseline: int, relative: float) -> None:
    """In floats 0.3 x 10 need not be 3."""
    later = baseline - round(baseline * relative)
    table = outcomes([(baseline, later), (baseline, later + 1)], OTHERS)
    assert improved(table, relative=relative).treatment.responders == 1


def test_where_higher_is_better_an_improvement_is_a_rise() -> None:
    """Everybody treated gains 20 points and nobody else gains any."""
    table = outcomes([(30, 50)] * 20, [(30, 30 - person) for person in range(20)])
    for threshold in ({"points": 15}, {"points": 20}, {"relative": 0.6}):
        result = responders(table, outcome="average_pain", better="higher", **threshold)
        assert (result.treatment.responders, result.treatment.n, result.reference.responders) == (20, 20, 0)
        assert needed(result, "benefit").estimate == 1
        assert result.better == "higher"
    assert improved(table, points=15).treatment.responders == 0
    assert improved(table, points=15).reference.responders == 5


def test_a_trial_brings_direction_and_minimal_important_change() -> None:
    trial = simulate_trial(ASTEROID, seed=2024)
    found = responders(trial, outcome="disability")
    assert (found.threshold, found.scale, found.better, found.week) == (10, "points", "lower", 12)
    assert found == responders(trial, outcome="disability", points=10, week=12, better="lower")
    with pytest.raises(InputError, match="better must be left to the design"):
        responders(trial, outcome="disability", better="higher")
    turned = trial.design.outcome("disability").model_copy(update={"better": "higher", "important": None})
    others = tuple(outcome for outcome in trial.design.outcomes if outcome.name != "disability")
    higher = replace(trial, design=trial.design.model_copy(update={"outcomes": (*others, turned)}))
    worse = responders(higher, outcome="disability", points=10)
    plain = trial.outcomes.assign(value=-trial.outcomes["value"])
    arms = {"treatment": "running", "reference": "waitlist"}
    mirrored = responders(plain, outcome="disability", points=10, better="lower", **arms)  # type: ignore[arg-type]
    assert (worse.treatment, worse.rows) == (mirrored.treatment, mirrored.rows)
    with pytest.raises(InputError, match="threshold must be given as points or relative, got neither"):
        responders(higher, outcome="disability")


def test_missing_visits_are_left_out_and_counted() -> None:
    table = TABLE.copy()
    table.loc[(table["participant"] == 0) & (table["week"] == 12), "value"] = np.nan
    with_nan = improved(table, points=15)
    assert (with_nan.treatment.responders, with_nan.treatment.n, with_nan.treatment.missing) == (1, 4, 1)
    assert with_nan == improved(table.dropna(), points=15)
    assert with_nan == improved(table.sample(frac=1, random_state=1), points=15)


def test_the_frame_has_a_row_per_measure() -> None:
    result = responders(simulate_trial(ASTEROID, seed=2024), outcome="disability", week=6, points=10)
    frame = result.to_frame()
    assert frame["measure"].tolist() == [
        "share_treatment", "share_reference", "risk_difference", "risk_difference", "risk_ratio", "odds_ratio",
        "needed_to_benefit", "needed_to_harm",
    ]  # fmt: skip
    assert set(frame["week"]) == {6}
    assert result.label in result._repr_html_()


def test_the_limits_of_a_share_are_those_of_wilson() -> None:
    """Where the score test of a share just rejects: (share - limit)^2 = z^2 limit (1 - limit) / n, both limits."""
    for row, (count, n) in zip(improved(TABLE, points=15, level=0.9).rows[:2], [(2, 5), (1, 4)], strict=True):
        for limit in (row.ci_low, row.ci_high):
            assert (count / n - limit) ** 2 == pytest.approx(1.6448536**2 * limit * (1 - limit) / n, rel=1e-6)


def test_the_level_moves_every_interval() -> None:
    narrow, wide = (improved(TABLE, points=15, level=level) for level in (0.5, 0.99))
    for row, other in zip(narrow.rows[:6], wide.rows[:6], strict=True):
        assert row.estimate == other.estimate
        assert other.ci_low < row.ci_low < row.ci_high < other.ci_high


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "threshold must be given as points or relative, got neither"),
        ({"points": 15, "relative": 0.3}, "threshold must be given as points or relative, got both"),
        ({"points": 0}, "points must be positive, got 0"),
        ({"points": -15}, "points must be positive, got -15"),
        ({"points": math.nan}, "points must be positive, got nan"),
        ({"relative": 30}, r"relative must be in \(0, 1\], got 30"),
        ({"relative": 0}, r"relative must be in \(0, 1\], got 0"),
        ({"points": 15, "week": 0}, r"week must be a week after the baseline \(12\), got 0"),
        ({"points": 15, "level": 95}, r"level must be in \(0, 1\), got 95"),
        ({"points": 15, "better": None}, "better must be given for average_pain of a plain table, got none"),
        ({"points": 15, "better": "less"}, "better must be 'lower' or 'higher', got 'less'"),
        (
            {"points": 15, "treatment": "running"},
            r"treatment and reference must name two arms .* got 'running' and None",
        ),
        ({"points": 15, "outcome": "averge_pain"}, "outcome must be one of average_pain, got 'averge_pain'"),
    ],
)
def test_unusable_arguments_are_refused(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        responders(TABLE, **{"outcome": "average_pain", "better": "lower", **arguments})  # type: ignore[arg-type]


def test_unusable_tables_are_refused() -> None:
    with pytest.raises(InputError, match="people in both arms, got none in reference"):
        improved(outcomes(TREATED, []), points=15)
    with pytest.raises(InputError, match="treatment must have somebody with a baseline above 0"):
        improved(outcomes([(0, 1), (0, 2)], OTHERS), relative=0.3)
    with pytest.raises(InputError, match="outcomes must have rows, got none"):
        improved(TABLE.head(0), points=15)
    with pytest.raises(InputError, match="one row per participant, week and outcome, got several for participant 0"):
        improved(pd.concat([TABLE, TABLE.head(1)]), points=15)
    with pytest.raises(InputError, match="two arms for participant 0"):
        improved(TABLE.assign(arm=["reference", *TABLE["arm"][1:]]), points=15)


def test_number_needed_of_a_clear_benefit_and_a_clear_harm() -> None:
    for difference, limits in ((0.25, Limits(0.1, 0.5)), (-0.25, Limits(-0.5, -0.1))):
        some, none = number_needed(difference, limits)[:: 1 if difference > 0 else -1]
        assert (some.estimate, some.ci_low, some.ci_high) == pytest.approx((4, 2, 10), rel=1e-12)
        assert np.isnan([none.estimate, none.ci_low, none.ci_high]).all()


def test_number_needed_goes_through_infinity_not_through_zero() -> None:
    """Limits -0.05 to 0.25: from 4 up to benefit infinity, and from harm infinity down to 20; never between."""
    benefit, harm = number_needed(0.10, Limits(-0.05, 0.25))
    assert (benefit.ci_low, benefit.ci_high) == (4, math.inf)
    assert (harm.ci_low, harm.ci_high) == pytest.approx((20, math.inf))
    benefit, harm = number_needed(0.1, Limits(0.0, 0.25))
    assert (benefit.ci_low, benefit.ci_high) == (4, math.inf)
    assert math.isnan(harm.ci_low)
    assert [each.estimate for each in number_needed(0.0, Limits(-0.5, 0.5))] == [math.inf, math.inf]
    with pytest.raises(InputError, match="difference must be inside limits"):
        number_needed(0.3, Limits(-0.05, 0.25))


@pytest.mark.parametrize("measure", get_args(Measure))
@pytest.mark.parametrize(("n_1", "n_0"), [(5, 7), (20, 20), (1, 1)])
def test_score_limits_exist_for_all_counts_and_enclose_the_estimate(measure: Measure, n_1: int, n_0: int) -> None:
    for events_1 in range(n_1 + 1):
        for events_0 in range(n_0 + 1):
            counts = TwoShares(events_1, n_1, events_0, n_0)
            limits, estimate = score_limits(counts, measure), counts.compare(measure)
            assert math.isnan(estimate) or limits.low <= estimate <= limits.high
            other = score_limits(TwoShares(events_0, n_0, events_1, n_1), measure)
            mirrored = (-other.high, -other.low)
            if measure != "risk_difference":
                mirrored = (1 / other.high, math.inf if other.low == 0 else 1 / other.low)
            assert (limits.low, limits.high) == pytest.approx(mirrored, rel=1e-7, abs=1e-9)


def test_nothing_known_gives_the_whole_range() -> None:
    nobody = TwoShares(0, 5, 0, 7)
    assert math.isnan(nobody.compare("risk_ratio"))
    assert score_limits(nobody, "risk_ratio") == Limits(0, math.inf)
    assert score_limits(TwoShares(5, 5, 7, 7), "odds_ratio") == Limits(0, math.inf)
    assert TwoShares(1, 5, 0, 7).compare("odds_ratio") == math.inf
    assert newcombe_limits(TwoShares(5, 5, 0, 7)).high == 1


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(InputError, match="events must be from 0 to the people of the group, got 6 of 5"):
        TwoShares(6, 5, 0, 7)
    with pytest.raises(InputError, match="got 0 of 0"):
        TwoShares(1, 5, 0, 0)
    with pytest.raises(InputError, match="measure must be one of risk_difference, risk_ratio, odds_ratio"):
        score_limits(TwoShares(1, 5, 2, 7), "risk")  # type: ignore[arg-type]


@pytest.mark.parametrize(("share_1", "share_0"), [(0.45, 0.2), (0.3, 0.3), (0.1, 0.02)])
def test_coverage_of_the_differences_at_20_per_arm_by_enumeration(share_1: float, share_0: float) -> None:
    """Exact coverage, no simulation: both intervals are close to their level, as published for such sizes."""
    count = np.arange(21)
    ways = np.array([math.comb(20, int(x)) for x in count])
    weight_1 = ways * share_1**count * (1 - share_1) ** (20 - count)
    weight_0 = ways * share_0**count * (1 - share_0) ** (20 - count)
    covered = {"newcombe": 0.0, "score": 0.0}
    for x_1 in count:
        for x_0 in count:
            counts = TwoShares(int(x_1), 20, int(x_0), 20)
            for name, limits in (
                ("newcombe", newcombe_limits(counts)),
                ("score", score_limits(counts, "risk_difference")),
            ):
                inside = limits.low <= share_1 - share_0 <= limits.high
                covered[name] += inside * weight_1[x_1] * weight_0[x_0]
    assert 0.93 < covered["newcombe"] <= 1
    assert 0.93 < covered["score"] <= 1

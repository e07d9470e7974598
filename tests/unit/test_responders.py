"""Responders: who counts, in which direction, of how many; numbers needed through infinity; limits of any counts."""

import math
from collections.abc import Sequence
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from asteroid_repro import ASTEROID, InputError, simulate_trial
from asteroid_repro.estimate.people.number_needed import number_needed
from asteroid_repro.estimate.people.responders import Contrast, newcombe_limits, responders
from asteroid_repro.estimate.people.score_limits import Measure, TwoShares, compare_shares, score_limits
from asteroid_repro.estimate.safety.limits import Limits

# Running: improved by 16, 15, 14, -20 (worse) and 0 points; waitlist: 15, 1, 0, -1.
RUNNING = [(50, 34), (40, 25), (46, 32), (30, 50), (0, 0)]
WAITLIST = [(45, 30), (30, 29), (20, 20), (10, 11)]


def outcomes(running: Sequence[tuple[float, float]], waitlist: Sequence[tuple[float, float]]) -> pd.DataFrame:
    """Return a table of outcomes with the given baselines and scores at week 12."""
    rows = []
    for person, (arm, pair) in enumerate([("running", p) for p in running] + [("waitlist", p) for p in waitlist]):
        rows += [
            {"participant": person, "arm": arm, "week": week, "outcome": "average_pain", "value": value}
            for week, value in zip((0, 12), pair, strict=True)
        ]
    return pd.DataFrame(rows)


TABLE = outcomes(RUNNING, WAITLIST)


def test_an_improvement_is_a_fall_and_the_threshold_itself_counts() -> None:
    result = responders(TABLE, outcome="average_pain", points=15)
    assert (result.running.responders, result.running.n) == (2, 5)  # 16 and 15; not 14, not the one 20 worse
    assert (result.waitlist.responders, result.waitlist.n) == (1, 4)
    assert result.running.share == 0.4
    assert responders(TABLE, outcome="average_pain", points=15.5).running.responders == 1
    assert responders(TABLE, outcome="average_pain", points=14).running.responders == 3


def test_contrasts_are_running_against_waitlist() -> None:
    by_measure = {
        (row.measure, row.method): row for row in responders(TABLE, outcome="average_pain", points=15).contrasts
    }
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

    straight = responders(TABLE, outcome="average_pain", points=15)
    swapped = responders(outcomes(WAITLIST, RUNNING), outcome="average_pain", points=15)
    for row, other in zip(straight.contrasts, swapped.contrasts, strict=True):
        assert (row.estimate, row.ci_low, row.ci_high) == pytest.approx(mirrored(other), rel=1e-8)
    assert straight.needed.benefit == pytest.approx(swapped.needed.harm, rel=1e-12)
    assert straight.needed.harm_low == pytest.approx(swapped.needed.benefit_low, rel=1e-12)


def test_a_relative_threshold_is_of_the_own_baseline_and_leaves_out_zeros() -> None:
    result = responders(TABLE, outcome="average_pain", relative=0.30)
    assert (result.running.responders, result.running.n, result.running.zero_baseline) == (3, 4, 1)
    assert (result.waitlist.responders, result.waitlist.n, result.waitlist.zero_baseline) == (1, 4, 0)
    assert result.running.share == 3 / 4  # of those with a baseline above 0, not of all five
    assert result.scale == "relative"
    assert responders(TABLE, outcome="average_pain", points=15).running.zero_baseline == 0


@pytest.mark.parametrize("baseline", range(10, 101, 10))
@pytest.mark.parametrize("relative", [0.1, 0.2, 0.3, 0.6, 0.7])
def test_reaching_a_relative_threshold_exactly_counts(baseline: int, relative: float) -> None:
    """In floats 0.3 x 10 need not be 3."""
    later = baseline - round(baseline * relative)
    table = outcomes([(baseline, later), (baseline, later + 1)], WAITLIST)
    assert responders(table, outcome="average_pain", relative=relative).running.responders == 1


def test_missing_visits_are_left_out_and_counted() -> None:
    table = TABLE.copy()
    table.loc[(table["participant"] == 0) & (table["week"] == 12), "value"] = np.nan
    with_nan = responders(table, outcome="average_pain", points=15)
    assert (with_nan.running.responders, with_nan.running.n, with_nan.running.missing) == (1, 4, 1)
    assert with_nan == responders(table.dropna(), outcome="average_pain", points=15)
    assert with_nan == responders(table.sample(frac=1, random_state=1), outcome="average_pain", points=15)


def test_the_frame_has_a_row_per_measure() -> None:
    result = responders(simulate_trial(ASTEROID, seed=2024), outcome="disability", week=6, points=10)
    frame = result.to_frame()
    assert frame["measure"].tolist() == [
        "share_running", "share_waitlist", "risk_difference", "risk_difference", "risk_ratio", "odds_ratio",
        "needed_to_benefit", "needed_to_harm",
    ]  # fmt: skip
    assert set(frame["week"]) == {6}
    assert result.label in result._repr_html_()


def test_the_level_moves_every_interval() -> None:
    narrow, wide = (responders(TABLE, outcome="average_pain", points=15, level=level) for level in (0.5, 0.99))
    assert narrow.running.ci_low > wide.running.ci_low
    for row, other in zip(narrow.contrasts, wide.contrasts, strict=True):
        assert row.estimate == other.estimate
        assert other.ci_low < row.ci_low < row.ci_high < other.ci_high


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "threshold must be given as points or relative, got neither"),
        ({"points": 15, "relative": 0.3}, "threshold must be points or relative, got both"),
        ({"points": 0}, "points must be positive, got 0"),
        ({"points": -15}, "points must be positive, got -15"),
        ({"points": math.nan}, "points must be positive, got nan"),
        ({"relative": 30}, r"relative must be in \(0, 1\], got 30"),
        ({"relative": 0}, r"relative must be in \(0, 1\], got 0"),
        ({"points": 15, "week": 0}, r"week must be a week after the baseline \(12\), got 0"),
        ({"points": 15, "level": 95}, r"level must be in \(0, 1\), got 95"),
        ({"points": 15, "outcome": "averge_pain"}, "outcome must be one of average_pain, got 'averge_pain'"),
    ],
)
def test_unusable_arguments_are_refused(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        responders(TABLE, **{"outcome": "average_pain", **arguments})  # type: ignore[arg-type]


def test_unusable_tables_are_refused() -> None:
    with pytest.raises(InputError, match="at least 2 people in each arm, got 0 in waitlist"):
        responders(outcomes(RUNNING, []), outcome="average_pain", points=15)
    with pytest.raises(InputError, match="running must have somebody with a baseline above 0"):
        responders(outcomes([(0, 1), (0, 2)], WAITLIST), outcome="average_pain", relative=0.3)
    with pytest.raises(InputError, match="outcomes must have rows, got none"):
        responders(TABLE.head(0), outcome="average_pain", points=15)
    with pytest.raises(InputError, match="one row per person, week and outcome, got several for participant 0"):
        responders(pd.concat([TABLE, TABLE.head(1)]), outcome="average_pain", points=15)
    with pytest.raises(InputError, match="two arms for participant 0"):
        responders(TABLE.assign(arm=["waitlist", *TABLE["arm"][1:]]), outcome="average_pain", points=15)


def test_number_needed_of_a_clear_benefit_and_a_clear_harm() -> None:
    benefit = number_needed(0.25, Limits(0.1, 0.5))
    assert (benefit.benefit, benefit.benefit_low, benefit.benefit_high) == pytest.approx((4, 2, 10), rel=1e-12)
    assert np.isnan([benefit.harm, benefit.harm_low, benefit.harm_high]).all()
    harm = number_needed(-0.25, Limits(-0.5, -0.1))
    assert (harm.harm, harm.harm_low, harm.harm_high) == pytest.approx((4, 2, 10), rel=1e-12)
    assert np.isnan([harm.benefit, harm.benefit_low, harm.benefit_high]).all()


def test_number_needed_goes_through_infinity_not_through_zero() -> None:
    """Limits -0.05 to 0.25: from 4 up to benefit infinity, and from harm infinity down to 20; never between."""
    result = number_needed(0.10, Limits(-0.05, 0.25))
    assert (result.benefit_low, result.benefit_high) == (4, math.inf)
    assert (result.harm_low, result.harm_high) == pytest.approx((20, math.inf))
    touching = number_needed(0.1, Limits(0.0, 0.25))
    assert (touching.benefit_low, touching.benefit_high) == (4, math.inf)
    assert math.isnan(touching.harm_low)
    nothing = number_needed(0.0, Limits(-0.5, 0.5))
    assert (nothing.benefit, nothing.harm) == (math.inf, math.inf)
    assert nothing.to_frame().shape == (1, 6)
    with pytest.raises(InputError, match="difference must be inside its limits"):
        number_needed(0.3, Limits(-0.05, 0.25))


@pytest.mark.parametrize("measure", get_args(Measure))
@pytest.mark.parametrize(("n_1", "n_0"), [(5, 7), (20, 20), (1, 1)])
def test_score_limits_exist_for_all_counts_and_enclose_the_estimate(measure: Measure, n_1: int, n_0: int) -> None:
    for events_1 in range(n_1 + 1):
        for events_0 in range(n_0 + 1):
            counts = TwoShares(events_1, n_1, events_0, n_0)
            limits, estimate = score_limits(counts, measure), compare_shares(counts, measure)
            assert math.isnan(estimate) or limits.low <= estimate <= limits.high
            other = score_limits(TwoShares(events_0, n_0, events_1, n_1), measure)
            mirrored = (-other.high, -other.low)
            if measure != "difference":
                mirrored = (1 / other.high, math.inf if other.low == 0 else 1 / other.low)
            assert (limits.low, limits.high) == pytest.approx(mirrored, rel=1e-7, abs=1e-9)


def test_nothing_known_gives_the_whole_range() -> None:
    nobody = TwoShares(0, 5, 0, 7)
    assert math.isnan(compare_shares(nobody, "ratio"))
    assert score_limits(nobody, "ratio") == Limits(0, math.inf)
    assert score_limits(TwoShares(5, 5, 7, 7), "odds_ratio") == Limits(0, math.inf)
    assert compare_shares(TwoShares(1, 5, 0, 7), "odds_ratio") == math.inf
    assert newcombe_limits(TwoShares(5, 5, 0, 7)).high == 1


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(InputError, match="events must be from 0 to the people of the group, got 6 of 5"):
        TwoShares(6, 5, 0, 7)
    with pytest.raises(InputError, match="got 0 of 0"):
        TwoShares(1, 5, 0, 0)
    with pytest.raises(InputError, match="measure must be difference, ratio or odds_ratio"):
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
            for name, limits in (("newcombe", newcombe_limits(counts)), ("score", score_limits(counts, "difference"))):
                inside = limits.low <= share_1 - share_0 <= limits.high
                covered[name] += inside * weight_1[x_1] * weight_0[x_0]
    assert 0.93 < covered["newcombe"] <= 1
    assert 0.93 < covered["score"] <= 1

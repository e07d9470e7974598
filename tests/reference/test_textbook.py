"""Published worked examples, and limits made by base R.

The R numbers are in rate_references.csv, made by make_rate_references.R beside it (the version is its first line).
"""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats.contingency import odds_ratio, relative_risk
from statsmodels.stats.proportion import confint_proportions_2indep

from asteroid_repro.estimate.change_from_baseline.number_needed import number_needed
from asteroid_repro.estimate.change_from_baseline.responders import newcombe_limits, responders
from asteroid_repro.estimate.change_from_baseline.score_limits import Measure, TwoShares, score_limits
from asteroid_repro.estimate.change_from_baseline.standardised import hedges_factor, noncentrality_limits
from asteroid_repro.estimate.safety.rate_limits import clustered_limits, exact_poisson_limits, mid_p_poisson_limits
from asteroid_repro.tables.limits import Limits

R = pd.read_csv(Path(__file__).with_name("rate_references.csv"), comment="#")

# Newcombe (1998), Stat Med 17:873-890, table II: counts, method 10 (hybrid score), method 6 (Miettinen-Nurminen).
NEWCOMBE = [
    ((56, 70, 48, 80), (0.0524, 0.3339), (0.0528, 0.3382)),
    ((9, 10, 3, 10), (0.1705, 0.8090), (0.1700, 0.8406)),
    ((6, 7, 2, 7), (0.0582, 0.8062), (0.0342, 0.8534)),
    ((5, 56, 0, 29), (-0.0381, 0.1926), (-0.0326, 0.1933)),
    ((0, 10, 0, 20), (-0.1611, 0.2775), (-0.1658, 0.2844)),
    ((0, 10, 0, 10), (-0.2775, 0.2775), (-0.2879, 0.2879)),
    ((10, 10, 0, 20), (0.6791, 1.0000), (0.7156, 1.0000)),
    ((10, 10, 0, 10), (0.6075, 1.0000), (0.6636, 1.0000)),
]


def within(limits: Limits[float], printed: tuple[float, float], half_digit: float) -> bool:
    """Return whether both limits print as given."""
    return abs(limits.low - printed[0]) <= half_digit and abs(limits.high - printed[1]) <= half_digit


@pytest.mark.parametrize(("counts", "hybrid", "miettinen_nurminen"), NEWCOMBE)
def test_newcombe_1998_table_ii(
    counts: tuple[int, int, int, int], hybrid: tuple[float, float], miettinen_nurminen: tuple[float, float]
) -> None:
    assert within(newcombe_limits(TwoShares(*counts)), hybrid, 5.1e-5)
    assert within(score_limits(TwoShares(*counts), "risk_difference"), miettinen_nurminen, 5.1e-5)


def test_newcombe_1998_first_example_has_a_difference_of_a_fifth() -> None:
    assert TwoShares(56, 70, 48, 80).compare("risk_difference") == pytest.approx(0.2, abs=1e-12)


def test_altman_1998_numbers_needed() -> None:
    """BMJ 317:1309: a difference of 10 % (-5 % to 25 %) is NNTB 10 (NNTH 20 to infinity to NNTB 4)."""
    benefit, harm = number_needed(0.10, Limits(-0.05, 0.25))
    assert (benefit.estimate, benefit.ci_low, harm.ci_low) == pytest.approx((10, 4, 20), rel=1e-12)
    assert benefit.ci_high == harm.ci_high == math.inf
    clear, _ = number_needed(0.10, Limits(0.05, 0.15))  # the next step of the same argument
    assert (clear.ci_low, clear.ci_high) == pytest.approx((1 / 0.15, 20), rel=1e-12)


@pytest.mark.parametrize(
    ("events", "low", "high"), [(1, 0.0253, 5.572), (2, 0.2422, 7.225), (5, 1.623, 11.67), (10, 4.795, 18.39)]
)
def test_garwood_1936_limits(events: int, low: float, high: float) -> None:
    """Biometrika 28:437, as tabulated to four figures in every textbook of epidemiology."""
    limits = exact_poisson_limits(events)
    assert abs(limits.low - low) <= 5.1e-4 * max(low, 0.1)
    assert abs(limits.high - high) <= 5.1e-4 * high


@pytest.mark.parametrize(("n", "c_4"), [(2, 0.7979), (5, 0.9400), (10, 0.9727), (20, 0.9869), (25, 0.9896)])
def test_the_correction_follows_from_the_constant_of_control_charts(n: int, c_4: float) -> None:
    """E(s) = c4(n) sigma, printed in every table of control-chart constants; J(n) = c4(n) sqrt((n - 1) / n)."""
    assert abs(hedges_factor(n) / math.sqrt((n - 1) / n) - c_4) <= 5.1e-5


def references(what: str) -> list[tuple[float, float, float, float, float]]:
    """Return the rows a, b, level, low, high that R made."""
    rows = R[R["what"] == what]
    assert len(rows) >= 3
    return [tuple(row) for row in rows[["a", "b", "level", "low", "high"]].to_numpy()]


def test_exact_poisson_limits_are_those_of_poisson_test() -> None:
    for events, _, level, low, high in references("exact"):
        limits = exact_poisson_limits(int(events), level)
        assert (limits.low, limits.high) == pytest.approx((low, high), rel=1e-10)


def test_mid_p_limits_are_those_of_r() -> None:
    for events, _, level, low, high in references("mid_p"):
        limits = mid_p_poisson_limits(int(events), level)
        assert (limits.low, limits.high) == pytest.approx((low, high), rel=1e-9)


def test_noncentrality_limits_are_those_of_r() -> None:
    for t, df, level, low, high in references("noncentral"):
        limits = noncentrality_limits(t, df, level)
        assert (limits.low, limits.high) == pytest.approx((low, high), rel=1e-7, abs=1e-7)


def fallen(count: int, n: int) -> pd.DataFrame:
    """Return scores at two visits of two alike arms of n people, of whom the given count fell by 20 points in each."""
    people = [(f"{arm} {one}", arm, one < count) for arm in ("treatment", "reference") for one in range(n)]
    rows = [(who, arm, week, "pain", 50 - 20 * (falls and week > 0)) for who, arm, falls in people for week in (0, 12)]
    return pd.DataFrame(rows, columns=["participant", "arm", "week", "outcome", "value"])


def test_the_limits_of_a_share_of_responders_are_those_of_prop_test() -> None:
    for count, n, level, low, high in references("wilson"):
        found = responders(fallen(int(count), int(n)), outcome="pain", points=15, better="lower", level=level)
        for row in found.rows[:2]:
            assert row.estimate == count / n
            assert (row.ci_low, row.ci_high) == pytest.approx((low, high), abs=1e-9)


def test_clustered_limits_are_those_of_a_sandwich_in_r() -> None:
    y = np.array([3, 0, 1, 0, 0, 2, 0, 0, 1, 0.0])
    h = np.array([5, 4.5, 6, 2, 5.5, 7, 1.5, 6, 5, 4])
    for _, _, level, low, high in references("clustered"):
        limits = clustered_limits(y, h, level)
        assert (limits.low, limits.high) == pytest.approx((low, high), rel=1e-9)


@pytest.mark.parametrize(("measure", "compare"), [("risk_ratio", "ratio"), ("odds_ratio", "odds-ratio")])
def test_score_limits_of_ratios_are_those_of_statsmodels(measure: Measure, compare: str) -> None:
    """Interior counts only: with an empty or full cell statsmodels fails, and its differences are wrong (#10269)."""
    for events_1, events_0 in ((1, 1), (3, 8), (12, 5), (19, 2), (10, 10)):
        reference = confint_proportions_2indep(events_1, 20, events_0, 25, method="score", compare=compare)
        limits = score_limits(TwoShares(events_1, 20, events_0, 25), measure)
        assert (limits.low, limits.high) == pytest.approx(reference, rel=1e-7)


def test_the_ratios_themselves_are_scipys() -> None:
    counts = TwoShares(9, 20, 4, 25)
    assert counts.compare("risk_ratio") == pytest.approx(relative_risk(9, 20, 4, 25).relative_risk, rel=1e-12)
    table = np.array([[9, 11], [4, 21]])
    assert counts.compare("odds_ratio") == pytest.approx(odds_ratio(table, kind="sample").statistic, rel=1e-12)

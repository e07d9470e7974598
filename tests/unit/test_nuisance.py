"""What print leaves open: sets that hold the people's own values, close in on them with more digits, or are empty."""

import math
from typing import Any

import numpy as np
import pytest

import asteroid_repro as ar
from asteroid_repro.errors import InputError
from asteroid_repro.estimate.effects.methods import estimate_arrays
from asteroid_repro.estimate.inference import confidence_interval
from asteroid_repro.printed.left_open.interval_arithmetic import image, is_empty, meet, size
from asteroid_repro.printed.left_open.nuisance import ANALYSES, nuisance_from_print
from asteroid_repro.tables.limits import Limits
from asteroid_repro.verdicts.left_by_print import assumed_from_print, left_by_print

METHOD = {"ancova": "ancova", "change_score": "change_score", "random_intercept": "random_intercept"}


def people(seed: int, sizes: tuple[int, int] = (31, 24), imbalance: float = 2.0) -> list[np.ndarray]:
    """Return scores of two arms at two visits, shape (2 visits, people)."""
    rng = np.random.default_rng(seed)
    covariance = [[100, 66], [66, 121]]
    means = np.array([[40 + imbalance, 31], [40, 38]])
    return [rng.multivariate_normal(mean, covariance, n).T for mean, n in zip(means, sizes, strict=True)]


def truth(arms: list[np.ndarray]) -> dict[str, float]:
    """Return the people's own values, pooled within arms."""
    n = sum(arm.shape[1] for arm in arms)
    pooled = sum(np.cov(arm) * (arm.shape[1] - 1) for arm in arms) / (n - 2)
    sd_0, sd = np.sqrt(np.diag(pooled))
    h = sum(1 / arm.shape[1] for arm in arms)
    change = math.sqrt(pooled[0, 0] + pooled[1, 1] - 2 * pooled[0, 1])
    return {
        "correlation": pooled[0, 1] / (sd_0 * sd),
        "sd": sd,
        "change_sd": change,
        "residual_sd": change / math.sqrt(2),
        "baseline_difference": arms[0][0].mean() - arms[1][0].mean(),
        "difference": arms[0][1].mean() - arms[1][1].mean(),
        "h": h,
    }


def printed(arms: list[np.ndarray], analysis: str, digits: int) -> dict[str, Any]:
    """Print a trial: the line of an analysis, means and SDs of both arms at both visits."""
    method, distribution = analysis.split()
    if method == "follow_up":  # the difference at the visit, which a change score of people who started alike is
        scores = [np.stack([0 * arm[0], arm[1]]) for arm in arms]
        method = "change_score"
    else:
        scores = arms
    how: Any = {"method": METHOD[method], "distribution": distribution}
    fit = estimate_arrays(scores[0][..., None], scores[1][..., None], **how)
    limits = confidence_interval(fit, 0.95)
    e, low, high = (float(np.ravel(each)[-1]) for each in (fit.estimate, limits.low, limits.high))
    found: dict[str, Any] = {"line": f"{e:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"}
    found["people"] = (arms[0].shape[1], arms[1].shape[1])
    for visit, before in ((0, "baseline_"), (1, "")):
        found[f"{before}means"] = tuple(f"{arm[visit].mean():.{digits}f}" for arm in arms)
        found[f"{before}sds"] = tuple(f"{arm[visit].std(ddof=1):.{digits}f}" for arm in arms)
    return found


@pytest.mark.parametrize("analysis", ANALYSES)
@pytest.mark.parametrize("digits", [1, 2, 9])
def test_the_sets_hold_the_peoples_values_and_close_in_on_them(analysis: str, digits: int) -> None:
    for seed in range(4):
        arms = people(seed)
        left = nuisance_from_print(**printed(arms, analysis, digits), analyses=[analysis])
        assert left.possible == (analysis,)
        for row in left.rows:
            if row.given or row.quantity not in truth(arms):
                continue
            value = truth(arms)[row.quantity]
            assert row.low - 1e-9 <= value <= row.high + 1e-9, row
            if digits == 9:
                assert row.high - row.low < 1e-6, row


@pytest.mark.parametrize("analysis", ["ancova t", "change_score t"])
def test_without_the_baseline_sd_the_set_is_that_of_equal_sds(analysis: str) -> None:
    arms = people(3)
    pooled = truth(arms)["sd"] / math.sqrt(np.sum([np.var(arm[0], ddof=1) * (arm.shape[1] - 1) for arm in arms]) / 53)
    alike = [np.stack([arm[0] * pooled, arm[1]]) for arm in arms]  # the same pooled SD at both visits
    numbers = printed(alike, analysis, 9) | {"baseline_sds": (None, None), "baseline_means": (None, None)}
    left = nuisance_from_print(**numbers, analyses=[analysis])
    given = "" if analysis == "ancova t" else "the same SD at both visits"
    assert left.left(analysis, "correlation", given).low == pytest.approx(truth(alike)["correlation"], abs=1e-6)
    if analysis == "ancova t":
        apart = left.left(analysis, "baseline_difference", "the same SD at both visits")
        assert apart.low == pytest.approx(truth(alike)["baseline_difference"], abs=1e-6)


def test_with_no_sd_printed_the_sd_is_a_curve_over_the_correlation() -> None:
    arms = people(5, imbalance=0)
    for analysis in ("change_score t", "random_intercept z"):
        numbers = printed(arms, analysis, 9)
        left = nuisance_from_print(numbers["line"], people=numbers["people"], analyses=[analysis])
        for rho in (0.25, 0.5, 0.75):
            found = left.left(analysis, "sd", f"correlation {rho:g}, the same SD at both visits")
            assert found.low == pytest.approx(truth(arms)["change_sd"] / math.sqrt(2 * (1 - rho)), rel=1e-6)


def test_the_wrong_one_of_the_list_is_told_apart() -> None:
    arms = people(1, imbalance=8)
    left = nuisance_from_print(**printed(arms, "ancova t", 2))
    assert "ancova t" in left.possible
    assert {"change_score t", "follow_up t"} <= set(left.impossible)
    swapped = printed(arms, "ancova t", 2)
    swapped["means"] = swapped["means"][::-1]
    assert "ancova t" in nuisance_from_print(**swapped).impossible


def test_t_is_not_z_and_the_people_count() -> None:
    arms = people(2, (9, 8))
    numbers = printed(arms, "follow_up t", 9)
    assert "follow_up t" in nuisance_from_print(**numbers).possible
    assert "follow_up z" in nuisance_from_print(**numbers).impossible
    assert "follow_up t" in nuisance_from_print(**numbers | {"people": (10, 8)}).impossible


def test_standard_errors_stand_for_sds() -> None:
    arms = people(1)
    numbers = printed(arms, "change_score t", 4)
    n = numbers["people"]
    errors = tuple(f"{float(sd) / math.sqrt(size):.4f}" for sd, size in zip(numbers["sds"], n, strict=True))
    by_sd = nuisance_from_print(**numbers, analyses=["change_score t"]).left("change_score t", "correlation")
    numbers |= {"sds": (None, None), "standard_errors": errors}
    by_se = nuisance_from_print(**numbers, analyses=["change_score t"]).left("change_score t", "correlation")
    assert by_se.low == pytest.approx(by_sd.low, abs=1e-3)


def test_a_reduction_gives_the_mean_at_baseline() -> None:
    line: dict[str, Any] = {"line": "-5.0 (-9.0 to -1.0)", "people": (40, 40), "analyses": ["change_score t"]}
    left = nuisance_from_print(**line, means=("15.0", "20.0"), reductions=("50", "50"))
    apart = left.left("change_score t", "baseline_difference")
    assert is_empty(apart)  # 30 and 40 differ by 10, not by the 0 that a difference in change leaves
    right = nuisance_from_print(**line, means=("15.0", "24.0"), reductions=("50", "29.4"))
    assert right.left("change_score t", "baseline_difference").low == pytest.approx(-4.1, abs=0.2)


def test_responders_need_a_spread_of_changes_and_whole_people() -> None:
    arms: dict[str, Any] = {"people": (40, 40), "means": ("35.0", "40.0"), "baseline_means": ("40.0", "40.0")}
    narrow = nuisance_from_print("-5.0 (-5.9 to -4.1)", **arms, analyses=["change_score t"])
    assert narrow.possible
    some: dict[str, Any] = {"responders": ("50", "50"), "response": 20.0}
    assert not nuisance_from_print("-5.0 (-5.9 to -4.1)", **arms, **some, analyses=["change_score t"]).possible
    assert nuisance_from_print("-5.0 (-14.0 to 4.0)", **arms, **some, analyses=["change_score t"]).possible
    odd: dict[str, Any] = {"responders": ("51.0", "50"), "response": 20.0}  # 51.0 % of 40 people is nobody's count
    assert not nuisance_from_print("-5.0 (-14.0 to 4.0)", **arms, **odd, analyses=["change_score t"]).possible


def test_an_sd_that_the_scale_cannot_hold_leaves_nothing() -> None:
    arms: dict[str, Any] = {"people": (40, 40), "means": ("3.0", "4.0"), "sds": ("6.0", "2.0")}
    assert not nuisance_from_print("-1.0 (-2.9 to 0.9)", **arms, scale=(0, 10), analyses=["follow_up t"]).possible
    assert nuisance_from_print("-1.0 (-3.0 to 1.0)", **arms, analyses=["follow_up t"]).possible


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"line": "no result"}, "line must be one result"),
        ({"people": (2, 40)}, "people must be a whole number of at least 3"),
        ({"analyses": ["anova t"]}, "analysis must be one of"),
        ({"sds": ("a", "2")}, "a mean or an SD must be text"),
        ({"responders": ("50", None)}, "response must be given"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(changes: dict[str, Any], message: str) -> None:
    line: dict[str, Any] = {"line": "-1.0 (-2.0 to 0.0)", "people": (40, 40)}
    with pytest.raises(InputError, match=message):
        nuisance_from_print(**line | changes)


def test_intervals() -> None:
    assert meet(Limits(0.0, 1.0), Limits(1.0, 2.0)) == Limits(1.0, 1.0)
    assert is_empty(meet(Limits(0.0, 1.0), Limits(1.1, 2.0)))
    assert is_empty(meet(Limits(0.0, 1.0), image(lambda x: x, Limits(math.nan, math.nan))))
    assert image(lambda a, b: a * b, Limits(-1.0, 2.0), Limits(3.0, 4.0)) == Limits(-4.0, 8.0)
    assert size(Limits(-2.0, -1.0)) == Limits(1.0, 2.0)


def test_print_brackets_the_correlations_that_the_people_had() -> None:
    headache = left_by_print(ar.study("acupuncture_headache"))["headache.week52"]
    both = [headache.left(f"ancova {distribution}", "correlation") for distribution in ("t", "z")]
    known = ar.study("acupuncture_headache").ledger["known.correlation"].value
    assert min(each.low for each in both) <= known <= max(each.high for each in both)
    assert [round(end, 2) for end in (both[0].low, both[0].high)] == [0.71, 0.74]
    neck = left_by_print(ar.study("neck_pain"))["pain.week12"].left("change_score t", "change_sd")
    assumed = ar.study("neck_pain").scenario("known_people")
    (first, _, last), rho = assumed.pain.sd, assumed.visit_correlation[0][-1]
    assert neck.low <= math.sqrt(first**2 + last**2 - 2 * rho * first * last) <= neck.high


def test_what_is_left_is_written_as_assumptions_that_the_studies_use() -> None:
    (line,) = assumed_from_print(ar.study("acupuncture_headache"))
    assert line.startswith(
        f"visit_correlation = {{ value = {ar.study('acupuncture_headache').assumptions.visit_correlation[0][1]:g}"
    )
    (line,) = assumed_from_print(ar.study("neck_pain"))
    assert line.startswith(f"pain.sd = {{ value = {ar.study('neck_pain').assumptions.pain.sd[0]:g}")
    assert assumed_from_print(ar.study("asteroid"))

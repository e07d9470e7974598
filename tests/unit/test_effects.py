"""The estimators against other routes to the same numbers: least squares, two-sample t tests, an ANOVA table."""

import math
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from asteroid_repro import ASTEROID, InputError, Trial, estimate_effects, simulate_trial
from asteroid_repro.estimate.effects.estimate_effects import Effect
from asteroid_repro.estimate.effects.methods import estimate_arrays
from asteroid_repro.estimate.inference import confidence_interval, p_value

METHODS = ("random_intercept", "mmrm", "ancova")
ARMS: dict[str, Any] = {
    "treatment": "running",
    "reference": "waitlist",
    "better": "lower",
}  # of a simulated trial's plain tables
# Three treated, four others; rows are people, columns weeks 0, 6, 12.
TREATED = np.array([[50, 40, 30], [60, 55, 35], [42, 30, 31]], dtype=float)
OTHERS = np.array([[45, 47, 44], [58, 50, 60], [40, 43, 38], [66, 60, 61]], dtype=float)
# Within a person the visits pull apart, so people differ less than visits do: the person variance is 0.
APART_TREATED = np.array([[10, 50, 30], [50, 20, 33], [30, 40, 5], [33, 9, 41]], dtype=float)
APART_OTHERS = np.array([[20, 60, 45], [60, 30, 22], [41, 25, 58], [25, 47, 40]], dtype=float)


def table(treatment: np.ndarray, reference: np.ndarray, outcome: str = "disability") -> pd.DataFrame:
    """Lay out scores (people, visits) as the long table of the schema."""
    scores = np.vstack([treatment, reference])
    person, visit = np.indices(scores.shape).reshape(2, -1)
    return pd.DataFrame(
        {
            "participant": person + 1,
            "arm": np.where(person < len(treatment), "treatment", "reference"),
            "week": visit * 6,
            "outcome": outcome,
            "value": scores.ravel(),
        }
    )


@cache
def trial() -> Trial:
    """Return one simulated trial."""
    return simulate_trial(ASTEROID, seed=2024)


def last(data: pd.DataFrame, method: str, **options: object) -> Effect:
    """Return the effect at the last week of the first outcome."""
    return estimate_effects(data, method=method, **options).rows[1]  # type: ignore[arg-type]


def anova_mean_squares(treatment: np.ndarray, reference: np.ndarray) -> tuple[float, float, float]:
    """Between-person, within-person and total mean squares around the arm-by-visit means, by sums over cells."""
    residuals = np.vstack([treatment - treatment.mean(axis=0), reference - reference.mean(axis=0)])
    people, visits = residuals.shape
    own_mean = residuals.mean(axis=1, keepdims=True)
    between = visits * float((own_mean**2).sum()) / (people - 2)
    within = float(((residuals - own_mean) ** 2).sum()) / ((people - 2) * (visits - 1))
    return between, within, float((residuals**2).sum()) / (visits * (people - 2))


def test_the_estimate_is_treatment_minus_reference_change_from_baseline() -> None:
    # Changes: treatment (-10, -5, -12) and (-20, -25, -11), reference (2, -8, 3, -6) and (-1, 2, -2, -5).
    changes = [-27 / 3 - (-9 / 4), -56 / 3 - (-6 / 4)]
    for method in ("random_intercept", "mmrm"):
        rows = estimate_effects(table(TREATED, OTHERS), method=method).rows
        assert [row.estimate for row in rows] == pytest.approx(changes, rel=1e-12)
        assert [row.week for row in rows] == [6, 12]


def test_mmrm_is_the_pooled_t_test_of_the_changes() -> None:
    for visit, row in enumerate(estimate_effects(table(TREATED, OTHERS), method="mmrm").rows, start=1):
        test = stats.ttest_ind(TREATED[:, visit] - TREATED[:, 0], OTHERS[:, visit] - OTHERS[:, 0])
        limits = test.confidence_interval(0.95)
        assert row.df == 5
        assert row.se == pytest.approx(row.estimate / test.statistic, rel=1e-12)
        assert row.p_value == pytest.approx(test.pvalue, rel=1e-12)
        assert (row.ci_low, row.ci_high) == pytest.approx((limits.low, limits.high), rel=1e-12)


def test_ancova_is_least_squares_on_baseline_and_arm() -> None:
    design = np.column_stack([np.ones(7), np.r_[TREATED[:, 0], OTHERS[:, 0]], np.r_[np.ones(3), np.zeros(4)]])
    for visit, row in enumerate(estimate_effects(table(TREATED, OTHERS), method="ancova").rows, start=1):
        response = np.r_[TREATED[:, visit], OTHERS[:, visit]]
        beta, rss, _, _ = np.linalg.lstsq(design, response)
        se = math.sqrt(rss[0] / 4 * np.linalg.inv(design.T @ design)[2, 2])
        assert row.df == 4
        assert row.estimate == pytest.approx(beta[2], rel=1e-10)
        assert row.se == pytest.approx(se, rel=1e-10)
        assert row.p_value == pytest.approx(2 * stats.t.sf(abs(beta[2] / se), 4), rel=1e-9)


def test_the_random_intercept_has_the_within_person_mean_square() -> None:
    between, within, _ = anova_mean_squares(TREATED, OTHERS)
    assert between > within
    se = math.sqrt(2 * within * (1 / 3 + 1 / 4))
    z, t = (last(table(TREATED, OTHERS), "random_intercept", distribution=d) for d in ("z", "t"))
    assert z.se == pytest.approx(se, rel=1e-12)
    assert t.se == z.se
    assert (z.df, t.df) == (math.inf, 10)  # (7 - 2)(3 - 1)
    assert z.p_value == pytest.approx(2 * stats.norm.sf(abs(z.estimate) / se), rel=1e-12)
    assert t.p_value == pytest.approx(2 * stats.t.sf(abs(t.estimate) / se, 10), rel=1e-12)
    assert z.ci_high - z.estimate == pytest.approx(stats.norm.isf(0.025) * se, rel=1e-12)
    assert t.estimate - t.ci_low == pytest.approx(stats.t.isf(0.025, 10) * se, rel=1e-12)


def test_on_the_boundary_the_pooled_variance_serves_and_the_estimate_stays() -> None:
    between, within, total = anova_mean_squares(APART_TREATED, APART_OTHERS)
    assert between < within  # a negative intraclass correlation
    row = last(table(APART_TREATED, APART_OTHERS), "random_intercept", distribution="t")
    assert row.df == 18  # 3 visits x (8 - 2)
    assert row.se == pytest.approx(math.sqrt(2 * total * (1 / 4 + 1 / 4)), rel=1e-12)
    change = (APART_TREATED - APART_OTHERS).mean(axis=0)
    assert row.estimate == pytest.approx(change[2] - change[0], rel=1e-12)
    assert row.estimate != 0
    assert estimate_arrays(APART_TREATED.T, APART_OTHERS.T, method="random_intercept").boundary.all()


@pytest.mark.parametrize(
    ("method", "distribution", "df"),
    [
        ("random_intercept", None, math.inf), ("random_intercept", "t", 76), ("random_intercept", "z", math.inf),
        ("mmrm", None, 38), ("mmrm", "z", math.inf), ("ancova", None, 37), ("ancova", "z", math.inf),
    ],
)  # fmt: skip
def test_degrees_of_freedom_of_a_trial_of_40(method: str, distribution: str | None, df: float) -> None:
    frame = estimate_effects(trial(), method=method, distribution=distribution).to_frame()  # type: ignore[arg-type]
    assert set(frame["df"]) == {df}
    assert set(frame["distribution"]) == {"z" if math.isinf(df) else "t"}
    assert set(frame["method"]) == {method}


def test_the_boundary_has_114_degrees_of_freedom_in_a_trial_of_40() -> None:
    rng = np.random.default_rng(5)
    noise = rng.normal(size=(40, 3)) * 10
    apart = 50 + noise - 0.9 * noise.mean(axis=1, keepdims=True)
    assert last(table(apart[:20] - [0, 0, 9], apart[20:]), "random_intercept", distribution="t").df == 114


def test_the_columns_and_rows_are_those_of_the_design() -> None:
    effects = estimate_effects(trial())
    frame = effects.to_frame()
    assert list(frame.columns) == [
        "outcome", "week", "method", "distribution", "estimate", "se", "df", "ci_low", "ci_high", "p_value",
        "n_treatment", "n_reference", "better", "likelihood", "covariance", "boundary",
    ]  # fmt: skip
    pairs = list(zip(frame["outcome"], frame["week"], strict=True))
    assert pairs == [(o, w) for o in ("average_pain", "current_pain", "disability") for w in (6, 12)]
    assert effects.label == trial().label
    assert effects.label in effects._repr_html_()
    assert (last(table(TREATED, OTHERS), "mmrm").n_treatment, last(table(TREATED, OTHERS), "mmrm").n_reference) == (
        3,
        4,
    )


@pytest.mark.parametrize("method", METHODS)
def test_what_may_not_matter_does_not(method: str) -> None:
    outcomes = trial().outcomes
    wanted = estimate_effects(trial(), method=method).to_frame()
    shuffled = outcomes.sample(frac=1, random_state=1).set_index(pd.Index(range(500, 860)))
    names = outcomes.assign(participant=outcomes["participant"].map("P{:02d}".format))
    categories = outcomes.astype(dict.fromkeys(("participant", "arm", "week", "outcome"), "category"))
    backwards = categories.assign(arm=categories["arm"].cat.set_categories(["waitlist", "running"]))
    text = outcomes.astype({"value": str, "week": str})
    for other in (outcomes, shuffled, names, categories, backwards, text, outcomes.assign(note="x")):
        got = estimate_effects(other, method=method, **ARMS).to_frame()
        pd.testing.assert_frame_equal(got, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_swapping_arms_flips_signs_and_shift_and_scale_carry_through(method: str) -> None:
    outcomes = trial().outcomes
    frame = estimate_effects(trial(), method=method).to_frame()
    flipped = estimate_effects(outcomes, method=method, treatment="waitlist", reference="running").to_frame()
    np.testing.assert_allclose(flipped["estimate"], -frame["estimate"], rtol=1e-10)
    np.testing.assert_allclose(flipped["ci_low"], -frame["ci_high"], rtol=1e-10)
    np.testing.assert_allclose(flipped["se"], frame["se"], rtol=1e-10)
    for scale in (3.0, 0.1):
        moved = outcomes.assign(value=7 + scale * outcomes["value"])
        moved = estimate_effects(moved, method=method, **ARMS).to_frame()
        for column in ("estimate", "se", "ci_low", "ci_high"):
            np.testing.assert_allclose(moved[column], scale * frame[column], rtol=1e-9)
        np.testing.assert_allclose(moved["p_value"], frame["p_value"], rtol=1e-8)


@pytest.mark.parametrize("method", METHODS)
def test_the_level_changes_the_interval_only(method: str) -> None:
    narrow, wide = (estimate_effects(trial(), method=method, level=level).to_frame() for level in (0.5, 0.99))
    limits = ["ci_low", "ci_high"]
    pd.testing.assert_frame_equal(narrow.drop(columns=limits), wide.drop(columns=limits), check_exact=True)
    reference = stats.norm if method == "random_intercept" else stats.t(38 if method == "mmrm" else 37)
    for frame, level in ((narrow, 0.5), (wide, 0.99)):
        margin = reference.isf((1 - level) / 2) * frame["se"]
        np.testing.assert_allclose(frame["ci_high"], frame["estimate"] + margin, rtol=1e-10)
        np.testing.assert_allclose(frame["ci_low"], frame["estimate"] - margin, rtol=1e-10)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("distribution", ["z", "t"])
def test_many_trials_at_once_are_each_trial_alone(method: str, distribution: str) -> None:
    rng = np.random.default_rng(3)
    treatment, reference = rng.normal(50, 10, (3, 5, 30)), rng.normal(50, 10, (3, 6, 30))
    batch = estimate_arrays(treatment, reference, method=method, distribution=distribution)  # type: ignore[arg-type]
    low, p = confidence_interval(batch).low, p_value(batch)
    for one in range(30):
        data = table(treatment[..., one].T, reference[..., one].T)
        rows = estimate_effects(data, method=method, distribution=distribution).rows  # type: ignore[arg-type]
        for visit, row in enumerate(rows):
            got = [a[visit, one] for a in (batch.estimate, batch.standard_error, batch.df, low, p)]
            assert got == pytest.approx([row.estimate, row.se, row.df, row.ci_low, row.p_value], rel=1e-10)


def missing(rows: pd.Series, *, explicit: bool) -> pd.DataFrame:
    """Return the outcomes with some values missing, as NaN or as no row."""
    outcomes = trial().outcomes
    return outcomes.assign(value=outcomes["value"].mask(rows)) if explicit else outcomes[~rows]


def frame_or_refusal(data: pd.DataFrame, method: str) -> pd.DataFrame | str:
    """Return the estimates, or the message with which the table is refused."""
    try:
        return estimate_effects(data, method=method, **ARMS).to_frame()
    except InputError as error:
        return str(error)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("week", [0, 6, 12])
@pytest.mark.parametrize("people", ["one", "all"])
def test_a_missing_row_and_a_missing_value_are_the_same(method: str, week: int, people: str) -> None:
    """Also where a visit of one outcome is missing in everybody: week 6 must not become the baseline."""
    outcomes = trial().outcomes
    gone = (outcomes["week"] == week) & (outcomes["outcome"] == "disability")
    if people == "one":
        gone &= outcomes["participant"] == 5
    with_nan, without_row = (frame_or_refusal(missing(gone, explicit=explicit), method) for explicit in (True, False))
    if isinstance(with_nan, str) or isinstance(without_row, str):
        assert (type(with_nan), str(with_nan)) == (type(without_row), str(without_row))
    else:
        pd.testing.assert_frame_equal(with_nan, without_row, rtol=1e-9)


@pytest.mark.parametrize(
    ("data", "fragment"),
    [
        (table(TREATED, OTHERS).drop(columns="week"), "missing: week"),
        (table(TREATED, OTHERS).iloc[:0], "outcomes must have rows, got none"),
        (pd.concat([table(TREATED, OTHERS)] * 2), "one row per participant, week and outcome, got several"),
        (table(TREATED, OTHERS).assign(arm="treatment"), "people in both arms, got none in reference"),
        (table(TREATED, OTHERS).assign(value=30.0), "disability must vary within the arms"),
        (table(TREATED[:, :1], OTHERS[:, :1]), "a baseline and a later visit, got 1 week"),
        (table(TREATED[:1], OTHERS), "treatment must have at least 2 people, got 1"),
    ],
)
@pytest.mark.parametrize("method", METHODS)
def test_unusable_tables_are_refused(data: pd.DataFrame, fragment: str, method: str) -> None:
    with pytest.raises(InputError) as caught:
        estimate_effects(data, method=method)
    assert fragment in str(caught.value) or (method == "ancova" and "constant" in str(caught.value))
    assert "\n" not in str(caught.value)


def test_a_person_in_two_arms_is_refused_also_across_outcomes() -> None:
    other = table(TREATED, OTHERS, "average_pain").replace({"treatment": "reference", "reference": "treatment"})
    with pytest.raises(InputError, match=r"outcomes\.arm must not change, got two arms for participant 1"):
        estimate_effects(pd.concat([table(TREATED, OTHERS), other]))


@pytest.mark.parametrize(("method", "later"), [("mmrm", TREATED[:, 0] + 0.3), ("ancova", TREATED[:, 0] * 1.3 + 0.1)])
def test_scores_without_residual_spread_are_refused_without_a_warning(method: str, later: np.ndarray) -> None:
    """A change that is the same in everybody: binary fractions must not pass for a tiny or a negative variance."""
    runners = np.column_stack([TREATED[:, 0], later, later])
    others = OTHERS[:, 0] + 0.1 if method == "mmrm" else OTHERS[:, 0] * 1.3 + 0.2
    with pytest.raises(InputError, match="must have a likelihood with a maximum" if method == "mmrm" else "must vary"):
        estimate_effects(table(runners, np.column_stack([OTHERS[:, 0], others, others])), method=method)


def test_unknown_options_are_refused() -> None:
    with pytest.raises(
        InputError, match=r"method must be one of random_intercept, mmrm, .*ancova.*, got 'mmrn'.*'mmrm'"
    ):
        estimate_effects(trial(), method="mmrn")
    with pytest.raises(InputError, match=r"distribution must be .*got 'normal'"):
        estimate_effects(trial(), distribution="normal")  # type: ignore[arg-type]
    for level in (0.0, 1.0, 95.0, -0.1, math.nan):
        with pytest.raises(InputError, match=r"level must be (in \(0, 1\)|a number), got"):
            estimate_effects(trial(), level=level)

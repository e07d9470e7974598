"""The model of one table: derivatives, identities, invariance, refusals; and its agreement with the batched engine."""

from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind

from asteroid_repro import InputError, estimate_effects, sensitivity
from asteroid_repro.estimate.effects.estimate_effects import Effects
from asteroid_repro.estimate.effects.methods import METHODS, estimate_arrays
from asteroid_repro.estimate.inference import Likelihood
from asteroid_repro.estimate.mixed_model.blocks import Blocks, make_blocks
from asteroid_repro.estimate.mixed_model.contrasts import contrast_tests, joint_test
from asteroid_repro.estimate.mixed_model.deviance import deviance_at
from asteroid_repro.estimate.mixed_model.maximum import find_maximum
from asteroid_repro.estimate.mixed_model.visit_covariance import COVARIANCES, covariance_form

WEEKS = (0, 6, 12)
LIKELIHOODS: tuple[Likelihood, ...] = ("REML", "ML")
ARMS: dict[str, Any] = {"treatment": "yoga", "reference": "care"}


def people(seed: int, missing: float = 0.15, n: int = 40, visits: int = 3) -> np.ndarray:
    """Scores (people, visits) with a decaying correlation, the first half treated."""
    rng = np.random.default_rng(seed)
    covariance = 400 * 0.6 ** np.abs(np.subtract.outer(range(visits), range(visits)))
    scores = rng.multivariate_normal(np.full(visits, 40.0), covariance, size=n)
    scores[: n // 2, 1:] -= 5
    scores[:, 1:][rng.random((n, visits - 1)) < missing] = np.nan
    return scores


def table(scores: np.ndarray, **covariates: Any) -> pd.DataFrame:
    n = len(scores)
    arm = np.where(np.arange(n) < n // 2, "yoga", "care")
    weeks = [6 * visit for visit in range(scores.shape[1])]
    parts = [
        pd.DataFrame(
            {"participant": np.arange(n), "arm": arm, "week": week, "outcome": "pain", "value": value, **covariates}
        )
        for week, value in zip(weeks, scores.T, strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


def blocks(scores: np.ndarray, groups: int = 1) -> tuple[Blocks, np.ndarray]:
    """Return the blocks of the saturated model and the contrasts of change."""
    n, visits = scores.shape
    arm = (np.arange(n) >= n // 2).astype(int)
    design = np.zeros((n, visits, 2 * visits))
    design[np.arange(n)[:, np.newaxis], np.arange(visits), arm[:, np.newaxis] * visits + np.arange(visits)] = 1
    data = make_blocks(scores, design, arm * (groups - 1))
    assert data is not None
    change = np.vstack([-np.ones(visits - 1), np.eye(visits - 1)])
    return data, np.vstack([change, -change])


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("name", COVARIANCES)
def test_derivatives_are_those_of_the_deviance(name: str, groups: int, likelihood: Likelihood) -> None:
    data, _ = blocks(people(1), groups)
    form = covariance_form(name, WEEKS)
    theta = np.concatenate([form.start(own) for own in data.variances])
    theta = theta + 0.05 * np.random.default_rng(2).random(len(theta))
    at, step = deviance_at(theta, data, form, likelihood), 1e-5
    for number, along in enumerate(np.eye(len(theta)) * step):
        ahead, behind = (deviance_at(theta + sign * along, data, form, likelihood) for sign in (1, -1))
        assert (ahead.value - behind.value) / (2 * step) == pytest.approx(at.gradient[number], abs=1e-5)
        second = (ahead.gradient - behind.gradient) / (2 * step)
        np.testing.assert_allclose(second, at.observed[number], atol=1e-6 * np.abs(at.observed).max())


@pytest.mark.parametrize("missing", [0.0, 0.15])
@pytest.mark.parametrize("method", [name for name in METHODS if name != "welch"])
def test_the_batched_engine_and_this_model_agree(method: str, missing: float) -> None:
    """Two programs of the same estimator, each a test of the other."""
    scores = people(3, missing)
    for distribution in METHODS[method].distributions:
        batch = estimate_arrays(
            scores[:20].T[..., None], scores[20:].T[..., None], method=method, distribution=distribution
        )
        for visit, row in enumerate(
            estimate_effects(table(scores), method=method, distribution=distribution, **ARMS).rows
        ):
            assert row.estimate == pytest.approx(batch.estimate[visit, 0], rel=1e-8)
            assert row.se == pytest.approx(batch.standard_error[visit, 0], rel=1e-8)
            assert row.df == pytest.approx(batch.df[visit, 0], rel=1e-8)


def test_the_boundary_is_that_of_the_batched_engine() -> None:
    rng = np.random.default_rng(4)
    scores = rng.multivariate_normal(np.zeros(3), 100 * (1.25 * np.eye(3) - 0.25), size=40)
    scores[3, 2] = scores[30, 1] = np.nan
    for likelihood, distribution in (("REML", "t"), ("REML", "kenward_roger"), ("ML", "t")):
        how: Any = {"method": "random_intercept", "likelihood": likelihood, "distribution": distribution}
        batch = estimate_arrays(scores[:20].T[..., None], scores[20:].T[..., None], **how)
        found = estimate_effects(table(scores), **how, **ARMS)
        assert batch.boundary.all()
        assert found.to_frame()["boundary"].all()
        assert found.fits.rows[0].boundary
        assert [row.se for row in found.rows] == pytest.approx(batch.standard_error[:, 0], rel=1e-8)
        assert [row.df for row in found.rows] == pytest.approx(batch.df[:, 0], rel=1e-8)


def test_one_later_visit_is_the_t_test_of_the_change_in_f_too() -> None:
    scores = people(5, 0.0, visits=2)
    expected = ttest_ind(*(part[:, 1] - part[:, 0] for part in (scores[:20], scores[20:])))
    found = estimate_effects(table(scores), **ARMS)
    assert found.rows[0].p_value == pytest.approx(expected.pvalue, rel=1e-9)
    joint = found.joint_tests.rows[0]
    assert joint.df_numerator == 1
    assert joint.df_denominator == pytest.approx(38)
    assert joint.f == pytest.approx(expected.statistic**2)
    assert joint.p_value == pytest.approx(expected.pvalue)


def test_complete_data_have_hotellings_test() -> None:
    """All changes at once on complete data: F = (n - q - 1) / ((n - 2) q) T squared, exactly, by Kenward and Roger."""
    scores = people(6, 0.0)
    one, other = (part[:, 1:] - part[:, :1] for part in (scores[:20], scores[20:]))
    pooled = (19 * np.cov(one.T) + 19 * np.cov(other.T)) / 38
    apart = one.mean(axis=0) - other.mean(axis=0)
    squared = apart @ np.linalg.solve(pooled * (2 / 20), apart)
    joint = estimate_effects(table(scores), **ARMS).joint_tests.rows[0]
    assert joint.df_numerator == 2
    assert joint.df_denominator == pytest.approx(37)
    assert joint.f == pytest.approx(squared * 37 / (38 * 2), rel=1e-9)


@pytest.mark.parametrize("groups", [1, 2])
def test_kenward_roger_of_2009_does_not_depend_on_the_parametrisation(groups: int) -> None:
    """Ar1 and exponential are the same covariances by other parameters: the adjustment of 1997 tells them apart."""
    data, contrasts = blocks(people(7), groups)
    found = {}
    for name in ("ar1", "exponential", "heterogeneous_ar1", "heterogeneous_exponential"):
        fit = find_maximum(data, covariance_form(name, WEEKS), "REML")
        assert fit is not None
        for year in ("kenward_roger", "kenward_roger_2009"):
            found[name, year] = contrast_tests(fit.at, contrasts, year).standard_error
            assert np.isfinite(joint_test(fit.at, contrasts, year).f)
    for kind in ("", "heterogeneous_"):
        ours, same = (found[f"{kind}{name}", "kenward_roger_2009"] for name in ("ar1", "exponential"))
        np.testing.assert_allclose(ours, same, rtol=1e-8)
        old, other = (found[f"{kind}{name}", "kenward_roger"] for name in ("ar1", "exponential"))
        assert np.abs(old / other - 1).max() > 1e-5


CASES: list[dict[str, Any]] = [
    {"method": "mmrm", "distribution": "kenward_roger", "covariates": ["age", "site"]},
    {"method": "mmrm", "covariates": ["baseline:week", "age"], "covariance": "toeplitz"},
    {"method": "clda", "covariance": "heterogeneous_ar1", "likelihood": "ML"},
    {"method": "mmrm", "covariance": "exponential", "by_arm": True},
    {"method": "random_intercept", "covariates": ["age:week"]},
    {"method": "ancova", "covariates": ["site"]},
    {"method": "change_score", "covariates": ["age"]},
]


def characters(seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {"age": rng.normal(45, 10, 40), "site": rng.choice(["north", "south", "west"], 40)}


def numbers(found: Effects) -> np.ndarray:
    return found.to_frame()[["estimate", "se", "df"]].to_numpy(dtype=float)


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(map(str, case.values())))
def test_order_labels_origin_and_unit_play_no_part(case: dict[str, Any]) -> None:
    plain = table(people(8), **characters(8))
    expected = numbers(estimate_effects(plain, **case, **ARMS))
    shuffled = plain.sample(frac=1, random_state=1)
    np.testing.assert_allclose(numbers(estimate_effects(shuffled, **case, **ARMS)), expected, rtol=1e-9)
    turned = numbers(estimate_effects(plain, **case, treatment="care", reference="yoga"))
    np.testing.assert_allclose(turned * [-1, 1, 1], expected, rtol=1e-9)
    moved = plain.assign(value=plain["value"] + 1e6)
    np.testing.assert_allclose(numbers(estimate_effects(moved, **case, **ARMS)), expected, rtol=1e-9)
    for unit in (1e-6, 1e6):
        scaled = plain.assign(value=plain["value"] * unit, age=plain["age"] * unit - 3)
        found = numbers(estimate_effects(scaled, **case, **ARMS))
        np.testing.assert_allclose(found / [unit, unit, 1], expected, rtol=1e-9)


@pytest.mark.parametrize("fewer", [0, 6])
def test_a_covariance_for_each_arm_gives_the_t_test_of_welch(fewer: int) -> None:
    """With one later visit and complete data; arms of 20 and of 14."""
    scores = people(11, 0.0, visits=2) * np.where(np.arange(40) < 20, 1.0, 2.5)[:, np.newaxis]
    short = scores[fewer:]
    changes = [part[:, 1] - part[:, 0] for part in (short[: 20 - fewer], short[20 - fewer :])]
    expected = ttest_ind(*changes, equal_var=False)
    arms = np.where(np.arange(len(short)) < 20 - fewer, "yoga", "care")
    rows = table(short).assign(arm=np.tile(arms, 2))
    row = estimate_effects(rows, by_arm=True, distribution="satterthwaite", **ARMS).rows[0]
    assert (row.estimate, row.df) == pytest.approx((changes[0].mean() - changes[1].mean(), expected.df), rel=1e-7)
    assert row.p_value == pytest.approx(expected.pvalue, rel=1e-7)


def test_the_covariance_of_each_arm_and_the_facts_of_the_fit() -> None:
    found = estimate_effects(table(people(9)), by_arm=True, **ARMS)
    fit = found.fits.rows[0]
    assert (fit.parameters, fit.means, len(fit.visit_covariance), fit.by_arm) == (12, 6, 2, True)
    assert fit.aic == pytest.approx(-2 * fit.log_likelihood + 2 * 18)
    assert "visit_covariance" not in found.fits.to_frame()
    assert {row.arm for row in found.marginal_means.rows} == {"yoga", "care"}


def test_marginal_means_weight_levels_alike_or_as_observed() -> None:
    """Two sites of 30 and 10 people, complete data, no other covariate: means by hand."""
    site = np.array((["big"] * 15 + ["small"] * 5) * 2)
    scores = people(10, 0.0, visits=2)
    scores[:, 1] = scores[:, 0] + np.where(site == "big", 0.0, 8.0) + np.random.default_rng(1).normal(0, 1, 40)
    how: Any = {"method": "change_score", "covariates": ["site"], **ARMS}
    equal, observed = (
        {
            row.arm: row.mean
            for row in estimate_effects(table(scores, site=site), margins=margins, **how).marginal_means.rows
        }
        for margins in ("equal", "observed")
    )
    shift = equal["yoga"] - observed["yoga"]
    assert shift == pytest.approx(equal["care"] - observed["care"])
    assert shift == pytest.approx(8 * (0.5 - 0.25), abs=0.3)
    assert observed["yoga"] == pytest.approx((scores[:20, 1] - scores[:20, 0]).mean())


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "unknown": ({"covariates": ["agee"]}, r"got 'agee'\. Did you mean 'age'\?"),
    "twice": ({"covariates": ["age", "age:week"]}, "must name each covariate once, got age"),
    "text": ({"covariates": "age"}, "covariates must be a list, each text, got 'age'"),
    "constant": ({"covariates": ["same"]}, "same must vary between people, got 1 for everybody"),
    "collinear": (
        {"covariates": ["site", "region"]},
        "region must not follow from arm, week and the covariates before it",
    ),
    "arm": ({"covariates": ["arm_again"]}, "arm_again must not follow from arm"),
    "changing": ({"covariates": ["mood"]}, "mood must not change within a person, got several for participant 0"),
    "missing": (
        {"covariates": ["hole"]},
        "hole must be known of every person, got 2 missing. Choose missing_covariates",
    ),
    "baseline": ({"covariates": ["baseline"], "method": "clda"}, "must not name baseline for clda"),
    "welch": ({"covariates": ["age"], "method": "welch"}, "covariates must be left out for welch"),
    "ml": ({"likelihood": "ML"}, "distribution must be one of t, z, satterthwaite for mmrm by ML"),
    "ml ancova": ({"likelihood": "ML", "method": "ancova"}, "likelihood must be REML for ancova"),
    "form": ({"covariance": "unstructurd"}, "Did you mean 'unstructured'"),
    "choice": ({"covariance": "ar1", "method": "ancova"}, "covariance must be left out for ancova"),
    "arms": ({"by_arm": True, "method": "ancova"}, "by_arm must be left out for ancova"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_done_is_refused_in_a_line(kind: str) -> None:
    case, message = REFUSED[kind]
    site = np.resize(["north", "south", "west"], 40)
    frame = table(
        people(11), age=np.arange(40.0), same=1, site=site, region=np.where(site == "west", "coast", "inland"),
        arm_again=(np.arange(40) < 20) * 1.0, hole=np.where(np.arange(40) < 2, np.nan, np.arange(40.0)),
    )  # fmt: skip
    frame["mood"] = frame["week"]
    how: Any = {"distribution": "kenward_roger"} if case == {"likelihood": "ML"} else {}
    if how:
        how["method"] = "mmrm"
    with pytest.raises(InputError, match=message) as caught:
        estimate_effects(frame, **case, **how, **ARMS)
    assert "\n" not in str(caught.value)


def test_missing_covariates_are_dealt_with_by_name_and_said() -> None:
    age = np.where(np.arange(40) < 2, np.nan, np.arange(40.0))
    frame = table(people(12, 0.0), age=age)
    people_left = {}
    for choice in ("leave_out", "mean", "indicator"):
        found = estimate_effects(frame, covariates=["age"], missing_covariates=choice, **ARMS)
        people_left[choice] = found.fits.rows[0].people, found.fits.rows[0].means
        assert "age is missing of 2 people" in found.notes()[0]
    assert people_left == {"leave_out": (38, 7), "mean": (40, 7), "indicator": (40, 8)}


def test_models_without_a_maximum_are_refused_complete_or_not() -> None:
    """Two people an arm at three visits: two degrees of freedom for a covariance of three."""
    for missing in (False, True):
        scores = people(13, 0.0, n=4)
        if missing:
            scores = np.vstack([scores[:2], [[40.0, 41.0, np.nan]], scores[2:], [[38.0, np.nan, 47.0]]])
        with pytest.raises(InputError, match="must have a likelihood with a maximum for mmrm"):
            estimate_effects(table(scores), **ARMS)
    found = estimate_effects(table(people(13, 0.0, n=4)), covariance=["unstructured", "compound_symmetry"], **ARMS)
    assert found.rows[0].covariance == "compound_symmetry"
    assert found.notes()[0] == "pain: unstructured has no maximum of the likelihood: compound_symmetry is used."


def test_a_diary_has_the_patterns_that_occur_not_all_there_are() -> None:
    scores = people(14, 0.2, n=24, visits=25)
    found = estimate_effects(table(scores), covariance="exponential", **ARMS)
    assert len(found.rows) == 24
    assert found.joint_tests.rows[0].df_numerator == 24


def test_what_the_fit_cannot_give_is_said_in_a_line() -> None:
    with pytest.raises(InputError, match="margins must be"):
        estimate_effects(table(people(1)), margins=cast("Any", "Equal"), **ARMS)
    twice = table(people(1), age=np.arange(40.0), double=2 * np.arange(40.0))
    for covariates in (["age", "double"], ["baseline"]):
        with pytest.raises(InputError, match="covariates must not follow"):
            sensitivity(twice, outcome="pain", seed=1, rule="mar", covariates=covariates, **ARMS)


def test_kenward_roger_of_very_few_people_differs_little_from_satterthwaite() -> None:
    """The information on the covariance is nearly singular here: its root once was not found."""
    few = table(people(9, 0.2, n=6))
    found = [
        estimate_effects(few, method="mmrm", distribution=name, **ARMS) for name in ("kenward_roger", "satterthwaite")
    ]
    for one, other in zip(*(each.rows for each in found), strict=True):
        assert (one.se, one.df) == pytest.approx((other.se, other.df), rel=1e-4)


def test_maximum_likelihood_has_a_distribution_of_its_own() -> None:
    found = estimate_effects(table(people(1)), likelihood="ML", **ARMS)
    assert found.rows[0].distribution == "t"


def test_a_missing_site_of_any_text_type_is_left_out() -> None:
    site = pd.array(["a", "b", None, "a"] * 10, dtype="string")
    plain = table(people(1), site=np.array(["a", "b", None, "a"] * 10, dtype=object))
    options: dict[str, Any] = {"covariates": ["site"], "missing_covariates": "leave_out", **ARMS}
    found = [estimate_effects(rows, **options).rows[-1].estimate for rows in (plain, table(people(1), site=site))]
    assert found[0] == found[1]

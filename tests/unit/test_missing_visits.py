"""Estimation where visits are missing: what is used, what is refused, what is counted as failed."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from asteroid_repro import InputError, estimate_effects
from asteroid_repro.estimate.effects.estimate_effects import Effect
from asteroid_repro.estimate.effects.methods import METHODS, estimate_arrays, reference_distribution
from asteroid_repro.estimate.effects.moments import moments
from asteroid_repro.estimate.effects.random_intercept import random_intercept
from asteroid_repro.estimate.inference import p_value
from asteroid_repro.estimate.likelihood.patterns import patterns, person_totals
from asteroid_repro.estimate.likelihood.random_intercept_fit import fit_random_intercept
from asteroid_repro.estimate.likelihood.repeated_measures import (
    mmrm_missing,
    random_intercept_missing,
)
from asteroid_repro.estimate.likelihood.small_sample import SmallSampleMethod

CORRELATION = np.array([[1.0, 0.6, 0.35], [0.6, 1.0, 0.6], [0.35, 0.6, 1.0]])
LIKELIHOOD = [name for name, method in METHODS.items() if not method.pairs]
PAIRS = [name for name, method in METHODS.items() if method.pairs]
LIKELIHOOD_DISTRIBUTIONS: tuple[SmallSampleMethod, ...] = ("satterthwaite", "kenward_roger")
COMBINATIONS = [(name, each) for name, method in METHODS.items() for each in method.distributions]


def scores(seed: int, people: int = 40, trials: int = 6, missing: float = 0.15) -> np.ndarray:
    """Draw scores (visits, people, trials), some missing; the first half of the people are treated."""
    rng = np.random.default_rng(seed)
    drawn = np.einsum("vw,wnt->vnt", np.linalg.cholesky(CORRELATION), rng.standard_normal((3, people, trials)))
    points: np.ndarray = 45 + 18 * drawn
    gone = rng.random(points.shape) < missing
    gone[:, gone.all(axis=0)] = False
    points[gone] = np.nan
    return points


def halves(both: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Split the people into the two arms."""
    half = both.shape[1] // 2
    return both[:, :half], both[:, half:]


def table(both: np.ndarray, weeks: tuple[int, ...] = (0, 6, 12)) -> pd.DataFrame:
    """Lay out the scores (visits, people) of one trial as the long table of the schema."""
    visit, person = np.indices(both.shape).reshape(2, -1)
    arm = np.where(person < both.shape[1] // 2, "treatment", "reference")
    week = np.array(weeks)[visit]
    return pd.DataFrame(
        {"participant": person + 1, "arm": arm, "week": week, "outcome": "disability", "value": both.ravel()}
    )


def rows(data: pd.DataFrame, method: str, distribution: str | None = None) -> tuple[Effect, ...]:
    """Return the effects by week."""
    return estimate_effects(data, method=method, distribution=distribution).rows  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("method", "df"),
    [("random_intercept", 76), ("mmrm", 38), ("mmrm_compound_symmetry", 76), ("ancova", 37), ("change_score", 38)],
)
def test_t_on_complete_visits_has_the_exact_degrees_of_freedom(method: str, df: int) -> None:
    fit = estimate_arrays(*halves(scores(1, missing=0)), method=method, distribution="t")
    assert (fit.df == df).all()
    assert fit.converged.all()


@pytest.mark.parametrize("distribution", ["satterthwaite", "kenward_roger"])
@pytest.mark.parametrize("method", ["random_intercept", "mmrm", "mmrm_compound_symmetry"])
def test_the_iterative_fits_are_the_closed_forms_on_complete_visits(method: str, distribution: str) -> None:
    treatment, reference = halves(scores(2, missing=0))
    closed = estimate_arrays(treatment, reference, method=method, distribution="t")
    assert not closed.boundary.any()
    iterative = METHODS[method].missing(treatment, reference, distribution)  # type: ignore[arg-type]
    for name in ("estimate", "standard_error", "df"):
        np.testing.assert_allclose(getattr(iterative, name), getattr(closed, name), rtol=1e-8)


def test_the_boundary_of_the_iterative_fit_is_that_of_the_closed_form() -> None:
    rng = np.random.default_rng(3)
    noise = rng.normal(size=(3, 40, 200))
    apart = 50 + 10 * (noise - 0.1 * noise.mean(axis=0))
    closed = random_intercept(moments(*halves(apart)))
    iterative = random_intercept_missing(*halves(apart))
    assert 0.2 < closed.boundary[0].mean() < 1
    np.testing.assert_array_equal(iterative.boundary, closed.boundary)
    np.testing.assert_allclose(iterative.standard_error, closed.standard_error, rtol=1e-8)
    np.testing.assert_allclose(iterative.df, closed.df, rtol=1e-8)
    assert set(iterative.df[iterative.boundary]) == {114}
    assert (iterative.estimate != 0).all()


def test_the_variances_of_the_random_intercept_are_those_of_the_analysis_of_variance() -> None:
    both = scores(4, missing=0)
    _, (between_people, residual) = fit_random_intercept(person_totals(*halves(both)))
    squares = moments(*halves(both)).cross_products
    total, between = np.einsum("vvt->t", squares), squares.sum(axis=(0, 1)) / 3
    np.testing.assert_allclose(residual, (total - between) / 76, rtol=1e-8)
    np.testing.assert_allclose(between_people, (between / 38 - (total - between) / 76) / 3, rtol=1e-7)


def test_totals_of_people_are_the_same_from_scores_and_from_patterns() -> None:
    both = scores(18)
    both[:, 4] = np.nan
    treatment, reference = both[:, :13], both[:, 13:]
    direct, summed = person_totals(treatment, reference), patterns(treatment, reference).person_totals()
    for name in ("m", "people", "pairs", "totals", "squares", "observations", "scores", "score_squares"):
        np.testing.assert_allclose(getattr(direct, name), getattr(summed, name), rtol=1e-12, atol=1e-10)


def test_the_random_intercept_is_the_same_from_scores_and_from_patterns() -> None:
    treatment, reference = halves(scores(19, missing=0.3))
    direct = random_intercept_missing(treatment, reference)
    summed, _ = fit_random_intercept(patterns(treatment, reference).person_totals())
    for name in ("estimate", "standard_error", "df"):
        np.testing.assert_allclose(getattr(direct, name), getattr(summed, name), rtol=1e-9)
    assert direct.converged.all()


@pytest.mark.parametrize("apart", [0, 5])
def test_scores_constant_within_the_arms_are_counted_as_failed(apart: float) -> None:
    both = np.where(np.isnan(scores(20, trials=200)), np.nan, 30.1)
    both[:, 20:] += apart
    fit = random_intercept_missing(*halves(both))
    assert not fit.converged.any()
    assert np.isnan(fit.standard_error).all()


@pytest.mark.parametrize(("method", "distribution"), COMBINATIONS)
def test_a_trial_does_not_depend_on_its_neighbours(method: str, distribution: str) -> None:
    both = scores(5)
    both[..., 2] = scores(6, missing=0)[..., 2]  # a complete trial among incomplete ones
    both[2, :19, 3] = np.nan  # and one that cannot be estimated
    batch = estimate_arrays(*halves(both), method=method, distribution=distribution)  # type: ignore[arg-type]
    for trial in range(both.shape[-1]):
        alone = estimate_arrays(*halves(both[..., trial]), method=method, distribution=distribution)  # type: ignore[arg-type]
        for name in ("estimate", "standard_error", "df"):
            np.testing.assert_allclose(getattr(batch, name)[:, trial], getattr(alone, name), rtol=1e-9)
    assert batch.converged[:, [0, 1, 2, 4, 5]].all()
    assert not batch.converged[1, 3]
    assert np.isnan(batch.estimate[1, 3])
    assert np.isnan(p_value(batch)[1, 3])
    assert (batch.estimate[batch.converged] != 0).all()


def test_two_axes_of_trials_are_kept() -> None:
    both = scores(7)
    flat = estimate_arrays(*halves(both), method="mmrm")
    folded = estimate_arrays(*halves(both.reshape(3, 40, 2, 3)), method="mmrm")
    np.testing.assert_array_equal(folded.estimate.reshape(2, 6), flat.estimate)
    assert folded.converged.shape == (2, 2, 3)


def test_people_without_a_score_carry_no_information_in_arrays() -> None:
    both = scores(8)
    treatment, reference = halves(both)
    padded = np.concatenate([treatment, np.full((3, 2, 6), np.nan)], axis=1)
    for method in METHODS:
        one, other = (estimate_arrays(arm, reference, method=method) for arm in (treatment, padded))
        np.testing.assert_allclose(other.standard_error, one.standard_error, rtol=1e-10)


@pytest.mark.parametrize("method", PAIRS)
def test_complete_case_methods_use_exactly_the_people_with_both_visits(method: str) -> None:
    both = scores(9, trials=1)[..., 0]
    for visit, row in enumerate(rows(table(both), method), start=1):
        pair = both[[0, visit]]
        kept = ~np.isnan(pair).any(axis=0)
        treatment, reference = pair[:, :20][:, kept[:20]], pair[:, 20:][:, kept[20:]]
        assert (row.n_treatment, row.n_reference) == (kept[:20].sum(), kept[20:].sum())
        if method == "ancova":
            design = np.column_stack([np.ones(kept.sum()), pair[0, kept], np.flatnonzero(kept) < 20])
            beta, rss, _, _ = np.linalg.lstsq(design, pair[1, kept])
            se = math.sqrt(rss[0] / (kept.sum() - 3) * np.linalg.inv(design.T @ design)[2, 2])
            assert (row.estimate, row.se, row.df) == pytest.approx((beta[2], se, kept.sum() - 3), rel=1e-9)
        else:
            test = stats.ttest_ind(
                treatment[1] - treatment[0], reference[1] - reference[0], equal_var=method != "welch"
            )
            wanted = (test.statistic, test.df, test.pvalue)
            assert (row.estimate / row.se, row.df, row.p_value) == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("method", LIKELIHOOD)
def test_likelihood_methods_count_everybody_with_a_score(method: str) -> None:
    assert {(row.n_treatment, row.n_reference) for row in rows(table(scores(10, trials=1)[..., 0]), method)} == {
        (20, 20)
    }


@pytest.mark.parametrize("method", LIKELIHOOD)
def test_kenward_and_roger_enlarge_the_standard_error_only(method: str) -> None:
    data = table(scores(11, trials=1)[..., 0])
    for plain, adjusted in zip(rows(data, method, "satterthwaite"), rows(data, method, "kenward_roger"), strict=True):
        assert adjusted.estimate == pytest.approx(plain.estimate, rel=1e-12)
        assert plain.se < adjusted.se < 1.1 * plain.se
        assert adjusted.distribution == "kenward_roger"


@pytest.mark.parametrize("method", LIKELIHOOD)
def test_t_is_satterthwaite_and_z_has_its_standard_error(method: str) -> None:
    data = table(scores(12, trials=1)[..., 0])
    t, z, named = (rows(data, method, distribution)[1] for distribution in ("t", "z", "satterthwaite"))
    assert (t.se, t.df, t.p_value) == (named.se, named.df, named.p_value)
    assert (z.se, z.df) == (t.se, math.inf)


def test_every_method_has_its_own_distribution_by_default() -> None:
    assert {name: reference_distribution(name, None) for name in METHODS} == {
        name: "z" if name == "random_intercept" else "t" for name in METHODS
    }


@pytest.mark.parametrize("method", PAIRS)
def test_an_unavailable_distribution_is_refused_with_those_there_are(method: str) -> None:
    with pytest.raises(InputError, match=f"distribution must be one of t, z for {method}, got 'kenward_roger'"):
        rows(table(scores(1, trials=1)[..., 0]), method, "kenward_roger")


def lacking(kind: str) -> np.ndarray:
    """Return the scores of one trial in which too much is missing."""
    both = scores(13, trials=1, missing=0)[..., 0]
    if kind == "person":
        both[:, 6] = np.nan
    if kind == "visit":
        both[1, :19] = np.nan
    if kind == "pairs":
        both[0, 20:30], both[2, 31:] = np.nan, np.nan
    return both


@pytest.mark.parametrize("method", METHODS)
def test_too_little_is_refused_in_one_line(method: str) -> None:
    unseen = table(lacking("person"))
    assert rows(unseen, method) == rows(unseen.query("participant != 7"), method)
    with pytest.raises(InputError, match=r"disability of treatment must have at least 2 .*got 1 at week 6") as few:
        rows(table(lacking("visit")), method)
    assert "\n" not in str(few.value)
    if method in PAIRS:
        with pytest.raises(InputError, match=r"of reference must have at least 2 people with both .*got 1 at week 12"):
            rows(table(lacking("pairs")), method)
    else:
        assert len(rows(table(lacking("pairs")), method)) == 2


def test_a_likelihood_without_a_maximum_is_refused_and_counted() -> None:
    """Nobody is seen at both later visits: their covariance is not known."""
    both = scores(14, missing=0)
    both[1, ::2], both[2, 1::2] = np.nan, np.nan
    fit = estimate_arrays(*halves(both), method="mmrm")
    assert not fit.converged.any()
    assert np.isnan(fit.estimate).all()
    with pytest.raises(InputError, match=r"a likelihood with a maximum for mmrm, got none.*Use random_intercept"):
        rows(table(both[..., 0]), "mmrm")
    assert np.isfinite([row.se for row in rows(table(both[..., 0]), "random_intercept")]).all()


def dropouts(people: int, trials: int) -> np.ndarray:
    """Draw scores of people who do not come back once they have missed a visit, two of each arm to the end."""
    rng = np.random.default_rng(22)
    both = rng.normal(40, 10, (3, people, trials))
    last = rng.choice(3, p=[0.1, 0.2, 0.7], size=(people, trials))
    last[[0, 1, -2, -1]] = 2
    both[np.arange(3)[:, np.newaxis, np.newaxis] > last] = np.nan
    return both


@pytest.mark.parametrize("people", [5, 6, 7])
@pytest.mark.parametrize("method", ["mmrm", "clda"])
def test_the_likelihood_has_no_maximum_where_the_last_visit_is_determined(method: str, people: int) -> None:
    """Two means and two slopes on earlier visits pass through the last scores of four people: nothing is left over."""
    both = dropouts(people, trials=200)
    remaining = (~np.isnan(both[2])).sum(axis=0)
    fits = [estimate_arrays(*halves(both), method=method, distribution=name) for name in LIKELIHOOD_DISTRIBUTIONS]
    for fit in fits:
        assert not fit.converged[:, remaining == 4].any()
        assert np.isnan(fit.estimate[:, remaining == 4]).all()
        # With one degree of freedom left a few maxima lie too near a singular covariance to be computed.
        assert fit.converged[:, remaining > 4].mean() > 0.95
    np.testing.assert_array_equal(fits[0].converged, fits[1].converged)
    np.testing.assert_array_equal(fits[0].estimate, fits[1].estimate)


@pytest.mark.parametrize("method", LIKELIHOOD)
def test_both_small_sample_methods_find_or_refuse_the_same_maximum(method: str) -> None:
    rng = np.random.default_rng(1)
    rng.normal(40, 10, (3, 4))
    both = rng.normal(40, 10, (3, 5))
    both[2, 1] = np.nan
    fits = [
        estimate_arrays(both[:, :3], both[:, 3:], method=method, distribution=name) for name in LIKELIHOOD_DISTRIBUTIONS
    ]
    for fit in fits:
        assert (fit.converged == (method not in {"mmrm", "clda"})).all()
        np.testing.assert_array_equal(np.isfinite(fit.standard_error), fit.converged)
    np.testing.assert_array_equal(fits[0].estimate, fits[1].estimate)


@pytest.mark.parametrize("method", ["mmrm", "clda"])
@pytest.mark.parametrize(("factor", "order"), [(1000.0, [0, 1, 2]), (1.0, [0, 2, 1])])
def test_few_people_give_the_same_fit_in_any_unit_and_order_of_later_visits(
    method: str, factor: float, order: list[int]
) -> None:
    both = dropouts(6, trials=200)
    plain, other = (
        estimate_arrays(*halves(scores), method=method, distribution="kenward_roger")
        for scores in (both[order], factor * both)
    )
    in_order = np.array(order[1:]) - 1
    # Near a singular covariance rounding costs digits, in a few trials all of them; 1e-5 standard errors are no error.
    found = plain.converged & other.converged[in_order]
    assert (found == plain.converged).mean() > 0.98
    error, other_error = plain.standard_error[found], other.standard_error[in_order][found] / factor
    apart = plain.estimate[found] - other.estimate[in_order][found] / factor
    np.testing.assert_allclose(apart / error, 0, atol=1e-5)
    np.testing.assert_allclose(other_error / error, 1, atol=1e-4)


def test_a_visit_that_does_not_vary_has_no_unstructured_likelihood() -> None:
    both = scores(15)
    both[1, ~np.isnan(both[1])] = 30.0
    fit = mmrm_missing(patterns(*halves(both)))
    assert not fit.converged.any()
    assert fit.boundary.all()


def test_autoregression_needs_equally_spaced_weeks() -> None:
    data = table(scores(16, trials=1)[..., 0], weeks=(0, 6, 24))
    with pytest.raises(InputError, match=r"week must be equally spaced for mmrm_ar1, got \[0, 6, 24\]. Use mmrm"):
        rows(data, "mmrm_ar1")
    assert len(rows(data, "mmrm")) == 2


def test_arms_with_other_visits_are_refused() -> None:
    with pytest.raises(InputError, match="arms must have the same visits, got 3 and 2"):
        estimate_arrays(np.zeros((3, 5)), np.zeros((2, 5)), method="mmrm")


@pytest.mark.parametrize("visits", [2, 4])
def test_other_numbers_of_visits_work(visits: int) -> None:
    rng = np.random.default_rng(17)
    both = rng.normal(size=(visits, 30, 3)) + rng.normal(size=(30, 3))
    both[-1, [3, 20]] = np.nan
    for method in METHODS:
        fit = estimate_arrays(*halves(both), method=method)
        assert fit.estimate.shape == (visits - 1, 3)
        assert fit.converged.all()
        assert (fit.standard_error > 0).all()

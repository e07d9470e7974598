"""Draws of missed scores: proper against closed forms, the rules by their algebra, streams, refusals."""

import numpy as np
import pytest

from asteroid_repro import InputError
from asteroid_repro.estimate.effects.ancova import ancova
from asteroid_repro.estimate.effects.methods import estimate_arrays
from asteroid_repro.estimate.effects.mmrm import mmrm
from asteroid_repro.estimate.effects.moments import moments
from asteroid_repro.estimate.inference import confidence_interval
from asteroid_repro.estimate.missing_visits.imputation import impute, shift_imputed
from asteroid_repro.estimate.missing_visits.reference_rules import Rule
from asteroid_repro.estimate.missing_visits.rubin import Pooled, pool

CORRELATION = np.array([[1.0, 0.6, 0.35], [0.6, 1.0, 0.6], [0.35, 0.6, 1.0]])
EFFECT = np.array([0.0, -10.0, -15.0])
RULES: list[Rule] = ["mar", "jump_to_reference", "copy_reference"]


def arms(seed: int, share: float = 0.15, people: int = 40, visits: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Draw scores (visits, people) of two arms, later visits missing at random."""
    rng = np.random.default_rng(seed)
    root = np.linalg.cholesky(CORRELATION[:visits, :visits])
    scores = 45 + 18 * root @ rng.standard_normal((visits, people))
    scores[:, : people // 2] += EFFECT[:visits, np.newaxis]
    gone = rng.random(scores.shape) < share
    gone[0] = False
    scores[gone] = np.nan
    return scores[:, : people // 2], scores[:, people // 2 :]


def drawn(
    scores: tuple[np.ndarray, np.ndarray], imputations: int = 10, rule: Rule = "mar", seed: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Impute with a seed."""
    return impute(*scores, imputations=imputations, rng=np.random.default_rng(seed), rule=rule)


def pooled_mmrm(completed: tuple[np.ndarray, np.ndarray]) -> Pooled:
    """Pool the net differences at the later visits."""
    return pool(mmrm(moments(*completed)))


@pytest.mark.parametrize("rule", RULES)
def test_observed_scores_stay_and_missing_ones_are_filled(rule: Rule) -> None:
    scores = arms(1)
    completed = drawn(scores, rule=rule)
    for before, after in zip(scores, completed, strict=True):
        seen = ~np.isnan(before)
        np.testing.assert_array_equal(after[seen], np.repeat(before[seen][:, np.newaxis], 10, axis=1))
        assert np.isfinite(after).all()
        assert (np.ptp(after[~seen], axis=1) > 0).all()


def test_complete_scores_are_returned_as_often_as_asked() -> None:
    scores = arms(2, share=0)
    completed = drawn(scores)
    assert completed[0].shape == (3, 20, 10)
    assert (completed[1] == scores[1][:, :, np.newaxis]).all()


def test_a_longer_run_begins_with_the_shorter_one() -> None:
    scores = arms(3)
    few, many = drawn(scores, 5), drawn(scores, 12)
    np.testing.assert_allclose(many[0][..., :5], few[0], rtol=1e-12)
    np.testing.assert_allclose(many[1][..., :5], few[1], rtol=1e-12)


def test_a_seed_repeats_the_draws_and_another_does_not() -> None:
    scores = arms(4)
    np.testing.assert_array_equal(drawn(scores)[0], drawn(scores)[0])
    assert not np.array_equal(drawn(scores, seed=2)[0], drawn(scores)[0])


def test_imputations_follow_the_unit_of_the_scores() -> None:
    scores = arms(5)
    other = drawn((scores[0] * 3 - 7, scores[1] * 3 - 7))
    np.testing.assert_allclose(other[0], drawn(scores)[0] * 3 - 7, rtol=1e-9)


def test_two_visits_have_the_mean_and_variance_of_the_closed_form() -> None:
    """With the second of two visits missing, the posterior factorises into regressions with known moments.

    The residual variance is RSS over a chi-square on n - 2 complete people, the coefficients normal given it; the
    ANCOVA estimate is linear in the imputed scores. Tolerances: 4 Monte Carlo standard errors.
    """
    treatment, reference = arms(6, share=0.3, visits=2)
    completed = drawn((treatment, reference), 2000)
    estimates = ancova(moments(*completed)).estimate[0]
    both = np.concatenate([treatment, reference], axis=1)
    design = np.column_stack([np.ones(40), both[0], np.arange(40) < 20])
    seen = ~np.isnan(both[1])
    own = design[seen]
    coefficients, rss, _, _ = np.linalg.lstsq(own, both[1, seen])
    assert abs(estimates.mean() - coefficients[2]) < 4 * estimates.std() / np.sqrt(2000)
    onto = np.linalg.solve(design.T @ design, design.T)[2, ~seen]
    leverage = onto @ design[~seen] @ np.linalg.solve(own.T @ own, design[~seen].T @ onto) + onto @ onto
    wanted = leverage * rss[0] / (seen.sum() - 4)
    assert abs(estimates.var() / wanted - 1) < 4 * np.sqrt(2.5 / 2000)  # 2.5: a little more than the 2 of a normal


@pytest.mark.parametrize("seed", [7, 8, 9, 10])
def test_the_estimate_at_random_is_near_that_of_restricted_maximum_likelihood(seed: int) -> None:
    """Means of a posterior and a likelihood differ in small samples: 0.02 SE more than 4 Monte Carlo SEs is allowed."""
    scores = arms(seed)
    fit = estimate_arrays(*(arm[..., np.newaxis] for arm in scores), method="mmrm")
    pooled = pooled_mmrm(drawn(scores, 400))
    se = float(fit.standard_error[-1, 0])
    assert abs(pooled.estimates.estimate[-1] - fit.estimate[-1, 0]) < 4 * np.sqrt(pooled.between[-1] / 400) + 0.02 * se
    assert 0.95 < float(pooled.estimates.standard_error[-1]) / se < 1.1


def test_intervals_at_random_cover_as_often_as_they_say() -> None:
    """300 trials: 4 Monte Carlo standard errors are 0.050, 5 trials in 100."""
    hits = 0
    for seed in range(300):
        pooled = pooled_mmrm(drawn(arms(1000 + seed), 10, seed=seed))
        interval = confidence_interval(pooled.estimates)
        hits += int(interval.low[-1] <= EFFECT[-1] <= interval.high[-1])
    assert abs(hits / 300 - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 300)


def stopping(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return arms in which three treated people stop, one comes back and two of the reference stop."""
    treatment, reference = arms(seed, share=0)
    treatment[1:, 0], treatment[2, 1:3], treatment[1, 3] = np.nan, np.nan, np.nan
    reference[2, :2] = np.nan
    return treatment, reference


@pytest.mark.parametrize("rule", RULES)
def test_rules_change_only_the_treated_who_stop(rule: Rule) -> None:
    plain, other = drawn(stopping(11)), drawn(stopping(11), rule=rule)
    np.testing.assert_array_equal(other[1], plain[1])
    np.testing.assert_array_equal(other[0][:, 3:], plain[0][:, 3:])
    assert (np.abs(other[0] - plain[0])[2, :3].min() > 0) == (rule != "mar")


def test_jumping_to_reference_adds_the_difference_of_the_means() -> None:
    """With one noise for all rules, the jump is reference mean minus treatment mean, the same for all who stop."""
    jump = drawn(stopping(12), rule="jump_to_reference")[0] - drawn(stopping(12))[0]
    np.testing.assert_allclose(jump[2, :3], np.broadcast_to(jump[2, 0], (3, 10)), atol=1e-9)
    assert (jump[2, 0] > 0).all()  # the treated had less pain
    assert (jump[1, 1:] == 0).all()


def test_copying_reference_counts_the_distance_from_the_waitlist() -> None:
    """A treated person already better than the reference is expected to stay better: less is lost than by a jump."""
    plain, jump, copied = (drawn(stopping(13), 50, rule)[0][2, 1:3].mean() for rule in RULES)
    assert plain < copied < jump


def test_references_pull_the_effect_towards_zero() -> None:
    plain, jump, copied = (pooled_mmrm(drawn(stopping(14), 50, rule)).estimates.estimate[-1] for rule in RULES)
    assert plain < copied < jump < 0


def test_deltas_are_added_to_imputed_later_scores_of_the_treated_only() -> None:
    treatment, _ = scores = stopping(15)
    treatment[0, 5] = np.nan
    completed = drawn(scores)[0]
    added = shift_imputed(treatment, completed, np.array([-2.0, 0.0, 7.0])) - completed[:, :, np.newaxis]
    wanted = np.isnan(treatment).astype(float)
    wanted[0] = 0
    np.testing.assert_allclose(
        added, wanted[:, :, None, None] * np.array([-2.0, 0, 7])[:, None] * np.ones(10), atol=1e-12
    )


def test_a_missing_baseline_is_imputed_at_random_whatever_the_rule() -> None:
    treatment, reference = arms(16, share=0)
    treatment[0, :2] = np.nan
    plain, jump = (drawn((treatment, reference), rule=rule)[0] for rule in RULES[:2])
    np.testing.assert_array_equal(jump, plain)


def refused(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Return arms that cannot be imputed."""
    treatment, reference = arms(17, share=0)
    treatment[2, 0] = np.nan
    if kind == "person":
        reference[:, 4] = np.nan
    if kind == "visit":
        treatment[1, 1:] = np.nan
    if kind == "complete":
        treatment[1, ::2], treatment[2, 1::2], reference[1, ::2], reference[2, 1::2] = (np.nan,) * 4
    if kind == "constant":
        treatment[1], reference[1] = 30.0, 40.0
    if kind == "determined":
        treatment[1], reference[1] = 100 - treatment[0], 100 - reference[0]
    return treatment, reference


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("person", "reference must have an observed score of every person, got none for person 5"),
        ("visit", "treatment must have at least 2 observed scores at every visit, got 1"),
        ("complete", "imputation must have at least 5 people with every visit, got 0"),
        ("constant", "scores must vary within the arms at every visit .* got a singular covariance"),
        ("determined", "not be collinear, got a singular covariance"),
    ],
)
def test_scores_that_leave_the_draws_without_a_distribution_are_refused(kind: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        drawn(refused(kind))
    assert "\n" not in str(error.value)


def test_unknown_rules_and_too_few_imputations_are_refused() -> None:
    with pytest.raises(
        InputError, match=r"rule must be one of mar, .*got 'jump_to_refrence'. Did you mean 'jump_to_ref"
    ):
        drawn(arms(18), rule="jump_to_refrence")  # type: ignore[arg-type]
    for few in (1, 2.5, True):
        with pytest.raises(InputError, match=f"imputations must be a whole number of 2 or more, got {few}"):
            drawn(arms(18), imputations=few)  # type: ignore[arg-type]

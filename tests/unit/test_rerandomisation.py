"""Re-randomisation: hand-counted allocations, SciPy's permutation test, the limits by brute force, validity."""

from math import comb

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from asteroid_repro import ASTEROID, InputError, estimate_effects, simulate_trial
from asteroid_repro.estimate.rerandomisation import Rerandomisation, Statistic, rerandomisation_test

TRIAL = simulate_trial(ASTEROID, seed=2024)


def outcomes(baseline: np.ndarray, later: np.ndarray, n_treatment: int) -> pd.DataFrame:
    """Return a table in which the first people run."""
    people = pd.DataFrame({"participant": range(len(later))})
    people["arm"] = np.where(people["participant"] < n_treatment, "treatment", "reference")
    table = pd.concat([people.assign(week=0, value=baseline), people.assign(week=12, value=later)])
    return table.assign(outcome="average_pain")


def run(baseline: np.ndarray, later: np.ndarray, n_treatment: int, **options: object) -> Rerandomisation:
    """Test the average pain of a small trial."""
    return rerandomisation_test(outcomes(baseline, later, n_treatment), outcome="average_pain", **options)  # type: ignore[arg-type]


def small(seed: int = 8, n: int = 9) -> tuple[np.ndarray, np.ndarray]:
    """Return baselines and later scores of a few people."""
    rng = np.random.default_rng(seed)
    return rng.normal(40, 10, size=n), rng.normal(35, 12, size=n)


def test_complete_separation_of_3_and_3_is_2_of_20() -> None:
    result = run(np.zeros(6), np.array([1.0, 2, 3, 11, 12, 14]), 3)
    assert result.exhaustive
    assert result.allocations == comb(6, 3) == 20
    assert result.p_value == 2 / 20
    assert result.mcse == 0
    assert result.estimate == pytest.approx(2 - 37 / 3)  # treatment minus reference: lower pain is negative


def test_unequal_arms_have_no_mirror_image() -> None:
    assert run(np.zeros(6), np.array([1.0, 2, 9, 11, 12, 14]), 2).p_value == 1 / 15


@pytest.mark.parametrize("statistic", ["change", "ancova"])
def test_an_exhaustive_test_agrees_with_scipy(statistic: Statistic) -> None:
    baseline, later = small()

    def ours(treatment: np.ndarray) -> float:
        """The estimate for an allocation, by least squares."""
        if statistic == "change":
            change = later - baseline
            return float(change[treatment == 1].mean() - change[treatment == 0].mean())
        design = np.column_stack([np.ones(9), baseline, treatment])
        return float(sm.OLS(later, design).fit().params[2])

    actual = np.repeat([1.0, 0.0], [4, 5])
    reference = stats.permutation_test(
        (actual,), lambda treatment: abs(ours(treatment)), permutation_type="pairings", alternative="greater",
        n_resamples=4000, rng=np.random.default_rng(1),
    )  # fmt: skip
    result = run(baseline, later, 4, statistic=statistic)
    assert result.allocations == comb(9, 4)
    assert result.estimate == pytest.approx(ours(actual), rel=1e-10)
    mcse = np.sqrt(result.p_value * (1 - result.p_value) / 4000)
    assert abs(result.p_value - reference.pvalue) < 4 * mcse + 1 / 4001


def test_an_exhaustive_change_test_is_scipys_exact_test() -> None:
    baseline, later = small(3, 10)
    change = later - baseline
    reference = stats.permutation_test(
        (change[:4], change[4:]), lambda x, y: abs(x.mean() - y.mean()), alternative="greater", n_resamples=9_999
    )
    assert run(baseline, later, 4).p_value == pytest.approx(reference.pvalue, abs=1e-12)


@pytest.mark.parametrize("statistic", ["change", "ancova"])
@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize(("n", "n_treatment"), [(10, 5), (11, 4), (30, 14)])
def test_the_limits_are_where_the_test_stops_rejecting(
    statistic: Statistic, level: float, n: int, n_treatment: int
) -> None:
    """Brute force: take the effect off the treated and test again, just inside and just outside each limit."""
    baseline, later = small(11, n)

    def test_without(effect: float) -> Rerandomisation:
        treated = np.arange(n) < n_treatment
        return run(
            baseline, later - treated * effect, n_treatment, statistic=statistic, level=level, allocations=999, seed=6
        )

    result = test_without(0)
    for limit, outwards in ((result.ci_low, -1), (result.ci_high, 1)):
        assert test_without(limit + outwards * 1e-5).p_value <= 1 - level + 1e-12
        if statistic == "change" or n > 20:  # adjusted limits of a few people are conservative
            assert test_without(limit - outwards * 1e-5).p_value > 1 - level + 1e-12
    assert result.ci_low < result.estimate < result.ci_high


def test_too_few_allocations_set_no_limits() -> None:
    result = run(np.zeros(4), np.array([1.0, 2, 8, 9]), 2)  # the smallest p of 6 allocations is 2 of 6
    assert (result.ci_low, result.ci_high) == (-np.inf, np.inf)


def test_monte_carlo_agrees_with_every_allocation() -> None:
    baseline, later = small(5, 14)
    exact = run(baseline, later, 7)
    drawn = run(baseline, later, 7, exhaustive_up_to=100, allocations=20_000, seed=4)
    assert exact.exhaustive
    assert not drawn.exhaustive
    assert drawn.allocations == 20_001
    assert abs(drawn.p_value - exact.p_value) < 4 * drawn.mcse
    assert drawn.mcse == pytest.approx(np.sqrt(drawn.p_value * (1 - drawn.p_value) / 20_001), rel=1e-12)


def test_a_monte_carlo_p_counts_the_actual_allocation() -> None:
    """Phipson & Smyth: never 0, at least 1 / (draws + 1)."""
    result = run(np.zeros(40), np.repeat([0.0, 100.0], 20) + np.arange(40), 20, allocations=99, seed=1)
    assert result.p_value == 1 / 100


def test_the_same_seed_gives_the_same_draws_and_another_does_not() -> None:
    one, same, other = (
        rerandomisation_test(TRIAL, outcome="disability", allocations=2_000, seed=seed) for seed in (1, 1, 2)
    )
    assert one == same
    assert one.p_value != other.p_value
    assert one.label == TRIAL.label
    assert one.label in one._repr_html_()


@pytest.mark.parametrize(("statistic", "method"), [("change", "mmrm"), ("ancova", "ancova")])
def test_the_estimate_is_that_of_the_model_and_p_is_near_it(statistic: Statistic, method: str) -> None:
    """Differences of mean whole scores lie on a lattice: ties add the probability of half a step at either end."""
    lattice = {"average_pain": 0.1, "disability": 0.2} if statistic == "change" else {}  # steps of 1 and 2, 20 an arm
    effects = {(row.outcome, row.week): row for row in estimate_effects(TRIAL, method=method).rows}
    for outcome in ("average_pain", "disability"):
        result = rerandomisation_test(TRIAL, outcome=outcome, statistic=statistic, allocations=20_000, seed=9)
        reference = effects[outcome, 12]
        assert result.estimate == pytest.approx(reference.estimate, rel=1e-10)
        ties = lattice.get(outcome, 0) / reference.se * stats.t.pdf(reference.estimate / reference.se, reference.df)
        assert abs(result.p_value - reference.p_value - ties) < 4 * result.mcse + 0.002
        assert abs(result.ci_low - reference.ci_low) < 0.15 * reference.se
        assert abs(result.ci_high - reference.ci_high) < 0.15 * reference.se


def test_arms_swapped_flip_the_sign_and_row_order_does_not_matter() -> None:
    baseline, later = small(2, 8)
    table = outcomes(baseline, later, 4)
    plain = rerandomisation_test(table, outcome="average_pain")
    swapped = rerandomisation_test(
        table.replace({"arm": {"treatment": "reference", "reference": "treatment"}}), outcome="average_pain"
    )
    assert swapped.p_value == plain.p_value
    assert swapped.estimate == pytest.approx(-plain.estimate, rel=1e-12)
    assert (swapped.ci_low, swapped.ci_high) == pytest.approx((-plain.ci_high, -plain.ci_low), rel=1e-9)
    assert rerandomisation_test(table.sample(frac=1, random_state=2), outcome="average_pain") == plain


def test_missing_people_are_left_out_and_counted() -> None:
    baseline, later = small(2, 9)
    later[0] = np.nan
    result = run(baseline, later, 5)
    assert (result.n_treatment, result.n_reference, result.missing) == (4, 4, 1)
    assert result.allocations == comb(8, 4)


@pytest.mark.parametrize("statistic", ["change", "ancova"])
def test_the_test_rejects_at_most_at_its_level_under_the_null(statistic: Statistic) -> None:
    """Skewed scores, 5 and 5: P(p <= 0.2) is 0.2 within 4 standard errors, and below by the grid of p values."""
    rng = np.random.default_rng(12)
    draws = rng.lognormal(3, 0.8, size=(200, 2, 10))
    p = np.array([run(baseline, later, 5, statistic=statistic).p_value for baseline, later in draws])
    assert abs(np.mean(p <= 0.2) - 0.2) < 4 * np.sqrt(0.2 * 0.8 / 200) + 2 / comb(10, 5)


def test_unusable_input_is_refused() -> None:
    with pytest.raises(InputError, match="seed must be given for a Monte Carlo test, got none"):
        rerandomisation_test(TRIAL, outcome="average_pain")
    with pytest.raises(InputError, match="seed must be 0 or more and allocations 1 or more, got -1 and 10"):
        rerandomisation_test(TRIAL, outcome="average_pain", seed=-1, allocations=10)
    with pytest.raises(InputError, match=r"statistic must be one of change, ancova, got 'ancva'.*'ancova'"):
        rerandomisation_test(TRIAL, outcome="average_pain", seed=1, statistic="ancva")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="average_pain must vary between people"):
        run(np.arange(6.0), np.arange(6.0) + 1, 3)
    with pytest.raises(InputError, match="average_pain must vary between people"):
        run(np.zeros(6), np.arange(6.0), 3, statistic="ancova")

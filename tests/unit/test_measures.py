"""Every performance measure against plain NumPy on a small table of trials; limits and p-values against references."""

from typing import Any, Final

import numpy as np
import pytest
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from asteroid_repro import ASTEROID, InputError, operating_characteristics
from asteroid_repro.engine.measures import SHARES, measures, trial_figures, wilson_limits
from asteroid_repro.engine.trial_estimates import simulated_estimates, simulated_moments
from asteroid_repro.engine.true_effects import true_values
from asteroid_repro.estimate.effects.methods import Analysis
from asteroid_repro.estimate.effects.moments import moments, sum_whole_numbers, whole_number_moments, whole_number_sums
from asteroid_repro.estimate.inference import Estimates, critical_value, p_value
from asteroid_repro.mechanism.mechanism import solve
from asteroid_repro.simulate.outcomes import simulate_outcomes
from asteroid_repro.trial.design import Outcome

TRIALS = 200
TRUTH: Final = np.array([[-4.0, 9.0, 0.0], [-8.0, 19.0, -5.0]])
OUTCOMES: Final = (  # lower is better, higher is better, no change is said to be important
    Outcome(name="pain", label="Pain", better="lower", important=5),
    Outcome(name="function", label="Function", better="higher", important=15),
    Outcome(name="sleep", label="Sleep", better="lower"),
)
LEVELS: Final = (0.8, 0.95)


def table(seed: int = 71) -> Estimates:
    """Estimates of 200 trials with z and t references; every tenth trial unusable, in one of three ways."""
    rng = np.random.default_rng(seed)
    shape = (*TRUTH.shape, TRIALS)
    estimate = TRUTH[..., np.newaxis] + 5 * rng.standard_normal(shape)
    error = 5 * np.sqrt(rng.chisquare(38, shape) / 38)
    df = np.where(rng.random(shape) < 0.5, np.inf, rng.choice([12.0, 33.3, 38.0], shape))
    converged = np.ones(shape, dtype=bool)
    estimate[..., 10::30], error[..., 20::30] = np.nan, 0.0
    converged[..., 0::30] = False
    return Estimates(estimate, error, df, rng.random(shape) < 0.1, converged)


def sums_of(fit: Estimates, truth: np.ndarray = TRUTH, level: float = 0.95) -> dict[str, np.ndarray]:
    return {name: each.sum(axis=-1) for name, each in trial_figures(fit, truth, OUTCOMES, level).items()}


def plain(fit: Estimates, place: tuple[int, int], level: float) -> dict[str, tuple[float, float]]:
    """Each measure and its Monte Carlo standard error in one cell, from the rows of its usable trials."""
    usable = np.ones(TRIALS, dtype=bool)
    usable[::10] = False
    truth, outcome = TRUTH[place], OUTCOMES[place[1]]
    estimate, error, df, boundary = (
        each[place][usable] for each in (fit.estimate, fit.standard_error, fit.df, fit.boundary)
    )
    n, finite = len(estimate), np.where(np.isinf(df), 1, df)
    critical = np.where(np.isinf(df), ndtri((1 + level) / 2), stdtrit(finite, (1 + level) / 2))
    p = np.where(np.isinf(df), 2 * ndtr(-abs(estimate / error)), 2 * stdtr(finite, -abs(estimate / error)))
    low, high = estimate - critical * error, estimate + critical * error
    significant = p < 1 - level
    spread, model = estimate.std(ddof=1), np.sqrt(np.mean(error**2))
    of_model = (error**2).var(ddof=1) / (4 * n * model**4)
    squares = (estimate - truth) ** 2
    better = estimate if outcome.better == "higher" else -estimate

    def share(hits: np.ndarray) -> tuple[float, float]:
        return hits.mean(), np.sqrt(hits.mean() * (1 - hits.mean()) / len(hits))

    found = {
        "truth": (truth, 0),
        "mean_estimate": (estimate.mean(), spread / np.sqrt(n)),
        "bias": (estimate.mean() - truth, spread / np.sqrt(n)),
        "empirical_se": (spread, spread / np.sqrt(2 * (n - 1))),
        "model_se": (model, model * np.sqrt(of_model)),
        "se_ratio": (model / spread, model / spread * np.sqrt(of_model + 1 / (2 * (n - 1)))),
        "rmse": (np.sqrt(squares.mean()), squares.std(ddof=1) / (2 * np.sqrt(squares.mean() * n))),
        "interval_width": ((high - low).mean(), (high - low).std(ddof=1) / np.sqrt(n)),
        "coverage": share((low <= truth) & (truth <= high)),
        "power": share(significant),
        "favours_treatment": share(significant & (better > 0)),
        "important": (np.nan, np.nan) if outcome.important is None else share(better >= outcome.important),
        "boundary": share(boundary),
        "failed": share(~usable),
        "type_s": (np.nan, np.nan),
        "type_m": (np.nan, np.nan),
    }
    if truth:
        size = abs(estimate[significant] / truth)
        found["type_s"] = share(estimate[significant] * truth < 0)
        found["type_m"] = (size.mean(), size.std(ddof=1) / np.sqrt(len(size)))
    return found


def values_and_errors(*arguments: Any) -> list[dict[str, np.ndarray]]:
    both = measures(*arguments)
    return [{name: pair[which] for name, pair in both.items()} for which in (0, 1)]


@pytest.mark.parametrize("level", LEVELS)
def test_every_measure_is_what_it_says(level: float) -> None:
    fit = table()
    sums = sums_of(fit, level=level)
    found, errors = values_and_errors(sums, TRUTH, TRIALS)
    for place in np.ndindex(*TRUTH.shape):
        expected = plain(fit, (place[0], place[1]), level)
        assert found.keys() == errors.keys() == expected.keys()
        for name, (value, error) in expected.items():
            np.testing.assert_allclose(found[name][place], value, rtol=1e-10, atol=1e-12, err_msg=f"{name} {place}")
            np.testing.assert_allclose(errors[name][place], error, rtol=1e-10, atol=1e-12, err_msg=f"{name} {place}")


def test_unusable_fits_are_counted_and_in_no_other_measure() -> None:
    fit = table()
    keep = np.arange(TRIALS) % 10 != 0
    dropped = Estimates(*(each[..., keep] for each in vars(fit).values()))
    figures = trial_figures(fit, TRUTH, OUTCOMES[:2] + OUTCOMES[:1], 0.95)
    assert all((figure[..., ~keep] == 0).all() for figure in figures.values())
    with_them, _ = values_and_errors(sums_of(fit), TRUTH, TRIALS)
    without, _ = values_and_errors(sums_of(dropped), TRUTH, int(keep.sum()))
    np.testing.assert_allclose(with_them["failed"], 0.1, rtol=0, atol=1e-15)
    assert (without["failed"] == 0).all()
    for name in set(without) - {"failed"}:
        np.testing.assert_allclose(with_them[name], without[name], rtol=1e-13, atol=1e-14, err_msg=name)


def test_one_flag_of_convergence_stands_for_all() -> None:
    fit = table()
    assert (
        sums_of(Estimates(fit.estimate, fit.standard_error, fit.df, fit.boundary))["usable"] == TRIALS - 7 - 6
    ).all()


def test_without_an_effect_there_is_no_wrong_sign_and_no_exaggeration() -> None:
    sums = sums_of(table(), 0 * TRUTH)
    found, errors = values_and_errors(sums, 0 * TRUTH, TRIALS)
    for name in ("type_s", "type_m"):
        assert np.isnan(found[name]).all()
        assert np.isnan(errors[name]).all()
    assert all(np.isfinite(found[name]).all() for name in set(found) - {"type_s", "type_m", "important"})
    assert np.isnan(found["important"]).tolist() == [[False, False, True]] * 2


def test_with_nothing_significant_there_is_no_wrong_sign_and_no_exaggeration() -> None:
    fit = table()
    weak = Estimates(fit.estimate / 1000, fit.standard_error, fit.df, fit.boundary, fit.converged)
    sums = sums_of(weak)
    found, errors = values_and_errors(sums, TRUTH, TRIALS)
    assert (found["power"] == 0).all()
    assert (errors["power"] == 0).all()
    for name in ("type_s", "type_m"):
        assert np.isnan(found[name]).all()
        assert np.isnan(errors[name]).all()


def test_one_significant_trial_has_an_exaggeration_without_an_error() -> None:
    estimate = np.array([[[-20.0, 1.0, -1.0]]])
    fit = Estimates(estimate, 5 + 0 * estimate, np.inf + 0 * estimate, estimate > 99)
    truth = np.array([[-10.0]])
    sums = {name: each.sum(axis=-1) for name, each in trial_figures(fit, truth, OUTCOMES[:1], 0.95).items()}
    value, error = measures(sums, truth, 3)["type_m"]
    assert value.item() == 2
    assert np.isnan(error.item())


def test_an_estimate_at_the_minimal_important_change_reaches_it() -> None:
    """Means of 20 whole scores are multiples of 1/20, so -15 itself is common and arrives as -14.999999999999998."""
    for block in range(20):
        fit = simulated_estimates(solve(ASTEROID), 72, block, 1000, Analysis("random_intercept", "z"))
        twentieths = np.rint(20 * fit.estimate)
        np.testing.assert_allclose(fit.estimate, twentieths / 20, rtol=0, atol=1e-9)
        reached = trial_figures(fit, TRUTH, ASTEROID.design.outcomes, 0.95)["important"]
        np.testing.assert_array_equal(reached, twentieths <= -20 * np.array([[15], [15], [10]]))


def test_the_measures_of_a_run_are_those_of_its_trials() -> None:
    found = operating_characteristics(ASTEROID, trials=1500, seed=73, method="ancova", level=0.9, control_variate=False)
    mechanism = solve(ASTEROID.with_equal_baselines())
    fits = [
        simulated_estimates(mechanism, 73, block, size, Analysis("ancova", "t"))
        for block, size in ((0, 1000), (1, 500))
    ]
    estimate = np.concatenate([fit.estimate for fit in fits], axis=-1)
    error = np.concatenate([fit.standard_error for fit in fits], axis=-1)
    margin = stdtrit(37, 0.95) * error
    assert found.value("disability", "mean_estimate", week=6).value == pytest.approx(estimate[0, 2].mean(), rel=1e-12)
    assert found.value("current_pain", "power").value == pytest.approx(
        (abs(estimate[1, 1]) > margin[1, 1]).mean(), abs=1e-12
    )
    every = (estimate[1] < -margin[1]).all(axis=0).mean()
    assert found.value("every_outcome", "favours_treatment").value == pytest.approx(every, abs=1e-12)


@pytest.mark.parametrize("n", [1, 7, 100, 20_000])
def test_wilson_limits_are_those_of_statsmodels(n: int) -> None:
    from statsmodels.stats.proportion import proportion_confint

    for hits in {0, 1, n // 3, n - 1, n}:
        expected = proportion_confint(hits, n, alpha=0.05, method="wilson")
        low, high = wilson_limits(hits / n, n)
        assert (low, high) == pytest.approx(expected, rel=1e-10, abs=1e-14)
        assert 0 <= low <= hits / n <= high <= 1


def test_shares_have_limits_that_a_share_can_have() -> None:
    found = operating_characteristics(ASTEROID, trials=500, seed=74)
    rows = [row for row in found.rows if row.measure in SHARES]
    assert rows
    assert all(0 <= row.low <= row.value <= row.high <= 1 for row in rows)
    assert all(row.high > row.low for row in rows)  # also at 0 and 1, where the Monte Carlo standard error is 0


def reference_p(t: np.ndarray, df: np.ndarray) -> np.ndarray:
    return np.where(np.isinf(df), 2 * ndtr(-abs(t)), 2 * stdtr(np.where(np.isinf(df), 1, df), -abs(t)))


def p_of(t: np.ndarray, df: np.ndarray) -> np.ndarray:
    return p_value(Estimates(t, np.ones_like(t), df, np.zeros(t.shape, dtype=bool)))


def test_p_values_of_whole_degrees_of_freedom() -> None:
    t = np.concatenate([[0.0], np.linspace(0.1, 12, 60)])
    for df in [*range(1, 401), np.inf]:
        own = np.full(t.shape, float(df))
        np.testing.assert_allclose(p_of(t, own), reference_p(t, own), rtol=0, atol=2e-14, err_msg=str(df))
        np.testing.assert_array_equal(p_of(-t, own), p_of(t, own))


def test_p_values_near_1() -> None:
    """Cauchy's distribution, and the closed form of 2 degrees of freedom: here stdtr itself is off by 6e-10."""
    t = np.geomspace(1e-12, 0.1, 40)
    np.testing.assert_allclose(p_of(t, np.ones(40)), 1 - 2 / np.pi * np.arctan(t), rtol=1e-15)
    np.testing.assert_allclose(p_of(t, np.full(40, 2.0)), 1 - t / np.sqrt(2 + t**2), rtol=1e-15)


def test_tiny_p_values_keep_their_digits() -> None:
    """The finite sum is exact to 1e-14, so a relative 1e-5 at the worst, above the 1e-8 where stdtr takes over."""
    t = np.geomspace(5, 1e6, 80)
    for df in (1.0, 2.0, 3.0, 37.0, 38.0, 76.0, 400.0, np.inf):
        own = np.full(t.shape, df)
        np.testing.assert_allclose(p_of(t, own), reference_p(t, own), rtol=1e-5, atol=1e-300, err_msg=str(df))
        assert ((p_of(t, own) >= 0) & (np.diff(p_of(t, own), prepend=1) <= 0)).all()


def test_p_values_and_critical_values_of_mixed_degrees_of_freedom() -> None:
    rng = np.random.default_rng(75)
    shape = (2, 3, 500)
    df = rng.choice([1.0, 2.0, 2.5, 37.0, 37.999999, 38.0, 76.0, 114.0, np.inf], shape)
    t = rng.normal(scale=3, size=shape)
    np.testing.assert_allclose(p_of(t, df), reference_p(t, df), rtol=0, atol=2e-14)
    finite = np.where(np.isinf(df), 1, df)
    for level in (0.5, 0.9, 0.95, 0.99):
        q = (1 + level) / 2
        expected = np.where(np.isinf(df), ndtri(q), stdtrit(finite, q))
        np.testing.assert_allclose(critical_value(df, level), expected, rtol=1e-12)


def test_what_is_not_known_has_no_p_value() -> None:
    nan = np.nan
    t, df = np.array([nan, 2.0, nan, 2.0, 2.0]), np.array([38.0, nan, nan, 38.0, np.inf])
    np.testing.assert_array_equal(np.isnan(p_of(t, df)), [True, True, True, False, False])
    no_error = Estimates(np.array([-3.0, 0.0, -3.0]), np.array([0.0, 0.0, 1.0]), np.full(3, 38.0), np.zeros(3, bool))
    np.testing.assert_array_equal(np.isnan(p_value(no_error)), [True, True, False])
    np.testing.assert_array_equal(np.isnan(critical_value(df, 0.95)), [False, True, True, False, False])


def test_an_automatic_run_goes_on_until_coverage_is_as_precise_as_power() -> None:
    """Without spread to speak of every effect is found, so power is sure at once and coverage is not."""
    sure = ASTEROID.with_values(**{"average_pain.sd": 2, "current_pain.sd": 2, "disability.sd": 3})
    run = operating_characteristics(sure, trials="auto", target_mcse=0.0015, seed=63)
    powers, coverages = (
        [row for row in run.rows if row.measure == name and row.outcome != "disability"]
        for name in ("power", "coverage")
    )
    assert all(row.value == 1 for row in powers)
    assert run.trials > 10_000
    assert max(row.mcse for row in coverages) <= 0.0015


def test_limits_of_type_s_are_those_of_a_share_of_the_significant() -> None:
    weak = ASTEROID.with_effect(average_pain=-2)
    for control in (True, False):
        run = operating_characteristics(weak, trials=4000, seed=64, control_variate=control)
        power, wrong = (run.value("average_pain", name) for name in ("power", "type_s"))
        significant = round(power.value * run.trials)
        assert significant < run.trials / 4
        as_many = significant * wrong.worth / run.trials
        assert (wrong.low, wrong.high) == pytest.approx(wilson_limits(wrong.value, as_many), rel=1e-12)
        assert (wrong.worth > 2 * run.trials) == control


def test_what_does_not_exist_has_no_limits() -> None:
    run = operating_characteristics(ASTEROID.with_effect(average_pain=0), trials=300, seed=65)
    for name in ("type_s", "type_m"):
        row = run.value("average_pain", name)
        assert np.isnan([row.value, row.low, row.high]).all()


def test_no_estimates_have_no_p_values_and_no_critical_values() -> None:
    none = np.empty((0, 3))
    assert p_value(Estimates(none, none, none, none > 0)).shape == (0, 3)
    assert critical_value(none, 0.95).shape == (0, 3)


@pytest.mark.parametrize("level", [0.0, 1.0, 95, -0.5, np.nan, 1 - 1e-16])
def test_what_is_no_level_is_refused(level: float) -> None:
    with pytest.raises(InputError, match=r"level must be in \(0, 1\), got"):
        critical_value(np.array([38.0]), level)


def test_scores_that_do_not_vary_have_exactly_no_squares() -> None:
    """A rounding left of 0 would pass for a tiny spread, and the trial for a usable one."""
    baseline = np.array([98.0, 99.0, 100.0, 97.0, 95.0, 99.0, 100.0])
    scores = np.stack([baseline, baseline - 7.0, baseline - 7.0])
    for n_treatment in (2, 3, 4):
        sums = whole_number_sums(7, 3, 1, 1, highest=100)
        sum_whole_numbers(scores[np.newaxis, ..., np.newaxis].astype(np.float32), n_treatment, *sums)
        products = whole_number_moments(*sums, n_treatment, 7 - n_treatment, step=np.ones(1)).cross_products[..., 0, 0]
        assert products[0, 0] + products[2, 2] - 2 * products[0, 2] == 0


@pytest.mark.parametrize("people", [(20, 20), (3, 9), (838, 839), (839, 839), (2000, 2000)])
def test_the_moments_of_the_fast_lane_are_those_of_the_scores(people: tuple[int, int]) -> None:
    """Up to 1677 people it sums in single precision. High scores: their squares are the largest numbers to hold."""
    high = {"treatment_baseline": 92, "reference_baseline": 92, "effect": (0, 0), "sd": [8, 8, 8]}
    record = ASTEROID.with_people(*people).with_values(average_pain=high, current_pain=high)
    scores = simulate_outcomes(solve(record), 73, 1, 40)
    fast = simulated_moments(solve(record), 73, 1, 40)
    for outcome, arms in enumerate(zip(scores.treatment, scores.reference, strict=True)):
        plain = moments(*arms)
        np.testing.assert_allclose(fast.difference[:, outcome], plain.difference, rtol=0, atol=1e-12)
        np.testing.assert_allclose(fast.cross_products[:, :, outcome], plain.cross_products, rtol=0, atol=1e-4)


def test_unequally_spaced_visits_are_refused_where_the_method_supposes_equal_ones() -> None:
    uneven = ASTEROID.with_values(visits=(0, 4, 12))
    with pytest.raises(InputError, match="week must be equally spaced for mmrm_ar1, got"):
        operating_characteristics(uneven, trials=100, seed=1, method="mmrm_ar1")
    assert operating_characteristics(uneven, trials=100, seed=1, method="mmrm").trials == 100


def test_an_automatic_run_without_usable_fits_ends_at_once() -> None:
    tiny = ASTEROID.with_people(2, 2).with_values(missing_treatment=0.9, missing_reference=0.9)
    with pytest.raises(InputError, match="trials must leave 2 usable fits or more"):
        operating_characteristics(tiny, trials="auto", target_mcse=0.01, seed=1, method="ancova")


def test_adjustment_takes_out_what_the_baseline_leaves_of_an_imbalance() -> None:
    """A score is expected to keep rho SD_v / SD_1 of a difference at baseline; what goes is added to the effect."""
    apart = {"treatment_baseline": 44.0, "reference_baseline": 40.0, "sd": [16, 20, 24], "effect": [-3, -9]}
    correlations = [[1, 0.4, 0.2], [0.4, 1, 0.4], [0.2, 0.4, 1]]
    crooked = ASTEROID.with_values(current_pain=apart, visit_correlation=correlations)
    assert true_values(crooked, "mmrm")[:, 1].tolist() == [-3, -9]
    expected = [-3 + (1 - 0.4 * 20 / 16) * 4, -9 + (1 - 0.2 * 24 / 16) * 4]
    assert true_values(crooked, "ancova")[:, 1] == pytest.approx(expected, abs=1e-12)

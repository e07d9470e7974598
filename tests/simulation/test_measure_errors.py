"""Monte Carlo standard errors against a bootstrap of trials.

5,000 simulated trials each, drawn again 1,000 times; seeds chosen before looking.
"""

from functools import cache

import numpy as np
import pytest

from asteroid_repro import ASTEROID, TrialAssumptions
from asteroid_repro.engine.measures import measures, trial_figures
from asteroid_repro.engine.monte_carlo import run_blocks
from asteroid_repro.engine.trial_estimates import simulated_estimates
from asteroid_repro.engine.true_effects import true_values
from asteroid_repro.estimate.effects.methods import Analysis
from asteroid_repro.evaluate.performance import operating_characteristics
from asteroid_repro.mechanism.mechanism import solve
from asteroid_repro.trial.changes import EVERY_OUTCOME

TRIALS = 5000
DRAWS = 1000
WEAK = ASTEROID.with_effect(average_pain=-4, current_pain=-6, disability=-2).with_equal_baselines()
FEW = WEAK.with_people(7, 6).with_values(missing_treatment=0.5, missing_reference=0.4)  # some trials have no estimate
LOOSE = WEAK.with_people(6, 6).with_values(  # visits so nearly independent that the people's variance is often 0
    visit_correlation=[[1, 0.1, 0.1], [0.1, 1, 0.1], [0.1, 0.1, 1]]
)
CASES: dict[str, tuple[TrialAssumptions, int, Analysis]] = {
    "complete": (WEAK, 81, Analysis("random_intercept", "z")),
    "missing": (FEW, 82, Analysis("change_score", "t")),
    "ancova": (WEAK, 83, Analysis("ancova", "t")),
    "boundary": (LOOSE, 84, Analysis("random_intercept", "z")),
}
HAPPENS = (("boundary", "boundary"), ("failed", "missing"))  # elsewhere no trial does
MEASURES = (
    "mean_estimate", "bias", "empirical_se", "model_se", "se_ratio", "rmse", "interval_width", "type_s", "type_m",
    "coverage", "power", "favours_treatment", "important", "boundary", "failed",
)  # fmt: skip


@cache
def figures_and_times(case: str) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Figures of every trial, and how many times each bootstrap draw has it (trials, draws)."""
    record, seed, analysis = CASES[case]
    truth, mechanism = true_values(record, analysis.method), solve(record)

    def work(block: int, size: int) -> dict[str, np.ndarray]:
        fit = simulated_estimates(mechanism, seed, block, size, analysis)
        return trial_figures(fit, truth, record.design.outcomes, 0.95)

    chosen = np.random.default_rng(seed + 100).integers(TRIALS, size=(DRAWS, TRIALS))
    times = np.array([np.bincount(trials, minlength=TRIALS) for trials in chosen], dtype=float).T
    return run_blocks(work, TRIALS), times


@cache
def errors_and_draws(case: str) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Monte Carlo standard errors (visits - 1, outcomes), and the measures of every bootstrap draw."""
    record, _, analysis = CASES[case]
    truth = true_values(record, analysis.method)
    figures, times = figures_and_times(case)
    sums = {name: figure.sum(axis=-1) for name, figure in figures.items()}
    drawn = measures({name: figure @ times for name, figure in figures.items()}, truth[..., np.newaxis], TRIALS)
    errors = {name: error for name, (_, error) in measures(sums, truth, TRIALS).items()}
    return errors, {name: value for name, (value, _) in drawn.items()}


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("case", CASES)
def test_monte_carlo_standard_error_is_that_of_a_bootstrap(case: str, measure: str) -> None:
    """4 relative standard errors of the ratio of both.

    The bootstrap's own is sqrt((k - 1) / 4B), with k the kurtosis of the B draws. Where the formula supposes normal
    estimates and the bootstrap uses the sample's kurtosis, that of n normals (standard error sqrt(24 / n)) adds
    sqrt(24 / n) / 4.
    """
    errors, drawn = errors_and_draws(case)
    values = drawn[measure]
    spread = values.std(axis=-1, ddof=1)
    if (measure, case) not in HAPPENS and measure in ("boundary", "failed"):
        assert (spread == 0).all()
        assert (errors[measure] == 0).all()
        return
    happened = spread > 0  # a rare event may not happen in one outcome at one visit: then neither knows an error
    assert happened.any()
    np.testing.assert_array_equal(errors[measure] > 0, happened)
    assert_error_of_draws(errors[measure][happened], values[happened])


@pytest.mark.parametrize("case", CASES)
def test_error_of_the_paper_verdict_is_that_of_a_bootstrap(case: str) -> None:
    """Every outcome favours the treatment at the last visit, among the trials in which all of them are usable there."""
    record, seed, analysis = CASES[case]
    oc = operating_characteristics(record, trials=TRIALS, seed=seed, **analysis.arguments, control_variate=False)
    row = oc.value(EVERY_OUTCOME, "favours_treatment")
    figures, times = figures_and_times(case)
    verdict, usable = figures["favours_treatment"][-1].all(axis=0), figures["usable"][-1].all(axis=0)
    assert row.value == verdict.sum() / usable.sum()
    assert_error_of_draws(np.array([row.mcse]), ((verdict @ times) / (usable @ times))[np.newaxis])


def assert_error_of_draws(errors: np.ndarray, drawn: np.ndarray) -> None:
    """4 relative standard errors of the ratio of a formula and the spread of the draws (errors, draws)."""
    spread = drawn.std(axis=-1, ddof=1)
    kurtosis = ((drawn - drawn.mean(axis=-1, keepdims=True)) ** 4).mean(axis=-1) / spread**4
    tolerance = 4 * np.sqrt((kurtosis - 1) / (4 * DRAWS) + 24 / TRIALS / 16)
    ratio = errors / spread
    assert (abs(ratio - 1) < tolerance).all(), f"{ratio} must be 1 within {tolerance}"

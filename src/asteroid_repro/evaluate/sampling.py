"""The sampling distribution: the estimates themselves of many simulated trials."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from asteroid_repro.engine.monte_carlo import run_blocks
from asteroid_repro.engine.trial_estimates import simulated_estimates
from asteroid_repro.evaluate.performance import simulated_label
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.trial.quantities import OUTCOMES


@dataclass(frozen=True)
class SamplingDistribution:
    """The estimates of many simulated trials.

    Attributes
    ----------
    estimates : dict of str to numpy.ndarray
        By outcome, shape (visits - 1, trials), points; NaN where a trial had no usable fit.
    label : str
        ``SIMULATED`` with scenario, trials and seed.
    """

    estimates: Mapping[str, np.ndarray]
    label: str


def sampling_distribution(
    assumptions: TrialAssumptions,
    *,
    trials: int = 10_000,
    seed: int,
    method: str = "random_intercept",
    conditional: bool = False,
    progress: bool = False,
) -> SamplingDistribution:
    """Return the estimates themselves, of the same trials as :func:`operating_characteristics`.

    Parameters
    ----------
    assumptions, trials, seed, method, conditional, progress
        As in :func:`operating_characteristics`; memory grows with the trials.

    Returns
    -------
    SamplingDistribution
        The estimates by outcome.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> sampling_distribution(ASTEROID, trials=500, seed=1).estimates["disability"].shape
    (2, 500)
    """
    population = assumptions if conditional else assumptions.with_equal_baselines()

    def work(block: int, size: int) -> dict[str, np.ndarray]:
        fit = simulated_estimates(population, seed, block, size, method=method)
        return {name: fit.estimate[:, index] for index, name in enumerate(OUTCOMES)}

    return SamplingDistribution(run_blocks(work, trials, progress=progress), simulated_label(assumptions, trials, seed))

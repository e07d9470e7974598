"""The sampling distribution: the estimates themselves of many simulated trials."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from asteroid_repro.engine.monte_carlo import run_blocks, simulated_label
from asteroid_repro.engine.trial_estimates import simulated_estimates
from asteroid_repro.estimate.effects.methods import Analysis, chosen_analysis
from asteroid_repro.mechanism.mechanism import solve
from asteroid_repro.trial.assumptions import TrialAssumptions


@dataclass(frozen=True)
class SamplingDistribution:
    """The estimates of many simulated trials.

    Attributes
    ----------
    estimates : dict of str to numpy.ndarray
        By outcome, shape (visits - 1, trials), points; NaN where a trial had no usable fit.
    analysis : Analysis
        The method, with its reference distribution and level, which play no part in the estimates.
    label : str
        ``SIMULATED`` with scenario, analysis, trials and seed.
    """

    estimates: Mapping[str, np.ndarray]
    analysis: Analysis
    label: str


def sampling_distribution(
    assumptions: TrialAssumptions,
    *,
    trials: int = 10_000,
    seed: int,
    method: str | None = None,
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

    Raises
    ------
    InputError
        An unknown method, a bad seed, too few trials.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> sampling_distribution(ASTEROID, trials=500, seed=1).estimates["disability"].shape
    (2, 500)
    """
    analysis = chosen_analysis(method, own=assumptions.design.analysis)
    mechanism = solve(assumptions if conditional else assumptions.with_equal_baselines())
    names = assumptions.design.outcome_names

    def work(block: int, size: int) -> dict[str, np.ndarray]:
        fit = simulated_estimates(mechanism, seed, block, size, analysis)
        return {name: fit.estimate[:, index] for index, name in enumerate(names)}

    label = simulated_label(assumptions.name, analysis, f"{trials:,} trials", f"seed {seed}")
    return SamplingDistribution(run_blocks(work, trials, progress=progress), analysis, label)

"""What a method estimates in a population: the numbers that its estimates are held against."""

from functools import lru_cache
from typing import Final

import numpy as np

from asteroid_repro.engine.monte_carlo import run_blocks
from asteroid_repro.estimate.effects.methods import METHODS
from asteroid_repro.mechanism.mechanism import Mechanism, solve
from asteroid_repro.simulate.outcomes import potential_outcomes
from asteroid_repro.trial.assumptions import TrialAssumptions

_TRIALS: Final = 4000
_SEED: Final = 2**40 + 1  # of its own: the truth must not share the noise of the estimates it is held against


def true_values(population: TrialAssumptions, method: str) -> np.ndarray:
    r"""Return what a method estimates, shape (visits - 1, outcomes), points.

    The net difference: the assumed effect, or, where a person's effect depends on attendance or varies between people,
    the mean over the treated of the score as attended less the score untreated (:func:`mean_effects`), since bounded
    scores do not pass a varying effect on in full. Methods that adjust for baseline estimate that plus
    :math:`(1 - \rho\, SD_v/SD_1)` times the imbalance at baseline.

    Parameters
    ----------
    population : TrialAssumptions
        The population.
    method : str
        As in :func:`asteroid_repro.estimate_effects`.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> true_values(ASTEROID, "random_intercept")[-1].tolist()
    [-15.3, -19.35, -5.2]
    """
    values: np.ndarray = mean_effects(population)[0].copy()
    if METHODS[method].adjusted:
        for index, outcome in enumerate(population.outcomes):
            imbalance = outcome.treatment_baseline - outcome.reference_baseline
            persists = np.array(population.visit_correlation)[0, 1:] * np.array(outcome.sd)[1:] / outcome.sd[0]
            values[:, index] += (1 - persists) * imbalance
    return values


@lru_cache(maxsize=64)
def mean_effects(population: TrialAssumptions) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean effects and their Monte Carlo standard errors, each of shape (visits - 1, outcomes), points.

    The errors are those of :func:`true_values` too, 0 where the effect is assumed.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> [figures.max().item() for figures in mean_effects(ASTEROID)]
    [-2.6, 0.0]
    """
    if population.has_one_effect:
        assumed = np.array([outcome.effect for outcome in population.outcomes]).T
        return assumed, np.zeros_like(assumed)
    mechanism = solve(population)
    means = run_blocks(lambda block, size: {"effect": _block_effects(mechanism, block, size)}, _TRIALS)["effect"]
    return means.mean(axis=-1), means.std(axis=-1, ddof=1) / np.sqrt(_TRIALS)


def _block_effects(mechanism: Mechanism, block: int, size: int) -> np.ndarray:
    """Mean effect among the treated of each trial, shape (visits - 1, outcomes, trials)."""
    from asteroid_repro.simulate.block import simulate_block  # rarely needed, and a command waits for every import

    share = simulate_block(mechanism, _SEED, block, size).attended_share
    worlds = potential_outcomes(mechanism, _SEED, block, share)
    effects = (worlds.as_attended - worlds.untreated)[:, 1:].mean(axis=2)
    return np.asarray(effects.swapaxes(0, 1))

"""Simulate a block of trials and estimate every outcome of it: where the two wings meet."""

from dataclasses import fields

import numpy as np

from asteroid_repro.assumptions.quantities import OUTCOMES
from asteroid_repro.assumptions.trial import TrialAssumptions
from asteroid_repro.estimate.inference import Estimates
from asteroid_repro.estimate.methods import Distribution, check_spacing, closed_form, estimate_arrays
from asteroid_repro.estimate.moments import Moments, sum_whole_numbers, whole_number_moments, whole_number_sums
from asteroid_repro.simulate.missing import remove_visits
from asteroid_repro.simulate.outcomes import Outcomes, score_tiles, simulate_outcomes


def simulated_estimates(
    assumptions: TrialAssumptions,
    seed: int,
    block: int,
    trials: int,
    *,
    method: str,
    distribution: Distribution | None = None,
) -> Estimates:
    """Estimate all outcomes of the first ``trials`` trials of a block.

    Only what the estimates need is simulated: the moments of the scores alone where no visit is missed and the method
    has a closed form, the scores alone where nothing else bears on them, whole trials otherwise.

    Parameters
    ----------
    assumptions : TrialAssumptions
        The trial's assumptions.
    seed, block, trials : int
        As in :func:`asteroid_repro.simulate.trial.simulate_block`.
    method, distribution : str
        As in :func:`asteroid_repro.estimate_effects`.

    Returns
    -------
    Estimates
        Arrays of shape (visits - 1, outcomes, trials), outcomes in the order of ``OUTCOMES``.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> simulated_estimates(ASTEROID, 1, 0, 500, method="ancova").estimate.shape
    (2, 3, 500)
    """
    estimate = closed_form(method, distribution)
    check_spacing(method, assumptions.visits)
    if estimate is not None and _is_complete(assumptions) and _is_outcomes_only(assumptions):
        return estimate(simulated_moments(assumptions, seed, block, trials))
    scores = simulated_scores(assumptions, seed, block, trials)
    by_outcome = zip(scores.running, scores.waitlist, strict=True)
    return _stacked([estimate_arrays(*arms, method=method, distribution=distribution) for arms in by_outcome])


def simulated_scores(assumptions: TrialAssumptions, seed: int, block: int, trials: int) -> Outcomes:
    """Simulate the scores alone, or whole trials where a runner's effect depends on more than the arm.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> simulated_scores(ASTEROID, 1, 0, 5).running.shape
    (3, 3, 20, 5)
    """
    if _is_outcomes_only(assumptions):
        complete = simulate_outcomes(assumptions, seed, block, trials)
        return remove_visits(assumptions, seed, block, complete, keep=False)
    from asteroid_repro.simulate.block import simulate_block  # rarely needed, and a command waits for every import

    return simulate_block(assumptions, seed, block, trials).outcomes


def simulated_moments(assumptions: TrialAssumptions, seed: int, block: int, trials: int) -> Moments:
    """Simulate complete scores and keep their moments, shapes (visits, outcomes, trials) and (visits, visits, ...).

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> simulated_moments(ASTEROID, 1, 0, 5).difference.shape
    (3, 3, 5)
    """
    totals, products = whole_number_sums(assumptions.n_people, len(assumptions.visits), len(OUTCOMES), trials)
    done = 0
    for tile in score_tiles(assumptions, seed, block, trials):
        part = np.s_[..., done : done + tile.shape[-1]]
        sum_whole_numbers(tile, assumptions.n_running, totals[part], products[part])
        done += tile.shape[-1]
    return whole_number_moments(totals, products, assumptions.n_running, assumptions.n_waitlist)


def _stacked(fits: list[Estimates]) -> Estimates:
    """Join the estimates of several outcomes along a second axis."""
    shape = fits[0].estimate.shape
    arrays = ([np.broadcast_to(getattr(fit, field.name), shape) for fit in fits] for field in fields(Estimates))
    return Estimates(*(np.stack(array, axis=1) for array in arrays))


def _is_complete(assumptions: TrialAssumptions) -> bool:
    return not (assumptions.missing_running or assumptions.missing_waitlist)


def _is_outcomes_only(assumptions: TrialAssumptions) -> bool:
    return not (assumptions.dose_response or assumptions.effect_variation)

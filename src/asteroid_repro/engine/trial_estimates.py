"""Simulate trials and estimate every outcome of them: where the two wings meet."""

from collections.abc import Callable, Iterable
from functools import partial

import numpy as np

from asteroid_repro.estimate.effects.inference import Estimates
from asteroid_repro.estimate.effects.methods import Distribution, check_spacing, closed_form, estimate_arrays
from asteroid_repro.estimate.effects.moments import Moments, sum_whole_numbers, whole_number_moments, whole_number_sums
from asteroid_repro.simulate.missing import remove_visits
from asteroid_repro.simulate.outcomes import Outcomes, score_tiles, simulate_outcomes
from asteroid_repro.simulate.streams import blocks
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.trial.quantities import OUTCOMES, SCALE_MAXIMUM


def simulated_estimates(
    assumptions: TrialAssumptions,
    seed: int,
    block: int,
    trials: int,
    *,
    method: str,
    distribution: Distribution | None = None,
) -> Estimates:
    """Estimate all outcomes of so many trials, from the first of a block.

    More trials than a block has go on with the next blocks. Only what the estimates need is simulated: the moments of
    the scores alone where no visit is missed and the method has a closed form, the scores alone where nothing else
    bears on them, whole trials otherwise.

    Parameters
    ----------
    assumptions : TrialAssumptions
        The trial's assumptions.
    seed, block : int
        As in :func:`asteroid_repro.simulate.block.simulate_block`.
    trials : int
        Number of trials, of one block or of several.
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
    fit = partial(estimate_arrays, method=method, distribution=distribution)
    return _joined(
        (_fit_scores(fit, simulated_scores(assumptions, seed, *part)) for part in blocks(trials, block)),
        partial(np.concatenate, axis=-1),
    )


def simulated_scores(assumptions: TrialAssumptions, seed: int, block: int, trials: int) -> Outcomes:
    """Simulate the scores of one block alone, or whole trials where a runner's effect depends on more than the arm.

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
    """Simulate complete scores of one or several blocks and keep their moments.

    Shapes (visits, outcomes, trials) and (visits, visits, outcomes, trials).

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> simulated_moments(ASTEROID, 1, 0, 5).difference.shape
    (3, 3, 5)
    """
    step = np.array([assumptions.outcome(name).step for name in OUTCOMES], dtype=float)
    points, highest = step[:, np.newaxis, np.newaxis, np.newaxis].astype(np.float32), round(SCALE_MAXIMUM / step.min())
    shape = assumptions.n_people, len(assumptions.visits), len(OUTCOMES), trials
    totals, products = whole_number_sums(*shape, highest=highest)
    done = 0
    for number, size in blocks(trials, block):
        for tile in score_tiles(assumptions, seed, number, size):
            part = np.s_[..., done : done + tile.shape[-1]]
            counts = np.divide(tile, points, out=tile)
            sum_whole_numbers(counts, assumptions.n_running, totals[part], products[part])
            done += tile.shape[-1]
    return whole_number_moments(totals, products, assumptions.n_running, assumptions.n_waitlist, step=step)


def _fit_scores(fit: Callable[[np.ndarray, np.ndarray], Estimates], scores: Outcomes) -> Estimates:
    """Fit one outcome after the other, and make the outcomes the second axis."""
    by_outcome = zip(scores.running, scores.waitlist, strict=True)
    return _joined((fit(*arms) for arms in by_outcome), partial(np.stack, axis=1))


def _joined(fits: Iterable[Estimates], join: Callable[[list[np.ndarray]], np.ndarray]) -> Estimates:
    """Join the estimates of outcomes or of blocks, array by array."""
    whole = [{name: np.broadcast_to(each, fit.estimate.shape) for name, each in vars(fit).items()} for fit in fits]
    return Estimates(**{name: join([fit[name] for fit in whole]) for name in whole[0]})


def _is_complete(assumptions: TrialAssumptions) -> bool:
    return not (assumptions.missing_running or assumptions.missing_waitlist)


def _is_outcomes_only(assumptions: TrialAssumptions) -> bool:
    return not (assumptions.dose_response or assumptions.effect_variation)

"""Simulate trials and estimate every outcome of them: where the two wings meet."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

import numpy as np

from asteroid_repro.engine.monte_carlo import block_done
from asteroid_repro.estimate.effects.methods import Analysis, closed_form, estimate_arrays
from asteroid_repro.estimate.effects.moments import (
    Moments,
    moments,
    sum_whole_numbers,
    whole_number_moments,
    whole_number_sums,
)
from asteroid_repro.estimate.inference import Estimates
from asteroid_repro.mechanism.mechanism import Mechanism
from asteroid_repro.simulate.missing import remove_visits
from asteroid_repro.simulate.outcomes import Outcomes, in_steps, latent_tiles, simulate_outcomes
from asteroid_repro.simulate.streams import blocks

Fit = Callable[[np.ndarray, np.ndarray], Estimates]
"""Takes the scores of both arms."""

See = Callable[[np.ndarray], None]
"""Is shown the latent scores of every tile, as in :func:`asteroid_repro.simulate.outcomes.latent_tiles`."""


def simulated_estimates(
    mechanism: Mechanism, seed: int, block: int, trials: int, analysis: Analysis, *, see: See | None = None
) -> Estimates:
    """Estimate all outcomes of so many trials, from the first of a block.

    More trials than a block has go on with the next blocks. Only what the estimates need is simulated: the moments of
    the scores alone where no visit is missed and the method has a closed form, the scores alone where nothing else
    bears on them, whole trials otherwise.

    Parameters
    ----------
    mechanism : Mechanism
        Of the trial's assumptions.
    seed, block : int
        As in :func:`asteroid_repro.simulate.block.simulate_block`.
    trials : int
        Number of trials, of one block or of several.
    analysis : Analysis
        Method and reference distribution.
    see : callable, optional
        See :data:`See`.

    Returns
    -------
    Estimates
        Arrays of shape (visits - 1, outcomes, trials), outcomes in the order of the design.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> from asteroid_repro.mechanism.mechanism import solve
    >>> simulated_estimates(solve(ASTEROID), 1, 0, 500, Analysis("ancova", "t")).estimate.shape
    (2, 3, 500)
    """
    assumptions = mechanism.assumptions
    estimate = closed_form(analysis.method, analysis.distribution, analysis.likelihood)
    analysis.check_spacing(assumptions.visits)
    if estimate is not None and assumptions.is_complete and assumptions.has_one_effect:
        return estimate(simulated_moments(mechanism, seed, block, trials, see))
    _show(mechanism, seed, block, trials, see)
    fit = partial(
        estimate_arrays,
        method=analysis.method,
        distribution=analysis.distribution,
        likelihood=analysis.likelihood,
    )
    return _joined(
        (_fitted_block(fit, mechanism, seed, *part) for part in blocks(trials, block)), partial(np.concatenate, axis=-1)
    )


def simulated_scores(mechanism: Mechanism, seed: int, block: int, trials: int) -> Outcomes:
    """Simulate the scores of one block alone, or whole trials where a person's effect depends on more than the arm.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> from asteroid_repro.mechanism.mechanism import solve
    >>> simulated_scores(solve(ASTEROID), 1, 0, 5).treatment.shape
    (3, 3, 20, 5)
    """
    if mechanism.assumptions.has_one_effect:
        complete = simulate_outcomes(mechanism, seed, block, trials)
        return remove_visits(mechanism.assumptions, seed, block, complete, keep=False)
    from asteroid_repro.simulate.block import simulate_block  # rarely needed, and a command waits for every import

    return simulate_block(mechanism, seed, block, trials).outcomes


def simulated_moments(mechanism: Mechanism, seed: int, block: int, trials: int, see: See | None = None) -> Moments:
    """Simulate complete scores of one or several blocks and keep their moments.

    Shapes (visits, outcomes, trials) and (visits, visits, outcomes, trials).

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> from asteroid_repro.mechanism.mechanism import solve
    >>> simulated_moments(solve(ASTEROID), 1, 0, 5).difference.shape
    (3, 3, 5)
    """
    assumptions = mechanism.assumptions
    if not mechanism.is_whole:
        _show(mechanism, seed, block, trials, see)
        return _moments_of_scores(mechanism, seed, block, trials)
    scales = assumptions.design.outcomes
    highest = max(scale.n_steps or 0 for scale in scales)
    shape = assumptions.n_people, len(assumptions.visits), len(scales), trials
    totals, products = whole_number_sums(*shape, highest=highest)
    done = 0
    for number, size in blocks(trials, block):
        for latent in latent_tiles(mechanism, seed, number, size):
            if see is not None:
                see(latent)
            tile = in_steps(mechanism, latent, np.float32)
            part = np.s_[..., done : done + tile.shape[-1]]
            sum_whole_numbers(tile, assumptions.n_treatment, totals[part], products[part])
            done += tile.shape[-1]
    steps = np.array([scale.step for scale in scales])
    return whole_number_moments(totals, products, assumptions.n_treatment, assumptions.n_reference, step=steps)


def _show(mechanism: Mechanism, seed: int, block: int, trials: int, see: See | None) -> None:
    """Draw the latent scores once more where the scores are not made here; beside the fits that takes little."""
    if see is not None:
        for part in blocks(trials, block):
            for latent in latent_tiles(mechanism, seed, *part):
                see(latent)


def _moments_of_scores(mechanism: Mechanism, seed: int, block: int, trials: int) -> Moments:
    """Moments of scores of any scale, from the scores themselves; outcomes come after the visits."""
    parts = (simulate_outcomes(mechanism, seed, *part) for part in blocks(trials, block))
    found = [moments(np.moveaxis(one.treatment, 0, 2), np.moveaxis(one.reference, 0, 2)) for one in parts]
    return replace(
        found[0],
        difference=np.concatenate([one.difference for one in found], axis=-1),
        cross_products=np.concatenate([one.cross_products for one in found], axis=-1),
    )


def _fitted_block(fit: Fit, mechanism: Mechanism, seed: int, block: int, trials: int) -> Estimates:
    found = _fit_scores(fit, simulated_scores(mechanism, seed, block, trials))
    block_done(trials)
    return found


def _fit_scores(fit: Fit, scores: Outcomes) -> Estimates:
    """Fit one outcome after the other, and make the outcomes the second axis."""
    by_outcome = zip(scores.treatment, scores.reference, strict=True)
    return _joined((fit(*arms) for arms in by_outcome), partial(np.stack, axis=1))


def _joined(fits: Iterable[Estimates], join: Callable[[list[np.ndarray]], np.ndarray]) -> Estimates:
    """Join the estimates of outcomes or of blocks, array by array."""
    arrays = [vars(fit) for fit in fits]
    return Estimates(**{name: join([each[name] for each in arrays]) for name in arrays[0]})

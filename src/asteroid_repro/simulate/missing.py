"""Visits that people miss: at random, after a bad score, or because they got worse."""

import numpy as np

from asteroid_repro.simulate.outcomes import Outcomes
from asteroid_repro.simulate.streams import Purpose, stream
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.trial.quantities import ARMS, OUTCOMES

_DRIVER = OUTCOMES.index("average_pain")


def remove_visits(
    assumptions: TrialAssumptions, seed: int, block: int, outcomes: Outcomes, *, keep: bool = True
) -> Outcomes:
    r"""Set the scores of missed visits to NaN, all outcomes of a visit together; the baseline is never missed.

    A visit is missed where a standard normal falls below :math:`\Phi^{-1}(h) \sqrt{1 + s^2} + s z`, with h the arm's
    probability, s the assumed strength and z a standardised driver: nothing (``mcar``), average pain at the visit
    before (``mar``; at baseline where the pattern is intermittent), or its change from baseline at the visit itself
    (``mnar``: those who got worse stop). The root keeps the share near h. A ``monotone`` pattern misses every visit
    after the first missed one, with h such that the arm's share is that of the last visit; an ``intermittent`` one
    misses each visit for itself.

    Parameters
    ----------
    outcomes : Outcomes
        Complete scores of a block.
    keep : bool
        Leave them as they are; otherwise they are written over, and no memory is needed for a copy.

    Returns
    -------
    Outcomes
        The same object where nobody misses a visit.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> from asteroid_repro.simulate.outcomes import simulate_outcomes
    >>> patchy = ASTEROID.with_values(missing_running=0.2, missing_waitlist=0.2)
    >>> seen = remove_visits(patchy, 1, 0, simulate_outcomes(patchy, 1, 0, 500))
    >>> 0.15 < float(np.isnan(seen.running[0, -1]).mean()) < 0.25
    True
    """
    shares = dict(zip(ARMS, (assumptions.missing_running, assumptions.missing_waitlist), strict=True))
    if not any(shares.values()):
        return outcomes
    visits, trials = len(assumptions.visits), outcomes.running.shape[-1]
    noise = stream(seed, Purpose.MISSING_VISITS, block).standard_normal((trials, assumptions.n_people, visits - 1)).T
    noises = np.split(noise, [assumptions.n_running], axis=1)
    missed = [
        _missed(assumptions, arm, shares[arm], getattr(outcomes, arm)[_DRIVER], own)
        for arm, own in zip(ARMS, noises, strict=True)
    ]
    left = Outcomes(outcomes.running.copy(), outcomes.waitlist.copy()) if keep else outcomes
    for scores, own in zip((left.running, left.waitlist), missed, strict=True):
        scores[:, 1:][:, own] = np.nan
    return left


def _missed(assumptions: TrialAssumptions, arm: str, share: float, pain: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Return who misses which later visit, shape (visits - 1, people, trials); pain has all visits."""
    if share == 0:
        return np.zeros(noise.shape, dtype=bool)
    from scipy.special import ndtri  # slow to import, and most runs miss no visit

    later = len(assumptions.visits) - 1
    monotone = assumptions.missing_pattern == "monotone"
    chance = 1 - (1 - share) ** (1 / later) if monotone else share
    strength = 0.0 if assumptions.missing_mechanism == "mcar" else assumptions.missing_strength
    driver = _driver(assumptions, arm, pain)
    missed: np.ndarray = noise < ndtri(chance) * np.sqrt(1 + strength**2) + strength * driver
    return np.logical_or.accumulate(missed, axis=0) if monotone else missed


def _driver(assumptions: TrialAssumptions, arm: str, pain: np.ndarray) -> np.ndarray:
    """Standardised driver of each later visit, shape (visits - 1, people, trials)."""
    mean, sd = assumptions.means("average_pain")[arm][:, np.newaxis, np.newaxis], np.array(assumptions.average_pain.sd)
    spread = sd[:, np.newaxis, np.newaxis]
    if assumptions.missing_mechanism == "mar":
        before: np.ndarray = ((pain - mean) / spread)[:-1]
        if (
            assumptions.missing_pattern == "intermittent"
        ):  # the visit before may be missed: only baseline is surely seen
            before = np.broadcast_to(before[0], before.shape)
        return before
    correlation = np.array(assumptions.visit_correlation)[0, 1:]
    change_sd = np.sqrt(sd[0] ** 2 + sd[1:] ** 2 - 2 * correlation * sd[0] * sd[1:])[:, np.newaxis, np.newaxis]
    change: np.ndarray = (pain[1:] - pain[0] - (mean[1:] - mean[0])) / change_sd
    return change

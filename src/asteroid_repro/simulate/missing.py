"""Visits that people miss: at random, after a bad score, or because they got worse."""

import numpy as np

from asteroid_repro.simulate.outcomes import Outcomes
from asteroid_repro.simulate.streams import Purpose, stream
from asteroid_repro.trial.assumptions import TrialAssumptions


def remove_visits(
    assumptions: TrialAssumptions, seed: int, block: int, outcomes: Outcomes, *, keep: bool = True
) -> Outcomes:
    r"""Set the scores of missed visits to NaN, all outcomes of a visit together; the baseline is never missed.

    A visit is missed where a standard normal falls below :math:`\Phi^{-1}(h) \sqrt{1 + s^2} + s z`, with h the arm's
    probability, s the assumed strength and z a standardised driver: nothing (``mcar``), the driving outcome at the
    visit before (``mar``; at baseline where the pattern is intermittent), or its change from baseline at the visit
    itself (``mnar``: those who got worse stop). The root keeps the share near h. A ``monotone`` pattern misses every
    visit after the first missed one, with h such that the arm's share is that of the last visit; an ``intermittent``
    one misses each visit for itself.

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
    >>> from asteroid_repro.mechanism.mechanism import solve
    >>> patchy = ASTEROID.with_values(missing_treatment=0.2, missing_reference=0.2)
    >>> seen = remove_visits(patchy, 1, 0, simulate_outcomes(solve(patchy), 1, 0, 500))
    >>> 0.15 < float(np.isnan(seen.treatment[0, -1]).mean()) < 0.25
    True
    """
    if assumptions.is_complete:
        return outcomes
    visits, trials = len(assumptions.visits), outcomes.treatment.shape[-1]
    noise = stream(seed, Purpose.MISSING_VISITS, block).standard_normal((trials, assumptions.n_people, visits - 1)).T
    noises = np.split(noise, [assumptions.n_treatment], axis=1)
    left = Outcomes(outcomes.treatment.copy(), outcomes.reference.copy()) if keep else outcomes
    driver = assumptions.design.outcome_names.index(assumptions.driving_outcome)
    for arm, scores, own in zip(("treatment", "reference"), (left.treatment, left.reference), noises, strict=True):
        missed = _missed(assumptions, arm, scores[driver], own)
        scores[:, 1:][:, missed] = np.nan
    return left


def _missed(assumptions: TrialAssumptions, arm: str, scores: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Return who misses which later visit, shape (visits - 1, people, trials); scores of the driving outcome."""
    share = float(getattr(assumptions, f"missing_{arm}"))
    if share == 0:
        return np.zeros(noise.shape, dtype=bool)
    from scipy.special import ndtri  # slow to import, and most runs miss no visit

    later = len(assumptions.visits) - 1
    monotone = assumptions.missing_pattern == "monotone"
    chance = 1 - (1 - share) ** (1 / later) if monotone else share
    strength = 0.0 if assumptions.missing_mechanism == "mcar" else assumptions.missing_strength
    driver = _driver(assumptions, arm, scores)
    missed: np.ndarray = noise < ndtri(chance) * np.sqrt(1 + strength**2) + strength * driver
    return np.logical_or.accumulate(missed, axis=0) if monotone else missed


def _driver(assumptions: TrialAssumptions, arm: str, scores: np.ndarray) -> np.ndarray:
    """Standardised driver of each later visit, shape (visits - 1, people, trials); high is bad."""
    outcome = assumptions.outcome(assumptions.driving_outcome)
    worse = -assumptions.design.outcome(outcome.name).sign
    mean, sd = outcome.means()[arm][:, np.newaxis, np.newaxis], np.array(outcome.sd)
    spread = sd[:, np.newaxis, np.newaxis]
    if assumptions.missing_mechanism == "mar":
        before: np.ndarray = (worse * (scores - mean) / spread)[:-1]
        if assumptions.missing_pattern == "intermittent":  # the visit before may be missed, the baseline is not
            before = np.broadcast_to(before[0], before.shape)
        return before
    correlation = np.array(assumptions.visit_correlation)[0, 1:]
    change_sd = np.sqrt(sd[0] ** 2 + sd[1:] ** 2 - 2 * correlation * sd[0] * sd[1:])[:, np.newaxis, np.newaxis]
    change: np.ndarray = worse * (scores[1:] - scores[0] - (mean[1:] - mean[0])) / change_sd
    return change

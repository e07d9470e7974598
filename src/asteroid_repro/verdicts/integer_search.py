r"""The search for scores in steps that print a line.

In the spirit of SPRITE (Heathers et al. 2018, doi 10.7287/peerj.preprints.26968v1), for a net difference: draw people
with a random covariance between visits, move single scores until every arm mean is exact, then exchange points between
two people of one arm and visit, which leaves all means alone, until the within-person sum of squares is such that the
random-intercept model prints the interval and p. The estimator of :mod:`asteroid_repro.estimate` has the last word.
"""

from typing import Final

import numpy as np

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.effects.methods import estimate_arrays
from asteroid_repro.estimate.inference import confidence_interval, p_value
from asteroid_repro.printed.feasible_df import bands
from asteroid_repro.tables.limits import Limits
from asteroid_repro.verdicts.printed_target import Target

Scores = tuple[np.ndarray, np.ndarray]
"""Scores of the treatment and the reference arm, points, each of shape (visits, people of the arm)."""

_EXCHANGES: Final = 20_000  # tries of one data set before it is started anew
_ATTEMPTS: Final = 200
_ROOM: Final = 0.03  # of the scale, at either end: an arm mean nearer to it leaves no room for people to differ


def find_scores(target: Target, estimate: float, variance: Limits[float], rng: np.random.Generator) -> Scores:
    """Find one data set that prints the line; a start that gets stuck is left and another one drawn.

    Parameters
    ----------
    target : Target
        What to print.
    estimate : float
        Net difference that prints it, points.
    variance : Limits
        Residual variances that print it, squared points.
    rng : numpy.random.Generator
        Source of the starts and moves.

    Returns
    -------
    tuple of numpy.ndarray, shape (visits, people)
        Scores on the scale, in steps, of treatment and reference.

    Raises
    ------
    InputError
        No start of many led to a data set.

    Examples
    --------
    >>> from asteroid_repro import study
    >>> from asteroid_repro.verdicts.printed_target import published_target, residual_variances
    >>> target = published_target("current_pain", study().ledger, study().design)
    >>> ((estimate, variance),) = residual_variances(target).items()
    >>> _, reference = find_scores(target, estimate, variance, np.random.default_rng(1))
    >>> reference.mean(axis=1)[[0, 2]].tolist()
    [40.1, 42.9]
    """
    for _ in range(_ATTEMPTS):
        sums = _arm_sums(target, estimate, rng)
        scores = None if sums is None else _starting_scores(target, variance, sums, rng)
        if scores is not None and _exchange(scores, target, variance, rng):
            treatment, reference = ((target.outcome.minimum or 0.0) + arm.T * target.step for arm in scores)
            if prints(target, (treatment, reference)):
                return treatment, reference
    raise InputError(
        f"outcome must be one that {_ATTEMPTS} random starts can reconstruct, got {target.outcome.name} with "
        f"{target.line}. Its arm means may leave too little room on the scale."
    )


def _arm_sums(target: Target, estimate: float, rng: np.random.Generator) -> np.ndarray | None:
    """Choose sums of scores in steps from the lowest, shape (arms, visits): as printed, else drawn or solved for.

    None where a mean comes too near the ends of the scale.
    """
    published, visit, most = target.published, target.visit, target.top * target.people
    sums = np.where(published, (target.sums.low + target.sums.high) / 2, np.nan)
    known = sums[published[:, 0], 0]
    about = (0.25 * most, 0.6 * most)
    if len(known):  # randomised arms start alike
        about = (known.mean() - 0.1 * most, known.mean() + 0.1 * most)
    guess, change = rng.uniform(*about), rng.normal(0, 0.04 * most)
    difference = estimate * target.people / target.step
    for arm in range(2):
        if not published[arm, 0]:
            sums[arm, 0] = guess + rng.normal(0, 0.03 * most)
        if not published[arm, visit]:
            sums[arm, visit] = sums[arm, 0] + change + difference * (arm == 0)
    sums = np.rint(sums)
    if not _meet(sums, target, round(difference)):
        return None
    for other in set(range(sums.shape[1])) - {0, visit}:
        drawn = np.rint(sums[:, [0, visit]].mean(axis=1) + rng.normal(0, 0.04 * most, 2))
        sums[:, other] = np.where(published[:, other], sums[:, other], drawn)
    return sums if ((sums > _ROOM * most) & (sums < (1 - _ROOM) * most)).all() else None


def _meet(sums: np.ndarray, target: Target, difference: int) -> bool:
    """Move sums, in place, within what prints as published until they give the net difference, in steps.

    Raises
    ------
    InputError
        All four means are published and cannot give it.
    """
    visit, published = target.visit, target.published
    changes = sums[:, visit] - sums[:, 0]
    miss = difference - (changes[0] - changes[1])
    cells = ((1, visit, -1), (0, visit, 1), (1, 0, 1), (0, 0, -1))
    for arm, at, sign in sorted(cells, key=lambda cell: published[cell[:2]]):  # those not published first
        moved = np.clip(sums[arm, at] + sign * miss, target.sums.low[arm, at], target.sums.high[arm, at])
        miss -= sign * (moved - sums[arm, at])
        sums[arm, at] = moved
    if miss and published[:, [0, visit]].all():
        raise InputError(
            f"arm means must give the net difference of {target.line}, got another one. Correct the means."
        )
    return not miss


def _starting_scores(
    target: Target, variance: Limits[float], sums: np.ndarray, rng: np.random.Generator
) -> np.ndarray | None:
    """Scores in steps, shape (arms, people, visits), with these sums and about the right residual variance."""
    visits = sums.shape[1]
    shape = np.eye(visits)
    upper = np.triu_indices(visits, 1)
    shape[upper] = shape.T[upper] = rng.uniform(0.0, 0.9, len(upper[0]))
    if np.linalg.eigvalsh(shape)[0] < 0.02:
        return None
    spread = rng.uniform(0.6, 1.4, visits)
    covariance = shape * np.outer(spread, spread)
    covariance *= (variance.low + variance.high) / 2 / residual_variance(covariance) / target.step**2
    means = sums / target.people
    if (np.sqrt(np.diag(covariance)) > 0.8 * np.sqrt(means * (target.top - means))).any():
        return None
    normal = rng.standard_normal((2, target.people, visits)) @ np.linalg.cholesky(covariance).T
    scores: np.ndarray = np.clip(np.rint(normal + means[:, np.newaxis, :]), 0, target.top)
    _fix_sums(scores, sums, target.top, rng)
    return scores


def residual_variance(covariance: np.ndarray) -> float:
    """Return the variance within a person that a random intercept leaves of a covariance between visits.

    Examples
    --------
    >>> residual_variance(np.array([[4.0, 3.0], [3.0, 4.0]]))
    1.0
    """
    visits = len(covariance)
    return float((np.trace(covariance) - covariance.sum() / visits) / (visits - 1))


def _fix_sums(scores: np.ndarray, sums: np.ndarray, top: int, rng: np.random.Generator) -> None:
    """Move single scores by one step, in place, until every arm sum is exact."""
    for arm, visit in np.ndindex(sums.shape):
        column = scores[arm, :, visit]
        while miss := int(sums[arm, visit] - column.sum()):
            room = np.flatnonzero(column < top if miss > 0 else column > 0)
            chosen = rng.choice(room, size=min(abs(miss), len(room)), replace=False)
            column[chosen] += np.sign(miss)


def _exchange(scores: np.ndarray, target: Target, variance: Limits[float], rng: np.random.Generator) -> bool:
    """Exchange points between two people of an arm and visit, in place, until the residual variance is within limits.

    With residual r of a score from its person's and its arm's visit means, adding s to one score and taking it from
    another changes the within-person sum of squares by 2 s (r_i - r_j) + 2 s^2 (1 - 1/visits).
    """
    visits = scores.shape[2]
    residual = scores - scores.mean(axis=2, keepdims=True)
    residual -= residual.mean(axis=1, keepdims=True)
    freedom = (2 * target.people - 2) * (visits - 1)
    low, high = (bound * freedom / target.step**2 for bound in (variance.low, variance.high))
    middle, tolerance = (low + high) / 2, 0.4 * (high - low)
    miss = float((residual**2).sum()) - middle
    for _ in range(_EXCHANGES):
        if abs(miss) <= tolerance:
            return True
        arm, visit, size = rng.integers(2), rng.integers(visits), rng.integers(1, 4)
        i, j = rng.choice(target.people, 2, replace=False)
        if scores[arm, i, visit] + size > target.top or scores[arm, j, visit] < size:
            continue
        change = 2 * size * (residual[arm, i, visit] - residual[arm, j, visit]) + 2 * size**2 * (1 - 1 / visits)
        if abs(miss + change) < abs(miss):
            for person, sign in ((i, 1), (j, -1)):
                scores[arm, person, visit] += sign * size
                residual[arm, person] -= sign * size / visits
                residual[arm, person, visit] += sign * size
            miss += change
    return False


def prints(target: Target, scores: Scores) -> bool:
    """Whether the random-intercept model prints the line, strictly inside every rounding interval."""
    fit, later = estimate_arrays(*scores, method="random_intercept", distribution="z"), target.visit - 1
    limits, printed = confidence_interval(fit, target.line.level), bands(target.line)
    values = {"estimate": fit.estimate, "lower": limits.low, "upper": limits.high, "p": p_value(fit)}
    return all(printed[part].low[0] < value[later] < printed[part].high[0] for part, value in values.items())

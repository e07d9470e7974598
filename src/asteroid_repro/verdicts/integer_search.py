r"""The search for whole-number scores that print a line.

In the spirit of SPRITE (Heathers et al. 2018, doi 10.7287/peerj.preprints.26968v1), for a net difference: draw people
with a random covariance between visits, move single scores until every arm mean is exact, then exchange points between
two people of one arm and visit, which leaves all means alone, until the within-person sum of squares is such that the
random-intercept model prints the interval and p. The estimator of :mod:`asteroid_repro.estimate` has the last word.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.effects.inference import confidence_interval, p_value
from asteroid_repro.estimate.effects.methods import estimate_arrays
from asteroid_repro.printed.printed_line import PrintedTriple
from asteroid_repro.trial.quantities import SCALE_MAXIMUM
from asteroid_repro.verdicts.printed_target import Target, Window

_EXCHANGES: Final = 20_000  # tries of one data set before it is started anew
_ATTEMPTS: Final = 200


@dataclass(frozen=True)
class Scores:
    """Scores of both arms, points.

    Attributes
    ----------
    running, waitlist : numpy.ndarray, shape (3 visits, people of the arm)
        Whole or even numbers.
    """

    running: np.ndarray
    waitlist: np.ndarray


def find_scores(target: Target, window: Window, rng: np.random.Generator) -> Scores:
    """Find one data set that prints the line; a start that gets stuck is left and another one drawn.

    Parameters
    ----------
    target : Target
        What to print.
    window : Window
        Net difference and residual variances that print it.
    rng : numpy.random.Generator
        Source of the starts and moves.

    Returns
    -------
    Scores
        Whole numbers within the scale.

    Raises
    ------
    InputError
        No start of many led to a data set.

    Examples
    --------
    >>> from asteroid_repro import published
    >>> from asteroid_repro.verdicts.printed_target import published_target, residual_windows
    >>> target = published_target("current_pain", published())
    >>> scores = find_scores(target, residual_windows(target)[0], np.random.default_rng(1))
    >>> scores.waitlist.mean(axis=1)[[0, 2]].tolist()
    [40.1, 42.9]
    """
    for _ in range(_ATTEMPTS):
        sums = _arm_sums(target, window.estimate, rng)
        scores = None if sums is None else _starting_scores(target, window, sums, rng)
        if scores is None or sums is None:
            continue
        _fix_sums(scores, sums, target.step, rng)
        if not _exchange(scores, target, window, rng):
            continue
        found = Scores(scores[0].T * float(target.step), scores[1].T * float(target.step))
        if prints(target.line, found):
            return found
    raise InputError(
        f"outcome must be one that {_ATTEMPTS} random starts can reconstruct, got {target.outcome} with {target.line}. "
        "Its arm means may leave too little room on the scale."
    )


def _arm_sums(target: Target, estimate: float, rng: np.random.Generator) -> np.ndarray | None:
    """Choose sums of scores, in steps, shape (arms, visits): as printed, else drawn, the last one solved for."""
    people, step = target.n_running, target.step
    guess = float(rng.uniform(25, 60) if step == 1 else rng.uniform(15, 30))
    change = float(rng.normal(0, 4))
    means = np.zeros((2, 3))
    for index, arm in enumerate(("running", "waitlist")):
        before, after = target.baseline[arm], target.week12[arm]
        means[index, 0] = guess + rng.normal(0, 3) if before is None else before
        means[index, 2] = means[index, 0] + change + estimate * (index == 0) if after is None else after
    sums = np.rint(means * people / step)
    unprinted = [index for index, arm in enumerate(("running", "waitlist")) if target.week12[arm] is None]
    miss = round(estimate * people / step) - int((sums[0, 2] - sums[0, 0]) - (sums[1, 2] - sums[1, 0]))
    if unprinted:
        sums[unprinted[-1], 2] += miss if unprinted[-1] == 0 else -miss
    elif miss:
        raise InputError(f"arm means must give the net difference {estimate:g}, got another one. Correct the means.")
    middle = sums[:, [0, 2]].mean(axis=1) + rng.normal(0, people * 4 / step, 2)
    sums[:, 1] = np.rint(middle)
    inside = (sums > 0.03 * SCALE_MAXIMUM / step * people) & (sums < 0.97 * SCALE_MAXIMUM / step * people)
    return sums if inside.all() else None


def _starting_scores(target: Target, window: Window, sums: np.ndarray, rng: np.random.Generator) -> np.ndarray | None:
    """Scores in steps, shape (arms, people, visits), with a random covariance of about the right residual variance."""
    correlations = rng.uniform(0.0, 0.9, 3)
    shape = np.array(
        [
            [1, correlations[0], correlations[1]],
            [correlations[0], 1, correlations[2]],
            [correlations[1], correlations[2], 1],
        ]
    )
    if np.linalg.eigvalsh(shape)[0] < 0.02:
        return None
    spread = rng.uniform(0.6, 1.4, 3)
    covariance = shape * np.outer(spread, spread)
    within = (np.trace(covariance) - covariance.sum() / 3) / 2
    covariance *= (window.low + window.high) / 2 / within / target.step**2
    top = SCALE_MAXIMUM / target.step
    means = sums / target.n_running
    if (np.sqrt(np.diag(covariance)) > 0.8 * np.sqrt(means * (top - means))).any():
        return None
    normal = rng.standard_normal((2, target.n_running, 3)) @ np.linalg.cholesky(covariance).T
    scores: np.ndarray = np.clip(np.rint(normal + means[:, np.newaxis, :]), 0, top)
    return scores


def _fix_sums(scores: np.ndarray, sums: np.ndarray, step: int, rng: np.random.Generator) -> None:
    """Move single scores by one step, in place, until every arm sum is exact."""
    top = SCALE_MAXIMUM / step
    for arm, visit in np.ndindex(sums.shape):
        column = scores[arm, :, visit]
        while miss := int(sums[arm, visit] - column.sum()):
            room = np.flatnonzero(column < top if miss > 0 else column > 0)
            chosen = rng.choice(room, size=min(abs(miss), len(room)), replace=False)
            column[chosen] += np.sign(miss)


def _exchange(scores: np.ndarray, target: Target, window: Window, rng: np.random.Generator) -> bool:
    """Exchange points between two people of an arm and visit, in place, until the residual variance is in the window.

    With residual r of a score from its person's and its arm's visit means, adding s to one score and taking it from
    another changes the within-person sum of squares by 2 s (r_i - r_j) + 2 s^2 (1 - 1/3).
    """
    residual = scores - scores.mean(axis=2, keepdims=True)
    residual -= residual.mean(axis=1, keepdims=True)
    freedom = (2 * target.n_running - 2) * 2
    low, high = (bound * freedom / target.step**2 for bound in (window.low, window.high))
    middle, tolerance = (low + high) / 2, 0.4 * (high - low)
    miss = float((residual**2).sum()) - middle
    top = SCALE_MAXIMUM / target.step
    for _ in range(_EXCHANGES):
        if abs(miss) <= tolerance:
            return True
        arm, visit, size = rng.integers(2), rng.integers(3), rng.integers(1, 4)
        i, j = rng.choice(target.n_running, 2, replace=False)
        if scores[arm, i, visit] + size > top or scores[arm, j, visit] < size:
            continue
        change = 2 * size * (residual[arm, i, visit] - residual[arm, j, visit]) + 4 / 3 * size**2
        if abs(miss + change) < abs(miss):
            for person, sign in ((i, 1), (j, -1)):
                scores[arm, person, visit] += sign * size
                residual[arm, person] -= sign * size / 3
                residual[arm, person, visit] += sign * size
            miss += change
    return False


def prints(line: PrintedTriple, scores: Scores) -> bool:
    """Whether the random-intercept model prints the line, strictly inside every rounding interval."""
    fit = estimate_arrays(scores.running, scores.waitlist, method="random_intercept", distribution="z")
    limits = confidence_interval(fit, line.level)
    values = {"estimate": fit.estimate[-1], "lower": limits.low[-1], "upper": limits.high[-1], "p": p_value(fit)[-1]}
    inside = []
    for part, value in values.items():
        interval = line.interval(part)
        inside.append(interval is None or interval.low < value < interval.high)
    return all(inside)

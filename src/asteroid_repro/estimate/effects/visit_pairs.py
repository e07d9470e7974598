"""Sums over the people who have both the baseline and a later visit: what the methods for complete cases need."""

from dataclasses import dataclass

import numpy as np

from asteroid_repro.estimate.likelihood.patterns import MINIMUM_OBSERVED


@dataclass(frozen=True)
class VisitPairs:
    """Sums of one outcome over complete pairs; arrays of shape (visits - 1, 2, trials), treatment arm first.

    Attributes
    ----------
    people : numpy.ndarray
        People with both visits.
    baseline, change : numpy.ndarray
        Means of the baseline and of later visit minus baseline, points.
    baseline_squares, shared, change_squares : numpy.ndarray
        Sums around those means of squared baselines, of baseline times change, and of squared changes, squared points.
    """

    people: np.ndarray
    baseline: np.ndarray
    change: np.ndarray
    baseline_squares: np.ndarray
    shared: np.ndarray
    change_squares: np.ndarray

    @property
    def enough(self) -> np.ndarray:
        """Whether both arms have two people or more with both visits, shape (visits - 1, trials)."""
        return np.asarray(np.all(self.people >= MINIMUM_OBSERVED, axis=1))


def visit_pairs(treatment: np.ndarray, reference: np.ndarray) -> VisitPairs:
    """Sum over the people with both visits.

    Sums of changes are taken over the changes themselves: the difference of two large sums would lose its digits where
    everybody changes alike.

    Parameters
    ----------
    treatment, reference : numpy.ndarray, shape (visits, people of the arm, trials)
        Scores, points; NaN where a visit is missing.

    Returns
    -------
    VisitPairs
        Means are NaN where nobody has both visits.

    Examples
    --------
    >>> scores = np.array([[[10.0], [30.0], [np.nan]], [[20.0], [50.0], [40.0]]])
    >>> found = visit_pairs(scores, scores)
    >>> found.people[0, :, 0].tolist(), found.change[0, :, 0].tolist()
    ([2.0, 2.0], [15.0, 15.0])
    """
    sums = [_arm_sums(scores) for scores in (treatment, reference)]
    return VisitPairs(*(np.stack(pair, axis=1) for pair in zip(*sums, strict=True)))


def _arm_sums(scores: np.ndarray) -> tuple[np.ndarray, ...]:
    both = ~np.isnan(scores[0]) & ~np.isnan(scores[1:])
    people = both.sum(axis=1).astype(float)
    parts = np.where(both, scores[0], 0.0), np.where(both, scores[1:] - scores[0], 0.0)
    means = [part.sum(axis=1) / np.where(people > 0, people, np.nan) for part in parts]
    centred = [np.where(both, part - mean[:, np.newaxis], 0.0) for part, mean in zip(parts, means, strict=True)]
    baseline, change = centred
    products = [(one * other).sum(axis=1) for one, other in ((baseline,) * 2, (baseline, change), (change,) * 2)]
    return (people, *means, *products)

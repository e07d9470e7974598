"""The sufficient statistics of repeated measures with missing visits: sums by arm and by pattern of observed visits."""

from dataclasses import dataclass
from itertools import product

import numpy as np

from asteroid_repro.errors import InputError

MINIMUM_OBSERVED = 2
"""Observed scores an arm needs at every visit: with one its spread is not known, with none its mean is not."""


@dataclass(frozen=True)
class Patterns:
    """Sums of one outcome over the people of an arm with the same visits observed, for many trials.

    Scores are taken from the mean of all observed scores of their visit, so that sums of squares keep their digits.

    Attributes
    ----------
    observed : numpy.ndarray of bool, shape (patterns, visits)
        The visits a pattern has.
    counts : numpy.ndarray, shape (patterns, 2, trials)
        People, treatment arm first.
    sums : numpy.ndarray, shape (patterns, visits, 2, trials)
        Sums of scores, points; 0 at visits a pattern lacks.
    products : numpy.ndarray, shape (patterns, visits, visits, 2, trials)
        Sums of products of scores, squared points; 0 at visits a pattern lacks.
    """

    observed: np.ndarray
    counts: np.ndarray
    sums: np.ndarray
    products: np.ndarray

    @property
    def visits(self) -> int:
        """Visits, the baseline included."""
        return int(self.observed.shape[1])

    def variances(self) -> np.ndarray:
        """Variance of the observed scores by visit, pooled over the arms, shape (visits, trials), squared points."""
        count = _observations(self.observed, self.counts)
        squares = np.einsum("pvvat->vat", self.products) - self.sums.sum(axis=0) ** 2 / count
        return np.asarray(squares.sum(axis=1) / (count.sum(axis=1) - 2))

    def person_totals(self) -> "PersonTotals":
        """Return the sums over people's totals."""
        squares, score_squares = np.einsum("pvwat->pt", self.products), np.einsum("pvvat->t", self.products)
        of_patterns = self.observed, self.counts, self.sums.sum(axis=1), squares
        return _by_number(*of_patterns, scores=self.sums.sum(axis=0), score_squares=score_squares)

    def take(self, trials: np.ndarray) -> "Patterns":
        """Return some of the trials, by index."""
        # Unlike an index, np.take keeps the trials side by side in memory: twice as fast afterwards.
        own = (np.take(array, trials, axis=-1) for array in (self.counts, self.sums, self.products))
        return Patterns(self.observed, *own)


@dataclass(frozen=True)
class PersonTotals:
    """Sums over people's totals, all that a model with the same variance at every visit needs; for many trials.

    A person's total is the sum of that person's observed scores, each taken from the mean of its visit as in
    :class:`Patterns`. People are summed by their number of observed visits, of which there are as many kinds.

    Attributes
    ----------
    m : numpy.ndarray, shape (kinds, 1)
        Observed visits of a person of that kind.
    people : numpy.ndarray, shape (kinds, trials)
        People of both arms.
    pairs : numpy.ndarray, shape (kinds, visits, visits, 2, trials)
        Of how many people both visits are observed, treatment arm first.
    totals : numpy.ndarray, shape (kinds, visits, 2, trials)
        Sums of the totals of the people who have the visit, points.
    squares : numpy.ndarray, shape (kinds, trials)
        Sums of squared totals of both arms, squared points.
    observations : numpy.ndarray, shape (visits, 2, trials)
        Observed scores.
    scores : numpy.ndarray, shape (visits, 2, trials)
        Sums of scores, points.
    score_squares : numpy.ndarray, shape (trials,)
        Sum of squared scores of all people and visits, squared points.
    """

    m: np.ndarray
    people: np.ndarray
    pairs: np.ndarray
    totals: np.ndarray
    squares: np.ndarray
    observations: np.ndarray
    scores: np.ndarray
    score_squares: np.ndarray

    def take(self, trials: np.ndarray) -> "PersonTotals":
        """Return some of the trials, by index."""
        own = (np.take(array, trials, axis=-1) for name, array in vars(self).items() if name != "m")
        return PersonTotals(self.m, *own)


def patterns(treatment: np.ndarray, reference: np.ndarray) -> Patterns:
    """Summarise the scores of two arms in which visits may be missing.

    Parameters
    ----------
    treatment, reference : numpy.ndarray, shape (visits, people of the arm, trials)
        Scores, points; NaN where a visit is missing. People without any observed visit carry no information and are
        in no sum.

    Raises
    ------
    InputError
        Fewer than two people in an arm, or other visits in one arm than in the other.

    Examples
    --------
    >>> scores = np.array([[[1.0], [3.0], [2.0]], [[5.0], [np.nan], [7.0]]])
    >>> found = patterns(scores, scores + 5)
    >>> found.observed.tolist(), found.counts[:, 0, 0].tolist()
    ([[True, False], [True, True]], [1.0, 2.0])
    """
    check_arms(treatment, reference)
    scores, present, arms = _by_pattern(treatment, reference)
    visits, _, trials = scores.shape
    counts = np.empty((len(present), 2, trials))
    sums, products = np.zeros((len(present), visits, 2, trials)), np.zeros((len(present), visits, visits, 2, trials))
    for pattern, (kind, member) in enumerate(present):
        own = np.flatnonzero(kind)
        for arm, people in enumerate(arms):
            part = scores[own, people] * member[people]
            counts[pattern, arm] = member[people].sum(axis=0)
            sums[pattern, own, arm] = part.sum(axis=1)
            products[pattern, own[:, np.newaxis], own, arm] = np.einsum("vnt,wnt->vwt", part, part)
    return Patterns(np.array([kind for kind, _ in present]), counts, sums, products)


def person_totals(treatment: np.ndarray, reference: np.ndarray) -> PersonTotals:
    """Summarise the totals of the people of two arms in which visits may be missing.

    Parameters
    ----------
    treatment, reference
        As in :func:`patterns`; several times quicker.

    Returns
    -------
    PersonTotals
        With the patterns that occur in at least one trial.

    Raises
    ------
    InputError
        As in :func:`patterns`.

    Examples
    --------
    >>> scores = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, np.nan]])[..., np.newaxis]
    >>> found = person_totals(scores, scores + 6)  # means of the visits: 5 and 7.5
    >>> found.m.ravel().tolist(), found.people.ravel().tolist(), found.totals[:, 0, :, 0].tolist()
    ([1.0, 2.0], [2.0, 4.0], [[-2.0, 4.0], [-13.0, 11.0]])
    """
    check_arms(treatment, reference)
    scores, present, arms = _by_pattern(treatment, reference)
    own = scores.sum(axis=0)
    own_squares = own**2
    counts, totals = np.empty((2, len(present), 2, own.shape[-1]))
    squares = np.empty((len(present), own.shape[-1]))
    for pattern, (_, weight) in enumerate(present):
        for arm, people in enumerate(arms):
            counts[pattern, arm] = weight[people].sum(axis=0)
            totals[pattern, arm] = np.einsum("nt,nt->t", weight[people], own[people])
        squares[pattern] = np.einsum("nt,nt->t", weight, own_squares)
    kinds, sums = np.array([kind for kind, _ in present]), [scores[:, people].sum(axis=1) for people in arms]
    score_squares = np.einsum("vnt,vnt->t", scores, scores)
    return _by_number(kinds, counts, totals, squares, scores=np.stack(sums, axis=1), score_squares=score_squares)


def usable(treatment: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return which trials have :data:`MINIMUM_OBSERVED` scores or more in both arms at every visit, shape (trials,).

    Examples
    --------
    >>> scores = np.zeros((3, 4, 1))
    >>> usable(scores, np.where(np.arange(4)[:, np.newaxis] < 3, np.nan, scores)).tolist()
    [False]
    """
    enough = [np.count_nonzero(~np.isnan(scores), axis=1) >= MINIMUM_OBSERVED for scores in (treatment, reference)]
    return np.asarray((enough[0] & enough[1]).all(axis=0))


def check_arms(
    treatment: np.ndarray, reference: np.ndarray, names: tuple[str, str] = ("treatment", "reference")
) -> None:
    """Check that two arms (visits, people, ...) can be compared; the names are for the message.

    Raises
    ------
    InputError
        Fewer than two people in an arm, or other visits in one arm than in the other.

    Examples
    --------
    >>> check_arms(np.zeros((3, 20)), np.zeros((3, 20)))
    """
    if len(treatment) != len(reference):
        raise InputError(f"arms must have the same visits, got {len(treatment)} and {len(reference)}. Use NaN.")
    for arm, scores in zip(names, (treatment, reference), strict=True):
        if scores.shape[1] < MINIMUM_OBSERVED:
            raise InputError(f"{arm} must have at least 2 people, got {scores.shape[1]}. Its spread is not known.")


def _by_number(
    observed: np.ndarray, counts: np.ndarray, totals: np.ndarray, squares: np.ndarray, *, scores: np.ndarray,
    score_squares: np.ndarray,
) -> PersonTotals:  # fmt: skip
    """Add the patterns with the same number of observed visits up."""
    sizes = observed.sum(axis=1)
    m = np.unique(sizes)
    kinds = [(own, observed[own].astype(float)) for own in (sizes == size for size in m)]
    pairs = [(mask[:, :, np.newaxis] * mask[:, np.newaxis], counts[own]) for own, mask in kinds]
    return PersonTotals(
        m=m[:, np.newaxis].astype(float),
        people=np.stack([counts[own].sum(axis=(0, 1)) for own, _ in kinds]),
        pairs=np.stack([np.einsum("pvw,pat->vwat", *pair) for pair in pairs]),
        totals=np.stack([np.einsum("pv,pat->vat", mask, totals[own]) for own, mask in kinds]),
        squares=np.stack([squares[own].sum(axis=0) for own, _ in kinds]),
        observations=_observations(observed, counts),
        scores=scores,
        score_squares=score_squares,
    )


def _observations(observed: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return np.asarray(np.einsum("pv,pat->vat", observed.astype(float), counts))


def _by_pattern(
    treatment: np.ndarray, reference: np.ndarray
) -> tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray]], tuple[slice, slice]]:
    """Return scores from their visit's mean, 0 where missing, the patterns that occur, and whose scores they are.

    A pattern is the visits (visits,) it has and, 1 or 0, the people (people, trials) who have it. The people of the
    treatment arm come first.
    """
    scores = np.concatenate([treatment, reference], axis=1, dtype=float)
    observed = ~np.isnan(scores)
    scores[~observed] = 0.0
    # Where nobody was seen the mean is of no use to anybody: 0 keeps it a number.
    centre = scores.sum(axis=1) / np.maximum(np.count_nonzero(observed, axis=1), 1)
    scores -= centre[:, np.newaxis]
    scores *= observed
    kinds = [np.array(kind) for kind in product((False, True), repeat=len(observed)) if any(kind)]
    # A pattern is a binary number, its first visit the highest digit: one comparison then finds its people.
    digits = 2 ** np.arange(len(observed), dtype=np.min_scalar_type(2 ** len(observed)))[::-1]
    number = sum(seen * digit for seen, digit in zip(observed, digits, strict=True))
    members = [number == digits[kind].sum(dtype=digits.dtype) for kind in kinds]
    present = [(kind, member.astype(float)) for kind, member in zip(kinds, members, strict=True) if member.any()]
    return scores, present, (slice(None, treatment.shape[1]), slice(treatment.shape[1], None))

"""The sufficient statistics of complete repeated measures in two arms: means and pooled cross-products."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from asteroid_repro.estimate.likelihood.patterns import check_arms

_EXACT: Final = 2**24  # single precision has every whole number up to here


@dataclass(frozen=True)
class Moments:
    """Means and pooled within-arm cross-products of one outcome, for one trial or many.

    Attributes
    ----------
    difference : numpy.ndarray, shape (visits, ...)
        Arm means by visit, treatment minus reference, points; the first visit is the baseline.
    cross_products : numpy.ndarray, shape (visits, visits, ...)
        Pooled within-arm sums of squares and cross-products, squared points.
    n_treatment, n_reference : int
        People per arm.
    """

    difference: np.ndarray
    cross_products: np.ndarray
    n_treatment: int
    n_reference: int

    @property
    def n_people(self) -> int:
        """People in both arms."""
        return self.n_treatment + self.n_reference

    @property
    def h(self) -> float:
        """Sum of the reciprocal arm sizes, the factor of every variance of a difference of means."""
        return 1 / self.n_treatment + 1 / self.n_reference


def cleared(squares: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return sums of squares with what rounding has left of 0 made 0.

    A sum of squares that is a difference of others as large as ``scale`` carries their rounding error, of either sign:
    scores without spread would pass for scores with a tiny one, or with a negative one.

    Examples
    --------
    >>> cleared(np.array([-3e-14, 2e-14, 0.1]), np.array([100.0, 100.0, 100.0])).tolist()
    [0.0, 0.0, 0.1]
    """
    return np.where(squares > 1e-12 * scale, squares, 0.0)


def moments(treatment: np.ndarray, reference: np.ndarray) -> Moments:
    """Summarise the scores of two arms.

    Parameters
    ----------
    treatment, reference : numpy.ndarray, shape (visits, people of the arm, ...)
        Complete scores, points; further axes are trials or outcomes.

    Raises
    ------
    InputError
        Fewer than two people in an arm, or other visits in one arm than in the other.

    Examples
    --------
    >>> scores = np.array([[10.0, 20.0], [30.0, 50.0]])
    >>> moments(scores, scores + 5).difference.tolist()
    [-5.0, -5.0]
    """
    check_arms(treatment, reference)
    means = [scores.mean(axis=1) for scores in (treatment, reference)]
    centred = treatment - means[0][:, np.newaxis], reference - means[1][:, np.newaxis]
    products = [np.einsum("vn...,wn...->vw...", own, own) for own in centred]
    return Moments(means[0] - means[1], products[0] + products[1], treatment.shape[1], reference.shape[1])


def whole_number_sums(
    n_people: int, visits: int, outcomes: int, trials: int, *, highest: int
) -> tuple[np.ndarray, np.ndarray]:
    r"""Make the arrays that :func:`sum_whole_numbers` fills: totals and products, in single precision if it suffices.

    Scores are counted in steps of their scale from its lowest score, so that any scale has whole numbers from 0.
    Single precision has every whole number up to :math:`2^{24}`, room for the products of
    :math:`2^{24} / \text{highest}^2` people (1677 of scores up to 100). The products of more people are summed in
    parts, along the first axis. Where the products of one person, or the totals of all, do not fit, both are in double
    precision.

    Parameters
    ----------
    n_people, visits, outcomes, trials : int
        Of both arms.
    highest : int
        The largest count: steps between the lowest and the highest score of the longest scale.

    Returns
    -------
    tuple of numpy.ndarray
        Totals, shape (2, visits, outcomes, trials), and products, shape (parts, visits, visits, outcomes, trials).

    Examples
    --------
    >>> [whole_number_sums(4000, 3, 1, 1000, highest=highest)[1].shape[0] for highest in (50, 100)]
    [1, 3]
    """
    kind = np.float32 if max(highest**2, n_people * highest) <= _EXACT else np.float64
    parts = -(-n_people // (_EXACT // highest**2)) if kind == np.float32 else 1
    return np.empty((2, visits, outcomes, trials), kind), np.empty((parts, visits, visits, outcomes, trials), kind)


def sum_whole_numbers(scores: np.ndarray, n_treatment: int, totals: np.ndarray, products: np.ndarray) -> None:
    """Sum complete scores over people, for :func:`whole_number_moments`, into arrays that the caller has made.

    Parameters
    ----------
    scores : numpy.ndarray of float32, shape (outcomes, visits, people, trials)
        Whole numbers from 0 to ``highest``: steps of the scale from its lowest score; the treatment arm first.
    n_treatment : int
        People in the treatment arm.
    totals, products : numpy.ndarray
        From :func:`whole_number_sums`, or the part of them that has these trials. They get the sums by arm, treatment
        first, and the sums of the products of two visits, over both arms.

    Examples
    --------
    >>> totals, products = whole_number_sums(4, 1, 1, 1, highest=100)
    >>> scores = np.array([10, 20, 15, 25], dtype=np.float32).reshape(1, 1, 4, 1)
    >>> sum_whole_numbers(scores, 2, totals, products)
    >>> totals.ravel().tolist(), products.item()
    ([30.0, 40.0], 1350.0)
    """
    for total, arm in zip(totals, (scores[:, :, :n_treatment], scores[:, :, n_treatment:]), strict=True):
        np.einsum("ovnt->vot", arm, out=total, dtype=total.dtype)
    size = -(-scores.shape[2] // len(products))  # every part has room: sums of whole numbers are exact in any order
    for part, product in enumerate(products):
        people = scores[:, :, part * size : (part + 1) * size]
        np.einsum("ovnt,ownt->vwot", people, people, out=product, dtype=product.dtype)


def whole_number_moments(
    totals: np.ndarray, products: np.ndarray, n_treatment: int, n_reference: int, *, step: np.ndarray
) -> Moments:
    r"""Summarise complete scores that are whole numbers of steps from their sums.

    With totals :math:`t_a` of the arms, :math:`S = \sum_i y_i y_i' - \sum_a t_a t_a' / n_a`. For whole numbers the sums
    are exact, so nothing is lost by not centring first as :func:`moments` does. Where the scale begins plays no part:
    both are differences. At the end a step becomes points; a step that is a power of 2 rounds nothing.

    Parameters
    ----------
    totals, products : numpy.ndarray
        Filled by :func:`sum_whole_numbers`.
    n_treatment, n_reference : int
        People per arm.
    step : numpy.ndarray, shape (outcomes,)
        Points of a step of each outcome.

    Returns
    -------
    Moments
        Arrays of shape (visits, outcomes, trials) and (visits, visits, outcomes, trials).

    Examples
    --------
    >>> sums = np.array([[[30.0]], [[40.0]]]), np.array([[[[1350.0]]]])  # of 10, 20 and of 15, 25
    >>> found = whole_number_moments(*(each[..., np.newaxis] for each in sums), 2, 2, step=np.array([0.5]))
    >>> found.difference.tolist(), found.cross_products.item()
    ([[[-2.5]]], 25.0)
    """
    treatment, reference = totals.astype(float)
    # Over the common denominator all numbers are whole: scores that do not vary have exactly 0 (up to 15,000 people).
    cross_products = products.sum(axis=0, dtype=float)
    cross_products *= n_treatment * n_reference
    cross_products -= (n_reference * treatment)[:, np.newaxis] * treatment
    cross_products -= (n_treatment * reference)[:, np.newaxis] * reference
    cross_products /= n_treatment * n_reference
    points = np.asarray(step, dtype=float)[:, np.newaxis]
    cross_products *= points**2
    difference = (treatment / n_treatment - reference / n_reference) * points
    return Moments(difference, cross_products, n_treatment, n_reference)

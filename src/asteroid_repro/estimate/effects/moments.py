"""The sufficient statistics of complete repeated measures in two arms: means and pooled cross-products."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from asteroid_repro.errors import InputError

_EXACT: Final = 2**24  # single precision has every whole number up to here
_HIGHEST: Final = 100  # score, points
_EXACT_PEOPLE: Final = _EXACT // _HIGHEST**2  # whose squared scores fit, added up


@dataclass(frozen=True)
class Moments:
    """Means and pooled within-arm cross-products of one outcome, for one trial or many.

    Attributes
    ----------
    difference : numpy.ndarray, shape (visits, ...)
        Arm means by visit, running minus waitlist, points; the first visit is the baseline.
    cross_products : numpy.ndarray, shape (visits, visits, ...)
        Pooled within-arm sums of squares and cross-products, squared points.
    n_running, n_waitlist : int
        People per arm.
    """

    difference: np.ndarray
    cross_products: np.ndarray
    n_running: int
    n_waitlist: int

    @property
    def n_people(self) -> int:
        """People in both arms."""
        return self.n_running + self.n_waitlist

    @property
    def h(self) -> float:
        """Sum of the reciprocal arm sizes, the factor of every variance of a difference of means."""
        return 1 / self.n_running + 1 / self.n_waitlist


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


def moments(running: np.ndarray, waitlist: np.ndarray) -> Moments:
    """Summarise the scores of two arms.

    Parameters
    ----------
    running, waitlist : numpy.ndarray, shape (visits, people of the arm, ...)
        Complete scores, points; further axes are trials or outcomes.

    Raises
    ------
    InputError
        Fewer than two people in an arm.

    Examples
    --------
    >>> scores = np.array([[10.0, 20.0], [30.0, 50.0]])
    >>> moments(scores, scores + 5).difference.tolist()
    [-5.0, -5.0]
    """
    for arm, scores in (("running", running), ("waitlist", waitlist)):
        if scores.shape[1] < 2:
            raise InputError(f"{arm} must have at least 2 people, got {scores.shape[1]}. Its spread is not known.")
    means = [scores.mean(axis=1) for scores in (running, waitlist)]
    products = [
        np.einsum("vn...,wn...->vw...", centred, centred)
        for centred in (running - means[0][:, np.newaxis], waitlist - means[1][:, np.newaxis])
    ]
    return Moments(means[0] - means[1], products[0] + products[1], running.shape[1], waitlist.shape[1])


def whole_number_sums(n_people: int, visits: int, outcomes: int, trials: int) -> tuple[np.ndarray, np.ndarray]:
    """Make the arrays that :func:`sum_whole_numbers` fills: totals and products, in single precision.

    It has every whole number up to :math:`2^{24}`, room for the products of 1677 people's scores of 0 to 100. The
    products of more people are summed in parts, along the first axis. (Of more than 167,772 people the totals would not
    fit either: then all is in double precision.)

    Examples
    --------
    >>> whole_number_sums(4000, 3, 1, 1000)[1].shape
    (3, 3, 3, 1, 1000)
    """
    parts = -(-n_people // _EXACT_PEOPLE)
    kind = np.float32 if n_people * _HIGHEST <= _EXACT else np.float64
    return np.empty((2, visits, outcomes, trials), kind), np.empty((parts, visits, visits, outcomes, trials), kind)


def sum_whole_numbers(scores: np.ndarray, n_running: int, totals: np.ndarray, products: np.ndarray) -> None:
    """Sum complete scores over people, for :func:`whole_number_moments`, into arrays that the caller has made.

    Parameters
    ----------
    scores : numpy.ndarray of float32, shape (outcomes, visits, people, trials)
        Whole numbers from 0 to 100, points, the running arm first.
    n_running : int
        People in the running arm.
    totals, products : numpy.ndarray
        From :func:`whole_number_sums`, or the part of them that has these trials. They get the sums by arm, running
        first, and the sums of the products of two visits, over both arms.

    Examples
    --------
    >>> totals, products = whole_number_sums(4, 1, 1, 1)
    >>> scores = np.array([10, 20, 15, 25], dtype=np.float32).reshape(1, 1, 4, 1)
    >>> sum_whole_numbers(scores, 2, totals, products)
    >>> totals.ravel().tolist(), products.item()
    ([30.0, 40.0], 1350.0)
    """
    for total, arm in zip(totals, (scores[:, :, :n_running], scores[:, :, n_running:]), strict=True):
        np.einsum("ovnt->vot", arm, out=total)
    for part, product in enumerate(products):
        people = scores[:, :, part * _EXACT_PEOPLE : (part + 1) * _EXACT_PEOPLE]
        np.einsum("ovnt,ownt->vwot", people, people, out=product)


def whole_number_moments(totals: np.ndarray, products: np.ndarray, n_running: int, n_waitlist: int) -> Moments:
    r"""Summarise complete scores that are whole numbers from their sums.

    With totals :math:`t_a` of the arms, :math:`S = \sum_i y_i y_i' - \sum_a t_a t_a' / n_a`. For whole numbers the sums
    are exact, so nothing is lost by not centring first as :func:`moments` does.

    Parameters
    ----------
    totals, products : numpy.ndarray
        Filled by :func:`sum_whole_numbers`.
    n_running, n_waitlist : int
        People per arm.

    Examples
    --------
    >>> sums = np.array([[30.0], [40.0]]), np.array([[[1350.0]]])  # of 10, 20 and of 15, 25
    >>> whole_number_moments(*sums, 2, 2).difference.tolist(), whole_number_moments(*sums, 2, 2).cross_products.item()
    ([-5.0], 100.0)
    """
    running, waitlist = totals.astype(float)
    # Over the common denominator all numbers are whole: scores that do not vary have exactly 0 (up to 15,000 people).
    cross_products = products.sum(axis=0, dtype=float)
    cross_products *= n_running * n_waitlist
    cross_products -= (n_waitlist * running)[:, np.newaxis] * running
    cross_products -= (n_running * waitlist)[:, np.newaxis] * waitlist
    cross_products /= n_running * n_waitlist
    return Moments(running / n_running - waitlist / n_waitlist, cross_products, n_running, n_waitlist)

"""The sufficient statistics of complete repeated measures in two arms: means and pooled cross-products."""

from dataclasses import dataclass

import numpy as np

from asteroid_repro.errors import InputError


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


def whole_number_moments(scores: np.ndarray, n_running: int) -> Moments:
    r"""Summarise complete scores that are whole numbers, in one pass instead of two.

    With totals :math:`t_a` of the arms, :math:`S = \sum_i y_i y_i' - \sum_a t_a t_a' / n_a`. For whole numbers the sums
    are exact, so nothing is lost by not centring first as :func:`moments` does.

    Parameters
    ----------
    scores : numpy.ndarray, shape (visits, people, ...)
        Whole numbers, points, the running arm first; further axes are outcomes or trials.
    n_running : int
        People in the running arm.

    Examples
    --------
    >>> scores = np.array([[10.0, 20.0, 15.0, 25.0], [30.0, 50.0, 35.0, 55.0]])
    >>> whole_number_moments(scores, 2).cross_products.tolist()
    [[100.0, 200.0], [200.0, 400.0]]
    """
    n_waitlist = scores.shape[1] - n_running
    running, waitlist = (arm.sum(axis=1) for arm in np.split(scores, [n_running], axis=1))
    products = np.einsum("vn...,wn...->vw...", scores, scores)
    # Over the common denominator all numbers are whole: scores that do not vary have exactly 0.
    products *= n_running * n_waitlist
    products -= n_waitlist * running[:, np.newaxis] * running + n_running * waitlist[:, np.newaxis] * waitlist
    products /= n_running * n_waitlist
    return Moments(running / n_running - waitlist / n_waitlist, products, n_running, n_waitlist)

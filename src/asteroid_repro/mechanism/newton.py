"""Newton's method for many small equations at once.

Own code, not ``scipy.optimize``: that solves one equation after the other, so the 9 scores and 36 correlations of an
arm took about 12 times as long, and its import alone took half a second of every start of the command line.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

_ROUNDS = 100
_SMALL_STEP = 1e-8  # Newton's error squares from step to step: what follows such a step is rounding error
_LARGEST_MISS = 1e-9


@dataclass(frozen=True)
class Tangent:
    """Values and slopes of n functions at n points.

    Attributes
    ----------
    value : numpy.ndarray
        Shape (n,), or (2, n) for pairs of functions.
    slope : numpy.ndarray
        Shape (n,), or (2, 2, n) for pairs: function by unknown by n.
    """

    value: np.ndarray
    slope: np.ndarray


def solve_pairs(function: Callable[[np.ndarray], Tangent], wanted: np.ndarray, start: np.ndarray) -> np.ndarray:
    r"""Solve n independent pairs of equations, each in two unknowns, by damped Newton steps.

    A step :math:`-\lambda J^{-1} r` is taken only if it makes the miss :math:`r` smaller; otherwise :math:`\lambda` of
    that pair is quartered, and after a success it grows again up to 1.

    Parameters
    ----------
    function : callable
        Takes unknowns of shape (2, n) to a :class:`Tangent`.
    wanted, start : numpy.ndarray of shape (2, n)
        Wanted values, and first guesses of the unknowns.

    Returns
    -------
    numpy.ndarray of shape (2, n)
        Unknowns; NaN where no solution was found.

    Examples
    --------
    >>> def sum_and_product(x):
    ...     return Tangent(np.stack([x[0] + x[1], x[0] * x[1]]), np.array([[1 + 0 * x[0], 1 + 0 * x[0]], [x[1], x[0]]]))
    >>> solve_pairs(sum_and_product, np.array([[5.0], [6.0]]), np.array([[1.0], [9.0]])).round(9).ravel().tolist()
    [2.0, 3.0]
    """
    unknowns = start
    damping = np.ones(start.shape[1])
    # A step too far may give infinities or NaN. They are no better than what was there, so the step is shortened.
    with np.errstate(all="ignore"):
        at = function(unknowns)
        for _ in range(_ROUNDS):
            step = damping * _newton_step(at, wanted)
            there = function(unknowns - step)
            better = _distance(there, wanted) < _distance(at, wanted)
            unknowns = np.where(better, unknowns - step, unknowns)
            at = Tangent(np.where(better, there.value, at.value), np.where(better, there.slope, at.slope))
            damping = np.where(better, np.minimum(1, 4 * damping), damping / 4)
            if not (np.abs(step) > _SMALL_STEP).any():
                break
        return np.where(_distance(at, wanted) <= _LARGEST_MISS, unknowns, np.nan)


def solve_rising(
    function: Callable[[np.ndarray], Tangent], wanted: np.ndarray, low: np.ndarray, high: np.ndarray
) -> np.ndarray:
    """Solve n independent equations of rising functions by Newton steps, halving the bracket where one would leave it.

    Parameters
    ----------
    function : callable
        Takes unknowns of shape (n,) to a :class:`Tangent`.
    wanted : numpy.ndarray of shape (n,)
        Wanted values, also the first guesses.
    low, high : numpy.ndarray of shape (n,)
        Where the functions are too low, and where they are too high.

    Returns
    -------
    numpy.ndarray of shape (n,)
        Unknowns; NaN where no solution was found.

    Examples
    --------
    >>> cubes = solve_rising(lambda x: Tangent(x**3, 3 * x**2), np.array([0.125, 8.0]), np.zeros(2), 3 + np.zeros(2))
    >>> cubes.round(9).tolist()
    [0.5, 2.0]
    """
    unknowns = np.clip(wanted, low, high)
    # Where a slope is 0 the Newton step is no number and so not inside the bracket.
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(_ROUNDS):
            at = function(unknowns)
            miss = at.value - wanted
            low, high = np.where(miss < 0, unknowns, low), np.where(miss > 0, unknowns, high)
            newton = unknowns - miss / at.slope
            before, unknowns = unknowns, np.where((low <= newton) & (newton <= high), newton, (low + high) / 2)
            if not (np.abs(unknowns - before) > _SMALL_STEP).any():
                break
    miss = function(unknowns).value - wanted
    return np.where(np.abs(miss) <= _LARGEST_MISS, unknowns, np.nan)


def _newton_step(at: Tangent, wanted: np.ndarray) -> np.ndarray:
    (a, b), (c, d) = at.slope
    first, second = at.value - wanted
    step: np.ndarray = np.stack([d * first - b * second, a * second - c * first]) / (a * d - b * c)
    return step


def _distance(at: Tangent, wanted: np.ndarray) -> np.ndarray:
    """How far each pair of values is from the wanted one; infinite where it is no number."""
    first, second = at.value - wanted
    distance: np.ndarray = np.nan_to_num(np.hypot(first, second), nan=np.inf)
    return distance

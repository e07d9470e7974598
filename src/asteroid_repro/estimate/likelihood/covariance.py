r"""Covariances of a person's visits, as functions of few parameters, with their derivatives.

Everything is given for the entries of the covariance matrix on and above the diagonal, row by row
(``np.triu_indices``): :math:`\sigma_{11}, \sigma_{12}, \ldots, \sigma_{VV}`, so that derivatives are plain matrices.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from asteroid_repro.errors import check_choice

Covariance = Literal["unstructured", "compound_symmetry", "ar1"]


@dataclass(frozen=True)
class Structure:
    """One form of covariance.

    Attributes
    ----------
    start : callable
        From variances (visits, trials) to parameters (parameters, trials) of uncorrelated visits.
    entries : callable
        From parameters and the number of visits to covariance entries (entries, trials).
    slopes : callable
        To the first derivatives of the entries, shape (entries, parameters, trials).
    curvatures : callable
        To their second derivatives, shape (entries, parameters, parameters, trials).
    """

    start: Callable[[np.ndarray], np.ndarray]
    entries: Callable[[np.ndarray, int], np.ndarray]
    slopes: Callable[[np.ndarray, int], np.ndarray]
    curvatures: Callable[[np.ndarray, int], np.ndarray]


def matrices(entries: np.ndarray, visits: int) -> np.ndarray:
    """Return the covariance matrices, shape (visits, visits, trials), of entries (entries, trials).

    Examples
    --------
    >>> matrices(np.array([[4.0], [1.0], [9.0]]), 2)[..., 0].tolist()
    [[4.0, 1.0], [1.0, 9.0]]
    """
    row, column = np.triu_indices(visits)
    full = np.empty((visits, visits, *entries.shape[1:]))
    full[row, column] = full[column, row] = entries
    return full


def structure(covariance: str) -> Structure:
    r"""Return a form of covariance by name.

    ``unstructured``: every entry free. ``compound_symmetry``: :math:`\sigma_{vw} = \sigma_b^2 + [v = w] \sigma_e^2`, as
    with a random intercept but with :math:`\sigma_b^2` free to be negative. ``ar1``:
    :math:`\sigma_{vw} = \sigma^2 \rho^{|v - w|}`, for equally spaced visits.

    Raises
    ------
    InputError
        An unknown name.

    Examples
    --------
    >>> structure("ar1").entries(np.array([[4.0], [0.5]]), 3)[:, 0].tolist()
    [4.0, 2.0, 1.0, 4.0, 2.0, 4.0]
    """
    check_choice("covariance", covariance, STRUCTURES)
    return STRUCTURES[covariance]


def _unstructured_start(variances: np.ndarray) -> np.ndarray:
    row, column = np.triu_indices(len(variances))
    return np.where((row == column)[:, np.newaxis], variances[row], 0.0)


def _unstructured_slopes(parameters: np.ndarray, visits: int) -> np.ndarray:
    size = visits * (visits + 1) // 2
    return np.broadcast_to(np.eye(size)[..., np.newaxis], (size, size, parameters.shape[-1]))


def _no_curvature(parameters: np.ndarray, visits: int) -> np.ndarray:
    return np.zeros((visits * (visits + 1) // 2, len(parameters), len(parameters), 1))


def _compound_start(variances: np.ndarray) -> np.ndarray:
    mean = variances.mean(axis=0)
    return np.stack([np.zeros_like(mean), mean])


def _compound_slopes(parameters: np.ndarray, visits: int) -> np.ndarray:
    row, column = np.triu_indices(visits)
    slope = np.stack([np.ones(len(row)), (row == column).astype(float)], axis=1)
    return np.broadcast_to(slope[..., np.newaxis], (*slope.shape, parameters.shape[-1]))


def _compound_entries(parameters: np.ndarray, visits: int) -> np.ndarray:
    return np.asarray(np.einsum("ekt,kt->et", _compound_slopes(parameters, visits), parameters))


def _lags(visits: int) -> np.ndarray:
    row, column = np.triu_indices(visits)
    return np.asarray((column - row)[:, np.newaxis])


def _falling_power(rho: np.ndarray, lag: np.ndarray, order: int) -> np.ndarray:
    """Return the derivative of the given order of rho to the power lag, shape (entries, trials)."""
    factor = np.prod([lag - step for step in range(order)], axis=0, initial=1.0)
    # Where the factor is 0 so is the derivative; a negative power of rho = 0 would spoil it.
    return np.asarray(factor * rho ** np.maximum(lag - order, 0))


def _ar1_start(variances: np.ndarray) -> np.ndarray:
    mean = variances.mean(axis=0)
    return np.stack([mean, np.zeros_like(mean)])


def _ar1_entries(parameters: np.ndarray, visits: int) -> np.ndarray:
    variance, rho = parameters
    return np.asarray(variance * _falling_power(rho, _lags(visits), 0))


def _ar1_slopes(parameters: np.ndarray, visits: int) -> np.ndarray:
    (variance, rho), lag = parameters, _lags(visits)
    return np.stack([_falling_power(rho, lag, 0), variance * _falling_power(rho, lag, 1)], axis=1)


def _ar1_curvatures(parameters: np.ndarray, visits: int) -> np.ndarray:
    (variance, rho), lag = parameters, _lags(visits)
    mixed, own = _falling_power(rho, lag, 1), variance * _falling_power(rho, lag, 2)
    return np.stack([np.stack([np.zeros_like(mixed), mixed], axis=1), np.stack([mixed, own], axis=1)], axis=1)


STRUCTURES: Final[Mapping[str, Structure]] = {
    "unstructured": Structure(_unstructured_start, lambda entries, _: entries, _unstructured_slopes, _no_curvature),
    "compound_symmetry": Structure(_compound_start, _compound_entries, _compound_slopes, _no_curvature),
    "ar1": Structure(_ar1_start, _ar1_entries, _ar1_slopes, _ar1_curvatures),
}

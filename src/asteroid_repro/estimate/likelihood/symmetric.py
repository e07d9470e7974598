"""Inverses and determinants of many small symmetric matrices at once, the trial on the last axis."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Inverse:
    """Inverses of symmetric matrices of shape (size, size, ...).

    Attributes
    ----------
    matrix : numpy.ndarray, shape (size, size, ...)
        The inverses; NaN where a matrix is not positive definite.
    log_determinant : numpy.ndarray, shape (...)
        Of the matrices themselves; NaN where a matrix is not positive definite.
    positive : numpy.ndarray of bool, shape (...)
        True where a matrix is positive definite.
    """

    matrix: np.ndarray
    log_determinant: np.ndarray
    positive: np.ndarray


def invert(matrix: np.ndarray) -> Inverse:
    r"""Invert symmetric matrices by the sweep operator.

    Sweeping row k with pivot :math:`d = a_{kk}` replaces :math:`a_{ij}` by :math:`a_{ij} - a_{ik} a_{kj} / d`,
    :math:`a_{ik}` by :math:`a_{ik} / d` and d by :math:`-1/d`; after all rows the matrix is minus its inverse. The
    pivots are the variances of each row given the rows before: all are above 0 only in a positive definite matrix, and
    their product is the determinant.

    Parameters
    ----------
    matrix : numpy.ndarray, shape (size, size, ...)
        Symmetric matrices.

    Returns
    -------
    Inverse
        NaN, not an error, where a matrix is not positive definite: the caller counts those.

    References
    ----------
    .. [1] Goodnight (1979), Am Stat 33:149-158. doi:10.1080/00031305.1979.10482685

    Examples
    --------
    >>> one = invert(np.array([[2.0, 1.0], [1.0, 2.0]]))
    >>> (3 * one.matrix).round(12).tolist(), bool(one.positive)
    ([[2.0, -1.0], [-1.0, 2.0]], True)
    """
    swept, pivots = _sweep(matrix)
    return Inverse(-swept, np.log(pivots).sum(axis=0), ~np.isnan(pivots).any(axis=0))


def inverse(matrix: np.ndarray) -> np.ndarray:
    """Return the inverses only, as :func:`invert` has them, without the time that logarithms take.

    Examples
    --------
    >>> (3 * inverse(np.array([[2.0, 1.0], [1.0, 2.0]]))).round(12).tolist()
    [[2.0, -1.0], [-1.0, 2.0]]
    """
    return -_sweep(matrix)[0]


def _sweep(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return minus the inverses and the pivots (size, ...), a pivot NaN where it is not above 0."""
    swept = matrix.astype(float)
    pivots = np.empty(matrix.shape[1:])
    # Rounding leaves a pivot of a singular matrix at about 1e-16 of its diagonal, of either sign.
    least = 1e-13 * np.abs(np.einsum("kk...->k...", matrix))
    for k in range(len(matrix)):
        pivots[k] = np.where(swept[k, k] > least[k], swept[k, k], np.nan)
        row = swept[k] / pivots[k]
        swept -= swept[:, k, np.newaxis] * row
        swept[k] = swept[:, k] = row
        swept[k, k] = -1 / pivots[k]
    return swept, pivots

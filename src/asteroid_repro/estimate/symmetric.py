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
    swept = matrix.astype(float)
    log_determinant = np.zeros(matrix.shape[2:])
    positive = np.ones(matrix.shape[2:], dtype=bool)
    for k in range(len(matrix)):
        # Rounding leaves a pivot of a singular matrix at about 1e-16 of its diagonal, of either sign.
        valid = swept[k, k] > 1e-13 * np.abs(matrix[k, k])
        positive &= valid
        pivot = np.where(valid, swept[k, k], np.nan)
        log_determinant += np.log(pivot)
        row = swept[k] / pivot
        swept -= swept[:, k, np.newaxis] * row
        swept[k] = swept[:, k] = row
        swept[k, k] = -1 / pivot
    return Inverse(-swept, log_determinant, positive)

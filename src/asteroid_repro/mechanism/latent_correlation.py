r"""From correlations of the observed scores to those of the latent normals, by Mehler's formula.

Two rounded, bounded scores whose latent normals have correlation :math:`\rho` have the covariance
:math:`\sum_{k \ge 1} c_k d_k \rho^k`, with Hermite coefficients :math:`c_k = \text{step} \sum_j \varphi(u_j)
\mathrm{He}_{k-1}(u_j) / \sqrt{k!}` and :math:`u_j` the standardised thresholds between neighbouring scores.
"""

import numpy as np

from asteroid_repro.errors import InputError
from asteroid_repro.mechanism.newton import Tangent, solve_rising
from asteroid_repro.mechanism.truncated import normal_density

TERMS = 400  # of Mehler's sum: the tail is below 1e-9 of the variance for correlations up to 0.95
_LARGEST = 0.999


def latent_correlations(coefficients: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Find the latent correlations that give the observed scores the wanted ones.

    Parameters
    ----------
    coefficients : numpy.ndarray of shape (scores, terms)
        Hermite coefficients of each score over its observed SD.
    wanted : numpy.ndarray of shape (scores, scores)
        Observed correlations.

    Returns
    -------
    numpy.ndarray of shape (scores, scores)
        Symmetric, with ones on the diagonal.

    Raises
    ------
    InputError
        A correlation that two of the scores cannot have.

    Examples
    --------
    >>> coins = hermite_coefficients(np.zeros((2, 1)), np.ones(2)) / 0.5  # heads or tails: 2/pi arcsin(latent one)
    >>> latent_correlations(coins, np.array([[1, 1 / 3], [1 / 3, 1]])).round(9).tolist()
    [[1.0, 0.5], [0.5, 1.0]]
    """
    first, second = np.tril_indices(len(coefficients), -1)
    rho = _solve(coefficients[first] * coefficients[second], wanted[first, second])
    latent = np.eye(len(coefficients))
    latent[first, second] = latent[second, first] = rho
    return latent


def hermite_coefficients(thresholds: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Return the coefficients c_1 ... cTERMS of each score in orthonormal Hermite polynomials, shape (scores, terms).

    Parameters
    ----------
    thresholds : numpy.ndarray of shape (scores, thresholds)
        Between neighbouring scores, in latent SDs from the latent mean.
    steps : numpy.ndarray of shape (scores,)
        Distance between neighbouring scores, points.

    Examples
    --------
    >>> hermite_coefficients(np.zeros((1, 1)), np.ones(1))[0, 0].round(6)
    np.float64(0.398942)
    """
    degrees = np.arange(TERMS)
    roots = np.sqrt(np.maximum(degrees, 1))
    # The density times the orthonormal polynomial of degree k: bounded, where the polynomial alone would overflow.
    functions = thresholds / roots[:, np.newaxis, np.newaxis]
    functions[0] = normal_density(thresholds)
    functions[1] *= functions[0]
    ratios = [0.0, *(roots[:-1] / roots[1:]).tolist()]
    for k in range(2, TERMS):
        functions[k] *= functions[k - 1]
        functions[k] -= ratios[k] * functions[k - 2]
    coefficients: np.ndarray = steps[:, np.newaxis] * functions.sum(axis=-1).T / np.sqrt(degrees + 1)
    return coefficients


def _solve(products: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Solve Mehler's formula for rho, one a row of products of coefficients."""
    derivative = products * np.arange(1, products.shape[1] + 1)

    def observed(rho: np.ndarray) -> Tangent:
        powers = np.ones_like(products)
        powers[:, 1:] = rho[:, np.newaxis]
        np.cumprod(powers, axis=1, out=powers)
        return Tangent(rho * np.vecdot(products, powers), np.vecdot(derivative, powers))

    # Both scores rise with their latent normal, so the observed correlation rises with the latent one (Slepian 1962).
    end = np.full(len(products), _LARGEST)
    low, high = observed(-end).value, observed(end).value
    rho = solve_rising(observed, wanted, -end, end)
    impossible = np.flatnonzero(~((low < wanted) & (wanted < high)) | np.isnan(rho))
    if impossible.size:
        pair = impossible[0]
        raise InputError(
            f"correlation must be one that the two bounded scores can have, between {low[pair]:.3f} and "
            f"{high[pair]:.3f}, got {wanted[pair]:g}. Choose one inside."
        )
    return rho

r"""Tests of contrasts of means: z, Satterthwaite, Kenward and Roger of 1997 and of 2009; one contrast or several.

With :math:`\Phi` the covariance of the means, W that of the parameters of the covariance, :math:`V_k, V_{kl}` the
derivatives of the covariance of the visits, :math:`D_k = \sum X'\Sigma^{-1}V_k\Sigma^{-1}X`,
:math:`Q_{kl} = \sum X'\Sigma^{-1}V_k\Sigma^{-1}V_l\Sigma^{-1}X` and
:math:`R_{kl} = \sum X'\Sigma^{-1}V_{kl}\Sigma^{-1}X`, Kenward and Roger's covariance of the means is

.. math:: \Phi + 2\Phi\Big[\sum_{kl} W_{kl}(Q_{kl} - D_k\Phi D_l - \tfrac14 R_{kl})\Big]\Phi - \sum_k b_k\Phi D_k\Phi

with :math:`b = 0` in 1997. In 2009 b is the bias of the parameters,
:math:`b_k = -\tfrac14\sum_{ijl} W_{ij}W_{kl}\operatorname{tr} PV_{ij}PV_l`, with which the result no longer depends on
how a covariance is parametrised; for a linear form both are the same.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.mixed_model.deviance import Deviance, expected_derivative

ADJUSTED: Final = ("kenward_roger", "kenward_roger_2009")


@dataclass(frozen=True)
class Tested:
    """Contrasts with their tests, standardised.

    Attributes
    ----------
    estimate, standard_error, df : numpy.ndarray, shape (contrasts,)
        Each by itself; df inf for z.
    """

    estimate: np.ndarray
    standard_error: np.ndarray
    df: np.ndarray


@dataclass(frozen=True)
class JointTest:
    """All contrasts at once.

    Attributes
    ----------
    f, df_numerator, df_denominator : float
        The statistic, after Kenward and Roger's scale where that is asked for, and its degrees of freedom; with z the
        denominator has inf and f times the numerator's is chi-squared.
    """

    f: float
    df_numerator: int
    df_denominator: float


def contrast_tests(at: Deviance, contrasts: np.ndarray, distribution: str) -> Tested:
    r"""Test each contrast :math:`c'\beta` by itself.

    Satterthwaite's degrees of freedom are :math:`2v^2/g'Wg` with :math:`v = c'\Phi c`,
    :math:`g_k = c'\Phi D_k\Phi c` and W twice the inverse of the observed second derivative of the deviance, as in
    lmerTest; Kenward and Roger's have its expectation, and their standard error is enlarged.

    Parameters
    ----------
    at : Deviance
        The likelihood at its maximum.
    contrasts : numpy.ndarray, shape (means, contrasts)
        Weights.
    distribution : {"z", "t", "satterthwaite", "kenward_roger", "kenward_roger_2009"}
        The reference distribution.

    References
    ----------
    .. [1] Satterthwaite (1946), Biometrics Bull 2:110-114. doi:10.2307/3002019
    .. [2] Kenward & Roger (1997), Biometrics 53:983-997. doi:10.2307/2533558
    .. [3] Kenward & Roger (2009), Comput Stat Data Anal 53:2583-2595. doi:10.1016/j.csda.2008.12.013
    """
    ends = at.variance @ contrasts
    variance = (contrasts * ends).sum(axis=0)
    standard_error, df = np.sqrt(variance), np.full(len(variance), np.inf)
    if distribution != "z":
        weights = _parameter_covariance(at, distribution)
        gradient = ((at.information_slopes @ ends) * ends).sum(axis=1)
        # Rounding leaves 37.99999999999998 of what is a whole number.
        df = np.round(2 * variance**2 / (gradient * (weights @ gradient)).sum(axis=0), 9)
    if distribution in ADJUSTED:
        standard_error = np.sqrt(np.diag(adjusted_covariance(at, contrasts, distribution)))
    return Tested(contrasts.T @ at.beta, standard_error, df)


def joint_test(at: Deviance, contrasts: np.ndarray, distribution: str) -> JointTest:
    """Test that all contrasts are 0: chi-squared, or F with the denominator of Fai and Cornelius or Kenward and Roger.

    Parameters
    ----------
    at, contrasts, distribution
        As in :func:`contrast_tests`; the contrasts of full rank.

    References
    ----------
    .. [1] Fai & Cornelius (1996), J Stat Comput Simul 54:363-378. doi:10.1080/00949659608811740
    .. [2] Kenward & Roger (1997), Biometrics 53:983-997. doi:10.2307/2533558
    """
    q, estimate = contrasts.shape[1], contrasts.T @ at.beta
    covariance = contrasts.T @ at.variance @ contrasts
    if distribution in ADJUSTED:
        scale, denominator = _scaled_f(at, contrasts, covariance)
        covariance = adjusted_covariance(at, contrasts, distribution)
        return JointTest(float(scale * estimate @ np.linalg.solve(covariance, estimate) / q), q, denominator)
    f = float(estimate @ np.linalg.solve(covariance, estimate) / q)
    if distribution == "z":
        return JointTest(f, q, np.inf)
    if q == 1:
        return JointTest(f, q, float(contrast_tests(at, contrasts, distribution).df[0]))
    _, axes = np.linalg.eigh(covariance)
    df = contrast_tests(at, contrasts @ axes, distribution).df
    total = float((df[df > 2] / (df[df > 2] - 2)).sum())
    return JointTest(f, q, 2 * total / (total - q) if total > q else float("nan"))


def adjusted_covariance(at: Deviance, contrasts: np.ndarray, distribution: str) -> np.ndarray:
    """Return Kenward and Roger's covariance of contrasts (means, contrasts) of the means."""
    weights, ends = _parameter_covariance(at, distribution), at.variance @ contrasts
    root, bends = _root(weights), _bend(at, weights)
    spread = np.zeros((contrasts.shape[1],) * 2)
    for part in at.parts:
        turned = part.turned(at.shapes[part.block.group].slopes)
        mixed = np.tensordot(root.T, turned, 1)
        ended = part.design @ ends
        moved = (mixed[:, np.newaxis] @ ended).reshape(-1, contrasts.shape[1])
        spread += moved.T @ moved
        bend = bends[part.block.group]
        if bend is not None:
            spread -= _sandwiched(ended, part.turned(bend)) / 4
    slopes = np.tensordot(root.T, at.information_slopes @ ends, 1)
    spread -= (slopes.swapaxes(1, 2) @ at.variance @ slopes).sum(axis=0)
    adjusted = contrasts.T @ ends + 2 * spread
    if distribution == "kenward_roger_2009":
        adjusted -= ends.T @ np.tensordot(_bias(at, weights), at.information_slopes, 1) @ ends
    return np.asarray((adjusted + adjusted.T) / 2)


def _sandwiched(columns: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Return the sum of C' M C over people; columns (people, own visits, columns)."""
    flat = columns.reshape(-1, columns.shape[-1])
    return np.asarray(flat.T @ (matrix @ columns).reshape(flat.shape))


def _root(weights: np.ndarray) -> np.ndarray:
    try:
        return np.linalg.cholesky((weights + weights.T) / 2)
    except np.linalg.LinAlgError:
        raise InputError(
            "distribution must be one that these few people allow, got Kenward and Roger's: the information on the "
            "covariance is nearly singular here. Use satterthwaite, or a covariance with fewer parameters."
        ) from None


def _parameter_covariance(at: Deviance, distribution: str) -> np.ndarray:
    return np.asarray(2 * np.linalg.inv(at.expected if distribution in ADJUSTED else at.observed))


def _bend(at: Deviance, weights: np.ndarray) -> list[np.ndarray | None]:
    """Return the sum of W_kl V_kl of each group; None where the covariance is linear in its parameters."""
    return [None if shape.curvatures is None else np.tensordot(weights, shape.curvatures, 2) for shape in at.shapes]


def _bias(at: Deviance, weights: np.ndarray) -> np.ndarray:
    """Return the bias of the parameters to first order."""
    bend = _bend(at, weights)
    if bend[0] is None:
        return np.zeros(len(weights))
    pairs = zip(at.shapes, bend, strict=True)
    directions = np.stack([np.stack([*shape.slopes, own]) for shape, own in pairs if own is not None])
    moved = np.zeros_like(at.variance)
    for part in at.parts:
        moved += _sandwiched(part.design, part.turned(directions[part.block.group, -1]))
    slopes = np.concatenate([at.information_slopes, [moved]])
    factor = np.linalg.cholesky(at.variance)
    traces = expected_derivative(at.parts, directions, factor, slopes, restricted=True)[-1, :-1]
    return np.asarray(-weights @ traces / 4)


def _scaled_f(at: Deviance, contrasts: np.ndarray, covariance: np.ndarray) -> tuple[float, float]:
    """Return Kenward and Roger's scale of F and its denominator degrees of freedom."""
    q, ends = contrasts.shape[1], at.variance @ contrasts
    weights = _parameter_covariance(at, "kenward_roger")
    root = np.linalg.cholesky(np.linalg.inv(covariance))
    moved = (ends @ root).T @ at.information_slopes @ (ends @ root)
    traces = np.einsum("kcc->k", moved)
    a1 = float(traces @ weights @ traces)
    a2 = float(np.einsum("kl,kcd,ldc->", weights, moved, moved))
    b = (a1 + 6 * a2) / (2 * q)
    g = ((q + 1) * a1 - (q + 4) * a2) / ((q + 2) * a2)
    c1, c2, c3 = (np.array([g, q - g, q + 2 - g]) / (3 * q + 2 * (1 - g))).tolist()
    expectation = 1 / (1 - a2 / q)
    spread = 2 / q * (1 + c1 * b) / ((1 - c2 * b) ** 2 * (1 - c3 * b))
    ratio = spread / (2 * expectation**2)
    df = 4 + (q + 2) / (q * ratio - 1)
    return df / (expectation * (df - 2)), df

r"""Standard errors and degrees of freedom of a contrast of means in small samples: Satterthwaite, Kenward and Roger.

Both refer :math:`c'\hat\beta` to a t distribution whose degrees of freedom match the variance of the estimated
:math:`v = c' \Phi c`: with :math:`g_k = \partial v / \partial \theta_k` and the covariance :math:`2 H^{-1}` of the
covariance parameters, :math:`df = 2 v^2 / (g' 2 H^{-1} g)`.
"""

from typing import Literal

import numpy as np

from asteroid_repro.estimate.inference import Estimates
from asteroid_repro.estimate.likelihood.patterns import Patterns
from asteroid_repro.estimate.likelihood.reml import Criterion, entries_of, entry_pairs
from asteroid_repro.estimate.likelihood.symmetric import invert

SmallSampleMethod = Literal["satterthwaite", "kenward_roger"]


def satterthwaite(at: Criterion, contrasts: np.ndarray) -> Estimates:
    r"""Refer contrasts to t with Satterthwaite's degrees of freedom.

    H is the observed second derivative of the REML deviance, as in lmerTest; the standard error is
    :math:`\sqrt{c' \Phi c}`.

    Parameters
    ----------
    at : Criterion
        The likelihood at its maximum.
    contrasts : numpy.ndarray, shape (means, contrasts)
        Weights of the means.

    References
    ----------
    .. [1] Satterthwaite (1946), Biometrics Bull 2:110-114. doi:10.2307/3002019
    .. [2] Kuznetsova, Brockhoff & Christensen (2017), J Stat Softw 82(13). doi:10.18637/jss.v082.i13

    Examples
    --------
    >>> from asteroid_repro.estimate.likelihood.patterns import patterns
    >>> from asteroid_repro.estimate.likelihood.reml_fit import fit_reml
    >>> scores = np.random.default_rng(7).normal(size=(2, 12, 1))
    >>> fit = fit_reml(patterns(scores[:, :5], scores[:, 5:]), "unstructured", np.array([[0, 1], [2, 3]]))
    >>> satterthwaite(fit.at, np.array([[-1.0], [1.0], [1.0], [-1.0]])).df.round(6).tolist()
    [[10.0]]
    """
    variance, gradient = _variances(at, contrasts)
    df = _df(variance, gradient, invert(at.observed).matrix)
    return Estimates(contrasts.T @ at.beta, np.sqrt(variance), df)


def kenward_roger(at: Criterion, contrasts: np.ndarray, data: Patterns) -> Estimates:
    r"""Refer contrasts to t with the adjusted standard error and degrees of freedom of Kenward and Roger (1997).

    Their estimator of the variance of the means is :math:`\Phi + 2 \Phi \sum_{kl} W_{kl} (Q_{kl} - D_k \Phi D_l -
    \tfrac14 R_{kl}) \Phi` with :math:`Q_{kl} = \sum X' W E_k W E_l W X`, :math:`R_{kl} = \sum X' W E_{kl} W X` and
    :math:`E_k, E_{kl}` the derivatives of the covariance matrix in its parameters. W is the inverse of the *expected*
    information. For a single contrast their scale is 1 and their degrees of freedom :math:`2 v^2 / g' W g`, with the
    unadjusted v. This is the 1997 variant: for ``ar1``, where the covariance is not linear in its parameters
    (:math:`\sigma^2, \rho`), the variant of 2009 differs; for the other forms R is 0.

    Parameters
    ----------
    at, contrasts
        As in :func:`satterthwaite`.
    data : Patterns
        The data of the fit.

    References
    ----------
    .. [1] Kenward & Roger (1997), Biometrics 53:983-997. doi:10.2307/2533558
    .. [2] Halekoh & Hojsgaard (2014), J Stat Softw 59(9). doi:10.18637/jss.v059.i09

    Examples
    --------
    >>> from asteroid_repro.estimate.likelihood.patterns import patterns
    >>> from asteroid_repro.estimate.likelihood.reml_fit import fit_reml
    >>> scores = np.random.default_rng(7).normal(size=(2, 12, 1))
    >>> data, contrast = patterns(scores[:, :5], scores[:, 5:]), np.array([[-1.0], [1.0], [1.0], [-1.0]])
    >>> fit = fit_reml(data, "unstructured", np.array([[0, 1], [2, 3]]))
    >>> kenward_roger(fit.at, contrast, data).df.round(6).tolist()
    [[10.0]]
    """
    variance, gradient = _variances(at, contrasts)
    inverse = invert(at.expected).matrix
    spreads = np.stack([_spread_of_weights(at, contrast, data) for contrast in contrasts.T])
    adjusted = variance + 4 * np.einsum("klt,cklt->ct", inverse, spreads)
    return Estimates(contrasts.T @ at.beta, np.sqrt(adjusted), _df(variance, gradient, inverse))


def _variances(at: Criterion, contrasts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Variances (contrasts, trials) and their derivatives in the parameters (contrasts, parameters, trials)."""
    a = np.einsum("qrt,rc->cqt", at.variance, contrasts)
    variance = np.einsum("qc,cqt->ct", contrasts, a)
    by_entry = np.einsum("cqt,qret,crt->cet", a, at.information_slopes, a)
    return variance, np.einsum("cet,ekt->ckt", by_entry, at.slopes)


def _df(variance: np.ndarray, gradient: np.ndarray, inverse: np.ndarray) -> np.ndarray:
    return np.asarray(variance**2 / np.einsum("ckt,klt,clt->ct", gradient, inverse, gradient))


def _spread_of_weights(at: Criterion, contrast: np.ndarray, data: Patterns) -> np.ndarray:
    """Return c' Phi (Q - D Phi D - R / 4) Phi c for every two parameters: what estimating the weights adds."""
    weights, a = at.weights.matrix, np.einsum("qrt,r->qt", at.variance, contrast)
    m = np.einsum("pijt,ajt->piat", weights, a[at.columns])
    squares = np.einsum("pat,piat,pjat->pijt", data.counts, m, m)
    moved = np.einsum("qret,rt->qet", at.information_slopes, a)
    spread = entry_pairs(np.einsum("pijt,pmnt->ijmnt", squares, weights))
    spread -= np.einsum("qet,qrt,rft->eft", moved, at.variance, moved)
    by_parameter: np.ndarray = np.einsum("ekt,eft,flt->klt", at.slopes, spread, at.slopes)
    by_parameter -= np.einsum("eklt,et->klt", at.curvatures, entries_of(squares.sum(axis=0))) / 4
    return by_parameter

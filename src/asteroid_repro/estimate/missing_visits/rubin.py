"""Rubin's rules: one estimate from many completed trials."""

from dataclasses import dataclass

import numpy as np

from asteroid_repro.estimate.inference import Estimates


@dataclass(frozen=True)
class Pooled:
    """Estimates pooled over imputations, arrays of one shape.

    Attributes
    ----------
    estimates : Estimates
        Pooled, with Barnard and Rubin's degrees of freedom.
    within, between : numpy.ndarray
        Mean squared standard error, and variance of the estimates between imputations, squared points.
    missing_information : numpy.ndarray
        Fraction of the information about the effect that is missing.
    """

    estimates: Estimates
    within: np.ndarray
    between: np.ndarray
    missing_information: np.ndarray


def pool(fits: Estimates) -> Pooled:
    r"""Pool the estimates of completed trials.

    With M estimates of mean :math:`\bar Q` and variance B, and W the mean squared standard error on :math:`\nu`
    degrees of freedom: :math:`T = W + (1 + 1/M) B`, :math:`\lambda = (1 + 1/M) B / T` and

    .. math:: \frac 1 {df} = \frac{\lambda^2}{M - 1} + \frac{\nu + 3}{\nu (\nu + 1)(1 - \lambda)}.

    The fraction of missing information is :math:`(r + 2/(df + 3))/(r + 1)`, :math:`r = \lambda/(1 - \lambda)`.

    Parameters
    ----------
    fits : Estimates
        Arrays of shape (..., imputations), standard errors above 0.

    Returns
    -------
    Pooled
        Arrays of shape (...).

    References
    ----------
    .. [1] Barnard & Rubin (1999), Biometrika 86:948-955. doi:10.1093/biomet/86.4.948

    Examples
    --------
    >>> three = np.array([1.0, 2.0, 3.0])
    >>> pooled = pool(Estimates(three, np.full(3, 2.0), np.full(3, 38.0), three < 0))
    >>> abs(pooled.estimates.standard_error - (16 / 3) ** 0.5) < 1e-12, abs(pooled.estimates.df - 14.676) < 5e-4
    (np.True_, np.True_)
    """
    number = fits.estimate.shape[-1]
    within, between = (fits.standard_error**2).mean(axis=-1), fits.estimate.var(axis=-1, ddof=1)
    total = within + (1 + 1 / number) * between
    share = 1 - within / total
    complete_df = fits.df[..., 0]
    observed = (complete_df + 3) / (complete_df * (complete_df + 1) * (1 - share))
    df = 1 / (share**2 / (number - 1) + observed)
    ratio = share / (1 - share)
    pooled = Estimates(fits.estimate.mean(axis=-1), np.sqrt(total), df, np.asarray(fits.boundary.any(axis=-1)))
    return Pooled(pooled, within, between, (ratio + 2 / (df + 3)) / (ratio + 1))

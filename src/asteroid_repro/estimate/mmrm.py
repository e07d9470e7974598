r"""The mixed model for repeated measures with an unstructured covariance, in closed form for complete data."""

import numpy as np

from asteroid_repro.estimate.inference import Estimates
from asteroid_repro.estimate.moments import Moments


def mmrm(data: Moments) -> Estimates:
    r"""Estimate the net differences at every later visit, supposing nothing about the covariance of the visits.

    :math:`d_v - d_1` with :math:`SE = \sqrt{h (S_{11} + S_{vv} - 2 S_{1v}) / (n - 2)}`, t on n - 2 degrees of freedom.
    On complete data this is the pooled two-sample t-test of the change scores.

    Parameters
    ----------
    data : Moments
        Of one outcome.

    Returns
    -------
    Estimates
        Shape (visits - 1, ...).

    References
    ----------
    .. [1] Mallinckrodt et al. (2008), Drug Inf J 42:303-319. doi:10.1177/009286150804200402

    Examples
    --------
    >>> from asteroid_repro.estimate.moments import moments
    >>> scores = np.random.default_rng(7).normal(size=(3, 40))
    >>> mmrm(moments(scores[:, :20], scores[:, 20:])).df.tolist()
    [38.0, 38.0]
    """
    df = data.n_people - 2
    products = data.cross_products
    own = np.einsum("vv...->v...", products)[1:]
    change_squares = products[0, 0] + own - 2 * products[0, 1:]
    estimate = data.difference[1:] - data.difference[0]
    return Estimates(
        estimate,
        np.sqrt(data.h * change_squares / df),
        np.full(estimate.shape, float(df)),
        np.zeros(estimate.shape, dtype=bool),
    )

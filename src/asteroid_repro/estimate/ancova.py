r"""Analysis of covariance: each later visit on baseline and arm."""

import numpy as np

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.inference import Estimates
from asteroid_repro.estimate.moments import Moments


def ancova(data: Moments) -> Estimates:
    r"""Estimate the difference between arms at every later visit, adjusted for baseline.

    With pooled slope :math:`b = S_{1v}/S_{11}`: estimate :math:`d_v - b d_1`, residual variance
    :math:`s^2 = (S_{vv} - b S_{1v})/(n - 3)`, :math:`SE = \sqrt{s^2 (h + d_1^2 / S_{11})}`, t on n - 3 degrees of
    freedom. With a chance imbalance at baseline this estimates another number than the net difference: it corrects
    only the part b of the imbalance that persists.

    Parameters
    ----------
    data : Moments
        Of one outcome.

    Returns
    -------
    Estimates
        Shape (visits - 1, ...).

    Raises
    ------
    InputError
        Fewer than four people, or no spread at baseline.

    References
    ----------
    .. [1] Vickers & Altman (2001), BMJ 323:1123-1124. doi:10.1136/bmj.323.7321.1123

    Examples
    --------
    >>> from asteroid_repro.estimate.moments import moments
    >>> scores = np.random.default_rng(7).normal(size=(3, 40))
    >>> ancova(moments(scores[:, :20], scores[:, 20:])).df.tolist()
    [37.0, 37.0]
    """
    df = data.n_people - 3
    if df < 1:
        raise InputError(f"ancova must have at least 4 people, got {data.n_people}. Use another method.")
    baseline, shared = data.cross_products[0, 0], data.cross_products[0, 1:]
    if (baseline <= 0).any():
        raise InputError("ancova must have a baseline that varies within the arms, got a constant one. Drop it.")
    own = np.einsum("vv...->v...", data.cross_products)[1:]
    slope = shared / baseline
    estimate = data.difference[1:] - slope * data.difference[0]
    residual_variance = (own - slope * shared) / df
    return Estimates(
        estimate,
        np.sqrt(residual_variance * (data.h + data.difference[0] ** 2 / baseline)),
        np.full(estimate.shape, float(df)),
        np.zeros(estimate.shape, dtype=bool),
    )

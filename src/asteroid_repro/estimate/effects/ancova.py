r"""Analysis of covariance: each later visit on baseline and arm, in the people who have both."""

import numpy as np

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.effects.moments import Moments, cleared
from asteroid_repro.estimate.effects.visit_pairs import VisitPairs
from asteroid_repro.estimate.inference import Estimates


def ancova(data: Moments) -> Estimates:
    r"""Estimate the difference between arms at every later visit, adjusted for baseline.

    With pooled slope :math:`b = S_{1v}/S_{11}`: estimate :math:`d_v - b d_1`, residual variance
    :math:`s^2 = (S_{vv} - b S_{1v})/(n - 3)`, :math:`SE = \sqrt{s^2 (h + d_1^2 / S_{11})}`, t on n - 3 degrees of
    freedom. Over the trials that randomise anew and happen to have the same imbalance :math:`d_1` at baseline this is
    right on average, and the difference in change is off by :math:`(b - 1) d_1` [1]_; over all trials both are right.

    Parameters
    ----------
    data : Moments
        Of one outcome.

    Returns
    -------
    Estimates
        Shape (visits - 1, ...); NaN and not converged where the baseline does not vary.

    Raises
    ------
    InputError
        Fewer than four people.

    References
    ----------
    .. [1] Senn (2006), Stat Med 25:4334-4344. doi:10.1002/sim.2682

    Examples
    --------
    >>> from asteroid_repro.estimate.effects.moments import moments
    >>> scores = np.random.default_rng(7).normal(size=(3, 40))
    >>> ancova(moments(scores[:, :20], scores[:, 20:])).df.tolist()
    [37.0, 37.0]
    """
    df = data.n_people - 3
    if df < 1:
        raise InputError(f"ancova must have at least 4 people, got {data.n_people}. Use another method.")
    varies = data.cross_products[0, 0] > 0
    baseline, shared = np.where(varies, data.cross_products[0, 0], np.nan), data.cross_products[0, 1:]
    own = np.einsum("vv...->v...", data.cross_products)[1:]
    slope = shared / baseline
    estimate = data.difference[1:] - slope * data.difference[0]
    residual_variance = cleared(own - slope * shared, own) / df
    standard_error = np.sqrt(residual_variance * (data.h + data.difference[0] ** 2 / baseline))
    return Estimates(estimate, standard_error, np.array(float(df)), converged=varies)


def ancova_of_pairs(data: VisitPairs) -> Estimates:
    r"""Estimate what :func:`ancova` estimates from the people who have both visits.

    The later visit on baseline is the change on baseline with a slope smaller by 1: with
    :math:`b = S_{1c}/S_{11}`, c the change, the estimate is :math:`d_c - b d_1` and the residual variance
    :math:`(S_{cc} - b S_{1c})/(n - 3)`; n counts the people with both visits.

    Parameters
    ----------
    data : VisitPairs
        Of one outcome.

    Returns
    -------
    Estimates
        Shape (visits - 1, trials); NaN and not converged with fewer than two pairs in an arm, or where the baseline
        does not vary.

    References
    ----------
    .. [1] Vickers & Altman (2001), BMJ 323:1123-1124. doi:10.1136/bmj.323.7321.1123

    Examples
    --------
    >>> from asteroid_repro.estimate.effects.visit_pairs import visit_pairs
    >>> scores = np.random.default_rng(7).normal(size=(3, 40, 1))
    >>> scores[2, :3] = np.nan
    >>> ancova_of_pairs(visit_pairs(scores[:, :20], scores[:, 20:])).df.tolist()
    [[37.0], [34.0]]
    """
    baseline, shared, own = (part.sum(axis=1) for part in (data.baseline_squares, data.shared, data.change_squares))
    enough = data.enough & (baseline > 0)
    people = np.where(enough[:, np.newaxis], data.people, np.nan)
    baseline = np.where(enough, baseline, np.nan)
    df = people.sum(axis=1) - 3
    slope, imbalance = shared / baseline, data.baseline[:, 0] - data.baseline[:, 1]
    residual_variance = cleared(own - slope * shared, own + baseline) / df
    leverage = (1 / people).sum(axis=1) + imbalance**2 / baseline
    estimate = data.change[:, 0] - data.change[:, 1] - slope * imbalance
    return Estimates(estimate, np.sqrt(residual_variance * leverage), df, converged=enough)

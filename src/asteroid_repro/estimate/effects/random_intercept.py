r"""The random-intercept linear mixed model, by REML or ML, in closed form for complete data.

Score of person i at visit v: arm mean at that visit, plus a person's intercept with variance :math:`\sigma_b^2`, plus
a residual with variance :math:`\sigma_e^2`. This is what the trial's wording (linear mixed model, random effects for
participants) suggests. It supposes equal variances and equal correlations at all visits; where correlation fades with
time its standard error of a change is too small.

With missing visits: :mod:`asteroid_repro.estimate.likelihood.random_intercept_fit`.
"""

import numpy as np

from asteroid_repro.estimate.effects.moments import Moments, cleared
from asteroid_repro.estimate.inference import Estimates, Likelihood


def random_intercept(data: Moments, likelihood: Likelihood = "REML") -> Estimates:
    r"""Estimate the net differences at every later visit.

    With S the pooled cross-products of V visits and n people: :math:`SSB = \mathbf 1' S \mathbf 1 / V`,
    :math:`SSW = \operatorname{tr} S - SSB`, and mean squares on n - 2 and (n - 2)(V - 1) degrees of freedom.
    Where MSB > MSW, :math:`\hat\sigma_e^2 = MSW`. Otherwise the intercept variance is 0 and
    :math:`\hat\sigma_e^2 = \operatorname{tr} S / (V (n - 2))`. The net difference at visit v is :math:`d_v - d_1` with
    :math:`SE = \sqrt{2 \hat\sigma_e^2 h}`. Maximum likelihood has n for n - 2 everywhere: its variances are smaller by
    the factor :math:`(n - 2)/n`, and on the boundary in the same trials.

    Parameters
    ----------
    data : Moments
        Of one outcome.
    likelihood : {"REML", "ML"}
        Restricted or full.

    Returns
    -------
    Estimates
        Shape (visits - 1, ...); ``df`` is Satterthwaite's, (n - 2)(V - 1), or V(n - 2) on the boundary; with
        ML n(V - 1) or Vn.

    References
    ----------
    .. [1] Searle, Casella & McCulloch (1992), Variance Components, section 4.3. doi:10.1002/9780470316856

    Examples
    --------
    >>> from asteroid_repro.estimate.effects.moments import moments
    >>> rng = np.random.default_rng(7)
    >>> scores = rng.normal(size=(3, 40)) + rng.normal(size=40)
    >>> fit = random_intercept(moments(scores[:, :20], scores[:, 20:]))
    >>> fit.df.tolist()
    [76.0, 76.0]
    """
    visits = len(data.difference)
    people_df = data.n_people - (2 if likelihood == "REML" else 0)
    total = np.einsum("vv...->...", data.cross_products)
    between = data.cross_products.sum(axis=(0, 1)) / visits
    within_mean_square = cleared(total - between, total) / (people_df * (visits - 1))
    boundary = between / people_df <= within_mean_square
    residual_variance = np.where(boundary, total / (visits * people_df), within_mean_square)
    df = np.where(boundary, visits * people_df, people_df * (visits - 1)).astype(float)
    estimate = data.difference[1:] - data.difference[0]
    return Estimates(estimate, np.sqrt(2 * data.h * residual_variance), df, boundary)

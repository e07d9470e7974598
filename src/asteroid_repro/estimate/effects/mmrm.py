r"""The mixed model for repeated measures (unstructured, or compound symmetry), in closed form for complete data.

With missing visits: :mod:`asteroid_repro.estimate.likelihood.repeated_measures`.
"""

import numpy as np

from asteroid_repro.estimate.effects.moments import Moments, cleared
from asteroid_repro.estimate.inference import Estimates


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
    >>> from asteroid_repro.estimate.effects.moments import moments
    >>> scores = np.random.default_rng(7).normal(size=(3, 40))
    >>> mmrm(moments(scores[:, :20], scores[:, 20:])).df.tolist()
    [38.0, 38.0]
    """
    df = data.n_people - 2
    products = data.cross_products
    own = np.einsum("vv...->v...", products)[1:]
    change_squares = cleared(products[0, 0] + own - 2 * products[0, 1:], products[0, 0] + own)
    estimate = data.difference[1:] - data.difference[0]
    return Estimates(estimate, np.sqrt(data.h * change_squares / df), np.array(float(df)))


def mmrm_compound_symmetry(data: Moments) -> Estimates:
    r"""Estimate the net differences, supposing equal variances and equal correlations, which may be negative.

    With MSW the mean square within people on (n - 2)(V - 1) degrees of freedom
    (as in the random intercept): :math:`SE = \sqrt{2 h\, MSW}`. Unlike the
    random intercept this model has no boundary: people may resemble themselves less than others.

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
    .. [1] Searle, Casella & McCulloch (1992), Variance Components, section 4.3. doi:10.1002/9780470316856

    Examples
    --------
    >>> from asteroid_repro.estimate.effects.moments import moments
    >>> scores = np.random.default_rng(7).normal(size=(3, 40))
    >>> mmrm_compound_symmetry(moments(scores[:, :20], scores[:, 20:])).df.tolist()
    [76.0, 76.0]
    """
    visits = len(data.difference)
    df = (data.n_people - 2) * (visits - 1)
    total = np.einsum("vv...->...", data.cross_products)
    within = cleared(total - data.cross_products.sum(axis=(0, 1)) / visits, total)
    estimate = data.difference[1:] - data.difference[0]
    return Estimates(estimate, np.sqrt(2 * data.h * within / df), np.array(float(df)))

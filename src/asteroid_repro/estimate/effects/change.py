r"""Two-sample t tests of the change from baseline, in the people who have both visits."""

import numpy as np

from asteroid_repro.estimate.effects.moments import cleared
from asteroid_repro.estimate.effects.visit_pairs import VisitPairs
from asteroid_repro.estimate.inference import Estimates


def change_score(data: VisitPairs) -> Estimates:
    r"""Compare mean changes with the pooled t test.

    :math:`SE = \sqrt{s^2 (1/n_1 + 1/n_0)}` with the variance :math:`s^2` of the change pooled over the arms, t on
    n - 2 degrees of freedom. On complete data this is the mixed model for repeated measures of two visits.

    Parameters
    ----------
    data : VisitPairs
        Of one outcome.

    Returns
    -------
    Estimates
        Shape (visits - 1, trials); NaN and not converged with fewer than two pairs in an arm.

    References
    ----------
    .. [1] Student (1908), Biometrika 6:1-25. doi:10.1093/biomet/6.1.1

    Examples
    --------
    >>> from asteroid_repro.estimate.effects.visit_pairs import visit_pairs
    >>> scores = np.random.default_rng(7).normal(size=(3, 40, 1))
    >>> change_score(visit_pairs(scores[:, :20], scores[:, 20:])).df.tolist()
    [[38.0], [38.0]]
    """
    people = np.where(data.enough[:, np.newaxis], data.people, np.nan)
    df = people.sum(axis=1) - 2
    variance = cleared(data.change_squares, data.baseline_squares).sum(axis=1) / df
    return _estimates(data, np.sqrt(variance * (1 / people).sum(axis=1)), df)


def welch(data: VisitPairs) -> Estimates:
    r"""Compare mean changes without supposing equal variances in the arms.

    :math:`SE^2 = s_1^2/n_1 + s_0^2/n_0`, t on :math:`df = SE^4 / \sum (s_a^2/n_a)^2/(n_a - 1)` degrees of freedom.

    Parameters
    ----------
    data : VisitPairs
        Of one outcome.

    Returns
    -------
    Estimates
        Shape (visits - 1, trials); NaN and not converged with fewer than two pairs in an arm.

    References
    ----------
    .. [1] Welch (1947), Biometrika 34:28-35. doi:10.1093/biomet/34.1-2.28

    Examples
    --------
    >>> from asteroid_repro.estimate.effects.visit_pairs import visit_pairs
    >>> scores = np.random.default_rng(7).normal(size=(2, 40, 1))
    >>> bool(19 < welch(visit_pairs(scores[:, :20], scores[:, 20:])).df[0, 0] < 38)
    True
    """
    people = np.where(data.enough[:, np.newaxis], data.people, np.nan)
    parts = cleared(data.change_squares, data.baseline_squares) / (people - 1) / people
    variance = parts.sum(axis=1)
    spread = (parts**2 / (people - 1)).sum(axis=1)
    # Changes that are all alike have no variance: the 0 of the standard error says so, and df plays no part.
    df = variance**2 / np.where(spread > 0, spread, np.nan)
    return _estimates(data, np.sqrt(variance), df)


def _estimates(data: VisitPairs, standard_error: np.ndarray, df: np.ndarray) -> Estimates:
    estimate = np.where(data.enough, data.change[:, 0] - data.change[:, 1], np.nan)
    return Estimates(estimate, standard_error, df, converged=data.enough)

"""Limits of an expected number of events: exact, mid-p, and from the events and exposure of each person."""

from math import exp, log, nan, sqrt

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaincinv, pdtr, stdtrit

from asteroid_repro.errors import InputError
from asteroid_repro.tables.limits import Limits, check_level


def exact_poisson_limits(events: int, level: float = 0.95) -> Limits[float]:
    r"""Exact limits of the mean of a Poisson count (Garwood).

    :math:`\tfrac12 \chi^2_{\alpha/2}(2x)` and :math:`\tfrac12 \chi^2_{1-\alpha/2}(2x + 2)`. With no events the lower
    limit is 0 and the upper one is one-sided, :math:`-\log \alpha`: all of alpha is spent on it.

    Parameters
    ----------
    events : int
        The count.
    level : float
        Confidence level.

    Returns
    -------
    Limits
        Events.

    Raises
    ------
    InputError
        A level outside (0, 1).

    References
    ----------
    .. [1] Garwood (1936), Biometrika 28:437-442. doi:10.1093/biomet/28.3-4.437

    Examples
    --------
    >>> limits = exact_poisson_limits(9)
    >>> [round(limit, 3) for limit in (limits.low, limits.high)]
    [4.115, 17.085]
    """
    alpha = 1 - check_level(level)
    if events == 0:
        return Limits(0.0, float(gammaincinv(1, 1 - alpha)))
    return Limits(float(gammaincinv(events, alpha / 2)), float(gammaincinv(events + 1, 1 - alpha / 2)))


def mid_p_poisson_limits(events: int, level: float = 0.95) -> Limits[float]:
    r"""Mid-p limits of the mean of a Poisson count.

    Where :math:`P(X > x) + \tfrac12 P(X = x)`, or its complement, is alpha/2: on average the coverage is nearer to
    the level than that of the exact limits, and for some means it is below. Without events the upper limit is
    one-sided, :math:`-\log 2\alpha`.

    Parameters
    ----------
    events : int
        The count.
    level : float
        Confidence level.

    Returns
    -------
    Limits
        Events.

    Raises
    ------
    InputError
        A negative count, or a level outside (0, 1).

    References
    ----------
    .. [1] Cohen & Yang (1994), Stat Med 13:2189-2203. doi:10.1002/sim.4780132102

    Examples
    --------
    >>> limits = mid_p_poisson_limits(9)
    >>> [round(limit, 3) for limit in (limits.low, limits.high)]
    [4.389, 16.516]
    """
    alpha = 1 - check_level(level)
    if events < 0:
        raise InputError(f"events must be 0 or more, got {events}. Correct the count.")
    if events == 0:
        return Limits(0.0, max(-log(2 * alpha), 0.0))

    def at_most(mean: float) -> float:
        """P(X < x) + P(X = x) / 2."""
        return float(pdtr(events - 1, mean) + pdtr(events, mean)) / 2

    exact = exact_poisson_limits(events, level)  # wider: they enclose the mid-p limits
    low = brentq(lambda mean: at_most(mean) - (1 - alpha / 2), exact.low / 2, events, xtol=1e-12)
    high = brentq(lambda mean: at_most(mean) - alpha / 2, events / 2, exact.high, xtol=1e-12)
    return Limits(float(low), float(high))


def clustered_limits(events: np.ndarray, hours: np.ndarray, level: float = 0.95) -> Limits[float]:
    r"""Limits of the expected number of events that allow for several events of one person.

    With :math:`y_i` events in :math:`h_i` hours (or weeks) of person i and rate
    :math:`\hat\lambda = \sum y_i / \sum h_i`,

    .. math:: \log \sum y_i \pm t_{n-1} \sqrt{\frac{n}{n-1} \sum (y_i - \hat\lambda h_i)^2} \Big/ \sum y_i

    over the n people with hours or events: the sandwich variance of the log rate in a Poisson regression without
    covariates, with the usual small-sample factor. It supposes nothing about the distribution within a person. In
    simulations with 20 people 95 % limits covered in 91 to 96 % of runs (9 to 40 events, gamma frailty of variance up
    to 3.3), exact ones in as few as 53 %. Where clustered limits are narrower than exact ones, that is chance and no
    evidence of regularity.

    Parameters
    ----------
    events : numpy.ndarray, shape (people,)
        Events of each person.
    hours : numpy.ndarray, shape (people,)
        Hours of each person.
    level : float
        Confidence level.

    Returns
    -------
    Limits
        Events in all those hours; divide by the sum of hours for the rate. NaN when fewer than two people had one.

    Raises
    ------
    InputError
        Fewer than two people with hours or events, no hours at all, or a level outside (0, 1).

    References
    ----------
    .. [1] Glynn & Buring (1996), BMJ 312:364-367. doi:10.1136/bmj.312.7027.364

    Examples
    --------
    >>> limits = clustered_limits(np.array([3, 1, 0, 0, 2]), np.full(5, 5.0))
    >>> [round(limit, 2) for limit in (limits.low, limits.high)]
    [1.56, 23.12]
    """
    check_level(level)
    at_risk = (hours > 0) | (events > 0)
    y, h = events[at_risk], hours[at_risk]
    if len(y) < 2 or h.sum() <= 0:
        raise InputError(f"clustered limits must have at least 2 people with hours, got {len(y)}. Use exact ones.")
    if (y > 0).sum() < 2:
        return Limits(nan, nan)
    n, total = len(y), float(y.sum())
    squares = float(((y - total / h.sum() * h) ** 2).sum())
    margin = float(stdtrit(n - 1, (1 + level) / 2)) * sqrt(n / (n - 1) * squares) / total
    return Limits(total * exp(-margin), total * exp(margin))

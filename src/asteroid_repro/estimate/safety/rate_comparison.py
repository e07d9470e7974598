"""A rate against a yardstick that is itself uncertain, and the probability that a rate is below a stated value."""

from dataclasses import dataclass
from math import exp, inf, log, sqrt

from scipy.special import gammainc, ndtri

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.safety.rates import EventRate
from asteroid_repro.tables.limits import check_level
from asteroid_repro.tables.result_table import ResultTable


@dataclass(frozen=True)
class RateRatio(ResultTable):
    """A rate divided by a yardstick.

    Attributes
    ----------
    kind, method, per : str
        Kind of event, interval and denominator of the rate.
    events : int
        Events behind the rate.
    rate_per_1000, yardstick_per_1000 : float
        The two rates, events per 1000 hours or weeks.
    ratio, ci_low, ci_high : float
        Rate over yardstick, with limits for the uncertainty of both.
    level : float
        Confidence level.
    note : str
        What to know about the interval of the rate.
    """

    kind: str
    method: str
    per: str
    events: int
    rate_per_1000: float
    yardstick_per_1000: float
    ratio: float
    ci_low: float
    ci_high: float
    level: float
    note: str


@dataclass(frozen=True)
class RateProbability(ResultTable):
    """The probability that a rate is below a value.

    Attributes
    ----------
    events : int
        Events seen.
    exposure : float
        In how many hours or weeks.
    below_per_1000 : float
        The value, events per 1000 hours or weeks.
    prior_shape, prior_exposure : float
        The gamma prior of the rate.
    probability : float
        Posterior probability.
    """

    events: int
    exposure: float
    below_per_1000: float
    prior_shape: float
    prior_exposure: float
    probability: float


def compare_with_yardstick(
    rate: EventRate, *, yardstick_per_1000: float, low: float, high: float, yardstick_level: float = 0.95
) -> RateRatio:
    r"""Divide a rate by a published one that has its own interval.

    The published rate y is taken as log-normal, with standard error
    :math:`\sigma = (\log high - \log low) / (2 z)` from its limits. With the limits l and u of the rate r, the limits
    of the ratio are (MOVER, on the log scale)

    .. math:: \log\frac{r}{y} - \sqrt{\log^2\frac{r}{l} + z^2\sigma^2}, \quad
              \log\frac{r}{y} + \sqrt{\log^2\frac{u}{r} + z^2\sigma^2}.

    Without events they become 0 and u/y: an infinite distance leaves no weight to the yardstick's.
    A ratio says nothing about why: the people, what they did and what counted as an event differ too.

    Parameters
    ----------
    rate : EventRate
        A row of :func:`event_rates`; its level is the level of the ratio.
    yardstick_per_1000, low, high : float
        The published rate and its limits, events per 1000 hours or weeks.
    yardstick_level : float
        The confidence level of those limits.

    Returns
    -------
    RateRatio
        NaN limits where the rate has none.

    Raises
    ------
    InputError
        A yardstick that is not positive or not inside its limits.

    References
    ----------
    .. [1] Zou & Donner (2008), Stat Med 27:1693-1702. doi:10.1002/sim.3095

    Examples
    --------
    >>> import pandas as pd
    >>> from asteroid_repro.estimate.safety.rates import event_rates
    >>> events = pd.DataFrame({"participant": range(10), "kind": "fall"})
    >>> row = event_rates(events, hours=1000).rows[0]
    >>> ratio = compare_with_yardstick(row, yardstick_per_1000=20, low=16, high=25)
    >>> [round(value, 3) for value in (ratio.ratio, ratio.ci_low, ratio.ci_high)]
    [0.5, 0.232, 0.957]
    """
    if not 0 < low <= yardstick_per_1000 <= high < inf:
        given = f"{yardstick_per_1000:g} ({low:g} to {high:g})"
        raise InputError(f"yardstick_per_1000 must be positive and inside its limits, got {given}. Correct it.")
    sigma = (log(high) - log(low)) / (2 * float(ndtri((1 + check_level(yardstick_level)) / 2)))
    margin = float(ndtri((1 + rate.level) / 2)) * sigma
    ratio, ci_low, ci_high = (own / yardstick_per_1000 for own in (rate.rate_per_1000, rate.ci_low, rate.ci_high))
    if rate.events:
        ci_low = ratio * exp(-sqrt(log(rate.rate_per_1000 / rate.ci_low) ** 2 + margin**2))
        ci_high = ratio * exp(sqrt(log(rate.ci_high / rate.rate_per_1000) ** 2 + margin**2))
    return RateRatio(
        kind=rate.kind, method=rate.method, per=rate.per, events=rate.events, rate_per_1000=rate.rate_per_1000,
        yardstick_per_1000=yardstick_per_1000, ratio=ratio,
        ci_low=ci_low, ci_high=ci_high, level=rate.level, note=rate.note,
    )  # fmt: skip


def probability_rate_below(
    *, events: int, exposure: float, below_per_1000: float, prior_shape: float = 0.5, prior_exposure: float = 0.0
) -> RateProbability:
    r"""Compute the probability that a rate is below a stated value, given the events seen.

    With a gamma prior of shape a and b hours, and x events in H hours, the rate has a gamma posterior of shape x + a
    and H + b hours: :math:`P(\lambda < v) = P_\Gamma(x + a, v (H + b))`. The default a = 1/2, b = 0 is Jeffreys'
    prior. With a = 1 the probability is the level at which v is the exact upper limit, with a = 0 that at which it is
    the exact lower one; Jeffreys lies between. Events are supposed to be independent.

    Parameters
    ----------
    events : int
        Events seen.
    exposure : float
        In how many hours or weeks.
    below_per_1000 : float
        The value, events per 1000 hours or weeks.
    prior_shape, prior_exposure : float
        The gamma prior: as if so many events had been seen in so many hours before.

    Returns
    -------
    RateProbability
        The prior is part of the result, because with few events it is part of the answer.

    Raises
    ------
    InputError
        A negative count, hours or a value that is not positive, an improper posterior.

    References
    ----------
    .. [1] Brown, Cai & DasGupta (2003), Stat Sinica 13:19-49.

    Examples
    --------
    >>> one_in_105 = probability_rate_below(events=1, exposure=105, below_per_1000=20)
    >>> abs(one_in_105.probability - 0.7593) < 5e-5
    True
    """
    if events < 0:
        raise InputError(f"events must be 0 or more, got {events}. Correct the count.")
    if not (0 < exposure < inf and 0 < below_per_1000 < inf):
        raise InputError(
            f"exposure and below_per_1000 must be positive, got {exposure:g} and {below_per_1000:g}. Correct them."
        )
    prior = f"{prior_shape:g} and {prior_exposure:g}"
    if prior_exposure < 0 or prior_shape < 0 or events + prior_shape <= 0:
        raise InputError(f"prior_shape and prior_exposure must be 0 or more and proper, got {prior}. Use 0.5 and 0.")
    probability = gammainc(events + prior_shape, below_per_1000 / 1000 * (exposure + prior_exposure))
    return RateProbability(events, exposure, below_per_1000, prior_shape, prior_exposure, float(probability))

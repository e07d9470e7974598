"""How long people must be at risk before the rate of adverse events is known well enough."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, inf

from scipy.special import pdtr

from asteroid_repro.errors import InputError, check_positive
from asteroid_repro.estimate.safety.rate_limits import exact_poisson_limits
from asteroid_repro.planning.search import smallest
from asteroid_repro.tables.limits import check_level
from asteroid_repro.tables.result_table import ResultTable

_NOTHING = "Nothing was simulated."
_MOST_EVENTS = 10_000_000  # beyond this no trial goes, and doubles lose whole events


@dataclass(frozen=True)
class RatePrecision(ResultTable):
    """The time at risk that pins a rate down, no simulation; exact for independent events (dispersion 1).

    Attributes
    ----------
    rate_per_1000_h : float
        The true rate supposed, events per 1000 hours at risk.
    ratio : float
        Largest upper limit wanted, over the true rate.
    level : float
        Confidence level of the limits, two-sided.
    assurance : float
        Probability wanted.
    dispersion : float
        Variance of a count over its mean.
    hours : float
        Hours at risk needed, over all people.
    expected_events : float
        Mean number of events in them.
    most_events : int
        Most events with which the upper limit is still low enough.
    probability : float
        Probability of that, in exactly these hours; above a dispersion of 1 that of the scaled Poisson count.
    hours_per_person : float or None
        Hours at risk of one person.
    people : int or None
        Runners needed.
    """

    rate_per_1000_h: float
    ratio: float
    level: float
    assurance: float
    dispersion: float
    hours: float
    expected_events: float
    most_events: int
    probability: float
    hours_per_person: float | None
    people: int | None

    def notes(self) -> Sequence[str]:
        """Say what the numbers rest on."""
        if self.dispersion > 1:
            return (f"Approximate, for counts with a variance of {self.dispersion:g} times the mean.", _NOTHING)
        return ("Exact under independent (Poisson) events.", _NOTHING)


def hours_for_precision(
    rate_per_1000_h: float,
    *,
    ratio: float = 2.0,
    level: float = 0.95,
    assurance: float = 0.8,
    dispersion: float = 1.0,
    hours_per_person: float | None = None,
) -> RatePrecision:
    r"""Return the hours at risk after which the upper limit of a rate is probably low enough.

    With X Poisson of mean :math:`\mu` = rate x hours and U(x) the exact upper limit of a mean
    (:func:`asteroid_repro.estimate.safety.rate_limits.exact_poisson_limits`), the wish is

    .. math:: P(U(X) \le \text{ratio} \cdot \mu) \ge \text{assurance}.

    The probability is a saw-tooth in :math:`\mu`: it jumps up where one more event becomes tolerable, at
    :math:`\mu_k = U(k)/\text{ratio}`, and falls in between. The answer is the smallest :math:`\mu` from which on it
    never falls below the assurance, so that a longer exposure than planned does no harm; it is always a
    :math:`\mu_k`. Just after :math:`\mu_k` the probability is higher than was asked for (``probability``).

    That is exact for independent events with one rate for all. Where a few people have most of the events, counts vary
    more, and with D times the variance (``dispersion``) X events tell as much as X / D independent ones. The same wish
    for the scaled count X / D and its limit :math:`D\,U(X/D)` takes D times the hours and events. That is an
    approximation: only the mean and the variance are those of the counts. Where the rates of people differ by a gamma
    factor of variance v, and each has :math:`\mu_1` events on average, :math:`D = 1 + v\mu_1`. Such a D belongs to the
    hours of one person: further hours must then come from more people, for longer ones raise D.

    Parameters
    ----------
    rate_per_1000_h : float
        The true rate, events per 1000 hours at risk.
    ratio : float
        Largest upper limit wanted, over the true rate; above 1.
    level : float
        Confidence level of the limits, two-sided.
    assurance : float
        Probability wanted, in (0, 1).
    dispersion : float
        D, the variance of the number of events over its mean, 1 or more; 1 is Poisson.
    hours_per_person : float, optional
        Hours at risk of one person over the trial, to get the number of people.

    Returns
    -------
    RatePrecision
        Hours, events and people.

    Raises
    ------
    InputError
        A rate or hours that are not positive, a ratio of 1 or less or so near 1 that more than 10 million events would
        be needed, a level or assurance outside (0, 1), or a dispersion below 1.

    References
    ----------
    .. [1] Garwood (1936), Biometrika 28:437-442. doi:10.1093/biomet/28.3-4.437
    .. [2] Wedderburn (1974), Biometrika 61:439-447. doi:10.1093/biomet/61.3.439

    Examples
    --------
    >>> plan = hours_for_precision(66.7, ratio=2, hours_per_person=5.25)
    >>> round(plan.expected_events, 1), plan.most_events, plan.people
    (13.6, 17, 39)
    >>> hours_for_precision(66.7, ratio=2, hours_per_person=5.25, dispersion=1.5).people
    59
    """
    check_positive("rate_per_1000_h", rate_per_1000_h, "Give events per 1000 hours.")
    check_level(level)
    if not 1 < ratio < inf:
        raise InputError(f"ratio must be above 1 and finite, got {ratio!r}. 2 asks for a limit of twice the rate.")
    if not 0 < assurance < 1:
        raise InputError(f"assurance must be in (0, 1), got {assurance!r}. Usual values are 0.8 and 0.9.")
    if not 1 <= dispersion < inf:
        raise InputError(f"dispersion must be 1 or more and finite, got {dispersion!r}. 1 is for independent events.")
    if hours_per_person is not None:
        check_positive("hours_per_person", hours_per_person, "Give hours at risk.")
    most = _most_events(ratio, level, assurance)
    mean = exact_poisson_limits(most, level).high / ratio
    hours, events = 1000 * dispersion * mean / rate_per_1000_h, dispersion * mean
    most_events = floor(dispersion * most + 1e-9)  # 1 + 1.4 x 1.5 is a rounding below 3.1
    people = None if hours_per_person is None else ceil(hours / hours_per_person)
    asked = rate_per_1000_h, ratio, level, assurance, dispersion
    return RatePrecision(*asked, hours, events, most_events, float(pdtr(most, mean)), hours_per_person, people)


def _most_events(ratio: float, level: float, assurance: float) -> int:
    """Return the first k for which the saw-tooth's low point before k + 1 is high enough.

    The low points rise with k, so doubling and halving finds it.
    """

    def probability(k: int) -> float:
        return float(pdtr(k, exact_poisson_limits(k + 1, level).high / ratio))

    high = 1
    while probability(high) < assurance:
        if high > _MOST_EVENTS:
            raise InputError(f"ratio must leave some room above 1, got {ratio!r}. Try 1.5 or 2.")
        high *= 2
    return smallest(probability, assurance, high // 2 if high > 1 else -1, high)

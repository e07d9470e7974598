"""Adverse events of the two arms side by side: people who had one, and events per person-time and per hour."""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, inf, log, nan, sqrt
from typing import Final, Literal, TypeVar

from scipy.optimize import brentq
from scipy.stats import binom, binomtest

from asteroid_repro.errors import InputError, check_choice
from asteroid_repro.estimate.safety.rate_limits import exact_poisson_limits, mid_p_poisson_limits
from asteroid_repro.estimate.safety.rates import event_rates, exposure_hours
from asteroid_repro.tables.limits import Limits, check_level
from asteroid_repro.tables.result_table import EstimateRows
from asteroid_repro.trial.participant_data import Trial

HarmLimits = Literal["exact", "mid_p"]
Number = TypeVar("Number")
Pair = tuple[Number, Number]
"""Of the treatment and of the reference."""

_HOURS: Final = {
    "run_minutes": "running_hours",
    "prescribed_minutes": "attended_hours",
    "session_minutes": "attended_hours",
}


@dataclass(frozen=True)
class Harm:
    """One kind of event in the two arms.

    Attributes
    ----------
    kind : str
        Kind of event; ``all`` for every kind together.
    per : str
        ``person``: people who had at least one; ``person_weeks`` or an hour: events.
    treatment, reference : int
        People, or events.
    exposure_treatment, exposure_reference : float
        People, weeks or hours in which; NaN where the arm has no such hours.
    difference, difference_low, difference_high : float
        Share, or rate per 1000 weeks or hours, treatment minus reference, with limits.
    ratio, ratio_low, ratio_high : float
        Treatment over reference; NaN where neither arm had one, infinite where the reference had none.
    method : str
        ``exact`` or ``mid_p``.
    note : str
        What empty cells, or an arm without hours, leave open.
    """

    kind: str
    per: str
    treatment: int
    reference: int
    exposure_treatment: float
    exposure_reference: float
    difference: float
    difference_low: float
    difference_high: float
    ratio: float
    ratio_low: float
    ratio_high: float
    method: str
    note: str


class Harms(EstimateRows[Harm]):
    """Adverse events of the two arms: of each kind people, events per person-time, and per hour where there is one."""


def harms(trial: Trial, *, method: HarmLimits = "exact", level: float = 0.95) -> Harms:
    r"""Compare the adverse events of the two arms.

    The ratio of two rates has the limits of the share :math:`\pi` of the treatment among all events, given their number
    [1]_: :math:`\frac{\pi}{1 - \pi} \frac{T_0}{T_1}` with exposures :math:`T_1, T_0`. Differences, and the ratio of
    shares, combine the limits l and u of either arm (MOVER) [2]_,

    .. math:: d - \sqrt{(p_1 - l_1)^2 + (u_0 - p_0)^2}, \quad d + \sqrt{(u_1 - p_1)^2 + (p_0 - l_0)^2},

    on the log scale for the ratio. Events are supposed to be independent; person-weeks are those of all who were
    randomised up to the last visit.

    Parameters
    ----------
    trial : Trial
        The trial.
    method : {"exact", "mid_p"}
        Limits of each arm: Clopper and Pearson's and Garwood's, or their mid-p versions, shorter and on average nearer
        to the level.
    level : float
        Confidence level.

    Returns
    -------
    Harms
        Of each kind a row per person, one per person-week, and one per hour of running, or of attended sessions, where
        the trial has such hours; an arm without any has no rate per hour, and the note says so.

    Raises
    ------
    InputError
        A trial without adverse events or kinds of them, or an unknown method.

    References
    ----------
    .. [1] Clopper & Pearson (1934), Biometrika 26:404-413. doi:10.1093/biomet/26.4.404
    .. [2] Zou & Donner (2008), Stat Med 27:1693-1702. doi:10.1002/sim.3095

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> first = harms(simulate_trial(ASTEROID, seed=2024)).rows[0]
    >>> first.kind, first.per, first.reference, first.note
    ('all', 'person', 0, 'none in the reference: no upper limit of the ratio')
    """
    check_level(level)
    check_choice("method", method, ("exact", "mid_p"))
    if not trial.design.kinds:
        raise InputError("adverse_events must be of a kind that the trial studies, got none. Add kinds to the design.")
    by_time = {(row.kind, row.arm): row for row in event_rates(trial, per="person_weeks").rows}
    hours, (own, other) = _hours(trial), trial.design.arm_names
    rows = []
    for kind in ("all", *trial.design.kinds):
        both = by_time[kind, own], by_time[kind, other]
        people, events = (both[0].people, both[1].people), (both[0].events, both[1].events)
        rows.append(_of_people(kind, people, _sizes(trial), method=method, level=level))
        exposures = {"person_weeks": (both[0].exposure, both[1].exposure)} | hours
        rows += [_of_time(kind, per, events, time, method=method, level=level) for per, time in exposures.items()]
    return Harms(tuple(rows), level, trial.label)


def share_limits(events: int, people: int, level: float, method: str) -> Limits[float]:
    """Return exact (Clopper and Pearson) or mid-p limits of a share.

    Examples
    --------
    >>> limits = share_limits(0, 20, 0.95, "exact")
    >>> limits.low, round(limits.high, 4)
    (0.0, 0.1684)
    """
    if method == "exact":
        found = binomtest(events, people).proportion_ci(level, "exact")
        return Limits(float(found.low), float(found.high))
    tail = (1 - level) / 2

    def at_most(share: float) -> float:
        """P(X < x) + P(X = x) / 2."""
        return float(binom.cdf(events - 1, people, share) + binom.pmf(events, people, share) / 2)

    low = 0.0 if events == 0 else float(brentq(lambda share: at_most(share) - (1 - tail), 0, 1, xtol=1e-12))
    high = 1.0 if events == people else float(brentq(lambda share: at_most(share) - tail, 0, 1, xtol=1e-12))
    return Limits(low, high)


def _sizes(trial: Trial) -> Pair[float]:
    arms = trial.participants["arm"]
    treatment, reference = (float((arms == name).sum()) for name in trial.design.arm_names)
    return treatment, reference


def _hours(trial: Trial) -> dict[str, Pair[float]]:
    """Return the hours of either arm under their name; nothing where the trial has none."""
    sessions = trial.sessions_or_totals
    if sessions is None:
        return {}
    arm_of = trial.participants.set_index("participant")["arm"]
    own = sessions["participant"].map(arm_of)
    for column, per in _HOURS.items():
        if column in sessions:
            parts = [sessions[own == arm] for arm in trial.design.arm_names]
            treatment, reference = (exposure_hours(part, per) if len(part) else 0.0 for part in parts)
            return {per: (treatment, reference)}
    return {}


def _of_people(kind: str, counts: Pair[int], people: Pair[float], *, method: str, level: float) -> Harm:
    shares = counts[0] / people[0], counts[1] / people[1]
    limits = tuple(share_limits(count, int(n), level, method) for count, n in zip(counts, people, strict=True))
    difference = _difference(shares, (limits[0], limits[1]))
    ratio = _log_ratio(shares, (limits[0], limits[1]))
    return Harm(
        kind, "person", counts[0], counts[1], people[0], people[1], shares[0] - shares[1], difference.low,
        difference.high, _ratio(*shares), ratio.low, ratio.high, method, _note(counts, 1),
    )  # fmt: skip


def _of_time(kind: str, per: str, counts: Pair[int], exposure: Pair[float], *, method: str, level: float) -> Harm:
    own, other = (time if time > 0 else nan for time in exposure)
    rates = 1000 * counts[0] / own, 1000 * counts[1] / other
    limits = [_poisson(count, level, method) for count in counts]
    scaled = [
        Limits(1000 * each.low / time, 1000 * each.high / time) for each, time in zip(limits, (own, other), strict=True)
    ]
    difference, ratio = _difference(rates, (scaled[0], scaled[1])), Limits(nan, nan)
    if sum(counts) and min(exposure) > 0:
        share = share_limits(counts[0], sum(counts), level, method)
        ratio = Limits(_odds(share.low) * other / own, _odds(share.high) * other / own)
    return Harm(
        kind, per, counts[0], counts[1], own, other, rates[0] - rates[1], difference.low, difference.high,
        _ratio(*rates), ratio.low, ratio.high, method, _note(counts, min(exposure)),
    )  # fmt: skip


def _poisson(events: int, level: float, method: str) -> Limits[float]:
    """Return two-sided limits of a count; without events both tails are kept, since another arm's are combined."""
    if events == 0:
        return Limits(0.0, -log((1 - level) / (2 if method == "exact" else 1)))
    found: Callable[..., Limits[float]] = exact_poisson_limits if method == "exact" else mid_p_poisson_limits
    return found(events, level)


def _difference(values: Pair[float], limits: Pair[Limits[float]]) -> Limits[float]:
    (own, other), (first, second) = values, limits
    return Limits(
        own - other - sqrt((own - first.low) ** 2 + (second.high - other) ** 2),
        own - other + sqrt((first.high - own) ** 2 + (other - second.low) ** 2),
    )


def _log_ratio(shares: Pair[float], limits: Pair[Limits[float]]) -> Limits[float]:
    """Combine the limits of two shares on the log scale; an end at 0 leaves the ratio without that limit."""
    (own, other), (first, second) = shares, limits
    if own == other == 0:
        return Limits(nan, nan)
    if other == 0:
        return Limits(first.low / second.high, inf)
    if own == 0:
        return Limits(0.0, first.high / second.low)
    middle = log(own / other)
    below = sqrt(log(own / first.low) ** 2 + log(second.high / other) ** 2)
    above = sqrt(log(first.high / own) ** 2 + log(other / second.low) ** 2)
    return Limits(exp(middle - below), exp(middle + above))


def _odds(share: float) -> float:
    return share / (1 - share) if share < 1 else inf


def _ratio(own: float, other: float) -> float:
    return own / other if other else (inf if own else nan)


def _note(counts: Pair[int], least: float) -> str:
    if least <= 0:
        return "an arm without such hours has no rate per hour: nothing to compare"
    if not sum(counts):
        return "none in either arm: no ratio"
    return _EMPTY[counts[0] == 0, counts[1] == 0]


_EMPTY: Final = {
    (False, False): "",
    (True, False): "none in the treatment: the ratio has no lower limit but 0",
    (False, True): "none in the reference: no upper limit of the ratio",
}

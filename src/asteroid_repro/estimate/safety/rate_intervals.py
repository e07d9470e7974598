"""Three intervals for an event rate: exact, mid-p, and one that allows for people who have several events."""

from dataclasses import asdict, dataclass
from math import inf
from typing import Final, Literal

import numpy as np
import pandas as pd

from asteroid_repro.errors import InputError, did_you_mean
from asteroid_repro.estimate.safety.limits import Limits, check_level
from asteroid_repro.estimate.safety.rate_limits import clustered_limits, mid_p_poisson_limits
from asteroid_repro.estimate.safety.rates import EventRate, event_rates, exact_poisson_interval, exposure_hours
from asteroid_repro.tables.schema import Trial, check_table

IntervalMethod = Literal["exact", "mid_p", "clustered"]
INTERVAL_METHODS: Final = ("exact", "mid_p", "clustered")


@dataclass(frozen=True)
class RateInterval:
    """The rate of one kind of event with one kind of interval.

    Attributes
    ----------
    kind : str
        Kind of event; ``all`` for every kind together.
    method : str
        ``exact``, ``mid_p`` or ``clustered``.
    events, people : int
        Events, and people who had at least one.
    per : str
        The denominator, for instance ``running_hours``.
    hours : float
        Its amount, hours.
    rate_per_1000_h, ci_low, ci_high : float
        Events per 1000 hours and its limits; NaN where the method gives none.
    df : float
        Degrees of freedom of clustered limits, people with hours less 1; inf for the others.
    level : float
        Confidence level.
    note : str
        What to know about this interval; empty where there is nothing.
    """

    kind: str
    method: str
    events: int
    people: int
    per: str
    hours: float
    rate_per_1000_h: float
    ci_low: float
    ci_high: float
    df: float
    level: float
    note: str


@dataclass(frozen=True)
class RateIntervals:
    """The rates of all kinds together and of each kind.

    Attributes
    ----------
    rows : tuple of RateInterval
        First ``all``, then one a kind.
    label : str
        What the data are; empty for plain tables.
    """

    rows: tuple[RateInterval, ...]
    label: str = ""

    def to_frame(self) -> pd.DataFrame:
        """Return one row per kind, unrounded."""
        return pd.DataFrame([asdict(row) for row in self.rows])

    def _repr_html_(self) -> str:
        return f"<p><strong>{self.label}</strong></p>" + self.to_frame().to_html(index=False)


def rate_intervals(
    trial: Trial | pd.DataFrame,
    *,
    sessions: pd.DataFrame | None = None,
    hours: float | None = None,
    per: str = "running_hours",
    method: IntervalMethod = "exact",
    level: float = 0.95,
) -> RateIntervals:
    """Compute event rates per 1000 hours with the interval asked for.

    Parameters
    ----------
    trial : Trial or pandas.DataFrame
        A trial, or its table of adverse events; then ``sessions`` or ``hours`` gives the exposure.
    sessions : pandas.DataFrame, optional
        The table of sessions. Clustered limits need it for the hours of each person.
    hours : float, optional
        The exposure itself, hours of the kind that ``per`` names.
    per : {"running_hours", "attended_hours", "prescribed_hours"}
        The denominator.
    method : {"exact", "mid_p", "clustered"}
        Exact and mid-p limits suppose independent events; clustered ones allow for people who differ in their rate
        or in whom one event brings another.
    level : float
        Confidence level.

    Returns
    -------
    RateIntervals
        First row ``all``. Without events the exact and mid-p limits are one-sided; clustered limits need events in
        two people, and the note says so where there are fewer.

    Raises
    ------
    InputError
        An unknown method; clustered limits without a table of sessions, or of fewer than two people; an event of
        somebody without sessions; anything :func:`asteroid_repro.event_rates` refuses.

    Examples
    --------
    >>> events = pd.DataFrame({"participant": range(9), "week": 1, "session": 1, "kind": "lower_limb",
    ...                        "serious": False})
    >>> row = rate_intervals(events, hours=105, method="mid_p").rows[0]
    >>> [round(limit, 1) for limit in (row.ci_low, row.ci_high)]
    [41.8, 157.3]
    """
    check_level(level)
    if method not in INTERVAL_METHODS:
        raise InputError(
            f"method must be one of {', '.join(INTERVAL_METHODS)}, got {method!r}."
            f"{did_you_mean(method, INTERVAL_METHODS)}"
        )
    rates = event_rates(trial, sessions=sessions, hours=hours, per=per, level=level)
    events = check_table(trial.adverse_events if isinstance(trial, Trial) else trial, "adverse_events")
    log_of_sessions = trial.sessions if isinstance(trial, Trial) else sessions
    rows = []
    for rate in rates.rows:
        of_kind = events if rate.kind == "all" else events[events["kind"] == rate.kind]
        if method == "clustered":
            found = _clustered(of_kind, log_of_sessions, per, level)
        else:
            found = _poisson(rate.events, method, level)
        rows.append(_row(rate, found, method, level))
    return RateIntervals(tuple(rows), rates.label)


@dataclass(frozen=True)
class _Found:
    """Limits in events, their degrees of freedom and what to say about them."""

    limits: Limits
    df: float
    note: str


def _row(rate: EventRate, found: _Found, method: str, level: float) -> RateInterval:
    scale = 1000 / rate.hours
    return RateInterval(
        kind=rate.kind,
        method=method,
        events=rate.events,
        people=rate.people,
        per=rate.per,
        hours=rate.hours,
        rate_per_1000_h=rate.rate_per_1000_h,
        ci_low=found.limits.low * scale,
        ci_high=found.limits.high * scale,
        df=found.df,
        level=level,
        note=found.note,
    )


def _poisson(events: int, method: str, level: float) -> _Found:
    limits = (
        mid_p_poisson_limits(events, level) if method == "mid_p" else Limits(*exact_poisson_interval(events, level))
    )
    return _Found(limits, inf, "no events: one-sided upper limit" if events == 0 else "")


def _clustered(events: pd.DataFrame, sessions: pd.DataFrame | None, per: str, level: float) -> _Found:
    if sessions is None:
        raise InputError("clustered limits must have a table of sessions, got total hours only. Give sessions.")
    hours = {person: exposure_hours(rows, per) for person, rows in sessions.groupby("participant")}
    unknown = sorted(set(events["participant"]) - set(hours))
    if unknown:
        raise InputError(f"sessions must have everybody with an event, got none of participant {unknown[0]}. Add them.")
    counts = events["participant"].value_counts().reindex(list(hours), fill_value=0)
    y, h = counts.to_numpy(dtype=float), np.array(list(hours.values()))
    limits = clustered_limits(y, h, level)
    return _Found(limits, float(((h > 0) | (y > 0)).sum() - 1), _clustered_note(y, limits, level))


def _clustered_note(events: np.ndarray, limits: Limits, level: float) -> str:
    total, people = int(events.sum()), int((events > 0).sum())
    if people < 2:
        return "events of fewer than two people cannot be clustered: use exact limits"
    exact = exact_poisson_interval(total, level)
    if limits.high / limits.low < exact[1] / exact[0]:
        return "narrower than exact limits: no sign of clustering, use those"
    return f"rests on {people} people with events" if people < 10 else ""

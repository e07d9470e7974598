"""Rates of adverse events, with a named denominator and the interval asked for."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Any, Final, Literal, get_args

import numpy as np
import pandas as pd

from asteroid_repro.errors import InputError, check_choice
from asteroid_repro.estimate.arms import Data, label_of
from asteroid_repro.estimate.safety.rate_limits import clustered_limits, exact_poisson_limits, mid_p_poisson_limits
from asteroid_repro.tables.checking import check_listed_once, check_table
from asteroid_repro.tables.limits import Limits, check_level
from asteroid_repro.tables.result_table import EstimateRows
from asteroid_repro.trial.participant_data import Trial

IntervalMethod = Literal["exact", "mid_p", "clustered"]
DENOMINATORS: Final = ("running_hours", "attended_hours", "prescribed_hours", "person_weeks")

Exposure = tuple[float, dict[Any, float] | None]
"""Exposure of everybody, and that of each person; None where only the total is known."""


@dataclass(frozen=True)
class EventRate:
    """The rate of one kind of event.

    Attributes
    ----------
    arm : str
        Label of the arm whose events and exposure these are; empty for plain tables.
    kind : str
        Kind of event; ``all`` for every kind together.
    events, people : int
        Events, and people who had at least one.
    per : str
        The denominator, for instance ``running_hours``.
    exposure : float
        Its amount, hours or weeks.
    rate_per_1000 : float
        Events per 1000 hours or weeks.
    method : str
        ``exact``, ``mid_p`` or ``clustered``.
    ci_low, ci_high : float
        Limits of the rate; NaN where the method gives none.
    df : float
        Degrees of freedom of clustered limits, people with exposure less 1; inf for the others.
    level : float
        Confidence level.
    note : str
        What to know about this interval; empty where there is nothing.
    """

    arm: str
    kind: str
    events: int
    people: int
    per: str
    exposure: float
    rate_per_1000: float
    method: str
    ci_low: float
    ci_high: float
    df: float
    level: float
    note: str


class EventRates(EstimateRows[EventRate]):
    """Rates of adverse events, arm by arm: first ``all`` kinds together, then one a kind."""


def event_rates(
    trial: Data,
    *,
    sessions: pd.DataFrame | None = None,
    hours: float | None = None,
    per: str | None = None,
    method: IntervalMethod = "exact",
    level: float = 0.95,
    kinds: Sequence[str] | None = None,
) -> EventRates:
    """Compute event rates per 1000 hours or person-weeks.

    Parameters
    ----------
    trial : Trial or pandas.DataFrame
        A trial, or its table of adverse events; then ``sessions`` or ``hours`` gives the exposure.
    sessions : pandas.DataFrame, optional
        The table of sessions. Clustered limits need it for the hours of each person.
    hours : float, optional
        The exposure itself, hours of the kind that ``per`` names.
    per : {"running_hours", "attended_hours", "prescribed_hours", "person_weeks"}, optional
        The denominator; when not given, ``running_hours``, and ``person_weeks`` for a trial without sessions. Hours are
        those of the sessions, and rates per hour those of the treatment. An attended session counts its full prescribed
        length. Person-weeks are those of all who were randomised up to the last visit of the design, arm by arm.
    method : {"exact", "mid_p", "clustered"}
        Exact and mid-p limits suppose independent events, so several events of one person make them too narrow;
        clustered ones allow for people who differ in their rate or in whom one event brings another.
    level : float
        Confidence level.
    kinds : sequence of str, optional
        The kinds of event of a plain table, to have a row also for those that nobody had; a trial has them in its
        design.

    Returns
    -------
    EventRates
        First row ``all``. Clustered limits are NaN where fewer than two people had an event.

    Raises
    ------
    InputError
        No exposure, two exposures, or none above 0; an unknown denominator or method; clustered limits without
        sessions; events of somebody without sessions; an unusable table.

    Examples
    --------
    >>> events = pd.DataFrame({"participant": [1], "kind": ["fall"]})
    >>> round(event_rates(events, hours=105).rows[0].rate_per_1000, 1)
    9.5
    """
    check_level(level)
    if isinstance(trial, Trial):
        if sessions is not None or hours is not None:
            raise InputError("exposure must come from the trial itself, got both a trial and an exposure. Give one.")
        if "adverse_events" in trial.absent:
            raise InputError("adverse_events must be among the tables, got none. Without them nothing is counted.")
        sessions, kinds = trial.sessions_or_totals, trial.design.kinds
        has_hours = sessions is not None and "run_minutes" in sessions
        per = per or ("running_hours" if has_hours else "person_weeks")
    per = per or "running_hours"
    check_choice("per", per, DENOMINATORS)
    check_choice("method", method, get_args(IntervalMethod))
    frame = trial.adverse_events if isinstance(trial, Trial) else trial
    events = check_table(frame, "adverse_events", ["participant", "kind"], kinds=kinds)
    exposure = None if per == "person_weeks" else partial(_hours, per=per, each=method == "clustered")
    rows = []
    for arm, of_arm, (total, by_person) in _by_arm(trial, events, exposure, (sessions, hours)):
        for kind in ("all", *(kinds or sorted(events["kind"].unique()))):
            own = of_arm if kind == "all" else of_arm[of_arm["kind"] == kind]
            limits, df, note = _limits(own, by_person, method, level)
            count, people, scale = len(own), int(own["participant"].nunique()), 1000 / total
            rates = count * scale, method, limits.low * scale, limits.high * scale
            rows.append(EventRate(arm, kind, count, people, per, total, *rates, df, level, note))
    return EventRates(tuple(rows), level, label_of(trial))


def exposure_hours(sessions: pd.DataFrame, per: str) -> float:
    """Sum the hours of a table of sessions.

    Parameters
    ----------
    sessions : pandas.DataFrame
        The table of sessions.
    per : {"running_hours", "attended_hours", "prescribed_hours"}
        Which hours: spent running, of attended sessions, or of all prescribed sessions.

    Returns
    -------
    float
        Hours.

    Examples
    --------
    >>> log = pd.DataFrame({"participant": [1, 1], "session": [1, 2], "prescribed_minutes": [30, 30],
    ...                     "attended": [True, False], "run_minutes": [12, 0]})
    >>> [exposure_hours(log, per) for per in DENOMINATORS[:3]]
    [0.2, 0.5, 1.0]
    """
    if "sessions_attended" in sessions:
        return _hours_of_totals(sessions, per)
    length = "run_minutes" if per == "running_hours" else "prescribed_minutes"
    table = check_table(sessions, "sessions", ["participant", "session", "attended", length])
    check_listed_once(table, "sessions", ["participant", "session"])
    minutes = table[length] * table["attended"] if per == "attended_hours" else table[length]
    if (minutes < 0).any():
        raise InputError(f"sessions must have no negative minutes, got {minutes.min():g}. Correct the table.")
    return float(minutes.sum() / 60)


def _hours_of_totals(totals: pd.DataFrame, per: str) -> float:
    """Sum the hours of a table of what each person attended in all."""
    needed = (
        ["run_minutes"] if per == "running_hours" else ["sessions_prescribed", "sessions_attended", "session_minutes"]
    )
    table = check_table(totals, "session_totals", ["participant", *needed])
    check_listed_once(table, "session_totals", ["participant"])
    if per == "running_hours":
        return float(table["run_minutes"].sum() / 60)
    sessions = table["sessions_attended" if per == "attended_hours" else "sessions_prescribed"]
    return float((sessions * table["session_minutes"]).sum() / 60)


def _by_arm(
    trial: Data,
    events: pd.DataFrame,
    exposure: Callable[..., Exposure] | None,
    given: tuple[pd.DataFrame | None, float | None],
) -> Iterator[tuple[str, pd.DataFrame, Exposure]]:
    """Yield the label of an arm, its events and its exposure: the hours of arms with sessions, or the weeks of both."""
    if not isinstance(trial, Trial):
        if exposure is None:
            raise InputError("person_weeks must come from a trial, got a plain table. Give sessions, hours or a Trial.")
        yield "", events, exposure(*given)
        return
    weeks, sessions = float(trial.design.visits[-1]), given[0]
    for place, arm in enumerate(trial.design.arm_names):
        people = _people(trial, arm)
        own = events[events["participant"].isin(people)]
        log = None if sessions is None else sessions[sessions["participant"].isin(people)]
        if exposure is None:
            yield arm, own, (len(people) * weeks, dict.fromkeys(people, weeks))
        elif place == 0 or (log is not None and len(log)):  # an arm without sessions has no hours, and no such rate
            yield arm, own, exposure(log, None)


def _hours(sessions: pd.DataFrame | None, hours: float | None, *, per: str, each: bool) -> Exposure:
    """Return the hours in all and, if asked for, those of each person."""
    if (sessions is None) == (hours is None):
        given = "none" if hours is None else "both"
        raise InputError(f"{per} must come from either sessions or hours, got {given}. Give one.")
    total = exposure_hours(sessions, per) if sessions is not None else float(hours or 0)
    if not 0 < total < inf:
        raise InputError(f"{per} must be positive, got {total:g} hours. A rate needs time at risk.")
    if sessions is None or not each:
        return total, None
    return total, {person: exposure_hours(rows, per) for person, rows in sessions.groupby("participant")}


def _people(trial: Trial, arm: str) -> list[Any]:
    """Return the participants of an arm."""
    people = check_table(trial.participants, "participants", ["participant", "arm"], arms=trial.design.arm_names)
    unknown = set(trial.adverse_events["participant"]) - set(people["participant"])
    if unknown:
        raise InputError(f"participants must have everybody with an event, got none of {min(unknown)}. Add them.")
    own = people.loc[people["arm"] == arm, "participant"].tolist()
    if not own:
        raise InputError(f"participants.arm must have people in both arms, got none in {arm}. Add them.")
    return own


def _limits(
    events: pd.DataFrame, by_person: dict[Any, float] | None, method: IntervalMethod, level: float
) -> tuple[Limits[float], float, str]:
    """Return limits in events, their degrees of freedom and what to say about them."""
    if method != "clustered":
        limits = (mid_p_poisson_limits if method == "mid_p" else exact_poisson_limits)(len(events), level)
        return limits, inf, "" if len(events) else "no events: one-sided upper limit"
    if by_person is None:
        raise InputError("clustered limits must have a table of sessions, got total hours only. Give sessions.")
    unknown = sorted(set(events["participant"]) - set(by_person))
    if unknown:
        raise InputError(f"sessions must have everybody with an event, got none of participant {unknown[0]}. Add them.")
    counts = events["participant"].value_counts().reindex(list(by_person), fill_value=0)
    y, h = counts.to_numpy(dtype=float), np.array(list(by_person.values()))
    limits = clustered_limits(y, h, level)
    return limits, float(((h > 0) | (y > 0)).sum() - 1), _clustered_note(y, limits, level)


def _clustered_note(events: np.ndarray, limits: Limits[float], level: float) -> str:
    total, people = int(events.sum()), int((events > 0).sum())
    if people < 2:
        return "events of fewer than two people cannot be clustered: use exact limits"
    exact = exact_poisson_limits(total, level)
    if limits.high / limits.low < exact.high / exact.low:
        return "narrower than exact limits: no sign of clustering, use those"
    return f"rests on {people} people with events" if people < 10 else ""

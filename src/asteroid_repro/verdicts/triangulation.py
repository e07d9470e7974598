"""Identities between printed numbers: what one implies for another, and where they meet or contradict each other."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

import pandas as pd
from scipy.special import ndtr

from asteroid_repro.estimate.safety.rate_limits import exact_poisson_limits
from asteroid_repro.ledger.ledger import Ledger
from asteroid_repro.trial.quantities import EVENT_KINDS


@dataclass(frozen=True)
class Identity:
    """One number that follows from others.

    Attributes
    ----------
    name : str
        What is computed.
    formula : str
        How, in words.
    inputs : str
        The claims used, as ``id = printed``.
    result : float
        The computed number.
    low, high : float or None
        Exact 95 % limits, for a rate.
    unit : str
        Unit of the result.
    claim : str
        Id of the claim it is about; empty where nothing of the kind is published.
    finding : str
        ``meets``, ``contradicts`` or ``implies`` (no claim to compare with).
    """

    name: str
    formula: str
    inputs: str
    result: float
    low: float | None
    high: float | None
    unit: str
    claim: str
    finding: str


def triangulate(ledger: Ledger) -> tuple[Identity, ...]:
    """Compute every identity from the printed numbers of the ledger.

    Parameters
    ----------
    ledger : Ledger
        The published claims.

    Returns
    -------
    tuple of Identity
        Arm means to net difference, sessions to hours, hours to rates, distance to speed and to sessions.

    Examples
    --------
    >>> from asteroid_repro import published
    >>> first = triangulate(published())[0]
    >>> round(first.result, 6), first.finding
    (-19.35, 'meets')
    """
    return (
        *_net_differences(ledger),
        *_hours(ledger),
        *_rates(ledger),
        *_distances(ledger),
        *_spreads(ledger),
    )


def identities_frame(identities: tuple[Identity, ...]) -> pd.DataFrame:
    """Return one row per identity."""
    return pd.DataFrame([asdict(identity) for identity in identities])


def _identity(
    ledger: Ledger,
    name: str,
    formula: str,
    result: float,
    unit: str,
    *,
    inputs: tuple[str, ...],
    claim: str = "",
    limits: tuple[float, float] | None = None,
) -> Identity:
    shown = ", ".join(f"{key} = {ledger[key].printed}" for key in inputs)
    low, high = limits or (None, None)
    return Identity(name, formula, shown, result, low, high, unit, claim, _finding(ledger, claim, result))


def _finding(ledger: Ledger, claim: str, result: float) -> str:
    if not claim:
        return "implies"
    published = ledger[claim]
    if published.value is None or published.half_unit is None:
        return "contradicts" if published.status == "inconsistent" else "implies"
    return "meets" if abs(result - published.value) <= published.half_unit + 1e-9 else "contradicts"


def _values(ledger: Ledger, ids: tuple[str, ...]) -> list[float]:
    return [value for key in ids if (value := ledger[key].value) is not None]


def _net_differences(ledger: Ledger) -> list[Identity]:
    pain = tuple(f"current_pain.{arm}.{visit}" for arm in ("running", "waitlist") for visit in ("baseline", "week12"))
    disability = ("disability.running.baseline", "disability.running.week12", "disability.week12.estimate")
    before, after, waitlist_before, waitlist_after = _values(ledger, pain)
    odi_before, odi_after, effect = _values(ledger, disability)
    return [
        _identity(
            ledger,
            "net difference in current pain",
            "change in the running arm minus change in the waitlist",
            (after - before) - (waitlist_after - waitlist_before),
            "points",
            inputs=pain,
            claim="current_pain.week12.estimate",
        ),
        _identity(
            ledger,
            "change in disability on the waitlist",
            "change in the running arm minus the net difference",
            (odi_after - odi_before) - effect,
            "points",
            inputs=disability,
        ),
    ]


_PRESCRIBED: Final = ("design.running", "programme.sessions", "programme.session_minutes")


def _prescribed_hours(ledger: Ledger) -> float:
    people, sessions, minutes = _values(ledger, _PRESCRIBED)
    return people * sessions * minutes / 60


def _hours(ledger: Ledger) -> list[Identity]:
    prescribed = _prescribed_hours(ledger)
    adherence, running = _values(ledger, ("adherence.mean", "exposure.running_hours"))
    attended = prescribed * adherence / 100
    return [
        _identity(ledger, "prescribed hours", "people x sessions x length", prescribed, "hours", inputs=_PRESCRIBED),
        _identity(
            ledger,
            "attended hours",
            "prescribed hours x adherence",
            attended,
            "hours",
            inputs=(*_PRESCRIBED, "adherence.mean"),
        ),
        _identity(
            ledger,
            "share of attended time spent running",
            "running hours / attended hours",
            100 * running / attended,
            "percent",
            inputs=("exposure.running_hours", *_PRESCRIBED, "adherence.mean"),
        ),
    ]


def _rates(ledger: Ledger) -> list[Identity]:
    adherence, running = _values(ledger, ("adherence.mean", "exposure.running_hours"))
    denominators: Mapping[str, tuple[float, tuple[str, ...]]] = {
        "running": (running, ("exposure.running_hours",)),
        "attended": (_prescribed_hours(ledger) * adherence / 100, (*_PRESCRIBED, "adherence.mean")),
    }
    rows = []
    for name, (hours, inputs) in denominators.items():
        for kind in ("all", *EVENT_KINDS):
            events = _values(ledger, (f"adverse_events.{kind}",))[0]
            limits = exact_poisson_limits(int(events))
            rows.append(
                _identity(
                    ledger,
                    f"adverse events, {kind.replace('_', ' ')}, per 1000 {name} hours",
                    f"1000 x events / {name} hours, exact Poisson limits",
                    1000 * events / hours,
                    f"events per 1000 {name} hours",
                    inputs=(f"adverse_events.{kind}", *inputs),
                    limits=(1000 * limits.low / hours, 1000 * limits.high / hours),
                )
            )
    return rows


def _distances(ledger: Ledger) -> list[Identity]:
    speed_inputs = (
        "distance.week1.mean",
        "distance.week12.mean",
        "programme.weeks",
        "design.running",
        "exposure.running_hours",
    )
    start, end, weeks, people, hours = _values(ledger, speed_inputs)
    per_week, start_session, end_session = _values(
        ledger, ("adherence.sessions_per_week", "distance.session.start", "distance.session.week12")
    )
    return [
        _identity(
            ledger,
            "mean running speed",
            "mean weekly distance (a straight line from start to end) x weeks x people / running hours",
            (start + end) / 2 * weeks * people / hours,
            "km per hour",
            inputs=speed_inputs,
        ),
        _identity(
            ledger,
            "distance per session at week 12",
            "weekly distance / sessions a week",
            end / per_week,
            "km per session",
            inputs=("distance.week12.mean", "adherence.sessions_per_week"),
            claim="distance.session.week12",
        ),
        _identity(
            ledger,
            "distance per session at the start",
            "weekly distance / sessions a week",
            start / per_week,
            "km per session",
            inputs=("distance.week1.mean", "adherence.sessions_per_week"),
            claim="distance.session.start",
        ),
        _identity(
            ledger,
            "growth of the distance, called a doubling",
            "distance at week 12 / distance at the start",
            end_session / start_session,
            "times",
            inputs=("distance.session.week12", "distance.session.start"),
            claim="distance.doubled",
        ),
    ]


def _spreads(ledger: Ledger) -> list[Identity]:
    mean, sd = _values(ledger, ("distance.week12.mean", "distance.week12.sd"))
    adherence, sessions = _values(ledger, ("adherence.mean", "programme.sessions"))
    share = adherence / 100
    return [
        _identity(
            ledger,
            "share of week-12 distances below zero if they were normal",
            "Pr(Z < -mean / SD): distances must be skewed",
            float(100 * ndtr(-mean / sd)),
            "percent",
            inputs=("distance.week12.mean", "distance.week12.sd"),
        ),
        _identity(
            ledger,
            "SD of adherence if attendance were the same coin for all",
            "sqrt(share (1 - share) / sessions): people must differ",
            100 * (share * (1 - share) / sessions) ** 0.5,
            "percent",
            inputs=("adherence.mean", "programme.sessions"),
        ),
    ]

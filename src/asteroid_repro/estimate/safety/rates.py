"""Adverse-event rates per hour, with exact limits and a named denominator."""

from dataclasses import asdict, dataclass
from typing import Final

import pandas as pd
from scipy.special import gammaincinv

from asteroid_repro.errors import InputError, did_you_mean
from asteroid_repro.tables.schema import EVENT_KINDS, Trial, check_table

DENOMINATORS: Final = ("running_hours", "attended_hours", "prescribed_hours")


@dataclass(frozen=True)
class EventRate:
    """The rate of one kind of event.

    Attributes
    ----------
    kind : str
        Kind of event; ``all`` for every kind together.
    events, people : int
        Events, and people who had at least one.
    per : str
        The denominator, for instance ``running_hours``.
    hours : float
        Its amount, hours.
    rate_per_1000_h, ci_low, ci_high : float
        Events per 1000 hours with exact Poisson limits.
    """

    kind: str
    events: int
    people: int
    per: str
    hours: float
    rate_per_1000_h: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True)
class EventRates:
    """The rates of all kinds together and of each kind.

    Attributes
    ----------
    rows : tuple of EventRate
        First ``all``, then one a kind.
    label : str
        What the data are; empty for plain tables.
    """

    rows: tuple[EventRate, ...]
    label: str = ""

    def to_frame(self) -> pd.DataFrame:
        """Return one row per kind, unrounded."""
        return pd.DataFrame([asdict(row) for row in self.rows])

    def _repr_html_(self) -> str:
        return f"<p><strong>{self.label}</strong></p>" + self.to_frame().to_html(index=False)


def event_rates(
    trial: Trial | pd.DataFrame,
    *,
    sessions: pd.DataFrame | None = None,
    hours: float | None = None,
    per: str = "running_hours",
    level: float = 0.95,
) -> EventRates:
    """Compute event rates per 1000 hours.

    Parameters
    ----------
    trial : Trial or pandas.DataFrame
        A trial, or its table of adverse events; then ``sessions`` or ``hours`` gives the exposure.
    sessions : pandas.DataFrame, optional
        The table of sessions.
    hours : float, optional
        The exposure itself, hours of the kind that ``per`` names.
    per : {"running_hours", "attended_hours", "prescribed_hours"}
        The denominator. An attended session counts its full prescribed length.
    level : float
        Confidence level.

    Returns
    -------
    EventRates
        First row ``all``.

    Raises
    ------
    InputError
        No exposure, two exposures, or zero hours; an unknown denominator; an unusable table.

    Notes
    -----
    See :func:`exact_poisson_interval`. The limits suppose that events are independent; several events of one person
    make them too narrow.

    Examples
    --------
    >>> events = pd.DataFrame({"participant": [1], "week": [3], "session": [8], "kind": ["lower_limb"],
    ...                        "serious": [False]})
    >>> round(event_rates(events, hours=105).rows[0].rate_per_1000_h, 1)
    9.5
    """
    if per not in DENOMINATORS:
        raise InputError(f"per must be one of {', '.join(DENOMINATORS)}, got {per!r}.{did_you_mean(per, DENOMINATORS)}")
    table = check_table(trial.adverse_events if isinstance(trial, Trial) else trial, "adverse_events")
    if isinstance(trial, Trial):
        if sessions is not None or hours is not None:
            raise InputError(f"{per} must come from the trial itself, got both a trial and an exposure. Give one.")
        sessions = trial.sessions
    exposure = _exposure(sessions, hours, per)
    rows = [_rate("all", table, per, exposure, level)]
    rows += [_rate(kind, table[table["kind"] == kind], per, exposure, level) for kind in EVENT_KINDS]
    return EventRates(tuple(rows), trial.label if isinstance(trial, Trial) else "")


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
    >>> [exposure_hours(log, per) for per in DENOMINATORS]
    [0.2, 0.5, 1.0]
    """
    needed = ["participant", "session", "prescribed_minutes", "attended", "run_minutes"]
    table = check_table(sessions, "sessions", needed)
    if table.duplicated(["participant", "session"]).any():
        raise InputError("sessions must list each session of a person once, got one twice. Remove the duplicate.")
    minutes = {
        "running_hours": table["run_minutes"],
        "attended_hours": table["prescribed_minutes"] * table["attended"],
        "prescribed_hours": table["prescribed_minutes"],
    }[per]
    if (minutes < 0).any():
        raise InputError(f"sessions must have no negative minutes, got {minutes.min():g}. Correct the table.")
    return float(minutes.sum() / 60)


def exact_poisson_interval(events: int, level: float = 0.95) -> tuple[float, float]:
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
    tuple of float
        Lower and upper limit, events.

    References
    ----------
    .. [1] Garwood (1936), Biometrika 28:437-442. doi:10.1093/biomet/28.3-4.437

    Examples
    --------
    >>> [round(limit, 3) for limit in exact_poisson_interval(9)]
    [4.115, 17.085]
    """
    if not 0 < level < 1:
        raise InputError(f"level must be in (0, 1), got {level!r}. A 95 % interval has level=0.95.")
    alpha = 1 - level
    if events == 0:
        return 0.0, float(gammaincinv(1, 1 - alpha))
    return float(gammaincinv(events, alpha / 2)), float(gammaincinv(events + 1, 1 - alpha / 2))


def _exposure(sessions: pd.DataFrame | None, hours: float | None, per: str) -> float:
    if (sessions is None) == (hours is None):
        raise InputError(
            f"{per} must come from either sessions or hours, got {'none' if hours is None else 'both'}. Give one."
        )
    exposure = exposure_hours(sessions, per) if sessions is not None else float(hours or 0)
    if not 0 < exposure < float("inf"):
        raise InputError(f"{per} must be positive, got {exposure:g} hours. A rate needs time at risk.")
    return exposure


def _rate(kind: str, table: pd.DataFrame, per: str, hours: float, level: float) -> EventRate:
    events = len(table)
    low, high = exact_poisson_interval(events, level)
    scale = 1000 / hours
    return EventRate(
        kind,
        events,
        int(table["participant"].nunique()),
        per,
        hours,
        events * scale,
        low * scale,
        high * scale,
    )

"""The four tables of a trial: the columns that go in and come out.

Arms, outcomes and kinds of event are data: a table may have any. It may also carry further columns; those of the
participants are their characteristics.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    dtype : str
        ``"identifier"``, ``"integer"``, ``"number"``, ``"week"`` (a number, whole or not), ``"text"``, ``"boolean"`` or
        ``"any"``.
    unit : str
        Unit of the values, or what they are.
    optional : bool
        Whether a table may do without.
    may_be_missing : bool
        Whether single values may be missing.
    """

    dtype: str
    unit: str
    optional: bool = False
    may_be_missing: bool = False


CHARACTERISTIC: Final = Column("any", "characteristic of a participant", optional=True, may_be_missing=True)

TABLES: Final[Mapping[str, Mapping[str, Column]]] = {
    "participants": {
        "participant": Column("identifier", "identifier"),
        "arm": Column("text", "randomised arm"),
    },
    "outcomes": {
        "participant": Column("identifier", "identifier"),
        "arm": Column("text", "randomised arm"),
        "week": Column("week", "weeks since randomisation"),
        "outcome": Column("text", "outcome"),
        "value": Column("number", "outcome points", may_be_missing=True),
    },
    "sessions": {
        "participant": Column("identifier", "identifier"),
        "week": Column("integer", "week of the programme, from 1", optional=True),
        "session": Column("integer", "session of the programme, from 1"),
        "prescribed_minutes": Column("number", "minutes", optional=True),
        "attended": Column("boolean", "whether the session took place"),
        "run_minutes": Column("number", "minutes", optional=True),
        "walk_minutes": Column("number", "minutes", optional=True),
        "run_distance_km": Column("number", "km", optional=True),
        "repeats": Column("integer", "times the intervals of the stage were done", optional=True),
        "stage": Column("integer", "stage of the session, from 1", optional=True),
        "stage_after": Column("integer", "stage after the session, from 1", optional=True),
        "pain": Column(
            "number", "pain during the session, points; missing if not attended", optional=True, may_be_missing=True
        ),
        "flare": Column("boolean", "whether pain flared in the session", optional=True),
    },
    "adverse_events": {
        "participant": Column("identifier", "identifier"),
        "week": Column("week", "weeks since randomisation; with a programme its week, from 1", optional=True),
        "session": Column("integer", "session of it, from 1; missing outside", optional=True, may_be_missing=True),
        "kind": Column("text", "kind of event"),
        "serious": Column("boolean", "whether the event was serious", optional=True),
    },
}

SESSION_TOTALS: Final[Mapping[str, Column]] = {
    "participant": Column("identifier", "identifier"),
    "sessions_prescribed": Column("integer", "sessions"),
    "sessions_attended": Column("integer", "sessions"),
    "session_minutes": Column("number", "length of a session, minutes", optional=True),
    "run_minutes": Column("number", "minutes in all", optional=True),
}
"""What a trial may have in place of a table of sessions: a row per person."""

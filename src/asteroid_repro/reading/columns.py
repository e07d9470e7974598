"""Which column is what: named by the user, or known by a usual name whatever its case, space and signs."""

from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd

from asteroid_repro.errors import InputError, did_you_mean
from asteroid_repro.reading.cells import key

USUAL: Final[Mapping[str, Sequence[str]]] = {
    "participant": (
        "participant", "participantid", "id", "subject", "subjectid", "subjid", "usubjid", "recordid", "patient",
        "patientid", "person", "personid", "pid", "studyid", "screeningid", "caseid", "case",
    ),
    "arm": (
        "arm", "group", "treatment", "trt", "trtp", "trt01p", "treatmentgroup", "treatmentarm", "studyarm",
        "allocation", "allocated", "randomisation", "randomization", "randomised", "condition", "intervention",
        "studygroup", "armcd",
    ),
    "visit": (
        "week", "weeks", "month", "months", "day", "days", "visit", "visitname", "avisit", "time", "timepoint",
        "redcapeventname", "eventname", "assessment", "wave", "occasion", "visitno", "visitnum", "visitnumber",
    ),
    "outcome": ("outcome", "measure", "param", "paramcd", "parameter", "variable", "instrument", "scale", "endpoint"),
    "value": ("value", "score", "aval", "result", "response", "points", "outcomevalue"),
    "baseline": ("baseline", "base", "bl", "baselinevalue", "baselinescore", "valuebaseline", "basevalue"),
    "session": ("session", "sessionno", "sessionnumber", "sessionid"),
    "attended": ("attended", "attendance", "present", "completed", "done", "came"),
    "run_minutes": ("runminutes", "minutesrun", "runningminutes", "runmin", "exerciseminutes", "activeminutes"),
    "prescribed_minutes": (
        "prescribedminutes", "sessionminutes", "minutesprescribed", "plannedminutes", "prescribedmin",
    ),
    "sessions_attended": (
        "sessionsattended", "attendedsessions", "attended", "nattended", "sessionscompleted", "completedsessions",
    ),
    "sessions_prescribed": (
        "sessionsprescribed", "prescribedsessions", "prescribed", "nprescribed", "sessionsplanned", "plannedsessions",
        "sessionsoffered", "offered",
    ),
    "kind": ("kind", "aeterm", "aedecod", "event", "eventtype", "type", "term", "category", "adverseevent", "ae"),
    "serious": ("serious", "sae", "seriousness", "isserious", "aeser", "seriousevent"),
}  # fmt: skip
"""What each column is usually called, the package's own name first."""


def find_column(
    cells: pd.DataFrame, role: str, given: str | None, table: str, *, needed: bool = False, taken: Sequence[str] = ()
) -> str | None:
    """Return the column of a role, or None where there is none.

    Parameters
    ----------
    cells : pandas.DataFrame
        The table.
    role : str
        One of USUAL.
    given : str or None
        The column that the user names.
    table : str
        Name of the table, for messages.
    needed : bool
        Whether the table must have it.
    taken : sequence of str
        Columns that are something else.

    Raises
    ------
    InputError
        A named column that is not there, several that may be meant, or none where one is needed.

    Examples
    --------
    >>> find_column(pd.DataFrame(columns=["Record ID", "pain"]), "participant", None, "trial.csv")
    'Record ID'
    """
    names = [str(name) for name in cells.columns if name not in taken]
    if given is not None:
        own = [name for name in names if name == given] or [name for name in names if key(name) == key(given)]
        if len(own) != 1:
            hint = did_you_mean(given, names)
            raise InputError(
                f"{role} must name one column of {table}, got {given!r}, of which it has {len(own)}.{hint}"
            )
        return own[0]
    usual = [name for name in names if key(name) in USUAL[role]]
    exact = [name for name in usual if key(name) == key(USUAL[role][0])] or [
        name for name in usual if key(name) == key(role)
    ]
    found = exact or usual
    if len(found) > 1:
        raise InputError(
            f"{role} must be one column of {table}, got {' and '.join(map(repr, found))}. Say {role}={found[0]!r}."
        )
    if not found and needed:
        listed = ", ".join(names[:20])
        raise InputError(f"{table} must have a column {role}, got {listed}. Say {role}='...', the name it has there.")
    return found[0] if found else None

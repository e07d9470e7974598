"""The tables that go in and come out, and the record that holds the four tables of one trial.

Arms are ``running`` and ``waitlist``; visits are weeks; effects are running minus waitlist. A table may carry further
columns: they are kept and ignored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from asteroid_repro.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

ARMS: Final = ("running", "waitlist")
SEXES: Final = ("female", "male")
EVENT_KINDS: Final = ("lower_limb", "low_back_pain", "syncope")

UNITS: Final[Mapping[str, str]] = {
    "average_pain": "points (VAS, 0-100)",
    "current_pain": "points (VAS, 0-100)",
    "disability": "points (ODI, 0-100)",
}


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    dtype : str
        ``"integer"``, ``"number"``, ``"text"`` or ``"boolean"``.
    unit : str
        Unit of the values, or what they are.
    values : tuple of str
        The allowed values of a text column; empty where any text will do.
    """

    dtype: str
    unit: str
    values: tuple[str, ...] = ()


PARTICIPANTS: Final[Mapping[str, Column]] = {
    "participant": Column("integer", "identifier"),
    "arm": Column("text", "randomised arm", ARMS),
    "age_years": Column("number", "years"),
    "sex": Column("text", "sex", SEXES),
    "ran_before": Column("boolean", "had run for fitness before the back pain"),
}
OUTCOMES: Final[Mapping[str, Column]] = {
    "participant": Column("integer", "identifier"),
    "arm": Column("text", "randomised arm", ARMS),
    "week": Column("integer", "weeks since randomisation"),
    "outcome": Column("text", "outcome"),
    "value": Column("number", "outcome points"),
}
SESSIONS: Final[Mapping[str, Column]] = {
    "participant": Column("integer", "identifier"),
    "week": Column("integer", "week of the programme, from 1"),
    "session": Column("integer", "session of the programme, from 1"),
    "prescribed_minutes": Column("number", "minutes"),
    "attended": Column("boolean", "whether the session took place"),
    "run_minutes": Column("number", "minutes"),
    "walk_minutes": Column("number", "minutes"),
    "run_distance_km": Column("number", "km"),
    "repeats": Column("integer", "times the intervals of the stage were done"),
    "stage": Column("integer", "stage of the session, from 1"),
    "stage_after": Column("integer", "stage after the session, from 1"),
    "pain": Column("number", "current pain during the session, points (VAS, 0-100); missing if not attended"),
    "flare": Column("boolean", "whether pain flared in the session"),
}
ADVERSE_EVENTS: Final[Mapping[str, Column]] = {
    "participant": Column("integer", "identifier"),
    "week": Column("integer", "week of the programme, from 1"),
    "session": Column("integer", "session of the programme, from 1"),
    "kind": Column("text", "kind of event", EVENT_KINDS),
    "serious": Column("boolean", "whether the event was serious"),
}
TABLES: Final[Mapping[str, Mapping[str, Column]]] = {
    "participants": PARTICIPANTS,
    "outcomes": OUTCOMES,
    "sessions": SESSIONS,
    "adverse_events": ADVERSE_EVENTS,
}


@dataclass(frozen=True, repr=False)
class Trial:
    """The four tables of one trial.

    Attributes
    ----------
    participants, outcomes, sessions, adverse_events : pandas.DataFrame
        Tables with the columns of :data:`PARTICIPANTS`, :data:`OUTCOMES`, :data:`SESSIONS` and
        :data:`ADVERSE_EVENTS`.
    label : str
        What the data are: for simulated ones ``SIMULATED`` with scenario, seed and version. Shown on every figure
        and written into every file.
    """

    participants: "pd.DataFrame"
    outcomes: "pd.DataFrame"
    sessions: "pd.DataFrame"
    adverse_events: "pd.DataFrame"
    label: str

    def tables(self) -> "dict[str, pd.DataFrame]":
        """Return the four tables by name."""
        return {name: getattr(self, name) for name in TABLES}

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per table: its name, its rows and its people."""
        import pandas as pd

        return pd.DataFrame(
            [
                {"table": name, "rows": len(table), "participants": table["participant"].nunique()}
                for name, table in self.tables().items()
            ]
        )

    def __repr__(self) -> str:
        """Return what the trial is; the tables are long."""
        return f"Trial({self.label!r})"

    def _repr_html_(self) -> str:
        return f"<p><strong>{self.label}</strong></p>" + self.to_frame().to_html(index=False)


_MAY_BE_MISSING: Final = frozenset({"outcomes.value", "sessions.pain"})


def check_table(frame: "pd.DataFrame", name: str, needed: Sequence[str] | None = None) -> "pd.DataFrame":
    """Check a table against its columns and return those columns, in order, with their dtypes.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table a user brought.
    name : str
        ``participants``, ``outcomes``, ``sessions`` or ``adverse_events``.
    needed : sequence of str, optional
        The columns that are used; all of the table's columns when not given.

    Returns
    -------
    pandas.DataFrame
        The needed columns only. ``value`` in ``outcomes`` may be missing, nothing else may.

    Raises
    ------
    InputError
        A missing column, text in a number, an unknown arm, sex or kind, a missing or infinite value.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"participant": [1], "arm": ["running"], "week": [0],
    ...                      "outcome": ["disability"], "value": [20]})
    >>> check_table(rows, "outcomes")["value"].tolist()
    [20.0]
    """
    import pandas as pd

    columns = {key: TABLES[name][key] for key in (needed or TABLES[name])}
    missing = [key for key in columns if key not in frame.columns]
    if missing:
        raise InputError(
            f"{name} must have the columns {', '.join(columns)}; missing: {', '.join(missing)}. "
            "Rename or add the columns."
        )
    checked = {key: _checked_column(frame[key], f"{name}.{key}", column) for key, column in columns.items()}
    return pd.DataFrame(checked).reset_index(drop=True)


def _checked_column(series: "pd.Series", field: str, column: Column) -> "pd.Series":
    if column.dtype == "text":
        return _checked_text(series, field, column.values)
    if field not in _MAY_BE_MISSING and series.isna().any():
        raise InputError(f"{field} must not be missing, got {int(series.isna().sum())} missing. Fill or drop them.")
    if column.dtype == "boolean":
        if not series.isin([True, False]).all():
            odd = series[~series.isin([True, False])].iloc[0]
            raise InputError(f"{field} must be true or false, got {odd!r}. Recode it.")
        return series.astype(bool)
    if field.endswith(".participant"):  # an identifier may be a number or text
        return series
    return _checked_number(series, field, whole=column.dtype == "integer")


def _checked_text(series: "pd.Series", field: str, values: tuple[str, ...]) -> "pd.Series":
    if series.isna().any():
        raise InputError(f"{field} must not be missing, got {int(series.isna().sum())} missing. Fill or drop them.")
    text = series.astype(str)
    if (text.str.strip() == "").any():
        raise InputError(f"{field} must not be empty text. Fill or drop those rows.")
    odd = text[~text.isin(values)]
    if values and len(odd):
        raise InputError(f"{field} must be one of {', '.join(values)}, got {odd.iloc[0]!r}. Recode it.")
    return text


def _checked_number(series: "pd.Series", field: str, *, whole: bool) -> "pd.Series":
    import pandas as pd

    numbers = pd.to_numeric(series, errors="coerce").astype(float)
    text = series[numbers.isna() & series.notna()]
    if len(text):
        raise InputError(f"{field} must be a number, got {text.iloc[0]!r}. Recode it, or leave it empty if missing.")
    if np.isinf(numbers).any():
        raise InputError(f"{field} must be finite, got an infinite value. Correct it.")
    if whole and (numbers % 1 != 0).any():
        raise InputError(f"{field} must be a whole number, got {numbers[numbers % 1 != 0].iloc[0]:g}. Correct it.")
    return numbers.astype(int) if whole else numbers

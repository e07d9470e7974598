"""The check of a table that a user brought: a problem is one line that says where, what is needed and what to do."""

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from asteroid_repro.errors import InputError
from asteroid_repro.tables.schema import CHARACTERISTIC, SESSION_TOTALS, TABLES, Column

if TYPE_CHECKING:
    import pandas as pd

Words = Sequence[str] | None


def check_table(
    frame: "pd.DataFrame", name: str, needed: Words = None, *, arms: Words = None, kinds: Words = None
) -> "pd.DataFrame":
    """Check a table against its columns and return those columns, in order, with their dtypes.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table a user brought.
    name : str
        ``participants``, ``outcomes``, ``sessions``, ``session_totals`` or ``adverse_events``.
    needed : sequence of str, optional
        The columns that are used. When not given, all that the table must have and, where it has them, those it may
        have; of participants also their characteristics, as they are.
    arms, kinds : sequence of str, optional
        The arms, or the kinds of event, that the table may have; any when not given.

    Returns
    -------
    pandas.DataFrame
        Those columns only. ``value`` in ``outcomes`` may be missing, as may characteristics and pain in a session;
        nothing else may. Weeks are whole numbers where all are.

    Raises
    ------
    InputError
        A missing column, text in a number, an unknown arm or kind, a missing or infinite value, identifiers of
        participants of which some are numbers and some text.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"participant": [1], "arm": ["control"], "week": [0],
    ...                      "outcome": ["sleep"], "value": [20]})
    >>> check_table(rows, "outcomes")["value"].tolist()
    [20.0]
    """
    import pandas as pd

    known = SESSION_TOTALS if name == "session_totals" else TABLES[name]
    if needed is None:
        needed = [key for key, column in known.items() if not column.optional or key in frame.columns]
        needed += [key for key in frame.columns if key not in known] if name == "participants" else []
    columns = {key: known.get(key, CHARACTERISTIC) for key in needed}
    missing = [key for key in columns if key not in frame.columns]
    if missing:
        raise InputError(f"{name} must have the columns {', '.join(columns)}; missing: {', '.join(missing)}. Add them.")
    allowed = {"arm": arms, "kind": kinds}
    own = {
        key: _checked_column(frame[key], f"{name}.{key}", column, allowed.get(key)) for key, column in columns.items()
    }
    return pd.DataFrame(own).reset_index(drop=True)


def check_listed_once(table: "pd.DataFrame", name: str, keys: Sequence[str]) -> None:
    """Refuse rows of a table that are about the same thing.

    Raises
    ------
    InputError
        With the first thing that is there more than once.

    Examples
    --------
    >>> import pandas as pd
    >>> sessions = pd.DataFrame({"participant": [1, 1], "session": [1, 2]})
    >>> check_listed_once(sessions, "sessions", ["participant", "session"])
    """
    repeated = table[table.duplicated(keys)]
    if len(repeated):
        what = ", ".join(f"{key} {repeated.iloc[0][key]}" for key in keys)
        raise InputError(
            f"{name} must have one row per {' and '.join(filter(None, [', '.join(keys[:-1]), keys[-1]]))}, got several "
            f"for {what}. Remove them."
        )


def _refuse(odd: "pd.Series", field: str, requirement: str, advice: str = "Recode it.") -> None:
    if len(odd):
        raise InputError(f"{field} must be {requirement}, got {odd.tolist()[0]!r}. {advice}")


def _checked_column(series: "pd.Series", field: str, column: Column, allowed: Words) -> "pd.Series":
    if not column.may_be_missing and series.isna().any():
        raise InputError(f"{field} must not be missing, got {int(series.isna().sum())} missing. Fill or drop them.")
    if column.dtype == "identifier":
        return _checked_identifier(series, field)
    if column.dtype == "text":
        return _checked_text(series, field, allowed)
    if column.dtype == "boolean":
        _refuse(series[~series.isin([True, False])], field, "true or false")
        return series.astype(bool)
    return series if column.dtype == "any" else _checked_number(series, field, column.dtype)


def _checked_identifier(series: "pd.Series", field: str) -> "pd.Series":
    """Return identifiers, numbers or text, without the order that categories may have."""
    values = series.astype(series.cat.categories.dtype) if series.dtype == "category" else series
    text = values.map(lambda value: isinstance(value, str))
    if text.any() and not text.all():
        number, word = values[~text].iloc[0], values[text].iloc[0]
        raise InputError(f"{field} must be all numbers or all text, got both, {number} and {word!r}. Recode it.")
    first: dict[str, str] = {}
    for written in values.unique() if text.any() else ():
        alike = first.setdefault(" ".join(unicodedata.normalize("NFKC", written).split()).casefold(), written)
        if alike != written:
            raise InputError(
                f"{field} must be written in one way, got {alike!r} and {written!r}, one person or two. Rename "
                "one; read_people takes them as one."
            )
    return values


def _checked_text(series: "pd.Series", field: str, allowed: Words) -> "pd.Series":
    text = series.astype(str)
    if (text.str.strip() == "").any():
        raise InputError(f"{field} must not be empty text. Fill or drop those rows.")
    if allowed:
        _refuse(text[~text.isin(allowed)], field, f"one of {', '.join(allowed)}")
    return text


def _checked_number(series: "pd.Series", field: str, dtype: str) -> "pd.Series":
    import pandas as pd

    numbers = pd.to_numeric(series, errors="coerce").astype(float)
    _refuse(series[numbers.isna() & series.notna()], field, "a number", "Recode it, or leave it empty if missing.")
    _refuse(numbers[np.isinf(numbers)], field, "finite", "Correct it.")
    part = numbers[numbers % 1 != 0].dropna()
    if dtype == "integer":
        _refuse(part, field, "a whole number", "Correct it.")
    return numbers.astype(int) if dtype != "number" and part.empty and not numbers.isna().any() else numbers

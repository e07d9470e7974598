"""Changes that moved a number, dated: what a result of an earlier version may have to be read anew for."""

import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from asteroid_repro.errors import InputError
from asteroid_repro.tables.result_table import ResultTable

if TYPE_CHECKING:
    import pandas as pd

_FILE: Final = "number_changes.toml"


@dataclass(frozen=True)
class NumberChange:
    """One change.

    Attributes
    ----------
    date : str
        The day, as 2026-11-25.
    since : str
        Version that results made before it carry.
    what : str
        What moved, and why.
    """

    date: str
    since: str
    what: str


@dataclass(frozen=True)
class NumberChanges(ResultTable):
    """Changes after a version or a day, the oldest first.

    Attributes
    ----------
    rows : tuple of NumberChange
        One each.
    label : str
        After what.
    """

    rows: tuple[NumberChange, ...]
    label: str

    def answer(self) -> str:
        """Return how many there are."""
        return f"{len(self.rows)} changes moved a number." if self.rows else "No change moved a number."

    def short_frame(self) -> "pd.DataFrame":
        """Return all of them: none may be overlooked."""
        return self.to_frame()


def changes_since(version_or_date: str) -> NumberChanges:
    """Return the changes that moved a number since a version or a day.

    Parameters
    ----------
    version_or_date : str
        The version on a result, as ``"0.1.0"``, or a day, as ``"2026-11-25"``. A change made while a version is in the
        making counts as made since that version; the day tells them apart.

    Returns
    -------
    NumberChanges
        The changes at that version or later, or after that day; the same list as CHANGELOG.md, Numbers.

    Raises
    ------
    InputError
        Neither a version nor a day.

    Examples
    --------
    >>> len(changes_since("0.1.0").rows) > 5, len(changes_since("9999-01-01").rows)
    (True, 0)
    """
    if re.fullmatch(r"\d{4}-\d\d-\d\d", version_or_date):
        found = [one for one in number_changes() if one.date > version_or_date]
    elif re.fullmatch(r"\d+(\.\d+){1,2}", version_or_date):
        found = [one for one in number_changes() if _parts(one.since) >= _parts(version_or_date)]
    else:
        wanted = "a version (0.1.0) or a day (2026-11-25)"
        raise InputError(f"version_or_date must be {wanted}, got {version_or_date!r}. Correct it.")
    return NumberChanges(tuple(found), f"Changes of numbers since {version_or_date}")


def number_changes() -> list[NumberChange]:
    """Return every change, the oldest first.

    Examples
    --------
    >>> number_changes()[0].since
    '0.1.0'
    """
    entries = tomllib.loads((files(__package__) / _FILE).read_text(encoding="utf-8"))["change"]
    return [NumberChange(str(entry["date"]), entry["since"], entry["what"]) for entry in entries]


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in (*version.split("."), "0")[:3])

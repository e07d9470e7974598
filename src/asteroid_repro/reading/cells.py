"""Cells as numbers, as true or false, or as missing: read in one way, or refused with the row and what stands there."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, time, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd

from asteroid_repro.errors import InputError

MISSING_WORDS: Final = ("", "na", "n/a", "nan", ".", "null", "none", "missing", "#n/a", "<na>")
_NUMBER: Final = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
_DIGITS_AFTER_COMMA: Final = re.compile(r",(\d*)")
_TRUE: Final = ("true", "t", "yes", "y", "1", "1.0")
_FALSE: Final = ("false", "f", "no", "n", "0", "0.0")


def plain(cell: Any) -> str:
    """Return a cell as text in one Unicode form, without space around it; a whole number without its point.

    Examples
    --------
    >>> plain(" A01 "), plain(12.0), plain(None)
    ('A01', '12', '')
    """
    if cell is None or cell is pd.NaT or cell is pd.NA or (isinstance(cell, float | np.floating) and np.isnan(cell)):
        return ""
    if isinstance(cell, float | np.floating) and float(cell).is_integer():
        cell = int(cell)
    return " ".join(unicodedata.normalize("NFKC", str(cell)).replace("\N{MINUS SIGN}", "-").split())


def key(cell: Any) -> str:
    """Return a word as it is compared: letters and digits alone, whatever their case.

    Examples
    --------
    >>> key("Record ID"), key("record_id")
    ('recordid', 'recordid')
    """
    return re.sub(r"[\W_]+", "", plain(cell).casefold())


def is_missing(cell: Any) -> bool:
    """Return whether a cell is empty, or a word for it."""
    return plain(cell).casefold() in MISSING_WORDS


def comma_is_decimal(columns: Iterable[pd.Series], name: str, decimal: str | None = None) -> bool:
    """Return whether the numbers of a table have a decimal comma.

    Raises
    ------
    InputError
        Commas and points in one table, or commas that may be of either kind.

    Examples
    --------
    >>> comma_is_decimal([pd.Series(["6,5", "7"])], "table")
    True
    """
    if decimal is not None:
        return decimal == ","
    points, commas = [], []
    for column in columns:
        texts = {cell: plain(cell) for cell in column.unique() if isinstance(cell, str)}
        numbers = [text for text in texts.values() if _NUMBER.fullmatch(text)]
        commas += [text for text in numbers if "," in text]
        points += [text for text in numbers if "." in text]
    if commas and points:
        both = f"{points[0]!r} and {commas[0]!r}"
        raise InputError(f"{name} must write decimals in one way, got {both}. Say decimal=',' or '.', or correct it.")
    if commas and all(len(_DIGITS_AFTER_COMMA.findall(text)[0]) == 3 for text in commas):
        raise InputError(f"{name} must not leave open what a comma is, got {commas[0]!r}. Say decimal=',' or '.'.")
    return bool(commas)


def numbers(column: pd.Series, field: str, *, comma: bool = False, codes: Sequence[Any] = ()) -> pd.Series:
    """Read a column as numbers; cells that are empty, and the codes for missing, become NaN.

    Raises
    ------
    InputError
        The first cell that is no number, with its row.

    Examples
    --------
    >>> numbers(pd.Series(["6,5", "-99", ""]), "pain", comma=True, codes=["-99"]).tolist()
    [6.5, nan, nan]
    """
    known = {plain(code).casefold() for code in codes}
    coded = {float(code) for code in known if _NUMBER.fullmatch(code) and "," not in code}
    values = [_number(cell, comma=comma) for cell in column]
    for row, cell, value in zip(column.index, column, values, strict=True):
        if value is None and plain(cell).casefold() not in known:
            advice = "Correct it, or declare it: missing=[...]"
            raise InputError(f"{field} must be a number, got {_shown(cell)} in row {row}. {advice}.")
    found = [np.nan if value is None or value in coded else value for value in values]
    return pd.Series(found, index=column.index, dtype=float)


def looks_numeric(column: pd.Series) -> bool:
    """Return whether most cells that hold something are numbers."""
    filled = [cell for cell in column if not is_missing(cell)]
    return bool(filled) and sum(_number(cell, comma=True) is not None for cell in filled) > len(filled) / 2


def truths(column: pd.Series, field: str) -> pd.Series:
    """Read a column as true or false.

    Raises
    ------
    InputError
        The first cell that is neither, with its row.

    Examples
    --------
    >>> truths(pd.Series(["Yes", "n", 1]), "attended").tolist()
    [True, False, True]
    """
    words = column.map(lambda cell: plain(cell).casefold())
    odd = words[~words.isin([*_TRUE, *_FALSE])]
    if len(odd):
        row = odd.index[0]
        raise InputError(f"{field} must be yes or no, got {_shown(column[row])} in row {row}. Recode it.")
    return words.isin(_TRUE)


def _number(cell: Any, *, comma: bool) -> float | None:
    """Return a cell as a number, NaN where it is missing, None where it is neither."""
    if is_missing(cell):
        return np.nan
    if isinstance(cell, bool | np.bool | date | time | timedelta):
        return None
    if isinstance(cell, int | float | np.number):
        return float(cell) if np.isfinite(cell) else None
    text = plain(cell)
    text = text.replace(",", ".") if comma and "." not in text else text
    if not _NUMBER.fullmatch(text) or "," in text:
        return None
    value = float(text)
    return value if np.isfinite(value) else None


def _shown(cell: Any) -> str:
    text = repr(cell) if isinstance(cell, str) else str(cell)
    return text if len(text) <= 60 else f"{text[:57]}..."

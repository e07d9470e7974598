"""Rows as plain text that a given width holds: a table, or a block for each row where a table is too wide."""

import math
from collections.abc import Iterable, Sequence
from shutil import get_terminal_size
from textwrap import TextWrapper
from typing import Any, Final

Records = list[dict[str, Any]]

_GAP: Final = "  "
_LEAST: Final = 40  # columns; narrower is no terminal


def text_width() -> int:
    """Return the columns of the terminal, or those that COLUMNS names; 80 in a pipe, which has none of its own.

    Examples
    --------
    >>> text_width() >= 40
    True
    """
    return max(_LEAST, get_terminal_size((80, 24)).columns)


def paragraph(text: str, width: int, first: str = "") -> str:
    """Break a text into lines, never within a word or a number; ``first`` stands before it, and the rest is indented.

    Examples
    --------
    >>> print(paragraph("95 % limits -25.33 to -5.27", 19, "se  "))
    se  95 % limits
        -25.33 to -5.27
    """
    lines = TextWrapper(width, first, " " * len(first), break_long_words=False, break_on_hyphens=False).wrap(text)
    return "\n".join(lines or [first])


def text_table(records: Records, width: int) -> str:
    """Return rows as text; nothing in it is ever cut.

    What is the same in every row is said once above where the table is too wide. Where it still is, each row becomes a
    block with a line for each of its values.

    Parameters
    ----------
    records : list of dict
        Rows with the same names.
    width : int
        Columns there are. Only a single word that is longer goes beyond them.

    Returns
    -------
    str
        ASCII where the values are; numbers with four significant digits, to the right.

    Examples
    --------
    >>> rows = [{"arm": "running", "mean": -15.3}, {"arm": "waitlist", "mean": 2.80001}]
    >>> print(text_table(rows, 80))
    arm        mean
    --------  -----
    running   -15.3
    waitlist    2.8
    >>> print(text_table(rows[:1], 12))
    arm   running
    mean  -15.3
    """
    if _width_of(records) <= width:
        return _grid(records)
    same = _the_same(records)
    rest = [{name: value for name, value in record.items() if name not in same} for record in records]
    above = f"In every row: {', '.join(f'{name} {text}' for name, text in same.items() if text)}."
    body = _grid(rest) if _width_of(rest) <= width else _blocks(rest, width)
    return f"{paragraph(above, width)}\n\n{body}" if same else body


def cells(values: Iterable[Any], digits: int = 4) -> list[str]:
    """Return values as text, numbers at so many significant digits, for a screen.

    Examples
    --------
    >>> cells([0.123456, 12, "running", None, math.nan])
    ['0.1235', '12', 'running', '', '']
    """
    return [cell(value, digits) for value in values]


def cell(value: Any, digits: int) -> str:
    """Return a value as text; nothing for one that is not there.

    Examples
    --------
    >>> cell(0.123456, 2), cell(math.nan, 2)
    ('0.12', '')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)


def _columns(records: Records) -> list[list[str]]:
    """Return the cells of each column under its name; text of several lines becomes one."""
    lines = [list(records[0]), *(cells(record.values()) for record in records)]
    return [[" ".join(each.split()) for each in column] for column in zip(*lines, strict=True)]


def _width_of(records: Records) -> int:
    return sum(max(map(len, column)) + len(_GAP) for column in _columns(records)) - len(_GAP)


def _grid(records: Records) -> str:
    columns = [_aligned(column, record) for column, record in zip(_columns(records), _values(records), strict=True)]
    return "\n".join(_GAP.join(line).rstrip() for line in zip(*columns, strict=True))


def _aligned(column: list[str], values: Sequence[Any]) -> list[str]:
    """Return a column of one width with a rule below its name, numbers to the right."""
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values if value != "")
    wide = max(map(len, column))
    name, *rest = [text.rjust(wide) if numbers else text.ljust(wide) for text in column]
    return [name, "-" * wide, *rest]


def _values(records: Records) -> list[Sequence[Any]]:
    return [
        [value for value in column if value is not None] for column in zip(*(r.values() for r in records), strict=True)
    ]


def _the_same(records: Records) -> dict[str, str]:
    """Return what several rows all have, by name."""
    if len(records) < 2:
        return {}
    return {name: texts[0] for name, *texts in _columns(records) if len(set(texts)) == 1}


def _blocks(records: Records, width: int) -> str:
    """Return a block for each row: a name and a value a line, longer values below each other; empty ones left out."""
    wide = max(map(len, records[0])) + len(_GAP)
    blocks = []
    for record in records:
        named = zip(record, _columns([record]), strict=True)
        lines = [paragraph(text, width, name.ljust(wide)) for name, (_, text) in named if text]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)

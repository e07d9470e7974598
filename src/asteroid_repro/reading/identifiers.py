"""Who is who: two ways to write one identifier are one person, and what may be one person or two is refused."""

import re
from collections.abc import Callable, Iterable
from typing import Any

import pandas as pd

from asteroid_repro.errors import InputError
from asteroid_repro.reading.cells import is_missing, plain


class People:
    """The people of a trial by all the ways in which its tables write them.

    Examples
    --------
    >>> people = People()
    >>> people.meet(pd.Series([" a01", "A01", "A02"]), "participant")
    >>> people.named(pd.Series(["A01 ", "a02"])).tolist()
    ['a01', 'A02']
    """

    def __init__(self) -> None:
        """Begin with nobody."""
        self._first: dict[str, str] = {}  # by the way they are compared: as first written
        self._alike: dict[str, str] = {}  # by a way that is too loose to compare them: the way they are compared
        self._written: dict[str, set[str]] = {}

    def meet(self, column: pd.Series, field: str) -> None:
        """Take in the identifiers of a table.

        Raises
        ------
        InputError
            A row without one, or two that may be the same person.
        """
        absent = column[column.map(is_missing)]
        if len(absent):
            raise InputError(
                f"{field} must be in every row, got none in row {absent.index[0]}. Add it or drop the row."
            )
        for text, raw in dict.fromkeys(zip(column.map(plain), column.map(str), strict=True)):
            self._meet(text, raw, field)

    def named(self, column: pd.Series) -> pd.Series:
        """Return each person as first written; whole numbers where everybody is one."""
        own = column.map(lambda cell: self._first[plain(cell).casefold()])
        return own.astype(int) if all(map(_is_whole, self._first.values())) else own

    def known(self, column: pd.Series) -> pd.Series:
        """Return which rows are of somebody already met."""
        return column.map(lambda cell: plain(cell).casefold() in self._first)

    def notes(self) -> list[str]:
        """Say who is written in several ways."""
        several = [sorted(ways) for ways in self._written.values() if len(ways) > 1]
        if not several:
            return []
        shown = ", ".join(" = ".join(map(repr, ways)) for ways in several[:3])
        return [f"{len(several)} people are written in several ways and are one person each: {shown}."]

    def _meet(self, text: str, raw: str, field: str) -> None:
        exact, loose = text.casefold(), _loose(text)
        first = self._first.setdefault(exact, text)
        self._written.setdefault(exact, set()).add(raw.removesuffix(".0"))
        other = self._alike.setdefault(loose, exact)
        if other != exact:
            both = f"{self._first[other]!r} and {first!r}"
            raise InputError(f"{field} must be written in one way, got {both}, one person or two. Write them apart.")


def one_spelling(column: pd.Series, told: Callable[[str], None], what: str) -> pd.Series:
    """Return words that differ in case or space alone as one, each as it is most often written.

    Examples
    --------
    >>> one_spelling(pd.Series(["Female", "female ", "Female"]), print, "sex").tolist()
    sex: 'Female', 'female ' are one word.
    ['Female', 'Female', 'Female']
    """
    ways: dict[str, dict[str, int]] = {}
    for cell in column:
        if not is_missing(cell):
            own = ways.setdefault(plain(cell).casefold(), {})
            own[str(cell)] = own.get(str(cell), 0) + 1
    usual = {word: plain(max(own, key=own.__getitem__)) for word, own in ways.items()}
    for own in ways.values():
        if len(own) > 1 and len({plain(way) for way in own} | {way.strip() for way in own}) > 1:
            told(f"{what}: {', '.join(map(repr, sorted(own)))} are one word.")
    return column.map(lambda cell: None if is_missing(cell) else usual[plain(cell).casefold()])


def _is_whole(text: str) -> bool:
    return re.fullmatch(r"0|-?[1-9]\d{0,17}", text, re.ASCII) is not None


def _loose(text: str) -> str:
    """Return an identifier without what gets lost on the way: signs between letters and digits, leading zeros."""
    dashed = re.sub(r"[\W_]+", "-", text.casefold()).strip("-")
    joined = re.sub(r"(?<=[^\W\d])-(?=\d)|(?<=\d)-(?=[^\W\d])", "", dashed)
    return re.sub(r"(?<!\d)0+(?=\d)", "", joined)


def listed(things: Iterable[Any], most: int = 5) -> str:
    """Return things in a list for a sentence, not more than a few.

    Examples
    --------
    >>> listed([1, 2, 3], most=2)
    '1, 2 and 1 more'
    """
    texts = [str(thing) for thing in things]
    return ", ".join(texts[:most]) + (f" and {len(texts) - most} more" if len(texts) > most else "")

"""The result of a granularity check, and the exact arithmetic of printed numbers that the checks share."""

import math
import re
from dataclasses import asdict, dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

import pandas as pd

from asteroid_repro.errors import InputError

_MINUS: Final = "\u2212"


@dataclass(frozen=True)
class GranularityCheck:
    """Whether a printed value is possible, and how much that tells.

    Attributes
    ----------
    test : str
        ``GRIM``, ``GRIMMER`` or ``DEBIT``.
    printed : str
        The printed value.
    consistent : bool
        Whether whole-number data of the stated size can print it.
    nearest : str
        The possible printed value nearest to it (itself where consistent); empty where the mean beside an SD is
        itself impossible.
    share_passing : float
        Share of random values, printed at this precision, that would pass: the chance that a wrong value goes
        unnoticed. 1 means that the check cannot fail.
    """

    test: str
    printed: str
    consistent: bool
    nearest: str
    share_passing: float

    @property
    def power(self) -> float:
        """The chance that a random wrong value is noticed: 1 - `share_passing`."""
        return 1 - self.share_passing

    def to_frame(self) -> pd.DataFrame:
        """Return one row."""
        return pd.DataFrame([{**asdict(self), "power": self.power}])

    def _repr_html_(self) -> str:
        return self.to_frame().to_html(index=False)


def number(field: str, printed: str) -> Fraction:
    """Return a printed number exactly.

    Parameters
    ----------
    field : str
        Its name, for the message.
    printed : str
        The number as text, because its decimals count.

    Returns
    -------
    fractions.Fraction
        Its value.

    Raises
    ------
    InputError
        Not text, or not a number.

    Examples
    --------
    >>> number("mean", "-15.30")
    Fraction(-153, 10)
    """
    pattern = rf"[-+{_MINUS}]?(?:\d{{1,15}}(?:\.\d{{0,15}})?|\.\d{{1,15}})"
    if isinstance(printed, str) and re.fullmatch(pattern, printed):  # a float has lost its trailing zeros
        return Fraction(printed.replace(_MINUS, "-"))
    raise InputError(f"{field} must be a number as printed, got {printed!r}. Give it as text, such as '14.25'.")


def unit_of(printed: str) -> Fraction:
    """Return one unit of the last printed digit.

    Examples
    --------
    >>> unit_of("14.25")
    Fraction(1, 100)
    """
    return Fraction(1, 10 ** _decimals(printed))


def print_like(count: int, printed: str) -> str:
    """Return `count` units of the last digit of `printed`, with its decimals.

    Examples
    --------
    >>> print_like(1430, "14.25")
    '14.30'
    """
    return f"{Decimal(count).scaleb(-_decimals(printed)):f}"


def prints_as(value: Fraction, unit: Fraction) -> set[int]:
    """Return the printed values, in units, that a value may round to: two where it lies midway.

    Examples
    --------
    >>> prints_as(Fraction(5, 2), Fraction(1)), prints_as(Fraction(7, 3), Fraction(1))
    ({2, 3}, {2})
    """
    return {math.ceil(value / unit - Fraction(1, 2)), math.floor(value / unit + Fraction(1, 2))}


def positive(field: str, value: int) -> int:
    """Return a whole number of at least 1, or say what is wrong.

    Raises
    ------
    InputError
        A value below 1 or not whole.

    Examples
    --------
    >>> positive("n", 20)
    20
    """
    if value < 1 or value != int(value):
        raise InputError(f"{field} must be a whole number of at least 1, got {value}. Correct it.")
    return int(value)


def _decimals(printed: str) -> int:
    return len(printed.partition(".")[2])

"""The unrounded values that a printed number leaves open.

Decimals carry information: ``-15.3`` allows [-15.35, -15.25], ``-15.30`` only [-15.305, -15.295]. So a number stays
a string until its interval is taken, and a repaired number is printed with the same decimals.
"""

from decimal import Decimal
from functools import lru_cache
from typing import Final

from asteroid_repro.tables.limits import Limits

# Decimal arithmetic makes the interval ends exact; their conversion to binary does not. Each closed interval is
# widened by this share of its half unit, so that two intervals that just touch are never called a contradiction.
_SLACK: Final = 1e-9


def unit(printed: str) -> Decimal:
    """Return one unit of the last printed digit.

    Parameters
    ----------
    printed : str
        A printed number without a relation.

    Returns
    -------
    decimal.Decimal
        0.01 for ``-15.30``.

    Examples
    --------
    >>> unit("-15.30")
    Decimal('0.01')
    """
    return Decimal(1).scaleb(int(Decimal(printed).as_tuple().exponent))


@lru_cache(maxsize=1024)  # the same few numbers are asked for on every scale
def rounding_interval(printed: str) -> Limits[float]:
    """Return the values that print as `printed`: [x - h, x + h], h half a unit of its last digit.

    The interval is closed at both ends because either rule, half-up or half-even, may have rounded it.

    Parameters
    ----------
    printed : str
        A printed number.

    Returns
    -------
    Limits
        In the number's own unit.

    Examples
    --------
    >>> band = rounding_interval("-15.30")
    >>> abs(band.low + 15.305) < 1e-9 and abs(band.high + 15.295) < 1e-9
    True
    """
    value = Decimal(printed)
    half = unit(printed) / 2
    slack = _SLACK * float(half) + 4e-16 * abs(float(value))
    return Limits(float(value - half) - slack, float(value + half) + slack)


def p_interval(printed: str) -> Limits[float]:
    """Return the p-values that print as `printed`: ``0.003`` is [0.0025, 0.0035], ``<0.001`` is [0, 0.001].

    Parameters
    ----------
    printed : str
        A printed p-value, led by ``<`` or ``>`` where it was printed as an inequality.

    Returns
    -------
    Limits
        Within [0, 1].

    Examples
    --------
    >>> p_interval("<0.001").low == 0 and abs(p_interval("<0.001").high - 0.001) < 1e-9
    True
    """
    number = printed.lstrip("<>")
    slack = _SLACK * float(unit(number)) / 2
    if printed[0] == "<":
        return Limits(0.0, min(float(number) + slack, 1.0))
    if printed[0] == ">":
        return Limits(max(float(number) - slack, 0.0), 1.0)
    plain = rounding_interval(number)
    return Limits(max(plain.low, 0.0), min(plain.high, 1.0))

"""How numbers are said: rounded for people, with a true minus sign."""

import math


def number(value: float, decimals: int) -> str:
    r"""Format a number as it is printed in a paper: with a true minus sign, and none before a zero.

    Examples
    --------
    >>> number(-15.3, 2) == "\N{MINUS SIGN}15.30", number(-0.04, 1)
    (True, '0.0')
    """
    return with_minus(f"{round(float(value), decimals) + 0.0:.{decimals}f}")


def with_minus(printed: str) -> str:
    """Return a printed string with true minus signs."""
    return printed.replace("-", "\N{MINUS SIGN}")


def decimals(size: float) -> int:
    """Return the decimals that show a number, for instance a standard error, with two digits; one at the least.

    Examples
    --------
    >>> decimals(5.1), decimals(0.42), decimals(0.0)
    (1, 2, 1)
    """
    return max(1, 1 - math.floor(math.log10(size))) if 0 < size < math.inf else 1


def percent(level: float) -> str:
    """Return a confidence level as it is.

    Examples
    --------
    >>> percent(0.95), percent(0.9999)
    ('95 %', '99.99 %')
    """
    return f"{100 * level:.12g} %"


def p_value(p: float) -> str:
    """Return a p value with three decimals.

    Examples
    --------
    >>> p_value(0.0496), p_value(0.00099)
    ('0.050', '<0.001')
    """
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def p_equals(printed: str) -> str:
    """Return a printed p value with its relation.

    Examples
    --------
    >>> p_equals("0.050"), p_equals("<0.001")
    ('p = 0.050', 'p < 0.001')
    """
    return f"p {printed[0]} {printed[1:]}" if printed[0] in "<>" else f"p = {printed}"


def estimate_with_limits(estimate: float, low: float, high: float, digits: int) -> str:
    """Return an estimate with its limits in brackets; without them where the method gives none.

    Examples
    --------
    >>> estimate_with_limits(20.6, 2.5, 74.4, 1), estimate_with_limits(20.6, math.nan, math.nan, 1)
    ('20.6 (2.5, 74.4)', '20.6')
    """
    if math.isnan(low):
        return number(estimate, digits)
    return f"{number(estimate, digits)} ({number(low, digits)}, {number(high, digits)})"


def between(low: float, high: float, digits: int) -> str:
    """Return two limits as a range.

    Examples
    --------
    >>> between(2.5, 74.4, 1)
    '2.5 to 74.4'
    """
    return f"{number(low, digits)} to {number(high, digits)}"

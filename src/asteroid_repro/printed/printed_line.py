"""A printed result line, kept as the strings that were printed, and the intervals that rounding leaves open.

Decimals carry information: ``-15.3`` allows [-15.35, -15.25], ``-15.30`` only [-15.305, -15.295]. So a number stays
a string until its interval is taken, and a repaired number is printed with the same decimals.
"""

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from asteroid_repro.errors import InputError

FIELDS: Final = ("estimate", "lower", "upper", "p")
EXAMPLE: Final = "-15.30 (-25.33, -5.27), p=0.003"

# Decimal arithmetic makes the interval ends exact; their conversion to binary does not. Each closed interval is
# widened by this share of its half unit, so that two intervals that just touch are never called a contradiction.
_SLACK: Final = 1e-9
_SMALLEST_RATIO: Final = 1e-300  # stands for the open end of a ratio printed as 0.00

_DIGITS: Final = r"[-+]?(?:\d{1,12}(?:\.\d{0,9})?|\.\d{1,9})"
_SCIENTIFIC: Final = rf"{_DIGITS}(?:e-?\d{{1,2}})?"
_NUMBER: Final = rf"(?<![\d.]){_DIGITS}(?![\d.])"
_BETWEEN: Final = r"(?:\s*[,;]\s*|\s*to\s*|\s+-\s+|-)"
_P: Final = re.compile(
    rf"[\s,;]*\bp(?:[ -]?value)?\s*(?P<relation><=|>=|[=<>≤≥:])?\s*(?P<p>{_SCIENTIFIC}(?![\d.]))",
    re.IGNORECASE,
)
_LEVEL: Final = re.compile(
    r"(?:(?P<level>\d{1,2}(?:\.\d+)?)\s*%\s*)?(?:\bCI\b|confidence interval)\s*[:=,]?", re.IGNORECASE
)
_NUMBERS: Final = re.compile(
    rf"[\s,;:]*(?:(?P<estimate>{_NUMBER})(?:[\s,;:]+|$))?(?:(?P<lower>{_NUMBER}){_BETWEEN}(?P<upper>{_NUMBER}))?[\s,;:.]*"
)
_PLAIN: Final = str.maketrans({**dict.fromkeys("−–—‒‑", "-"), "·": ".", "\u00a0": " ", "\u2009": " "})  # noqa: RUF001
_BRACKETS: Final = str.maketrans(dict.fromkeys("()[]{}%", " "))


@dataclass(frozen=True)
class Interval:
    """A closed interval.

    Attributes
    ----------
    low, high : float
        Its ends, in the unit of the printed number (logarithms for a ratio measure).
    """

    low: float
    high: float


@dataclass(frozen=True)
class PrintedTriple:
    """One printed result: an estimate, its confidence limits and a two-sided p-value, as printed strings.

    Attributes
    ----------
    estimate, lower, upper : str or None
        Printed numbers, in outcome points or as a ratio; None where not printed (both limits or neither).
    p : str or None
        The printed p-value, with its relation unless that is ``=``: ``0.003``, ``<0.001``, ``>0.05``.
    level : float
        Confidence level of the limits, in (0, 1).
    ratio : bool
        True for odds, risk, rate and hazard ratios, whose limits are symmetric on the log scale.

    Raises
    ------
    InputError
        Not a number, fewer than two of estimate, limits and p, limits reversed, an estimate outside its own limits by
        more than rounding, p or level outside its range, a negative ratio.

    Examples
    --------
    >>> line = PrintedTriple("-5.20", "-10.12", "-0.28", "0.038")
    >>> str(line)
    '-5.20 (-10.12, -0.28), p=0.038'
    """

    estimate: str | None
    lower: str | None
    upper: str | None
    p: str | None
    level: float = 0.95
    ratio: bool = False

    def __post_init__(self) -> None:
        """Refuse a line that cannot be a result at all."""
        _check_parts(self)
        _check_order(self)

    def __str__(self) -> str:
        """Return the line in one standard form."""
        limits = None if self.lower is None else f"({self.lower}, {self.upper})"
        left = " ".join(part for part in (self.estimate, limits) if part is not None)
        p = None if self.p is None else f"p{'' if self.p[0] in '<>' else '='}{self.p}"
        return ", ".join(part for part in (left, p) if part)

    def interval(self, field: str) -> Interval | None:
        """Return the unrounded values that could have printed one field; logarithms of them for a ratio.

        Parameters
        ----------
        field : str
            ``estimate``, ``lower``, ``upper`` or ``p``.

        Returns
        -------
        Interval or None
            None where the field was not printed. For ``p`` always on the scale of p itself.
        """
        printed = getattr(self, field)
        if printed is None:
            return None
        if field == "p":
            return p_interval(printed)
        plain = rounding_interval(printed)
        return Interval(_log(plain.low), _log(plain.high)) if self.ratio else plain


def parse_line(text: str, *, level: float = 0.95, ratio: bool = False) -> PrintedTriple:
    r"""Read a result line as papers print it.

    Limits may stand in round or square brackets or none, separated by a comma, semicolon, dash or ``to``; minus signs
    may be hyphens, dashes or U+2212; ``95% CI`` may be written, and a level in the line wins over `level`. p may be
    ``p=0.003``, ``P < .001`` or ``p>0.05``. Any one of estimate, limits and p may be missing.

    Parameters
    ----------
    text : str
        The line.
    level : float
        Confidence level where the line names none, in (0, 1).
    ratio : bool
        Whether the numbers are ratios (odds, risk, rate, hazard).

    Returns
    -------
    PrintedTriple
        The printed strings, decimals kept.

    Raises
    ------
    InputError
        The line holds words, too few numbers, or numbers that cannot be a result.

    Examples
    --------
    >>> parse_line("\u221215.30 [95% CI \u221225.33 to \u22125.27], P = .003")
    PrintedTriple(estimate='-15.30', lower='-25.33', upper='-5.27', p='.003', level=0.95, ratio=False)
    """
    rest = text.translate(_PLAIN)
    found_level = _LEVEL.search(rest)
    if found_level:
        rest = rest[: found_level.start()] + " " + rest[found_level.end() :]
        level = float(found_level["level"]) / 100 if found_level["level"] else level
    found_p = _P.search(rest)
    if found_p:
        rest = rest[: found_p.start()] + " " + rest[found_p.end() :]
    numbers = _NUMBERS.fullmatch(rest.translate(_BRACKETS))
    if numbers is None:
        raise InputError(f"line must be like '{EXAMPLE}', got {text[:80]!r}. Give the numbers without other words.")
    return PrintedTriple(
        numbers["estimate"], numbers["lower"], numbers["upper"], _printed_p(found_p), level=level, ratio=ratio
    )


def rounding_interval(printed: str) -> Interval:
    """Return the values that print as `printed`: [x - h, x + h], h half a unit of its last digit.

    The interval is closed at both ends because either rule, half-up or half-even, may have rounded it.

    Parameters
    ----------
    printed : str
        A printed number.

    Returns
    -------
    Interval
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
    return Interval(float(value - half) - slack, float(value + half) + slack)


def p_interval(printed: str) -> Interval:
    """Return the p-values that print as `printed`: ``0.003`` is [0.0025, 0.0035], ``<0.001`` is [0, 0.001].

    Parameters
    ----------
    printed : str
        A printed p-value, led by ``<`` or ``>`` where it was printed as an inequality.

    Returns
    -------
    Interval
        Within [0, 1].

    Examples
    --------
    >>> p_interval("<0.001").low == 0 and abs(p_interval("<0.001").high - 0.001) < 1e-9
    True
    """
    number = printed.lstrip("<>")
    bound = float(number)
    slack = _SLACK * float(unit(number)) / 2
    if printed[0] == "<":
        return Interval(0.0, min(bound + slack, 1.0))
    if printed[0] == ">":
        return Interval(max(bound - slack, 0.0), 1.0)
    plain = rounding_interval(number)
    return Interval(max(plain.low, 0.0), min(plain.high, 1.0))


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
    exponent = Decimal(printed).as_tuple().exponent
    return Decimal(1).scaleb(int(exponent))


def _printed_p(found: "re.Match[str] | None") -> str | None:
    if found is None:
        return None
    relation = {"<": "<", "<=": "<", "≤": "<", ">": ">", ">=": ">", "≥": ">"}.get(found["relation"] or "=", "")
    return relation + found["p"]


def _log(value: float) -> float:
    return math.log(max(value, _SMALLEST_RATIO))


def _check_parts(triple: PrintedTriple) -> None:
    for field in FIELDS:
        printed = getattr(triple, field)
        number = printed.lstrip("<>") if printed is not None and field == "p" else printed
        if number is not None and not re.fullmatch(_SCIENTIFIC, number, re.IGNORECASE):
            raise InputError(f"{field} must be a printed number, got {str(printed)[:40]!r}. Give it as printed.")
    if (triple.lower is None) != (triple.upper is None):
        raise InputError("limits must be two or none, got one. Give the lower and the upper limit.")
    if (triple.estimate, triple.lower, triple.p).count(None) > 1:
        raise InputError(f"line must hold two of estimate, limits and p, got {str(triple)!r}. Add what is missing.")
    if not 0 < triple.level < 1:
        raise InputError(f"level must be in (0, 1), got {triple.level:g}. Use 0.95 for 95 %.")


def _check_order(triple: PrintedTriple) -> None:
    if triple.p is not None and not 0 <= float(triple.p.lstrip("<>")) <= 1:
        raise InputError(f"p must be in [0, 1], got {triple.p}. Correct it.")
    for field in FIELDS[:3]:
        if triple.ratio and float(getattr(triple, field) or 0) < 0:
            raise InputError(f"{field} of a ratio must not be negative, got {getattr(triple, field)}. Drop ratio.")
    if triple.lower is None or triple.upper is None:
        return
    lower, upper = rounding_interval(triple.lower), rounding_interval(triple.upper)
    if lower.low > upper.high:  # beyond rounding: 0.1515 and 0.15 may belong to limits in the right order
        raise InputError(f"limits must go from low to high, got ({triple.lower}, {triple.upper}). Exchange them.")
    if triple.estimate is None:
        return
    estimate = rounding_interval(triple.estimate)
    if estimate.high < lower.low or estimate.low > upper.high:
        raise InputError(
            f"estimate must lie within its limits ({triple.lower}, {triple.upper}), got {triple.estimate}. Correct it."
        )

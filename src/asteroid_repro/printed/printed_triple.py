"""A printed result line, kept as the strings that were printed, and how one is read from a paper's text."""

import math
import re
from dataclasses import dataclass
from typing import Final

from asteroid_repro.errors import InputError
from asteroid_repro.printed.rounding_interval import p_interval, rounding_interval
from asteroid_repro.tables.limits import Limits, check_level

FIELDS: Final = ("estimate", "lower", "upper", "p")
EXAMPLE: Final = "-15.30 (-25.33, -5.27), p=0.003"

_SMALLEST_RATIO: Final = 1e-300  # stands for the open end of a ratio printed as 0.00

_DIGITS: Final = r"[-+]?(?:\d{1,12}(?:\.\d{0,9})?|\.\d{1,9})"
_SCIENTIFIC: Final = rf"{_DIGITS}(?:e-?\d{{1,2}})?"
_NUMBER: Final = rf"(?<![\d.]){_DIGITS}(?![\d.])"
_BETWEEN: Final = r"(?:\s*[,;]\s*|\s*to\s*|\s+-\s+|-)"
_P: Final = re.compile(rf"(?i)[\s,;]*\bp(?:[ -]?value)?\s*(?P<relation><=|>=|[=<>:])?\s*(?P<p>{_SCIENTIFIC}(?![\d.]))")
_LEVEL: Final = re.compile(r"(?i)(?:(?P<level>\d{1,2}(?:\.\d+)?)\s*%\s*)?(?:\bCI\b|confidence interval)\s*[:=,]?")
_NUMBERS: Final = re.compile(
    rf"[\s,;:]*(?:(?P<estimate>{_NUMBER})(?:[\s,;:]+|$))?(?:(?P<lower>{_NUMBER}){_BETWEEN}(?P<upper>{_NUMBER}))?[\s,;:.]*"
)
_PLAIN: Final = str.maketrans("−–—‒‑·\u00a0\u2009≤≥", "-----.  <>")  # noqa: RUF001
_BRACKETS: Final = str.maketrans(dict.fromkeys("()[]{}%", " "))


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

    def interval(self, field: str) -> Limits[float] | None:
        """Return the unrounded values that could have printed one field; logarithms of them for a ratio.

        Parameters
        ----------
        field : str
            ``estimate``, ``lower``, ``upper`` or ``p``.

        Returns
        -------
        Limits or None
            None where the field was not printed. For ``p`` always on the scale of p itself.
        """
        printed = getattr(self, field)
        if printed is None:
            return None
        if field == "p":
            return p_interval(printed)
        plain = rounding_interval(printed)
        if not self.ratio:
            return plain
        return Limits(math.log(max(plain.low, _SMALLEST_RATIO)), math.log(max(plain.high, _SMALLEST_RATIO)))


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
    plain = text.translate(_PLAIN)
    printed_level = _LEVEL.search(plain)
    if printed_level and printed_level["level"]:
        level = float(printed_level["level"]) / 100
    rest = _LEVEL.sub(" ", plain, count=1)
    printed_p = _P.search(rest)
    p = None if printed_p is None else (printed_p["relation"] or "").rstrip("=:") + printed_p["p"]
    numbers = _NUMBERS.fullmatch(_P.sub(" ", rest, count=1).translate(_BRACKETS))
    if numbers is None:
        raise InputError(f"line must be like '{EXAMPLE}', got {text[:80]!r}. Give the numbers without other words.")
    return PrintedTriple(numbers["estimate"], numbers["lower"], numbers["upper"], p, level=level, ratio=ratio)


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
    check_level(triple.level)


def _check_order(triple: PrintedTriple) -> None:
    if triple.p is not None and not 0 <= float(triple.p.lstrip("<>")) <= 1:
        raise InputError(f"p must be in [0, 1], got {triple.p}. Correct it.")
    for field in FIELDS[:3]:
        if triple.ratio and float(getattr(triple, field) or 0) < 0:
            raise InputError(f"{field} of a ratio must not be negative, got {getattr(triple, field)}. Drop ratio.")
    limits = f"({triple.lower}, {triple.upper})"
    printed = (triple.estimate, triple.lower, triple.upper)
    estimate, lower, upper = (rounding_interval(text) if text else Limits(-math.inf, math.inf) for text in printed)
    if lower.low > upper.high:  # beyond rounding: 0.1515 and 0.15 may belong to limits in the right order
        raise InputError(f"limits must go from low to high, got {limits}. Exchange them.")
    if estimate.high < lower.low or estimate.low > upper.high:
        raise InputError(f"estimate must lie within its limits {limits}, got {triple.estimate}. Correct it.")

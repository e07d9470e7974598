"""A printed result line, kept as the strings that were printed."""

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

_NUMBER: Final = re.compile(r"[-+]?(?:\d{1,12}(?:\.\d{0,9})?|\.\d{1,9})(?:e-?\d{1,2})?", re.IGNORECASE)


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
        Not a number, fewer than two of estimate, limits and p, or a level outside (0, 1).

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
        """Refuse what is no printed line."""
        _check_parts(self)

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


def _check_parts(triple: PrintedTriple) -> None:
    for field in FIELDS:
        printed = getattr(triple, field)
        number = printed.lstrip("<>") if printed is not None and field == "p" else printed
        if number is not None and not _NUMBER.fullmatch(number):
            raise InputError(f"{field} must be a printed number, got {str(printed)[:40]!r}. Give it as printed.")
    if (triple.lower is None) != (triple.upper is None):
        raise InputError("limits must be two or none, got one. Give the lower and the upper limit.")
    if (triple.estimate, triple.lower, triple.p).count(None) > 1:
        raise InputError(f"line must hold two of estimate, limits and p, got {str(triple)!r}. Add what is missing.")
    check_level(triple.level)


def impossibilities(triple: PrintedTriple) -> list[str]:
    """Return what no analysis can print, each as a clause: an estimate outside its limits, p outside [0, 1] and so on.

    Rounding is allowed for: 0.5 (0.51, 0.64) is possible, as is 0.15 (0.1515, 0.15).

    Examples
    --------
    >>> impossibilities(PrintedTriple("4.44", "-1.18", "0.06", ".12"))
    ['the estimate 4.44 is outside its limits (-1.18, 0.06)']
    """
    printed = (triple.estimate, triple.lower, triple.upper)
    found = []
    if triple.p is not None and not 0 <= float(triple.p.lstrip("<>")) <= 1:
        found.append(f"p {triple.p} is not in 0 to 1")
    found += [
        f"the {field} {text} is negative, which no ratio is"
        for field, text in zip(FIELDS, printed, strict=False)
        if triple.ratio and float(text or 0) < 0
    ]
    estimate, lower, upper = (rounding_interval(text) if text else Limits(-math.inf, math.inf) for text in printed)
    limits = f"({triple.lower}, {triple.upper})"
    if lower.low > upper.high:
        found.append(f"the limits {limits} do not go from low to high")
    elif estimate.high < lower.low or estimate.low > upper.high:
        found.append(f"the estimate {triple.estimate} is outside its limits {limits}")
    return found

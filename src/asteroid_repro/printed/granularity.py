"""Whether a printed mean, difference, SD or percentage can come from whole-number data: GRIM, GRIMMER, DEBIT.

A failed check is a contradiction in print, not its cause. A passed check says little where many values would pass, so
every result carries the share that would. All arithmetic is exact (fractions), and an interval is closed because
either half-up or half-even may have rounded, so no possible value is ever called impossible.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

import numpy as np
import pandas as pd

from asteroid_repro.errors import InputError, check_whole
from asteroid_repro.printed.rounding_interval import unit
from asteroid_repro.tables.result_table import ResultTable

_MINUS: Final = "\u2212"
_PRINTED: Final = rf"[-+{_MINUS}]?(?:\d{{1,15}}(?:\.\d{{0,15}})?|\.\d{{1,15}})"
_MOST_PEOPLE: Final = 100_000
_FINEST: Final = 1e-9  # step
_SD_WINDOW: Final = 100  # printed SDs on either side that the share of passing SDs is counted over


@dataclass(frozen=True)
class GranularityCheck(ResultTable):
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
    label = "Granularity of a printed number"

    @property
    def power(self) -> float:
        """The chance that a random wrong value is noticed: 1 - `share_passing`."""
        return 1 - self.share_passing

    def to_frame(self) -> pd.DataFrame:
        """Return one row."""
        return pd.DataFrame([{**asdict(self), "power": self.power}])


def grim(mean: str, n: int, *, step: float | Fraction = 1) -> GranularityCheck:
    r"""Check a mean of n scores that are multiples of a step (GRIM, granularity-related inconsistency of means).

    The sum of n multiples of `step` is a multiple of `step`, so the mean is a multiple of :math:`g = step / n`. It is
    possible if such a multiple lies within half a printed unit U.

    All printed values pass if :math:`g \le U`. Otherwise each multiple of g prints as one value, or as either of two
    where it lies midway; with :math:`g/U = a/b` in lowest terms that is one multiple in b if b is even. So the share
    that passes is :math:`(U/g)(1 + 1/b)` for even b and :math:`U/g` for odd b.

    Parameters
    ----------
    mean : str
        The mean as printed, in score points; of a scale that does not start at a multiple of `step`, less its start.
    n : int
        People, at least 1.
    step : float or Fraction
        Distance between neighbouring scores, above 0: 1 for whole numbers, 2 for even ones, 0.5 for halves,
        ``Fraction(1, 3)`` for the mean of three whole-number items.

    Returns
    -------
    GranularityCheck
        Possible or not, with the share of random means that would pass.

    Raises
    ------
    InputError
        Not a printed number, n below 1 or step not above 0.

    References
    ----------
    Brown NJL, Heathers JAJ (2017), doi 10.1177/1948550616673876.

    Examples
    --------
    >>> check = grim("14.27", 20)
    >>> check.consistent, check.nearest, round(check.power, 12)
    (False, '14.25', 0.8)
    """
    return _grim("mean", mean, _step(step) / check_count("n", n, 1))


def grim_difference(
    difference: str, n_treatment: int, n_reference: int, *, step: float | Fraction = 1
) -> GranularityCheck:
    r"""Check a difference of two arms' mean scores, or mean changes, where scores are multiples of a step (GRIM).

    :math:`i \, step/n_1 - j \, step/n_2 = step (i n_2 - j n_1)/(n_1 n_2)`, and :math:`i n_2 - j n_1` takes exactly the
    multiples of :math:`\gcd(n_1, n_2)` (Bezout). So the difference is a multiple of :math:`step / lcm(n_1, n_2)`:
    step / n for equal arms. The rule for rounding and the share that would pass are those of :func:`grim`.

    A person's change is a multiple of `step` too, so the rule holds for a difference in change of the same complete
    people at both visits. It does not hold where people are missing at a visit, or for a model's estimate adjusted for
    a covariate.

    Parameters
    ----------
    difference : str
        The difference as printed, in score points.
    n_treatment, n_reference : int
        People per arm, at least 1.
    step : float or Fraction
        As in :func:`grim`.

    Returns
    -------
    GranularityCheck
        Possible or not, with the share of random differences that would pass.

    Raises
    ------
    InputError
        Not a printed number, an arm below 1 or step not above 0.

    References
    ----------
    Brown NJL, Heathers JAJ (2017), doi 10.1177/1948550616673876.

    Examples
    --------
    The three published differences are all possible; by chance they would be in 1 case of 250.

    >>> checks = [grim_difference("-15.30", 20, 20), grim_difference("-19.35", 20, 20),
    ...           grim_difference("-5.20", 20, 20, step=2)]
    >>> all(check.consistent for check in checks)
    True
    >>> abs(math.prod(check.share_passing for check in checks) - 1 / 250) < 1e-12
    True
    """
    common = math.lcm(check_count("n_treatment", n_treatment, 1), check_count("n_reference", n_reference, 1))
    return _grim("difference", difference, _step(step) / common)


def grimmer(sd: str, mean: str, n: int, *, step: float | Fraction = 1) -> GranularityCheck:
    r"""Check a sample SD (divisor n - 1) beside the mean of the same n scores (GRIMMER, GRIM mapped to error repeats).

    Divide the scores by `step`: they are whole numbers with sum S and sum of squares Q, and
    :math:`(sd/step)^2 = (Q - S^2/n)/(n - 1)`. S must round to the mean. Q must be a whole number, odd exactly when S is
    (:math:`x^2` and x have the same parity), and at least the Q of the most even split of S,
    :math:`r (q + 1)^2 + (n - r) q^2` with :math:`S = q n + r`. The SD is possible if some such S and Q round to it. The
    conditions are necessary; with very few people not always sufficient.

    Parameters
    ----------
    sd, mean : str
        As printed, in score points; the mean as in :func:`grim`.
    n : int
        People, at least 2.
    step : float or Fraction
        As in :func:`grim`.

    Returns
    -------
    GranularityCheck
        Possible or not; the share that would pass is counted over the 201 printable SDs nearest to the printed one.

    Raises
    ------
    InputError
        Not a printed number, a negative SD, n below 2 or step not above 0.

    References
    ----------
    Anaya J (2016), doi 10.7287/peerj.preprints.2400v1; by sums of squares and their parity, as here, Allard A (2018),
    Analytic-GRIMMER.

    Examples
    --------
    >>> grimmer("1.00", "2.00", 3).consistent, grimmer("1.10", "2.00", 3).consistent
    (True, False)
    """
    people, distance = check_count("n", n, 2), _step(step)
    (value, digit), (centre, centre_digit) = _exact("sd", sd), _exact("mean", mean)
    least, most = ((centre + half) * people / distance for half in (-centre_digit / 2, centre_digit / 2))
    sums = range(math.ceil(least), math.floor(most) + 1)  # in steps, of scores whose mean prints as given
    count = int(value / digit)
    counts = range(max(count - _SD_WINDOW, 0), count + _SD_WINDOW + 1)
    passing = [k for k in counts if _sd_possible(k * digit / distance, digit / distance, people, sums)]
    nearest = _print_like(min(passing, key=lambda k: abs(k - count)), sd) if passing else ""
    return GranularityCheck("GRIMMER", sd, count in passing, nearest, len(passing) / len(counts))


def debit(percentage: str, n: int, *, sd: str | None = None) -> GranularityCheck:
    r"""Check a percentage of n people, and the SD of that yes-or-no item if printed (DEBIT, descriptive binary test).

    k of n people give :math:`100 k/n` per cent and, with divisor n - 1, an SD of
    :math:`100 \sqrt{k (n - k)/(n (n - 1))}` percentage points. Possible if some whole k from 0 to n rounds to the
    percentage and, where given, to the SD.

    Parameters
    ----------
    percentage : str
        As printed, in per cent.
    n : int
        People, at least 1 (2 where an SD is given).
    sd : str, optional
        The SD as printed, in percentage points.

    Returns
    -------
    GranularityCheck
        Possible or not. The share that would pass is that of all percentages from 0 to 100 printed at this precision
        or, where an SD is given, of all pairs of such a percentage and an SD from 0 to its maximum. `nearest` is that
        of the percentage alone.

    Raises
    ------
    InputError
        Not a printed number, a percentage outside 0 to 100, a negative SD, or too few people.

    References
    ----------
    Heathers JAJ, Brown NJL (2019), DEBIT: a simple consistency test for binary data, osf.io/5vb3u.

    Examples
    --------
    >>> debit("50", 40).consistent, debit("51.0", 40).consistent
    (True, False)
    >>> debit("50", 40, sd="50.6").consistent, debit("50", 40, sd="20").consistent
    (True, False)
    """
    people = check_count("n", n, 1 if sd is None else 2)
    value, digit = _exact("percentage", percentage)
    if not 0 <= value <= 100:
        raise InputError(f"percentage must be in 0 to 100, got {percentage}. Correct it.")
    given = None if sd is None else _exact("sd", sd)
    pairs = {
        (p, s)
        for k in range(people + 1)
        for p in _prints_as(Fraction(100 * k, people) / digit)
        for s in ({0} if given is None else _binary_sds(k, people, given[1]))
    }
    printed = (int(value / digit), 0 if given is None else int(given[0] / given[1]))
    possible = (int(100 / digit) + 1) * (max(s for _, s in pairs) + 1)
    nearest = min((p for p, _ in pairs), key=lambda p: (abs(p - printed[0]), p))  # of two as near, the smaller
    share_passing = min(len(pairs) / possible, 1.0)
    return GranularityCheck("DEBIT", percentage, printed in pairs, _print_like(nearest, percentage), share_passing)


def check_count(field: str, value: int, least: int) -> int:
    """Return a whole number of at least `least`.

    Raises
    ------
    InputError
        Not a number, not whole, or too small.

    Examples
    --------
    >>> check_count("n", 20, least=2)
    20
    """
    if not isinstance(value, int | float | np.number) or not value >= least or value % 1:
        raise InputError(f"{field} must be a whole number of at least {least}, got {value!r}. Correct it.")
    return check_whole(field, int(value), least, "Correct it.", _MOST_PEOPLE)


def _step(step: float | Fraction) -> Fraction:
    if not isinstance(step, int | float | Fraction | np.number) or not _FINEST <= step < math.inf:
        advice = f"Give the distance between neighbouring scores, {_FINEST:g} or more."
        raise InputError(f"step must be above 0, got {step!r}. {advice}")
    return Fraction(str(step))  # of its decimals: 0.1 is a tenth, not the binary fraction next to it


def _exact(field: str, printed: str) -> tuple[Fraction, Fraction]:
    """Return a printed number and one unit of its last digit."""
    if not isinstance(printed, str) or not re.fullmatch(_PRINTED, printed):  # a float has lost its trailing zeros
        raise InputError(f"{field} must be a number as printed, got {printed!r}. Give it as text, such as '14.25'.")
    plain = printed.replace(_MINUS, "-")
    if field == "sd" and Fraction(plain) < 0:
        raise InputError(f"sd must not be negative, got {printed}. Correct it.")
    return Fraction(plain), Fraction(unit(plain))


def _print_like(count: int, printed: str) -> str:
    """Return `count` units of the last digit of a printed number, with its decimals."""
    return f"{Decimal(count).scaleb(-len(printed.partition('.')[2])):f}"


def _prints_as(count: Fraction) -> set[int]:
    """Return the whole numbers that a value in printed units may round to: two where it lies midway."""
    return {math.ceil(count - Fraction(1, 2)), math.floor(count + Fraction(1, 2))}


def _grim(field: str, printed: str, granule: Fraction) -> GranularityCheck:
    value, digit = _exact(field, printed)
    possible = round(value / granule) * granule
    consistent = abs(possible - value) <= digit / 2
    nearest = printed if consistent else _print_like(round(possible / digit), printed)
    spacing = granule / digit
    ties = Fraction(1, spacing.denominator) if spacing.denominator % 2 == 0 else Fraction(0)
    return GranularityCheck("GRIM", printed, consistent, nearest, min(float((1 + ties) / spacing), 1.0))


def _sd_possible(sd: Fraction, digit: Fraction, n: int, sums: Iterable[int]) -> bool:
    low, high = max(sd - digit / 2, Fraction(0)), sd + digit / 2
    for total in sums:
        quotient, rest = divmod(total, n)
        most_even = rest * (quotient + 1) ** 2 + (n - rest) * quotient**2
        first = max(math.ceil((n - 1) * low**2 + Fraction(total**2, n)), most_even)
        last = math.floor((n - 1) * high**2 + Fraction(total**2, n))
        if first + (first - total) % 2 <= last:
            return True
    return False


def _binary_sds(k: int, n: int, digit: Fraction) -> set[int]:
    """Return the printed values, in units, of the SD of k of n people, in per cent."""
    # With v = 100 sqrt(q) / U, x - 1/2 <= v <= x + 1/2 is decided in squares, so that no rounding enters.
    square = 10_000 * Fraction(k * (n - k), n * (n - 1)) / digit**2
    around = math.isqrt(int(square))
    near = range(max(around - 1, 0), around + 3)
    return {x for x in near if max(2 * x - 1, 0) ** 2 <= 4 * square <= (2 * x + 1) ** 2}

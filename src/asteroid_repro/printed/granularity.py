"""Whether a printed mean, difference, SD or percentage can come from whole-number data: GRIM, GRIMMER, DEBIT.

A failed check is a contradiction in print, not its cause. A passed check says little where many values would pass, so
every result carries the share that would. All arithmetic is exact (fractions), and an interval is closed because
either half-up or half-even may have rounded, so no possible value is ever called impossible.
"""

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Final

from asteroid_repro.errors import InputError
from asteroid_repro.printed.granules import GranularityCheck, number, positive, print_like, prints_as, unit_of

_SD_WINDOW: Final = 100  # printed SDs on either side that the share of passing SDs is counted over


def grim_mean(mean: str, n: int, *, step: int = 1) -> GranularityCheck:
    """Check a mean of n scores that are multiples of a step (GRIM; Brown & Heathers 2017).

    The sum of n multiples of `step` is a multiple of `step`, so the mean is a multiple of g = step / n. It is possible
    if such a multiple lies within half a printed unit.

    Of the values printed with unit U, all pass if g <= U. Otherwise each multiple of g prints as one value, or as
    either of two where it lies midway; with g/U = a/b in lowest terms that is one multiple in b if b is even. So the
    share is (U/g)(1 + 1/b) for even b and U/g for odd b.

    Parameters
    ----------
    mean : str
        The mean as printed, in score points.
    n : int
        People, at least 1.
    step : int
        1 for whole-number scores, 2 for even ones (such as the Oswestry Disability Index).

    Returns
    -------
    GranularityCheck
        Possible or not, with the share of random means that would pass.

    Raises
    ------
    InputError
        Not a printed number, or n or step below 1.

    References
    ----------
    Brown NJL, Heathers JAJ (2017), doi 10.1177/1948550616673876.

    Examples
    --------
    >>> check = grim_mean("14.25", 20)
    >>> check.consistent, abs(check.share_passing - 0.2) < 1e-12
    (True, True)
    >>> grim_mean("14.27", 20).nearest
    '14.25'
    """
    return _grim(mean, Fraction(positive("step", step), positive("n", n)))


def grim_mean_difference(difference: str, n_running: int, n_waitlist: int, *, step: int = 1) -> GranularityCheck:
    """Check a difference of two arm means of scores that are multiples of a step.

    i step/n_1 - j step/n_2 = step (i n_2 - j n_1)/(n_1 n_2), and i n_2 - j n_1 takes exactly the multiples of
    gcd(n_1, n_2) (Bezout). So the difference is a multiple of step / lcm(n_1, n_2): step / n for equal arms. The rule
    for rounding and the share that would pass are those of :func:`grim_mean`.

    Parameters
    ----------
    difference : str
        The difference as printed, in score points.
    n_running, n_waitlist : int
        People per arm, at least 1.
    step : int
        1 for whole-number scores, 2 for even ones.

    Returns
    -------
    GranularityCheck
        Possible or not, with the share of random differences that would pass.

    Raises
    ------
    InputError
        Not a printed number, or a size or step below 1.

    Examples
    --------
    >>> grim_mean_difference("-15.30", 20, 20).consistent, grim_mean_difference("-15.32", 20, 20).consistent
    (True, False)
    """
    common = math.lcm(positive("n_running", n_running), positive("n_waitlist", n_waitlist))
    return _grim(difference, Fraction(positive("step", step), common))


def grim_net_difference(difference: str, n_running: int, n_waitlist: int, *, step: int = 1) -> GranularityCheck:
    """Check a difference in change between two arms, the same complete people at both visits.

    A person's change is a difference of two multiples of `step`, so itself one, and the mean change of an arm is a
    mean of n such numbers: the rule of :func:`grim_mean_difference` holds unchanged. It does not hold where people
    are missing at a visit, or for a model estimate adjusted for a covariate.

    Parameters
    ----------
    difference : str
        The difference in change as printed, in score points.
    n_running, n_waitlist : int
        Complete people per arm, at least 1.
    step : int
        1 for whole-number scores, 2 for even ones.

    Returns
    -------
    GranularityCheck
        Possible or not, with the share of random differences that would pass.

    Raises
    ------
    InputError
        Not a printed number, or a size or step below 1.

    Examples
    --------
    The three published differences are all possible; by chance they would be in 1 case of 250.

    >>> checks = [grim_net_difference("-15.30", 20, 20), grim_net_difference("-19.35", 20, 20),
    ...           grim_net_difference("-5.20", 20, 20, step=2)]
    >>> all(check.consistent for check in checks)
    True
    >>> abs(math.prod(check.share_passing for check in checks) - 1 / 250) < 1e-12
    True
    """
    return grim_mean_difference(difference, n_running, n_waitlist, step=step)


def grimmer_sd(sd: str, mean: str, n: int, *, step: int = 1) -> GranularityCheck:
    """Check a sample SD (divisor n - 1) beside the mean of the same n scores (GRIMMER; Anaya 2016).

    Divide the scores by `step`: they are whole numbers with sum S and sum of squares Q, and (sd/step)^2 =
    (Q - S^2/n)/(n - 1). S must round to the mean. Q must be a whole number, odd exactly when S is (x^2 and x have the
    same parity), and at least the Q of the most even split of S, r (q + 1)^2 + (n - r) q^2 with S = q n + r. The SD is
    possible if some such S and Q round to it. The conditions are necessary; with very few people not always sufficient.

    Parameters
    ----------
    sd, mean : str
        As printed, in score points.
    n : int
        People, at least 2.
    step : int
        1 for whole-number scores, 2 for even ones.

    Returns
    -------
    GranularityCheck
        Possible or not; the share that would pass is counted over the 201 printable SDs nearest to the printed one.

    Raises
    ------
    InputError
        Not a printed number, a negative SD, n below 2 or step below 1.

    References
    ----------
    Anaya J (2016), doi 10.7287/peerj.preprints.2400v1.

    Examples
    --------
    >>> grimmer_sd("1.00", "2.00", 3).consistent, grimmer_sd("1.10", "2.00", 3).consistent
    (True, False)
    """
    if positive("n", n) < 2:
        raise InputError("n must be at least 2 for an SD, got 1. Check the sample size.")
    unit, value = unit_of(sd), number("sd", sd)
    if value < 0:
        raise InputError(f"sd must not be negative, got {sd}. Correct it.")
    sums = _possible_sums(number("mean", mean), unit_of(mean), Fraction(positive("step", step), n))
    count = value / unit
    counts = range(max(int(count) - _SD_WINDOW, 0), int(count) + _SD_WINDOW + 1)
    passing = [k for k in counts if _sd_possible(k * unit / step, unit / step, n, sums)]
    nearest = min(passing, key=lambda k: abs(k - count), default=None)
    return GranularityCheck(
        "GRIMMER", sd, count in passing, "" if nearest is None else print_like(nearest, sd), len(passing) / len(counts)
    )


def debit_percentage(percentage: str, n: int, *, sd: str | None = None) -> GranularityCheck:
    """Check a percentage of n people, and the SD of that yes-or-no item if printed (DEBIT; Heathers & Brown 2019).

    k of n people give 100 k/n per cent and, with divisor n - 1, an SD of 100 sqrt(k (n - k)/(n (n - 1))) percentage
    points. Possible if some whole k from 0 to n rounds to the percentage and, where given, to the SD.

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
        or, where an SD is given, of all pairs of such a percentage and an SD from 0 to its maximum.

    Raises
    ------
    InputError
        Not a printed number, a percentage outside 0 to 100, or too few people.

    References
    ----------
    Heathers JAJ, Brown NJL (2019), DEBIT: a simple consistency test for binary data, osf.io/5vb3u.

    Examples
    --------
    >>> debit_percentage("50", 40).consistent, debit_percentage("51.0", 40).consistent
    (True, False)
    >>> debit_percentage("50", 40, sd="50.6").consistent, debit_percentage("50", 40, sd="20").consistent
    (True, False)
    """
    value = number("percentage", percentage)
    if not 0 <= value <= 100:
        raise InputError(f"percentage must be in 0 to 100, got {percentage}. Correct it.")
    if positive("n", n) < 2 and sd is not None:
        raise InputError("n must be at least 2 for an SD, got 1. Check the sample size.")
    unit = unit_of(percentage)
    pairs = {(p, s) for k in range(n + 1) for p in prints_as(Fraction(100 * k, n), unit) for s in _debit_sds(k, n, sd)}
    printed = (int(value / unit), None if sd is None else int(number("sd", sd) / unit_of(sd)))
    possible = int(100 / unit) + 1
    if sd is not None:
        possible *= max(s for _, s in pairs if s is not None) + 1
    nearest = min((p for p, _ in pairs), key=lambda p: abs(p - printed[0]))
    return GranularityCheck(
        "DEBIT", percentage, printed in pairs, print_like(nearest, percentage), min(len(pairs) / possible, 1.0)
    )


def _grim(printed: str, granule: Fraction) -> GranularityCheck:
    value, unit = number("value", printed), unit_of(printed)
    possible = round(value / granule) * granule
    consistent = abs(possible - value) <= unit / 2
    nearest = printed if consistent else print_like(round(possible / unit), printed)
    return GranularityCheck("GRIM", printed, consistent, nearest, float(_share_passing(granule / unit)))


def _share_passing(spacing: Fraction) -> Fraction:
    """Return the share of whole numbers within 1/2 of a multiple of the spacing (see :func:`grim_mean`)."""
    if spacing <= 1:
        return Fraction(1)
    ties = Fraction(1, spacing.denominator) if spacing.denominator % 2 == 0 else Fraction(0)
    return (1 + ties) / spacing


def _possible_sums(mean: Fraction, unit: Fraction, granule: Fraction) -> range:
    """Return the sums (in steps) of scores whose mean prints as given."""
    return range(math.ceil((mean - unit / 2) / granule), math.floor((mean + unit / 2) / granule) + 1)


def _sd_possible(sd: Fraction, unit: Fraction, n: int, sums: Iterable[int]) -> bool:
    low, high = max(sd - unit / 2, Fraction(0)), sd + unit / 2
    for total in sums:
        quotient, rest = divmod(total, n)
        most_even = rest * (quotient + 1) ** 2 + (n - rest) * quotient**2
        first = max(math.ceil((n - 1) * low**2 + Fraction(total**2, n)), most_even)
        last = math.floor((n - 1) * high**2 + Fraction(total**2, n))
        if first + (first - total) % 2 <= last:
            return True
    return False


def _debit_sds(k: int, n: int, sd: str | None) -> set[int] | set[None]:
    """Return the printed values, in units, of the SD of k of n people."""
    if sd is None:
        return {None}
    unit = unit_of(sd)
    # With v = 100 sqrt(q) / U, x - 1/2 <= v <= x + 1/2 is decided in squares, so that no rounding enters.
    square = 10_000 * Fraction(k * (n - k), n * (n - 1)) / unit**2
    around = math.isqrt(int(square))
    near = range(max(around - 1, 0), around + 3)
    return {x for x in near if max(2 * x - 1, 0) ** 2 <= 4 * square <= (2 * x + 1) ** 2}

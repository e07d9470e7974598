"""The number needed to treat and its interval, which runs through infinity where the risk difference may be 0."""

from dataclasses import dataclass
from math import inf, nan

from asteroid_repro.errors import InputError
from asteroid_repro.tables.limits import Limits
from asteroid_repro.tables.result_table import ResultTable


@dataclass(frozen=True)
class NumberNeeded(ResultTable):
    """How many people must be treated for one more, or one fewer, to respond.

    Attributes
    ----------
    benefit, harm : float
        Number needed to treat for one more person to benefit (NNTB) or for one to be harmed (NNTH): one of them is
        NaN, both are infinite where the difference is 0.
    benefit_low, benefit_high : float
        Interval of NNTB; NaN where the limits of the difference leave no benefit.
    harm_low, harm_high : float
        Interval of NNTH; NaN where they leave no harm. Where both intervals exist the whole interval has two parts,
        NNTB from ``benefit_low`` to infinity and NNTH from infinity to ``harm_low``.
    """

    benefit: float
    benefit_low: float
    benefit_high: float
    harm: float
    harm_low: float
    harm_high: float


def number_needed(difference: float, limits: Limits[float]) -> NumberNeeded:
    r"""Turn a risk difference with its limits into a number needed to treat.

    :math:`NNTB = 1/d` for :math:`d > 0` and :math:`NNTH = -1/d` for :math:`d < 0`; the limits likewise, in reverse
    order. Where the limits l < 0 < u include 0 there are two ranges, NNTB from 1/u to infinity and NNTH from -1/l to
    infinity: they meet at infinity, which is a difference of 0, and the numbers between -1/l and 1/u are excluded.

    Parameters
    ----------
    difference : float
        Share of responders, treatment minus reference: positive favours the treatment.
    limits : Limits
        Its confidence limits.

    Returns
    -------
    NumberNeeded
        People.

    Raises
    ------
    InputError
        A difference outside its limits, or limits outside [-1, 1].

    References
    ----------
    .. [1] Altman (1998), BMJ 317:1309-1312. doi:10.1136/bmj.317.7168.1309

    Examples
    --------
    >>> result = number_needed(0.10, Limits(-0.05, 0.25))
    >>> [round(n, 6) for n in (result.benefit, result.benefit_low, result.benefit_high, result.harm_low)]
    [10.0, 4.0, inf, 20.0]
    """
    if not -1 <= limits.low <= difference <= limits.high <= 1:
        raise InputError(
            f"difference must be inside its limits and those in [-1, 1], got {difference:g} "
            f"({limits.low:g} to {limits.high:g}). Give the share of responders, treatment minus reference."
        )
    benefit_low, benefit_high = _range(limits.low, limits.high)
    harm_low, harm_high = _range(-limits.high, -limits.low)
    return NumberNeeded(
        benefit=_reciprocal(difference) if difference >= 0 else nan,
        benefit_low=benefit_low,
        benefit_high=benefit_high,
        harm=_reciprocal(-difference) if difference <= 0 else nan,
        harm_low=harm_low,
        harm_high=harm_high,
    )


def _range(low: float, high: float) -> tuple[float, float]:
    """Reciprocals of the positive part of an interval, smallest first."""
    if high <= 0:
        return nan, nan
    return _reciprocal(high), _reciprocal(max(low, 0.0))


def _reciprocal(x: float) -> float:
    return 1 / x if x > 0 else inf

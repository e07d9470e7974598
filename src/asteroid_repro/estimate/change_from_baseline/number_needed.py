"""The number needed to treat and its interval, which runs through infinity where the risk difference may be 0."""

from math import inf, nan

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.change_from_baseline.score_limits import Contrast
from asteroid_repro.tables.limits import Limits


def number_needed(difference: float, limits: Limits[float]) -> tuple[Contrast, Contrast]:
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
    benefit, harm : Contrast
        People to treat for one more to benefit (NNTB), and for one to be harmed (NNTH): one of them is NaN, both are
        infinite where the difference is 0. The limits are NaN where those of the difference leave no benefit, or no
        harm. Where both have limits the whole interval has two parts, NNTB from its lower limit to infinity and NNTH
        from infinity down to its own.

    Raises
    ------
    InputError
        A difference outside its limits, or limits outside [-1, 1].

    References
    ----------
    .. [1] Altman (1998), BMJ 317:1309-1312. doi:10.1136/bmj.317.7168.1309

    Examples
    --------
    >>> benefit, harm = number_needed(0.10, Limits(-0.05, 0.25))
    >>> [round(n, 6) for n in (benefit.estimate, benefit.ci_low, benefit.ci_high, harm.ci_low)]
    [10.0, 4.0, inf, 20.0]
    """
    if not -1 <= limits.low <= difference <= limits.high <= 1:
        raise InputError(f"difference must be inside limits in [-1, 1], got {difference:g} and {limits}. Correct it.")
    benefit = _needed("needed_to_benefit", difference, limits.low, limits.high)
    return benefit, _needed("needed_to_harm", -difference, -limits.high, -limits.low)


def _needed(measure: str, difference: float, low: float, high: float) -> Contrast:
    """Return the reciprocals of a difference and of the positive part of its interval, smallest first."""
    limits = (_reciprocal(high), _reciprocal(max(low, 0.0))) if high > 0 else (nan, nan)
    return Contrast(measure, "newcombe", _reciprocal(difference) if difference >= 0 else nan, *limits)


def _reciprocal(x: float) -> float:
    return 1 / x if x > 0 else inf

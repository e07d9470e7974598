"""The estimates and standard errors with which one reference distribution prints a line."""

from dataclasses import dataclass

import numpy as np

from asteroid_repro.printed.feasible_df import bands, p_value, ratio_range
from asteroid_repro.printed.left_open.interval_arithmetic import NOTHING, meet
from asteroid_repro.printed.printed_triple import PrintedTriple
from asteroid_repro.printed.standard_error import se_interval
from asteroid_repro.tables.limits import Limits


@dataclass(frozen=True)
class LineSE:
    """What a line leaves open under one reference distribution.

    Attributes
    ----------
    estimate, se : Limits
        In outcome points; empty where that distribution could not have printed the line.
    """

    estimate: Limits[float]
    se: Limits[float]


def line_se(line: PrintedTriple, df: float) -> LineSE:
    """Return the estimates and standard errors with which t with `df` degrees of freedom prints a line.

    Parameters
    ----------
    line : PrintedTriple
        Two of estimate, limits and p.
    df : float
        Degrees of freedom, 1 or more; ``math.inf`` for z.

    Returns
    -------
    LineSE
        The exact standard errors; of the estimates what its own digits and the middle of the limits allow.

    Examples
    --------
    >>> found = line_se(PrintedTriple("-4.6", "-7.0", "-2.2", None), 298)
    >>> round(found.se.low, 3), round(found.se.high, 3)
    (1.194, 1.245)
    """
    one, u = bands(line), 1 / df
    ratio, p = ratio_range(one), one["p"]
    smallest, largest = (p_value(end, np.array(u), line.level) for end in (ratio.high, ratio.low))
    if not (ratio.low <= ratio.high and smallest <= p.high and largest >= p.low):
        return LineSE(NOTHING, NOTHING)
    estimate, low, high = (line.interval(field) for field in ("estimate", "lower", "upper"))
    own = estimate or Limits(-np.inf, np.inf)
    if low is None or high is None:
        return LineSE(own, se_interval(line, u, u))
    middle = Limits((low.low + high.low) / 2, (low.high + high.high) / 2)
    return LineSE(meet(own, middle), se_interval(line, u, u))

"""What a data set has to have so that its analysis prints a published line."""

from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
from scipy.special import ndtri

from asteroid_repro.calibration import matched_to_paper
from asteroid_repro.errors import InputError, NotYetError
from asteroid_repro.ledger.ledger import Ledger
from asteroid_repro.printed.audit_triple import audit_triple
from asteroid_repro.printed.printed_triple import PrintedTriple
from asteroid_repro.printed.rounding_interval import p_interval, rounding_interval
from asteroid_repro.verdicts.audit_ledger import printed_line


@dataclass(frozen=True)
class Target:
    """What a reconstructed data set has to print.

    Attributes
    ----------
    outcome : str
        Name of the outcome.
    line : PrintedTriple
        The printed result at week 12.
    baseline, week12 : dict of str to float or None
        Printed arm means, points; None where an arm mean is not published.
    n_running, n_waitlist : int
        People per arm.
    step : int
        Distance between neighbouring scores, points.
    """

    outcome: str
    line: PrintedTriple
    baseline: dict[str, float | None]
    week12: dict[str, float | None]
    n_running: int
    n_waitlist: int
    step: int


@dataclass(frozen=True)
class Window:
    """The unrounded results that print a line.

    Attributes
    ----------
    estimate : float
        A net difference that whole-number data can have, points.
    low, high : float
        Within-person residual variances that print the line with it, squared points.
    """

    estimate: float
    low: float
    high: float


def published_target(outcome: str, ledger: Ledger, line: PrintedTriple | None = None) -> Target:
    """Return what the ledger says a data set of the outcome has to print.

    Examples
    --------
    >>> from asteroid_repro import published
    >>> str(published_target("disability", published()).line)
    '-5.20 (-10.12, -0.28), p=0.038'
    """
    step = matched_to_paper().outcome(outcome).step
    known = {claim.id: claim.value for claim in ledger.claims}
    means = {
        visit: {arm: known.get(f"{outcome}.{arm}.{visit}") for arm in ("running", "waitlist")}
        for visit in ("baseline", "week12")
    }
    return Target(
        outcome,
        line or _symmetric(printed_line(ledger, f"{outcome}.week12")),
        means["baseline"],
        means["week12"],
        int(ledger.fitted("design.running")),
        int(ledger.fitted("design.waitlist")),
        step,
    )


def residual_windows(target: Target) -> tuple[Window, ...]:
    r"""Return the net differences and within-person residual variances that print the line.

    The net difference e of n + n whole-number scores is a multiple of step/n, so few values, often one, print the
    estimate. For each, a limit L confines :math:`SE = |L - e| / z` to an interval, p confines it to
    :math:`|e| / z_{p/2}`, and :math:`\sigma_e^2 = SE^2 / (2h)`. If for every possible e the intervals have no point in
    common, no data set prints the line: that is the proof, and the error shows the intervals.

    Raises
    ------
    InputError
        No data set prints the line.

    Examples
    --------
    >>> from asteroid_repro import published
    >>> (only,) = residual_windows(published_target("average_pain", published()))
    >>> only.estimate, 130 < only.low < only.high < 132
    (-15.3, True)
    """
    h = 1 / target.n_running + 1 / target.n_waitlist
    found, refused = [], []
    for estimate in _possible_estimates(target):
        bounds = _standard_error_bounds(target.line, estimate)
        low, high = max(pair[0] for pair in bounds.values()), min(pair[1] for pair in bounds.values())
        if low <= high:
            found.append(Window(estimate, low**2 / (2 * h), high**2 / (2 * h)))
        else:
            shown = "; ".join(f"{part} needs {pair[0]:.4f} to {pair[1]:.4f}" for part, pair in bounds.items())
            refused.append(f"for a net difference of {estimate:g}, the standard error: {shown}")
    if not found:
        why = " / ".join(refused) or "no difference of whole-number means prints this estimate"
        raise InputError(
            f"line must be one that some data set prints, got {target.line} ({why}). Audit it for repairs."
        )
    return tuple(found)


def _possible_estimates(target: Target) -> list[float]:
    if target.n_running != target.n_waitlist:
        raise NotYetError(
            f"n_running and n_waitlist must be equal, got {target.n_running} and {target.n_waitlist}: unequal arms are "
            "not handled yet. Use equal arms."
        )
    granule = target.step / target.n_running
    interval = rounding_interval(str(target.line.estimate))
    counts = range(int(np.ceil(interval.low / granule)), int(np.floor(interval.high / granule)) + 1)
    return [round(count * granule, 10) for count in counts]


def _standard_error_bounds(line: PrintedTriple, estimate: float) -> dict[str, tuple[float, float]]:
    """Find the standard errors that print each part of the line, given the estimate and a normal reference."""
    z = float(ndtri((1 + line.level) / 2))
    bounds = {}
    for part, printed, sign in (("lower limit", line.lower, -1), ("upper limit", line.upper, 1)):
        if printed is not None:
            limit = rounding_interval(printed)
            ends = sorted(sign * (end - estimate) / z for end in (limit.low, limit.high))
            bounds[part] = (ends[0], ends[1])
    if line.p is not None:
        p = p_interval(line.p)
        quantiles = [-float(ndtri(max(end, 1e-300) / 2)) for end in (p.low, p.high)]
        bounds["p"] = (abs(estimate) / quantiles[0], abs(estimate) / quantiles[1] if quantiles[1] > 0 else np.inf)
    return bounds


def _symmetric(line: PrintedTriple) -> PrintedTriple:
    """Return the line itself if consistent, else the repair of its upper limit that is symmetric."""
    if audit_triple(line).consistent or line.estimate is None or line.lower is None:
        return line
    return replace(line, upper=str(2 * Decimal(line.estimate) - Decimal(line.lower)))

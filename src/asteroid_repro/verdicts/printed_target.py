"""What a data set has to have so that its analysis prints a published line."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
from scipy.special import ndtri

from asteroid_repro.errors import InputError, NotYetError
from asteroid_repro.ledger.figure import Figure
from asteroid_repro.ledger.ledger import Ledger
from asteroid_repro.printed.audit_triple import audit_triple
from asteroid_repro.printed.printed_triple import PrintedTriple
from asteroid_repro.printed.rounding_interval import rounding_interval
from asteroid_repro.tables.limits import Limits
from asteroid_repro.trial.design import Design, Outcome
from asteroid_repro.verdicts.audit_ledger import arm_sizes, printed_line


@dataclass(frozen=True)
class Target:
    """What a reconstructed data set has to print.

    Attributes
    ----------
    outcome : Outcome
        The outcome and its scale.
    line : PrintedTriple
        The printed result.
    visit : int
        Number of the visit that the line is about.
    sums : Limits of numpy.ndarray, shape (2 arms, visits)
        Sums of an arm's scores that print the published mean, treatment first, in steps from the lowest score; every
        sum there can be where no mean is published.
    people : int
        People per arm.
    """

    outcome: Outcome
    line: PrintedTriple
    visit: int
    sums: Limits[np.ndarray]
    people: int

    @property
    def step(self) -> float:
        """Distance between neighbouring scores, points."""
        return self.outcome.step or 1.0

    @property
    def top(self) -> int:
        """Steps from the lowest to the highest score."""
        return self.outcome.n_steps or 0

    @property
    def published(self) -> np.ndarray:
        """Whether the mean of an arm at a visit is published, shape (2 arms, visits)."""
        return np.asarray(self.sums.high - self.sums.low < self.top * self.people)


def published_target(
    outcome: str, ledger: Ledger, design: Design, *, line: PrintedTriple | None = None, week: float | None = None
) -> Target:
    """Return what the ledger says a data set of the outcome has to print.

    Raises
    ------
    InputError
        No such outcome, no line of it, no scale with ends and steps, no printed arm sizes, or unequal ones.

    Examples
    --------
    >>> from asteroid_repro import study
    >>> asteroid = study("asteroid")
    >>> str(published_target("disability", asteroid.ledger, asteroid.design).line)
    '-5.20 (-10.12, -0.28), p=0.038'
    """
    scale, people = design.outcome(outcome), arm_sizes(ledger)
    if scale.n_steps is None:
        raise InputError(f"outcome must have a scale with ends and steps, got {outcome} without. Choose another one.")
    if people is None or people[0] != people[1]:
        raise NotYetError(
            f"people must be printed and equal in both arms, got {people or 'none'}: unequal arms are not handled yet. "
            "Use equal arms."
        )
    visit = design.visit(ledger.week_of_line(outcome, week))
    wanted = line or consistent_line(printed_line(ledger, outcome, week))
    if wanted.estimate is None:
        raise InputError(f"line must have an estimate, got {wanted}. Give one that has.")
    return Target(scale, wanted, visit, _printed_sums(scale, ledger, design, people[0]), people[0])


def _printed_sums(outcome: Outcome, ledger: Ledger, design: Design, people: int) -> Limits[np.ndarray]:
    low = np.zeros((2, len(design.visits)))
    high = low + (outcome.n_steps or 0) * people
    for (arm, visit), _ in np.ndenumerate(low):
        role = ("treatment", "reference")[arm]
        figure = Figure(figure="score", outcome=outcome.name, arm=role, week=design.visits[visit], statistic="mean")
        if claim := ledger.about(figure):
            mean, scale = rounding_interval(claim.printed), people / (outcome.step or 1.0)
            low[arm, visit] = np.ceil((mean.low - (outcome.minimum or 0.0)) * scale)
            high[arm, visit] = np.floor((mean.high - (outcome.minimum or 0.0)) * scale)
    return Limits(low, high)


def residual_variances(target: Target) -> Mapping[float, Limits[float]]:
    r"""Return, by net difference, the within-person residual variances that print the line, squared points.

    The net difference e of n + n scores in steps is a multiple of step/n, so few values, often one, print the estimate.
    For each, a limit L confines :math:`SE = |L - e| / z` to an interval, p confines it to :math:`|e| / z_{p/2}`, and
    :math:`\sigma_e^2 = SE^2 / (2h)`. If for every possible e the intervals have no point in common, no data set prints
    the line: that is the proof, and the error shows the intervals.

    Raises
    ------
    InputError
        No data set prints the line.

    Examples
    --------
    >>> from asteroid_repro import study
    >>> asteroid = study("asteroid")
    >>> found = residual_variances(published_target("average_pain", asteroid.ledger, asteroid.design))
    >>> [(estimate, 130 < variance.low < variance.high < 132) for estimate, variance in found.items()]
    [(-15.3, True)]
    """
    h = 2 / target.people
    found, refused = {}, []
    for estimate in _possible_estimates(target):
        bounds = _standard_error_bounds(target.line, estimate)
        low, high = max(pair.low for pair in bounds.values()), min(pair.high for pair in bounds.values())
        if low <= high:
            found[estimate] = Limits(low**2 / (2 * h), high**2 / (2 * h))
        else:
            shown = "; ".join(f"{part} needs {pair.low:.4f} to {pair.high:.4f}" for part, pair in bounds.items())
            refused.append(f"for a net difference of {estimate:g}, the standard error: {shown}")
    if not found:
        why = " / ".join(refused) or "no difference of means of scores in steps prints this estimate"
        raise InputError(
            f"line must be one that some data set prints, got {target.line} ({why}). Audit it for repairs."
        )
    return found


def _possible_estimates(target: Target) -> list[float]:
    """Net differences of scores in steps that print the estimate, whichever way a half is rounded."""
    granule = target.step / target.people
    interval = rounding_interval(str(target.line.estimate))
    edge = 1e-6 * (interval.high - interval.low)
    counts = range(int(np.ceil((interval.low + edge) / granule)), int(np.floor((interval.high - edge) / granule)) + 1)
    return [round(count * granule, 10) for count in counts]


def _standard_error_bounds(line: PrintedTriple, estimate: float) -> dict[str, Limits[float]]:
    """Find the standard errors that print each part of the line, given the estimate and a normal reference."""
    z = float(ndtri((1 + line.level) / 2))
    bounds = {}
    for part, sign in (("lower", -1), ("upper", 1)):
        if limit := line.interval(part):
            bounds[f"{part} limit"] = Limits(*sorted(sign * (end - estimate) / z for end in (limit.low, limit.high)))
    if p := line.interval("p"):
        smallest, largest = (-float(ndtri(max(end, 1e-300) / 2)) for end in (p.low, p.high))
        bounds["p"] = Limits(abs(estimate) / smallest, abs(estimate) / largest if largest > 0 else np.inf)
    return bounds


def consistent_line(line: PrintedTriple) -> PrintedTriple:
    """Return the line itself if consistent, else the repair of its upper or its lower limit that is symmetric."""
    if audit_triple(line).consistent or line.estimate is None or line.lower is None or line.upper is None:
        return line
    twice = 2 * Decimal(line.estimate)
    upper = replace(line, upper=str(twice - Decimal(line.lower)))
    lower = replace(line, lower=str(twice - Decimal(line.upper)))
    return next((repaired for repaired in (upper, lower) if audit_triple(repaired).consistent), line)

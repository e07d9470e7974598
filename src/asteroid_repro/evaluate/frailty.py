"""What proneness to injury does to the limits of an event rate: coverage by the variance of frailty."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from asteroid_repro.engine.measures import share_error
from asteroid_repro.engine.monte_carlo import run_blocks, simulated_label
from asteroid_repro.errors import InputError
from asteroid_repro.estimate.safety.rate_limits import clustered_limits, exact_poisson_limits
from asteroid_repro.mechanism.mechanism import Mechanism, solve
from asteroid_repro.simulate.events import events_over_time
from asteroid_repro.simulate.sessions import simulate_sessions
from asteroid_repro.simulate.traits import simulate_traits
from asteroid_repro.tables.limits import Limits
from asteroid_repro.tables.result_table import ResultTable
from asteroid_repro.trial.assumptions import TrialAssumptions


@dataclass(frozen=True)
class FrailtyRow:
    """Coverage of 95 % limits of the rate of all events, at one variance of proneness.

    Attributes
    ----------
    variance : float
        Variance between people of the factor on their event rates.
    events : float
        Mean number of events in a trial.
    poisson, poisson_mcse : float
        Coverage of the exact Poisson limits, and its Monte Carlo standard error.
    clustered, clustered_mcse : float
        Coverage of the person-clustered limits, among the trials where they exist.
    not_clustered : int
        Trials in which fewer than two people had an event: those cannot be clustered, and are not counted above.
    trials : int
        Simulated trials.
    """

    variance: float
    events: float
    poisson: float
    poisson_mcse: float
    clustered: float
    clustered_mcse: float
    not_clustered: int
    trials: int


@dataclass(frozen=True)
class FrailtyTable(ResultTable):
    """Coverage by variance of proneness.

    Attributes
    ----------
    rows : tuple of FrailtyRow
        One a variance.
    label : str
        ``SIMULATED`` with scenario and seed.
    """

    rows: tuple[FrailtyRow, ...]
    label: str


def coverage_by_frailty(
    assumptions: TrialAssumptions, *, variances: Sequence[float] = (0, 0.5, 1, 2, 4), trials: int = 4000, seed: int
) -> FrailtyTable:
    """Measure the coverage of exact Poisson and of person-clustered limits of the rate of all events.

    Of the treatment arm, per hour of running in its sessions, or per week of follow-up in a study without sessions. The
    true rate is the mean number of events over the mean exposure of all trials.

    Parameters
    ----------
    assumptions : TrialAssumptions
        Its ``proneness_variance`` is replaced.
    variances : sequence of float
        Variances of proneness to try.
    trials : int
        Simulated trials at each.
    seed : int
        Whole number of 0 or more.

    Returns
    -------
    FrailtyTable
        A row per variance.

    Raises
    ------
    InputError
        A variance below 0, or assumptions under which hardly any event happens.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> coverage_by_frailty(ASTEROID, variances=[0], trials=200, seed=1).rows[0].trials
    200
    """
    rows = [_row(assumptions.with_values(proneness_variance=variance), trials, seed) for variance in variances]
    return FrailtyTable(tuple(rows), simulated_label(assumptions.name, f"{trials:,} trials a row", f"seed {seed}"))


def _row(assumptions: TrialAssumptions, trials: int, seed: int) -> FrailtyRow:
    figures = run_blocks(partial(_events_and_exposure, solve(assumptions), seed), trials)
    events, exposure = figures["events"], figures["exposure"]
    totals, times = events.sum(axis=0), exposure.sum(axis=0)
    if ((events > 0).sum(axis=0) < 2).all():
        raise InputError(
            f"adverse_events must happen to two people of a trial, got none such in {trials}. Raise a rate."
        )
    expected = totals.mean() / times.mean() * times
    poisson, poisson_mcse, _ = _coverage([exact_poisson_limits(count) for count in totals.tolist()], expected)
    limits = [clustered_limits(y, h) for y, h in zip(events.T, exposure.T, strict=True)]
    clustered, clustered_mcse, not_clustered = _coverage(limits, expected)
    variance, mean = assumptions.proneness_variance, float(totals.mean())
    return FrailtyRow(variance, mean, poisson, poisson_mcse, clustered, clustered_mcse, not_clustered, trials)


def _events_and_exposure(mechanism: Mechanism, seed: int, block: int, size: int) -> dict[str, np.ndarray]:
    """Return events of all kinds, and hours of running or weeks, shape (treated people, trials)."""
    assumptions = mechanism.assumptions
    if assumptions.sessions is None:
        events = events_over_time(assumptions, seed, block, size)[:, : assumptions.n_treatment].sum(axis=0)
        return {"events": events, "exposure": np.full(events.shape, float(assumptions.visits[-1]))}
    log = simulate_sessions(mechanism, seed, block, size, simulate_traits(mechanism, seed, block, size))
    return {"events": log.events.sum(axis=(0, 1)), "exposure": log.run_minutes.sum(axis=0) / 60}


def _coverage(limits: Sequence[Limits[float]], expected: np.ndarray) -> tuple[float, float, int]:
    """Return the coverage, its Monte Carlo standard error, and how many limits do not exist and are not counted."""
    low, high = np.array([(one.low, one.high) for one in limits]).T
    exist = np.isfinite(low)
    covered = ((low <= expected) & (expected <= high))[exist]
    share = float(covered.mean())
    return share, float(share_error(np.array(share), covered.size)), int((~exist).sum())

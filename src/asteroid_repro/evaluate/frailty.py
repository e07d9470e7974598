"""What proneness to injury does to the limits of an event rate: coverage by the variance of frailty."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from asteroid_repro.engine.monte_carlo import run_blocks
from asteroid_repro.estimate.safety.rate_limits import clustered_limits, exact_poisson_limits
from asteroid_repro.simulate.sessions import simulate_sessions
from asteroid_repro.simulate.traits import simulate_traits
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
class FrailtyTable:
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

    def to_frame(self) -> pd.DataFrame:
        """Return one row per variance."""
        return pd.DataFrame([asdict(row) for row in self.rows])

    def _repr_html_(self) -> str:
        return f"<p><strong>{self.label}</strong></p>" + self.to_frame().to_html(index=False)


def coverage_by_frailty(
    assumptions: TrialAssumptions, *, variances: Sequence[float] = (0, 0.5, 1, 2, 4), trials: int = 4000, seed: int
) -> FrailtyTable:
    """Measure the coverage of exact Poisson and of person-clustered limits of the rate of all events.

    The true rate is the mean number of events over the mean running hours of all trials.

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

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> coverage_by_frailty(ASTEROID, variances=[0], trials=200, seed=1).rows[0].trials
    200
    """
    rows = [_row(assumptions.with_values(proneness_variance=variance), trials, seed) for variance in variances]
    return FrailtyTable(tuple(rows), f"SIMULATED ({assumptions.name}, {trials:,} trials a row, seed {seed})")


def _row(assumptions: TrialAssumptions, trials: int, seed: int) -> FrailtyRow:
    def work(block: int, size: int) -> dict[str, np.ndarray]:
        log = simulate_sessions(assumptions, seed, block, size, simulate_traits(assumptions, seed, block, size))
        return {"events": log.events.sum(axis=(0, 1)), "hours": log.run_minutes.sum(axis=0) / 60}

    figures = run_blocks(work, trials)
    events, hours = figures["events"], figures["hours"]
    expected = events.sum(axis=0).mean() / hours.sum(axis=0).mean() * hours.sum(axis=0)
    poisson = np.array(
        [
            exact.low <= mean <= exact.high
            for mean, exact in zip(expected, map(exact_poisson_limits, events.sum(axis=0)), strict=True)
        ]
    )
    limits = [clustered_limits(y, h) for y, h in zip(events.T, hours.T, strict=True)]
    possible = np.array([np.isfinite(one.low) for one in limits])
    clustered = np.array([one.low <= mean <= one.high for one, mean in zip(limits, expected, strict=True)])[possible]
    return FrailtyRow(
        variance=assumptions.proneness_variance,
        events=float(events.sum(axis=0).mean()),
        poisson=float(poisson.mean()),
        poisson_mcse=_mcse(poisson),
        clustered=float(clustered.mean()),
        clustered_mcse=_mcse(clustered),
        not_clustered=int((~possible).sum()),
        trials=trials,
    )


def _mcse(covered: np.ndarray) -> float:
    return float(np.sqrt(covered.mean() * (1 - covered.mean()) / len(covered)))

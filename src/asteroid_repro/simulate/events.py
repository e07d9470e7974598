"""Adverse events of a block of trials: by kind, in proportion to running time."""

from dataclasses import dataclass

import numpy as np

from asteroid_repro.assumptions.trial import TrialAssumptions
from asteroid_repro.schema import EVENT_KINDS
from asteroid_repro.simulate.streams import Purpose, stream


@dataclass(frozen=True)
class Events:
    """Adverse events of a block.

    Attributes
    ----------
    counts : numpy.ndarray, shape (kinds, sessions, runners, trials)
        Events of each kind in each session.
    serious : numpy.ndarray, shape (kinds, sessions, runners, trials)
        How many of them were serious.
    """

    counts: np.ndarray
    serious: np.ndarray


def simulate_events(
    assumptions: TrialAssumptions, seed: int, block: int, trials: int, run_minutes: np.ndarray
) -> Events:
    """Draw the events of the first ``trials`` trials of a block.

    Events of each kind are Poisson with the assumed rate per running hour, so a session without running has none and
    the waitlist, which does not run, has none.

    Parameters
    ----------
    run_minutes : numpy.ndarray, shape (sessions, runners, trials)
        Minutes of running in each session.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> hour = np.full((36, 20, 5), 60.0)
    >>> simulate_events(ASTEROID, seed=1, block=0, trials=5, run_minutes=hour).counts.shape
    (3, 36, 20, 5)
    """
    sessions, runners, _ = run_minutes.shape
    draws = stream(seed, Purpose.ADVERSE_EVENTS, block)
    uniform = draws.random((trials, runners, sessions, len(EVENT_KINDS))).T
    rates = np.array([getattr(assumptions, f"{kind}_rate") for kind in EVENT_KINDS])
    counts = _poisson_quantile(uniform, rates[:, np.newaxis, np.newaxis, np.newaxis] * run_minutes / 60)
    return Events(counts, _serious(assumptions, seed, block, counts))


def _poisson_quantile(uniform: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Invert the Poisson distribution: the same uniform gives nearly the same count under another rate."""
    counts = np.zeros(uniform.shape, dtype=np.int64)
    none = np.exp(-mean)
    some = np.nonzero(uniform >= none)  # events are rare: only these cells are worked on
    term, mean_some, remaining = none[some], mean[some], uniform[some] - none[some]
    count = 0
    # Beyond the mean a term below 1e-17 can no longer change the sum in double precision.
    while (above := (remaining >= 0) & ((term > 1e-17) | (count < mean_some))).any():
        counts[some] += above
        count += 1
        term = term * mean_some / count
        remaining -= term
    return counts


def _serious(assumptions: TrialAssumptions, seed: int, block: int, counts: np.ndarray) -> np.ndarray:
    if assumptions.serious_share == 0:
        return np.zeros_like(counts)
    # Trial by trial along the last axis of the transposed counts, so that fewer trials are a prefix of more.
    by_trial = stream(seed, Purpose.SERIOUSNESS, block).binomial(counts.T, assumptions.serious_share)
    return np.ascontiguousarray(by_trial.T)

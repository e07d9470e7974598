"""The random streams of the sessions, and the adverse events that follow from running time."""

from dataclasses import dataclass

import numpy as np

from asteroid_repro.simulate.streams import BLOCK_TRIALS, Purpose, stream
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.trial.quantities import EVENT_KINDS

_SPIKE_FROM, _SPIKE_TO = 1.5, 3.0  # week-to-week ratios between which a rise of load raises the hazard


@dataclass(frozen=True)
class SessionStreams:
    """The streams that decide what happens in a session, one a purpose.

    Attributes
    ----------
    attendance, completion, flare : numpy.random.Generator
        Whether it takes place, how many repeats are done, whether pain flares.
    events : tuple of numpy.random.Generator
        Adverse events, one stream a kind.
    shape : tuple of int
        Runners and trials wanted.
    """

    attendance: np.random.Generator
    completion: np.random.Generator
    flare: np.random.Generator
    events: tuple[np.random.Generator, ...]
    shape: tuple[int, int]

    def uniform(self, generator: np.random.Generator) -> np.ndarray:
        """Draw the next session's uniforms, shape (runners, trials).

        A block is always drawn whole, so that fewer trials are the first of more.
        """
        runners, trials = self.shape
        return generator.random((runners, BLOCK_TRIALS))[:, :trials]


def session_streams(seed: int, block: int, shape: tuple[int, int]) -> SessionStreams:
    """Open the streams of all sessions of a block.

    Examples
    --------
    >>> streams = session_streams(1, 0, (20, 5))
    >>> streams.uniform(streams.flare).shape
    (20, 5)
    """
    kinds = (Purpose.LOWER_LIMB_EVENTS, Purpose.LOW_BACK_PAIN_EVENTS, Purpose.SYNCOPE_EVENTS)
    return SessionStreams(
        stream(seed, Purpose.ATTENDANCE, block),
        stream(seed, Purpose.COMPLETION, block),
        stream(seed, Purpose.FLARE, block),
        tuple(stream(seed, kind, block) for kind in kinds),
        shape,
    )


def load_factor(assumptions: TrialAssumptions, this_week: np.ndarray, last_week: np.ndarray) -> np.ndarray:
    r"""Factor on the hazard for a sudden rise of load.

    :math:`1 + \text{spike}\,\min\{\max\{r - 1.5, 0\}, 1.5\}`, r the running of this week so far over that of the week
    before (or over the habitual amount, where that is more).

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> spiky = ASTEROID.with_values(load_spike=1.0, habitual_minutes=0.6)
    >>> load_factor(spiky, np.array([0.5, 1.0, 4.0]), np.array([0.5, 0.5, 0.5])).tolist()
    [1.0, 1.5, 2.5]
    """
    if assumptions.load_spike == 0:
        return np.ones_like(this_week)
    usual = np.maximum(last_week, max(assumptions.habitual_minutes / 60, 1e-9))
    factor: np.ndarray = 1 + assumptions.load_spike * (np.clip(this_week / usual, _SPIKE_FROM, _SPIKE_TO) - _SPIKE_FROM)
    return factor


def events_of_session(assumptions: TrialAssumptions, streams: SessionStreams, weighted_hours: np.ndarray) -> np.ndarray:
    """Count the events of each kind in the next session.

    Poisson given the person, with the kind's rate times the hours of running, weighted by proneness and load.

    Parameters
    ----------
    weighted_hours : numpy.ndarray, shape (runners, trials)
        Hours of running in the session times the factors on the hazard.

    Returns
    -------
    numpy.ndarray of int, shape (kinds, runners, trials)
        Events.
    """
    counts = np.zeros((len(EVENT_KINDS), *weighted_hours.shape), dtype=np.int16)
    for index, (kind, generator) in enumerate(zip(EVENT_KINDS, streams.events, strict=True)):
        rate = getattr(assumptions, f"{kind}_rate")
        counts[index] = poisson_quantile(streams.uniform(generator), rate * weighted_hours)
    return counts


def simulate_seriousness(assumptions: TrialAssumptions, seed: int, block: int, counts: np.ndarray) -> np.ndarray:
    """Draw how many of the events (kinds, sessions, runners, trials) were serious."""
    if assumptions.serious_share == 0:
        return np.zeros_like(counts)
    # Trial by trial along the first axis of the transposed counts, so that fewer trials are a prefix of more.
    by_trial = stream(seed, Purpose.SERIOUSNESS, block).binomial(counts.T, assumptions.serious_share)
    return np.ascontiguousarray(by_trial.T)


def poisson_quantile(uniform: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Invert the Poisson distribution: the same uniform gives nearly the same count under another mean.

    Examples
    --------
    >>> poisson_quantile(np.array([0.1, 0.5, 0.999]), np.array([1.0, 1.0, 1.0])).tolist()
    [0, 1, 5]
    """
    counts = np.zeros(uniform.size, dtype=np.int16)
    some = np.flatnonzero(uniform + mean > 1)  # exp(-mean) >= 1 - mean: elsewhere the count is surely 0
    mean_some = mean.ravel()[some]
    term = np.exp(-mean_some)
    remaining = uniform[np.unravel_index(some, uniform.shape)] - term
    count = 0
    # Beyond the mean a term below 1e-17 can no longer change the sum in double precision.
    while (above := (remaining >= 0) & ((term > 1e-17) | (count < mean_some))).any():
        counts[some] += above
        count += 1
        term = term * mean_some / count
        remaining -= term
    return counts.reshape(uniform.shape)

"""Adverse events: those that follow from running time in sessions, and those that follow from time alone."""

from dataclasses import dataclass

import numpy as np

from asteroid_repro.simulate.streams import BLOCK_TRIALS, Purpose, stream
from asteroid_repro.simulate.traits import proneness
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.trial.session_assumptions import SessionAssumptions

_FIRST_KINDS = (Purpose.EVENTS, Purpose.EVENTS_OF_SECOND_KIND, Purpose.EVENTS_OF_THIRD_KIND)
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
        Treated people and trials wanted.
    """

    attendance: np.random.Generator
    completion: np.random.Generator
    flare: np.random.Generator
    events: tuple[np.random.Generator, ...]
    shape: tuple[int, int]

    def uniform(self, generator: np.random.Generator) -> np.ndarray:
        """Draw the next session's uniforms, shape (treated people, trials).

        A block is always drawn whole, so that fewer trials are the first of more.
        """
        people, trials = self.shape
        return generator.random((people, BLOCK_TRIALS))[:, :trials]


def session_streams(seed: int, block: int, shape: tuple[int, int], kinds: int) -> SessionStreams:
    """Open the streams of all sessions of a block, for so many kinds of adverse event.

    Examples
    --------
    >>> streams = session_streams(1, 0, (20, 5), kinds=3)
    >>> streams.uniform(streams.flare).shape
    (20, 5)
    """
    return SessionStreams(
        stream(seed, Purpose.ATTENDANCE, block),
        stream(seed, Purpose.COMPLETION, block),
        stream(seed, Purpose.FLARE, block),
        tuple(_event_stream(seed, block, kind) for kind in range(kinds)),
        shape,
    )


def load_factor(sessions: SessionAssumptions, this_week: np.ndarray, last_week: np.ndarray) -> np.ndarray:
    r"""Factor on the hazard for a sudden rise of load.

    :math:`1 + \text{spike}\,\min\{\max\{r - 1.5, 0\}, 1.5\}`, r the running of this week so far over that of the week
    before (or over the habitual amount, where that is more).

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> spiky = ASTEROID.with_values(load_spike=1.0, habitual_minutes=0.6).sessions
    >>> load_factor(spiky, np.array([0.5, 1.0, 4.0]), np.array([0.5, 0.5, 0.5])).tolist()
    [1.0, 1.5, 2.5]
    """
    if sessions.load_spike == 0:
        return np.ones_like(this_week)
    usual = np.maximum(last_week, max(sessions.habitual_minutes / 60, 1e-9))
    factor: np.ndarray = 1 + sessions.load_spike * (np.clip(this_week / usual, _SPIKE_FROM, _SPIKE_TO) - _SPIKE_FROM)
    return factor


def events_of_session(assumptions: TrialAssumptions, streams: SessionStreams, weighted_hours: np.ndarray) -> np.ndarray:
    """Count the events of each kind in the next session.

    Poisson given the person, with the kind's rate times the hours of running, weighted by proneness and load.

    Parameters
    ----------
    weighted_hours : numpy.ndarray, shape (treated people, trials)
        Hours of running in the session times the factors on the hazard.

    Returns
    -------
    numpy.ndarray of int, shape (kinds, treated people, trials)
        Events.
    """
    counts = np.zeros((len(assumptions.adverse_events), *weighted_hours.shape), dtype=np.int16)
    for index, (kind, generator) in enumerate(zip(assumptions.adverse_events, streams.events, strict=True)):
        counts[index] = poisson_quantile(streams.uniform(generator), kind.rate * weighted_hours)
    return counts


def events_over_time(assumptions: TrialAssumptions, seed: int, block: int, trials: int) -> np.ndarray:
    r"""Count the events of each person over the follow-up, where they follow time and not sessions.

    Poisson with mean rate x proneness x weeks up to the last visit: the treatment arm of a study without sessions, and
    the reference arm of any.

    Returns
    -------
    numpy.ndarray of int, shape (kinds, people, trials)
        The treatment arm first.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> int(events_over_time(ASTEROID, 1, 0, 5).sum())  # all of its events happen in sessions
    0
    """
    kinds, shape = assumptions.adverse_events, (assumptions.n_people, trials)
    counts = np.zeros((len(kinds), *shape), dtype=np.int16)
    of_treatment = 0.0 if assumptions.sessions is not None else 1.0
    rates = [np.repeat([of_treatment * kind.rate, kind.reference_rate], assumptions.arm_sizes) for kind in kinds]
    if not np.any(rates):
        return counts
    scores = stream(seed, Purpose.PRONENESS, block, 1).standard_normal((trials, assumptions.n_people)).T
    weeks = assumptions.visits[-1] * proneness(assumptions.proneness_variance, scores)
    for index, rate in enumerate(rates):
        uniform = _event_stream(seed, block, index, 1).random((trials, assumptions.n_people)).T
        counts[index] = poisson_quantile(uniform, rate[:, np.newaxis] * weeks)
    return counts


def _event_stream(seed: int, block: int, kind: int, *further: int) -> np.random.Generator:
    if kind < len(_FIRST_KINDS):
        return stream(seed, _FIRST_KINDS[kind], block, *further)
    return stream(seed, Purpose.EVENTS_OF_FURTHER_KINDS, block, kind, *further)


def simulate_seriousness(
    assumptions: TrialAssumptions, seed: int, block: int, counts: np.ndarray, *further: int
) -> np.ndarray:
    """Draw how many of the events of shape (kinds, ..., trials) were serious."""
    if assumptions.serious_share == 0:
        return np.zeros_like(counts)
    # Trial by trial along the first axis of the transposed counts, so that fewer trials are a prefix of more.
    by_trial = stream(seed, Purpose.SERIOUSNESS, block, *further).binomial(counts.T, assumptions.serious_share)
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

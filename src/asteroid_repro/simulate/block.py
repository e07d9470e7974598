"""A block of whole trials, as arrays."""

from dataclasses import dataclass

import numpy as np

from asteroid_repro.errors import InputError
from asteroid_repro.mechanism.mechanism import Mechanism
from asteroid_repro.simulate.events import events_over_time, simulate_seriousness
from asteroid_repro.simulate.missing import remove_visits
from asteroid_repro.simulate.outcomes import Outcomes, effect_received, prognosis, simulate_outcomes
from asteroid_repro.simulate.people import Characteristics, simulate_people
from asteroid_repro.simulate.sessions import Sessions, simulate_sessions
from asteroid_repro.simulate.streams import BLOCK_TRIALS
from asteroid_repro.simulate.traits import Traits, simulate_traits


@dataclass(frozen=True)
class TrialBlock:
    """Whole trials of one block, as arrays whose last axis is the trial and whose people are the treatment arm first.

    Attributes
    ----------
    people : mapping of str to numpy.ndarray, shape (people, trials)
        Baseline characteristics.
    outcomes : Outcomes
        Scores by arm, NaN where a visit was missed.
    complete : Outcomes
        The scores had nobody missed a visit.
    traits, sessions : Traits and Sessions, or None
        How the treated people differ, and their session log with its adverse events; None without a programme.
    serious : numpy.ndarray of int, shape (kinds, sessions, treated people, trials)
        How many of the adverse events in sessions were serious.
    other_events, other_serious : numpy.ndarray of int, shape (kinds, people, trials)
        Adverse events that follow time and not sessions, and how many of them were serious.
    """

    people: Characteristics
    outcomes: Outcomes
    complete: Outcomes
    traits: Traits | None
    sessions: Sessions | None
    serious: np.ndarray
    other_events: np.ndarray
    other_serious: np.ndarray

    @property
    def attended_share(self) -> np.ndarray:
        """Share of their sessions that the treated people attended, shape (treated people, trials); 0 without any."""
        return _attended_share(self.sessions, self.outcomes.treatment.shape[2:])

    @property
    def events(self) -> np.ndarray:
        """Adverse events by kind, in sessions and otherwise, shape (kinds, trials)."""
        others = self.other_events.sum(axis=1)
        return np.asarray(others if self.sessions is None else others + self.sessions.events.sum(axis=(1, 2)))


def simulate_block(mechanism: Mechanism, seed: int, block: int, trials: int) -> TrialBlock:
    """Simulate the first ``trials`` trials of a block (at most ``BLOCK_TRIALS``).

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> from asteroid_repro.mechanism.mechanism import solve
    >>> simulate_block(solve(ASTEROID), seed=1, block=0, trials=5).outcomes.reference.shape
    (3, 3, 20, 5)
    """
    if not 1 <= trials <= BLOCK_TRIALS:
        raise InputError(f"trials must be from 1 to {BLOCK_TRIALS} in one block, got {trials}. Use several blocks.")
    assumptions = mechanism.assumptions
    traits, sessions = _traits_and_sessions(mechanism, seed, block, trials)
    share = _attended_share(sessions, (assumptions.n_treatment, trials))
    received = effect_received(mechanism, seed, block, share)
    complete = simulate_outcomes(mechanism, seed, block, trials, received=received)
    in_sessions = np.zeros((len(assumptions.adverse_events), 0, assumptions.n_treatment, trials), dtype=np.int16)
    others = events_over_time(assumptions, seed, block, trials)
    return TrialBlock(
        people=simulate_people(assumptions, seed, block, trials),
        outcomes=remove_visits(assumptions, seed, block, complete),
        complete=complete,
        traits=traits,
        sessions=sessions,
        serious=simulate_seriousness(assumptions, seed, block, in_sessions if sessions is None else sessions.events),
        other_events=others,
        other_serious=simulate_seriousness(assumptions, seed, block, others, 1),
    )


def _attended_share(sessions: Sessions | None, shape: tuple[int, ...]) -> np.ndarray:
    if sessions is None or not len(sessions.attended):
        return np.zeros(shape)
    return np.asarray(sessions.attended.mean(axis=0))


def _traits_and_sessions(
    mechanism: Mechanism, seed: int, block: int, trials: int
) -> tuple[Traits, Sessions] | tuple[None, None]:
    sessions = mechanism.assumptions.sessions
    if sessions is None:
        return None, None
    fares = prognosis(mechanism, seed, block, trials) if sessions.adherence_prognosis else None
    traits = simulate_traits(mechanism, seed, block, trials, prognosis=fares)
    return traits, simulate_sessions(mechanism, seed, block, trials, traits)

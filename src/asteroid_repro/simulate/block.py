"""A block of whole trials, as arrays."""

from dataclasses import dataclass

import numpy as np

from asteroid_repro.errors import InputError
from asteroid_repro.simulate.events import simulate_seriousness
from asteroid_repro.simulate.missing import remove_visits
from asteroid_repro.simulate.outcomes import Outcomes, effect_received, prognosis, simulate_outcomes
from asteroid_repro.simulate.people import People, simulate_people
from asteroid_repro.simulate.sessions import Sessions, simulate_sessions
from asteroid_repro.simulate.streams import BLOCK_TRIALS
from asteroid_repro.simulate.traits import Traits, simulate_traits
from asteroid_repro.trial.assumptions import TrialAssumptions


@dataclass(frozen=True)
class TrialBlock:
    """Whole trials of one block, as arrays whose last axis is the trial and whose people are running arm first.

    Attributes
    ----------
    people : People
        Age, sex, running history.
    outcomes : Outcomes
        Scores by arm, NaN where a visit was missed.
    complete : Outcomes
        The scores had nobody missed a visit.
    traits : Traits
        How the runners differ.
    sessions : Sessions
        The session log of the runners, with their adverse events.
    serious : numpy.ndarray of int, shape (kinds, sessions, runners, trials)
        How many of the adverse events were serious.
    """

    people: People
    outcomes: Outcomes
    complete: Outcomes
    traits: Traits
    sessions: Sessions
    serious: np.ndarray


def simulate_block(assumptions: TrialAssumptions, seed: int, block: int, trials: int) -> TrialBlock:
    """Simulate the first ``trials`` trials of a block (at most ``BLOCK_TRIALS``).

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> simulate_block(ASTEROID, seed=1, block=0, trials=5).outcomes.waitlist.shape
    (3, 3, 20, 5)
    """
    if not 1 <= trials <= BLOCK_TRIALS:
        raise InputError(f"trials must be from 1 to {BLOCK_TRIALS} in one block, got {trials}. Use several blocks.")
    fares = prognosis(assumptions, seed, block, trials) if assumptions.adherence_prognosis else None
    traits = simulate_traits(assumptions, seed, block, trials, prognosis=fares)
    sessions = simulate_sessions(assumptions, seed, block, trials, traits)
    share = sessions.attended.mean(axis=0) if assumptions.n_sessions else np.zeros(traits.propensity.shape)
    received = effect_received(assumptions, seed, block, share)
    complete = simulate_outcomes(assumptions, seed, block, trials, received=received)
    return TrialBlock(
        people=simulate_people(assumptions, seed, block, trials),
        outcomes=remove_visits(assumptions, seed, block, complete),
        complete=complete,
        traits=traits,
        sessions=sessions,
        serious=simulate_seriousness(assumptions, seed, block, sessions.events),
    )

"""A block of whole trials, and one trial of it as tables."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from asteroid_repro._version import __version__
from asteroid_repro.assumptions.trial import OUTCOMES, TrialAssumptions
from asteroid_repro.errors import InputError
from asteroid_repro.schema import ARMS, EVENT_KINDS, SEXES, Trial
from asteroid_repro.simulate.events import Events, simulate_events
from asteroid_repro.simulate.outcomes import Outcomes, simulate_outcomes
from asteroid_repro.simulate.people import People, simulate_people
from asteroid_repro.simulate.sessions import Sessions, simulate_sessions
from asteroid_repro.simulate.streams import BLOCK_TRIALS, Purpose, stream


@dataclass(frozen=True)
class TrialBlock:
    """Whole trials of one block, as arrays whose last axis is the trial and whose people are running arm first.

    Attributes
    ----------
    people : People
        Age, sex, running history.
    outcomes : Outcomes
        Scores by arm.
    sessions : Sessions
        The session log of the runners.
    events : Events
        Adverse events by kind and session.
    """

    people: People
    outcomes: Outcomes
    sessions: Sessions
    events: Events


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
    sessions = simulate_sessions(assumptions, seed, block, trials)
    return TrialBlock(
        people=simulate_people(assumptions, seed, block, trials),
        outcomes=simulate_outcomes(assumptions, seed, block, trials),
        sessions=sessions,
        events=simulate_events(assumptions, seed, block, trials, sessions.run_minutes),
    )


def simulate_trial(assumptions: TrialAssumptions, *, seed: int) -> Trial:
    """Simulate one trial and return its four tables.

    It is the first trial of the Monte Carlo run with the same seed. Participants are numbered from 1 in an order that
    the random allocation has shuffled, exactly ``n_running`` of them running.

    Parameters
    ----------
    assumptions : TrialAssumptions
        For instance ``ASTEROID``.
    seed : int
        Whole number of 0 or more; the same seed gives the same trial.

    Returns
    -------
    Trial
        ``participants``, ``outcomes``, ``sessions`` and ``adverse_events``.

    Raises
    ------
    InputError
        A seed that cannot be used.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> trial = simulate_trial(ASTEROID, seed=2024)
    >>> trial.participants["arm"].value_counts().to_dict()
    {'running': 20, 'waitlist': 20}
    """
    block = simulate_block(assumptions, seed, block=0, trials=1)
    participant = _allocation(assumptions, seed)
    return Trial(
        participants=_participants_table(assumptions, block.people, participant),
        outcomes=_outcomes_table(assumptions, block.outcomes, participant),
        sessions=_sessions_table(assumptions, block.sessions, participant),
        adverse_events=_events_table(block, participant),
        label=f"SIMULATED ({assumptions.name}, seed {seed}, version {__version__}), not participant data",
    )


def _allocation(assumptions: TrialAssumptions, seed: int) -> np.ndarray:
    """Participant numbers of the people in simulation order, the running arm first."""
    return stream(seed, Purpose.ALLOCATION, 0).permutation(assumptions.n_people) + 1


def _arm_labels(assumptions: TrialAssumptions) -> np.ndarray:
    return np.repeat(ARMS, [assumptions.n_running, assumptions.n_waitlist])


def _participants_table(assumptions: TrialAssumptions, people: People, participant: np.ndarray) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "participant": participant,
            "arm": _arm_labels(assumptions),
            "age_years": people.age_years[:, 0],
            "sex": np.where(people.female[:, 0], *SEXES),
            "ran_before": people.ran_before[:, 0],
        }
    )
    return table.sort_values("participant", ignore_index=True)


def _outcomes_table(assumptions: TrialAssumptions, outcomes: Outcomes, participant: np.ndarray) -> pd.DataFrame:
    scores = np.concatenate([outcomes.running, outcomes.waitlist], axis=2)[..., 0]
    outcome, visit, person = np.indices(scores.shape).reshape(3, -1)
    table = pd.DataFrame(
        {
            "participant": participant[person],
            "arm": _arm_labels(assumptions)[person],
            "week": np.array(assumptions.visits)[visit],
            "outcome": np.array(OUTCOMES)[outcome],
            "value": scores.ravel(),
        }
    )
    return table.sort_values(["outcome", "participant", "week"], ignore_index=True)


def _sessions_table(assumptions: TrialAssumptions, sessions: Sessions, participant: np.ndarray) -> pd.DataFrame:
    session, person = np.indices(sessions.attended.shape[:2]).reshape(2, -1)
    attended = sessions.attended[..., 0].ravel()
    run_minutes = sessions.run_minutes[..., 0].ravel()
    table = pd.DataFrame(
        {
            "participant": participant[person],
            "week": sessions.week[session],
            "session": session + 1,
            "prescribed_minutes": assumptions.session_minutes,
            "attended": attended,
            "run_minutes": run_minutes,
            "walk_minutes": attended * assumptions.session_minutes - run_minutes,
            "run_distance_km": sessions.run_distance_km[..., 0].ravel(),
        }
    )
    return table.sort_values(["participant", "session"], ignore_index=True)


def _events_table(block: TrialBlock, participant: np.ndarray) -> pd.DataFrame:
    counts, serious = block.events.counts[..., 0], block.events.serious[..., 0]
    kind, session, person = (np.repeat(index.ravel(), counts.ravel()) for index in np.indices(counts.shape))
    # Within a cell of several events the serious ones are listed first.
    cell_start = np.repeat(np.cumsum(counts.ravel()) - counts.ravel(), counts.ravel())
    rank = np.arange(len(kind)) - cell_start
    table = pd.DataFrame(
        {
            "participant": participant[person],
            "week": block.sessions.week[session],
            "session": session + 1,
            "kind": np.array(EVENT_KINDS)[kind],
            "serious": rank < np.repeat(serious.ravel(), counts.ravel()),
        }
    )
    return table.sort_values(["session", "participant", "kind"], ignore_index=True)

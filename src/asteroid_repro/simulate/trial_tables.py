"""One trial as tables."""

import numpy as np
import pandas as pd

from asteroid_repro._version import __version__
from asteroid_repro.mechanism.mechanism import solve
from asteroid_repro.simulate.block import TrialBlock, simulate_block
from asteroid_repro.simulate.outcomes import Outcomes
from asteroid_repro.simulate.people import Characteristics
from asteroid_repro.simulate.sessions import Sessions
from asteroid_repro.simulate.streams import Purpose, stream
from asteroid_repro.tables.schema import TABLES
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.trial.participant_data import Trial
from asteroid_repro.trial.session_assumptions import SessionAssumptions


def simulate_trial(assumptions: TrialAssumptions, *, seed: int) -> Trial:
    """Simulate one trial and return its four tables.

    It is the first trial of the Monte Carlo run with the same seed. Participants are numbered from 1 in an order that
    the random allocation has shuffled, exactly ``n_treatment`` of them treated.

    Parameters
    ----------
    assumptions : TrialAssumptions
        For instance ``ASTEROID``.
    seed : int
        Whole number of 0 or more; the same seed gives the same trial.

    Returns
    -------
    Trial
        ``participants``, ``outcomes``, ``sessions`` (empty without a programme) and ``adverse_events``.

    Raises
    ------
    InputError
        A seed that cannot be used, or moments that no score has.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> trial = simulate_trial(ASTEROID, seed=2024)
    >>> trial.participants["arm"].value_counts().sort_index().to_dict()
    {'running': 20, 'waitlist': 20}
    """
    block = simulate_block(solve(assumptions), seed, block=0, trials=1)
    participant = _allocation(assumptions, seed)
    return Trial(
        participants=_participants_table(assumptions, block.people, participant),
        outcomes=_outcomes_table(assumptions, block.outcomes, participant),
        sessions=_sessions_table(assumptions, block, seed, participant),
        adverse_events=_events_table(assumptions, block, seed, participant),
        design=assumptions.design,
        label=f"SIMULATED ({assumptions.name}, seed {seed}, version {__version__}), not participant data",
    )


def session_scores(assumptions: TrialAssumptions, block: TrialBlock, seed: int) -> np.ndarray:
    """Draw what people note during each session of the first trial, points, shape (sessions, treated people).

    On the straight line between the person's scores of the session outcome at the visits, with the assumed noise and
    the assumed rise where pain flares; on the outcome's scale. NaN where nobody came.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> pain = session_scores(ASTEROID, simulate_block(solve(ASTEROID), 1, 0, 1), seed=1)
    >>> pain.shape, float(np.nanmax(pain)) <= 100
    ((36, 20), True)
    """
    assumed, sessions = assumptions.sessions, block.sessions
    if assumed is None or sessions is None:
        return np.empty((0, assumptions.n_treatment))
    scores = block.complete.treatment[assumptions.design.outcome_names.index(assumed.session_outcome), :, :, 0]
    weeks = sessions.week - 0.5
    line = np.stack([np.interp(weeks, assumptions.visits, person) for person in scores.T], axis=1)
    noise = stream(seed, Purpose.SESSION_PAIN, 0).standard_normal((assumptions.n_sessions, assumptions.n_treatment))
    noted = line + assumed.session_noise * noise + assumed.flare_points * sessions.flare[..., 0]
    scale = assumptions.design.outcome(assumed.session_outcome)
    if scale.step is not None:
        noted = scale.lowest + scale.step * np.rint((noted - scale.lowest) / scale.step)
    if scale.is_bounded:
        noted = np.clip(noted, scale.minimum, scale.maximum)
    return np.where(sessions.attended[..., 0], noted, np.nan)


def _allocation(assumptions: TrialAssumptions, seed: int) -> np.ndarray:
    """Participant numbers of the people in simulation order, the treatment arm first."""
    return stream(seed, Purpose.ALLOCATION, 0).permutation(assumptions.n_people) + 1


def _arm_of_people(assumptions: TrialAssumptions) -> np.ndarray:
    return np.repeat(assumptions.design.arm_names, assumptions.arm_sizes)


def _participants_table(
    assumptions: TrialAssumptions, people: Characteristics, participant: np.ndarray
) -> pd.DataFrame:
    columns = {"participant": participant, "arm": _arm_of_people(assumptions)}
    for characteristic in assumptions.characteristics:
        values = people[characteristic.name][:, 0]
        categories = characteristic.categories
        columns[characteristic.name] = values if categories is None else np.where(values, *categories)
    return pd.DataFrame(columns).sort_values("participant", ignore_index=True)


def _outcomes_table(assumptions: TrialAssumptions, outcomes: Outcomes, participant: np.ndarray) -> pd.DataFrame:
    scores = np.concatenate([outcomes.treatment, outcomes.reference], axis=2)[..., 0]
    outcome, visit, person = np.indices(scores.shape).reshape(3, -1)
    table = pd.DataFrame(
        {
            "participant": participant[person],
            "arm": _arm_of_people(assumptions)[person],
            "week": np.array(assumptions.visits)[visit],
            "outcome": np.array(assumptions.design.outcome_names)[outcome],
            "value": scores.ravel(),
        }
    )
    return table.sort_values(["outcome", "participant", "week"], ignore_index=True)


def _sessions_table(
    assumptions: TrialAssumptions, block: TrialBlock, seed: int, participant: np.ndarray
) -> pd.DataFrame:
    if assumptions.sessions is None or block.sessions is None:
        return pd.DataFrame(columns=list(TABLES["sessions"]))
    noted = session_scores(assumptions, block, seed)
    table = pd.DataFrame(_session_columns(assumptions.sessions, block.sessions, noted, participant))
    return table.sort_values(["participant", "session"], ignore_index=True)


def _session_columns(
    assumed: SessionAssumptions, sessions: Sessions, noted: np.ndarray, participant: np.ndarray
) -> dict[str, object]:
    session, person = np.indices(sessions.attended.shape[:2]).reshape(2, -1)
    attended = sessions.attended[..., 0].ravel()
    run_minutes = sessions.run_minutes[..., 0].ravel()
    minutes = assumed.programme.session_minutes
    return {
        "participant": participant[person],
        "week": sessions.week[session],
        "session": session + 1,
        "prescribed_minutes": minutes,
        "attended": attended,
        "run_minutes": run_minutes,
        "walk_minutes": attended * minutes - run_minutes,
        "run_distance_km": sessions.run_distance_km[..., 0].ravel(),
        "repeats": sessions.repeats[..., 0].ravel().astype(int),
        "stage": sessions.stage[..., 0].ravel().astype(int),
        "stage_after": sessions.stage_after[..., 0].ravel().astype(int),
        "pain": noted.ravel(),
        "flare": sessions.flare[..., 0].ravel(),
    }


def _events_table(assumptions: TrialAssumptions, block: TrialBlock, seed: int, participant: np.ndarray) -> pd.DataFrame:
    """Return one row an event; one that follows time has a week, uniform over the follow-up, and no session."""
    kinds, tables = np.array(assumptions.design.kinds, dtype=str), []
    if block.sessions is not None:
        (kind, session, person), serious = _listed(block.sessions.events[..., 0], block.serious[..., 0])
        week = block.sessions.week[session]
        columns = {"participant": participant[person], "week": week, "session": session + 1, "kind": kinds[kind]}
        table = pd.DataFrame(columns | {"serious": serious})
        tables.append(table.sort_values(["session", "participant", "kind"], ignore_index=True))
    if block.sessions is None or block.other_events.any():
        (kind, person), serious = _listed(block.other_events[..., 0], block.other_serious[..., 0])
        weeks = stream(seed, Purpose.EVENT_WEEK, 0).random(len(kind)) * assumptions.visits[-1]
        columns = {"participant": participant[person], "week": np.ceil(weeks).astype(int), "kind": kinds[kind]}
        table = pd.DataFrame(columns | {"serious": serious})
        tables.append(table.sort_values(["week", "participant", "kind"], ignore_index=True))
    return pd.concat(tables, ignore_index=True) if len(tables) > 1 else tables[0]


def _listed(counts: np.ndarray, serious: np.ndarray) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """Return the place of every event, one array an axis, and whether it was serious; of a cell those come first."""
    places = tuple(np.repeat(index.ravel(), counts.ravel()) for index in np.indices(counts.shape))
    cell_start = np.repeat(np.cumsum(counts.ravel()) - counts.ravel(), counts.ravel())
    rank = np.arange(int(counts.sum())) - cell_start
    return places, rank < np.repeat(serious.ravel(), counts.ravel())

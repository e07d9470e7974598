"""One trial as tables."""

import numpy as np
import pandas as pd

from asteroid_repro._version import __version__
from asteroid_repro.simulate.block import TrialBlock, simulate_block
from asteroid_repro.simulate.outcomes import Outcomes
from asteroid_repro.simulate.people import People
from asteroid_repro.simulate.sessions import Sessions
from asteroid_repro.simulate.streams import Purpose, stream
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.trial.design import Arm, Design, EventKind, Outcome, PaperAnalysis
from asteroid_repro.trial.participant_data import Trial
from asteroid_repro.trial.quantities import ARMS, EVENT_KINDS, OUTCOMES, SCALE_MAXIMUM

_PAIN_NOISE, _FLARE_PAIN = 8.0, 20.0
_SEXES = ("female", "male")

DESIGN = Design(  # until it is read from the study's folder
    name="ASTEROID",
    title="Running for chronic low back pain",
    treatment=Arm(name=ARMS[0], label="Running"),
    reference=Arm(name=ARMS[1], label="Waitlist"),
    visits=(0, 6, 12),
    outcomes=tuple(
        Outcome(
            name=name, label=name.replace("_", " ").capitalize(), unit=unit, minimum=0, maximum=100, step=step,
            better="lower", important=important,
        )
        for name, unit, step, important in zip(
            OUTCOMES, ("points (VAS, 0-100)", "points (VAS, 0-100)", "points (ODI, 0-100)"), (1, 1, 2), (15, 15, 10),
            strict=True,
        )
    ),
    adverse_events=tuple(EventKind(name=name, label=name.replace("_", " ").capitalize()) for name in EVENT_KINDS),
    analysis=PaperAnalysis(method="random_intercept", distribution="z"),
)  # fmt: skip


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
    >>> trial.participants["arm"].value_counts().sort_index().to_dict()
    {'running': 20, 'waitlist': 20}
    """
    block = simulate_block(assumptions, seed, block=0, trials=1)
    participant = _allocation(assumptions, seed)
    return Trial(
        participants=_participants_table(assumptions, block.people, participant),
        outcomes=_outcomes_table(assumptions, block.outcomes, participant),
        sessions=_sessions_table(assumptions, block.sessions, session_pain(assumptions, block, seed), participant),
        adverse_events=_events_table(block, participant),
        design=DESIGN.model_copy(update={"visits": assumptions.visits}),
        label=f"SIMULATED ({assumptions.name}, seed {seed}, version {__version__}), not participant data",
    )


def session_pain(assumptions: TrialAssumptions, block: TrialBlock, seed: int) -> np.ndarray:
    """Draw the current pain during each session of the first trial, points, shape (sessions, runners).

    On the straight line between the person's scores of current pain at the visits, with noise of SD 8 points, and 20
    points more where pain flares (both are assumptions); whole numbers from 0 to 100. NaN where nobody came.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> pain = session_pain(ASTEROID, simulate_block(ASTEROID, 1, 0, 1), seed=1)
    >>> pain.shape, float(np.nanmax(pain)) <= 100
    ((36, 20), True)
    """
    sessions = block.sessions
    scores = block.complete.running[OUTCOMES.index("current_pain"), :, :, 0]
    weeks = sessions.week - 0.5
    line = np.stack([np.interp(weeks, assumptions.visits, person) for person in scores.T], axis=1)
    noise = stream(seed, Purpose.SESSION_PAIN, 0).standard_normal((assumptions.n_sessions, assumptions.n_running))
    pain = np.clip(np.rint(line + _PAIN_NOISE * noise + _FLARE_PAIN * sessions.flare[..., 0]), 0, SCALE_MAXIMUM)
    return np.where(sessions.attended[..., 0], pain, np.nan)


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
            "sex": np.where(people.female[:, 0], *_SEXES),
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


def _sessions_table(
    assumptions: TrialAssumptions, sessions: Sessions, pain: np.ndarray, participant: np.ndarray
) -> pd.DataFrame:
    session, person = np.indices(sessions.attended.shape[:2]).reshape(2, -1)
    attended = sessions.attended[..., 0].ravel()
    run_minutes = sessions.run_minutes[..., 0].ravel()
    table = pd.DataFrame(
        {
            "participant": participant[person],
            "week": sessions.week[session],
            "session": session + 1,
            "prescribed_minutes": assumptions.plan.session_minutes,
            "attended": attended,
            "run_minutes": run_minutes,
            "walk_minutes": attended * assumptions.plan.session_minutes - run_minutes,
            "run_distance_km": sessions.run_distance_km[..., 0].ravel(),
            "repeats": sessions.repeats[..., 0].ravel().astype(int),
            "stage": sessions.stage[..., 0].ravel().astype(int),
            "stage_after": sessions.stage_after[..., 0].ravel().astype(int),
            "pain": pain.ravel(),
            "flare": sessions.flare[..., 0].ravel(),
        }
    )
    return table.sort_values(["participant", "session"], ignore_index=True)


def _events_table(block: TrialBlock, participant: np.ndarray) -> pd.DataFrame:
    counts, serious = block.sessions.events[..., 0], block.serious[..., 0]
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

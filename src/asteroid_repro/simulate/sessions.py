"""The sessions of a block of trials, one after another: who comes, what they complete, flares, events, stages.

A session of stage s consists of repeats of the stage's run and walk intervals. Somebody who does the most repeats in
enough sessions of a week, without a flare, moves up a stage; after a flare or an adverse event the stage drops and
running goes on. Events follow running time: the hazard of an hour is the kind's rate, times the person's proneness,
times a term for a sudden rise of the week's running over the week before.
"""

from dataclasses import dataclass

import numpy as np

from asteroid_repro.mechanism.mechanism import Mechanism
from asteroid_repro.simulate.events import (
    SessionStreams,
    events_of_session,
    load_factor,
    poisson_quantile,
    session_streams,
)
from asteroid_repro.simulate.traits import Traits, session_assumptions
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.trial.programme import Programme
from asteroid_repro.trial.session_assumptions import SessionAssumptions


@dataclass(frozen=True)
class Sessions:
    """Sessions of a block. Arrays have shape (sessions, treated people, trials) unless stated.

    Attributes
    ----------
    attended : numpy.ndarray of bool
        Whether the session took place.
    repeats : numpy.ndarray of int
        How often the stage's intervals were done; 0 where the session did not take place.
    run_minutes : numpy.ndarray
        Minutes spent running.
    run_distance_km : numpy.ndarray
        Running distance, km.
    stage, stage_after : numpy.ndarray of int
        Stage of the session and the stage after it, from 1.
    flare : numpy.ndarray of bool
        Whether pain flared in the session (an adverse event of some kinds is one).
    events : numpy.ndarray of int, shape (kinds, sessions, treated people, trials)
        Adverse events of each kind.
    week : numpy.ndarray, shape (sessions,)
        Week of the programme, from 1.
    """

    attended: np.ndarray
    repeats: np.ndarray
    run_minutes: np.ndarray
    run_distance_km: np.ndarray
    stage: np.ndarray
    stage_after: np.ndarray
    flare: np.ndarray
    events: np.ndarray
    week: np.ndarray


@dataclass
class _State:
    """Where people stand between two sessions; arrays of shape (treated people, trials)."""

    stage: np.ndarray  # from 0; for a calendar, how many stages somebody is behind it
    completed: np.ndarray  # sessions of this week with the most repeats
    spared: np.ndarray  # whether this week had neither flare nor event
    this_week: np.ndarray  # running of this week so far, hours
    last_week: np.ndarray


def simulate_sessions(mechanism: Mechanism, seed: int, block: int, trials: int, traits: Traits) -> Sessions:
    r"""Run the programme in the first ``trials`` trials of a block.

    Attendance of person i in week w has probability :math:`p_i + d\, c_w\, p_i (1 - p_i)`, with decline d and
    :math:`c_w` falling from 1 to -1 over the weeks: early weeks are attended more, and the mean over weeks is
    :math:`p_i` exactly.

    Parameters
    ----------
    traits : Traits
        Of the treated people.

    Returns
    -------
    Sessions
        In the order in which they were prescribed.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> from asteroid_repro.mechanism.mechanism import solve
    >>> from asteroid_repro.simulate.traits import simulate_traits
    >>> log = simulate_sessions(solve(ASTEROID), 1, 0, 5, simulate_traits(solve(ASTEROID), 1, 0, 5))
    >>> log.attended.shape, bool((log.run_minutes <= 30).all())
    ((36, 20, 5), True)
    """
    assumptions, assumed = mechanism.assumptions, session_assumptions(mechanism)
    plan, kinds = assumed.programme, len(assumptions.adverse_events)
    shape = (assumptions.n_treatment, trials)
    log = _empty_log((plan.n_sessions, *shape), plan, kinds)
    run = _Run(assumptions, assumed, traits, session_streams(seed, block, shape, kinds), log)
    state = _State(*(np.zeros(shape, dtype=kind) for kind in (np.int16, np.int16, bool, float, float)))
    state.stage[:] = 0 if plan.progression == "calendar" else traits.start_stage
    state.this_week[:] = assumed.habitual_minutes / 60
    for week in range(plan.weeks):
        state.last_week, state.this_week = state.this_week, np.zeros(shape)
        state.completed[:], state.spared[:] = 0, True
        centre = 1 - 2 * week / (plan.weeks - 1) if plan.weeks > 1 else 0.0
        chance = traits.propensity * (1 + assumed.adherence_decline * centre * (1 - traits.propensity))
        for session in range(week * plan.sessions_per_week, (week + 1) * plan.sessions_per_week):
            _one_session(run, session, chance, state)
        _end_of_week(plan, state)
    log.stage_after[:-1] = log.stage[1:]
    if plan.n_sessions:
        log.stage_after[-1] = _stage(plan, plan.n_sessions - 1, state) + 1
    return log


@dataclass(frozen=True)
class _Run:
    """What stays the same over the sessions of a block."""

    assumptions: TrialAssumptions
    sessions: SessionAssumptions
    traits: Traits
    streams: SessionStreams
    log: Sessions


def _empty_log(shape: tuple[int, int, int], plan: Programme, kinds: int) -> Sessions:
    flags = (np.zeros(shape, dtype=bool) for _ in range(2))
    whole = (np.zeros(shape, dtype=np.int16) for _ in range(3))
    amounts = (np.zeros(shape) for _ in range(2))
    return Sessions(
        attended=next(flags),
        repeats=next(whole),
        run_minutes=next(amounts),
        run_distance_km=next(amounts),
        stage=next(whole),
        stage_after=next(whole),
        flare=next(flags),
        events=np.zeros((kinds, *shape), dtype=np.int16),
        week=np.repeat(np.arange(1, plan.weeks + 1), plan.sessions_per_week),
    )


def _one_session(run: _Run, session: int, chance: np.ndarray, state: _State) -> None:
    assumed, plan, traits, streams, log = run.sessions, run.sessions.programme, run.traits, run.streams, run.log
    stage = _stage(plan, session, state)
    attended = streams.uniform(streams.attendance) < chance
    repeats, completed = _repeats(plan, stage, streams.uniform(streams.completion), traits.completion)
    repeats *= attended
    hours = np.array([one.run_seconds(1) / 3600 for one in plan.stages]).take(stage) * repeats
    state.this_week += hours
    weighted = hours * traits.proneness * load_factor(assumed, state.this_week, state.last_week)
    events = events_of_session(run.assumptions, streams, weighted)
    flaring = [event.flare for event in run.assumptions.design.adverse_events]
    flare = (
        poisson_quantile(streams.uniform(streams.flare), assumed.flare_rate * hours) + events[flaring].sum(axis=0) > 0
    )
    hurt = flare | events.any(axis=0)
    state.completed += completed & attended & ~hurt
    state.spared &= ~hurt
    if plan.progression == "calendar":
        state.stage += plan.flare_stages * hurt
    else:
        state.stage -= np.minimum(plan.flare_stages * hurt, state.stage)
    log.attended[session], log.repeats[session], log.stage[session] = attended, repeats, stage + 1
    np.multiply(hours, 60, out=log.run_minutes[session])
    np.multiply(hours, traits.speed_kmh, out=log.run_distance_km[session])
    log.flare[session], log.events[:, session] = flare, events


def _stage(plan: Programme, session: int, state: _State) -> np.ndarray:
    """Return the stage of the session, from 0: the person's own, or the calendar's less the stages behind it."""
    if plan.progression == "completed":
        return state.stage.copy()
    return np.asarray(np.maximum(plan.planned_stages()[session] - 1 - state.stage, 0))


def _repeats(
    plan: Programme, stage: np.ndarray, uniform: np.ndarray, completion: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return repeats done and whether they are the most: with the person's probability, else any fewer of the stage."""
    fewest, most = np.array([one.repeats for one in plan.stages], dtype=np.int16).T.take(stage, axis=1)
    completed = (uniform < completion) | (fewest == most)
    # Given that the session is not completed, rest is uniform on (0, 1].
    rest = np.minimum((1 - uniform) / np.maximum(1 - completion, 1e-12), 1)
    short = np.ceil(rest * (most - fewest)).astype(np.int16)
    short[completed] = 0
    return most - short, completed


def _end_of_week(plan: Programme, state: _State) -> None:
    enough = state.spared & (state.completed >= plan.sessions_to_progress)
    if plan.progression == "calendar":
        state.stage -= np.minimum(enough, state.stage)  # a good week makes up for a stage
    else:
        np.minimum(state.stage + enough, len(plan.stages) - 1, out=state.stage)

"""The session log of a block of trials: who came, and how long and how far they ran.

This is a log drawn to match published totals, not a mechanism: everybody follows the same weekly share of running, and
missing a session has no consequence.
"""

from dataclasses import dataclass

import numpy as np

from asteroid_repro.assumptions.latent import attendance_beta
from asteroid_repro.assumptions.trial import TrialAssumptions
from asteroid_repro.simulate.streams import Purpose, stream


@dataclass(frozen=True)
class Sessions:
    """Sessions of a block. Arrays have shape (sessions, runners, trials) unless stated.

    Attributes
    ----------
    attended : numpy.ndarray
        True where the session took place.
    run_minutes : numpy.ndarray
        Minutes spent running; 0 where the session did not take place.
    run_distance_km : numpy.ndarray
        Running distance, km.
    week : numpy.ndarray, shape (sessions,)
        Week of the programme, from 1.
    """

    attended: np.ndarray
    run_minutes: np.ndarray
    run_distance_km: np.ndarray
    week: np.ndarray


def simulate_sessions(assumptions: TrialAssumptions, seed: int, block: int, trials: int) -> Sessions:
    """Draw the sessions of the first ``trials`` trials of a block.

    Each runner has a probability of attending, from a beta distribution whose spread, with the coin flips of the
    sessions on top, gives the assumed SD of the observed share. The share of a session spent running moves in equal
    steps from the first to the last week. Speed is log-normal between people.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> log = simulate_sessions(ASTEROID, seed=1, block=0, trials=5)
    >>> log.attended.shape
    (36, 20, 5)
    """
    runners = assumptions.n_running
    shape = attendance_beta(assumptions.adherence_mean, assumptions.adherence_sd, assumptions.n_sessions)
    propensity = stream(seed, Purpose.ATTENDANCE_PROPENSITY, block).beta(*shape, (trials, runners))
    uniform = stream(seed, Purpose.ATTENDANCE, block).random((trials, runners, assumptions.n_sessions))
    attended = np.ascontiguousarray((uniform < propensity[:, :, np.newaxis]).T)
    week = np.repeat(np.arange(1, assumptions.weeks + 1), assumptions.sessions_per_week)
    share = np.linspace(assumptions.running_share_first_week, assumptions.running_share_last_week, assumptions.weeks)[
        week - 1
    ]
    run_minutes = attended * (assumptions.session_minutes * share)[:, np.newaxis, np.newaxis]
    speed = _running_speed(assumptions, seed, block, trials)
    return Sessions(attended, run_minutes, run_minutes / 60 * speed, week)


def _running_speed(assumptions: TrialAssumptions, seed: int, block: int, trials: int) -> np.ndarray:
    """Speed of each runner, km per hour, shape (runners, trials): log-normal with the assumed mean and SD."""
    log_variance = np.log1p((assumptions.running_speed_sd / assumptions.running_speed_mean) ** 2)
    normal = stream(seed, Purpose.RUNNING_SPEED, block).standard_normal((trials, assumptions.n_running)).T
    speed: np.ndarray = assumptions.running_speed_mean * np.exp(np.sqrt(log_variance) * normal - log_variance / 2)
    return speed

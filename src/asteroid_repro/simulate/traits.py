"""How treated people differ: who comes, where they start, how fast they run and progress, how easily they are hurt."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import betaincinv, gammaincinv, ndtr

from asteroid_repro.errors import InputError
from asteroid_repro.mechanism.attendance_spread import beta_shape
from asteroid_repro.mechanism.mechanism import Mechanism
from asteroid_repro.simulate.streams import Purpose, stream
from asteroid_repro.trial.session_assumptions import SessionAssumptions

_SCORES = np.linspace(-6, 6, 4001)  # standard normal scores at which quantiles are tabulated


@dataclass(frozen=True)
class Traits:
    """Traits of the treated people of a block; every array has shape (treated people, trials).

    Attributes
    ----------
    propensity : numpy.ndarray
        Mean probability of attending a session, over the programme.
    completion : numpy.ndarray
        Probability of doing the most repeats of the stage in an attended session.
    start_stage : numpy.ndarray of int
        Stage of the first session, from 0.
    speed_kmh : numpy.ndarray
        Running speed, km per hour.
    proneness : numpy.ndarray
        Factor on the event rates, with mean 1.
    """

    propensity: np.ndarray
    completion: np.ndarray
    start_stage: np.ndarray
    speed_kmh: np.ndarray
    proneness: np.ndarray


def simulate_traits(
    mechanism: Mechanism, seed: int, block: int, trials: int, *, prognosis: np.ndarray | None = None
) -> Traits:
    """Draw the traits of the treated people in the first ``trials`` trials of a block.

    Each trait is a quantile of its own standard normal score, so that another mean or spread keeps who ranks where.

    Parameters
    ----------
    mechanism : Mechanism
        Of assumptions with sessions.
    prognosis : numpy.ndarray of shape (treated people, trials), optional
        Standard normal scores of how badly people fare without the treatment; needed where adherence is prognostic. The
        score of the propensity then has correlation ``adherence_prognosis`` with it.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> from asteroid_repro.mechanism.mechanism import solve
    >>> simulate_traits(solve(ASTEROID), seed=1, block=0, trials=5).propensity.shape
    (20, 5)
    """
    sessions, shape = session_assumptions(mechanism), (trials, mechanism.assumptions.n_treatment)

    def scores(purpose: Purpose) -> np.ndarray:
        return stream(seed, purpose, block).standard_normal(shape).T

    plan, link = sessions.programme, sessions.adherence_prognosis
    adherence = scores(Purpose.ATTENDANCE_PROPENSITY)
    if link:
        if prognosis is None:
            raise InputError(
                "adherence_prognosis must be 0 where no prognosis is given. Simulate whole trials instead."
            )
        adherence = link * prognosis + np.sqrt(1 - link**2) * adherence
    start = np.searchsorted(np.cumsum(plan.start_shares)[:-1], ndtr(scores(Purpose.START_STAGE)), side="right")
    return Traits(
        propensity=np.zeros_like(adherence)
        if mechanism.attendance is None
        else _beta_quantile(*mechanism.attendance, adherence),
        completion=_beta_quantile(
            *beta_shape(sessions.completion_mean, sessions.completion_sd), scores(Purpose.COMPLETION_PROPENSITY)
        ),
        start_stage=np.array(plan.start_stages)[start] - 1,
        speed_kmh=_speed(sessions, scores(Purpose.RUNNING_SPEED)),
        proneness=proneness(mechanism.assumptions.proneness_variance, scores(Purpose.PRONENESS)),
    )


def session_assumptions(mechanism: Mechanism) -> SessionAssumptions:
    """Return what is assumed of the sessions, and refuse a study without a programme."""
    sessions = mechanism.assumptions.sessions
    if sessions is None:
        raise InputError(
            f"{mechanism.assumptions.name} must have a programme of sessions, got none. Add one to the assumptions."
        )
    return sessions


def _speed(sessions: SessionAssumptions, scores: np.ndarray) -> np.ndarray:
    """Log-normal with the assumed mean and SD."""
    log_variance = np.log1p((sessions.running_speed_sd / sessions.running_speed_mean) ** 2)
    speed: np.ndarray = sessions.running_speed_mean * np.exp(np.sqrt(log_variance) * scores - log_variance / 2)
    return speed


def _beta_quantile(a: float, b: float, scores: np.ndarray) -> np.ndarray:
    return np.asarray(np.interp(scores, _SCORES, _table(betaincinv, a, b)))


def proneness(variance: float, scores: np.ndarray) -> np.ndarray:
    """Return factors on event rates from standard normal scores: gamma with mean 1; no spread where the variance is 0.

    Examples
    --------
    >>> proneness(0.0, np.zeros(2)).tolist()
    [1.0, 1.0]
    """
    if variance == 0:
        return np.ones_like(scores)
    return np.asarray(np.interp(scores, _SCORES, variance * _table(gammaincinv, 1 / variance)))


@lru_cache(maxsize=64)
def _table(inverse: Callable[..., np.ndarray], *shape: float) -> np.ndarray:
    """Quantiles at the tabulated scores; between them they are interpolated."""
    quantiles: np.ndarray = inverse(*shape, ndtr(_SCORES))
    return quantiles

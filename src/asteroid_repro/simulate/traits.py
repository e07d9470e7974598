"""How runners differ: who comes, where they start, how fast they run and progress, how easily they are hurt."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import betaincinv, gammaincinv, ndtr

from asteroid_repro.errors import InputError
from asteroid_repro.mechanism.latent import attendance_beta, beta_shape
from asteroid_repro.simulate.streams import Purpose, stream
from asteroid_repro.trial.assumptions import TrialAssumptions

_SCORES = np.linspace(-6, 6, 4001)  # standard normal scores at which quantiles are tabulated


@dataclass(frozen=True)
class Traits:
    """Traits of the runners of a block; every array has shape (runners, trials).

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
    assumptions: TrialAssumptions, seed: int, block: int, trials: int, *, prognosis: np.ndarray | None = None
) -> Traits:
    """Draw the traits of the runners in the first ``trials`` trials of a block.

    Each trait is a quantile of its own standard normal score, so that another mean or spread keeps who ranks where.

    Parameters
    ----------
    prognosis : numpy.ndarray of shape (runners, trials), optional
        Standard normal scores of how badly people fare without running; needed where adherence is prognostic. The
        score of the propensity then has correlation ``adherence_prognosis`` with it.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> simulate_traits(ASTEROID, seed=1, block=0, trials=5).propensity.shape
    (20, 5)
    """
    scores = {
        purpose: stream(seed, purpose, block).standard_normal((trials, assumptions.n_running)).T
        for purpose in (
            Purpose.ATTENDANCE_PROPENSITY,
            Purpose.COMPLETION_PROPENSITY,
            Purpose.START_STAGE,
            Purpose.RUNNING_SPEED,
            Purpose.PRONENESS,
        )
    }
    plan = assumptions.plan
    adherence = scores[Purpose.ATTENDANCE_PROPENSITY]
    if assumptions.adherence_prognosis:
        if prognosis is None:
            raise InputError(
                "adherence_prognosis must be 0 where no prognosis is given. Simulate whole trials instead."
            )
        link = assumptions.adherence_prognosis
        adherence = link * prognosis + np.sqrt(1 - link**2) * adherence
    start = np.searchsorted(np.cumsum(plan.start_shares)[:-1], ndtr(scores[Purpose.START_STAGE]), side="right")
    return Traits(
        propensity=_attendance_quantile(assumptions, adherence),
        completion=_beta_quantile(
            *beta_shape(assumptions.completion_mean, assumptions.completion_sd), scores[Purpose.COMPLETION_PROPENSITY]
        ),
        start_stage=np.array(plan.start_stages)[start] - 1,
        speed_kmh=_speed(assumptions, scores[Purpose.RUNNING_SPEED]),
        proneness=_gamma_quantile(assumptions.proneness_variance, scores[Purpose.PRONENESS]),
    )


def _attendance_quantile(assumptions: TrialAssumptions, scores: np.ndarray) -> np.ndarray:
    if not assumptions.n_sessions:
        return np.zeros_like(scores)
    shape = attendance_beta(
        assumptions.adherence_mean,
        assumptions.adherence_sd,
        assumptions.n_sessions,
        assumptions.adherence_decline,
        assumptions.plan.weeks,
    )
    return _beta_quantile(*shape, scores)


def _speed(assumptions: TrialAssumptions, scores: np.ndarray) -> np.ndarray:
    """Log-normal with the assumed mean and SD."""
    log_variance = np.log1p((assumptions.running_speed_sd / assumptions.running_speed_mean) ** 2)
    speed: np.ndarray = assumptions.running_speed_mean * np.exp(np.sqrt(log_variance) * scores - log_variance / 2)
    return speed


def _beta_quantile(a: float, b: float, scores: np.ndarray) -> np.ndarray:
    return np.asarray(np.interp(scores, _SCORES, _table(betaincinv, a, b)))


def _gamma_quantile(variance: float, scores: np.ndarray) -> np.ndarray:
    """Gamma with mean 1; no spread where the variance is 0."""
    if variance == 0:
        return np.ones_like(scores)
    return np.asarray(np.interp(scores, _SCORES, variance * _table(gammaincinv, 1 / variance)))


@lru_cache(maxsize=64)
def _table(inverse: Callable[..., np.ndarray], *shape: float) -> np.ndarray:
    """Quantiles at the tabulated scores; between them they are interpolated."""
    quantiles: np.ndarray = inverse(*shape, ndtr(_SCORES))
    return quantiles

"""Pain and disability at every visit of a block of trials, on the observed scale, and what they would have been."""

from dataclasses import dataclass

import numpy as np

from asteroid_repro.assumptions.latent import LatentArm, latent_arm
from asteroid_repro.assumptions.quantities import OUTCOMES, SCALE_MAXIMUM
from asteroid_repro.assumptions.trial import TrialAssumptions
from asteroid_repro.simulate.streams import Purpose, stream


@dataclass(frozen=True)
class Outcomes:
    """Scores of a block, points. Arrays have shape (outcomes, visits, people of the arm, trials).

    Attributes
    ----------
    running, waitlist : numpy.ndarray
        Whole (VAS) or even (ODI) numbers from 0 to 100, as floats.
    """

    running: np.ndarray
    waitlist: np.ndarray


@dataclass(frozen=True)
class PotentialOutcomes:
    """What the runners' scores would have been, with the same noise; arrays as in :class:`Outcomes`.

    Attributes
    ----------
    without_running : numpy.ndarray
        Had they been on the waitlist.
    as_attended : numpy.ndarray
        As they did attend: the observed ones.
    full_adherence : numpy.ndarray
        Had they attended every session.
    """

    without_running: np.ndarray
    as_attended: np.ndarray
    full_adherence: np.ndarray


def simulate_outcomes(
    assumptions: TrialAssumptions, seed: int, block: int, trials: int, *, received: np.ndarray | None = None
) -> Outcomes:
    """Draw the scores of the first ``trials`` trials of a block.

    A person's latent scores are jointly normal over outcomes and visits; each is rounded to the scale's step and held
    inside 0 to 100. The latent parameters are calibrated so that the rounded scores have the assumed moments. People
    and noise do not depend on the effect: another effect changes no score of the waitlist. (It changes the other
    outcomes of the runners a little, since their correlation on the latent scale is solved anew.)

    Parameters
    ----------
    received : numpy.ndarray of shape (runners, trials), optional
        The part of the effect that each runner receives, 1 for the whole; all receive the whole when not given.

    Raises
    ------
    InputError
        No latent distribution gives the assumed moments.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> scores = simulate_outcomes(ASTEROID, seed=1, block=0, trials=5)
    >>> scores.running.shape
    (3, 3, 20, 5)
    """
    noise = outcome_noise(assumptions, seed, block, trials)
    running, waitlist = np.split(noise, [assumptions.n_running], axis=1)
    scores = (
        _scores(latent_arm(assumptions, "running"), running)
        if received is None
        else _partial_scores(assumptions, running, received)
    )
    return Outcomes(scores, _scores(latent_arm(assumptions, "waitlist"), waitlist))


def outcome_noise(assumptions: TrialAssumptions, seed: int, block: int, trials: int) -> np.ndarray:
    """Draw the independent standard normals behind the scores, shape (trials, people, outcomes x visits)."""
    width = len(OUTCOMES) * len(assumptions.visits)
    return stream(seed, Purpose.OUTCOMES, block).standard_normal((trials, assumptions.n_people, width))


def prognosis(assumptions: TrialAssumptions, seed: int, block: int, trials: int) -> np.ndarray:
    """Return standard normal scores of how much average pain each runner would have at the last visit.

    Shape (runners, trials); high is bad.
    """
    noise = outcome_noise(assumptions, seed, block, trials)[:, : assumptions.n_running]
    last_average_pain = latent_arm(assumptions, "running").root_correlation[len(assumptions.visits) - 1]
    scores: np.ndarray = (noise @ last_average_pain).T
    return scores


def effect_received(
    assumptions: TrialAssumptions, seed: int, block: int, attended_share: np.ndarray
) -> np.ndarray | None:
    r"""Return the part of the mean effect that each runner receives; None where all receive the whole.

    :math:`(1 - \delta + \delta\, a_i/\bar a)(1 + \tau z_i)`, with :math:`a_i` the share of sessions attended,
    :math:`\delta` the assumed dose response, :math:`\tau` the assumed variation and :math:`z_i` standard normal.

    Parameters
    ----------
    attended_share : numpy.ndarray, shape (runners, trials)
        From 0 to 1.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> by_dose = ASTEROID.with_values(dose_response=1.0)
    >>> effect_received(by_dose, 1, 0, np.array([[0.35], [0.7]])).ravel().tolist()
    [0.5, 1.0]
    """
    if not assumptions.dose_response and not assumptions.effect_variation:
        return None
    dose = 1 + assumptions.dose_response * (attended_share / assumptions.adherence_mean - 1)
    if not assumptions.effect_variation:
        return dose
    own = stream(seed, Purpose.EFFECT_VARIATION, block).standard_normal(attended_share.shape[::-1]).T
    varied: np.ndarray = dose * (1 + assumptions.effect_variation * own)
    return varied


def potential_outcomes(
    assumptions: TrialAssumptions, seed: int, block: int, attended_share: np.ndarray
) -> PotentialOutcomes:
    """Return the runners' scores without running, as they attended, and had they attended everything.

    Parameters
    ----------
    attended_share : numpy.ndarray, shape (runners, trials)
        From 0 to 1.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> worlds = potential_outcomes(ASTEROID, 1, 0, np.full((20, 5), 0.5))
    >>> bool((worlds.as_attended == worlds.full_adherence).all())  # ASTEROID supposes no dose response
    True
    """
    trials = attended_share.shape[1]
    noise = outcome_noise(assumptions, seed, block, trials)[:, : assumptions.n_running]
    ones = np.ones_like(attended_share)
    as_attended = effect_received(assumptions, seed, block, attended_share)
    everything = effect_received(assumptions, seed, block, ones)
    return PotentialOutcomes(
        _partial_scores(assumptions, noise, 0 * ones),
        _partial_scores(assumptions, noise, ones if as_attended is None else as_attended),
        _partial_scores(assumptions, noise, ones if everything is None else everything),
    )


def _scores(latent: LatentArm, normal: np.ndarray) -> np.ndarray:
    """Turn independent normals (trials, people, scores) into scores (outcomes, visits, people, trials)."""
    trials, people, width = normal.shape
    mean, sd = _mean_and_sd(latent)
    spread = sd[:, np.newaxis] * latent.root_correlation
    points = normal.reshape(-1, width) @ spread.T + mean
    by_score = np.ascontiguousarray(_on_scale(latent, points).reshape(trials, people, width).T)
    return by_score.reshape(len(OUTCOMES), -1, people, trials)


def _partial_scores(assumptions: TrialAssumptions, normal: np.ndarray, received: np.ndarray) -> np.ndarray:
    """Scores of runners who receive a part of the effect: latent mean and SD lie that far between none and whole."""
    trials, people, width = normal.shape
    whole, none = latent_arm(assumptions, "running"), latent_arm(_without_effect(assumptions), "running")
    correlated = normal @ whole.root_correlation.T
    part = received.T[:, :, np.newaxis]
    mean, sd = (low + part * (high - low) for low, high in zip(_mean_and_sd(none), _mean_and_sd(whole), strict=True))
    points = mean + np.maximum(sd, 0) * correlated
    by_score = np.ascontiguousarray(_on_scale(whole, points.reshape(-1, width)).reshape(trials, people, width).T)
    return by_score.reshape(len(OUTCOMES), -1, people, trials)


def _mean_and_sd(latent: LatentArm) -> tuple[np.ndarray, np.ndarray]:
    return np.array([score.mean for score in latent.scores]), np.array([score.sd for score in latent.scores])


def _on_scale(latent: LatentArm, points: np.ndarray) -> np.ndarray:
    """Round to the step of each score and hold inside the scale, in place."""
    steps = np.array([score.step for score in latent.scores], dtype=float)
    points /= steps
    np.rint(points, out=points)
    points *= steps
    np.clip(points, 0, SCALE_MAXIMUM, out=points)
    return points


def _without_effect(assumptions: TrialAssumptions) -> TrialAssumptions:
    return assumptions.with_effect(average_pain=0, current_pain=0, disability=0)

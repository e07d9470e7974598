"""Pain and disability at every visit of a block of trials, on the observed scale, and what they would have been."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from asteroid_repro.mechanism.latent import LatentArm, latent_arm
from asteroid_repro.simulate.streams import BLOCK_TRIALS, Purpose, stream
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.trial.quantities import OUTCOMES, SCALE_MAXIMUM

_TILES: Final = tuple(size for size in range(40, BLOCK_TRIALS + 1) if BLOCK_TRIALS % size == 0)
_TILE_PEOPLE: Final = 10_000  # with 9 scores each they make 720 kB


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
    scores = np.empty((len(OUTCOMES), len(assumptions.visits), assumptions.n_people, trials))
    done = 0
    for tile in score_tiles(assumptions, seed, block, trials):
        scores[..., done : done + tile.shape[-1]] = tile
        done += tile.shape[-1]
    running, waitlist = np.split(scores, [assumptions.n_running], axis=2)
    if received is not None:
        noise = outcome_noise(assumptions, seed, block, trials)[: assumptions.n_running]
        running = _partial_scores(assumptions, noise, received)
    return Outcomes(running, waitlist)


def score_tiles(assumptions: TrialAssumptions, seed: int, block: int, trials: int) -> Iterator[np.ndarray]:
    """Draw the same scores one tile of trials after the other, the running arm first.

    The rounded scores are in single precision, which holds whole numbers exactly and takes half the time to sum. The
    latent ones are not: their last digits differ between kinds of processors, and now and then a rounded score would.

    Yields
    ------
    numpy.ndarray of float32, shape (outcomes, visits, people, trials of the tile)
        The next tile overwrites it: take what you need.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> [tile.shape[-1] for tile in score_tiles(ASTEROID, seed=1, block=0, trials=300)]
    [250, 50]
    """
    n_running, steps = assumptions.n_running, _steps(assumptions)
    arms = (
        (slice(n_running), *_mean_and_spread(assumptions, "running")),
        (slice(n_running, None), *_mean_and_spread(assumptions, "waitlist")),
    )
    latent = np.empty((len(steps), assumptions.n_people, tile_trials(assumptions.n_people)))
    by_person, scores = latent.swapaxes(0, 1), np.empty(latent.shape, np.float32)
    for start, noise in _noise_tiles(assumptions, seed, block, trials):
        for people, mean, spread in arms:
            # A product a person: one product of them all is large enough to wake the other cores.
            np.matmul(spread, noise[people], out=by_person[people])
            latent[:, people] += mean
        _on_scale(latent, steps, out=scores)
        yield scores.reshape(len(OUTCOMES), -1, *scores.shape[1:])[..., : trials - start]


def outcome_noise(assumptions: TrialAssumptions, seed: int, block: int, trials: int) -> np.ndarray:
    """Draw the independent standard normals behind the scores, shape (people, outcomes x visits, trials)."""
    tiles = [noise.copy() for _, noise in _noise_tiles(assumptions, seed, block, trials)]
    return np.concatenate(tiles, axis=-1)[..., :trials]


def tile_trials(people: int) -> int:
    """Return how many trials are drawn together: as many as keep their normals in the processor's fast memory.

    Tiles fill a block. Large trials are drawn 40 together all the same, since arrays with a short last axis are slow.

    Examples
    --------
    >>> tile_trials(40), tile_trials(4000)
    (250, 40)
    """
    return max((size for size in _TILES if size * people <= _TILE_PEOPLE), default=_TILES[0])


def prognosis(assumptions: TrialAssumptions, seed: int, block: int, trials: int) -> np.ndarray:
    """Return standard normal scores of how much average pain each runner would have at the last visit.

    Shape (runners, trials); high is bad.
    """
    noise = outcome_noise(assumptions, seed, block, trials)[: assumptions.n_running]
    last_average_pain = latent_arm(assumptions, "running").root_correlation[len(assumptions.visits) - 1]
    scores: np.ndarray = last_average_pain @ noise
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
    noise = outcome_noise(assumptions, seed, block, trials)[: assumptions.n_running]
    ones = np.ones_like(attended_share)
    as_attended = effect_received(assumptions, seed, block, attended_share)
    everything = effect_received(assumptions, seed, block, ones)
    return PotentialOutcomes(
        _partial_scores(assumptions, noise, 0 * ones),
        _partial_scores(assumptions, noise, ones if as_attended is None else as_attended),
        _partial_scores(assumptions, noise, ones if everything is None else everything),
    )


def _noise_tiles(assumptions: TrialAssumptions, seed: int, block: int, trials: int) -> Iterator[tuple[int, np.ndarray]]:
    """Draw whole tiles (people, scores, trials), so that fewer trials are the first of more, with their first trial."""
    generator, size = stream(seed, Purpose.OUTCOMES, block), tile_trials(assumptions.n_people)
    noise = np.empty((assumptions.n_people, len(_steps(assumptions)), size))
    for start in range(0, trials, size):
        yield start, generator.standard_normal(out=noise)


@lru_cache(maxsize=64)  # asked for in every block
def _mean_and_spread(assumptions: TrialAssumptions, arm: str) -> tuple[np.ndarray, np.ndarray]:
    """Return what makes latent scores, in steps, of normals z: mean (scores, 1, 1) + spread (scores, scores) z."""
    latent = latent_arm(assumptions, arm)
    mean, sd = _mean_and_sd(latent)
    return mean, sd[:, 0] * latent.root_correlation


def _mean_and_sd(latent: LatentArm) -> tuple[np.ndarray, np.ndarray]:
    """Mean and SD of the latent scores in steps of the scale, shape (scores, 1, 1)."""
    both = np.array([(score.mean / score.step, score.sd / score.step) for score in latent.scores])
    return both[:, 0, np.newaxis, np.newaxis], both[:, 1, np.newaxis, np.newaxis]


@lru_cache(maxsize=64)
def _steps(assumptions: TrialAssumptions) -> np.ndarray:
    """Distance between neighbouring values of every score, points, shape (scores, 1, 1)."""
    steps = np.repeat([assumptions.outcome(name).step for name in OUTCOMES], len(assumptions.visits))
    return steps[:, np.newaxis, np.newaxis].astype(np.float32)


def _on_scale(latent: np.ndarray, steps: np.ndarray, *, out: np.ndarray) -> None:
    """Round latent scores in steps and hold them inside the scale, in points; shape (scores, people, trials)."""
    np.rint(latent, out=out, casting="same_kind")
    out *= steps
    np.clip(out, 0, SCALE_MAXIMUM, out=out)


def _partial_scores(assumptions: TrialAssumptions, noise: np.ndarray, received: np.ndarray) -> np.ndarray:
    """Scores of runners who receive a part of the effect: latent mean and SD lie that far between none and whole."""
    whole = latent_arm(assumptions, "running")
    mean_none, sd_none = _mean_and_sd(latent_arm(_without_effect(assumptions), "running"))
    mean_whole, sd_whole = _mean_and_sd(whole)
    mean = mean_none + received * (mean_whole - mean_none)
    sd = np.maximum(sd_none + received * (sd_whole - sd_none), 0)
    scores: np.ndarray = mean + sd * (whole.root_correlation @ noise).swapaxes(0, 1)
    _on_scale(scores, _steps(assumptions), out=scores)
    return scores.reshape(len(OUTCOMES), -1, *scores.shape[1:])


def _without_effect(assumptions: TrialAssumptions) -> TrialAssumptions:
    return assumptions.with_effect(average_pain=0, current_pain=0, disability=0)

"""Scores at every visit of a block of trials, on the observed scale, and what they would have been."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from asteroid_repro.mechanism.mechanism import ArmRole, Mechanism, solve
from asteroid_repro.simulate.streams import BLOCK_TRIALS, Purpose, stream

_TILES: Final = tuple(size for size in range(40, BLOCK_TRIALS + 1) if BLOCK_TRIALS % size == 0)
_TILE_PEOPLE: Final = 10_000  # with 9 scores each they make 720 kB


@dataclass(frozen=True)
class Outcomes:
    """Scores of a block, points. Arrays have shape (outcomes, visits, people of the arm, trials).

    Attributes
    ----------
    treatment, reference : numpy.ndarray
        On the scale of each outcome, as floats.
    """

    treatment: np.ndarray
    reference: np.ndarray


@dataclass(frozen=True)
class PotentialOutcomes:
    """What the treated people's scores would have been, with the same noise; arrays as in :class:`Outcomes`.

    Attributes
    ----------
    untreated : numpy.ndarray
        Had they been in the reference arm.
    as_attended : numpy.ndarray
        As they did attend: the observed ones.
    full_adherence : numpy.ndarray
        Had they attended every session.
    """

    untreated: np.ndarray
    as_attended: np.ndarray
    full_adherence: np.ndarray


def simulate_outcomes(
    mechanism: Mechanism, seed: int, block: int, trials: int, *, received: np.ndarray | None = None
) -> Outcomes:
    """Draw the scores of the first ``trials`` trials of a block.

    A person's latent scores are jointly normal over outcomes and visits; each is rounded to the scale's step and held
    inside its ends. The latent parameters are calibrated so that the rounded scores have the assumed moments. People
    and noise do not depend on the effect: another effect changes no score of the reference arm. (It changes the other
    outcomes of the treated a little, since their correlation on the latent scale is solved anew.)

    Parameters
    ----------
    mechanism : Mechanism
        Of the assumptions.
    received : numpy.ndarray of shape (treated people, trials), optional
        The part of the effect that each person receives, 1 for the whole; all receive the whole when not given.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> scores = simulate_outcomes(solve(ASTEROID), seed=1, block=0, trials=5)
    >>> scores.treatment.shape
    (3, 3, 20, 5)
    """
    assumptions = mechanism.assumptions
    scores = np.empty((len(assumptions.outcomes), len(assumptions.visits), assumptions.n_people, trials))
    done = 0
    for tile in score_tiles(mechanism, seed, block, trials):
        scores[..., done : done + tile.shape[-1]] = tile
        done += tile.shape[-1]
    _in_points(mechanism, scores)
    treatment, reference = np.split(scores, [assumptions.n_treatment], axis=2)
    if received is not None:
        noise = outcome_noise(mechanism, seed, block, trials)[: assumptions.n_treatment]
        treatment = _partial_scores(mechanism, noise, received)
    return Outcomes(treatment, reference)


def score_tiles(mechanism: Mechanism, seed: int, block: int, trials: int) -> Iterator[np.ndarray]:
    """Draw the same scores one tile of trials after the other, the treatment arm first, in steps from the lowest score.

    Where every score is a whole number of steps they are in single precision, which holds whole numbers exactly and
    takes half the time to sum. The latent ones are not: their last digits differ between kinds of processors, and now
    and then a rounded score would.

    Yields
    ------
    numpy.ndarray of float32 (float64 on a scale without ends)
        Shape (outcomes, visits, people, trials of the tile).

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> [tile.shape[-1] for tile in score_tiles(solve(ASTEROID), seed=1, block=0, trials=300)]
    [250, 50]
    """
    kind = np.float32 if mechanism.is_whole else np.float64
    for latent in latent_tiles(mechanism, seed, block, trials):
        yield in_steps(mechanism, latent, kind)


def latent_tiles(mechanism: Mechanism, seed: int, block: int, trials: int) -> Iterator[np.ndarray]:
    """Draw the latent scores behind :func:`score_tiles`, in steps from the lowest score, neither rounded nor bounded.

    Yields
    ------
    numpy.ndarray, shape (outcomes, visits, people, trials of the tile)
        The next tile overwrites it: take what you need.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> [tile.shape for tile in latent_tiles(solve(ASTEROID), seed=1, block=0, trials=300)]
    [(3, 3, 40, 250), (3, 3, 40, 50)]
    """
    assumptions = mechanism.assumptions
    n_treatment, n_outcomes = assumptions.n_treatment, len(assumptions.outcomes)
    arms = (
        (slice(n_treatment), *_mean_and_spread(mechanism, "treatment")),
        (slice(n_treatment, None), *_mean_and_spread(mechanism, "reference")),
    )
    latent = np.empty((mechanism.n_scores, assumptions.n_people, tile_trials(assumptions.n_people)))
    by_person, by_outcome = latent.swapaxes(0, 1), latent.reshape(n_outcomes, -1, *latent.shape[1:])
    for start, noise in _noise_tiles(mechanism, seed, block, trials):
        for people, mean, spread in arms:
            # A product a person: one product of them all is large enough to wake the other cores.
            np.matmul(spread, noise[people], out=by_person[people])
            latent[:, people] += mean
        yield by_outcome[..., : trials - start]


def in_steps(mechanism: Mechanism, latent: np.ndarray, kind: type) -> np.ndarray:
    """Round latent scores in steps and hold them inside their scale; arrays as in :func:`latent_tiles`.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> in_steps(solve(ASTEROID), np.array([[[[-3.2]]], [[[40.4]]], [[[70.0]]]]), float).ravel().tolist()
    [0.0, 40.0, 50.0]
    """
    scores: np.ndarray = np.empty(latent.shape, kind)
    _on_scale(mechanism, latent, out=scores)
    return scores


def outcome_noise(mechanism: Mechanism, seed: int, block: int, trials: int) -> np.ndarray:
    """Draw the independent standard normals behind the scores, shape (people, outcomes x visits, trials)."""
    tiles = [noise.copy() for _, noise in _noise_tiles(mechanism, seed, block, trials)]
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


def prognosis(mechanism: Mechanism, seed: int, block: int, trials: int) -> np.ndarray:
    """Return standard normal scores of how badly each treated person would score at the last visit.

    Of the driving outcome; shape (treated people, trials); high is bad.
    """
    assumptions = mechanism.assumptions
    design = assumptions.design
    noise = outcome_noise(mechanism, seed, block, trials)[: assumptions.n_treatment]
    row = (design.outcome_names.index(assumptions.driving_outcome) + 1) * len(design.visits) - 1
    worse = -design.outcome(assumptions.driving_outcome).sign
    scores: np.ndarray = worse * (mechanism.treatment.root_correlation[row] @ noise)
    return scores


def effect_received(mechanism: Mechanism, seed: int, block: int, attended_share: np.ndarray) -> np.ndarray | None:
    r"""Return the part of the mean effect that each treated person receives; None where all receive the whole.

    :math:`(1 - \delta + \delta\, a_i/\bar a)(1 + \tau z_i)`, with :math:`a_i` the share of sessions attended,
    :math:`\delta` the assumed dose response, :math:`\tau` the assumed variation and :math:`z_i` standard normal.

    Parameters
    ----------
    attended_share : numpy.ndarray, shape (treated people, trials)
        From 0 to 1.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> by_dose = solve(ASTEROID.with_values(dose_response=1.0))
    >>> effect_received(by_dose, 1, 0, np.array([[0.35], [0.7]])).ravel().tolist()
    [0.5, 1.0]
    """
    assumptions = mechanism.assumptions
    if assumptions.has_one_effect:
        return None
    dose = np.ones_like(attended_share)
    if assumptions.sessions is not None:
        dose = 1 + assumptions.sessions.dose_response * (attended_share / assumptions.sessions.adherence_mean - 1)
    if not assumptions.effect_variation:
        return dose
    own = stream(seed, Purpose.EFFECT_VARIATION, block).standard_normal(attended_share.shape[::-1]).T
    varied: np.ndarray = dose * (1 + assumptions.effect_variation * own)
    return varied


def potential_outcomes(mechanism: Mechanism, seed: int, block: int, attended_share: np.ndarray) -> PotentialOutcomes:
    """Return the treated people's scores untreated, as they attended, and had they attended everything.

    Parameters
    ----------
    attended_share : numpy.ndarray, shape (treated people, trials)
        From 0 to 1.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> worlds = potential_outcomes(solve(ASTEROID), 1, 0, np.full((20, 5), 0.5))
    >>> bool((worlds.as_attended == worlds.full_adherence).all())  # ASTEROID supposes no dose response
    True
    """
    trials = attended_share.shape[1]
    noise = outcome_noise(mechanism, seed, block, trials)[: mechanism.assumptions.n_treatment]
    ones = np.ones_like(attended_share)
    as_attended = effect_received(mechanism, seed, block, attended_share)
    everything = effect_received(mechanism, seed, block, ones)
    return PotentialOutcomes(
        _partial_scores(mechanism, noise, 0 * ones),
        _partial_scores(mechanism, noise, ones if as_attended is None else as_attended),
        _partial_scores(mechanism, noise, ones if everything is None else everything),
    )


def _noise_tiles(mechanism: Mechanism, seed: int, block: int, trials: int) -> Iterator[tuple[int, np.ndarray]]:
    """Draw whole tiles (people, scores, trials), so that fewer trials are the first of more, with their first trial."""
    people = mechanism.assumptions.n_people
    generator, size = stream(seed, Purpose.OUTCOMES, block), tile_trials(people)
    noise = np.empty((people, mechanism.n_scores, size))
    for start in range(0, trials, size):
        yield start, generator.standard_normal(out=noise)


def _mean_and_spread(mechanism: Mechanism, arm: ArmRole) -> tuple[np.ndarray, np.ndarray]:
    """Return what makes latent scores, in steps, of normals z: mean (scores, 1, 1) + spread (scores, scores) z."""
    mean, sd = mechanism.in_steps(arm)
    return mean, sd[:, 0] * mechanism.arm(arm).root_correlation


def _on_scale(mechanism: Mechanism, latent: np.ndarray, *, out: np.ndarray) -> None:
    """Round latent scores in steps and hold them inside their scale; (outcomes, visits, people, trials)."""
    for scale, own, scores in zip(mechanism.assumptions.design.outcomes, latent, out, strict=True):
        if scale.step is None:
            scores[:] = own
            continue
        np.rint(own, out=scores, casting="same_kind")
        if scale.n_steps is not None:
            np.clip(scores, 0, scale.n_steps, out=scores)


def _in_points(mechanism: Mechanism, scores: np.ndarray) -> None:
    """Turn steps from the lowest score into points, in place; scores of shape (outcomes, visits, people, trials)."""
    for index, scale in enumerate(mechanism.assumptions.design.outcomes):
        scores[index] *= scale.step or 1.0
        scores[index] += scale.lowest


def _partial_scores(mechanism: Mechanism, noise: np.ndarray, received: np.ndarray) -> np.ndarray:
    """Scores of people who receive a part of the effect: latent mean and SD lie that far between none and whole."""
    mean_none, sd_none = solve(mechanism.assumptions.without_effect()).in_steps("treatment")
    mean_whole, sd_whole = mechanism.in_steps("treatment")
    mean = mean_none + received * (mean_whole - mean_none)
    sd = np.maximum(sd_none + received * (sd_whole - sd_none), 0)
    scores: np.ndarray = mean + sd * (mechanism.treatment.root_correlation @ noise).swapaxes(0, 1)
    points: np.ndarray = scores.reshape(len(mechanism.assumptions.outcomes), -1, *scores.shape[1:])
    _on_scale(mechanism, points, out=points)
    _in_points(mechanism, points)
    return points

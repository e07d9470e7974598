"""Pain and disability at every visit of a block of trials, on the observed scale."""

from dataclasses import dataclass

import numpy as np

from asteroid_repro.assumptions.latent import LatentArm, latent_arm
from asteroid_repro.assumptions.trial import OUTCOMES, SCALE_MAXIMUM, TrialAssumptions
from asteroid_repro.schema import ARMS
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


def simulate_outcomes(assumptions: TrialAssumptions, seed: int, block: int, trials: int) -> Outcomes:
    """Draw the scores of the first ``trials`` trials of a block.

    A person's latent scores are jointly normal over outcomes and visits; each is rounded to the scale's step and held
    inside 0 to 100. The latent parameters are calibrated so that the rounded scores have the assumed moments.

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
    width = len(OUTCOMES) * len(assumptions.visits)
    normal = stream(seed, Purpose.OUTCOMES, block).standard_normal((trials, assumptions.n_people, width))
    arms = np.split(normal, [assumptions.n_running], axis=1)
    running, waitlist = (_scores(latent_arm(assumptions, arm), part) for arm, part in zip(ARMS, arms, strict=True))
    return Outcomes(running, waitlist)


def _scores(latent: LatentArm, normal: np.ndarray) -> np.ndarray:
    """Turn independent normals (trials, people, scores) into scores (outcomes, visits, people, trials)."""
    trials, people, width = normal.shape
    mean = np.array([score.mean for score in latent.scores])
    spread = np.array([score.sd for score in latent.scores])[:, np.newaxis] * latent.root_correlation
    steps = np.array([score.step for score in latent.scores], dtype=float)
    points = normal.reshape(-1, width) @ spread.T + mean
    points /= steps
    np.rint(points, out=points)
    points *= steps
    np.clip(points, 0, SCALE_MAXIMUM, out=points)
    by_score = np.ascontiguousarray(points.reshape(trials, people, width).T)
    return by_score.reshape(len(OUTCOMES), -1, people, trials)

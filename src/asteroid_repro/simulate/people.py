"""The people of a block of trials: age, sex and whether they had run before."""

from dataclasses import dataclass

import numpy as np

from asteroid_repro.mechanism.truncated import truncated_normal
from asteroid_repro.simulate.streams import Purpose, stream
from asteroid_repro.trial.assumptions import TrialAssumptions


@dataclass(frozen=True)
class People:
    """People of a block; every array has shape (people, trials), the running arm first.

    Attributes
    ----------
    age_years : numpy.ndarray
        Years.
    female, ran_before : numpy.ndarray
        True or false.
    """

    age_years: np.ndarray
    female: np.ndarray
    ran_before: np.ndarray


def simulate_people(assumptions: TrialAssumptions, seed: int, block: int, trials: int) -> People:
    """Draw the people of the first ``trials`` trials of a block.

    Age is a truncated normal with the assumed mean and SD after truncation; sex and running history are independent
    coin flips. Randomisation makes the arms alike, so arm plays no part.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> simulate_people(ASTEROID, seed=1, block=0, trials=5).age_years.shape
    (40, 5)
    """
    age = truncated_normal(assumptions.age_mean, assumptions.age_sd, assumptions.age_minimum, assumptions.age_maximum)
    uniform = stream(seed, Purpose.PEOPLE, block).random((trials, assumptions.n_people, 3))
    return People(
        age_years=age.quantile(uniform[:, :, 0].T),
        female=assumptions.female_share > uniform[:, :, 1].T,
        ran_before=assumptions.ran_before_share > uniform[:, :, 2].T,
    )

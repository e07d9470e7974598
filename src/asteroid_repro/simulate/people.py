"""The people of a block of trials: their baseline characteristics."""

from collections.abc import Mapping

import numpy as np

from asteroid_repro.errors import InputError
from asteroid_repro.mechanism.truncated import truncated_normal
from asteroid_repro.simulate.streams import Purpose, stream
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.trial.characteristics import Characteristic

Characteristics = Mapping[str, np.ndarray]
"""Characteristics by name, shape (people, trials), the treatment arm first: a number, or whether the first category."""


def simulate_people(assumptions: TrialAssumptions, seed: int, block: int, trials: int) -> Characteristics:
    """Draw the people of the first ``trials`` trials of a block.

    A number is a truncated normal with the assumed mean and SD after truncation, a category a coin flip, independent of
    each other. Randomisation makes the arms alike, so arm plays no part.

    Raises
    ------
    InputError
        An SD that no number within its limits has.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> simulate_people(ASTEROID, seed=1, block=0, trials=5)["age_years"].shape
    (40, 5)
    """
    known = assumptions.characteristics
    uniform = stream(seed, Purpose.PEOPLE, block).random((trials, assumptions.n_people, len(known)))
    return {each.name: _drawn(each, uniform[:, :, index].T) for index, each in enumerate(known)}


def _drawn(characteristic: Characteristic, uniform: np.ndarray) -> np.ndarray:
    if characteristic.numbers is None:
        return np.asarray(uniform < characteristic.share)
    try:
        cut = truncated_normal(*characteristic.numbers)
    except InputError as error:
        raise InputError(f"characteristics.{characteristic.name}.{error}") from None
    return cut.quantile(uniform)

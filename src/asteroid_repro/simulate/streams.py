"""Random streams keyed by seed, purpose and block.

A stream depends on nothing else: not on the number of trials or workers, not on what other purposes draw. So a new
purpose shifts no other draw, and two scenarios with one seed share their people and their noise. Within a block draws
run trial by trial, or in whole tiles of trials (scores) of which the last is cut, so the first 500 of 1000 trials are
the 500 trials.
"""

from collections.abc import Iterator
from enum import IntEnum
from typing import Final

import numpy as np

from asteroid_repro.errors import InputError

BLOCK_TRIALS: Final = 1000
"""Trials in a block: enough that making its generators costs little, few enough that their scores fit in memory.

A round number, since people ask for those: a run that ends within a block does work that it throws away.
"""


class Purpose(IntEnum):
    """What a stream is for. The numbers are part of every simulated result: add, never renumber."""

    ALLOCATION = 1
    PEOPLE = 2
    OUTCOMES = 3
    ATTENDANCE_PROPENSITY = 4
    ATTENDANCE = 5
    RUNNING_SPEED = 6
    EVENTS = 7
    SERIOUSNESS = 8
    RECONSTRUCTION = 9
    START_STAGE = 10
    COMPLETION_PROPENSITY = 11
    PRONENESS = 12
    COMPLETION = 13
    FLARE = 14
    SESSION_PAIN = 15
    SCREENING = 16
    EVENTS_OF_SECOND_KIND = 17
    EVENTS_OF_THIRD_KIND = 18
    EFFECT_VARIATION = 19
    MISSING_VISITS = 20
    EVENTS_OF_FURTHER_KINDS = 21
    EVENT_WEEK = 22
    FORETELLING = 23
    PRINT = 24


def blocks(trials: int, first: int = 0) -> Iterator[tuple[int, int]]:
    """Split a number of trials into numbered blocks and their sizes.

    Examples
    --------
    >>> list(blocks(2500, first=8))
    [(8, 1000), (9, 1000), (10, 500)]
    """
    for start in range(0, trials, BLOCK_TRIALS):
        yield first + start // BLOCK_TRIALS, min(BLOCK_TRIALS, trials - start)


def stream(seed: int, purpose: Purpose, block: int, *further: int) -> np.random.Generator:
    """Return the generator of one purpose in one block, and of further numbers where a purpose has several.

    SFC64 draws normals and uniforms fastest of NumPy's bit generators, and ``SeedSequence`` makes its streams
    independent of each other for every key.

    Raises
    ------
    InputError
        The seed is not a whole number of 0 or more.

    Examples
    --------
    >>> first = stream(1, Purpose.OUTCOMES, 0).standard_normal(3)
    >>> bool((first == stream(1, Purpose.OUTCOMES, 0).standard_normal(3)).all())
    True
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InputError(f"seed must be a whole number of 0 or more, got {seed!r}. Choose one and report it.")
    sequence = np.random.SeedSequence(int(seed), spawn_key=(int(purpose), block, *further))
    return np.random.Generator(np.random.SFC64(sequence))

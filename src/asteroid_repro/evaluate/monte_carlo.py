"""Run a piece of work over blocks of trials and collect its per-trial figures."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from tqdm import tqdm

from asteroid_repro.errors import InputError
from asteroid_repro.simulate.streams import BLOCK_TRIALS

Work = Callable[[int, int], Mapping[str, np.ndarray]]
"""Takes a block's number and its number of trials; returns per-trial figures, each of shape (..., trials)."""


def run_blocks(work: Work, trials: int, *, progress: bool = False) -> dict[str, np.ndarray]:
    """Do the work for every block and join the figures along their last axis, the trial.

    Parameters
    ----------
    work : callable
        See :data:`Work`.
    trials : int
        Number of trials.
    progress : bool
        Show a progress bar (never when the output is not a terminal).

    Returns
    -------
    dict of str to numpy.ndarray
        Figures of shape (..., trials), in the order of the trials.

    Raises
    ------
    InputError
        Fewer than two trials: no Monte Carlo standard error can be given.

    Examples
    --------
    >>> numbers = run_blocks(lambda block, n: {"trial": np.arange(n) + 1024 * block}, 1500)
    >>> numbers["trial"][-1]
    np.int64(1499)
    """
    if isinstance(trials, bool) or not isinstance(trials, int | np.integer) or trials < 2:
        raise InputError(f"trials must be a whole number of 2 or more, got {trials!r}. Try 10000.")
    pieces = list(blocks(trials))
    bar = tqdm(pieces, desc="Simulating", unit="block", disable=None if progress else True, leave=False)
    figures = [work(block, size) for block, size in bar]
    return {key: np.concatenate([piece[key] for piece in figures], axis=-1) for key in figures[0]}


def blocks(trials: int) -> Iterator[tuple[int, int]]:
    """Split a number of trials into numbered blocks and their sizes.

    Examples
    --------
    >>> list(blocks(2500))
    [(0, 1024), (1, 1024), (2, 452)]
    """
    for start in range(0, trials, BLOCK_TRIALS):
        yield start // BLOCK_TRIALS, min(BLOCK_TRIALS, trials - start)

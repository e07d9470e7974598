"""Do some work for very many trials, here or on other processes, and collect its figures.

A block is the unit of random numbers and a piece, a fixed number of blocks, the unit of work and of summation. Both
depend only on the number of the trial, and pieces are added in their order: so the bits of a result do not depend on
how many workers did the work, nor on which of them was quicker.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice
from typing import Any, Final, Literal

import numpy as np
from tqdm import tqdm

from asteroid_repro._version import __version__
from asteroid_repro.errors import InputError, check_whole
from asteroid_repro.estimate.effects.methods import Analysis
from asteroid_repro.simulate.streams import BLOCK_TRIALS, Purpose, blocks, stream

Work = Callable[[int, int], Mapping[str, np.ndarray]]
"""Takes the number of the first block and a number of trials from there; returns figures by name."""

PIECE_TRIALS: Final = 10 * BLOCK_TRIALS
"""Trials in a piece: enough that neither handing it to another process nor calling NumPy costs much beside it."""

MOST_TRIALS: Final = 20_000_000
"""Most trials of a run; one of as many trials as it takes gives up there."""

MOST_KEPT: Final = 2_000_000
"""Most trials whose own figures are kept, each in memory."""

_MOST_JOBS: Final = 1000

AHEAD: Final = 1000  # pieces handed out and not yet added: enough for a cluster, and it bounds the memory
_PATIENCE: Final = 1.0  # seconds without a progress bar, so that none flashes by
_TICK: Final = ContextVar[Callable[[int], Any] | None]("tick")
_AHEAD_AUTOMATIC: Final = 64  # fewer where those that are not needed in the end are thrown away

TARGET_MCSE: Final = 0.005
"""Monte Carlo standard error of power and coverage at which ``trials="auto"`` is content."""


@dataclass(frozen=True)
class Run:
    """How many trials to simulate, and where.

    Attributes
    ----------
    trials : int or "auto"
        Number of simulated trials; ``"auto"`` for as many pieces as it takes.
    seed : int
        Whole number of 0 or more.
    target_mcse : float
        Monte Carlo standard error at which an automatic run ends.
    n_jobs : int
        Processes; 1 for none but this one.
    executor : concurrent.futures.Executor or dask.distributed.Client, optional
        Where to do the work instead.
    progress : bool
        Show a progress bar, on a terminal or in a notebook, once it takes more than a second.
    control_variate : bool
        Whether measures are compared with what is known (:mod:`asteroid_repro.engine.control_variates`).

    Raises
    ------
    InputError
        A number of trials or processes or a seed that cannot be, or a target that is no standard error of a share.

    Examples
    --------
    >>> Run(trials=1000, seed=1).n_jobs
    1
    """

    trials: int | Literal["auto"]
    seed: int
    target_mcse: float = TARGET_MCSE
    n_jobs: int = 1
    executor: Any = None
    progress: bool = False
    control_variate: bool = True

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if self.trials != "auto":
            check_trials(self.trials)
        if not 0 < self.target_mcse < 1:
            raise InputError(f"target_mcse must be in (0, 1), got {self.target_mcse!r}. Try 0.005.")
        stream(self.seed, Purpose.OUTCOMES, 0)  # refuses what is no seed
        n_jobs, executor = check_whole("n_jobs", self.n_jobs, 1, "Use the number of cores.", _MOST_JOBS), self.executor
        if n_jobs > 1 and executor is not None:
            raise InputError(f"n_jobs must be left out beside an executor, got {n_jobs}. The executor has its workers.")
        if executor is not None and not hasattr(executor, "submit"):
            raise InputError(
                f"executor must have a method submit, got {executor!r}. Give an Executor or a Dask Client."
            )


@dataclass(frozen=True)
class Totals:
    """Sums over trials.

    Attributes
    ----------
    sums : dict of str to numpy.ndarray
        By name; the trials are summed away.
    trials : int
        Trials in the sums.
    stopped : bool
        Whether the run ended before its goal: stopped by the user, or an automatic one at :data:`MOST_TRIALS`.
    """

    sums: Mapping[str, np.ndarray]
    trials: int
    stopped: bool = False


def run_blocks(work: Work, trials: int, *, progress: bool = False) -> dict[str, np.ndarray]:
    """Do the work for every block and join the figures along their last axis, the trial.

    Parameters
    ----------
    work : callable
        See :data:`Work`; it gets one block at a time and returns per-trial figures of shape (..., trials).
    trials : int
        Number of trials.
    progress : bool
        Show a progress bar, on a terminal or in a notebook, once it takes more than a second.

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
    >>> numbers = run_blocks(lambda block, n: {"trial": np.arange(n) + 1000 * block}, 1500)
    >>> numbers["trial"][-1]
    np.int64(1499)
    """
    check_trials(trials, MOST_KEPT)
    figures = []
    with progress_bar("Simulating", "trial", trials, progress=progress) as bar:
        for block, size in blocks(trials):
            figures.append(work(block, size))
            bar.update(size)
    return {key: np.concatenate([piece[key] for piece in figures], axis=-1) for key in figures[0]}


def sum_pieces(work: Work, run: Run, *, enough: Callable[[Totals], bool] | None = None) -> Totals:
    """Do the work for every piece and add the figures up.

    Memory does not grow with the trials. A keyboard interrupt ends the run and keeps the pieces that are done.

    Parameters
    ----------
    work : callable
        See :data:`Work`; it gets a piece at a time, :data:`PIECE_TRIALS` trials or what is left of them, and returns
        sums over them. With other processes it must be one they can import.
    run : Run
        How many trials, and where.
    enough : callable, optional
        Told the totals after each piece of an automatic run, which must have it; true ends the run.

    Returns
    -------
    Totals
        The same bits for any number of workers.

    Raises
    ------
    InputError
        An automatic run of something that cannot say when it has enough.

    Examples
    --------
    >>> sum_pieces(lambda block, n: {"count": np.array(n)}, Run(trials=20_000, seed=1)).sums["count"].item()
    20000
    """
    automatic = run.trials == "auto" and enough is not None
    goal = MOST_TRIALS if automatic else check_trials(run.trials)
    task, sums, done, stopped = partial(_do_piece, work), dict[str, np.ndarray](), 0, False
    ahead = _AHEAD_AUTOMATIC if automatic else AHEAD
    bar = progress_bar("Simulating", "trial", None if automatic else goal, progress=run.progress)
    pieces = ((start // BLOCK_TRIALS, min(PIECE_TRIALS, goal - start)) for start in range(0, goal, PIECE_TRIALS))
    with workers(run) as pool, bar:
        ticking = _TICK.set(bar.update)  # in this process a slow piece shows its blocks
        try:
            for size, figures in results(task, pieces, pool, ahead=ahead, in_order=True):
                sums = {key: sums[key] + value for key, value in figures.items()} if sums else dict(figures)
                done += size
                bar.update(max(0, done - bar.n))
                if automatic and enough is not None and enough(Totals(sums, done)):
                    break
            else:
                stopped = automatic
        except KeyboardInterrupt:
            if not done:
                raise
            stopped = True
        finally:
            _TICK.reset(ticking)
    return Totals(sums, done, stopped)


def simulated_label(*parts: str | Analysis) -> str:
    """Return what a simulated result says on its face: that it is simulated, and its parts; empty ones are left out.

    Examples
    --------
    >>> simulated_label("ASTEROID", Analysis("ancova", "t"), "500 trials", "", "seed 1").split(", version")[0]
    'SIMULATED (ASTEROID, ancova with t, level 0.95, 500 trials, seed 1'
    """
    shown = [_shown(part) if isinstance(part, Analysis) else part for part in parts if part]
    return f"SIMULATED ({', '.join(shown)}, version {__version__}), not participant data"


def _shown(analysis: Analysis) -> str:
    by = "" if analysis.likelihood == "REML" else f" by {analysis.likelihood}"
    return f"{analysis.method}{by} with {analysis.distribution}, level {analysis.level:g}"


def check_trials(trials: object, most: int = MOST_TRIALS) -> int:
    """Return a number of trials, and refuse what is none.

    Examples
    --------
    >>> check_trials(1000)
    1000
    """
    return check_whole("trials", trials, 2, "Try 10000.", most)


def check_usable(usable: np.ndarray, trials: int) -> int:
    """Return the number of usable fits where there are fewest, and refuse too few of them.

    Examples
    --------
    >>> check_usable(np.array([998, 1000]), 1000)
    998
    """
    fewest = int(usable.min())
    if fewest < 2:
        raise InputError(f"trials must leave 2 usable fits or more, got {fewest} of {trials}. Try more people.")
    return fewest


def block_done(trials: int) -> None:
    """Tell the progress bar of this process, if there is one, that a block of a slow piece is done.

    Examples
    --------
    >>> block_done(1000)
    """
    tick = _TICK.get(None)
    if tick is not None:
        tick(trials)


def _do_piece(work: Work, piece: tuple[int, int]) -> tuple[int, Mapping[str, np.ndarray]]:
    """Do the work for a piece: the number of its first block, and its trials."""
    _keep_memory()
    return piece[1], work(*piece)


@cache
def _keep_memory() -> None:
    """Let the C library keep the memory of arrays from piece to piece: fetching it anew took a tenth of the time.

    The GNU library gives a large array's memory back to the system, unless it has seen as large a one go before (see
    ``man mallopt``, M_MMAP_THRESHOLD; up to 32 MB). So this makes one and lets it go, unused. Elsewhere nothing comes
    of it.
    """
    np.empty(32_000_000, dtype=np.uint8)


def results(
    task: Callable[[Any], Any], pieces: Iterable[Any], pool: Executor | None, *, ahead: int, in_order: bool
) -> Generator[Any]:
    """Yield the results in the order of the pieces, or as they come, with a bounded number of pieces handed out.

    Examples
    --------
    >>> list(results(abs, [-2, -1], None, ahead=1, in_order=True))
    [2, 1]
    """
    if pool is None:
        yield from map(task, pieces)
        return
    rest, waiting = iter(pieces), list[Future[Any]]()
    try:
        waiting.extend(pool.submit(task, piece) for piece in islice(rest, ahead))
        while waiting:
            finished = {waiting[0]} if in_order else wait(waiting, return_when=FIRST_COMPLETED).done
            waiting = [future for future in waiting if future not in finished]
            waiting.extend(pool.submit(task, piece) for piece in islice(rest, len(finished)))
            for future in finished:
                yield future.result()
    finally:
        for future in waiting:
            future.cancel()


@contextmanager
def workers(run: Run) -> Iterator[Executor | None]:
    """Give what runs the pieces: None for this process; a Dask client's own executor; the user's; or new processes.

    Examples
    --------
    >>> with workers(Run(trials=10, seed=1)) as pool:
    ...     pool is None
    True
    """
    if run.executor is not None:
        # Dask takes equal tasks for one and the same unless told that they are not pure.
        yield run.executor.get_executor(pure=False) if hasattr(run.executor, "get_executor") else run.executor
    elif run.n_jobs == 1:
        yield None
    else:
        # Fresh processes: a copy of this one could hold locks of its threads.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(run.n_jobs, mp_context=context, initializer=_start_worker) as pool:
            yield pool


def _start_worker() -> None:
    """Leave Ctrl-C to the process that gives the work, and end with it: killed, it cannot send its workers home."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(process: multiprocessing.process.BaseProcess) -> None:
    process.join()
    os._exit(1)


def progress_bar(
    what: str, unit: str, total: int | None, done: int = 0, *, progress: bool, of: Iterable[Any] | None = None
) -> Any:
    """Show how much is done, how fast, and how long the rest will take; never but on a terminal or in a notebook."""
    hidden = not (progress and (sys.stderr.isatty() or "ipykernel" in sys.modules))
    shown = partial(tqdm, unit=unit, unit_scale=True, delay=_PATIENCE, leave=False)
    return shown(of, what, total, initial=done, disable=hidden)

"""The Monte Carlo engine: the same bits wherever the work is done, bounded memory, and a run that ends when told to.

Seeds chosen before looking.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from io import StringIO
from threading import Event
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from tqdm import tqdm

from asteroid_repro import ASTEROID, InputError, operating_characteristics
from asteroid_repro.engine import monte_carlo
from asteroid_repro.engine.monte_carlo import PIECE_TRIALS, Run, Totals, run_blocks, sum_pieces
from asteroid_repro.engine.true_effects import true_values
from asteroid_repro.estimate.effects.methods import Analysis
from asteroid_repro.evaluate.judged import piece_sums
from asteroid_repro.evaluate.performance import characteristics
from asteroid_repro.mechanism.mechanism import solve
from asteroid_repro.simulate.streams import BLOCK_TRIALS

TRIALS = 24_500  # two whole pieces and a part of one
MANY = 6 * PIECE_TRIALS
run = partial(Run, seed=61)
BASE = ASTEROID.with_equal_baselines()
WORK: partial[dict[str, np.ndarray]] = partial(
    piece_sums,
    solve(BASE),
    61,
    truth=true_values(BASE, "random_intercept"),
    analysis=Analysis("random_intercept", "z"),
)
UNEVEN = ASTEROID.with_values(visits=(0, 4, 12))
BAD_WORK = partial(
    piece_sums, solve(UNEVEN), 61, truth=true_values(UNEVEN, "mmrm_ar1"), analysis=Analysis("mmrm_ar1", "t")
)

INTERRUPTED = f"""
import os, signal
from functools import partial
from asteroid_repro import ASTEROID
from asteroid_repro.engine.monte_carlo import Run, sum_pieces
from asteroid_repro.estimate.effects.methods import Analysis
from asteroid_repro.mechanism.mechanism import solve
from asteroid_repro.evaluate.judged import piece_sums
from asteroid_repro.evaluate.performance import characteristics
from asteroid_repro.engine.true_effects import true_values

def interrupt(totals):
    if totals.trials == {6 * PIECE_TRIALS}:  # by then both processes have started
        os.killpg(0, signal.SIGINT)

truth = true_values(ASTEROID, "random_intercept")
work = partial(piece_sums, solve(ASTEROID), 61, truth=truth, analysis=Analysis("random_intercept", "z"))
totals = sum_pieces(work, Run("auto", 61, n_jobs=2), enough=interrupt)
print(totals.stopped, totals.trials, totals.sums["all_usable"])
"""


class Here(Executor):
    """Does the work at once, in this thread, and remembers its futures."""

    def __init__(self) -> None:
        self.futures: list[Future[Any]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.futures.append(future)
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - an executor passes on whatever the work raises
            future.set_exception(error)
        return future


class OnlyTheFirst(Here):
    """Does the first piece and leaves the others waiting for ever."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if not self.futures:
            return super().submit(fn, *args, **kwargs)
        self.futures.append(Future())
        return self.futures[-1]


class Terminal(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(scope="module")
def single() -> Totals:
    return sum_pieces(WORK, run(TRIALS))


@pytest.fixture(scope="module")
def processes() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


def counted(block: int, size: int) -> dict[str, np.ndarray]:
    """Cheap work: how many trials, and a sum that any double or lost block would change."""
    return {"count": np.array(size), "numbers": np.array([block * size, block**2], dtype=float)}


def assert_same_bits(one: Totals, other: Totals) -> None:
    assert (one.trials, one.stopped) == (other.trials, other.stopped)
    assert one.sums.keys() == other.sums.keys()
    for name, sums in one.sums.items():
        np.testing.assert_array_equal(other.sums[name], sums, err_msg=name)


def test_sums_are_those_of_the_figures(single: Totals) -> None:
    figures = run_blocks(lambda block, size: {k: v[..., np.newaxis] for k, v in WORK(block, size).items()}, TRIALS)
    assert single.trials == TRIALS
    for name, sums in single.sums.items():
        np.testing.assert_allclose(sums, figures[name].sum(axis=-1), rtol=1e-12, atol=1e-9)


def test_threads_give_the_same_bits(single: Totals) -> None:
    with ThreadPoolExecutor(3) as pool:
        assert_same_bits(single, sum_pieces(WORK, run(TRIALS, executor=pool)))


@pytest.mark.parametrize("n_jobs", [2, 3])
def test_processes_give_the_same_bits(single: Totals, n_jobs: int) -> None:
    assert_same_bits(single, sum_pieces(WORK, run(TRIALS, n_jobs=n_jobs)))


def test_a_users_processes_give_the_same_bits(single: Totals, processes: ProcessPoolExecutor) -> None:
    assert_same_bits(single, sum_pieces(WORK, run(TRIALS, executor=processes)))


def test_dask_workers_give_the_same_bits_even_when_one_is_killed(single: Totals) -> None:
    from distributed import Client, LocalCluster

    # Port 0, any that is free: even without a dashboard it would ask for 8787, and warn where another cluster has it.
    free = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, **free) as cluster,  # type: ignore[no-untyped-call]
        Client(cluster) as client,  # type: ignore[no-untyped-call]
    ):
        assert_same_bits(single, sum_pieces(WORK, run(TRIALS, executor=client)))
        before = set(client.run(os.getpid).values())
        victim, added = min(before), list[int]()

        def kill_midway(totals: Totals) -> bool:
            if not added:
                os.kill(victim, signal.SIGKILL)
            added.append(totals.trials)
            return totals.trials >= MANY

        survived = sum_pieces(WORK, run("auto", executor=client), enough=kill_midway)
        assert victim not in set(client.run(os.getpid).values())
    assert added == list(range(PIECE_TRIALS, MANY + 1, PIECE_TRIALS))
    assert_same_bits(sum_pieces(WORK, run(MANY)), survived)


def test_pieces_that_come_back_in_reverse_are_added_in_order() -> None:
    finished, order = [Event() for _ in range(3)], []

    def backwards(block: int, _size: int) -> dict[str, np.ndarray]:
        piece = block * BLOCK_TRIALS // PIECE_TRIALS
        if piece < 2:
            assert finished[piece + 1].wait(timeout=60)
        order.append(piece)
        finished[piece].set()
        return {"inexact": np.array([1.0, 1e17, -1e17][piece])}

    with ThreadPoolExecutor(3) as pool:
        found = sum_pieces(backwards, run(TRIALS, executor=pool))
    assert order == [2, 1, 0]
    assert found.sums["inexact"] == 0  # (1 + 1e17) - 1e17; in the order of coming back it would be 1
    assert found.trials == TRIALS


def test_enough_ends_the_run_at_the_same_trial_everywhere(processes: ProcessPoolExecutor) -> None:
    with ThreadPoolExecutor(3) as threads:
        first, *others = (
            operating_characteristics(ASTEROID, trials="auto", target_mcse=0.001, seed=62, executor=executor)
            for executor in (None, threads, processes)
        )
    assert 3 * PIECE_TRIALS <= first.trials <= 20 * PIECE_TRIALS  # plain trials would need .25 / .001^2 = 250,000
    assert max(row.mcse for row in first.rows if row.measure in {"power", "coverage"}) <= 0.001
    for other in others:
        assert (other.trials, other.failed, other.label) == (first.trials, first.failed, first.label)
        assert other.to_frame().equals(first.to_frame())


def test_what_is_still_waiting_is_called_off() -> None:
    executor = OnlyTheFirst()
    totals = sum_pieces(counted, run("auto", executor=executor), enough=lambda _: True)
    assert totals.trials == PIECE_TRIALS
    assert not totals.stopped
    assert all(future.cancelled() for future in executor.futures[1:])


def test_few_pieces_are_in_flight_and_none_is_lost() -> None:
    executor, ahead = Here(), []

    def look(totals: Totals) -> bool:
        ahead.append(len(executor.futures) - totals.trials // PIECE_TRIALS)
        return totals.trials >= 200 * PIECE_TRIALS

    totals = sum_pieces(counted, run("auto", executor=executor), enough=look)
    assert len(ahead) == 200
    assert 3 < max(ahead) <= 64
    assert_same_bits(sum_pieces(counted, run(200 * PIECE_TRIALS)), totals)


@pytest.mark.parametrize("executor", [None, Here()], ids=["none", "executor"])
def test_an_interrupt_keeps_the_pieces_that_are_done(executor: Executor | None) -> None:
    def interrupted(block: int, size: int) -> dict[str, np.ndarray]:
        if block * BLOCK_TRIALS == 2 * PIECE_TRIALS:
            raise KeyboardInterrupt
        return counted(block, size)

    kept = sum_pieces(interrupted, run(10 * PIECE_TRIALS, executor=executor))
    assert kept.stopped
    done = sum_pieces(counted, run(2 * PIECE_TRIALS))
    assert kept.trials == done.trials
    for name, sums in done.sums.items():
        np.testing.assert_array_equal(kept.sums[name], sums)


@pytest.mark.parametrize("executor", [None, Here()], ids=["none", "executor"])
def test_an_interrupt_before_anything_is_done_is_passed_on(executor: Executor | None) -> None:
    def interrupted(_block: int, _size: int) -> dict[str, np.ndarray]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sum_pieces(interrupted, run(10 * PIECE_TRIALS, executor=executor))


def test_ctrl_c_at_the_terminal_ends_two_processes_quietly() -> None:
    """The signal goes to every process of the group, as a terminal sends it."""
    command = [sys.executable, "-c", INTERRUPTED]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, start_new_session=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    stopped, trials, usable = done.stdout.split()
    assert (stopped, trials, usable) == ("True", f"{6 * PIECE_TRIALS}", f"{6 * PIECE_TRIALS}")


def test_errors_of_the_work_are_passed_on(processes: ProcessPoolExecutor) -> None:
    for executor in (None, Here(), processes):
        with pytest.raises(InputError, match="week must be equally spaced for mmrm_ar1"):
            sum_pieces(BAD_WORK, run(MANY, executor=executor))


def test_a_dead_process_is_an_error_and_no_wait() -> None:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        process_id = pool.submit(os.getpid).result()

        def kill(totals: Totals) -> bool:
            if totals.trials == PIECE_TRIALS:
                os.kill(process_id, signal.SIGKILL)
            return False

        with pytest.raises(BrokenProcessPool):
            sum_pieces(WORK, run("auto", executor=pool), enough=kill)


@pytest.mark.parametrize("trials", [1, 0, -5, True, 2.5, "many", None, np.float64(10)])
def test_what_is_no_number_of_trials_is_refused(trials: Any) -> None:
    with pytest.raises(InputError, match="trials must be a whole number of 2 or more, got"):
        sum_pieces(counted, run(trials))
    with pytest.raises(InputError, match=r"trials must be a whole number .*, got"):
        operating_characteristics(ASTEROID, trials=trials, seed=1)


def test_as_many_as_it_takes_needs_to_be_told_when_it_is_enough() -> None:
    with pytest.raises(InputError, match="trials must be a whole number of 2 or more, got 'auto'"):
        sum_pieces(counted, run("auto"))


@pytest.mark.parametrize("n_jobs", [0, -1, True, 1.5, "2"])
def test_what_is_no_number_of_processes_is_refused(n_jobs: Any) -> None:
    with pytest.raises(InputError, match="n_jobs must be a whole number of 1 or more, got"):
        sum_pieces(counted, run(10, n_jobs=n_jobs))


@pytest.mark.parametrize("seed", [-1, True, 1.5, "2", None])
def test_what_is_no_seed_is_refused_before_anything_is_simulated(seed: Any) -> None:
    with pytest.raises(InputError, match="seed must be a whole number of 0 or more, got"):
        Run(10, seed)


@pytest.mark.parametrize("target", [0.0, 1.0, -0.1, np.nan])
def test_what_is_no_standard_error_to_reach_is_refused(target: float) -> None:
    with pytest.raises(InputError, match=r"target_mcse must be in \(0, 1\), got"):
        Run("auto", 1, target_mcse=target)


def test_processes_beside_an_executor_and_what_is_no_executor_are_refused() -> None:
    with pytest.raises(InputError, match="n_jobs must be left out beside an executor, got 2"):
        sum_pieces(counted, run(10, n_jobs=2, executor=Here()))
    with pytest.raises(InputError, match="executor must have a method submit, got 'dask'"):
        sum_pieces(counted, run(10, executor="dask"))


@pytest.mark.parametrize(
    "trials", [2, BLOCK_TRIALS, PIECE_TRIALS - 1, PIECE_TRIALS, PIECE_TRIALS + 1, np.int64(3 * PIECE_TRIALS)]
)
def test_every_trial_is_done_once(trials: int) -> None:
    totals = sum_pieces(counted, run(trials))
    assert totals.trials == totals.sums["count"] == trials


def test_the_bar_shows_on_a_terminal_only(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monte_carlo, "_PATIENCE", 0.0)  # seconds without a bar
    sum_pieces(counted, run(TRIALS, progress=True))
    assert capfd.readouterr() == ("", "")
    shown = {}
    for progress in (True, False):
        terminal = Terminal()
        monkeypatch.setattr(sys, "stderr", terminal)
        sum_pieces(counted, run(TRIALS, progress=progress))
        shown[progress] = terminal.getvalue()
    assert "Simulating" in shown[True]
    assert shown[False] == ""


def test_the_bar_shows_in_a_notebook(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monte_carlo, "_PATIENCE", 0.0)
    monkeypatch.setitem(sys.modules, "ipykernel", ModuleType("ipykernel"))
    sum_pieces(counted, run(TRIALS, progress=True))
    assert "Simulating" in capfd.readouterr().err


def test_a_slow_piece_moves_the_bar_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    class Bar(tqdm):  # type: ignore[type-arg]
        def update(self, n: float | None = 1) -> bool | None:
            seen.append(int(n or 0))
            return super().update(n)

    monkeypatch.setattr(monte_carlo, "tqdm", Bar)
    slow = ASTEROID.with_values(missing_treatment=0.1)
    characteristics(slow, Analysis("mmrm", "satterthwaite"), run(2 * BLOCK_TRIALS))
    assert seen[:-1] == [BLOCK_TRIALS, BLOCK_TRIALS]  # and the piece, for what is not yet counted


def test_memory_does_not_grow_with_the_trials() -> None:
    sum_pieces(WORK, run(2 * BLOCK_TRIALS))  # what is made once: latent distributions, imports
    peaks = []
    tracemalloc.start()
    try:
        for trials in (10_000, 100_000):
            tracemalloc.reset_peak()
            start = tracemalloc.get_traced_memory()[0]
            sum_pieces(WORK, run(trials))
            peaks.append(tracemalloc.get_traced_memory()[1] - start)
    finally:
        tracemalloc.stop()
    assert peaks[1] == pytest.approx(peaks[0], rel=0.05)

"""A sweep killed at any moment and run again ends with the bytes of one that was never disturbed."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import Client, LocalCluster

from asteroid_repro import ASTEROID
from asteroid_repro.sweeps.run_sweep import sweep
from asteroid_repro.sweeps.sweep_manifest import MANIFEST
from asteroid_repro.sweeps.sweep_pieces import piece_name

OVER: dict[str, list[Any]] = {"people_per_arm": [10, 20], "average_pain.effect": [-5, -10]}
CALL: dict[str, Any] = {"trials": 2000, "seed": 64, "method": ["random_intercept", "ancova"]}
PIECES = 8
KILLS = 10

# The imports are no part of the moments to choose from: a line says when they are done, another when to begin.
CODE = """
import sys
from asteroid_repro import ASTEROID
from asteroid_repro.sweeps.run_sweep import sweep
print("ready", flush=True)
sys.stdin.readline()
sweep(ASTEROID, {over!r}, {folder!r}, n_jobs={n_jobs}, **{call!r})
"""

Process = subprocess.Popen[bytes]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def finished(folder: Path) -> int:
    return len(list(folder.glob("piece-*.parquet")))


@contextmanager
def sweeps(folders: list[Path], n_jobs: int = 1) -> Iterator[list[Process]]:
    """Start a sweep for each folder, all at once since importing takes longest; none outlives the test."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CODE.format(over=OVER, folder=str(folder), n_jobs=n_jobs, call=CALL)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for folder in folders
    ]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.communicate(timeout=60)


def kill_after(process: Process, folder: Path, pieces: int, seconds: float) -> None:
    """Let a sweep begin, and kill it (SIGKILL) some time after so many pieces."""
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"ready"
    process.stdin.write(b"\n")
    process.stdin.flush()
    while finished(folder) < pieces:
        assert process.poll() in (None, 0), "the sweep failed"
        time.sleep(0.001)
    time.sleep(seconds)
    process.kill()
    process.wait()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    whole = contents(sweep(ASTEROID, OVER, tmp_path_factory.mktemp("whole"), **CALL).folder)
    assert sorted(whole) == [MANIFEST, *map(piece_name, range(PIECES))]
    return whole


def test_killed_at_ten_random_moments_and_run_again(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    """After a random number of pieces, and a random part of a tenth of a second later: a piece takes about that."""
    rng = np.random.default_rng(64)
    pieces, delays = rng.integers(0, PIECES, KILLS), rng.uniform(0, 0.1, KILLS)
    folders = [tmp_path / str(kill) for kill in range(KILLS)]
    unfinished = 0
    with sweeps(folders) as processes:
        for process, folder, count, delay in zip(processes, folders, pieces, delays, strict=True):
            kill_after(process, folder, int(count), float(delay))
            there = finished(folder)
            unfinished += there < PIECES
            resumed = sweep(ASTEROID, OVER, folder, **CALL)
            assert (resumed.before, resumed.now, resumed.redone) == (there, PIECES - there, ())
            assert contents(folder) == undisturbed
    assert unfinished >= KILLS // 2  # or it was no test


def test_killed_again_and_again_in_one_folder(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    """What one run left is what the next one finds."""
    folder = tmp_path / "sweep"
    rng = np.random.default_rng(65)
    with sweeps([folder] * 3) as processes:
        for process, pieces in zip(processes, (0, 3, 6), strict=True):
            kill_after(process, folder, pieces, float(rng.uniform(0, 0.1)))
    sweep(ASTEROID, OVER, folder, **CALL)
    assert contents(folder) == undisturbed


def test_the_workers_of_a_killed_sweep_end_and_others_go_on(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    folder = tmp_path / "sweep"
    with sweeps([folder], n_jobs=2) as (process,):
        kill_after(process, folder, 2, 0.0)
        # They hold its standard output: it ends with the last of them.
        process.communicate(timeout=60)
    assert sweep(ASTEROID, OVER, folder, n_jobs=2, **CALL).before >= 2
    assert contents(folder) == undisturbed


def test_a_cluster_gives_the_same_bytes(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    (tmp_path / piece_name(0)).write_bytes(undisturbed[piece_name(0)][:100])
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as cluster,  # type: ignore[no-untyped-call]
        Client(cluster) as client,  # type: ignore[no-untyped-call]  # Dask says it is typed, and these two are not
    ):
        done = sweep(ASTEROID, OVER, tmp_path, executor=client, **CALL)
    assert (done.now, done.redone) == (PIECES, (piece_name(0),))
    assert contents(tmp_path) == undisturbed

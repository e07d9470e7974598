"""Time the engine against drawing its random numbers and against other software, and write docs/speed.md.

Side by side in one interleaved run: every round does each lane once, in turn, so that a busy moment of the machine
touches all of them; figures are ratios with their spread over the rounds. Needs an idle machine with two cores.

Usage: python benchmarks/engine.py [--rounds 40] [--quick]
"""

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from functools import partial
from importlib.metadata import version
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
from distributed import Client, LocalCluster
from lanes import CHARACTERISTICS, FLOOR, LANES, LOOP, PIECE_TRIALS, TRIAL, Lane, LmerLane, others, outcomes_table

import asteroid_repro as ar
from asteroid_repro.engine.monte_carlo import Run, sum_pieces
from asteroid_repro.simulate.streams import BLOCK_TRIALS

PAGE = Path(__file__).parents[1] / "docs" / "speed.md"
SHORT_RUNS = (1_000, 10_000, 100_000)
PEOPLE_SIMULATED = 4000 * BLOCK_TRIALS  # in all trials together, when a size of trial is timed

FLOOR_SAYS = (
    "The floor was agreed beforehand: besides the scores' normals it draws an attendance and a number of events for",
    "each runner. The lanes of scores do not need them, so the fourth column sets them against the normals alone (with",
    "missing visits they also draw a normal for each later visit). Other software is timed with its formulas and",
    "tables; the three mixed models of statsmodels are there to compare it with.",
)

TWO_PROCESSES_ROUNDS, START_UP_ROUNDS = 3, 7
SINGLE_SAYS = (
    "Memory is that of one run each; the other two lines are time from start to end, of "
    f"{TWO_PROCESSES_ROUNDS} and of {START_UP_ROUNDS} rounds."
)

GROWTH_SAYS = (
    "Operating characteristics in runs of several lengths, {rounds} rounds; after every piece of the longest run comes",
    "a short one, so that all are timed side by side. Then trials of several sizes in turn, as many people in all for",
    "each, {more} rounds.",
)

BLAS = f"OPENBLAS_NUM_THREADS={os.environ.get('OPENBLAS_NUM_THREADS', 'not set')}"

LARGE_SWEEP = (
    "At {us:.1f} microseconds a trial, 1,000,000,000 trials take {hours:.1f} hours of one core. One run with "
    "`executor=` hands them out in pieces of {trials:,} trials, {piece:.0f} ms of work each. A Dask scheduler, in "
    "one process with the program and beside two workers, needed {task:.1f} ms a piece, so it keeps about {cores:.0f} "
    "cores busy. A sweep hands out whole combinations, so with 1,000,000 trials each the same scheduler should keep "
    "about {many:,.0f} cores busy. On 100 cores, each as quick as one alone, it is done in {minutes:.1f} minutes."
)


def interleaved(lanes: Sequence[Lane | LmerLane], rounds: int) -> dict[str, np.ndarray]:
    """Time every lane once a round."""
    for turn in range(rounds + 1):
        outcomes_table(turn)
    for lane in lanes:
        lane.seconds(0)  # first calls pay for what is cached later
    times = [[lane.seconds(turn) for lane in lanes] for turn in range(1, rounds + 1)]
    return {lane.name: np.array(column) for lane, column in zip(lanes, zip(*times, strict=True), strict=True)}


def ratio(one: np.ndarray, other: np.ndarray, digits: int = 2) -> str:
    """Return the median of the ratios of the rounds, with the quartiles; large ones as whole numbers."""
    low, middle, high = np.quantile(one / other, [0.25, 0.5, 0.75])
    digits = 0 if middle > 100 else digits
    return f"{middle:,.{digits}f} ({low:,.{digits}f} to {high:,.{digits}f})"


class InTurns(Executor):
    """Does the pieces of a long run in this process, and after each of them one short run of the next length.

    The clock of a machine may change its pace by half within seconds. So long and short runs are not timed one after
    the other: their parts lie beside each other.
    """

    def __init__(self) -> None:
        self.lengths = cycle(SHORT_RUNS)
        self.seconds: dict[int, list[float]] = {trials: [] for trials in SHORT_RUNS}

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Do the piece at once, then a short run."""
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        trials, start = next(self.lengths), time.process_time()
        ar.operating_characteristics(TRIAL, trials=trials, seed=1)
        self.seconds[trials].append(time.process_time() - start)
        return done


def long_and_short(most: int, seed: int) -> list[float]:
    """Return processor seconds a trial of the short runs and of one of ``most`` trials."""
    turns, start = InTurns(), time.process_time()
    ar.operating_characteristics(TRIAL, trials=most, seed=seed, executor=turns)
    long = time.process_time() - start - sum(map(sum, turns.seconds.values()))
    return [*(float(np.mean(own)) / trials for trials, own in turns.seconds.items()), long / most]


def growth_with_trials(rounds: int, most: int) -> list[str]:
    """Time how the cost grows with the trials."""
    times = np.array([long_and_short(most, seed) for seed in range(rounds)]).T
    lines = ["| trials | microseconds a trial | over that of 10,000 trials |", "| --- | --- | --- |"]
    for trials, own in zip((*SHORT_RUNS, most), times, strict=True):
        lines.append(f"| {trials:,} | {1e6 * np.median(own):,.1f} | {ratio(own, times[1], 3)} |")
    return lines


def growth_with_people(rounds: int) -> list[str]:
    """Time how the cost grows with the people, over as many people for every size of trial."""
    times = interleaved([people_lane(people) for people in (40, 400, 4000)], rounds)
    lines = ["| people | nanoseconds a person and trial | over that of 40 people |", "| --- | --- | --- |"]
    for people, own in times.items():
        lines.append(f"| {people} | {1e9 * np.median(own):,.0f} | {ratio(own, times['40'], 3)} |")
    return lines


def people_lane(people: int) -> Lane:
    """Return a run of trials of so many people, timed by the person."""
    record, trials = TRIAL.with_people(people // 2, people // 2), PEOPLE_SIMULATED // people
    run = partial(ar.operating_characteristics, record, trials=trials)
    return Lane(f"{people:,}", lambda turn: run(seed=turn), trials * people)


def peak_memory(trials: int) -> float:
    """Return the largest resident memory of a process of its own that simulates so many trials, MB.

    As Linux counts it for the program that runs: ``getrusage`` would begin with the memory of this one, its parent.
    """
    code = (
        "import re, pathlib, asteroid_repro as ar;"
        f"ar.operating_characteristics(ar.ASTEROID, trials={trials}, seed=1);"
        "print(int(re.search(r'VmHWM:\\s+(\\d+) kB', pathlib.Path('/proc/self/status').read_text())[1]) / 1024)"
    )
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def wall(command: list[str]) -> float:
    """Return the seconds of a command of its own, from start to end."""
    start = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - start


def two_processes(trials: int) -> str:
    """Time one process against two, on a run long enough that starting them, about a second, costs little.

    In a process of its own: new ones import what the main program does, and this one has imported statsmodels.
    """
    code = (
        "import time, asteroid_repro as ar\n"
        "for n_jobs in (1, 2):\n"
        "    start = time.perf_counter()\n"
        f"    ar.operating_characteristics(ar.ASTEROID, trials={trials}, seed=1, n_jobs=n_jobs)\n"
        "    print(time.perf_counter() - start)\n"
    )
    command, rounds = [sys.executable, "-c", code], range(TWO_PROCESSES_ROUNDS)
    runs = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in rounds]
    one, two = np.array([[float(line) for line in run.stdout.split()] for run in runs]).T
    return ratio(one, two)


def no_work(block: int, trials: int) -> dict[str, np.ndarray]:
    """Do next to nothing, so that handing it out is what is timed."""
    return {"sums": np.full((16, 2, 3), block * trials)}


def hand_out(pieces: int = 2000) -> float:
    """Return the seconds that a piece takes on its way to a worker of a Dask cluster and back."""
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster) as client,
    ):
        sum_pieces(no_work, Run(100 * PIECE_TRIALS, 1, executor=client))
        start = time.perf_counter()
        sum_pieces(no_work, Run(pieces * PIECE_TRIALS, 1, executor=client))
        return (time.perf_counter() - start) / pieces


def start_up() -> list[tuple[str, str]]:
    """Time the command line against importing statsmodels' formulas."""
    command = [str(Path(sys.executable).with_name("asteroid-repro")), "power", "--trials", "10000", "--json"]
    other = [sys.executable, "-c", "import statsmodels.formula.api"]
    pairs = [(wall(command), wall(other)) for _ in range(START_UP_ROUNDS)]
    one, two = map(np.array, zip(*pairs, strict=True))
    return [("`asteroid-repro power --trials 10000` over `import statsmodels.formula.api`", ratio(one, two))]


def page(times: Mapping[str, np.ndarray], grown: list[str], single: list[tuple[str, str]], rounds: int) -> str:
    """Write the results as a page of documentation."""
    versions = [f"{name} {version(name)}" for name in ("numpy", "scipy", "statsmodels", "asteroid-repro")]
    machine = f"{platform.machine()}, {os.cpu_count()} cores; Python {platform.python_version()}"
    alone, floor, loop = times[LANES[0].name], times[FLOOR.name], times[LOOP.name]
    lines = [
        "# How fast the engine is",
        "",
        f"Generated by `make bench`: processor time, of {rounds} interleaved rounds in the first table; ratios of one",
        f"round, medians and quartiles. {', '.join([machine, *versions])}; {BLAS}.",
        "",
        "| lane | microseconds a trial | over the floor | over the normals alone | the statsmodels loop over it |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, own in times.items():
        cells = (ratio(own, floor), ratio(own, alone), ratio(loop, own))
        lines.append(f"| {name} | {1e6 * np.median(own):,.1f} | {' | '.join(cells)} |")
    cost = float(np.median(times[CHARACTERISTICS.name]))
    piece, task = PIECE_TRIALS * cost, hand_out()
    price = LARGE_SWEEP.format(
        us=1e6 * cost,
        hours=1e9 * cost / 3600,
        minutes=1e7 * cost / 60,
        trials=PIECE_TRIALS,
        piece=1e3 * piece,
        task=1e3 * task,
        cores=piece / task,
        many=round(1e6 * cost / task, -2),
    )
    lines += [
        "",
        *FLOOR_SAYS,
        "",
        "| | ratio or size |",
        "| --- | --- |",
        *(f"| {name} | {value} |" for name, value in single),
        "",
        SINGLE_SAYS,
        "",
        "## How the cost grows",
        "",
        *grown,
        "",
        "## What a large sweep would cost",
        "",
        price,
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--quick", action="store_true", help="smaller runs; print the page instead of writing it")
    options = parser.parse_args()
    many = 100_000 if options.quick else 1_000_000
    times = interleaved([*LANES, *others()], options.rounds)
    rounds = 3 if options.quick else 10
    says = (line.format(rounds=rounds, more=4 * rounds) for line in GROWTH_SAYS)
    grown = [*says, "", *growth_with_trials(rounds, many), "", *growth_with_people(4 * rounds)]
    few, most = peak_memory(10_000), peak_memory(many)
    memory = f"{most:.0f} MB / {few:.0f} MB = {most / few:.3f}"
    single = [(f"peak memory, {many:,} trials over 10,000", memory), ("one process over two", two_processes(4 * many))]
    single += start_up()
    text = page(times, grown, single, options.rounds)
    if options.quick:
        print(text)
    else:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

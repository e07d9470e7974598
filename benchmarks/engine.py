"""Time the engine against drawing its random numbers and against other software, and write docs/speed.md.

Side by side in one interleaved run: every round does each lane once, in turn, so that a busy moment of the machine
touches all of them; figures are ratios with their spread over the rounds. Needs an idle machine with two cores.

Usage: python benchmarks/engine.py [--rounds 15] [--quick]
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf

import asteroid_repro as ar
from asteroid_repro.estimate.inference import p_value
from asteroid_repro.estimate.methods import closed_form
from asteroid_repro.evaluate.trial_estimates import simulated_estimates, simulated_moments
from asteroid_repro.simulate.block import simulate_block
from asteroid_repro.simulate.outcomes import tile_trials
from asteroid_repro.simulate.streams import BLOCK_TRIALS, Purpose, stream

TRIAL = ar.ASTEROID.with_equal_baselines()
PATCHY = TRIAL.with_values(missing_running=0.15, missing_waitlist=0.15, missing_pattern="intermittent")
PAGE = Path(__file__).parents[1] / "docs" / "speed.md"
CLOSED = closed_form("random_intercept"), closed_form("ancova")


LARGE_SWEEP = (
    "At {us:.1f} microseconds a trial, 1,000,000,000 trials take {hours:.1f} hours of one core, so {minutes:.1f} "
    "minutes on 100 cores: 122,071 pieces of 8192 trials, each {piece:.0f} ms of work, against one or two ms that a "
    "scheduler needs to hand out a task."
)


@dataclass(frozen=True)
class Lane:
    """Something to time: what it does to a block, and how many trials that is."""

    name: str
    work: Callable[[int], object]
    trials: int = BLOCK_TRIALS


def draw_scores(block: int) -> None:
    """Draw the normals behind a block's scores, in the tiles in which the engine draws them, and nothing else."""
    generator, size = stream(1, Purpose.OUTCOMES, block), tile_trials(TRIAL.n_people)
    noise = np.empty((TRIAL.n_people, 9, size))
    for _ in range(0, BLOCK_TRIALS, size):
        generator.standard_normal(out=noise)


def draw(block: int) -> None:
    """Draw also a normal for the attendance and a Poisson number of events of each runner."""
    draw_scores(block)
    shape = (BLOCK_TRIALS, TRIAL.n_running)
    stream(1, Purpose.ATTENDANCE_PROPENSITY, block).standard_normal(shape)
    stream(1, Purpose.LOWER_LIMB_EVENTS, block).poisson(TRIAL.lower_limb_rate * 105 / TRIAL.n_running, shape)


def outcomes_lane(block: int) -> None:
    """Simulate bounded, rounded scores of three outcomes; fit random intercept and ANCOVA, with p-values."""
    data = simulated_moments(TRIAL, 1, block, BLOCK_TRIALS)
    for estimate in CLOSED:
        p_value(estimate(data))  # type: ignore[misc]  # both methods have a closed form


def missing_lane(block: int) -> None:
    """Simulate scores with 15 % of the visits missing; fit the random intercept by REML, with p-values."""
    p_value(simulated_estimates(PATCHY, 1, block, BLOCK_TRIALS, method="random_intercept"))


def characteristics(block: int) -> None:
    """Simulate, fit and measure, with a new seed for every block."""
    ar.operating_characteristics(TRIAL, trials=BLOCK_TRIALS, seed=block)


@cache
def outcomes_table(block: int) -> pd.DataFrame:
    """Return the table of one trial, made before the clock starts."""
    return ar.simulate_trial(TRIAL, seed=block).outcomes


def statsmodels_loop(block: int) -> None:
    """Fit one trial: three mixed models and three regressions by formula, on a table."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # boundary fits say so
        for _, scores in outcomes_table(block).groupby("outcome"):
            smf.mixedlm("value ~ C(week) * arm", scores, groups="participant").fit(reml=True)
            wide = scores.pivot_table(index=["participant", "arm"], columns="week", values="value").reset_index()
            smf.ols("last ~ first + arm", wide.rename(columns={0: "first", 12: "last"})).fit()


FLOOR = Lane("drawing the scores' normals, attendance and events (the floor)", draw)
OUTCOMES = Lane("outcomes lane: scores, random intercept and ANCOVA with p-values", outcomes_lane)
CHARACTERISTICS = Lane("operating characteristics: scores, random intercept, every measure", characteristics)
LOOP = Lane("statsmodels formula loop: random intercept and ANCOVA, tables made before", statsmodels_loop, trials=1)
LANES = (
    Lane("drawing the scores' normals alone", draw_scores),
    FLOOR,
    OUTCOMES,
    CHARACTERISTICS,
    Lane("15 % of the visits missing: scores, random intercept by REML with p-values", missing_lane),
    Lane("whole trials: people, sessions, events, scores", lambda block: simulate_block(TRIAL, 1, block, BLOCK_TRIALS)),
    LOOP,
)


def seconds(lane: Lane, block: int) -> float:
    """Return processor seconds a trial of one go; other work on the machine then counts little."""
    start = time.process_time()
    lane.work(block)
    return (time.process_time() - start) / lane.trials


def interleaved(lanes: tuple[Lane, ...], rounds: int) -> dict[str, np.ndarray]:
    """Time every lane once a round."""
    for lane in lanes:
        lane.work(0)  # first calls pay for what is cached later
    for block in range(1, rounds + 1):
        outcomes_table(block)
    times = [[seconds(lane, block) for lane in lanes] for block in range(1, rounds + 1)]
    return {lane.name: np.array(column) for lane, column in zip(lanes, zip(*times, strict=True), strict=True)}


def ratio(one: np.ndarray, other: np.ndarray, digits: int = 2) -> str:
    """Return the median of the ratios of the rounds, with the quartiles."""
    low, middle, high = np.quantile(one / other, [0.25, 0.5, 0.75])
    return f"{middle:,.{digits}f} ({low:,.{digits}f} to {high:,.{digits}f})"


def growth(rounds: int, most: int) -> list[str]:
    """Time how the cost grows with trials and people, each size in turn in every round."""
    by_trials = {trials: (TRIAL, trials) for trials in (1_000, 10_000, 100_000, most)}
    by_people = {people: (TRIAL.with_people(people // 2, people // 2), 655_360 // people) for people in (40, 400, 4000)}
    sizes = list(by_trials.values()) + list(by_people.values())
    for record, _ in sizes:
        ar.operating_characteristics(record, trials=16, seed=1)  # solves for the latent scale once
    times = np.array([[per_trial(*size) for size in sizes] for _ in range(rounds)]).T
    trials, people = times[: len(by_trials)], times[len(by_trials) :] / np.array(list(by_people))[:, np.newaxis]
    lines = ["| trials | microseconds a trial | over that of 10,000 trials |", "| --- | --- | --- |"]
    for size, own in zip(by_trials, trials, strict=True):
        lines.append(f"| {size:,} | {1e6 * np.median(own):,.1f} | {ratio(own, trials[1], 3)} |")
    lines += ["", "| people | nanoseconds a person and trial | over that of 40 people |", "| --- | --- | --- |"]
    for size, own in zip(by_people, people, strict=True):
        lines.append(f"| {size:,} | {1e9 * np.median(own):,.0f} | {ratio(own, people[0], 3)} |")
    return lines


def per_trial(record: ar.TrialAssumptions, trials: int) -> float:
    """Return processor seconds a trial of operating characteristics."""
    start = time.process_time()
    ar.operating_characteristics(record, trials=trials, seed=1)
    return (time.process_time() - start) / trials


def peak_memory(trials: int) -> float:
    """Return the largest resident memory of a process of its own that simulates so many trials, MB."""
    code = (
        "import resource, asteroid_repro as ar;"
        f"ar.operating_characteristics(ar.ASTEROID, trials={trials}, seed=1);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def wall(command: list[str]) -> float:
    """Return the seconds of a command of its own, from start to end."""
    start = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - start


def two_processes(trials: int) -> str:
    """Time one process against two, on a run long enough that starting them costs little."""
    pairs = []
    for _ in range(3):
        times = []
        for n_jobs in (1, 2):
            start = time.perf_counter()
            ar.operating_characteristics(TRIAL, trials=trials, seed=1, n_jobs=n_jobs)
            times.append(time.perf_counter() - start)
        pairs.append(times)
    one, two = map(np.array, zip(*pairs, strict=True))
    return ratio(one, two)


def start_up() -> list[tuple[str, str]]:
    """Time the command line against importing statsmodels' formulas."""
    command = [str(Path(sys.executable).with_name("asteroid-repro")), "power", "--trials", "10000", "--json"]
    other = [sys.executable, "-c", "import statsmodels.formula.api"]
    pairs = [(wall(command), wall(other)) for _ in range(7)]
    one, two = map(np.array, zip(*pairs, strict=True))
    return [("`asteroid-repro power --trials 10000` over `import statsmodels.formula.api`", ratio(one, two))]


def lme4_loop() -> float | None:
    """Return seconds a trial of lme4 with lmerTest, three models, timed inside R; None where it is not installed."""
    if shutil.which("Rscript") is None:
        return None
    table = json.dumps(ar.simulate_trial(TRIAL, seed=1).outcomes.to_dict("list"))
    code = """
      suppressMessages({library(lmerTest); library(jsonlite)})
      d <- as.data.frame(fromJSON(readLines(file("stdin"), warn = FALSE)))
      fit <- function(x) summary(lmer(value ~ factor(week) * arm + (1 | participant), x))
      invisible(lapply(split(d, d$outcome), fit))
      cat(system.time(for (i in 1:20) lapply(split(d, d$outcome), fit))[["elapsed"]] / 20)
    """
    done = subprocess.run(["Rscript", "-e", code], input=table, capture_output=True, text=True, check=False)  # noqa: S607
    return float(done.stdout) if done.returncode == 0 and done.stdout else None


def page(times: Mapping[str, np.ndarray], grown: list[str], others: list[tuple[str, str]], rounds: int) -> str:
    """Write the results as a page of documentation."""
    versions = [f"{name} {version(name)}" for name in ("numpy", "scipy", "statsmodels", "asteroid-repro")]
    machine = f"{platform.machine()}, {os.cpu_count()} cores; Python {platform.python_version()}"
    alone, floor, loop = times[LANES[0].name], times[FLOOR.name], times[LOOP.name]
    lines = [
        "# How fast the engine is",
        "",
        f"Generated by `make bench`: {rounds} interleaved rounds, processor time; ratios of one round, medians and",
        f"quartiles. {', '.join([machine, *versions])}.",
        "",
        "| lane | microseconds a trial | over the floor | over the normals alone | the statsmodels loop over it |",
        "| --- | --- | --- | --- | --- |",
    ]
    for lane in LANES:
        own = times[lane.name]
        cells = (ratio(own, floor), ratio(own, alone), ratio(loop, own, 0))
        lines.append(f"| {lane.name} | {1e6 * np.median(own):,.1f} | {' | '.join(cells)} |")
    cost = float(np.median(times[CHARACTERISTICS.name]))
    price = LARGE_SWEEP.format(us=1e6 * cost, hours=1e9 * cost / 3600, minutes=1e7 * cost / 60, piece=8192e3 * cost)
    lines += ["", "| | ratio or size |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in others), ""]
    return "\n".join(
        [*lines, "## How the cost grows", "", *grown, "", "## What a large sweep would cost", "", price, ""]
    )


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--quick", action="store_true", help="smaller runs; print the page instead of writing it")
    options = parser.parse_args()
    many = 100_000 if options.quick else 1_000_000
    times = interleaved(LANES, options.rounds)
    grown = growth(3 if options.quick else 5, many)
    few, most = peak_memory(10_000), peak_memory(many)
    memory = f"{most:.0f} MB / {few:.0f} MB = {most / few:.3f}"
    others = [(f"peak memory, {many:,} trials over 10,000", memory), ("one process over two", two_processes(2 * many))]
    others += start_up()
    lme4 = lme4_loop()
    loop = "not installed" if lme4 is None else f"{1e6 * lme4:,.0f} microseconds a trial"
    others.append(("lme4 with lmerTest, three mixed models, timed inside R (after the rounds)", loop))
    text = page(times, grown, others, options.rounds)
    if options.quick:
        print(text)
    else:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

"""What the benchmark of the engine times: drawing random numbers, the engine's lanes, and other software.

Each lane tells the processor seconds of a trial; other work on the machine then counts little.
"""

import json
import shutil
import subprocess
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf

import asteroid_repro as ar
from asteroid_repro.engine.monte_carlo import PIECE_TRIALS, Run, sum_pieces
from asteroid_repro.engine.trial_estimates import simulated_estimates, simulated_moments
from asteroid_repro.estimate.effects.methods import Analysis, closed_form
from asteroid_repro.estimate.inference import p_value
from asteroid_repro.mechanism.mechanism import solve
from asteroid_repro.simulate.block import simulate_block
from asteroid_repro.simulate.outcomes import tile_trials
from asteroid_repro.simulate.streams import BLOCK_TRIALS, Purpose, blocks, stream

TRIAL = ar.ASTEROID.with_equal_baselines()
PATCHY = TRIAL.with_values(missing_treatment=0.15, missing_reference=0.15, missing_pattern="intermittent")
SOLVED, SOLVED_PATCHY = solve(TRIAL), solve(PATCHY)
CLOSED = closed_form("random_intercept"), closed_form("ancova")


@dataclass(frozen=True)
class Lane:
    """Something to time: what it does in a round, with the round's number as seed, and how many trials that is."""

    name: str
    work: Callable[[int], object]
    trials: int = PIECE_TRIALS

    def seconds(self, turn: int) -> float:
        """Return processor seconds a trial of one go."""
        start = time.process_time()
        self.work(turn)
        return (time.process_time() - start) / self.trials


@dataclass(frozen=True)
class LmerLane:
    """lme4 with lmerTest in an R of its own, which times itself."""

    name: str

    def seconds(self, turn: int) -> float:
        """Return processor seconds of one trial."""
        talk = r_process()
        print(json.dumps(outcomes_table(turn).to_dict("list")), file=talk.stdin, flush=True)
        assert talk.stdout is not None  # noqa: S101 - it is a pipe
        return float(talk.stdout.readline())


def draw_scores(seed: int) -> None:
    """Draw the normals behind a piece's scores, in the tiles in which the engine draws them, and nothing else."""
    size = tile_trials(TRIAL.n_people)
    for block, _ in blocks(PIECE_TRIALS):
        generator, noise = stream(seed, Purpose.OUTCOMES, block), np.empty((TRIAL.n_people, 9, size))
        for _ in range(0, BLOCK_TRIALS, size):
            generator.standard_normal(out=noise)


def draw(seed: int) -> None:
    """Draw also a normal for the attendance and a Poisson number of events of each treated person."""
    draw_scores(seed)
    shape, mean = (BLOCK_TRIALS, TRIAL.n_treatment), TRIAL.adverse_events[0].rate * 105 / TRIAL.n_treatment
    for block, _ in blocks(PIECE_TRIALS):
        stream(seed, Purpose.ATTENDANCE_PROPENSITY, block).standard_normal(shape)
        stream(seed, Purpose.EVENTS, block).poisson(mean, shape)


def outcomes_lane(seed: int) -> None:
    """Simulate bounded, rounded scores of three outcomes; fit random intercept and ANCOVA, with p-values."""

    def work(block: int, trials: int) -> dict[str, np.ndarray]:
        data = simulated_moments(SOLVED, seed, block, trials)
        p_values = [p_value(estimate(data)) for estimate in CLOSED]  # type: ignore[misc]  # both have a closed form
        return {"trials": np.array(p_values[0].shape[-1])}

    sum_pieces(work, Run(PIECE_TRIALS, seed))


def missing_lane(seed: int) -> None:
    """Simulate scores with 15 % of the visits missing; fit the random intercept by REML, with p-values."""
    analysis = Analysis("random_intercept", "z")

    def work(block: int, trials: int) -> dict[str, np.ndarray]:
        p_values = p_value(simulated_estimates(SOLVED_PATCHY, seed, block, trials, analysis))
        return {"trials": np.array(p_values.shape[-1])}

    sum_pieces(work, Run(PIECE_TRIALS, seed))


def characteristics(seed: int) -> None:
    """Simulate, fit and measure a piece."""
    ar.operating_characteristics(TRIAL, trials=PIECE_TRIALS, seed=seed)


def whole_trials(seed: int) -> None:
    """Simulate a block with people, sessions and events."""
    simulate_block(SOLVED, seed, 0, BLOCK_TRIALS)


@cache
def outcomes_table(turn: int) -> pd.DataFrame:
    """Return the table of one trial, made before the clock starts."""
    return ar.simulate_trial(TRIAL, seed=turn).outcomes


def statsmodels_mixed(turn: int) -> None:
    """Fit the three mixed models of one trial by formula, on a table."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # boundary fits say so
        for _, scores in outcomes_table(turn).groupby("outcome"):
            smf.mixedlm("value ~ C(week) * arm", scores, groups="participant").fit(reml=True)


def statsmodels_loop(turn: int) -> None:
    """Fit one trial: three mixed models and three regressions by formula, on a table."""
    statsmodels_mixed(turn)
    for _, scores in outcomes_table(turn).groupby("outcome"):
        wide = scores.pivot_table(index=["participant", "arm"], columns="week", values="value").reset_index()
        smf.ols("last ~ first + arm", wide.rename(columns={0: "first", 12: "last"})).fit()


def mixedlm_rs_loop(turn: int) -> None:
    """Fit the three mixed models of one trial with mixedlm-rs, which has the formulas of statsmodels."""
    from mixedlm_rs import mixedlm  # not one of our requirements

    for _, scores in outcomes_table(turn).groupby("outcome"):
        mixedlm("value ~ C(week) * arm", scores, groups="participant").fit(reml=True)


@cache
def r_process() -> "subprocess.Popen[str]":
    """Start an R that fits the three mixed models of every table it is sent, and answers with its time."""
    code = """
      suppressMessages({library(lmerTest); library(jsonlite)})
      lines <- file("stdin", "r")
      fit <- function(x) summary(lmer(value ~ factor(week) * arm + (1 | participant), x))
      while (length(line <- readLines(lines, 1))) {
        d <- as.data.frame(fromJSON(line))
        took <- system.time(lapply(split(d, d$outcome), fit))
        cat(took[["user.self"]] + took[["sys.self"]], "\n"); flush(stdout())
      }
    """
    return subprocess.Popen(["Rscript", "-e", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S607


def others() -> list[Lane | LmerLane]:
    """Return the lanes of the software that is installed here and not required."""
    found: list[Lane | LmerLane] = []
    if find_spec("mixedlm_rs") is not None:
        name = f"mixedlm-rs {version('mixedlm-rs')}, three mixed models"
        found.append(Lane(name, mixedlm_rs_loop, trials=1))
    asked = ["Rscript", "-e", "library(lmerTest); library(jsonlite)"]
    if shutil.which("Rscript") and subprocess.run(asked, capture_output=True, check=False).returncode == 0:
        found.append(LmerLane("lme4 with lmerTest, three mixed models, timed inside R"))
    return found


FLOOR = Lane("drawing the scores' normals, attendance and events (the floor)", draw)
CHARACTERISTICS = Lane("operating characteristics: scores, random intercept, every measure", characteristics)
LOOP = Lane("statsmodels formula loop: random intercept and ANCOVA, tables made before", statsmodels_loop, trials=1)
LANES = (
    Lane("drawing the scores' normals alone", draw_scores),
    FLOOR,
    Lane("outcomes lane: scores, random intercept and ANCOVA with p-values", outcomes_lane),
    CHARACTERISTICS,
    Lane("15 % of the visits missing: scores, random intercept by REML with p-values", missing_lane),
    Lane("whole trials: people, sessions, events, scores", whole_trials, trials=BLOCK_TRIALS),
    LOOP,
    Lane("statsmodels, three mixed models", statsmodels_mixed, trials=1),
)

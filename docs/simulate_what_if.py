"""Simulate the numbers behind the static what-if page and write them to docs/what_if/grid.json.

Power is a function of few things. With an unbounded normal outcome and equal correlations it depends, for each method,
on the people, the correlation, the drop-out and the standardised effect ``delta``, the effect over the standard error
that complete visits would have; neither on the spread nor on the direction. One simulated trial without an effect then
serves every effect: adding an effect to the treated adds it to the estimate and leaves the standard error alone.

What the ends and the whole points of the scale change is small and simulated apart, as a factor of ``delta`` for each
effect and spread: the same people and noise with and without ends, so that it is known much better than either power.

Run by ``make whatif-grid`` (some minutes of one core).
"""

import argparse
import json
import math
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

import asteroid_repro as ar
from asteroid_repro.engine.trial_estimates import simulated_scores
from asteroid_repro.estimate.effects.methods import chosen_analysis, estimate_arrays
from asteroid_repro.estimate.inference import Estimates, critical_value
from asteroid_repro.mechanism.mechanism import solve
from asteroid_repro.reporting.files import write_file
from asteroid_repro.simulate.streams import BLOCK_TRIALS, blocks
from asteroid_repro.trial.assumptions import TrialAssumptions, build

FILE = Path(__file__).parent / "what_if" / "grid.json"
OUTCOME = "average_pain"
METHODS = ("random_intercept", "mmrm", "ancova")
DELTA = (*(round(0.4 * step, 1) for step in range(16)), 7.0, 8.0, 10.0, 13.0, 18.0, 26.0)
PEOPLE = (8, 11, 16, 30, 100, 500)
CORRELATION = (0.0, 0.4, 0.7, 0.9)
DROPOUT = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
SPREAD = (5, 10, 15, 20, 25, 29)
EFFECT = (-30, -24, -18, -12, -6, 0, 5, 10)
SEED = 2024


def one_outcome(record: TrialAssumptions, *, bounded: bool) -> TrialAssumptions:
    """Return the same trial with one outcome only, with the ends and steps of its scale or without."""
    scale = record.design.outcome(OUTCOME)
    if not bounded:
        scale = scale.model_copy(update={"minimum": None, "maximum": None, "step": None})
    design = record.design.model_copy(update={"outcomes": (scale,)})
    others = [f"{name}." for name in record.design.outcome_names if name != OUTCOME]
    values = {name: value for name, value in record.values().items() if not name.startswith(tuple(others))}
    values |= {"cross_outcome_correlation": [[1.0]], "driving_outcome": OUTCOME, "session_outcome": OUTCOME}
    values |= {f"{OUTCOME}.{part}": getattr(scale, part) for part in ("minimum", "maximum", "step")}
    given = {name: value for name, value in values.items() if value is not None}
    return build(design, given, programmes=record.programmes)


def population(people: int, correlation: float, dropout: float, **pain: float) -> TrialAssumptions:
    """Return ASTEROID with other people, correlation, drop-out and pain."""
    return ar.ASTEROID.with_values(
        people_per_arm=people, visit_correlation=correlation, missing_treatment=dropout, missing_reference=dropout,
        **{OUTCOME: pain},
    ).with_equal_baselines()  # fmt: skip


def complete_error(method: str, people: float, correlation: float, spread: float) -> float:
    """Return the standard error that complete visits would have, points."""
    share = 1 - correlation**2 if method == "ancova" else 2 * (1 - correlation)
    return spread * math.sqrt(2 * share / people)


def estimates(record: TrialAssumptions, trials: int) -> dict[str, Estimates]:
    """Simulate trials once and estimate each by every method, at the last visit; arrays of shape (trials,)."""
    mechanism, found = solve(record), {method: list[Estimates]() for method in METHODS}
    for part in blocks(trials, 0):
        scores = simulated_scores(mechanism, SEED, *part)
        for method in METHODS:
            distribution = chosen_analysis(method, "kenward_roger" if method == "mmrm" else None, 0.95).distribution
            fit = estimate_arrays(scores.treatment[0], scores.reference[0], method=method, distribution=distribution)
            found[method].append(Estimates(**{name: each[-1] for name, each in vars(fit).items()}))
    return {
        method: Estimates(**{name: np.concatenate([vars(fit)[name] for fit in fits]) for name in vars(fits[0])})
        for method, fits in found.items()
    }


def normal_power(fit: Estimates, effect: float) -> dict[str, float]:
    """Return the measures of trials that have this effect beside what they have, each read in both directions.

    Trials without an effect are as likely to err up as down, so that each counts twice: as it is, and turned around.
    """
    usable = np.isfinite(fit.estimate) & (fit.standard_error > 0)
    estimate, error, df = (each[usable] for each in (fit.estimate, fit.standard_error, fit.df))
    reach = critical_value(df, 0.95) * error
    up, down = effect + estimate, effect - estimate
    right = ((up > reach).mean() + (down > reach).mean()) / 2
    wrong = ((up < -reach).mean() + (down < -reach).mean()) / 2
    size = (np.abs(up) * (np.abs(up) > reach)).mean() + (np.abs(down) * (np.abs(down) > reach)).mean()
    power = right + wrong
    return {
        "power": float(power),
        "wrong": float(wrong),
        "size": float(size / 2 / effect) if effect else 0.0,
        "coverage": float((np.abs(estimate) <= reach).mean()),
    }


def trials_for(people: int, dropout: float) -> int:
    """Return how many trials are affordable: fewer where one costs more."""
    most = 12_000 if dropout == 0 else 6_000
    return max(4, round(most * min(1.0, 150 / people) / BLOCK_TRIALS)) * BLOCK_TRIALS


def normal_grid() -> dict[str, list[Any]]:
    """Return power, wrong signs and exaggeration by method, people, correlation, drop-out, delta; and coverage."""
    found: dict[str, list[Any]] = {name: [] for name in ("power", "wrong", "size", "coverage")}
    combinations = list(product(PEOPLE, CORRELATION, DROPOUT))
    cells: dict[tuple[Any, ...], list[dict[str, float]]] = {}
    for people, correlation, dropout in tqdm(combinations, "Without ends", mininterval=5):
        record = one_outcome(population(people, correlation, dropout, effect=0, sd=10), bounded=False)
        fits = estimates(record, trials_for(people, dropout))
        for method, fit in fits.items():
            error = complete_error(method, people, correlation, 10)
            cells[method, people, correlation, dropout] = [normal_power(fit, delta * error) for delta in DELTA]
    for key in product(METHODS, PEOPLE, CORRELATION, DROPOUT):
        for name in ("power", "wrong", "size"):
            found[name] += [round(one[name], 5) for one in cells[key]]
        found["coverage"].append(round(cells[key][0]["coverage"], 5))
    return found


def scale_factor(fit: Estimates, without: Estimates, effect: float) -> float:
    """Return the factor by which an effect must grow without ends to have the power it has with them."""
    usable = np.isfinite(fit.estimate) & (fit.standard_error > 0)
    reach = critical_value(fit.df, 0.95) * fit.standard_error
    power = (np.abs(fit.estimate[usable]) > reach[usable]).mean()
    if power > 0.995:  # nothing is left to see
        return 1.0
    low, high = 0.5, 2.0
    for _ in range(40):
        middle = (low + high) / 2
        shifted = without.estimate + middle * effect
        more = (np.abs(shifted) > critical_value(without.df, 0.95) * without.standard_error).mean() > power
        low, high = (low, middle) if more else (middle, high)
    return round(low, 4)


def scale_grid() -> list[float]:
    """Return the factors of the ends of the scale by method, spread and effect.

    Complete visits, a correlation of 0.5, and as many people as have a power of about 70 %.
    """
    correlation, trials = 0.5, 12 * BLOCK_TRIALS
    cells: dict[tuple[Any, ...], float] = {}
    for spread, effect in tqdm(list(product(SPREAD, EFFECT)), "With ends", mininterval=5):
        people = round(
            min(400.0, max(8.0, (2.5 * complete_error("mmrm", 1, correlation, spread) / (effect or 1)) ** 2))
        )
        ends = [(effect, True), (0, False)] if effect else []
        fits = [
            estimates(
                one_outcome(population(people, correlation, 0.0, effect=here, sd=spread), bounded=bounded),
                trials if people < 100 else trials // 4,
            )
            for here, bounded in ends
        ]
        for method in METHODS:
            both = [fit[method] for fit in fits]
            cells[method, spread, effect] = scale_factor(both[0], both[1], effect) if both else 1.0
    return [cells[key] for key in product(METHODS, SPREAD, EFFECT)]


def main() -> None:
    """Simulate both grids and write them."""
    axes = {
        "method": METHODS, "people": PEOPLE, "correlation": CORRELATION, "dropout": DROPOUT, "delta": DELTA,
        "spread": SPREAD, "effect": EFFECT,
    }  # fmt: skip
    found = {"version": ar.__version__, "seed": SEED, "axes": axes}
    found |= {"scale": scale_grid()} | normal_grid()
    write_file(FILE, json.dumps(found, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    main()

"""Measure small-sample tests and multiple imputation with missing visits; write docs/missing-visit-inference.md.

Run by `make missing-inference`.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from type_one_error import COVARIANCES, as_text, type_one_errors

from asteroid_repro.estimate.effects.ancova import ancova
from asteroid_repro.estimate.effects.methods import Analysis
from asteroid_repro.estimate.effects.mmrm import mmrm
from asteroid_repro.estimate.effects.moments import Moments, moments
from asteroid_repro.estimate.inference import Estimates, confidence_interval
from asteroid_repro.estimate.missing_visits.imputation import impute
from asteroid_repro.estimate.missing_visits.reference_rules import Rule
from asteroid_repro.estimate.missing_visits.rubin import pool
from asteroid_repro.reporting.files import write_file
from asteroid_repro.reporting.records import markdown

PAGE = Path(__file__).parent.parent / "docs" / "missing-visit-inference.md"
TYPE_ONE_SEED = 43  # that of docs/type-one-error.md: the same trials
SEED = 47  # chosen before looking
IMPUTATIONS = 50
EFFECT = np.array([0.0, -8.0, -12.0])
MEAN, PAINFUL = 45.0, 55.0
TESTS = (
    Analysis("mmrm", "satterthwaite"),
    Analysis("mmrm", "kenward_roger"),
    Analysis("clda", "satterthwaite"),
    Analysis("clda", "kenward_roger"),
    Analysis("random_intercept", "kenward_roger"),
)
ANALYSES: dict[str, Callable[[Moments], Estimates]] = {"ancova": ancova, "mmrm": mmrm}


def never(scores: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Miss no visit, and draw as much chance as the others, so that the scores are theirs."""
    return now_and_then(scores, rng) & False


def now_and_then(scores: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Miss 15 % of the later visits, each for itself."""
    return rng.random(scores[1:].shape) < 0.15


def drop_out(scores: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Stop for good before a later visit, with probability 15 %."""
    gone: np.ndarray = np.logical_or.accumulate(now_and_then(scores, rng), axis=0)
    return gone


def drop_out_in_pain(scores: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Stop for good with probability 30 % after a score above 55, else 5 %."""
    chance = np.where(scores[:-1] > PAINFUL, 0.30, 0.05)
    gone: np.ndarray = np.logical_or.accumulate(rng.random(chance.shape) < chance, axis=0)
    return gone


Mechanism = Callable[[np.ndarray, np.random.Generator], np.ndarray]
BOTH: tuple[Rule, ...] = ("mar", "jump_to_reference")
MECHANISMS: dict[str, tuple[Mechanism, tuple[Rule, ...]]] = {
    "none": (never, ("mar",)),
    "15 % of later visits, completely at random": (now_and_then, BOTH),
    "dropout, completely at random": (drop_out, BOTH),
    "dropout, more often after pain": (drop_out_in_pain, BOTH),
}


@dataclass(frozen=True)
class Imputed:
    """Pooled estimates of one trial: estimate, squared standard error and limits at week 12, points."""

    estimate: float
    variance: float
    low: float
    high: float


def draw(people: int, mechanism: Mechanism, rng: np.random.Generator, effect: np.ndarray) -> np.ndarray:
    """Draw scores (visits, people) of one arm, NaN where missing."""
    scores = MEAN + effect[:, np.newaxis] + COVARIANCES[1].root() @ rng.standard_normal((3, people))
    scores[1:][mechanism(scores, rng)] = np.nan
    return scores


def imputed(mechanism: Mechanism, rule: Rule, trial: int) -> dict[str, Imputed]:
    """Impute one trial and pool each analysis; the rules see the same trials and draws."""
    rng = np.random.default_rng([SEED, trial])
    treatment, reference = draw(20, mechanism, rng, EFFECT), draw(20, mechanism, rng, 0 * EFFECT)
    completed = impute(treatment, reference, imputations=IMPUTATIONS, rng=rng, rule=rule, baseline="outcome")
    found = {}
    for name, analysis in ANALYSES.items():
        pooled = pool(analysis(moments(*completed))).estimates
        limits = confidence_interval(pooled)
        numbers = (pooled.estimate, pooled.standard_error**2, limits.low, limits.high)
        found[name] = Imputed(*(float(number[-1]) for number in numbers))
    return found


def target(mechanism: Mechanism, rule: Rule) -> float:
    """Return what the estimate is of: a jump to reference takes the effect from the runners without week 12."""
    if rule == "mar":
        return float(EFFECT[-1])
    runners = draw(1_000_000, mechanism, np.random.default_rng(SEED), EFFECT)
    return float(EFFECT[-1] * np.mean(~np.isnan(runners[-1])))


def coverage(trials: int) -> pd.DataFrame:
    """Impute every trial under every mechanism and rule; one row for each and for each analysis."""
    rows = []
    for label, (mechanism, rules) in MECHANISMS.items():
        for rule in rules:
            runs = [imputed(mechanism, rule, trial) for trial in range(trials)]
            truth = target(mechanism, rule)
            rows += [
                {"missing": label, "rule": rule, "method": name, **measures([run[name] for run in runs], truth)}
                for name in ANALYSES
            ]
    return pd.DataFrame(rows)


def measures(runs: list[Imputed], truth: float) -> dict[str, str]:
    """Return the measures of one row as text."""
    estimates = np.array([run.estimate for run in runs])
    covered = float(np.mean([run.low <= truth <= run.high for run in runs]))
    return {
        "target": f"{truth:.2f}",
        "bias (MCSE)": f"{estimates.mean() - truth:.2f} ({estimates.std(ddof=1) / len(runs) ** 0.5:.2f})",
        "SD of estimates": f"{estimates.std(ddof=1):.2f}",
        "root mean variance": f"{np.mean([run.variance for run in runs]) ** 0.5:.2f}",
        "coverage": f"{covered:.3f}",
        "MCSE": f"{(covered * (1 - covered) / len(runs)) ** 0.5:.3f}",
    }


def tests(trials: int) -> pd.DataFrame:
    """Measure the type I error of the small-sample tests as text."""
    found = [
        type_one_errors(tests=TESTS, missing=missing, trials=trials, seed=TYPE_ONE_SEED) for missing in (0.0, 0.15)
    ]
    columns = ["missing", "correlations", "sds", "method", "distribution", "failed", "type_one_error", "mcse"]
    return as_text(pd.concat(found))[columns]


def liberal(table: pd.DataFrame) -> str:
    """Name the range of type I errors of the constrained model under each distribution."""
    own = table[table["method"] == "clda"].groupby("distribution")["type_one_error"]
    low, high = own.min(), own.max()
    return (
        f"The constrained model (`clda`) with Satterthwaite's degrees of freedom rejects in {low['satterthwaite']} to "
        f"{high['satterthwaite']} of\ntrials without an effect; with Kenward and Roger's in {low['kenward_roger']} to "
        f"{high['kenward_roger']}."
    )


def page(trials: int, null_trials: int) -> str:
    """Return the page, every measured number in it from the run."""
    small_samples, imputations = tests(null_trials), coverage(trials)
    return f"""# Inference with missing visits

Generated by `make missing-inference` (`benchmarks/missing_visit_inference.py`). Do not edit. SIMULATED: normal scores
of 20 + 20 people at three visits.

## Degrees of freedom ({null_trials:,} null trials a row, seed {TYPE_ONE_SEED})

The trials of [type-one-error.md](type-one-error.md), complete and with 15 % of the later visits missing completely at
random; nominal level 0.05.

{liberal(small_samples)} It estimates how far the baseline is to be
adjusted for, and only Kenward and Roger's standard error counts that.

{markdown(small_samples)}

## Multiple imputation ({trials:,} trials a row, {IMPUTATIONS} imputations, seed {SEED})

Nominal level 0.95, visit correlations 0.6, 0.6, 0.35, SDs 16, 19, 22, effect {EFFECT[-1]:g} points at the last visit,
equal means at baseline. Dropout is for good: with probability 15 % before each later visit, or 30 % after a score above
{PAINFUL:g} and 5 % otherwise. All rows share their scores: a bias that is there with no visit missing is chance.

Under `mar` the interval is for the effect if everybody had gone on. Under `jump_to_reference` it is for the effect if
runners who stop went on as the waitlist does (the baseline as an outcome), which is the effect times the share of
runners seen at the last visit;
Rubin's variance is larger than the spread of this estimate over repeated trials, on purpose (it keeps the missing
information of `mar`), so the interval covers more often than it says.

{markdown(imputations)}
"""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=1000, help="trials to impute, a row")
    parser.add_argument("--null-trials", type=int, default=50_000, help="null trials a row")
    options = parser.parse_args()
    write_file(PAGE, page(options.trials, options.null_trials))

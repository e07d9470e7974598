"""Hold control variates to the spread over many seeds and to plain simulation; write docs/control-variates.md.

Run by `make control`. Seeds and scenarios were fixed before the first run; every miss is printed.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from tqdm import tqdm

from asteroid_repro import ASTEROID, TrialAssumptions, operating_characteristics, scenario
from asteroid_repro.estimate.effects.methods import Distribution
from asteroid_repro.reporting.files import write_file
from asteroid_repro.reporting.records import markdown

PAGE: Final = Path(__file__).parent.parent / "docs" / "control-variates.md"
SHORT, SEEDS, FEWER_SEEDS, TOLERANCE = 2000, 2500, 250, 0.08  # fewer where a trial costs ten times as much
LONG, PLAIN, LIMIT = 20_000, 200_000, 4.0
FIRST_SEED, PLAIN_SEED = 7_000_000, 5
RARE: Final = 25  # events in a short run: a share of fewer has an error that depends on whether any were seen
MEASURES: Final = (
    "bias", "empirical_se", "model_se", "se_ratio", "rmse", "interval_width", "type_m", "coverage", "power",
    "favours_treatment", "important", "type_s",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A scenario and how its trials are analysed."""

    name: str
    assumptions: TrialAssumptions
    method: str
    distribution: Distribution
    seeds: int = SEEDS


WEAK: Final = ASTEROID.with_effect(average_pain=-8, current_pain=-8, disability=-3)
LOOSE: Final = [[1, 0.1, 0.1], [0.1, 1, 0.1], [0.1, 0.1, 1]]
PATCHY: Final = ASTEROID.with_values(missing_treatment=0.15, missing_reference=0.1)
WEAK_AND_PATCHY: Final = WEAK.with_values(missing_treatment=0.1, missing_reference=0.1)
CASES: Final = (
    Case("as published", ASTEROID, "random_intercept", "z"),
    Case("as published", ASTEROID, "mmrm", "t"),
    Case("as published", ASTEROID, "ancova", "t"),
    Case("half the effect", WEAK, "random_intercept", "z"),
    Case("no effect", ASTEROID.without_effect(), "mmrm", "t"),
    Case("decaying correlations", scenario("decaying_correlation"), "random_intercept", "z"),
    Case(
        "6 people an arm, loose visits",
        WEAK.with_people(6, 6).with_values(visit_correlation=LOOSE),
        "random_intercept",
        "t",
    ),
    Case("missing visits", PATCHY, "random_intercept", "z", FEWER_SEEDS),
    Case("missing visits", WEAK_AND_PATCHY, "change_score", "t", FEWER_SEEDS),
    Case("effects vary", scenario("varying_effects"), "mmrm", "t", FEWER_SEEDS),
)


def figures(case: Case, trials: int, seed: int, *, control_variate: bool) -> pd.DataFrame:
    """Return the measures of the last visit, indexed by outcome and measure."""
    found = operating_characteristics(
        case.assumptions, trials=trials, seed=seed, method=case.method, distribution=case.distribution,
        control_variate=control_variate,
    )  # fmt: skip
    rows = [row for row in found.rows if row.week == case.assumptions.visits[-1] and row.measure in MEASURES]
    table = pd.DataFrame([vars(row) for row in rows]).set_index(["outcome", "measure"])
    return table[["value", "mcse", "worth"]]


def calibration(case: Case, seeds: int) -> pd.DataFrame:
    """Return, for every measure, the root mean squared MCSE over the spread of the values over seeds."""
    runs = [figures(case, SHORT, FIRST_SEED + seed, control_variate=True) for seed in range(seeds)]
    values, errors, worth = (np.array([run[name] for run in runs]) for name in ("value", "mcse", "worth"))
    table = runs[0][[]].copy()
    with np.errstate(invalid="ignore", divide="ignore"):
        table["ratio"] = np.sqrt((errors**2).mean(axis=0)) / values.std(axis=0, ddof=1)
    table["worth"] = np.median(worth, axis=0) / SHORT
    table["share"] = values.mean(axis=0)
    return table


def is_rare(table: pd.DataFrame) -> pd.Series:
    """Return which shares fewer than RARE trials of a short run have, or lack; type S counts the significant ones."""
    shares = table["share"].where(table.index.get_level_values("measure").isin(["coverage", "power", "important"]))
    power = table["share"].xs("power", level="measure").reindex(table.index.get_level_values("outcome"))
    of_significant = pd.Series(power.to_numpy() * table["share"].to_numpy(), index=table.index)
    kind = table.index.get_level_values("measure")
    shares = shares.where(kind != "favours_treatment", table["share"]).where(kind != "type_s", of_significant)
    return SHORT * np.minimum(shares, 1 - shares) < RARE


def agreement(case: Case) -> pd.Series:
    """Return how many joint standard errors each measure is from that of plain trials."""
    ours = figures(case, LONG, FIRST_SEED, control_variate=True)
    plain = figures(case, PLAIN, PLAIN_SEED, control_variate=False)
    joint = np.hypot(ours["mcse"], plain["mcse"])
    seen = ours["mcse"] > 0  # a share that none of the trials had has no standard error
    return ((ours["value"] - plain["value"]) / joint.where(seen)).dropna()


def row(case: Case, seeds: int) -> dict[str, object]:
    """Measure one case."""
    table, distance = calibration(case, seeds), agreement(case)
    rare = is_rare(table)
    judged = table["ratio"][~rare].dropna()
    worst = (judged - 1).abs().idxmax()
    apart = distance.abs().idxmax()
    typical = table["worth"].groupby("measure").median()
    return {
        "scenario": case.name,
        "method": f"{case.method} {case.distribution}",
        "seeds": seeds,
        "power worth": round(typical["power"], 1),
        "bias worth": round(typical["bias"], 1),
        "coverage worth": round(typical["coverage"], 1),
        "MCSE over spread": f"{judged.min():.3f} to {judged.max():.3f}",
        "worst": " ".join(worst),
        f"beyond {TOLERANCE:.0%}": f"{int(((judged - 1).abs() > TOLERANCE).sum())} of {len(judged)}",
        "rare": int(rare.sum()),
        "farthest from plain": f"{distance[apart]:+.1f} ({' '.join(apart)})",
        f"beyond {LIMIT:g}": f"{int((distance.abs() > LIMIT).sum())} of {len(distance)}",
    }


def page(rows: list[dict[str, object]]) -> str:
    """Return the page."""
    return f"""# Control variates, held to seeds and to plain trials

Generated by `make control` (`benchmarks/control_variates.py`). Do not edit. SIMULATED: trials under ASTEROID's
assumptions and changes of them, seeds fixed before the first run.

Operating characteristics compare every simulated trial with its unbounded twin, whose figures are known
([how](engine.md)). *Worth* is how many plain trials one trial with control is worth, the median over outcomes.
*MCSE over spread*: runs of {SHORT:,} trials under so many seeds; the root mean square of the standard error
that each run reports over the standard deviation of what the runs found, at its lowest and highest over all measures
and outcomes of the last visit. Such a ratio has an error of its own, {1 / np.sqrt(2 * SEEDS):.1%} with {SEEDS:,} seeds
and {1 / np.sqrt(2 * FEWER_SEEDS):.1%} with {FEWER_SEEDS}: the farthest of thirty may be nearly three times
that from 1 by chance alone.
Where effects vary the truth is simulated too, once for all seeds: its error is in the standard error of the bias
and in no spread, so that this ratio is above 1 by design.
Shares of fewer than {RARE} trials of a short run are counted as *rare* and not judged there: they are not
controlled. *Farthest from plain*: one run of {LONG:,} trials with control against one of {PLAIN:,} without, in joint
standard errors.

{markdown(pd.DataFrame(rows))}
"""


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, help="of every scenario, fewer for a quick look")
    parser.add_argument("--page", type=Path, default=PAGE)
    given = parser.parse_args()
    write_file(given.page, page([row(case, given.seeds or case.seeds) for case in tqdm(CASES)]))


if __name__ == "__main__":
    main()

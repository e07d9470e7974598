"""How often `verify` fails although nothing is wrong, and whether it catches faults as often as it foretells.

Writes docs/verify-calibration.md. Usage: python benchmarks/verify_calibration.py [--seeds 200 20] [--again 100]
"""

import argparse
from collections import Counter
from collections.abc import Mapping
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import pandas as pd

import asteroid_repro as ar
from asteroid_repro.reporting.files import write_file
from asteroid_repro.reporting.records import markdown
from asteroid_repro.verdicts.verdict import Row

PAGE: Final = Path(__file__).parent.parent / "docs" / "verify-calibration.md"
RIGHT: Final = {20_000: 200, 600_000: 20}  # trials, and with how many seeds
FEW: Final = 1000  # trials a run with a wrong assumption: what counts is the size of the fault in standard errors
_RIGHT_SEED, _TRUTH_SEED, _SEED = 40_000, 50_000, 60_000  # first seed of each part, fixed before looking

EVENTS: Final = {event.name: event.rate for event in ar.ASTEROID.adverse_events}
IN_THE_TESTS: Final[Mapping[str, dict[str, Any]]] = {  # of the kinds that tests/unit/test_verdict.py has
    "effect on average pain -14.5": {"average_pain.effect": -14.5},
    "effect on average pain -16.2": {"average_pain.effect": -16.2},
    "effect on current pain -18.5": {"current_pain.effect": -18.5},
    "effect on disability -4.8": {"disability.effect": -4.8},
    "attendance 0.706": {"adherence_mean": 0.706},
    "SD of attendance 0.205": {"adherence_sd": 0.205},
    "progress 0.70": {"completion_mean": 0.70},
    "running speed 10.8": {"running_speed_mean": 10.8},
    "decline of attendance 0.85": {"adherence_decline": 0.85},
    "lower limb events 6 % more": {"adverse_events.lower_limb.rate": 1.06 * EVENTS["lower_limb"]},
    "mean age 33.14": {"characteristics.age_years.mean": 33.14},
    "women 0.512": {"characteristics.sex.share": 0.512},
}
NEW: Final[Mapping[str, dict[str, Any]]] = {  # of kinds that no test has
    "visit correlation 0.54": {"visit_correlation": 0.54},
    "SD of average pain 5 % more": {"average_pain.sd": 1.05 * ar.ASTEROID.average_pain.sd[0]},
    "SD of disability at week 12 12 % more": {
        "disability.sd": [*ar.ASTEROID.disability.sd[:2], 1.12 * ar.ASTEROID.disability.sd[2]]
    },
    "baseline of current pain 31.5 when treated": {"current_pain.treatment_baseline": 31.5},
    "change of current pain 3.4 in the reference arm": {"current_pain.reference_change": [1.4, 3.4]},
    "effect in proportion to attendance, a tenth": {"dose_response": 0.1},
    "effect that differs between people": {"effect_variation": 0.4},
    "progress alike, SD 0.15": {"completion_sd": 0.15},
    "flares 0.06 per hour": {"flare_rate": 0.06},
    "load of no importance": {"load_spike": 0.25},
    "events do not cluster": {"proneness_variance": 0.0},
    "half the effect at week 6 is a quarter": {
        "average_pain.effect": [0.25 * ar.ASTEROID.average_pain.effect[1], ar.ASTEROID.average_pain.effect[1]]
    },
    "habitual minutes 30": {"habitual_minutes": 30},
}


def false_failures(trials: int, seed: int) -> list[str]:
    """Return the claims that fail under the right assumptions."""
    return [row.claim for row in ar.verify(seed=seed, trials=trials).rows if row.verdict == "failed"]


def random_rows(changes: Mapping[str, Any], seed: int) -> dict[str, Row]:
    """Return the fitted checks that have a Monte Carlo error, under wrong assumptions."""
    wrong = ar.ASTEROID.with_values(**changes)
    return {row.claim: row for row in ar.verify(seed=seed, trials=FEW, assumptions=wrong).rows if row.mcse}


def fault(name: str, changes: Mapping[str, Any], again: int) -> dict[str, Any]:
    """Say how often a wrong assumption should be caught by the claim that it moves most, and how often it is."""
    truth = [random_rows(changes, _TRUTH_SEED + number) for number in range(again)]
    means = {
        claim: sum(float(rows[claim].reproduced or 0) for rows in truth) / again for claim in truth[0]
    }  # of again * FEW trials
    chance = {
        claim: sum(rows[claim].chance_of_failing(figure) for rows in truth) / again for claim, figure in means.items()
    }
    claim = max(chance, key=chance.__getitem__)
    found = [random_rows(changes, _SEED + number) for number in range(again)]
    own = sum(rows[claim].verdict == "failed" for rows in found)
    every = sum(any(row.verdict == "failed" for row in rows.values()) for rows in found)
    foretold = chance[claim]
    step = sum(rows[claim].chance_of_failing(means[claim] + _error(truth, claim)) for rows in truth) / again - foretold
    share = min(max(foretold, 1 / again), 1 - 1 / again)  # a rate of 0 or 1 has an error too
    error = (share * (1 - share) / again + step**2) ** 0.5  # of the rate, and of the figure that foretells it
    return {
        "wrong assumption": name,
        "moves most": f"`{claim}`",
        "foretold": foretold,
        "caught": own / again,
        "standard errors apart": (own / again - foretold) / error,
        "caught by any claim": every / again,
    }


def _error(truth: list[dict[str, Row]], claim: str) -> float:
    """Return the Monte Carlo standard error of the mean over all runs that the truth was taken from."""
    return float(truth[0][claim].mcse or 0) / len(truth) ** 0.5


def page(right: pd.DataFrame, faults: pd.DataFrame, again: int) -> str:
    """Return the page."""
    apart = faults["standard errors apart"].abs()
    shown = faults.assign(
        **{name: faults[name].map("{:.2f}".format) for name in faults.columns if faults[name].dtype == float}
    )
    blind = ", ".join(faults.loc[faults["foretold"] < 0.01, "wrong assumption"]) or "none"
    return f"""# Calibration of the verdicts

Generated by `make verify-calibration` (`benchmarks/verify_calibration.py`). Do not edit.

## Nothing is wrong

`asteroid-repro verify` with other seeds. A fitted figure may be so many standard errors away that fewer than one seed
in 10,000 should fail, the error of the fit counted.

{markdown(right)}

## Something is wrong

{len(faults)} wrong assumptions, {len(NEW)} of them of kinds that no test of the package has. For each, `verify`
foretells from {again * FEW:,} trials how often its check of the claim that is moved most should fail in a run of
{FEW:,} trials (`Row.chance_of_failing`), and {again} runs with other seeds say how often it does. Largest distance of
the two: {apart.max():.1f} standard errors.

{markdown(shown)}

Hardly ever noticed, as foretold: too small a fault for a run of that size, or nothing printed speaks of it: {blind}.
"""


def main() -> None:
    """Measure and write the page; end with status 1 if a claim of the page does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs=2, default=tuple(RIGHT.values()))
    parser.add_argument("--again", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    with get_context("spawn").Pool(options.jobs) as pool:
        every = [(name, changes, options.again) for name, changes in (IN_THE_TESTS | NEW).items()]
        faults = pd.DataFrame(pool.starmap(fault, every, chunksize=1))
        print(faults.to_string(), flush=True)
        rows = []
        for trials, seeds in zip(RIGHT, options.seeds, strict=True):
            asked = range(_RIGHT_SEED, _RIGHT_SEED + seeds)
            failures = pool.map(partial(false_failures, trials), asked, chunksize=1)
            which = Counter(claim for one in failures for claim in one)
            rows.append({"trials": f"{trials:,}", "seeds": seeds, "seeds that failed": sum(map(bool, failures))})
            print(rows[-1], which, flush=True)
    write_file(PAGE, page(pd.DataFrame(rows), faults, options.again))
    if any(row["seeds that failed"] for row in rows) or (faults["standard errors apart"].abs() > 4).any():
        raise SystemExit(1)


if __name__ == "__main__":
    main()

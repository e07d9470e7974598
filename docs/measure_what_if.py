"""Measure how far the static what-if page is off at random points, and write docs/what_if/error.json.

Each point is simulated with another seed than the grid. The difference has the Monte Carlo error of that simulation
too, which is taken out of the mean square. Needs Node.js for the page's own program. Run by ``make whatif-grid``.
"""

import argparse
import json
import math
import subprocess
from pathlib import Path
from shutil import which
from typing import Any

import numpy as np
from simulate_what_if import METHODS, one_outcome, population
from tqdm import tqdm

import asteroid_repro as ar
from asteroid_repro.reporting.files import write_file

FOLDER = Path(__file__).parent / "what_if"
POINTS, TRIALS, SEED = 1000, 1000, 7
_PROGRAM = """
const fs = require("fs"), { measures } = require("./power.js");
const [grid, points] = ["grid.json", "/dev/stdin"].map((name) => JSON.parse(fs.readFileSync(name)));
console.log(JSON.stringify(points.map((point) => measures(grid, point).power)));
"""


def random_point(random: np.random.Generator) -> dict[str, Any]:
    """Return a point between the ends of the page's controls."""
    return {
        "effect": round(float(random.uniform(-30, 10)), 1),
        "sd": round(float(random.uniform(5, 29)), 1),
        "people": round(math.exp(random.uniform(math.log(8), math.log(500)))),
        "correlation": round(float(random.uniform(0, 0.9)), 2),
        "dropout": round(float(random.choice([0.0, random.uniform(0, 0.5)])), 2),
        "method": str(random.choice(METHODS)),
    }


def simulated_power(point: dict[str, Any], seed: int) -> float | None:
    """Simulate the power at a point with the ends of the scale; None where no such trial exists."""
    try:
        record = population(
            point["people"], point["correlation"], point["dropout"], effect=point["effect"], sd=point["sd"]
        )
        distribution = "kenward_roger" if point["method"] == "mmrm" else None
        found = ar.operating_characteristics(
            one_outcome(record, bounded=True),
            trials=TRIALS,
            seed=seed,
            method=point["method"],
            distribution=distribution,
        )
    except ar.InputError:
        return None
    return found.value("average_pain", "power").value


def main() -> None:
    """Simulate the points, ask the page, compare."""
    random, points, simulated = np.random.default_rng(SEED), [], []
    with tqdm(total=POINTS, mininterval=5) as bar:
        while len(points) < POINTS:
            point = random_point(random)
            power = simulated_power(point, SEED + len(points))
            if power is not None:
                points.append(point)
                simulated.append(power)
                bar.update()
    asked = subprocess.run(
        [str(which("node")), "-e", _PROGRAM],
        cwd=FOLDER,
        input=json.dumps(points),
        capture_output=True,
        text=True,
        check=True,
    )
    shown, found = np.array(json.loads(asked.stdout)), np.array(simulated)
    error = np.sqrt(shown * (1 - shown) / TRIALS)
    difference = 100 * (shown - found)
    beyond = np.abs(difference) > 0.7 + 100 * 1.96 * error + 100 / TRIALS
    report = {
        "points": POINTS,
        "trials": TRIALS,
        "mean": round(float(difference.mean()), 3),
        "beyond": int(beyond.sum()),
        "largest": round(float(np.abs(difference).max()), 2),
    }
    for k in np.argsort(-np.abs(difference) / (100 * error + 0.2))[:12]:
        print(points[k], f"page {shown[k]:.4f} simulated {found[k]:.4f} MCSE {error[k]:.4f}")
    print(report)
    write_file(FOLDER / "error.json", json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    main()

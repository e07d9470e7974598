r"""Fit what a programme's mechanism leaves free to the claims that may be fitted, by simulation. Run by `make fit`.

Free are the decline of attendance, the running speed, the speed of progress and one factor on the event rates. Running
hours fix the progress, the events fix the factor. One claim, the distance of the first week, is left for two of them:
in the first stages little can be run, so it asks for early attendance and for speed at once. Both give way in
proportion to what is plausible: the penalty :math:`((v - 9)/1)^2 + (d/0.5)^2` is least along the line of speeds v and
declines d that run the distance. What remains is a conflict.

The numbers go into assumptions.toml of the study, in the place of the old ones; its other lines stay as they are.
"""

import argparse
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from scipy.optimize import brentq, minimize_scalar

import asteroid_repro as ar
from asteroid_repro.engine.monte_carlo import run_blocks
from asteroid_repro.mechanism.mechanism import solve
from asteroid_repro.simulate.sessions import simulate_sessions
from asteroid_repro.simulate.traits import simulate_traits
from asteroid_repro.trial.assumptions import TrialAssumptions

PLAUSIBLE_SPEED, SPEED_SLACK = 9.0, 1.0
"""Assumption: a comfortable first running speed, km per hour, and how far from it one would readily go."""
DECLINE_SLACK: Final = 0.5
"""Assumption: a decline of attendance that one would readily believe, on its scale from 0 to 1."""
SEED: Final = 20251
TRIALS: Final = 40_960
STUDY: Final = ar.study("asteroid")
KINDS: Final = STUDY.design.kinds
_ENTRY: Final = re.compile(r"(?P<name>\w+) = \{ value = (?P<value>[^,}]+?)(?P<rest>\s*[,}].*)")

_TRIALS: Final = re.compile(r"fit_trials = \d+")


def fit_programme(base: TrialAssumptions, trials: int = TRIALS, seed: int = SEED) -> dict[str, float]:
    """Fit the mechanism to running hours, the distance of the first week and the event counts.

    Parameters
    ----------
    base : TrialAssumptions
        What is not fitted, and where the fit begins.
    trials : int
        Simulated trials a step.
    seed : int
        The same in every step, so that steps differ by the parameters only.

    Returns
    -------
    dict of str to float
        The fitted values by their names in the assumptions.
    """
    declines = np.linspace(0, 1, 5)
    speeds = []
    for decline in declines.tolist():
        changed = base.with_values(adherence_decline=decline)
        changed = changed.with_values(completion_mean=completion(changed, trials // 8, seed))
        speeds.append(speed(changed, trials // 8, seed))
    fitted = {"adherence_decline": round(least_penalty(declines, np.array(speeds)), 3)}
    for _ in range(2):  # events lower the dose a little: once more
        fitted["completion_mean"] = round(completion(base.with_values(**fitted), trials, seed), 5)
        fitted |= rates(base.with_values(**fitted), trials, seed)
    fitted["running_speed_mean"] = round(speed(base.with_values(**fitted), trials, seed), 5)
    return fitted


def totals(assumptions: TrialAssumptions, trials: int, seed: int) -> dict[str, float]:
    """Mean hours in all, mean hours of the first week per person, and mean events of each kind."""
    mechanism = solve(assumptions)

    def work(block: int, size: int) -> dict[str, np.ndarray]:
        log = simulate_sessions(mechanism, seed, block, size, simulate_traits(mechanism, seed, block, size))
        events = log.events.sum(axis=(1, 2)).astype(float)
        first = log.run_distance_km[log.week == 1].sum(axis=0).mean(axis=0) / assumptions.running_speed_mean
        hours = log.run_minutes.sum(axis=(0, 1)) / 60
        return {"hours": hours, "first": first} | dict(zip(KINDS, events, strict=True))

    return {key: float(values.mean()) for key, values in run_blocks(work, trials).items()}


def completion(assumptions: TrialAssumptions, trials: int, seed: int) -> float:
    """Return the speed of progress that runs the published hours."""
    hours = STUDY.ledger.fitted("exposure.running_hours")

    def miss(value: float) -> float:
        return totals(assumptions.with_values(completion_mean=value), trials, seed)["hours"] - hours

    return float(brentq(miss, 0.3, 0.9, xtol=1e-4))


def speed(assumptions: TrialAssumptions, trials: int, seed: int) -> float:
    """Return the running speed that runs the published distance of the first week, km per hour."""
    return STUDY.ledger.fitted("distance.week1.mean") / totals(assumptions, trials, seed)["first"]


def rates(assumptions: TrialAssumptions, trials: int, seed: int) -> dict[str, float]:
    """Scale all event rates by one factor; the kinds keep the proportions of their published counts."""
    counts = {kind: STUDY.ledger.fitted(f"adverse_events.{kind}") for kind in KINDS}
    found = totals(assumptions, trials, seed)
    factor = sum(counts.values()) / sum(found[kind] for kind in KINDS)
    total = factor * sum(event.rate for event in assumptions.adverse_events)
    share = {kind: count / sum(counts.values()) for kind, count in counts.items()}
    return {f"adverse_events.{kind}.rate": round(total * share[kind], 6) for kind in KINDS}


def least_penalty(declines: np.ndarray, speeds: np.ndarray) -> float:
    """Return the decline at which what is implausible of it and of its speed is least."""

    def penalty(decline: float) -> float:
        implied = float(np.interp(decline, declines, speeds))
        return ((implied - PLAUSIBLE_SPEED) / SPEED_SLACK) ** 2 + (decline / DECLINE_SLACK) ** 2

    return float(minimize_scalar(penalty, bounds=(0, 1), method="bounded").x)


def rewritten(text: str, fitted: Mapping[str, float], trials: int = TRIALS) -> str:
    """Return assumptions.toml with other values and trials in the fitted entries; all else stays, to the letter.

    Raises
    ------
    ValueError
        An entry that is not there.
    """
    lines, table, left = [], "", dict(fitted)
    for line in text.splitlines():
        if line.startswith("["):
            table = line.strip("[] ") + "."
        entry = _ENTRY.fullmatch(line)
        name = f"{table}{entry['name']}" if entry else ""
        if entry and name in left:
            rest = _TRIALS.sub(f"fit_trials = {trials}", entry["rest"])
            line = f"{entry['name']} = {{ value = {left.pop(name)!r}{rest}"  # noqa: PLW2901 - a line is replaced
        lines.append(line)
    if left:
        raise ValueError(f"assumptions.toml must have the entries {', '.join(left)}, each in a line of its own")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=TRIALS)
    parser.add_argument("--dry-run", action="store_true", help="print the fitted values, and write nothing")
    options = parser.parse_args()
    fitted = fit_programme(STUDY.assumptions, options.trials)
    for name, value in fitted.items():
        print(f"{name} = {value!r}, was {STUDY.assumptions.values()[name]!r}")
    if not options.dry_run:
        path = Path(STUDY.folder) / "assumptions.toml"
        path.write_text(rewritten(path.read_text(encoding="utf-8"), fitted, options.trials), encoding="utf-8")


if __name__ == "__main__":
    main()

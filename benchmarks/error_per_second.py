"""Time to a wanted error, plain and with control variates: the last section of docs/speed.md.

Plain and controlled pieces, and other software, in turn, round after round; times are of the processor. What a piece is
worth comes from one long run with control variates. Needs an idle machine; the ratios bear more than the times.

Usage: python benchmarks/error_per_second.py [--rounds 20] [--quick]
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from engine import PAGE, interleaved, ratio
from lanes import LOOP, PIECE_TRIALS, Lane, LmerLane, draw_scores, others

from asteroid_repro import ASTEROID, TrialAssumptions, operating_characteristics
from asteroid_repro.estimate.effects.methods import Distribution
from asteroid_repro.evaluate.performance import OperatingCharacteristics

POWER_ERROR, BIAS_ERROR = 0.001, 0.01
LONG, LONG_SEED = 200_000, 8
COLUMNS: Final = "worth | plain | control | floor | gain"
HEADING: Final = "## Error per second"
DRAWING: Final = Lane("drawing the scores' normals alone", draw_scores)


@dataclass(frozen=True)
class Case:
    """What is simulated, and how it is analysed."""

    name: str
    assumptions: TrialAssumptions
    method: str
    distribution: Distribution

    def run(self, seed: int, *, control: bool, trials: int = PIECE_TRIALS) -> OperatingCharacteristics:
        """Simulate and measure."""
        return operating_characteristics(
            self.assumptions, trials=trials, seed=seed, method=self.method, distribution=self.distribution,
            control_variate=control,
        )  # fmt: skip

    def lane(self, *, control: bool) -> Lane:
        """Return a piece of it, to be timed."""
        return Lane(f"{self.name} {self.method} {control}", partial(self.run, control=control))


WEAK: Final = ASTEROID.with_effect(average_pain=-8, current_pain=-8, disability=-3)
CASES: Final = tuple(
    Case(name, record, method, distribution)
    for name, record in (("as published", ASTEROID), ("half the effect", WEAK), ("none", ASTEROID.without_effect()))
    for method, distribution in (("random_intercept", "z"), ("mmrm", "t"))
)


def seconds(times: np.ndarray, error: float, target: float) -> float:
    """Return the median seconds to a standard error, from those of a trial and the error of one trial."""
    return float(np.median(times)) * (error / target) ** 2


def rows_of(case: Case, times: dict[str, np.ndarray]) -> list[str]:
    """Return a line of the table for every outcome."""
    found = case.run(LONG_SEED, control=True, trials=LONG)
    plain, control = (times[case.lane(control=which).name] for which in (False, True))
    lines = []
    for outcome in case.assumptions.design.outcome_names:
        power, bias = (found.value(outcome, name) for name in ("power", "bias"))
        cells = [case.name, case.method, outcome]
        for row, target in ((power, POWER_ERROR), (bias, BIAS_ERROR)):
            single, gain = row.mcse * np.sqrt(row.worth), row.worth / LONG  # the error of one plain trial
            needed = seconds(plain, single, target), seconds(control, single, target) / gain
            floor = seconds(times[DRAWING.name], single, target) / gain
            cells += [f"{gain:.1f}", *(f"{each:.3g}" for each in (*needed, floor)), ratio(gain * plain, control)]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def other_rows(lanes: Sequence[Lane | LmerLane], times: dict[str, np.ndarray]) -> list[str]:
    """Return a line for each other software: its time for as many plain trials of average pain as published."""
    found = CASES[0].run(LONG_SEED, control=True, trials=LONG)
    measured = [found.value("average_pain", name) for name in ("power", "bias")]
    errors, gains = [row.mcse * np.sqrt(row.worth) for row in measured], [row.worth / LONG for row in measured]
    ours = times[CASES[0].lane(control=True).name]
    lines = []
    for lane in lanes:
        needed = [seconds(times[lane.name], *each) for each in zip(errors, (POWER_ERROR, BIAS_ERROR), strict=True)]
        lines.append(
            f"| {lane.name} | {needed[0]:,.0f} | {needed[1]:,.0f} | "
            + " | ".join(ratio(gain * times[lane.name], ours, digits=0) for gain in gains)
            + " |"
        )
    return lines


def section(rounds: int) -> str:
    """Measure, and return the section."""
    lanes = [DRAWING, *(case.lane(control=control) for case in CASES for control in (False, True))]
    elsewhere = [LOOP, *others()]
    times = interleaved([*lanes, *elsewhere], rounds)
    table = [line for case in CASES for line in rows_of(case, times)]
    return f"""{HEADING}

Seconds of one core until the Monte Carlo standard error of power is {POWER_ERROR:g} and that of bias {BIAS_ERROR:g}
points, plain and with [control variates](control-variates.md). *Worth* is how many plain trials a trial is worth,
*floor* the time to draw the normals of the controlled trials and nothing else, *gain* the ratio of plain and
control, median and quartiles of {rounds} interleaved rounds. SIMULATED.

| effect | method | outcome | {" | ".join(f"{name}: {COLUMNS}" for name in ("power", "bias"))} |
| {" | ".join(["---"] * 13)} |
{chr(10).join(table)}

Other software for the same two errors of average pain as published, trial after trial and plain; the last columns set
it against ours with control variates.

| software | power, seconds | bias, seconds | power, over ours | bias, over ours |
| --- | --- | --- | --- | --- |
{chr(10).join(other_rows(elsewhere, times))}
"""


def main() -> None:
    """Measure, and put the section at the end of the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--quick", action="store_true", help="print the section instead of writing it")
    options = parser.parse_args()
    text = section(options.rounds)
    if options.quick:
        print(text)
    else:
        before = PAGE.read_text(encoding="utf-8").split(HEADING)[0].rstrip()
        PAGE.write_text(f"{before}\n\n{text}", encoding="utf-8")


if __name__ == "__main__":
    main()

"""How fast whole trials are simulated, against drawing the same random numbers alone: ratios of one interleaved run."""

import argparse
import statistics
import time

import numpy as np

from asteroid_repro import ASTEROID
from asteroid_repro.schema import EVENT_KINDS
from asteroid_repro.simulate.outcomes import outcome_noise
from asteroid_repro.simulate.streams import BLOCK_TRIALS, Purpose, stream
from asteroid_repro.simulate.block import simulate_block


def draw_alone(block: int) -> None:
    """Draw every random number that a block of trials needs, and nothing else."""
    outcome_noise(ASTEROID, 1, block, BLOCK_TRIALS)
    people = (BLOCK_TRIALS, ASTEROID.n_people, 3)
    stream(1, Purpose.PEOPLE, block).random(people)
    traits = stream(1, Purpose.PRONENESS, block)
    for _ in range(5):
        traits.standard_normal((BLOCK_TRIALS, ASTEROID.n_running))
    sessions = stream(1, Purpose.ATTENDANCE, block)
    for _ in range((3 + len(EVENT_KINDS)) * ASTEROID.n_sessions):
        sessions.random((ASTEROID.n_running, BLOCK_TRIALS))


def seconds(work: object, block: int) -> float:
    """Time one block, in processor seconds: other work on the machine then counts little."""
    start = time.process_time()
    work(block)  # type: ignore[operator]
    return time.process_time() - start


def main(rounds: int) -> None:
    """Time both in turn and print medians and the spread of the ratio."""
    simulate_block(ASTEROID, 1, 0, BLOCK_TRIALS)
    pairs = [
        (seconds(draw_alone, block), seconds(lambda b: simulate_block(ASTEROID, 1, b, BLOCK_TRIALS), block))
        for block in range(rounds)
    ]
    ratios = np.array([whole / alone for alone, whole in pairs])
    for name, times in (("drawing alone", [p[0] for p in pairs]), ("whole trials", [p[1] for p in pairs])):
        middle = statistics.median(times) / BLOCK_TRIALS
        print(f"{name}: {1e6 * middle:.1f} us a trial, {1 / middle:,.0f} trials a second")
    print(f"ratio: {np.median(ratios):.2f} ({ratios.min():.2f} to {ratios.max():.2f})")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    main(parser.parse_args().rounds)

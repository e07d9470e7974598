"""How many trials a second the likelihood methods fit with missing visits, on one core.

A trial has 40 people, 3 visits and 3 outcomes, hence 3 fits; 15 % of the visits are missing. Times are of the
processor, the shortest of several runs, and are set against drawing the same normal scores and against the closed form
for complete data.

Usage: OPENBLAS_NUM_THREADS=1 python benchmarks/missing_visits.py [--trials 2048] [--repeats 5] [--seed 1]
"""

import argparse
import time
from collections.abc import Callable

import numpy as np

from asteroid_repro.estimate.effects.methods import Distribution, estimate_arrays

OUTCOMES, VISITS, PEOPLE = 3, 3, 40
CORRELATION = np.array([[1.0, 0.6, 0.35], [0.6, 1.0, 0.6], [0.35, 0.6, 1.0]])
FITS: tuple[tuple[str, Distribution], ...] = (
    ("random_intercept", "z"),
    ("random_intercept", "satterthwaite"),
    ("random_intercept", "kenward_roger"),
    ("mmrm", "satterthwaite"),
    ("mmrm", "kenward_roger"),
    ("mmrm_ar1", "satterthwaite"),
    ("clda", "satterthwaite"),
    ("ancova", "t"),
    ("welch", "t"),
)


def draw(trials: int, seed: int) -> np.ndarray:
    """Draw correlated scores, shape (visits, people, outcomes, trials)."""
    normal = np.random.default_rng(seed).standard_normal((VISITS, PEOPLE * OUTCOMES * trials))
    return (np.linalg.cholesky(CORRELATION) @ normal).reshape(VISITS, PEOPLE, OUTCOMES, trials)


def shortest(work: Callable[[], object], repeats: int) -> float:
    """Seconds of processor time of the shortest run."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def estimate(scores: np.ndarray, method: str, distribution: Distribution) -> float:
    """Fit every outcome of every trial; return the share of fits that failed."""
    half = PEOPLE // 2
    fit = estimate_arrays(scores[:, :half], scores[:, half:], method=method, distribution=distribution)
    return float(np.isnan(fit.estimate).mean())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=2048)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    trials, repeats = options.trials, options.repeats
    scores = draw(trials, options.seed)
    drawing = shortest(lambda: draw(trials, options.seed), repeats)
    closed = shortest(lambda: estimate(scores, "random_intercept", "z"), repeats)
    missing = scores.copy()
    missing[np.random.default_rng(options.seed + 1).random(missing.shape) < 0.15] = np.nan
    print(f"drawing the scores: {1e6 * drawing / trials:.1f} us a trial")
    print(f"closed form for complete visits: {1e6 * closed / trials:.1f} us a trial")
    print("method, distribution: trials a second; time over drawing; time over closed form; failed fits")
    for method, distribution in FITS:
        failed = estimate(missing, method, distribution)
        seconds = shortest(lambda m=method, d=distribution: estimate(missing, m, d), repeats)  # type: ignore[misc]
        ratios = f"{seconds / drawing:.1f}; {seconds / closed:.1f}; {failed:.2%}"
        print(f"{method}, {distribution}: {trials / seconds:,.0f}; {ratios}")


if __name__ == "__main__":
    main()

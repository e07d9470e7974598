"""The floor of a pain score: three ways to calibrate its spread, and methods that respect a floor beside linear ones.

Writes docs/floor.md. Usage: python benchmarks/floor.py [--trials 1000] [--seed 1]
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.optimize import brentq, minimize
from scipy.special import log_ndtr
from scipy.stats import norm, rankdata

import asteroid_repro as ar
from asteroid_repro.errors import InputError
from asteroid_repro.estimate.effects.methods import estimate_arrays
from asteroid_repro.estimate.inference import p_value
from asteroid_repro.mechanism.latent import LatentScore, latent_score
from asteroid_repro.reporting.files import write_file
from asteroid_repro.reporting.records import markdown
from asteroid_repro.trial.design import Outcome

PAGE: Final = Path(__file__).parent.parent / "docs" / "floor.md"
OUTCOME: Final = "current_pain"
LINEAR: Final = {"random_intercept": "z", "mmrm": "t", "ancova": "t"}
ALLOCATIONS: Final = 499  # random ones of the re-randomisation test, beside the actual one
PEOPLE: Final = 20
Spread = Callable[[float, float], LatentScore]  # from a mean and a factor to a latent score


def one_observed_sd(mean: float, sd: float) -> LatentScore:
    """Give every score the same observed SD: the default of the package."""
    return latent_score(mean, sd, scale())


def one_latent_sd(mean: float, sd: float) -> LatentScore:
    """Give every score the same latent SD; the observed one falls as the mean comes near an end."""

    def miss(latent: float) -> float:
        return _moments(LatentScore(scale(), latent, sd))[0] - mean

    return LatentScore(scale(), float(brentq(miss, -400, 500)), sd)


def sd_by_arm_and_visit(mean: float, share: float) -> LatentScore:
    """Give every score an SD that is the same share of the largest one its mean allows."""
    return latent_score(mean, share * float(np.sqrt(mean * (100 - mean))), scale())


SPREADS: Final[dict[str, tuple[Spread, float, float]]] = {  # with the ends between which the factor is looked for
    "one observed SD": (one_observed_sd, 12.0, 26.0),
    "one latent SD": (one_latent_sd, 12.0, 45.0),
    "SD by arm and visit": (sd_by_arm_and_visit, 0.25, 0.6),
}


def scale() -> Outcome:
    """Return the scale of the outcome."""
    return ar.ASTEROID.design.outcome(OUTCOME)


def _moments(score: LatentScore) -> tuple[float, float]:
    values, shares = np.arange(101), score.probabilities()
    mean = float(shares @ values)
    return mean, float(np.sqrt(shares @ (values - mean) ** 2))


def draw(scores: list[list[LatentScore]], rho: float, trials: int, seed: int) -> list[np.ndarray]:
    """Draw both arms, shape (visits, people, trials), latent correlation `rho` between any two visits."""
    rng = np.random.default_rng(seed)
    half = np.linalg.cholesky(np.full((3, 3), rho) + (1 - rho) * np.eye(3))
    arms = []
    for arm in scores:
        z = np.einsum("vw,wnt->vnt", half, rng.standard_normal((3, PEOPLE, trials)))
        mean, sd = (np.array([getattr(score, part) for score in arm])[:, None, None] for part in ("mean", "sd"))
        arms.append(np.clip(np.rint(mean + sd * z), 0, 100))
    return arms


def calibrated(spread: Spread, low: float, high: float, rho: float) -> list[list[LatentScore]]:
    """Find the factor with which a random intercept has the published standard error on average."""
    means, wanted = ar.ASTEROID.means(OUTCOME), ar.ASTEROID.outcome(OUTCOME).sd[0] ** 2 * 0.5 * 2 * 2 / PEOPLE

    def scores(factor: float) -> list[list[LatentScore]]:
        return [[spread(mean, factor) for mean in means[arm].tolist()] for arm in ("treatment", "reference")]

    def miss(factor: float) -> float:
        fit = estimate_arrays(*draw(scores(factor), rho, 4000, 11), method="random_intercept")
        return float((fit.standard_error[-1] ** 2).mean()) - wanted

    return scores(float(brentq(miss, low, high, xtol=1e-3)))


def rank_p(arms: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """Re-randomise the sum of ranks of the last score, given the rank of the first; p of each trial."""
    first, last = (rankdata(np.concatenate([arm[visit] for arm in arms]), axis=0) for visit in (0, -1))
    first -= first.mean(axis=0)
    slope = (first * last).sum(axis=0) / (first**2).sum(axis=0)
    residual = last - last.mean(axis=0) - slope * first
    actual = residual[:PEOPLE].sum(axis=0)
    others = np.argsort(rng.random((ALLOCATIONS, 2 * PEOPLE)), axis=1) < PEOPLE
    as_large = np.abs(others @ residual) >= np.abs(actual) - 1e-9
    return np.asarray((1 + as_large.sum(axis=0)) / (1 + ALLOCATIONS))


def tobit_p(arms: list[np.ndarray]) -> np.ndarray:
    """Censored regression of the last score on the first and the arm, Wald z; NaN where it does not converge."""
    first, last = (np.concatenate([arm[visit] for arm in arms]) for visit in (0, -1))
    treated = np.repeat([1.0, 0.0], PEOPLE)
    return np.array([_tobit(first[:, trial], last[:, trial], treated) for trial in range(first.shape[1])])


def _tobit(first: np.ndarray, last: np.ndarray, treated: np.ndarray) -> float:
    design = np.column_stack([np.ones_like(treated), treated, (first - first.mean()) / 20])
    at_floor = last <= 0

    def cost(values: np.ndarray) -> float:
        spread = np.exp(values[-1])
        apart = (last - design @ values[:-1]) / spread
        seen = -0.5 * apart**2 - values[-1]
        return -float(np.where(at_floor, log_ndtr(apart), seen).sum())

    start = np.r_[np.linalg.lstsq(design, last, rcond=None)[0], np.log(last.std() + 1)]
    found = minimize(cost, start, method="BFGS", options={"gtol": 1e-4})
    steps = 1e-3 * np.maximum(np.abs(found.x), 1)  # second differences: the inverse that BFGS keeps is rough
    size = len(start)
    hessian = np.empty((size, size))
    for i in range(size):
        for j in range(size):
            total = 0.0
            for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
                moved = found.x.copy()
                moved[i] += a * steps[i]
                moved[j] += b * steps[j]
                total += a * b * cost(moved)
            hessian[i, j] = total / (4 * steps[i] * steps[j])
    variance = np.linalg.pinv(hessian)[1, 1]
    return float(2 * norm.sf(abs(found.x[1]) / np.sqrt(variance))) if variance > 0 else np.nan


def rejections(arms: list[np.ndarray], seed: int) -> dict[str, float]:
    """Return the share of trials that each method calls significant."""
    found = {}
    for method, distribution in LINEAR.items():
        how: Any = {"method": method, "distribution": distribution}
        found[f"{method} {distribution}"] = p_value(estimate_arrays(*arms, **how))[-1]
    found["ranks re-randomised"] = rank_p(arms, np.random.default_rng(seed))
    found["Tobit z"] = tobit_p(arms)
    return {name: float(np.nanmean(p < 0.05)) for name, p in found.items()}


def measured(name: str, trials: int, seed: int) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return what one calibration implies for scores, for power, and for errors where the floor bites."""
    spread, low, high = SPREADS[name]
    try:
        scores = calibrated(spread, low, high, rho=0.55)
    except InputError as error:
        raise SystemExit(f"{name}: {error}") from None
    arms = draw(scores, 0.55, trials, seed)
    gained = [(arm[0] - arm[-1] >= (scale().important or 15)).mean() for arm in arms]
    treated = scores[0]
    state = {
        "calibration": name,
        "observed SDs, treated": ", ".join(f"{_moments(score)[1]:.1f}" for score in treated),
        "observed SDs, reference": ", ".join(f"{_moments(score)[1]:.1f}" for score in scores[1]),
        "latent SD, treated, last": f"{treated[-1].sd:.1f}",
        "at the floor, treated, last": f"{treated[-1].probabilities()[0]:.2f}",
        "responders, treated": f"{gained[0]:.2f}",
        "responders, reference": f"{gained[1]:.2f}",
    }
    bitten = draw([[scores[1][0], *treated[1:]]] * 2, 0.55, trials, seed + 1)
    return (
        state,
        {"calibration": name} | {key: f"{value:.3f}" for key, value in rejections(arms, seed).items()},
        {"calibration": name} | {key: f"{value:.3f}" for key, value in rejections(bitten, seed).items()},
    )


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    tables = list(zip(*(measured(name, options.trials, options.seed) for name in SPREADS), strict=True))
    shown = [markdown(pd.DataFrame(rows)) for rows in tables]
    mcse = np.sqrt(0.05 * 0.95 / options.trials)
    write_file(
        PAGE,
        f"""# The floor

Generated by `make floor` (`benchmarks/floor.py`, seed {options.seed}). Do not edit.

Current pain of the treated falls to a mean near the end of its scale. Print does not say how its spread goes along.
Three calibrations have the published arm means, and the published standard error under a random intercept (latent
correlation 0.55): one observed SD at every visit in both arms; one latent SD; an SD by arm and visit, the same share of
the largest one that its mean allows. SIMULATED, {options.trials:,} trials.

{shown[0]}

The default of the package is the first. It is what a random intercept supposes, so the printed standard error is that
of the model which is taken to have printed it, and no further number has to be assumed; its price is the share at the
floor.

## Power

Of trials with the published arm means, the chance imbalance included, which helps those that adjust for the baseline:
linear methods beside two that respect a floor. The rank test re-randomises the sum of the ranks of the last score,
given those of the first; Tobit is a regression of the last score on the first, censored at 0.

{shown[1]}

## Type I error where the floor bites

Both arms as the treated one at the later visits. Nominal 0.05, Monte Carlo standard error {mcse:.3f}.

{shown[2]}
""",
    )
    for rows in tables:
        print(pd.DataFrame(rows).to_string())


if __name__ == "__main__":
    main()

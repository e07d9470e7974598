"""Operating characteristics: how often, and how far off, a method would answer over many trials."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
import pandas as pd

from asteroid_repro._version import __version__
from asteroid_repro.assumptions.quantities import OUTCOMES
from asteroid_repro.assumptions.trial import TrialAssumptions
from asteroid_repro.errors import InputError
from asteroid_repro.estimate.effects import Distribution, estimate_arrays, reference_distribution
from asteroid_repro.estimate.inference import confidence_interval, p_value
from asteroid_repro.evaluate.monte_carlo import run_blocks
from asteroid_repro.simulate.missing import remove_visits
from asteroid_repro.simulate.outcomes import Outcomes, simulate_outcomes
from asteroid_repro.simulate.trial import simulate_block


@dataclass(frozen=True)
class Measure:
    """One performance measure.

    Attributes
    ----------
    outcome : str
        Name of the outcome.
    week : int
        Weeks since randomisation.
    measure : str
        Name of the measure; see :func:`operating_characteristics`.
    value, mcse : float
        The measure and its Monte Carlo standard error; points for bias and standard errors, else a share or ratio.
        NaN where the measure does not exist (type S and M without an effect).
    """

    outcome: str
    week: int
    measure: str
    value: float
    mcse: float


@dataclass(frozen=True)
class OperatingCharacteristics:
    """Performance of one method over simulated trials.

    Attributes
    ----------
    rows : tuple of Measure
        One an outcome, week and measure.
    trials : int
        Simulated trials.
    failed : int
        Trials without a usable fit, counted in no measure.
    method, distribution : str
        The method judged.
    level : float
        Confidence level; tests are at 1 - level.
    estimates : dict of str to numpy.ndarray
        The estimates themselves by outcome, shape (visits - 1, trials), points.
    label : str
        ``SIMULATED`` with scenario, trials and seed.
    """

    rows: tuple[Measure, ...]
    trials: int
    failed: int
    method: str
    distribution: str
    level: float
    estimates: Mapping[str, np.ndarray]
    label: str

    def to_frame(self) -> pd.DataFrame:
        """Return one row per outcome, week and measure."""
        return pd.DataFrame([asdict(row) for row in self.rows])

    def value(self, outcome: str, measure: str, week: int = 12) -> Measure:
        """Return one measure.

        Raises
        ------
        InputError
            No such measure.
        """
        for row in self.rows:
            if (row.outcome, row.week, row.measure) == (outcome, week, measure):
                return row
        raise InputError(
            f"measure must be one that was computed, got {outcome}, week {week}, {measure}. See to_frame()."
        )

    def _repr_html_(self) -> str:
        return f"<p><strong>{self.label}</strong></p>" + self.to_frame().to_html(index=False)


def operating_characteristics(
    assumptions: TrialAssumptions,
    *,
    trials: int = 10_000,
    seed: int,
    method: str = "random_intercept",
    distribution: Distribution | None = None,
    level: float = 0.95,
    conditional: bool = False,
    progress: bool = False,
) -> OperatingCharacteristics:
    r"""Simulate trials, estimate each, and measure how the method does.

    The trials randomise anew: they come from ``assumptions.with_equal_baselines()``. With ``conditional=True`` they
    keep the assumed imbalance at baseline, and ANCOVA (or cLDA) is then held to its own expectation, the effect plus
    :math:`(1 - \rho\, SD_v/SD_1)` times the imbalance, not scored as biased for the net difference.

    Measures, with the Monte Carlo standard errors of Morris, White & Crowther (2019): ``truth``, ``mean_estimate``,
    ``bias``, ``empirical_se``, ``model_se`` (root mean square), ``rmse``, ``coverage``, ``power`` (share with
    p < 1 - level; the type I error where the truth is 0), ``type_s`` (share of the significant with the wrong sign),
    ``type_m`` (mean absolute significant estimate over the true one), ``boundary`` (share with a variance of 0).

    Parameters
    ----------
    assumptions : TrialAssumptions
        The trial's assumptions.
    trials : int
        Number of simulated trials.
    seed : int
        Whole number of 0 or more.
    method, distribution, level
        As in :func:`asteroid_repro.estimate_effects`.
    conditional : bool
        Keep the imbalance at baseline.
    progress : bool
        Show a progress bar on a terminal.

    Returns
    -------
    OperatingCharacteristics
        With the estimates themselves.

    Raises
    ------
    InputError
        An unknown method, a bad seed or level, too few trials.

    References
    ----------
    .. [1] Morris, White & Crowther (2019), Stat Med 38:2074-2102. doi:10.1002/sim.8086
    .. [2] Gelman & Carlin (2014), Perspect Psychol Sci 9:641-651. doi:10.1177/1745691614551642

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> oc = operating_characteristics(ASTEROID, trials=500, seed=1)
    >>> bool(0.7 < oc.value("average_pain", "power").value < 1)
    True
    """
    chosen = reference_distribution(method, distribution)
    population = assumptions if conditional else assumptions.with_equal_baselines()

    def work(block: int, size: int) -> dict[str, np.ndarray]:
        return _figures(_observed(population, seed, block, size), method=method, distribution=chosen, level=level)

    figures = run_blocks(work, trials, progress=progress)
    usable = np.all([np.isfinite(array).all(axis=0) for array in figures.values()], axis=0)
    if usable.sum() < 2:
        raise InputError(f"trials must leave 2 usable fits or more, got {usable.sum()} of {trials}. Check the spread.")
    rows: list[Measure] = []
    for name in OUTCOMES:
        for visit, week in enumerate(population.visits[1:]):
            truth = _truth(population, name, visit, method)
            own = {
                key.removeprefix(f"{name}."): array[visit, usable]
                for key, array in figures.items()
                if key.startswith(name)
            }
            rows += [Measure(name, week, key, *pair) for key, pair in _measures(own, truth, level).items()]
    estimates = {name: figures[f"{name}.estimate"] for name in OUTCOMES}
    label = (
        f"SIMULATED ({assumptions.name}, {trials:,} trials, seed {seed}, version {__version__}), not participant data"
    )
    failed = int(trials - usable.sum())
    return OperatingCharacteristics(tuple(rows), trials, failed, method, chosen, level, estimates, label)


def _observed(population: TrialAssumptions, seed: int, block: int, size: int) -> Outcomes:
    """Simulate the scores alone, or whole trials where a runner's effect depends on more than the arm."""
    if population.dose_response or population.effect_variation:
        return simulate_block(population, seed, block, size).outcomes
    return remove_visits(population, seed, block, simulate_outcomes(population, seed, block, size))


def _figures(scores: Outcomes, *, method: str, distribution: Distribution, level: float) -> dict[str, np.ndarray]:
    figures: dict[str, np.ndarray] = {}
    for index, name in enumerate(OUTCOMES):
        fit = estimate_arrays(scores.running[index], scores.waitlist[index], method=method, distribution=distribution)
        interval = confidence_interval(fit, level)
        figures |= {
            f"{name}.estimate": fit.estimate,
            f"{name}.se": fit.standard_error,
            f"{name}.low": interval.low,
            f"{name}.high": interval.high,
            f"{name}.p": p_value(fit),
            f"{name}.boundary": fit.boundary.astype(float),
        }
    return figures


_ADJUSTED: Final = ("ancova", "clda")  # methods that correct the part of an imbalance that persists


def _truth(population: TrialAssumptions, name: str, visit: int, method: str) -> float:
    outcome = population.outcome(name)
    if method not in _ADJUSTED:
        return outcome.effect[visit]
    slope = population.visit_correlation[0][visit + 1] * outcome.sd[visit + 1] / outcome.sd[0]
    return outcome.effect[visit] + (1 - slope) * (outcome.running_baseline - outcome.waitlist_baseline)


def _measures(own: Mapping[str, np.ndarray], truth: float, level: float) -> dict[str, tuple[float, float]]:
    estimate, variance = own["estimate"], own["se"] ** 2
    count = len(estimate)
    error = estimate - truth
    empirical = estimate.std(ddof=1)
    model, rmse = np.sqrt(variance.mean()), np.sqrt((error**2).mean())
    significant = own["p"] < 1 - level
    return {
        "truth": (truth, 0.0),
        "mean_estimate": (estimate.mean(), empirical / np.sqrt(count)),
        "bias": (error.mean(), empirical / np.sqrt(count)),
        "empirical_se": (empirical, empirical / np.sqrt(2 * (count - 1))),
        "model_se": (model, np.sqrt(variance.var(ddof=1) / (4 * count * model**2))),
        "rmse": (rmse, (error**2).std(ddof=1) / (2 * rmse * np.sqrt(count))),
        "coverage": _share((own["low"] <= truth) & (truth <= own["high"])),
        "power": _share(significant),
        "type_s": _share(np.sign(estimate[significant]) != np.sign(truth)) if truth else (np.nan, np.nan),
        "type_m": _exaggeration(estimate[significant], truth),
        "boundary": _share(own["boundary"] > 0),
    }


def _share(events: np.ndarray) -> tuple[float, float]:
    if not len(events):
        return np.nan, np.nan
    share = events.mean()
    return share, np.sqrt(share * (1 - share) / len(events))


def _exaggeration(significant: np.ndarray, truth: float) -> tuple[float, float]:
    if truth == 0 or len(significant) < 2:
        return np.nan, np.nan
    ratio = np.abs(significant / truth)
    return ratio.mean(), ratio.std(ddof=1) / np.sqrt(len(ratio))

"""Operating characteristics: how often, and how far off, a method would answer over many trials."""

from dataclasses import asdict, dataclass
from functools import partial
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from asteroid_repro.engine.measures import SHARES, measures, places, share_error, trial_figures, wilson_limits
from asteroid_repro.engine.monte_carlo import TARGET_MCSE, Run, Totals, check_usable, simulated_label, sum_pieces
from asteroid_repro.engine.trial_estimates import simulated_estimates
from asteroid_repro.engine.true_effects import mean_effects, true_values
from asteroid_repro.errors import InputError, did_you_mean
from asteroid_repro.estimate.effects.methods import Analysis, Distribution, chosen_analysis
from asteroid_repro.estimate.inference import Likelihood
from asteroid_repro.evaluate.answers import analysis_said, finding_said, share_said
from asteroid_repro.mechanism.mechanism import Mechanism, solve
from asteroid_repro.tables.result_table import ResultTable
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.trial.changes import EVERY_OUTCOME
from asteroid_repro.trial.design import Design

if TYPE_CHECKING:
    import pandas as pd

MAIN: Final = ("power", "type_s", "type_m", "bias", "coverage")
"""Measures of an outcome that are looked at first, in that order."""
_Z: Final = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Measure:
    """One performance measure.

    Attributes
    ----------
    outcome : str
        Name of the outcome, or ``every_outcome``.
    week : float
        Weeks since randomisation.
    measure : str
        Name of the measure; see :mod:`asteroid_repro.engine.measures`.
    value, mcse : float
        The measure and its Monte Carlo standard error; points for bias, standard errors and widths, else a share or
        ratio. NaN where the measure does not exist (type S and M without an effect).
    low, high : float
        95 % limits of the Monte Carlo error: Wilson's for shares, else value plus and minus 1.96 MCSE.
    """

    outcome: str
    week: float
    measure: str
    value: float
    mcse: float
    low: float
    high: float


@dataclass(frozen=True)
class OperatingCharacteristics(ResultTable):
    """Performance of one method over simulated trials.

    Attributes
    ----------
    rows : tuple of Measure
        One an outcome, week and measure.
    trials : int
        Simulated trials.
    failed : int
        Trials without a usable fit of some outcome at some week.
    stopped : bool
        Whether the run ended before its goal: by the user, or with ``trials="auto"`` at the most it may take.
    analysis : Analysis
        The method judged, its reference distribution and level; tests are at 1 - level.
    design : Design
        Arms, visits and outcomes.
    label : str
        ``SIMULATED`` with scenario, analysis, trials and seed.
    """

    rows: tuple[Measure, ...]
    trials: int
    failed: int
    stopped: bool
    analysis: Analysis
    design: Design
    label: str

    def answer(self, outcome: str | None = None, week: float | None = None) -> str:
        """Return how often a trial would find what is true: a benefit or a harm by ``better``, or nothing.

        Parameters
        ----------
        outcome : str, optional
            Name of the outcome; the study's first when not given.
        week : float, optional
            A visit after the first; the last when not given.

        Examples
        --------
        >>> from asteroid_repro import ASTEROID
        >>> operating_characteristics(ASTEROID, trials=500, seed=1).answer().partition(" of ")[2]
        "trials like this would find that running lowers average pain at week 12, a benefit; with the paper's analysis."
        """
        name, at = outcome or self.design.outcome_names[0], self.design.visits[-1] if week is None else week
        share = share_said(*share_finding(self, name, at))
        found = finding_said(self.value(name, "truth", at).value, name, at, self.design)
        return f"{share} of trials like this would find {found}; {analysis_said(self.analysis, self.design)}."

    def short_frame(self) -> "pd.DataFrame":
        """Return the main measures at the last visit."""
        import pandas as pd  # slow to import, and the command line prints without it

        return pd.DataFrame([asdict(row) for row in main_rows(self)])

    def value(self, outcome: str, measure: str, week: float | None = None) -> Measure:
        """Return one measure, at the last visit unless a week is given.

        Raises
        ------
        InputError
            No such measure.
        """
        wanted = max(row.week for row in self.rows) if week is None else week
        for row in self.rows:
            if (row.outcome, row.week, row.measure) == (outcome, wanted, measure):
                return row
        names = {row.measure for row in self.rows}
        hint = "" if measure in names else did_you_mean(measure, names)
        where = f"{outcome}, week {wanted}, {measure}"
        raise InputError(f"measure must be one that was computed, got {where}. See to_frame().{hint}")


def main_rows(found: OperatingCharacteristics) -> list[Measure]:
    """Return the measures that are looked at first, at the last visit; of all outcomes together the paper's verdict."""
    names = found.design.outcome_names
    return [*(found.value(name, measure) for name in names for measure in MAIN), found.rows[-1]]


def share_finding(found: OperatingCharacteristics, outcome: str, week: float) -> tuple[float, float, float]:
    """Return the share of trials significant in the direction of the true effect, in any without one; with limits."""
    true = found.value(outcome, "truth", week).value
    power, benefit = (found.value(outcome, name, week) for name in ("power", "favours_treatment"))
    if true * found.design.outcome(outcome).sign < 0:
        harm = power.value - benefit.value
        return harm, *wilson_limits(harm, found.trials)
    share = benefit if true else power
    return share.value, share.low, share.high


def operating_characteristics(
    assumptions: TrialAssumptions,
    *,
    trials: int | Literal["auto"] = 10_000,
    seed: int,
    method: str | None = None,
    distribution: Distribution | None = None,
    likelihood: Likelihood = "REML",
    level: float | None = None,
    conditional: bool = False,
    target_mcse: float = TARGET_MCSE,
    n_jobs: int = 1,
    executor: Any = None,
    progress: bool = False,
) -> OperatingCharacteristics:
    r"""Simulate trials, estimate each, and measure how the method does.

    The trials randomise anew: they come from ``assumptions.with_equal_baselines()``. With ``conditional=True`` they
    keep the assumed imbalance at baseline, and ANCOVA (or cLDA) is then held to its own expectation, the effect plus
    :math:`(1 - \rho\, SD_v/SD_1)` times the imbalance, not scored as biased for the net difference.

    Measures and the formulas of their Monte Carlo standard errors: :mod:`asteroid_repro.engine.measures`. Beside
    those of each outcome, ``favours_treatment`` of ``every_outcome`` is the share of trials that would print the
    paper's verdict: every outcome significant in favour of the treatment at the last visit.

    Parameters
    ----------
    assumptions : TrialAssumptions
        The trial's assumptions.
    trials : int or "auto"
        Number of simulated trials; ``"auto"`` adds pieces of 10,000 until the Monte Carlo standard errors of power and
        coverage, of every outcome at every visit, are at most ``target_mcse``.
    seed : int
        Whole number of 0 or more.
    method, distribution, likelihood, level
        As in :func:`asteroid_repro.estimate_effects`, ML for the random intercept alone; the study's own analysis when
        not given.
    conditional : bool
        Keep the imbalance at baseline.
    target_mcse : float
        Only for ``trials="auto"``.
    n_jobs : int
        Processes. A script that asks for more than one must run under ``if __name__ == "__main__":``.
    executor : concurrent.futures.Executor or dask.distributed.Client, optional
        Where to simulate instead. The bits of the result do not depend on where and by how many it is done.
    progress : bool
        Show a progress bar on a terminal.

    Returns
    -------
    OperatingCharacteristics
        Stopped from the keyboard it holds the trials done so far.

    Raises
    ------
    InputError
        An unknown method, a bad seed or level, too few trials, no usable fit.

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
    analysis = chosen_analysis(method, distribution, level, assumptions.design.analysis, likelihood)
    run = Run(trials, seed, target_mcse, n_jobs, executor, progress)
    return characteristics(assumptions, analysis, run, conditional=conditional)


def characteristics(
    assumptions: TrialAssumptions, analysis: Analysis, run: Run, *, conditional: bool = False
) -> OperatingCharacteristics:
    """Do the work of :func:`operating_characteristics`, for a search, a curve or a sweep that has made its records.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> characteristics(ASTEROID, Analysis("ancova", "t"), Run(trials=500, seed=1)).trials
    500
    """
    population = assumptions if conditional else assumptions.with_equal_baselines()
    truth = true_values(population, analysis.method)
    work = partial(piece_sums, solve(population), run.seed, truth=truth, analysis=analysis)
    totals = sum_pieces(work, run, enough=partial(_is_precise, truth, run.target_mcse))
    check_usable(totals.sums["usable"], totals.trials)
    stopped = "stopped early" if totals.stopped else ""
    label = simulated_label(assumptions.name, analysis, f"{totals.trials:,} trials", stopped, f"seed {run.seed}")
    rows = _rows(totals, truth, mean_effects(population)[1], population.design)
    failed = totals.trials - int(totals.sums["all_usable"])
    return OperatingCharacteristics(rows, totals.trials, failed, totals.stopped, analysis, population.design, label)


def piece_sums(
    mechanism: Mechanism, seed: int, block: int, size: int, *, truth: np.ndarray, analysis: Analysis
) -> dict[str, np.ndarray]:
    """Simulate and estimate a piece and add up what the measures need, shape (visits - 1, outcomes).

    Also in how many trials every fit was usable, in how many those of the last visit were, and in how many all outcomes
    favoured the treatment then.
    """
    fit = simulated_estimates(mechanism, seed, block, size, analysis)
    figures = trial_figures(fit, truth, mechanism.assumptions.design.outcomes, analysis.level)
    sums = {name: figure.sum(axis=-1) for name, figure in figures.items()}
    return sums | {
        "all_usable": figures["usable"].all(axis=(0, 1)).sum(),
        "last_usable": figures["usable"][-1].all(axis=0).sum(),
        "paper_verdict": figures["favours_treatment"][-1].all(axis=0).sum(),
    }


def _is_precise(truth: np.ndarray, target: float, totals: Totals) -> bool:
    if totals.sums["usable"].min() < 2:  # hopeless: no further trial would be usable either
        return True
    found = measures(totals.sums, truth, totals.trials)
    return all((found[name][1] <= target).all() for name in ("power", "coverage"))


@np.errstate(invalid="ignore")  # no trial in which every fit is usable
def _rows(totals: Totals, truth: np.ndarray, truth_error: np.ndarray, design: Design) -> tuple[Measure, ...]:
    found = measures(totals.sums, truth, totals.trials, truth_error)
    usable, n = totals.sums["usable"], totals.sums["last_usable"]
    out_of = {"type_s": totals.sums["power"], "failed": np.full_like(usable, totals.trials)}
    rows = [
        _row(place, measure, values[at], errors[at], out_of.get(measure, usable)[at])
        for place, at in places(design.outcome_names, design.visits[1:]).items()
        for measure, (values, errors) in found.items()
    ]
    share = totals.sums["paper_verdict"] / n
    verdict = EVERY_OUTCOME, design.visits[-1]
    return (*rows, _row(verdict, "favours_treatment", share, share_error(share, n), n))


def _row(place: tuple[str, float], measure: str, *figures: np.ndarray) -> Measure:
    value, mcse, n = map(float, figures)
    of_shares = measure in (*SHARES, "type_s", "failed") and n > 0
    limits = wilson_limits(value, n) if of_shares else (value - _Z * mcse, value + _Z * mcse)
    return Measure(*place, measure, value, mcse, *limits)

"""Operating characteristics: how often, and how far off, a method would answer over many trials."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from asteroid_repro.engine.control_variates import LEAST_TRIALS
from asteroid_repro.engine.measures import SHARES, places, wilson_limits
from asteroid_repro.engine.monte_carlo import TARGET_MCSE, Run, Totals, check_usable, simulated_label, sum_pieces
from asteroid_repro.engine.true_effects import mean_effects, true_values
from asteroid_repro.errors import InputError, did_you_mean
from asteroid_repro.estimate.effects.methods import Analysis, Distribution, chosen_analysis
from asteroid_repro.estimate.inference import Likelihood
from asteroid_repro.evaluate.answers import analysis_said, finding_said, share_said
from asteroid_repro.evaluate.judged import (
    Judged,
    controlled_sums,
    exact_outcomes,
    judged_exactly,
    judged_plainly,
    judged_with_control,
    piece_sums,
    with_exact,
)
from asteroid_repro.mechanism.mechanism import solve
from asteroid_repro.tables.result_table import ResultTable
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.trial.changes import EVERY_OUTCOME
from asteroid_repro.trial.design import Design

if TYPE_CHECKING:
    import pandas as pd

MAIN: Final = ("power", "type_s", "type_m", "bias", "coverage")
"""Measures of an outcome that are looked at first, in that order."""
_Z: Final = NormalDist().inv_cdf(0.975)
_NOTHING: Final = Totals({"usable": np.array(np.inf), "all_usable": np.array(0), "last_usable": np.array(np.inf)}, 0)


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
        95 % limits of the Monte Carlo error: Wilson's for shares (of as many trials as ``worth`` says), else value plus
        and minus 1.96 MCSE.
    worth : float
        Plain trials, without control variates, that would have the same standard error; inf where nothing is
        simulated.
    """

    outcome: str
    week: float
    measure: str
    value: float
    mcse: float
    low: float
    high: float
    worth: float


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
        "trials like this would find average pain lowered by running at week 12, a benefit; with the paper's analysis."
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
    control_variate: bool = True,
    target_mcse: float = TARGET_MCSE,
    n_jobs: int = 1,
    executor: Any = None,
    progress: bool = False,
) -> OperatingCharacteristics:
    r"""Simulate trials, estimate each, and measure how the method does.

    Chance that is known is taken out by control variates: each trial is compared with its unbounded twin, the same
    normals without the steps and ends of the scale, whose measures are known
    (:mod:`asteroid_repro.engine.control_variates`). ``worth`` says how many plain trials a measure is worth. Where the
    trials are their own twins (scores without ends, every visit made) nothing is simulated for the measure, and its
    Monte Carlo standard error is 0.

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
    control_variate : bool
        False for the plain shares and means; so are those of fewer than 500 trials. The trials are the same either way,
        and 500 trials are the first 500 of 1000; but the coefficients of the controls come from all trials of a run, so
        the result of 1000 is not the mean of its halves'.
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
    run = Run(trials, seed, target_mcse, n_jobs, executor, progress, control_variate)
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
    mechanism, truths = solve(population), (true_values(population, analysis.method), mean_effects(population)[1])
    exact = exact_outcomes(mechanism, analysis) if run.control_variate else []
    if run.control_variate and (run.trials == "auto" or run.trials >= LEAST_TRIALS):
        sums, judge = controlled_sums, partial(judged_with_control, mechanism, analysis, *truths)
    else:
        sums, judge = piece_sums, partial(judged_plainly, *truths)
    if len(exact) == len(population.outcomes) == 1:
        totals, judged = _NOTHING, judged_exactly(mechanism, analysis)
    else:
        work = partial(sums, mechanism, run.seed, truth=truths[0], analysis=analysis)
        totals = sum_pieces(work, run, enough=partial(_is_precise, judge, run.target_mcse))
        check_usable(totals.sums["usable"], totals.trials)
        judged = with_exact(judge(totals), judged_exactly(mechanism, analysis), exact) if exact else judge(totals)
    rows, failed = _measures(population.design, totals, judged), totals.trials - int(totals.sums["all_usable"])
    label = simulated_label(assumptions.name, analysis, *_how(totals, run))
    return OperatingCharacteristics(rows, totals.trials, failed, totals.stopped, analysis, population.design, label)


def _how(totals: Totals, run: Run) -> tuple[str, ...]:
    if not totals.trials:
        return ("normal scores: known without a trial",)
    return f"{totals.trials:,} trials", "stopped early" if totals.stopped else "", f"seed {run.seed}"


def _is_precise(judge: Callable[[Totals], Judged], target: float, totals: Totals) -> bool:
    if totals.sums["usable"].min() < 2:  # hopeless: no further trial would be usable either
        return True
    return all((judge(totals).rows[name][1] <= target).all() for name in ("power", "coverage"))


def _measures(design: Design, totals: Totals, judged: Judged) -> tuple[Measure, ...]:
    power = judged.rows["power"][0]
    usable = np.broadcast_to(totals.sums["usable"], power.shape)
    significant = np.rint(power * usable)
    out_of = {"type_s": significant, "failed": np.full_like(usable, totals.trials)}
    rows = [
        _row(place, measure, out_of.get(measure, usable)[at], totals.trials, *(each[at] for each in figures))
        for place, at in places(design.outcome_names, design.visits[1:]).items()
        for measure, figures in judged.rows.items()
    ]
    verdict = EVERY_OUTCOME, design.visits[-1]
    return (*rows, _row(verdict, "favours_treatment", totals.sums["last_usable"], totals.trials, *judged.verdict))


def _row(place: tuple[str, float], measure: str, n: np.ndarray, trials: int, *figures: float) -> Measure:
    value, mcse, worth = map(float, figures)
    if measure not in (*SHARES, "type_s", "failed") or not n > 0:
        return Measure(*place, measure, value, mcse, value - _Z * mcse, value + _Z * mcse, worth)
    value = min(max(value, 0.0), 1.0)  # a regression estimate may lie beyond
    return Measure(*place, measure, value, mcse, *wilson_limits(value, float(n) * worth / max(trials, 1)), worth)

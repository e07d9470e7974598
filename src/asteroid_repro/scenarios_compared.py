"""What would change if the assumptions were others: two scenarios on the same people and noise."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from asteroid_repro.engine.control_variates import (
    FIGURES,
    LEAST_TRIALS,
    coefficients,
    control_rows,
    figure_rows,
    knowledge,
    known_means,
    summed_products,
)
from asteroid_repro.engine.measures import SHARES, Places, measures, places, trial_figures
from asteroid_repro.engine.monte_carlo import TARGET_MCSE, Run, Totals, check_usable, simulated_label, sum_pieces
from asteroid_repro.engine.trial_estimates import simulated_estimates
from asteroid_repro.engine.true_effects import true_values
from asteroid_repro.engine.twin import Twin
from asteroid_repro.errors import InputError
from asteroid_repro.estimate.effects.methods import Analysis, Distribution, chosen_analysis
from asteroid_repro.estimate.inference import Estimates
from asteroid_repro.evaluate.answers import analysis_said, finding_said
from asteroid_repro.evaluate.performance import MAIN
from asteroid_repro.mechanism.mechanism import Mechanism, solve
from asteroid_repro.tables.result_table import ResultTable
from asteroid_repro.tables.rounding import between, number
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.trial.changes import EVERY_OUTCOME
from asteroid_repro.trial.design import Design

if TYPE_CHECKING:
    import pandas as pd

Scenario = tuple[Mechanism, np.ndarray]
"""A population, and what the method estimates there, shape (weeks, outcomes)."""

GROUPS: Final = 128
"""Groups of trials of which the jackknife leaves out one at a time."""


@dataclass(frozen=True)
class MeasureChange:
    """How one performance measure changes.

    Attributes
    ----------
    outcome : str
        Name of the outcome, or ``every_outcome``.
    week : float
        Weeks since randomisation.
    measure : str
        Name of the measure; see :mod:`asteroid_repro.engine.measures`.
    base, changed : float
        The measure under both scenarios, over the trials usable under both (``failed`` over all): with many unusable
        fits under one scenario the other's figures are those of the trials that were usable there too.
    change, mcse : float
        Changed minus base, and the Monte Carlo standard error of this paired difference. A standard error of 0 says
        that no trial changed, not that none could.
    worth : float
        Plain trials, without control variates, that would have the same standard error.
    """

    outcome: str
    week: float
    measure: str
    base: float
    changed: float
    change: float
    mcse: float
    worth: float


@dataclass(frozen=True)
class VerdictChange:
    """How many trials change their verdict on an outcome at a week.

    Attributes
    ----------
    outcome : str
        Name of the outcome, or ``every_outcome`` for the paper's verdict: all outcomes significant.
    week : float
        Weeks since randomisation.
    gained, lost : int
        Trials significant in favour of the treatment only under the changed scenario, and only under the base.
    trials : int
        Trials usable under both.
    """

    outcome: str
    week: float
    gained: int
    lost: int
    trials: int


@dataclass(frozen=True)
class WhatIf(ResultTable):
    """Two scenarios compared on common random numbers.

    Attributes
    ----------
    rows : tuple of MeasureChange
        One an outcome, week and measure.
    verdicts : tuple of VerdictChange
        One an outcome and week.
    differences : dict of str to tuple
        The fields in which the simulated populations differ, with both values.
    trials : int
        Simulated trials of each scenario.
    stopped : bool
        Whether the run ended before its goal: by the user, or with ``trials="auto"`` at the most it may take.
    analysis : Analysis
        The method, its reference distribution and level.
    design : Design
        Arms, visits and outcomes.
    label : str
        ``SIMULATED`` with both scenarios, analysis, trials and seed.
    """

    rows: tuple[MeasureChange, ...]
    verdicts: tuple[VerdictChange, ...]
    differences: Mapping[str, tuple[Any, Any]]
    trials: int
    stopped: bool
    analysis: Analysis
    design: Design
    label: str

    def change(self, outcome: str, measure: str, week: float | None = None) -> MeasureChange:
        """Return how one measure changes, at the last of the weeks unless one is given.

        Raises
        ------
        InputError
            No such measure.
        """
        wanted = outcome, max(row.week for row in self.rows) if week is None else week, measure
        found = next((row for row in self.rows if (row.outcome, row.week, row.measure) == wanted), None)
        if found is None:
            raise InputError(f"measure must be one that was computed, got {wanted}. See to_frame().")
        return found

    def answer(self, outcome: str | None = None, week: float | None = None) -> str:
        """Return how much more or less often a trial favours the treatment; of the study's first outcome.

        The limits are the paired difference plus and minus 1.96 of its Monte Carlo standard errors.

        Examples
        --------
        >>> from asteroid_repro import ASTEROID
        >>> what_if(ASTEROID, ASTEROID, trials=500, seed=1).answer().partition(": ")[2]
        "no more and no fewer; with the paper's analysis."
        """
        name = outcome or self.design.outcome_names[0]
        one = self.change(name, "favours_treatment", week)
        better = finding_said(self.design.outcome(name).sign, name, one.week, self.design)
        shares = f"{number(100 * one.changed, 1)} % of trials like this, not {number(100 * one.base, 1)} %,"
        return f"{shares} would find {better}: {_said(one)}; {analysis_said(self.analysis, self.design)}."

    def short_frame(self) -> "pd.DataFrame":
        """Return the changes of the main measures at the last of the weeks."""
        import pandas as pd  # slow to import, and the command line prints without it

        return pd.DataFrame([asdict(row) for row in main_changes(self)])


def main_changes(found: WhatIf) -> list[MeasureChange]:
    """Return the changes that are looked at first, at the last of the weeks; the paper's verdict at the end."""
    names = found.design.outcome_names
    return [*(found.change(name, measure) for name in names for measure in MAIN), found.rows[-1]]


def _said(share: MeasureChange) -> str:
    if share.change == 0:
        return "no more and no fewer"
    change, reach = 100 * abs(share.change), 196 * share.mcse
    limits = f"95 % limits {between(change - reach, change + reach, 1)}"
    return f"{number(change, 1)} percentage points {'more' if share.change > 0 else 'fewer'} ({limits})"


def what_if(
    base: TrialAssumptions,
    changed: TrialAssumptions,
    *,
    trials: int | Literal["auto"] = 20_000,
    seed: int,
    method: str | None = None,
    distribution: Distribution | None = None,
    level: float | None = None,
    control_variate: bool = True,
    target_mcse: float = TARGET_MCSE,
    n_jobs: int = 1,
    executor: Any = None,
    progress: bool = False,
) -> WhatIf:
    r"""Compare two scenarios trial by trial, with the same people, noise and missing visits.

    The standard error of a change D is that of the delete-one-group jackknife over G = 128 groups of trials,
    :math:`\sqrt{\tfrac{G-1}{G} \sum_g (D_{(g)} - \bar D)^2}`; it is that of the paired difference, since both scenarios
    leave out the same trials. Comparing a scenario with itself gives exactly 0.

    Of each scenario what is known by its trials' unbounded twins is taken out of the sums of every group first
    (:mod:`asteroid_repro.engine.control_variates`), from 1000 trials on. The counts of verdicts are as simulated.

    Parameters
    ----------
    base, changed : TrialAssumptions
        The scenarios; both randomise anew (equal baselines). Common random numbers need as many people in both: with
        other arm sizes or visits the comparison is still right, but its standard error is that of two independent runs.
        Of scenarios with other visits those are compared that both have.
    trials : int or "auto"
        Simulated trials of each, 256 or more; ``"auto"`` adds pieces of 10,000 until the Monte Carlo standard errors of
        the changes of power and coverage, of every outcome at every visit, are at most ``target_mcse``.
    control_variate : bool
        False for plain means, shares and their changes.
    target_mcse : float
        Only for ``trials="auto"``.
    seed, method, distribution, level, n_jobs, executor, progress
        As in :func:`asteroid_repro.operating_characteristics`.

    Returns
    -------
    WhatIf
        Changes of all measures and of verdicts, and what differs in the assumptions.

    Raises
    ------
    InputError
        No later visit in common, other outcomes in one scenario, too few trials, no usable fit, or a bad seed, method
        or level.

    References
    ----------
    .. [1] Efron & Stein (1981), Ann Stat 9:586-596. doi:10.1214/aos/1176345462

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> found = what_if(ASTEROID, ASTEROID.with_effect(average_pain=-8), trials=500, seed=1)
    >>> found.differences
    {'average_pain.effect': ((-7.65, -15.3), (-4.0, -8.0))}
    """
    if isinstance(trials, int | np.integer) and trials < 2 * GROUPS:
        raise InputError(f"trials must be {2 * GROUPS} or more for a paired standard error, got {trials}. Try 20000.")
    weeks = _shared_weeks(base, changed)
    analysis = chosen_analysis(method, distribution, level, base.design.analysis)
    run = Run(trials, seed, target_mcse, n_jobs, executor, progress, control_variate)
    populations = base.with_equal_baselines(), changed.with_equal_baselines()
    truths = np.stack([true_values(each, analysis.method)[_visits(each, weeks)] for each in populations])
    scenarios = list(zip(map(solve, populations), truths, strict=True))
    use = control_variate and (trials == "auto" or trials >= 2 * LEAST_TRIALS)
    work = partial(paired_sums, scenarios, seed, weeks=weeks, analysis=analysis, control_variate=use)
    where = places(base.design.outcome_names, weeks)
    control = partial(_controlled, scenarios, analysis, weeks) if use else lambda totals: totals
    enough = partial(_is_precise, truths, target_mcse, where)
    totals = sum_pieces(work, run, enough=lambda totals: enough(control(totals)))
    check_usable(totals.sums["usable"].sum(axis=-1), totals.trials)
    stopped = "stopped early" if totals.stopped else ""
    names, how_many = f"{changed.name} against {base.name}", f"{totals.trials:,} trials each"
    label = simulated_label(names, analysis, how_many, stopped, f"seed {seed}")
    rows, plain = (_rows(each.sums, truths, where) for each in (control(totals), totals))
    rows = tuple(_with_worth(*both, totals.trials) for both in zip(rows, plain, strict=True))
    verdicts = _verdicts(totals.sums, where)
    return WhatIf(
        rows, verdicts, differences(*populations), totals.trials, totals.stopped, analysis, base.design, label
    )


def differences(one: TrialAssumptions, other: TrialAssumptions) -> dict[str, tuple[Any, Any]]:
    """Return the values in which two records differ, names and descriptions apart, with both values.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> differences(ASTEROID, ASTEROID.with_values(n_treatment=30))
    {'n_treatment': (20, 30)}
    """
    before, after = one.values(), other.values()
    return {
        name: (before.get(name), after.get(name))
        for name in before | after
        if name not in ("name", "description") and before.get(name) != after.get(name)
    }


def paired_sums(
    scenarios: Sequence[Scenario],
    seed: int,
    block: int,
    size: int,
    *,
    weeks: Sequence[float],
    analysis: Analysis,
    control_variate: bool = False,
) -> dict[str, np.ndarray]:
    """Simulate a piece under both scenarios and add up by group, shape (scenarios, weeks, outcomes, groups).

    Only trials usable under both scenarios count. A trial's group is its number modulo the groups. ``paper`` is of the
    trials in which every outcome favours the treatment at the last of the weeks, shape (scenarios, groups). With
    control variates also ``controls`` of the twins, shape (controls, scenarios, weeks, outcomes, groups), and the
    ``products`` of figures and controls, shape (scenarios, weeks, outcomes, rows, rows).
    """
    own, controls = [], []
    for mechanism, truth in scenarios:
        twin = Twin(mechanism, size)
        fit = simulated_estimates(mechanism, seed, block, size, analysis, see=twin.see if control_variate else None)
        if control_variate:
            visits = _visits(mechanism.assumptions, weeks)
            controls.append([row[visits] for row in control_rows(twin, mechanism, analysis)])
        shared = Estimates(**{name: each[_visits(mechanism.assumptions, weeks)] for name, each in vars(fit).items()})
        own.append(trial_figures(shared, truth, mechanism.assumptions.design.outcomes, analysis.level))
    both = {name: np.stack([figures[name] for figures in own]) for name in own[0]}
    usable = np.logical_and(*both["usable"])
    before, after = both["favours_treatment"] & usable
    paper_before, paper_after = before[-1].all(axis=0), after[-1].all(axis=0)
    counted = {name: figure * usable for name, figure in both.items()} | {
        "fitted": both["usable"],
        "trials": np.ones_like(usable),
        "gained": after & ~before,
        "lost": before & ~after,
        "paper_usable": usable[-1].all(axis=0),
        "paper": np.stack([paper_before, paper_after]),
        "paper_gained": paper_after & ~paper_before,
        "paper_lost": paper_before & ~paper_after,
    }
    found = {name: _by_group(figure) for name, figure in counted.items()}
    if not control_variate:
        return found
    paired = [np.stack(both).astype(float) for both in zip(*controls, strict=True)]
    products = summed_products([*figure_rows(counted), *paired])
    return found | {"controls": np.stack([_by_group(row) for row in paired]), "products": products}


def _controlled(scenarios: Sequence[Scenario], analysis: Analysis, weeks: Sequence[float], totals: Totals) -> Totals:
    """Return the same sums without what the twins' known means take out of each scenario's, group by group."""
    sums = dict(totals.sums)
    for place, (mechanism, _) in enumerate(scenarios):
        visits = _visits(mechanism.assumptions, weeks)
        known = {name: mean[visits] for name, mean in known_means(mechanism, analysis).items()}
        use = knowledge(known, totals.trials)
        by_chance = np.moveaxis(sums["controls"][:, place], 0, -1)
        by_chance = by_chance - sums["trials"][..., np.newaxis] * use.mean[:, :, np.newaxis]
        shift = by_chance @ coefficients(sums["products"][place], use)
        for row, name in enumerate(FIGURES):
            sums[name] = sums[name].astype(float)
            sums[name][place] -= shift[..., row]
    return Totals(sums, totals.trials, totals.stopped)


def _shared_weeks(base: TrialAssumptions, changed: TrialAssumptions) -> tuple[float, ...]:
    names, others = (", ".join(each.design.outcome_names) for each in (base, changed))
    if names != others:
        raise InputError(
            f"scenarios must have the same outcomes, got {names} and {others}. Compare those of one study."
        )
    shared = tuple(week for week in base.visits[1:] if week in changed.visits)
    if not shared:
        weeks = f"{list(base.visits)} and {list(changed.visits)}"
        raise InputError(f"visits must have a later week in common, got {weeks}. Change one.")
    return shared


def _visits(assumptions: TrialAssumptions, weeks: Sequence[float]) -> list[int]:
    """Return where some weeks stand among the later visits."""
    return [assumptions.design.visit(week) - 1 for week in weeks]


def _by_group(figures: np.ndarray) -> np.ndarray:
    padding = [(0, 0)] * (figures.ndim - 1) + [(0, -figures.shape[-1] % GROUPS)]
    whole = np.pad(figures, padding)
    sums: np.ndarray = whole.reshape(*whole.shape[:-1], -1, GROUPS).sum(axis=-2)
    return sums


def _is_precise(truths: np.ndarray, target: float, where: Places, totals: Totals) -> bool:
    if totals.sums["usable"].sum(axis=-1).min() < 2:  # hopeless: no further trial would be usable either
        return True
    rows = _rows(totals.sums, truths, where)
    # What is no number, for want of usable fits, cannot get more precise.
    return not any(row.mcse > target for row in rows if row.measure in ("power", "coverage"))


@np.errstate(invalid="ignore")  # no trial in which every fit is usable
def _rows(sums: Mapping[str, np.ndarray], truths: np.ndarray, where: Places) -> tuple[MeasureChange, ...]:
    """Return the changes of all measures, with the jackknife over the groups for their errors."""
    left_out = {name: _left_out(each) for name, each in sums.items()}
    found = measures(left_out, truths[..., np.newaxis], left_out["trials"])
    found["failed"] = 1 - left_out["fitted"] / left_out["trials"], found["failed"][1]
    rows = [
        _change(place, measure, values[0, *at], values[1, *at])
        for place, at in where.items()
        for measure, (values, _) in found.items()
    ]
    n, (before, after) = left_out["paper_usable"], left_out["paper"]
    verdict = _change(_paper(where), "favours_treatment", before / n, after / n, (after - before) / n)
    return (*rows, verdict)


def _with_worth(row: MeasureChange, plain: MeasureChange, trials: int) -> MeasureChange:
    worth = trials * (plain.mcse / row.mcse) ** 2 if row.mcse and plain.mcse else float(trials)
    return replace(row, worth=worth)


def _paper(where: Places) -> tuple[str, float]:
    """Return the place of the paper's verdict: every outcome, at the last week."""
    return EVERY_OUTCOME, max(week for _, week in where)


def _left_out(figures: np.ndarray) -> np.ndarray:
    """Return the sums over the groups, the last axis: over all of them first, then with each left out in turn."""
    whole = figures.sum(axis=-1, keepdims=True)
    return np.concatenate([whole, whole - figures], axis=-1)


def _change(
    place: tuple[str, float], measure: str, base: np.ndarray, changed: np.ndarray, change: np.ndarray | None = None
) -> MeasureChange:
    """Return a change with its standard error, from figures over all groups and with each group left out in turn."""
    if measure in SHARES:  # a regression estimate may lie beyond
        base, changed = np.clip(base, 0, 1), np.clip(changed, 0, 1)
    rest = (changed - base if change is None else change)[1:]
    # Less the first, lest the mean of equal figures be a rounding off them.
    mcse = np.sqrt((GROUPS - 1) * (rest - rest[0]).var())
    values = float(base[0]), float(changed[0]), float(changed[0] - base[0]), float(mcse)
    return MeasureChange(*place, measure, *values, worth=np.nan)


def _verdicts(sums: Mapping[str, np.ndarray], where: Places) -> tuple[VerdictChange, ...]:
    counts = sums["gained"], sums["lost"], sums["usable"][0]
    by_outcome = [VerdictChange(*place, *(int(each[at].sum()) for each in counts)) for place, at in where.items()]
    paper = (int(sums[f"paper_{name}"].sum()) for name in ("gained", "lost", "usable"))
    return (*by_outcome, VerdictChange(*_paper(where), *paper))

"""What would change if the assumptions were others: two scenarios on the same people and noise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal

import numpy as np

from asteroid_repro.engine.label import simulated_label
from asteroid_repro.engine.measures import measures, trial_figures
from asteroid_repro.engine.monte_carlo import TARGET_MCSE, Run, Totals, sum_pieces
from asteroid_repro.engine.trial_estimates import simulated_estimates
from asteroid_repro.engine.true_effects import true_values
from asteroid_repro.errors import InputError
from asteroid_repro.estimate.effects.inference import Estimates
from asteroid_repro.estimate.effects.methods import Analysis, Distribution
from asteroid_repro.evaluate.performance import study_analysis
from asteroid_repro.mechanism.mechanism import Mechanism, solve
from asteroid_repro.tables.result_table import ResultTable
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.trial.changes import EVERY_OUTCOME

Places = Sequence[tuple[str, float]]
"""Outcome and week of every row, the weeks of an outcome together."""

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
    """

    outcome: str
    week: float
    measure: str
    base: float
    changed: float
    change: float
    mcse: float


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
    label : str
        ``SIMULATED`` with both scenarios, analysis, trials and seed.
    """

    rows: tuple[MeasureChange, ...]
    verdicts: tuple[VerdictChange, ...]
    differences: Mapping[str, tuple[Any, Any]]
    trials: int
    stopped: bool
    analysis: Analysis
    label: str


def what_if(
    base: TrialAssumptions,
    changed: TrialAssumptions,
    *,
    trials: int | Literal["auto"] = 20_000,
    seed: int,
    method: str | None = None,
    distribution: Distribution | None = None,
    level: float | None = None,
    target_mcse: float = TARGET_MCSE,
    n_jobs: int = 1,
    executor: Any = None,
    progress: bool = False,
) -> WhatIf:
    r"""Compare two scenarios trial by trial, with the same people, noise and missing visits.

    The standard error of a change D is that of the delete-one-group jackknife over G = 128 groups of trials,
    :math:`\sqrt{\tfrac{G-1}{G} \sum_g (D_{(g)} - \bar D)^2}`; it is that of the paired difference, since both scenarios
    leave out the same trials. Comparing a scenario with itself gives exactly 0.

    Parameters
    ----------
    base, changed : TrialAssumptions
        The scenarios; both randomise anew (equal baselines). Common random numbers need as many people in both: with
        other arm sizes or visits the comparison is still right, but its standard error is that of two independent runs.
        Of scenarios with other visits those are compared that both have.
    trials : int or "auto"
        Simulated trials of each, 256 or more; ``"auto"`` adds pieces of 10,000 until the Monte Carlo standard errors of
        the changes of power and coverage, of every outcome at every visit, are at most ``target_mcse``.
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
    analysis = study_analysis(base, method, distribution, level)
    run = Run(trials, seed, target_mcse, n_jobs, executor, progress)
    populations = base.with_equal_baselines(), changed.with_equal_baselines()
    truths = tuple(true_values(each, analysis.method)[_places(each, weeks)] for each in populations)
    mechanisms = solve(populations[0]), solve(populations[1])
    work = partial(paired_sums, mechanisms, seed, truths=truths, weeks=weeks, analysis=analysis)
    places = [(name, week) for name in base.design.outcome_names for week in weeks]
    totals = sum_pieces(work, run, enough=partial(_is_precise, truths, target_mcse, places))
    _check_usable(totals)
    stopped = "stopped early" if totals.stopped else ""
    return WhatIf(
        rows=_rows(totals.sums, truths, places),
        verdicts=_verdicts(totals.sums, places),
        differences=differences(*populations),
        trials=totals.trials,
        stopped=totals.stopped,
        analysis=analysis,
        label=simulated_label(
            f"{changed.name} against {base.name}", analysis, f"{totals.trials:,} trials each", stopped, f"seed {seed}"
        ),
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
    mechanisms: tuple[Mechanism, Mechanism],
    seed: int,
    block: int,
    size: int,
    *,
    truths: tuple[np.ndarray, ...],
    weeks: tuple[float, ...],
    analysis: Analysis,
) -> dict[str, np.ndarray]:
    """Simulate a piece under both scenarios and add up by group, shape (weeks, outcomes, groups).

    Only trials usable under both scenarios count. A trial's group is its number modulo the groups.
    """
    both = []
    for mechanism, truth in zip(mechanisms, truths, strict=True):
        fit = simulated_estimates(mechanism, seed, block, size, analysis)
        shared = _at(fit, _places(mechanism.assumptions, weeks))
        both.append(trial_figures(shared, truth, mechanism.assumptions.design.outcomes, analysis.level))
    usable = both[0]["usable"] * both[1]["usable"]
    sums = {
        f"{scenario}.{name}": _by_group(figure * usable)
        for scenario, figures in zip(("base", "changed"), both, strict=True)
        for name, figure in figures.items()
    }
    before, after = (figures["favours_treatment"] * usable for figures in both)
    paper_before, paper_after = before[-1].prod(axis=0), after[-1].prod(axis=0)
    return sums | {
        "base.fitted": _by_group(both[0]["usable"]),
        "changed.fitted": _by_group(both[1]["usable"]),
        "trials": _by_group(np.ones_like(usable)),
        "gained": (after * (1 - before)).sum(axis=-1),
        "lost": (before * (1 - after)).sum(axis=-1),
        "paper.usable": _by_group(usable[-1].prod(axis=0)),
        "paper.base": _by_group(paper_before),
        "paper.changed": _by_group(paper_after),
        "paper.gained": (paper_after * (1 - paper_before)).sum(),
        "paper.lost": (paper_before * (1 - paper_after)).sum(),
    }


def _shared_weeks(base: TrialAssumptions, changed: TrialAssumptions) -> tuple[float, ...]:
    if base.design.outcome_names != changed.design.outcome_names:
        raise InputError(
            f"scenarios must have the same outcomes, got {', '.join(base.design.outcome_names)} and "
            f"{', '.join(changed.design.outcome_names)}. Compare scenarios of one study."
        )
    shared = tuple(week for week in base.visits[1:] if week in changed.visits)
    if not shared:
        raise InputError(
            f"visits must have a later week in common, got {list(base.visits)} and {list(changed.visits)}. Change one."
        )
    return shared


def _places(assumptions: TrialAssumptions, weeks: tuple[float, ...]) -> list[int]:
    """Return where some weeks stand among the later visits."""
    return [assumptions.design.visit(week) - 1 for week in weeks]


def _at(fit: Estimates, places: list[int]) -> Estimates:
    """Return the estimates of some of the later visits."""
    if places == list(range(len(fit.estimate))):
        return fit
    whole = {name: np.broadcast_to(each, fit.estimate.shape) for name, each in vars(fit).items()}
    return Estimates(**{name: each[places] for name, each in whole.items()})


def _check_usable(totals: Totals) -> None:
    usable = totals.sums["base.usable"].sum(axis=-1).min()
    if usable < 2:
        raise InputError(
            f"trials must leave 2 usable fits under both scenarios, got {usable:.0f} of {totals.trials}. "
            "Check spread and missing visits."
        )


def _by_group(figures: np.ndarray) -> np.ndarray:
    padding = [(0, 0)] * (figures.ndim - 1) + [(0, -figures.shape[-1] % GROUPS)]
    whole = np.pad(figures, padding)
    sums: np.ndarray = whole.reshape(*whole.shape[:-1], -1, GROUPS).sum(axis=-2)
    return sums


def _is_precise(truths: tuple[np.ndarray, ...], target: float, places: Places, totals: Totals) -> bool:
    if totals.sums["base.usable"].sum(axis=-1).min() < 2:  # hopeless: no further trial would be usable either
        return True
    rows = _rows(totals.sums, truths, places)
    # What is no number, for want of usable fits, cannot get more precise.
    return not any(row.mcse > target for row in rows if row.measure in ("power", "coverage"))


def _rows(
    all_sums: Mapping[str, np.ndarray], truths: tuple[np.ndarray, ...], places: Places
) -> tuple[MeasureChange, ...]:
    found, left_out = [], []
    sums = {name: each for name, each in all_sums.items() if each.ndim == 3}
    whole = {name: each.sum(axis=-1, keepdims=True) for name, each in sums.items()}
    rest = {name: whole[name] - each for name, each in sums.items()}
    for scenario, truth in zip(("base", "changed"), truths, strict=True):
        found.append(_measures(whole, scenario, truth))
        left_out.append(_measures(rest, scenario, truth))
    rows = []
    for number, (name, week) in enumerate(places):
        index, visit = divmod(number, len(truths[0]))
        for measure in found[0]:
            one, other = (float(each[measure][visit, index, 0]) for each in found)
            apart = left_out[1][measure][visit, index] - left_out[0][measure][visit, index]
            rows.append(MeasureChange(name, week, measure, one, other, other - one, _jackknife(apart)))
    return (*rows, _paper_verdict(all_sums, places[-1][1]))


def _paper_verdict(sums: Mapping[str, np.ndarray], week: float) -> MeasureChange:
    """Compare the shares of trials in which every outcome favours the treatment at the last visit."""
    n, before, after = (sums[f"paper.{name}"] for name in ("usable", "base", "changed"))
    with np.errstate(invalid="ignore"):  # no trial in which every fit is usable
        one, other = float(before.sum() / n.sum()), float(after.sum() / n.sum())
        differences = ((after.sum() - after) - (before.sum() - before)) / (n.sum() - n)
    return MeasureChange(EVERY_OUTCOME, week, "favours_treatment", one, other, other - one, _jackknife(differences))


def _jackknife(left_out: np.ndarray) -> float:
    """Return the standard error from the figures with each group left out in turn."""
    # Less the first, lest the mean of equal figures be a rounding off them.
    return float(np.sqrt((GROUPS - 1) * (left_out - left_out[0]).var()))


def _measures(sums: Mapping[str, np.ndarray], scenario: str, truth: np.ndarray) -> dict[str, np.ndarray]:
    """Measures of one scenario over the trials usable under both, but ``failed`` of its own fits."""
    own = {name.removeprefix(f"{scenario}."): each for name, each in sums.items() if name.startswith(f"{scenario}.")}
    trials = sums["trials"]
    return measures(own, truth[..., np.newaxis], trials) | {"failed": 1 - own["fitted"] / trials}


def _verdicts(sums: Mapping[str, np.ndarray], places: Places) -> tuple[VerdictChange, ...]:
    counts = np.stack([sums["gained"].T.ravel(), sums["lost"].T.ravel(), sums["base.usable"].sum(axis=-1).T.ravel()])
    by_outcome = [
        VerdictChange(*place, *(int(count) for count in own)) for place, own in zip(places, counts.T, strict=True)
    ]
    gained, lost, trials = (int(sums[f"paper.{name}"].sum()) for name in ("gained", "lost", "usable"))
    return (*by_outcome, VerdictChange(EVERY_OUTCOME, places[-1][1], gained=gained, lost=lost, trials=trials))

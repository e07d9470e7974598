r"""How far the result rests on what is supposed about missed visits: multiple imputation, pooled by Rubin's rules."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Final, Literal

import numpy as np

from asteroid_repro.errors import InputError, check_choice
from asteroid_repro.estimate.arms import Data, Given, label_of, sign_of_better
from asteroid_repro.estimate.effects.ancova import ancova
from asteroid_repro.estimate.effects.mmrm import mmrm
from asteroid_repro.estimate.effects.moments import Moments, moments
from asteroid_repro.estimate.inference import Estimates, rows_of_numbers
from asteroid_repro.estimate.missing_visits.imputation import Rule, check_imputing, impute, shift_imputed
from asteroid_repro.estimate.missing_visits.rubin import Pooled, pool
from asteroid_repro.estimate.outcome_scores import OutcomeScores, one_outcome
from asteroid_repro.tables.limits import check_level
from asteroid_repro.tables.result_table import ResultTable

CompleteMethod = Literal["ancova", "mmrm"]

_METHODS: Final[Mapping[str, Callable[[Moments], Estimates]]] = {"ancova": ancova, "mmrm": mmrm}


@dataclass(frozen=True)
class Sensitivity(ResultTable):
    """The effect under one supposition about the missed visits.

    Attributes
    ----------
    outcome : str
        Name of the outcome.
    week : float
        Weeks since randomisation.
    method, rule : str
        How each completed trial was analysed, and how it was completed.
    delta : float
        Points by which the imputed scores of the treated are worse.
    estimate, se, ci_low, ci_high : float
        Treatment minus reference, its standard error and its confidence limits, points.
    df : float
        Barnard and Rubin's degrees of freedom.
    p_value : float
        Two-sided.
    within, between : float
        Variance within and between imputations, squared points.
    missing_information : float
        Fraction of the information about the effect that is missing.
    mcse : float
        Standard error of the estimate that is due to the number of imputations, points.
    imputations : int
        Imputations.
    n_treatment, n_reference : int
        People.
    missing_treatment, missing_reference : int
        Those of them without a score at the week.
    level : float
        Confidence level.
    note : str
        What else a reader must know; empty if nothing.
    label : str
        What the data are; empty for a plain table.
    """

    outcome: str
    week: float
    method: str
    rule: str
    delta: float
    estimate: float
    se: float
    df: float
    ci_low: float
    ci_high: float
    p_value: float
    within: float
    between: float
    missing_information: float
    mcse: float
    imputations: int
    n_treatment: int
    n_reference: int
    missing_treatment: int
    missing_reference: int
    level: float
    note: str = ""
    label: str = ""


def sensitivity(
    trial: Data, *, outcome: str, week: float | None = None, rule: Rule = "mar", delta: float = 0.0,
    imputations: int = 50, seed: int, method: CompleteMethod = "ancova", level: float = 0.95,
    treatment: Given = None, reference: Given = None, better: Given = None,
) -> Sensitivity:  # fmt: skip
    """Estimate an effect under a supposition about the visits that were missed.

    All visits of the outcome serve to impute (see ``imputation.py``); every completed
    trial is analysed as if it were complete, and the estimates are pooled by Rubin's rules
    (see ``rubin.py``). Under ``jump_to_reference`` and ``copy_reference`` the pooled
    standard error keeps about the missing information of ``mar`` and is larger than the spread of the estimate over
    repeated trials: intervals cover too often, on purpose [2]_.

    Parameters
    ----------
    trial : Trial or pandas.DataFrame
        A trial, or its table of outcomes. The first week is the baseline.
    outcome : str
        Name of the outcome.
    week : float, optional
        Weeks since randomisation; the last visit when not given.
    rule : {"mar", "jump_to_reference", "copy_reference"}
        What treated people are like who stop coming: like the others of their arm, or like the reference; see
        ``impute``.
    delta : float
        Points by which what was imputed to the treated after the baseline is made worse, whichever way that is.
    imputations : int
        Completed trials.
    seed : int
        Seed of the draws. The same seed gives all rules, deltas and methods the same draws.
    method : {"ancova", "mmrm"}
        Analysis of a completed trial.
    level : float
        Confidence level.
    treatment, reference : str, optional
        The two arms of a plain table, of two or more; a trial has them in its design.
    better : {"lower", "higher"}, optional
        Which way is better: a plain table needs it for a delta other than 0, a trial has it in its design.

    Returns
    -------
    Sensitivity
        The analysis of the data as they are, with ``between`` 0 and a note, if nobody lacks the baseline or the week;
        its degrees of freedom are then those of complete data, which Barnard and Rubin's do not reach.

    Raises
    ------
    InputError
        An unknown outcome, week, rule or method; a seed, delta or number of imputations that cannot be used; a delta
        where nobody said which way is worse; too few scores to impute from; scores that do
        not vary.

    References
    ----------
    .. [1] Rubin (1987), Multiple Imputation for Nonresponse in Surveys. doi:10.1002/9780470316696
    .. [2] Cro, Carpenter & Kenward (2019), J R Stat Soc A 182:623-645. doi:10.1111/rssa.12423

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> trial = simulate_trial(ASTEROID.with_values(missing_treatment=0.2, missing_reference=0.2), seed=2024)
    >>> found = sensitivity(trial, outcome="average_pain", rule="jump_to_reference", seed=1)
    >>> found.missing_treatment + found.missing_reference, 0 < found.missing_information < 1
    (6, True)
    """
    scores = one_outcome(trial, outcome, treatment, reference, better)
    return effects_by_delta(
        scores, [delta], week=week, rule=rule, imputations=imputations, seed=seed, method=method, level=level,
        label=label_of(trial),
    )[0]  # fmt: skip


def effects_by_delta(
    scores: OutcomeScores, deltas: Sequence[float], *, week: float | None, rule: Rule, imputations: int, seed: int,
    method: CompleteMethod, level: float, label: str,
) -> tuple[Sensitivity, ...]:  # fmt: skip
    """Estimate an effect with each of several deltas applied to the same imputations.

    Parameters
    ----------
    scores : OutcomeScores
        Of all visits.
    deltas : sequence of float
        Points by which what was imputed to the treated is made worse.
    week, rule, imputations, seed, method, level
        As in :func:`sensitivity`.
    label : str
        What the data are.

    Returns
    -------
    tuple of Sensitivity
        One a delta, in the order given.

    Raises
    ------
    InputError
        As in :func:`sensitivity`.
    """
    check_level(level)
    check_imputing(rule, imputations)
    _check(deltas, seed, method)
    scores, visit = _visits_seen(scores, week)
    worse = -sign_of_better(scores.outcome, scores.better) if any(deltas) else 1
    points = worse * np.array(deltas, dtype=float)
    complete = not any(np.isnan(own[[0, visit]]).any() for own in scores.both)
    if complete:
        pooled = _alone(scores, visit, len(points), method)
    else:
        drawn = impute(*scores.both, imputations=imputations, rng=np.random.default_rng(seed), rule=rule)
        shifted = shift_imputed(scores.treatment, drawn[0], points)
        pooled = pool(_at(_METHODS[method](moments(shifted, drawn[1][:, :, np.newaxis])), visit - 1))
    scores.check_varies((pooled.estimates.standard_error > 0).all())
    missing, found = [int(np.isnan(own[visit]).sum()) for own in scores.both], []
    for row, numbers in enumerate(rows_of_numbers(pooled.estimates, level)):
        spread = {name: float(getattr(pooled, name)[row]) for name in ("within", "between", "missing_information")}
        found.append(Sensitivity(
            outcome=scores.outcome, week=scores.weeks[visit], method=method, rule=rule, delta=float(deltas[row]),
            mcse=sqrt(spread["between"] / imputations), imputations=imputations, n_treatment=scores.n[0],
            n_reference=scores.n[1], missing_treatment=missing[0], missing_reference=missing[1],
            note=_note(scores, visit, complete=complete, idle=bool(deltas[row]) and not missing[0]),
            level=level, label=label, **numbers, **spread,
        ))  # fmt: skip
    return tuple(found)


def _check(deltas: Sequence[float], seed: int, method: str) -> None:
    check_choice("method", method, _METHODS)
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InputError(f"seed must be a whole number of 0 or more, got {seed!r}. Choose one and report it.")
    odd = [delta for delta in deltas if not isinstance(delta, int | float | np.number) or not np.isfinite(delta)]
    if odd:
        raise InputError(f"delta must be a finite number of points, got {odd[0]!r}. Correct it.")


def _visits_seen(scores: OutcomeScores, week: float | None) -> tuple[OutcomeScores, int]:
    """Return the visits at which somebody was seen, and the number of the week among them."""
    scores.pairs(week)  # refuses an unknown week, and arms with too few pairs
    seen = ~np.logical_and(*(np.isnan(own).all(axis=1) for own in scores.both))
    visit = int(seen[: scores.visit(week)].sum())
    weeks = tuple(week for week, kept in zip(scores.weeks, seen, strict=True) if kept)
    treatment, reference = (own.T[:, seen].T for own in scores.both)
    return replace(scores, weeks=weeks, treatment=treatment, reference=reference), visit


def _alone(scores: OutcomeScores, visit: int, deltas: int, method: CompleteMethod) -> Pooled:
    """Analyse the scores as they are, the same for each delta."""
    used = [np.repeat(own[[0, visit], :, np.newaxis], deltas, axis=2) for own in scores.both]
    fits = _at(_METHODS[method](moments(*used)), 0)
    nothing = np.zeros(deltas)
    return Pooled(fits, fits.standard_error**2, nothing, nothing)


def _at(fits: Estimates, visit: int) -> Estimates:
    return Estimates(fits.estimate[visit], fits.standard_error[visit], fits.df[visit], fits.boundary[visit])


def _note(scores: OutcomeScores, visit: int, *, complete: bool, idle: bool) -> str:
    week, notes = scores.weeks[visit], list[str]()
    if scores.unseen:
        notes.append(f"People without any score, left out: {len(scores.unseen)}.")
    if complete:
        notes.append(f"No score at baseline or week {week} is missing: nothing was imputed.")
    elif idle:
        notes.append(f"Nobody of {scores.arms[0]} lacks week {week}: delta changes nothing.")
    return " ".join(notes)

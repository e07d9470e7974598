r"""How far the result rests on what is supposed about missed visits: multiple imputation, pooled by Rubin's rules."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import sqrt
from typing import Final, Literal

import numpy as np

from asteroid_repro.errors import InputError, check_choice
from asteroid_repro.estimate.arms import Data, Given, label_of, sign_of_better
from asteroid_repro.estimate.effects.ancova import ancova
from asteroid_repro.estimate.effects.mmrm import mmrm
from asteroid_repro.estimate.effects.moments import Moments, moments
from asteroid_repro.estimate.inference import Estimates, rows_of_numbers
from asteroid_repro.estimate.missing_visits.conditional_mean import People, Resampling, conditional_mean_effects
from asteroid_repro.estimate.missing_visits.imputation import check_imputing, impute, shift_imputed
from asteroid_repro.estimate.missing_visits.reference_rules import BaselineView, Rule, check_rule
from asteroid_repro.estimate.missing_visits.rubin import Pooled, pool
from asteroid_repro.estimate.mixed_model.covariates import people_covariates, without_missing
from asteroid_repro.estimate.outcome_scores import OutcomeScores, one_outcome
from asteroid_repro.tables.limits import check_level
from asteroid_repro.tables.result_table import ResultTable

CompleteMethod = Literal["ancova", "mmrm"]
Variance = Literal["rubin", "jackknife", "bootstrap"]

_METHODS: Final[Mapping[str, Callable[[Moments], Estimates]]] = {"ancova": ancova, "mmrm": mmrm}


@dataclass(frozen=True)
class Supposition:
    """What is supposed about missed visits beside the delta of the treatment, and how the variance is found.

    Attributes
    ----------
    rule, baseline, delta_reference, variance
        As in :func:`sensitivity`.
    covariates : numpy.ndarray, shape (people of both arms, covariates)
        Of the treatment arm first.
    """

    rule: Rule = "mar"
    baseline: BaselineView = "covariate"
    delta_reference: float = 0.0
    variance: Variance = "rubin"
    covariates: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))

    def __post_init__(self) -> None:
        """Refuse what is not there."""
        check_rule(self.rule, self.baseline)
        check_choice("variance", self.variance, ("rubin", "jackknife", "bootstrap"))
        if self.variance != "rubin" and self.baseline == "outcome":
            raise InputError("baseline must be covariate for jackknife and bootstrap, got 'outcome'. Use rubin.")


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
    baseline : str
        Whether people who stop are compared at the same baseline (``covariate``) or not (``outcome``).
    delta_reference : float
        Points by which the imputed scores of the reference are worse.
    variance : str
        ``rubin``, or ``jackknife`` or ``bootstrap`` of the conditional mean: then nothing is imputed by chance, and the
        variances within and between and the missing information are NaN.
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
    baseline: str = "covariate"
    delta_reference: float = 0.0
    variance: str = "rubin"


def sensitivity(
    trial: Data, *, outcome: str, week: float | None = None, rule: Rule = "mar", delta: float = 0.0,
    imputations: int = 50, seed: int, method: CompleteMethod = "ancova", level: float = 0.95,
    baseline: BaselineView = "covariate", delta_reference: float = 0.0, covariates: Sequence[str] = (),
    variance: Variance = "rubin", treatment: Given = None, reference: Given = None, better: Given = None,
) -> Sensitivity:  # fmt: skip
    """Estimate an effect under a supposition about the visits that were missed.

    All visits of the outcome serve to impute (see ``imputation.py``); every completed
    trial is analysed as if it were complete, and the estimates are pooled by Rubin's rules
    (see ``rubin.py``). Under the rules that borrow from the reference the pooled standard error keeps about the missing
    information of ``mar`` and is larger than the spread of the estimate over repeated trials: intervals cover too
    often, on purpose [2]_. ``variance="jackknife"`` or ``"bootstrap"`` estimate that spread instead [3]_.

    Parameters
    ----------
    trial : Trial or pandas.DataFrame
        A trial, or its table of outcomes. The first week is the baseline.
    outcome : str
        Name of the outcome.
    week : float, optional
        Weeks since randomisation; the last visit when not given.
    rule : {"mar", "jump_to_reference", "copy_reference", "copy_increments", "last_mean"}
        What treated people are like who stop coming: like the others of their arm, or like the reference; see
        ``reference_rules.py``.
    delta : float
        Points by which what was imputed to the treated after the baseline is made worse, whichever way that is.
    imputations : int
        Completed trials, or samples of the bootstrap (ask for 1000 or so).
    seed : int
        Seed of the draws. The same seed gives all rules, deltas and methods the same draws.
    method : {"ancova", "mmrm"}
        Analysis of a completed trial.
    level : float
        Confidence level.
    baseline : {"covariate", "outcome"}
        Whether people who stop are compared with people of the reference who had the same baseline, or carry their
        distance from the own arm's baseline mean over, which makes an effect of a chance imbalance.
    delta_reference : float
        As delta, for the reference.
    covariates : sequence of str
        Columns that serve to impute and to adjust (method ``ancova``), as in
        :func:`asteroid_repro.estimate_effects`.
    variance : {"rubin", "jackknife", "bootstrap"}
        Multiple imputation, or the conditional mean with people resampled, referred to a standard normal.
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
    .. [3] Wolbers et al. (2022), Pharm Stat 21:1246-1257. doi:10.1002/pst.2234

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> trial = simulate_trial(ASTEROID.with_values(missing_treatment=0.2, missing_reference=0.2), seed=2024)
    >>> found = sensitivity(trial, outcome="average_pain", rule="jump_to_reference", seed=1)
    >>> found.missing_treatment + found.missing_reference, 0 < found.missing_information < 1
    (6, True)
    """
    scores = one_outcome(trial, outcome, treatment, reference, better)
    beside, _, _ = without_missing(people_covariates(trial, scores, covariates), None, np.ones(sum(scores.n), bool))
    columns = np.column_stack([np.empty((sum(scores.n), 0)), *(one.columns for one in beside)])
    _check_rank(np.column_stack([np.ones(len(columns)), columns]))
    supposed = Supposition(rule, baseline, delta_reference, variance, columns)
    return effects_by_delta(
        scores, [delta], week=week, supposed=supposed, imputations=imputations, seed=seed, method=method, level=level,
        label=label_of(trial),
    )[0]  # fmt: skip


def effects_by_delta(
    scores: OutcomeScores, deltas: Sequence[float], *, week: float | None, supposed: Supposition, imputations: int,
    seed: int, method: CompleteMethod, level: float, label: str,
) -> tuple[Sensitivity, ...]:  # fmt: skip
    """Estimate an effect with each of several deltas applied to the same imputations.

    Parameters
    ----------
    scores : OutcomeScores
        Of all visits.
    deltas : sequence of float
        Points by which what was imputed to the treated is made worse.
    week, imputations, seed, method, level
        As in :func:`sensitivity`.
    supposed : Supposition
        What is supposed beside.
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
    check_imputing(supposed.rule, imputations)
    _check([*deltas, supposed.delta_reference], seed, method)
    if method != "ancova" and (supposed.covariates.size or supposed.variance != "rubin"):
        raise InputError(
            f"method must be ancova with covariates, jackknife or bootstrap, got {method!r}. Leave it out."
        )
    scores, visit = _visits_seen(scores, week)
    worse = -sign_of_better(scores.outcome, scores.better) if any([*deltas, supposed.delta_reference]) else 1
    points = worse * np.array([[delta, supposed.delta_reference] for delta in deltas], dtype=float)
    complete = not any(np.isnan(own[[0, visit]]).any() for own in scores.both)
    pooled = _pooled(scores, visit, points, supposed, method, imputations=imputations, seed=seed, complete=complete)
    scores.check_varies((pooled.estimates.standard_error > 0).all())
    missing, found = [int(np.isnan(own[visit]).sum()) for own in scores.both], []
    for row, numbers in enumerate(rows_of_numbers(pooled.estimates, level)):
        spread = {name: float(getattr(pooled, name)[row]) for name in ("within", "between", "missing_information")}
        found.append(Sensitivity(
            outcome=scores.outcome, week=scores.weeks[visit], method=method, rule=supposed.rule,
            delta=float(deltas[row]), mcse=sqrt(np.nan_to_num(spread["between"]) / imputations),
            imputations=imputations, n_treatment=scores.n[0], n_reference=scores.n[1], missing_treatment=missing[0],
            missing_reference=missing[1],
            note=_note(scores, visit, complete=complete, idle=bool(deltas[row]) and not missing[0]), level=level,
            label=label, baseline=supposed.baseline, delta_reference=supposed.delta_reference,
            variance=supposed.variance, **numbers, **spread,
        ))  # fmt: skip
    return tuple(found)


def _pooled(
    scores: OutcomeScores, visit: int, points: np.ndarray, supposed: Supposition, method: CompleteMethod, *,
    imputations: int, seed: int, complete: bool,
) -> Pooled:  # fmt: skip
    """Estimate the effect for each pair of shifts (deltas, 2) by the way supposed."""
    if complete:
        return _alone(scores, visit, len(points), method, supposed.covariates)
    if supposed.variance != "rubin":
        both = np.concatenate(scores.both, axis=1).T
        beside = supposed.covariates if supposed.covariates.size else np.empty((len(both), 0))
        people = People(both, np.arange(len(both)) < scores.n[0], beside)
        how: Resampling = supposed.variance
        fits = conditional_mean_effects(
            people, visit, points, supposed.rule, resampling=how, samples=imputations, seed=seed
        )
        unknown = np.full(len(points), np.nan)
        return Pooled(fits, unknown, unknown, unknown)
    drawn = impute(
        *scores.both, imputations=imputations, rng=np.random.default_rng(seed), rule=supposed.rule,
        baseline=supposed.baseline, covariates=supposed.covariates if supposed.covariates.size else None,
    )  # fmt: skip
    shifted = [shift_imputed(*pair) for pair in zip(scores.both, drawn, points.T, strict=True)]
    if supposed.covariates.size:
        return pool(_adjusted(shifted[0], shifted[1], visit, supposed.covariates))
    return pool(_at(_METHODS[method](moments(*shifted)), visit - 1))


def _adjusted(treatment: np.ndarray, reference: np.ndarray, visit: int, covariates: np.ndarray) -> Estimates:
    """Analyse completed trials (visits, people, ...) by covariance with covariates beside the baseline."""
    scores = np.concatenate([treatment, reference], axis=1)
    later, baseline = (np.moveaxis(scores[number], 0, -1) for number in (visit, 0))
    arm = (np.arange(later.shape[-1]) < treatment.shape[1]) * 1.0
    fixed = np.column_stack([arm, 1 - arm, covariates - covariates.mean(axis=0)])
    beside = np.broadcast_to(fixed, (*later.shape, fixed.shape[1]))
    design = np.concatenate([beside, (baseline - baseline.mean(axis=-1, keepdims=True))[..., np.newaxis]], axis=-1)
    _check_rank(design.reshape(-1, *design.shape[-2:])[0])
    inverse = np.linalg.inv(design.swapaxes(-1, -2) @ design)
    slopes = inverse @ (design.swapaxes(-1, -2) @ later[..., np.newaxis])
    df = later.shape[-1] - design.shape[-1]
    residual = ((later - (design @ slopes)[..., 0]) ** 2).sum(axis=-1) / df
    variance = residual * (inverse[..., 0, 0] + inverse[..., 1, 1] - 2 * inverse[..., 0, 1])
    return Estimates(slopes[..., 0, 0] - slopes[..., 1, 0], np.sqrt(variance), np.array(float(df)))


def _check_rank(design: np.ndarray) -> None:
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise InputError("covariates must not follow from each other or from the baseline, got some that do. Omit one.")


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


def _alone(scores: OutcomeScores, visit: int, deltas: int, method: CompleteMethod, covariates: np.ndarray) -> Pooled:
    """Analyse the scores as they are, the same for each delta."""
    used = [np.repeat(own[[0, visit], :, np.newaxis], deltas, axis=2) for own in scores.both]
    fits = _adjusted(used[0], used[1], 1, covariates) if covariates.size else _at(_METHODS[method](moments(*used)), 0)
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

"""What the treatment changes, against the reference: the verb of a trial's main question."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, get_args

import numpy as np

from asteroid_repro.errors import InputError, check_choice
from asteroid_repro.estimate.arms import Data, Given, label_of
from asteroid_repro.estimate.effects.methods import METHODS, Analysis, Distribution, chosen_analysis, estimate_arrays
from asteroid_repro.estimate.inference import Estimates, Likelihood, rows_of_numbers
from asteroid_repro.estimate.likelihood.patterns import MINIMUM_OBSERVED, check_arms
from asteroid_repro.estimate.mixed_model.covariates import Margins, MissingCovariates, people_covariates
from asteroid_repro.estimate.mixed_model.designs import Adjustment, designs
from asteroid_repro.estimate.mixed_model.one_table import FitFacts, Fitted, JointEffect, fit_design
from asteroid_repro.estimate.mixed_model.visit_covariance import COVARIANCES
from asteroid_repro.estimate.outcome_scores import OutcomeScores, outcome_scores
from asteroid_repro.tables.result_table import EstimateRows
from asteroid_repro.tables.rounding import between, decimals, number, p_equals, p_value, percent
from asteroid_repro.trial.design_words import contrast, plain_name
from asteroid_repro.trial.participant_data import Trial

if TYPE_CHECKING:
    import pandas as pd

_NO_MAXIMUM = (
    "{} must have a likelihood with a maximum for {}, got none: too few people for so many weeks, too few of them with "
    "two visits together, or a visit does not vary. Use random_intercept, another covariance or leave a week out."
)
_FORMS = {
    "mmrm": "unstructured",
    "clda": "unstructured",
    "mmrm_compound_symmetry": "compound_symmetry",
    "mmrm_ar1": "ar1",
    "random_intercept": "random_intercept",
}
"""The covariance of each likelihood method; the first two may have any other."""


@dataclass(frozen=True)
class Effect:
    """The effect on one outcome at one visit.

    Attributes
    ----------
    outcome : str
        Name of the outcome.
    week : float
        Weeks since randomisation.
    method, distribution : str
        How it was estimated, and the reference distribution.
    estimate, se, ci_low, ci_high : float
        Treatment minus reference, its standard error and its confidence limits, points.
    df : float
        Degrees of freedom; inf for z.
    p_value : float
        Two-sided.
    n_treatment, n_reference : int
        People per arm the estimate draws on: with a likelihood all with an observed score, else those with both visits.
    better : str
        Which way is better, ``lower`` or ``higher``; empty where neither a design nor the user says so.
    likelihood : str
        ``REML`` or ``ML``.
    covariance : str
        Form of the covariance of a person's visits; ``independent`` for the methods of one week at a time.
    boundary : bool
        Whether a variance was estimated as 0, or the covariance as good as singular.
    """

    outcome: str
    week: float
    method: str
    distribution: str
    estimate: float
    se: float
    df: float
    ci_low: float
    ci_high: float
    p_value: float
    n_treatment: int
    n_reference: int
    better: str
    likelihood: str = "REML"
    covariance: str = ""
    boundary: bool = False


def _direction(one: Effect) -> str:
    """Say whom the interval favours, where somebody says which way is better."""
    if not one.better:
        return ""
    if one.ci_low <= 0 <= one.ci_high:
        return "; the interval holds both benefit and harm"
    benefit = (one.estimate < 0) == (one.better == "lower")
    return f"; in favour of the {'treatment' if benefit else 'reference'}"


@dataclass(frozen=True)
class MarginalMean:
    """The mean of one arm at one week, at the mean of the covariates.

    Attributes
    ----------
    outcome, arm : str
        Name of the outcome and of the arm.
    week : float
        Weeks since randomisation.
    mean, se, ci_low, ci_high : float
        Points; of the change for ``change_score``.
    df : float
        Degrees of freedom; inf for z.
    """

    outcome: str
    arm: str
    week: float
    mean: float
    se: float
    df: float
    ci_low: float
    ci_high: float


class Fits(EstimateRows[FitFacts]):
    """Which fits the effects come from: a row for each outcome, or for each outcome and week."""

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per fit; the fitted covariances of the visits are in ``rows``."""
        return super().to_frame().drop(columns="visit_covariance", errors="ignore")


@dataclass(frozen=True)
class Effects(EstimateRows[Effect]):
    """The effects on every outcome at every later visit: a row for each.

    Attributes
    ----------
    marginal_means : EstimateRows of MarginalMean
        Of each arm at each week, where covariates have their mean.
    joint_tests : EstimateRows of JointEffect
        Of all weeks together, for the likelihood methods.
    fits : Fits
        Covariance, log-likelihood, AIC, BIC, steps and boundary of each fit.
    unseen : mapping of str to tuple
        By outcome, the people who have no score of it and are left out of it.
    contrast : str
        What an effect is the difference of, in words.
    """

    marginal_means: EstimateRows[MarginalMean] = EstimateRows((), 0.95)  # noqa: RUF009 - frozen
    joint_tests: EstimateRows[JointEffect] = EstimateRows((), 0.95)  # noqa: RUF009 - frozen
    fits: Fits = Fits((), 0.95)  # noqa: RUF009 - frozen
    unseen: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    contrast: str = "treatment minus reference"

    def answer(self) -> str:
        """Return the first outcome's effect at its last visit, and what its interval leaves open."""
        if not self.rows:
            return ""
        one = [row for row in self.rows if row.outcome == self.rows[0].outcome][-1]
        digits = decimals(one.se)
        limits = f"({percent(self.level)} limits {between(one.ci_low, one.ci_high, digits)})"
        p = p_equals(p_value(one.p_value))
        where = f"{plain_name(one.outcome)} at week {one.week:g}"
        return f"{where}: {self.contrast} {number(one.estimate, digits)} {limits}, {p}{_direction(one)}."

    def notes(self) -> tuple[str, ...]:
        """Return who is left out, what was done about missing covariates and covariances, and boundaries."""
        edge = "a variance is 0 or the covariance as good as singular."
        said = [
            f"{outcome}: {len(people)} left out without any score ({', '.join(map(str, people))})."
            for outcome, people in self.unseen.items()
        ]
        for fit in self.fits.rows:
            said += [f"{fit.outcome}: {text}" for text in (fit.note, edge if fit.boundary else "") if text]
        return tuple(dict.fromkeys(said))


def estimate_effects(
    trial: Data,
    *,
    method: str | None = None,
    distribution: Distribution | None = None,
    likelihood: Likelihood = "REML",
    level: float = 0.95,
    covariates: Sequence[str] = (),
    missing_covariates: MissingCovariates | None = None,
    covariance: str | Sequence[str] | None = None,
    by_arm: bool = False,
    margins: Margins = "equal",
    treatment: Given = None,
    reference: Given = None,
    better: Given = None,
) -> Effects:
    """Estimate the difference between the arms for each outcome at each later visit.

    Parameters
    ----------
    trial : Trial or pandas.DataFrame
        A trial, or a table with the columns participant, arm, week, outcome and value. The first week is the baseline.
        A missing visit is a missing row or an empty value, the same thing.
    method : str, optional
        ``mmrm``: mixed model for repeated measures, with unstructured covariance if none is asked for;
        ``mmrm_compound_symmetry`` and ``mmrm_ar1``: the same with those; ``random_intercept``: linear mixed model with
        a random intercept per person; ``clda``: mmrm with equal baseline means; ``ancova``: analysis of covariance;
        ``change_score``: pooled t test of the change; ``welch``: Welch's. The last three use the people with both
        visits, the others everybody, supposing visits are missing at random given the observed ones. When not given:
        ``mmrm`` with ``kenward_roger``, which holds its level in small trials.
    distribution : {"z", "t", "satterthwaite", "kenward_roger", "kenward_roger_2009"}, optional
        Reference distribution; when a method is given without one, z for the random intercept and t for the others. For
        the likelihood methods t is Satterthwaite's; Kenward and Roger's of 1997 enlarges the standard error, and that
        of 2009 is the same but for covariances that are not linear in their parameters.
    likelihood : {"REML", "ML"}
        Restricted or full maximum likelihood. ML's variances are too small by the factor (people - 2)/people or so; it
        is what some programs do unasked, with z. Kenward and Roger's distributions need REML.
    level : float
        Confidence level.
    covariates : sequence of str
        Columns that say something of each person, numbers or text (a factor): ``"age"``, ``"C(site)"`` to make a factor
        of numbers, ``"age:week"`` for a slope at every week. With ``"baseline"`` the first score is no outcome but a
        covariate, and effects are adjusted differences. A trial has its covariates among its participants.
    missing_covariates : {"leave_out", "mean", "indicator"}, optional
        What becomes of people who lack one; without a choice they are refused.
    covariance : str or sequence of str, optional
        For ``mmrm`` and ``clda``: ``unstructured``, ``compound_symmetry``, ``ar1``, ``toeplitz``, ``exponential`` (any
        spacing), each but the first also as ``heterogeneous_...``. Of several, the first that has a maximum.
    by_arm : bool
        Whether each arm has its own covariance.
    margins : {"equal", "observed"}
        How levels of a factor are weighted in ``marginal_means``.
    treatment, reference : str, optional
        The two arms of a plain table, of two or more; a trial has them in its design.
    better : {"lower", "higher"}, optional
        Which way is better in a plain table: it is noted in the result, and changes no number.

    Returns
    -------
    Effects
        Treatment minus reference; with marginal means, joint tests and facts of the fits.

    Raises
    ------
    InputError
        A table that cannot be used: columns, arms, duplicates, a constant outcome, a code for missing, too few scores;
        a method, distribution or likelihood that does not exist; a likelihood without a maximum; covariates that are
        unknown, constant, collinear or missing.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> trial = simulate_trial(ASTEROID, seed=2024)
    >>> effects = estimate_effects(trial)
    >>> effects.rows[0].method, effects.rows[0].distribution, effects.to_frame()["df"].unique().tolist()
    ('mmrm', 'kenward_roger', [38.0])
    >>> adjusted = estimate_effects(trial, covariates=["baseline:week", "age_years", "sex"])
    >>> adjusted.fits.rows[0].means, adjusted.rows[0].covariance
    (8, 'unstructured')
    """
    chosen = chosen_analysis(method, distribution, level, likelihood=likelihood)
    forms = _forms(chosen.method, covariance, by_arm=by_arm)
    check_choice("margins", margins, get_args(Margins))
    found = outcome_scores(trial, treatment, reference, better)
    for scores in found:
        chosen.check_spacing(scores.weeks)
    rows, means, joint, facts = [], [], [], []
    for scores in found:
        _check_scores(scores, pairs=METHODS[chosen.method].pairs)
        adjustment = Adjustment(people_covariates(trial, scores, covariates), missing_covariates, margins)
        if chosen.method == "welch":
            rows += list(_welch(scores, chosen, adjustment))
            continue
        for fit in _fits(scores, chosen, adjustment, forms, by_arm=by_arm):
            rows += list(_effects(scores, chosen, fit))
            means += list(_means(scores, chosen, fit))
            joint += [] if METHODS[chosen.method].pairs else list(fit.joint(chosen.distribution))
            facts.append(fit.facts)
    label = label_of(trial)
    tables = EstimateRows(tuple(means), level, label), EstimateRows(tuple(joint), level, label)
    said = contrast(trial.design) if isinstance(trial, Trial) else " minus ".join(found[0].arms)
    unseen = {scores.outcome: scores.unseen for scores in found if scores.unseen}
    return Effects(tuple(rows), level, label, *tables, Fits(tuple(facts), level, label), unseen, said)


def _forms(method: str, covariance: str | Sequence[str] | None, *, by_arm: bool) -> tuple[str, ...]:
    """Return the covariances to try in turn."""
    if covariance is not None and _FORMS.get(method) != "unstructured":
        raise InputError(
            f"covariance must be left out for {method}, got {covariance!r}. Only mmrm and clda have a choice."
        )
    if by_arm and method not in {"mmrm", "clda", "mmrm_ar1", "mmrm_compound_symmetry"}:
        raise InputError(f"by_arm must be left out for {method}. Use mmrm, or welch for a variance of each arm.")
    if covariance is None:
        return (_FORMS.get(method, "independent"),)
    forms = (covariance,) if isinstance(covariance, str) else tuple(covariance)
    if not forms:
        raise InputError("covariance must name at least one form, got none. Leave it out.")
    for form in forms:
        check_choice("covariance", form, COVARIANCES)
    return forms


def _fits(
    scores: OutcomeScores, chosen: Analysis, adjustment: Adjustment, forms: Sequence[str], *, by_arm: bool
) -> Iterator[Fitted]:
    """Fit one outcome, at once or week by week."""
    if chosen.method == "ancova":
        _check_baseline(scores)
    for design in designs(scores, chosen.method, adjustment):
        fit = fit_design(design, forms, chosen.likelihood, outcome=scores.outcome, by_arm=by_arm)
        if fit is None:
            scores.check_varies(not METHODS[chosen.method].pairs and design.varies)
            wanted = chosen.method if forms[0] in _FORMS.values() else f"{chosen.method} with {', '.join(forms)}"
            raise InputError(_NO_MAXIMUM.format(scores.outcome, wanted))
        yield fit


def _effects(scores: OutcomeScores, chosen: Analysis, fit: Fitted) -> Iterator[Effect]:
    """Return the effects of one fit."""
    n_treatment, n_reference = fit.design.people
    for week, numbers in zip(
        fit.design.effects_at, rows_of_numbers(fit.effects(chosen.distribution), chosen.level), strict=True
    ):
        yield Effect(
            outcome=scores.outcome, week=week, method=chosen.method, distribution=chosen.distribution,
            n_treatment=n_treatment, n_reference=n_reference, better=scores.better, likelihood=chosen.likelihood,
            covariance=fit.facts.covariance, boundary=fit.facts.boundary, **numbers,
        )  # fmt: skip


def _means(scores: OutcomeScores, chosen: Analysis, fit: Fitted) -> Iterator[MarginalMean]:
    """Return the marginal means of one fit."""
    where = [(arm, week) for arm in scores.arms for week in fit.design.weeks]
    for (arm, week), numbers in zip(where, rows_of_numbers(fit.means(chosen.distribution), chosen.level), strict=True):
        yield MarginalMean(
            scores.outcome, arm, week, numbers["estimate"], numbers["se"], numbers["df"], numbers["ci_low"],
            numbers["ci_high"],
        )  # fmt: skip


def _welch(scores: OutcomeScores, chosen: Analysis, adjustment: Adjustment) -> Iterator[Effect]:
    """Return Welch's tests, which have a closed form also where an arm does not vary."""
    if adjustment.covariates:
        raise InputError("covariates must be left out for welch. Use change_score or ancova.")
    fit: Estimates = estimate_arrays(*scores.both, method="welch", distribution=chosen.distribution)
    scores.check_varies((fit.standard_error > 0).all())
    people = [_people(own, pairs=True) for own in scores.both]
    for week, numbers, treated, others in zip(
        scores.weeks[1:], rows_of_numbers(fit, chosen.level), *people, strict=True
    ):
        yield Effect(
            outcome=scores.outcome, week=week, method=chosen.method, distribution=chosen.distribution,
            n_treatment=int(treated), n_reference=int(others), better=scores.better, **numbers,
        )  # fmt: skip


def _check_baseline(scores: OutcomeScores) -> None:
    """Refuse a baseline that does not vary within the arms among the people who also have the later visit."""
    for later in range(1, len(scores.weeks)):
        own = [arm[0, ~np.isnan(arm[0] + arm[later])] for arm in scores.both]
        if all(np.ptp(baseline) == 0 for baseline in own):
            raise InputError(
                f"{scores.outcome} must have a baseline that varies within the arms for ancova, got a constant one. "
                "Use change_score."
            )


def _check_scores(scores: OutcomeScores, *, pairs: bool) -> None:
    """Refuse scores from which no effect can be estimated."""
    scores.check_later_visit()
    check_arms(*scores.both, names=scores.arms)
    for arm, own in zip(scores.arms, scores.both, strict=True):
        _check_enough(own, scores.weeks, f"{scores.outcome} of {arm}", pairs=pairs)
    scores.check_varies(any((np.nanmax(own, axis=1) > np.nanmin(own, axis=1)).any() for own in scores.both))


def _check_enough(scores: np.ndarray, weeks: tuple[float, ...], name: str, *, pairs: bool) -> None:
    """Refuse an arm with too few scores; scores of shape (visits, people)."""
    kind, counts, shown = "observed scores", (~np.isnan(scores)).sum(axis=1), weeks
    if pairs and (counts >= MINIMUM_OBSERVED).all():
        kind, counts, shown = "people with both baseline and the visit", _people(scores, pairs=True), weeks[1:]
    if (counts < MINIMUM_OBSERVED).any():
        short = int(np.flatnonzero(counts < MINIMUM_OBSERVED)[0])
        raise InputError(
            f"{name} must have at least 2 {kind} at every week, got {counts[short]} at week {shown[short]}. Omit it."
        )


def _people(scores: np.ndarray, *, pairs: bool) -> np.ndarray:
    """People of an arm that each later visit's estimate draws on, shape (visits - 1,)."""
    observed = ~np.isnan(scores)
    drawn = observed[0] & observed[1:] if pairs else np.broadcast_to(observed.any(axis=0), observed[1:].shape)
    return np.asarray(np.sum(drawn, axis=1))

"""What the treatment changes, against the reference: the verb of a trial's main question."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.arms import Data, Given, label_of
from asteroid_repro.estimate.effects.methods import METHODS, Analysis, Distribution, chosen_analysis, estimate_arrays
from asteroid_repro.estimate.inference import Likelihood, rows_of_numbers
from asteroid_repro.estimate.likelihood.patterns import MINIMUM_OBSERVED, check_arms
from asteroid_repro.estimate.outcome_scores import OutcomeScores, outcome_scores
from asteroid_repro.tables.result_table import EstimateRows
from asteroid_repro.tables.rounding import between, decimals, number, p_equals, p_value, percent
from asteroid_repro.trial.design_words import contrast, plain_name
from asteroid_repro.trial.participant_data import Trial

_NOT_CONVERGED = {
    True: "{} must have a baseline that varies within the arms for {}, got a constant one. Use change_score.",
    False: "{} must have a likelihood with a maximum for {}, got none: too few people have two visits together, or a "
    "visit does not vary. Use random_intercept or leave a week out.",
}
"""What is wrong with an outcome where a method for pairs of visits, or another, finds no estimate."""


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


def _direction(one: Effect) -> str:
    """Say whom the interval favours, where somebody says which way is better."""
    if not one.better:
        return ""
    if one.ci_low <= 0 <= one.ci_high:
        return "; the interval holds both benefit and harm"
    benefit = (one.estimate < 0) == (one.better == "lower")
    return f"; in favour of the {'treatment' if benefit else 'reference'}"


@dataclass(frozen=True)
class Effects(EstimateRows[Effect]):
    """The effects on every outcome at every later visit: a row for each.

    Attributes
    ----------
    unseen : mapping of str to tuple
        By outcome, the people who have no score of it and are left out of it.
    contrast : str
        What an effect is the difference of, in words.
    """

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
        """Return who is left out of which outcome."""
        return tuple(
            f"{outcome}: {len(people)} left out without any score ({', '.join(map(str, people))})."
            for outcome, people in self.unseen.items()
        )


def estimate_effects(
    trial: Data,
    *,
    method: str | None = None,
    distribution: Distribution | None = None,
    likelihood: Likelihood = "REML",
    level: float = 0.95,
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
        ``mmrm``: mixed model for repeated measures with unstructured covariance, ``mmrm_compound_symmetry`` and
        ``mmrm_ar1`` with structured ones; ``random_intercept``: linear mixed model with a random intercept per person;
        ``clda``: mmrm with equal baseline means; ``ancova``: analysis of covariance; ``change_score``: pooled t test of
        the change; ``welch``: Welch's. The last three use the people with both visits, the others everybody, supposing
        visits are missing at random given the observed ones. When not given: ``mmrm`` with ``kenward_roger``, which
        holds its level in small trials.
    distribution : {"z", "t", "satterthwaite", "kenward_roger"}, optional
        Reference distribution; when a method is given without one, z for the random intercept and t for the others. For
        the likelihood methods t is Satterthwaite's; Kenward and Roger's is that of 1997 and enlarges the standard
        error.
    likelihood : {"REML", "ML"}
        Restricted or full maximum likelihood. ML's variances are too small by the factor (people - 2)/people or so; it
        is what some programs do unasked, with z. Kenward and Roger's distribution needs REML.
    level : float
        Confidence level.
    treatment, reference : str, optional
        The two arms of a plain table, of two or more; a trial has them in its design.
    better : {"lower", "higher"}, optional
        Which way is better in a plain table: it is noted in the result, and changes no number.

    Returns
    -------
    Effects
        Treatment minus reference.

    Raises
    ------
    InputError
        A table that cannot be used: columns, arms, duplicates, a constant outcome, a code for missing, too few scores;
        a method, distribution or likelihood that does not exist; a likelihood without a maximum.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> effects = estimate_effects(simulate_trial(ASTEROID, seed=2024))
    >>> effects.rows[0].method, effects.rows[0].distribution, effects.to_frame()["df"].unique().tolist()
    ('mmrm', 'kenward_roger', [38.0])
    """
    chosen = chosen_analysis(method, distribution, level, likelihood=likelihood)
    found = outcome_scores(trial, treatment, reference, better)
    for scores in found:
        chosen.check_spacing(scores.weeks)
    rows = tuple(row for scores in found for row in _effects(scores, chosen))
    unseen = {scores.outcome: scores.unseen for scores in found if scores.unseen}
    said = contrast(trial.design) if isinstance(trial, Trial) else " minus ".join(found[0].arms)
    return Effects(rows, level, label_of(trial), unseen, said)


def _effects(scores: OutcomeScores, chosen: Analysis) -> Iterator[Effect]:
    """Estimate one outcome at each later visit."""
    pairs = METHODS[chosen.method].pairs
    _check_scores(scores, pairs=pairs)
    fit = estimate_arrays(
        *scores.both, method=chosen.method, distribution=chosen.distribution, likelihood=chosen.likelihood
    )
    if not fit.converged.all():
        raise InputError(_NOT_CONVERGED[pairs].format(scores.outcome, chosen.method))
    scores.check_varies((fit.standard_error > 0).all())
    numbers_of_weeks = rows_of_numbers(fit, chosen.level)
    people = [_people(own, pairs=pairs) for own in scores.both]
    for week, numbers, treated, others in zip(scores.weeks[1:], numbers_of_weeks, *people, strict=True):
        yield Effect(
            outcome=scores.outcome, week=week, method=chosen.method, distribution=chosen.distribution,
            n_treatment=int(treated), n_reference=int(others), better=scores.better, **numbers,
        )  # fmt: skip


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

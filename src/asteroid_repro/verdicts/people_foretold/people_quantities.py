"""What can be foretold of a trial's people, computed alike from simulated and from real ones."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from asteroid_repro.estimate.effects.methods import estimate_arrays
from asteroid_repro.estimate.inference import confidence_interval
from asteroid_repro.trial.design import Design

Quantities = dict[str, np.ndarray]
"""One value a trial, shape (trials,), by the name of the quantity."""

METHODS: Final[Mapping[str, Mapping[str, Any]]] = {
    "ancova": {"method": "ancova", "distribution": "t"},
    "change_score": {"method": "change_score", "distribution": "t"},
}
"""The analyses whose estimates are foretold, beside the study's own and the plain difference at the visit."""


def people_quantities(design: Design, outcome: str, treatment: np.ndarray, reference: np.ndarray) -> Quantities:
    r"""Reduce the scores of trials to quantities of their people.

    Named ``outcome.week12.treatment.mean``, ``.sd`` (:math:`n - 1`) and, on a scale with ends, ``.at_end``, the share
    of people at the better end; ``outcome.week12.sd``, pooled within arms; ``outcome.week12.difference`` of the means,
    treatment minus reference; ``outcome.week12.correlation`` with baseline, pooled within arms; and
    ``outcome.week12.ancova.estimate``, ``.se``, ``.ci_low`` and ``.ci_high``, for each analysis of :data:`METHODS` and
    the study's own.

    Parameters
    ----------
    design : Design
        Visits, the scale of the outcome and the study's analysis.
    outcome : str
        Its name.
    treatment, reference : numpy.ndarray, shape (visits, people of the arm, trials)
        Scores, NaN where a visit is missing. Only people with the first and the last visit count.

    Returns
    -------
    dict of str to numpy.ndarray, shape (trials,)

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> scores = np.random.default_rng(1).normal(40, 10, size=(3, 40, 5))
    >>> found = people_quantities(ASTEROID.design, "average_pain", scores[:, :20], scores[:, 20:])
    >>> found["average_pain.week12.ancova.se"].shape
    (5,)
    """
    arms = {"treatment": _completers(treatment), "reference": _completers(reference)}
    found: Quantities = {}
    for visit, week in enumerate(design.visits):
        at = f"{outcome}.week{week:g}"
        for arm, scores in arms.items():
            for name, value in _of_arm(scores[visit], _better_end(design, outcome)):
                found[f"{at}.{arm}.{name}"] = value
        found[f"{at}.sd"] = np.sqrt(_covariance(arms, visit, visit))
        found[f"{at}.difference"] = np.nanmean(arms["treatment"][visit], 0) - np.nanmean(arms["reference"][visit], 0)
        if visit:
            scale = np.sqrt(_covariance(arms, 0, 0) * _covariance(arms, visit, visit))
            found[f"{at}.correlation"] = _covariance(arms, 0, visit) / scale
    return found | dict(_of_analyses(design, outcome, arms))


def _completers(scores: np.ndarray) -> np.ndarray:
    """Return the scores of an arm, those of people without the first or the last visit all missing."""
    present = ~np.isnan(scores[0]) & ~np.isnan(scores[-1])
    return np.where(present, scores, np.nan)


def _better_end(design: Design, outcome: str) -> float | None:
    scale = design.outcome(outcome)
    return scale.minimum if scale.better == "lower" else scale.maximum


def _of_arm(scores: np.ndarray, end: float | None) -> Iterator[tuple[str, np.ndarray]]:
    yield "mean", np.nanmean(scores, axis=0)
    yield "sd", np.nanstd(scores, axis=0, ddof=1)
    if end is not None:
        present = ~np.isnan(scores)
        yield "at_end", (present & (np.abs(scores - end) < 1e-9)).sum(axis=0) / present.sum(axis=0)


def _covariance(arms: Mapping[str, np.ndarray], first: int, second: int) -> np.ndarray:
    """Return the covariance of two visits, pooled within arms, over the people who have both."""
    total: Any = 0.0
    people: Any = 0
    for scores in arms.values():
        both = ~np.isnan(scores[first]) & ~np.isnan(scores[second])
        one, other = (np.where(both, scores[visit], np.nan) for visit in (first, second))
        total = total + np.nansum((one - np.nanmean(one, axis=0)) * (other - np.nanmean(other, axis=0)), axis=0)
        people = people + both.sum(axis=0)
    return np.asarray(total / (people - len(arms)))


def _of_analyses(design: Design, outcome: str, arms: Mapping[str, np.ndarray]) -> Iterator[tuple[str, np.ndarray]]:
    own = {"method": design.analysis.method, "distribution": design.analysis.distribution}
    for name, how in ({design.analysis.method: own} | dict(METHODS)).items():
        fit = estimate_arrays(arms["treatment"], arms["reference"], **how)
        limits = confidence_interval(fit, design.analysis.level)
        parts = {"estimate": fit.estimate, "se": fit.standard_error, "ci_low": limits.low, "ci_high": limits.high}
        for visit, week in enumerate(design.visits[1:]):
            for part, values in parts.items():
                yield f"{outcome}.week{week:g}.{name}.{part}", np.asarray(values[visit])

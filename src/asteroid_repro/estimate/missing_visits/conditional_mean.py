r"""The effect with every missed score put at its expectation under a rule, and its variance by jackknife or bootstrap.

Rubin's rules leave the information that a reference-based rule borrows out of account, so intervals cover too often.
The estimate with missed scores at their conditional mean, from one fit of the mixed model, has a variance over repeated
trials, and resampling people estimates that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.inference import Estimates
from asteroid_repro.estimate.missing_visits.reference_rules import Rule, rule_means
from asteroid_repro.estimate.mixed_model.blocks import make_blocks
from asteroid_repro.estimate.mixed_model.maximum import find_maximum
from asteroid_repro.estimate.mixed_model.visit_covariance import covariance_form

Resampling = Literal["jackknife", "bootstrap"]


@dataclass(frozen=True)
class People:
    """The people of one outcome.

    Attributes
    ----------
    scores : numpy.ndarray, shape (people, visits)
        Points; NaN where missing, the baseline never.
    treated : numpy.ndarray of bool, shape (people,)
        Who is in the treatment arm.
    covariates : numpy.ndarray, shape (people, covariates)
        Numbers, none missing.
    """

    scores: np.ndarray
    treated: np.ndarray
    covariates: np.ndarray

    def take(self, people: np.ndarray) -> "People":
        """Return some of the people, by index."""
        return People(self.scores[people], self.treated[people], self.covariates[people])


def conditional_mean_effects(
    people: People, visit: int, deltas: np.ndarray, rule: Rule, *, resampling: Resampling, samples: int, seed: int
) -> Estimates:
    r"""Estimate the effect at a visit for each of several shifts, referred to a standard normal.

    The mixed model (unstructured, REML) has the later visits as outcomes and the baseline and covariates with a slope
    at every visit. A missed score is :math:`m_u + \Sigma_{us}\Sigma_{ss}^{-1}(y_s - m_s)`, u the unseen and s the seen
    later visits, m the means of the rule; the analysis of covariance follows.

    Parameters
    ----------
    people : People
        Of the trial.
    visit : int
        The number of a later visit.
    deltas : numpy.ndarray, shape (deltas, 2)
        Points added to what was imputed to the treatment and to the reference.
    rule : str
        As in :func:`asteroid_repro.estimate.missing_visits.reference_rules.rule_means`.
    resampling : {"jackknife", "bootstrap"}
        Leave each person out in turn, :math:`SE^2 = \frac{n-1}{n}\sum(\hat\theta_{(i)} - \bar\theta)^2`; or draw people
        with replacement within the arms.
    samples, seed : int
        Of the bootstrap.

    Raises
    ------
    InputError
        A missing baseline, or no maximum of a likelihood.

    References
    ----------
    .. [1] Wolbers, Noci, Delmar, Gower-Page, Yiu & Bartlett (2022), Pharm Stat 21:1246-1257. doi:10.1002/pst.2234
    """
    if np.isnan(people.scores[:, 0]).any():
        raise InputError(f"variance must be rubin where a baseline is missing, got {resampling!r}. Leave it out.")
    estimate = _estimate(people, visit, deltas, rule)
    if resampling == "jackknife":
        number = len(people.scores)
        left = [_estimate(people.take(np.delete(np.arange(number), one)), visit, deltas, rule) for one in range(number)]
        variance = (number - 1) * np.var(left, axis=0)
    else:
        drawn = [_estimate(people.take(sample), visit, deltas, rule) for sample in _resampled(people, samples, seed)]
        variance = np.var(drawn, axis=0, ddof=1)
    return Estimates(estimate, np.sqrt(variance), np.array(np.inf))


def _resampled(people: People, samples: int, seed: int) -> Iterator[np.ndarray]:
    rng = np.random.default_rng(seed)
    arms = np.flatnonzero(people.treated), np.flatnonzero(~people.treated)
    for _ in range(samples):
        yield np.concatenate([rng.choice(arm, len(arm)) for arm in arms])


def _estimate(people: People, visit: int, deltas: np.ndarray, rule: Rule) -> np.ndarray:
    """Return the effect for each shift."""
    completed = _completed(people, rule)
    missed = np.isnan(people.scores[:, visit])[:, np.newaxis]
    shifts = missed * np.where(people.treated[:, np.newaxis], deltas[:, 0], deltas[:, 1])
    baseline = people.scores[:, 0]
    design = np.column_stack([people.treated, np.ones(len(baseline)), baseline - baseline.mean(), people.covariates])
    return np.asarray(np.linalg.lstsq(design, completed[:, visit, np.newaxis] + shifts, rcond=None)[0][0])


def _completed(people: People, rule: Rule) -> np.ndarray:
    """Return scores (people, visits) with the missed ones at their conditional means."""
    own, other, covariance = _fitted(people)
    seen = ~np.isnan(people.scores)
    means = rule_means(own.T, other.T, seen.T, people.treated, rule).T
    completed = people.scores.copy()
    kinds, which = np.unique(seen[:, 1:], axis=0, return_inverse=True)
    for number, kind in enumerate(kinds):
        group, there, gone = np.flatnonzero(which == number), 1 + np.flatnonzero(kind), 1 + np.flatnonzero(~kind)
        if not gone.size:
            continue
        distance = people.scores[np.ix_(group, there)] - means[np.ix_(group, there)]
        among = covariance[np.ix_(there - 1, there - 1)]
        slopes = np.linalg.solve(among, covariance[np.ix_(there - 1, gone - 1)])
        completed[np.ix_(group, gone)] = means[np.ix_(group, gone)] + distance @ slopes
    return completed


def _fitted(people: People) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return everybody's means (people, visits) in the own arm and in the reference, and the covariance later."""
    scores, visits = people.scores, people.scores.shape[1] - 1
    beside = np.column_stack([scores[:, 0], people.covariates])
    beside = (beside - beside.mean(axis=0)) / np.where(np.ptp(beside, axis=0) > 0, beside.std(axis=0), 1)
    each = [np.column_stack([arm, 1.0 - arm, beside]) for arm in (people.treated * 1.0, np.zeros(len(scores)))]
    designs = [np.einsum("nk,vw->nvwk", one, np.eye(visits)).reshape(len(scores), visits, -1) for one in each]
    seen = ~np.isnan(scores[:, 1:]).all(axis=1)
    data = make_blocks(scores[seen, 1:], designs[0][seen], np.zeros(int(seen.sum()), dtype=int))
    fit = None if data is None else find_maximum(data, covariance_form("unstructured", range(visits)), "REML")
    if data is None or fit is None:
        raise InputError(
            "scores must have a likelihood with a maximum, got none: too few people. Use variance='rubin'."
        )
    centre = np.nanmean(scores[seen, 1:])
    own, other = (np.column_stack([scores[:, 0], design @ fit.at.beta * data.scale + centre]) for design in designs)
    return own, other, fit.at.shapes[0].matrix * data.scale**2

r"""What people are like who stop coming: whose means they follow, under each rule and each view of the baseline.

With the baseline as a covariate the mean of arm a at visit v, for a person with baseline :math:`y_0`, is
:math:`\mu_{av} + b_v (y_0 - \mu_{a0})`, :math:`b_v = \Sigma_{v0}/\Sigma_{00}`: a person who stops is compared with
people of the reference who had the same baseline. With the baseline as an outcome it is :math:`\mu_{av}`, and the
person carries the distance from the *own arm's* baseline mean over to the reference: a chance imbalance at baseline
then passes for an effect.
"""

from typing import Final, Literal

import numpy as np

from asteroid_repro.errors import NotYetError, check_choice

Rule = Literal["mar", "jump_to_reference", "copy_reference", "copy_increments", "last_mean"]
BaselineView = Literal["covariate", "outcome"]
RULES: Final[tuple[Rule, ...]] = ("mar", "jump_to_reference", "copy_reference", "copy_increments", "last_mean")


def check_rule(rule: str, baseline: str = "covariate") -> None:
    """Refuse an unknown rule or view of the baseline, and what is not there yet.

    Raises
    ------
    InputError
        With what there is.

    Examples
    --------
    >>> check_rule("mar")
    """
    if rule in {"retrieved_dropout", "retrieved_dropouts"}:
        raise NotYetError(
            "rule must not be retrieved_dropout, which is not supported: scores after stopping must be told apart from "
            "those before. Use mar with the scores of everybody who came."
        )
    check_choice("rule", rule, RULES)
    check_choice("baseline", baseline, ("covariate", "outcome"))


def given_baseline(means: np.ndarray, baseline: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Return the means of people with these baselines.

    Parameters
    ----------
    means : numpy.ndarray, shape (..., visits, people)
        Of everybody alike in arm and covariates.
    baseline : numpy.ndarray, shape (..., people)
        First scores.
    covariance : numpy.ndarray, shape (..., visits, visits)
        Of a person's visits.

    Examples
    --------
    >>> covariance = np.array([[4.0, 2.0], [2.0, 4.0]])
    >>> given_baseline(np.array([[10.0], [20.0]]), np.array([14.0]), covariance).ravel().tolist()
    [14.0, 22.0]
    """
    slopes = covariance[..., :, 0] / covariance[..., :1, 0]
    return np.asarray(means + slopes[..., np.newaxis] * (baseline - means[..., 0, :])[..., np.newaxis, :])


def rule_means(own: np.ndarray, other: np.ndarray, seen: np.ndarray, treated: np.ndarray, rule: Rule) -> np.ndarray:
    """Return the means that people follow under a rule, at the visits they have and those they lack.

    Parameters
    ----------
    own, other : numpy.ndarray, shape (..., visits, people)
        Means of the own arm and of the reference.
    seen : numpy.ndarray of bool, shape (visits, people)
        Who was seen when.
    treated : numpy.ndarray of bool, shape (people,)
        Who is in the treatment arm: the reference follows its own means whatever the rule, and so do treated people who
        come to the last visit.
    rule : str
        ``mar``: the own arm's. ``jump_to_reference``: the reference's from the first visit after the last seen.
        ``copy_reference``: the reference's at every visit. ``copy_increments``: the own arm's mean at the last visit
        seen, and from there the reference's changes. ``last_mean``: the own arm's mean at the last visit seen.

    References
    ----------
    .. [1] Carpenter, Roger & Kenward (2013), J Biopharm Stat 23:1352-1371. doi:10.1080/10543406.2013.834911

    Examples
    --------
    >>> own, other = np.array([[50.0], [40.0], [30.0]]), np.array([[50.0], [48.0], [46.0]])
    >>> seen, treated = np.array([[True], [True], [False]]), np.array([True])
    >>> [float(rule_means(own, other, seen, treated, rule)[2, 0]) for rule in RULES]
    [30.0, 46.0, 46.0, 38.0, 40.0]
    """
    stopped = ~np.logical_or.accumulate(seen[::-1], axis=0)[::-1] & treated
    last = np.maximum(len(seen) - 1 - stopped.sum(axis=0), 0)
    people = np.arange(seen.shape[1])
    if rule == "jump_to_reference":
        return np.where(stopped, other, own)
    if rule == "copy_reference":
        return np.where(stopped.any(axis=0), other, own)
    if rule == "copy_increments":
        left = (own[..., last, people] - other[..., last, people])[..., np.newaxis, :]
        return np.where(stopped, other + left, own)
    if rule == "last_mean":
        return np.where(stopped, own[..., last, people][..., np.newaxis, :], own)
    return own

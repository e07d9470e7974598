r"""Multiple imputation of missed visits: proper draws from a normal model of both arms, at random or by a reference.

Data augmentation rather than sequential regressions: people miss visits and come back, and the regressions give
proper draws only where nobody comes back.
"""

from typing import Final

import numpy as np

from asteroid_repro.errors import InputError, check_whole
from asteroid_repro.estimate.likelihood.patterns import MINIMUM_OBSERVED, check_arms
from asteroid_repro.estimate.missing_visits.reference_rules import (
    BaselineView,
    Rule,
    check_rule,
    given_baseline,
    rule_means,
)

_MOST_IMPUTATIONS = 10_000

BURN_IN: Final = 100
"""Steps of a chain before the one that is kept. What is left of the start shrinks in each step by the largest fraction
of missing information: a fraction of 0.9, far above any for which a trial is still of use, leaves 3 in 100,000."""

_SINGULAR: Final = 1e-10


def impute(
    treatment: np.ndarray, reference: np.ndarray, *, imputations: int, rng: np.random.Generator, rule: Rule = "mar",
    baseline: BaselineView = "covariate", covariates: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    r"""Draw the missing scores of one outcome in one trial several times.

    Scores of a person in arm a are normal with mean :math:`\mu_a` and covariance :math:`\Sigma`, the same in both
    arms. Under the prior :math:`|\Sigma|^{-(V+1)/2}` with V visits, completed scores of n people with means
    :math:`\bar y_a` and pooled cross-products S within the n_a of each arm give

    .. math:: \Sigma \mid y \sim W^{-1}(n - 2, S), \qquad \mu_a \mid \Sigma, y \sim N(\bar y_a, \Sigma / n_a).

    Drawing these in turn with the missing scores given a person's observed ones is data augmentation. Each imputation
    is the end of a chain of its own, so imputations are independent and the first 20 of 50 are the 20 of a shorter
    run; all rules share their chains and their noise. Each covariate has a slope at every visit and takes a degree of
    freedom.

    Parameters
    ----------
    treatment, reference : numpy.ndarray, shape (visits, people of the arm)
        Scores, points; NaN where missing.
    imputations : int
        Two or more.
    rng : numpy.random.Generator
        Where the draws come from.
    rule : {"mar", "jump_to_reference", "copy_reference", "copy_increments", "last_mean"}
        Which means a treated person follows who stops coming; see
        :func:`asteroid_repro.estimate.missing_visits.reference_rules.rule_means`. The distance from the means before is
        kept. Treated people who come back, and the reference, are imputed at random whatever the rule.
    baseline : {"covariate", "outcome"}
        Whether a person is compared with people of the same baseline. A missing baseline is drawn first, at random.
    covariates : numpy.ndarray, shape (people of both arms, covariates), optional
        Of the treatment arm first; none missing.

    Returns
    -------
    tuple of numpy.ndarray, shape (visits, people of the arm, imputations)
        Completed scores of the treatment and the reference, points; observed ones as they were. Imputed ones may lie
        outside the scale: to clip them would bias the means.

    Raises
    ------
    InputError
        An unknown rule, fewer than two imputations, a person without a score, an arm with fewer than two scores at a
        visit, too few people with every visit, or visits that determine each other: the draws have no distribution.

    References
    ----------
    .. [1] Schafer (1997), Analysis of Incomplete Multivariate Data, chapter 5. doi:10.1201/9781439821862
    .. [2] Carpenter, Roger & Kenward (2013), J Biopharm Stat 23:1352-1371. doi:10.1080/10543406.2013.834911

    Examples
    --------
    >>> scores = np.random.default_rng(7).normal(size=(3, 40))
    >>> scores[2, :3] = np.nan
    >>> drawn, _ = impute(scores[:, :20], scores[:, 20:], imputations=5, rng=np.random.default_rng(1))
    >>> drawn.shape, int(np.ptp(drawn, axis=2).astype(bool).sum())
    ((3, 20, 5), 3)
    """
    check_imputing(rule, imputations)
    check_rule(rule, baseline)
    check_arms(treatment, reference)
    both = np.concatenate([treatment, reference], axis=1)
    completed = np.repeat(both[np.newaxis], imputations, axis=0)
    n_treatment = treatment.shape[1]
    if np.isnan(both).any():
        arms = (np.arange(both.shape[1]) >= n_treatment)[:, np.newaxis] == [False, True]
        beside = np.empty((both.shape[1], 0)) if covariates is None else covariates - covariates.mean(axis=0)
        _check_determined(treatment, reference, beside.shape[1])
        _augment(completed, np.column_stack([arms, beside]).astype(float), (rule, baseline), rng)
    last = np.moveaxis(completed, 0, -1)
    return last[:, :n_treatment], last[:, n_treatment:]


def shift_imputed(scores: np.ndarray, imputed: np.ndarray, deltas: np.ndarray) -> np.ndarray:
    """Add points to what was imputed to an arm after the baseline, the same at every missed visit.

    The baseline is before anybody was treated. A shift at one visit does not carry over to the next.

    Parameters
    ----------
    scores : numpy.ndarray, shape (visits, people)
        Of one arm, points; NaN where missing.
    imputed : numpy.ndarray, shape (visits, people, imputations)
        The same scores completed.
    deltas : numpy.ndarray, shape (deltas,)
        Points.

    Returns
    -------
    numpy.ndarray, shape (visits, people, deltas, imputations)
        Points.

    References
    ----------
    .. [1] Cro, Morris, Kenward & Carpenter (2020), Stat Med 39:2815-2842. doi:10.1002/sim.8569

    Examples
    --------
    >>> scores, completed = np.array([[1.0], [np.nan]]), np.array([[[1.0]], [[5.0]]])
    >>> shift_imputed(scores, completed, np.array([0.0, 10.0]))[:, 0, :, 0].tolist()
    [[1.0, 1.0], [5.0, 15.0]]
    """
    shifts = np.isnan(scores)
    shifts[0] = False
    return np.asarray(imputed[:, :, np.newaxis] + shifts[:, :, np.newaxis, np.newaxis] * deltas[:, np.newaxis])


def check_imputing(rule: str, imputations: int) -> None:
    """Refuse an unknown rule, and fewer than two imputations: the variance between them is not known.

    Raises
    ------
    InputError
        With what there is.

    Examples
    --------
    >>> check_imputing("mar", 50)
    """
    check_rule(rule)
    check_whole("imputations", imputations, 2, "50 are usual.", _MOST_IMPUTATIONS)


def _check_determined(treatment: np.ndarray, reference: np.ndarray, covariates: int) -> None:
    """Refuse scores that leave the mean or the covariance open: its distribution given the data would not integrate."""
    for arm, scores in (("treatment", treatment), ("reference", reference)):
        seen = ~np.isnan(scores)
        absent, fewest = np.flatnonzero(~seen.any(axis=0)), int(seen.sum(axis=1).min())
        if absent.size:
            raise InputError(f"{arm} must have an observed score of every person, got none for person {absent[0] + 1}.")
        if fewest < MINIMUM_OBSERVED:
            raise InputError(f"{arm} must have at least 2 observed scores at every visit, got {fewest}. Leave it out.")
    complete = [scores[:, ~np.isnan(scores).any(axis=0)] for scores in (treatment, reference)]
    count, needed = sum(scores.shape[1] for scores in complete), len(treatment) + 2 + covariates
    if count < needed:
        raise InputError(
            f"imputation must have at least {needed} people with every visit, got {count}. Use fewer visits."
        )
    centred = np.concatenate([own - own.mean(axis=1, keepdims=True) for own in complete if own.shape[1]], axis=1)
    spread = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    largest = max(np.nanmax(np.abs(scores)) for scores in (treatment, reference))
    constant = (spread <= _SINGULAR * largest).any()
    if constant or np.linalg.svd(centred / spread, compute_uv=False)[-1] ** 2 < _SINGULAR:
        raise InputError(
            "scores must vary within the arms at every visit and not be collinear, got a singular covariance. Omit it."
        )


def _augment(
    completed: np.ndarray, design: np.ndarray, supposed: tuple[Rule, BaselineView], rng: np.random.Generator
) -> None:
    """Fill, in place, the missing scores (imputations, visits, people) with the ends of as many chains.

    The design (people, 2 + covariates) says who is in which arm, treatment first.
    """
    imputations, visits, people = completed.shape
    observed, number = ~np.isnan(completed[0]), design.shape[1]
    incomplete = np.flatnonzero(~observed.all(axis=0))
    gaps, chains = _gaps(observed, incomplete), (imputations, BURN_IN + 1)
    roots, mean_noise, score_noise = _draw_noise(chains, visits, (people, number, len(incomplete)), rng)
    for own in design[:, :2].T.astype(bool):
        start = np.nanmean(completed[0][:, own], axis=1, keepdims=True)
        completed[:, :, own] = np.where(observed[:, own], completed[:, :, own], start)
    inverse = np.linalg.inv(design.T @ design)
    spread = np.linalg.cholesky(inverse)
    for step in range(BURN_IN + 1):
        fitted = completed @ design @ inverse
        centred = completed - fitted @ design.T
        # Bartlett: with S = L L' and a Wishart A A' of unit scale, L (A A')^-1 L' is inverse Wishart of scale S.
        root = np.linalg.cholesky(centred @ centred.swapaxes(1, 2)) @ roots[:, step]
        means = fitted + root @ mean_noise[:, step] @ spread.T
        if step < BURN_IN:  # the rule is no part of the model the chain explores
            _fill(completed, means @ design.T, root, gaps, score_noise[:, step])
    expected, gaps = _supposed(completed, design, supposed, observed, drawn=(means, root, score_noise[:, BURN_IN]))
    _fill(completed, expected, root, gaps, score_noise[:, BURN_IN])


def _supposed(
    completed: np.ndarray, design: np.ndarray, supposed: tuple[Rule, BaselineView], observed: np.ndarray,
    *, drawn: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> tuple[np.ndarray, list[tuple[np.ndarray, ...]]]:  # fmt: skip
    """Return the means that people follow under the rule (imputations, visits, people), and what is to be filled."""
    (rule, baseline), (means, root, noise) = supposed, drawn
    reference = design.copy()
    reference[:, :2] = [0, 1]
    own, other = means @ design.T, means @ reference.T
    incomplete, known = np.flatnonzero(~observed.all(axis=0)), observed
    if rule != "mar" and baseline == "covariate":
        if not observed[0].all():  # who lacks the baseline has it drawn before anything is compared with it
            _fill(completed, own, root, _gaps(observed, incomplete), noise)
            known = observed.copy()
            known[0] = True
        covariance = root @ root.swapaxes(1, 2)
        plain, (own, other) = own, (given_baseline(each, completed[:, 0], covariance) for each in (own, other))
        ruled = rule_means(own, other, observed, design[:, 0] == 1, rule)
        return np.where((design[:, 0] == 1) & ~observed[-1], ruled, plain), _gaps(known, incomplete)
    return rule_means(own, other, observed, design[:, 0] == 1, rule), _gaps(known, incomplete)


def _gaps(observed: np.ndarray, incomplete: np.ndarray) -> list[tuple[np.ndarray, ...]]:
    """Group the people who miss the same visits.

    A group has its people's columns among all and among the incomplete people, the visits seen and those unseen.
    """
    kinds, which = np.unique(observed[:, incomplete], axis=1, return_inverse=True)
    return [
        (incomplete[which == kind], np.flatnonzero(which == kind), np.flatnonzero(seen), np.flatnonzero(~seen))
        for kind, seen in enumerate(kinds.T)
        if not seen.all()
    ]


def _draw_noise(
    chains: tuple[int, int], visits: int, sizes: tuple[int, int, int], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw all the chance of all chains, imputation first, so that further imputations change no earlier one.

    Roots of inverse Wishart matrices of unit scale, shape (imputations, steps, visits, visits), and standard normals
    for the means and the scores, shape (imputations, steps, visits, means or incomplete people).
    """
    people, means, incomplete = sizes
    # A stream for each purpose: were it one, the number of imputations would shift what comes later.
    squares, below, places, scores = rng.spawn(4)
    triangles = np.tril(below.standard_normal((*chains, visits, visits)), -1)
    own = np.arange(visits)
    triangles[..., own, own] = np.sqrt(squares.chisquare(people - means - own, size=(*chains, visits)))
    roots = np.linalg.inv(triangles).swapaxes(-1, -2)
    return (
        roots,
        places.standard_normal((*chains, visits, means)),
        scores.standard_normal((*chains, visits, incomplete)),
    )


def _fill(
    completed: np.ndarray, expected: np.ndarray, root: np.ndarray, gaps: list[tuple[np.ndarray, ...]], noise: np.ndarray
) -> None:
    """Draw the missing scores given the observed ones, in place.

    A free draw of all visits, moved by the regression of the missing on the observed visits, has the conditional
    distribution; it needs no root of its own for each pattern.
    """
    covariance = root @ root.swapaxes(1, 2)
    for people, position, seen, unseen in gaps:
        free = expected[:, :, people] + root @ noise[:, :, position]
        among = covariance[:, seen]
        slopes = np.linalg.solve(among[:, :, seen], among[:, :, unseen]).swapaxes(1, 2)
        distance = completed[:, seen[:, np.newaxis], people] - free[:, seen]
        completed[:, unseen[:, np.newaxis], people] = free[:, unseen] + slopes @ distance

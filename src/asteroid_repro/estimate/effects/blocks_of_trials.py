"""Give every trial of a batch to the method's form for complete or for missing visits, and collect the results."""

from collections.abc import Callable

import numpy as np

from asteroid_repro.estimate.effects.moments import Moments, moments
from asteroid_repro.estimate.inference import Estimates

FITTED_TOGETHER = 2048
"""Trials fitted together: with fewer the calls cost more than the numbers, with more the sums leave fast memory."""


def estimate_blocks(
    treatment: np.ndarray,
    reference: np.ndarray,
    *,
    complete: Callable[[Moments], Estimates] | None,
    missing: Callable[[np.ndarray, np.ndarray], Estimates],
    enough: np.ndarray,
) -> Estimates:
    """Estimate every trial of a batch.

    A trial goes its own way whatever the others of the batch lack, so that its result depends on them by rounding only.

    Parameters
    ----------
    treatment, reference : numpy.ndarray, shape (visits, people of the arm, ...)
        Scores, points; NaN where a visit is missing.
    complete : callable or None
        Method for trials without a missing visit; None sends them the other way.
    missing : callable
        Method for arrays of shape (visits, people of the arm, trials).
    enough : numpy.ndarray of bool, shape (...)
        The trials with enough observed scores to try.

    Returns
    -------
    Estimates
        Shape (visits - 1, ...); NaN and not converged for trials not tried.

    Examples
    --------
    >>> from asteroid_repro.estimate.effects.change import change_score
    >>> from asteroid_repro.estimate.effects.visit_pairs import visit_pairs
    >>> scores = np.random.default_rng(7).normal(size=(3, 40, 2))
    >>> fit = estimate_blocks(
    ...     scores[:, :20], scores[:, 20:], complete=None, enough=np.array([True, False]),
    ...     missing=lambda one, other: change_score(visit_pairs(one, other)))
    >>> fit.df.tolist()
    [[38.0, nan], [38.0, nan]]
    """
    full = np.zeros(treatment.shape[2:], dtype=bool)
    if complete is not None:
        full = ~(np.isnan(treatment.sum(axis=(0, 1))) | np.isnan(reference.sum(axis=(0, 1))))
        if full.all():
            return complete(moments(treatment, reference))
    arms = [scores.reshape(*scores.shape[:2], -1) for scores in (treatment, reference)]
    rest = np.flatnonzero((enough & ~full).ravel())
    parts = [rest[start : start + FITTED_TOGETHER] for start in range(0, len(rest), FITTED_TOGETHER)]
    fits = [(part, missing(*(_taken(arm, part) for arm in arms))) for part in parts]
    if complete is not None and full.any():
        part = np.flatnonzero(full.ravel())
        fits.append((part, complete(moments(*(_taken(arm, part) for arm in arms)))))
    return _joined(fits, (len(treatment) - 1, *treatment.shape[2:]))


def _taken(scores: np.ndarray, trials: np.ndarray) -> np.ndarray:
    """Return some trials, in ascending order; neighbours need no copy, and copying costs as much as half a fit."""
    span = scores[..., trials[0] : trials[-1] + 1]
    return span if span.shape[-1] == len(trials) else np.take(span, trials - trials[0], axis=-1)


def _joined(fits: list[tuple[np.ndarray, Estimates]], shape: tuple[int, ...]) -> Estimates:
    arrays = [np.full((shape[0], int(np.prod(shape[1:]))), empty) for empty in (np.nan, np.nan, np.nan, False, False)]
    for part, fit in fits:
        for whole, own in zip(arrays, vars(fit).values(), strict=True):
            whole[:, part] = own
    return Estimates(*(whole.reshape(shape) for whole in arrays))

"""The scores and the design of one outcome, put together by the visits that people have: the patterns that occur."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Block:
    """People with the same visits and the same covariance.

    Attributes
    ----------
    visits : numpy.ndarray of int, shape (own visits,)
        The visits they have, among all.
    group : int
        Whose covariance they have: 0 for everybody, or the number of the arm.
    scores : numpy.ndarray, shape (people, own visits)
        Standardised.
    design : numpy.ndarray, shape (people, own visits, means)
        What multiplies each mean or slope.
    """

    visits: np.ndarray
    group: int
    scores: np.ndarray
    design: np.ndarray


@dataclass(frozen=True)
class Blocks:
    """One outcome of one trial.

    Scores are taken from their mean, in units of their residual standard deviation without correlation; so the fit is
    the same wherever a scale begins and whatever its unit.

    Attributes
    ----------
    blocks : tuple of Block
        Everybody with an observed score.
    groups : int
        Covariances: 1, or 2 for one an arm.
    means : int
        Columns of the design.
    variances : numpy.ndarray, shape (groups, visits)
        Standardised residual variances without correlation, to begin with.
    scale : float
        Unit of the standardised scores, points.
    """

    blocks: tuple[Block, ...]
    groups: int
    means: int
    variances: np.ndarray
    scale: float

    @property
    def observations(self) -> int:
        """Observed scores."""
        return sum(block.scores.size for block in self.blocks)


def make_blocks(scores: np.ndarray, design: np.ndarray, group: np.ndarray) -> Blocks | None:
    """Sort people by what they have.

    Parameters
    ----------
    scores : numpy.ndarray, shape (people, visits)
        NaN where missing.
    design : numpy.ndarray, shape (people, visits, means)
        Of full rank over the observed scores.
    group : numpy.ndarray of int, shape (people,)
        Whose covariance each person has.

    Returns
    -------
    Blocks or None
        None where the design leaves nothing of the scores: they have no likelihood.

    Examples
    --------
    >>> found = make_blocks(np.array([[1.0, 2.0], [3.0, np.nan], [6.0, 2.0]]), np.ones((3, 2, 1)), np.zeros(3, int))
    >>> [block.visits.tolist() for block in found.blocks], found.observations
    ([[0], [0, 1]], 5)
    """
    seen = ~np.isnan(scores)
    flat, x = scores[seen], design[seen]
    centred = flat - flat.mean()
    residual = np.full(scores.shape, np.nan)
    residual[seen] = centred - x @ np.linalg.lstsq(x, centred, rcond=None)[0]
    free = len(flat) - x.shape[1]
    left = float(np.nansum(residual**2))
    if free < 1 or left <= 1e-20 * max(float(flat @ flat), 1e-300) or left <= 1e-12 * float(centred @ centred):
        return None
    scale = (left / free) ** 0.5
    kinds, which = np.unique(np.column_stack([group, seen]), axis=0, return_inverse=True)
    standard = (scores - flat.mean()) / scale
    blocks = []
    for number, kind in enumerate(kinds):
        people, visits = np.flatnonzero(which == number), np.flatnonzero(kind[1:])
        if visits.size:
            own = np.ix_(people, visits)
            blocks.append(Block(visits, int(kind[0]), standard[own], design[own]))
    groups = int(group.max()) + 1
    return Blocks(tuple(blocks), groups, x.shape[1], _variances(residual / scale, group, groups), scale)


def _variances(residual: np.ndarray, group: np.ndarray, groups: int) -> np.ndarray:
    """Return residual variances (groups, visits), that of all visits where a visit does not vary."""
    squares = np.stack([np.nanmean(residual[group == own] ** 2, axis=0) for own in range(groups)])
    return np.where(squares > 1e-10, squares, 1.0)

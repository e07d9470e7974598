"""What each method fits: which scores, which means and slopes, and which contrasts of them answer the question."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.mixed_model.covariates import (
    BASELINE,
    Covariate,
    Margins,
    MissingCovariates,
    centred,
    without_missing,
)
from asteroid_repro.estimate.outcome_scores import OutcomeScores

PAIRS: Final = ("ancova", "change_score", "welch")
"""The methods that take one later week at a time, in the people who have it and the baseline."""


@dataclass(frozen=True)
class Adjustment:
    """What is adjusted for, and how.

    Attributes
    ----------
    covariates : tuple of Covariate
        Of every person.
    missing : {"leave_out", "mean", "indicator"}, optional
        What becomes of people who lack one.
    margins : {"equal", "observed"}
        Weights of a factor's levels in marginal means.
    """

    covariates: tuple[Covariate, ...] = ()
    missing: MissingCovariates | None = None
    margins: Margins = "equal"

    @property
    def has_baseline(self) -> bool:
        """Whether the baseline is a covariate."""
        return any(one.name == BASELINE for one in self.covariates)


@dataclass(frozen=True)
class Design:
    """One regression: of all visits together, or of one visit.

    Attributes
    ----------
    weeks : tuple of float
        Of the scores.
    effects_at : tuple of float
        Weeks of the effects.
    scores : numpy.ndarray, shape (people, weeks)
        NaN where missing.
    columns : numpy.ndarray, shape (people, weeks, means)
        Means of arms and weeks first, then slopes.
    arm : numpy.ndarray of int, shape (people,)
        0 for the treatment, 1 for the reference.
    means : numpy.ndarray, shape (means, 2, weeks)
        Contrasts that are the marginal means.
    effects : numpy.ndarray, shape (means, effects)
        Contrasts that are the effects.
    joint : mapping of str to numpy.ndarray
        Contrasts that are tested together.
    scale : float
        Sum of the logarithms of the units that slopes were given.
    note : str
        What was done about missing covariates.
    """

    weeks: tuple[float, ...]
    effects_at: tuple[float, ...]
    scores: np.ndarray
    columns: np.ndarray
    arm: np.ndarray
    means: np.ndarray
    effects: np.ndarray
    joint: Mapping[str, np.ndarray]
    scale: float
    note: str

    @property
    def varies(self) -> bool:
        """Whether the scores of some arm vary at some week."""
        own = [self.scores[self.arm == arm] for arm in (0, 1)]
        return any((np.nanmax(scores, axis=0) > np.nanmin(scores, axis=0)).any() for scores in own)

    @property
    def people(self) -> tuple[int, int]:
        """People of the treatment and the reference with an observed score."""
        seen = ~np.isnan(self.scores).all(axis=1)
        return int((seen & (self.arm == 0)).sum()), int((seen & (self.arm == 1)).sum())


def designs(scores: OutcomeScores, method: str, adjustment: Adjustment) -> Iterator[Design]:
    """Yield the regressions of a method: one, or one a later week for the methods of pairs of visits.

    With the baseline among the outcomes an effect is a difference in change; with it as a covariate, in ``ancova`` and
    in ``clda`` it is the difference at the week, adjusted.

    Raises
    ------
    InputError
        Covariates that the method has not, collinear or missing ones.
    """
    if adjustment.has_baseline and method in {"clda", *PAIRS}:
        why = "adjusts for it already" if method in {"ancova", "clda"} else "subtracts it: use ancova to adjust for it"
        raise InputError(f"covariates must not name {BASELINE} for {method}, which {why}. Leave it out.")
    wide = np.concatenate(scores.both, axis=1).T
    arm = np.repeat([0, 1], scores.n)
    if method not in PAIRS:
        first = int(adjustment.has_baseline)
        yield _design(wide[:, first:], scores.weeks[first:], arm, method, adjustment)
        return
    if method == "ancova":
        baseline = Covariate(BASELINE, by_week=False, columns=wide[:, :1], levels=0)
        adjustment = replace(adjustment, covariates=(baseline, *adjustment.covariates))
    for visit in range(1, len(scores.weeks)):
        own = wide[:, visit : visit + 1] - wide[:, :1]
        if method == "ancova":
            own = np.where(np.isnan(own), np.nan, wide[:, visit : visit + 1])
        yield _design(own, scores.weeks[visit : visit + 1], arm, method, adjustment)


def _design(
    scores: np.ndarray, weeks: tuple[float, ...], arm: np.ndarray, method: str, adjustment: Adjustment
) -> Design:
    """Lay the columns of one regression out."""
    seen = ~np.isnan(scores).all(axis=1)
    covariates, stay, note = without_missing(adjustment.covariates, adjustment.missing, seen)
    kept = seen & stay
    scores, arm = scores[kept], arm[kept]
    cells = _cells(len(weeks), shared_baseline=method == "clda")
    columns = np.zeros((len(arm), len(weeks), int(cells.max()) + 1))
    columns[np.arange(len(arm))[:, np.newaxis], np.arange(len(weeks)), cells[arm]] = 1
    covariates = tuple(replace(one, columns=one.columns[kept]) for one in covariates)
    columns, scale = _with_slopes(columns, covariates, ~np.isnan(scores), adjustment.margins)
    means = np.zeros((columns.shape[2], 2, len(weeks)))
    means[cells, [[0], [1]], np.arange(len(weeks))] = 1
    is_change = not (adjustment.has_baseline or method == "clda" or method in PAIRS)
    first = int(is_change or method == "clda")
    apart = means[:, 0] - means[:, 1]
    effects = apart[:, first:] - (apart[:, :1] if is_change else 0)
    joint = _together(effects, is_change=is_change, is_one_test=method == "clda")
    return Design(weeks, weeks[first:], scores, columns, arm, means, effects, joint, scale, note)


def _cells(visits: int, *, shared_baseline: bool) -> np.ndarray:
    """Return the number of the mean of each arm and visit, shape (2, visits)."""
    cells = np.arange(2 * visits).reshape(2, visits)
    if shared_baseline:
        cells[1] = [0, *range(visits, 2 * visits - 1)]
    return cells


def _together(effects: np.ndarray, *, is_change: bool, is_one_test: bool) -> dict[str, np.ndarray]:
    """Return what is tested together: the effects, and whether they are the same at every week."""
    if is_change:
        return {"arm_by_week": effects}
    if is_one_test or effects.shape[1] == 1:
        return {"any_difference": effects}
    return {"any_difference": effects, "arm_by_week": effects[:, 1:] - effects[:, :1]}


def _with_slopes(
    columns: np.ndarray, covariates: Sequence[Covariate], seen: np.ndarray, margins: Margins
) -> tuple[np.ndarray, float]:
    """Add the columns of covariates; return also the sum of the logarithms of their units."""
    scale = 0.0
    for one in covariates:
        own = centred(one, seen.sum(axis=1), margins)
        unit = np.sqrt((own**2).mean(axis=0))
        wide = np.repeat((own / np.where(unit > 0, unit, 1))[:, np.newaxis], seen.shape[1], axis=1)
        if one.by_week:
            wide = np.einsum("nvk,vw->nvwk", wide, np.eye(seen.shape[1])).reshape(*seen.shape, -1)
        columns = np.concatenate([columns, wide], axis=2)
        there = columns[seen]
        if (unit == 0).any() or np.linalg.matrix_rank(there, tol=1e-9 * np.sqrt(len(there))) < there.shape[1]:
            raise InputError(
                f"{one.name} must not follow from arm, week and the covariates before it, got a collinear one. "
                "Leave it out."
            )
        scale += float(np.log(unit).sum()) * (wide.shape[2] // own.shape[1])
    return columns, scale

"""Covariates of people: numbers and factors by name, coded into columns of a design."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import pandas as pd

from asteroid_repro.errors import InputError, check_choice, did_you_mean
from asteroid_repro.estimate.arms import Data
from asteroid_repro.estimate.outcome_scores import OutcomeScores
from asteroid_repro.trial.participant_data import Trial

BASELINE: Final = "baseline"
MissingCovariates = Literal["leave_out", "mean", "indicator"]
Margins = Literal["equal", "observed"]
_ADVICE: Final = "Choose missing_covariates='leave_out' (the person), 'mean' or 'indicator'."


@dataclass(frozen=True)
class Covariate:
    """One covariate, coded.

    Attributes
    ----------
    name : str
        As asked for, without ``:week``.
    by_week : bool
        Whether it has a slope of its own at every week.
    columns : numpy.ndarray, shape (people, columns)
        A number is one column; a factor of J levels is J - 1 columns of 0 and 1. NaN where missing.
    levels : int
        Levels of a factor; 0 for a number.
    """

    name: str
    by_week: bool
    columns: np.ndarray
    levels: int

    @property
    def missing(self) -> np.ndarray:
        """Who lacks it, shape (people,)."""
        return np.asarray(np.isnan(self.columns).any(axis=1))


def people_covariates(trial: Data, scores: OutcomeScores, names: Sequence[str]) -> tuple[Covariate, ...]:
    """Look covariates up, people in the order of the scores, treatment first.

    Parameters
    ----------
    trial : Trial or pandas.DataFrame
        A trial has them in its table of participants, a plain table in columns of its own.
    scores : OutcomeScores
        Of one outcome.
    names : sequence of str
        Columns; ``baseline`` is the first score. ``C(name)`` makes a factor of numbers, as text is unasked;
        ``name:week`` has a slope for every week.

    Raises
    ------
    InputError
        An unknown, repeated, constant or changing covariate.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> from asteroid_repro.estimate.outcome_scores import one_outcome
    >>> trial = simulate_trial(ASTEROID, seed=1)
    >>> found = people_covariates(trial, one_outcome(trial, "disability"), ["age_years", "sex:week"])
    >>> [(one.name, one.by_week, one.columns.shape, one.levels) for one in found]
    [('age_years', False, (40, 1), 0), ('sex', True, (40, 1), 2)]
    """
    if isinstance(names, str):
        raise InputError(f"covariates must be a list of names, got {names!r}. Write [{names!r}].")
    people = scores.participants[0].append(scores.participants[1])
    found: list[Covariate] = []
    for asked in names:
        by_week = asked.endswith(":week")
        term = asked.removesuffix(":week")
        name = term[2:-1] if term.startswith("C(") and term.endswith(")") else term
        if name in [one.name for one in found]:
            raise InputError(f"covariates must name each covariate once, got {name} again. Leave one out.")
        is_baseline = name == BASELINE and name not in _table(trial)
        values = pd.Series(np.concatenate([own[0] for own in scores.both]), people) if is_baseline else None
        values = _values(trial, name).reindex(people) if values is None else values
        found.append(_coded(name, values, by_week=by_week, is_factor=name != term))
    return tuple(found)


def without_missing(
    covariates: Sequence[Covariate], choice: MissingCovariates | None, people: np.ndarray
) -> tuple[tuple[Covariate, ...], np.ndarray, str]:
    """Deal with missing covariates of some people (a mask) as chosen.

    ``mean`` puts the mean of the people who have it, arms together, which is right for what is measured before
    randomisation [1]_; of a factor it is the mean of its columns. ``indicator`` adds a column that says who lacks it.

    Returns
    -------
    tuple
        The covariates, the people who stay and what was done, in words.

    Raises
    ------
    InputError
        Missing values and no choice, or an unknown one.

    References
    ----------
    .. [1] White & Thompson (2005), Stat Med 24:993-1007. doi:10.1002/sim.1981

    Examples
    --------
    >>> age = Covariate("age", False, np.array([[30.0], [np.nan], [50.0]]), 0)
    >>> filled, stay, said = without_missing([age], "mean", np.ones(3, dtype=bool))
    >>> filled[0].columns.ravel().tolist(), said
    ([30.0, 40.0, 50.0], 'age is missing of 1 person: put at its mean.')
    """
    if choice is not None:
        check_choice("missing_covariates", choice, ("leave_out", "mean", "indicator"))
    stay, said, found = people.copy(), [], []
    for one in covariates:
        lacking = int((one.missing & people).sum())
        if lacking and choice is None:
            raise InputError(f"{one.name} must be known of every person, got {lacking} missing. {_ADVICE}")
        if choice == "leave_out":
            stay &= ~one.missing
        what = {"leave_out": "left out", "mean": "put at its mean", "indicator": "put at its mean, with an indicator"}
        if lacking:
            whom = "1 person" if lacking == 1 else f"{lacking} people"
            said.append(f"{one.name} is missing of {whom}: {what[choice or 'mean']}.")
        found.append(_filled(one, people, indicator=choice == "indicator" and lacking > 0))
    return tuple(found), stay, " ".join(said)


def centred(covariate: Covariate, observations: np.ndarray, margins: Margins) -> np.ndarray:
    """Return the columns around the point at which marginal means are taken.

    A number at its mean over the observed scores; a factor with equal weight for each level, or its observed shares.
    """
    weights = observations / observations.sum()
    centre = weights @ covariate.columns
    if covariate.levels and margins == "equal":
        centre[: covariate.levels - 1] = 1 / covariate.levels
    return np.asarray(covariate.columns - centre)


def _filled(one: Covariate, people: np.ndarray, *, indicator: bool) -> Covariate:
    means = np.nanmean(one.columns[people], axis=0)
    columns = np.where(np.isnan(one.columns), means, one.columns)
    if indicator:
        columns = np.column_stack([columns, one.missing.astype(float)])
    return replace(one, columns=columns)


def _table(trial: Data) -> pd.DataFrame:
    return trial.participants if isinstance(trial, Trial) else trial


def _values(trial: Data, name: str) -> pd.Series:
    """Return one value a person; nobody may have two."""
    table = _table(trial)
    known = [column for column in table.columns if column not in {"participant", "arm", "week", "outcome", "value"}]
    if name not in known:
        hint = did_you_mean(name, [*known, BASELINE])
        raise InputError(f"covariates must be columns of the table or {BASELINE}, got {name!r}.{hint}")
    own = table[["participant", name]].dropna().drop_duplicates()
    twice = own[own["participant"].duplicated()]
    if len(twice):
        raise InputError(
            f"{name} must not change within a person, got several for participant {twice.iloc[0]['participant']}. "
            "Keep what was known at baseline."
        )
    return own.set_index("participant")[name]


def _coded(name: str, values: pd.Series, *, by_week: bool, is_factor: bool) -> Covariate:
    known = values.dropna()
    if known.nunique() < 2:
        got = "none" if known.empty else known.iloc[0]
        raise InputError(f"{name} must vary between people, got {got} for everybody. Leave it out.")
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values) and not is_factor:
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
        if np.isinf(numbers).any():
            raise InputError(f"{name} must be finite, got {numbers[np.isinf(numbers)][0]}. Correct it.")
        return Covariate(name, by_week, numbers[:, np.newaxis], 0)
    levels = sorted(known.unique(), key=lambda value: (str(type(value)), value))
    columns = np.column_stack([(values == level).fillna(False).to_numpy(dtype=float) for level in levels[1:]])
    columns[values.isna().to_numpy()] = np.nan
    return Covariate(name, by_week, columns, len(levels))

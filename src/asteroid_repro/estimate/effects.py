"""What running changes, against the waitlist: the verb of the trial's main question."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from asteroid_repro.errors import InputError, NotYetError, did_you_mean
from asteroid_repro.estimate.ancova import ancova
from asteroid_repro.estimate.inference import Estimates, confidence_interval, p_value
from asteroid_repro.estimate.mmrm import mmrm
from asteroid_repro.estimate.moments import Moments, moments
from asteroid_repro.estimate.random_intercept import random_intercept
from asteroid_repro.schema import ARMS, Trial, check_table

Distribution = Literal["z", "t"]

METHODS: Final[Mapping[str, Callable[[Moments], Estimates]]] = {
    "random_intercept": random_intercept,
    "mmrm": mmrm,
    "ancova": ancova,
}
_DEFAULT_DISTRIBUTION: Final[Mapping[str, Distribution]] = {
    "random_intercept": "z",
    "mmrm": "t",
    "ancova": "t",
}


@dataclass(frozen=True)
class Effect:
    """The effect on one outcome at one visit.

    Attributes
    ----------
    outcome : str
        Name of the outcome.
    week : int
        Weeks since randomisation.
    method, distribution : str
        How it was estimated, and the reference distribution, ``z`` or ``t``.
    estimate, se, ci_low, ci_high : float
        Running minus waitlist, its standard error and its confidence limits, points.
    df : float
        Degrees of freedom; inf for z.
    p_value : float
        Two-sided.
    n_running, n_waitlist : int
        People per arm.
    """

    outcome: str
    week: int
    method: str
    distribution: str
    estimate: float
    se: float
    df: float
    ci_low: float
    ci_high: float
    p_value: float
    n_running: int
    n_waitlist: int


@dataclass(frozen=True)
class Effects:
    """The effects on every outcome at every later visit.

    Attributes
    ----------
    rows : tuple of Effect
        One an outcome and week.
    label : str
        What the data are, for instance ``SIMULATED ...``; empty for a plain table.
    """

    rows: tuple[Effect, ...]
    label: str = ""

    def to_frame(self) -> pd.DataFrame:
        """Return one row per outcome and week, unrounded."""
        return pd.DataFrame([asdict(row) for row in self.rows])

    def _repr_html_(self) -> str:
        return f"<p><strong>{self.label}</strong></p>" + self.to_frame().to_html(index=False)


def estimate_effects(
    trial: Trial | pd.DataFrame,
    *,
    method: str = "random_intercept",
    distribution: Distribution | None = None,
    level: float = 0.95,
) -> Effects:
    """Estimate the difference between the arms for each outcome at each later visit.

    Parameters
    ----------
    trial : Trial or pandas.DataFrame
        A trial, or a table with the columns participant, arm, week, outcome and value. The first week is the baseline.
    method : {"random_intercept", "mmrm", "ancova"}
        Linear mixed model with a random intercept per person (the faithful reproduction), mixed model for repeated
        measures with unstructured covariance, or analysis of covariance.
    distribution : {"z", "t"}, optional
        Reference distribution; by default z for the random intercept (faithful) and t for the others.
    level : float
        Confidence level.

    Returns
    -------
    Effects
        Negative estimates favour running.

    Raises
    ------
    InputError
        A table that cannot be used: columns, arms, duplicates, a constant outcome.
    NotYetError
        A missing visit.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> effects = estimate_effects(simulate_trial(ASTEROID, seed=2024), method="mmrm")
    >>> effects.to_frame()["df"].unique().tolist()
    [38.0]
    """
    chosen = reference_distribution(method, distribution)
    table = check_table(trial.outcomes if isinstance(trial, Trial) else trial, "outcomes")
    if table.empty:
        raise InputError("outcomes must have rows, got none. Give one row per person, week and outcome.")
    _check_people(table)
    people = pd.MultiIndex.from_frame(table[["arm", "participant"]].drop_duplicates())
    rows: list[Effect] = []
    for outcome in sorted(table["outcome"].unique()):
        scores = table[table["outcome"] == outcome].set_index(["arm", "participant", "week"])["value"]
        wide = scores.unstack("week").reindex(people)  # noqa: PD010 - pivot_table would average duplicates away
        rows += _outcome_effects(wide, outcome, method=method, distribution=chosen, level=level)
    return Effects(tuple(rows), trial.label if isinstance(trial, Trial) else "")


def estimate_arrays(
    running: np.ndarray, waitlist: np.ndarray, *, method: str, distribution: Distribution | None = None
) -> Estimates:
    """Estimate one outcome in many trials at once.

    Parameters
    ----------
    running, waitlist : numpy.ndarray, shape (visits, people of the arm, ...)
        Complete scores, points.
    method, distribution : str
        As in :func:`estimate_effects`.

    Returns
    -------
    Estimates
        Arrays of shape (visits - 1, ...).

    Examples
    --------
    >>> scores = np.random.default_rng(7).normal(size=(3, 40, 100))
    >>> estimate_arrays(scores[:, :20], scores[:, 20:], method="ancova").estimate.shape
    (2, 100)
    """
    chosen = reference_distribution(method, distribution)
    fit = METHODS[method](moments(running, waitlist))
    return fit.with_normal_reference() if chosen == "z" else fit


def reference_distribution(method: str, distribution: Distribution | None) -> Distribution:
    """Return the reference distribution to use, the method's own where none is asked for.

    Raises
    ------
    InputError
        An unknown method or distribution.
    """
    if method not in METHODS:
        raise InputError(f"method must be one of {', '.join(METHODS)}, got {method!r}.{did_you_mean(method, METHODS)}")
    if distribution not in {None, "z", "t"}:
        raise InputError(f"distribution must be 'z' or 't', got {distribution!r}. Leave it out for the usual one.")
    return distribution or _DEFAULT_DISTRIBUTION[method]


def _check_people(table: pd.DataFrame) -> None:
    arms = table.groupby("participant")["arm"].nunique()
    if (arms > 1).any():
        raise InputError(
            f"outcomes.arm must be the same in all rows of a person, got two arms for participant "
            f"{arms.index[arms > 1][0]}. Correct the arm."
        )
    repeated = table.duplicated(["participant", "week", "outcome"])
    if repeated.any():
        row = table[repeated].iloc[0]
        raise InputError(
            f"outcomes must have one row per person, week and outcome, got several for participant "
            f"{row['participant']}, week {row['week']}, {row['outcome']}. Remove the duplicates."
        )


def _outcome_effects(
    wide: pd.DataFrame, outcome: str, *, method: str, distribution: Distribution, level: float
) -> list[Effect]:
    """Estimate one outcome from a table with a row per person (arm, participant) and a column per week."""
    running, waitlist = (_complete_scores(wide, arm, outcome) for arm in ARMS)
    fit = estimate_arrays(running, waitlist, method=method, distribution=distribution)
    if not (fit.standard_error > 0).all():
        raise InputError(f"{outcome} must vary within the arms, got a constant. Drop it or correct the values.")
    interval, p = confidence_interval(fit, level), p_value(fit)
    return [
        Effect(
            outcome=outcome,
            week=int(week),
            method=method,
            distribution=distribution,
            estimate=float(fit.estimate[visit]),
            se=float(fit.standard_error[visit]),
            df=float(fit.df[visit]),
            ci_low=float(interval.low[visit]),
            ci_high=float(interval.high[visit]),
            p_value=float(p[visit]),
            n_running=running.shape[1],
            n_waitlist=waitlist.shape[1],
        )
        for visit, week in enumerate(wide.columns[1:])
    ]


def _complete_scores(wide: pd.DataFrame, arm: str, outcome: str) -> np.ndarray:
    """Scores of one arm, shape (visits, people)."""
    if len(wide.columns) < 2:
        raise InputError(f"{outcome} must have a baseline and a later visit, got {len(wide.columns)} week. Add visits.")
    if arm not in wide.index.get_level_values("arm"):
        raise InputError(f"outcomes.arm must have people in both arms, got none in {arm} for {outcome}. Add them.")
    scores = wide.loc[arm]
    missing = np.isnan(scores.to_numpy(dtype=float)).any(axis=1)
    if missing.any():
        raise NotYetError(
            f"{outcome} must have every visit of every person: missing visits are not handled yet, got a missing one "
            f"for participant {scores.index[np.flatnonzero(missing)[0]]}. Complete the table or leave that person out, and say so."
        )
    return scores.to_numpy(dtype=float).T

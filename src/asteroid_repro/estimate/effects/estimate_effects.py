"""What running changes, against the waitlist: the verb of the trial's main question."""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.effects.inference import Estimates, confidence_interval, p_value
from asteroid_repro.estimate.effects.methods import (
    METHODS,
    Distribution,
    check_spacing,
    estimate_arrays,
    reference_distribution,
)
from asteroid_repro.estimate.likelihood.patterns import MINIMUM_OBSERVED
from asteroid_repro.estimate.people.paired_scores import outcomes_table
from asteroid_repro.tables.schema import ARMS, Trial

__all__ = [
    "METHODS",
    "Distribution",
    "Effect",
    "Effects",
    "estimate_arrays",
    "estimate_effects",
    "reference_distribution",
]


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
        How it was estimated, and the reference distribution.
    estimate, se, ci_low, ci_high : float
        Running minus waitlist, its standard error and its confidence limits, points.
    df : float
        Degrees of freedom; inf for z.
    p_value : float
        Two-sided.
    n_running, n_waitlist : int
        People per arm the estimate draws on: with a likelihood all with an observed score, else those with both visits.
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
        A missing visit is a missing row or an empty value, the same thing.
    method : str
        ``random_intercept``: linear mixed model with a random intercept per person (the faithful reproduction);
        ``mmrm``: mixed model for repeated measures with unstructured covariance, ``mmrm_compound_symmetry`` and
        ``mmrm_ar1`` with structured ones; ``clda``: the same with equal baseline means; ``ancova``: analysis of
        covariance; ``change_score``: pooled t test of the change; ``welch``: Welch's. The last three use the people
        with both visits, the others everybody, supposing visits are missing at random given the observed ones.
    distribution : {"z", "t", "satterthwaite", "kenward_roger"}, optional
        Reference distribution; by default z for the random intercept (faithful) and t for the others. For the
        likelihood methods t is Satterthwaite's; Kenward and Roger's is that of 1997 and enlarges the standard error.
    level : float
        Confidence level.

    Returns
    -------
    Effects
        Negative estimates favour running.

    Raises
    ------
    InputError
        A table that cannot be used: columns, arms, duplicates, a constant outcome, a person without any score, too few
        scores; a method or distribution that does not exist; a likelihood without a maximum.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> effects = estimate_effects(simulate_trial(ASTEROID, seed=2024), method="mmrm")
    >>> effects.to_frame()["df"].unique().tolist()
    [38.0]
    """
    chosen = reference_distribution(method, distribution)
    table = outcomes_table(trial)
    people = pd.MultiIndex.from_frame(table[["arm", "participant"]].drop_duplicates())
    weeks = pd.Index(sorted(table["week"].unique()), name="week")
    check_spacing(method, list(weeks))
    rows: list[Effect] = []
    for outcome in sorted(table["outcome"].unique()):
        scores = table[table["outcome"] == outcome].set_index(["arm", "participant", "week"])["value"]
        wide = scores.unstack("week").reindex(index=people, columns=weeks)  # noqa: PD010 - pivot_table would average duplicates away
        rows += _outcome_effects(wide, outcome, method=method, distribution=chosen, level=level)
    return Effects(tuple(rows), trial.label if isinstance(trial, Trial) else "")


def _outcome_effects(
    wide: pd.DataFrame, outcome: str, *, method: str, distribution: Distribution, level: float
) -> list[Effect]:
    """Estimate one outcome from a table with a row per person (arm, participant) and a column per week."""
    running, waitlist = (_scores(wide, arm, outcome, pairs=METHODS[method].pairs) for arm in ARMS)
    _check_spread(running, waitlist, outcome)
    fit = estimate_arrays(running, waitlist, method=method, distribution=distribution)
    _check_fit(fit, outcome, method)
    interval, p = confidence_interval(fit, level), p_value(fit)
    people_running, people_waitlist = (_people(scores, pairs=METHODS[method].pairs) for scores in (running, waitlist))
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
            n_running=int(people_running[visit]),
            n_waitlist=int(people_waitlist[visit]),
        )
        for visit, week in enumerate(wide.columns[1:])
    ]


def _scores(wide: pd.DataFrame, arm: str, outcome: str, *, pairs: bool) -> np.ndarray:
    """Scores of one arm, shape (visits, people), NaN where missing."""
    if len(wide.columns) < 2:
        raise InputError(f"{outcome} must have a baseline and a later visit, got {len(wide.columns)} week. Add visits.")
    if arm not in wide.index.get_level_values("arm"):
        raise InputError(f"outcomes.arm must have people in both arms, got none in {arm} for {outcome}. Add them.")
    own = wide.loc[arm]
    scores: np.ndarray = own.to_numpy(dtype=float).T
    if scores.shape[1] < MINIMUM_OBSERVED:
        raise InputError(f"{arm} must have at least 2 people, got {scores.shape[1]}. Its spread is not known.")
    absent = np.isnan(scores).all(axis=0)
    if absent.any():
        raise InputError(
            f"{outcome} must have an observed score of every person, got none for participant "
            f"{own.index[np.flatnonzero(absent)[0]]}. Leave that person out of the table, and say so."
        )
    _check_enough(scores, wide.columns, f"{outcome} of {arm}", pairs=pairs)
    return scores


def _check_enough(scores: np.ndarray, weeks: pd.Index, name: str, *, pairs: bool) -> None:
    """Refuse an arm with too few scores; scores of shape (visits, people)."""
    kind, counts, shown = "observed scores", (~np.isnan(scores)).sum(axis=1), weeks
    if pairs and (counts >= MINIMUM_OBSERVED).all():
        kind, counts, shown = "people with both baseline and the visit", _people(scores, pairs=True), weeks[1:]
    if (counts < MINIMUM_OBSERVED).any():
        short = int(np.flatnonzero(counts < MINIMUM_OBSERVED)[0])
        raise InputError(
            f"{name} must have at least 2 {kind} at every week, got {counts[short]} at week {shown[short]}. "
            "Leave that week out, or give the outcome its own table."
        )


def _people(scores: np.ndarray, *, pairs: bool) -> np.ndarray:
    """People of an arm that each later visit's estimate draws on, shape (visits - 1,)."""
    observed = ~np.isnan(scores)
    drawn = observed[0] & observed[1:] if pairs else np.broadcast_to(observed.any(axis=0), observed[1:].shape)
    people: np.ndarray = np.sum(drawn, axis=1)
    return people


def _check_spread(running: np.ndarray, waitlist: np.ndarray, outcome: str) -> None:
    spread = [np.nanmax(scores, axis=1) - np.nanmin(scores, axis=1) for scores in (running, waitlist)]
    if not np.any(spread):
        raise InputError(f"{outcome} must vary within the arms, got a constant. Drop it or correct the values.")


def _check_fit(fit: Estimates, outcome: str, method: str) -> None:
    if method == "ancova" and not fit.converged.all():
        raise InputError(
            f"{outcome} must have a baseline that varies within the arms for ancova, got a constant one. "
            "Use change_score."
        )
    if not fit.converged.all():
        raise InputError(
            f"{outcome} must have a likelihood with a maximum for {method}, got none: too few people have two visits "
            "together, or a visit does not vary. Use random_intercept or leave a week out."
        )
    if not (fit.standard_error > 0).all():
        raise InputError(f"{outcome} must vary within the arms, got a constant. Drop it or correct the values.")

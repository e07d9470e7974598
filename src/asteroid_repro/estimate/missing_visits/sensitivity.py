r"""How far the result rests on what is supposed about missed visits: multiple imputation, pooled by Rubin's rules."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from asteroid_repro.errors import InputError, did_you_mean
from asteroid_repro.estimate.effects.ancova import ancova
from asteroid_repro.estimate.effects.inference import Estimates, confidence_interval, p_value
from asteroid_repro.estimate.effects.mmrm import mmrm
from asteroid_repro.estimate.effects.moments import Moments, moments
from asteroid_repro.estimate.missing_visits.imputation import Rule, check_imputations, check_rule, impute, shift_imputed
from asteroid_repro.estimate.missing_visits.rubin import Pooled, pool
from asteroid_repro.estimate.people.paired_scores import outcomes_table, paired_scores
from asteroid_repro.estimate.safety.limits import check_level
from asteroid_repro.tables.schema import ARMS, Trial

CompleteMethod = Literal["ancova", "mmrm"]

_METHODS: Final[Mapping[str, Callable[[Moments], Estimates]]] = {"ancova": ancova, "mmrm": mmrm}


@dataclass(frozen=True)
class Sensitivity:
    """The effect under one supposition about the missed visits.

    Attributes
    ----------
    outcome : str
        Name of the outcome.
    week : int
        Weeks since randomisation.
    method, rule : str
        How each completed trial was analysed, and how it was completed.
    delta : float
        Points added to the imputed scores of the runners.
    estimate, se, ci_low, ci_high : float
        Running minus waitlist, its standard error and its confidence limits, points.
    df : float
        Barnard and Rubin's degrees of freedom.
    p_value : float
        Two-sided.
    within, between : float
        Variance within and between imputations, squared points.
    missing_information : float
        Fraction of the information about the effect that is missing.
    mcse : float
        Standard error of the estimate that is due to the number of imputations, points.
    imputations : int
        Imputations.
    n_running, n_waitlist : int
        People.
    missing_running, missing_waitlist : int
        Those of them without a score at the week.
    note : str
        What else a reader must know; empty if nothing.
    label : str
        What the data are; empty for a plain table.
    """

    outcome: str
    week: int
    method: str
    rule: str
    delta: float
    estimate: float
    se: float
    df: float
    ci_low: float
    ci_high: float
    p_value: float
    within: float
    between: float
    missing_information: float
    mcse: float
    imputations: int
    n_running: int
    n_waitlist: int
    missing_running: int
    missing_waitlist: int
    note: str = ""
    label: str = ""

    def to_frame(self) -> pd.DataFrame:
        """Return one row, unrounded."""
        return pd.DataFrame([asdict(self)]).drop(columns="label")

    def _repr_html_(self) -> str:
        return f"<p><strong>{self.label}</strong></p>" + self.to_frame().to_html(index=False)


def sensitivity(
    trial: Trial | pd.DataFrame,
    *,
    outcome: str,
    week: int = 12,
    rule: Rule = "mar",
    delta: float = 0.0,
    imputations: int = 50,
    seed: int,
    method: CompleteMethod = "ancova",
    level: float = 0.95,
) -> Sensitivity:
    """Estimate an effect under a supposition about the visits that were missed.

    All visits of the outcome serve to impute (see :mod:`.imputation`); every completed
    trial is analysed as if it were complete, and the estimates are pooled by Rubin's rules
    (see :mod:`.rubin`). Under ``jump_to_reference`` and ``copy_reference`` the pooled
    standard error keeps about the missing information of ``mar`` and is larger than the spread of the estimate over
    repeated trials: intervals cover too often, on purpose [2]_.

    Parameters
    ----------
    trial : Trial or pandas.DataFrame
        A trial, or its table of outcomes. The first week is the baseline.
    outcome : str
        Name of the outcome.
    week : int
        Weeks since randomisation.
    rule : {"mar", "jump_to_reference", "copy_reference"}
        What runners are like who stop coming: like the other runners, or like the waitlist; see ``impute``.
    delta : float
        Points added to what was imputed to the runners after the baseline; positive is worse.
    imputations : int
        Completed trials.
    seed : int
        Seed of the draws. The same seed gives all rules, deltas and methods the same draws.
    method : {"ancova", "mmrm"}
        Analysis of a completed trial.
    level : float
        Confidence level.

    Returns
    -------
    Sensitivity
        The analysis of the data as they are, with ``between`` 0 and a note, if nobody lacks the baseline or the week;
        its degrees of freedom are then those of complete data, which Barnard and Rubin's do not reach.

    Raises
    ------
    InputError
        An unknown outcome, week, rule or method; a seed, delta or number of imputations that cannot be used; a person
        without any score; too few scores to impute from; scores that do not vary.

    References
    ----------
    .. [1] Rubin (1987), Multiple Imputation for Nonresponse in Surveys. doi:10.1002/9780470316696
    .. [2] Cro, Carpenter & Kenward (2019), J R Stat Soc A 182:623-645. doi:10.1111/rssa.12423

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> table = simulate_trial(ASTEROID, seed=2024).outcomes
    >>> left = table[(table["week"] < 12) | (table["participant"] % 5 > 0)]  # one in five misses week 12
    >>> found = sensitivity(left, outcome="average_pain", rule="jump_to_reference", seed=1)
    >>> found.missing_running + found.missing_waitlist, 0 < found.missing_information < 1
    (8, True)
    """
    return effects_by_delta(
        trial,
        outcome=outcome,
        deltas=[delta],
        week=week,
        rule=rule,
        imputations=imputations,
        seed=seed,
        method=method,
        level=level,
    )[0]


def effects_by_delta(
    trial: Trial | pd.DataFrame,
    *,
    outcome: str,
    deltas: Sequence[float],
    week: int,
    rule: Rule,
    imputations: int,
    seed: int,
    method: CompleteMethod,
    level: float,
) -> tuple[Sensitivity, ...]:
    """Estimate an effect with each of several deltas added to the same imputations.

    Parameters
    ----------
    deltas : sequence of float
        Points added to what was imputed to the runners.
    trial, outcome, week, rule, imputations, seed, method, level
        As in :func:`sensitivity`.

    Returns
    -------
    tuple of Sensitivity
        One a delta, in the order given.

    Raises
    ------
    InputError
        As in :func:`sensitivity`.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> rows = effects_by_delta(
    ...     simulate_trial(ASTEROID, seed=2024), outcome="disability", deltas=[0, 10], week=12, rule="mar",
    ...     imputations=5, seed=1, method="mmrm", level=0.95)
    >>> [row.df for row in rows], rows[0].estimate == rows[1].estimate
    ([38.0, 38.0], True)
    """
    check_level(level)
    check_rule(rule)
    check_imputations(imputations)
    _check(deltas, seed, method)
    scores = _scores(outcomes_table(trial), outcome, week)
    points = np.array(deltas, dtype=float)
    if scores.complete:
        pooled = _alone(scores, points, method)
    else:
        pooled = _imputed(scores, points, rule=rule, imputations=imputations, seed=seed, method=method)
    if not (pooled.estimates.standard_error > 0).all():
        raise InputError(f"{outcome} must vary within the arms, got a constant. Drop it or correct the values.")
    interval, p = confidence_interval(pooled.estimates, level), p_value(pooled.estimates)
    return tuple(
        Sensitivity(
            outcome=outcome,
            week=week,
            method=method,
            rule=rule,
            delta=float(delta),
            estimate=float(pooled.estimates.estimate[row]),
            se=float(pooled.estimates.standard_error[row]),
            df=float(pooled.estimates.df[row]),
            ci_low=float(interval.low[row]),
            ci_high=float(interval.high[row]),
            p_value=float(p[row]),
            within=float(pooled.within[row]),
            between=float(pooled.between[row]),
            missing_information=float(pooled.missing_information[row]),
            mcse=float(np.sqrt(pooled.between[row] / imputations)),
            imputations=imputations,
            n_running=scores.running.shape[1],
            n_waitlist=scores.waitlist.shape[1],
            missing_running=scores.missing(scores.running),
            missing_waitlist=scores.missing(scores.waitlist),
            note=_note(scores, week, float(delta)),
            label=trial.label if isinstance(trial, Trial) else "",
        )
        for row, delta in enumerate(points)
    )


@dataclass(frozen=True)
class _Scores:
    """Scores of the arms (visits, people), NaN where missing, and the position of the week among the visits."""

    running: np.ndarray
    waitlist: np.ndarray
    visit: int

    @property
    def complete(self) -> bool:
        """Whether nobody lacks the baseline or the week."""
        return not any(np.isnan(arm[[0, self.visit]]).any() for arm in (self.running, self.waitlist))

    def missing(self, arm: np.ndarray) -> int:
        """Return how many people of an arm lack the week."""
        return int(np.isnan(arm[self.visit]).sum())


def _check(deltas: Sequence[float], seed: int, method: str) -> None:
    if method not in _METHODS:
        raise InputError(
            f"method must be one of {', '.join(_METHODS)}, got {method!r}.{did_you_mean(method, _METHODS)}"
        )
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InputError(f"seed must be a whole number of 0 or more, got {seed!r}. Choose one and report it.")
    odd = [delta for delta in deltas if not isinstance(delta, int | float | np.number) or not np.isfinite(delta)]
    if odd:
        raise InputError(f"delta must be a finite number of points, got {odd[0]!r}. Correct it.")


def _scores(table: pd.DataFrame, outcome: str, week: int) -> _Scores:
    """Pick all visits of an outcome, people sorted by identifier."""
    paired_scores(table, outcome, week)  # refuses an unknown outcome or week, and arms with too few pairs
    own = table[table["outcome"] == outcome].set_index(["participant", "week"])["value"]
    wide = own.unstack("week").sort_index(axis=1).dropna(axis=1, how="all")  # noqa: PD010 - no duplicates to average
    people = table.drop_duplicates("participant").set_index("participant")["arm"].sort_index()
    wide = wide.reindex(people.index)
    absent = wide.isna().all(axis=1)
    if absent.any():
        raise InputError(
            f"{outcome} must have an observed score of every person, got none for participant "
            f"{wide.index[absent][0]}. Leave that person out of the table, and say so."
        )
    running, waitlist = (wide[people == arm].to_numpy(dtype=float).T for arm in ARMS)
    return _Scores(running, waitlist, int(np.flatnonzero(wide.columns == week)[0]))


def _alone(scores: _Scores, deltas: np.ndarray, method: CompleteMethod) -> Pooled:
    """Analyse the scores as they are, the same for each delta."""
    used = [
        np.repeat(arm[[0, scores.visit], :, np.newaxis], len(deltas), axis=2)
        for arm in (scores.running, scores.waitlist)
    ]
    fits = _at(_METHODS[method](moments(*used)), 0)
    nothing = np.zeros(len(deltas))
    return Pooled(fits, fits.standard_error**2, nothing, nothing)


def _imputed(
    scores: _Scores, deltas: np.ndarray, *, rule: Rule, imputations: int, seed: int, method: CompleteMethod
) -> Pooled:
    """Complete the scores and pool the estimates, one for each delta."""
    rng = np.random.default_rng(seed)
    drawn = impute(scores.running, scores.waitlist, imputations=imputations, rng=rng, rule=rule)
    running = shift_imputed(scores.running, drawn.running, deltas)
    fits = _METHODS[method](moments(running, drawn.waitlist[:, :, np.newaxis]))
    return pool(_at(fits, scores.visit - 1))


def _at(fits: Estimates, visit: int) -> Estimates:
    return Estimates(fits.estimate[visit], fits.standard_error[visit], fits.df[visit], fits.boundary[visit])


def _note(scores: _Scores, week: int, delta: float) -> str:
    if scores.complete:
        return f"No score at baseline or week {week} is missing: nothing was imputed."
    if delta and not scores.missing(scores.running):
        return f"No runner lacks week {week}: delta changes nothing."
    return ""

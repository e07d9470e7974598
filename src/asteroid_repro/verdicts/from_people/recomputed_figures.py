"""What the tables of people say about the figures that claims are about."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np
import pandas as pd

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.attendance import shares_attended
from asteroid_repro.estimate.effects.estimate_effects import Effect, estimate_effects
from asteroid_repro.estimate.effects.methods import Analysis, chosen_analysis
from asteroid_repro.estimate.outcome_scores import one_outcome
from asteroid_repro.estimate.safety.rates import exposure_hours
from asteroid_repro.ledger.figure import Figure
from asteroid_repro.trial.participant_data import Trial


def figure_of_people(figure: Figure, trial: Trial, analysis: Analysis | None = None) -> float:
    """Compute a figure from the tables of a trial.

    Parameters
    ----------
    figure : Figure
        What a claim is about.
    trial : Trial
        The tables.
    analysis : Analysis, optional
        How effects are estimated; as the design says when not given.

    Returns
    -------
    float
        In the unit of claims; an effect is treatment minus reference.

    Raises
    ------
    InputError
        Why the tables do not give it.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> figure_of_people(Figure(figure="people", arm="treatment"), simulate_trial(ASTEROID, seed=1))
    20.0
    """
    if figure.figure == "effect":
        chosen = analysis or chosen_analysis(own=trial.design.analysis)
        row = effect_of_people(trial, str(figure.outcome), figure.week or 0, chosen, figure.level)
        return float(getattr(row, str(figure.statistic)))
    value = _VALUES[figure.figure](figure, trial)
    if isinstance(value, pd.Series):
        value = _STATISTICS[str(figure.statistic)](value.to_numpy(dtype=float))
    if not np.isfinite(value):
        raise InputError(f"{figure} must come from scores, got none. Nothing to compute.")
    return float(value)


def effect_of_people(trial: Trial, outcome: str, week: float, analysis: Analysis, level: float) -> Effect:
    """Estimate the effect on one outcome at one visit.

    Raises
    ------
    InputError
        Why it cannot be estimated.
    """
    own = replace(trial, outcomes=trial.outcomes[trial.outcomes["outcome"] == outcome])
    arguments: Any = analysis.arguments | {"level": level}
    rows = [row for row in estimate_effects(own, **arguments).rows if row.week == week]
    if not rows:
        raise InputError(f"{outcome} must have scores at week {week:g}, got none. It was not measured.")
    return rows[0]


def _people(figure: Figure, trial: Trial) -> pd.DataFrame:
    if figure.arm is None:
        return trial.participants
    name = trial.design.arm_names[figure.arm == "reference"]
    return trial.participants[trial.participants["arm"] == name]


def _characteristic(figure: Figure, trial: Trial) -> pd.Series:
    name = str(figure.characteristic)
    if name not in trial.participants:
        raise InputError(f"participants must have the column {name}, got none. It is not in the tables.")
    return _people(figure, trial)[name].dropna()


def _number(figure: Figure, trial: Trial) -> pd.Series:
    values = _characteristic(figure, trial)
    if not pd.api.types.is_numeric_dtype(values):
        raise InputError(f"participants.{figure.characteristic} must be numbers, got {values.iloc[0]!r}. No mean.")
    return values


def _share(figure: Figure, trial: Trial) -> float:
    values = _characteristic(figure, trial).map(lambda value: str(value).casefold())
    return 100 * float((values == str(figure.category).casefold()).mean())


def _lost(figure: Figure, trial: Trial) -> float:
    """Count who missed a visit, whatever the outcome: a visit that somebody has, and they have not."""
    scores = trial.outcomes.pivot_table(index="participant", columns=["outcome", "week"], values="value")
    people = _people(figure, trial)["participant"]
    return float(scores.reindex(people).isna().any(axis=1).sum())


def _score(figure: Figure, trial: Trial) -> pd.Series:
    own = one_outcome(trial, str(figure.outcome))
    if figure.week not in own.weeks:
        raise InputError(f"{figure.outcome} must have scores at week {figure.week:g}, got none. It was not measured.")
    visit = own.weeks.index(figure.week)
    scores = np.concatenate(
        [own.both[place][visit] for place, arm in enumerate(("treatment", "reference")) if figure.arm in (None, arm)]
    )
    return pd.Series(scores[~np.isnan(scores)])


def _log(trial: Trial, column: str) -> pd.DataFrame:
    if trial.sessions.empty or column not in trial.sessions:
        raise InputError(f"sessions must have {column}, got none. There is no log of sessions with it.")
    return trial.sessions


def _distance(figure: Figure, trial: Trial) -> pd.Series:
    log = _log(trial, "run_distance_km")
    own = log if figure.week is None else log[log["week"] == figure.week]
    return own.groupby("participant")["run_distance_km"].sum()


def _running_hours(_: Figure, trial: Trial) -> float:
    sessions = trial.sessions_or_totals
    if sessions is None or "run_minutes" not in sessions:
        raise InputError("sessions must have run_minutes, got none. Hours of running are not in the tables.")
    return exposure_hours(sessions, "running_hours")


def _per_week(_: Figure, trial: Trial) -> float:
    log = _log(trial, "week")
    return float(log.groupby(["participant", "week"]).size().mean())


def _length(_: Figure, trial: Trial) -> float:
    lengths = _log(trial, "prescribed_minutes")["prescribed_minutes"].unique()
    if len(lengths) != 1:
        raise InputError(f"sessions must have one length, got {len(lengths)}. No single number says it.")
    return float(lengths[0])


def _adverse_events(figure: Figure, trial: Trial) -> float:
    events = trial.adverse_events
    if "adverse_events" in trial.absent:
        raise InputError("adverse_events must be among the tables, got none. Events cannot be counted.")
    if figure.serious is not None and "serious" not in events:
        raise InputError("adverse_events must have the column serious, got none. It is not in the tables.")
    if figure.kind not in (None, *trial.design.kinds):
        raise InputError(f"adverse_events must have the kind {figure.kind}, got none of it. It is not in the design.")
    own = events[events["participant"].isin(_people(figure, trial)["participant"])]
    own = own if figure.kind is None else own[own["kind"] == figure.kind]
    return float(len(own if figure.serious is None else own[own["serious"] == figure.serious]))


def _eligible(_: Figure, __: Trial) -> float:
    raise InputError("eligible must come from the protocol, got people who were let in. They do not say who may be.")


_VALUES: Final[Mapping[str, Callable[[Figure, Trial], Any]]] = {
    "people": lambda figure, trial: len(_people(figure, trial)),
    "visit": lambda figure, trial: trial.design.visits[figure.visit or 0],
    "eligible": _eligible,
    "characteristic": _number,
    "share": _share,
    "lost": _lost,
    "score": _score,
    "adherence": lambda _, trial: 100 * shares_attended(trial),
    "distance": _distance,
    "running_hours": _running_hours,
    "sessions_per_week": _per_week,
    "session_minutes": _length,
    "programme_weeks": lambda _, trial: _log(trial, "week")["week"].max(),
    "adverse_events": _adverse_events,
}
"""Each figure: one value a person where it comes as a statistic over people, else a number."""

_STATISTICS: Final[Mapping[str, Callable[..., Any]]] = {
    "mean": np.mean,
    "sd": partial(np.std, ddof=1),
    "minimum": np.min,
    "maximum": np.max,
}

"""From a state of the page to its results: calls of the library, with a bounded number of trials."""

from functools import lru_cache
from typing import Final

import pandas as pd

import asteroid_repro as ar
from asteroid_repro.app.state import State
from asteroid_repro.estimate.safety.rates import EventRates
from asteroid_repro.evaluate.performance import Measure, OperatingCharacteristics
from asteroid_repro.evaluate.sampling import SamplingDistribution
from asteroid_repro.scenarios_compared import MeasureChange, VerdictChange, WhatIf

_KEPT: Final = lru_cache(64)  # of the latest states: another outcome or trial shown needs no new ones
_performance = _KEPT(ar.operating_characteristics)
_what_if = _KEPT(ar.what_if)
_distribution = _KEPT(ar.sampling_distribution)


def performance(state: State) -> OperatingCharacteristics:
    """Return what many trials say of the state's method.

    Raises
    ------
    InputError
        Assumptions that the scales cannot hold, or trials without usable fits.

    Examples
    --------
    >>> performance(State()).trials
    2000
    """
    return _performance(state.assumptions, **state.arguments)


def against_start(state: State) -> WhatIf:
    """Return the same measures against the study as it is supposed, on the same people and noise."""
    return _what_if(state.study.assumptions, state.assumptions, **state.arguments)


def measure(state: State, name: str) -> Measure:
    """Return a measure of the outcome shown, at the last visit.

    Examples
    --------
    >>> bool(0.9 < measure(State(changes={"people_per_arm": 40}), "power").value <= 1)
    True
    """
    return performance(state).value(state["outcome"], name)


def change(state: State, name: str) -> MeasureChange:
    """Return how a measure of the outcome shown changes, at the last visit."""
    place = (state["outcome"], state.study.design.visits[-1], name)
    return next(row for row in against_start(state).rows if (row.outcome, row.week, row.measure) == place)


def verdicts(state: State) -> VerdictChange:
    """Return how many trials change their verdict on the outcome shown, at the last visit."""
    place = (state["outcome"], state.study.design.visits[-1])
    return next(row for row in against_start(state).verdicts if (row.outcome, row.week) == place)


def table(state: State) -> pd.DataFrame:
    """Return one row per outcome, week and measure: value, limits, and the change against the start."""
    keys = ["outcome", "week", "measure"]
    changes = against_start(state).to_frame()[[*keys, "change", "mcse"]].rename(columns={"mcse": "change_mcse"})
    return performance(state).to_frame().merge(changes, how="left", on=keys)


def distribution(state: State) -> SamplingDistribution:
    """Return the estimates of the trials that are judged.

    Examples
    --------
    >>> distribution(State()).estimates["disability"].shape
    (2, 2000)
    """
    return _distribution(state.assumptions, trials=state.trials, seed=state["seed"], method=state.analysis.method)


def one_trial(state: State) -> ar.Trial:
    """Simulate the one trial that is shown.

    Examples
    --------
    >>> one_trial(State()).label.startswith("SIMULATED")
    True
    """
    return ar.simulate_trial(state.assumptions, seed=state["trial_seed"])


def rates(trial: ar.Trial, level: float) -> EventRates | None:
    """Return the rates of adverse events of a trial; None where it has none, since nobody ran or no kind is studied."""
    return ar.event_rates(trial, level=level) if trial.has_exposure else None

"""From a state of the page to its results: calls of the library, with a bounded number of trials."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import asteroid_repro as ar
from asteroid_repro.app.state import State
from asteroid_repro.asteroid import ASTEROID
from asteroid_repro.estimate.safety.rates import EventRates
from asteroid_repro.evaluate.performance import Measure, OperatingCharacteristics
from asteroid_repro.evaluate.sampling import SamplingDistribution
from asteroid_repro.scenarios_compared import MeasureChange, VerdictChange, WhatIf
from asteroid_repro.trial.participant_data import Trial

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Results:
    """What many trials say in a state.

    Attributes
    ----------
    state : State
        The state.
    performance : OperatingCharacteristics
        Of the state's method over ``state.trials`` trials.
    against : WhatIf
        The same measures against ``ASTEROID``, on the same people and noise.
    """

    state: State
    performance: OperatingCharacteristics
    against: WhatIf

    def measure(self, name: str) -> Measure:
        """Return a measure of the outcome shown, at the last visit."""
        return self.performance.value(self.state.outcome, name)

    def change(self, name: str) -> MeasureChange:
        """Return how a measure of the outcome shown changes against ``ASTEROID``, at the last visit."""
        place = (self.state.outcome, ASTEROID.visits[-1], name)
        return next(row for row in self.against.rows if (row.outcome, row.week, row.measure) == place)

    def verdicts(self) -> VerdictChange:
        """Return how many trials change their verdict on the outcome shown, at the last visit."""
        place = (self.state.outcome, ASTEROID.visits[-1])
        return next(row for row in self.against.verdicts if (row.outcome, row.week) == place)

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per outcome, week and measure: value, limits, and the change against ``ASTEROID``."""
        keys = ["outcome", "week", "measure"]
        changes = self.against.to_frame()[[*keys, "change", "mcse"]].rename(columns={"mcse": "change_mcse"})
        return self.performance.to_frame().merge(changes, how="left", on=keys)


@dataclass(frozen=True)
class OneTrial:
    """One simulated trial.

    Attributes
    ----------
    trial : Trial
        Its tables.
    rates : EventRates or None
        Events per 1000 running hours; None where nobody ran.
    """

    trial: Trial
    rates: EventRates | None


def results(state: State) -> Results:
    """Simulate and judge the trials of a state.

    Parameters
    ----------
    state : State
        The state of the page.

    Returns
    -------
    Results
        From ``state.trials`` trials, at most 2000.

    Raises
    ------
    InputError
        Assumptions that the scales cannot hold, or trials without usable fits.

    Examples
    --------
    >>> from asteroid_repro.app.state import State
    >>> found = results(State(people_per_arm=40))
    >>> bool(0.9 < found.measure("power").value <= 1)
    True
    """
    assumptions, trials = state.assumptions(), state.trials
    return Results(
        state,
        ar.operating_characteristics(
            assumptions, trials=trials, seed=state.seed, method=state.method, level=state.level
        ),
        ar.what_if(ASTEROID, assumptions, trials=trials, seed=state.seed, method=state.method, level=state.level),
    )


def distribution(state: State) -> SamplingDistribution:
    """Return the estimates of the trials that :func:`results` judges.

    Examples
    --------
    >>> distribution(State()).estimates["disability"].shape
    (2, 2000)
    """
    return ar.sampling_distribution(state.assumptions(), trials=state.trials, seed=state.seed, method=state.method)


def one_trial(state: State) -> OneTrial:
    """Simulate the one trial that is shown.

    Examples
    --------
    >>> one_trial(State()).trial.label.startswith("SIMULATED")
    True
    """
    trial = ar.simulate_trial(state.assumptions(), seed=state.trial_seed)
    ran = trial.sessions["run_minutes"].sum() > 0
    return OneTrial(trial, ar.event_rates(trial, level=state.level) if ran else None)

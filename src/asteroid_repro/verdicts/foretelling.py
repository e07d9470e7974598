r"""What the model foretells of a figure, given what is known of the same trial, and what would make it miss.

A simulated trial has a figure y and the figures x of the same people's training that were fitted (hours run,
attendance, distance at the start). Least squares over the simulated trials gives :math:`y = a + b'x + r`; the interval
for the published trial is :math:`a + b'x^*` plus the middle 95 % of the residuals r, with :math:`x^*` as published
(regression adjustment: Beaumont, Zhang & Balding 2002, Genetics 162:2025-35), widened by what the rounding of
:math:`x^*` leaves open, :math:`\sum_j |b_j| h_j` with half units h of the last printed digit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from asteroid_repro.engine.monte_carlo import run_blocks
from asteroid_repro.errors import InputError
from asteroid_repro.ledger.claim import Claim
from asteroid_repro.ledger.figure import Figure
from asteroid_repro.ledger.ledger import Ledger
from asteroid_repro.study_folder import Study
from asteroid_repro.tables.limits import Limits
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.verdicts.simulated import PerTrial, per_trial_figures

if TYPE_CHECKING:
    import pandas as pd

LEVEL: Final = 0.95
"""Of prediction intervals."""
NOTICED: Final = 0.8
"""Probability of a miss at which a change of the model counts as noticed."""
_OF_TRAINING: Final = ("adherence", "distance", "running_hours")


@dataclass(frozen=True)
class Foretelling:
    """What the model foretells of one figure.

    Attributes
    ----------
    figure : Figure
        What is foretold.
    sign : int
        -1 where it is printed as reference minus treatment; all else here is in the direction printed.
    known : tuple of Figure
        What is known of the same trial, and used.
    coefficients : numpy.ndarray, shape (1 + known,)
        Intercept and slopes of the regression on it.
    center, rounding : float
        What the regression gives for the published trial, and how far the rounding of what is known may move that.
    low, high : float
        The middle 95 % of the residuals.
    detectable : float
        Smallest shift of the figure, in the worse direction, that would make it a miss with 80 % probability.
    """

    figure: Figure
    sign: int
    known: tuple[Figure, ...]
    coefficients: np.ndarray
    center: float
    rounding: float
    low: float
    high: float
    detectable: float

    @property
    def interval(self) -> Limits[float]:
        """Prediction interval of the figure of the published trial."""
        return Limits(self.center + self.low - self.rounding, self.center + self.high + self.rounding)

    def residuals(self, figures: PerTrial) -> np.ndarray:
        """Return how far the figure of each trial is from what its own training foretells, shape (trials,)."""
        return np.asarray(self.sign * figures[self.figure] - _columns(self.known, figures) @ self.coefficients)

    def missed(self, figures: PerTrial) -> np.ndarray:
        """Return which trials would be a miss, given what is known of each of them, shape (trials,)."""
        residuals = self.residuals(figures)
        return np.asarray((residuals < self.low) | (residuals > self.high))


def foretell(claim: Claim, ledger: Ledger, figures: PerTrial) -> Foretelling:
    """Foretell the figure of a predicted claim from simulated trials.

    Parameters
    ----------
    claim : Claim
        With role ``predicted``.
    ledger : Ledger
        Says what else is known of the trial: fitted claims on training, where the claim is about training too.
    figures : mapping of Figure to numpy.ndarray
        Of the simulated trials.

    Returns
    -------
    Foretelling
        With the interval and what would be noticed.
    """
    figure = claim.about
    if figure is None or figure not in figures:
        raise InputError(f"claim must be about a figure that was simulated, got {claim.id}. Say what it is about.")
    own = figure.figure in _OF_TRAINING
    given = [one for one in ledger.with_role("fitted") if own and _helps(one, figures)]
    known = tuple(one.about for one in given if one.about)
    values, columns = claim.sign * figures[figure], _columns(known, figures)
    coefficients = np.linalg.lstsq(columns, values, rcond=None)[0]
    residuals, tail = values - columns @ coefficients, (1 - LEVEL) / 2
    low, high = np.quantile(residuals, [tail, 1 - tail]).tolist()
    rare, often = np.quantile(residuals, [1 - NOTICED, NOTICED]).tolist()
    center = float(np.array([1.0, *(one.value for one in given)]) @ coefficients)
    rounding = float(np.array([one.half_unit or 0.0 for one in given]) @ np.abs(coefficients[1:]))
    detectable = max(high - rare, often - low)
    return Foretelling(figure, claim.sign, known, coefficients, center, rounding, low, high, detectable)


def _helps(claim: Claim, figures: PerTrial) -> bool:
    about = claim.about
    return bool(about and about.figure in _OF_TRAINING and about in figures and np.ptp(figures[about]) > 0)


def _columns(known: Sequence[Figure], figures: PerTrial) -> np.ndarray:
    trials = len(next(iter(figures.values())))
    return np.column_stack([np.ones(trials), *(figures[one] for one in known)])


def chance_of_misses(foretellings: Sequence[Foretelling], figures: PerTrial, least: int = 1) -> float:
    """Return the share of trials of the model itself that miss so many of the figures, or more.

    Examples
    --------
    >>> chance_of_misses([], {})
    0.0
    """
    if not foretellings:
        return 0.0
    misses = np.sum([one.missed(figures) for one in foretellings], axis=0)
    return float((misses >= least).mean())


def miss_rates(
    study: Study, changes: Mapping[str, Mapping[str, Any]], *, trials: int = 4000, seed: int
) -> "pd.DataFrame":
    """Say how often each predicted claim would be missed if the assumptions were wrong in a given way.

    A published trial is drawn from the changed assumptions, and held against what the study's own assumptions foretell
    given what is known of that trial.

    Parameters
    ----------
    study : Study
        With claims and assumptions.
    changes : mapping of str to mapping
        By name, what is changed, as in ``assumptions.with_values``.
    trials, seed : int
        Of each simulation.

    Returns
    -------
    pandas.DataFrame
        A row per change, with its name as index; a column per predicted claim: the probability of a miss.

    Raises
    ------
    InputError
        A study without predicted claims.

    Examples
    --------
    >>> from asteroid_repro import study
    >>> rates = miss_rates(study(), {"speeds alike": {"running_speed_sd": 0.2}}, trials=500, seed=1)
    >>> bool(0 <= rates.loc["speeds alike", "distance.week12.mean"] <= 1)
    True
    """
    import pandas as pd

    claims = [claim for claim in study.ledger.with_role("predicted") if claim.about]
    if not claims:
        raise InputError(f"{study.design.name} must have predicted claims, got none. Tag one, or use verify.")
    asked = [one.about for one in (*claims, *study.ledger.with_role("fitted")) if one.about]

    def figures(assumptions: TrialAssumptions) -> PerTrial:
        work: Any = partial(per_trial_figures, assumptions, asked, seed)
        found: Any = run_blocks(work, trials)
        return found  # type: ignore[no-any-return]  # keys are figures, not text

    own = figures(study.assumptions)
    foretold = {claim.id: foretell(claim, study.ledger, own) for claim in claims if claim.about in own}
    rows = {}
    for name, values in changes.items():
        other = figures(study.assumptions.with_values(**values))
        rows[name] = {claim: float(one.missed(other).mean()) for claim, one in foretold.items()}
    return pd.DataFrame.from_dict(rows, orient="index")

"""Every method and reference distribution side by side on one trial: the inference ledger."""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.effects.estimate_effects import Effect, estimate_effects
from asteroid_repro.estimate.effects.methods import METHODS, Distribution
from asteroid_repro.evaluate.performance import operating_characteristics
from asteroid_repro.ledger.ledger import Ledger
from asteroid_repro.printed.audit_triple import audit_triple
from asteroid_repro.study_folder import study as read_study
from asteroid_repro.tables.result_table import ResultTable
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.trial.design import Design
from asteroid_repro.trial.participant_data import Trial
from asteroid_repro.verdicts.audit_ledger import printed_line

NOMINAL: Final = 0.05
"""Type I error that a test at the usual level may have."""
_HONEST: Final = (("mmrm", "t"), ("ancova", "t"))
_CONSTRAINED: Final = "With clda take kenward_roger: with t, satterthwaite and z it rejects too often in a small trial."


@dataclass(frozen=True)
class InferenceRow:
    """One way of testing the effect at a visit.

    Attributes
    ----------
    effect : Effect
        Estimated so, with its method and distribution.
    role : str
        ``faithful reproduction``, ``honest inference`` or empty.
    compatible : bool
        Whether this reference distribution could have printed the published line.
    type_one_error, type_one_mcse, coverage, coverage_mcse : float or None
        Measured under the assumptions, with Monte Carlo standard errors; None where not asked for.
    liberal : bool or None
        Whether the measured type I error is more than 3 Monte Carlo standard errors above 0.05; None where not asked
        for.
    """

    effect: Effect
    role: str
    compatible: bool
    type_one_error: float | None = None
    type_one_mcse: float | None = None
    coverage: float | None = None
    coverage_mcse: float | None = None
    liberal: bool | None = None


@dataclass(frozen=True)
class InferenceLedger(ResultTable):
    """All methods on one outcome of one trial at one visit.

    The study's analysis is the faithful reproduction, one of those that could have printed the paper's lines. MMRM and
    ANCOVA with t are the honest inference: on complete data they hold their type I error whatever the correlation of
    the visits, while a random intercept doubles it when correlation decays with time; neither its degrees of freedom
    nor more people mend that. The constrained model (``clda``) rejects too
    often in a small trial, with missing visits and without, unless Kenward and Roger's standard error counts that it
    estimates how far to adjust for the baseline; docs/missing-visit-inference.md has both measured.

    Attributes
    ----------
    outcome : str
        Name of the outcome.
    printed : str
        The published line.
    rows : tuple of InferenceRow
        One a method and distribution.
    label : str
        What the data are.
    """

    outcome: str
    printed: str
    rows: tuple[InferenceRow, ...]
    label: str

    def to_frame(self) -> pd.DataFrame:
        """Return one row per method and distribution, unrounded: the effect, and what is said of it."""
        return pd.DataFrame([{**vars(row.effect), **vars(row)} for row in self.rows]).drop(columns="effect")

    def notes(self) -> tuple[str, ...]:
        """Return the published line and which rows reject too often: the constrained model's, and those measured to."""
        found = [f"{row.effect.method} {row.effect.distribution}" for row in self.rows if row.liberal]
        measured = f" Measured type I error above {NOMINAL:g}: {', '.join(found)}." if found else ""
        return f"{self.outcome}, published: {self.printed}", _CONSTRAINED + measured


def inference_ledger(
    trial: Trial,
    outcome: str,
    *,
    week: float | None = None,
    measure: TrialAssumptions | None = None,
    trials: int = 2000,
    seed: int | None = None,
    ledger: Ledger | None = None,
) -> InferenceLedger:
    """Analyse one outcome at one visit by every method and reference distribution.

    Parameters
    ----------
    trial : Trial
        Simulated or real.
    outcome : str
        Name of an outcome with a published line.
    week : float, optional
        Week of the line; the last one printed when not given.
    measure : TrialAssumptions, optional
        If given, type I error and coverage are measured under these assumptions, randomised anew.
    trials, seed : int
        Of that measurement.
    ledger : Ledger, optional
        ASTEROID's when not given.

    Returns
    -------
    InferenceLedger
        A row per method and distribution.

    Raises
    ------
    InputError
        No line of that outcome, no such visit in the trial, or a measurement without a seed.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> table = inference_ledger(simulate_trial(ASTEROID, seed=2024), "average_pain").to_frame()
    >>> rows = table.set_index(["method", "distribution"])["compatible"]
    >>> bool(rows["random_intercept", "z"]), bool(rows["mmrm", "t"])
    (True, False)
    """
    if measure is not None and seed is None:
        raise InputError("seed must be given to measure error rates, got none. Choose one and report it.")
    if ledger is None and trial.design.name != read_study().design.name:
        raise InputError(f"ledger must be given for a trial of {trial.design.name}, got none. Take its study's.")
    claims = ledger or read_study().ledger
    week = claims.week_of_line(outcome, week)
    line = printed_line(claims, outcome, week)
    audit, rows = audit_triple(line), []
    own = replace(trial, outcomes=trial.outcomes[trial.outcomes["outcome"] == outcome])
    for method, distribution in _tests(trial.design):
        effects = estimate_effects(own, method=method, distribution=distribution, level=line.level).rows
        effect = next((one for one in effects if one.week == week), None)
        if effect is None:
            shown = ", ".join(f"{one.week:g}" for one in effects)
            raise InputError(
                f"trial must have a visit at week {week:g}, as the line, got weeks {shown}. Choose another."
            )
        role, compatible = _role(effect, trial.design), effect.df >= 1 and audit.allows(effect.df)
        measured = {} if measure is None else _measured(effect, measure, trials, seed or 0)
        rows.append(InferenceRow(effect, role, compatible, **measured))
    return InferenceLedger(outcome, str(line), tuple(rows), trial.label)


def _tests(design: Design) -> list[tuple[str, Distribution]]:
    """Return every method and reference distribution that the visits allow."""
    is_spaced = len(set(np.diff(design.visits))) == 1
    methods = {name: own for name, own in METHODS.items() if is_spaced or not own.equally_spaced}
    return [(method, distribution) for method, own in methods.items() for distribution in own.distributions]


def _role(effect: Effect, design: Design) -> str:
    paper = design.analysis
    if (effect.method, effect.distribution) == (
        paper.method,
        paper.distribution or METHODS[paper.method].distributions[0],
    ):
        return "faithful reproduction"
    return "honest inference" if (effect.method, effect.distribution) in _HONEST else ""


def _measured(effect: Effect, assumptions: TrialAssumptions, trials: int, seed: int) -> dict[str, Any]:
    """Measure type I error and coverage on trials that randomise anew."""
    test: Any = {"method": effect.method, "distribution": effect.distribution}
    error, coverage = (
        operating_characteristics(truth, trials=trials, seed=seed, **test).value(effect.outcome, measure, effect.week)
        for truth, measure in ((assumptions.without_effect(), "power"), (assumptions, "coverage"))
    )
    return {
        "type_one_error": error.value,
        "type_one_mcse": error.mcse,
        "coverage": coverage.value,
        "coverage_mcse": coverage.mcse,
        "liberal": error.value > NOMINAL + 3 * error.mcse,
    }

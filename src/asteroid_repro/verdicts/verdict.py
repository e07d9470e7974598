r"""A verdict for every claim of the ledger, each by the test its role allows.

``derived`` claims are recomputed from other printed numbers, to half the last printed digit. ``fitted`` claims set an
assumption, so agreement shows only that the pipeline is sound: the Monte Carlo figure must lie within k of its
standard errors, :math:`k = \Phi^{-1}(1 - 10^{-4}/(2m))` for m such checks, which keeps the false-alarm probability
of the whole suite below :math:`10^{-4}`. ``predicted`` claims are the only test of the model: the published value
lies inside the 95 % prediction interval of one simulated trial, or is a miss. ``context`` is listed.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final, Literal

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from asteroid_repro.calibration import matched_to_paper
from asteroid_repro.engine.monte_carlo import run_blocks
from asteroid_repro.evaluate.programme_fit import fit_note
from asteroid_repro.ledger.claim import Claim
from asteroid_repro.ledger.ledger import Ledger, published
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.verdicts.derivations import recompute
from asteroid_repro.verdicts.simulated import PerTrial, fitted_figure, per_trial_figures

Verdict = Literal["passed", "failed", "foretold", "missed", "inconsistent", "not run", "listed"]

FALSE_ALARM: Final = 1e-4
"""Probability that any fitted check fails although nothing is wrong, over the whole suite."""
PREDICTION_LEVEL: Final = 0.95
_Z_POWER: Final = float(ndtri(0.99))  # a defect this many standard errors beyond the tolerance is found 99 % of times
_EXACT: Final = 1e-9  # slack of comparisons that have no random error, for binary fractions


@dataclass(frozen=True)
class Row:
    """The verdict on one claim.

    Attributes
    ----------
    claim : str
        Claim id.
    statement, unit, source, role : str
        As in the ledger.
    published : str
        The printed string.
    reproduced : float or None
        What the package gives, in the claim's unit.
    mcse : float or None
        Monte Carlo standard error of a fitted figure.
    interval_low, interval_high : float or None
        Prediction interval of one trial, for predicted claims.
    tolerance : float or None
        Largest accepted distance from the published value.
    verdict : str
        ``passed``, ``failed``, ``foretold``, ``missed``, ``inconsistent``, ``not run`` or ``listed``.
    false_alarm : float or None
        Probability that this check fails (or a prediction is missed) although nothing is wrong.
    detectable : float or None
        Smallest defect of a fitted figure that the check finds with 99 % power, in the claim's unit.
    excused : bool
        Whether the ledger gives a reason for leaving the check out.
    note : str
        Why, where the verdict needs a word.
    """

    claim: str
    statement: str
    published: str
    unit: str
    source: str
    role: str
    reproduced: float | None = None
    mcse: float | None = None
    interval_low: float | None = None
    interval_high: float | None = None
    tolerance: float | None = None
    verdict: Verdict = "listed"
    false_alarm: float | None = None
    detectable: float | None = None
    excused: bool = False
    note: str = ""


@dataclass(frozen=True)
class Verification:
    """The verdicts on all claims.

    Attributes
    ----------
    rows : tuple of Row
        In the order of the ledger.
    scenario : str
        Name of the assumptions.
    seed, trials : int
        Of the simulation.
    k : float
        Monte Carlo standard errors that a fitted figure may be away.
    fit_note : str
        How many parameters of the programme mechanism were fitted to how many claims, and the conflict that remains.
    """

    rows: tuple[Row, ...]
    scenario: str
    seed: int
    trials: int
    k: float
    fit_note: str

    def count(self, verdict: Verdict) -> int:
        """Return how many claims have this verdict."""
        return sum(row.verdict == verdict for row in self.rows)

    @property
    def ok(self) -> bool:
        """Whether something was checked, nothing failed and nothing was left out without an excuse."""
        left_out = any(row.verdict == "not run" and not row.excused for row in self.rows)
        return self.count("passed") > 0 and not self.count("failed") and not left_out

    @property
    def summary(self) -> str:
        """The closing line; findings (missed, inconsistent) are not failures."""
        return f"{self.count('passed')} passed, {self.count('failed')} failed, {self.count('not run')} not run"

    @property
    def findings(self) -> str:
        """The line before it: what the model foretold, what it missed and what contradicts itself in print."""
        return (
            f"{self.count('foretold')} foretold, {self.count('missed')} missed, "
            f"{self.count('inconsistent')} inconsistent in print, {self.count('listed')} listed, not checked"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per claim, unrounded."""
        return pd.DataFrame([asdict(row) for row in self.rows])

    def _repr_html_(self) -> str:
        return self.to_frame().to_html(index=False) + f"<p>{self.fit_note}<br>{self.findings}<br>{self.summary}</p>"


def verify(
    *,
    seed: int,
    assumptions: TrialAssumptions | None = None,
    ledger: Ledger | None = None,
    trials: int = 20_000,
    progress: bool = False,
) -> Verification:
    """Check every published claim.

    Parameters
    ----------
    seed : int
        Whole number of 0 or more.
    assumptions : TrialAssumptions, optional
        ``ASTEROID`` when not given.
    ledger : Ledger, optional
        The published ledger when not given.
    trials : int
        Simulated trials.
    progress : bool
        Show a progress bar on a terminal.

    Returns
    -------
    Verification
        A verdict per claim; ``ok`` says whether all checks passed.

    Raises
    ------
    InputError
        A seed or number of trials that cannot be used.

    Examples
    --------
    >>> result = verify(seed=1, trials=1000)
    >>> result.summary.endswith("0 failed, 0 not run")
    True
    """
    supposed = assumptions or matched_to_paper()
    claims = ledger or published()
    figures = run_blocks(lambda block, size: per_trial_figures(supposed, seed, block, size), trials, progress=progress)
    k = allowed_standard_errors(_statistical_checks(claims.claims, figures))
    rows = tuple(_judge(claim, claims, figures, k) for claim in claims.claims)
    return Verification(rows, supposed.name, seed, trials, k, fit_note(supposed))


def allowed_standard_errors(checks: int) -> float:
    """Return k, the Monte Carlo standard errors a figure may be away so that m checks together rarely raise alarm.

    Examples
    --------
    >>> round(allowed_standard_errors(1), 2)
    3.89
    """
    return float(-ndtri(FALSE_ALARM / (2 * max(checks, 1))))


def _statistical_checks(claims: Sequence[Claim], figures: PerTrial) -> int:
    found = (fitted_figure(claim.id, figures) for claim in claims if claim.role == "fitted")
    return sum(figure is not None and figure.mcse > 0 for figure in found)


def _judge(claim: Claim, ledger: Ledger, figures: PerTrial, k: float) -> Row:
    if claim.role == "derived":
        return _judge_derived(claim, ledger)
    if claim.role == "fitted":
        return _judge_fitted(claim, figures, k)
    if claim.role == "predicted":
        return _judge_predicted(claim, figures)
    return _row(claim, "listed", "context, not checked" if claim.status == "consistent" else claim.reason)


def _judge_derived(claim: Claim, ledger: Ledger) -> Row:
    value = recompute(claim, ledger)
    if value is None or claim.value is None or claim.half_unit is None:
        return _not_run(claim, "no rule recomputes this claim")
    agrees = abs(value - claim.value) <= claim.half_unit + _EXACT
    if claim.status == "inconsistent" and not agrees:
        row = _row(claim, "inconsistent", claim.reason)
    elif claim.status == "inconsistent":
        row = _row(claim, "failed", "the ledger calls it inconsistent, but it agrees: correct its status")
    else:
        row = _row(claim, "passed" if agrees else "failed")
    return replace(row, reproduced=value, tolerance=claim.half_unit)


def _judge_fitted(claim: Claim, figures: PerTrial, k: float) -> Row:
    figure = fitted_figure(claim.id, figures)
    if figure is None or claim.value is None:
        return _not_run(claim, "the simulation gives no figure for this claim")
    tolerance = k * figure.mcse + _EXACT
    row = _row(
        claim,
        "passed" if abs(figure.value - claim.value) <= tolerance else "failed",
        "fitted: shows that the pipeline is sound, not that the model is right",
    )
    return replace(
        row,
        reproduced=figure.value,
        mcse=figure.mcse,
        tolerance=tolerance,
        false_alarm=2 * float(ndtr(-k)) if figure.mcse else 0.0,
        detectable=tolerance + _Z_POWER * figure.mcse,
    )


def _judge_predicted(claim: Claim, figures: PerTrial) -> Row:
    if claim.id not in figures or claim.value is None:
        return _not_run(claim, "the simulation gives no figure for this claim")
    tail = (1 - PREDICTION_LEVEL) / 2
    low, high = (float(limit) for limit in np.quantile(figures[claim.id], [tail, 1 - tail]))
    verdict: Verdict = "foretold" if low <= claim.value <= high else "missed"
    return replace(
        _row(claim, verdict, "prediction interval of one trial of this size"),
        reproduced=float(figures[claim.id].mean()),
        interval_low=low,
        interval_high=high,
        false_alarm=1 - PREDICTION_LEVEL,
    )


def _not_run(claim: Claim, why: str) -> Row:
    return replace(_row(claim, "not run", claim.excused or why), excused=claim.excused is not None)


def _row(claim: Claim, verdict: Verdict, note: str = "") -> Row:
    return Row(
        claim=claim.id,
        statement=claim.statement,
        published=claim.printed,
        unit=claim.unit,
        source=claim.source,
        role=claim.role,
        verdict=verdict,
        note=note,
    )

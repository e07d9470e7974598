r"""A verdict for every claim of the ledger, each by the test its role allows.

``derived`` claims are recomputed from other printed numbers, to half the last printed digit. ``fitted`` claims set an
assumption, so agreement shows only that the pipeline is sound: the Monte Carlo figure must lie within k of its
standard errors, :math:`k = \Phi^{-1}(1 - 10^{-4}/(2m))` for m such checks, which keeps the false-alarm probability
of the whole suite below :math:`10^{-4}` at any number of trials. Values that were themselves fitted, by m simulated
trials, came out with an error of their own: a figure of the kind that they were fitted to, known here from n trials
with Monte Carlo standard error e, has the standard error :math:`e \sqrt{1 + n/m}`. ``predicted`` claims are the only
test of the model: the published value lies inside the 95 % prediction interval of one simulated trial, given what is
known of the same trial (:mod:`asteroid_repro.verdicts.foretelling`), or is a miss. ``context`` is listed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, overload

import numpy as np
from scipy.special import ndtr, ndtri

from asteroid_repro.engine.monte_carlo import run_blocks
from asteroid_repro.errors import InputError, check_choice
from asteroid_repro.ledger.claim import Claim
from asteroid_repro.ledger.figure import Figure
from asteroid_repro.ledger.ledger import Ledger
from asteroid_repro.study_folder import Study
from asteroid_repro.study_folder import study as read_study
from asteroid_repro.tables.result_table import ResultTable
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.trial.participant_data import Trial
from asteroid_repro.trial.provenance import Provenance
from asteroid_repro.verdicts.foretelling import LEVEL, Foretelling, chance_of_misses, foretell
from asteroid_repro.verdicts.from_people.against_people import PeopleVerification, verify_people
from asteroid_repro.verdicts.simulated import PerTrial, fitted_figure, per_trial_figures, why_not

if TYPE_CHECKING:
    import pandas as pd

Verdict = Literal["passed", "failed", "foretold", "missed", "inconsistent", "not run", "listed"]

FALSE_ALARM: Final = 1e-4
"""Probability that any fitted check fails although nothing is wrong, over the whole suite."""
_PRINT_ALONE: Final = "Nothing is assumed of this trial, so nothing was simulated"
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
        Monte Carlo standard error of a fitted figure, in this run.
    fit_error : float or None
        That of the simulation by which assumptions were fitted to figures of its kind; 0 where none were.
    interval_low, interval_high : float or None
        Prediction interval of one trial, for predicted claims; ``reproduced`` is its middle by regression.
    tolerance : float or None
        Largest accepted distance from the published value.
    verdict : str
        ``passed``, ``failed``, ``foretold``, ``missed``, ``inconsistent``, ``not run`` or ``listed``.
    false_alarm : float or None
        Probability that this check fails (or a prediction is missed) although nothing is wrong.
    detectable : float or None
        Smallest defect that the check finds, in the claim's unit: of a fitted figure with 99 % power, the error of the
        fit counted; of a predicted one with 80 % power.
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
    fit_error: float | None = None
    interval_low: float | None = None
    interval_high: float | None = None
    tolerance: float | None = None
    verdict: Verdict = "listed"
    false_alarm: float | None = None
    detectable: float | None = None
    excused: bool = False
    note: str = ""

    def chance_of_failing(self, figure: float) -> float:
        r"""Return the probability that this check of a fitted claim fails where the model's figure is another one.

        With published value p, tolerance T and Monte Carlo standard error e the simulated figure is normal around the
        model's, g, so the probability is :math:`\Phi((p - T - g)/e) + \Phi((g - p - T)/e)`.

        Parameters
        ----------
        figure : float
            What very many trials of the wrong assumptions would give, in the claim's unit.

        Raises
        ------
        InputError
            A claim that was not checked by simulation with a Monte Carlo error.

        Examples
        --------
        >>> one = Row("hours", "Hours", "105", "hours", "blog", "fitted", reproduced=105.1, mcse=0.1, tolerance=0.4)
        >>> [round(one.chance_of_failing(hours), 3) for hours in (105, 105.4, 106)]
        [0.0, 0.5, 1.0]
        """
        if not self.mcse or self.tolerance is None:
            raise InputError(f"claim must be fitted and vary over trials, got {self.claim}. Choose another.")
        away = figure - float(self.published.rstrip(" %"))
        return float(ndtr((-self.tolerance - away) / self.mcse) + ndtr((away - self.tolerance) / self.mcse))


@dataclass(frozen=True)
class Verification(ResultTable):
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
        Standard errors that a fitted figure may be away.
    fit_note : str
        How many parameters were fitted by simulation to how many claims, and which of these are not met.
    miss_note : str
        How often a right model misses at least one predicted figure.
    label : str
        What the reproduced figures are: ``SIMULATED`` with scenario, trials and seed.
    """

    rows: tuple[Row, ...]
    scenario: str
    seed: int
    trials: int
    k: float
    fit_note: str
    miss_note: str
    label: str

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
        return self._counts("passed", "failed", "not run")

    @property
    def findings(self) -> str:
        """The line before it: what the model foretold, what it missed and what contradicts itself in print."""
        return f"{self._counts('foretold', 'missed', 'inconsistent')} in print, {self._counts('listed')}, not checked"

    def _counts(self, *verdicts: Verdict) -> str:
        return ", ".join(f"{self.count(verdict)} {verdict}" for verdict in verdicts)

    def answer(self) -> str:
        """Return whether a check failed, in a sentence."""
        return f"{'No check failed' if self.ok else 'Not every check passed'}: {self.summary}."

    def short_frame(self) -> "pd.DataFrame":
        """Return what is no fitted or derived claim that passed: predictions, contradictions and failures."""
        checked = self.to_frame()[["claim", "role", "published", "reproduced", "verdict"]]
        return checked[~checked["verdict"].isin(["passed", "listed"])]

    def notes(self) -> tuple[str, ...]:
        """Return the fit, the findings and the summary."""
        return tuple(filter(None, (self.fit_note, self.miss_note, self.findings, self.summary)))


@overload
def verify(
    study: Study | None = None,
    *,
    against: Literal["simulation"] = "simulation",
    seed: int,
    assumptions: TrialAssumptions | None = None,
    ledger: Ledger | None = None,
    trials: int = 20_000,
    progress: bool = False,
) -> Verification: ...


@overload
def verify(
    study: Study | None = None,
    *,
    against: Literal["people"],
    people: Trial | None = None,
    ledger: Ledger | None = None,
) -> PeopleVerification: ...


def verify(
    study: Study | None = None,
    *,
    against: Literal["simulation", "people"] = "simulation",
    people: Trial | None = None,
    seed: int | None = None,
    assumptions: TrialAssumptions | None = None,
    ledger: Ledger | None = None,
    trials: int = 20_000,
    progress: bool = False,
) -> Verification | PeopleVerification:
    """Check every published claim of a study: against simulated trials, or against the people of the real one.

    Parameters
    ----------
    study : Study, optional
        ASTEROID when not given.
    against : {"simulation", "people"}
        What the claims are held against. From people each is recomputed to its printed digits, and where it differs,
        other analyses are tried: see :func:`asteroid_repro.verdicts.from_people.against_people.verify_people`.
    people : Trial, optional
        The people, as :func:`asteroid_repro.read_people` reads them; the study's (``people.toml``) when not given.
    seed : int, optional
        Whole number of 0 or more; simulation needs one, people have none.
    assumptions : TrialAssumptions, optional
        The study's when not given; where it has none, only what follows from print alone is checked.
    ledger : Ledger, optional
        The study's when not given.
    trials : int
        Simulated trials.
    progress : bool
        Show a progress bar on a terminal.

    Returns
    -------
    Verification or PeopleVerification
        A verdict per claim; ``ok`` says whether all checks passed.

    Raises
    ------
    InputError
        A seed or number of trials that cannot be used; no people.

    Examples
    --------
    >>> result = verify(seed=1, trials=1000)
    >>> result.summary.endswith("0 failed, 0 not run")
    True
    """
    study = study or read_study()
    claims = ledger or study.ledger
    check_choice("against", against, ("simulation", "people"))
    if against == "people":
        return verify_people(claims, people or study.people)
    if seed is None:
        raise InputError("seed must be a whole number of 0 or more, got none. Choose one and report it.")
    supposed = assumptions or (study.assumptions if study.has_assumptions else None)
    if supposed is not None and supposed.design.name != study.design.name:
        names = f"{study.design.name}, got those of {supposed.design.name}"
        raise InputError(f"assumptions must be of the study {names}. Hand in their study too.")
    if supposed is None:
        rows = tuple(_judge(claim, claims, {}, None, 0.0) for claim in claims.claims)
        label = f"Print of {study.design.name}"
        return Verification(rows, study.design.name, seed, 0, 0.0, f"{_PRINT_ALONE}.", "", label)
    asked = [claim.about for claim in claims.claims if claim.about and claim.role in ("fitted", "predicted")]
    work: Any = partial(per_trial_figures, supposed, asked, seed)
    figures: Mapping[Any, np.ndarray] = run_blocks(work, trials, progress=progress)
    fitted = [fitted_figure(claim.about, figures) for claim in claims.with_role("fitted")]
    k = allowed_standard_errors(sum(found is not None and found[1] > 0 for found in fitted))
    rows = tuple(_judge(claim, claims, figures, supposed, k) for claim in claims.claims)
    label = f"SIMULATED ({supposed.name}, {trials:,} trials, seed {seed})"
    notes = fit_note(supposed.provenance, rows), miss_note(claims, figures)
    return Verification(rows, supposed.name, seed, trials, k, *notes, label)


def fit_note(provenance: Sequence[Provenance], rows: Sequence[Row]) -> str:
    """Say how many parameters were fitted by simulation to how many claims, and which of these are not met.

    Parameters
    ----------
    provenance : sequence of Provenance
        Where the values of the assumptions come from.
    rows : sequence of Row
        The verdicts on the claims.

    Examples
    --------
    >>> met = Row("hours", "Hours run", "105", "hours", "blog", "fitted", verdict="passed")
    >>> fitted = [Provenance(field=name, fitted_to=("hours",), fit_trials=1000) for name in ("speed", "decline")]
    >>> fit_note(fitted, [met])
    'Parameters fitted by simulation: 2. Claims they were fitted to: 1, too few to settle them alone. Not met: none.'
    """
    fitted = [one.fitted_to for one in provenance if one.fitted_to]
    used = {claim for claims in fitted for claim in claims}
    missed = [row.claim for row in rows if row.claim in used and row.verdict != "passed"]
    few = ", too few to settle them alone" if len(used) < len(fitted) else ""
    unknown = any(one.fitted_to and not one.fit_trials for one in provenance)
    error = " Error of that fit: not known and not counted, since fit_trials is not given." if unknown else ""
    return (
        f"Parameters fitted by simulation: {len(fitted)}. Claims they were fitted to: {len(used)}{few}. "
        f"Not met: {', '.join(missed) or 'none'}.{error}"
    )


def miss_note(claims: Ledger, figures: PerTrial) -> str:
    """Say in how many trials of the model itself at least one predicted figure, or two, would be missed."""
    foretold = [foretell(claim, claims, figures) for claim in claims.with_role("predicted") if claim.about in figures]
    if not foretold:
        return "No figure is predicted: nothing here tests the model."
    one, two = (chance_of_misses(foretold, figures, least) for least in (1, 2))
    return (
        f"If the model is right it misses at least one of {len(foretold)} predicted figures in {one:.0%} of trials, "
        f"two or more in {two:.0%}."
    )


def fit_variance_ratio(figure: Figure | None, supposed: TrialAssumptions, claims: Ledger, trials: int) -> float:
    """Return n/m for a figure: the trials of this run over those by which figures of its kind were fitted.

    The Monte Carlo variance that the fit left in such a figure is this times that of the run. It is 0 for a figure of
    another kind, and where the assumptions do not say how many trials the fit took (``fit_trials``).

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, published
    >>> hours = Figure(figure="running_hours")
    >>> fit_variance_ratio(hours, ASTEROID, published(), 40_960)
    1.0
    """
    kinds = {
        about.figure: one.fit_trials
        for one in supposed.provenance
        for claim in one.fitted_to
        if one.fit_trials and (about := claims[claim].about)
    }
    return trials / kinds[figure.figure] if figure and figure.figure in kinds else 0.0


def allowed_standard_errors(checks: int) -> float:
    """Return k, the Monte Carlo standard errors a figure may be away so that m checks together rarely raise alarm.

    Examples
    --------
    >>> round(allowed_standard_errors(1), 2)
    3.89
    """
    return float(-ndtri(FALSE_ALARM / (2 * max(checks, 1))))


def _judge(claim: Claim, ledger: Ledger, figures: PerTrial, supposed: TrialAssumptions | None, k: float) -> Row:
    if claim.role == "context":
        return _row(claim, "listed", "context, not checked" if claim.status == "consistent" else claim.reason)
    if claim.role == "derived":
        return _judge_derived(claim, ledger)
    if supposed is None:
        return _row(claim, "listed", _PRINT_ALONE)
    if claim.about in figures:
        ratio = fit_variance_ratio(claim.about, supposed, ledger, len(figures[claim.about]))
        if claim.role == "predicted":
            return _judge_predicted(claim, foretell(claim, ledger, figures))
        return _judge_fitted(claim, figures, k, ratio)
    why = why_not(claim.about, supposed) if claim.about else "the claim does not say what figure it is about"
    return _not_run(claim, str(why))


def _judge_derived(claim: Claim, ledger: Ledger) -> Row:
    try:
        value = ledger.compute(str(claim.formula))
    except InputError as error:
        return _not_run(claim, str(error))
    verdict: Verdict = "passed" if claim.agrees(value) else "failed"
    note = ""
    if claim.status == "inconsistent":
        wrong = "the ledger calls it inconsistent, but it agrees: correct its status"
        verdict, note = ("failed", wrong) if verdict == "passed" else ("inconsistent", claim.reason)
    return _row(claim, verdict, note, reproduced=value, tolerance=claim.half_unit)


def _judge_fitted(claim: Claim, figures: PerTrial, k: float, ratio: float) -> Row:
    figure = fitted_figure(claim.about, figures)
    if figure is None:
        return _not_run(claim, "a p value has no mean over trials: fit the estimate and its limits instead")
    value, mcse = claim.sign * figure[0], figure[1]
    error = mcse * float(np.sqrt(1 + ratio))
    tolerance = k * error + _EXACT
    return _row(
        claim,
        "passed" if abs(value - claim.value) <= tolerance else "failed",
        "fitted: shows that the pipeline is sound, not that the model is right",
        reproduced=value,
        mcse=mcse,
        fit_error=mcse * float(np.sqrt(ratio)),
        tolerance=tolerance,
        false_alarm=2 * float(ndtr(-k)) if mcse else 0.0,
        detectable=tolerance + _Z_POWER * error,
    )


def _judge_predicted(claim: Claim, foretelling: Foretelling) -> Row:
    low, high = foretelling.interval.low, foretelling.interval.high
    printed = claim.value
    foretold = low <= printed <= high
    if claim.relation:  # a bound is foretold where the interval reaches beyond it
        foretold = low < printed if claim.relation == "<" else high > printed
    given = f", given {', '.join(map(str, foretelling.known))} of the same trial" if foretelling.known else ""
    return _row(
        claim,
        "foretold" if foretold else "missed",
        f"prediction interval of one trial of this size{given}"
        + (", fixed before the number was read" if claim.blind else ""),
        reproduced=foretelling.center,
        interval_low=low,
        interval_high=high,
        false_alarm=1 - LEVEL,
        detectable=foretelling.detectable,
    )


def _not_run(claim: Claim, why: str) -> Row:
    return _row(claim, "not run", claim.excused or why, excused=claim.excused is not None)


def _row(claim: Claim, verdict: Verdict, note: str, **found: Any) -> Row:
    printed = (claim.id, claim.statement, claim.printed, claim.unit, claim.source, claim.role)
    return Row(*printed, verdict=verdict, note=note, **found)

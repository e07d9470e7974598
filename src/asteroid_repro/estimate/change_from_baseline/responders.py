"""The share of people who reach the minimal important change, and what the treatment adds to it."""

from dataclasses import asdict, dataclass
from math import inf
from typing import get_args

import numpy as np
import pandas as pd

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.arms import Data, Given, label_of, sign_of_better
from asteroid_repro.estimate.change_from_baseline.number_needed import number_needed
from asteroid_repro.estimate.change_from_baseline.score_limits import Contrast, Measure, TwoShares, score_limits
from asteroid_repro.estimate.outcome_scores import one_outcome
from asteroid_repro.tables.limits import Limits, check_level
from asteroid_repro.tables.result_table import ResultTable
from asteroid_repro.trial.participant_data import Trial


@dataclass(frozen=True)
class ArmResponders:
    """Responders in one arm.

    Attributes
    ----------
    responders, n : int
        People who reached the threshold, of how many with both visits.
    missing : int
        People left out because a visit is missing.
    zero_baseline : int
        People left out because nobody can improve by a share of a baseline of 0 or less; 0 with a threshold in points.
    """

    responders: int
    n: int
    missing: int
    zero_baseline: int


@dataclass(frozen=True)
class Responders(ResultTable):
    """Who reached the minimal important change.

    Attributes
    ----------
    outcome : str
        Name of the outcome.
    week : float
        Weeks since randomisation.
    threshold : float
        The least improvement of a responder.
    scale : str
        ``points``, or ``relative``: a share of the person's baseline.
    better : str
        Which way an improvement goes, ``lower`` or ``higher``.
    treatment, reference : ArmResponders
        The two arms.
    rows : tuple of Contrast
        Share of responders in each arm (Wilson), risk difference (Newcombe, then Miettinen-Nurminen), risk ratio, odds
        ratio, and the numbers needed to treat that follow from the risk difference and its Newcombe limits.
    level : float
        Confidence level.
    label : str
        What the data are; empty for a plain table.
    """

    outcome: str
    week: float
    threshold: float
    scale: str
    better: str
    treatment: ArmResponders
    reference: ArmResponders
    rows: tuple[Contrast, ...]
    level: float
    label: str = ""

    def to_frame(self) -> pd.DataFrame:
        """Return one row per measure: shares, contrasts, numbers needed; unrounded."""
        whom = {name: getattr(self, name) for name in ("outcome", "week", "threshold", "scale", "better")}
        people = {"n_treatment": self.treatment.n, "n_reference": self.reference.n}
        return pd.DataFrame([whom | asdict(row) | people for row in self.rows])


def responders(
    trial: Data,
    *,
    outcome: str,
    week: float | None = None,
    points: float | None = None,
    relative: float | None = None,
    level: float = 0.95,
    treatment: Given = None,
    reference: Given = None,
    better: Given = None,
) -> Responders:
    r"""Compare the shares of people who improved by at least a threshold.

    A responder improved, in the way that is better on this outcome, by ``points`` or more, or by ``relative`` x
    baseline or more. The difference of the shares :math:`d = p_1 - p_0` has Newcombe's hybrid limits,

    .. math:: d - \sqrt{(p_1 - l_1)^2 + (u_0 - p_0)^2}, \quad d + \sqrt{(u_1 - p_1)^2 + (p_0 - l_0)^2},

    with the Wilson limits l and u of each share, and Miettinen-Nurminen score limits. Dichotomising throws information
    away: the difference of means says more, this says it in people.

    Parameters
    ----------
    trial : Trial or pandas.DataFrame
        A trial, or its table of outcomes. The first week is the baseline.
    outcome : str
        Name of the outcome.
    week : float, optional
        Weeks since randomisation; the last visit when not given.
    points : float, optional
        Threshold in points of the outcome; when neither this nor ``relative`` is given, the minimal important change of
        the trial's design.
    relative : float, optional
        Threshold as a share of the person's own baseline, for instance 0.30.
    level : float
        Confidence level.
    treatment, reference : str, optional
        The two arms of a plain table, of two or more; a trial has them in its design.
    better : {"lower", "higher"}, optional
        Which way is better: a plain table needs it, a trial has it in its design.

    Returns
    -------
    Responders
        Positive differences and ratios above 1 favour the treatment.

    Raises
    ------
    InputError
        Two thresholds or none, one that is not positive, a direction that nobody gave, an arm in which nobody is left,
        an unusable table.

    References
    ----------
    .. [1] Newcombe (1998), Stat Med 17:873-890. doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I
    .. [2] Bender (2001), Control Clin Trials 22:102-110. doi:10.1016/S0197-2456(00)00134-3

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> result = responders(simulate_trial(ASTEROID, seed=2024), outcome="disability")
    >>> result.threshold, result.treatment.n, result.rows[2].method
    (10.0, 20, 'newcombe')
    """
    check_level(level)
    scores = one_outcome(trial, outcome, treatment, reference, better).pairs(week)
    threshold = _threshold(trial, outcome, points, relative)
    gains = [sign_of_better(outcome, scores.better) * change for change in scores.changes]
    own, other = (
        _arm(arm, of_arm[0], gain, threshold, missing, relative=relative is not None)
        for arm, of_arm, gain, missing in zip(scores.arms, scores.both, gains, scores.missing, strict=True)
    )
    return Responders(
        outcome=outcome, week=scores.weeks[1], threshold=threshold, scale="points" if relative is None else "relative",
        better=scores.better, treatment=own, reference=other, rows=_rows(own, other, level), level=level,
        label=label_of(trial),
    )  # fmt: skip


def newcombe_limits(counts: TwoShares, level: float = 0.95) -> Limits[float]:
    """Compute Newcombe's hybrid score limits of the difference of two shares.

    Examples
    --------
    >>> limits = newcombe_limits(TwoShares(56, 70, 48, 80))
    >>> [round(limit, 4) for limit in (limits.low, limits.high)]
    [0.0524, 0.3339]
    """
    from statsmodels.stats.proportion import confint_proportions_2indep  # takes seconds to import

    low, high = confint_proportions_2indep(
        counts.events_1, counts.n_1, counts.events_0, counts.n_0, method="newcomb", alpha=1 - check_level(level)
    )
    # With everybody or nobody responding, rounding takes a limit past 1 in the last digit.
    return Limits(max(float(low), -1.0), min(float(high), 1.0))


def _threshold(trial: Data, outcome: str, points: float | None, relative: float | None) -> float:
    if points is None and relative is None and isinstance(trial, Trial):
        points = trial.design.outcome(outcome).important
    if (points is None) == (relative is None):
        given = "neither" if points is None else "both"
        raise InputError(f"threshold must be given as points or relative, got {given}. Give one.")
    if points is not None and not 0 < points < inf:
        raise InputError(f"points must be positive, got {points:g}. It is the least improvement of a responder.")
    if relative is not None and not 0 < relative <= 1:
        raise InputError(f"relative must be in (0, 1], got {relative:g}. A third of the baseline is 0.33.")
    return points or relative or 0  # one of them is above 0


def _arm(
    name: str, baseline: np.ndarray, gain: np.ndarray, threshold: float, missing: int, *, relative: bool
) -> ArmResponders:
    usable = baseline > 0 if relative else np.full(len(baseline), fill_value=True)
    if not usable.any():
        raise InputError(f"{name} must have somebody with a baseline above 0, got none. Give the threshold in points.")
    needed = threshold * baseline[usable] if relative else threshold
    # A whole-point score that reaches the threshold exactly must count, although 0.3 x 10 is not 3 in floats.
    reached, n = int((gain[usable] >= needed - 1e-9).sum()), int(usable.sum())
    return ArmResponders(reached, n, missing, len(baseline) - n)


def _rows(own: ArmResponders, other: ArmResponders, level: float) -> tuple[Contrast, ...]:
    from statsmodels.stats.proportion import proportion_confint  # takes seconds to import

    shares = []
    for role, arm in (("treatment", own), ("reference", other)):
        low, high = proportion_confint(arm.responders, arm.n, alpha=1 - level, method="wilson")
        shares.append(Contrast(f"share_{role}", "wilson", arm.responders / arm.n, float(low), float(high)))
    counts = TwoShares(own.responders, own.n, other.responders, other.n)
    limits, difference = newcombe_limits(counts, level), counts.compare("risk_difference")
    contrasts = [*shares, Contrast("risk_difference", "newcombe", difference, limits.low, limits.high)]
    for measure in get_args(Measure):
        found = score_limits(counts, measure, level)
        contrasts.append(Contrast(measure, "miettinen_nurminen", counts.compare(measure), found.low, found.high))
    return (*contrasts, *number_needed(difference, limits))

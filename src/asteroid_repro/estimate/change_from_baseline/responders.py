"""The share of people who reach the minimal important change, and what the treatment adds to it."""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.arms import label_of, sign_of_better
from asteroid_repro.estimate.change_from_baseline.number_needed import NumberNeeded, number_needed
from asteroid_repro.estimate.change_from_baseline.score_limits import Measure, TwoShares, compare_shares, score_limits
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
    share, ci_low, ci_high : float
        Share of responders with Wilson limits.
    """

    responders: int
    n: int
    missing: int
    zero_baseline: int
    share: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True)
class Contrast:
    """The arms compared by one measure and one kind of interval.

    Attributes
    ----------
    measure, method : str
        ``risk_difference``, ``risk_ratio`` or ``odds_ratio``; ``newcombe`` or ``miettinen_nurminen``.
    estimate, ci_low, ci_high : float
        Treatment against reference; NaN where the counts leave the measure undefined.
    """

    measure: str
    method: str
    estimate: float
    ci_low: float
    ci_high: float


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
    contrasts : tuple of Contrast
        Risk difference (Newcombe, then Miettinen-Nurminen), risk ratio, odds ratio.
    needed : NumberNeeded
        From the risk difference and its Newcombe limits.
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
    contrasts: tuple[Contrast, ...]
    needed: NumberNeeded
    level: float
    label: str = ""

    def to_frame(self) -> pd.DataFrame:
        """Return one row per measure: shares, contrasts, numbers needed; unrounded."""
        shares = [
            Contrast(f"share_{name}", "wilson", arm.share, arm.ci_low, arm.ci_high)
            for name, arm in (("treatment", self.treatment), ("reference", self.reference))
        ]
        needed = self.needed
        numbers = [
            Contrast("needed_to_benefit", "newcombe", needed.benefit, needed.benefit_low, needed.benefit_high),
            Contrast("needed_to_harm", "newcombe", needed.harm, needed.harm_low, needed.harm_high),
        ]
        whom = {name: getattr(self, name) for name in ("outcome", "week", "threshold", "scale", "better")}
        people = {"n_treatment": self.treatment.n, "n_reference": self.reference.n}
        return pd.DataFrame([whom | asdict(row) | people for row in (*shares, *self.contrasts, *numbers)])


def responders(
    trial: Trial | pd.DataFrame,
    *,
    outcome: str,
    week: float | None = None,
    points: float | None = None,
    relative: float | None = None,
    level: float = 0.95,
    treatment: str | None = None,
    reference: str | None = None,
    better: str | None = None,
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
    >>> result.threshold, result.treatment.n, result.contrasts[0].method
    (10.0, 20, 'newcombe')
    """
    check_level(level)
    scores = one_outcome(trial, outcome, treatment, reference, better).pairs(week)
    threshold = _threshold(trial, outcome, points, relative)
    sign = sign_of_better(outcome, scores.better)
    own, other = (
        _arm(arm, scores_of_arm[0], sign * change, threshold, level, missing=missing, relative=relative is not None)
        for arm, scores_of_arm, change, missing in zip(
            scores.arms, scores.both, scores.changes, scores.missing, strict=True
        )
    )
    contrasts = _contrasts(TwoShares(own.responders, own.n, other.responders, other.n), level)
    difference = contrasts[0]
    return Responders(
        outcome=outcome,
        week=scores.weeks[1],
        threshold=threshold,
        scale="points" if relative is None else "relative",
        better=scores.better,
        treatment=own,
        reference=other,
        contrasts=contrasts,
        needed=number_needed(difference.estimate, Limits(difference.ci_low, difference.ci_high)),
        level=level,
        label=label_of(trial),
    )


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


def _threshold(trial: Trial | pd.DataFrame, outcome: str, points: float | None, relative: float | None) -> float:
    if points is not None and relative is not None:
        raise InputError(f"threshold must be points or relative, got both ({points:g} and {relative:g}). Give one.")
    if points is None and relative is None and isinstance(trial, Trial):
        points = trial.design.outcome(outcome).important
    if points is not None:
        if not 0 < points < float("inf"):
            raise InputError(f"points must be positive, got {points:g}. It is the least improvement of a responder.")
        return points
    if relative is None:
        raise InputError("threshold must be given as points or relative, got neither. Give one.")
    if not 0 < relative <= 1:
        raise InputError(f"relative must be in (0, 1], got {relative:g}. A third of the baseline is 0.33.")
    return relative


def _arm(
    name: str,
    baseline: np.ndarray,
    improvement: np.ndarray,
    threshold: float,
    level: float,
    *,
    missing: int,
    relative: bool,
) -> ArmResponders:
    from statsmodels.stats.proportion import proportion_confint  # takes seconds to import

    usable = baseline > 0 if relative else np.full(len(baseline), fill_value=True)
    n = int(usable.sum())
    if n == 0:
        raise InputError(f"{name} must have somebody with a baseline above 0, got none. Give the threshold in points.")
    needed = threshold * baseline[usable] if relative else threshold
    # A whole-point score that reaches the threshold exactly must count, although 0.3 x 10 is not 3 in floats.
    reached = int((improvement[usable] >= needed - 1e-9).sum())
    low, high = proportion_confint(reached, n, alpha=1 - level, method="wilson")
    return ArmResponders(reached, n, missing, len(baseline) - n, reached / n, float(low), float(high))


def _contrasts(counts: TwoShares, level: float) -> tuple[Contrast, ...]:
    difference = compare_shares(counts, "difference")
    newcombe = newcombe_limits(counts, level)
    rows = [Contrast("risk_difference", "newcombe", difference, newcombe.low, newcombe.high)]
    measures: tuple[tuple[str, Measure], ...] = (
        ("risk_difference", "difference"),
        ("risk_ratio", "ratio"),
        ("odds_ratio", "odds_ratio"),
    )
    for name, measure in measures:
        limits = score_limits(counts, measure, level)
        rows.append(Contrast(name, "miettinen_nurminen", compare_shares(counts, measure), limits.low, limits.high))
    return tuple(rows)

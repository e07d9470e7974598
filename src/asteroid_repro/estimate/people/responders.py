"""The share of people who reach the minimal important change, and what running adds to it."""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.people.number_needed import NumberNeeded, number_needed
from asteroid_repro.estimate.people.paired_scores import ArmScores, outcomes_table, paired_scores
from asteroid_repro.estimate.people.score_limits import Measure, TwoShares, compare_shares, score_limits
from asteroid_repro.estimate.safety.limits import Limits, check_level
from asteroid_repro.tables.schema import Trial


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
        People left out because a share of a baseline of 0 cannot be improved by; 0 with a threshold in points.
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
        Running against waitlist. NaN where the counts leave the measure undefined.
    """

    measure: str
    method: str
    estimate: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True)
class Responders:
    """Who reached the minimal important change.

    Attributes
    ----------
    outcome : str
        Name of the outcome.
    week : int
        Weeks since randomisation.
    threshold : float
        The least improvement of a responder.
    scale : str
        ``points``, or ``relative``: a share of the person's baseline.
    running, waitlist : ArmResponders
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
    week: int
    threshold: float
    scale: str
    running: ArmResponders
    waitlist: ArmResponders
    contrasts: tuple[Contrast, ...]
    needed: NumberNeeded
    level: float
    label: str = ""

    def to_frame(self) -> pd.DataFrame:
        """Return one row per measure: shares, contrasts, numbers needed; unrounded."""
        shares = [
            Contrast(f"share_{name}", "wilson", arm.share, arm.ci_low, arm.ci_high)
            for name, arm in (("running", self.running), ("waitlist", self.waitlist))
        ]
        needed = self.needed
        numbers = [
            Contrast("needed_to_benefit", "newcombe", needed.benefit, needed.benefit_low, needed.benefit_high),
            Contrast("needed_to_harm", "newcombe", needed.harm, needed.harm_low, needed.harm_high),
        ]
        frame = pd.DataFrame([asdict(row) for row in (*shares, *self.contrasts, *numbers)])
        return frame.assign(
            outcome=self.outcome,
            week=self.week,
            threshold=self.threshold,
            scale=self.scale,
            n_running=self.running.n,
            n_waitlist=self.waitlist.n,
        )[["outcome", "week", "threshold", "scale", *frame.columns, "n_running", "n_waitlist"]]

    def _repr_html_(self) -> str:
        return f"<p><strong>{self.label}</strong></p>" + self.to_frame().to_html(index=False)


def responders(
    trial: Trial | pd.DataFrame,
    *,
    outcome: str,
    week: int = 12,
    points: float | None = None,
    relative: float | None = None,
    level: float = 0.95,
) -> Responders:
    r"""Compare the shares of people who improved by at least a threshold.

    A responder has baseline - later >= ``points``, or >= ``relative`` x baseline: on every outcome of this trial lower
    is better. The difference of the shares :math:`d = p_1 - p_0` has Newcombe's hybrid limits,

    .. math:: d - \sqrt{(p_1 - l_1)^2 + (u_0 - p_0)^2}, \quad d + \sqrt{(u_1 - p_1)^2 + (p_0 - l_0)^2},

    with the Wilson limits l and u of each share, and Miettinen-Nurminen score limits. Dichotomising throws information
    away: the difference of means says more, this says it in people.

    Parameters
    ----------
    trial : Trial or pandas.DataFrame
        A trial, or its table of outcomes. The first week is the baseline.
    outcome : str
        Name of the outcome.
    week : int
        Weeks since randomisation.
    points : float, optional
        Threshold in points of the outcome.
    relative : float, optional
        Threshold as a share of the person's own baseline, for instance 0.30. Give this or ``points``.
    level : float
        Confidence level.

    Returns
    -------
    Responders
        Positive differences and ratios above 1 favour running.

    Raises
    ------
    InputError
        Not exactly one threshold, one that is not positive, an arm in which nobody is left, an unusable table.

    References
    ----------
    .. [1] Newcombe (1998), Stat Med 17:873-890. doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I
    .. [2] Bender (2001), Control Clin Trials 22:102-110. doi:10.1016/S0197-2456(00)00134-3

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> result = responders(simulate_trial(ASTEROID, seed=2024), outcome="average_pain", points=15)
    >>> result.running.n, result.contrasts[0].method
    (20, 'newcombe')
    """
    check_level(level)
    threshold = _threshold(points, relative)
    scores = paired_scores(outcomes_table(trial), outcome, week)
    running = _arm(scores.running, "running", threshold, level, relative=points is None)
    waitlist = _arm(scores.waitlist, "waitlist", threshold, level, relative=points is None)
    counts = TwoShares(running.responders, running.n, waitlist.responders, waitlist.n)
    contrasts = _contrasts(counts, level)
    difference = contrasts[0]
    return Responders(
        outcome=outcome,
        week=week,
        threshold=threshold,
        scale="points" if relative is None else "relative",
        running=running,
        waitlist=waitlist,
        contrasts=contrasts,
        needed=number_needed(difference.estimate, Limits(difference.ci_low, difference.ci_high)),
        level=level,
        label=trial.label if isinstance(trial, Trial) else "",
    )


def newcombe_limits(counts: TwoShares, level: float = 0.95) -> Limits:
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


def _threshold(points: float | None, relative: float | None) -> float:
    if points is not None and relative is not None:
        raise InputError(f"threshold must be points or relative, got both ({points:g} and {relative:g}). Give one.")
    if points is not None:
        if not 0 < points < float("inf"):
            raise InputError(f"points must be positive, got {points:g}. It is the least improvement of a responder.")
        return points
    if relative is None:
        raise InputError("threshold must be given as points or relative, got neither. Give one.")
    if not 0 < relative <= 1:
        raise InputError(f"relative must be in (0, 1], got {relative:g}. A third of the baseline is 0.33.")
    return relative


def _arm(scores: ArmScores, name: str, threshold: float, level: float, *, relative: bool) -> ArmResponders:
    from statsmodels.stats.proportion import proportion_confint  # takes seconds to import

    usable = scores.baseline > 0 if relative else np.full(scores.n, fill_value=True)
    n = int(usable.sum())
    if n == 0:
        raise InputError(f"{name} must have somebody with a baseline above 0, got none. Give the threshold in points.")
    needed = threshold * scores.baseline[usable] if relative else threshold
    # A whole-point score that reaches the threshold exactly must count, although 0.3 x 10 is not 3 in floats.
    reached = int((-scores.change[usable] >= needed - 1e-9).sum())
    low, high = proportion_confint(reached, n, alpha=1 - level, method="wilson")
    return ArmResponders(reached, n, scores.missing, scores.n - n, reached / n, float(low), float(high))


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

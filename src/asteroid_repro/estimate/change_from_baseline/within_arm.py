"""The mean change within each arm."""

from dataclasses import dataclass
from math import sqrt

from scipy.special import stdtrit

from asteroid_repro.estimate.arms import Data, Given, label_of
from asteroid_repro.estimate.outcome_scores import every_pair
from asteroid_repro.tables.limits import check_level
from asteroid_repro.tables.result_table import EstimateRows


@dataclass(frozen=True)
class WithinArmChange:
    """The mean change of one arm.

    Attributes
    ----------
    outcome : str
        Name of the outcome.
    week : float
        Weeks since randomisation.
    arm : str
        Label of the arm.
    n, missing : int
        People with both visits, and people left out.
    change, sd, se, ci_low, ci_high : float
        Mean of later minus baseline, SD between people, standard error and t limits, points.
    df : float
        Degrees of freedom.
    better : str
        Which way is better, ``lower`` or ``higher``; empty where neither a design nor the user says so.
    """

    outcome: str
    week: float
    arm: str
    n: int
    missing: int
    change: float
    sd: float
    se: float
    df: float
    ci_low: float
    ci_high: float
    better: str


class WithinArmChanges(EstimateRows[WithinArmChange]):
    """The mean changes of both arms, one an outcome, week and arm."""


def within_arm_changes(
    trial: Data, *, level: float = 0.95, treatment: Given = None, reference: Given = None, better: Given = None
) -> WithinArmChanges:
    r"""Compute the mean change of each arm, :math:`\bar y \pm t_{n-1} s / \sqrt n`.

    A change within an arm is not an effect: the reference shows what happens without the treatment.

    Parameters
    ----------
    trial : Trial or pandas.DataFrame
        A trial, or its table of outcomes. The first week is the baseline.
    level : float
        Confidence level.
    treatment, reference : str, optional
        The two arms of a plain table, of two or more; a trial has them in its design.
    better : {"lower", "higher"}, optional
        Which way is better in a plain table.

    Returns
    -------
    WithinArmChanges
        A change is an improvement if it goes the way that is ``better``.

    Raises
    ------
    InputError
        An unusable table, or an arm with fewer than two people with both visits.

    References
    ----------
    .. [1] Bland & Altman (2011), Trials 12:264. doi:10.1186/1745-6215-12-264

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> changes = within_arm_changes(simulate_trial(ASTEROID, seed=2024)).to_frame()
    >>> len(changes), changes["df"].unique().tolist()
    (12, [19.0])
    """
    check_level(level)
    rows = []
    for scores in every_pair(trial, treatment, reference, better):
        for arm, values, missing in zip(scores.arms, scores.changes, scores.missing, strict=True):
            n, change, sd = len(values), float(values.mean()), float(values.std(ddof=1))
            se = sd / sqrt(n)
            margin = float(stdtrit(n - 1, (1 + level) / 2)) * se
            numbers = change, sd, se, float(n - 1), change - margin, change + margin
            rows.append(WithinArmChange(scores.outcome, scores.weeks[1], arm, n, missing, *numbers, scores.better))
    return WithinArmChanges(tuple(rows), level, label_of(trial))

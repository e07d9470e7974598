"""The mean change within each arm."""

from dataclasses import asdict, dataclass
from math import sqrt

import pandas as pd
from scipy.special import stdtrit

from asteroid_repro.estimate.people.paired_scores import PairedScores, all_paired_scores
from asteroid_repro.estimate.safety.limits import check_level
from asteroid_repro.tables.schema import ARMS, Trial


@dataclass(frozen=True)
class WithinArmChange:
    """The mean change of one arm.

    Attributes
    ----------
    outcome : str
        Name of the outcome.
    week : int
        Weeks since randomisation.
    arm : str
        ``running`` or ``waitlist``.
    n, missing : int
        People with both visits, and people left out.
    change, sd, se, ci_low, ci_high : float
        Mean of later minus baseline, SD between people, standard error and t limits, points.
    df : float
        Degrees of freedom.
    """

    outcome: str
    week: int
    arm: str
    n: int
    missing: int
    change: float
    sd: float
    se: float
    df: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True)
class WithinArmChanges:
    """The mean changes of both arms.

    Attributes
    ----------
    rows : tuple of WithinArmChange
        One an outcome, week and arm.
    label : str
        What the data are; empty for a plain table.
    """

    rows: tuple[WithinArmChange, ...]
    label: str = ""

    def to_frame(self) -> pd.DataFrame:
        """Return one row per outcome, week and arm, unrounded."""
        return pd.DataFrame([asdict(row) for row in self.rows])

    def _repr_html_(self) -> str:
        return f"<p><strong>{self.label}</strong></p>" + self.to_frame().to_html(index=False)


def within_arm_changes(trial: Trial | pd.DataFrame, *, level: float = 0.95) -> WithinArmChanges:
    r"""Compute the mean change of each arm, :math:`\bar y \pm t_{n-1} s / \sqrt n`.

    A change within an arm is not an effect: the waitlist shows what happens without running.

    Parameters
    ----------
    trial : Trial or pandas.DataFrame
        A trial, or its table of outcomes. The first week is the baseline.
    level : float
        Confidence level.

    Returns
    -------
    WithinArmChanges
        Negative changes are improvements.

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
    rows = [_within_arm(scores, arm, level) for scores in all_paired_scores(trial) for arm in ARMS]
    return WithinArmChanges(tuple(rows), trial.label if isinstance(trial, Trial) else "")


def _within_arm(scores: PairedScores, arm: str, level: float) -> WithinArmChange:
    people = scores.arm(arm)
    change, sd, df = float(people.change.mean()), float(people.change.std(ddof=1)), people.n - 1
    se = sd / sqrt(people.n)
    margin = float(stdtrit(df, (1 + level) / 2)) * se
    return WithinArmChange(
        scores.outcome, scores.week, arm, people.n, people.missing, change, sd, se, float(df),
        change - margin, change + margin,
    )  # fmt: skip

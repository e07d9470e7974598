"""The baseline and one later score of every person, arm by arm: what a change is computed from."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from asteroid_repro.errors import InputError, did_you_mean
from asteroid_repro.tables.schema import ARMS, Trial, check_table


@dataclass(frozen=True)
class ArmScores:
    """Scores of the people of one arm who have both visits.

    Attributes
    ----------
    baseline, later : numpy.ndarray, shape (people,)
        Scores, points, in the same order of people.
    missing : int
        People of the arm who lack one of the two and are left out.
    """

    baseline: np.ndarray
    later: np.ndarray
    missing: int

    @property
    def n(self) -> int:
        """People with both visits."""
        return len(self.baseline)

    @property
    def change(self) -> np.ndarray:
        """Later minus baseline, points: an improvement is negative."""
        change: np.ndarray = self.later - self.baseline
        return change


@dataclass(frozen=True)
class PairedScores:
    """One outcome at baseline and one later week.

    Attributes
    ----------
    outcome : str
        Name of the outcome.
    week : int
        The later week, since randomisation.
    running, waitlist : ArmScores
        The two arms.
    """

    outcome: str
    week: int
    running: ArmScores
    waitlist: ArmScores

    def arm(self, name: str) -> ArmScores:
        """Return the arm of that name."""
        return self.running if name == "running" else self.waitlist


def outcomes_table(trial: Trial | pd.DataFrame) -> pd.DataFrame:
    """Return the checked outcomes of a trial or of a plain table.

    Raises
    ------
    InputError
        An unusable or empty table, a person in two arms, two scores for one visit.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> len(outcomes_table(simulate_trial(ASTEROID, seed=2024)))
    360
    """
    table = check_table(trial.outcomes if isinstance(trial, Trial) else trial, "outcomes")
    if table.empty:
        raise InputError("outcomes must have rows, got none. Give one row per person, week and outcome.")
    arms = table.groupby("participant")["arm"].nunique()
    if (arms > 1).any():
        raise InputError(
            f"outcomes.arm must be the same in all rows of a person, got two arms for participant "
            f"{arms.index[arms > 1][0]}. Correct the arm."
        )
    repeated = table.duplicated(["participant", "week", "outcome"])
    if repeated.any():
        row = table[repeated].iloc[0]
        raise InputError(
            f"outcomes must have one row per person, week and outcome, got several for participant "
            f"{row['participant']}, week {row['week']}, {row['outcome']}. Remove the duplicates."
        )
    return table


def paired_scores(table: pd.DataFrame, outcome: str, week: int) -> PairedScores:
    """Pick the baseline and one later week of an outcome.

    People are those of the whole table: somebody without a row for this outcome counts as missing.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`outcomes_table`. Its first week is the baseline.
    outcome : str
        Name of the outcome.
    week : int
        The later week.

    Returns
    -------
    PairedScores
        People sorted by identifier, so that the order of rows has no influence.

    Raises
    ------
    InputError
        An unknown outcome or week, or an arm with fewer than two people with both visits.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> table = outcomes_table(simulate_trial(ASTEROID, seed=2024))
    >>> paired_scores(table, "disability", 12).running.n
    20
    """
    known = sorted(table["outcome"].unique())
    if outcome not in known:
        raise InputError(f"outcome must be one of {', '.join(known)}, got {outcome!r}.{did_you_mean(outcome, known)}")
    baseline, *later = sorted(set(table["week"].tolist()))
    if week not in later:
        weeks = ", ".join(str(known_week) for known_week in later) or "none"
        raise InputError(f"week must be a week after the baseline ({weeks}), got {week!r}. Choose one of them.")
    scores = table[table["outcome"] == outcome].set_index(["participant", "week"])["value"]
    wide = scores.unstack("week").reindex(columns=[baseline, week])  # noqa: PD010 - no duplicates to average here
    people = table.drop_duplicates("participant").set_index("participant")["arm"].sort_index()
    running, waitlist = (_arm_scores(wide.reindex(people.index[people == arm]), arm, outcome) for arm in ARMS)
    return PairedScores(outcome, week, running, waitlist)


def all_paired_scores(trial: Trial | pd.DataFrame) -> tuple[PairedScores, ...]:
    """Pair the baseline of every outcome with each of its later weeks, outcomes in alphabetical order.

    Raises
    ------
    InputError
        No later visit, or an unusable table.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> [scores.week for scores in all_paired_scores(simulate_trial(ASTEROID, seed=2024))]
    [6, 12, 6, 12, 6, 12]
    """
    table = outcomes_table(trial)
    weeks = sorted(set(table["week"].tolist()))[1:]
    if not weeks:
        raise InputError("outcomes must have a baseline and a later visit, got 1 week. Add visits.")
    return tuple(paired_scores(table, outcome, week) for outcome in sorted(set(table["outcome"])) for week in weeks)


def _arm_scores(wide: pd.DataFrame, arm: str, outcome: str) -> ArmScores:
    complete = wide.dropna()
    if len(complete) < 2:
        raise InputError(
            f"{outcome} must have both visits of at least 2 people in each arm, got {len(complete)} in {arm}. Add them."
        )
    baseline, later = complete.to_numpy(dtype=float).T
    return ArmScores(baseline, later, len(wide) - len(complete))

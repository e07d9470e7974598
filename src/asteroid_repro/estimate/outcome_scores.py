"""The scores of one outcome, arm by arm: what every estimate of an effect on people's outcomes begins with."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from asteroid_repro.errors import InputError, check_choice
from asteroid_repro.estimate.arms import Data, Given, better_direction, two_arms
from asteroid_repro.tables.checking import check_listed_once, check_table
from asteroid_repro.tables.plausible import refuse_odd
from asteroid_repro.trial.participant_data import Trial


@dataclass(frozen=True)
class OutcomeScores:
    """The scores of one outcome in the two arms, people sorted by identifier.

    Attributes
    ----------
    outcome : str
        Name of the outcome.
    better : str
        Which way is better, ``lower`` or ``higher``; empty where nobody said.
    arms : tuple of str
        Labels of the treatment and the reference.
    weeks : tuple of float
        Weeks since randomisation of the visits, the baseline first.
    treatment, reference : numpy.ndarray, shape (visits, people of the arm)
        Scores, points; NaN where missing.
    participants : tuple of pandas.Index
        Identifiers of the people of the two arms.
    missing : tuple of int
        People of the two arms who were left out because they lack a visit.
    unseen : tuple
        Identifiers of those who were left out because they have no score at all.
    """

    outcome: str
    better: str
    arms: tuple[str, str]
    weeks: tuple[float, ...]
    treatment: np.ndarray
    reference: np.ndarray
    participants: tuple[pd.Index, pd.Index]
    missing: tuple[int, int] = (0, 0)
    unseen: tuple[object, ...] = ()

    @property
    def both(self) -> tuple[np.ndarray, np.ndarray]:
        """Scores of the treatment and the reference."""
        return self.treatment, self.reference

    @property
    def n(self) -> tuple[int, int]:
        """People of the treatment and the reference."""
        return self.treatment.shape[1], self.reference.shape[1]

    @property
    def changes(self) -> tuple[np.ndarray, np.ndarray]:
        """Last visit minus baseline, points, of the treatment and the reference."""
        return self.treatment[-1] - self.treatment[0], self.reference[-1] - self.reference[0]

    def visit(self, week: float | None = None) -> int:
        """Return the number of a later visit, from 1; the last one for no week.

        Raises
        ------
        InputError
            A week without a visit, or no later visit.
        """
        later = self.weeks[1:]
        if week is None and later:
            return len(later)
        if week not in later:
            weeks = ", ".join(map(str, later)) or "none"
            raise InputError(f"week must be a week after the baseline ({weeks}), got {week!r}. Choose one of them.")
        return self.weeks.index(week)

    def pairs(self, week: float | None = None) -> "OutcomeScores":
        """Return the people who have both the baseline and a later week (the last if none), and those two visits only.

        Raises
        ------
        InputError
            A week without a visit, or an arm with fewer than two people who have both.
        """
        visits = [0, self.visit(week)]
        kept = [~np.isnan(scores[visits]).any(axis=0) for scores in self.both]
        fewest, arm = min((int(own.sum()), arm) for own, arm in zip(kept, self.arms, strict=True))
        if fewest < 2:
            raise InputError(
                f"{self.outcome} must have both visits of at least 2 people an arm, got {fewest} in {arm}. Add them."
            )
        treatment, reference = (scores[visits][:, own] for scores, own in zip(self.both, kept, strict=True))
        missing = int((~kept[0]).sum()), int((~kept[1]).sum())
        weeks = tuple(self.weeks[visit] for visit in visits)
        return replace(self, weeks=weeks, treatment=treatment, reference=reference, missing=missing)

    def check_later_visit(self) -> None:
        """Refuse a baseline alone.

        Raises
        ------
        InputError
            No later visit.
        """
        if len(self.weeks) < 2:
            raise InputError(f"{self.outcome} must have a baseline and a later visit, got 1 week. Add visits.")

    def check_varies(self, varies: bool | np.bool) -> None:
        """Refuse scores that do not vary.

        Raises
        ------
        InputError
            With the outcome.
        """
        if not varies:
            raise InputError(f"{self.outcome} must vary within the arms, got a constant. Drop it or correct it.")


def outcome_scores(
    trial: Data, treatment: Given = None, reference: Given = None, better: Given = None
) -> tuple[OutcomeScores, ...]:
    """Lay out the outcomes of a trial, or of a plain table, in alphabetical order.

    People are those of the whole table: somebody without any score of an outcome is left out of that outcome, and named
    in ``unseen``; so is a visit at which nobody has one. A missing visit is a missing row or an empty value, the same
    thing. People of a third arm are left out.

    Parameters
    ----------
    trial : Trial or pandas.DataFrame
        A trial, or its table of outcomes. The first week is the baseline.
    treatment, reference : str, optional
        The two arms of a plain table; see :func:`asteroid_repro.estimate.arms.two_arms`.
    better : {"lower", "higher"}, optional
        Which way is better in a plain table.

    Raises
    ------
    InputError
        An unusable or empty table, a person in two arms, two scores for one visit, a score of a plain table that
        looks like a code for missing.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> [scores.treatment.shape for scores in outcome_scores(simulate_trial(ASTEROID, seed=2024))]
    [(3, 20), (3, 20), (3, 20)]
    """
    table = outcomes_table(trial)
    arms = two_arms(trial, table["arm"], treatment, reference)
    weeks = pd.Index(sorted(table["week"].unique()), name="week")
    visits = tuple(int(week) if week == int(week) else float(week) for week in weeks)
    arm_of = table.drop_duplicates("participant").set_index("participant")["arm"].sort_index()
    people = arm_of.index[arm_of == arms[0]], arm_of.index[arm_of == arms[1]]
    found = []
    for outcome in sorted(table["outcome"].unique()):
        scores = table[table["outcome"] == outcome].set_index(["participant", "week"])["value"]
        wide = scores.unstack("week")  # noqa: PD010 - pivot_table would average duplicates away
        own, other = (wide.reindex(index=index, columns=weeks).to_numpy(dtype=float).T for index in people)
        direction = better_direction(trial, outcome, better)
        found.append(_seen(OutcomeScores(outcome, direction, arms, visits, own, other, people)))
    return tuple(found)


def _seen(scores: OutcomeScores) -> OutcomeScores:
    """Leave out who was never seen, and the later visits at which nobody was."""
    seen = [~np.isnan(own) for own in scores.both]
    visits = [bool(visit) for visit in np.logical_or(*(own.any(axis=1) for own in seen))]
    visits[0] = True
    people = [own.any(axis=0) for own in seen]
    if all(visits) and all(own.all() for own in people):
        return scores
    treatment, reference = (own[visits][:, kept] for own, kept in zip(scores.both, people, strict=True))
    kept, left_out = (
        [index[own == is_seen] for index, own in zip(scores.participants, people, strict=True)]
        for is_seen in (True, False)
    )
    return replace(
        scores, weeks=tuple(week for week, any_seen in zip(scores.weeks, visits, strict=True) if any_seen),
        treatment=treatment, reference=reference, participants=(kept[0], kept[1]), unseen=(*left_out[0], *left_out[1]),
    )  # fmt: skip


def one_outcome(
    trial: Data, outcome: str, treatment: Given = None, reference: Given = None, better: Given = None
) -> OutcomeScores:
    """Lay out one outcome, as :func:`outcome_scores` does all.

    Raises
    ------
    InputError
        An unknown outcome, or an unusable table.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> one_outcome(simulate_trial(ASTEROID, seed=2024), "disability").pairs(12).n
    (20, 20)
    """
    known = {scores.outcome: scores for scores in outcome_scores(trial, treatment, reference, better)}
    check_choice("outcome", outcome, known)
    return known[outcome]


def every_pair(
    trial: Data, treatment: Given = None, reference: Given = None, better: Given = None
) -> tuple[OutcomeScores, ...]:
    """Pair the baseline of every outcome with each of its later weeks.

    Raises
    ------
    InputError
        No later visit, or an unusable table.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> [scores.weeks for scores in every_pair(simulate_trial(ASTEROID, seed=2024))][:2]
    [(0, 6), (0, 12)]
    """
    found = outcome_scores(trial, treatment, reference, better)
    found[0].check_later_visit()
    return tuple(scores.pairs(week) for scores in found for week in scores.weeks[1:])


def outcomes_table(trial: Data) -> pd.DataFrame:
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
    frame, arms = (trial.outcomes, trial.design.arm_names) if isinstance(trial, Trial) else (trial, None)
    table = check_table(frame, "outcomes", arms=arms)
    if table.empty:
        raise InputError("outcomes must have rows, got none. Give one row per person, week and outcome.")
    arm_counts = table.groupby("participant")["arm"].nunique()
    torn = arm_counts.index[arm_counts > 1]
    if len(torn):
        raise InputError(f"outcomes.arm must not change, got two arms for participant {torn[0]}. Correct it.")
    check_listed_once(table, "outcomes", ["participant", "week", "outcome"])
    if not isinstance(trial, Trial):  # those of a trial were held against its scales when they were read
        for outcome, own in table.groupby("outcome"):
            places = [
                f"row {row} ({who}, week {week:g})"
                for row, who, week in zip(own.index, own["participant"], own["week"], strict=True)
            ]
            refuse_odd(own["value"].to_numpy(), f"outcomes.value of {outcome}", places, codes_only=True)
    return table

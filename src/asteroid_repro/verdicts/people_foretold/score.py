"""Hold what was foretold against the people: inside or not, how far off, how sharp."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.arms import Data, label_of
from asteroid_repro.estimate.outcome_scores import OutcomeScores, one_outcome, outcomes_table
from asteroid_repro.study_folder import Study
from asteroid_repro.tables.result_table import ResultTable
from asteroid_repro.trial.design import Design, Outcome
from asteroid_repro.trial.participant_data import Trial
from asteroid_repro.verdicts.people_foretold.foretold import file_hashes, read_foretelling
from asteroid_repro.verdicts.people_foretold.people_quantities import Quantities, people_quantities

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Scored:
    """One quantity, foretold and found.

    Attributes
    ----------
    quantity, status : str
        As in the file.
    low, middle, high : float
        What was foretold, known or printed.
    found : float
        What the people have.
    inside : bool
        Whether that lies within the limits, which count as inside.
    outside_by : float
        Distance from the nearer limit; 0 inside.
    width : float
        Of the interval: how sharp it is.
    interval_score : float or None
        Width plus 2 / (1 - level) times `outside_by`: the smaller the better; None of what is not scored.
    """

    quantity: str
    status: str
    low: float
    middle: float
    high: float
    found: float
    inside: bool
    outside_by: float
    width: float
    interval_score: float | None


@dataclass(frozen=True, repr=False)
class ForetellingScore(ResultTable):
    """How a foretelling fared.

    Attributes
    ----------
    rows : tuple of Scored
        In the order of the file.
    label : str
        What was held against what.
    warnings : tuple of str
        Files of the study that were changed since it was frozen.
    """

    rows: tuple[Scored, ...]
    label: str
    warnings: tuple[str, ...] = ()

    @property
    def scored(self) -> tuple[Scored, ...]:
        """The rows that were foretold."""
        return tuple(row for row in self.rows if row.interval_score is not None)

    def answer(self) -> str:
        """Return how many lie inside, and how sharp and how good the intervals are, in a sentence."""
        rows = self.scored
        inside = sum(row.inside for row in rows)
        ratios = [float(row.interval_score or 0.0) / row.width for row in rows if row.width > 0]
        mean = f"{np.mean(ratios):.3g}" if ratios else "none"
        return (
            f"{inside} of {len(rows)} foretold quantities lie inside their intervals; the mean interval score is "
            f"{mean} times the width (1: all inside)."
        )

    def short_frame(self) -> "pd.DataFrame":
        """Return what was foretold, and what the people have, first what is scored."""
        table = self.to_frame().sort_values("interval_score", na_position="last", key=lambda x: x.isna(), kind="stable")
        return table[["quantity", "status", "low", "high", "found", "inside"]]

    def notes(self) -> tuple[str, ...]:
        """Return which printed or known numbers the people do not give back, and which files were changed."""
        other = [row.quantity for row in self.rows if not row.inside and row.status in ("printed", "known")]
        said = [f"Printed or known, but not what these people have: {', '.join(other)}."] if other else []
        return (*said, *self.warnings)


def score_foretelling(
    study: Study, people: Data, *, treatment: str | None = None, reference: str | None = None
) -> ForetellingScore:
    r"""Hold a foretelling against people.

    The interval score of limits l and u at level :math:`1 - \alpha` for a value x is :math:`(u - l) + \frac{2}{\alpha}
    (l - x)_+ + \frac{2}{\alpha} (x - u)_+`.

    Parameters
    ----------
    study : Study
        With ``foretold.json`` in its folder; its design says which outcomes and weeks are meant.
    people : Trial or pandas.DataFrame
        As :func:`asteroid_repro.read_people` reads them with the design of the study's assumptions; or a plain table of
        outcomes: participant, arm, week, outcome, value, in the units and weeks of the study.
    treatment, reference : str, optional
        Arms of a plain table; the study's when not given.

    Returns
    -------
    ForetellingScore
        A row per quantity that was foretold, known or printed.

    Raises
    ------
    InputError
        No foretelling, or one that was changed after it was frozen; no such arms, outcomes or visits; scores off the
        scale.

    References
    ----------
    Gneiting T, Raftery AE (2007), doi 10.1198/016214506000001437.
    """
    foretelling, table = read_foretelling(study.folder), outcomes_table(people)
    is_plain = not isinstance(people, Trial) and set(study.design.arm_names) <= set(table["arm"])
    own = study.design.arm_names if is_plain else (None, None)
    arms = (treatment or own[0], reference or own[1])
    design = study.assumptions.design  # whose scales may be among the assumptions
    found: Quantities = {}
    for outcome in design.outcomes:
        scores = _at_the_visits(one_outcome(people, outcome.name, *arms), design, outcome)
        found |= people_quantities(design, outcome.name, *scores)
    rows = tuple(
        _row(entry.quantity, entry.status, (entry.low, entry.middle, entry.high), entry.level, found)
        for entry in foretelling.entries
    )
    changed = [name for name, digest in file_hashes(study.folder).items() if foretelling.files.get(name) != digest]
    warnings = [f"Changed since {foretelling.date}, when it was frozen: {', '.join(changed)}."] if changed else []
    frozen = f"foretold {foretelling.date} ({foretelling.sha256[:12]})"
    label = f"{label_of(people) or 'A table'}, {table['participant'].nunique()} people, held against what was {frozen}"
    return ForetellingScore(rows, label, tuple(warnings))


def _row(quantity: str, status: str, ends: tuple[float, float, float], level: float, people: Quantities) -> Scored:
    low, middle, high = ends
    if quantity not in people:
        raise InputError(f"{quantity} must be a quantity of the study's people, got none. Restore the study's files.")
    found = float(people[quantity][0])
    outside = max(low - found, found - high, 0.0)
    score = (high - low) + 2 / (1 - level) * outside if status == "foretold" else None
    return Scored(quantity, status, low, middle, high, found, outside == 0, outside, high - low, score)


def _at_the_visits(scores: OutcomeScores, design: Design, outcome: Outcome) -> list[np.ndarray]:
    """Return the scores of the arms at the visits of the design, shape (visits, people of the arm, 1)."""
    absent = [week for week in design.visits if week not in scores.weeks]
    if absent:
        had = ", ".join(f"{week:g}" for week in scores.weeks)
        raise InputError(f"outcomes must have week {absent[0]:g} of {outcome.name}, got weeks {had}. Recode the weeks.")
    visits = [scores.weeks.index(week) for week in design.visits]
    arms = [own[visits][:, :, np.newaxis] for own in scores.both]
    for own in arms:
        if outcome.minimum is not None and outcome.maximum is not None:
            odd = own[(own < outcome.minimum) | (own > outcome.maximum)]
            if len(odd):
                scale = f"{outcome.minimum:g} to {outcome.maximum:g} {outcome.unit}"
                raise InputError(f"value of {outcome.name} must be in {scale}, got {odd[0]:g}. Recode it.")
        if (~np.isnan(own[0]) & ~np.isnan(own[-1])).sum() < 2:
            raise InputError(f"{outcome.name} must have two people or more an arm with first and last visit. Add them.")
    return arms

"""How much worse than imputed the missed scores must be for the result to lose significance."""

from collections.abc import Sequence
from dataclasses import dataclass

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.arms import Data, Given, label_of
from asteroid_repro.estimate.missing_visits.reference_rules import Rule
from asteroid_repro.estimate.missing_visits.sensitivity import (
    CompleteMethod,
    Sensitivity,
    Supposition,
    effects_by_delta,
)
from asteroid_repro.estimate.outcome_scores import one_outcome
from asteroid_repro.tables.result_table import ResultTable


@dataclass(frozen=True)
class TippingPoint(ResultTable):
    """The effect by how much worse than imputed the treated are supposed to be.

    Attributes
    ----------
    rows : tuple of Sensitivity
        One a delta, ascending.
    delta : float or None
        The smallest delta of the rows with a p-value of 1 - level or more, points; None if there is none.
    note : str
        The same in words.
    label : str
        What the data are; empty for a plain table.
    """

    rows: tuple[Sensitivity, ...]
    delta: float | None
    note: str
    label: str = ""

    def notes(self) -> tuple[str, ...]:
        """Return the note."""
        return (self.note,)


def tipping_point(
    trial: Data, *, outcome: str, deltas: Sequence[float], week: float | None = None, rule: Rule = "mar",
    imputations: int = 50, seed: int, method: CompleteMethod = "ancova", level: float = 0.95,
    treatment: Given = None, reference: Given = None, better: Given = None,
) -> TippingPoint:  # fmt: skip
    """Find how much worse than imputed the treated who missed the week must be for the result to lose significance.

    Parameters
    ----------
    deltas : sequence of float
        Points by which to make them worse, in any order; all are applied to the same imputations.
    trial, outcome, week, rule, imputations, seed, method, level, treatment, reference, better
        As in :func:`asteroid_repro.estimate.missing_visits.sensitivity.sensitivity`.

    Returns
    -------
    TippingPoint
        Its ``delta`` is one of those given: finer steps give a finer answer.

    Raises
    ------
    InputError
        No delta, or what :func:`asteroid_repro.estimate.missing_visits.sensitivity.sensitivity` refuses.

    References
    ----------
    .. [1] Cro, Morris, Kenward & Carpenter (2020), Stat Med 39:2815-2842. doi:10.1002/sim.8569

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> trial = simulate_trial(ASTEROID.with_values(missing_treatment=0.2, missing_reference=0.2), seed=2024)
    >>> point = tipping_point(trial, outcome="average_pain", deltas=[0, 500], seed=1)
    >>> [row.delta for row in point.rows], point.delta in (None, 0.0, 500.0)
    ([0.0, 500.0], True)
    """
    if not len(deltas):
        raise InputError("deltas must have at least one number of points, got none. Try range(0, 31, 5).")
    found = effects_by_delta(
        one_outcome(trial, outcome, treatment, reference, better), list(dict.fromkeys(deltas)), week=week,
        supposed=Supposition(rule), imputations=imputations, seed=seed, method=method, level=level,
        label=label_of(trial),
    )  # fmt: skip
    rows = tuple(sorted(found, key=lambda row: row.delta))
    tipped = [row.delta for row in rows if row.p_value >= 1 - level]
    return TippingPoint(rows, tipped[0] if tipped else None, _in_words(rows, tipped, level), rows[0].label)


def _in_words(rows: Sequence[Sensitivity], tipped: Sequence[float], level: float) -> str:
    alpha = f"{1 - level:.4g}"
    if not tipped:
        found = f"None: p is below {alpha} with every delta from {rows[0].delta:g} to {rows[-1].delta:g} points."
    elif tipped[0] == rows[0].delta:
        found = f"p is {alpha} or more at the smallest delta given, {tipped[0]:g} points: try smaller ones."
    else:
        found = f"p is {alpha} or more from a delta of {tipped[0]:g} points."
    return " ".join(filter(None, [found, rows[-1].note]))

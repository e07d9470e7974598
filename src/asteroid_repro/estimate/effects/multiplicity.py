"""Several co-primary outcomes: p-values adjusted for the number of questions, beside the raw ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from asteroid_repro.errors import InputError, check_choice
from asteroid_repro.estimate.effects.estimate_effects import Effects
from asteroid_repro.tables.result_table import EstimateRows

Adjustment = Literal["holm", "hochberg", "fixed_sequence"]


@dataclass(frozen=True)
class AdjustedEffect:
    """One effect with its adjusted p-value.

    Attributes
    ----------
    outcome : str
        Name of the outcome.
    week : float
        Weeks since randomisation.
    estimate, se : float
        As estimated, points; an interval by itself is not adjusted.
    p_value, p_adjusted : float
        Raw, and adjusted.
    rule : str
        How.
    """

    outcome: str
    week: float
    estimate: float
    se: float
    p_value: float
    p_adjusted: float
    rule: str


def adjust_p_values(
    effects: Effects, *, week: float | None = None, rule: Adjustment = "holm", order: Sequence[str] = ()
) -> EstimateRows[AdjustedEffect]:
    r"""Adjust the p-values of all outcomes at one week for their number.

    With :math:`p_{(1)} \le \ldots \le p_{(m)}`: Holm's :math:`\max_{j \le i} \min\{1, (m - j + 1) p_{(j)}\}`, whatever
    the dependence; Hochberg's :math:`\min_{j \ge i} (m - j + 1) p_{(j)}`, for outcomes that are not negatively
    dependent; in a fixed sequence the largest p-value so far.

    Parameters
    ----------
    effects : Effects
        Of :func:`asteroid_repro.estimate_effects`.
    week : float, optional
        The week of the question; the last when not given.
    rule : {"holm", "hochberg", "fixed_sequence"}
        Which adjustment.
    order : sequence of str
        The outcomes in the order in which they were to be tested, for a fixed sequence; others are left out.

    Returns
    -------
    EstimateRows of AdjustedEffect
        A row for each outcome.

    Raises
    ------
    InputError
        An unknown rule, week or outcome; a fixed sequence without an order; no effect.

    References
    ----------
    .. [1] Holm (1979), Scand J Stat 6:65-70.
    .. [2] Hochberg (1988), Biometrika 75:800-802. doi:10.1093/biomet/75.4.800
    .. [3] Maurer, Hothorn & Lehmacher (1995), in Biometrie in der chemisch-pharmazeutischen Industrie 6:3-18.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, estimate_effects, simulate_trial
    >>> effects = estimate_effects(simulate_trial(ASTEROID, seed=2024))
    >>> found = adjust_p_values(effects, week=12)
    >>> all(row.p_value <= row.p_adjusted <= 1 for row in found.rows)
    True
    """
    check_choice("rule", rule, get_args(Adjustment))
    weeks = sorted({row.week for row in effects.rows})
    if not weeks or (week is not None and week not in weeks):
        raise InputError(f"week must be one of {', '.join(map(str, weeks)) or 'none'}, got {week!r}. Choose one.")
    chosen = {row.outcome: row for row in effects.rows if row.week == (weeks[-1] if week is None else week)}
    if (rule == "fixed_sequence") != bool(order):
        raise InputError(
            f"order must be given for fixed_sequence and for no other rule, got {list(order)}. Correct it."
        )
    for outcome in order:
        check_choice("order", outcome, chosen)
    rows = [chosen[outcome] for outcome in order or chosen]
    raw = np.array([row.p_value for row in rows])
    adjusted = np.maximum.accumulate(raw) if rule == "fixed_sequence" else _by_statsmodels(raw, rule)
    found = [
        AdjustedEffect(row.outcome, row.week, row.estimate, row.se, row.p_value, float(p), rule)
        for row, p in zip(rows, adjusted, strict=True)
    ]
    return EstimateRows(tuple(found), effects.level, effects.label)


def _by_statsmodels(raw: np.ndarray, rule: str) -> np.ndarray:
    from statsmodels.stats.multitest import multipletests  # slow to import

    method = {"holm": "holm", "hochberg": "simes-hochberg"}[rule]
    return np.asarray(multipletests(raw, method=method)[1])

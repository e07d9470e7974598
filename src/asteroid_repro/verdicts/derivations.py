"""How each derived claim follows from other printed numbers. Exact arithmetic, no simulation."""

from collections.abc import Callable, Mapping
from typing import Final

from scipy.special import ndtr, ndtri

from asteroid_repro.ledger.claim import Claim
from asteroid_repro.ledger.ledger import Ledger

Values = Mapping[str, float]
"""Claim ids and their printed numbers."""

_Z95: Final = float(ndtri(0.975))


def recompute(claim: Claim, ledger: Ledger) -> float | None:
    """Recompute a derived claim from the claims it declares to depend on; None where no rule is known.

    The rule sees those claims only, so a dependency that is not declared in the ledger cannot be used.

    Examples
    --------
    >>> from asteroid_repro import published
    >>> round(recompute(published()["disability.week12.ci_high"], published()), 2)
    -0.28
    """
    rule = _RULES.get(claim.id)
    if rule is None:
        return None
    values = {key: ledger[key].value for key in claim.depends_on}
    return rule({key: value for key, value in values.items() if value is not None})


def _p_value(outcome: str) -> Callable[[Values], float]:
    """Two-sided p of the Wald z that the printed interval implies; the lower half of it where that is all there is."""

    def rule(values: Values) -> float:
        estimate, low = values[f"{outcome}.week12.estimate"], values[f"{outcome}.week12.ci_low"]
        high = values.get(f"{outcome}.week12.ci_high", 2 * estimate - low)
        return float(2 * ndtr(-abs(estimate) / ((high - low) / 2 / _Z95)))

    return rule


_RULES: Final[Mapping[str, Callable[[Values], float]]] = {
    "design.randomised": lambda v: v["design.running"] + v["design.waitlist"],
    "design.female.count": lambda v: v["design.female"] / 100 * v["design.randomised"],
    "programme.sessions": lambda v: v["programme.sessions_per_week"] * v["programme.weeks"],
    "programme.hours": lambda v: (
        v["programme.sessions_per_week"] * v["programme.weeks"] * v["programme.session_minutes"] / 60
    ),
    "average_pain.week12.p_value": _p_value("average_pain"),
    "current_pain.week12.p_value": _p_value("current_pain"),
    "disability.week12.p_value": _p_value("disability"),
    "disability.week12.ci_high": lambda v: 2 * v["disability.week12.estimate"] - v["disability.week12.ci_low"],
    "current_pain.running.week12": lambda v: (
        v["current_pain.running.baseline"]
        + (v["current_pain.waitlist.week12"] - v["current_pain.waitlist.baseline"])
        + v["current_pain.week12.estimate"]
    ),
    "current_pain.running.week12.sass": lambda v: v["current_pain.running.week12"],
    "adherence.sessions_per_week": lambda v: v["adherence.mean"] / 100 * v["programme.sessions_per_week"],
    "adverse_events.all": lambda v: sum(v.values()),
    "distance.session.week12": lambda v: v["distance.week12.mean"] / v["adherence.sessions_per_week"],
}

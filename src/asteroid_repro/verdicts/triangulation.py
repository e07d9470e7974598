"""Identities between printed numbers: what they imply for each other, and where they meet or contradict a claim."""

from dataclasses import dataclass

from asteroid_repro.ledger.claim import Identity
from asteroid_repro.ledger.formula import names
from asteroid_repro.ledger.ledger import Ledger
from asteroid_repro.tables.limits import Limits


@dataclass(frozen=True)
class Implication:
    """One number that follows from others.

    Attributes
    ----------
    identity : Identity
        What is computed, how, in what unit, and the claim that should say the same.
    inputs : str
        The claims used, as ``id = printed``.
    value : float
        The computed number.
    limits : Limits or None
        Exact 95 % limits, where the identity has some.
    finding : str
        ``meets``, ``contradicts`` or ``implies`` (nothing of the kind is printed).
    """

    identity: Identity
    inputs: str
    value: float
    limits: Limits[float] | None
    finding: str


def triangulate(ledger: Ledger) -> tuple[Implication, ...]:
    """Compute every identity of a ledger from its printed numbers.

    Examples
    --------
    >>> from asteroid_repro import published
    >>> first = triangulate(published())[0]
    >>> round(first.value, 6), first.finding
    (-19.35, 'meets')
    """
    return tuple(_implication(identity, ledger) for identity in ledger.identities)


def _implication(identity: Identity, ledger: Ledger) -> Implication:
    value, *limits = (ledger.compute(formula) for formula in identity.formulas)
    inputs = ", ".join(f"{name} = {ledger[name].printed}" for name in names(identity.formula))
    finding = _finding(ledger, identity.claim, value)
    return Implication(identity, inputs, value, Limits(*limits) if limits else None, finding)


def _finding(ledger: Ledger, claim: str | None, value: float) -> str:
    if claim is None:
        return "implies"
    printed = ledger[claim]
    if printed.value is None:
        return "contradicts" if printed.status == "inconsistent" else "implies"
    return "meets" if printed.agrees(value) else "contradicts"

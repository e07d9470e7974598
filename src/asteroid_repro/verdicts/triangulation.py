"""Identities between printed numbers: what they imply for each other, and where they meet or contradict a claim."""

import pandas as pd

from asteroid_repro.ledger.claim import Identity
from asteroid_repro.ledger.formula import names
from asteroid_repro.ledger.ledger import Ledger

_COLUMNS = ("name", "in_words", "inputs", "value", "low", "high", "unit", "claim", "finding")


def triangulate(ledger: Ledger) -> pd.DataFrame:
    """Compute every identity of a ledger from its printed numbers.

    Returns
    -------
    pandas.DataFrame
        One row per identity: name, in_words, unit and claim as in :class:`asteroid_repro.ledger.claim.Identity`, inputs
        (the claims used, as ``id = printed``), value with exact 95 % limits (NaN where there are none), and finding:
        ``meets``, ``contradicts`` or ``implies`` (nothing of the kind is printed, and claim is empty).

    Examples
    --------
    >>> from asteroid_repro import published
    >>> first = triangulate(published()).iloc[0]
    >>> float(first["value"].round(6)), first["finding"]
    (-19.35, 'meets')
    """
    return pd.DataFrame([_implied(identity, ledger) for identity in ledger.identities], columns=_COLUMNS)


def _implied(identity: Identity, ledger: Ledger) -> dict[str, object]:
    value, *limits = (ledger.compute(formula) for formula in identity.formulas)
    inputs = ", ".join(f"{name} = {ledger[name].printed}" for name in names(identity.formula))
    own = identity.model_dump() | {"claim": identity.claim or "", "inputs": inputs, "value": value}
    return own | dict(zip(("low", "high"), limits, strict=False)) | {"finding": _finding(identity, ledger, value)}


def _finding(identity: Identity, ledger: Ledger, value: float) -> str:
    claim = ledger[identity.claim] if identity.claim else None
    if claim is None or (claim.unit == "text" and claim.status != "inconsistent"):
        return "implies"
    return "meets" if claim.agrees(value) else "contradicts"

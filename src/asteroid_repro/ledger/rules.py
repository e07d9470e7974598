"""What must hold between the claims of a ledger."""

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from asteroid_repro.errors import InputError, did_you_mean
from asteroid_repro.ledger.claim import Claim, Identity, Source
from asteroid_repro.ledger.figure import Figure
from asteroid_repro.ledger.formula import names


def check_claims(
    claims: Sequence[Claim], sources: Mapping[str, Source], identities: Sequence[Identity], file: str
) -> None:
    """Check the claims of a ledger against each other and against its sources.

    Parameters
    ----------
    claims : sequence of Claim
        In the order of their file.
    sources : mapping of str to Source
        By key.
    identities : sequence of Identity
        What the claims imply for each other.
    file : str
        Name of the file of the claims, for messages.

    Raises
    ------
    InputError
        An id or a figure named twice; an unknown source or claim; a formula that cannot be read, or of claims without a
        number; claims that follow from each other in a loop; a predicted claim that fitted ones already give.

    Examples
    --------
    >>> from asteroid_repro import published
    >>> check_claims(published().claims, published().sources, published().identities, "claims.toml")
    """
    by_id = {claim.id: claim for claim in claims}
    _check_unique(claims, file)
    for claim in claims:
        where = f"{file}, claim {claim.id}"
        _check_known(where, "source", (claim.source,), "source", sources)
        _check_known(where, "also", claim.also, "source", sources)
        _check_known(where, "conflicts_with", claim.conflicts_with, "claim", by_id)
        _check_formulas([claim.formula] if claim.formula else [], by_id, where)
    for identity in identities:
        where = f"{file}, identity {identity.name}"
        _check_formulas(identity.formulas, by_id, where)
        _check_known(where, "claim", (identity.claim,) if identity.claim else (), "claim", by_id)
    _check_predicted(identities, by_id, file)


def _check_unique(claims: Sequence[Claim], file: str) -> None:
    ids: set[str] = set()
    figures: dict[Figure | None, str] = {}
    for claim in claims:
        where = f"{file}, claim {claim.id}"
        if claim.id in ids:
            raise InputError(f"{where}: id must be used once, got it twice. Rename or remove one.")
        figure = claim.about and claim.about.model_copy(update={"level": 0.95})  # a line has one level
        if figure and figure in figures:
            raise InputError(
                f"{where}: about must be a figure that no other claim is about, got {figure} as in {figures[figure]}. "
                "Keep one of the two."
            )
        ids.add(claim.id)
        figures[figure] = claim.id


def _check_known(where: str, field: str, names_used: Iterable[str], kind: str, known: Iterable[str]) -> None:
    unknown = next((name for name in names_used if name not in known), None)
    if unknown is not None:
        near = did_you_mean(unknown, known)
        raise InputError(f"{where}: {field} must name a known {kind}, got {unknown!r}. Correct or add it.{near}")


def _check_formulas(formulas: Iterable[str], by_id: Mapping[str, Claim], where: str) -> None:
    for formula in formulas:
        try:
            used = names(formula)
        except InputError as error:
            raise InputError(f"{where}: {error}") from None
        if not used:
            raise InputError(
                f"{where}: formula must name a claim, got {formula!r}. Write what the number follows from."
            )
        _check_known(where, "formula", used, "claim", by_id)
        for name in used:
            if not by_id[name].is_exact:
                raise InputError(f"{where}: formula must name claims that print a number, got {name!r}. Correct it.")


def _check_predicted(identities: Sequence[Identity], by_id: Mapping[str, Claim], file: str) -> None:
    """Refuse a loop, and a predicted claim that its formula or an identity gives from fitted claims alone."""
    try:
        in_order = list(TopologicalSorter({claim.id: claim.depends_on for claim in by_id.values()}).static_order())
    except CycleError as error:
        looped = by_id[min(error.args[1])]
        raise InputError(
            f"{file}, claim {looped.id}: formula must not lead back to the claim, got {looped.formula}. "
            "Remove one step of the loop."
        ) from None
    given = {claim.id for claim in by_id.values() if claim.role == "fitted"}
    for follows in in_order:
        if by_id[follows].depends_on and given.issuperset(by_id[follows].depends_on):
            given.add(follows)
    formulas = [(claim.id, claim.formula) for claim in by_id.values()]
    formulas += [(identity.claim or "", identity.formula) for identity in identities]
    for name, formula in formulas:
        if name and formula and by_id[name].role == "predicted" and given.issuperset(names(formula)):
            raise InputError(
                f"{file}, claim {name}: role must not be predicted where fitted claims give it, got {formula}. "
                "Retag it as derived."
            )

"""What must hold between the claims of a ledger."""

from collections.abc import Iterator, Mapping, Sequence

from asteroid_repro.errors import InputError, did_you_mean
from asteroid_repro.ledger.claim import Claim, Identity, Source
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
    _check_unique(claims, file)
    by_id = {claim.id: claim for claim in claims}
    for claim in claims:
        _check_references(claim, by_id, sources, f"{file}, claim {claim.id}")
    for identity in identities:
        where = f"{file}, identity {identity.name}"
        for formula in identity.formulas:
            _check_formula(formula, by_id, where)
        _check_known("claim", (identity.claim,) if identity.claim else (), by_id, where)
    for claim in claims:
        if claim.id in _behind(claim.depends_on, by_id):
            raise InputError(
                f"{file}, claim {claim.id}: formula must not lead back to the claim, got {claim.formula}. "
                "Remove one step of the loop."
            )
    _check_predicted(identities, by_id, file)


def _check_unique(claims: Sequence[Claim], file: str) -> None:
    ids: set[str] = set()
    figures: dict[object, str] = {}
    for claim in claims:
        where = f"{file}, claim {claim.id}"
        if claim.id in ids:
            raise InputError(f"{where}: id must be used once, got it twice. Rename or remove one.")
        ids.add(claim.id)
        figure = claim.about and claim.about.model_copy(update={"level": 0.95})  # a line has one level
        if figure and figures.setdefault(figure, claim.id) != claim.id:
            raise InputError(
                f"{where}: about must be a figure that no other claim is about, got {figure} as in {figures[figure]}. "
                "Keep one of the two."
            )


def _check_references(claim: Claim, by_id: Mapping[str, Claim], sources: Mapping[str, Source], where: str) -> None:
    for field, known in (("source", (claim.source,)), ("also", claim.also)):
        for name in known:
            if name not in sources:
                raise InputError(f"{where}: {field} must be a known source, got {name!r}. Correct or add it.")
    _check_known("conflicts_with", claim.conflicts_with, by_id, where)
    if claim.formula:
        _check_formula(claim.formula, by_id, where)


def _check_known(field: str, ids: Sequence[str], by_id: Mapping[str, Claim], where: str) -> None:
    for name in ids:
        if name not in by_id:
            raise InputError(
                f"{where}: {field} must name a known claim, got {name!r}. Correct or add it.{did_you_mean(name, by_id)}"
            )


def _check_formula(formula: str, by_id: Mapping[str, Claim], where: str) -> None:
    try:
        used = names(formula)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    if not used:
        raise InputError(f"{where}: formula must name a claim, got {formula!r}. Write what the number follows from.")
    _check_known("formula", used, by_id, where)
    for name in used:
        if by_id[name].value is None or by_id[name].relation:
            raise InputError(f"{where}: formula must name claims that print a number, got {name!r}. Correct it.")


def _behind(ids: Sequence[str], by_id: Mapping[str, Claim]) -> set[str]:
    """Return all claims that these claims follow from, themselves included."""
    reached: set[str] = set()
    waiting = list(ids)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(by_id[name].depends_on)
    return reached


def _check_predicted(identities: Sequence[Identity], by_id: Mapping[str, Claim], file: str) -> None:
    """Refuse a predicted claim that a formula, its own or that of an identity, gives from fitted claims alone."""
    for claim_id, formula in _formulas(identities, by_id):
        used = names(formula)
        if by_id[claim_id].role == "predicted" and all(_is_computable(by_id[name], by_id) for name in used):
            raise InputError(
                f"{file}, claim {claim_id}: role must not be predicted where fitted claims give it, got {formula}. "
                "Retag it as derived."
            )


def _formulas(identities: Sequence[Identity], by_id: Mapping[str, Claim]) -> Iterator[tuple[str, str]]:
    yield from ((claim.id, claim.formula) for claim in by_id.values() if claim.formula)
    yield from ((identity.claim, identity.formula) for identity in identities if identity.claim)


def _is_computable(claim: Claim, by_id: Mapping[str, Claim]) -> bool:
    """Whether a claim is fitted, or follows from fitted claims alone."""
    if claim.role == "fitted" or not claim.depends_on:
        return claim.role == "fitted"
    return all(_is_computable(by_id[name], by_id) for name in claim.depends_on)

"""What must hold between the claims of a ledger."""

from collections.abc import Mapping, Sequence

from asteroid_repro.errors import InputError
from asteroid_repro.ledger.claim import Claim, Source


def check_claims(claims: Sequence[Claim], sources: Mapping[str, Source], file: str) -> None:
    """Check the claims of a ledger against each other and against its sources.

    Parameters
    ----------
    claims : sequence of Claim
        In the order of their file.
    sources : mapping of str to Source
        By key.
    file : str
        Name of the file of the claims, for messages.

    Raises
    ------
    InputError
        An id or a part of a line used twice; an unknown source or claim; claims that depend on each other in a loop;
        a predicted claim that fitted ones already give.

    Examples
    --------
    >>> from asteroid_repro import published
    >>> check_claims(published().claims, published().sources, "claims.toml")
    """
    _check_unique(claims, file)
    by_id = {claim.id: claim for claim in claims}
    for claim in claims:
        where = f"{file}, claim {claim.id}"
        _check_references(claim, by_id, sources, where)
    for claim in claims:
        where = f"{file}, claim {claim.id}"
        _check_loop(claim, by_id, where)
    for claim in claims:
        where = f"{file}, claim {claim.id}"
        _check_predicted(claim, by_id, where)


def _check_unique(claims: Sequence[Claim], file: str) -> None:
    ids: set[str] = set()
    parts: set[tuple[str | None, str | None]] = set()
    for claim in claims:
        where = f"{file}, claim {claim.id}"
        if claim.id in ids:
            raise InputError(f"{where}: id must be used once, got it twice. Rename or remove one.")
        if claim.group is not None and (claim.group, claim.part) in parts:
            raise InputError(
                f"{where}: part must occur once in group {claim.group}, got {claim.part} twice. Rename one."
            )
        ids.add(claim.id)
        parts.add((claim.group, claim.part))


def _check_references(claim: Claim, by_id: Mapping[str, Claim], sources: Mapping[str, Source], where: str) -> None:
    for field, names in (("source", (claim.source,)), ("also", claim.also)):
        for name in names:
            if name not in sources:
                raise InputError(f"{where}: {field} must be a known source, got {name!r}. Correct or add it.")
    for field, names in (("depends_on", claim.depends_on), ("conflicts_with", claim.conflicts_with)):
        for name in names:
            if name not in by_id:
                raise InputError(f"{where}: {field} must be a known claim, got {name!r}. Correct or add it.")


def _check_loop(claim: Claim, by_id: Mapping[str, Claim], where: str) -> None:
    reached: set[str] = set()
    waiting = list(claim.depends_on)
    while waiting:
        name = waiting.pop()
        if name == claim.id:
            raise InputError(
                f"{where}: depends_on must not lead back to the claim, got {', '.join(claim.depends_on)}. "
                "Remove one dependency of the loop."
            )
        if name not in reached:
            reached.add(name)
            waiting.extend(by_id[name].depends_on)


def _check_predicted(claim: Claim, by_id: Mapping[str, Claim], where: str) -> None:
    if claim.role != "predicted" or not claim.depends_on:
        return
    if all(_is_computable(by_id[name], by_id) for name in claim.depends_on):
        raise InputError(
            f"{where}: role must not be predicted where fitted claims give it, got depends_on "
            f"{', '.join(claim.depends_on)}. Retag it as derived."
        )


def _is_computable(claim: Claim, by_id: Mapping[str, Claim]) -> bool:
    """Whether a claim is fitted, or follows from fitted claims alone."""
    if claim.role == "fitted" or not claim.depends_on:
        return claim.role == "fitted"
    return all(_is_computable(by_id[name], by_id) for name in claim.depends_on)

"""The published ledger: every printed number once, with its source, its role and its status.

The two data files beside this module hold the claims and the sources; nothing else in the package may type a
published number. A ledger that breaks a rule cannot be made.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from pydantic import ValidationError

from asteroid_repro.errors import InputError, did_you_mean, first_problem
from asteroid_repro.ledger.claim import Claim, Role, Source
from asteroid_repro.ledger.rules import check_claims

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Ledger:
    """All claims and sources of one trial, checked against each other when made.

    Attributes
    ----------
    claims : tuple of Claim
        The claims in the order of their file.
    sources : mapping of str to Source
        The sources by key.
    file : str
        Name of the file of the claims, for messages.

    Raises
    ------
    InputError
        An id used twice, an unknown claim or source, claims that depend on each other in a loop, or a
        predicted claim that the fitted ones already give.
    """

    claims: tuple[Claim, ...]
    sources: Mapping[str, Source]
    file: str = "claims.toml"

    def __post_init__(self) -> None:
        """Check the claims against each other and the sources."""
        check_claims(self.claims, self.sources, self.file)

    def __getitem__(self, claim_id: str) -> Claim:
        """Return a claim by its id; an unknown one raises an InputError with the nearest match."""
        for claim in self.claims:
            if claim.id == claim_id:
                return claim
        known = [claim.id for claim in self.claims]
        raise InputError(f"claim must be in the ledger, got {claim_id!r}.{did_you_mean(claim_id, known)}")

    def fitted(self, claim_id: str) -> float:
        """Return the number of a claim that may set an assumption.

        Parameters
        ----------
        claim_id : str
            Id of a claim with role ``fitted``.

        Returns
        -------
        float
            The printed number, in the unit of the claim.

        Raises
        ------
        InputError
            An unknown claim, or one with another role: a prediction that was fitted would prove nothing.

        Examples
        --------
        >>> published().fitted("adherence.mean")
        70.0
        """
        claim = self[claim_id]
        if claim.role != "fitted" or claim.value is None:
            raise InputError(
                f"claim {claim_id} must have role fitted to set an assumption, got role {claim.role} in {self.file}. "
                "Retag it there or do not fit it."
            )
        return claim.value

    def with_role(self, role: Role) -> tuple[Claim, ...]:
        """Return the claims of one role, in order; an unknown role raises an InputError."""
        if role not in get_args(Role):
            raise InputError(f"role must be one of {', '.join(get_args(Role))}, got {role!r}. Use one of these.")
        return tuple(claim for claim in self.claims if claim.role == role)

    def group(self, name: str) -> dict[str, Claim]:
        """Return the claims of one printed line by part.

        Parameters
        ----------
        name : str
            Name of the line, such as ``average_pain.week12``.

        Returns
        -------
        dict of str to Claim
            By ``estimate``, ``ci_low``, ``ci_high`` and ``p_value``, as far as printed.

        Raises
        ------
        InputError
            An unknown line.

        Examples
        --------
        >>> {part: claim.printed for part, claim in published().group("current_pain.week12").items()}
        {'estimate': '-19.35', 'ci_low': '-32.01', 'ci_high': '-6.69', 'p_value': '0.003'}
        """
        found = {claim.part: claim for claim in self.claims if claim.group == name and claim.part is not None}
        if not found:
            known = {claim.group for claim in self.claims if claim.group}
            raise InputError(f"group must be in the ledger, got {name!r}.{did_you_mean(name, known)}")
        return {str(part): claim for part, claim in found.items()}

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per claim; an unknown value is NaN, an unknown doi, group or part an empty text."""
        import pandas as pd

        return pd.DataFrame([self._row(claim) for claim in self.claims])

    def _row(self, claim: Claim) -> dict[str, Any]:
        row = claim.model_dump()
        row["value"] = float("nan") if claim.value is None else claim.value
        row["doi"] = self.sources[claim.source].doi
        return {name: "" if row[name] is None else row[name] for name in _COLUMNS}

    def _repr_html_(self) -> str:
        return self.to_frame().to_html(index=False)


_COLUMNS = (
    "id", "statement", "printed", "value", "unit", "source", "doi",
    "strength", "role", "status", "reason", "group", "part",
)  # fmt: skip


@cache
def published() -> Ledger:
    """Return what is published about ASTEROID, read once.

    Returns
    -------
    Ledger
        Every claim with its source, role and status.

    Examples
    --------
    >>> claim = published()["average_pain.week12.estimate"]
    >>> claim.printed, claim.unit, claim.role
    ('-15.30', 'points', 'fitted')
    """
    folder = files("asteroid_repro.studies") / "asteroid"
    return read_ledger(folder / "claims.toml", folder / "sources.toml")


def read_ledger(claims_path: Path | Traversable, sources_path: Path | Traversable) -> Ledger:
    """Read and check a ledger: that of another trial, or a changed copy.

    Parameters
    ----------
    claims_path : path
        TOML file with one ``[[claim]]`` table per claim; the fields are those of :class:`Claim`.
    sources_path : path
        TOML file with one table per source, named by its key; the fields are those of :class:`Source`.

    Returns
    -------
    Ledger
        The checked claims and sources.

    Raises
    ------
    InputError
        A file that cannot be read, or a claim or source that breaks a rule: file, claim and field are named.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "sources.toml").write_text('pilot = { citation = "A pilot trial" }')
    >>> _ = (folder / "claims.toml").write_text('''[[claim]]
    ... id = "people"
    ... statement = "People randomised"
    ... printed = "12"
    ... unit = "people"
    ... source = "pilot"
    ... strength = "P"
    ... role = "fitted"
    ... status = "consistent"
    ... reason = "Nothing else prints it."
    ... ''')
    >>> read_ledger(folder / "claims.toml", folder / "sources.toml").fitted("people")
    12.0
    """
    sources = {
        key: _source(key, fields, f"{sources_path.name}, source {key}") for key, fields in _toml(sources_path).items()
    }
    tables = _claim_tables(claims_path)
    claims = tuple(
        _claim(fields, f"{claims_path.name}, claim {fields.get('id', f'number {number}')}")
        for number, fields in enumerate(tables, start=1)
    )
    return Ledger(claims=claims, sources=sources, file=claims_path.name)


def _toml(path: Path | Traversable) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path.name} must be a file that can be read, got {path}. Correct the path.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name} must be TOML in UTF-8, got: {error}. Correct the file.") from error


def _claim_tables(path: Path | Traversable) -> list[dict[str, Any]]:
    content = _toml(path)
    tables = content.get("claim")
    if set(content) != {"claim"} or not isinstance(tables, list) or not all(isinstance(row, dict) for row in tables):
        got = ", ".join(content) or "nothing"
        raise InputError(f"{path.name} must hold [[claim]] tables and nothing else, got {got}. Correct the file.")
    return tables


def _claim(fields: dict[str, Any], where: str) -> Claim:
    try:
        return Claim.model_validate(fields)
    except ValidationError as error:
        raise InputError(f"{where}: {first_problem(error)}") from error


def _source(key: str, fields: object, where: str) -> Source:
    if not isinstance(fields, dict):
        raise InputError(f"{where}: must be a table, got {fields!r}. Write it under [{key}].")
    try:
        return Source.model_validate({"key": key, **fields})
    except ValidationError as error:
        raise InputError(f"{where}: {first_problem(error)}") from error

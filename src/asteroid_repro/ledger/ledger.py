"""The published ledger: every printed number once, with its source, its role and its status.

The files ``claims.toml`` and ``sources.toml`` of a study hold the claims and the sources; nothing else may type a
published number. A ledger that breaks a rule cannot be made.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

from asteroid_repro.errors import InputError, Record, did_you_mean, validated
from asteroid_repro.ledger.claim import Claim, Identity, Role, Source
from asteroid_repro.ledger.figure import Figure
from asteroid_repro.ledger.formula import evaluate
from asteroid_repro.ledger.rules import check_claims
from asteroid_repro.tables.result_table import ResultTable
from asteroid_repro.tables.toml_files import read_toml

if TYPE_CHECKING:
    import pandas as pd


_COLUMNS: Final = (
    "id", "statement", "printed", "value", "unit", "source", "doi",
    "strength", "role", "blind", "status", "reason", "formula", "about",
)  # fmt: skip


@dataclass(frozen=True)
class Ledger(ResultTable):
    """All claims and sources of one trial, checked against each other when made.

    Attributes
    ----------
    claims : tuple of Claim
        The claims in the order of their file.
    sources : mapping of str to Source
        The sources by key.
    file : str
        Name of the file of the claims, for messages.
    identities : tuple of Identity
        What the claims imply for each other.
    label : str
        What the table of the claims is.

    Raises
    ------
    InputError
        A claim that breaks a rule of :func:`asteroid_repro.ledger.rules.check_claims`.
    """

    claims: tuple[Claim, ...]
    sources: Mapping[str, Source]
    file: str = "claims.toml"
    identities: tuple[Identity, ...] = ()
    label: str = "Published claims"

    def __post_init__(self) -> None:
        """Check the claims against each other and the sources."""
        check_claims(self.claims, self.sources, self.identities, self.file)

    def __getitem__(self, claim_id: str) -> Claim:
        """Return a claim by its id; an unknown one raises an InputError with the nearest match."""
        known = {claim.id: claim for claim in self.claims}
        if claim_id not in known:
            raise InputError(f"claim must be in the ledger, got {claim_id!r}.{did_you_mean(claim_id, known)}")
        return known[claim_id]

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
        >>> from asteroid_repro import published
        >>> published().fitted("adherence.mean")
        70.0
        """
        claim = self[claim_id]
        if claim.role != "fitted":
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

    @cached_property
    def numbers(self) -> dict[str, float]:
        """The printed numbers by claim id, bounds left out."""
        return {claim.id: claim.value for claim in self.claims if claim.is_exact}

    def compute(self, formula: str) -> float:
        """Compute a formula of claim ids from the printed numbers.

        Raises
        ------
        InputError
            As :func:`asteroid_repro.ledger.formula.evaluate`, or a list.

        Examples
        --------
        >>> from asteroid_repro import published
        >>> published().compute("design.running + design.waitlist")
        40.0
        """
        result = evaluate(formula, self.numbers)
        if isinstance(result, list):
            raise InputError(f"formula must give one number, got a list from {formula!r}. Take it out of the brackets.")
        return result

    def about(self, figure: Figure) -> Claim | None:
        """Return the claim about a figure; None where it is not printed.

        Examples
        --------
        >>> from asteroid_repro import published
        >>> published().about(Figure(figure="running_hours")).printed
        '105'
        """
        return next((claim for claim in self.claims if claim.about == figure), None)

    @cached_property
    def lines(self) -> dict[tuple[str, float], dict[str, Claim]]:
        """The printed result lines by outcome and week: the claims by ``estimate``, ``ci_low``, ``ci_high``, ..."""
        found: dict[tuple[str, float], dict[str, Claim]] = {}
        for claim in self.claims:
            one = claim.about
            if one and one.figure == "effect":
                found.setdefault((str(one.outcome), one.week or 0.0), {})[str(one.statistic)] = claim
        return found

    def line(self, outcome: str, week: float | None = None) -> dict[str, Claim]:
        """Return the claims of one printed result line.

        Parameters
        ----------
        outcome : str
            Name of the outcome.
        week : float, optional
            Week of the visit; the last one printed when not given.

        Returns
        -------
        dict of str to Claim
            By ``estimate``, ``ci_low``, ``ci_high`` and ``p_value``, as far as printed.

        Raises
        ------
        InputError
            No line of that outcome, or none at that week.

        Examples
        --------
        >>> from asteroid_repro import published
        >>> {part: claim.printed for part, claim in published().line("current_pain").items()}
        {'estimate': '-19.35', 'ci_low': '-32.01', 'ci_high': '-6.69', 'p_value': '0.003'}
        """
        return self.lines[outcome, self.week_of_line(outcome, week)]

    def week_of_line(self, outcome: str, week: float | None = None) -> float:
        """Return the week of a printed result line; parameters and errors as in :meth:`line`."""
        weeks = sorted(printed for name, printed in self.lines if name == outcome)
        if not weeks:
            near = did_you_mean(outcome, {name for name, _ in self.lines})
            raise InputError(f"outcome must be one with a printed effect, got {outcome!r}.{near}")
        if week is not None and week not in weeks:
            shown = ", ".join(f"{printed:g}" for printed in weeks)
            raise InputError(f"week must be one with a printed effect on {outcome}, {shown}, got {week:g}. Choose one.")
        return weeks[-1] if week is None else week

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per claim; an unknown value is NaN, whatever else is unknown an empty text."""
        import pandas as pd

        rows = [
            claim.model_dump()
            | {"value": claim.value, "doi": self.sources[claim.source].doi, "about": claim.about and str(claim.about)}
            for claim in self.claims
        ]
        return pd.DataFrame([{name: "" if row[name] is None else row[name] for name in _COLUMNS} for row in rows])


def read_ledger(claims_path: Path | Traversable, sources_path: Path | Traversable) -> Ledger:
    """Read and check a ledger: that of another trial, or a changed copy.

    Parameters
    ----------
    claims_path : path
        TOML file with one ``[[claim]]`` table per claim and one ``[[identity]]`` table per identity; the fields are
        those of :class:`Claim` and :class:`Identity`.
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
    file, sources = str(claims_path), read_toml(Path(str(sources_path)))
    tables = {"claim": [], "identity": []} | read_toml(Path(file))
    if len(tables) > 2 or not tables["claim"] or not all(isinstance(own, list) for own in tables.values()):
        raise InputError(f"{file} must hold [[claim]] and [[identity]] tables, got {', '.join(tables)}. Correct it.")
    return Ledger(
        tuple(_records(Claim, file, "id", tables["claim"])),
        {key: _record(Source, source, f"{sources_path}, source {key}", key=key) for key, source in sources.items()},
        file,
        tuple(_records(Identity, file, "name", tables["identity"])),
    )


def _records(kind: type[Record], file: str, key: str, tables: list[dict[str, Any]]) -> Iterator[Record]:
    for number, table in enumerate(tables, start=1):
        name = table.get(key, f"number {number}") if isinstance(table, dict) else f"number {number}"
        yield _record(kind, table, f"{file}, {kind.__name__.lower()} {name}")


def _record(kind: type[Record], fields: object, where: str, **more: str) -> Record:
    if not isinstance(fields, dict):
        raise InputError(f"{where}: must be a table, got {fields!r}. Write it under its name in brackets.")
    try:
        return validated(kind, fields | more)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None

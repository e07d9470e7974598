"""Many printed lines, such as all of a paper, and families of them that are said to come from one model."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from asteroid_repro.errors import InputError
from asteroid_repro.printed.audit_triple import TripleAudit, audit_triple
from asteroid_repro.printed.df_set import DfSet, intersect
from asteroid_repro.printed.printed_triple import PrintedTriple
from asteroid_repro.tables.result_table import ResultTable


@dataclass(frozen=True)
class FamilyAudit(ResultTable):
    """The reference distributions that could have printed every line of a family.

    Attributes
    ----------
    audits : tuple of TripleAudit
        The lines, one by one, in the order given.
    """

    audits: tuple[TripleAudit, ...]
    label = "Audit of printed lines from one model"

    @property
    def df(self) -> DfSet:
        """The intersection of the lines' feasible sets, with real ends."""
        return intersect([audit.df for audit in self.audits])

    @property
    def consistent(self) -> bool:
        """Whether one distribution could have printed every line."""
        return not self.df.empty

    @property
    def z(self) -> bool:
        """Whether the standard normal distribution could have."""
        return self.df.z

    @property
    def df_min(self) -> float | None:
        """The smallest df that could have, rounded inward."""
        return self.df.df_min

    @property
    def df_max(self) -> float | None:
        """The largest df that could have, rounded inward; None where unbounded or none."""
        return self.df.df_max

    @property
    def binds_min(self) -> int | None:
        """Position of the line that sets the smallest df; None where that is 1, or the family is inconsistent."""
        ends = [audit.df.u_high for audit in self.audits]
        return ends.index(min(ends)) if self.df.u_high < 1 else None

    @property
    def binds_max(self) -> int | None:
        """Position of the line that sets the largest df; None where that is inf, or the family is inconsistent."""
        ends = [audit.df.u_low for audit in self.audits]
        return ends.index(max(ends)) if self.df.u_low > 0 else None

    def to_frame(self) -> pd.DataFrame:
        """Return one row per line with what it binds, and a last row for the family."""
        ends = (("df_min", self.binds_min), ("df_max", self.binds_max))
        rows: list[dict[str, object]] = [
            {"line": str(audit.triple), "level": audit.triple.level}
            | audit.df.to_dict()
            | {"binds": ", ".join(end for end, binding in ends if binding == position)}
            for position, audit in enumerate(self.audits)
        ]
        return pd.DataFrame([*rows, {"line": "all lines", **self.df.to_dict(), "binds": ""}])


@dataclass(frozen=True)
class AuditedLines(ResultTable):
    """The audits of several lines.

    Attributes
    ----------
    audits : tuple of TripleAudit
        In the order given.
    groups : tuple of str
        The family of each line, said to come from one model; empty where it stands alone.
    """

    audits: tuple[TripleAudit, ...]
    groups: tuple[str, ...]
    label = "Audit of printed lines"

    @property
    def consistent(self) -> bool:
        """Whether every line and every family is consistent."""
        return all(audit.consistent for audit in self.audits) and all(
            one.consistent for one in self.families().values()
        )

    def families(self) -> dict[str, FamilyAudit]:
        """Return the families by their name."""
        members: dict[str, list[TripleAudit]] = {}
        for group, audit in zip(self.groups, self.audits, strict=True):
            members.setdefault(group, []).append(audit)
        return {name: FamilyAudit(tuple(audits)) for name, audits in members.items() if name}

    def records(self) -> list[dict[str, object]]:
        """Return one record per line, ready for JSON, with that of its family."""
        return self._with_families([audit.to_dict() for audit in self.audits])

    def to_frame(self) -> pd.DataFrame:
        """Return one row per line; repairs as text."""
        return pd.DataFrame(self._with_families([audit.to_row() for audit in self.audits]))

    def _with_families(self, rows: list[dict[str, object]]) -> list[dict[str, object]]:
        families = {
            name: {"group": name} | {f"group_{field}": value for field, value in family.df.to_dict().items()}
            for name, family in self.families().items()
        }
        return [row | families.get(group, {}) for group, row in zip(self.groups, rows, strict=True)]


def audit_family(triples: Sequence[PrintedTriple | str], *, level: float = 0.95, ratio: bool = False) -> FamilyAudit:
    """Intersect the feasible sets of several lines said to come from one model (one df for all).

    Parameters
    ----------
    triples : sequence of PrintedTriple or str
        The lines, one or more.
    level, ratio
        As in :func:`audit_triple`, for lines given as text.

    Returns
    -------
    FamilyAudit
        The common distributions, and which line binds each end.

    Raises
    ------
    InputError
        No line, or a text that is not a result line.

    Examples
    --------
    >>> pain = audit_family(["-15.30 (-25.33, -5.27), p=0.003", "-19.35 (-32.01, -6.69), p=0.003"])
    >>> pain.consistent, pain.df_min, pain.binds_min, pain.binds_max
    (True, 51.0, 0, None)
    """
    if not triples:
        raise InputError("triples must hold at least one line, got none. Add a line.")
    return FamilyAudit(tuple(audit_triple(triple, level=level, ratio=ratio) for triple in triples))


def audit_lines(table: pd.DataFrame, *, level: float = 0.95, ratio: bool = False) -> AuditedLines:
    """Audit every line of a table.

    Parameters
    ----------
    table : pandas.DataFrame
        A column ``line`` of printed results and, optionally, ``group``: lines of one group come from one model.
    level, ratio
        As in :func:`audit_triple`.

    Returns
    -------
    AuditedLines
        An audit per line.

    Raises
    ------
    InputError
        No column ``line``, no rows, or a line that is not a result; the message names the row.

    Examples
    --------
    >>> pain = pd.DataFrame({"line": ["-15.30 (-25.33, -5.27), p=0.003"], "group": ["pain"]})
    >>> audit_lines(pain).consistent
    True
    """
    if "line" not in table.columns or table.empty:
        raise InputError(f"table must have a column line with results, got {list(table.columns)}. Add it.")
    audits = []
    for row, line in enumerate(table["line"].astype(str), start=1):
        try:
            audits.append(audit_triple(line, level=level, ratio=ratio))
        except InputError as error:
            raise InputError(f"row {row}: {error}") from None
    groups = table["group"].fillna("").astype(str) if "group" in table.columns else [""] * len(table)
    return AuditedLines(tuple(audits), tuple(groups))

"""Many printed lines, such as all of a paper, and families of them that are said to come from one model."""

from dataclasses import dataclass

import pandas as pd

from asteroid_repro.errors import InputError
from asteroid_repro.printed.audit_triple import TripleAudit, audit_triple
from asteroid_repro.printed.df_set import DfSet, intersect
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
        found: tuple[TripleAudit | FamilyAudit, ...] = (*self.audits, *self.families().values())
        return all(one.consistent for one in found)

    def families(self) -> dict[str, FamilyAudit]:
        """Return the families by their name."""
        members: dict[str, list[TripleAudit]] = {}
        for group, audit in zip(self.groups, self.audits, strict=True):
            members.setdefault(group, []).append(audit)
        return {name: FamilyAudit(tuple(audits)) for name, audits in members.items() if name}

    def records(self) -> list[dict[str, object]]:
        """Return one record per line, ready for JSON, with that of its family."""
        families = {
            name: {"group": name} | {f"group_{field}": value for field, value in family.df.to_dict().items()}
            for name, family in self.families().items()
        }
        audited = zip(self.audits, self.groups, strict=True)
        return [audit.to_dict() | families.get(group, {}) for audit, group in audited]

    def to_frame(self) -> pd.DataFrame:
        """Return one row per line; repairs as text."""
        repairs = ["; ".join(map(str, audit.repairs)) for audit in self.audits]
        return pd.DataFrame(self.records()).assign(repairs=repairs)


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

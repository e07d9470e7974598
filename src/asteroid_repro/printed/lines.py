"""Many printed results at once, such as all results of a paper, with families of results from one model."""

from dataclasses import dataclass

import pandas as pd

from asteroid_repro.errors import InputError
from asteroid_repro.printed.df_set import DfSet, intersect
from asteroid_repro.printed.rounding import TripleAudit, audit_triple


@dataclass(frozen=True)
class AuditedLines:
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

    @property
    def consistent(self) -> bool:
        """Whether every line and every family is consistent."""
        return all(audit.consistent for audit in self.audits) and not any(df.empty for df in self.families().values())

    def families(self) -> dict[str, DfSet]:
        """Return the reference distributions that could have printed all lines of a family, by family."""
        members: dict[str, list[DfSet]] = {}
        for group, audit in zip(self.groups, self.audits, strict=True):
            if group:
                members.setdefault(group, []).append(audit.df)
        return {group: intersect(sets) for group, sets in members.items()}

    def records(self) -> list[dict[str, object]]:
        """Return one record per line, ready for JSON, with that of its family."""
        families = self.families()
        return [
            audit.to_dict() | (_family_columns(group, families[group]) if group else {})
            for group, audit in zip(self.groups, self.audits, strict=True)
        ]

    def to_frame(self) -> pd.DataFrame:
        """Return one row per line; repairs as text."""
        rows = self.records()
        for row, audit in zip(rows, self.audits, strict=True):
            row["repairs"] = "; ".join(f"{repair.field} {repair.value}" for repair in audit.repairs)
        return pd.DataFrame(rows)

    def _repr_html_(self) -> str:
        return self.to_frame().to_html(index=False)


def audit_lines(table: pd.DataFrame, *, level: float = 0.95, ratio: bool = False) -> AuditedLines:
    """Audit every line of a table.

    Parameters
    ----------
    table : pandas.DataFrame
        A column ``line`` of printed results and, optionally, ``group``: lines of one group come from one model.
    level, ratio
        As in :func:`asteroid_repro.printed.rounding.audit_triple`.

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


def _family_columns(group: str, df: DfSet) -> dict[str, object]:
    return {
        "group": group,
        "group_consistent": not df.empty,
        "group_z": df.z,
        "group_df_min": df.df_min,
        "group_df_max": df.df_max,
    }

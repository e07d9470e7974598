"""Families of printed lines that are said to come from one model."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from asteroid_repro.printed.audit_triple import TripleAudit
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


def families(audits: Sequence[TripleAudit], groups: Sequence[str]) -> dict[str, FamilyAudit]:
    """Return the families of lines by their name; a line whose name is empty stands alone.

    Examples
    --------
    >>> from asteroid_repro.printed.audit_triple import audit_triple
    >>> pain = [audit_triple("-15.30 (-25.33, -5.27), p=0.003"), audit_triple("-19.35 (-32.01, -6.69), p=0.003")]
    >>> families(pain, ["pain", "pain"])["pain"].df.df_min
    51.0
    """
    members: dict[str, list[TripleAudit]] = {}
    for group, audit in zip(groups, audits, strict=True):
        members.setdefault(group, []).append(audit)
    return {name: FamilyAudit(tuple(found)) for name, found in members.items() if name}

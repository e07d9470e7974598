"""Several printed lines said to come from one model, and the models that could have printed a line."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from asteroid_repro.errors import InputError
from asteroid_repro.printed.df_set import DfSet, intersect
from asteroid_repro.printed.printed_line import PrintedTriple
from asteroid_repro.printed.rounding import TripleAudit, audit_triple


@dataclass(frozen=True)
class FamilyAudit:
    """The reference distributions that could have printed every line of a family.

    Attributes
    ----------
    audits : tuple of TripleAudit
        The lines, one by one, in the order given.
    df : DfSet
        The intersection of their feasible sets, with real ends.
    binds_min, binds_max : int or None
        Position of the line that sets the smallest and the largest df; None where that end is unbounded (smallest
        1, largest inf) or the family is inconsistent.
    """

    audits: tuple[TripleAudit, ...]
    df: DfSet
    binds_min: int | None
    binds_max: int | None

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

    def to_frame(self) -> pd.DataFrame:
        """Return one row per line with what it binds, and a last row for the family."""
        rows = [
            {"line": str(audit.triple), **_columns(audit), "binds": _binds(position, self)}
            for position, audit in enumerate(self.audits)
        ]
        return pd.DataFrame([*rows, {"line": "all lines", **_columns(self), "binds": ""}])

    def _repr_html_(self) -> str:
        return self.to_frame().to_html(index=False)


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
    audits = tuple(audit_triple(triple, level=level, ratio=ratio) for triple in triples)
    df = intersect([audit.df for audit in audits])
    if df.empty:
        return FamilyAudit(audits, df, None, None)
    positions = range(len(audits))
    binds_min = min(positions, key=lambda position: audits[position].df.u_high)
    binds_max = max(positions, key=lambda position: audits[position].df.u_low)
    return FamilyAudit(audits, df, binds_min if df.u_high < 1 else None, binds_max if df.u_low > 0 else None)


@dataclass(frozen=True)
class ModelRow:
    """One analysis that a line may have come from.

    Attributes
    ----------
    model : str
        ``random intercept``, ``MMRM`` or ``ANCOVA``.
    distribution : str
        ``z`` or ``t``.
    df : float
        Degrees of freedom with complete data; inf for z.
    compatible : bool
        Whether this distribution could have printed the line.
    """

    model: str
    distribution: str
    df: float
    compatible: bool


@dataclass(frozen=True)
class ModelEvidence:
    """Which analyses a line is compatible with; being compatible does not show that one was used.

    Attributes
    ----------
    audit : TripleAudit
        The audit of the line.
    rows : tuple of ModelRow
        One per analysis.
    """

    audit: TripleAudit
    rows: tuple[ModelRow, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return one row per analysis: model, distribution, df, evidence (``compatible`` or ``not compatible``)."""
        words = {True: "compatible", False: "not compatible"}
        return pd.DataFrame(
            [
                {
                    "model": row.model,
                    "distribution": row.distribution,
                    "df": row.df,
                    "evidence": words[row.compatible],
                }
                for row in self.rows
            ]
        )

    def _repr_html_(self) -> str:
        return self.to_frame().to_html(index=False)


def model_evidence(triple: PrintedTriple | str, n_running: int = 20, n_waitlist: int = 20) -> ModelEvidence:
    """Say which analyses of a two-arm trial with three visits and complete data are compatible with a line.

    With n people in all: random intercept, z or t with 2(n - 2) df; unstructured mixed model for repeated measures
    (MMRM), z or t with n - 2 df; analysis of covariance (ANCOVA), t with n - 3 df. z does not tell the first two apart.

    Parameters
    ----------
    triple : PrintedTriple or str
        The line, with 95 % limits where a text names no level.
    n_running, n_waitlist : int
        People per arm, at least 2.

    Returns
    -------
    ModelEvidence
        Compatible or not, per analysis.

    Raises
    ------
    InputError
        An arm of fewer than 2 people, or a text that is not a result line.

    Examples
    --------
    >>> rows = model_evidence("-15.30 (-25.33, -5.27), p=0.003").rows
    >>> [(row.model, row.distribution) for row in rows if row.compatible]
    [('random intercept', 'z'), ('random intercept', 't'), ('MMRM', 'z')]
    """
    for field, people in (("n_running", n_running), ("n_waitlist", n_waitlist)):
        if people < 2:
            raise InputError(f"{field} must be at least 2, got {people}. Give the people of the arm.")
    audit = audit_triple(triple)
    n = n_running + n_waitlist
    analyses = [
        ("random intercept", "z", math.inf),
        ("random intercept", "t", 2.0 * (n - 2)),
        ("MMRM", "z", math.inf),
        ("MMRM", "t", n - 2.0),
        ("ANCOVA", "t", n - 3.0),
    ]
    return ModelEvidence(audit, tuple(ModelRow(*analysis, audit.allows(analysis[2])) for analysis in analyses))


def _columns(audit: TripleAudit | FamilyAudit) -> dict[str, object]:
    return {"consistent": audit.consistent, "z": audit.z, "df_min": audit.df_min, "df_max": audit.df_max}


def _binds(position: int, family: FamilyAudit) -> str:
    ends = (("df_min", family.binds_min), ("df_max", family.binds_max))
    return ", ".join(name for name, binding in ends if binding == position)

"""Which analyses of a two-arm trial could have printed a line, by their degrees of freedom."""

import math
from dataclasses import dataclass

from asteroid_repro.printed.audit_triple import TripleAudit, audit_triple
from asteroid_repro.printed.granularity import check_count
from asteroid_repro.printed.printed_triple import PrintedTriple
from asteroid_repro.tables.result_table import ResultTable


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
class ModelEvidence(ResultTable):
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
    label = "Analyses that could have printed a line"

    def notes(self) -> tuple[str, ...]:
        """Return the line with its level."""
        return (f"{self.audit.triple}, {100 * self.audit.triple.level:g} % limits",)


def model_evidence(
    triple: PrintedTriple | str, n_treatment: int, n_reference: int, *, n_visits: int, level: float = 0.95
) -> ModelEvidence:
    """Say which analyses of a two-arm trial with complete data are compatible with a line.

    With n people in all and v visits, the baseline included: random intercept, z or t with (v - 1)(n - 2) df;
    unstructured mixed model for repeated measures (MMRM), z or t with n - 2 df; analysis of covariance (ANCOVA), t with
    n - 3 df. z does not tell the first two apart.

    Parameters
    ----------
    triple : PrintedTriple or str
        The line.
    n_treatment, n_reference : int
        People per arm, at least 2.
    n_visits : int
        Visits with the baseline, at least 2.
    level : float
        As in :func:`audit_triple`, for a line given as text.

    Returns
    -------
    ModelEvidence
        Compatible or not, per analysis.

    Raises
    ------
    InputError
        An arm of fewer than 2 people, fewer than 2 visits, or a text that is not a result line.

    Examples
    --------
    >>> rows = model_evidence("-15.30 (-25.33, -5.27), p=0.003", 20, 20, n_visits=3).rows
    >>> [(row.model, row.distribution) for row in rows if row.compatible]
    [('random intercept', 'z'), ('random intercept', 't'), ('MMRM', 'z')]
    """
    n = check_count("n_treatment", n_treatment, 2) + check_count("n_reference", n_reference, 2)
    within = (check_count("n_visits", n_visits, 2) - 1.0) * (n - 2)
    analyses = [
        ("random intercept", "z", math.inf),
        ("random intercept", "t", within),
        ("MMRM", "z", math.inf),
        ("MMRM", "t", n - 2.0),
        ("ANCOVA", "t", n - 3.0),
    ]
    audit = audit_triple(triple, level=level)
    return ModelEvidence(audit, tuple(ModelRow(*analysis, audit.allows(analysis[2])) for analysis in analyses))

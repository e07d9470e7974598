"""Which analyses of a two-arm trial could have printed a line, by their degrees of freedom."""

import math

import pandas as pd

from asteroid_repro.printed.audit_triple import audit_triple
from asteroid_repro.printed.granularity import check_count
from asteroid_repro.printed.printed_triple import PrintedTriple


def model_evidence(
    triple: PrintedTriple | str, n_treatment: int, n_reference: int, *, n_visits: int, level: float = 0.95
) -> pd.DataFrame:
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
    pandas.DataFrame
        One row per analysis: model, distribution, df (inf for z) and compatible, whether it could have printed the
        line. Being compatible does not show that it was used.

    Raises
    ------
    InputError
        An arm of fewer than 2 people, fewer than 2 visits, or a text that is not a result line.

    Examples
    --------
    >>> table = model_evidence("-15.30 (-25.33, -5.27), p=0.003", 20, 20, n_visits=3)
    >>> table[["model", "distribution"]][table["compatible"]].agg(" ".join, axis=1).tolist()
    ['random intercept z', 'random intercept t', 'MMRM z']
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
    table = pd.DataFrame(analyses, columns=["model", "distribution", "df"])
    return table.assign(compatible=table["df"].map(audit_triple(triple, level=level).allows))

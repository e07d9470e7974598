"""Tables for people: rounded, with units, as Markdown, CSV and JSON."""

import math

import numpy as np
import pandas as pd

from asteroid_repro.reporting.records import Records, finite, to_json
from asteroid_repro.verdicts.audit_ledger import Audit
from asteroid_repro.verdicts.verdict import Row, Verification


def verdict_table(verification: Verification) -> pd.DataFrame:
    """Return the claims that were checked as text, one row each.

    Parameters
    ----------
    verification : Verification
        Of :func:`asteroid_repro.verify`.

    Returns
    -------
    pandas.DataFrame
        Columns claim, role, published, reproduced, MCSE or interval, tolerance, verdict.

    Examples
    --------
    >>> from asteroid_repro import verify
    >>> table = verdict_table(verify(seed=1, trials=500))
    >>> table.loc[table["claim"] == "disability.week12.ci_high", "verdict"].item()
    'inconsistent'
    """
    rows = [_verdict_cells(row) for row in verification.rows if row.verdict != "listed"]
    return pd.DataFrame(rows)


def listed_table(verification: Verification) -> pd.DataFrame:
    """Return the claims that are listed without a check, with the reason."""
    rows = [
        {"claim": row.claim, "published": row.published, "unit": row.unit, "source": row.source, "why": row.note}
        for row in verification.rows
        if row.verdict == "listed"
    ]
    return pd.DataFrame(rows, columns=["claim", "published", "unit", "source", "why"])


def verdict_markdown(verification: Verification, label: str) -> str:
    """Return the whole verdict page as Markdown: what it is, the checks, the findings, the claims only listed."""
    return "\n".join(
        [
            "# Verdicts",
            "",
            f"{label}.",
            f"Reproduced figures come from {verification.trials:,} simulated trials (seed {verification.seed}).",
            f"A fitted figure may be {verification.k:.2f} Monte Carlo standard errors away.",
            "",
            "*Fitted* claims set an assumption: that they pass shows a sound pipeline, not a true model.",
            "*Derived* claims are recomputed from other printed numbers. Only *predicted* claims test the model.",
            "",
            markdown(verdict_table(verification)),
            "",
            verification.fit_note,
            "",
            verification.findings,
            "",
            verification.summary,
            "",
            "## Listed, not checked",
            "",
            markdown(listed_table(verification)),
            "",
        ]
    )


def verdict_json(verification: Verification, label: str) -> str:
    """Return the verdicts as one JSON document; a number that does not exist is null."""
    return to_json(
        {
            "label": label,
            "scenario": verification.scenario,
            "seed": verification.seed,
            "trials": verification.trials,
            "allowed_standard_errors": verification.k,
            "summary": verification.summary,
            "findings": verification.findings,
            "fit_note": verification.fit_note,
            "ok": verification.ok,
            "claims": records(verification.to_frame()),
        }
    )


def rows(frame: pd.DataFrame) -> Records:
    """Return the rows of a table with plain numbers.

    Examples
    --------
    >>> rows(pd.DataFrame({"df": [38.0, float("inf")]}))
    [{'df': 38.0}, {'df': inf}]
    """
    return [
        {str(key): value.item() if isinstance(value, np.generic) else value for key, value in row.items()}
        for row in frame.to_dict("records")
    ]


def records(frame: pd.DataFrame) -> Records:
    """Return the rows of a table for JSON; NaN and infinite numbers become null.

    Examples
    --------
    >>> records(pd.DataFrame({"df": [38.0, float("inf")]}))
    [{'df': 38.0}, {'df': None}]
    """
    return [{key: finite(value) for key, value in row.items()} for row in rows(frame)]


def markdown(table: pd.DataFrame) -> str:
    """Return a table of text as a Markdown table.

    Examples
    --------
    >>> print(markdown(pd.DataFrame({"arm": ["running"], "people": [20]})))
    | arm | people |
    | --- | --- |
    | running | 20 |
    """
    lines = [list(table.columns), ["---"] * len(table.columns), *table.to_numpy().tolist()]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def _verdict_cells(row: Row) -> dict[str, str]:
    digits = _decimals(row.published) + 2
    return {
        "claim": row.claim,
        "role": row.role,
        "published": row.published if row.unit in {"percent", "1"} else f"{row.published} {row.unit}",
        "reproduced": _fixed(row.reproduced, digits),
        "MCSE or interval": _uncertainty(row, digits),
        "tolerance": _fixed(row.tolerance, digits + 1) if row.mcse or row.role == "derived" else _exact(row),
        "verdict": row.verdict,
    }


def _uncertainty(row: Row, digits: int) -> str:
    if row.interval_low is not None:
        return f"({_fixed(row.interval_low, digits)}, {_fixed(row.interval_high, digits)})"
    return _fixed(row.mcse, digits + 1) if row.mcse else ""


def _exact(row: Row) -> str:
    return "exact" if row.role == "fitted" and row.mcse == 0 else ""


def _fixed(value: float | None, digits: int) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def _decimals(printed: str) -> int:
    return len(printed.rstrip(" %").partition(".")[2])


def audit_markdown(audit: Audit) -> str:
    """Return the audit of the trial's printed numbers as Markdown."""
    return "\n".join(
        [
            "# Audit of the printed numbers",
            "",
            "What the published numbers imply, and where they contradict each other. Nothing here is simulated.",
            "*Compatible* means that an analysis could have printed the line, not that it did.",
            "",
            markdown(audit.to_frame()),
            "",
        ]
    )

"""The verdicts and the audit for people: rounded, with units, as Markdown, CSV and JSON."""

import math
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import pandas as pd

from asteroid_repro.reporting.records import markdown, rows, to_json
from asteroid_repro.verdicts.audit_ledger import Audit
from asteroid_repro.verdicts.verdict import Row, Verification

_NOT_PASSED: Final = ("failure", "skipped")


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
    return pd.DataFrame([_verdict_cells(row) for row in verification.rows if row.verdict != "listed"])


def listed_table(verification: Verification) -> pd.DataFrame:
    """Return the claims that are listed without a check, with the reason."""
    listed = verification.to_frame().query("verdict == 'listed'").rename(columns={"note": "why"})
    return listed[["claim", "published", "unit", "source", "why"]]


def verdict_markdown(verification: Verification) -> str:
    """Return the whole verdict page as Markdown: what it is, the checks, the findings, the claims only listed."""
    return f"""# Verdicts

{verification.label}.
A fitted figure may be {verification.k:.2f} Monte Carlo standard errors away.

*Fitted* claims set an assumption: that they pass shows a sound pipeline, not a true model.
*Derived* claims are recomputed from other printed numbers. Only *predicted* claims test the model: their interval is
given what is known of the same trial, and a shift of the figure by what is *noticed* would make it a miss with 80 %
probability.

{markdown(verdict_table(verification))}

{verification.fit_note}

{verification.miss_note}

{verification.findings}

{verification.summary}

## Listed, not checked

{markdown(listed_table(verification))}
"""


def verdict_json(verification: Verification) -> str:
    """Return the verdicts as one JSON document; a number that does not exist is null."""
    said = ("label", "scenario", "seed", "trials", "summary", "findings", "fit_note", "miss_note", "ok")
    document = {name: getattr(verification, name) for name in said}
    claims = rows(verification.to_frame())
    return to_json(document | {"allowed_standard_errors": verification.k, "claims": claims})


def verdict_junit(verification: Verification) -> str:
    """Return the verdicts as JUnit XML: a test a claim, failed where its check failed or was left out without a reason.

    What is only listed, excused, missed or inconsistent in print is skipped, with its verdict and the reason.

    Examples
    --------
    >>> from asteroid_repro import verify
    >>> verdict_junit(verify(seed=1, trials=500)).splitlines()[1][:40]
    '<testsuite name="asteroid-repro verify" '
    """
    suite = Element("testsuite", name="asteroid-repro verify")
    for row in verification.rows:
        case = SubElement(suite, "testcase", classname=f"{verification.scenario}.{row.role}", name=row.claim)
        failed = row.verdict == "failed" or (row.verdict == "not run" and not row.excused)
        if failed or row.verdict not in ("passed", "foretold"):
            said = f"{row.verdict}: published {row.published}, reproduced {row.reproduced}. {row.note}"
            SubElement(case, "failure" if failed else "skipped", message=said)
    counts = {f"{kind}s" if kind == "failure" else kind: len(suite.findall(f".//{kind}")) for kind in _NOT_PASSED}
    suite.attrib |= {"tests": str(len(suite))} | {name: str(count) for name, count in counts.items()}
    SubElement(SubElement(suite, "properties"), "property", name="label", value=verification.label)
    indent(suite)
    return f"<?xml version='1.0' encoding='utf-8'?>\n{tostring(suite, encoding='unicode')}\n"


def audit_markdown(audit: Audit) -> str:
    """Return the audit of the trial's printed numbers as Markdown."""
    return f"""# Audit of the printed numbers

What the published numbers imply, and where they contradict each other. Nothing here is simulated.
*Compatible* means that an analysis could have printed the line, not that it did.

{markdown(audit.to_frame())}
"""


def _verdict_cells(row: Row) -> dict[str, str]:
    digits = len(row.published.rstrip(" %").partition(".")[2]) + 2  # two more than printed
    exact = "exact" if row.role == "fitted" and row.mcse == 0 else ""
    interval = ""
    if row.interval_low is not None:
        interval = f"({_fixed(row.interval_low, digits)}, {_fixed(row.interval_high, digits)})"
    return {
        "claim": row.claim,
        "role": row.role,
        "published": row.published if row.unit in {"percent", "1"} else f"{row.published} {row.unit}",
        "reproduced": _fixed(row.reproduced, digits),
        "MCSE or interval": interval or (_fixed(row.mcse, digits + 1) if row.mcse else ""),
        "tolerance": _tolerance(row, digits) or exact,
        "verdict": row.verdict,
    }


def _tolerance(row: Row, digits: int) -> str:
    """Return how far off a figure may be; of a predicted one, how far off it must be to be noticed."""
    if row.role == "predicted":
        return f"noticed: {_fixed(row.detectable, digits - 1)}" if row.detectable is not None else ""
    return _fixed(row.tolerance, digits + 1) if row.mcse or row.role == "derived" else ""


def _fixed(value: float | None, digits: int) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.{digits}f}"

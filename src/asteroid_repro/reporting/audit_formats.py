"""The audit for programs: one JSON document with a published schema, JUnit for test reports, SARIF for code review."""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final
from xml.etree import ElementTree as ET

from asteroid_repro._version import __version__
from asteroid_repro.printed.grading.audited_print import AuditedPrint
from asteroid_repro.printed.grading.grade import COMPATIBLE, UNREAD, VERDICTS, PrintedVerdict
from asteroid_repro.reporting.records import to_json

Audited = Mapping[str, AuditedPrint]  # by line or file

_SARIF: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def json_schema() -> dict[str, Any]:
    """Return the schema of :func:`audit_json`, JSON Schema 2020-12.

    Examples
    --------
    >>> json_schema()["title"]
    'Audit of printed results'
    """
    text = files(__package__).joinpath("assets/audit.schema.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def audit_json(audited: Audited) -> str:
    """Return all results as one JSON document.

    Examples
    --------
    >>> from asteroid_repro import audit_text
    >>> document = json.loads(audit_json({"a line": audit_text("1.5 (1.0, 2.0)", line=True)}))
    >>> document["answer"], document["results"][0]["verdict"]
    ('1 result: 1 compatible.', 'compatible')
    """
    together = AuditedPrint(tuple(row for one in audited.values() for row in one.rows))
    return to_json(
        {
            "label": ", ".join(audited),
            "answer": together.answer(),
            "remarks": [remark for one in audited.values() for remark in one.notes()],
            "results": [{"source": name} | row.to_dict() for name, one in audited.items() for row in one.rows],
        }
    )


def audit_junit(audited: Audited, *, strict: bool = False) -> str:
    """Return a JUnit report: a case per result, failed where the verdict is a contradiction or impossible.

    With `strict` all verdicts but ``compatible`` are failures.

    Examples
    --------
    >>> from asteroid_repro import audit_text
    >>> print(audit_junit({"a line": audit_text("1.5 (1.0, 2.0)", line=True)}).splitlines()[1])
    <testsuites tests="1" failures="0">
    """
    failed = {name: [_is_failure(row, strict) for row in one.rows] for name, one in audited.items()}
    root = ET.Element("testsuites", tests=str(sum(map(len, failed.values()))), failures=_failures(failed.values()))
    for name, one in audited.items():
        suite = ET.SubElement(
            root, "testsuite", name=name, tests=str(len(one.rows)), failures=_failures([failed[name]])
        )
        for row, is_failure in zip(one.rows, failed[name], strict=True):
            case = ET.SubElement(suite, "testcase", classname=name, name=f"{row.found.place} {row.found.quote}".strip())
            if is_failure:
                ET.SubElement(case, "failure", type=row.verdict, message=row.sentence)
            elif row.verdict != COMPATIBLE:
                ET.SubElement(case, "system-out").text = row.answer()
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _is_failure(row: PrintedVerdict, strict: bool) -> bool:
    return row.fails or (strict and row.verdict != COMPATIBLE)


def _failures(flags: Any) -> str:
    return str(sum(sum(each) for each in flags))


def audit_sarif(audited: Audited) -> str:
    """Return a SARIF 2.1.0 log of all that is not ``compatible``: errors for contradictions and what is impossible.

    Lines and columns are those of the text; a PDF or Word file has none, and its page stands in the message.

    Examples
    --------
    >>> from asteroid_repro import audit_text
    >>> log = json.loads(audit_sarif({"a.md": audit_text("MD 1.5 (95% CI 1.0 to 2.0), p=0.5")}))
    >>> log["runs"][0]["results"][0]["level"]
    'error'
    """
    rules = [{"id": verdict, "shortDescription": {"text": verdict}} for verdict in (*VERDICTS[1:], UNREAD)]
    driver = {"name": "asteroid-repro audit", "version": __version__, "rules": rules}
    results = [
        _sarif_result(name, one.text, row)
        for name, one in audited.items()
        for row in one.rows
        if row.verdict != COMPATIBLE
    ]
    log = {"$schema": _SARIF, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}
    return to_json(log)


def _sarif_result(name: str, text: str, row: PrintedVerdict) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": name.replace("\\", "/")}}
    if text and "\f" not in text:
        place["region"] = _region(text, row)
    where = f"{row.found.place}: " if row.found.place else ""
    return {
        "ruleId": row.verdict,
        "level": "error" if row.fails else "warning",
        "message": {"text": f"{where}{row.found.quote}: {row.sentence}"},
        "locations": [{"physicalLocation": place}],
    }


def _region(text: str, row: PrintedVerdict) -> dict[str, int]:
    before, through = text[: row.found.start], text[: row.found.end]
    return {
        "startLine": before.count("\n") + 1,
        "startColumn": len(before) - before.rfind("\n"),
        "endLine": through.count("\n") + 1,
        "endColumn": len(through) - through.rfind("\n"),
    }

"""The audit of a paper for people: its text with the results marked, the verdicts beside it, what to ask about."""

import re
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from string import Template
from typing import Final

from asteroid_repro.printed.grading.audited_print import AuditedPrint
from asteroid_repro.printed.grading.grade import COMPATIBLE, PrintedVerdict

_LOOK: Final = {True: "bad", False: "odd"}


def audit_html(name: str, audited: AuditedPrint) -> str:
    """Return a page of its own, without scripts or outside files.

    Parameters
    ----------
    name : str
        What was audited.
    audited : AuditedPrint
        The verdicts with their text; lines of a file stand one below the other.

    Returns
    -------
    str
        HTML.

    Examples
    --------
    >>> from asteroid_repro import audit_text
    >>> page = audit_html("abstract", audit_text("MD -15.30 (95% CI -25.33 to -5.27), p=0.3."))
    >>> '<mark class="bad" id="result-1">' in page
    True
    """
    return Template(_asset("audit.html")).substitute(
        title=escape(f"Audit of {name}"), style=audit_style(), body=audit_body(audited)
    )


def audit_style() -> str:
    """Return the style sheet of the marked text.

    Examples
    --------
    >>> "mark.bad" in audit_style()
    True
    """
    return _asset("audit.css")


def _asset(name: str) -> str:
    return files(__package__).joinpath("assets", name).read_text(encoding="utf-8")


def audit_body(audited: AuditedPrint) -> str:
    """Return what stands on the page under its title.

    Examples
    --------
    >>> "To ask the authors about" in audit_body(AuditedPrint(()))
    True
    """
    return Template(_asset("audit_body.html")).substitute(
        summary=escape(" ".join(three_sentences(audited))),
        questions=_questions(audited),
        table="\n".join(_row(number, row) for number, row in enumerate(audited.rows, start=1)),
        text="\n".join(_paragraphs(audited)),
    )


def three_sentences(audited: AuditedPrint) -> tuple[str, str, str]:
    """Return what was found, what of it does not fit, and what that means.

    Examples
    --------
    >>> three_sentences(AuditedPrint(()))[0]
    'No result (estimate with limits or p) was found.'
    """
    failing, odd = _numbers(audited, fails=True), _numbers(audited, fails=False)
    wrong = (
        f"Not to be had from any analysis as printed: {failing}." if failing else "Nothing printed contradicts itself."
    )
    if odd:
        wrong = f"{wrong[:-1]}; with an explanation beside it: {odd}."
    meaning = (
        "A compatible result is one that some analysis prints, not one that is shown to be right; what does not fit is "
        "a question to the authors, not an accusation."
    )
    return audited.answer(), wrong, meaning


def _numbers(audited: AuditedPrint, *, fails: bool) -> str:
    """Return the numbers of the results that fail, or of those that only ask for an explanation."""
    return ", ".join(
        str(number)
        for number, row in enumerate(audited.rows, start=1)
        if row.fails == fails and row.verdict != COMPATIBLE
    )


def _questions(audited: AuditedPrint) -> str:
    asked = [
        f'<li><a href="#result-{number}">Result {number}</a>{_where(row)}: <q>{escape(row.found.quote)}</q>. '
        f"{escape(row.sentence)} How was it computed?</li>"
        for number, row in enumerate(audited.rows, start=1)
        if row.verdict != COMPATIBLE
    ]
    return f"<ul>{''.join(asked)}</ul>" if asked else "<p>Nothing.</p>"


def _where(row: PrintedVerdict) -> str:
    return f" ({escape(row.found.place)})" if row.found.place else ""


def _row(number: int, row: PrintedVerdict) -> str:
    cells = (str(number), row.found.place, row.found.quote, row.verdict)
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _paragraphs(audited: AuditedPrint) -> Iterator[str]:
    """Yield the paragraphs of the text, or the lines of a file, each with its verdicts beside it."""
    numbered = list(enumerate(audited.rows, start=1))
    if not audited.text:
        for number, row in numbered:
            yield _beside(_marked(number, row, escape(row.found.quote)), [(number, row)])
        return
    ends = [*(match.end() for match in re.finditer(r"\n[ \t\r]*\n|\f", audited.text)), len(audited.text)]
    start = 0
    for end in ends:
        here = [(number, row) for number, row in numbered if start <= row.found.start < end]
        end = max([end, *(row.found.end for _, row in here)])  # noqa: PLW2901 - a result may run over a page
        if audited.text[start:end].strip():
            yield _beside(_with_marks(audited.text, start, end, here), here)
        start = max(start, end)


def _with_marks(text: str, start: int, end: int, here: list[tuple[int, PrintedVerdict]]) -> str:
    parts = []
    for number, row in here:
        parts.append(escape(text[start : row.found.start]))
        parts.append(_marked(number, row, escape(text[row.found.start : row.found.end])))
        start = row.found.end
    return "".join([*parts, escape(text[start:end])]).strip()


def _marked(number: int, row: PrintedVerdict, said: str) -> str:
    look = "" if row.verdict == COMPATIBLE else f' class="{_LOOK[row.fails]}"'
    return f'<mark{look} id="result-{number}">{said}<sup>{number}</sup></mark>'


def _beside(text: str, here: list[tuple[int, PrintedVerdict]]) -> str:
    notes = [
        f'<p>{number} <span class="verdict">{escape(row.verdict)}</span>: {escape(row.sentence)}</p>'
        for number, row in here
    ]
    return f'<div class="row"><p>{text}</p><div class="notes">{"".join(notes)}</div></div>'

"""The command that audits print: a line, a file of lines, papers, or a study's own printed numbers."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

import asteroid_repro as ar
from asteroid_repro.cli.options import StudyName, takes
from asteroid_repro.cli.output import Show, say
from asteroid_repro.study_folder import DEFAULT

if TYPE_CHECKING:
    from asteroid_repro.printed.grading.audited_print import AuditedPrint
    from asteroid_repro.reporting.audit_formats import Audited

commands = typer.Typer()

_COLUMNS = "scale, level, people, sides, kind, counts, group"
_KIND = "How it was analysed: wald (a linear or mixed model), exact, profile, bootstrap, credible, rank."
Lines = Annotated[list[str] | None, typer.Argument(help='A line, as "-15.30 (-25.33, -5.27), p=0.003", or papers.')]
LineTable = Annotated[Path | None, typer.Option(help=f"CSV with a column line and, where known, {_COLUMNS}.")]
Papers = Annotated[list[Path] | None, typer.Option(help="Paper: txt, md, tex, html, xml, pdf, docx; - is the input.")]
PrintedLevel = Annotated[float, typer.Option(help="Confidence level where none is printed.")]
Ratio = Annotated[bool, typer.Option(help="Odds, risk, rate or hazard ratios, as --scale ratio.")]
Scale = Annotated[str, typer.Option(help="Scale where no word names one: difference, ratio, efficacy, correlation.")]
Kind = Annotated[str, typer.Option(help=_KIND)]
People = Annotated[str, typer.Option(help="People of the arms, as 20+20, or all together.")]
Sides = Annotated[int, typer.Option(help="1 where p is one-sided.")]
Counts = Annotated[str, typer.Option(help="Counts behind a line, as 12/20 v 5/20 or 9/105.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit status 1 for anything but compatible.")]
Report = Annotated[Path | None, typer.Option(help="HTML page to write: the text with its verdicts beside it.")]
JUnit = Annotated[Path | None, typer.Option(help="JUnit report to write, a case per result.")]
Sarif = Annotated[Path | None, typer.Option(help="SARIF log to write, of what is not compatible.")]


class About(NamedTuple):
    """What is known of the results beside what is printed with them."""

    level: PrintedLevel = 0.95
    ratio: Ratio = False
    scale: Scale = ""
    kind: Kind = ""
    people: People = ""
    sides: Sides = 2
    counts: Counts = ""

    def said(self) -> dict[str, Any]:
        """Return it as arguments of ``audit_text``, the level apart."""
        scale = self.scale or ("ratio" if self.ratio else "")
        return {"scale": scale, "kind": self.kind, "people": self.people, "sides": self.sides, "counts": self.counts}


@commands.command(context_settings={"ignore_unknown_options": True})  # a line may begin with a minus sign
@takes(about=About, show=Show)
def audit(
    about: About, show: Show, lines: Lines = None, *, file: LineTable = None, text: Papers = None,
    strict: Strict = False, report: Report = None, junit: JUnit = None, sarif: Sarif = None, study: StudyName = DEFAULT,
) -> None:  # fmt: skip
    """Audit a printed result, a file of them, papers, or the printed numbers of a study.

    Exit status 1 for a contradiction or what is impossible. Example:

    asteroid-repro audit "-5.20 (-10.12, -0.24), p=0.038" --kind wald
    """
    papers, line = _papers_and_line(lines or [], text or [])
    if sum((bool(papers), line is not None, file is not None)) > 1:
        raise ar.InputError("audit must have a line, papers or --file, got several. Leave all but one out.")
    if not papers and line is None and file is None:
        found = ar.audit(own := ar.study(study))
        show(f"Printed numbers of {own.design.name}", {"audit": found.to_frame()})
        raise typer.Exit(0 if found.as_recorded else 1)
    if papers:
        audited: Audited = {_named(paper): _paper(paper, about) for paper in papers}
    else:
        audited = {str(file or line): _file(file, about) if file is not None else _line(str(line), about)}
    _write(audited, {"report": report, "junit": junit, "sarif": sarif}, strict=strict)
    _show(show, audited, alone=line is not None)
    bad = any(one.fails or (strict and not one.all_compatible) for one in audited.values())
    raise typer.Exit(1 if bad else 0)


def _papers_and_line(given: list[str], text: list[Path]) -> tuple[list[Path], str | None]:
    """Tell papers from a printed line: a paper is a file that is there."""
    there = [len(one) < 250 and (one == "-" or Path(one).is_file()) for one in given]
    if given and all(there):
        return [*text, *map(Path, given)], None
    if any(there) or len(given) > 1:
        odd = next(one for one, is_file in zip(given, there, strict=True) if not is_file)
        raise ar.InputError(f"audit must have one line in quotation marks, or files, got {odd[:80]!r} beside others.")
    return text, given[0] if given else None


def _named(paper: Path) -> str:
    return "the standard input" if str(paper) == "-" else str(paper)


def _line(line: str, about: About) -> "AuditedPrint":
    found = ar.audit_text(line, level=about.level, line=True, **about.said())
    if not found.rows:
        example = "-15.30 (-25.33, -5.27), p=0.003"
        raise ar.InputError(
            f"line must print an estimate with limits or p, like {example!r}, got {line[:80]!r}. Add them."
        )
    return found


def _file(file: Path, about: About) -> "AuditedPrint":
    from asteroid_repro.printed.grading.audited_print import audit_lines
    from asteroid_repro.reporting.files import read_lines

    table = read_lines(file)
    for name, given in about.said().items():
        if given not in ("", 2):
            table[name] = table[name].where(table[name] != "", str(given)) if name in table else str(given)
    return audit_lines(table, level=about.level)


def _paper(paper: Path, about: About) -> "AuditedPrint":
    from asteroid_repro.printed.reading.documents import read_paper

    text = sys.stdin.read() if str(paper) == "-" else read_paper(paper)
    return ar.audit_text(text, level=about.level, **about.said())


def _write(audited: "Audited", wanted: dict[str, Path | None], *, strict: bool) -> None:
    """Write the files that are wanted."""
    from asteroid_repro.reporting.audit_formats import audit_junit, audit_sarif
    from asteroid_repro.reporting.audit_report import audit_html
    from asteroid_repro.reporting.files import write_file

    if wanted["report"] is not None and len(audited) > 1:
        raise ar.InputError(f"--report must have one paper, got {len(audited)}. Ask for one page each.")
    made = {
        "report": lambda: audit_html(*next(iter(audited.items()))),
        "junit": lambda: audit_junit(audited, strict=strict),
        "sarif": lambda: audit_sarif(audited),
    }
    for name, path in wanted.items():
        if path is not None:
            write_file(path, made[name]())


def _show(show: Show, audited: "Audited", *, alone: bool) -> None:
    """Print the answer, then the table: of one line its quantities, of more a row each and why."""
    from asteroid_repro.reporting.audit_formats import audit_json

    if show.as_json and not show.as_csv:
        typer.echo(audit_json(audited), nl=False)
        return
    for name, one in audited.items():
        table = one.to_frame()
        if show.as_csv:
            show(name, {"results": table})
        elif alone and len(one.rows) == 1:
            hidden = ["start", "end", "place", "quote", "sentence", "verdict", "group"]
            tall = table.iloc[0].drop(hidden).rename_axis("quantity").reset_index(name="value")
            told = tall[tall["value"].notna() & tall["value"].astype(str).ne("")]
            show("", {"printed": told}, answer=one.rows[0].answer())
        else:
            show(name, {"results": one.short_frame()}, answer=one.answer())
            for row in one.rows:
                if row.verdict != "compatible":
                    say(f"{row.found.place} {row.found.quote}: {row.answer()}".strip())
            for remark in one.notes():
                say(remark)

"""The command that audits print: a line, a file of lines, papers, or a study's own printed numbers."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

import asteroid_repro as ar
from asteroid_repro.cli.options import StudyName, takes
from asteroid_repro.cli.output import Show
from asteroid_repro.study_folder import DEFAULT

if TYPE_CHECKING:
    from asteroid_repro.printed.grading.audited_print import AuditedPrint

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
    strict: Strict = False, study: StudyName = DEFAULT,
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
        audited = {str(paper): _paper(paper, about) for paper in papers}
    else:
        audited = {str(file or line): _file(file, about) if file is not None else _line(str(line), about)}
    for name, one in audited.items():
        _show(show, name, one, alone=line is not None and len(one.rows) == 1)
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


def _show(show: Show, name: str, audited: "AuditedPrint", *, alone: bool) -> None:
    """Print the answer, then the table: of one line its quantities, of more a row each."""
    table = audited.to_frame()
    if show.as_json or show.as_csv:
        show(name, {"results": table}, answer=audited.answer())
        return
    if alone:
        tall = table.iloc[0].drop(["start", "end", "place", "quote", "sentence", "verdict", "group"])
        shown = tall[tall.astype(str).ne("") & tall.notna()].rename_axis("quantity").reset_index(name="value")
        show("", {"printed": shown}, answer=f"{audited.rows[0].verdict}: {audited.rows[0].sentence}")
        return
    short = table[["place", "label", "quote", "verdict"]]
    show(name, {"results": short}, answer=audited.answer())
    for row in audited.rows:
        if row.verdict != "compatible":
            typer.echo(f"{row.found.place} {row.found.quote}\n  {row.verdict}: {row.sentence}\n".lstrip())
    for remark in audited.notes():
        typer.echo(remark)

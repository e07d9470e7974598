"""The commands that take people's own tables: analyse, responders, rates, adherence, sensitivity."""

from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import typer

import asteroid_repro as ar
from asteroid_repro.cli.options import SEED, Seed, analysis, fields, takes
from asteroid_repro.cli.output import Show
from asteroid_repro.trial.changes import read_value

commands = typer.Typer()

_FILE = "CSV, xlsx, ods, SPSS, Stata or SAS file of outcomes, long or wide; or a folder of tables."
TableFile = Annotated[Path | None, typer.Argument(help=_FILE)]
OwnStudy = Annotated[str | None, typer.Option("--study", help="Study whose design the tables have, or whose people.")]
OneFile = Annotated[Path | None, typer.Option(help="Table of them, where they are in another file.")]
Column = Annotated[str | None, typer.Option(help="Name of the column, where it has no usual name.")]
Arm = Annotated[str | None, typer.Option(help="The arm as the table writes it.")]
Pairs = Annotated[list[str] | None, typer.Option(help="NAME=VALUE; may repeat.")]
Texts = Annotated[list[str] | None, typer.Option(help="For every outcome, or OUTCOME=...; may repeat.")]
At = Annotated[list[str] | None, typer.Option(help="Week of a visit, as T2=12; may repeat.")]
Called = Annotated[list[str] | None, typer.Option(help="An outcome to read and its name, as VAS=pain; may repeat.")]
Unit = Annotated[str | None, typer.Option(help="Unit of visits that are numbers: days, weeks, months, years.")]
Pattern = Annotated[str | None, typer.Option(help="Columns of scores, as {outcome}_{visit}.")]
Minutes = Annotated[float | None, typer.Option(help="Length of a session, where no column has it.")]
Sign = Annotated[str | None, typer.Option(help="Decimal sign, where the cells leave it open.")]
Sheet = Annotated[str | None, typer.Option(help="Sheet of a workbook.")]
Said = Annotated[str | None, typer.Option(help="What the data are, as figures and files will say it.")]
OneOutcome = Annotated[str, typer.Option(help="The outcome.")]
Week = Annotated[float | None, typer.Option(help="Week of the visit; the last one when left out.")]
Report = Annotated[list[Path] | None, typer.Option(help="Write a report: .html, .docx or .md; may repeat.")]
Tables = Annotated[Path | None, typer.Option(help="Folder for every table as CSV, xlsx, LaTeX and Word.")]


class Given(NamedTuple):
    """A user's tables, and what is said of them."""

    file: TableFile = None
    participants: OneFile = None
    sessions: OneFile = None
    events: OneFile = None
    participant: Column = None
    arm: Column = None
    visit: Column = None
    outcome_column: Column = None
    value: Column = None
    baseline: Column = None
    treatment: Arm = None
    reference: Arm = None
    at: At = None
    name: Called = None
    unit: Unit = None
    pattern: Pattern = None
    missing: Texts = None
    scale: Texts = None
    better: Texts = None
    important: Texts = None
    session_minutes: Minutes = None
    decimal: Sign = None
    sheet: Sheet = None
    label: Said = None

    def trial(self, study: str | None, show: Show) -> ar.Trial:
        """Read the tables, or take the people of a study, and say what was understood to whoever looks on."""
        trial = self._read(study)
        if not (show.as_json or show.as_csv):
            typer.echo("\n".join([*trial.understood, ""]), err=True)
        return trial

    def _read(self, study: str | None) -> ar.Trial:
        if self.file is None:
            if study is None:
                raise ar.InputError("FILE must be given, or --study one with people, got neither. Name a table.")
            return ar.study(study).people
        same = ("participant", "arm", "visit", "value", "baseline", "treatment", "reference", "unit", "pattern")
        given: dict[str, Any] = {
            each: getattr(self, each) for each in (*same, "session_minutes", "decimal", "sheet", "label")
        }
        given |= {
            "outcome": self.outcome_column, "adverse_events": self.events, "sessions": self.sessions,
            "participants": self.participants, "design": ar.study(study).design if study else None,
            "visits": {name: float(week) for name, week in fields(self.at or [], "--at").items()},
            "names": fields(self.name or [], "--name"), "missing": _codes(self.missing or []),
            "scales": _each(self.scale or [], _ends), "better": _each(self.better or [], str),
            "important": _each(self.important or [], float),
        }  # fmt: skip
        return ar.read_people(self.file, say=None, **_without_none(given))


@commands.command()
@takes(given=Given, analysis=analysis, show=Show)
def analyse(
    given: Given, analysis: dict[str, Any], show: Show, *, study: OwnStudy = None, report: Report = None,
    tables: Tables = None, seed: Seed = SEED,
) -> None:  # fmt: skip
    """Analyse a trial's own tables: effects, responders, harms, adherence; with --report as one page.

    Example: asteroid-repro analyse export.csv --better lower --scale 0:100 --missing -99 --report trial.html
    """
    from asteroid_repro.trial_report import effects_by_outcome

    trial, own = given.trial(study, show), ar.study(study) if study else None
    if report or tables:
        for path in ar.report(trial, report or (), tables=tables, study=own, seed=seed, **analysis).files:
            typer.echo(f"Wrote {path}", err=True)
    effects, refused = effects_by_outcome(trial, **analysis)
    for line in refused:
        typer.echo(line, err=True)
    results = {"effects": effects.to_frame()}
    if trial.has_exposure:
        results["harms"] = ar.harms(trial).to_frame()
    if trial.sessions_or_totals is not None:
        results["adherence"] = ar.attendance(trial).to_frame()
    answer = effects.answer()
    if own is not None and own.ledger.claims:
        found = ar.verify(own, against="people", people=trial)
        results["print_against_people"] = found.short_frame()
        answer = f"{answer} {found.answer()}"
    show(trial.label, results, answer=answer)


@commands.command()
@takes(given=Given, show=Show)
def responders(
    given: Given, show: Show, *, outcome: OneOutcome, week: Week = None, study: OwnStudy = None,
    points: Annotated[float | None, typer.Option(help="Least improvement of a responder, points.")] = None,
    relative: Annotated[float | None, typer.Option(help="The same as a share of the own baseline.")] = None,
) -> None:  # fmt: skip
    """Compare the shares of people who improved by at least a threshold.

    Example: asteroid-repro responders export.csv --outcome pain --points 15 --better lower
    """
    found = ar.responders(given.trial(study, show), outcome=outcome, week=week, points=points, relative=relative)
    show(found.label, {"responders": found.to_frame()}, answer=found.answer())


@commands.command()
@takes(given=Given, show=Show)
def rates(
    given: Given, show: Show, *, study: OwnStudy = None,
    limits: Annotated[str, typer.Option(help="exact or mid_p.")] = "exact",
) -> None:  # fmt: skip
    """Compare adverse events: people with one, events per person-week and, where there are hours, per hour.

    Example: asteroid-repro rates export.csv --events events.csv --sessions sessions.csv
    """
    trial = given.trial(study, show)
    how: Literal["exact", "mid_p"] = limits  # type: ignore[assignment]  # an unknown word is refused below
    found = ar.harms(trial, method=how)
    per = ("person_weeks", *dict.fromkeys(row.per for row in found.rows if row.per not in ("person", "person_weeks")))
    by_arm = [row for each in per for row in ar.event_rates(trial, per=each, method=how).to_frame().to_dict("records")]
    show(
        found.label,
        {"harms": found.to_frame(), "rates": [{str(name): own for name, own in row.items()} for row in by_arm]},
    )


@commands.command()
@takes(given=Given, show=Show)
def adherence(given: Given, show: Show, *, study: OwnStudy = None) -> None:
    """Summarise the share of prescribed sessions that people attended, from a log or from totals.

    Example: asteroid-repro adherence export.csv --sessions sessions.csv
    """
    found = ar.attendance(given.trial(study, show))
    show(found.label, {"adherence": found.to_frame()}, answer=found.answer())


@commands.command()
@takes(given=Given, show=Show)
def sensitivity(
    given: Given, show: Show, *, outcome: OneOutcome, week: Week = None, study: OwnStudy = None, seed: Seed = SEED,
    delta: Annotated[float, typer.Option(help="Points by which imputed scores of the treated are worse.")] = 0.0,
) -> None:  # fmt: skip
    """Estimate an effect under each supposition about the visits that were missed.

    Example: asteroid-repro sensitivity export.csv --outcome pain --better lower
    """
    trial, rules = given.trial(study, show), ("mar", "jump_to_reference", "copy_reference")
    found = [ar.sensitivity(trial, outcome=outcome, week=week, rule=rule, delta=delta, seed=seed) for rule in rules]  # type: ignore[arg-type]  # these are the rules
    rows = [row for one in found for row in one.to_frame().to_dict("records")]
    show(trial.label, {"sensitivity": [{str(name): own for name, own in row.items()} for row in rows]})


def _without_none(arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: own for name, own in arguments.items() if own is not None}


def _codes(texts: list[str]) -> dict[str, list[Any]]:
    """Return the codes for missing by column, those for every column under an empty name."""
    found: dict[str, list[Any]] = {}
    for text in texts:
        column, _, codes = text.rpartition("=")
        found.setdefault(column, []).extend(read_value(code) for code in codes.split(","))
    return found


def _each(texts: list[str], kind: Any) -> dict[str, Any]:
    """Return what is said for every outcome, under an empty name, and outcome by outcome."""
    found = {}
    for text in texts:
        outcome, _, given = text.rpartition("=")
        try:
            found[outcome] = kind(given)
        except ValueError:
            raise ar.InputError(f"a number must be given, got {text!r}. Try pain=15, or 0:100 for a scale.") from None
    return found


def _ends(text: str) -> tuple[float | None, float | None]:
    low, _, high = text.partition(":")
    return float(low) if low else None, float(high) if high else None

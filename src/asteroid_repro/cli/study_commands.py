"""The commands about a study's folder: begin one, see what it holds, foretell its people, score what was foretold."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

import asteroid_repro as ar
from asteroid_repro.cli.options import takes
from asteroid_repro.cli.output import Show, WholeHelp
from asteroid_repro.tables.text_table import paragraph, text_width
from asteroid_repro.trial.changes import read_value

studies = typer.Typer(cls=WholeHelp, no_args_is_help=True, rich_markup_mode=None)

Folder = Annotated[str, typer.Argument(help="Folder of a study, or the name of one.")]
FromText = Annotated[Path | None, typer.Option(help="Abstract or paper: txt, Markdown, HTML, JATS XML, PDF, DOCX.")]
Date = Annotated[str | None, typer.Option(help="Day on which it is frozen, as 2026-11-25; today when left out.")]
People = Annotated[Path, typer.Option(help="Table of the people's scores, in any shape that `read_people` reads.")]
Treatment = Annotated[str | None, typer.Option(help="Arm of the table that is treated; else the study's.")]
Reference = Annotated[str | None, typer.Option(help="Arm of the table that it is compared with; else the study's.")]
Unit = Annotated[str | None, typer.Option(help="Unit of visits that are bare numbers: weeks, months, ...")]
Missing = Annotated[list[str] | None, typer.Option(help="A code for missing values, as -99; may repeat.")]


@studies.command()
def new(folder: Annotated[Path, typer.Argument(help="New folder.")], *, from_text: FromText = None) -> None:
    """Write a commented study to begin with into a new folder, or one drafted from the results in a paper's text.

    Example: asteroid-repro study new my-trial --from-text abstract.txt
    """
    from asteroid_repro.printed.reading.documents import read_paper
    from asteroid_repro.reporting.drafted_study import draft_study
    from asteroid_repro.study_contents import write_skeleton

    next_step = f"asteroid-repro study check {folder}"
    if from_text is None:
        typer.echo(f"Wrote {len(write_skeleton(folder))} files. Change them, then: {next_step}")
        return
    draft_study(folder, read_paper(from_text), from_text.name)
    found = len(ar.study(folder).ledger.claims)
    typer.echo(f"Drafted {found} claims, each to be checked by a person: {folder / 'claims.toml'}. Then: {next_step}")


@studies.command()
def check(folder: Folder) -> None:
    """Say what a study holds, what can be done with it and what is missing.

    Example: asteroid-repro study check my-trial
    """
    from asteroid_repro.study_contents import study_contents

    for line in study_contents(ar.study(folder)):
        indent = line[: len(line) - len(line.lstrip())]
        typer.echo(paragraph(line, text_width(), indent))


@studies.command()
def foretell(folder: Folder, *, date: Date = None) -> None:
    """Foretell the people of a study from its foretelling.toml, and freeze that as foretold.json and registration.md.

    Takes a minute or two. Example: asteroid-repro study foretell my-trial
    """
    from asteroid_repro.reporting.files import write_file
    from asteroid_repro.reporting.registration import registration
    from asteroid_repro.verdicts.people_foretold.foretell import foretell as made
    from asteroid_repro.verdicts.people_foretold.foretold import FILE

    own = ar.study(folder)
    place = own.folder / FILE
    if place.exists():
        raise ar.InputError(f"{place} must not exist yet, got one: what was foretold stays. Remove it to begin anew.")
    found = made(own, date=date or datetime.now(UTC).date().isoformat())
    write_file(own.folder / "registration.md", registration(own, found))
    write_file(place, found.to_json())
    count = sum(entry.status == "foretold" for entry in found.entries)
    typer.echo(f"Foretold {count} quantities of the people, frozen {found.date} as {found.sha256[:12]}.")
    typer.echo(f"Commit {place.name} and registration.md before anybody looks at the people.")


@studies.command()
@takes(show=Show)
def score(
    folder: Folder, show: Show, *, people: People, treatment: Treatment = None, reference: Reference = None,
    unit: Unit = None, missing: Missing = None,
) -> None:  # fmt: skip
    """Hold what was foretold against the people: inside or outside, how far, how sharp.

    Example: asteroid-repro study score my-trial --people outcomes.csv
    """
    own = ar.study(folder)
    codes = [read_value(code) for code in missing or []] or None
    say = None if show.as_json or show.as_csv else typer.echo
    options: dict[str, Any] = {"treatment": treatment, "reference": reference, "unit": unit, "missing": codes}
    read = ar.read_people(people, design=own.assumptions.design, say=say, **options)
    found = ar.score_foretelling(own, read)
    table = found.short_frame() if say else found.to_frame()
    show(found.label, {"foretold": table}, answer=" ".join([found.answer(), *found.notes()]))

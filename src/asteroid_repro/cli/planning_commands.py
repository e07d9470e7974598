"""The commands that simulate many trials: power, what-if and sweep."""

import json
from dataclasses import asdict
from math import isnan
from pathlib import Path
from typing import Annotated, Any

import typer

import asteroid_repro as ar
from asteroid_repro.cli.options import Case, analyses, analysis, fields, run, takes
from asteroid_repro.cli.output import Show
from asteroid_repro.trial.changes import EVERY_OUTCOME, read_value

commands = typer.Typer()
_STOPPED = 130  # as the shell has it for a command that the keyboard stopped

Arguments = dict[str, Any]
Folder = Annotated[Path, typer.Argument(help="Folder of the results; run again to go on where it was stopped.")]
Over = Annotated[list[str], typer.Option(help="A field and its values, as people_per_arm=20,40,80; may repeat.")]
To = Annotated[str | None, typer.Option(help="Scenario to compare with; the same one where only --set changes.")]
OneOutcome = Annotated[str | None, typer.Option(help=f"Only this outcome; {EVERY_OUTCOME} for all together.")]


@commands.command()
@takes(case=Case, analysis=analysis, run=run, show=Show)
def power(
    case: Case, analysis: Arguments, run: Arguments, show: Show, *, outcome: OneOutcome = None,
    week: Annotated[float | None, typer.Option(help="Only this week.")] = None,
) -> None:  # fmt: skip
    """Simulate many trials: power, coverage, type S and M errors and more.

    Every figure comes with its Monte Carlo standard error. Example:

    asteroid-repro power --set people_per_arm=60 --set every_outcome.effect=0 --method ancova --week 12
    """
    record = case.assumptions()
    weeks = record.visits[1:]
    if outcome not in (None, EVERY_OUTCOME):
        record.design.outcome(str(outcome))
    if week not in (None, *weeks):
        raise ar.InputError(f"--week must be one of {', '.join(map(str, weeks))}, got {week:g}. Choose one.")
    found = ar.operating_characteristics(record, **analysis, **run)
    rows = [asdict(row) for row in found.rows if outcome in (None, row.outcome) and week in (None, row.week)]
    show(found.label, {"operating_characteristics": rows})
    raise typer.Exit(_STOPPED if found.stopped else 0)


@commands.command("what-if")
@takes(case=Case, analysis=analysis, run=run, show=Show)
def what_if(case: Case, analysis: Arguments, run: Arguments, show: Show, *, to: To = None) -> None:
    """Compare two scenarios on the same simulated people and noise.

    Example: asteroid-repro what-if --set people_per_arm=40
    """
    base, changed = case._replace(changes=None), case._replace(scenario=to or case.scenario)
    found = ar.what_if(base.assumptions(), changed.assumptions(), **analysis, **run)
    differences = [
        {"field": field, "base": json.dumps(before), "changed": json.dumps(after)}
        for field, (before, after) in found.differences.items()
    ]
    rows, verdicts = ([asdict(row) for row in rows] for rows in (found.rows, found.verdicts))
    show(found.label, {"changes": rows, "differences": differences, "verdicts": verdicts})
    if differences and all(row.change == 0 or isnan(row.change) for row in found.rows):
        typer.echo("No trial changed: what was changed plays no part in these estimates.", err=True)
    raise typer.Exit(_STOPPED if found.stopped else 0)


@commands.command()
@takes(case=Case, analyses=analyses, run=run, show=Show)
def sweep(case: Case, analyses: Arguments, run: Arguments, show: Show, folder: Folder, *, over: Over) -> None:
    """Operating characteristics over a grid of assumptions, every combination kept in a folder of Parquet files.

    Example: asteroid-repro sweep results --over people_per_arm=20,40,80 --over visit_correlation=0.3,0.5,0.7
    """
    axes = {name: _axis(values) for name, values in fields(over, "--over").items()}
    found = ar.sweep(case.assumptions(), axes, folder, **analyses, **run)
    if found.stopped:
        done = f"{found.before + found.now} of {found.pieces} pieces"
        typer.echo(f"Stopped: {done} are kept in {folder}; the same command goes on.", err=True)
        raise typer.Exit(_STOPPED)
    show(found.label, {"sweep": found.to_frame()})


def _axis(values: str) -> list[Any]:
    """Return values between commas; a list in brackets is one value."""
    try:
        parsed: list[Any] = json.loads(f"[{values}]")
    except json.JSONDecodeError:  # words have no quotes on a command line
        return [read_value(each) for each in values.split(",")]
    return parsed

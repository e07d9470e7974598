"""The commands that simulate many trials: power, what-if and sweep."""

import json
from dataclasses import asdict
from math import isnan
from pathlib import Path
from typing import Annotated, Any

import typer

import asteroid_repro as ar
from asteroid_repro.cli.options import (
    Changes,
    ScenarioName,
    Show,
    analyses,
    analysis,
    changed,
    chosen_study,
    fields,
    run,
    show,
    supposed,
    takes,
    value,
)
from asteroid_repro.trial.assumptions import EVERY_OUTCOME

commands = typer.Typer()
_STOPPED = 130  # as the shell has it for a command that the keyboard stopped


@commands.command()
@takes(supposed, analysis, run, show)
def power(
    supposed: ar.TrialAssumptions,
    analysis: dict[str, Any],
    run: dict[str, Any],
    show: Show,
    *,
    outcome: Annotated[str | None, typer.Option(help=f"Only this outcome; {EVERY_OUTCOME} for all together.")] = None,
    week: Annotated[float | None, typer.Option(help="Only this week.")] = None,
) -> None:
    """Simulate many trials: power, coverage, type S and M errors and more.

    Every figure comes with its Monte Carlo standard error. Example:

    asteroid-repro power --set people_per_arm=60 --set every_outcome.effect=0 --method ancova --week 12
    """
    design = supposed.design
    if outcome not in (None, EVERY_OUTCOME):
        design.outcome(str(outcome))
    if week is not None:
        design.visit(week)
    found = ar.operating_characteristics(supposed, **analysis, **run)
    rows = [asdict(row) for row in found.rows if outcome in (None, row.outcome) and week in (None, row.week)]
    show(found.label, {"operating_characteristics": rows})
    raise typer.Exit(_STOPPED if found.stopped else 0)


@commands.command("what-if")
@takes(chosen_study, analysis, run, show)
def what_if(
    chosen_study: ar.Study,
    analysis: dict[str, Any],
    run: dict[str, Any],
    show: Show,
    *,
    scenario: ScenarioName = None,
    to: Annotated[
        str | None, typer.Option(help="Scenario to compare with; the same one where only --set changes.")
    ] = None,
    changes: Changes = None,
) -> None:
    """Compare two scenarios on the same simulated people and noise.

    Example: asteroid-repro what-if --set people_per_arm=40
    """
    base, other = changed(chosen_study, scenario, None), changed(chosen_study, to or scenario, changes)
    found = ar.what_if(base, other, **analysis, **run)
    differences = [
        {"field": field, "base": json.dumps(before), "changed": json.dumps(after)}
        for field, (before, after) in found.differences.items()
    ]
    groups = {
        "changes": [asdict(row) for row in found.rows],
        "differences": differences,
        "verdicts": [asdict(row) for row in found.verdicts],
    }
    show(found.label, groups)
    if differences and all(row.change == 0 or isnan(row.change) for row in found.rows):
        typer.echo("No trial changed: what was changed plays no part in these estimates.", err=True)
    raise typer.Exit(_STOPPED if found.stopped else 0)


@commands.command()
@takes(supposed, analyses, run, show)
def sweep(
    supposed: ar.TrialAssumptions,
    analyses: dict[str, Any],
    run: dict[str, Any],
    show: Show,
    folder: Annotated[Path, typer.Argument(help="Folder of the results; run again to go on where it was stopped.")],
    *,
    over: Annotated[
        list[str],
        typer.Option(help="A field and its values, as people_per_arm=20,40,80; may repeat, for every combination."),
    ],
) -> None:
    """Operating characteristics over a grid of assumptions, kept in a folder of Parquet files.

    Example: asteroid-repro sweep results --over people_per_arm=20,40,80 --over visit_correlation=0.3,0.5,0.7
    """
    axes = {name: _axis(values) for name, values in fields(over, "--over").items()}
    found = ar.sweep(supposed, axes, folder, **analyses, **run)
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
        return [value(each) for each in values.split(",")]
    return parsed

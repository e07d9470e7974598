"""The commands that simulate many trials, or plan one: each says its answer, then its table."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from math import isnan
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

import asteroid_repro as ar
from asteroid_repro.cli.options import Case, analyses, analysis, fields, fixed_run, place, run, takes
from asteroid_repro.cli.output import Show
from asteroid_repro.engine.measures import MEASURES
from asteroid_repro.errors import check_choice
from asteroid_repro.evaluate.performance import Measure, main_rows
from asteroid_repro.scenarios_compared import MeasureChange, main_changes
from asteroid_repro.trial.changes import EVERY_OUTCOME, read_value

commands = typer.Typer(rich_markup_mode=None)
_STOPPED = 130  # as the shell has it for a command that the keyboard stopped

Arguments = dict[str, Any]
Folder = Annotated[Path, typer.Argument(help="Folder of the results; run again to go on where it was stopped.")]
Over = Annotated[list[str], typer.Option(help="A field and its values, as people_per_arm=20,40,80; may repeat.")]
To = Annotated[str | None, typer.Option(help="Scenario to compare with; the same one where only --set changes.")]
OneOutcome = Annotated[str | None, typer.Option(help=f"Only this outcome; {EVERY_OUTCOME} for all together.")]
OneWeek = Annotated[float | None, typer.Option(help="Only this week.")]
Measures = Annotated[list[str] | None, typer.Option("--measure", help="Only this measure; may repeat.")]
Everything = Annotated[bool, typer.Option("--all", help="Every outcome, week and measure, not only the main ones.")]
Shrinkage = Annotated[str, typer.Option(help="Share of the estimate not to believe, 0 to 1, or empirical_bayes.")]


class Asked(NamedTuple):
    """What of a table is asked for: an outcome, a week, measures, or all of it."""

    outcome: OneOutcome = None
    week: OneWeek = None
    measures: Measures = None
    everything: Everything = False

    def check(self, record: ar.TrialAssumptions) -> None:
        """Refuse an outcome, a week or a measure that there is not."""
        weeks = record.visits[1:]
        if self.outcome not in (None, EVERY_OUTCOME):
            record.design.outcome(str(self.outcome))
        if self.week not in (None, *weeks):
            raise ar.InputError(f"--week must be one of {', '.join(map(str, weeks))}, got {self.week:g}. Choose one.")
        for name in self.measures or ():
            check_choice("--measure", name, MEASURES)

    @property
    def is_narrowed(self) -> bool:
        """Whether something is asked for, beyond the main measures."""
        return any(asked not in (None, False) for asked in self)

    def rows(self, found: Sequence[Measure | MeasureChange]) -> list[dict[str, Any]]:
        """Return the rows asked for."""
        return [
            asdict(row)
            for row in found
            if self.outcome in (None, row.outcome)
            and self.week in (None, row.week)
            and (not self.measures or row.measure in self.measures)
        ]

    def about(self, case: Case) -> tuple[str | None, float | None]:
        """Return what the sentence is about: the outcome asked for, or else the only one that is changed."""
        changed = {text.partition(".")[0] for text in case.changes or [] if ".effect=" in text or ".sd=" in text}
        alone = changed.pop() if len(changed) == 1 else None
        return (name if (name := self.outcome or alone) != EVERY_OUTCOME else None), self.week


@commands.command()
@takes(case=Case, asked=Asked, analysis=analysis, run=run, show=Show)
def power(case: Case, asked: Asked, analysis: Arguments, run: Arguments, show: Show) -> None:
    """Simulate many trials: power, coverage, type S and M errors and more.

    Every figure comes with its Monte Carlo standard error. Example:

    asteroid-repro power --set people_per_arm=60 --set every_outcome.effect=0 --method ancova --week 12
    """
    asked.check(record := case.assumptions())
    found = ar.operating_characteristics(record, **analysis, **run)
    rows = found.rows if asked.is_narrowed or show.for_programs else main_rows(found)
    show(found.label, {"operating_characteristics": asked.rows(rows)}, answer=found.answer(*asked.about(case)))
    raise typer.Exit(_STOPPED if found.stopped else 0)


@commands.command("what-if")
@takes(case=Case, asked=Asked, analysis=analysis, run=run, show=Show)
def what_if(case: Case, asked: Asked, analysis: Arguments, run: Arguments, show: Show, *, to: To = None) -> None:
    """Compare two scenarios on the same simulated people and noise.

    Example: asteroid-repro what-if --set people_per_arm=40
    """
    base, changed = case._replace(changes=None), case._replace(scenario=to or case.scenario)
    asked.check(record := base.assumptions())
    found = ar.what_if(record, changed.assumptions(), **analysis, **run)
    rows = asked.rows(found.rows if asked.is_narrowed or show.for_programs else main_changes(found))
    differences = [
        {"field": field, "base": json.dumps(before), "changed": json.dumps(after)}
        for field, (before, after) in found.differences.items()
    ]
    tables = {"changes": rows, "differences": differences, "verdicts": [asdict(row) for row in found.verdicts]}
    if not (asked.everything or show.for_programs):
        del tables["verdicts"]
    show(found.label, tables, answer=found.answer(*asked.about(case)))
    if differences and all(row.change == 0 or isnan(row.change) for row in found.rows):
        typer.echo("No trial changed: what was changed plays no part in these estimates.", err=True)
    raise typer.Exit(_STOPPED if found.stopped else 0)


@commands.command()
@takes(case=Case, analyses=analyses, run=run, show=Show)
def sweep(case: Case, analyses: Arguments, run: Arguments, show: Show, folder: Folder, *, over: Over) -> None:
    """Operating characteristics over a grid of assumptions, every combination kept in a folder of Parquet files.

    Example: asteroid-repro sweep results --over people_per_arm=20,40,80 --over visit_correlation=0.3,0.5,0.7
    """
    found = ar.sweep(case.assumptions(), axes(over), folder, **analyses, **run)
    if found.stopped:
        done = f"{found.before + found.now} of {found.pieces} pieces"
        typer.echo(f"Stopped: {done} are kept in {folder}; the same command goes on.", err=True)
        raise typer.Exit(_STOPPED)
    table = found.to_frame()
    last = table["week"] == table["week"].max()
    shown = table if show.for_programs else table[last & (table["measure"] == "power")]
    show(found.label, {"sweep": shown}, answer=f"{found.pieces} pieces are kept in {folder}; power at the last visit:")


@commands.command("sample-size")
@takes(case=Case, place=place, analysis=analysis, run=fixed_run, show=Show)
def sample_size(
    case: Case, place: Arguments, analysis: Arguments, run: Arguments, show: Show, *,
    power: Annotated[float, typer.Option(help="Wanted power.")] = 0.9,
    effect: Annotated[float | None, typer.Option(help="Effect to detect, points; the assumed one if left out.")] = None,
    maximum: Annotated[int, typer.Option(help="Most people per arm to consider.")] = 2000,
) -> None:  # fmt: skip
    """Find the smallest arms with the wanted power, by simulation.

    Example: asteroid-repro sample-size --power 0.8 --effect -10 --set missing_treatment=0.1
    """
    wanted: Arguments = {"power": power, "effect": effect, "maximum": maximum}
    found = ar.sample_size(case.assumptions(), **wanted, **place, **analysis, **run)
    show(found.label, {"sizes": found.to_frame()}, answer=found.answer())


@commands.command("power-curve")
@takes(case=Case, place=place, analysis=analysis, run=fixed_run, show=Show)
def power_curve(
    case: Case, place: Arguments, analysis: Arguments, run: Arguments, show: Show, *, over: Over,
    measure: Measures = None,
) -> None:  # fmt: skip
    """Power, or other measures, over one or two fields of the assumptions.

    Example: asteroid-repro power-curve --over people_per_arm=20,40,80
    """
    wanted: Arguments = {"measures": tuple(measure)} if measure else {}
    found = ar.power_curve(case.assumptions(), axes(over), **wanted, **place, **analysis, **run)
    show(found.label, {"power_curve": found.to_frame()}, answer=found.answer())


@commands.command()
@takes(case=Case, place=place, analysis=analysis, run=fixed_run, show=Show)
def assurance(
    case: Case, place: Arguments, analysis: Arguments, run: Arguments, show: Show, *,
    mean: Annotated[float, typer.Option(help="Believed effect, points.")],
    sd: Annotated[float, typer.Option(help="Standard deviation of that belief, points.")],
    shrinkage: Shrinkage = "0",
) -> None:  # fmt: skip
    """Average power over what is believed of the true effect.

    Example: asteroid-repro assurance --mean -15.3 --sd 5.117 --set people_per_arm=30
    """
    belief: Arguments = {"mean": mean, "sd": sd, "shrinkage": read_value(shrinkage)}
    found = ar.assurance(case.assumptions(), **belief, **place, **analysis, **run)
    show(found.label, {"assurance": found.to_frame()}, answer=found.answer())


@commands.command()
@takes(show=Show)
def replication(
    show: Show, *,
    estimate: Annotated[float, typer.Option(help="Original estimate.")],
    se: Annotated[float, typer.Option(help="Its standard error.")],
    relative_size: Annotated[float, typer.Option(help="Size of the replication over that of the original.")] = 1.0,
    level: Annotated[float, typer.Option(help="Confidence level.")] = 0.95, shrinkage: Shrinkage = "0",
) -> None:  # fmt: skip
    """Say what a replication of a result is likely to find; nothing is simulated.

    Example: asteroid-repro replication --estimate -15.3 --se 5.117 --relative-size 2
    """
    found = ar.replication(estimate, se, relative_size=relative_size, level=level, shrinkage=read_value(shrinkage))
    show(" ".join(found.notes()), {"replication": found.to_frame()}, answer=found.answer())


def axes(over: list[str]) -> dict[str, list[Any]]:
    """Return the values between commas of each field; a list in brackets is one value."""
    return {name: _axis(values) for name, values in fields(over, "--over").items()}


def _axis(values: str) -> list[Any]:
    try:
        parsed: list[Any] = json.loads(f"[{values}]")
    except json.JSONDecodeError:  # words have no quotes on a command line
        return [read_value(each) for each in values.split(",")]
    return parsed

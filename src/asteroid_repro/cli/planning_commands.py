"""The commands that simulate many trials: power, what-if and sweep."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from math import isnan
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

import asteroid_repro as ar
from asteroid_repro.cli.output import AsCsv, AsJson, Level, Scenario, Seed, print_records
from asteroid_repro.errors import InputError
from asteroid_repro.evaluate.performance import EVERY_OUTCOME, TARGET_MCSE
from asteroid_repro.trial.quantities import OUTCOMES

commands = typer.Typer()
_STOPPED = 130  # as the shell has it for a command that the keyboard stopped

Trials = Annotated[int | None, typer.Option(help="Simulated trials.", show_default="10000; 20000 for what-if")]
TargetMcse = Annotated[
    float | None,
    typer.Option(
        help="Go on until power and coverage (what-if: their changes) of every outcome and visit have this Monte Carlo "
        "standard error; instead of --trials."
    ),
]
Jobs = Annotated[int, typer.Option(help="Processes.")]
Dask = Annotated[str | None, typer.Option(help="Address of a Dask scheduler that does the work, as tcp://host:8786.")]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", help="A changed assumption, as average_pain.effect=-8 or people_per_arm=30; may repeat."),
]
Method = Annotated[str, typer.Option(help="Method of estimation; see `estimate --help`.")]
Distribution = Annotated[str | None, typer.Option(help="Reference distribution; the method's own when left out.")]


@commands.command()
def power(
    *,
    scenario: Scenario = "asteroid",
    changes: Changes = None,
    outcome: Annotated[str | None, typer.Option(help=f"Only this one of {', '.join(OUTCOMES)}.")] = None,
    week: Annotated[int | None, typer.Option(help="Only this week.")] = None,
    method: Method = "random_intercept",
    distribution: Distribution = None,
    level: Level = 0.95,
    trials: Trials = None,
    target_mcse: TargetMcse = None,
    seed: Seed = 2024,
    jobs: Jobs = 1,
    dask: Dask = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Simulate many trials: power, coverage, type S and M errors and more.

    Every figure comes with its Monte Carlo standard error. Example:

    asteroid-repro power --set average_pain.effect=-8 --set people_per_arm=60 --outcome average_pain --week 12
    """
    record, count = _changed(scenario, changes), _count(trials, target_mcse, 10_000)
    _check_shown(outcome, week, record)
    chosen: Any = distribution  # checked, with a message, by operating_characteristics
    with _dask_client(dask) as client:
        found = ar.operating_characteristics(
            record,
            trials=count,
            target_mcse=TARGET_MCSE if target_mcse is None else target_mcse,
            seed=seed,
            method=method,
            distribution=chosen,
            level=level,
            n_jobs=jobs,
            executor=client,
            progress=True,
        )
    rows = [
        asdict(row)
        for row in found.rows
        if (outcome is None or row.outcome == outcome) and (week is None or row.week == week)
    ]
    print_records(found.label, {"operating_characteristics": rows}, as_json=as_json, as_csv=as_csv)
    raise typer.Exit(_STOPPED if found.stopped else 0)


@commands.command("what-if")
def what_if(
    *,
    scenario: Scenario = "asteroid",
    to: Annotated[
        str | None, typer.Option(help="Scenario to compare with; the same one where only --set changes.")
    ] = None,
    changes: Changes = None,
    method: Method = "random_intercept",
    distribution: Distribution = None,
    level: Level = 0.95,
    trials: Trials = None,
    target_mcse: TargetMcse = None,
    seed: Seed = 2024,
    jobs: Jobs = 1,
    dask: Dask = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Compare two scenarios on the same simulated people and noise.

    Example: asteroid-repro what-if --set average_pain.effect=-8
    """
    base, count = ar.scenario(scenario), _count(trials, target_mcse, 20_000)
    changed = _changed(to or scenario, changes)
    chosen: Any = distribution  # checked, with a message, by what_if
    with _dask_client(dask) as client:
        found = ar.what_if(
            base,
            changed,
            trials=count,
            target_mcse=TARGET_MCSE if target_mcse is None else target_mcse,
            seed=seed,
            method=method,
            distribution=chosen,
            level=level,
            n_jobs=jobs,
            executor=client,
            progress=True,
        )
    differences = [
        {"field": field, "base": _text(before), "changed": _text(after)}
        for field, (before, after) in found.differences.items()
    ]
    groups = {
        "changes": [asdict(row) for row in found.rows],
        "differences": differences,
        "verdicts": [asdict(row) for row in found.verdicts],
    }
    print_records(found.label, groups, as_json=as_json, as_csv=as_csv)
    if differences and all(row.change == 0 or isnan(row.change) for row in found.rows):
        typer.echo("No trial changed: what was changed plays no part in these estimates.", err=True)
    raise typer.Exit(_STOPPED if found.stopped else 0)


@commands.command()
def sweep(
    folder: Annotated[Path, typer.Argument(help="Folder of the results; run again to go on where it was stopped.")],
    *,
    over: Annotated[
        list[str],
        typer.Option(help="A field and its values, as people_per_arm=20,40,80; may repeat, for every combination."),
    ],
    scenario: Scenario = "asteroid",
    changes: Changes = None,
    method: Annotated[list[str], typer.Option(help="Method of estimation; may repeat.")] = ["random_intercept"],  # noqa: B006 - typer reads it
    distribution: Distribution = None,
    level: Level = 0.95,
    trials: Trials = None,
    target_mcse: TargetMcse = None,
    seed: Seed = 2024,
    jobs: Jobs = 1,
    dask: Dask = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Operating characteristics over a grid of assumptions, kept in a folder of Parquet files.

    Example: asteroid-repro sweep results --over people_per_arm=20,40,80 --over average_pain.effect=-5,-10,-15
    """
    chosen: Any = distribution  # checked, with a message, by sweep
    with _dask_client(dask) as client:
        found = ar.sweep(
            _changed(scenario, changes),
            {name: _axis(values) for name, values in _fields(over, "--over").items()},
            folder,
            trials=_count(trials, target_mcse, 10_000),
            target_mcse=TARGET_MCSE if target_mcse is None else target_mcse,
            seed=seed,
            method=method,
            distribution=chosen,
            level=level,
            n_jobs=jobs,
            executor=client,
            progress=True,
        )
    if found.stopped:
        done = f"{found.before + found.now} of {found.pieces} pieces"
        typer.echo(f"Stopped: {done} are kept in {folder}; the same command goes on.", err=True)
        raise typer.Exit(_STOPPED)
    from asteroid_repro.reporting.result_tables import rows

    print_records(found.label, {"sweep": rows(found.to_frame())}, as_json=as_json, as_csv=as_csv)


def _changed(scenario: str, changes: list[str] | None) -> ar.TrialAssumptions:
    from asteroid_repro.sweeps.fields import with_fields

    fields = {name: _value(value) for name, value in _fields(changes or [], "--set").items()}
    return with_fields(ar.scenario(scenario), fields) if fields else ar.scenario(scenario)


def _check_shown(outcome: str | None, week: int | None, record: ar.TrialAssumptions) -> None:
    weeks = record.visits[1:]
    if outcome not in (None, EVERY_OUTCOME, *OUTCOMES) or week not in (None, *weeks):
        wanted = f"{outcome or 'any outcome'}, week {'any' if week is None else week}"
        raise InputError(
            f"--outcome and --week must be ones of the trial, got {wanted}. "
            f"Outcomes: {', '.join(OUTCOMES)}; weeks: {', '.join(map(str, weeks))}."
        )


def _axis(values: str) -> list[Any]:
    """Values between commas; a list in brackets is one value."""
    try:
        parsed: list[Any] = json.loads(f"[{values}]")
    except json.JSONDecodeError:  # words have no quotes on a command line
        return [_value(value) for value in values.split(",")]
    return parsed


def _fields(texts: list[str], option: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, value in (_split(text, option) for text in texts):
        if name in fields:
            raise InputError(f"{option} must name each field once, got {name} twice. Give it one value, or one list.")
        fields[name] = value
    return fields


def _split(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise InputError(f"{option} must be a field, an equals sign and a value, got {text!r}. Try people_per_arm=30.")
    return name, value


def _value(text: str) -> Any:
    """Numbers and lists as JSON has them; anything else is text."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _text(value: Any) -> str:
    return json.dumps(value)


def _count(trials: int | None, target_mcse: float | None, usual: int) -> int | Literal["auto"]:
    if trials is not None and target_mcse is not None:
        raise InputError(f"--trials must be left out beside --target-mcse, got {trials}. One of them decides.")
    return "auto" if target_mcse is not None else usual if trials is None else trials


@contextmanager
def _dask_client(address: str | None) -> Iterator[Any]:
    """Connect to a Dask scheduler, or to none."""
    if address is None:
        yield None
        return
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            f"--dask must have the package distributed, got none for {address}. Install asteroid-repro[cluster]."
        ) from None
    try:
        client = Client(address, timeout=10)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TimeoutError) as error:
        raise InputError(
            f"--dask must be the address of a running scheduler, got {address}: {error}. Start one."
        ) from None
    with client:
        yield client

"""What the commands share: the options they have in common, and how they print."""

from typing import TYPE_CHECKING, Annotated

import typer

from asteroid_repro.errors import InputError
from asteroid_repro.reporting.records import Records, cells, records_csv, records_json

if TYPE_CHECKING:
    import pandas as pd

    from asteroid_repro.verdicts.verdict import Verification

Seed = Annotated[int, typer.Option(help="Seed of the random numbers; the same seed gives the same result.")]
Scenario = Annotated[
    str,
    typer.Option("--scenario", help="Name of a scenario (see `scenarios`) or a .toml file with the fields to change."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV instead of a table, of the first table where several.")]
Level = Annotated[float, typer.Option(help="Confidence level.")]


def print_records(label: str, groups: dict[str, Records], *, as_json: bool, as_csv: bool = False) -> None:
    """Print groups of rows under a label; CSV takes the first group only."""
    if as_json and as_csv:
        raise InputError("--json must stand without --csv, got both. Leave one out.")
    if as_json:
        typer.echo(records_json(label, groups), nl=False)
    elif as_csv:
        typer.echo(records_csv(label, next(iter(groups.values()))), nl=False)
    else:
        typer.echo(label)
        for name, rows in groups.items():
            print_rows(rows, name.replace("_", " ").capitalize())


def print_frames(results: "dict[str, pd.DataFrame]", label: str, *, as_json: bool) -> None:
    """Print tables under a label."""
    from asteroid_repro.reporting.result_tables import rows

    print_records(label, {name: rows(table) for name, table in results.items()}, as_json=as_json)


def print_rows(rows: Records, title: str) -> None:
    """Print rows as a table, numbers at four digits."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if not console.is_terminal:
        console = Console(width=200)  # a pipe has no width of its own
    grid = Table(*(rows[0] if rows else []), title=title, title_justify="left")
    for row in rows:
        grid.add_row(*map(Text, cells(row.values())))  # text as it is: brackets are no markup
    console.print(grid)


def print_table(table: "pd.DataFrame", title: str) -> None:
    """Print a table, numbers at four digits."""
    from asteroid_repro.reporting.result_tables import rows

    print_rows(rows(table), title)


def print_verification(verification: "Verification", *, as_json: bool) -> None:
    """Print the verdicts with their summary."""
    from asteroid_repro.reporting.result_tables import verdict_json, verdict_table

    if as_json:
        typer.echo(verdict_json(verification, f"SIMULATED, seed {verification.seed}"), nl=False)
        return
    print_table(verdict_table(verification), "Verdicts")
    for line in (verification.fit_note, verification.findings, verification.summary):
        typer.echo(line)

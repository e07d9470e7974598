"""How the commands print: tables for people, JSON and CSV for programs."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import typer

from asteroid_repro.reporting.records import Records, cells, records_csv, records_json

if TYPE_CHECKING:
    import pandas as pd

    from asteroid_repro.verdicts.verdict import Verification


def print_records(
    label: str, groups: "Mapping[str, Records | pd.DataFrame]", *, as_json: bool, as_csv: bool = False
) -> None:
    """Print groups of rows under a label; CSV takes the first group only."""
    if as_json:
        typer.echo(records_json(label, {name: _rows(table) for name, table in groups.items()}), nl=False)
    elif as_csv:
        typer.echo(records_csv(label, _rows(next(iter(groups.values())))), nl=False)
    else:
        typer.echo(label)
        for name, table in groups.items():
            print_table(table, name.replace("_", " ").capitalize())


def print_table(table: "Records | pd.DataFrame", title: str) -> None:
    """Print a table, numbers at four digits."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if not console.is_terminal:
        console = Console(width=200)  # a pipe has no width of its own
    rows = _rows(table)
    grid = Table(*(rows[0] if rows else []), title=title, title_justify="left")
    for row in rows:
        grid.add_row(*map(Text, cells(row.values())))  # text as it is: brackets are no markup
    console.print(grid)


def print_verification(verification: "Verification", *, as_json: bool) -> None:
    """Print the verdicts with their summary."""
    from asteroid_repro.reporting.result_tables import verdict_json, verdict_table

    if as_json:
        typer.echo(verdict_json(verification, f"SIMULATED, seed {verification.seed}"), nl=False)
        return
    print_table(verdict_table(verification), "Verdicts")
    for line in (verification.fit_note, verification.findings, verification.summary):
        typer.echo(line)


def _rows(table: "Records | pd.DataFrame") -> Records:
    if isinstance(table, list):
        return table
    from asteroid_repro.reporting.result_tables import rows

    return rows(table)

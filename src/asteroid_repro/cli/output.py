"""How the commands print: tables for people, JSON and CSV for programs."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from asteroid_repro.errors import InputError
from asteroid_repro.reporting.records import Records, cells, rows, to_csv, to_json

if TYPE_CHECKING:
    import pandas as pd

    from asteroid_repro.verdicts.verdict import Verification

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV instead of a table, of the first table where several.")]


class Show(NamedTuple):
    """How a command is asked to print; called with a label and tables, it prints them."""

    as_json: AsJson = False
    as_csv: AsCsv = False

    def __call__(self, label: str, tables: "Mapping[str, Records | pd.DataFrame]") -> None:
        """Print tables under a label; CSV takes the first one only."""
        if self.as_json and self.as_csv:
            raise InputError("--json must stand without --csv, got both. Leave one out.")
        groups = {name: table if isinstance(table, list) else rows(table) for name, table in tables.items()}
        if self.as_json:
            typer.echo(to_json({"label": label} | groups), nl=False)
        elif self.as_csv:
            name, records = next(iter(groups.items()))
            columns = list(records[0]) if records else [str(column) for column in tables[name]]
            typer.echo(to_csv(label, records, columns), nl=False)
        else:
            typer.echo(label)
            for name, records in groups.items():
                _print_grid(records, name.replace("_", " ").capitalize())

    def verdicts(self, verification: "Verification") -> None:
        """Print the verdicts with their summary."""
        from asteroid_repro.reporting.result_tables import verdict_json, verdict_table

        if self.as_json:
            typer.echo(verdict_json(verification), nl=False)
            return
        self(verification.label, {"verdicts": verdict_table(verification)})
        for line in () if self.as_csv else (verification.fit_note, verification.findings, verification.summary):
            typer.echo(line)


def _print_grid(records: Records, title: str) -> None:
    """Print rows as a table, numbers at four digits."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not records:
        typer.echo(f"{title}: none")
        return
    console = Console()
    if not console.is_terminal:
        console = Console(width=200)  # a pipe has no width of its own
    grid = Table(*records[0], title=title, title_justify="left")
    for record in records:
        grid.add_row(*map(Text, cells(record.values())))  # text as it is: brackets are no markup
    console.print(grid)

"""How the commands print: the answer and tables for people, JSON and CSV for programs."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer
from typer.core import TyperGroup

from asteroid_repro.errors import InputError
from asteroid_repro.reporting.records import rows, to_csv, to_json
from asteroid_repro.tables.text_table import Records, paragraph, text_table, text_width

MINUS: Final = "\N{MINUS SIGN}"

if TYPE_CHECKING:
    import pandas as pd

    from asteroid_repro.verdicts.verdict import Verification

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV instead of a table, of the first table where several.")]


class WholeHelp(TyperGroup):
    """Commands whose list says what each does in whole sentences."""

    def format_commands(self, context: Any, formatter: Any) -> None:
        """Write the list, lines broken where the terminal ends."""
        found = ((name, self.get_command(context, name)) for name in self.list_commands(context))
        lines = [(name, (one.help or "").partition("\n\n")[0]) for name, one in found if one and not one.hidden]
        with formatter.section("Commands"):
            formatter.write_dl(lines)


class Show(NamedTuple):
    """How a command is asked to print; called with a label and tables, it prints them.

    A command has one call: ``show(label, {"name": table}, answer="One sentence.")``.
    """

    as_json: AsJson = False
    as_csv: AsCsv = False

    @property
    def for_programs(self) -> bool:
        """Whether a program reads it: then it gets every row."""
        return self.as_json or self.as_csv

    def __call__(self, label: str, tables: "Mapping[str, Records | pd.DataFrame]", *, answer: str = "") -> None:
        """Print the answer, the tables and what the data are; CSV takes the first table only.

        Parameters
        ----------
        label : str
            What the data are, ``SIMULATED ...`` if they are.
        tables : mapping of str to list of dict or pandas.DataFrame
            By name, in the order printed; to people under that name.
        answer : str
            What the command was asked, in one sentence.

        Raises
        ------
        InputError
            Both JSON and CSV are wanted.
        """
        if self.as_json and self.as_csv:
            raise InputError("--json must stand without --csv, got both. Leave one out.")
        groups = {name: table if isinstance(table, list) else rows(table) for name, table in tables.items()}
        if self.as_json:
            said = {"answer": answer} if answer else {}
            typer.echo(to_json({"label": label} | said | groups), nl=False)
        elif self.as_csv:
            name, records = next(iter(groups.items()))
            columns = list(records[0]) if records else [str(column) for column in tables[name]]
            typer.echo(to_csv(label, records, columns), nl=False)
        else:
            say(answer)
            for name, records in groups.items():
                say_table(name, records)
            say(label)

    def verdicts(self, verification: "Verification", *, everything: bool = False) -> None:
        """Print whether a check failed and the verdicts: to people, unless they want everything, the notable ones."""
        from asteroid_repro.reporting.result_tables import verdict_json, verdict_table

        if self.as_json:
            typer.echo(verdict_json(verification), nl=False)
            return
        table = verdict_table(verification)
        shown = table if everything or self.as_csv else table[table["verdict"] != "passed"]
        self(verification.label, {"verdicts": shown}, answer=verification.answer())
        for line in () if self.as_csv else verification.notes():
            typer.echo(paragraph(line, text_width()))


def say(text: str) -> None:
    """Print a paragraph with an empty line below it, its minus signs as they are typed; nothing for no text."""
    if text:
        typer.echo(f"{paragraph(text.replace(MINUS, '-'), text_width())}\n")


def say_table(name: str, records: Records) -> None:
    """Print rows under their name with an empty line below them, as wide as the terminal or the pipe has columns."""
    title = name.replace("_", " ").capitalize()
    typer.echo(f"{title}\n\n{text_table(records, text_width())}\n" if records else f"{title}: none\n")

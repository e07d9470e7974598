"""A table as a file of its own: CSV, a workbook, LaTeX, Word. No text in a spreadsheet is taken for a formula."""

from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Final

from asteroid_repro.errors import InputError
from asteroid_repro.reporting.document import add_table, new_word, saved
from asteroid_repro.reporting.files import write_file, write_table
from asteroid_repro.reporting.paper_tables import PaperTable


def write_tables(folder: Path, tables: Mapping[str, PaperTable]) -> list[Path]:
    """Write tables into a folder as CSV, xlsx, LaTeX and Word, as far as the packages for it are there.

    Parameters
    ----------
    folder : pathlib.Path
        Made where it does not exist.
    tables : mapping of str to PaperTable
        By the name of their files.

    Returns
    -------
    list of pathlib.Path
        What was written.

    Raises
    ------
    InputError
        A place that cannot be written to, or a missing package, which the message names.
    """
    written = []
    for name, table in tables.items():
        written.append(write_table(folder / f"{name}.csv", table.to_frame(), f"{table.label} {table.title}".strip()))
        written += [write_file(folder / f"{name}.{kind}", make(table)) for kind, make in _KINDS.items()]
    return written


def workbook(table: PaperTable) -> bytes:
    """Return a table as a workbook, every cell as text; needs openpyxl (the extra ``tables``).

    Raises
    ------
    InputError
        The package is missing.
    """
    try:
        from openpyxl import Workbook
    except ImportError:
        raise InputError(
            "an .xlsx file needs the package openpyxl, got none. Install asteroid-repro[tables]."
        ) from None
    book = Workbook()
    sheet = book.active
    rows = [
        [f"{table.title}. {table.label}".strip()],
        list(table.columns),
        *table.rows,
        *([note] for note in table.footnotes),
    ]
    for row, texts in enumerate(rows, start=1):
        for column, text in enumerate(texts, start=1):
            cell = sheet.cell(row, column)
            cell.value = str(text)
            cell.data_type = "s"  # text, also where it begins as a formula does
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def _word(table: PaperTable) -> bytes:
    page = new_word()
    add_table(page, table)
    return saved(page)


_KINDS: Final[Mapping[str, Callable[[PaperTable], bytes | str]]] = {
    "xlsx": workbook,
    "tex": PaperTable.latex,
    "docx": _word,
}

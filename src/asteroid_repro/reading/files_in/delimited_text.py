"""Delimited text: the encoding and the separator are found, and no character inside a cell is taken for a comment."""

import csv
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from pathlib import Path
from typing import Final

from asteroid_repro.errors import InputError

_SEPARATORS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_LARGEST_CELL: Final = 10_000_000


def read_delimited(path: Path) -> tuple[dict[int, list[str]], str, tuple[str, ...]]:
    r"""Read a file of delimited text.

    Lines at its top that begin with ``# `` say what the data are; nothing else is a comment.

    Parameters
    ----------
    path : pathlib.Path
        UTF-8, UTF-16 or Latin-1; cells between commas, semicolons, tabs or bars.

    Returns
    -------
    rows : dict of int to list of str
        The cells by number of the line, the names first; empty lines are left out.
    label : str
        What the file says of itself.
    notes : tuple of str
        How it was read, where that is not plain.

    Raises
    ------
    InputError
        A file that is no text, or rows of different length, with the first of them.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "table.csv"
    ...     _ = path.write_text("# SIMULATED\nid;pain\nS#1;30,5\n")
    ...     read_delimited(path)
    ({2: ['id', 'pain'], 3: ['S#1', '30,5']}, 'SIMULATED', ('Cells are separated by semicolon.',))
    """
    text, encoding = _text(path)
    lines, top = text.splitlines(keepends=True), 0
    while top < len(lines) and (lines[top].startswith("# ") or not lines[top].strip()):
        top += 1
    label = " ".join(line[2:].strip() for line in lines[:top] if line.strip())
    if top < len(lines) and lines[top].lower().startswith("sep="):  # a spreadsheet's own way to say it
        top += 1
    body = lines[top:]
    separator = _separator(body)
    rows = _cells(body, separator, top, path)
    notes = [f"Read as {encoding}."] if encoding != "UTF-8" else []
    notes += [f"Cells are separated by {_SEPARATORS[separator]}."] if separator != "," else []
    return rows, label, tuple(notes)


def _text(path: Path) -> tuple[str, str]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} must be a file that can be read, got: {error.strerror}. Check the path.") from None
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        encodings = [("utf-16", "UTF-16")]
    elif data[1:2] == b"\0" or data[:1] == b"\0":
        encodings = [("utf-16-be" if data[:1] == b"\0" else "utf-16-le", "UTF-16")]
    else:
        known = data.startswith(BOM_UTF8)
        encodings = [("utf-8-sig", "UTF-8"), *([] if known else [("cp1252", "Latin-1"), ("latin-1", "Latin-1")])]
    for codec, name in encodings:
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, name
    raise InputError(f"{path} must be text between separators, got bytes that are none. Save it as CSV in UTF-8.")


def _separator(lines: list[str]) -> str:
    """Return the separator that cuts the names into most cells and every line into as many."""

    def fitness(separator: str) -> tuple[bool, int]:
        widths = [len(row) for row in csv.reader(lines[:500], delimiter=separator) if row]
        head = widths[0] if widths else 1
        return head > 1 and widths.count(head) > len(widths) / 2, head

    csv.field_size_limit(_LARGEST_CELL)
    return max(_SEPARATORS, key=fitness)


def _cells(lines: list[str], separator: str, above: int, path: Path) -> dict[int, list[str]]:
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
    rows: dict[int, list[str]] = {}
    start, width = 1, 0
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                width = width or len(row)
                if len(row) != width:
                    wrong = f"row {above + start} of {path} must have the {width} cells of its column names"
                    raise InputError(f"{wrong}, got {len(row)}. Correct it, or put text with separators in quotes.")
                rows[above + start] = row
            start = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"row {above + start} of {path} must be cells between separators, got: {error}.") from None
    return rows

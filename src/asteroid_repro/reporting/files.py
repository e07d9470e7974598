"""Files that are whole or not there: written beside their place, then moved into it."""

import tempfile
from pathlib import Path

import pandas as pd

from asteroid_repro.errors import InputError
from asteroid_repro.reporting.records import rows, to_csv


def write_file(path: Path, content: bytes | str) -> Path:
    """Write a file in one step, making its folder; a reader never sees half of it.

    Raises
    ------
    InputError
        The place cannot be written to.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_file(folder / "new" / "note.txt", "SIMULATED").read_text()
    'SIMULATED'
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as beside:
            whole = Path(beside) / path.name
            whole.write_bytes(data)
            whole.replace(path)
    except (OSError, ValueError) as error:  # a ValueError of a name that no file can have
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"{path} must be a place to write to, got: {reason}. Choose another folder.") from None
    return path


def write_table(path: Path, table: pd.DataFrame, label: str) -> Path:
    """Write a table as CSV under one comment line that says what the data are.

    Numbers have 12 significant digits. Read it back with ``pandas.read_csv(path, comment="#")``.
    """
    return write_file(path, to_csv(label, rows(table), list(table.columns)))


def read_table(path: Path, *, text: bool = False) -> pd.DataFrame:
    """Read a CSV table, skipping comment lines; with ``text`` every cell stays as it is written.

    Raises
    ------
    InputError
        No such file, or not a table.
    """
    try:
        return pd.read_csv(path, comment="#", dtype=str if text else None)
    except OSError as error:
        raise InputError(f"{path} must be a file that can be read, got: {error.strerror}. Check the path.") from None
    except (ValueError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{path} must be a table of comma-separated values, got: {reason}. Correct it.") from None


def read_lines(path: Path) -> pd.DataFrame:
    """Read a CSV table of printed lines, every cell as it is written: no comments, no missing codes, no numbers.

    Raises
    ------
    InputError
        No such file, or not a table.
    """
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False, skip_blank_lines=False, encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} must be a file that can be read, got: {error.strerror}. Check the path.") from None
    except (ValueError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{path} must be a table of comma-separated values, got: {reason}. Correct it.") from None

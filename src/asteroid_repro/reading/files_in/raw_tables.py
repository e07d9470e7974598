"""Files as they are: every kind that trials are kept in becomes a table of cells, nothing of it interpreted yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from asteroid_repro.errors import InputError
from asteroid_repro.reading.files_in.delimited_text import read_delimited

_SHEETS: Final = {".xlsx", ".xlsm", ".xls", ".ods"}
_PACKAGES: Final = {".sav": "read_sav", ".zsav": "read_sav", ".por": "read_por", ".dta": "read_dta",
                    ".sas7bdat": "read_sas7bdat", ".xpt": "read_xport"}  # fmt: skip


@dataclass(frozen=True)
class RawTable:
    """A table of cells as somebody keeps it.

    Attributes
    ----------
    cells : pandas.DataFrame
        As written; its index is the number of the row in the file, or of a frame, from 0.
    name : str
        Where it is from, for messages.
    label : str
        What the file itself says the data are, in a line above its table; empty where it says nothing.
    value_labels : mapping of str to mapping
        Texts that stand for the codes of a column, where the file holds them.
    notes : tuple of str
        What there is to say about the reading.
    """

    cells: pd.DataFrame
    name: str
    label: str = ""
    value_labels: Mapping[str, Mapping[Any, str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def raw_table(source: Path | pd.DataFrame, sheet: str | None = None, name: str = "table") -> RawTable:
    """Read a file, or take a data frame, as cells.

    Parameters
    ----------
    source : pathlib.Path or pandas.DataFrame
        CSV with any separator and encoding, xlsx, ods, SPSS, Stata or SAS; or a frame.
    sheet : str, optional
        Sheet of a workbook; needed where it has several with something in them.
    name : str
        What a frame is called in messages.

    Raises
    ------
    InputError
        A file that cannot be read, a missing package, two columns of one name, or no rows.

    Examples
    --------
    >>> raw_table(pd.DataFrame({"id": [1], "pain": [30]})).cells.index.tolist()
    [0]
    """
    table = RawTable(_without_levels(source), name) if isinstance(source, pd.DataFrame) else _read(source, sheet)
    names = [" ".join(str(each).split()).casefold() for each in table.cells.columns]
    twice = [str(each) for each, key in zip(table.cells.columns, names, strict=True) if names.count(key) > 1]
    if twice:
        raise InputError(f"{table.name} must name each column once, got {' and '.join(map(repr, twice))}. Rename one.")
    if table.cells.empty:
        raise InputError(f"{table.name} must have rows under its column names, got none. Check the file.")
    return replace(table, cells=table.cells.set_axis([str(each).strip() for each in table.cells.columns], axis=1))


def sheets(path: Path) -> list[str]:
    """List the sheets of a workbook that hold something; none for another kind of file."""
    if path.suffix.lower() not in _SHEETS:
        return []
    return [name for name, cells in _workbook(path).items() if not cells.empty]


def _without_levels(frame: pd.DataFrame) -> pd.DataFrame:
    if isinstance(frame.columns, pd.MultiIndex):
        raise InputError("table must have one row of column names, got several. Join them, as pain_12w.")
    named = [name for name in frame.index.names if name is not None]
    return (frame.reset_index(named) if named else frame).reset_index(drop=True)


def _read(path: Path, sheet: str | None) -> RawTable:
    suffix = path.suffix.lower()
    if not path.is_file():
        raise InputError(f"{path} must be a file that can be read, got none. Check the path.")
    if suffix in _SHEETS:
        return _read_sheet(path, sheet)
    if sheet is not None:
        raise InputError(f"sheet must be left out for {path.name}, got {sheet!r}. It has no sheets.")
    if suffix in _PACKAGES:
        return _read_package(path, _PACKAGES[suffix])
    rows, label, notes = read_delimited(path)
    return RawTable(_frame(rows, path.name), path.name, label, notes=notes)


def _frame(rows: Mapping[int, list[Any]], name: str) -> pd.DataFrame:
    """Return rows by their numbers as a frame, the first being the names; empty rows and columns are left out."""
    numbers = iter(rows)
    first = next(numbers, None)
    if first is None:
        return pd.DataFrame()
    head, body = rows[first], {number: rows[number] for number in numbers}
    frame = pd.DataFrame.from_dict(body, orient="index", columns=range(len(head)), dtype=object)
    is_filled = [str(each or "").strip() != "" for each in head]
    for place in (place for place, filled in enumerate(is_filled) if not filled):
        cells = frame[place].tolist()
        if any(cell not in (None, "") for cell in cells) and not _is_count(cells):
            raise InputError(f"{name} must name every column, got none above column {place + 1}. Add a name.")
    return frame.loc[:, is_filled].set_axis(
        [each for each, filled in zip(head, is_filled, strict=True) if filled], axis=1
    )


def _is_count(cells: list[Any]) -> bool:
    """Whether cells count the rows from 0 or 1, as the index that pandas and R write without a name."""
    texts = [str(cell).removesuffix(".0") for cell in cells]
    return any(texts == [str(start + row) for row in range(len(texts))] for start in (0, 1))


def _workbook(path: Path) -> dict[str, pd.DataFrame]:
    try:
        found: dict[str, pd.DataFrame] = pd.read_excel(
            path, sheet_name=None, header=None, dtype=object, engine="calamine", na_filter=False
        )
    except ImportError:
        raise _missing(path, "python-calamine") from None
    except Exception as error:  # noqa: BLE001 - the reader has errors of its own, none of them documented
        raise InputError(f"{path} must be a workbook that can be read, got: {_line(error)}. Save it again.") from None
    return found


def _read_sheet(path: Path, sheet: str | None) -> RawTable:
    filled = {name: cells for name, cells in _workbook(path).items() if not cells.empty}
    if sheet is None and len(filled) > 1:
        raise InputError(f"sheet must be given for {path}, which has {', '.join(filled)}, got none. Choose one.")
    if not filled or (sheet is not None and sheet not in filled):
        raise InputError(
            f"sheet must be one of {path}: {', '.join(filled) or 'it has none'}, got {sheet!r}. Choose one."
        )
    cells = filled[sheet] if sheet else next(iter(filled.values()))
    lines = {row + 1: list(each) for row, each in enumerate(cells.itertuples(index=False))}
    lines = {row: cells for row, cells in lines.items() if any(cell not in (None, "") for cell in cells)}
    label = ""
    for row in _titles(lines):
        label = label or str(next(cell for cell in lines.pop(row) if cell not in (None, "")))
    return RawTable(_frame(lines, path.name), path.name, label.removeprefix("#").strip())


def _titles(lines: Mapping[int, list[Any]]) -> list[int]:
    """Return the rows above the names: those with one filled cell, where a later row has more."""
    found: list[int] = []
    for row, cells in lines.items():
        if sum(cell not in (None, "") for cell in cells) != 1 or len(cells) == 1:
            return found
        found.append(row)
    return []


def _read_package(path: Path, reader: str) -> RawTable:
    """Read a file of SPSS, Stata or SAS; the codes that it declares missing are made so, and counted."""
    try:
        import pyreadstat
    except ImportError:
        raise _missing(path, "pyreadstat") from None
    own = {"user_missing": True} if reader == "read_sav" else {}
    try:
        frame, meta = getattr(pyreadstat, reader)(str(path), **own)
    except Exception as error:  # noqa: BLE001 - the reader has errors of its own, none of them documented
        raise InputError(f"{path} must be a file of its kind, got: {_line(error)}. Save it again.") from None
    frame, notes = frame.set_axis(range(1, len(frame) + 1), axis=0), []
    for column, ranges in (getattr(meta, "missing_ranges", None) or {}).items():
        is_code = frame[column].map(lambda cell, ranges=ranges: _within(cell, ranges))
        if is_code.any():
            frame[column] = frame[column].astype(object).mask(is_code)
            notes.append(f"{column}: {int(is_code.sum())} values that the file declares missing.")
    return RawTable(frame, path.name, value_labels=meta.variable_value_labels or {}, notes=tuple(notes))


def _within(cell: Any, ranges: list[dict[str, Any]]) -> bool:
    try:
        return any(one["lo"] <= cell <= one["hi"] for one in ranges)
    except TypeError:  # text against a number, or a missing cell
        return False


def _missing(path: Path, package: str) -> InputError:
    return InputError(f"{path} needs the package {package}, got none. Install asteroid-repro[tables].")


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")

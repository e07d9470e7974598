"""The finished pieces of a sweep, one Parquet file each, whole or not there."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from asteroid_repro.errors import InputError
from asteroid_repro.evaluate.performance import OperatingCharacteristics
from asteroid_repro.sweeps.sweep_manifest import sha256, store

_KEY: Final = b"sweep_sha256"
_PIECE: Final = b"piece_sha256"
_TEMPORARY: Final = re.compile(r"\.(piece-\d{5,}\.parquet|manifest\.json)\.[0-9a-f]{16}\.tmp")
MEASURED: Final = {
    "method": "string",
    "outcome": "string",
    "week": "",  # as the visits are
    "measure": "string",
    "value": "float64",
    "mcse": "float64",
    "low": "float64",
    "high": "float64",
    "worth": "float64",
    "trials": "int64",
}
"""Columns of what was measured, and their types."""


def pyarrow_modules() -> tuple[Any, Any]:
    """Return pyarrow and its reader and writer of Parquet.

    Raises
    ------
    InputError
        pyarrow is not installed.

    Examples
    --------
    >>> [module.__name__ for module in pyarrow_modules()]
    ['pyarrow', 'pyarrow.parquet']
    """
    try:
        import pyarrow as pa  # type: ignore[import-untyped]
        import pyarrow.parquet as pq  # type: ignore[import-untyped]
    except ImportError:
        raise InputError("sweep needs pyarrow, got no such package. Install asteroid-repro[cluster].") from None
    return pa, pq


def piece_name(number: int) -> str:
    """Return the file name of a piece.

    Examples
    --------
    >>> piece_name(12)
    'piece-00012.parquet'
    """
    return f"piece-{number:05d}.parquet"


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files of killed runs; files of others stay."""
    for path in folder.iterdir():
        if _TEMPORARY.fullmatch(path.name):
            with suppress(OSError):  # what cannot be removed is in nobody's way
                path.unlink(missing_ok=True)


def write_piece(
    folder: Path, manifest: Mapping[str, Any], number: int, point: Mapping[str, Any], found: OperatingCharacteristics
) -> None:
    """Write one piece in one step.

    Raises
    ------
    InputError
        The folder cannot be written to.
    """
    pa, pq = pyarrow_modules()
    cells = {name: _cell(value, _kind(manifest["grid"][name])) for name, value in point.items()}
    same = cells | {"method": found.analysis.method, "trials": found.trials}
    columns = {name: [value] * len(found.rows) for name, value in same.items()}
    columns |= {name: [getattr(row, name) for row in found.rows] for name in MEASURED if name not in same}
    table = pa.table(columns, schema=_schema(manifest))
    own = table.replace_schema_metadata(table.schema.metadata | {_PIECE: _piece_sha256(manifest, number, table)})
    sink = pa.BufferOutputStream()
    pq.write_table(own, sink, write_page_checksum=True)
    store(folder / piece_name(number), bytes(sink.getvalue()))


def stored_pieces(folder: Path, manifest: Mapping[str, Any]) -> Iterator[tuple[int, Any]]:
    """Yield number and table of each piece of a sweep in its folder, None for the table of one that is damaged.

    Raises
    ------
    InputError
        A file with the name of a piece that belongs to another sweep, or cannot be opened.

    Examples
    --------
    >>> list(stored_pieces(Path("no such folder"), {"pieces": 2}))
    []
    """
    for number in range(manifest["pieces"]):
        if (folder / piece_name(number)).exists():
            yield number, read_piece(folder, manifest, number)


def read_piece(folder: Path, manifest: Mapping[str, Any], number: int) -> Any:
    """Read one piece, checking every page of it.

    Returns
    -------
    pyarrow.Table or None
        Its columns in alphabetical order; None if it is cut short, damaged, another number's or edited.

    Raises
    ------
    InputError
        No file that can be opened, or one that belongs to another sweep.
    """
    pa, pq = pyarrow_modules()
    path = folder / piece_name(number)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} must be readable, got: {error.strerror}. Move it away and run again.") from None
    wanted = _schema(manifest)
    try:
        table = pq.read_table(pa.BufferReader(data), page_checksum_verification=True, use_threads=False)
        same = table.schema.equals(wanted, check_metadata=False)
    except (pa.ArrowException, OSError, ValueError):
        return None
    if (table.schema.metadata or {}).get(_KEY) != wanted.metadata[_KEY]:
        raise InputError(f"{path} must be a piece of this sweep, got one of another. Move it away and run again.")
    whole = same and table.schema.metadata.get(_PIECE) == _piece_sha256(manifest, number, table)
    return table.replace_schema_metadata(wanted.metadata) if whole else None


def _piece_sha256(manifest: Mapping[str, Any], number: int, table: Any) -> bytes:
    """Return the SHA-256 of a sweep, a number and the rows there: one moved, emptied or edited has another."""
    return sha256([sha256(manifest), number, table.to_pydict()]).encode()


def _schema(manifest: Mapping[str, Any]) -> Any:
    """Return the columns in alphabetical order, with what every file must say on its face."""
    pa, _ = pyarrow_modules()
    kinds = {name: _kind(values) for name, values in manifest["grid"].items()} | MEASURED
    visits = [manifest["assumptions"]["visits"], *manifest["grid"].get("visits", [])]
    kinds["week"] = _kind([week for weeks in visits for week in weeks])
    return pa.schema(
        [(name, pa.type_for_alias(kinds[name])) for name in sorted(kinds)],
        metadata={_KEY: sha256(manifest), b"label": manifest["label"]},
    )


def _kind(values: Sequence[Any]) -> str:
    """Choose one type for a field's column, so that every piece of a sweep has the same columns."""
    if all(type(value) is int for value in values):
        return "int64"
    return "float64" if all(type(value) in (int, float) for value in values) else "string"


def _cell(value: Any, kind: str) -> Any:
    return json.dumps(value) if kind == "string" and not isinstance(value, str) else value

"""The finished pieces of a sweep, one Parquet file each, whole or not there."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from asteroid_repro.errors import InputError
from asteroid_repro.evaluate.performance import OperatingCharacteristics
from asteroid_repro.sweeps.sweep_manifest import not_writable, sha256, write_temporary

_KEY: Final = b"sweep_sha256"
_TEMPORARY: Final = re.compile(r"\.(piece-\d{5,}\.parquet|manifest\.json)\.[0-9a-f]{16}\.tmp")
_MEASURED: Final = {
    "method": "string",
    "outcome": "string",
    "week": "",  # as the visits are
    "measure": "string",
    "value": "float64",
    "mcse": "float64",
    "low": "float64",
    "high": "float64",
    "trials": "int64",
}


def check_pyarrow() -> None:
    """Refuse to start what could not be stored.

    Raises
    ------
    InputError
        pyarrow, which reads and writes Parquet, is not installed.

    Examples
    --------
    >>> check_pyarrow()
    """
    try:
        import pyarrow.parquet  # type: ignore[import-untyped]  # noqa: F401 - tried for the error alone
    except ImportError:
        raise InputError("sweep needs pyarrow, got no such package. Install asteroid-repro[cluster].") from None


def piece_name(number: int) -> str:
    """Return the file name of a piece.

    Examples
    --------
    >>> piece_name(12)
    'piece-00012.parquet'
    """
    return f"piece-{number:05d}.parquet"


def column_order(manifest: Mapping[str, Any]) -> list[str]:
    """Return the columns of the table of a sweep: the fields of the grid, then what was measured.

    Examples
    --------
    >>> column_order({"fields": ["people_per_arm"]})[:4]
    ['people_per_arm', 'method', 'outcome', 'week']
    """
    return [*manifest["fields"], *_MEASURED]


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files of killed runs; files of others stay."""
    for path in folder.iterdir():
        if _TEMPORARY.fullmatch(path.name):
            path.unlink(missing_ok=True)


def write_piece(folder: Path, manifest: Mapping[str, Any], number: int, found: OperatingCharacteristics) -> None:
    """Write one piece in one step.

    Raises
    ------
    InputError
        The folder cannot be written to.
    """
    path, data = folder / piece_name(number), _parquet(manifest, number, found)
    try:
        written = False
        while not written:
            temporary = write_temporary(path, data)
            try:
                temporary.replace(path)
                written = True
            except FileNotFoundError:  # another run in this folder took it for a leftover: once more
                pass
            finally:
                temporary.unlink(missing_ok=True)
    except OSError as error:
        raise not_writable(folder, error) from None


def find_pieces(folder: Path, manifest: Mapping[str, Any]) -> dict[int, bool]:
    """Find the pieces of a sweep in its folder; files of other names are left alone.

    Returns
    -------
    dict of int to bool
        For the number of each piece that is there, whether it is whole: readable, neither cut short nor damaged.

    Raises
    ------
    InputError
        A file with the name of a piece that belongs to another sweep.

    Examples
    --------
    >>> find_pieces(Path("no such folder"), {"pieces": 2})
    {}
    """
    there = [number for number in range(manifest["pieces"]) if (folder / piece_name(number)).exists()]
    return {number: read_piece(folder, manifest, number) is not None for number in there}


def read_piece(folder: Path, manifest: Mapping[str, Any], number: int) -> Any:
    """Read one piece, checking every page of it.

    Returns
    -------
    pyarrow.Table or None
        Its columns in alphabetical order; None if it is cut short or damaged.

    Raises
    ------
    InputError
        No file that can be opened, or one that belongs to another sweep.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / piece_name(number)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} must be readable, got: {error.strerror}. Move it away and run again.") from None
    wanted = _schema(manifest)
    try:
        table = pq.read_table(pa.BufferReader(data), page_checksum_verification=True, use_threads=False)
        same = table.schema.equals(wanted, check_metadata=True)
    except (pa.ArrowException, OSError, ValueError):
        return None
    if (table.schema.metadata or {}).get(_KEY) != wanted.metadata[_KEY]:
        raise InputError(f"{path} must be a piece of this sweep, got one of another. Move it away and run again.")
    return table if same else None


def _parquet(manifest: Mapping[str, Any], number: int, found: OperatingCharacteristics) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    index, method = divmod(number, len(manifest["methods"]))
    same = _point(manifest, index) | {"method": manifest["methods"][method], "trials": found.trials}
    columns = {name: [value] * len(found.rows) for name, value in same.items()}
    columns |= {name: [getattr(row, name) for row in found.rows] for name in _MEASURED if name not in same}
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns, schema=_schema(manifest)), sink, write_page_checksum=True)
    return bytes(sink.getvalue())


def _schema(manifest: Mapping[str, Any]) -> Any:
    """Return the columns in alphabetical order, with what every file must say on its face."""
    import pyarrow as pa

    kinds = {name: _kind(values) for name, values in manifest["grid"].items()} | _MEASURED
    visits = [manifest["assumptions"]["visits"], *manifest["grid"].get("visits", [])]
    kinds["week"] = _kind([week for weeks in visits for week in weeks])
    return pa.schema(
        [(name, pa.type_for_alias(kinds[name])) for name in sorted(kinds)],
        metadata={_KEY: sha256(manifest), b"label": manifest["label"]},
    )


def _point(manifest: Mapping[str, Any], index: int) -> dict[str, Any]:
    """Return the cells of a point of the grid; the last field changes fastest."""
    point = {}
    for name in reversed(manifest["fields"]):
        values = manifest["grid"][name]
        index, place = divmod(index, len(values))
        point[name] = _cell(values[place], _kind(values))
    return point


def _kind(values: Sequence[Any]) -> str:
    """Choose one type for a field's column, so that every piece of a sweep has the same columns."""
    if all(type(value) is int for value in values):
        return "int64"
    return "float64" if all(type(value) in (int, float) for value in values) else "string"


def _cell(value: Any, kind: str) -> Any:
    return json.dumps(value) if kind == "string" and not isinstance(value, str) else value

"""TOML files, read; whatever is wrong with one is a line that begins with its path."""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from asteroid_repro.errors import InputError, Record, validated

_LARGEST: Final = 2_000_000  # bytes; the longest study has a hundredth of it


@contextmanager
def in_file(path: Path) -> Iterator[None]:
    """Put the path of a file before what is found wrong while it is read.

    Examples
    --------
    >>> with in_file(Path("study.toml")):
    ...     raise InputError("visits must be given, got none. Add them.")
    Traceback (most recent call last):
    asteroid_repro.errors.InputError: study.toml: visits must be given, got none. Add them.
    """
    try:
        yield
    except InputError as error:
        message = str(error)
        raise InputError(message if message.startswith(str(path)) else f"{path}: {message}") from None


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises
    ------
    InputError
        No such file, or not TOML.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:  # a ValueError of a name that no file can have
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"{path}: must be a readable file, got: {reason}. Check the path.") from None
    if len(content) > _LARGEST:
        raise InputError(f"{path}: must be a file of at most {_LARGEST:,} bytes, got a larger one. Check the path.")
    try:
        return tomllib.loads(content.decode())
    except RecursionError:
        raise InputError(f"{path}: must be TOML, got tables or lists too deep to read. Make it flatter.") from None
    except ValueError as error:  # not TOML, not UTF-8, or a number of thousands of digits
        raise InputError(f"{path}: must be TOML, got: {error}. Correct that line.") from None


def read_record(model: type[Record], path: Path) -> Record:
    """Read a record from a TOML file.

    Raises
    ------
    InputError
        No such file, not TOML, or an impossible record.
    """
    with in_file(path):
        return validated(model, read_toml(path))

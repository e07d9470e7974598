"""TOML files, read; whatever is wrong with one is a line that begins with its path."""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from asteroid_repro.errors import InputError, Record, validated


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
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: must be a readable file, got: {error.strerror}. Check the path.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
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

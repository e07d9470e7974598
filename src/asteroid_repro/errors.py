"""The errors a user can meet. Each message is one line: field, requirement, value, and what to do."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from math import inf
from numbers import Integral
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

Record = TypeVar("Record", bound=BaseModel)

_LONGEST: Final = 100  # characters of a value that is shown
_HEAD, _TAIL = 3000, 300  # characters kept of a message that quotes something endless
_PLAIN: Final = {r"a valid tuple": "a list", r"a valid dictionary.*": "a table", r"a valid string": "text"}


class InputError(ValueError):
    r"""Something the user gave cannot be used; the message says what must change.

    Every function of the package that checks its input raises this error, and the command line turns it into
    one line and exit status 2. Whatever the message quotes, it stays one line of printable text, and a readable one.

    Examples
    --------
    >>> print(InputError("name must be one line, got a\nb. Correct it."))
    name must be one line, got a\nb. Correct it.
    """

    def __init__(self, message: str) -> None:
        line = "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in message)
        cut = f"{line[:_HEAD]} ... {line[-_TAIL:]}"
        super().__init__(line if len(line) <= len(cut) else cut)


class NotYetError(InputError, NotImplementedError):
    """The input is sensible but the package does not handle it yet; the message says what it would take."""


def shown(value: Any) -> str:
    """Return a value as one short line, whatever it is.

    Examples
    --------
    >>> shown("x"), shown(10**5000)
    ("'x'", 'a whole number of thousands of digits')
    """
    try:
        line = " ".join(repr(value).split())
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        return "a whole number of thousands of digits"
    except Exception:  # noqa: BLE001 - an object that cannot say what it is
        return f"a {type(value).__name__} that cannot be shown"
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint with the nearest known name, to end an error message with.

    Examples
    --------
    >>> did_you_mean("no_efect", ["asteroid", "no_effect"])
    " Did you mean 'no_effect'?"
    """
    names = sorted(known)
    near = get_close_matches(word, names, n=1)
    if near:
        return f" Did you mean {near[0]!r}?"
    return f" Known: {', '.join(names)}." if 0 < len(names) <= 20 else " None has a name like it."


def validated(model: type[Record], data: Any, where: str = "") -> Record:
    """Build a record, turning what is wrong with it into one line.

    Raises
    ------
    InputError
        Field, requirement and value of the first problem.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise InputError(first_problem(error, where, data)) from None


def first_problem(error: ValidationError, where: str = "", data: Any = None) -> str:
    """Put the first thing wrong with a record into one line: field, requirement, value, what to do.

    ``where`` is the place of the record, put before the field's name; with the ``data`` that it was made of, a table
    among others is called by its name.
    """
    problem = error.errors(include_url=False)[0]
    field = ".".join([*filter(None, [where]), *_steps(problem["loc"], data)])
    got = shown(problem["input"])
    if problem["type"] == "missing":
        return f"{field} must be given, got none. Add it."
    if problem["type"] == "extra_forbidden":
        return f"{field} must be a known field, got {got}. Remove or rename it."
    requirement = re.sub(r"^\w+ should", "must", problem["msg"].removeprefix("Value error, "))
    if requirement.endswith("."):  # a rule between fields: its message says everything
        return requirement
    for words, plain in _PLAIN.items():
        requirement = re.sub(words, plain, requirement)
    return f"{field} {requirement}, got {got}. Correct it."


def _steps(place: Iterable[int | str], data: Any) -> Iterator[str]:
    """Yield the names on the way to a place, also where tables under their names were made a list."""
    for step in place:
        named = list(data)[step] if isinstance(step, int) and isinstance(data, Mapping) else step
        data = data.get(named) if isinstance(data, Mapping) else None
        yield str(named)


def check_choice(field: str, value: str, known: Collection[str]) -> None:
    """Refuse a word that is none of those there are.

    Raises
    ------
    InputError
        With the words and the nearest of them.

    Examples
    --------
    >>> check_choice("rule", "mar", ["mar", "jump_to_reference"])
    """
    if value not in known:
        raise InputError(f"{field} must be one of {', '.join(known)}, got {shown(value)}.{did_you_mean(value, known)}")


def check_whole(field: str, value: Any, least: int, advice: str, most: int | None = None) -> int:
    """Return a whole number, and refuse what is none, too small, or more than work and memory allow.

    Raises
    ------
    InputError
        With the advice at its end.

    Examples
    --------
    >>> check_whole("trials", 1000, 2, "Try 10000.")
    1000
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise InputError(f"{field} must be a whole number of {least} or more, got {shown(value)}. {advice}")
    number = int(value)
    if most is not None and number > most:
        raise InputError(f"{field} must be at most {most:,}: work and memory are bounded, got {shown(value)}. {advice}")
    return number


def check_positive(field: str, value: float, advice: str) -> None:
    """Refuse a number that is not positive and finite.

    Raises
    ------
    InputError
        With the advice at its end.

    Examples
    --------
    >>> check_positive("se", 5.1, "Give the estimate's standard error.")
    """
    if not 0 < value < inf:
        raise InputError(f"{field} must be positive and finite, got {shown(value)}. {advice}")

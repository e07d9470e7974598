"""The errors a user can meet. Each message is one line: field, requirement, value, and what to do."""

from collections.abc import Iterable
from difflib import get_close_matches

from pydantic import ValidationError


class InputError(ValueError):
    """Something the user gave cannot be used; the message says what must change.

    Every function of the package that checks its input raises this error, and the command line turns it into
    one line and exit status 2.
    """


class NotYetError(InputError, NotImplementedError):
    """The input is sensible but the package does not handle it yet; the message says what it would take."""


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
    return f" Known: {', '.join(names)}." if len(names) <= 20 else " None has a name like it."


def first_problem(error: ValidationError, where: str = "") -> str:
    """Put the first thing wrong with a record into one line: field, requirement, value, what to do.

    ``where`` is the place of the record, put before the field's name.
    """
    problem = error.errors(include_url=False)[0]
    field = ".".join(str(step) for step in (*filter(None, [where]), *problem["loc"]))
    if problem["type"] == "missing":
        return f"{field} must be given, got none. Add it."
    if problem["type"] == "extra_forbidden":
        return f"{field} must be a known field, got {problem['input']!r}. Remove or rename it."
    requirement = problem["msg"].removeprefix("Value error, ").replace("Input should", "must", 1)
    if not problem["loc"] or requirement.endswith("."):  # a rule between fields: its message says everything
        return requirement
    return f"{field} {requirement}, got {problem['input']!r}. Correct it."

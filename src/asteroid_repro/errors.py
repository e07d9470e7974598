"""The errors a user can meet. Each message is one line: field, requirement, value, and what to do."""

from collections.abc import Iterable
from difflib import get_close_matches


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
    return f" Did you mean {near[0]!r}?" if near else f" Known: {', '.join(names)}."

"""The errors a user can meet. Each message is one line: field, requirement, value, and what to do."""


class InputError(ValueError):
    """Something the user gave cannot be used; the message says what must change.

    Every function of the package that checks its input raises this error, and the command line turns it into
    one line and exit status 2.
    """


class NotYetError(InputError, NotImplementedError):
    """The input is sensible but the package does not handle it yet; the message says what it would take."""

"""Grids of changes: every combination of some values, and which one is meant where something is wrong."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import product
from typing import Any

import numpy as np

from asteroid_repro.errors import InputError
from asteroid_repro.trial.assumptions import TrialAssumptions

Point = tuple[Mapping[str, Any], TrialAssumptions]
"""A combination, and the assumptions there."""


def grid(assumptions: TrialAssumptions, over: Mapping[str, Iterable[Any]]) -> list[Point]:
    """Return every combination of the values of some names of a change; the last name changes fastest.

    Parameters
    ----------
    assumptions : TrialAssumptions
        What stays the same.
    over : mapping of str to values
        For each name the values to try; names as in :meth:`asteroid_repro.TrialAssumptions.with_values`.

    Returns
    -------
    list of (dict, TrialAssumptions)
        The values of a combination by name, and the assumptions there.

    Raises
    ------
    InputError
        No name, a name that changes no figure, or one without values, with a single value not in a list, or with one
        twice; a combination that cannot be: the message begins with it.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> [(point, record.n_people) for point, record in grid(ASTEROID, {"people_per_arm": [10, 20]})]
    [({'people_per_arm': 10}, 20), ({'people_per_arm': 20}, 40)]
    """
    if not over:
        raise InputError("over must name a field and its values, got none. Try {'people_per_arm': [10, 20, 40]}.")
    for name in ("name", "description"):
        if name in over:
            raise InputError(f"over must name assumptions, got {name}. It changes no figure: leave it out.")
    found = list[Point]()
    for values in product(*(_values(name, given) for name, given in over.items())):
        point = dict(zip(over, values, strict=True))
        with naming(point):
            found.append((point, assumptions.with_values(**point)))
    return found


@contextmanager
def naming(point: Mapping[str, Any]) -> Iterator[None]:
    """Put the combination before what is wrong with it.

    Examples
    --------
    >>> with naming({"people_per_arm": 10, "adherence_mean": 0.5}):
    ...     raise InputError("sd must be lower.")
    Traceback (most recent call last):
    asteroid_repro.errors.InputError: people_per_arm=10, adherence_mean=0.5: sd must be lower.
    """
    try:
        yield
    except InputError as error:
        combination = ", ".join(f"{name}={value}" for name, value in point.items())
        raise InputError(f"{combination}: {error}") from None


def _values(name: str, given: Iterable[Any]) -> Sequence[Any]:
    if isinstance(given, str | Mapping) or not isinstance(given, Iterable):
        raise InputError(f"{name} must have a list of values, got {given!r}. Put it in brackets.")
    values = [value.tolist() if isinstance(value, np.generic | np.ndarray) else value for value in given]
    if not values:
        raise InputError(f"{name} must have at least one value, got an empty list. Give the values to try.")
    twice = [value for index, value in enumerate(values) if value in values[:index]]
    if twice:
        raise InputError(f"{name} must have each value once, got {twice[0]!r} twice. Leave one out.")
    return values

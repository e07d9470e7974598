"""Grids of changes: every combination of some values, and which one is meant where something is wrong."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import product
from typing import Any

import numpy as np

from asteroid_repro.errors import InputError
from asteroid_repro.trial.assumptions import TrialAssumptions


def grid(over: Mapping[str, Iterable[Any]]) -> list[dict[str, Any]]:
    """Return every combination of the values of some names of a change; the last name changes fastest.

    Parameters
    ----------
    over : mapping of str to values
        For each name the values to try; names as in :meth:`asteroid_repro.TrialAssumptions.with_values`.

    Returns
    -------
    list of dict
        One a combination.

    Raises
    ------
    InputError
        No name, a name that changes no figure, or one without values, with a single value not in a list, or with one
        twice.

    Examples
    --------
    >>> grid({"people_per_arm": [10, 20], "average_pain.effect": [-5]})
    [{'people_per_arm': 10, 'average_pain.effect': -5}, {'people_per_arm': 20, 'average_pain.effect': -5}]
    """
    if not over:
        raise InputError("over must name a field and its values, got none. Try {'people_per_arm': [10, 20, 40]}.")
    for name in ("name", "description"):
        if name in over:
            raise InputError(f"over must name assumptions, got {name}. It changes no figure: leave it out.")
    values = [_values(name, given) for name, given in over.items()]
    return [dict(zip(over, point, strict=True)) for point in product(*values)]


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


def records(assumptions: TrialAssumptions, points: Sequence[Mapping[str, Any]]) -> list[TrialAssumptions]:
    """Return the assumptions at each combination.

    Raises
    ------
    InputError
        A combination that cannot be; the message begins with it.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> [record.n_people for record in records(ASTEROID, grid({"people_per_arm": [10, 20]}))]
    [20, 40]
    """
    found = []
    for point in points:
        with naming(point):
            found.append(assumptions.with_values(**point))
    return found


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

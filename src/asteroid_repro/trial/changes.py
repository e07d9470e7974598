"""The one dialect of changes: names and values, for Python, TOML files, the command line, sweeps and the page."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import numpy as np

from asteroid_repro.errors import InputError, did_you_mean, validated
from asteroid_repro.trial.design import Design

PEOPLE: Final = "people_per_arm"
"""In a change: the same number of people in both arms."""
EVERY_OUTCOME: Final = "every_outcome"
"""In a change: every outcome. Of a measure: all outcomes of a trial together."""


def resolved(design: Design, old: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a change under the names of the values, one value a name.

    Parameters
    ----------
    design : Design
        Visits and outcomes.
    old : mapping of str to value
        The values so far.
    changes : mapping of str to value
        As in :meth:`asteroid_repro.TrialAssumptions.with_values`.

    Raises
    ------
    InputError
        An unknown name, with the nearest one; a value given twice, or none.
    """
    found: dict[str, Any] = {}
    if "visits" in changes:
        design = validated(Design, design.model_dump() | {"visits": _plain(changes["visits"])})
    for name, value in dotted(changes, lambda name, _: name == "programme"):
        for field, each in expanded(design, old, name, value):
            if field not in old:
                near = did_you_mean(field, (PEOPLE, *old))
                raise InputError(f"field must be a name of the assumptions, got {field!r}.{near}")
            if field in found:
                raise InputError(f"{field} must be given once, got it twice in {', '.join(changes)}. Leave one out.")
            if each is None:
                raise InputError(f"{field} must have a value, got none. Give one, or leave it out.")
            found[field] = each
    return found


def expanded(design: Design, old: Mapping[str, Any], name: str, value: Any) -> list[tuple[str, Any]]:
    """Return the fields that a name stands for, each with its value at every visit.

    Parameters
    ----------
    design : Design
        Visits and outcomes.
    old : mapping of str to value
        The values so far: an effect that is one number keeps their ratios.
    name, value
        One entry.

    Raises
    ------
    InputError
        A whole outcome, or an effect that has no ratio to keep.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> expanded(ASTEROID.design, {}, "people_per_arm", 30)
    [('n_treatment', 30), ('n_reference', 30)]
    """
    outcome, _, part = name.partition(".")
    if name == PEOPLE:
        return [("n_treatment", value), ("n_reference", value)]
    if outcome not in (EVERY_OUTCOME, *design.outcome_names):
        return [(name, _at_every_visit(design, name, value))]
    if not part:
        raise InputError(f"{name} must be a part of an outcome, got all of it. Name it, for instance {name}.effect.")
    outcomes = design.outcome_names if outcome == EVERY_OUTCOME else (outcome,)
    return [(f"{each}.{part}", _part_at_every_visit(design, old, f"{each}.{part}", value)) for each in outcomes]


def scaled_effect(old: tuple[float, ...], value: float, visit: int, name: str) -> tuple[float, ...]:
    r"""Return effects that are ``value`` at a later visit and keep their ratios: :math:`x\, e_v / e_V`.

    Raises
    ------
    InputError
        No effect at that visit, so no ratio to keep.

    Examples
    --------
    >>> scaled_effect((-5.0, -10.0), -8, -1, "pain")
    (-4.0, -8.0)
    """
    if value == 0 or len(old) == 1:
        return (float(value),) * len(old)
    if old[visit] == 0:
        raise InputError(
            f"{name}.effect must be a list where the effect so far is 0, got {value:g}: there is no ratio to keep "
            "between the visits. Give one value a visit."
        )
    return tuple(value * effect / old[visit] for effect in old)


def read_value(text: str) -> Any:
    """Read a value from a command line or an address: numbers and lists as JSON has them, anything else as text.

    Examples
    --------
    >>> read_value("-8"), read_value("[-4, -8]"), read_value("mar")
    (-8, [-4, -8], 'mar')
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # words have no quotes there; a number of thousands of digits is none
        return text


def dotted(
    tables: Mapping[str, Any], is_value: Callable[[str, Mapping[str, Any]], bool], prefix: str = ""
) -> Iterator[tuple[str, Any]]:
    """Yield what stands in tables under dotted names; a table that is a value stays a table.

    Examples
    --------
    >>> list(dotted({"sleep": {"effect": -8, "sd": 2}}, lambda name, table: False))
    [('sleep.effect', -8), ('sleep.sd', 2)]
    """
    for key, value in tables.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and not is_value(name, value):
            yield from dotted(value, is_value, f"{name}.")
        else:
            yield name, _plain(value)


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Undo :func:`dotted`.

    Raises
    ------
    InputError
        A name that is a value and a table.

    Examples
    --------
    >>> nested({"sleep.effect": -8, "sleep.sd": 2})
    {'sleep': {'effect': -8, 'sd': 2}}
    """
    found: dict[str, Any] = {}
    for name, value in values.items():
        *tables, field = name.split(".")
        place = found
        for table in tables:
            place = place.setdefault(table, {})
            if not isinstance(place, dict):
                raise InputError(f"{table} must be a table of values, got {place!r}. Name its parts.")
        place[field] = value
    return found


def _at_every_visit(design: Design, name: str, value: Any) -> Any:
    sizes = {"visit_correlation": len(design.visits), "cross_outcome_correlation": len(design.outcomes)}
    if name not in sizes or not _is_number(value):
        return value
    equal = np.full((sizes[name], sizes[name]), float(value))
    np.fill_diagonal(equal, 1)
    return equal.tolist()


def _part_at_every_visit(design: Design, old: Mapping[str, Any], name: str, value: Any) -> Any:
    outcome, _, part = name.partition(".")
    if part == "sd" and _is_number(value):
        return (value,) * len(design.visits)
    if part == "effect" and _is_number(value) and (name in old or len(design.visits) == 2):
        return scaled_effect(old.get(name, (0.0,)), value, -1, outcome)
    return value


def _plain(value: Any) -> Any:
    """Return Python's own number or list for NumPy's: the records take no others."""
    return value.tolist() if isinstance(value, np.generic | np.ndarray) else value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

"""Change any field of a trial's assumptions by its dotted name, and lay out grids of such changes."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any, Final

import numpy as np

from asteroid_repro.errors import InputError, did_you_mean
from asteroid_repro.trial.assumptions import OutcomeAssumptions, TrialAssumptions
from asteroid_repro.trial.quantities import OUTCOMES

PEOPLE: Final = "people_per_arm"
"""Shorthand for the same number of people in both arms."""


def field_names() -> tuple[str, ...]:
    """Return every name that :func:`with_fields` knows.

    Examples
    --------
    >>> {"people_per_arm", "adherence_mean", "average_pain.sd"} <= set(field_names())
    True
    """
    plain = [name for name in TrialAssumptions.model_fields if name not in OUTCOMES]
    dotted = [f"{outcome}.{part}" for outcome in OUTCOMES for part in OutcomeAssumptions.model_fields]
    return (PEOPLE, *plain, *dotted)


def with_fields(assumptions: TrialAssumptions, fields: Mapping[str, Any]) -> TrialAssumptions:
    r"""Return a copy of the assumptions with other values in the named fields, all changed at once.

    Names are those of :class:`TrialAssumptions`, with a dot before a part of an outcome, and ``people_per_arm``. One
    number stands for all visits in two parts: ``"average_pain.effect"`` is the effect at the last visit, and with
    :math:`e_v` the old effects the new ones are :math:`\text{value} \cdot e_v / e_V`, as in ``with_effect``;
    ``"average_pain.sd"`` is the SD at every visit, as in ``with_sd``. A list gives each visit its own value.

    Parameters
    ----------
    assumptions : TrialAssumptions
        The trial's assumptions.
    fields : mapping of str to value
        In the unit of each field; points for scores.

    Returns
    -------
    TrialAssumptions
        Validated like any other.

    Raises
    ------
    InputError
        An unknown field, with the nearest known one; a field given twice; values that are impossible together: the
        message then begins with the combination.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> smaller = with_fields(ASTEROID, {"people_per_arm": 30, "average_pain.effect": -8})
    >>> smaller.n_people, smaller.average_pain.effect
    (60, (-4.0, -8.0))
    """
    for name in fields:
        _check_name(name)
    if PEOPLE in fields and {"n_running", "n_waitlist"} & set(fields):
        raise InputError(f"{PEOPLE} must stand alone, got it with the size of one arm too. Leave one of them out.")
    try:
        return assumptions.with_values(**_changes(assumptions, fields))
    except InputError as error:
        raise InputError(f"{combination(fields)}: {error}") from None


def with_effect_at(assumptions: TrialAssumptions, outcome: str, week: int, effect: float) -> TrialAssumptions:
    """Return a copy in which running has an effect at a week, the other weeks scaled along.

    Parameters
    ----------
    assumptions : TrialAssumptions
        The trial's assumptions.
    outcome : str
        Name of the outcome.
    week : int
        A visit after the first.
    effect : float
        Effect at that week, points.

    Returns
    -------
    TrialAssumptions
        With that effect at that week.

    Raises
    ------
    InputError
        An unknown outcome or week, no effect to scale, or an effect the scale cannot hold.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> with_effect_at(ASTEROID, "disability", 6, -4).disability.effect
    (-4.0, -8.0)
    """
    old = assumptions.outcome(outcome).effect
    at_week = effect_at(assumptions, outcome, week)
    if effect and not at_week:
        raise InputError(
            f"effect must have an effect at week {week} to scale, got none of {outcome} in {assumptions.name}. "
            "Give the assumptions one for each visit: with_effect(week=)."
        )
    scaled = effect if week == assumptions.visits[-1] else effect / at_week * old[-1] if at_week else 0.0
    return with_fields(assumptions, {f"{outcome}.effect": scaled})


def effect_at(assumptions: TrialAssumptions, outcome: str, week: int) -> float:
    """Return the assumed effect at a week, points.

    Raises
    ------
    InputError
        An unknown outcome, or a week without a visit.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> effect_at(ASTEROID, "average_pain", 12)
    -15.3
    """
    weeks = assumptions.visits[1:]
    if week not in weeks:
        raise InputError(f"week must be one of {', '.join(map(str, weeks))}, got {week!r}. Choose a visit.")
    return assumptions.outcome(outcome).effect[weeks.index(week)]


def grid(over: Mapping[str, Iterable[Any]]) -> list[dict[str, Any]]:
    """Return every combination of the values of some fields; the last field changes fastest.

    Parameters
    ----------
    over : mapping of str to values
        For each field the values to try.

    Returns
    -------
    list of dict
        One a combination, each for :func:`with_fields`.

    Raises
    ------
    InputError
        No field, an unknown field, the record's name, or a field without values, with a single value not in a list, or
        with one twice.

    Examples
    --------
    >>> grid({"people_per_arm": [10, 20], "average_pain.effect": [-5]})
    [{'people_per_arm': 10, 'average_pain.effect': -5}, {'people_per_arm': 20, 'average_pain.effect': -5}]
    """
    if not over:
        raise InputError("over must name a field and its values, got none. Try {'people_per_arm': [10, 20, 40]}.")
    for name in over:
        _check_name(name)
    if "name" in over:
        raise InputError("over must name assumptions, got name. It is a label and changes no figure: leave it out.")
    values = [_values(name, given) for name, given in over.items()]
    return [dict(zip(over, point, strict=True)) for point in product(*values)]


def combination(fields: Mapping[str, Any]) -> str:
    """Name a combination of fields in a message.

    Examples
    --------
    >>> combination({"people_per_arm": 10, "adherence_mean": 0.5})
    'people_per_arm=10, adherence_mean=0.5'
    """
    return ", ".join(f"{name}={value}" for name, value in fields.items())


def _check_name(name: str) -> None:
    if name in OUTCOMES:
        raise InputError(f"field must be a part of {name}, got all of it. Name it, for instance {name}.effect.")
    if name not in field_names():
        raise InputError(f"field must be a name of the assumptions, got {name!r}.{did_you_mean(name, field_names())}")


def _values(name: str, given: Iterable[Any]) -> Sequence[Any]:
    if isinstance(given, str | Mapping) or not isinstance(given, Iterable):
        raise InputError(f"{name} must have a list of values, got {given!r}. Put it in brackets.")
    values = [_plain(value) for value in given]
    if not values:
        raise InputError(f"{name} must have at least one value, got an empty list. Give the values to try.")
    twice = [value for index, value in enumerate(values) if value in values[:index]]
    if twice:
        raise InputError(f"{name} must have each value once, got {twice[0]!r} twice. Leave one out.")
    return values


def _plain(value: Any) -> Any:
    """Return the Python number of a NumPy one: the record takes no others."""
    return value.tolist() if isinstance(value, np.generic | np.ndarray) else value


def _changes(assumptions: TrialAssumptions, fields: Mapping[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for name, given in fields.items():
        value = _plain(given)
        outcome, _, part = name.partition(".")
        if name == PEOPLE:
            changes |= {"n_running": value, "n_waitlist": value}
        elif part:
            changes.setdefault(outcome, {})[part] = _by_visit(assumptions, outcome, part, value)
        else:
            changes[name] = value
    return changes


def _by_visit(assumptions: TrialAssumptions, outcome: str, part: str, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if part == "sd":
        return [value] * len(assumptions.visits)
    if part == "effect":
        return _scaled(assumptions.outcome(outcome).effect, value)
    return value


def _scaled(old: tuple[float, ...], value: float) -> tuple[float, ...]:
    if value == 0:
        return (0.0,) * len(old)
    if old[-1] == 0:
        raise InputError(
            f"effect must have an effect at the last visit to scale, got 0 there and {value} wanted. "
            "Give a list, one value a visit."
        )
    return tuple(value * effect / old[-1] for effect in old)

"""Which two arms are compared, and who is in them."""

import re
from collections.abc import Callable, Sequence
from typing import Final

import pandas as pd

from asteroid_repro.errors import InputError, did_you_mean
from asteroid_repro.reading.cells import is_missing, key, plain
from asteroid_repro.reading.identifiers import listed
from asteroid_repro.reading.reading_options import Code
from asteroid_repro.trial.design import Design

_REFERENCE: Final = re.compile(
    r"control|ctrl|placebo|wait|usual|sham|standard|reference|comparator|delayed|notreatment"
)


def arms_of_people(tables: Sequence[tuple[pd.Series, pd.Series, str]]) -> pd.Series:
    """Return the arm of each person, as the tables write it.

    Parameters
    ----------
    tables : sequence
        People, their arms and the name of each table that has both. An arm may stand in one row of a person alone.

    Raises
    ------
    InputError
        Somebody in two arms, or in none.

    Examples
    --------
    >>> arms_of_people([(pd.Series([1, 1, 2]), pd.Series(["a", "", "b"]), "trial.csv")]).to_dict()
    {1: 'a', 2: 'b'}
    """
    found: dict[object, str] = {}
    everybody: dict[object, str] = {}
    for people, arms, name in tables:
        for row, person, arm in zip(arms.index, people, arms, strict=True):
            everybody.setdefault(person, f"{name}, row {row}")
            if is_missing(arm):
                continue
            first = found.setdefault(person, plain(arm))
            if key(first) != key(arm):
                both = f"{first!r} and {plain(arm)!r} for {person} in row {row}"
                raise InputError(f"{name} must have one arm a person, got {both}. Correct it.")
    absent = [person for person in everybody if person not in found]
    if absent:
        where = everybody[absent[0]]
        raise InputError(f"arm must be given for everybody, got none for {absent[0]} ({where}). Add it or drop them.")
    return pd.Series(found)


def choose_arms(
    arms: pd.Series, treatment: Code | None, reference: Code | None, design: Design | None, told: Callable[[str], None]
) -> tuple[str, str]:
    """Return the treatment and the reference, as the tables write them.

    They are named by the user; or by the design, whose names or labels the tables have; or one of two arms has a usual
    name of a reference.

    Raises
    ------
    InputError
        Two arms that are not there, or a choice that nobody made.

    Examples
    --------
    >>> choose_arms(pd.Series(["Control", "Yoga"]), None, None, None, print)
    Arms: Yoga is the treatment, Control the reference, by their names.
    ('Yoga', 'Control')
    """
    written = {key(arm): arm for arm in arms}
    names = list(dict.fromkeys(written.values()))
    pair: list[str | None] = [
        _named(given, role, written) for role, given in (("treatment", treatment), ("reference", reference))
    ]
    if None in pair and design is not None:
        for place, arm in enumerate(design.arms):
            known = [written[word] for word in (key(arm.name), key(arm.label)) if word in written]
            pair[place] = pair[place] or next(iter(known), None)
    if None in pair and len(written) == 2:
        pair = _of_two(pair, names, told)
    own, other = pair
    if own is None or other is None or own == other:
        raise InputError(
            f"treatment and reference must name two arms of {listed(map(repr, names))}, got {treatment!r} and "
            f"{reference!r}. Say treatment={names[0]!r}, reference={names[-1]!r}, or the other way round."
        )
    return own, other


def _of_two(pair: list[str | None], names: list[str], told: Callable[[str], None]) -> list[str | None]:
    """Return both of two arms where one is chosen, or has a usual name of a reference."""
    chosen = next((arm for arm in pair if arm is not None), None)
    if chosen is not None:
        other = names[1 - names.index(chosen)]
        return [arm or other for arm in pair]
    likely = [arm for arm in names if _REFERENCE.search(key(arm))]
    if len(likely) != 1:
        return pair
    treatment = names[1 - names.index(likely[0])]
    told(f"Arms: {treatment} is the treatment, {likely[0]} the reference, by their names.")
    return [treatment, likely[0]]


def _named(given: Code | None, role: str, written: dict[str, str]) -> str | None:
    if given is None:
        return None
    if key(given) not in written:
        names = list(written.values())
        hint = did_you_mean(str(given), names)
        raise InputError(f"{role} must be one of {', '.join(names)}, got {given!r}.{hint}")
    return written[key(given)]

"""Scores as numbers, one a person, visit and outcome: codes made missing, doubles resolved, what cannot be refused."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import pandas as pd

from asteroid_repro.errors import InputError
from asteroid_repro.reading.cells import comma_is_decimal, key, numbers, plain
from asteroid_repro.reading.identifiers import People, listed
from asteroid_repro.reading.reading_options import Options
from asteroid_repro.reading.shapes import Long
from asteroid_repro.tables.plausible import refuse_odd
from asteroid_repro.trial.design import Design, Outcome

Told = Callable[[str], None]


def read_scores(
    long: Long, people: People, options: Options, *, design: Design | None, name: str, told: Told
) -> pd.DataFrame:
    """Turn scores as they are written into numbers.

    Returns
    -------
    pandas.DataFrame
        Columns participant, week, outcome (its label, or its name in the design), value; the index is the row of the
        table.

    Raises
    ------
    InputError
        A cell that is no number, a score off its scale or far outside the others, two different scores of one visit.
    """
    called = _called(long.scores["outcome"], options, design, name, told)
    scores = long.scores.assign(
        outcome=long.scores["outcome"].map(called),
        week=long.scores["visit"].map(long.weeks),
        participant=people.named(long.scores["participant"]),
    )
    scores = scores[scores["outcome"].notna()]
    comma = comma_is_decimal([scores["cell"]], name, options.decimal)
    parts = []
    for outcome, own in scores.groupby("outcome", sort=False):
        field = f"{outcome} in {name}"
        codes = options.codes(str(outcome), *(word for word, own_name in called.items() if own_name == outcome))
        values = numbers(own["cell"], field, comma=comma, codes=codes)
        _tell_codes(str(outcome), own["cell"][values.isna()], told)
        once = _once(own.assign(value=values), str(outcome), name, told)
        places = [
            f"row {row} ({who}, week {week:g})"
            for row, who, week in zip(once.index, once["participant"], once["week"], strict=True)
        ]
        refuse_odd(once["value"].to_numpy(), field, places, _scale(str(outcome), options, design))
        parts.append(once)
    return pd.concat(parts)[["participant", "week", "outcome", "value"]]


def _called(
    written: pd.Series, options: Options, design: Design | None, name: str, told: Told
) -> dict[str, str | None]:
    """Return what each outcome of the table is called; None for those that are not read."""
    chosen = {key(word): label for word, label in options.names.items()}
    words = list(dict.fromkeys(written))
    for word in chosen:
        if word not in map(key, words):
            raise InputError(f"names must name outcomes of {name}, {listed(words, 20)}, got {word!r}. Correct it.")
    labels: dict[str, str] = {}
    for word in words:
        labels.setdefault(key(word), chosen.get(key(word), word))
    called: dict[str, str | None] = {
        word: labels[key(word)] if not chosen or key(word) in chosen else None for word in words
    }
    if design is not None:
        planned = {key(text): one.name for one in design.outcomes for text in (one.name, one.label)}
        called = {word: planned.get(key(label)) if label else None for word, label in called.items()}
        absent = [one.name for one in design.outcomes if one.name not in called.values()]
        if absent:
            told(f"Outcomes of the design that {name} does not have: {listed(absent)}.")
    left_out = [word for word, label in called.items() if label is None]
    if len(left_out) == len(words):
        known = ", ".join(design.outcome_names) if design else ""
        raise InputError(
            f"{name} must have outcomes of the design, {known}, got {listed(words, 20)}. Say names={{...}}."
        )
    if left_out:
        told(f"Outcomes that are not read: {listed(left_out)}.")
    return called


def _tell_codes(outcome: str, cells: Iterable[object], told: Told) -> None:
    counts = Counter(plain(cell) for cell in cells if plain(cell) != "")
    if counts:
        shown = ", ".join(f"{code}: {times}" for code, times in counts.items())
        told(f"{outcome}: {sum(counts.values())} codes made missing ({shown}).")


def _once(own: pd.DataFrame, outcome: str, name: str, told: Told) -> pd.DataFrame:
    """Keep one score a person and visit; the same one twice is said, two different ones are refused."""
    place = ["participant", "week"]
    counts = own.groupby(place)["value"].nunique()
    if (counts > 1).any():
        person, week = counts.index[counts > 1][0]
        rows = own[(own["participant"] == person) & (own["week"] == week)]
        both = listed(f"{value:g} in row {row}" for row, value in rows["value"].dropna().items())
        raise InputError(
            f"{outcome} in {name} must have one score of {person} at week {week:g}, got {both}. Correct it."
        )
    ordered = own.assign(empty=own["value"].isna()).sort_values("empty", kind="stable")
    again = ordered.duplicated(place)
    if again.any():
        told(f"{outcome}: {int(again.sum())} scores are there twice, with the same value or empty; they count once.")
    return ordered[~again].drop(columns="empty").sort_values(place, kind="stable")


def _scale(outcome: str, options: Options, design: Design | None) -> tuple[float | None, float | None] | None:
    known: Mapping[str, Outcome] = {one.name: one for one in design.outcomes} if design else {}
    if outcome in known and known[outcome].is_bounded:
        return known[outcome].minimum, known[outcome].maximum
    return options.scale(outcome)

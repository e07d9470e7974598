"""Tables of any shape as one row per person, visit and outcome, with the row where each score was read."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import pandas as pd

from asteroid_repro.errors import InputError
from asteroid_repro.reading.cells import is_missing, key, looks_numeric, plain
from asteroid_repro.reading.columns import find_column
from asteroid_repro.reading.files_in.raw_tables import RawTable
from asteroid_repro.reading.identifiers import listed
from asteroid_repro.reading.reading_options import Options
from asteroid_repro.reading.visit_labels import visit_weeks, weeks_of

Told = Callable[[str], None]
Unit = Literal["days", "weeks", "months"]
Place = tuple[str, str]
"""An outcome and a visit, as a column's name has them."""

_BASELINE: Final = "baseline"
_JOINED: Final = re.compile(r"(.*[^\W\d])(\d+(?:w|wk|m|mo|d)|(?:w|wk|mo|m|d)\d+|\d+)", re.IGNORECASE)
_FORMS: Final = ("complete", "timestamp")  # what an export adds to every form
_UNITS: Final[Mapping[str, Unit]] = {
    "week": "weeks",
    "weeks": "weeks",
    "month": "months",
    "months": "months",
    "day": "days",
    "days": "days",
}


@dataclass(frozen=True)
class Long:
    """Scores as they are written, one a row.

    Attributes
    ----------
    scores : pandas.DataFrame
        Columns participant, visit, outcome and cell; the index is the row of the table, which may repeat.
    weeks : mapping of object to float
        Week of each visit by its name.
    rest : tuple of str
        Columns that are no scores, and neither the people, the arm nor the visit.
    """

    scores: pd.DataFrame
    weeks: Mapping[Any, float]
    rest: tuple[str, ...]


def to_long(
    raw: RawTable, options: Options, who: str, arm: str | None, *, planned: Sequence[float], outcomes: Sequence[str],
    told: Told,
) -> Long:  # fmt: skip
    """Bring a table of outcomes into one shape.

    Parameters
    ----------
    raw : RawTable
        A row a score, a row a visit with a column an outcome, or a row a person.
    options : Options
        What the user says of it.
    who, arm : str
        Its columns of people and of arms, if it has the latter.
    planned : sequence of float
        Weeks of the design's visits; empty without a design.
    outcomes : sequence of str
        Names and labels of the design's outcomes; empty without one.
    told : callable
        Takes what there is to say.

    Raises
    ------
    InputError
        A shape that is none of these, or a visit without a week.
    """
    cells, name = raw.cells, raw.name
    taken = [column for column in (who, arm) if column]
    is_wide = bool(options.columns or options.pattern)
    when = None if is_wide else find_column(cells, "visit", options.visit, name, taken=taken)
    if when is None:
        scores, used = _from_wide(raw, options, taken, planned=planned, told=told)
        unit = options.unit
    else:
        taken.append(when)
        scores, used = _from_tall(raw, options, taken, outcomes=outcomes, told=told)
        unit = options.unit or _UNITS.get(key(when))
    field = when or "the columns of scores"
    labels = list(dict.fromkeys(scores["visit"]))
    weeks, notes = visit_weeks(labels, given=options.visits, unit=unit, planned=planned, field=field)
    for note in notes:
        told(note)
    own = scores.assign(participant=cells.loc[scores.index, who].to_numpy())
    return Long(own, weeks, tuple(column for column in cells.columns if column not in {*taken, *used}))


def _from_tall(
    raw: RawTable, options: Options, taken: list[str], *, outcomes: Sequence[str], told: Told
) -> tuple[pd.DataFrame, list[str]]:
    """Return the scores of a table with a row a score, or a row a visit; and the columns they came from."""
    cells, name, when = raw.cells, raw.name, taken[-1]
    if cells[when].map(is_missing).any():
        row = cells.index[cells[when].map(is_missing)][0]
        raise InputError(f"{when} must be in every row, got none in row {row}. Add it or drop the row.")
    outcome = find_column(cells, "outcome", options.outcome, name, taken=taken)
    if outcome is None:
        return _from_visits(raw, options, taken, outcomes=outcomes, told=told)
    value = str(find_column(cells, "value", options.value, name, needed=True, taken=[*taken, outcome]))
    used = [outcome, value]
    if cells[outcome].map(is_missing).any():
        row = cells.index[cells[outcome].map(is_missing)][0]
        raise InputError(f"{outcome} must be in every row, got none in row {row}. Add it or drop the row.")
    scores = pd.DataFrame({"visit": cells[when], "outcome": cells[outcome].map(plain), "cell": cells[value]})
    base = find_column(cells, "baseline", options.baseline, name, taken=[*taken, *used])
    return (scores, used) if base is None else (_with_baseline(scores, cells[base], told), [*used, base])


def _from_visits(
    raw: RawTable, options: Options, taken: list[str], *, outcomes: Sequence[str], told: Told
) -> tuple[pd.DataFrame, list[str]]:
    """Return the scores of a table with a row a visit and a column an outcome."""
    cells, name, when = raw.cells, raw.name, taken[-1]
    who, free = taken[0], [column for column in cells.columns if column not in taken]
    wanted = {key(each) for each in ([*options.names] or outcomes)}
    columns = [column for column in free if key(column) in wanted]
    if not wanted:
        people = cells[who].map(lambda cell: plain(cell).casefold())
        columns = [column for column in free if looks_numeric(cells[column]) and _varies(cells[column], people)]
    if not columns:
        listed_columns = ", ".join(free) or "none"
        raise InputError(
            f"{name} must have columns of scores, got {listed_columns}. Name them: names={{'column': 'name'}}."
        )
    used, parts = list(columns), []
    for column in columns:
        scores = pd.DataFrame({"visit": cells[when], "outcome": column, "cell": cells[column]})
        bases = [other for other in free if other not in used and _is_baseline_of(other, column)]
        if not bases and len(columns) == 1:
            bases = list(filter(None, [find_column(cells, "baseline", options.baseline, name, taken=[*taken, *used])]))
        parts.append(_with_baseline(scores, cells[bases[0]], told) if bases else scores)
        used += bases[:1]
    told(f"Outcomes are the columns {listed(columns)}.")
    return pd.concat(parts), used


def _varies(column: pd.Series, people: pd.Series) -> bool:
    """Whether anybody's value changes from visit to visit."""
    seen = column[~column.map(is_missing)].map(plain)
    return bool(pd.DataFrame({"who": people[seen.index], "seen": seen}).drop_duplicates()["who"].duplicated().any())


def _is_baseline_of(column: str, outcome: str) -> bool:
    return any(key(stem) == key(outcome) and weeks_of(visit) == (0, "") for stem, visit in _splits(column))


def _with_baseline(scores: pd.DataFrame, base: pd.Series, told: Told) -> pd.DataFrame:
    """Add a baseline that stands in a column of its own; where the visits have one too, that one is kept."""
    if any(weeks_of(visit) == (0, "") or plain(visit) == "0" for visit in scores["visit"].unique()):
        told(f"Column {base.name!r} is left out: the baseline is a visit too.")
        return scores
    told(f"Column {base.name!r} is the baseline.")
    return pd.concat([scores.assign(visit=_BASELINE, cell=base.loc[scores.index].to_numpy()), scores])


def _from_wide(
    raw: RawTable, options: Options, taken: list[str], *, planned: Sequence[float], told: Told
) -> tuple[pd.DataFrame, list[str]]:
    """Return the scores of a table with a row a person; and the columns they came from."""
    cells, name = raw.cells, raw.name
    free = [column for column in cells.columns if column not in taken]
    places = _mapped(cells, name, options) if options.columns else _matched(free, options, planned)
    if not places:
        shown = ", ".join(free[:20]) or "none"
        wanted = "a column of visits, or columns of scores such as pain_baseline and pain_12w"
        raise InputError(f"{name} must have {wanted}, got {shown}. Say visit=..., pattern=... or columns={{...}}.")
    places = _kept(cells, places, free, options, told)
    parts = [
        pd.DataFrame({"visit": visit, "outcome": outcome, "cell": cells[column]})
        for column, (outcome, visit) in places.items()
    ]
    if not parts:
        raise InputError(
            f"{name} must have an outcome with a baseline and a later visit, got none. Say columns={{...}}."
        )
    return pd.concat(parts), list(places)


def _mapped(cells: pd.DataFrame, name: str, options: Options) -> dict[str, Place]:
    places: dict[str, Place] = {}
    for outcome, by_visit in options.columns.items():
        for visit, column in by_visit.items():
            found = str(find_column(cells, f"columns.{outcome}", column, name, needed=True))
            if found in places:
                raise InputError(f"columns must use each column once, got {found!r} twice. Correct it.")
            places[found] = (outcome, visit if weeks_of(visit) or options.unit else f"{visit} weeks")
    return places


def _matched(columns: Sequence[str], options: Options, planned: Sequence[float]) -> dict[str, Place]:
    """Return the outcome and the visit of every column whose name has both."""
    if options.pattern:
        form = _form(options.pattern)
        matches = {column: form.fullmatch(column) for column in columns}
        return {column: (match["outcome"], match["visit"]) for column, match in matches.items() if match}
    told, places, bare = {key(name) for name in options.visits}, dict[str, Place](), dict[str, Place]()
    for column in columns:
        splits = list(_splits(column))
        sure = [split for split in splits if key(split[1]) in told or weeks_of(split[1])]
        if sure:
            places[column] = sure[0]
        elif any(split[1].isdigit() for split in splits):
            bare[column] = next(split for split in splits if split[1].isdigit())
    stems = [stem for stem, _ in [*bare.values(), *places.values()]]
    if not any(weeks_of(visit) != (0, "") for _, visit in places.values()) or options.unit or planned:
        places |= {column: split for column, split in bare.items() if _is_planned(split, stems, options, planned)}
    return {column: places[column] for column in columns if column in places}


def _is_planned(split: Place, stems: Sequence[str], options: Options, planned: Sequence[float]) -> bool:
    """Whether a number at the end of a name may be a visit: the stem comes at others too."""
    stem, visit = split
    return stems.count(stem) > 1 and (options.unit is not None or not planned or float(visit) in planned)


def _form(pattern: str) -> re.Pattern[str]:
    if pattern.count("{outcome}") != 1 or pattern.count("{visit}") != 1:
        raise InputError(
            f"pattern must have {{outcome}} and {{visit}} once each, got {pattern!r}. Try '{{outcome}}_{{visit}}'."
        )
    form = re.escape(pattern).replace(r"\{outcome\}", "(?P<outcome>.+)").replace(r"\{visit\}", "(?P<visit>.+)")
    return re.compile(form, re.IGNORECASE)


def _splits(column: str) -> Iterator[Place]:
    """Yield the ways to cut a name into an outcome and a visit, the visit at its end first."""
    parts = [part for part in re.split(r"[\s_.-]+", column) if part]
    for cut in (2, 1):
        if len(parts) > cut:
            yield "_".join(parts[:-cut]), " ".join(parts[-cut:])
            yield "_".join(parts[cut:]), " ".join(parts[:cut])
    joined = _JOINED.fullmatch(column)
    if joined:
        yield joined[1].strip(" _.-"), joined[2]


def _kept(
    cells: pd.DataFrame, places: dict[str, Place], free: Sequence[str], options: Options, told: Told
) -> dict[str, Place]:
    """Leave out what are no outcomes; add a baseline that bears the outcome's own name."""
    kept: dict[str, Place] = {}
    by_stem: dict[str, dict[str, str]] = {}
    for column, (stem, visit) in places.items():
        by_stem.setdefault(key(stem), {})[column] = visit
    for stem, visits in by_stem.items():
        columns = list(visits)
        is_start = {column: _is_start(visit, options) for column, visit in visits.items()}
        alone = [column for column in free if key(column) == stem and column not in places]
        if not any(looks_numeric(cells[column]) for column in columns) or stem.endswith(_FORMS):
            told(f"Columns {listed(columns)} hold no scores and are left out.")
        elif all(is_start.values()):
            continue  # one visit alone: it describes people
        elif not any(is_start.values()) and not alone:
            told(f"Columns {listed(columns)} have no baseline and are left out.")
        else:
            if not any(is_start.values()):
                told(f"Column {alone[0]!r} is the baseline of {places[columns[0]][0]}.")
                kept[alone[0]] = (places[columns[0]][0], _BASELINE)
            kept |= {column: (places[columns[0]][0], visit) for column, visit in visits.items()}
    return kept


def _is_start(visit: str, options: Options) -> bool:
    week = {key(name): week for name, week in options.visits.items()}.get(key(visit))
    found = weeks_of(visit)
    return week == 0 if week is not None else visit == "0" or (found is not None and found[0] == 0)

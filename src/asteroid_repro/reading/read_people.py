"""The tables of a real trial, in any shape, read into a :class:`Trial` that says how they were understood."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

import pandas as pd

from asteroid_repro.errors import InputError, validated
from asteroid_repro.reading.cells import key
from asteroid_repro.reading.columns import USUAL, find_column
from asteroid_repro.reading.described_people import describe
from asteroid_repro.reading.designed import design_of, event_kinds, name_for
from asteroid_repro.reading.exposure_tables import read_events, read_sessions, read_totals
from asteroid_repro.reading.files_in.raw_tables import RawTable, raw_table, sheets
from asteroid_repro.reading.identifiers import People, listed
from asteroid_repro.reading.reading_options import Code, Options
from asteroid_repro.reading.scores import read_scores
from asteroid_repro.reading.shapes import to_long
from asteroid_repro.reading.summary import summary
from asteroid_repro.reading.two_arms import arms_of_people, choose_arms
from asteroid_repro.tables.schema import TABLES
from asteroid_repro.tables.toml_files import in_file, read_toml
from asteroid_repro.trial.design import Design
from asteroid_repro.trial.participant_data import Trial

Source = str | Path | pd.DataFrame
Told = Callable[[str], None]
_OF_PEOPLE: Final[tuple[str, ...]] = ("outcomes", "participants")
_OF_TOTALS: Final = ("sessions_attended", "sessions_prescribed", "run_minutes")


def read_people(
    outcomes: Source,
    *,
    participants: Source | None = None,
    sessions: Source | None = None,
    adverse_events: Source | None = None,
    design: Design | None = None,
    say: Told | None = print,
    participant: str | None = None,
    arm: str | None = None,
    visit: str | None = None,
    outcome: str | None = None,
    value: str | None = None,
    baseline: str | None = None,
    treatment: Code | None = None,
    reference: Code | None = None,
    visits: Mapping[str, float] | None = None,
    unit: Literal["days", "weeks", "months", "years"] | None = None,
    pattern: str | None = None,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    names: Mapping[str, str] | None = None,
    characteristics: list[str] | None = None,
    missing: Any = None,
    scales: Any = None,
    better: Any = None,
    important: Any = None,
    session_minutes: float | None = None,
    decimal: Literal[",", "."] | None = None,
    sheet: str | None = None,
    label: str | None = None,
) -> Trial:
    """Read a real trial's tables, whatever their shape, and say how they were understood.

    What can be read in one way is read, what is odd is said, and what could be read in two ways is refused in a line.
    Nothing is guessed that changes a number: not the unit of a visit, not a code for missing, not which way is better.

    Parameters
    ----------
    outcomes : path or pandas.DataFrame
        Scores: a row a score, a row a visit with a column an outcome, or a row a person with columns such as
        ``pain_baseline`` and ``pain_12w``. CSV with any separator, encoding and decimal sign; xlsx, ods, SPSS, Stata,
        SAS (the extra ``tables``); or a folder or workbook with the tables ``outcomes``, ``participants``,
        ``sessions`` and ``adverse_events``.
    participants, sessions, adverse_events : path or pandas.DataFrame, optional
        People and their characteristics; sessions, a row each, or ``sessions_attended`` and ``sessions_prescribed`` of
        each person (these may stand in any table of people); adverse events, a row each.
    design : Design, optional
        Arms, visits, outcomes and scales, as ``ar.study(folder).design``; made of the tables when not given.
    say : callable, optional
        Takes each line of what was understood; ``None`` says nothing. The trial keeps them in ``understood``.
    participant, arm, visit, outcome, value, baseline : str, optional
        Names of the columns, where they have no usual name.
    treatment, reference : str or number, optional
        The two arms to compare, as the tables write them; people of others are left out and counted.
    visits : mapping, optional
        Weeks of visits by their names in the table, as ``{"T1": 0, "T2": 12}``.
    unit : {"days", "weeks", "months", "years"}, optional
        Unit of visits that are bare numbers. Months count 4 weeks up to the third, 52/12 beyond.
    pattern : str, optional
        Names of the columns of scores, as ``"{visit}_{outcome}"``.
    columns : mapping, optional
        Columns of scores by outcome and week, as ``{"pain": {"0": "VAS1", "12": "VAS2"}}``.
    names : mapping, optional
        Outcomes of the table to read, and what to call them: ``{"VAS_now": "current_pain"}``.
    characteristics : list of str, optional
        Columns that describe people; all that are left when not given.
    missing : number, text, list or mapping, optional
        Codes for missing values, for every column or by column: ``[-99, "NK"]``, ``{"pain": 999}``.
    scales : pair or mapping, optional
        Lowest and highest score, for every outcome or by outcome: ``(0, 100)``, ``{"pain": (0, 10)}``. Without a scale,
        a score far outside the others is refused: it may be a code.
    better : {"lower", "higher"} or mapping, optional
        Which way is better, for every outcome or by outcome.
    important : float or mapping, optional
        Minimal important change of a person in points.
    session_minutes : float, optional
        Length of a session, where no column has it.
    decimal : {",", "."}, optional
        Decimal sign, where the cells leave it open.
    sheet : str, optional
        Sheet of a workbook.
    label : str, optional
        What the data are, as every figure and file will say it. What a file says of itself (``# SIMULATED ...``) is
        added, so that nothing simulated loses its name.

    Returns
    -------
    Trial
        The four tables (or totals in place of sessions) with a design, a label and ``understood``.

    Raises
    ------
    InputError
        What cannot be read in one way only: column, row, value, and what to say.

    Examples
    --------
    >>> import pandas as pd
    >>> wide = pd.DataFrame({"Record ID": ["A", "B", "C", "D"], "Group": ["yoga", "yoga", "control", "control"],
    ...                      "pain_bl": [40, 50, 45, 55], "pain_12w": [20, 35, -99, 50]})
    >>> trial = read_people(wide, missing=-99, scales=(0, 100), better="lower")
    People: 4, of whom 2 yoga (the treatment) and 2 control (the reference).
    Visits: weeks 0, 12. Outcomes: pain.
    pain: missing (yoga + control): week 12 0 + 1.
    outcomes: people are in column 'Record ID', arms in 'Group'.
    Arms: yoga is the treatment, control the reference, by their names.
    Visits: 12w = week 12, bl = week 0.
    pain: 1 codes made missing (-99: 1).
    >>> trial.outcomes["value"].tolist()
    [40.0, 20.0, 50.0, 35.0, 45.0, nan, 55.0, 50.0]
    """
    given = {
        "participant": participant, "arm": arm, "visit": visit, "outcome": outcome, "value": value,
        "baseline": baseline, "treatment": treatment, "reference": reference, "visits": visits, "unit": unit,
        "pattern": pattern, "columns": columns, "names": names, "characteristics": characteristics,
        "missing": missing, "scales": scales, "better": better, "important": important,
        "session_minutes": session_minutes, "decimal": decimal, "sheet": sheet, "label": label,
    }  # fmt: skip
    options = validated(Options, {name: own for name, own in given.items() if own is not None})
    sources = {
        "outcomes": outcomes,
        "participants": participants,
        "sessions": sessions,
        "adverse_events": adverse_events,
    }
    return read_tables({name: own for name, own in sources.items() if own is not None}, options, design, say)


@dataclass(frozen=True)
class _Found:
    """The tables as they are, and whose rows they hold.

    Attributes
    ----------
    raws : dict of str to RawTable
        The tables by name.
    roles : dict
        Of the tables of outcomes and of participants, the columns of the people and of the arm.
    named : dict of str to pandas.Series
        Of these, who each row is of.
    people : People
        Everybody.
    options : Options
        What the user says of them.
    told : list of str
        What there is to say; grows while they are read.
    """

    raws: dict[str, RawTable]
    roles: dict[str, tuple[str, str | None]]
    named: dict[str, pd.Series]
    people: People
    options: Options
    told: list[str]


def read_tables(
    sources: Mapping[str, Source], options: Options, design: Design | None = None, say: Told | None = None
) -> Trial:
    """Read tables by name as :func:`read_people` does, with what is said of them as a record.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"id": [1, 1, 2, 2], "arm": ["a", "a", "b", "b"], "week": [0, 4, 0, 4]})
    >>> rows["pain"] = [5, 3, 6, 6]
    >>> read_tables({"outcomes": rows}, Options(treatment="a")).design.outcome_names
    ('pain',)
    """
    found = _found(sources, options)
    main, told = found.raws["outcomes"], found.told.append
    arms = _arms(found)
    pair = choose_arms(arms, options.treatment, options.reference, design, told)
    words = [word for one in (design.outcomes if design else ()) for word in (one.name, one.label)]
    long = to_long(
        main, options, *found.roles["outcomes"], planned=design.visits if design else (), outcomes=words, told=told
    )
    scores = read_scores(long, found.people, options, design=design, name=main.name, told=told)
    kept = _compared(arms, pair, told)
    described = _described(found, long.rest)
    exposure = _exposure(found, float(scores["week"].max()))
    scores = scores[scores["participant"].isin(kept.index)]
    kinds = event_kinds(exposure["adverse_events"]["kind"].unique())
    said = " ".join(dict.fromkeys(filter(None, [options.label, *(raw.label for raw in found.raws.values())])))
    label = said or Path(main.name).name
    if design is None:
        design = design_of(label, pair, scores, kinds, options)
    design = design if design.kinds else design.model_copy(update={"adverse_events": kinds})
    tables = _named_by(design, pair, kept, scores, exposure)
    people = tables["participants"].join(described, on="participant")
    trial = Trial(
        people, tables["outcomes"], tables["sessions"], tables["adverse_events"], design, label,
        totals=tables.get("totals"), absent=() if "adverse_events" in found.raws else ("adverse_events",),
    )  # fmt: skip
    trial = replace(trial, understood=(*summary(trial), *found.people.notes(), *found.told))
    if say is not None:
        for line in trial.understood:
            say(line)
    return trial


def read_people_file(path: Path, design: Design) -> Trial:
    """Read the people of a study from its ``people.toml``: the files of its tables, and the options of read_people.

    Raises
    ------
    InputError
        No file, an entry that is none, or tables that cannot be read.
    """
    with in_file(path):
        entries = read_toml(path)
        files = {name: path.parent / str(entries.pop(name)) for name in TABLES if name in entries}
        if "outcomes" not in files:
            raise InputError("outcomes must name a file of scores, got none. Write outcomes = '...'.")
        return read_tables(files, validated(Options, entries), design)


def _found(sources: Mapping[str, Source], options: Options) -> _Found:
    """Read the tables as they are, and meet the people in those of outcomes and participants."""
    raws, people = _raw_tables(sources, options), People()
    if options.participant is not None:
        find_column(raws["outcomes"].cells, "participant", options.participant, raws["outcomes"].name)
    roles = {name: _person_and_arm(raws[name], options) for name in _OF_PEOPLE if name in raws}
    for name, (who, _) in roles.items():
        people.meet(raws[name].cells[who], f"{raws[name].name}.{who}")
    named = {name: people.named(raws[name].cells[who]) for name, (who, _) in roles.items()}
    told = [f"{raw.name}: {note}" for raw in raws.values() for note in raw.notes]
    told += [f"{raws[name].name}: {_matched(*own)}" for name, own in roles.items()]
    return _Found(raws, roles, named, people, options, told)


def _raw_tables(sources: Mapping[str, Source], options: Options) -> dict[str, RawTable]:
    """Read every table as it is; a folder or a workbook may hold several under their names."""
    found: dict[str, RawTable] = {}
    for name, source in sources.items():
        path = None if isinstance(source, pd.DataFrame) else Path(source)
        several = _several(path) if path is not None and name == "outcomes" and options.sheet is None else {}
        for other, (place, sheet) in several.items():
            if other not in sources or other == "outcomes":
                found[other] = raw_table(place, sheet)
        if "outcomes" in several and name == "outcomes":
            continue
        own = source if isinstance(source, pd.DataFrame) else Path(source)
        found[name] = raw_table(own, options.sheet if name == "outcomes" else None, name)
    return found


def _several(path: Path) -> dict[str, tuple[Path, str | None]]:
    """Return the tables of a folder or of a workbook by their names; none of a file with one table."""
    if path.is_dir():
        files = {file.stem.casefold(): file for file in sorted(path.iterdir()) if file.is_file()}
        tables: dict[str, tuple[Path, str | None]] = {
            name: (files[name], None) for name in (*TABLES, "session_totals") if name in files
        }
        if "outcomes" not in tables:
            raise InputError(f"{path} must hold a table of outcomes, such as outcomes.csv, got none. Name the file.")
        return {"sessions" if name == "session_totals" else name: place for name, place in tables.items()}
    by_name = {name.casefold(): name for name in sheets(path)}
    known: dict[str, tuple[Path, str | None]] = {name: (path, by_name[name]) for name in TABLES if name in by_name}
    return known if "outcomes" in known else {}


def _person_and_arm(raw: RawTable, options: Options) -> tuple[str, str | None]:
    """Return the columns of the people and of the arm; one that the user names may be in another table."""
    columns = set(map(key, raw.cells.columns))
    known = {
        role: own if own and key(own) in columns else None
        for role, own in (("who", options.participant), ("arm", options.arm))
    }
    who = str(find_column(raw.cells, "participant", known["who"], raw.name, needed=True))
    return who, find_column(raw.cells, "arm", known["arm"], raw.name, taken=[who])


def _matched(who: str, arm: str | None) -> str:
    return f"people are in column {who!r}" + (f", arms in {arm!r}." if arm else ".")


def _arms(found: _Found) -> pd.Series:
    """Return the arm of each person as it is written."""
    parts = []
    for name, (_, arm) in found.roles.items():
        if arm is not None:
            words = found.raws[name].value_labels.get(arm, {})
            cells = found.raws[name].cells[arm].map(lambda cell, words=words: words.get(cell, cell))
            parts.append((found.named[name], cells, found.raws[name].name))
    main = found.raws["outcomes"]
    if not parts or (found.options.arm and key(found.options.arm) not in {key(arm) for _, arm in found.roles.values()}):
        columns = ", ".join(map(str, main.cells.columns[:20]))
        raise InputError(f"{main.name} must have a column of arms, got {columns}. Say arm='...'.")
    arms = arms_of_people(parts)
    without = [person for own in found.named.values() for person in own if person not in arms.index]
    if without:
        raise InputError(f"arm must be given for everybody, got none for {without[0]}. Add them to the participants.")
    return arms


def _compared(arms: pd.Series, pair: tuple[str, str], told: Told) -> pd.Series:
    """Return the arms of the people of the two arms, those of others being counted."""
    words = {key(arm): arm for arm in pair}
    is_kept = arms.map(key).isin(words)
    others = arms[~is_kept]
    if len(others):
        told(f"People of other arms, left out: {len(others)} ({listed(sorted(others.unique()))}).")
    return arms[is_kept].map(lambda arm: words[key(arm)])


def _described(found: _Found, rest: tuple[str, ...]) -> pd.DataFrame:
    """Return what else is known of people, by person, from the tables of outcomes and of participants."""
    columns = {"outcomes": [column for column in rest if not any(key(column) in USUAL[role] for role in _OF_TOTALS)]}
    if "participants" in found.raws:
        own = found.raws["participants"].cells.columns
        columns["participants"] = [column for column in own if column not in found.roles["participants"]]
    told, options = found.told.append, found.options
    parts = [describe(found.raws[name], found.named[name], own, options, told) for name, own in columns.items()]
    together = pd.concat(parts[::-1], axis=1)
    known = {key(column) for column in together.columns}
    absent = [each for each in options.characteristics or () if key(each) not in known]
    if absent:
        raise InputError(f"characteristics must be columns of one value a person, got {absent[0]!r}. Correct it.")
    return together.loc[:, ~together.columns.duplicated()]


def _exposure(found: _Found, last: float) -> dict[str, pd.DataFrame]:
    """Return sessions or totals, and adverse events, as far as there are any."""
    raws, people, told = found.raws, found.people, found.told.append
    tables = {name: pd.DataFrame(columns=list(TABLES[name])) for name in ("sessions", "adverse_events")}
    if "sessions" in raws:
        kind, table = read_sessions(raws["sessions"], people, found.options, told)
        tables[kind] = table
    for name in found.roles if "sessions" not in raws else ():
        raw, named = raws[name], found.named[name]
        if all(any(key(column) in USUAL[role] for column in raw.cells.columns) for role in _OF_TOTALS[:2]):
            is_first = ~named.duplicated()
            first = replace(raw, cells=raw.cells[is_first])
            tables["session_totals"] = read_totals(first, named[is_first], found.options, told)
            break
    if "adverse_events" in raws:
        tables["adverse_events"] = read_events(raws["adverse_events"], people, tables["sessions"], last, told)
    return tables


def _named_by(
    design: Design, pair: tuple[str, str], kept: pd.Series, scores: pd.DataFrame, exposure: dict[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """Put the tables under the names of the design."""
    arm_of = kept.map(dict(zip(pair, design.arm_names, strict=True)))
    people = pd.DataFrame({"participant": kept.index, "arm": arm_of.to_numpy()})
    names = {word: one.name for one in design.outcomes for word in (one.name, one.label)}
    own = scores[scores["week"].isin(design.visits)]
    outcomes = pd.DataFrame({
        "participant": own["participant"], "arm": own["participant"].map(arm_of), "week": own["week"],
        "outcome": own["outcome"].map(lambda label: names.get(label, name_for(label))), "value": own["value"],
    })  # fmt: skip
    of_both = {name: table[table["participant"].isin(kept.index)] for name, table in exposure.items()}
    kinds = {key(word): one.name for one in design.adverse_events for word in (one.name, one.label)}
    events = of_both["adverse_events"]
    odd = events.loc[~events["kind"].map(key).isin(kinds), "kind"]
    if len(odd):
        known = ", ".join(design.kinds) or "none"
        raise InputError(f"adverse_events.kind must be one of the design, {known}, got {odd.iloc[0]!r}. Correct it.")
    tables = {
        "participants": people.sort_values("participant"),
        "outcomes": outcomes.sort_values(["outcome", "participant", "week"]),
        "sessions": of_both["sessions"],
        "adverse_events": events.assign(kind=events["kind"].map(lambda word: kinds[key(word)])),
    }
    tables |= {"totals": of_both["session_totals"]} if "session_totals" in of_both else {}
    return {name: table.reset_index(drop=True) for name, table in tables.items()}

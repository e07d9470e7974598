"""Sessions, or what each person attended in all, and adverse events: read, and held against each other."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd

from asteroid_repro.errors import InputError
from asteroid_repro.reading.cells import comma_is_decimal, is_missing, key, numbers, plain, truths
from asteroid_repro.reading.columns import find_column
from asteroid_repro.reading.files_in.raw_tables import RawTable
from asteroid_repro.reading.identifiers import People, one_spelling
from asteroid_repro.reading.reading_options import Options
from asteroid_repro.reading.visit_labels import in_weeks, weeks_of
from asteroid_repro.tables.checking import check_listed_once
from asteroid_repro.tables.schema import SESSION_TOTALS, TABLES

Told = Callable[[str], None]

_UNITS: Final = {"month": "months", "months": "months", "day": "days", "days": "days"}
_COUNTS: Final = ("n", "count", "counts", "events", "nevents", "numberofevents")
_OF_SESSIONS: Final = ("sessions_prescribed", "sessions_attended")
_LONG: Final = 180  # minutes of a session that are worth a word where its length is not known
_BEYOND: Final = 2  # times its length that nobody runs in a session


def read_sessions(raw: RawTable, people: People, options: Options, told: Told) -> tuple[str, pd.DataFrame]:
    """Read a table of sessions, or of what each person attended in all.

    Returns
    -------
    kind : str
        ``sessions`` or ``session_totals``.
    table : pandas.DataFrame
        With the columns of :data:`asteroid_repro.tables.schema.TABLES` or ``SESSION_TOTALS``, as far as there are any.

    Raises
    ------
    InputError
        Sessions of nobody, listed twice, longer than they can be, run but not attended, more attended than prescribed.
    """
    cells, name = raw.cells, raw.name
    who = str(find_column(cells, "participant", None, name, needed=True))
    _check_known(cells[who], people, name)
    person = people.named(cells[who])
    has_sessions = find_column(cells, "session", None, name, taken=[who]) is not None
    if not has_sessions and not person.duplicated().any():
        return "session_totals", read_totals(raw, person, options, told)
    columns = {
        role: find_column(cells, role, None, name, taken=[who]) for role in TABLES["sessions"] if _is_usual(role)
    }
    columns |= {role: role for role in TABLES["sessions"] if role in cells.columns and role != "participant"}
    if columns.get("attended") is None:
        advice = "Add it, or give totals: sessions_attended and sessions_prescribed, a row per person"
        raise InputError(f"{name} must have a column attended, got {', '.join(cells.columns)}. {advice}.")
    table = pd.DataFrame({"participant": person})
    for role, own in columns.items():
        if own is not None:
            table[role] = _cells_of(cells[own], role, name, options)
    if "session" not in table:
        table["session"] = table.groupby("participant").cumcount() + 1
        told(f"{name}: sessions are numbered in the order of the rows.")
    if "prescribed_minutes" not in table and options.session_minutes is not None:
        table["prescribed_minutes"] = options.session_minutes
    check_listed_once(table, name, ["participant", "session"])
    _check_minutes(table, name, told)
    return "sessions", table[[role for role in TABLES["sessions"] if role in table]].reset_index(drop=True)


def read_totals(raw: RawTable, person: pd.Series, options: Options, told: Told) -> pd.DataFrame:
    """Read what each person attended in all, and the minutes run.

    Raises
    ------
    InputError
        A missing number, one that is not whole, more attended than prescribed, or more minutes than there were.
    """
    cells, name = raw.cells, raw.name
    table = pd.DataFrame({"participant": person})
    for role in [name for name in SESSION_TOTALS if name != "participant"]:
        usual = "prescribed_minutes" if role == "session_minutes" else role
        column = find_column(cells, usual, None, name, needed=role.startswith("sessions_"))
        if column is not None:
            table[role] = numbers(cells[column], f"{name}.{column}", comma=comma_is_decimal([cells[column]], name))
    if "session_minutes" not in table and options.session_minutes is not None:
        table["session_minutes"] = options.session_minutes
    for role in [name for name in SESSION_TOTALS if name in table and name != "participant"]:
        _refuse(table, table[role].isna() | (table[role] < 0), f"{name}.{role}", "0 or more", role)
    for role in _OF_SESSIONS:
        _refuse(table, table[role] % 1 != 0, f"{name}.{role}", "a whole number of sessions", role)
        table[role] = table[role].astype(int)
    too_many = table["sessions_attended"] > table["sessions_prescribed"]
    _refuse(table, too_many, f"{name}.sessions_attended", "at most the sessions prescribed", "sessions_attended")
    _refuse(table, table["sessions_prescribed"] == 0, f"{name}.sessions_prescribed", "1 or more", "sessions_prescribed")
    if "run_minutes" in table:
        _check_total_minutes(table, name, told)
    return table.reset_index(drop=True)


def read_events(raw: RawTable, people: People, sessions: pd.DataFrame, last_week: float, told: Told) -> pd.DataFrame:
    """Read a table of adverse events, a row an event.

    Raises
    ------
    InputError
        An event of nobody, before the start, listed twice, in a session that is not there or was not attended.
    """
    cells, name = raw.cells, raw.name
    who = str(find_column(cells, "participant", None, name, needed=True))
    _check_known(cells[who], people, name)
    kind = str(find_column(cells, "kind", None, name, needed=True, taken=[who]))
    counts = [column for column in cells.columns if key(column) in _COUNTS and column != kind]
    if counts:
        raise InputError(f"{name} must have a row per event, got counts in {counts[0]!r}. Give each event its row.")
    absent = cells[kind].map(is_missing)
    if absent.any():
        raise InputError(f"{name}.{kind} must be in every row, got none in row {cells.index[absent][0]}. Add it.")
    table = pd.DataFrame({"participant": people.named(cells[who])})
    when = find_column(cells, "visit", None, name, taken=[who, kind])
    if when is not None:
        table["week"] = [_event_week(cell, when, row, name) for row, cell in cells[when].items()]
    session = find_column(cells, "session", None, name, taken=[who, kind])
    if session is not None:
        table["session"] = numbers(cells[session], f"{name}.{session}")
    table["kind"] = one_spelling(cells[kind], told, f"{name}.{kind}")
    serious = find_column(cells, "serious", None, name, taken=[who, kind])
    if serious is not None:
        table["serious"] = truths(cells[serious], f"{name}.{serious}")
    alike = pd.concat([cells.map(plain), table[["participant"]]], axis=1).drop(columns=who).duplicated()
    if alike.any():
        raise InputError(
            f"{name} must list each event once, got row {cells.index[alike][0]} twice. Remove it, or number them."
        )
    _check_sessions(table, sessions, name)
    if when is not None and (table["week"] > last_week).any():
        told(
            f"{name}: {int((table['week'] > last_week).sum())} events lie after the last visit, where person-weeks end."
        )
    return table.reset_index(drop=True)


def _is_usual(role: str) -> bool:
    return role in ("session", "attended", "run_minutes", "prescribed_minutes")


def _cells_of(column: pd.Series, role: str, name: str, options: Options) -> pd.Series:
    dtype = TABLES["sessions"][role].dtype
    if dtype == "boolean":
        return truths(column, f"{name}.{role}")
    found = numbers(
        column, f"{name}.{role}", comma=comma_is_decimal([column], name, options.decimal), codes=options.codes(role)
    )
    return found.astype(int) if dtype == "integer" and found.notna().all() and (found % 1 == 0).all() else found


def _refuse(table: pd.DataFrame, odd: pd.Series, field: str, requirement: str, role: str) -> None:
    if odd.any():
        place = int(odd.to_numpy().argmax())
        got = f"{table[role].iloc[place]:g} in row {table.index[place]}"
        raise InputError(f"{field} must be {requirement}, got {got}. Correct it.")


def _check_known(column: pd.Series, people: People, name: str) -> None:
    unknown = column[~people.known(column)]
    if len(unknown):
        row = unknown.index[0]
        raise InputError(
            f"{name} must be of people of the trial, got {plain(unknown[row])!r} in row {row}. Correct it."
        )


def _check_minutes(table: pd.DataFrame, name: str, told: Told) -> None:
    """Refuse minutes that no session has."""
    for role in ("prescribed_minutes", "run_minutes", "walk_minutes"):
        if role in table:
            _refuse(table, table[role] < 0, f"{name}.{role}", "0 or more", role)
    if "run_minutes" not in table:
        return
    run = table["run_minutes"] = table["run_minutes"].fillna(0.0)
    _refuse(table, (run > 0) & ~table["attended"], f"{name}.run_minutes", "0 where nobody came", "run_minutes")
    if "prescribed_minutes" in table:
        _flag_minutes(table, run, table["prescribed_minutes"], name, told)
    elif (run > _LONG).any():
        told(f"{name}: run_minutes are up to {run.max():g} in a session; are they minutes?")


def _check_total_minutes(table: pd.DataFrame, name: str, told: Told) -> None:
    run, attended = table["run_minutes"], table["sessions_attended"]
    _refuse(table, (run > 0) & (attended == 0), f"{name}.run_minutes", "0 where nobody came", "run_minutes")
    if "session_minutes" in table:
        _flag_minutes(table, run, attended * table["session_minutes"], name, told)
    each = (run / attended.where(attended > 0)).dropna()
    if len(each) and (each.max() > _LONG or each.max() < 1):
        told(f"{name}: run_minutes are up to {each.max():g} in a session; are they minutes?")


def _flag_minutes(table: pd.DataFrame, run: pd.Series, length: pd.Series, name: str, told: Told) -> None:
    _refuse(table, run > _BEYOND * length, f"{name}.run_minutes", "minutes within the session", "run_minutes")
    beyond = int((run > length + 1e-9).sum())
    if beyond:
        told(f"{name}: run_minutes are more than the minutes there were in {beyond} rows; they count as they are.")


def _event_week(cell: Any, when: str, row: Any, name: str) -> float:
    if is_missing(cell):
        return np.nan
    found = weeks_of(cell)
    week = (
        found[0]
        if found
        else in_weeks(float(numbers(pd.Series([cell], [row]), f"{name}.{when}")[row]), _UNITS.get(key(when), "weeks"))
    )
    if week < 0:
        raise InputError(f"{name}.{when} must not be before the start, got {plain(cell)} in row {row}. Correct it.")
    return week


def _check_sessions(events: pd.DataFrame, sessions: pd.DataFrame, name: str) -> None:
    """Refuse events in sessions that are not there, or were not attended."""
    if "session" not in events or sessions.empty:
        return
    attended = sessions.set_index(["participant", "session"])["attended"]
    for row, event in events[events["session"].notna()].iterrows():
        place = (event["participant"], event["session"])
        if not attended.get(place, default=False):
            why = "a session that was attended" if place in attended.index else "a session of the table of sessions"
            raise InputError(f"{name}.session must be {why}, got {event['session']:g} in row {row}. Correct it.")

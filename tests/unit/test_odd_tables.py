"""Odd tables from a seeded generator: each is read rightly, refused in one line, or flagged, and none is read wrongly.

A table is a small true trial in a shape, a file and a way of writing of its own, with nothing wrong in it (it must then
be read, exactly) or with one thing wrong (it must then be refused, or flagged). ``ODD_TABLES=3000`` tries as many.
"""

import io
import os
import unicodedata
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from asteroid_repro import InputError, Trial, read_people

COUNT = int(os.environ.get("ODD_TABLES", "240"))
BATCHES = 4
WEEKS = (0, 6, 12)
OUTCOMES = ("pain", "sleep_hours")
Cells = pd.DataFrame
Draw = np.random.Generator


def truth(rng: Draw, ids: str) -> Cells:
    """Return a true trial: participant, arm, week, outcome and value as text."""
    names = {
        "numbers": [str(n + 1) for n in range(8)],
        "codes": [f"S{n + 1:02d}" for n in range(8)],
        "sites": [f"{site}-{n}" for site in (1, 11) for n in range(1, 5)],
        "accents": [f"Zoë {n}" for n in range(1, 9)],
        "hash": [f"#{n}" for n in range(1, 9)],
    }[ids]
    arms = rng.permutation(["exercise"] * 4 + ["usual care"] * 4)
    rows = [
        (name, arm, week, outcome, f"{rng.integers(20, 90) if outcome == 'pain' else rng.integers(40, 90) / 10}")
        for name, arm in zip(names, arms, strict=True)
        for outcome in OUTCOMES
        for week in WEEKS
    ]
    return pd.DataFrame(rows, columns=["participant", "arm", "week", "outcome", "value"])


def pick(rng: Draw, *choices: Any) -> Any:
    return choices[rng.integers(len(choices))]


VISITS: tuple[tuple[str, dict[int, str]], ...] = (
    ("week", {0: "0", 6: "6", 12: "12"}),
    ("Week", {0: "0", 6: "6.0", 12: "12"}),
    ("Visit", {0: "Baseline", 6: "6 weeks", 12: "3 months"}),
    ("visit name", {0: "BL", 6: "wk6", 12: "Week 12"}),
    ("Month", {0: "0", 6: "1.5", 12: "3"}),
    ("redcap_event_name", {0: "baseline_arm_1", 6: "week_6_arm_1", 12: "week_12_arm_1"}),
    ("days", {0: "0", 6: "42", 12: "84"}),
)
ENDINGS = (
    {0: "bl", 6: "6w", 12: "3m"},
    {0: "baseline", 6: "week6", 12: "week12"},
    {0: "pre", 6: "w6", 12: "w12"},
    {0: "Baseline", 6: "42d", 12: "12wks"},
)


def long(rng: Draw, true: Cells) -> Cells:
    column, words = pick(rng, *VISITS)
    who, arm = pick(rng, ("participant", "arm"), ("Record ID", "Group"), ("subjid", "TRT"), ("ID", "allocation"))
    outcome, value = pick(rng, ("outcome", "value"), ("Measure", "Score"), ("PARAM", "AVAL"))
    named = true.assign(week=true["week"].map(words))
    return named.set_axis([who, arm, column, outcome, value], axis=1)


def by_visit(rng: Draw, true: Cells) -> Cells:
    column, words = pick(rng, *VISITS)
    table = true.set_index(["participant", "arm", "week", "outcome"])["value"].unstack().reset_index()  # noqa: PD010 - text
    table = table.rename_axis(columns=None).assign(week=table["week"].map(words))
    return table.rename(columns={"week": column, "participant": "Subject"})


def wide(rng: Draw, true: Cells) -> Cells:
    ending, first = pick(rng, *ENDINGS), rng.random() < 0.3
    table = true.assign(
        place=[
            f"{ending[week]}_{outcome}" if first else f"{outcome}_{ending[week]}"
            for week, outcome in zip(true["week"], true["outcome"], strict=True)
        ]
    )
    table = table.set_index(["participant", "arm", "place"])["value"].unstack().reset_index()  # noqa: PD010 - text
    return table.rename_axis(columns=None).rename(columns={"participant": "record_id", "arm": "group"})


def baseline_column(rng: Draw, true: Cells) -> Cells:
    table = long(rng, true[true["week"] > 0])
    start = true[true["week"] == 0].set_index(["participant", "outcome"])["value"]
    keys = pd.MultiIndex.from_frame(table.iloc[:, [0, 3]])
    return table.assign(base=start.loc[keys].to_numpy())


SHAPES = {"long": long, "by visit": by_visit, "wide": wide, "baseline column": baseline_column}


def scattered(rng: Draw, table: Cells) -> Cells:
    """Write the same table in another order, with other spaces and cases, and columns that say nothing."""
    table = table.iloc[rng.permutation(len(table))].reset_index(drop=True)
    if rng.random() < 0.3:
        table["comment"] = [f"free text, {n}; and # more" for n in range(len(table))]
    who = next(
        column for column in table if column in ("participant", "Record ID", "subjid", "ID", "Subject", "record_id")
    )
    if rng.random() < 0.4 and len(table) > 8:
        table[who] = [f" {cell} " if rng.random() < 0.2 else cell for cell in table[who]]
    if rng.random() < 0.3:
        forms = ("NFC", "NFD")
        table[who] = [unicodedata.normalize(pick(rng, *forms), cell) for cell in table[who]]
    if rng.random() < 0.3:
        table = table.rename(columns={column: f" {column.upper()} " for column in table.columns if "_" not in column})
    return table[list(rng.permutation(table.columns))]


def written(rng: Draw, table: Cells, folder: Path, number: int) -> tuple[Any, dict[str, Any]]:
    """Write the table as a file, or hand it over as a frame."""
    kind = pick(
        rng,
        "frame",
        "typed",
        "csv",
        "csv",
        "semicolon",
        "tab",
        "utf-16",
        "latin-1",
        "xlsx" if number % 4 == 0 else "csv",
    )
    if kind in ("frame", "typed"):
        frame = table.copy()
        for column in frame.columns if kind == "typed" and frame.columns.is_unique else ():
            numbers = pd.to_numeric(frame[column], errors="coerce")
            frame[column] = numbers if numbers.notna().all() else frame[column]
        return frame, {}
    path = folder / f"trial-{number}.{'xlsx' if kind == 'xlsx' else 'csv'}"
    if kind == "xlsx":
        typed = table.map(lambda cell: float(cell) if str(cell).replace(".", "", 1).isdigit() else cell)
        typed.to_excel(path, index=False)
        return path, {}
    separator = {"semicolon": ";", "tab": "\t", "utf-16": ";"}.get(kind, ",")
    if kind in ("semicolon", "tab") and rng.random() < 0.7:
        table = table.map(lambda cell: cell.replace(".", ",") if str(cell).replace(".", "", 1).isdigit() else cell)
    text = io.StringIO()
    if rng.random() < 0.2:
        text.write("# MADE UP by a generator, for a test\n")
    table.to_csv(text, sep=separator, index=bool(rng.random() < 0.2))
    encoding = {"utf-16": "utf-16", "latin-1": "cp1252"}.get(kind, "utf-8-sig" if rng.random() < 0.3 else "utf-8")
    content = unicodedata.normalize("NFC", text.getvalue()) if kind == "latin-1" else text.getvalue()
    path.write_bytes(content.encode(encoding))
    return path, {}


def code(rng: Draw, true: Cells) -> Cells:
    return _put(rng, true, pick(rng, "-99", "-9", "999", "9999", "-999"))


def word(rng: Draw, true: Cells) -> Cells:
    return _put(rng, true, pick(rng, "thirty", "30mm", "5/10", ">50", "1_0", "0x1F", "inf", "--", "?", "3 0"))


def off_scale(rng: Draw, true: Cells) -> Cells:
    """Put a score of tenths, or of millimetres, among the others."""
    return _put(rng, true, pick(rng, "-500", "4500", "100000"))


def other_arm(rng: Draw, true: Cells) -> Cells:
    row = int(rng.integers(1, len(true)))
    other = {"exercise": "usual care", "usual care": "exercise"}[str(true.loc[row, "arm"])]
    return true.assign(arm=true["arm"].where(true.index != row, other))


def no_person(rng: Draw, true: Cells) -> Cells:
    return true.assign(participant=true["participant"].where(true.index != rng.integers(len(true)), ""))


def alike(_: Draw, true: Cells) -> Cells:
    """Make two people whose names differ by what gets lost on the way."""
    first, second = true["participant"].unique()[:2]
    return true.replace({"participant": {first: "A-01", second: "A1"}})


def no_arm(_: Draw, true: Cells) -> Cells:
    return true.assign(arm=true["arm"].where(true["participant"] != true["participant"].iloc[0], ""))


def _put(rng: Draw, true: Cells, value: str) -> Cells:
    return true.assign(value=true["value"].where(true.index != rng.integers(len(true)), value))


WRONG: dict[str, Callable[[Draw, Cells], Cells]] = {
    "code": code, "word": word, "off the scale": off_scale, "two arms": other_arm, "nobody": no_person,
    "one or two": alike, "no arm": no_arm,
}  # fmt: skip


def double(rng: Draw, table: Cells) -> Cells:
    """List a row again with another score."""
    scores = ("pain", "sleep", "score", "value", "aval")
    column = next(str(name) for name in table if any(word in str(name).lower() for word in scores))
    again = table.sample(1, random_state=int(rng.integers(1000)))
    again[column] = "41.5"
    return pd.concat([table, again], ignore_index=True)


def two_columns(_: Draw, table: Cells) -> Cells:
    return pd.concat([table, table.iloc[:, [-1]]], axis=1)


def no_unit(_: Draw, table: Cells) -> Cells:
    """Number the visits, so that nobody knows when they were."""
    visits = {"week", "Week", "Visit", "visit name", "Month", "redcap_event_name", "days"} & set(table.columns)
    if visits:
        column = visits.pop()
        order = {name: str(place) for place, name in enumerate(table[column].unique(), start=1)}
        return table.assign(**{column: table[column].map(order)}).rename(columns={column: "visit"})
    stems = [column for column in table if column not in ("record_id", "group")]
    return table.rename(columns={column: f"score_{place}" for place, column in enumerate(stems)})


WRONG_TABLE: dict[str, Callable[[Draw, Cells], Cells]] = {
    "twice": double, "two columns of one name": two_columns, "no unit": no_unit,
}  # fmt: skip


def read(source: Any, **options: Any) -> tuple[Trial | None, str]:
    try:
        return read_people(source, say=None, treatment="exercise", reference="usual care", **options), ""
    except InputError as error:
        return None, str(error)


def same(trial: Trial, true: Cells) -> bool:
    """Whether the scores of the trial are those of the truth, for everybody."""
    wanted = {
        (unicodedata.normalize("NFKC", str(who)).casefold(), int(week), outcome): float(value)
        for who, week, outcome, value in true[["participant", "week", "outcome", "value"]].itertuples(index=False)
    }
    arms = {
        unicodedata.normalize("NFKC", str(who)).casefold(): arm
        for who, arm in zip(true["participant"], true["arm"], strict=True)
    }
    found = {
        (str(row.participant).casefold(), row.week, row.outcome): row.value
        for row in trial.outcomes.itertuples(index=False)
    }
    labels = {arm.name: arm.label for arm in trial.design.arms}
    own = {str(row.participant).casefold(): labels[str(row.arm)] for row in trial.participants.itertuples(index=False)}
    return found == wanted and own == arms


def attempt(number: int, folder: Path) -> tuple[str, str]:
    """Make the table of a number and read it; return what was tried and what went wrong, if anything."""
    rng = np.random.default_rng([15, number])
    true = truth(rng, pick(rng, "numbers", "codes", "sites", "accents", "hash"))
    shape = pick(rng, *SHAPES)
    wrong = pick(rng, *[""] * 8, *WRONG, *WRONG_TABLE)
    if wrong == "no unit" and shape == "baseline column":
        wrong = ""
    broken = WRONG[wrong](rng, true) if wrong in WRONG else true
    if shape != "long" and wrong in ("two arms", "nobody"):
        broken, wrong = true, ""  # a table of a row a person cannot be wrong in this way
    table = SHAPES[shape](rng, broken)
    if wrong in WRONG_TABLE and wrong != "two columns of one name":
        table = WRONG_TABLE[wrong](rng, table)
    table = scattered(rng, table)
    if wrong == "two columns of one name":
        table = two_columns(rng, table)
    source, options = written(rng, table, folder, number)
    trial, refusal = read(source, **options)
    tried = f"{number}: {shape}, {type(source).__name__}, {wrong or 'nothing wrong'}"
    if "\n" in refusal:
        return tried, "refused in several lines"
    if trial is not None and (wrong or not same(trial, true)):
        return tried, "read as something else"
    return tried, "" if wrong or trial is not None else f"refused: {refusal}"


@pytest.mark.parametrize("batch", range(BATCHES))
def test_no_table_is_read_wrongly_in_silence(batch: int, tmp_path: Path) -> None:
    tried = [attempt(number, tmp_path) for number in range(batch, COUNT, BATCHES)]
    wrong = [f"{what}: {why}" for what, why in tried if why]
    assert not wrong, "\n".join(wrong[:20])
    assert len(Counter(what.rpartition(", ")[2] for what, _ in tried)) > len(WRONG)

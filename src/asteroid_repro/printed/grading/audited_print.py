"""Every printed result of a text or of a file of lines, each with its verdict: the table."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd

from asteroid_repro.errors import InputError
from asteroid_repro.printed.df_set import DfSet, distributions, intersect
from asteroid_repro.printed.grading.grade import (
    COMPATIBLE,
    KINDS,
    UNREAD,
    VERDICTS,
    PrintedVerdict,
    grade,
)
from asteroid_repro.printed.reading.find_results import LONGEST, find_results
from asteroid_repro.printed.reading.found_result import FoundResult
from asteroid_repro.printed.reading.known_words import SCALES
from asteroid_repro.printed.reading.labels import scale_named
from asteroid_repro.tables.limits import check_level
from asteroid_repro.tables.result_table import ResultTable

COLUMNS: Final = ("line", "scale", "level", "people", "sides", "kind", "group", "counts", "ratio")


@dataclass(frozen=True)
class AuditedPrint(ResultTable):
    """The verdicts on every printed result of a text.

    Attributes
    ----------
    rows : tuple of PrintedVerdict
        In the order of the text.
    text : str
        The text, as it was read.
    remarks : tuple of str
        What was not used, such as columns that are not known.
    """

    rows: tuple[PrintedVerdict, ...]
    text: str = ""
    remarks: tuple[str, ...] = ()
    label = "Audit of printed results"

    @property
    def fails(self) -> bool:
        """Whether a result is a ``contradiction`` or ``impossible``, or lines of one model share no distribution."""
        return any(row.fails for row in self.rows) or any(df.empty for df in self.families().values())

    def families(self) -> dict[str, DfSet]:
        """Return the distributions that print every line of a group, by the group's name."""
        members: dict[str, list[DfSet]] = {}
        for row in self.rows:
            members.setdefault(row.found.group, []).append(row.df)
        return {name: intersect(sets) for name, sets in members.items() if name}

    @property
    def all_compatible(self) -> bool:
        """Whether every result is ``compatible``, on the scale that it names."""
        return all(row.verdict == COMPATIBLE for row in self.rows)

    def counts(self) -> dict[str, int]:
        """Return how many results have each verdict that occurs, the mildest first."""
        given = [row.verdict for row in self.rows]
        return {verdict: given.count(verdict) for verdict in (*VERDICTS, UNREAD) if verdict in given}

    def answer(self) -> str:
        """Return how many results have which verdict, in a sentence."""
        if not self.rows:
            return "No result (estimate with limits or p) was found."
        counts = "; ".join(f"{number} {verdict}" for verdict, number in self.counts().items())
        results = "1 result" if len(self.rows) == 1 else f"{len(self.rows)} results"
        return f"{results}: {counts}."

    def to_frame(self) -> pd.DataFrame:
        """Return one row per result, the verdict and its sentence first; repairs as text."""
        records = [row.to_dict() | {"repairs": "; ".join(row.repairs)} for row in self.rows]
        empty = PrintedVerdict(FoundResult("", "", 0, 0), "", "").to_dict()
        return pd.DataFrame(records, columns=list(empty))

    def short_frame(self) -> pd.DataFrame:
        """Return what is looked at: place, the printed result and its verdict."""
        return self.to_frame()[["place", "quote", "verdict"]]

    def notes(self) -> Sequence[str]:
        """Return what the lines of a group have in common, and what was not used."""
        together = [f"Lines of {name}: {_together(df)}." for name, df in self.families().items()]
        return (*together, *self.remarks)


def audit_text(
    text: str, *, level: float = 0.95, scale: str = "", kind: str = "", people: str = "", sides: int = 2,
    counts: str = "", line: bool = False,
) -> AuditedPrint:  # fmt: skip
    """Find every printed result in a text and judge it.

    Read are estimates with limits, p or both in the forms in use, with the label, scale and confidence level that the
    words around them give; means with their SD; counts with their percentage. Other numbers are left alone.

    Parameters
    ----------
    text : str
        An abstract, a page, a paper: an empty line ends a paragraph, a form feed a page.
    level : float
        Confidence level where the text prints none, in (0, 1).
    scale : str
        The scale of results whose words name none: ``difference``, ``ratio``, ``efficacy``, ``correlation``.
    kind : str
        How the paper says it was analysed. ``wald`` (a linear or mixed model) leaves contradictions no other
        explanation; ``exact``, ``profile``, ``bootstrap``, ``credible`` and ``rank`` explain limits that are not
        symmetric.
    people : str
        People of the arms (``20 + 20``) or all together (``40``): fewer degrees of freedom than they leave are ruled
        out.
    sides : int
        Sides of p-values that do not say so, 1 or 2.
    counts : str
        Counts behind the result, ``12/20 v 5/20`` or ``9/105``: the exact intervals of such counts are tried.
    line : bool
        Whether the text is one printed result, such as a cell of a table; it then needs less to be seen as one.

    Returns
    -------
    AuditedPrint
        A verdict per result; ``to_frame()`` gives the table, ``answer()`` says it in a sentence.

    Raises
    ------
    InputError
        Text that is none, a level outside (0, 1), an unknown scale or kind; more than 100,000 characters without a
        line break.

    Examples
    --------
    >>> found = audit_text("Pain fell (-15.30 (95% CI -25.33 to -5.27) points, p=0.003), disability too "
    ...                    "(-5.20 (-10.12, -0.24) points, p=0.038).")
    >>> found.to_frame()["verdict"].tolist()
    ['compatible', 'interval not symmetric']
    """
    if not isinstance(text, str):
        raise InputError(f"text must be a string, got {type(text).__name__}. Read the file first.")
    check_level(level)
    longest = max(map(len, re.split(r"[\n\f]", text)))
    if longest > LONGEST:
        raise InputError(
            f"a line must have at most {LONGEST:,} characters, got {longest:,}. Break it where paragraphs end."
        )
    said = {"scale": scale, "kind": kind, "people": people, "counts": counts, "sides": str(sides) if sides != 2 else ""}
    wanted, problems = _wanted(said)
    if problems:
        raise InputError(problems[0])
    found = [_with(one, wanted) for one in find_results(text, level=level, line=line)]
    places = _places(text, [one.start for one in found]) if not line else [""] * len(found)
    rows = [_graded(replace(one, place=place)) for one, place in zip(found, places, strict=True)]
    return AuditedPrint(tuple(rows), text)


def audit_lines(table: pd.DataFrame, *, level: float = 0.95, ratio: bool = False) -> AuditedPrint:
    """Audit every line of a table, the worst included: a cell that cannot be read gets a verdict that says so.

    Parameters
    ----------
    table : pandas.DataFrame
        A column ``line`` of printed results and, optionally, ``scale``, ``level``, ``people``, ``sides``, ``kind``,
        ``counts`` and ``group`` (lines of one model). Other columns are named and not used.
    level, ratio
        For lines without a level or a scale of their own.

    Returns
    -------
    AuditedPrint
        A verdict per line.

    Raises
    ------
    InputError
        No column ``line``, or no rows.

    Examples
    --------
    >>> lines = pd.DataFrame({"line": ["-15.30 (-25.33, -5.27), p=0.003", ""], "group": ["pain", ""]})
    >>> [row.verdict for row in audit_lines(lines).rows]
    ['compatible', 'no result']
    """
    if "line" not in table.columns or table.empty:
        raise InputError(f"table must have a column line with results, got {list(table.columns)}. Add it.")
    check_level(level)
    unknown = [str(name) for name in table.columns if name not in COLUMNS]
    remarks = [f"Columns not used: {', '.join(unknown)}."] if unknown else []
    used = table[[name for name in COLUMNS if name in table.columns]]
    rows = [_row(cells, level, ratio) for cells in used.to_dict("records")]
    return AuditedPrint(tuple(rows), remarks=tuple(remarks))


def _row(cells: Mapping[Any, Any], level: float, ratio: bool) -> PrintedVerdict:
    text = {str(name): "" if pd.isna(value) else str(value).strip() for name, value in cells.items()}
    wanted, problems = _wanted(text)
    printed = text["line"]
    group = {"group": text.get("group", "")}
    if ratio:
        wanted = {"scale": "ratio"} | wanted
    if not printed:
        return PrintedVerdict(FoundResult("", "", 0, 0, **group), UNREAD, "The cell is blank.")  # type: ignore[arg-type]
    if len(printed) > LONGEST:
        blank = FoundResult(f"{printed[:60]}...", "", 0, 0, **group)  # type: ignore[arg-type]
        return PrintedVerdict(blank, UNREAD, f"The line has {len(printed):,} characters, more than {LONGEST:,}.")
    found = find_results(printed, level=float(wanted.pop("level", level)), line=True)
    if not found:
        blank = FoundResult(" ".join(printed[:80].split()), "", 0, 0, **group)  # type: ignore[arg-type]
        return PrintedVerdict(blank, UNREAD, "No estimate with limits or p was read.")
    verdict = _graded(_with(found[0], wanted | group))
    more = [f"{len(found)} results stand in the line; the first is judged."] if len(found) > 1 else []
    return replace(verdict, sentence=" ".join([verdict.sentence, *more, *problems]))


def _graded(found: FoundResult) -> PrintedVerdict:
    """Return the verdict, or why there is none: no printed number may end the audit of a paper."""
    try:
        return grade(found)
    except InputError as error:
        return PrintedVerdict(found, UNREAD, str(error))


def _with(found: FoundResult, wanted: Mapping[str, Any]) -> FoundResult:
    """Return a result with what the user says of it; a scale that its own words name stays."""
    given = {name: value for name, value in wanted.items() if value not in ("", ())}
    if found.kind in ("mean", "share", "credible") and "kind" in given:
        del given["kind"]
    if given.get("scale") and found.scale and not given.get("sure"):
        del given["scale"]
    given.pop("sure", None)
    return replace(found, **given)


def _wanted(text: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """Return what a user's words mean for a result, and what could not be understood, a sentence each."""
    wanted: dict[str, Any] = {}
    problems = []
    scale = text.get("scale", "") or text.get("ratio", "")
    for name, given in {**text, "scale": scale}.items():
        if name in ("line", "group", "ratio") or not given:
            continue
        try:
            wanted[name] = _READERS[name](given)
        except (ValueError, KeyError):
            problems.append(f"{name} must be {_MEANT[name]}, got {given[:40]!r}. Leave it out or correct it.")
    return wanted, problems


def _level(text: str) -> float:
    number = float(text.rstrip(" %"))
    return check_level(number / 100 if number > 1 else number)


def _people(text: str) -> tuple[int, ...]:
    numbers = [int(number.replace(",", "")) for number in re.findall(r"\d{1,3}(?:,\d{3})+|\d+", text)[:2]]
    if not numbers or min(numbers) < 1:
        raise ValueError(text)
    return tuple(numbers)


def _sides(text: str) -> int:
    return {"1": 1, "one": 1, "2": 2, "two": 2}[text.lower().partition("-")[0].removesuffix(".0")]


def _kind(text: str) -> str:
    if text.lower() not in KINDS:
        raise KeyError(text)
    return text.lower()


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "scale": scale_named, "level": _level, "people": _people, "sides": _sides, "kind": _kind, "counts": str,
}  # fmt: skip
_MEANT: Final = {
    "scale": f"one of {', '.join(SCALES)}",
    "level": "a confidence level, such as 0.95",
    "people": "a number of people, or those of two arms, such as 20 + 20",
    "sides": "1 or 2",
    "kind": f"one of {', '.join(sorted(KINDS))}",
}


def _together(df: DfSet) -> str:
    return "no distribution prints all of them" if df.empty else f"together {distributions(df)}"


def _places(text: str, starts: list[int]) -> list[str]:
    """Return page or paragraph of each position, in order."""
    pages = "\f" in text
    breaks = [match.end() for match in re.finditer("\f" if pages else r"\n[ \t\r]*\n\s*", text)]
    return list(_counted(breaks, starts, "page" if pages else "paragraph"))


def _counted(breaks: list[int], starts: list[int], name: str) -> Iterator[str]:
    passed = 0
    for start in starts:
        while passed < len(breaks) and breaks[passed] <= start:
            passed += 1
        yield f"{name} {passed + 1}"

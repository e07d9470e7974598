"""When a visit was, from how people name visits: words, weeks, months, days; a number without a unit says nothing."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from asteroid_repro.errors import InputError
from asteroid_repro.reading.cells import key, plain

DAYS_OF_WEEK: Final = 7
_WEEKS_OF_YEAR: Final = 52
_BASELINE: Final = ("baseline", "base", "bl", "pre", "pretest", "prestudy", "t0", "randomisation", "randomization",
                    "baselinevisit", "atbaseline")  # fmt: skip
_UNITS: Final = {
    "days": ("d", "day", "days", "tag", "tage"),
    "weeks": ("w", "wk", "wks", "week", "weeks", "woche", "wochen"),
    "months": ("m", "mo", "mos", "mth", "mths", "month", "months", "monat", "monate"),
    "years": ("y", "yr", "yrs", "year", "years", "jahr", "jahre"),
}
_NUMBER: Final = r"(?P<number>-?\d+(?:[.,]\d+)?)"
_WORD: Final = (
    "(?P<word>" + "|".join(sorted((word for words in _UNITS.values() for word in words), key=len)[::-1]) + ")"
)
_WITH_UNIT: Final = (re.compile(rf"{_NUMBER}[\s_-]*{_WORD}"), re.compile(rf"{_WORD}[\s_.-]*{_NUMBER}"))
_FROM_REDCAP: Final = re.compile(r"[\s_]arm[\s_]\d+$")
_CLOSE: Final = 0.15  # of a designed visit's week: 3 months are the visit of week 12


def weeks_of(text: Any) -> tuple[float, str] | None:
    """Return the week that a visit's name says and the unit it says it in; None where it says none.

    A month counts 4 weeks up to the third, as protocols write, and 52/12 beyond.

    Examples
    --------
    >>> weeks_of("Baseline"), weeks_of("6 weeks"), weeks_of("month 3"), weeks_of("12")
    ((0, ''), (6, 'weeks'), (12, 'months'), None)
    """
    word = _FROM_REDCAP.sub("", plain(text).casefold()).strip(" _-.")
    word = re.sub(r"\bvisit\b|[()]", "", word).strip(" _-.") or word
    if key(word) in _BASELINE:
        return 0, ""
    for form in _WITH_UNIT:
        match = form.fullmatch(word)
        if match:
            unit = next(name for name, words in _UNITS.items() if match["word"] in words)
            return in_weeks(float(match["number"].replace(",", ".")), unit), unit
    return None


def in_weeks(number: float, unit: str) -> float:
    """Turn days, weeks, months or years into weeks.

    Examples
    --------
    >>> in_weeks(42, "days"), in_weeks(1.5, "months"), in_weeks(6, "months"), in_weeks(1, "years")
    (6, 6, 26, 52)
    """
    months = number * (4 if abs(number) <= 3 else _WEEKS_OF_YEAR / 12)
    weeks = {"days": number / DAYS_OF_WEEK, "weeks": number, "months": months, "years": number * _WEEKS_OF_YEAR}[unit]
    rounded = round(weeks, 6)
    return int(rounded) if rounded == int(rounded) else rounded


def visit_weeks(
    labels: Sequence[Any], *, given: Mapping[str, float], unit: str | None, planned: Sequence[float], field: str
) -> tuple[dict[Any, float], list[str]]:
    """Find the week of every visit.

    Parameters
    ----------
    labels : sequence
        How the table names them.
    given : mapping of str to float
        What the user says of some of them.
    unit : str or None
        Unit of numbers that stand alone.
    planned : sequence of float
        Weeks of the visits of a design; empty where there is none.
    field : str
        Name of the column, for messages.

    Returns
    -------
    weeks : dict
        By label as it is written.
    notes : list of str
        How they were read, where that is not plain.

    Raises
    ------
    InputError
        A visit without a week that can be known, two names of one week, or a week before the start.

    Examples
    --------
    >>> visit_weeks(["bl", "3m"], given={}, unit=None, planned=(), field="visit")[0]
    {'bl': 0, '3m': 12}
    """
    told = {key(name): week for name, week in given.items()}
    weeks: dict[Any, float] = {}
    for label in labels:
        week = told[key(label)] if key(label) in told else _week(label, unit, planned, field)
        weeks[label] = _nearest(week, planned)
    for label, week in weeks.items():
        if week < 0:
            raise InputError(
                f"{field} must not be before the start, got {plain(label)!r}. Say visits={{...: 0}} for it."
            )
    if weeks and 0 not in weeks.values():
        first = plain(min(weeks, key=lambda label: weeks[label]))
        raise InputError(
            f"{field} must have a baseline, week 0, got none; the first is {first!r}. Say visits={{{first!r}: 0}}."
        )
    said = {f"{plain(label)} = week {week:g}" for label, week in weeks.items() if plain(label) != f"{week:g}"}
    return weeks, [f"Visits: {', '.join(sorted(said))}."] if said else []


def _nearest(week: float, planned: Sequence[float]) -> float:
    """Return the designed visit that a week is meant to be; the week itself where there is none."""
    return min(
        (visit for visit in planned if abs(week - visit) <= _CLOSE * visit),
        key=lambda visit: abs(visit - week),
        default=week,
    )


def _week(label: Any, unit: str | None, planned: Sequence[float], field: str) -> float:
    found = weeks_of(label)
    if found is not None:
        return found[0]
    try:
        number = float(plain(label).replace(",", "."))
    except ValueError:
        raise InputError(
            f"{field} must say when it was, got {plain(label)!r}. Say visits={{{plain(label)!r}: 12}}."
        ) from None
    if unit is not None:
        return in_weeks(number, unit)
    if number in planned or number == 0:
        return int(number) if number == int(number) else number
    raise InputError(
        f"{field} must say its unit, got {plain(label)}. Say unit='weeks', 'months' or 'days', or visits={{...}}."
    )

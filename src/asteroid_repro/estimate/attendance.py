"""Adherence: the share of prescribed sessions that each person attended."""

from dataclasses import asdict, dataclass

import pandas as pd

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.arms import Data, label_of
from asteroid_repro.tables.checking import check_listed_once, check_table
from asteroid_repro.tables.result_table import ResultTable
from asteroid_repro.trial.participant_data import Trial


@dataclass(frozen=True)
class WeekAttendance:
    """Attendance in one week.

    Attributes
    ----------
    week : int
        Week of the programme, from 1.
    mean, sd : float
        Mean and SD between people of the share of that week's sessions attended.
    sessions_per_person : float
        Mean number of sessions attended.
    """

    week: int
    mean: float
    sd: float
    sessions_per_person: float


@dataclass(frozen=True)
class Attendance(ResultTable):
    """Attendance over the programme.

    Attributes
    ----------
    people : int
        People with prescribed sessions.
    prescribed, attended : int
        Sessions.
    mean, sd : float
        Mean and SD (n - 1) between people of the share of sessions attended.
    by_week : tuple of WeekAttendance
        The same in each week.
    label : str
        What the data are; empty for a plain table.
    """

    people: int
    prescribed: int
    attended: int
    mean: float
    sd: float
    by_week: tuple[WeekAttendance, ...]
    label: str = ""

    def to_frame(self) -> pd.DataFrame:
        """Return a row for the whole programme (week ``all``) and one per week."""
        per_person = self.attended / self.people
        whole = {"week": "all", "mean": self.mean, "sd": self.sd, "sessions_per_person": per_person}
        return pd.DataFrame([whole, *(asdict(week) for week in self.by_week)])


def attendance(trial: Data) -> Attendance:
    """Summarise who attended what.

    Each person's share of prescribed sessions is taken first; mean and SD are over people, so that somebody with
    fewer prescribed sessions counts as much as the others.

    Parameters
    ----------
    trial : Trial or pandas.DataFrame
        A trial, or its table of sessions.

    Returns
    -------
    Attendance
        Over the programme and by week.

    Raises
    ------
    InputError
        An unusable table, a session listed twice, or fewer than two people.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> attendance(simulate_trial(ASTEROID, seed=2024)).prescribed
    720
    """
    sessions = trial.sessions if isinstance(trial, Trial) else trial
    table = check_table(sessions, "sessions", ["participant", "week", "session", "attended"])
    check_listed_once(table, "sessions", ["participant", "session"])
    shares = table.groupby("participant")["attended"].mean()
    if len(shares) < 2:
        raise InputError(f"sessions must be of at least 2 people, got {len(shares)}. An SD needs two.")
    mean, sd, attended = float(shares.mean()), float(shares.std(ddof=1)), int(table["attended"].sum())
    by_week = tuple(_week(week, table[table["week"] == week]) for week in sorted(set(table["week"].tolist())))
    return Attendance(len(shares), len(table), attended, mean, sd, by_week, label_of(trial))


def _week(week: int, rows: pd.DataFrame) -> WeekAttendance:
    by_person = rows.groupby("participant")["attended"]
    shares = by_person.mean()
    return WeekAttendance(week, float(shares.mean()), float(shares.std(ddof=1)), float(by_person.sum().mean()))

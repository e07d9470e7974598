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
        The same in each week; empty where nobody said when sessions were.
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
        A trial, or its table of sessions, or of ``sessions_prescribed`` and ``sessions_attended`` a person.

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
    shares, table = shares_attended(trial), _table(trial)
    if len(shares) < 2:
        raise InputError(f"sessions must be of at least 2 people, got {len(shares)}. An SD needs two.")
    mean, sd, is_log = float(shares.mean()), float(shares.std(ddof=1)), "session" in table
    prescribed = len(table) if is_log else int(table["sessions_prescribed"].sum())
    attended = int(table["attended" if is_log else "sessions_attended"].sum())
    weeks = sorted(set(table["week"].tolist())) if "week" in table else []
    by_week = tuple(_week(week, table[table["week"] == week]) for week in weeks)
    return Attendance(len(shares), prescribed, attended, mean, sd, by_week, label_of(trial))


def shares_attended(trial: Data) -> pd.Series:
    """Return each person's share of the prescribed sessions, from a log of sessions or from totals.

    Raises
    ------
    InputError
        As :func:`attendance`, or neither.

    Examples
    --------
    >>> totals = pd.DataFrame({"participant": [1, 2], "sessions_prescribed": [36, 36], "sessions_attended": [36, 18]})
    >>> shares_attended(totals).tolist()
    [1.0, 0.5]
    """
    table = _table(trial)
    if "session" in table:
        return table.groupby("participant")["attended"].mean()
    own = table.set_index("participant")
    return own["sessions_attended"] / own["sessions_prescribed"]


def _table(trial: Data) -> pd.DataFrame:
    """Return the checked sessions of a trial or of a plain table, or the totals."""
    frame = trial.sessions_or_totals if isinstance(trial, Trial) else trial
    if frame is None:
        raise InputError("sessions must be among the tables, got none. Give a log, or sessions attended a person.")
    if "sessions_attended" in frame:
        table = check_table(frame, "session_totals")
        check_listed_once(table, "session_totals", ["participant"])
        return table
    needed = ["participant", *(["week"] if "week" in frame else []), "session", "attended"]
    table = check_table(frame, "sessions", needed)
    check_listed_once(table, "sessions", ["participant", "session"])
    return table


def _week(week: int, rows: pd.DataFrame) -> WeekAttendance:
    by_person = rows.groupby("participant")["attended"]
    shares = by_person.mean()
    return WeekAttendance(week, float(shares.mean()), float(shares.std(ddof=1)), float(by_person.sum().mean()))

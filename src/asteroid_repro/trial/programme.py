"""Run-walk programmes as data: stages of run and walk intervals, and the rules by which a runner moves among them."""

from html import escape
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from pydantic import BaseModel, Field, model_validator

from asteroid_repro.trial.design import FROZEN, Named
from asteroid_repro.trial.quantities import Count, NotNegative, Number, Whole

if TYPE_CHECKING:
    import pandas as pd

_MOST_SESSIONS = 1000


class Stage(BaseModel):
    """One kind of session: run and walk intervals, repeated.

    Examples
    --------
    >>> stage = Stage(intervals=[(15, 120)], repeats=(6, 10))
    >>> stage.run_seconds(10), stage.total_seconds(10)
    (150.0, 1350.0)
    """

    model_config = FROZEN

    intervals: tuple[tuple[NotNegative, NotNegative], ...] = Field(
        min_length=1, description="Pairs of seconds: run, then walk; done in this order."
    )
    repeats: tuple[Count, Count] = Field(default=(1, 1), description="Fewest and most times that they are done.")

    @model_validator(mode="after")
    def _range(self) -> Self:
        fewest, most = self.repeats
        if fewest > most:
            raise ValueError(f"repeats must be the fewest and the most, got {list(self.repeats)}. Turn them round.")
        return self

    def run_seconds(self, repeats: int) -> float:
        """Seconds spent running when the intervals are done so many times."""
        return repeats * sum(run for run, _ in self.intervals)

    def total_seconds(self, repeats: int) -> float:
        """Seconds of all intervals when they are done so many times; warm-up and cool-down come on top."""
        return repeats * sum(run + walk for run, walk in self.intervals)


class Programme(Named):
    """A programme of sessions.

    With ``progression = "completed"`` a runner moves up at most one stage a week, after doing the most repeats of the
    stage in at least ``sessions_to_progress`` sessions of the week; with ``"calendar"`` the calendar says which stage
    each session has. After a pain flare a runner drops ``flare_stages`` stages and goes on.
    """

    description: str = Field(min_length=1, description="What it is, in two lines or fewer.")
    source: str = Field(min_length=1, description="Claims behind it, and what is assumed.")
    weeks: Count = Field(description="Length, weeks.")
    sessions_per_week: Whole = Field(description="Prescribed sessions a week; 0 where none are prescribed.")
    session_minutes: NotNegative = Field(description="Length of a session, minutes, warm-up and rest included.")
    stages: tuple[Stage, ...] = Field(min_length=1, description="Stages, the easiest first.")
    start_stages: tuple[Whole, ...] = Field((1,), description="Stages (from 1) on which people may start.")
    start_shares: tuple[Number, ...] = Field(default=(1.0,), description="Share of people who start on each.")
    progression: Literal["completed", "calendar"] = Field("completed", description="How stages change.")
    sessions_to_progress: Whole = Field(2, description="Completed sessions in a week needed to move up.")
    flare_stages: Whole = Field(1, description="Stages dropped after a pain flare.")
    calendar: tuple[tuple[Whole, ...], ...] = Field(default=(), description="By calendar: stages week by week.")

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.sessions_per_week and not 1 <= self.sessions_to_progress <= self.sessions_per_week:
            raise ValueError(
                f"sessions_to_progress must be from 1 to sessions_per_week {self.sessions_per_week}, "
                f"got {self.sessions_to_progress}. Correct it."
            )
        if max(self.weeks, self.n_sessions) > _MOST_SESSIONS:
            raise ValueError(
                f"weeks must be at most {_MOST_SESSIONS}, and so must the sessions, got {self.weeks} with "
                f"{self.sessions_per_week} sessions each. Plan fewer."
            )
        _check_length(self)
        _check_start(self)
        _check_calendar(self)
        return self

    @property
    def n_sessions(self) -> int:
        """Sessions prescribed to each runner."""
        return self.weeks * self.sessions_per_week

    def planned_stages(self) -> np.ndarray:
        """Stage (from 1) of each prescribed session of somebody who starts lowest and never fails."""
        if self.progression == "calendar":
            return np.array([stage for week in self.calendar for stage in week], dtype=int)
        week = np.repeat(np.arange(self.weeks), self.sessions_per_week)
        return np.minimum(min(self.start_stages) + week, len(self.stages))

    def to_frame(self) -> "pd.DataFrame":
        """Return the plan week by week: stage, intervals, repeats, and minutes of running in a week.

        For somebody who starts on the lowest stage and completes every session.

        Examples
        --------
        >>> from asteroid_repro import study
        >>> plan = study("asteroid").programme("couch_to_5k").to_frame()
        >>> plan["running_minutes_a_week"].tolist()[-1]
        90.0
        """
        import pandas as pd

        plan = self.planned_stages().reshape(self.weeks, self.sessions_per_week)
        return pd.DataFrame([_plan_row(self, week, stages) for week, stages in enumerate(plan.tolist(), start=1)])

    def _repr_html_(self) -> str:
        return f"<p><strong>{escape(self.name)}</strong>: {escape(self.description)}</p>" + self.to_frame().to_html(
            index=False
        )


def _check_length(programme: Programme) -> None:
    available = 60 * programme.session_minutes
    for number, stage in enumerate(programme.stages, start=1):
        needed = stage.total_seconds(stage.repeats[1])
        if needed > available:
            raise ValueError(
                f"stages.{number} must fit into session_minutes {programme.session_minutes:g} ({available:g} s) at its "
                f"most repeats, got {needed:g} s. Shorten it."
            )


def _check_start(programme: Programme) -> None:
    count = len(programme.stages)
    odd = [stage for stage in programme.start_stages if not 1 <= stage <= count]
    if odd or not programme.start_stages:
        raise ValueError(
            f"start_stages must be stages from 1 to {count}, got {list(programme.start_stages)}. Correct them."
        )
    shares = programme.start_shares
    if len(shares) != len(programme.start_stages) or min(shares) < 0 or abs(sum(shares) - 1) > 1e-9:
        raise ValueError(f"start_shares must be one share per start stage, 1 in all, got {list(shares)}. Correct them.")


def _check_calendar(programme: Programme) -> None:
    if programme.progression == "completed":
        if programme.calendar:
            raise ValueError(
                f"calendar must be empty unless progression is calendar, got {list(programme.calendar)}. Remove it."
            )
        return
    count = len(programme.stages)
    weeks, sessions = programme.weeks, programme.sessions_per_week
    if len(programme.calendar) != weeks or any(len(week) != sessions for week in programme.calendar):
        raise ValueError(
            f"calendar must have {weeks} weeks of {sessions} sessions, got {list(programme.calendar)}. Correct it."
        )
    odd = [stage for week in programme.calendar for stage in week if not 1 <= stage <= count]
    if odd:
        raise ValueError(f"calendar must name stages from 1 to {count}, got {odd[0]}. Correct it.")


def _plan_row(programme: Programme, week: int, stages: list[int]) -> dict[str, object]:
    kinds = list(dict.fromkeys(stages))
    running = sum(
        programme.stages[number - 1].run_seconds(programme.stages[number - 1].repeats[1]) for number in stages
    )
    return {
        "week": week,
        "sessions": len(stages),
        "stage": ", ".join(str(number) for number in kinds),
        "intervals": "; then ".join(_intervals(programme.stages[number - 1]) for number in kinds),
        "running_minutes_a_week": running / 60,
    }


def _intervals(stage: Stage) -> str:
    parts = []
    for run, walk in stage.intervals:
        pair = (f"run {_duration(run)}" if run else "", f"walk {_duration(walk)}" if walk else "")
        parts.append(" ".join(word for word in pair if word))
    fewest, most = stage.repeats
    times = f"{fewest}-{most}" if fewest < most else f"{most}"
    return ", ".join(parts) + (f" ({times} times)" if most > 1 else "")


def _duration(seconds: float) -> str:
    return f"{seconds:g} s" if seconds < 60 or seconds % 30 else f"{seconds / 60:g} min"

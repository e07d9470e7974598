"""Programmes: what is refused and how, and that the shipped ones are what the sources say."""

import math
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from asteroid_repro import InputError, programme, programme_names, published
from asteroid_repro.errors import validated
from asteroid_repro.trial.programme import Programme, Stage

SHIPPED = {
    "asteroid", "couch_to_5k", "higher_dose", "pause_and_rebuild", "short_jogs", "too_much_too_soon", "waitlist",
    "walk_four_jog_one", "walking_only",
}  # fmt: skip
VALID: dict[str, Any] = {
    "name": "example",
    "description": "An example.",
    "source": "Assumption: everything.",
    "weeks": 2,
    "sessions_per_week": 2,
    "session_minutes": 30,
    "stages": [{"intervals": [[60, 60]], "repeats": [5, 10]}, {"intervals": [[120, 60]], "repeats": [4, 8]}],
}
CALENDAR = {"progression": "calendar", "calendar": [[1, 1], [2, 2]]}

# Running minutes of each session of each week, added up by hand from the NHS plan.
NHS_RUNNING: list[list[float]] = [
    [8 * 1] * 3,
    [6 * 1.5] * 3,
    [2 * (1.5 + 3)] * 3,
    [3 + 5 + 3 + 5] * 3,
    [5 + 5 + 5, 8 + 8, 20],
    [5 + 8 + 5, 10 + 10, 25],
    [25] * 3,
    [28] * 3,
    [30] * 3,
]
# Minutes from the first run to the end of the last interval, likewise.
NHS_TOTAL: list[list[float]] = [
    [20] * 3,
    [20] * 3,
    [2 * (1.5 + 1.5 + 3 + 3)] * 3,
    [3 + 1.5 + 5 + 2.5 + 3 + 1.5 + 5] * 3,
    [5 + 3 + 5 + 3 + 5, 8 + 5 + 8, 20],
    [5 + 3 + 8 + 3 + 5, 10 + 3 + 10, 25],
    [25] * 3,
    [28] * 3,
    [30] * 3,
]


def value(claim: str) -> float:
    number = published()[claim].value
    assert number is not None
    return number


def message(**changes: Any) -> str:
    with pytest.raises(InputError) as caught:
        validated(Programme, VALID | changes)
    line = str(caught.value)
    assert "\n" not in line
    assert line.endswith(".")
    return line


def stage(intervals: list[list[Any]], repeats: list[Any] | None = None) -> dict[str, Any]:
    return {"stages": [{"intervals": intervals} | ({} if repeats is None else {"repeats": repeats})]}


def planned(name: str) -> list[Stage]:
    plan = programme(name)
    return [plan.stages[number - 1] for number in plan.planned_stages()]


def test_the_example_is_possible_with_and_without_a_calendar() -> None:
    assert Programme.model_validate(VALID).planned_stages().tolist() == [1, 1, 2, 2]
    assert Programme.model_validate(VALID | CALENDAR).planned_stages().tolist() == [1, 1, 2, 2]


@pytest.mark.parametrize(
    ("changes", "fragments"),
    [
        (stage([[-15, 120]]), ("stages.0.intervals.0.0", "must be 0 or more", "got -15")),
        (stage([[15, -120]]), ("stages.0.intervals.0.1", "must be 0 or more", "got -120")),
        (stage([[math.nan, 120]]), ("stages.0.intervals.0.0", "must be a finite number", "got nan")),
        (stage([[15, math.inf]]), ("stages.0.intervals.0.1", "must be a finite number", "got inf")),
        (stage([[15]]), ("stages.0.intervals.0.1", "must be given")),
        (stage([["long", 1]]), ("stages.0.intervals.0.0", "must be a valid number", "got 'long'")),
        (stage([]), ("stages.0.intervals", "at least 1", "got []")),
        (stage([[15, 120]], [10, 6]), ("repeats", "must be the fewest and the most", "got [10, 6]")),
        (stage([[15, 120]], [0, 6]), ("stages.0.repeats.0", "must be 1 or more", "got 0")),
        (stage([[15, 120]], [1, True]), ("stages.0.repeats.1", "must be a valid integer", "got True")),
        (stage([[15, 120]], [1, 6.5]), ("stages.0.repeats.1", "must be a valid integer", "got 6.5")),
        (stage([["15", 120]]), ("stages.0.intervals.0.0", "must be a valid number", "got '15'")),
        (stage([[15, 120]], [6, 14]), ("stages.1", "must fit into session_minutes 30 (1800 s)", "got 1890 s")),
        ({"session_minutes": 23}, ("stages.2", "must fit into session_minutes 23 (1380 s)", "got 1440 s")),
        ({"session_minutes": math.nan}, ("session_minutes", "must be a finite number", "got nan")),
        ({"session_minutes": -30}, ("session_minutes", "must be 0 or more", "got -30")),
        ({"stages": []}, ("stages", "at least 1", "got []")),
        ({"start_stages": [3]}, ("start_stages", "must be stages from 1 to 2", "got [3]")),
        ({"start_stages": [0]}, ("start_stages", "must be stages from 1 to 2", "got [0]")),
        ({"start_stages": [], "start_shares": []}, ("start_stages", "must be stages from 1 to 2", "got []")),
        ({"start_stages": [1, 2], "start_shares": [0.5, 0.4]}, ("start_shares", "1 in all", "got [0.5, 0.4]")),
        ({"start_stages": [1, 2], "start_shares": [1.5, -0.5]}, ("start_shares", "1 in all", "got [1.5, -0.5]")),
        ({"start_stages": [1, 2], "start_shares": [1.0]}, ("start_shares", "one share per start stage", "got [1.0]")),
        (CALENDAR | {"calendar": [[1, 1]]}, ("calendar", "must have 2 weeks of 2 sessions", "got [(1, 1)]")),
        (CALENDAR | {"calendar": [[1, 1], [2]]}, ("calendar", "must have 2 weeks of 2 sessions", "(2,)")),
        (CALENDAR | {"calendar": [[1, 1], [2, 3]]}, ("calendar", "must name stages from 1 to 2", "got 3")),
        (CALENDAR | {"calendar": [[1, 1], [0, 2]]}, ("calendar", "must name stages from 1 to 2", "got 0")),
        ({"progression": "calendar"}, ("calendar", "must have 2 weeks of 2 sessions", "got []")),
        ({"calendar": [[1, 1], [2, 2]]}, ("calendar", "must be empty unless progression is calendar", "(1, 1)")),
        ({"progression": "guessed"}, ("progression", "must be 'completed' or 'calendar'", "got 'guessed'")),
        ({"weeks": 0}, ("weeks", "must be 1 or more", "got 0")),
        ({"weeks": True}, ("weeks", "must be a valid integer", "got True")),
        ({"sessions_per_week": -1}, ("sessions_per_week", "must be 0 or more", "got -1")),
        ({"flare_stages": -1}, ("flare_stages", "must be 0 or more", "got -1")),
        ({"speed": 8}, ("speed", "must be a known field", "got 8")),
        ({"name": ""}, ("name", "must be a name of letters", "got ''")),
        ({"name": "two words"}, ("name", "must be a name of letters", "got 'two words'")),
        ({"source": ""}, ("source", "at least 1", "got ''")),
    ],
)
def test_a_bad_programme_is_refused_with_field_requirement_and_value(
    changes: dict[str, Any], fragments: tuple[str, ...]
) -> None:
    line = message(**changes)
    assert all(fragment in line for fragment in fragments), line


@pytest.mark.parametrize("field", ["name", "description", "source", "weeks", "session_minutes", "stages"])
def test_a_field_left_out_is_named(field: str) -> None:
    with pytest.raises(InputError, match=rf"^{field} must be given, got none\. Add it\.$"):
        validated(Programme, {key: entry for key, entry in VALID.items() if key != field})


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(InputError, match=r"got 'couch_to_5km'\. Did you mean 'couch_to_5k'\?"):
        programme("couch_to_5km")


def test_an_absent_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.toml: must be a readable file, got: No such file"):
        programme(str(tmp_path / "absent.toml"))


@pytest.mark.parametrize(
    ("content", "fragments"),
    [
        (b"weeks = = 3", ("must be TOML",)),
        (b"\xff\xfe", ("must be TOML",)),
        (b"weeks = 3", ("name must be given",)),
    ],
)
def test_a_wrong_file_is_refused_by_name(tmp_path: Path, content: bytes, fragments: tuple[str, ...]) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        programme(str(path))
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert all(fragment in line for fragment in fragments), line


def test_a_file_of_ones_own_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'name = "mine"\ndescription = "d"\nsource = "s"\nweeks = 1\nsessions_per_week = 1\n'
        "sessions_to_progress = 1\nsession_minutes = 10\n"
        "[[stages]]\nintervals = [[300, 300]]\n",
        encoding="utf-8",
    )
    assert programme(str(path)).to_frame()["running_minutes_a_week"].tolist() == [5.0]


def test_a_programme_cannot_be_changed_after_it_was_made() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        programme("asteroid").weeks = 1


def test_the_shipped_programmes_are_those_of_the_sources() -> None:
    assert set(programme_names()) == SHIPPED


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_every_shipped_programme_says_where_it_comes_from_and_fits_its_sessions(name: str) -> None:
    plan = programme(name)
    assert plan.name == name
    assert "Claim" in plan.source
    assert len(plan.description) <= 240
    assert len(plan.planned_stages()) == plan.n_sessions == plan.weeks * plan.sessions_per_week
    assert all(one.total_seconds(one.repeats[1]) <= 60 * plan.session_minutes for one in plan.stages)
    assert all(text in plan._repr_html_() for text in (name, escape(plan.description), "running_minutes_a_week"))


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_the_table_has_a_row_a_week_and_adds_up_to_the_sessions(name: str) -> None:
    plan = programme(name)
    table = plan.to_frame()
    assert table["week"].tolist() == list(range(1, plan.weeks + 1))
    assert table["sessions"].sum() == plan.n_sessions
    by_hand = sum(one.repeats[1] * run for one in planned(name) for run, _ in one.intervals) / 60
    assert table["running_minutes_a_week"].sum() == pytest.approx(by_hand, rel=1e-12, abs=1e-12)


def test_couch_to_5k_is_the_nhs_table() -> None:
    plan = programme("couch_to_5k")
    assert (plan.weeks, plan.sessions_per_week) == (
        value("programme.couch_to_5k.weeks"), value("programme.couch_to_5k.runs_per_week"),
    )  # fmt: skip
    sessions = planned("couch_to_5k")
    assert [one.run_seconds(one.repeats[1]) for one in sessions] == [60 * run for week in NHS_RUNNING for run in week]
    assert [one.total_seconds(one.repeats[1]) for one in sessions] == [
        60 * total for week in NHS_TOTAL for total in week
    ]
    assert all(one.repeats[0] == one.repeats[1] for one in sessions)


def test_every_session_of_couch_to_5k_leaves_the_warm_up_walk() -> None:
    plan = programme("couch_to_5k")
    longest = max(one.total_seconds(one.repeats[1]) for one in plan.stages) / 60
    assert plan.session_minutes - longest >= value("programme.couch_to_5k.warm_up_minutes")


def test_the_intervals_of_couch_to_5k_are_in_the_order_of_the_nhs_table() -> None:
    # Run, walk, run, ... in minutes of the first session of weeks 3 to 6, as printed by the NHS.
    wanted = {
        3: [1.5, 1.5, 3, 3],
        4: [3, 1.5, 5, 2.5, 3, 1.5, 5, 0],
        5: [5, 3, 5, 3, 5, 0],
        6: [5, 3, 8, 3, 5, 0],
    }
    for week, minutes in wanted.items():
        first = planned("couch_to_5k")[3 * (week - 1)]
        assert [part / 60 for pair in first.intervals for part in pair] == minutes


def test_asteroid_agrees_with_the_ledger() -> None:
    plan = programme("asteroid")
    for field in ("weeks", "sessions_per_week", "session_minutes"):
        assert getattr(plan, field) == value(f"programme.{field}")
    assert plan.n_sessions == value("programme.sessions")
    assert plan.n_sessions * plan.session_minutes / 60 == value("programme.hours")
    fewest, most = plan.stages[0].repeats
    assert (fewest, most) == (value("programme.repeats.minimum"), value("programme.repeats.maximum"))
    assert plan.sessions_to_progress == value("programme.progression.sessions")
    assert plan.stages[0].intervals[0][1] == value("programme.stage1.walk_seconds")
    for number in (1, 2, 3):
        assert plan.stages[number - 1].intervals[0][0] == value(f"programme.stage{number}.run_seconds")
    assert plan.stages[-1].intervals[0][0] / 60 == value("programme.last_stage.run_minutes")


def test_the_stages_of_asteroid_fit_and_its_first_three_are_gentle() -> None:
    plan = programme("asteroid")
    assert all(one.total_seconds(one.repeats[1]) <= 1800 for one in plan.stages)
    assert plan.start_stages == (1, 2, 3)
    assert [one.intervals[0][0] for one in plan.stages[:3]] == [15, 30, 45]
    assert max(one.run_seconds(one.repeats[1]) for one in plan.stages[:3]) / 60 == 7.5


def test_runs_of_asteroid_lengthen_and_its_walks_never_do() -> None:
    runs, walks = np.array([one.intervals[0] for one in programme("asteroid").stages]).T
    assert (np.diff(runs) > 0).all()
    assert (np.diff(walks) <= 0).all()
    running = [one.run_seconds(one.repeats[1]) for one in programme("asteroid").stages]
    assert (np.diff(running) > 0).all()


def test_asteroid_moves_up_at_most_one_stage_a_week() -> None:
    stages = programme("asteroid").planned_stages().reshape(12, 3)
    assert (stages == stages[:, :1]).all()
    assert set(np.diff(stages[:, 0])) <= {0, 1}
    assert (stages[0, 0], stages[-1, 0]) == (1, 10)


def test_a_week_with_too_few_sessions_to_progress_is_refused() -> None:
    with pytest.raises(ValidationError, match="sessions_to_progress must be from 1 to sessions_per_week 1, got 2"):
        Programme.model_validate(VALID | {"sessions_per_week": 1})


def test_higher_dose_has_the_stages_of_asteroid_and_more_sessions() -> None:
    high, own = programme("higher_dose"), programme("asteroid")
    differing = {"name", "description", "source", "sessions_per_week"}
    assert high.model_dump(exclude=differing) == own.model_dump(exclude=differing)
    assert high.sessions_per_week > own.sessions_per_week


def test_the_other_programmes_are_what_their_names_say() -> None:
    jog, walk = programme("walk_four_jog_one").stages[0].intervals[0]
    assert (walk / 60, jog / 60) == (
        value("programme.other.walk_jog.walk_minutes"), value("programme.other.walk_jog.jog_minutes"),
    )  # fmt: skip
    for name in ("walking_only", "waitlist"):
        assert not any(one.run_seconds(one.repeats[1]) for one in programme(name).stages)
    assert programme("waitlist").n_sessions == 0
    pause = programme("pause_and_rebuild").to_frame()["running_minutes_a_week"]
    assert pause[0] == 0
    assert pause.is_monotonic_increasing
    assert programme("too_much_too_soon").flare_stages == 0
    first_week = {name: programme(name).to_frame()["running_minutes_a_week"][0] for name in SHIPPED}
    assert max(first_week, key=lambda name: first_week[name]) == "too_much_too_soon"

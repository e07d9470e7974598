"""The door of the tables: what a user's table must have, and what may differ without mattering."""

import math

import numpy as np
import pandas as pd
import pytest

from asteroid_repro import ASTEROID, InputError, simulate_trial
from asteroid_repro.tables.checking import check_table
from asteroid_repro.tables.schema import TABLES


def outcomes(**changes: object) -> pd.DataFrame:
    """Return two valid rows of outcomes with some columns replaced."""
    columns: dict[str, object] = {
        "participant": [1, 2],
        "arm": ["running", "waitlist"],
        "week": [0, 0],
        "outcome": ["disability", "disability"],
        "value": [20.0, 22.0],
    }
    return pd.DataFrame(columns | changes)


def sessions(**changes: object) -> pd.DataFrame:
    """Return two valid rows of sessions with some columns replaced."""
    columns: dict[str, object] = {
        "participant": [1, 1],
        "week": [1, 1],
        "session": [1, 2],
        "prescribed_minutes": [30.0, 30.0],
        "attended": [True, False],
        "run_minutes": [6.0, 0.0],
        "walk_minutes": [24.0, 0.0],
        "run_distance_km": [0.8, 0.0],
        "repeats": [8, 0],
        "stage": [1, 1],
        "stage_after": [1, 1],
        "pain": [20.0, None],
        "flare": [False, False],
    }
    return pd.DataFrame(columns | changes)


def refusal(table: pd.DataFrame, name: str, **known: list[str]) -> str:
    """Return the one line with which a table is refused."""
    with pytest.raises(InputError) as caught:
        check_table(table, name, **known)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_the_columns_are_those_of_the_design() -> None:
    assert list(TABLES["participants"]) == ["participant", "arm"]
    assert list(TABLES["outcomes"]) == ["participant", "arm", "week", "outcome", "value"]
    assert list(TABLES["sessions"]) == [
        "participant", "week", "session", "prescribed_minutes", "attended", "run_minutes", "walk_minutes",
        "run_distance_km", "repeats", "stage", "stage_after", "pain", "flare",
    ]  # fmt: skip
    assert list(TABLES["adverse_events"]) == ["participant", "week", "session", "kind", "serious"]
    assert list(TABLES) == ["participants", "outcomes", "sessions", "adverse_events"]


def test_every_column_says_its_unit() -> None:
    assert all(column.unit for table in TABLES.values() for column in table.values())


@pytest.mark.parametrize("name", TABLES)
def test_a_simulated_table_passes_unchanged(name: str) -> None:
    table = simulate_trial(ASTEROID, seed=11).tables()[name]
    pd.testing.assert_frame_equal(check_table(table, name), table.reset_index(drop=True), check_exact=True)


def test_further_columns_are_ignored_and_columns_come_in_order() -> None:
    brought = outcomes(note=["a", "b"])[["note", "value", "week", "arm", "outcome", "participant"]]
    assert list(check_table(brought, "outcomes").columns) == list(TABLES["outcomes"])


def test_a_missing_column_is_named() -> None:
    assert "missing: week, value" in refusal(outcomes().drop(columns=["week", "value"]), "outcomes")


@pytest.mark.parametrize(
    ("column", "values", "fragments"),
    [
        ("arm", ["running", None], ("outcomes.arm", "must not be missing", "1 missing")),
        ("value", ["20", "twenty"], ("outcomes.value", "must be a number", "'twenty'")),
        ("value", [20.0, math.inf], ("outcomes.value", "must be finite")),
        ("value", ["20", "nan"], ("outcomes.value", "must be a number", "'nan'")),
        ("week", [0.0, "six"], ("outcomes.week", "must be a number", "'six'")),
        ("week", [0, math.nan], ("outcomes.week", "must not be missing")),
        ("participant", [1, None], ("outcomes.participant", "must not be missing")),
        ("participant", [1, "P2"], ("outcomes.participant", "all numbers or all text", "1 and 'P2'")),
        ("outcome", ["disability", None], ("outcomes.outcome", "must not be missing")),
    ],
)
def test_a_wrong_outcome_is_refused_by_field_requirement_value(
    column: str, values: list[object], fragments: tuple[str, ...]
) -> None:
    message = refusal(outcomes(**{column: values}), "outcomes")
    assert all(fragment in message for fragment in fragments), message


@pytest.mark.parametrize(
    ("column", "values", "fragments"),
    [
        ("attended", ["yes", "no"], ("sessions.attended", "true or false", "'yes'")),
        ("attended", [True, None], ("sessions.attended", "must not be missing")),
        ("run_minutes", [6.0, math.nan], ("sessions.run_minutes", "must not be missing")),
        ("session", [1, 1.5], ("sessions.session", "whole number", "1.5")),
    ],
)
def test_a_wrong_session_is_refused_by_field_requirement_value(
    column: str, values: list[object], fragments: tuple[str, ...]
) -> None:
    message = refusal(sessions(**{column: values}), "sessions")
    assert all(fragment in message for fragment in fragments), message


def test_any_arm_and_kind_will_do_unless_the_trial_says_which() -> None:
    rows = outcomes(arm=["stretching", "usual_care"])
    assert check_table(rows, "outcomes", arms=["stretching", "usual_care"]).equals(check_table(rows, "outcomes"))
    message = refusal(rows, "outcomes", arms=["stretching", "control"])
    assert message == "outcomes.arm must be one of stretching, control, got 'usual_care'. Recode it."
    event = pd.DataFrame({"participant": [1], "week": [1], "kind": ["knee"], "serious": [False]})
    assert check_table(event, "adverse_events")["kind"].tolist() == ["knee"]
    assert "adverse_events.kind must be one of fall, fracture, got 'knee'" in refusal(
        event, "adverse_events", kinds=["fall", "fracture"]
    )


def test_what_a_table_may_have_is_checked_where_it_is_there() -> None:
    event = pd.DataFrame({"participant": [1], "week": [1], "kind": ["knee"], "serious": [False]})
    assert "session" not in check_table(event, "adverse_events")
    assert "adverse_events.session must be a whole number" in refusal(event.assign(session=1.5), "adverse_events")
    assert "missing: session" in refusal(event, "adverse_events", needed=["participant", "session"])


def test_characteristics_of_participants_are_kept_as_they_are() -> None:
    people = pd.DataFrame(
        {"smoker": ["never", None], "arm": ["a", "b"], "participant": [1, 2], "height_cm": [170, 180]}
    )
    assert list(check_table(people, "participants").columns) == ["participant", "arm", "smoker", "height_cm"]
    assert list(check_table(people, "participants", ["participant", "height_cm"]).columns) == [
        "participant",
        "height_cm",
    ]
    assert "missing: age_years" in refusal(people, "participants", needed=["participant", "age_years"])


def test_weeks_may_be_parts_of_a_week() -> None:
    assert check_table(outcomes(week=[0, 6.5]), "outcomes")["week"].tolist() == [0.0, 6.5]
    assert check_table(outcomes(week=[0.0, 6.0]), "outcomes")["week"].dtype.kind == "i"


def test_an_empty_text_is_refused_with_a_requirement_that_can_be_read() -> None:
    message = refusal(outcomes(outcome=["", "disability"]), "outcomes")
    assert message.startswith("outcomes.outcome must ")
    assert "one of ," not in message


def test_only_an_outcome_value_may_be_missing() -> None:
    checked = check_table(outcomes(value=[20.0, None]), "outcomes")
    assert np.isnan(checked["value"].to_numpy()[1])
    assert checked["value"].dtype == float


def test_a_participant_may_be_text_and_whole_numbers_may_come_as_floats() -> None:
    checked = check_table(outcomes(participant=["P01", "P02"], week=[0.0, 6.0]), "outcomes")
    assert checked["participant"].tolist() == ["P01", "P02"]
    assert checked["week"].dtype.kind == "i"


def test_the_table_that_was_brought_is_not_changed() -> None:
    brought = outcomes(value=["20", "22"])
    before = brought.copy()
    check_table(brought, "outcomes")
    pd.testing.assert_frame_equal(brought, before)


def test_a_trial_shows_its_label_and_its_tables() -> None:
    trial = simulate_trial(ASTEROID, seed=1)
    assert trial.label in trial._repr_html_()
    frame = trial.to_frame().set_index("table")
    assert frame.loc["outcomes", "rows"] == 40 * 3 * 3
    assert frame.loc["sessions", "participants"] == 20

"""Attendance: shares of people first, then mean and SD over people."""

import math

import pandas as pd
import pytest

from asteroid_repro import ASTEROID, InputError, attendance, simulate_trial


def log(attended: dict[str, list[bool]], per_week: int = 2) -> pd.DataFrame:
    """Return a table of sessions from each person's list of attended sessions."""
    rows = [
        {"participant": person, "week": number // per_week + 1, "session": number + 1, "attended": came}
        for person, sessions in attended.items()
        for number, came in enumerate(sessions)
    ]
    return pd.DataFrame(rows)


# Shares 4/4, 1/4, 0/2: people count alike although the third was prescribed half as much.
UNEQUAL = log({"a": [True] * 4, "b": [False, True, False, False], "c": [False, False]})


def test_mean_and_sd_are_over_people_with_n_minus_1() -> None:
    result = attendance(UNEQUAL)
    mean = (1 + 0.25 + 0) / 3
    assert result.mean == pytest.approx(mean, rel=1e-12)  # sessions pooled would give 5/10
    wanted = math.sqrt(((1 - mean) ** 2 + (0.25 - mean) ** 2 + mean**2) / 2)
    assert result.sd == pytest.approx(wanted, rel=1e-12)
    assert (result.people, result.prescribed, result.attended) == (3, 10, 5)


def test_each_week_has_the_people_who_had_sessions_in_it() -> None:
    first, second = attendance(UNEQUAL).by_week
    assert (first.week, second.week) == (1, 2)
    assert first.mean == pytest.approx((1 + 0.5 + 0) / 3, rel=1e-12)
    assert first.sd == pytest.approx(0.5, rel=1e-12)  # of 1, 1/2 and 0
    assert first.sessions_per_person == pytest.approx((2 + 1 + 0) / 3, rel=1e-12)
    assert second.mean == pytest.approx((1 + 0) / 2, rel=1e-12)
    assert second.sd == pytest.approx(math.sqrt(0.5), rel=1e-12)
    assert second.sessions_per_person == pytest.approx(1, rel=1e-12)


def test_the_table_begins_with_the_whole_programme() -> None:
    frame = attendance(UNEQUAL).to_frame()
    assert list(frame.columns) == ["week", "mean", "sd", "sessions_per_person"]
    assert frame["week"].tolist() == ["all", 1, 2]
    assert frame["sessions_per_person"].iloc[0] == pytest.approx(5 / 3, rel=1e-12)


def test_a_trial_and_its_table_agree_and_row_order_does_not_matter() -> None:
    trial = simulate_trial(ASTEROID, seed=2024)
    from_trial = attendance(trial)
    from_table = attendance(trial.sessions.sample(frac=1, random_state=1))
    assert (from_trial.mean, from_trial.sd) == pytest.approx((from_table.mean, from_table.sd), rel=1e-12)
    assert from_trial.by_week == from_table.by_week
    assert (from_trial.label, from_table.label) == (trial.label, "")
    assert trial.label in from_trial._repr_html_()
    assert (from_trial.people, from_trial.prescribed) == (20, 720)
    assert len(from_trial.by_week) == 12


def test_somebody_who_never_came_counts() -> None:
    assert attendance(log({"a": [True, True], "b": [False, False]})).mean == 0.5


def test_unusable_tables_are_refused() -> None:
    with pytest.raises(InputError, match="got several for participant a, session 1"):
        attendance(pd.concat([UNEQUAL, UNEQUAL.iloc[:1]]))
    with pytest.raises(InputError, match="at least 2 people, got 1"):
        attendance(log({"a": [True, False]}))
    with pytest.raises(InputError, match="at least 2 people, got 0"):
        attendance(UNEQUAL.iloc[:0])
    with pytest.raises(InputError, match=r"sessions\.attended must be true or false, got 'yes'"):
        attendance(UNEQUAL.assign(attended="yes"))
    with pytest.raises(InputError, match="missing: attended"):
        attendance(UNEQUAL.drop(columns="attended"))

"""Event rates: each denominator by name, limits against the chi-squared distribution, people counted once."""

import math
from dataclasses import replace

import pandas as pd
import pytest
from scipy import stats

from asteroid_repro import ASTEROID, InputError, Trial, event_rates, simulate_trial
from asteroid_repro.estimate.safety.rate_limits import exact_poisson_limits
from asteroid_repro.estimate.safety.rates import EventRate, exposure_hours

# Two people: 3 of 4 sessions attended, 12 + 18 + 15 = 45 minutes run, 40 minutes prescribed each.
SESSIONS = pd.DataFrame(
    {
        "participant": [1, 1, 2, 2],
        "week": [1, 1, 1, 1],
        "session": [1, 2, 1, 2],
        "prescribed_minutes": [40.0, 40.0, 40.0, 40.0],
        "attended": [True, True, True, False],
        "run_minutes": [12.0, 18.0, 15.0, 0.0],
        "walk_minutes": [28.0, 22.0, 25.0, 0.0],
        "run_distance_km": [1.6, 2.4, 2.0, 0.0],
    }
)
HOURS = {"running_hours": 0.75, "attended_hours": 2.0, "prescribed_hours": 160 / 60}
EVENTS = pd.DataFrame(
    {
        "participant": [1, 1, 2, 1],
        "week": [1, 1, 1, 1],
        "session": [1, 2, 1, 2],
        "kind": ["lower_limb", "lower_limb", "lower_limb", "syncope"],
        "serious": [False, True, False, False],
    }
)


KINDS = ["lower_limb", "low_back_pain", "syncope"]


def by_kind(per: str = "running_hours", level: float = 0.95) -> dict[str, EventRate]:
    """Return the rates of the hand-made log by kind."""
    return {row.kind: row for row in event_rates(EVENTS, sessions=SESSIONS, per=per, level=level, kinds=KINDS).rows}


@pytest.mark.parametrize("per", HOURS)
def test_each_denominator_has_its_own_hours(per: str) -> None:
    assert exposure_hours(SESSIONS, per) == pytest.approx(HOURS[per], rel=1e-12)
    row = by_kind(per)["all"]
    assert row.per == per
    assert row.exposure == pytest.approx(HOURS[per], rel=1e-12)
    assert row.rate_per_1000 == pytest.approx(4000 / HOURS[per], rel=1e-12)


def test_the_default_denominator_is_running_hours() -> None:
    assert event_rates(EVENTS, sessions=SESSIONS).rows == event_rates(EVENTS, hours=0.75, per="running_hours").rows


def test_the_first_row_is_all_and_people_are_counted_once() -> None:
    rows = event_rates(EVENTS, sessions=SESSIONS, kinds=KINDS).rows
    assert [row.kind for row in rows] == ["all", "lower_limb", "low_back_pain", "syncope"]
    assert [row.events for row in rows] == [4, 3, 0, 1]
    assert [row.people for row in rows] == [2, 2, 0, 1]


@pytest.mark.parametrize("events", [1, 2, 7, 9, 40])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_exact_limits_are_chi_squared_quantiles(events: int, level: float) -> None:
    limits, alpha = exact_poisson_limits(events, level), 1 - level
    low, high = limits.low, limits.high
    assert low == pytest.approx(stats.chi2.ppf(alpha / 2, 2 * events) / 2, rel=1e-9)
    assert high == pytest.approx(stats.chi2.isf(alpha / 2, 2 * events + 2) / 2, rel=1e-9)
    # What the limits mean: each tail of the Poisson distribution there is alpha / 2.
    assert stats.poisson.sf(events - 1, low) == pytest.approx(alpha / 2, rel=1e-8)
    assert stats.poisson.cdf(events, high) == pytest.approx(alpha / 2, rel=1e-8)


def test_no_events_have_a_one_sided_bound() -> None:
    for level in (0.9, 0.95):
        limits = exact_poisson_limits(0, level)
        assert limits.low == 0
        assert limits.high == pytest.approx(-math.log(1 - level), rel=1e-12)  # not -log(alpha / 2)
    row = by_kind()["low_back_pain"]
    assert (row.rate_per_1000, row.ci_low) == (0, 0)
    assert row.ci_high == pytest.approx(1000 * -math.log(0.05) / 0.75, rel=1e-12)


def test_the_published_rates_per_1000_running_and_attended_hours() -> None:
    """Nine, seven and one events in 105 running or 252 attended hours, as printed in the derivations."""
    for events, hours, wanted in (
        (9, 105, (85.7, 39.2, 162.7)), (7, 105, (66.7, 26.8, 137.4)), (9, 252, (35.7, 16.3, 67.8)),
    ):  # fmt: skip
        log = pd.DataFrame({"participant": range(events), "week": 1, "session": 1, "kind": "syncope", "serious": False})
        row = event_rates(log, hours=hours).rows[0]
        got = (row.rate_per_1000, row.ci_low, row.ci_high)
        assert all(abs(a - b) <= 0.05 for a, b in zip(got, wanted, strict=True))


def test_the_level_changes_the_limits_only() -> None:
    narrow, wide = by_kind(level=0.5)["all"], by_kind(level=0.99)["all"]
    assert narrow.rate_per_1000 == wide.rate_per_1000
    assert wide.ci_low < narrow.ci_low < narrow.ci_high < wide.ci_high


def test_a_trial_brings_its_own_sessions() -> None:
    trial = simulate_trial(ASTEROID, seed=2024)
    from_tables = event_rates(trial.adverse_events, sessions=trial.sessions, per="attended_hours", kinds=KINDS)
    from_trial = event_rates(trial, per="attended_hours")
    assert from_trial.rows == tuple(replace(row, arm="running") for row in from_tables.rows)
    assert from_trial.label == trial.label
    assert from_trial.label in from_trial._repr_html_()
    assert from_trial.rows[0].exposure == pytest.approx(trial.sessions["attended"].sum() / 2, rel=1e-12)


def test_the_columns_are_those_of_the_design() -> None:
    assert list(event_rates(EVENTS, hours=1).to_frame().columns) == [
        "arm", "kind", "events", "people", "per", "exposure", "rate_per_1000", "method", "ci_low", "ci_high", "df",
        "level", "note",
    ]  # fmt: skip


@pytest.mark.parametrize("order", [[3, 1, 0, 2], [2, 3, 0, 1]])
def test_row_order_does_not_matter(order: list[int]) -> None:
    assert event_rates(EVENTS.iloc[order], sessions=SESSIONS.iloc[order], kinds=KINDS).rows == tuple(by_kind().values())


def test_exposure_must_be_given_once() -> None:
    with pytest.raises(InputError, match="running_hours must come from either sessions or hours, got none"):
        event_rates(EVENTS)
    with pytest.raises(InputError, match="attended_hours must come from either sessions or hours, got both"):
        event_rates(EVENTS, sessions=SESSIONS, hours=105, per="attended_hours")
    trial = simulate_trial(ASTEROID, seed=2024)
    with pytest.raises(InputError, match="got both"):
        event_rates(trial, hours=105)
    with pytest.raises(InputError, match="got both"):
        event_rates(trial, sessions=SESSIONS)  # not silently the trial's own


@pytest.mark.parametrize("hours", [0, -1.0, math.nan, math.inf])
def test_hours_must_be_positive(hours: float) -> None:
    with pytest.raises(InputError, match=r"hours must be (positive|a number or None), got"):
        event_rates(EVENTS, hours=hours)


def test_a_log_without_running_has_no_rate() -> None:
    with pytest.raises(InputError, match="running_hours must be positive, got 0 hours"):
        event_rates(EVENTS, sessions=SESSIONS.assign(run_minutes=0.0))


def test_negative_minutes_are_refused() -> None:
    with pytest.raises(InputError, match="no negative minutes, got -1"):
        event_rates(EVENTS, sessions=SESSIONS.assign(run_minutes=[-1.0, 18.0, 15.0, 0.0]))


def test_a_session_listed_twice_does_not_count_twice() -> None:
    twice = pd.concat([SESSIONS, SESSIONS])
    with pytest.raises(InputError, match="got several for participant 1, session 1"):
        event_rates(EVENTS, sessions=twice)


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0, -0.5, math.nan])
def test_a_level_outside_0_to_1_is_refused(level: float) -> None:
    with pytest.raises(InputError, match=r"level must be (in \(0, 1\)|a number), got"):
        event_rates(EVENTS, hours=105, level=level)


def test_an_unknown_denominator_suggests_the_nearest() -> None:
    with pytest.raises(InputError, match=r"per must be one of .*, got 'running_hour'.*'running_hours'\?"):
        event_rates(EVENTS, sessions=SESSIONS, per="running_hour")


def test_an_unknown_kind_is_refused_where_the_kinds_are_known() -> None:
    with pytest.raises(InputError, match=r"adverse_events\.kind must be one of lower_limb"):
        event_rates(EVENTS.assign(kind="knee"), hours=105, kinds=KINDS)
    trial = simulate_trial(ASTEROID, seed=2024)
    with pytest.raises(InputError, match=r"adverse_events\.kind must be one of lower_limb"):
        event_rates(replace(trial, adverse_events=trial.adverse_events.assign(kind="knee")))
    assert [row.kind for row in event_rates(EVENTS.assign(kind="knee"), hours=105).rows] == ["all", "knee"]


def without_programme() -> Trial:
    """Return a trial of 20 and 20 people without sessions; both arms have events."""
    trial = simulate_trial(ASTEROID, seed=2024)
    arms = trial.participants.groupby("arm")["participant"].apply(list)
    people = [*arms["running"][:3], arms["running"][0], *arms["waitlist"][:2]]
    events = pd.DataFrame({"participant": people, "week": 1.5, "kind": ["syncope"] * 4 + ["low_back_pain"] * 2})
    return replace(trial, sessions=trial.sessions.iloc[:0], adverse_events=events.assign(serious=False))


def test_without_sessions_rates_are_per_person_week_and_by_arm() -> None:
    rates = event_rates(without_programme())
    rows = {(row.arm, row.kind): row for row in rates.rows}
    assert list(rows) == [(arm, kind) for arm in ("running", "waitlist") for kind in ("all", *KINDS)]
    treated, waiting = rows["running", "all"], rows["waitlist", "all"]
    assert (treated.per, treated.exposure, treated.events, treated.people) == ("person_weeks", 240, 4, 3)
    assert (waiting.exposure, waiting.events, rows["waitlist", "syncope"].events) == (240, 2, 0)
    assert treated.rate_per_1000 == pytest.approx(4000 / 240, rel=1e-12)
    limits = exact_poisson_limits(2)
    assert (waiting.ci_low, waiting.ci_high) == pytest.approx((limits.low / 0.24, limits.high / 0.24), rel=1e-12)
    clustered = event_rates(without_programme(), method="clustered").rows[0]
    assert clustered.df == 19
    assert clustered.ci_low < treated.rate_per_1000 < clustered.ci_high


def test_person_weeks_may_be_asked_for_with_sessions_too() -> None:
    trial = simulate_trial(ASTEROID, seed=2024)
    rates = event_rates(trial, per="person_weeks")
    assert [row.exposure for row in rates.rows] == [240] * 8
    assert rates.rows[0].events == event_rates(trial).rows[0].events
    with pytest.raises(InputError, match="person_weeks must come from a trial, got a plain table"):
        event_rates(EVENTS, sessions=SESSIONS, per="person_weeks")


def test_an_event_of_nobody_in_the_trial_is_refused() -> None:
    trial = without_programme()
    stranger = trial.adverse_events.assign(participant=99)
    with pytest.raises(InputError, match="participants must have everybody with an event, got none of 99"):
        event_rates(replace(trial, adverse_events=stranger))


def test_with_sessions_only_the_events_of_the_treatment_count() -> None:
    trial = simulate_trial(ASTEROID, seed=2024)
    other = trial.participants.query("arm == 'waitlist'")["participant"].iloc[0]
    more = pd.concat([trial.adverse_events, trial.adverse_events.iloc[:1].assign(participant=other)])
    assert event_rates(replace(trial, adverse_events=more)).rows == event_rates(trial).rows

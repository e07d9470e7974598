"""The sessions, walked through where every probability is 0 or 1, and against a plain loop where it is not."""

import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from asteroid_repro import ASTEROID, Programme, TrialAssumptions, programme, programme_names
from asteroid_repro.mechanism.mechanism import solve
from asteroid_repro.simulate.events import load_factor
from asteroid_repro.simulate.sessions import Sessions, simulate_sessions
from asteroid_repro.simulate.traits import Traits, simulate_traits
from asteroid_repro.trial.session_assumptions import SessionAssumptions

CALM = ASTEROID.with_values(flare_rate=0.0)
RATES = {"lower_limb": 0.25, "low_back_pain": 0.15, "syncope": 0.1}
STORMY = ASTEROID.with_values(flare_rate=0.3, adverse_events={kind: {"rate": rate} for kind, rate in RATES.items()})
SURE = 1000.0  # events an hour: none in the shortest session with probability below 1e-10
RUN_MINUTES = [2.5, 5, 7.5, 10, 12.5, 15, 17.5, 20, 25, 27]  # of asteroid's stages at their most repeats


def runners(
    trials: int = 3, *, propensity: float = 1.0, completion: float = 1.0, start: int = 1, proneness: float = 0.0
) -> Traits:
    """Make 20 runners a trial, all alike; nobody has an adverse event unless told so."""
    shape = (20, trials)
    return Traits(
        propensity=np.full(shape, propensity),
        completion=np.full(shape, completion),
        start_stage=np.full(shape, start - 1),
        speed_kmh=np.full(shape, 9.0),
        proneness=np.full(shape, proneness),
    )


def run(record: TrialAssumptions, who: Traits, seed: int = 71) -> Sessions:
    """Run the programme."""
    return simulate_sessions(solve(record), seed, 0, who.propensity.shape[1], who)


def assumed(record: TrialAssumptions) -> SessionAssumptions:
    """Return what is assumed of the sessions."""
    assert record.sessions is not None
    return record.sessions


@cache
def stormy(name: str) -> Sessions:
    """Run a programme with everything happening, 300 trials."""
    record = STORMY.with_values(programme=name)
    return run(record, simulate_traits(solve(record), 72, 0, 300))


def paths(stages: np.ndarray) -> list[list[int]]:
    """Return the different paths of stages, one a row of (sessions, runners, trials)."""
    return sorted(map(list, set(map(tuple, stages.reshape(len(stages), -1).T.tolist()))))


def written(path: Path, *lines: str) -> str:
    """Write a programme of thirty-minute sessions."""
    head = ('name = "mine"', 'description = "x"', 'source = "x"', "session_minutes = 30")
    path.write_text("\n".join([*head, *lines]) + "\n", encoding="utf-8")
    return str(path)


# Stages ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", [1, 2, 3])
def test_a_perfect_runner_moves_up_a_stage_a_week_to_the_last(start: int) -> None:
    log = run(CALM, runners(start=start))
    wanted = [min(start + week, 10) for week in range(12) for _ in range(3)]
    assert paths(log.stage) == [wanted]
    assert paths(log.stage_after) == [[*wanted[1:], 10]]
    assert paths(log.repeats) == [[10 if stage < 10 else 9 for stage in wanted]]
    np.testing.assert_allclose(log.run_minutes[:, 0, 0], [RUN_MINUTES[stage - 1] for stage in wanted], rtol=1e-12)
    assert log.attended.all()
    assert log.week.tolist() == [week for week in range(1, 13) for _ in range(3)]


def test_the_last_session_of_a_good_week_leads_to_the_next_stage(tmp_path: Path) -> None:
    lines = ("weeks = 1", "sessions_per_week = 2", *["[[stages]]", "intervals = [[60, 60]]", "repeats = [2, 4]"] * 2)
    log = run(CALM.with_values(programme=written(tmp_path / "week.toml", *lines), adherence_sd=0.4), runners())
    assert paths(log.stage) == [[1, 1]]
    assert paths(log.stage_after) == [[1, 2]]


def test_who_never_completes_stays_and_does_any_fewer_repeats_alike() -> None:
    log = run(CALM, runners(100, completion=0.0, start=2))
    assert paths(log.stage) == [[2] * 36]
    counts = np.bincount(log.repeats.ravel())
    assert counts[:6].sum() == 0
    assert len(counts) == 10
    expected = log.repeats.size / 4
    assert ((counts[6:] - expected) ** 2 / expected).sum() < stats.chi2(3).isf(1e-4)


def test_a_completion_probability_is_the_share_of_completed_sessions() -> None:
    log = run(CALM, runners(100, completion=0.3))
    assert abs((log.repeats == np.where(log.stage == 10, 9, 10)).mean() - 0.3) <= 4 * math.sqrt(0.21 / log.stage.size)


def test_who_never_comes_keeps_the_start_stage_and_does_nothing() -> None:
    log = run(STORMY, runners(propensity=0.0, start=3, proneness=1.0))
    assert paths(log.stage) == paths(log.stage_after) == [[3] * 36]
    for array in (log.attended, log.repeats, log.run_minutes, log.run_distance_km, log.flare, log.events):
        assert not array.any()


@pytest.mark.parametrize(
    ("change", "flare"),
    [
        ({"flare_rate": SURE}, True),
        ({"adverse_events.low_back_pain.rate": SURE}, True),
        ({"adverse_events.lower_limb.rate": SURE}, False),
        ({"adverse_events.syncope.rate": SURE}, False),
    ],
    ids=["flare", "low back pain", "lower limb", "syncope"],
)
def test_a_flare_or_event_drops_a_stage_at_once_never_below_1_and_blocks_the_week(
    change: dict[str, float], flare: bool
) -> None:
    quiet = CALM.with_values(adverse_events={kind: {"rate": 0.0} for kind in RATES})
    log = run(quiet.with_values(**change), runners(start=3, proneness=1.0))
    assert paths(log.stage) == [[3, 2] + [1] * 34]
    assert (log.flare == flare).all()
    assert log.attended.all()  # the dose falls, running does not stop
    assert (log.repeats == 10).all()


def test_the_stages_dropped_are_those_of_the_programme(tmp_path: Path) -> None:
    """Only stage 4 has running, so only there pain flares: one drop of two, a blocked week, then up again."""
    walk, jog = "intervals = [[0, 60]]", "intervals = [[600, 0]]"
    stages = [line for interval in (walk, walk, walk, jog) for line in ("[[stages]]", interval)]
    head = ("weeks = 5", "sessions_per_week = 3", "flare_stages = 2", "start_stages = [4]")
    record = CALM.with_values(
        programme=written(tmp_path / "two.toml", *head, *stages), flare_rate=SURE, adherence_sd=0.3
    )
    log = run(record, runners(start=4))
    assert paths(log.stage) == [[4, 2, 2, 2, 2, 2, 3, 3, 3, 4, 2, 2, 2, 2, 2]]
    assert paths(log.flare) == [[stage == 4 for stage in paths(log.stage)[0]]]


def test_a_flare_blocks_the_move_of_its_week_though_enough_was_completed(tmp_path: Path) -> None:
    """Four sessions: the first flares on stage 2, the three others are completed on stage 1, which has no running."""
    head = ("weeks = 3", "sessions_per_week = 4", "start_stages = [2]")
    stages = ("[[stages]]", "intervals = [[0, 60]]", "[[stages]]", "intervals = [[600, 0]]")
    record = CALM.with_values(
        programme=written(tmp_path / "four.toml", *head, *stages), flare_rate=SURE, adherence_sd=0.3
    )
    assert paths(run(record, runners(start=2)).stage) == [[2, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1]]


def completed(log: Sessions, plan: Programme) -> np.ndarray:
    """Whether a session was attended with the most repeats of its stage."""
    most = np.array([stage.repeats[1] for stage in plan.stages])[log.stage - 1]
    return np.asarray(log.attended & (log.repeats == most))


def test_stages_move_up_only_between_weeks_by_one_after_two_completed_sessions_without_a_flare() -> None:
    log, plan = stormy("asteroid"), programme("asteroid")
    done = completed(log, plan).reshape(12, 3, -1).sum(axis=1)
    hurt = (log.flare | log.events.any(axis=0)).reshape(12, 3, -1).any(axis=1)
    move = (log.stage_after - log.stage).reshape(12, 3, -1)
    assert (move[:, :2] <= 0).all()
    assert move[:, 2].max() == 1
    last = log.stage.reshape(12, 3, -1)[:, 2]
    for too_few in (done == 0, done == 1, hurt):
        assert too_few.sum() > 1000
        assert (move[:, 2][too_few] <= 0).all()
    free = (done >= 2) & ~hurt
    assert (move[:, 2][free & (last < 10)] == 1).all()
    assert (move[:, 2][free & (last == 10)] == 0).all()
    assert (free & (last == 10)).any()


def walk_through(plan: Programme, start: int, done: list[bool], hurt: list[bool]) -> list[int]:
    """Follow one runner by the rules as they are written, one session after another; the last is the stage after."""
    needed = min(plan.sessions_to_progress, plan.sessions_per_week)
    planned = [stage for week in plan.calendar for stage in week]
    stage, behind, path = start, 0, []
    for session in range(plan.n_sessions):
        if session % plan.sessions_per_week == 0:
            good, spared = 0, True
        path.append(max(planned[session] - behind, 1) if planned else stage)
        if hurt[session]:
            stage, behind, spared = max(stage - plan.flare_stages, 1), behind + plan.flare_stages, False
        elif done[session]:
            good += 1
        if (session + 1) % plan.sessions_per_week == 0 and spared and good >= needed:
            stage, behind = min(stage + 1, len(plan.stages)), max(behind - 1, 0)
    return [*path, max(planned[-1] - behind, 1) if planned else stage]


@pytest.mark.parametrize("name", sorted(set(programme_names()) - {"waitlist"}))
def test_every_path_is_that_of_the_written_rules(name: str) -> None:
    log, plan = stormy(name), programme(name)
    done, hurt = completed(log, plan), log.flare | log.events.any(axis=0)
    for person in range(20):
        for trial in range(0, 300, 10):
            at = (slice(None), person, trial)
            wanted = walk_through(plan, int(log.stage[(0, *at[1:])]), done[at].tolist(), hurt[at].tolist())
            assert [*log.stage[at].tolist(), int(log.stage_after[(-1, *at[1:])])] == wanted


@pytest.mark.parametrize("name", sorted(set(programme_names()) - {"waitlist"}))
def test_the_stage_after_a_session_is_the_stage_of_the_next(name: str) -> None:
    log = stormy(name)
    np.testing.assert_array_equal(log.stage_after[:-1], log.stage[1:])
    stages = len(programme(name).stages)
    for array in (log.stage, log.stage_after):
        assert array.min() >= 1
        assert array.max() <= stages


# Calendars -------------------------------------------------------------------------------------------------------

COUCH_TO_5K = [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 6, 7, 8, 9, 10, 10, 10, 10, 11, 11, 11, 12, 12, 12]


@pytest.mark.parametrize("propensity", [0.0, 0.5, 1.0])
def test_a_calendar_is_followed_whoever_comes(propensity: float) -> None:
    log = run(CALM.with_values(programme="couch_to_5k"), runners(propensity=propensity, completion=0.0))
    assert paths(log.stage) == [COUCH_TO_5K]
    assert paths(log.stage_after) == [[*COUCH_TO_5K[1:], 12]]


@pytest.mark.parametrize(
    ("dropped", "weeks", "planned"),
    [
        (1, "[1, 1], [2, 3], [5, 5], [5, 5], [6, 6]", [1, 1, 2, 3, 5, 5, 5, 5, 6, 6]),
        (2, "[1, 1], [2, 3], [6, 6], [6, 6], [6, 6]", [1, 1, 2, 3, 6, 6, 6, 6, 6, 6]),
    ],
)
def test_a_calendar_falls_behind_after_a_flare_and_catches_up(
    tmp_path: Path, dropped: int, weeks: str, planned: list[int]
) -> None:
    """Only stage 3 has running: there pain flares; then each good week makes up for a stage until none is missing."""
    stages = [line for run_s in (0, 0, 600, 0, 0, 0) for line in ("[[stages]]", f"intervals = [[{run_s}, 60]]")]
    head = ("weeks = 5", "sessions_per_week = 2", 'progression = "calendar"', f"flare_stages = {dropped}")
    name = written(tmp_path / "calendar.toml", *head, f"calendar = [{weeks}]", *stages)
    record = CALM.with_values(programme=name, flare_rate=SURE, adherence_sd=0.3)
    assert paths(run(record, runners()).stage) == [[1, 1, 2, 3, 4, 4, 5, 5, 6, 6]]
    # Who does not come does not fall behind.
    assert paths(run(record, runners(propensity=0.0)).stage) == [planned]


# Repeats, minutes and distance -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(set(programme_names()) - {"waitlist"}))
def test_an_attended_session_keeps_to_its_stage_and_its_length(name: str) -> None:
    log, plan = stormy(name), programme(name)
    at = log.stage - 1
    fewest, most = (np.array([stage.repeats[which] for stage in plan.stages])[at] for which in (0, 1))
    assert (log.repeats[~log.attended] == 0).all()
    assert (log.repeats[log.attended] >= fewest[log.attended]).all()
    assert (log.repeats[log.attended] <= most[log.attended]).all()
    running = np.array([stage.run_seconds(1) for stage in plan.stages])[at]
    together = np.array([stage.total_seconds(1) for stage in plan.stages])[at]
    np.testing.assert_allclose(60 * log.run_minutes, log.repeats * running, rtol=1e-12, atol=1e-9)
    assert (log.repeats * together <= 60 * plan.session_minutes).all()
    assert (log.run_minutes <= plan.session_minutes).all()
    assert log.run_minutes.min() >= 0


def test_no_stage_of_asteroid_takes_more_than_half_an_hour() -> None:
    plan = programme("asteroid")
    assert max(stage.total_seconds(stage.repeats[1]) for stage in plan.stages) <= 1800
    minutes = [stage.run_seconds(stage.repeats[1]) / 60 for stage in plan.stages]
    assert minutes == pytest.approx(RUN_MINUTES, rel=1e-12)
    assert max(minutes[:3]) == 7.5  # what the test run allows in the first week


def test_weekly_distance_stays_within_three_sessions_of_running() -> None:
    record = STORMY.with_values(running_speed_sd=4.0)
    who = simulate_traits(solve(record), 73, 0, 300)
    log = run(record, who)
    weekly = log.run_distance_km.reshape(12, 3, 20, 300).sum(axis=1)
    assert (weekly <= 3 * 0.5 * who.speed_kmh).all()
    np.testing.assert_allclose(log.run_distance_km, log.run_minutes / 60 * who.speed_kmh, rtol=1e-12)


# Attendance ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("decline", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("propensity", [0.3, 0.8])
def test_attendance_declines_over_the_weeks_as_stated(decline: float, propensity: float) -> None:
    log = run(CALM.with_values(adherence_decline=decline), runners(1000, propensity=propensity))
    by_week = log.attended.reshape(12, -1).mean(axis=1)
    centre = np.linspace(1, -1, 12)
    chance = propensity + decline * centre * propensity * (1 - propensity)
    error = np.sqrt(chance * (1 - chance) / (3 * 20 * 1000))
    assert (np.abs(by_week - chance) <= 4 * error).all()
    assert chance.mean() == pytest.approx(propensity, rel=1e-12)


def test_attendance_of_people_alike_is_independent_between_sessions() -> None:
    """The count of 36 has the spread of coin flips: equal streams in two sessions would widen it."""
    log = run(CALM.with_values(adherence_decline=0.0), runners(1000, propensity=0.6))
    count = log.attended.sum(axis=0).ravel()
    variance = 36 * 0.24
    assert abs(count.var(ddof=1) - variance) <= 4 * variance * math.sqrt(2 / count.size)


# Events ----------------------------------------------------------------------------------------------------------

RIGID = ASTEROID.with_values(
    programme="too_much_too_soon", **{"adverse_events.lower_limb.rate": 0.2}
)  # half an hour, no way up or down


def hazards(record: TrialAssumptions, log: Sessions, a_week: int) -> np.ndarray:
    """Return hours of running, weighted for sudden rises, session by session from the log alone."""
    hours = log.run_minutes / 60
    habitual = record.habitual_minutes / 60
    weighted = np.empty_like(hours)
    for session in range(len(hours)):
        first = session - session % a_week
        so_far = hours[first : session + 1].sum(axis=0)
        before = hours[first - a_week : first].sum(axis=0) if first else np.full(so_far.shape, habitual)
        rise = so_far / np.maximum(before, habitual)
        weighted[session] = hours[session] * (1 + record.load_spike * np.minimum(np.maximum(rise - 1.5, 0), 1.5))
    return weighted


def test_a_sudden_rise_raises_the_hazard_of_its_week_only() -> None:
    """Ten habitual minutes, then two hours a week: the first week is three times its load or more, the others alike."""
    record = RIGID.with_values(load_spike=5.0, flare_rate=0.0)
    counts = run(record, runners(1000, proneness=1.0)).events[0].reshape(12, -1).sum(axis=1)
    expected = 0.2 * 2 * 20 * 1000 * np.array([1 + 5 * 1.5, *[1.0] * 11])
    assert (np.abs(counts - expected) <= 4 * np.sqrt(expected)).all()


def test_the_load_factor_has_its_corners() -> None:
    record = ASTEROID.with_values(load_spike=2.0, habitual_minutes=30.0)
    this_week = np.array([0.0, 0.7, 0.75, 1.0, 1.5, 9.0, 1.5, 3.0])
    last_week = np.array([0.0, 0.0, 0.00, 0.0, 0.0, 0.0, 1.0, 1.0])
    wanted = [1, 1, 1, 2, 4, 4, 1, 4]
    np.testing.assert_allclose(load_factor(assumed(record), this_week, last_week), wanted, rtol=1e-12)
    unused = record.with_values(habitual_minutes=0.0)
    assert load_factor(assumed(unused), np.array([0.0, 0.1]), np.zeros(2)).tolist() == [1.0, 4.0]
    flat = record.with_values(load_spike=0.0)
    assert (load_factor(assumed(flat), this_week, last_week) == 1).all()


def test_load_spikes_add_events_and_take_none_away() -> None:
    calm, spiky = (
        run(record, simulate_traits(solve(record), 74, 0, 300))
        for record in (RIGID.with_values(load_spike=0.0), RIGID.with_values(load_spike=5.0))
    )
    np.testing.assert_array_equal(calm.attended, spiky.attended)
    np.testing.assert_array_equal(calm.run_minutes, spiky.run_minutes)
    assert (spiky.events >= calm.events).all()
    assert spiky.events.sum() > 1.5 * calm.events.sum()


@pytest.mark.parametrize(("name", "a_week"), [("asteroid", 3), ("couch_to_5k", 3), ("higher_dose", 4)])
def test_events_follow_running_proneness_and_load(name: str, a_week: int) -> None:
    """Sessions are Poisson given the past: counts less their summed hazards have mean 0 and the hazards' variance."""
    record = STORMY.with_values(programme=name, load_spike=3.0)
    who = simulate_traits(solve(record), 75, 0, 300)
    log = run(record, who)
    weighted = hazards(record, log, a_week)
    for index, rate in enumerate(RATES.values()):
        expected = float((rate * who.proneness * weighted).sum())
        assert abs(float(log.events[index].sum()) - expected) <= 4 * math.sqrt(expected)
    without_load = float((RATES["lower_limb"] * who.proneness * log.run_minutes / 60).sum())
    assert log.events[0].sum() > without_load + 5 * math.sqrt(without_load)


def test_flares_follow_running_hours_and_low_back_pain_events_are_flares() -> None:
    record = RIGID.with_values(flare_rate=0.4, **{"adverse_events.low_back_pain.rate": 0.0})
    log = run(record, simulate_traits(solve(record), 76, 0, 300))
    expected = (1 - math.exp(-0.4 * 0.5)) * log.attended.sum()
    assert abs(log.flare.sum() - expected) <= 4 * math.sqrt(expected)
    assert not log.flare[~log.attended].any()
    log = run(
        RIGID.with_values(flare_rate=0.0, **{"adverse_events.low_back_pain.rate": 0.4}), runners(100, proneness=1.0)
    )
    np.testing.assert_array_equal(log.flare, log.events[1] > 0)


@pytest.mark.parametrize("variance", [0.0, 1.0, 3.0])
def test_proneness_spreads_the_counts_of_people_and_keeps_their_mean(variance: float) -> None:
    """Negative binomial given the hours: mean m, variance m + variance x m^2."""
    record = RIGID.with_values(load_spike=0.0, flare_rate=0.0, proneness_variance=variance)
    drawn = simulate_traits(solve(record), 77, 0, 1000)
    log = run(record, drawn)
    counts = log.events[0].sum(axis=0).ravel().astype(float)
    mean = 0.2 * log.run_minutes.sum(axis=0).ravel() / 60
    excess = counts - mean
    assert abs(excess.mean()) <= 4 * excess.std() / math.sqrt(excess.size)
    beyond_poisson = excess**2 - mean - variance * mean**2
    assert abs(beyond_poisson.mean()) <= 4 * beyond_poisson.std() / math.sqrt(excess.size)
    if variance:
        extra = excess**2 - mean
        assert extra.mean() > 4 * extra.std() / math.sqrt(excess.size)


# No programme, no running ----------------------------------------------------------------------------------------


def test_a_programme_without_sessions_leaves_nothing() -> None:
    record = ASTEROID.with_values(programme="waitlist")
    log = run(record, simulate_traits(solve(record), 1, 0, 4))
    assert log.attended.shape == log.stage_after.shape == (0, 20, 4)
    assert log.events.shape == (3, 0, 20, 4)
    assert log.week.shape == (0,)


def test_walking_only_has_attendance_but_no_running_and_no_events() -> None:
    log = stormy("walking_only")
    assert 0.65 < log.attended.mean() < 0.75
    assert log.run_minutes.sum() == log.run_distance_km.sum() == log.events.sum() == log.flare.sum() == 0
    assert (log.repeats[log.attended] == 1).all()

"""One simulated trial as tables: what must hold in every one, whatever the seed."""

import math
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import asteroid_repro
from asteroid_repro import ASTEROID, InputError, Trial, event_rates, scenario, simulate_trial
from asteroid_repro.mechanism.mechanism import solve
from asteroid_repro.simulate.block import TrialBlock, simulate_block
from asteroid_repro.simulate.events import events_of_session, session_streams
from asteroid_repro.simulate.sessions import Sessions
from asteroid_repro.tables.schema import TABLES

EVENTFUL = ASTEROID.with_values(
    adverse_events={"lower_limb": {"rate": 3.0}, "syncope": {"rate": 1.0}},
    serious_share=0.4,
    n_treatment=12,
    n_reference=17,
)
WAITLIST = scenario("waitlist")
KINDS = {"identifier": "iu", "integer": "iu", "week": "iu", "number": "f", "boolean": "b"}


@cache
def trial(seed: int = 2024) -> Trial:
    """Simulate once."""
    return simulate_trial(ASTEROID, seed=seed)


@cache
def eventful() -> Trial:
    """Return a trial of unequal arms with many events, some serious."""
    return simulate_trial(EVENTFUL, seed=3)


@cache
def many() -> TrialBlock:
    """Return the first 1000 trials of a block."""
    return simulate_block(solve(ASTEROID), 2024, 0, 1000)


def log_of(block: TrialBlock) -> Sessions:
    """Return the sessions of a trial with a programme."""
    assert block.sessions is not None
    return block.sessions


@pytest.mark.parametrize("seed", range(5))
def test_allocation_is_exactly_20_to_20(seed: int) -> None:
    people = trial(seed).participants
    assert people["arm"].value_counts().to_dict() == {"running": 20, "waitlist": 20}
    assert people["participant"].tolist() == list(range(1, 41))


def test_allocation_is_shuffled_over_seeds() -> None:
    running = np.array([trial(seed).participants["arm"].to_numpy() == "running" for seed in range(60)])
    first_half = running[:, :20].sum(axis=1)
    assert len(np.unique(running, axis=0)) == 60
    # Hypergeometric: mean 10, SD sqrt(20 x 20 x 20 x 20 / (40^2 x 39)) = 1.60.
    assert abs(first_half.mean() - 10) <= 4 * 1.60 / math.sqrt(60)


def test_unequal_arms_have_their_sizes() -> None:
    assert eventful().participants["arm"].value_counts().to_dict() == {"waitlist": 17, "running": 12}


@pytest.mark.parametrize("name", TABLES)
def test_columns_and_dtypes_are_those_of_the_schema(name: str) -> None:
    table = eventful().tables()[name]
    further = ["age_years", "sex", "ran_before"] if name == "participants" else []
    assert list(table.columns) == [*TABLES[name], *further]
    for key, column in TABLES[name].items():
        if column.dtype == "text":
            assert all(isinstance(cell, str) for cell in table[key]), key
        else:
            assert table[key].dtype.kind in KINDS[column.dtype], key
    assert not table.drop(columns="pain", errors="ignore").isna().to_numpy().any()


def test_pain_is_known_where_somebody_came_and_lies_on_the_scale() -> None:
    sessions = eventful().sessions
    assert (sessions["pain"].notna() == sessions["attended"]).all()
    pain = sessions["pain"].dropna()
    assert pain.between(0, 100).all()
    assert (pain % 1 == 0).all()


def test_pain_follows_the_scores_of_the_visits_and_rises_where_it_flares() -> None:
    """Mean 0 and SD 8 around the line between the visits, 20 points higher in a flare, far from the ends."""
    record = ASTEROID.with_values(flare_rate=1.0, n_treatment=400)
    data = simulate_trial(record, seed=5)
    scores = data.outcomes[data.outcomes["outcome"] == "current_pain"]
    wide = scores.pivot_table(index="participant", columns="week", values="value")
    sessions = data.sessions[data.sessions["attended"]]
    line = np.array(
        [
            np.interp(week - 0.5, (0, 6, 12), wide.loc[person])
            for person, week in sessions[["participant", "week"]].values  # noqa: PD011
        ]
    )
    excess = (sessions["pain"] - line)[(line > 40) & (line < 50)]
    flare = sessions["flare"].loc[excess.index]
    calm, flared = excess[~flare], excess[flare]
    assert min(len(calm), len(flared)) > 50
    assert abs(calm.mean()) <= 4 * 8 / math.sqrt(len(calm))
    assert abs(calm.std() - 8) <= 4 * 8 / math.sqrt(2 * len(calm))
    assert abs(flared.mean() - 20) <= 4 * 8 / math.sqrt(len(flared))


def test_a_trial_without_events_keeps_its_columns_and_dtypes() -> None:
    none = ASTEROID.with_values(adverse_events={kind: {"rate": 0.0} for kind in ASTEROID.design.kinds})
    table = simulate_trial(none, seed=1).adverse_events
    assert table.empty
    assert list(table.columns) == list(TABLES["adverse_events"])
    assert [table[key].dtype.kind for key in ("participant", "week", "session", "serious")] == ["i", "i", "i", "b"]


@pytest.mark.parametrize("seed", range(5))
def test_scores_are_whole_or_even_numbers_on_the_scale(seed: int) -> None:
    outcomes = trial(seed).outcomes
    assert len(outcomes) == 40 * 3 * 3
    assert not outcomes.duplicated(["participant", "week", "outcome"]).any()
    assert outcomes["value"].between(0, 100).all()
    steps = outcomes["outcome"].map({"average_pain": 1, "current_pain": 1, "disability": 2})
    assert (outcomes["value"] % steps == 0).all()
    assert (outcomes.loc[outcomes["outcome"] != "disability", "value"] % 2 == 1).any()


def test_the_arm_is_the_same_in_every_table() -> None:
    arm = trial().participants.set_index("participant")["arm"]
    outcomes = trial().outcomes
    assert (outcomes["participant"].map(arm) == outcomes["arm"]).all()
    assert set(trial().sessions["participant"]) == set(arm.index[arm == "running"])


def test_a_session_is_30_minutes_of_running_and_walking_or_nothing() -> None:
    sessions = trial().sessions
    assert len(sessions) == 20 * 36
    assert (sessions["prescribed_minutes"] == 30).all()
    minutes = sessions["run_minutes"] + sessions["walk_minutes"]
    np.testing.assert_allclose(minutes, np.where(sessions["attended"], 30.0, 0.0), rtol=0, atol=1e-12)
    assert (sessions[["run_minutes", "walk_minutes", "run_distance_km"]] >= 0).all().all()
    assert ((sessions["run_distance_km"] > 0) == (sessions["run_minutes"] > 0)).all()


def test_sessions_are_numbered_three_a_week() -> None:
    sessions = trial().sessions
    assert (sessions["week"] == (sessions["session"] - 1) // 3 + 1).all()
    assert sessions.groupby("participant")["session"].apply(list).map(lambda s: s == list(range(1, 37))).all()


def test_the_running_of_a_session_is_the_repeats_of_its_stage() -> None:
    seconds = dict(enumerate([15, 30, 45, 60, 75, 90, 105, 120, 150, 180], start=1))
    sessions = trial().sessions
    wanted = sessions["repeats"] * sessions["stage"].map(seconds) / 60
    np.testing.assert_allclose(sessions["run_minutes"], wanted, rtol=1e-12, atol=1e-12)
    assert sessions["stage"].nunique() > 6
    assert ((sessions["repeats"] == 0) == ~sessions["attended"]).all()
    assert sessions.loc[sessions["attended"], "repeats"].between(6, 10).all()


def test_the_stage_after_a_session_is_the_stage_of_the_next() -> None:
    by_person = trial().sessions.groupby("participant")
    after, following = by_person["stage_after"].shift(1), trial().sessions["stage"]
    assert (after.dropna() == following[after.notna()]).all()


def test_a_runner_keeps_one_speed() -> None:
    ran = trial().sessions[lambda s: s["run_minutes"] > 0]
    speed = (ran["run_distance_km"] / (ran["run_minutes"] / 60)).groupby(ran["participant"])
    np.testing.assert_allclose(speed.max(), speed.min(), rtol=1e-12)
    assert speed.mean().nunique() == ran["participant"].nunique()


def test_the_distance_of_every_session_is_its_running_time_at_the_speed_of_the_runner() -> None:
    traits = many().traits
    assert traits is not None
    log, speed = log_of(many()), traits.speed_kmh
    np.testing.assert_allclose(log.run_distance_km, log.run_minutes / 60 * speed, rtol=1e-12)


def test_events_happen_only_where_somebody_ran() -> None:
    events, sessions = eventful().adverse_events, eventful().sessions
    assert len(events) > 50
    joined = events.merge(sessions, on=["participant", "week", "session"], how="left")
    assert len(joined) == len(events)
    assert (joined["run_minutes"] > 0).all()
    assert events["serious"].any()
    assert not events["serious"].all()


def test_the_events_table_counts_what_the_arrays_count() -> None:
    block = simulate_block(solve(EVENTFUL), 3, 0, 1)
    counts, serious = log_of(block).events[..., 0], block.serious
    table = eventful().adverse_events
    by_kind = table["kind"].value_counts().reindex(["lower_limb", "low_back_pain", "syncope"], fill_value=0)
    assert by_kind.tolist() == counts.sum(axis=(1, 2)).tolist()
    assert int(table["serious"].sum()) == int(serious.sum())
    assert table["session"].value_counts().sort_index().to_dict() == {
        session + 1: count for session, count in enumerate(counts.sum(axis=(0, 2))) if count
    }


@pytest.mark.parametrize("rate", [0.5, 5.0, 60.0])
def test_event_counts_are_poisson_quantiles(rate: float) -> None:
    """The mean, and the variance by an index of dispersion; 60 an hour is absurd but must not become 0."""
    record = ASTEROID.with_values(**{"adverse_events.lower_limb.rate": rate})
    counts = events_of_session(record, session_streams(1, 0, (20, 720), kinds=3), np.ones((20, 720)))[0].ravel()
    assert abs(counts.mean() - rate) <= 4 * math.sqrt(rate / counts.size)
    dispersion = ((counts - counts.mean()) ** 2).sum() / counts.mean()
    assert stats.chi2(counts.size - 1).interval(1 - 1e-4)[0] < dispersion < stats.chi2(counts.size - 1).isf(5e-5)


def test_the_people_are_those_of_the_assumptions() -> None:
    people = many().people
    age, female, ran_before = (people[name].ravel() for name in ("age_years", "sex", "ran_before"))
    assert age.min() >= 18
    assert age.max() <= 45
    assert abs(age.mean() - 33) <= 4 * 6 / math.sqrt(age.size)
    assert abs(female.mean() - 0.5) <= 4 * 0.5 / math.sqrt(age.size)
    assert abs(ran_before.mean() - 0.4) <= 4 * 0.49 / math.sqrt(age.size)
    # Each from its own uniform: one reused would make sex follow age.
    drawn = np.corrcoef([age, female, ran_before])
    assert np.abs(drawn[np.triu_indices(3, 1)]).max() <= 4 / math.sqrt(age.size)
    record = ASTEROID.with_values(characteristics={"sex": {"share": 1.0}, "ran_before": {"share": 0.0}})
    everyone = simulate_trial(record, seed=1).participants
    assert set(everyone["sex"]) == {"female"}
    assert not everyone["ran_before"].any()


def test_one_trial_is_the_first_of_many() -> None:
    for arm, complete in (("running", many().outcomes.treatment), ("waitlist", many().outcomes.reference)):
        rows = trial().outcomes[lambda o, arm=arm: o["arm"] == arm]
        wide = rows.pivot_table(index="participant", columns=["outcome", "week"], values="value")
        scores = complete[..., 0].reshape(9, -1).T
        assert sorted(map(tuple, wide.to_numpy())) == sorted(map(tuple, scores))
    ages = trial().participants.sort_values("age_years")["age_years"]
    np.testing.assert_array_equal(ages, np.sort(many().people["age_years"][:, 0]))
    attended = trial().sessions.groupby("participant")["attended"].sum()
    assert sorted(attended) == sorted(log_of(many()).attended[..., 0].sum(axis=0))
    assert len(trial().adverse_events) == log_of(many()).events[..., 0].sum()
    hours = trial().sessions.groupby("participant")["run_minutes"].sum()
    np.testing.assert_allclose(sorted(hours), sorted(log_of(many()).run_minutes[..., 0].sum(axis=0)), rtol=1e-12)


def test_a_seed_gives_its_trial_again_and_another_seed_another() -> None:
    again, other = simulate_trial(ASTEROID, seed=2024), trial(1)
    for name, table in trial().tables().items():
        pd.testing.assert_frame_equal(table, again.tables()[name], check_exact=True)
        assert not table.equals(other.tables()[name])


@pytest.mark.parametrize("seed", [-1, 1.5, "7", True, None])
def test_a_bad_seed_is_refused(seed: object) -> None:
    with pytest.raises(InputError, match=r"seed must be a whole number.*, got"):
        simulate_trial(ASTEROID, seed=seed)  # type: ignore[arg-type]


def test_the_label_says_simulated_with_scenario_seed_and_version() -> None:
    label = simulate_trial(ASTEROID.with_values(name="mine"), seed=7).label
    assert label.startswith("SIMULATED")
    assert "mine" in label
    assert "seed 7" in label
    assert asteroid_repro.__version__ in label


def test_attendance_differs_between_people_more_than_coin_flips() -> None:
    shares = log_of(many()).attended.mean(axis=0)
    assert abs(shares.mean() - 0.70) <= 4 * 0.20 / math.sqrt(shares.size)
    assert abs(shares.std(ddof=1) - 0.20) <= 0.005


def test_without_a_programme_there_are_no_sessions_and_no_events() -> None:
    block = simulate_block(solve(WAITLIST), 1, 0, 7)
    assert log_of(block).attended.shape == (0, 20, 7)
    assert log_of(block).events.shape == block.serious.shape == (3, 0, 20, 7)
    assert block.outcomes.treatment.shape == (3, 3, 20, 7)
    assert block.traits is not None
    assert (block.traits.propensity == 0).all()


def test_a_trial_without_a_programme_has_empty_tables_with_their_columns() -> None:
    data = simulate_trial(WAITLIST, seed=1)
    assert (len(data.participants), len(data.outcomes)) == (40, 360)
    for name in ("sessions", "adverse_events"):
        assert data.tables()[name].empty
        assert list(data.tables()[name].columns) == list(TABLES[name])


def test_walking_only_is_attended_without_running_and_has_no_rate() -> None:
    data = simulate_trial(scenario("walking_only"), seed=1)
    assert data.sessions["attended"].sum() > 400
    assert (data.sessions["run_minutes"] == 0).all()
    assert (data.sessions["run_distance_km"] == 0).all()
    assert (data.sessions["walk_minutes"] == 30 * data.sessions["attended"]).all()
    assert not data.sessions["flare"].any()
    assert data.adverse_events.empty
    with pytest.raises(InputError, match=r"running_hours must be positive, got 0 hours\. A rate needs time at risk"):
        event_rates(data)
    assert event_rates(data, per="attended_hours").rows[0].events == 0


def test_the_effect_received_makes_the_scores() -> None:
    """Runners who receive twice the effect have about twice the effect, far from the ends of the scale."""
    record = ASTEROID.with_values(dose_response=1.0).with_equal_baselines().with_effect(average_pain=-8)
    ours = simulate_block(solve(record), 8, 0, 400)
    none = simulate_block(solve(record.with_effect(average_pain=0)), 8, 0, 400)
    gain = (ours.outcomes.treatment - none.outcomes.treatment)[0, 2]
    share = log_of(ours).attended.mean(axis=0)
    slope, intercept = np.polyfit(share.ravel(), gain.ravel(), 1)
    assert slope == pytest.approx(-8 / 0.70, rel=0.03)
    assert intercept == pytest.approx(0, abs=0.3)

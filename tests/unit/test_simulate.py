"""One simulated trial as tables: what must hold in every one, whatever the seed."""

import math
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import asteroid_repro
from asteroid_repro import ASTEROID, InputError, Trial, simulate_trial
from asteroid_repro.schema import TABLES
from asteroid_repro.simulate.sessions import simulate_sessions
from asteroid_repro.simulate.trial import TrialBlock, simulate_block

EVENTFUL = ASTEROID.with_values(lower_limb_rate=3.0, syncope_rate=1.0, serious_share=0.4, n_running=12, n_waitlist=17)
KINDS = {"integer": "iu", "number": "f", "boolean": "b"}


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
    return simulate_block(ASTEROID, 2024, 0, 1000)


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
    assert list(table.columns) == list(TABLES[name])
    for key, column in TABLES[name].items():
        if column.dtype == "text":
            assert all(isinstance(cell, str) for cell in table[key]), key
        else:
            assert table[key].dtype.kind in KINDS[column.dtype], key
    assert not table.isna().to_numpy().any()


def test_a_trial_without_events_keeps_its_columns_and_dtypes() -> None:
    none = ASTEROID.with_values(lower_limb_rate=0.0, low_back_pain_rate=0.0, syncope_rate=0.0)
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


def test_the_running_share_of_a_session_grows_by_equal_steps() -> None:
    sessions = trial().sessions[lambda s: s["attended"]]
    share = (sessions["run_minutes"] / 30).groupby(sessions["week"]).agg(["min", "max"])
    wanted = np.linspace(ASTEROID.running_share_first_week, ASTEROID.running_share_last_week, 12)
    np.testing.assert_allclose(share["min"], wanted, rtol=1e-12)
    np.testing.assert_allclose(share["max"], wanted, rtol=1e-12)


def test_a_runner_keeps_one_speed() -> None:
    ran = trial().sessions[lambda s: s["run_minutes"] > 0]
    speed = (ran["run_distance_km"] / (ran["run_minutes"] / 60)).groupby(ran["participant"])
    np.testing.assert_allclose(speed.max(), speed.min(), rtol=1e-12)
    assert speed.mean().nunique() == ran["participant"].nunique()


def test_speeds_have_the_assumed_mean_and_sd() -> None:
    log = simulate_sessions(ASTEROID.with_values(running_speed_sd=2.0, adherence_mean=0.7), 1, 0, 1000)
    with np.errstate(invalid="ignore"):
        speed = np.nanmax(np.where(log.attended, log.run_distance_km / (log.run_minutes / 60), 0), axis=0).ravel()
    ran = speed[speed > 0]
    assert abs(ran.mean() - 8) <= 4 * 2 / math.sqrt(len(ran))
    assert abs(ran.std() - 2) <= 0.06  # 4 standard errors of the SD of this log-normal


def test_events_happen_only_where_somebody_ran() -> None:
    events, sessions = eventful().adverse_events, eventful().sessions
    assert len(events) > 50
    joined = events.merge(sessions, on=["participant", "week", "session"], how="left")
    assert len(joined) == len(events)
    assert (joined["run_minutes"] > 0).all()
    assert events["serious"].any()
    assert not events["serious"].all()


def test_the_events_table_counts_what_the_arrays_count() -> None:
    arrays = simulate_block(EVENTFUL, 3, 0, 1).events
    table = eventful().adverse_events
    by_kind = table["kind"].value_counts().reindex(["lower_limb", "low_back_pain", "syncope"], fill_value=0)
    assert by_kind.tolist() == arrays.counts[..., 0].sum(axis=(1, 2)).tolist()
    assert int(table["serious"].sum()) == int(arrays.serious.sum())
    assert table["session"].value_counts().sort_index().to_dict() == {
        session + 1: count for session, count in enumerate(arrays.counts[..., 0].sum(axis=(0, 2))) if count
    }


@pytest.mark.parametrize("rate", [0.5, 5.0, 60.0])
def test_event_counts_are_poisson_quantiles(rate: float) -> None:
    """The mean, and the variance by an index of dispersion; 60 an hour is absurd but must not become 0."""
    hour = np.full((36, 20), 60.0)[..., np.newaxis].repeat(20, axis=2)
    from asteroid_repro.simulate.events import simulate_events

    record = ASTEROID.with_values(lower_limb_rate=rate)
    counts = simulate_events(record, 1, 0, 20, hour).counts[0].ravel()
    assert abs(counts.mean() - rate) <= 4 * math.sqrt(rate / counts.size)
    dispersion = ((counts - counts.mean()) ** 2).sum() / counts.mean()
    assert stats.chi2(counts.size - 1).interval(1 - 1e-4)[0] < dispersion < stats.chi2(counts.size - 1).isf(5e-5)


def test_the_people_are_those_of_the_assumptions() -> None:
    people = many().people
    assert people.age_years.min() >= 18
    assert people.age_years.max() <= 45
    size = people.age_years.size
    assert abs(people.age_years.mean() - 33) <= 4 * 6 / math.sqrt(size)
    assert abs(people.female.mean() - 0.5) <= 4 * 0.5 / math.sqrt(size)
    assert abs(people.ran_before.mean() - 0.4) <= 4 * 0.49 / math.sqrt(size)
    # Each from its own uniform: one reused would make sex follow age.
    drawn = np.corrcoef([people.age_years.ravel(), people.female.ravel(), people.ran_before.ravel()])
    assert np.abs(drawn[np.triu_indices(3, 1)]).max() <= 4 / math.sqrt(size)
    everyone = simulate_trial(ASTEROID.with_values(female_share=1.0, ran_before_share=0.0), seed=1).participants
    assert set(everyone["sex"]) == {"female"}
    assert not everyone["ran_before"].any()


def test_one_trial_is_the_first_of_many() -> None:
    for arm in ("running", "waitlist"):
        rows = trial().outcomes[lambda o, arm=arm: o["arm"] == arm]
        wide = rows.pivot_table(index="participant", columns=["outcome", "week"], values="value")
        scores = getattr(many().outcomes, arm)[..., 0].reshape(9, -1).T
        assert sorted(map(tuple, wide.to_numpy())) == sorted(map(tuple, scores))
    ages = trial().participants.sort_values("age_years")["age_years"]
    np.testing.assert_array_equal(ages, np.sort(many().people.age_years[:, 0]))
    attended = trial().sessions.groupby("participant")["attended"].sum()
    assert sorted(attended) == sorted(many().sessions.attended[..., 0].sum(axis=0))
    assert len(trial().adverse_events) == many().events.counts[..., 0].sum()


def test_a_seed_gives_its_trial_again_and_another_seed_another() -> None:
    again, other = simulate_trial(ASTEROID, seed=2024), trial(1)
    for name, table in trial().tables().items():
        pd.testing.assert_frame_equal(table, again.tables()[name], check_exact=True)
        assert not table.equals(other.tables()[name])


@pytest.mark.parametrize("seed", [-1, 1.5, "7", True, None])
def test_a_bad_seed_is_refused(seed: object) -> None:
    with pytest.raises(InputError, match="seed must be a whole number of 0 or more, got"):
        simulate_trial(ASTEROID, seed=seed)  # type: ignore[arg-type]


def test_the_label_says_simulated_with_scenario_seed_and_version() -> None:
    label = simulate_trial(ASTEROID.with_values(name="mine"), seed=7).label
    assert label.startswith("SIMULATED")
    assert "mine" in label
    assert "seed 7" in label
    assert asteroid_repro.__version__ in label


def test_attendance_differs_between_people_more_than_coin_flips() -> None:
    shares = many().sessions.attended.mean(axis=0)
    assert abs(shares.mean() - 0.70) <= 4 * 0.20 / math.sqrt(shares.size)
    assert abs(shares.std(ddof=1) - 0.20) <= 0.005

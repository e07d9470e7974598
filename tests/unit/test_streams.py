"""Random streams: any number of trials is a prefix of more, and each purpose has its own bits."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache

import numpy as np
import pytest

from asteroid_repro import ASTEROID, InputError, TrialAssumptions, estimate_effects, simulate_trial
from asteroid_repro.engine.trial_estimates import simulated_estimates, simulated_scores
from asteroid_repro.estimate.effects.methods import Distribution, chosen_analysis, estimate_arrays
from asteroid_repro.evaluate.sampling import sampling_distribution
from asteroid_repro.mechanism.mechanism import solve
from asteroid_repro.simulate.block import TrialBlock, simulate_block
from asteroid_repro.simulate.outcomes import simulate_outcomes, tile_trials
from asteroid_repro.simulate.sessions import Sessions
from asteroid_repro.simulate.streams import BLOCK_TRIALS, Purpose, stream
from asteroid_repro.simulate.traits import Traits

OUTCOMES = ASTEROID.design.outcome_names
SERIOUS = ASTEROID.with_values(serious_share=0.5, **{"adverse_events.lower_limb.rate": 2.0})
LINKED = ASTEROID.with_values(adherence_prognosis=-0.5, dose_response=0.5, effect_variation=0.5)
CALENDAR = ASTEROID.with_values(programme="couch_to_5k", flare_rate=1.0)
RIGID = ASTEROID.with_values(programme="too_much_too_soon")  # one stage: nothing that happens changes the dose


@cache
def block(record: TrialAssumptions = ASTEROID, number: int = 0, trials: int = 64, seed: int = 5) -> TrialBlock:
    """Simulate a block once."""
    return simulate_block(solve(record), seed, number, trials)


def sessions(simulated: TrialBlock) -> Sessions:
    """Return the sessions of a trial with a programme."""
    assert simulated.sessions is not None
    return simulated.sessions


def traits(simulated: TrialBlock) -> Traits:
    """Return the traits of the treated people of a trial with a programme."""
    assert simulated.traits is not None
    return simulated.traits


def arrays(simulated: TrialBlock) -> dict[str, np.ndarray]:
    """Return every array of a block that has a trial axis, by name."""
    found: dict[str, np.ndarray] = {}
    for part in fields(simulated):
        record = getattr(simulated, part.name)
        if is_dataclass(record):
            found |= {f"{part.name}.{field.name}": getattr(record, field.name) for field in fields(record)}
        elif isinstance(record, Mapping):
            found |= {f"{part.name}.{name}": array for name, array in record.items()}
        else:
            found[part.name] = record
    del found["sessions.week"]  # the calendar, the same in every trial
    return found


def test_purposes_keep_their_numbers() -> None:
    """A regression test: renumbering a purpose would change every published simulation."""
    numbers = {purpose.name: int(purpose) for purpose in Purpose}
    first = {
        "ALLOCATION": 1, "PEOPLE": 2, "OUTCOMES": 3, "ATTENDANCE_PROPENSITY": 4, "ATTENDANCE": 5,
        "RUNNING_SPEED": 6, "EVENTS": 7, "SERIOUSNESS": 8, "RECONSTRUCTION": 9, "START_STAGE": 10,
        "COMPLETION_PROPENSITY": 11, "PRONENESS": 12, "COMPLETION": 13, "FLARE": 14, "SESSION_PAIN": 15,
        "SCREENING": 16, "EVENTS_OF_SECOND_KIND": 17, "EVENTS_OF_THIRD_KIND": 18, "EFFECT_VARIATION": 19,
        "MISSING_VISITS": 20, "EVENTS_OF_FURTHER_KINDS": 21, "EVENT_WEEK": 22,
    }  # fmt: skip
    assert first.items() <= numbers.items()
    assert len(set(numbers.values())) == len(Purpose.__members__)  # an enum silently merges equal numbers


def test_the_bits_of_a_stream_stay() -> None:
    """A regression test of generator, key and block size."""
    wanted = np.random.Generator(np.random.SFC64(np.random.SeedSequence(2024, spawn_key=(3, 1)))).random(4)
    np.testing.assert_array_equal(stream(2024, Purpose.OUTCOMES, 1).random(4), wanted)
    assert BLOCK_TRIALS == 1000


def test_seed_purpose_and_block_each_make_another_stream() -> None:
    keys = [(seed, purpose, number) for seed in (0, 1, 2) for purpose in Purpose for number in (0, 1, 2)]
    draws = np.array([stream(*key).random(8) for key in keys])
    assert len(np.unique(draws[:, 0])) == len(keys)
    assert abs(np.corrcoef(draws[:, :-1].ravel(), draws[:, 1:].ravel())[0, 1]) < 0.3


@pytest.mark.parametrize("seed", [-1, 1.0, "1", True, None, np.float64(3)])
def test_a_bad_seed_is_refused(seed: object) -> None:
    with pytest.raises(InputError, match="seed must be a whole number of 0 or more, got"):
        stream(seed, Purpose.PEOPLE, 0)  # type: ignore[arg-type]


def test_a_numpy_seed_is_the_same_seed() -> None:
    assert stream(np.int64(7), Purpose.PEOPLE, 0).random() == stream(7, Purpose.PEOPLE, 0).random()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "record", [ASTEROID, SERIOUS, LINKED, CALENDAR, RIGID], ids=["asteroid", "serious", "linked", "calendar", "rigid"]
)
def test_500_trials_are_the_first_500_of_1000(record: TrialAssumptions) -> None:
    fewer, more = arrays(block(record, trials=500)), arrays(block(record, trials=1000))
    assert fewer.keys() == more.keys()
    for name, array in fewer.items():
        assert array.shape[-1] == 500
        np.testing.assert_array_equal(array, more[name][..., :500], err_msg=name)


def test_blocks_and_seeds_differ_in_every_array() -> None:
    record = SERIOUS.with_values(**{"adverse_events.lower_limb.reference_rate": 1.0})
    base = arrays(block(record))
    for other in (arrays(block(record, number=1)), arrays(block(record, seed=6))):
        for name, array in base.items():
            assert not np.array_equal(array, other[name]), name


def test_trials_and_people_within_a_block_differ() -> None:
    scores = np.concatenate([block().outcomes.treatment, block().outcomes.reference], axis=2)
    by_person = scores.reshape(9, -1)
    assert len(np.unique(by_person, axis=1).T) == by_person.shape[1]


@pytest.mark.parametrize("trials", [0, -1, BLOCK_TRIALS + 1])
def test_a_block_has_its_size(trials: int) -> None:
    with pytest.raises(InputError, match=f"trials must be from 1 to 1000 in one block, got {trials}"):
        simulate_block(solve(ASTEROID), 1, 0, trials)


def same(first: TrialBlock, second: TrialBlock, *prefixes: str) -> bool:
    """Whether the arrays with these prefixes are equal in every bit."""
    ours, theirs = arrays(first), arrays(second)
    return all(np.array_equal(ours[name], theirs[name]) for name in ours if name.startswith(prefixes))


def test_another_effect_changes_the_running_arm_after_baseline_and_nothing_else() -> None:
    base, other = block(), block(ASTEROID.with_effect(average_pain=-5))
    assert same(base, other, "people", "traits", "sessions", "serious", "outcomes.reference")
    before, after = base.outcomes.treatment, other.outcomes.treatment
    np.testing.assert_array_equal(before[0, 0], after[0, 0])
    # The latent correlations are solved for anew, so the other outcomes move by a rounding or a little more.
    assert np.corrcoef(before[1:].ravel(), after[1:].ravel())[0, 1] > 0.999
    assert (after[0, 2] > before[0, 2]).mean() > 0.85
    assert np.corrcoef(before[0, 2].ravel(), after[0, 2].ravel())[0, 1] > 0.97


def differing(first: TrialBlock, second: TrialBlock) -> set[str]:
    """Return the names of the arrays that are not equal in every bit."""
    ours, theirs = arrays(first), arrays(second)
    return {name for name in ours if not np.array_equal(ours[name], theirs[name])}


def test_another_event_rate_changes_only_events_where_events_do_not_lower_the_dose() -> None:
    base, other = block(RIGID), block(RIGID.with_values(**{"adverse_events.lower_limb.rate": 1.0}))
    assert differing(base, other) == {"sessions.events"}
    np.testing.assert_array_equal(sessions(base).events[1:], sessions(other).events[1:])
    before, after = sessions(base).events[0], sessions(other).events[0]
    assert (after >= before).all()  # common random numbers: more, never fewer
    assert after.sum() > 5 * before.sum()


def test_another_event_rate_changes_doses_but_neither_who_comes_nor_how_they_fare() -> None:
    base, other = block(), block(ASTEROID.with_values(**{"adverse_events.lower_limb.rate": 0.5}))
    assert same(base, other, "people", "traits", "outcomes", "sessions.attended", "serious")
    assert (sessions(other).stage.mean(axis=(1, 2)) <= sessions(base).stage.mean(axis=(1, 2))).all()
    assert sessions(other).run_minutes.sum() < sessions(base).run_minutes.sum()


def test_each_kind_of_event_has_its_own_stream() -> None:
    """With one rate for all kinds, equal streams would give equal counts."""
    rates = {kind: {"rate": 1.0} for kind in ASTEROID.design.kinds}
    counts = sessions(block(RIGID.with_values(adverse_events=rates))).events.reshape(3, -1)
    correlation = np.corrcoef(counts)[np.triu_indices(3, 1)]
    assert counts.sum(axis=1).min() > 1000
    # Shared proneness and attendance make people alike, sessions hardly: identical streams would have 1.
    assert (correlation < 0.6).all()


def test_another_seriousness_changes_no_count() -> None:
    base, other = block(), block(ASTEROID.with_values(serious_share=0.5))
    assert differing(base, other) == {"serious"}
    assert other.serious.sum() > 0
    assert (other.serious <= sessions(other).events).all()
    assert (block(ASTEROID.with_values(serious_share=1.0)).serious == sessions(base).events).all()


def test_another_speed_changes_distance_only() -> None:
    base, other = block(), block(ASTEROID.with_values(running_speed_mean=9.0))
    assert differing(base, other) == {"traits.speed_kmh", "sessions.run_distance_km"}


def test_another_proneness_variance_changes_no_other_trait() -> None:
    base, other = block(RIGID), block(RIGID.with_values(proneness_variance=3.0))
    assert {"traits.proneness"} <= differing(base, other) <= {"traits.proneness", "sessions.events", "sessions.flare"}
    order = np.argsort(traits(base).proneness, axis=None)
    assert (np.diff(traits(other).proneness.ravel()[order]) >= 0).all()


def test_another_flare_rate_changes_no_trait_nor_who_comes() -> None:
    base, other = block(), block(ASTEROID.with_values(flare_rate=1.0))
    assert same(base, other, "people", "traits", "outcomes", "sessions.attended")
    assert differing(block(RIGID), block(RIGID.with_values(flare_rate=1.0))) == {"sessions.flare"}
    assert (sessions(other).stage.mean(axis=(1, 2)) <= sessions(base).stage.mean(axis=(1, 2))).all()


def test_another_adherence_keeps_who_comes_more_and_every_other_trait() -> None:
    base, other = block(), block(ASTEROID.with_values(adherence_mean=0.5))
    assert same(base, other, "people", "outcomes")
    assert {name for name in differing(base, other) if name.startswith("traits")} == {"traits.propensity"}
    before, after = traits(base).propensity.ravel(), traits(other).propensity.ravel()
    np.testing.assert_array_equal(np.argsort(before, kind="stable"), np.argsort(after, kind="stable"))
    assert (after < before).mean() > 0.99
    less = sessions(other).attended.mean(axis=(0, 1)) < sessions(base).attended.mean(axis=(0, 1))
    assert less.all()


def test_another_effect_of_the_dose_changes_only_the_runners_after_baseline() -> None:
    base = block()
    for change in ({"dose_response": 1.0}, {"effect_variation": 0.5}):
        other = block(ASTEROID.with_values(**change))
        assert differing(base, other) == {"outcomes.treatment", "complete.treatment"}
        np.testing.assert_array_equal(base.outcomes.treatment[:, 0], other.outcomes.treatment[:, 0])


def test_prognostic_adherence_changes_who_comes_and_no_score() -> None:
    base, other = block(), block(ASTEROID.with_values(adherence_prognosis=-0.5))
    assert same(base, other, "people", "outcomes")
    assert {name for name in differing(base, other) if name.startswith("traits")} == {"traits.propensity"}


def test_other_people_change_only_people() -> None:
    other_people = {"age_years": {"mean": 30.0}, "sex": {"share": 0.9}, "ran_before": {"share": 0.1}}
    base, other = block(), block(ASTEROID.with_values(characteristics=other_people))
    assert differing(base, other) == {"people.age_years", "people.sex", "people.ran_before"}
    assert (other.people["sex"] >= base.people["sex"]).all()
    assert (other.people["ran_before"] <= base.people["ran_before"]).all()


ENGINE_RECORDS = {
    "complete": ASTEROID,
    "missing": ASTEROID.with_values(missing_treatment=0.2, missing_reference=0.1, missing_mechanism="mar"),
    "linked": LINKED,
}


@pytest.mark.parametrize("record", ENGINE_RECORDS.values(), ids=ENGINE_RECORDS)
def test_500_trials_of_the_engine_are_the_first_500_of_1000(record: TrialAssumptions) -> None:
    fewer, more = (
        simulated_estimates(solve(record), 6, 0, trials, chosen_analysis("change_score")) for trials in (500, 1000)
    )
    for name in ("estimate", "standard_error", "df", "boundary", "converged"):
        np.testing.assert_array_equal(getattr(fewer, name), getattr(more, name)[..., :500], err_msg=name)


def test_trials_of_a_run_over_blocks_are_the_first_of_a_longer_one() -> None:
    fewer, more = (sampling_distribution(ASTEROID, trials=trials, seed=6).estimates for trials in (1500, 2100))
    for name in OUTCOMES:
        np.testing.assert_array_equal(fewer[name], more[name][:, :1500])


@pytest.mark.parametrize("method", ["random_intercept", "change_score"])
@pytest.mark.parametrize("record", ENGINE_RECORDS.values(), ids=ENGINE_RECORDS)
def test_trials_over_several_blocks_are_those_of_the_blocks(record: TrialAssumptions, method: str) -> None:
    mechanism, analysis = solve(record), chosen_analysis(method)
    together = simulated_estimates(mechanism, 6, 3, 2100, analysis)
    apart = [
        simulated_estimates(mechanism, 6, block, size, analysis) for block, size in ((3, 1000), (4, 1000), (5, 100))
    ]
    for name in ("estimate", "standard_error", "df", "boundary", "converged"):
        parts = [np.broadcast_to(getattr(one, name), one.estimate.shape) for one in apart]
        whole = np.broadcast_to(getattr(together, name), together.estimate.shape)
        np.testing.assert_array_equal(whole, np.concatenate(parts, axis=-1), err_msg=name)


def test_tiles_fill_a_block_and_fit_in_fast_memory() -> None:
    for people in range(4, 12_000):
        size = tile_trials(people)
        assert BLOCK_TRIALS % size == 0
        assert size == 40 or (size > 40 and size * people <= 10_000)
        assert size == BLOCK_TRIALS or 2 * size * people > 10_000  # the next part of a block is too large


@pytest.mark.parametrize("people", [12, 40, 400])
def test_the_size_of_a_tile_does_not_show(people: int) -> None:
    record = ASTEROID.with_people(people // 2, people // 2)
    size = tile_trials(people)
    whole = simulate_outcomes(solve(record), 8, 3, BLOCK_TRIALS)
    edges = {1, size - 1, size, size + 1, 2 * size, 700, BLOCK_TRIALS - 1} & set(range(1, BLOCK_TRIALS))
    for trials in edges:
        part = simulate_outcomes(solve(record), 8, 3, trials)
        for arm in ("treatment", "reference"):
            np.testing.assert_array_equal(getattr(part, arm), getattr(whole, arm)[..., :trials], err_msg=str(trials))
    by_trial = np.concatenate([whole.treatment, whole.reference], axis=2).reshape(-1, BLOCK_TRIALS).T
    assert len(np.unique(by_trial, axis=0)) == BLOCK_TRIALS  # no tile is drawn twice


@pytest.mark.parametrize("record", ENGINE_RECORDS.values(), ids=ENGINE_RECORDS)
def test_another_effect_keeps_the_scores_of_the_waitlist_in_the_engine(record: TrialAssumptions) -> None:
    other = record.with_effect(average_pain=-3, disability=-1)
    base, changed = (simulated_scores(solve(each), 9, 1, 300) for each in (record, other))
    np.testing.assert_array_equal(base.reference, changed.reference)
    assert not np.array_equal(base.treatment[:, 1:], changed.treatment[:, 1:])
    np.testing.assert_array_equal(base.treatment[0, 0], changed.treatment[0, 0])
    # No effect reaches baseline, but the correlations of the other outcomes are solved anew: a few scores round apart.
    assert (base.treatment[:, 0] == changed.treatment[:, 0]).mean() > 0.97
    assert abs(base.treatment[:, 0] - changed.treatment[:, 0]).max() <= 2


@pytest.mark.parametrize(
    ("method", "distribution"),
    [
        ("random_intercept", "z"), ("random_intercept", "t"), ("mmrm", "t"), ("mmrm_compound_symmetry", "t"),
        ("ancova", "t"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("arms", [(20, 20), (7, 12)])
def test_the_lane_of_moments_is_the_general_way(method: str, distribution: Distribution, arms: tuple[int, int]) -> None:
    record = ASTEROID.with_people(*arms)
    scores = simulate_outcomes(solve(record), 10, 2, 700)
    running, waitlist = (np.moveaxis(arm, 0, 2) for arm in (scores.treatment, scores.reference))
    general = estimate_arrays(running, waitlist, method=method, distribution=distribution)
    lane = simulated_estimates(solve(record), 10, 2, 700, chosen_analysis(method, distribution))
    np.testing.assert_allclose(lane.estimate, general.estimate, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(lane.standard_error, general.standard_error, rtol=1e-10)
    np.testing.assert_array_equal(lane.df, general.df)
    np.testing.assert_array_equal(lane.boundary, general.boundary)
    assert lane.converged.all()
    assert general.converged.all()


@pytest.mark.parametrize("distribution", ["z", "t", "kenward_roger"])
def test_the_general_lane_refers_to_the_distribution_asked_for(distribution: Distribution) -> None:
    record = ENGINE_RECORDS["missing"].with_people(6, 6)
    scores = simulated_scores(solve(record), 10, 2, 60)
    lane = simulated_estimates(solve(record), 10, 2, 60, chosen_analysis("random_intercept", distribution))
    for outcome, arms in enumerate(zip(scores.treatment, scores.reference, strict=True)):
        general = estimate_arrays(*arms, method="random_intercept", distribution=distribution)
        np.testing.assert_array_equal(lane.df[:, outcome], general.df)
        np.testing.assert_array_equal(lane.standard_error[:, outcome], general.standard_error)


@pytest.mark.parametrize("arm", ["treatment", "reference"])
@pytest.mark.parametrize("method", ["random_intercept", "ancova"])
def test_visits_missed_in_one_arm_alone_are_not_taken_for_none(arm: str, method: str) -> None:
    record = ASTEROID.with_values(**{f"missing_{arm}": 0.3})
    scores = simulated_scores(solve(record), 10, 2, 60)
    assert np.isnan(getattr(scores, arm)).any()
    lane = simulated_estimates(solve(record), 10, 2, 60, chosen_analysis(method))
    for outcome, arms in enumerate(zip(scores.treatment, scores.reference, strict=True)):
        general = estimate_arrays(*arms, method=method)
        np.testing.assert_array_equal(lane.estimate[:, outcome], general.estimate)
        np.testing.assert_array_equal(lane.standard_error[:, outcome], general.standard_error)


@pytest.mark.parametrize("method", ["random_intercept", "ancova", "change_score"])
@pytest.mark.parametrize("record", ENGINE_RECORDS.values(), ids=ENGINE_RECORDS)
def test_a_single_trial_is_the_first_of_the_engine(record: TrialAssumptions, method: str) -> None:
    table = estimate_effects(simulate_trial(record, seed=11), method=method).to_frame()
    run = sampling_distribution(record, trials=2, seed=11, method=method, conditional=True).estimates
    for name in OUTCOMES:
        own = table[table["outcome"] == name].sort_values("week")["estimate"]
        np.testing.assert_allclose(own, run[name][:, 0], rtol=1e-10, atol=1e-10)

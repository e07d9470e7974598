"""Random streams: any number of trials is a prefix of more, and each purpose has its own bits."""

from dataclasses import fields
from functools import cache

import numpy as np
import pytest

from asteroid_repro import ASTEROID, InputError, TrialAssumptions
from asteroid_repro.simulate.streams import BLOCK_TRIALS, Purpose, stream
from asteroid_repro.simulate.trial import TrialBlock, simulate_block

SERIOUS = ASTEROID.with_values(serious_share=0.5, lower_limb_rate=2.0)


@cache
def block(record: TrialAssumptions = ASTEROID, number: int = 0, trials: int = 64, seed: int = 5) -> TrialBlock:
    """Simulate a block once."""
    return simulate_block(record, seed, number, trials)


def arrays(simulated: TrialBlock) -> dict[str, np.ndarray]:
    """Return every array of a block that has a trial axis, by name."""
    found: dict[str, np.ndarray] = {}
    for part in fields(simulated):
        record = getattr(simulated, part.name)
        found |= {f"{part.name}.{field.name}": getattr(record, field.name) for field in fields(record)}
    del found["sessions.week"]  # the calendar, the same in every trial
    return found


def test_purposes_keep_their_numbers() -> None:
    """A regression test: renumbering a purpose would change every published simulation."""
    numbers = {purpose.name: int(purpose) for purpose in Purpose}
    first = {
        "ALLOCATION": 1, "PEOPLE": 2, "OUTCOMES": 3, "ATTENDANCE_PROPENSITY": 4, "ATTENDANCE": 5,
        "RUNNING_SPEED": 6, "ADVERSE_EVENTS": 7, "SERIOUSNESS": 8,
    }  # fmt: skip
    assert first.items() <= numbers.items()
    assert len(set(numbers.values())) == len(Purpose.__members__)  # an enum silently merges equal numbers


def test_the_bits_of_a_stream_stay() -> None:
    """A regression test of generator, key and block size."""
    wanted = np.random.Generator(np.random.SFC64(np.random.SeedSequence(2024, spawn_key=(3, 1)))).random(4)
    np.testing.assert_array_equal(stream(2024, Purpose.OUTCOMES, 1).random(4), wanted)
    assert BLOCK_TRIALS == 1024


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


@pytest.mark.parametrize("record", [ASTEROID, SERIOUS], ids=["asteroid", "serious"])
def test_500_trials_are_the_first_500_of_1000(record: TrialAssumptions) -> None:
    fewer, more = arrays(block(record, trials=500)), arrays(block(record, trials=1000))
    assert fewer.keys() == more.keys()
    for name, array in fewer.items():
        assert array.shape[-1] == 500
        np.testing.assert_array_equal(array, more[name][..., :500], err_msg=name)


def test_blocks_and_seeds_differ_in_every_array() -> None:
    base = arrays(block(SERIOUS))
    for other in (arrays(block(SERIOUS, number=1)), arrays(block(SERIOUS, seed=6))):
        for name, array in base.items():
            assert not np.array_equal(array, other[name]), name


def test_trials_and_people_within_a_block_differ() -> None:
    scores = np.concatenate([block().outcomes.running, block().outcomes.waitlist], axis=2)
    by_person = scores.reshape(9, -1)
    assert len(np.unique(by_person, axis=1).T) == by_person.shape[1]


@pytest.mark.parametrize("trials", [0, -1, BLOCK_TRIALS + 1])
def test_a_block_has_its_size(trials: int) -> None:
    with pytest.raises(InputError, match=f"trials must be from 1 to 1024 in one block, got {trials}"):
        simulate_block(ASTEROID, 1, 0, trials)


def same(first: TrialBlock, second: TrialBlock, *prefixes: str) -> bool:
    """Whether the arrays with these prefixes are equal in every bit."""
    ours, theirs = arrays(first), arrays(second)
    return all(np.array_equal(ours[name], theirs[name]) for name in ours if name.startswith(prefixes))


def test_another_effect_changes_the_running_arm_after_baseline_and_nothing_else() -> None:
    base, other = block(), block(ASTEROID.with_effect(average_pain=-5))
    assert same(base, other, "people", "sessions", "events", "outcomes.waitlist")
    before, after = base.outcomes.running, other.outcomes.running
    np.testing.assert_array_equal(before[0, 0], after[0, 0])
    # The latent correlations are solved for anew, so the other outcomes move by a rounding or a little more.
    assert np.corrcoef(before[1:].ravel(), after[1:].ravel())[0, 1] > 0.999
    assert (after[0, 2] > before[0, 2]).mean() > 0.85
    assert np.corrcoef(before[0, 2].ravel(), after[0, 2].ravel())[0, 1] > 0.97


def test_another_event_rate_changes_only_events() -> None:
    base, other = block(), block(ASTEROID.with_values(lower_limb_rate=0.5))
    assert same(base, other, "people", "outcomes", "sessions")
    np.testing.assert_array_equal(base.events.counts[1:], other.events.counts[1:])
    assert (other.events.counts[0] >= base.events.counts[0]).all()  # common random numbers: more, never fewer
    assert other.events.counts[0].sum() > 5 * base.events.counts[0].sum()


def test_another_seriousness_changes_no_count() -> None:
    base, other = block(), block(ASTEROID.with_values(serious_share=0.5))
    assert same(base, other, "people", "outcomes", "sessions", "events.counts")
    assert other.events.serious.sum() > 0
    assert (other.events.serious <= other.events.counts).all()


def test_another_speed_changes_distance_only() -> None:
    base, other = block(), block(ASTEROID.with_values(running_speed_mean=10.0))
    assert same(base, other, "people", "outcomes", "sessions.attended", "sessions.run_minutes", "events")
    assert not same(base, other, "sessions.run_distance_km")


def test_other_people_change_only_people() -> None:
    base, other = block(), block(ASTEROID.with_values(age_mean=30.0, female_share=0.9, ran_before_share=0.1))
    assert same(base, other, "outcomes", "sessions", "events")
    assert not same(base, other, "people.age_years")
    assert (other.people.female >= base.people.female).all()
    assert (other.people.ran_before <= base.people.ran_before).all()

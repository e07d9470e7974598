"""Missed visits as they are simulated: their share, their pattern and who misses them."""

import numpy as np
import pytest

from asteroid_repro import ASTEROID, InputError
from asteroid_repro.mechanism.mechanism import solve
from asteroid_repro.simulate.missing import remove_visits
from asteroid_repro.simulate.outcomes import Outcomes, simulate_outcomes

TRIALS = 1000


def seen(**changes: object) -> tuple[Outcomes, Outcomes]:
    record = ASTEROID.with_values(**({"missing_treatment": 0.2, "missing_reference": 0.1} | changes))
    complete = simulate_outcomes(solve(record), 51, 0, TRIALS)
    return complete, remove_visits(record, 51, 0, complete)


def gone(scores: np.ndarray) -> np.ndarray:
    missing: np.ndarray = np.isnan(scores)
    return missing


def test_nobody_is_lost_in_asteroid() -> None:
    complete = simulate_outcomes(solve(ASTEROID), 51, 0, 5)
    assert remove_visits(ASTEROID, 51, 0, complete) is complete


def test_the_complete_scores_are_kept_unless_they_may_be_written_over() -> None:
    record = ASTEROID.with_values(missing_treatment=0.2, missing_reference=0.1)
    complete, again = (simulate_outcomes(solve(record), 51, 0, 50) for _ in range(2))
    left = remove_visits(record, 51, 0, complete)
    assert not gone(complete.treatment).any()
    assert not gone(complete.reference).any()
    assert remove_visits(record, 51, 0, again, keep=False) is again
    np.testing.assert_array_equal(again.treatment, left.treatment)
    np.testing.assert_array_equal(again.reference, left.reference)


@pytest.mark.parametrize("pattern", ["monotone", "intermittent"])
def test_a_share_next_to_nothing_loses_nobody(pattern: str) -> None:
    complete, left = seen(missing_treatment=1e-17, missing_reference=5e-324, missing_pattern=pattern)
    np.testing.assert_array_equal(left.treatment, complete.treatment)
    np.testing.assert_array_equal(left.reference, complete.reference)


@pytest.mark.parametrize("pattern", ["monotone", "intermittent"])
@pytest.mark.parametrize("mechanism", ["mcar", "mar", "mnar"])
def test_share_at_the_last_visit_by_arm(pattern: str, mechanism: str) -> None:
    _, left = seen(missing_pattern=pattern, missing_mechanism=mechanism)
    for scores, share in ((left.treatment, 0.2), (left.reference, 0.1)):
        found = gone(scores[0, -1]).mean()
        # The drivers are rounded, bounded scores, not quite normal: within two points of a hundred.
        assert abs(found - share) < (4 * np.sqrt(share * (1 - share) / (20 * TRIALS)) if mechanism == "mcar" else 0.02)


def test_visits_go_as_a_whole_and_the_baseline_stays() -> None:
    complete, left = seen(missing_pattern="intermittent")
    missing = gone(left.treatment)
    assert not missing[:, 0].any()
    assert (missing == missing[0]).all()
    assert (left.treatment[~missing] == complete.treatment[~missing]).all()
    assert not gone(complete.treatment).any()


def test_monotone_people_do_not_come_back_and_intermittent_ones_may() -> None:
    for pattern, come_back in (("monotone", False), ("intermittent", True)):
        _, left = seen(missing_pattern=pattern)
        middle, last = gone(left.treatment[0, 1]), gone(left.treatment[0, 2])
        assert bool((middle & ~last).any()) is come_back


def test_completely_at_random_depends_on_nothing() -> None:
    complete, left = seen(missing_mechanism="mcar", missing_pattern="intermittent")
    missing, pain = gone(left.treatment[0, -1]), complete.treatment[0]
    for score in pain:
        assert abs(score[missing].mean() - score[~missing].mean()) < 4 * score.std() / np.sqrt(missing.sum())


def test_at_random_after_a_bad_score_and_not_at_random_after_getting_worse() -> None:
    complete, left = seen(missing_mechanism="mar", missing_pattern="intermittent")
    missing, pain = gone(left.treatment[0, -1]), complete.treatment[0]
    assert pain[0][missing].mean() > pain[0][~missing].mean() + 5
    complete, left = seen(missing_mechanism="mnar")
    missing, pain = gone(left.treatment[0, -1]), complete.treatment[0]
    change = pain[-1] - pain[0]
    assert change[missing].mean() > change[~missing].mean() + 5


def test_fewer_trials_are_the_first_of_more() -> None:
    record = ASTEROID.with_values(missing_treatment=0.2, missing_mechanism="mnar")
    few, many = (remove_visits(record, 52, 0, simulate_outcomes(solve(record), 52, 0, trials)) for trials in (50, 90))
    assert np.array_equal(few.treatment, many.treatment[..., :50], equal_nan=True)


@pytest.mark.parametrize("share", [-0.1, 1.0, float("nan")])
def test_impossible_shares_are_refused(share: float) -> None:
    with pytest.raises(InputError, match=r"missing_treatment must be (in \[0, 1\)|a finite number), got"):
        ASTEROID.with_values(missing_treatment=share)

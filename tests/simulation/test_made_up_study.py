"""A made-up study as different from ASTEROID as can be: what is simulated has the moments that are assumed.

4000 trials, seeds chosen before looking, 4 Monte Carlo standard errors. The study is a folder of data, tests/studies:
other arms, other visits, one outcome in steps of a half where higher is better, one continuous without ends where lower
is better, no programme.
"""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from asteroid_repro import TrialAssumptions, floor_and_ceiling, study
from asteroid_repro.mechanism.mechanism import solve
from asteroid_repro.simulate.block import TrialBlock, simulate_block

STRETCHING = study(Path(__file__).parents[1] / "studies" / "stretching").assumptions
TRIALS = 4000
BLOCKS = 4
RECORDS = {
    "as it is": STRETCHING,
    "sleep in steps": STRETCHING.with_values(name="steps", sleep={"step": 6}),
    "near the ends": STRETCHING.with_values(
        name="ends", back_function={"treatment_baseline": 1.2, "reference_baseline": 8.1, "sd": 1.7}
    ),
    "from below 0": STRETCHING.with_values(
        name="below",
        back_function={"minimum": -3, "maximum": 7, "treatment_baseline": 1.1, "reference_baseline": 1.3},
    ),
    "fractional weeks": STRETCHING.with_values(
        name="weeks",
        visits=(0, 2.5, 12),
        visit_correlation=[[1, 0.6, 0.35], [0.6, 1, 0.6], [0.35, 0.6, 1]],
        every_outcome={"reference_change": [0.2, 0.4]},
        back_function={"effect": [0.3, 1.2], "sd": 2.4},
        sleep={"effect": [-1, -3], "sd": [7, 8, 9]},
    ),
}
ARMS = ("treatment", "reference")


@cache
def blocks(name: str, seed: int = 81) -> tuple[TrialBlock, ...]:
    """Simulate 4000 trials once."""
    mechanism = solve(RECORDS[name])
    return tuple(simulate_block(mechanism, seed, block, TRIALS // BLOCKS) for block in range(BLOCKS))


def scores(name: str, arm: str) -> np.ndarray:
    """Return all complete scores of an arm, (outcomes, visits, people, trials)."""
    return np.concatenate([getattr(block.complete, arm) for block in blocks(name)], axis=-1)


def within(values: np.ndarray, expected: float) -> bool:
    """Whether the mean of independent values is within 4 Monte Carlo standard errors of what is expected."""
    return bool(abs(values.mean() - expected) <= 4 * values.std(ddof=1) / np.sqrt(values.size))


def correlation_within(x: np.ndarray, y: np.ndarray, expected: float) -> bool:
    """Whether a correlation is within 4 standard errors, which its influence function gives for any distribution."""
    u, v = ((each - each.mean()) / each.std() for each in (x, y))
    found = float((u * v).mean())
    influence = u * v - found * (u**2 + v**2) / 2
    return bool(abs(found - expected) <= 4 * influence.std() / np.sqrt(x.size))


def assumed_correlation(record: TrialAssumptions) -> np.ndarray:
    """Return the correlations of all scores of a person, outcome by outcome."""
    return np.kron(record.cross_outcome_correlation, record.visit_correlation)


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("name", RECORDS)
def test_means_and_sds_are_those_assumed(name: str, arm: str) -> None:
    record, found = RECORDS[name], scores(name, arm)
    for outcome, own in zip(record.outcomes, found, strict=True):
        for mean, sd, visit in zip(outcome.means()[arm], outcome.sd, own, strict=True):
            assert within(visit.ravel(), mean), (outcome.name, mean)
            squared = (visit.ravel() - mean) ** 2
            assert within(squared, sd**2), (outcome.name, sd)


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("name", RECORDS)
def test_correlations_between_visits_and_outcomes_are_those_assumed(name: str, arm: str) -> None:
    found, wanted = scores(name, arm), assumed_correlation(RECORDS[name])
    rows = found.reshape(len(wanted), -1)
    assert (wanted < 0).any()
    for first, second in zip(*np.tril_indices(len(wanted), -1), strict=True):
        assert correlation_within(rows[first], rows[second], wanted[first, second]), (first, second)


@pytest.mark.parametrize("name", RECORDS)
def test_the_net_difference_is_the_effect_and_people_are_independent(name: str) -> None:
    record = RECORDS[name]
    treatment, reference = (scores(name, arm).mean(axis=2) for arm in ARMS)
    net = (treatment - treatment[:, :1]) - (reference - reference[:, :1])
    for outcome, own in zip(record.outcomes, net, strict=True):
        for effect, visit in zip(outcome.effect, own[1:], strict=True):
            assert within(visit, effect), (outcome.name, effect)
    # The variance of a mean over independent people is the variance of one person over their number.
    for outcome, own in zip(record.outcomes, treatment, strict=True):
        for sd, visit in zip(outcome.sd, own, strict=True):
            assert within((visit - visit.mean()) ** 2, sd**2 / record.n_treatment)


@pytest.mark.parametrize("name", RECORDS)
def test_every_score_is_on_its_scale(name: str) -> None:
    for arm in ARMS:
        back_function, sleep = scores(name, arm)
        scale = RECORDS[name].design.outcome("back_function")
        assert back_function.min() == scale.minimum
        assert back_function.max() == scale.maximum
        assert (back_function % 0.5 == 0).all()
        assert (back_function % 1 == 0.5).any()
        on_steps = float((sleep % 6 == 0).mean())
        assert on_steps == 1 if name == "sleep in steps" else on_steps < 0.001
        assert sleep.min() < 55 - 3 * 8
        assert sleep.max() > 55 + 3 * 8


def test_no_effect_makes_the_arms_alike_but_for_their_baselines() -> None:
    none = RECORDS["as it is"].without_effect().with_equal_baselines()
    block = simulate_block(solve(none), 82, 0, 1000).complete
    difference = block.treatment.mean(axis=2) - block.reference.mean(axis=2)
    assert all(within(visit, 0) for outcome in difference for visit in outcome)


@pytest.mark.parametrize("kind", range(2))
def test_events_follow_person_time_in_both_arms(kind: int) -> None:
    record = STRETCHING
    counts = np.concatenate([block.other_events[kind] for block in blocks("as it is")], axis=-1)
    assert counts.shape == (78, TRIALS)
    rates = record.adverse_events[kind].rate, record.adverse_events[kind].reference_rate
    for rate, arm in zip(rates, np.split(counts, [record.n_treatment]), strict=True):
        assert within(arm.sum(axis=0).astype(float), rate * 52 * len(arm))
        mean = rate * 52  # gamma proneness of variance 1/2: counts are negative binomial
        assert within((arm.ravel() - mean) ** 2, mean + 0.5 * mean**2)
    one, other = (blocks("as it is")[0].other_events[which].ravel() for which in range(2))
    assert np.corrcoef(one, other)[0, 1] > 0.02  # the same people are prone to both


def test_one_event_in_ten_is_serious() -> None:
    events = sum(int(block.other_events.sum()) for block in blocks("as it is"))
    serious = sum(int(block.other_serious.sum()) for block in blocks("as it is"))
    assert events > 100_000
    assert abs(serious / events - 0.1) <= 4 * np.sqrt(0.09 / events)
    assert all((block.other_serious <= block.other_events).all() for block in blocks("as it is"))


@pytest.mark.parametrize("better", ["higher", "lower"])
def test_those_who_got_worse_stop_coming_whichever_way_is_worse(better: str) -> None:
    """The sign of missing not at random: of a score where higher is better, those who fell are lost."""
    changes = {"missing_treatment": 0.3, "missing_reference": 0.3, "missing_mechanism": "mnar"}
    record = STRETCHING.with_values(**changes, back_function={"better": better})
    block = simulate_block(solve(record), 83, 0, 500)
    worse = -1 if better == "higher" else 1
    for arm in ARMS:
        complete, left = getattr(block.complete, arm), getattr(block.outcomes, arm)
        lost = np.isnan(left[0, -1])
        assert abs(lost.mean() - 0.3) < 0.04  # the drivers of a person's visits go together: a few fewer are lost
        change = worse * (complete[0, -1] - complete[0, 0])
        assert change[lost].mean() > change[~lost].mean() + 1
        np.testing.assert_array_equal(np.isnan(left[0]), np.isnan(left[1]))  # a visit is missed for all outcomes


def test_at_random_those_with_a_bad_score_at_the_visit_before_stop_coming() -> None:
    changes = {"missing_treatment": 0.3, "missing_mechanism": "mar", "visit_correlation": 0}
    block = simulate_block(solve(STRETCHING.with_values(**changes)), 84, 0, 500)
    complete, left = block.complete.treatment[0], block.outcomes.treatment[0]
    stayed, lost = ~np.isnan(left[2]), np.isnan(left[3])
    before, own = complete[2], complete[3]
    assert before[stayed & lost].mean() < before[stayed & ~lost].mean() - 1
    difference = own[stayed & lost].mean() - own[stayed & ~lost].mean()  # which is not correlated with the one before
    assert abs(difference) <= 4 * own.std() / np.sqrt((stayed & lost).sum())


def test_the_driving_outcome_may_be_the_one_without_ends() -> None:
    changes = {"missing_treatment": 0.4, "missing_mechanism": "mnar", "driving_outcome": "sleep"}
    block = simulate_block(solve(STRETCHING.with_values(**changes)), 85, 0, 500)
    complete, left = block.complete.treatment[1], block.outcomes.treatment[1]
    lost, change = np.isnan(left[-1]), complete[-1] - complete[0]
    assert change[lost].mean() > change[~lost].mean() + 4  # lower is better: those who rose are lost
    assert not np.isnan(block.outcomes.reference).any()


def test_effects_vary_between_people_without_a_programme() -> None:
    varied = STRETCHING.with_values(effect_variation=2.0)
    ours, none = (
        simulate_block(solve(record), 86, 0, 400).complete.treatment
        for record in (varied, varied.with_values(effect_variation=0))
    )
    gain = (ours - none)[1, -1].ravel()  # the continuous outcome: nothing is rounded or held
    assert within(gain, 0)
    assert within(gain**2, (2.0 * -2) ** 2)
    np.testing.assert_array_equal(ours[:, 0], none[:, 0])
    assert simulate_block(solve(varied), 86, 0, 4).attended_share.tolist() == np.zeros((40, 4)).tolist()


def test_shares_at_the_ends_are_those_told_of() -> None:
    table = floor_and_ceiling(RECORDS["near the ends"])
    found = {arm: scores("near the ends", arm)[0] for arm in ARMS}
    places = [(arm, visit) for arm in ARMS for visit in range(4)]
    shares = table[["floor_share", "ceiling_share"]].to_numpy()
    for (arm, visit), (floor, ceiling) in zip(places, shares, strict=True):
        assert within((found[arm][visit] == 0).ravel(), float(floor))
        assert within((found[arm][visit] == 10).ravel(), float(ceiling))
    assert table["floor_share"].max() > 0.2

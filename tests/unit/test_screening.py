"""Screening: the criteria and their order, the flow of people, and the negative binomial behind it."""

import re
from itertools import pairwise

import numpy as np
import pytest

from asteroid_repro import CANDIDACY, Candidacy, InputError, published, study
from asteroid_repro.simulate.screening import Screening, expected_assessed, screen

CLAIM_ID = re.compile(r"\b(?:programme\.candidacy|design)\.[a-z_.]*[a-z_]")
REASONS = {criterion.name: criterion.reason for criterion in CANDIDACY.criteria}
NOBODY_FAILS = CANDIDACY.with_values(**dict.fromkeys(REASONS, 0.0))
SCREENINGS = 1000


def many(candidacy: Candidacy, wanted: int = 40) -> list[Screening]:
    return [screen(candidacy, wanted=wanted, seed=seed) for seed in range(SCREENINGS)]


def assert_mean(values: "list[int] | np.ndarray", expected: float) -> None:
    """The mean is within 4 Monte Carlo standard errors of what is expected."""
    numbers = np.asarray(values, dtype=float)
    mcse = numbers.std(ddof=1) / np.sqrt(len(numbers))
    assert abs(numbers.mean() - expected) <= 4 * mcse


def test_every_criterion_has_a_probability_a_reason_and_a_claim() -> None:
    known = {claim.id for claim in published().claims}
    assert len(REASONS) == 15
    for criterion in CANDIDACY.criteria:
        named = set(CLAIM_ID.findall(criterion.because))
        assert named, criterion.name
        assert named <= known, f"{criterion.name}: {named - known} not in the ledger"
        assert "Assumption: " in criterion.because, criterion.name
    assert CANDIDACY.to_frame()["basis"].tolist() == [criterion.because for criterion in CANDIDACY.criteria]


def test_asteroid_has_its_candidacy_and_a_study_without_screening_none() -> None:
    assert study().screening == CANDIDACY
    assert CANDIDACY.pool_size is None


def test_every_published_criterion_is_screened_for() -> None:
    wanted = {
        claim.id
        for claim in published().claims
        if claim.id.startswith(("programme.candidacy.", "design.excluded.", "design.pain_duration."))
    }
    named = {name for criterion in CANDIDACY.criteria for name in CLAIM_ID.findall(criterion.because)}
    assert len(wanted) >= 13
    assert wanted <= named


def test_questions_come_first_and_the_test_run_last() -> None:
    order = list(REASONS)
    assert order[0] == "wants_to_run"
    assert order[-2:] == ["contraindication", "test_run"]
    assert CANDIDACY.to_frame()["criterion"].tolist() == order


@pytest.mark.parametrize("criterion", REASONS)
@pytest.mark.parametrize("value", [-0.01, 1.0, 1.3, float("nan"), float("inf")])
def test_a_bad_probability_is_refused(criterion: str, value: float) -> None:
    wanted = rf"^criteria\.{criterion}\.probability must be (in \[0, 1\)|a finite number), got {value}\. Correct it\.$"
    with pytest.raises(InputError, match=wanted):
        CANDIDACY.with_values(**{criterion: value})


def test_other_bad_values_are_refused() -> None:
    with pytest.raises(InputError, match=r"^pool_size must be 1 or more, got 0"):
        CANDIDACY.with_values(pool_size=0)
    with pytest.raises(InputError, match=r"^pool_size must be a valid integer.*, got 2\.5"):
        CANDIDACY.with_values(pool_size=2.5)
    with pytest.raises(
        InputError, match=r"^wants_to_swim must be a criterion, got none of that name\. Did you mean 'wants_to_run'\?"
    ):
        CANDIDACY.with_values(wants_to_swim=0.1)
    with pytest.raises(InputError, match=r"^criteria\.test_run\.probability must be a valid number.*, got 'often'"):
        CANDIDACY.with_values(test_run="often")
    with pytest.raises(InputError, match=r"^criteria\.test_run\.probability must be a valid number.*, got True"):
        CANDIDACY.with_values(test_run=True)


@pytest.mark.parametrize("wanted", [0, -1, 2.0, "40", True, None])
def test_a_bad_number_wanted_is_refused(wanted: object) -> None:
    with pytest.raises(InputError, match=r"^wanted must be a whole number of 1 or more people, got .*\. Try 40\.$"):
        screen(CANDIDACY, wanted=wanted, seed=1)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"^wanted must be"):
        expected_assessed(CANDIDACY, wanted=wanted)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [-1, 1.0, True])
def test_a_bad_seed_is_refused(seed: object) -> None:
    with pytest.raises(InputError, match="seed must be a whole number of 0 or more, got"):
        screen(CANDIDACY, wanted=40, seed=seed)  # type: ignore[arg-type]


def test_a_screening_that_would_not_end_is_refused() -> None:
    hopeless = CANDIDACY.with_values(test_run=1 - 1e-9)
    with pytest.raises(InputError, match=r"^wanted / eligible_share must be at most 1000000 people to assess, got "):
        screen(hopeless, wanted=1, seed=1)
    with pytest.raises(InputError, match=r"^pool_size must be at most 1000000 people to assess, got 2e\+06"):
        screen(CANDIDACY.with_values(pool_size=2_000_000), wanted=1, seed=1)
    assert screen(hopeless.with_values(pool_size=3000), wanted=1, seed=1).eligible == 0


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("wanted", [1, 40, 700, np.int64(40)])
def test_the_counts_add_up(wanted: int, seed: int) -> None:
    flow = screen(CANDIDACY, wanted=wanted, seed=seed)
    assert flow.randomised == flow.eligible == wanted
    assert flow.assessed == wanted + sum(flow.excluded)
    frame = flow.to_frame()
    people = frame.groupby("step")["people"].sum()
    assert people["assessed"] == people["excluded"] + people["eligible"]
    expected = frame.groupby("step")["expected"].sum()
    assert abs(expected["assessed"] - expected["excluded"] - expected["eligible"]) < 1e-9 * expected["assessed"]
    assert abs(expected["randomised"] - wanted) < 1e-9 * wanted


def test_the_frame_runs_from_assessed_to_randomised_and_says_what_it_is() -> None:
    flow = screen(CANDIDACY, wanted=40, seed=1)
    frame = flow.to_frame()
    assert frame.columns.tolist() == ["step", "reason", "people", "expected"]
    assert frame["step"].drop_duplicates().tolist() == ["assessed", "excluded", "eligible", "randomised"]
    assert frame.loc[frame["step"] == "excluded", "reason"].tolist() == list(REASONS.values())
    assert flow.label == "SIMULATED, screening counts rest on assumptions: none is published"
    for words in ("mild to moderate", "severe pain or radiculopathy", "want to run"):
        assert words in flow.notes()[0]
        assert words in flow._repr_html_()
    assert flow.label in flow._repr_html_()
    assert "none is published" in flow._repr_html_()
    assert "ASSUMED" in CANDIDACY._repr_html_()


def test_when_nobody_fails_everybody_assessed_is_randomised() -> None:
    flow = screen(NOBODY_FAILS, wanted=40, seed=1)
    assert (flow.assessed, set(flow.excluded), NOBODY_FAILS.eligible_share) == (40, {0}, 1.0)
    assert expected_assessed(NOBODY_FAILS, wanted=40) == 40
    assert expected_assessed(NOBODY_FAILS.with_values(pool_size=30), wanted=40) == 30


@pytest.mark.parametrize("criterion", REASONS)
def test_near_one_almost_everybody_is_excluded_for_that_reason(criterion: str) -> None:
    flow = screen(NOBODY_FAILS.with_values(**{criterion: 0.999}), wanted=4, seed=3)
    assert flow.eligible == 4
    assert flow.assessed > 400  # 4000 expected, SD 2000
    assert flow.to_frame().query("people > 0")["reason"].tolist() == ["", REASONS[criterion], "", ""]


def test_a_person_is_counted_at_the_first_criterion_failed() -> None:
    order = list(REASONS)
    for earlier, later in pairwise(order):
        both = NOBODY_FAILS.with_values(**{earlier: 0.9999999, later: 0.9999999}, pool_size=500)
        flow = screen(both, wanted=1, seed=1)
        assert dict(zip(order, flow.excluded, strict=True))[earlier] == 500


def test_the_same_seed_gives_the_same_people_and_another_seed_others() -> None:
    assert screen(CANDIDACY, wanted=40, seed=1) == screen(CANDIDACY, wanted=40, seed=1)
    assert len({screen(CANDIDACY, wanted=40, seed=seed).excluded for seed in range(20)}) == 20


def test_who_wants_fewer_sees_the_first_of_the_people() -> None:
    flows = [screen(CANDIDACY, wanted=wanted, seed=7) for wanted in range(1, 800)]
    assert flows[-1].assessed > 2 * 1024  # across the lots in which people are drawn
    excluded = np.array([flow.excluded for flow in flows])
    assert (np.diff([flow.assessed for flow in flows]) >= 1).all()
    assert (np.diff(excluded, axis=0) >= 0).all()


def test_a_pool_is_the_first_people_of_an_unlimited_one() -> None:
    unlimited = screen(CANDIDACY, wanted=600, seed=7)
    for size in (1, 50, 1024, 1025, unlimited.assessed - 1):
        flow = screen(CANDIDACY.with_values(pool_size=size), wanted=600, seed=7)
        assert flow.assessed == size
        assert flow.randomised < 600
    enough = screen(CANDIDACY.with_values(pool_size=unlimited.assessed), wanted=600, seed=7)
    assert (enough.assessed, enough.excluded) == (unlimited.assessed, unlimited.excluded)


@pytest.mark.parametrize("criterion", REASONS)
def test_a_stricter_criterion_moves_nobody_who_failed_an_earlier_one(criterion: str) -> None:
    position = list(REASONS).index(criterion)
    base = screen(CANDIDACY.with_values(pool_size=1000), wanted=1000, seed=2)
    strict = screen(CANDIDACY.with_values(pool_size=1000, **{criterion: 0.5}), wanted=1000, seed=2)
    assert strict.excluded[:position] == base.excluded[:position]
    assert strict.excluded[position] > base.excluded[position]
    assert strict.eligible < base.eligible
    assert (np.array(strict.excluded[position + 1 :]) <= np.array(base.excluded[position + 1 :])).all()


def test_exclusion_shares_are_those_of_a_row_of_hurdles() -> None:
    two = NOBODY_FAILS.with_values(wants_to_run=0.2, age=0.5)
    assert np.allclose(two.exclusion_shares[:3], [0.2, 0.4, 0], rtol=0, atol=1e-15)
    assert abs(two.eligible_share - 0.4) < 1e-15
    assert abs(CANDIDACY.exclusion_shares.sum() + CANDIDACY.eligible_share - 1) < 1e-14


@pytest.mark.parametrize("candidacy", [CANDIDACY, CANDIDACY.with_values(age=0.9)], ids=["usual", "few eligible"])
def test_the_mean_of_every_count_is_as_expected(candidacy: Candidacy) -> None:
    flows = many(candidacy)
    expected = 40 / candidacy.eligible_share
    assert abs(expected_assessed(candidacy, wanted=40) - expected) < 1e-9 * expected
    assert_mean([flow.assessed for flow in flows], expected)
    counts = np.array([flow.excluded for flow in flows])
    for column, share in zip(counts.T, candidacy.exclusion_shares, strict=True):
        assert_mean(column, expected * share)


def test_the_number_assessed_is_negative_binomial() -> None:
    share = CANDIDACY.eligible_share
    assessed = np.array([flow.assessed for flow in many(CANDIDACY)])
    variance = 40 * (1 - share) / share**2
    assert_mean((assessed - 40 / share) ** 2, variance)


@pytest.mark.parametrize("pool", [30, 40, 41, 100, 130, 400])
def test_the_expected_number_in_a_pool(pool: int) -> None:
    limited = CANDIDACY.with_values(pool_size=pool)
    # From the distribution itself: the 40th success comes with person n with the probability of 39 among n - 1.
    share, mean, missing, chance = CANDIDACY.eligible_share, 0.0, 1.0, CANDIDACY.eligible_share**40
    for number in range(40, pool):
        mean, missing = mean + number * chance, missing - chance
        chance *= (1 - share) * number / (number - 39)
    assert abs(expected_assessed(limited, wanted=40) - (mean + missing * pool)) < 1e-9 * pool
    if pool >= 100:
        assert_mean([flow.assessed for flow in many(limited)], expected_assessed(limited, wanted=40))


def test_the_bits_of_one_screening_stay() -> None:
    """A regression test: made by this code, so it only says that nothing changed."""
    assert screen(CANDIDACY, wanted=40, seed=2024).excluded == (20, 15, 3, 11, 1, 2, 2, 4, 2, 0, 0, 1, 2, 0, 3)

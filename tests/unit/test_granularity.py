"""GRIM, GRIMMER and DEBIT: no possible value is flagged, and the share that passes is counted right."""

import itertools
import math
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asteroid_repro.errors import InputError
from asteroid_repro.printed.granularity import debit, grim, grim_difference, grimmer

RULES = st.sampled_from([ROUND_HALF_UP, ROUND_HALF_EVEN])
DECIMALS = st.integers(0, 3)
STEPS = st.sampled_from([1, 2, 0.5, 0.1, Fraction(1, 3)])
SCORES = st.lists(st.integers(0, 100), min_size=2, max_size=60)


def exactly(step: float | Fraction) -> Fraction:
    return step if isinstance(step, Fraction) else Fraction(str(step))


def printed(value: Fraction, decimals: int, rule: str) -> str:
    with localcontext() as context:
        context.prec = 60  # enough that a quotient is on the right side of a tie, and a tie stays one
        exact = Decimal(value.numerator) / Decimal(value.denominator)
        return f"{exact.quantize(Decimal(1).scaleb(-decimals), rounding=rule):f}"


def printed_root(square: Fraction, decimals: int, rule: str) -> str:
    with localcontext() as context:
        context.prec = 60
        exact = (Decimal(square.numerator) / Decimal(square.denominator)).sqrt()
        return f"{exact.quantize(Decimal(1).scaleb(-decimals), rounding=rule):f}"


def variance(scores: list[int]) -> Fraction:
    total = sum(scores)
    return Fraction(len(scores) * sum(x * x for x in scores) - total**2, len(scores) * (len(scores) - 1))


@pytest.mark.parametrize("mean", ["30.8", "14.25", "40.1", "42.9"])
def test_the_published_current_pain_means_are_possible(mean: str) -> None:
    assert grim(mean, 20).consistent


@pytest.mark.parametrize("mean", ["20.8", "13.9"])
def test_the_published_disability_means_are_possible_for_even_scores(mean: str) -> None:
    check = grim(mean, 20, step=2)
    assert check.consistent
    assert check.share_passing == 1  # at one decimal 2/20 cannot fail


def test_the_three_net_differences_pass_together_by_chance_in_1_of_250() -> None:
    checks = [
        grim_difference("-15.30", 20, 20),
        grim_difference("-19.35", 20, 20),
        grim_difference("-5.20", 20, 20, step=2),
    ]
    assert all(check.consistent for check in checks)
    assert math.prod(check.share_passing for check in checks) == pytest.approx(1 / 250, rel=1e-12)
    assert checks[0].power == pytest.approx(0.8, rel=1e-12)


def test_a_value_between_the_multiples_is_flagged_with_its_nearest_neighbour() -> None:
    check = grim_difference("-15.32", 20, 20)
    assert not check.consistent
    assert check.nearest == "-15.30"
    assert check.to_frame()["test"].tolist() == ["GRIM"]


def test_unequal_arms_share_the_least_common_multiple() -> None:
    assert grim_difference("0.01", 10, 11).consistent  # 1/110 prints as 0.01
    assert grim_difference("0.1", 10, 10).consistent
    assert not grim_difference("0.05", 10, 10).consistent


@given(SCORES, DECIMALS, RULES, STEPS)
def test_no_mean_of_real_data_is_flagged(scores: list[int], decimals: int, rule: str, step: float | Fraction) -> None:
    mean = exactly(step) * Fraction(sum(scores), len(scores))
    assert grim(printed(mean, decimals, rule), len(scores), step=step).consistent


@given(SCORES, SCORES, DECIMALS, RULES, STEPS)
def test_no_difference_of_real_data_is_flagged(
    a: list[int], b: list[int], decimals: int, rule: str, step: float | Fraction
) -> None:
    difference = exactly(step) * (Fraction(sum(a), len(a)) - Fraction(sum(b), len(b)))
    text = printed(difference, decimals, rule)
    assert grim_difference(text, len(a), len(b), step=step).consistent


@given(SCORES, DECIMALS, DECIMALS, RULES, STEPS)
def test_no_sd_of_real_data_is_flagged(
    scores: list[int], decimals: int, mean_decimals: int, rule: str, step: float | Fraction
) -> None:
    mean = printed(exactly(step) * Fraction(sum(scores), len(scores)), mean_decimals, rule)
    sd = printed_root(exactly(step) ** 2 * variance(scores), decimals, rule)
    assert grimmer(sd, mean, len(scores), step=step).consistent


@given(st.integers(2, 80).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), DECIMALS, DECIMALS, RULES)
def test_no_percentage_of_real_people_is_flagged(
    people: tuple[int, int], decimals: int, places: int, rule: str
) -> None:
    k, n = people
    percentage = printed(Fraction(100 * k, n), decimals, rule)
    sd = printed_root(10_000 * Fraction(k * (n - k), n * (n - 1)), places, rule)
    assert debit(percentage, n).consistent
    assert debit(percentage, n, sd=sd).consistent


def test_thousands_of_seeded_data_sets_are_never_flagged() -> None:
    rng = np.random.default_rng(20240612)
    for k in range(2_000):
        n, decimals, step = int(rng.integers(2, 60)), int(rng.integers(0, 4)), int(rng.integers(1, 3))
        scores = rng.integers(0, 50, size=n).tolist()
        mean = exactly(step) * Fraction(sum(scores), n)
        for rule in (ROUND_HALF_UP, ROUND_HALF_EVEN):
            text = printed(mean, decimals, rule)
            assert grim(text, n, step=step).consistent
            if k % 10 == 0:
                sd = printed_root(step**2 * variance(scores), decimals, rule)
                assert grimmer(sd, text, n, step=step).consistent


@pytest.mark.parametrize(
    ("n", "step", "decimals"), [(20, 1, 2), (20, 2, 2), (8, 1, 2), (7, 1, 1), (16, 1, 2), (300, 1, 2)]
)
def test_the_share_that_passes_is_the_share_counted_one_by_one(n: int, step: int, decimals: int) -> None:
    unit = 10**decimals
    period = range(2 * n * step * unit)  # whole periods of both grids
    passing = sum(grim(f"{Decimal(k).scaleb(-decimals):f}", n, step=step).consistent for k in period)
    assert grim(f"{0:.{decimals}f}", n, step=step).share_passing == pytest.approx(passing / len(period), rel=1e-12)


def test_grimmer_passes_exactly_the_sds_of_five_people() -> None:
    """The SDs of 5 whole numbers with mean 3, listed over all deviations up to 6, are the only ones that pass."""
    deviations = itertools.product(range(-6, 7), repeat=4)
    possible = {
        printed_root(variance([*four, -sum(four)]), 2, rule)
        for four in deviations
        if abs(sum(four)) <= 6
        for rule in (ROUND_HALF_UP, ROUND_HALF_EVEN)
    }
    for hundredths in range(300):
        sd = f"{Decimal(hundredths).scaleb(-2):f}"
        assert grimmer(sd, "3.0", 5).consistent == (sd in possible)


def test_grimmer_agrees_with_the_published_example() -> None:
    """R package scrutiny, vignette GRIMMER: mean 7.3, SD 2.51, n = 12 is inconsistent."""
    assert not grimmer("2.51", "7.3", 12).consistent


def test_scores_in_halves_have_means_between_whole_numbers_over_n() -> None:
    assert not grim("6.4", 4).consistent
    assert grim("6.38", 4, step=0.5).consistent  # 51/8
    assert not grim("6.35", 4, step=0.5).consistent
    assert grim("6.35", 4, step=0.5).nearest == "6.38"


def test_debit_agrees_with_the_published_example() -> None:
    """R package scrutiny, vignette DEBIT: mean 0.35, SD 0.18, n = 20 is inconsistent."""
    assert not debit("35", 20, sd="18").consistent


def test_of_two_possible_percentages_as_near_the_smaller_is_named() -> None:
    """However the set that holds both is ordered, which differs from run to run."""
    check = debit("79", 50, sd="41")
    assert not check.consistent
    assert check.nearest == "78"


def test_an_sd_beside_an_impossible_mean_is_impossible() -> None:
    check = grimmer("5.00", "14.27", 20)
    assert not check.consistent
    assert check.nearest == ""
    assert check.share_passing == 0


def test_debit_needs_the_sd_of_the_same_people() -> None:
    assert debit("50.0", 40, sd="50.64").consistent
    assert not debit("50.0", 40, sd="50.00").consistent
    assert not debit("50.5", 40).consistent
    assert debit("51", 100).share_passing == 1


@pytest.mark.parametrize("bad", ["", "x", "1,5", "nan", "1e3", "0.003 "])
def test_what_is_not_a_printed_number_is_refused(bad: str) -> None:
    with pytest.raises(InputError, match="must be a number as printed"):
        grim(bad, 20)


def test_impossible_sizes_are_refused() -> None:
    with pytest.raises(InputError, match="n must be a whole number of at least 1, got 0"):
        grim("1.5", 0)
    with pytest.raises(InputError, match="n must be a whole number of at least 1, got '20'"):
        grim("1.5", "20")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="n_reference must be a whole number of at least 1, got nan"):
        grim_difference("1.5", 20, math.nan)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="n must be a whole number of at least 2, got 1"):
        grimmer("1.5", "2", 1)
    with pytest.raises(InputError, match="n must be a whole number of at least 2, got 1"):
        debit("0", 1, sd="0")
    with pytest.raises(InputError, match="step must be above 0, got 0"):
        grim("1.5", 20, step=0)
    with pytest.raises(InputError, match="sd must not be negative"):
        grimmer("-1.5", "2", 9)
    with pytest.raises(InputError, match="sd must not be negative"):
        debit("50", 20, sd="-1")
    with pytest.raises(InputError, match="percentage must be in 0 to 100"):
        debit("101", 20)

"""Running hours for a rate: the definition checked by brute force, rules and refusals."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betainc, gammaincinv, pdtr

from asteroid_repro import InputError
from asteroid_repro.estimate.safety.rate_limits import exact_poisson_limits
from asteroid_repro.planning.precision import hours_for_precision

RATIO = st.floats(1.3, 10)
LEVEL = st.floats(0.5, 0.99)
ASSURANCE = st.floats(0.1, 0.95)


def probability(mean: float, ratio: float, level: float) -> float:
    """Sum the Poisson probabilities of the counts whose upper limit is low enough: the definition itself."""
    total, count = 0.0, 0
    term = math.exp(-mean)
    while exact_poisson_limits(count, level).high <= ratio * mean * (1 + 1e-9):  # the answer is a tie, but for rounding
        total += term
        count += 1
        term *= mean / count
    return total


@settings(max_examples=30)
@given(ratio=RATIO, level=LEVEL, assurance=ASSURANCE)
def test_the_definition_holds_there_and_ever_after(ratio: float, level: float, assurance: float) -> None:
    plan = hours_for_precision(1000.0, ratio=ratio, level=level, assurance=assurance)  # hours are expected events
    assert plan.expected_events == pytest.approx(plan.hours)
    assert plan.probability == pytest.approx(probability(plan.hours, ratio, level), abs=1e-9)
    longer = plan.hours * np.linspace(1, 3, 60)
    assert min(probability(mean, ratio, level) for mean in longer) >= assurance - 1e-9


@settings(max_examples=30)
@given(ratio=RATIO, level=LEVEL, assurance=ASSURANCE)
def test_a_little_less_is_not_enough(ratio: float, level: float, assurance: float) -> None:
    plan = hours_for_precision(1000.0, ratio=ratio, level=level, assurance=assurance)
    assert probability(plan.hours * (1 - 1e-6), ratio, level) < assurance


@given(level=st.sampled_from([0.8, 0.9, 0.95, 0.99]), ratio=st.floats(1.05, 20))
def test_the_low_points_of_the_saw_tooth_rise(level: float, ratio: float) -> None:
    """What the search rests on."""
    means = [exact_poisson_limits(k + 1, level).high / ratio for k in range(200)]
    low = pdtr(np.arange(200), np.array(means))
    assert (np.diff(low) > -1e-12).all()


@given(ratio=RATIO, factor=st.floats(1.01, 3), assurance=ASSURANCE)
def test_tighter_and_surer_take_never_fewer_hours(ratio: float, factor: float, assurance: float) -> None:
    plan = hours_for_precision(50.0, ratio=ratio * factor, assurance=assurance)
    assert hours_for_precision(50.0, ratio=ratio, assurance=assurance).hours >= plan.hours
    assert hours_for_precision(50.0, ratio=ratio * factor, assurance=min(0.99, assurance * factor)).hours >= plan.hours


def test_hours_are_inverse_to_the_rate() -> None:
    common, rare = hours_for_precision(80.0), hours_for_precision(8.0)
    assert rare.hours == pytest.approx(10 * common.hours)
    assert rare.expected_events == common.expected_events


def test_people_are_rounded_up() -> None:
    plan = hours_for_precision(66.7, hours_per_person=5.25)
    assert plan.people == math.ceil(plan.hours / 5.25)
    assert hours_for_precision(66.7).people is None
    assert "Nothing was simulated" in plan._repr_html_()
    assert plan.to_frame().loc[0, "most_events"] == plan.most_events


def test_no_event_at_all_may_be_enough() -> None:
    plan = hours_for_precision(10.0, ratio=50, assurance=0.5)
    assert plan.most_events == 0
    assert plan.expected_events == pytest.approx(-math.log(0.05) / 50)  # the one-sided limit of no events


def test_large_numbers_follow_the_normal_approximation() -> None:
    """sqrt(mean) x log(ratio) is about z + z: within 3 % for hundreds of events."""
    plan = hours_for_precision(10.0, ratio=1.1, assurance=0.9)
    assert math.sqrt(plan.expected_events) * math.log(1.1) == pytest.approx(1.95996 + 1.28155, rel=0.03)


@given(ratio=RATIO, dispersion=st.floats(1, 5), assurance=ASSURANCE)
def test_a_dispersion_takes_as_many_times_the_hours(ratio: float, dispersion: float, assurance: float) -> None:
    independent = hours_for_precision(50.0, ratio=ratio, assurance=assurance)
    plan = hours_for_precision(50.0, ratio=ratio, assurance=assurance, dispersion=dispersion)
    assert plan.hours == pytest.approx(dispersion * independent.hours)
    assert plan.expected_events == pytest.approx(dispersion * independent.expected_events)
    assert plan.most_events == math.floor(round(dispersion * independent.most_events, 6))
    assert plan.probability == independent.probability


@pytest.mark.parametrize("ratio", [1.5, 2.0, 3.0])
@pytest.mark.parametrize("dispersion", [1.2, 2.0, 5.0])
@pytest.mark.parametrize("assurance", [0.8, 0.9])
def test_negative_binomial_counts_keep_nearly_the_promise(ratio: float, dispersion: float, assurance: float) -> None:
    """Exact for counts with that variance. 0.01: only two moments are those of the scaled Poisson count."""
    plan = hours_for_precision(1000.0, ratio=ratio, assurance=assurance, dispersion=dispersion)
    mean = plan.expected_events
    limits = dispersion * gammaincinv(np.array([plan.most_events, plan.most_events + 1]) / dispersion + 1, 0.975)
    assert limits[0] <= ratio * mean * (1 + 1e-9) < limits[1]
    shape = mean / (dispersion - 1)
    assert betainc(shape, plan.most_events + 1, 1 / dispersion) > assurance - 0.01


def test_page_says_when_it_is_approximate() -> None:
    assert "Exact under independent" in hours_for_precision(50.0)._repr_html_()
    assert "variance of 1.5 times the mean" in hours_for_precision(50.0, dispersion=1.5)._repr_html_()


def test_most_events_is_not_one_fewer_by_a_rounding() -> None:
    """1 + 1.4 x 1.5 is below 3.1 in binary, and 10 times as much below 31."""
    assert hours_for_precision(50.0, ratio=2.5).most_events == 10
    assert hours_for_precision(50.0, ratio=2.5, dispersion=1 + 1.4 * 1.5).most_events == 31


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rate_per_1000_h": 0}, "rate_per_1000_h must be positive and finite, got 0"),
        ({"ratio": 1.0}, "ratio must be above 1 and finite, got 1.0"),
        ({"ratio": 1.00001}, "ratio must leave some room above 1"),
        ({"level": 1.0}, "level must be in"),
        ({"assurance": 1.0}, r"assurance must be in \(0, 1\), got 1.0"),
        ({"dispersion": 0.9}, "dispersion must be 1 or more and finite, got 0.9"),
        ({"dispersion": math.nan}, "dispersion must be 1 or more"),
        ({"hours_per_person": -1.0}, "hours_per_person must be positive and finite, got -1.0"),
    ],
)
def test_refusals(change: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"rate_per_1000_h": 66.7} | change
    with pytest.raises(InputError, match=message):
        hours_for_precision(**arguments)

"""What a replication is likely to find. Outside values: tests/reference/test_replication_success.py."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

from asteroid_repro import InputError
from asteroid_repro.planning.replication import least_z, replication, sceptical_p_value

Z = st.floats(-8, 8).filter(lambda z: abs(z) > 1e-3)
RATIO = st.floats(0.05, 20)


def test_prediction_interval_of_the_same_size_again() -> None:
    """-15.30 with SE 5.117: (-29.5, -1.1); the half-width is 1.96 x 5.117 x sqrt 2."""
    again = replication(-15.30, 5.117)
    assert again.prediction_low == pytest.approx(-29.5, abs=0.05)
    assert again.prediction_high == pytest.approx(-1.1, abs=0.05)


def test_an_original_at_the_margin_replicates_half_the_time() -> None:
    """Goodman (1992): p = 0.05 gives 1/2, whichever of the two ways it is computed."""
    margin = replication(float(ndtri(0.975)), 1.0)
    assert margin.significant_if_true == pytest.approx(0.5, abs=1e-12)
    assert margin.significant_predictive == pytest.approx(0.5, abs=1e-12)
    assert margin.success_if_true == margin.success_predictive == 0


def test_the_sign_again_is_killeens_p_rep() -> None:
    """Killeen (2005): p = 0.05, two-sided, has a probability of .917 that the sign is found again."""
    assert replication(1.96, 1.0, level=1e-12).significant_predictive == pytest.approx(0.917, abs=5e-4)


@given(z=Z, ratio=RATIO, level=st.floats(0.5, 0.999))
def test_sign_and_unit_play_no_part(z: float, ratio: float, level: float) -> None:
    one = replication(z, 1.0, relative_size=ratio, level=level)
    other = replication(-7 * z, 7.0, relative_size=ratio, level=level)
    assert other.significant_predictive == pytest.approx(one.significant_predictive, abs=1e-9)
    assert other.success_predictive == pytest.approx(one.success_predictive, abs=1e-9)
    assert other.prediction_low == pytest.approx(-7 * one.prediction_high, rel=1e-9, abs=1e-9)


@given(z=Z, ratio=RATIO, shrinkage=st.floats(0, 0.9))
def test_larger_replications_find_more_and_shrunk_estimates_less(z: float, ratio: float, shrinkage: float) -> None:
    small = replication(z, 1.0, relative_size=ratio)
    large = replication(z, 1.0, relative_size=2 * ratio)
    assert large.significant_if_true >= small.significant_if_true
    assert large.prediction_high - large.prediction_low < small.prediction_high - small.prediction_low
    less = replication(z, 1.0, relative_size=ratio, shrinkage=shrinkage)
    assert less.significant_if_true <= small.significant_if_true
    assert less.success_predictive <= small.success_predictive


@given(z_original=Z, z_replication=Z, ratio=RATIO)
def test_sceptical_p_value_solves_its_equation(z_original: float, z_replication: float, ratio: float) -> None:
    p = sceptical_p_value(z_original, z_replication, ratio)
    square = float(ndtri(p)) ** 2
    assert square <= min(z_original**2, z_replication**2) * (1 + 1e-6)
    # multiplied out, since a quotient of small numbers would lose digits
    left = (z_original**2 - square) * (z_replication**2 - square)
    assert left == pytest.approx(ratio * square**2, rel=1e-5, abs=1e-7)
    assert (p < 0.5) == (z_original * z_replication > 0)


@given(z_original=Z, z_replication=Z, ratio=RATIO)
def test_sceptical_p_value_is_symmetric_and_never_below_either_p_value(
    z_original: float, z_replication: float, ratio: float
) -> None:
    p = sceptical_p_value(z_original, z_replication, ratio)
    assert p == pytest.approx(sceptical_p_value(z_replication, z_original, ratio), rel=1e-9)
    assert p >= max(ndtr(-abs(z_original)), ndtr(-abs(z_replication))) - 1e-12


@given(z=st.floats(2, 8), ratio=RATIO)
def test_least_z_just_succeeds(z: float, ratio: float) -> None:
    assert sceptical_p_value(z, least_z(z, ratio), ratio) == pytest.approx(0.025, rel=1e-6)


@given(z=st.floats(2, 8), ratio=RATIO)
def test_nominal_success_is_harder_than_significance_in_both_studies(z: float, ratio: float) -> None:
    assert least_z(z, ratio) > ndtri(0.975)


def test_sceptical_p_value_without_any_effect_is_a_half() -> None:
    assert sceptical_p_value(0.0, 3.0, 1.0) == sceptical_p_value(3.0, 0.0, 1.0) == 0.5


def test_a_precise_original_leaves_the_ordinary_p_value() -> None:
    assert sceptical_p_value(1e6, 2.0, 1e-3) == pytest.approx(ndtr(-2.0), rel=1e-6)


def test_frame_and_page_say_that_nothing_was_simulated() -> None:
    again = replication(-15.30, 5.117)
    assert again.to_frame().loc[0, "relative_size"] == 1
    assert "nothing was simulated" in again._repr_html_()
    assert "nominal sceptical p-value, which is not recalibrated: conservative" in again._repr_html_()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"estimate": 0.0}, "estimate must not be 0"),
        ({"estimate": math.inf}, "estimate must be a finite number, got inf"),
        ({"se": 0.0}, "se must be positive and finite, got 0.0"),
        ({"relative_size": 0}, "relative_size must be positive and finite, got 0"),
        ({"level": 95}, r"level must be in \(0, 1\), got 95"),
        ({"shrinkage": -0.1}, r"shrinkage must be in \[0, 1\]"),
        ({"shrinkage": True}, r"shrinkage must be in \[0, 1\] or 'empirical_bayes', got True"),
    ],
)
def test_refusals(change: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"estimate": -5.0, "se": 2.0} | change
    with pytest.raises(InputError, match=message):
        replication(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((math.nan, 1.0, 1.0), "z_original must be a finite number"),
        ((1.0, math.inf, 1.0), "z_replication must be a finite number"),
        ((1.0, 1.0, 0.0), "variance_ratio must be positive"),
    ],
)
def test_sceptical_refusals(arguments: tuple[float, float, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        sceptical_p_value(*arguments)

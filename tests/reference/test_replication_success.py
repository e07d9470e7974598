"""Against the printed examples of the R package ReplicationSuccess (versions 1.2 and 1.3.1, manual pages on its site).

Pages pSceptical, powerSignificance, powerReplicationSuccess and predictionInterval under
https://crsuzh.github.io/ReplicationSuccess/reference/; p2z there is two-sided. Digits are those printed.
"""

from math import sqrt

import pytest
from scipy.special import ndtr, ndtri

from asteroid_repro.planning.replication import replication, sceptical_p_value

GOLDEN = (sqrt(5) + 1) / 2


def two_sided_z(p: float) -> float:
    return float(-ndtri(p / 2))


@pytest.mark.parametrize(("z_original", "z_replication"), [(2.0, 3.0), (3.0, 2.0)])
def test_sceptical_z(z_original: float, z_replication: float) -> None:
    assert -ndtri(sceptical_p_value(z_original, z_replication, 2.0)) == pytest.approx(1.531634, abs=5e-7)


def test_nominal_sceptical_p_value() -> None:
    p = sceptical_p_value(two_sided_z(0.01), two_sided_z(0.02), 2.0)
    assert p == pytest.approx(0.05790852, abs=5e-9)


@pytest.mark.parametrize(
    ("first", "second", "ratio", "printed"), [(0.01, 0.02, 2.0, 0.02273138), (0.02, 0.01, 0.5, 0.008786301)]
)
def test_golden_sceptical_p_value(first: float, second: float, ratio: float, printed: float) -> None:
    """The golden recalibration multiplies the sceptical z by the root of the golden ratio."""
    p = sceptical_p_value(two_sided_z(first), two_sided_z(second), ratio)
    assert ndtr(ndtri(p) * sqrt(GOLDEN)) == pytest.approx(printed, abs=5e-9)


@pytest.mark.parametrize(
    ("p", "size", "if_true", "predictive"),
    [(0.005, 2.0, 0.9777728, 0.8770464), (0.005, 0.5, 0.5099361, 0.5081131)],
)
def test_power_for_significance(p: float, size: float, if_true: float, predictive: float) -> None:
    study = replication(two_sided_z(p), 1.0, relative_size=size)
    assert study.significant_if_true == pytest.approx(if_true, abs=5e-8)
    assert study.significant_predictive == pytest.approx(predictive, abs=5e-8)


def test_power_for_significance_of_a_negative_estimate() -> None:
    assert replication(-3.0, 1.0, relative_size=2.0).significant_predictive == pytest.approx(0.9062321, abs=5e-8)


@pytest.mark.parametrize(("size", "if_true", "predictive"), [(2.0, 0.9690439, 0.8594539), (0.5, 0.6125711, 0.5923288)])
def test_power_for_replication_success(size: float, if_true: float, predictive: float) -> None:
    """Printed for the golden level: the critical z of one-sided 0.025 divided by the root of the golden ratio."""
    level = float(1 - 2 * ndtr(ndtri(0.025) / sqrt(GOLDEN)))
    study = replication(two_sided_z(0.005), 1.0, relative_size=size, level=level)
    assert study.success_if_true == pytest.approx(if_true, abs=5e-8)
    assert study.success_predictive == pytest.approx(predictive, abs=5e-8)


@pytest.mark.parametrize(
    ("estimate", "low", "mean", "high"),
    [(1.5, -0.9257882, 0.8333333, 2.592455), (2.0, -0.4599640, 1.5, 3.459964), (5.0, 2.6440396, 4.8, 6.955960)],
)
def test_empirical_bayes_prediction_interval(estimate: float, low: float, mean: float, high: float) -> None:
    study = replication(estimate, 1.0, relative_size=4.0, shrinkage="empirical_bayes")  # standard errors 1 and 0.5
    assert study.prediction_low == pytest.approx(low, abs=5e-7)
    assert (study.prediction_low + study.prediction_high) / 2 == pytest.approx(mean, abs=5e-7)
    assert study.prediction_high == pytest.approx(high, abs=5e-7)

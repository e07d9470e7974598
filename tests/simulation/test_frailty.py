"""Limits of event rates when people differ in how easily they are hurt; seed chosen before looking."""

import pytest

from asteroid_repro import ASTEROID, coverage_by_frailty
from asteroid_repro.evaluate.frailty import FrailtyRow


@pytest.fixture(scope="module")
def rows() -> dict[float, FrailtyRow]:
    table = coverage_by_frailty(ASTEROID, variances=(0, 1, 4), trials=10_000, seed=31)
    return {row.variance: row for row in table.rows}


def test_poisson_limits_cover_too_rarely_and_clustered_ones_hold(rows: dict[float, FrailtyRow]) -> None:
    assert rows[1].poisson < 0.95 - 4 * rows[1].poisson_mcse
    assert abs(rows[1].clustered - 0.95) < 4 * rows[1].clustered_mcse


def test_without_frailty_exact_limits_hold(rows: dict[float, FrailtyRow]) -> None:
    assert rows[0].poisson > 0.95 - 4 * rows[0].poisson_mcse


def test_more_frailty_is_worse_for_poisson_limits_and_clusters_fewer_trials(rows: dict[float, FrailtyRow]) -> None:
    assert rows[4].poisson < rows[1].poisson
    assert rows[4].not_clustered > rows[1].not_clustered > 0

"""Limits of event rates when people differ in how easily they are hurt; seed chosen before looking."""

import pandas as pd
import pytest

from asteroid_repro import ASTEROID, coverage_by_frailty


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return coverage_by_frailty(ASTEROID, variances=(0, 1, 4), trials=10_000, seed=31).to_frame().set_index("variance")


def test_poisson_limits_cover_too_rarely_and_clustered_ones_hold(table: pd.DataFrame) -> None:
    row = table.loc[1]
    assert row["poisson"] < 0.95 - 4 * row["poisson_mcse"]
    assert 0.93 < row["clustered"] < 0.97


def test_without_frailty_exact_limits_hold(table: pd.DataFrame) -> None:
    assert table.loc[0, "poisson"] > 0.95 - 4 * table.loc[0, "poisson_mcse"]


def test_more_frailty_is_worse_for_poisson_limits_and_leaves_more_trials_unclustered(table: pd.DataFrame) -> None:
    assert table.loc[4, "poisson"] < table.loc[1, "poisson"]
    assert table.loc[4, "not_clustered"] > table.loc[1, "not_clustered"] > 0

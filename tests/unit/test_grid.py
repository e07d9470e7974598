"""Grids of changes, and which combination is meant where something is wrong."""

from typing import Any

import numpy as np
import pytest

from asteroid_repro import ASTEROID, InputError
from asteroid_repro.sweeps.grid import grid, naming


def test_a_grid_is_every_combination_in_order() -> None:
    points = [
        point
        for point, _ in grid(ASTEROID, {"people_per_arm": range(10, 30, 10), "average_pain.sd": np.array([9.0, 10.0])})
    ]
    assert points == [
        {"people_per_arm": people, "average_pain.sd": sd} for people in (10, 20) for sd in (9.0, 10.0)
    ]  # fmt: skip
    assert type(points[0]["average_pain.sd"]) is float


@pytest.mark.parametrize(
    ("over", "message"),
    [
        ({}, "over must name a field"),
        ({"name": ["one", "other"]}, "over must name assumptions, got name"),
        ({"description": ["one", "other"]}, "over must name assumptions, got description"),
        ({"people_per_arm": []}, "people_per_arm must have at least one value"),
        ({"people_per_arm": 10}, "people_per_arm must have a list of values, got 10"),
        ({"programme": "asteroid"}, "programme must have a list of values"),
        ({"programme": {"name": "asteroid"}}, "programme must have a list of values"),
        ({"people_per_arm": [10, 20, 10]}, "people_per_arm must have each value once, got 10 twice"),
    ],
)
def test_what_is_no_grid_is_refused(over: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        grid(ASTEROID, over)


def test_the_records_are_those_of_with_values() -> None:
    """All values of a combination change at once: -50 points are possible from a baseline of 80 alone."""
    over: dict[str, list[Any]] = {
        "people_per_arm": [np.int64(15)],
        "programme": ["couch_to_5k"],
        "average_pain.effect": [-8, -50],
        "average_pain.treatment_baseline": [80],
    }
    found = grid(ASTEROID, over)
    assert [record for _, record in found] == [ASTEROID.with_values(**point) for point, _ in found]
    (_, small), (_, large) = found
    assert (small.n_treatment, small.n_reference, small.n_sessions) == (15, 15, 27)
    assert small.average_pain.effect == (-4.0, -8.0)
    assert large.average_pain.effect == (-25.0, -50.0)


@pytest.mark.parametrize(
    ("point", "message"),
    [
        ({"people_per_arm": 1}, "people_per_arm=1: n_treatment must be 2 or more"),
        ({"people_per_arm": 9, "average_pain.effect": -41}, "people_per_arm=9, average_pain.effect=-41: average_pain"),
        ({"people_per_arm": 9, "n_treatment": 9}, "people_per_arm=9, n_treatment=9: n_treatment must be given once"),
        ({"avrage_pain.sd": 1}, r"avrage_pain.sd=1: field must be .* Did you mean 'average_pain.sd'\?"),
    ],
)
def test_a_combination_that_cannot_be_is_named(point: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        grid(ASTEROID, {name: [value] for name, value in point.items()})
    assert "\n" not in str(caught.value)


def test_other_errors_pass() -> None:
    with pytest.raises(ZeroDivisionError), naming({"people_per_arm": 1}):
        1 / 0  # noqa: B018 - it is to fail

"""Fields by their dotted names, and grids of them."""

import re
from typing import Any

import numpy as np
import pytest

from asteroid_repro import ASTEROID, InputError, TrialAssumptions
from asteroid_repro.sweeps.fields import effect_at, field_names, grid, with_effect_at, with_fields
from asteroid_repro.trial.assumptions import OutcomeAssumptions
from asteroid_repro.trial.quantities import OUTCOMES


def test_every_field_of_the_record_has_a_name() -> None:
    plain = set(TrialAssumptions.model_fields) - set(OUTCOMES)
    dotted = {f"{outcome}.{part}" for outcome in OUTCOMES for part in OutcomeAssumptions.model_fields}
    assert set(field_names()) == plain | dotted | {"people_per_arm"}


@pytest.mark.parametrize(
    ("fields", "same"),
    [
        ({"people_per_arm": 30}, ASTEROID.with_people(30, 30)),
        ({"average_pain.effect": -8}, ASTEROID.with_effect(average_pain=-8)),
        ({"average_pain.effect": 0}, ASTEROID.with_effect(average_pain=0)),
        ({"average_pain.effect": [-2, -8]}, ASTEROID.with_values(average_pain={"effect": [-2, -8]})),
        ({"disability.sd": 9}, ASTEROID.with_sd(disability=9)),
        ({"disability.sd": (9, 9, 10)}, ASTEROID.with_values(disability={"sd": (9, 9, 10)})),
        ({"adherence_mean": 0.6}, ASTEROID.with_values(adherence_mean=0.6)),
        ({"missing_running": 0.1, "missing_pattern": "intermittent"},
         ASTEROID.with_values(missing_running=0.1, missing_pattern="intermittent")),
        ({"people_per_arm": np.int64(30)}, ASTEROID.with_people(30, 30)),
        ({"disability.sd": np.float64(9)}, ASTEROID.with_sd(disability=9)),
        ({"disability.sd": np.array([9.0, 9.0, 10.0])}, ASTEROID.with_values(disability={"sd": (9, 9, 10)})),
    ],
)  # fmt: skip
def test_a_field_changes_as_its_own_method_does(fields: dict[str, Any], same: TrialAssumptions) -> None:
    assert with_fields(ASTEROID, fields) == same


def test_no_change_is_the_same_record() -> None:
    assert with_fields(ASTEROID, {}) == ASTEROID
    assert with_fields(ASTEROID, {"adherence_mean": ASTEROID.adherence_mean}) == ASTEROID


def test_all_fields_change_at_once() -> None:
    """Neither value is possible without the other."""
    together = with_fields(ASTEROID, {"average_pain.effect": -50, "average_pain.running_baseline": 80})
    assert together.average_pain.effect == (-25.0, -50.0)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"avrage_pain.sd": 1}, r"field must be .* got 'avrage_pain.sd'\. Did you mean 'average_pain.sd'\?"),
        ({"average_pain": {"sd": 1}}, "field must be a part of average_pain"),
        ({"people_per_arm": 9, "n_running": 9}, "people_per_arm must stand alone"),
        ({"people_per_arm": 1}, "people_per_arm=1: n_running must be 2 or more"),
        ({"people_per_arm": 9, "average_pain.effect": -41}, "people_per_arm=9, average_pain.effect=-41: average_pain"),
        ({"average_pain.sd": -1}, "average_pain.sd=-1: average_pain.sd.0 must be positive"),
        ({"average_pain.sd": True}, "average_pain.sd=True: "),
    ],
)
def test_refusals_name_the_field_or_the_combination(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        with_fields(ASTEROID, fields)
    assert "\n" not in str(caught.value)


def test_no_effect_cannot_be_scaled_but_can_be_listed() -> None:
    null = ASTEROID.with_effect(average_pain=0)
    with pytest.raises(InputError, match="Give a list"):
        with_fields(null, {"average_pain.effect": -5})
    assert with_fields(null, {"average_pain.effect": [-2, -5]}).average_pain.effect == (-2, -5)
    with pytest.raises(InputError, match="effect must have an effect at week 6"):
        with_effect_at(null, "average_pain", 6, -5)
    assert with_effect_at(null, "average_pain", 6, 0) == null


def test_effect_at_a_week_scales_the_others() -> None:
    assert with_effect_at(ASTEROID, "average_pain", 12, -10).average_pain.effect == (-5.0, -10.0)
    assert with_effect_at(ASTEROID, "average_pain", 6, -4).average_pain.effect == pytest.approx((-4.0, -8.0))
    assert effect_at(ASTEROID, "current_pain", 6) == -9.675
    for week in (0, 7):
        with pytest.raises(InputError, match=re.escape(f"week must be one of 6, 12, got {week}")):
            effect_at(ASTEROID, "average_pain", week)


def test_grid_is_every_combination_in_order() -> None:
    points = grid({"people_per_arm": range(10, 30, 10), "average_pain.sd": np.array([5.0, 6.0])})
    assert points == [
        {"people_per_arm": people, "average_pain.sd": sd} for people in (10, 20) for sd in (5.0, 6.0)
    ]  # fmt: skip
    assert type(points[0]["average_pain.sd"]) is float


@pytest.mark.parametrize(
    ("over", "message"),
    [
        ({}, "over must name a field"),
        ({"name": ["one", "other"]}, "over must name assumptions, got name"),
        ({"people": [1]}, "field must be a name of the assumptions, got 'people'"),
        ({"people_per_arm": []}, "people_per_arm must have at least one value"),
        ({"people_per_arm": 10}, "people_per_arm must have a list of values, got 10"),
        ({"programme": "asteroid"}, "programme must have a list of values"),
        ({"people_per_arm": [10, 20, 10]}, "people_per_arm must have each value once, got 10 twice"),
    ],
)
def test_grid_refusals(over: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        grid(over)

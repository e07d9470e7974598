"""Measures over a grid of assumptions."""

from dataclasses import replace
from typing import Any

import pytest

from asteroid_repro import ASTEROID, InputError, operating_characteristics
from asteroid_repro.engine.measures import MEASURES
from asteroid_repro.planning.power_curve import PowerCurve, power_curve


@pytest.fixture(scope="module")
def curve() -> PowerCurve:
    over: dict[str, list[Any]] = {"people_per_arm": [10, 20], "average_pain.effect": [-15.3, -5]}
    return power_curve(ASTEROID, over, measures=("power", "coverage"), trials=400, seed=3)


def test_a_row_per_combination(curve: PowerCurve) -> None:
    frame = curve.to_frame()
    assert list(frame) == [
        "people_per_arm", "average_pain.effect", "power", "mcse", "coverage", "coverage_mcse", "failed",
    ]  # fmt: skip
    assert frame["people_per_arm"].tolist() == [10, 10, 20, 20]
    assert frame["average_pain.effect"].tolist() == [-15.3, -5, -15.3, -5]


def test_a_point_is_operating_characteristics(curve: PowerCurve) -> None:
    analysis: dict[str, Any] = {"method": "mmrm", "distribution": "kenward_roger"}
    oc = operating_characteristics(ASTEROID, trials=400, seed=3, **analysis)
    fields, found = curve.points[2]
    assert fields == {"people_per_arm": 20, "average_pain.effect": -15.3}
    assert found.rows == oc.rows
    assert curve.analysis == oc.analysis
    row = curve.to_frame().iloc[2]
    for measure, error in (("power", "mcse"), ("coverage", "coverage_mcse")):
        one = oc.value("average_pain", measure, 12)
        assert curve.at(measure)[2] == one
        assert (row[measure], row[error]) == (one.value, one.mcse)


def test_another_outcome_and_week_have_their_own_figures() -> None:
    curve = power_curve(ASTEROID, {"people_per_arm": [12]}, outcome="disability", week=6, trials=200, seed=3, level=0.8)
    small = ASTEROID.with_people(12, 12)
    oc = operating_characteristics(small, trials=200, seed=3, method="mmrm", distribution="kenward_roger", level=0.8)
    assert curve.to_frame()["power"].item() == oc.value("disability", "power", 6).value
    assert (curve.outcome, curve.week, curve.analysis.level) == ("disability", 6, 0.8)


def test_label(curve: PowerCurve) -> None:
    assert curve.label.startswith(
        "SIMULATED (ASTEROID, average_pain at week 12, mmrm with kenward_roger, level 0.95, 400"
    )
    assert curve.label in curve._repr_html_()


def test_points_share_people_and_noise() -> None:
    """With the same noise a larger effect finds at least what a smaller one found, but for rounding."""
    effects = [-2, -6, -10, -14]
    frame = power_curve(ASTEROID, {"average_pain.effect": effects}, trials=300, seed=8).to_frame()
    assert frame["power"].is_monotonic_increasing


def test_stopped_from_the_keyboard_it_keeps_the_finished_points(monkeypatch: pytest.MonkeyPatch) -> None:
    finished = operating_characteristics(ASTEROID, trials=20, seed=3)
    runs = iter([finished, replace(finished, stopped=True)])
    monkeypatch.setattr("asteroid_repro.planning.power_curve.characteristics", lambda *_, **__: next(runs))
    curve = power_curve(ASTEROID, {"people_per_arm": [10, 20, 30]}, trials=20, seed=3)
    assert len(curve.points) == 1
    assert "stopped after 1 of 3 points" in curve.label


def test_names_of_measures_are_those_of_operating_characteristics() -> None:
    oc = operating_characteristics(ASTEROID, trials=20, seed=3)
    assert tuple(row.measure for row in oc.rows if (row.outcome, row.week) == ("average_pain", 6)) == MEASURES


@pytest.mark.parametrize("change", [{"measures": ("powr",)}, {"trials": "auto"}])
def test_what_is_wrong_from_the_start_is_refused_before_simulating(
    change: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def simulate(*_: Any, **__: Any) -> None:
        pytest.fail("it must not simulate")

    monkeypatch.setattr("asteroid_repro.planning.power_curve.characteristics", simulate)
    arguments: dict[str, Any] = {"trials": 10, "seed": 1} | change
    with pytest.raises(InputError, match="must be"):
        power_curve(ASTEROID, {"people_per_arm": [9]}, **arguments)


@pytest.mark.parametrize(
    ("over", "change", "message"),
    [
        ({}, {}, "over must name a field"),
        ({"people_per_arm": [9], "adherence_mean": [0.5], "adherence_sd": [0.3]}, {}, "over must name one or two"),
        ({"people_per_am": [9]}, {}, "Did you mean 'people_per_arm'"),
        ({"people_per_arm": [9, 1]}, {}, "people_per_arm=1: n_treatment must be 2 or more"),
        # possible one by one and as means and SDs, but no bounded scores have these correlations
        ({"average_pain.effect": [-36]}, {}, "^average_pain.effect=-36: correlation must be"),
        (
            {"people_per_arm": [9]},
            {"measures": ("powr",)},
            "^measures must be .*, got 'powr'. Did you mean 'power'",
        ),
        ({"people_per_arm": [9]}, {"trials": "auto"}, "^trials must be a whole number of 2 or more, got 'auto'"),
        ({"people_per_arm": [9]}, {"week": 5}, "week must be one of"),
        ({"people_per_arm": [9]}, {"outcome": "sleep"}, "outcome must be one of"),
        ({"people_per_arm": [9]}, {"method": "mrmm"}, "^method must be one of"),
        ({"people_per_arm": [9]}, {"level": 95}, "^level must be in"),
    ],
)
def test_refusals(over: dict[str, Any], change: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"trials": 10, "seed": 1} | change
    with pytest.raises(InputError, match=message):
        power_curve(ASTEROID, over, **arguments)

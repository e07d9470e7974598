"""Every option of every command reaches its function, on a study and a scenario whose values all differ."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

import asteroid_repro as ar
from asteroid_repro import reproduction
from asteroid_repro.cli.commands import app

BREATHING = Path(__file__).parents[1] / "studies" / "breathing"
CASE = ("--study", str(BREATHING), "--scenario", "weaker", "--set", "people_per_arm=12", "--set", "walking.sd=75")
ANALYSIS = {"method": "clda", "distribution": "z", "level": 0.8}
RUN = {"trials": 300, "seed": 3, "n_jobs": 1, "executor": None, "progress": True}
GIVEN = ("--method", "clda", "--distribution", "z", "--level", "0.8")


class Reached(Exception):  # noqa: N818 - no error: the function was called
    """The function was reached, with these arguments."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.arguments, self.named = arguments, named


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Reached]:
    """Return a function that runs a command up to where it calls a function of the library, and says with what."""

    def call(function: str, *arguments: str) -> Reached:
        def stop(*positional: Any, **named: Any) -> None:
            raise Reached(*positional, **named)

        monkeypatch.setattr(reproduction if function == "reproduce" else ar, function, stop)
        result = CliRunner().invoke(app, list(arguments))
        assert isinstance(result.exception, Reached), result.output
        return result.exception

    return call


def crooked() -> ar.TrialAssumptions:
    """Return the scenario of the commands."""
    return ar.study(BREATHING).scenario("weaker").with_values(people_per_arm=12, **{"walking.sd": 75})


def same(record: object) -> bool:
    return isinstance(record, ar.TrialAssumptions) and record.values() == crooked().values() | {"name": record.name}


@pytest.mark.parametrize(
    ("command", "function"), [("power", "operating_characteristics"), ("what-if", "what_if"), ("sweep", "sweep")]
)
def test_the_commands_of_many_trials(command: str, function: str, reached: Callable[..., Reached]) -> None:
    places = ("results", "--over", "walking.effect=5,10") if command == "sweep" else ()
    found = reached(function, command, *places, *CASE, *GIVEN, "--trials", "300", "--seed", "3")
    method = ["clda"] if command == "sweep" else "clda"
    assert found.named == ANALYSIS | RUN | {"method": method}
    if command == "what-if":
        base, changed = found.arguments
        assert base == ar.study(BREATHING).scenario("weaker")
        assert same(changed)
    else:
        assert same(found.arguments[0])
    if command == "sweep":
        assert found.arguments[1:] == ({"walking.effect": [5, 10]}, Path("results"))


@pytest.mark.parametrize(
    ("command", "function"), [("power", "operating_characteristics"), ("what-if", "what_if"), ("sweep", "sweep")]
)
def test_what_is_left_out_is_left_to_the_function(command: str, function: str, reached: Callable[..., Reached]) -> None:
    places = ("results", "--over", "people_per_arm=10") if command == "sweep" else ()
    named = reached(function, command, *places, "--jobs", "2", "--target-mcse", "0.01").named
    assert named == {"trials": "auto", "target_mcse": 0.01} | RUN | {"seed": 2024, "n_jobs": 2, "trials": "auto"}
    assert reached(function, command, *places).named == {
        name: value for name, value in (RUN | {"seed": 2024}).items() if name != "trials"
    }


@pytest.mark.parametrize(
    ("command", "function", "options", "named"),
    [
        (
            "sample-size", "sample_size", ("--power", "0.8", "--effect", "-9", "--maximum", "50"),
            {"power": 0.8, "effect": -9.0, "maximum": 50},
        ),
        ("power-curve", "power_curve", ("--over", "walking.effect=5,10", "--measure", "rmse"), {"measures": ("rmse",)}),
        (
            "assurance", "assurance", ("--mean", "-9", "--sd", "2", "--shrinkage", "empirical_bayes"),
            {"mean": -9.0, "sd": 2.0, "shrinkage": "empirical_bayes"},
        ),
    ],
)  # fmt: skip
def test_the_commands_that_plan(
    command: str, function: str, options: tuple[str, ...], named: dict[str, Any], reached: Callable[..., Reached]
) -> None:
    where = ("--outcome", "walking", "--week", "10.5")
    found = reached(function, command, *options, *where, *CASE, *GIVEN, "--trials", "300", "--seed", "3")
    assert same(found.arguments[0])
    assert found.arguments[1:] == (({"walking.effect": [5, 10]},) if function == "power_curve" else ())
    assert found.named == named | {"outcome": "walking", "week": 10.5} | ANALYSIS | RUN
    left = reached(function, command, *options).named
    assert {"outcome", "week", "method", "trials"}.isdisjoint(left)


def test_replication(reached: Callable[..., Reached]) -> None:
    given = ("--estimate", "-9", "--se", "3", "--relative-size", "2", "--level", "0.9", "--shrinkage", "0.25")
    found = reached("replication", "replication", *given)
    assert found.arguments == (-9.0, 3.0)
    assert found.named == {"relative_size": 2.0, "level": 0.9, "shrinkage": 0.25}


def test_several_methods_of_a_sweep(reached: Callable[..., Reached]) -> None:
    methods = ("--method", "ancova", "--method", "clda")
    assert reached("sweep", "sweep", "results", "--over", "people_per_arm=10", *methods).named["method"] == [
        "ancova",
        "clda",
    ]


def test_what_if_compares_with_another_scenario(reached: Callable[..., Reached]) -> None:
    base, changed = reached("what_if", "what-if", *CASE[:2], "--to", "weaker", *CASE[4:]).arguments
    assert base == ar.study(BREATHING).assumptions
    assert same(changed)


def test_simulate(reached: Callable[..., Reached]) -> None:
    found = reached("simulate_trial", "simulate", *CASE, "--seed", "3")
    assert same(found.arguments[0])
    assert found.named == {"seed": 3}


def test_estimate(reached: Callable[..., Reached], tmp_path: Path) -> None:
    table = ar.simulate_trial(crooked(), seed=3).outcomes
    assert same(reached("simulate_trial", "estimate", *CASE, "--seed", "3").arguments[0])
    table.to_csv(tmp_path / "outcomes.csv", index=False)
    file = ("estimate", str(tmp_path / "outcomes.csv"))
    found = reached("estimate_effects", *file, *CASE[:2], *GIVEN)
    pd.testing.assert_frame_equal(found.arguments[0].outcomes, table, check_dtype=False)
    assert found.arguments[0].design.arm_names == ("breathing", "leaflet")
    assert found.named == ANALYSIS
    turned = reached("estimate_effects", *file, "--treatment", "leaflet", "--reference", "breathing")
    assert turned.arguments[0].design.arm_names == ("leaflet", "breathing")


def test_verify_and_reproduce(reached: Callable[..., Reached], tmp_path: Path) -> None:
    found = reached("verify", "verify", *CASE, "--seed", "3", "--trials", "300")
    assert found.arguments[0] == ar.study(BREATHING)
    assert same(found.named.pop("assumptions"))
    assert found.named == {"seed": 3, "trials": 300, "progress": True}
    found = reached("reproduce", "reproduce", *CASE, "--seed", "3", "--trials", "300", "--out", str(tmp_path), "--json")
    assert found.arguments == (tmp_path, ar.study(BREATHING))
    assert same(found.named.pop("assumptions"))
    found.named.pop("say")("nothing is said beside JSON")
    assert found.named == {"seed": 3, "trials": 300, "progress": False}


def test_audit(reached: Callable[..., Reached]) -> None:
    assert reached("audit", "audit", "--study", str(BREATHING)).arguments == (ar.study(BREATHING),)
    line = "1.45 (1.02, 2.06), p=0.04"
    about = ("--kind", "wald", "--people", "20+20", "--sides", "1", "--counts", "9/105")
    found = reached("audit_text", "audit", line, "--level", "0.9", "--ratio", *about)
    said = {"scale": "ratio", "kind": "wald", "people": "20+20", "sides": 1, "counts": "9/105"}
    assert (found.arguments, found.named) == ((line,), {"level": 0.9, "line": True, **said})


def test_reconstruct(reached: Callable[..., Reached]) -> None:
    options = ("--outcome", "walking", "--week", "10.5", "--n", "7", "--seed", "3", "--study", str(BREATHING))
    found = reached("reconstruct", "reconstruct", *options)
    assert found.arguments == ("walking", ar.study(BREATHING))
    assert found.named == {"n": 7, "seed": 3, "week": 10.5}


def test_power_shows_the_outcome_and_week_that_are_asked_for() -> None:
    shown = ("--outcome", "breathlessness", "--week", "10.5", "--trials", "300", "--seed", "3", *GIVEN[:2], *GIVEN[4:])
    printed = json.loads(CliRunner().invoke(app, ["power", *CASE, *shown, "--json"]).output)
    wanted = ar.operating_characteristics(crooked(), trials=300, seed=3, method="clda", level=0.8)
    rows = printed["operating_characteristics"]
    assert {(row["outcome"], row["week"]) for row in rows} == {("breathlessness", 10.5)}
    for row in rows:
        own = wanted.value("breathlessness", row["measure"], 10.5)
        assert row["value"] == pytest.approx(own.value, rel=1e-12)
    every = json.loads(
        CliRunner().invoke(app, ["power", *CASE, "--outcome", "every_outcome", "--trials", "300", "--json"]).output
    )
    assert [row["measure"] for row in every["operating_characteristics"]] == ["favours_treatment"]

"""Wrong edits that once went unnoticed, each with the assertion that notices it; on one crooked scenario."""

import json
from dataclasses import replace
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import asteroid_repro as ar
from asteroid_repro import ASTEROID
from asteroid_repro.cli.commands import app
from asteroid_repro.engine.true_effects import true_values
from asteroid_repro.planning.approximate_power import approximate_power, estimate_spread

SPREAD = {"average_pain.sd": [16, 19, 22]}
DECAYING = [[1, 0.6, 0.35], [0.6, 1, 0.6], [0.35, 0.6, 1]]


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(arguments))
    return done.exit_code, done.output


def test_responders_have_wilson_limits() -> None:
    people = [(number, "treatment" if number < 20 else "reference") for number in range(40)]
    gained = {*range(7), 20, 21}
    rows = [
        {"participant": who, "arm": arm, "week": week, "outcome": "pain",
         "value": 50 - 20 * (week > 0 and who in gained)}
        for who, arm in people for week in (0, 12)
    ]  # fmt: skip
    found = ar.responders(pd.DataFrame(rows), outcome="pain", points=10, better="lower")
    (treated,) = [row for row in found.rows if row.measure == "share_treatment"]
    z, n, share = 1.959963984540054, 20, 7 / 20
    middle, reach = share + z**2 / (2 * n), z * sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    ends = ((middle - reach) / (1 + z**2 / n), (middle + reach) / (1 + z**2 / n))
    assert (treated.ci_low, treated.ci_high) == pytest.approx(ends, rel=1e-9)


def test_the_spread_of_an_adjusted_estimate_uses_both_sds() -> None:
    record = ASTEROID.with_values(**SPREAD)
    true, _, _ = estimate_spread(record, outcome="average_pain", week=12, method="ancova")
    assert true == pytest.approx(sqrt(0.1 * (22**2 - (0.5 * 16 * 22) ** 2 / 16**2)), rel=1e-9)
    record = ASTEROID.with_values(visit_correlation=DECAYING, **{"average_pain.sd": [22, 19, 16]})
    true, _, _ = estimate_spread(record, outcome="average_pain", week=12, method="ancova")
    assert true == pytest.approx(sqrt(0.1 * 16**2 * (1 - 0.35**2)), rel=1e-9)


@pytest.mark.parametrize("arm", ["treatment", "reference"])
def test_approximate_power_counts_who_is_left_of_each_arm(arm: str) -> None:
    full, _, _ = estimate_spread(ASTEROID, outcome="average_pain", week=12, method="mmrm")
    half = ASTEROID.with_values(**{f"missing_{arm}": 0.5})
    left, _, _ = estimate_spread(half, outcome="average_pain", week=12, method="mmrm")
    assert left == pytest.approx(full * sqrt((1 / 10 + 1 / 20) / (2 / 20)), rel=1e-9)


def test_lowest_size_is_two_errors_away() -> None:
    found = ar.sample_size(ASTEROID, power=0.8, trials=1000, seed=4)
    answer = next(row for row in found.rows if row.people_per_arm == found.people_per_arm)
    goal = 0.8 - (answer.power - answer.approximate_power) - 2 * answer.mcse
    sizes = range(2, found.people_per_arm + 1)
    first = next(
        size for size in sizes if approximate_power(ASTEROID.with_people(size, size)) >= goal or size == sizes[-1]
    )
    assert found.lowest == first


def test_the_truth_of_an_adjusted_estimate_keeps_what_of_the_imbalance_does_not_persist() -> None:
    record = ASTEROID.with_values(visit_correlation=0.3)
    assert true_values(record, "ancova")[-1, 1] == pytest.approx(-19.35 + 0.7 * (30.8 - 40.1), abs=1e-9)


def test_important_changes_are_the_printed_yardsticks() -> None:
    numbers = ar.published().numbers
    printed = {kind: numbers[f"yardstick.minimal_important_change.{kind}"] for kind in ("vas", "odi")}
    important = {outcome.name: outcome.important for outcome in ASTEROID.design.outcomes}
    assert important == {"average_pain": printed["vas"], "current_pain": printed["vas"], "disability": printed["odi"]}


def test_a_power_curve_is_of_its_week_and_level() -> None:
    curve = ar.power_curve(ASTEROID, {"people_per_arm": [20]}, week=6, trials=300, seed=3, level=0.8, method="ancova")
    whole = ar.operating_characteristics(ASTEROID, trials=300, seed=3, level=0.8, method="ancova")
    assert curve.at("power")[0] == whole.value("average_pain", "power", 6)


def test_a_sweep_is_of_its_level_and_method(tmp_path: Path) -> None:
    run_of: dict[str, Any] = {"trials": 200, "seed": 5}
    swept = ar.sweep(ASTEROID, {"people_per_arm": [20]}, tmp_path, level=0.8, method="ancova", **run_of).to_frame()
    whole = ar.operating_characteristics(ASTEROID, level=0.8, method="ancova", **run_of).to_frame()
    np.testing.assert_array_equal(swept["value"], whole["value"])
    other = ar.operating_characteristics(ASTEROID, method="ancova", **run_of).to_frame()
    assert not np.array_equal(swept["value"], other["value"], equal_nan=True)


def test_unequal_arms_are_named_in_their_order() -> None:
    trial = ar.simulate_trial(ASTEROID.with_people(21, 19), seed=1)
    table = ar.effects_table(ar.estimate_effects(trial), design=trial.design)
    assert {cell for row in table.rows for cell in row if " + " in str(cell)} == {"21 + 19"}


def test_reproduce_ends_with_1_where_a_check_failed(tmp_path: Path) -> None:
    scenario = tmp_path / "less.toml"
    scenario.write_text("adherence_mean = 0.5\n", encoding="utf-8")
    status, _ = run("reproduce", "--out", str(tmp_path), "--trials", "300", "--scenario", str(scenario), "--json")
    assert status == 1


def test_audit_ends_with_1_where_it_is_not_as_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = replace(ar.audit(), as_recorded=False)
    monkeypatch.setattr(ar, "audit", lambda *_, **__: changed)
    assert run("audit")[0] == 1


def test_a_sweep_takes_its_changes(tmp_path: Path) -> None:
    folder = str(tmp_path / "s")
    run("sweep", folder, "--over", "people_per_arm=20", "--set", "disability.effect=-2", "--trials", "60", "--json")
    manifest = json.loads((tmp_path / "s" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["assumptions"]["disability.effect"][-1] == -2

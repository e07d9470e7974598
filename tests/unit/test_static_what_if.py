"""The static what-if page says what the library says, may load nothing, and is one small file."""

import importlib.util
import json
import re
import shutil
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytest.importorskip("panel", reason="the page begins with the state of the live page")

from asteroid_repro import ASTEROID, operating_characteristics
from asteroid_repro.app.results import measure
from asteroid_repro.app.state import State
from asteroid_repro.planning.approximate_power import approximate_power

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "what_if"
PAGE = (ROOT / "docs" / "what-if.html").read_text(encoding="utf-8")
NODE = shutil.which("node")
NEEDS_NODE = pytest.mark.skipif(NODE is None, reason="the page's own program needs Node.js outside a browser")
PROGRAM = """
const fs = require("fs"), { measures } = require("./power.js");
const [grid, points] = ["grid.json", "/dev/stdin"].map((name) => JSON.parse(fs.readFileSync(name)));
console.log(JSON.stringify(points.map((point) => measures(grid, point))));
"""
PAPER = {"effect": -15.3, "people": 20, "sd": 16.18, "correlation": 0.5, "dropout": 0.0, "method": "mmrm"}


def _maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_what_if", ROOT / "docs" / "make_what_if.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MAKER = _maker()


def data() -> dict[str, Any]:
    """Return the numbers in the page."""
    found = re.search(r'<script type="application/json" id="grid">(.*?)</script>', PAGE, re.DOTALL)
    assert found is not None
    grid: dict[str, Any] = json.loads(found.group(1))
    return grid


def shown(*points: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the page's program says of states."""
    given = json.dumps([PAPER | point for point in points])
    done = subprocess.run(
        [str(NODE), "-e", PROGRAM], cwd=FOLDER, input=given, capture_output=True, text=True, check=True
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_the_page_is_made_of_its_parts_and_small() -> None:
    assert MAKER.page() == PAGE
    assert len(PAGE.encode()) < 1_500_000


def test_the_papers_state_is_that_of_the_live_page() -> None:
    found = data()["start"]["measures"]
    for name, live in (("power", "power"), ("typeM", "type_m"), ("coverage", "coverage")):
        assert found[name] == measure(State(), live).value
    assert "SIMULATED" in PAGE


def test_the_measured_error_is_in_the_answer_and_within_what_was_asked() -> None:
    report = json.loads((FOLDER / "error.json").read_text(encoding="utf-8"))
    assert report["points"] == 1000
    assert report["beyond"] <= 0.05 * report["points"]  # as many as chance alone puts beyond 95 % limits
    assert f"in {report['beyond']}; the largest difference was {report['largest']:.1f}" in data()["error"]


@NEEDS_NODE
def test_power_is_that_of_a_formula_where_one_is_exact() -> None:
    """The t test's power, for MMRM on complete visits; the ends of the scale change it by less than a point."""
    points = [{"effect": effect, "people": people} for effect in (-4, -8, -12) for people in (7, 18, 60, 300)]
    for point, found in zip(points, shown(*points), strict=True):
        record = ASTEROID.with_values(
            people_per_arm=point["people"], average_pain={"effect": point["effect"], "sd": PAPER["sd"]}
        )
        wanted = approximate_power(record, outcome="average_pain", method="mmrm")
        assert found["power"] == pytest.approx(wanted, abs=0.012)


@NEEDS_NODE
@pytest.mark.parametrize("method", ["random_intercept", "ancova"])
def test_power_between_the_points_is_that_of_a_simulation(method: str) -> None:
    record = ASTEROID.with_values(
        people_per_arm=33, visit_correlation=0.55, average_pain={"effect": -9, "sd": 15.5},
        missing_treatment=0.22, missing_reference=0.22,
    )  # fmt: skip
    point = {"effect": -9, "people": 33, "sd": 15.5, "correlation": 0.55, "dropout": 0.22, "method": method}
    found = operating_characteristics(record, trials=4000, seed=5, method=method).value("average_pain", "power")
    assert shown(point)[0]["power"] == pytest.approx(found.value, abs=4 * found.mcse + 0.007)


@NEEDS_NODE
def test_power_rises_with_effect_and_people_and_falls_with_spread_and_loss() -> None:
    for name, values in (
        ("effect", [-1, -3, -5, -8, -11, -14, -17]),
        ("people", [5, 9, 14, 30, 55, 90]),
        ("sd", [29, 24, 19, 15, 11]),
        ("dropout", [0.5, 0.4, 0.3, 0.2, 0.1, 0.0]),
    ):
        for method in ("random_intercept", "mmrm", "ancova"):
            powers = [one["power"] for one in shown(*({name: value, "method": method} for value in values))]
            assert powers == sorted(powers), (name, method)


@NEEDS_NODE
def test_without_an_effect_there_is_no_wrong_sign() -> None:
    (none,) = shown({"effect": 0})
    assert none["typeS"] is none["typeM"] is None
    assert none["power"] == none["right"] == pytest.approx(0.05, abs=0.006)


def test_the_page_may_load_nothing() -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', PAGE)
    assert policy is not None
    assert policy.group(1).startswith("default-src 'none'")
    style, script = (
        re.search(r"<style>(.*?)</style>", PAGE, re.DOTALL),
        re.search(r"<script>(.*?)</script>", PAGE, re.DOTALL),
    )
    assert style is not None
    assert script is not None
    assert f"style-src '{MAKER.content_hash(style.group(1))}'" in policy.group(1)
    assert f"script-src '{MAKER.content_hash(script.group(1))}'" in policy.group(1)
    addresses = set(re.findall(r"https?://[^\s\"'<]+", PAGE))
    assert addresses <= {"http://www.w3.org/2000/svg"}  # a name, not a place to load from

"""The static what-if page holds what the library says, and may load nothing."""

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "what-if.html").read_text(encoding="utf-8")


def _maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_what_if", ROOT / "docs" / "make_what_if.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MAKER = _maker()


def _grid() -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="grid">(.*?)</script>', PAGE, re.DOTALL)
    assert found is not None
    grid: dict[str, Any] = json.loads(found.group(1))
    return grid


GRID = _grid()


def test_the_page_has_every_combination_in_order() -> None:
    assert len(GRID["cells"]) == len(MAKER.cells())
    for axis in ("effect", "sd", "people", "method"):
        assert len(GRID[axis]) > 1
    # The order by which page.js counts: method, effect, sd, people.
    sizes = [len(GRID[axis]) for axis in ("effect", "sd", "people")]
    for index, cell in enumerate(MAKER.cells()):
        method, rest = divmod(index, sizes[0] * sizes[1] * sizes[2])
        effect, rest = divmod(rest, sizes[1] * sizes[2])
        sd, people = divmod(rest, sizes[2])
        assert cell == MAKER.Cell(
            GRID["method"][method], GRID["effect"][effect], GRID["sd"][sd], GRID["people"][people]
        )


@pytest.mark.parametrize("index", range(7, 630, 89))
def test_the_embedded_numbers_are_those_of_the_library(index: int) -> None:
    fresh = MAKER.figures(MAKER.cells()[index])
    assert fresh.keys() == GRID["cells"][index].keys()
    for name, value in fresh.items():
        assert GRID["cells"][index][name] == (value if value is None else pytest.approx(value, abs=2e-6)), name


def test_a_trial_that_cannot_exist_says_why() -> None:
    problems = [cell["problem"] for cell in GRID["cells"] if "problem" in cell]
    assert problems
    assert len(problems) < len(GRID["cells"]) / 4
    assert all("must" in problem and "got" in problem for problem in problems)


def test_the_start_is_a_trial_like_asteroid() -> None:
    assert GRID["effect"][GRID["start"]["effect"]] == -15
    assert GRID["people"][GRID["start"]["people"]] == 20
    assert "SIMULATED" in PAGE


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


def test_the_page_is_made_of_its_template() -> None:
    assert MAKER.page(GRID["cells"]) == PAGE

"""The static what-if page in a real browser, opened from disk."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "what-if.html"
GRID = json.loads(re.findall(r'id="grid">(.*?)</script>', PAGE.read_text(encoding="utf-8"), re.DOTALL)[0])


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    opened = browser.new_page()
    requests: list[str] = []
    opened.on("request", lambda request: requests.append(request.url))
    opened.goto(PAGE.as_uri())
    yield opened
    opened.close()
    assert requests == [PAGE.as_uri()]  # nothing else is asked for


def _cell(effect: int, sd: int, people: int, method: int = 0) -> dict[str, Any]:
    sizes = [len(GRID[axis]) for axis in ("effect", "sd", "people")]
    cell: dict[str, Any] = GRID["cells"][((method * sizes[0] + effect) * sizes[1] + sd) * sizes[2] + people]
    return cell


def test_it_starts_like_asteroid_and_says_simulated(page: Any) -> None:
    start = GRID["start"]
    power = _cell(start["effect"], start["sd"], start["people"])["power"]
    assert f"{100 * power:.1f} % of such trials find the effect" in page.locator("#answer").inner_text()
    assert "SIMULATED" in page.locator(".simulated").inner_text()


def test_a_slider_moved_by_keyboard_changes_number_figure_and_table(page: Any) -> None:
    start = GRID["start"]
    figure = page.locator("#figure").inner_html()
    page.locator("#people").focus()
    page.keyboard.press("ArrowRight")
    power = _cell(start["effect"], start["sd"], start["people"] + 1)["power"]
    assert f"{100 * power:.1f} %" in page.locator("#answer").inner_text()
    assert page.locator("#figure").inner_html() != figure
    chosen = page.locator("tr.chosen").inner_text().split()
    assert chosen[:2] == [str(GRID["people"][start["people"] + 1]), f"{power:.3f}"]
    assert page.locator("#people").get_attribute("aria-valuetext") == f"{GRID['people'][start['people'] + 1]} people"


def test_a_trial_that_cannot_exist_explains_itself_and_keeps_the_last_result(page: Any) -> None:
    page.locator("#effect").focus()
    page.keyboard.press("End")
    before = page.locator("#answer").inner_text()
    page.locator("#sd").focus()
    page.keyboard.press("End")
    assert page.locator("#problem").inner_text().startswith("This trial cannot exist: ")
    assert page.locator("#answer").inner_text() == before
    page.locator("button[type=reset]").click()
    assert page.locator("#problem").inner_text() == ""
    assert page.locator("#answer").inner_text() != before


def test_a_method_can_be_chosen(page: Any) -> None:
    start = GRID["start"]
    page.locator("#method").select_option("2")
    power = _cell(start["effect"], start["sd"], start["people"], method=2)["power"]
    assert f"{100 * power:.1f} %" in page.locator("#answer").inner_text()


@pytest.mark.parametrize("width", [1280, 390])
def test_accessibility_has_no_findings_and_nothing_sticks_out(
    page: Any, accessibility_findings: Callable[[Any], list[str]], width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 850})
    assert accessibility_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width

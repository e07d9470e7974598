"""The static what-if page in a real browser, opened from disk, by keyboard."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "what-if.html"


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    opened = browser.new_page()
    requests: list[str] = []
    opened.on("request", lambda request: requests.append(request.url))
    opened.goto(PAGE.as_uri())
    yield opened
    opened.close()
    assert {url.partition("#")[0] for url in requests} == {PAGE.as_uri()}  # nothing else is asked for


def answer(page: Any) -> str:
    text: str = page.locator("#answer").inner_text()
    return text


def enter(page: Any, name: str, value: str) -> None:
    page.locator(f"#{name}-number").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type(value)
    page.keyboard.press("Enter")


def test_it_starts_as_asteroid_and_says_simulated(page: Any) -> None:
    assert (
        answer(page) == "84.9 % of trials like this would find average pain lowered by running at week 12, a benefit."
    )
    assert "SIMULATED" in page.locator(".simulated").inner_text()
    assert "the very state, as the live page simulates it" in page.locator("#error").inner_text()


def test_any_value_typed_or_moved_changes_answer_and_picture(page: Any) -> None:
    figure = page.locator("#figure").inner_html()
    page.locator("#people").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#people-number").input_value() == "21"
    assert page.locator("#figure").inner_html() != figure
    enter(page, "effect", "-8.35")
    assert page.url.endswith("#effect=-8.35&people=21")
    assert "measured" in page.locator("#error").inner_text() or "off by" in page.locator("#error").inner_text()


def test_a_harm_is_called_a_harm_and_no_effect_an_error(page: Any) -> None:
    enter(page, "effect", "8")
    assert "average pain raised by running at week 12, a harm" in answer(page)
    assert "a harm" in page.locator("#sign").inner_text()
    enter(page, "effect", "0")
    assert "an effect on average pain at week 12 that is not there" in answer(page)


def test_what_cannot_be_names_its_control_and_keeps_the_last_result(page: Any) -> None:
    before = answer(page)
    enter(page, "dropout", "70")
    assert page.locator("#problem").inner_text() == "People lost by week 12 must be from 0 to 50 %."
    assert answer(page) == before
    page.locator("#reset").click()
    assert page.locator("#problem").inner_text() == ""


def test_a_link_restores_a_state(page: Any) -> None:
    page.goto(f"{PAGE.as_uri()}#effect=-10&people=44&dropout=0.1&method=ancova")
    page.reload()
    assert page.locator("#effect-number").input_value() == "-10"
    assert page.locator("#dropout-number").input_value() == "10"
    assert page.locator("#method").input_value() == "ancova"
    said = answer(page)
    page.locator("#method").select_option("mmrm")
    assert answer(page) != said


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_accessibility_has_no_findings_and_nothing_sticks_out(
    page: Any, accessibility_findings: Callable[[Any], list[str]], width: int, scheme: str
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 850})
    assert accessibility_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_a_phone_the_picture_stays_in_view_while_a_control_is_moved(page: Any) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator("#dropout").focus()
    page.keyboard.press("ArrowRight")
    place = page.locator("#figure svg").bounding_box()
    assert place["y"] >= 0
    assert place["y"] + place["height"] <= 844

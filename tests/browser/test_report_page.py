"""The report in a real browser: at the width of a desk and of a phone, and nothing that axe-core finds."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asteroid_repro import ASTEROID, report, simulate_trial, study

STRETCHING = study(Path(__file__).parents[1] / "studies" / "stretching")


@pytest.mark.parametrize("supposed", [ASTEROID, STRETCHING.assumptions], ids=["simulated", "made up"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_report_is_accessible_and_fits(
    browser: Any, accessibility_findings: Callable[[Any], list[str]], tmp_path: Path, supposed: Any, width: int
) -> None:
    path = report(simulate_trial(supposed, seed=2024), tmp_path / "trial.html").files[0]
    page = browser.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    assert accessibility_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [url for url in requests if not url.startswith("data:")] == [path.as_uri()]
    page.close()

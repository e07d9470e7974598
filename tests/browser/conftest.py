"""Chromium for the tests of the pages: the system's own, headless, with an empty profile."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = Path(__file__).with_name("axe.min.js")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Start Chromium; the test is skipped, with the reason, where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="the browser tests need playwright")
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: the page was not tried")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = chromium.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
        context.set_default_timeout(30_000)  # a busy machine may take its time
        yield context
        chromium.close()


@pytest.fixture(scope="session")
def accessibility_findings() -> Callable[[Any], list[str]]:
    """Give what asks axe-core for its findings on a page."""

    def findings(page: Any) -> list[str]:
        page.evaluate(AXE.read_text(encoding="utf-8"))
        report = page.evaluate("axe.run()")
        return [f"{one['id']}: {one['help']}: {one['nodes'][0]['html']}" for one in report["violations"]]

    return findings

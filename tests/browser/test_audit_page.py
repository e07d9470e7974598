"""The page that audits a pasted text, in a real browser: what is pasted is judged, and nothing leaves the machine."""

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("panel", reason="the page needs the extra app")
pytest.importorskip("playwright.sync_api", reason="the browser tests need playwright")

from asteroid_repro.app.audit_page import audited

ABSTRACT = (
    "Pain fell (MD -15.30, 95% CI -25.33 to -5.27, p=0.003); the hazard ratio was 0.72 (95% CI 0.60 to 0.85, p=0.3)."
)


@pytest.fixture
def address() -> Iterator[str]:
    """Start the command on a free port and give its address, which is what it says first."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "asteroid_repro", "app", "--port", port, "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        server.stdout.readline()
        yield f"http://127.0.0.1:{port}"
        server.kill()


def test_what_is_pasted_is_judged_with_what_is_said_of_it(
    address: str, browser: Any, accessibility_findings: Callable[[Any], list[str]]
) -> None:
    page = browser.new_page()
    outside: list[str] = []
    page.on("request", lambda request: outside.append(request.url))
    page.goto(f"{address}/audit")
    page.fill("#text", ABSTRACT)
    page.click("#audit")
    page.wait_for_selector("mark.bad")
    assert page.locator("mark").count() == 2
    assert accessibility_findings(page) == []
    page.fill("#people", "nobody")
    page.click("#audit")
    page.wait_for_selector("#result .alert")
    assert "people must be" in page.inner_text("#result")
    page.click("text=What if?")
    page.locator("#power").wait_for()
    assert [url for url in outside if not url.startswith((address, "data:", "blob:"))] == []
    page.close()


def test_the_same_code_answers_as_anywhere_else() -> None:
    assert "1 compatible; 1 contradiction" in audited(ABSTRACT)
    assert "kind must be one of" in audited(ABSTRACT, kind="guess")

"""The what-if page is served to this machine only, and a port that is taken is named."""

import asyncio
import json
import socket
import sys
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from asteroid_repro import ASTEROID, InputError, Study, event_rates, operating_characteristics, study
from asteroid_repro.cli.commands import main

pytest.importorskip("panel", reason="the what-if page needs the extra app")

from asteroid_repro.app.page import Page, page_of
from asteroid_repro.app.results import one_trial
from asteroid_repro.app.serve import serve, start
from asteroid_repro.app.state import State
from asteroid_repro.app.widgets import values
from asteroid_repro.app.words import percent

STUDIES = Path(__file__).parents[1] / "studies"


def of(**changes: Any) -> State:
    return State(study(), changes)


def text(page: Page, part: str) -> str:
    """Return a part of a page as the browser gets it."""
    found: str = page._panes[part].object
    return found


@pytest.fixture
def taken() -> Iterator[int]:
    """Give a port on which something listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def test_the_server_listens_on_this_machine_only() -> None:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    server = start(study(), _free_port())
    try:
        sockets = server._http._sockets.values()  # tornado tells nobody else
        assert {each.getsockname()[0] for each in sockets} == {"127.0.0.1"}
    finally:
        server.stop()
        loop.close()
        asyncio.set_event_loop(None)


@pytest.fixture
def served() -> Iterator[int]:
    """Serve the page in a thread and give its port."""
    port, ready, ended = _free_port(), threading.Event(), []

    def run() -> None:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        server = start(study(), port)
        server.start()
        ended.append((loop, server))
        ready.set()
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.wait(30)
    yield port
    loop, server = ended[0]
    loop.call_soon_threadsafe(server.stop)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


def _asked(port: int, host: str, path: str, **headers: str) -> tuple[int, dict[str, str]]:
    """Ask for a page under a name; return status and headers."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers={"Host": host, **headers})
    answer = connection.getresponse()
    connection.close()
    return answer.status, dict(answer.getheaders())


def test_another_name_that_leads_here_is_refused_on_page_and_socket(served: int) -> None:
    socket_headers = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol": "bokeh",
    }  # fmt: skip
    for host in (f"127.0.0.1:{served}", f"localhost:{served}"):
        assert _asked(served, host, "/static/js/bokeh.min.js")[0] == 200
    for host in (f"rebound.example:{served}", "rebound.example", f"127.0.0.1.example:{served}"):
        assert 400 <= _asked(served, host, "/")[0] < 500
        assert 400 <= _asked(served, host, "/ws", Origin=f"http://{host}", **socket_headers)[0] < 500
    own = f"127.0.0.1:{served}"
    assert 400 <= _asked(served, own, "/ws", Origin="http://rebound.example", **socket_headers)[0] < 500


def test_every_answer_says_what_a_browser_may_load(served: int) -> None:
    headers = _asked(served, f"127.0.0.1:{served}", "/static/js/bokeh.min.js")[1]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "http" not in headers["Content-Security-Policy"]


def test_a_visitor_has_one_answer_under_way_and_the_newest_change_comes_last(monkeypatch: pytest.MonkeyPatch) -> None:
    page, seen = Page(), list[str]()
    started, go_on = threading.Event(), threading.Event()

    def slow(given: str) -> bool:
        seen.append(given)
        started.set()
        go_on.wait(10)
        return False

    monkeypatch.setattr(page, "_is_answered", slow)
    first = threading.Thread(target=page._change, args=("1",))
    first.start()
    started.wait(10)
    for newer in ("2", "3", "4"):
        page._change(newer)  # comes back at once: the first thread takes it over
    go_on.set()
    first.join(10)
    assert seen == ["1", "4"]


def test_a_taken_port_is_named(taken: int) -> None:
    with pytest.raises(InputError, match=rf"port must be free, got {taken}.*--port"):
        serve(study(), taken, show=False)


@pytest.mark.parametrize("port", [0, -1, 70000])
def test_a_port_that_cannot_be_is_refused(port: int) -> None:
    with pytest.raises(InputError, match="port must be from 1 to 65535"):
        serve(study(), port, show=False)


def test_the_command_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in [name for name in sys.modules if name.startswith("asteroid_repro.app.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "panel", None)
    monkeypatch.setattr(sys, "argv", ["asteroid-repro", "app", "--no-browser"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    assert "Install asteroid-repro[app]." in capsys.readouterr().err


def test_a_study_that_supposes_nothing_has_no_page(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text((STUDIES / "breathing" / "study.toml").read_text(encoding="utf-8"))
    with pytest.raises(InputError, match=r"must hold assumptions\.toml"):
        start(study(tmp_path), _free_port())


def test_a_page_keeps_its_last_state_when_asked_for_what_cannot_be() -> None:
    page = Page(of(people_per_arm=30))
    before = text(page, "headline")
    page._form.values = values(State()).replace('"adherence_sd": 0.2', '"adherence_sd": 0.5')
    assert page.state == of(people_per_arm=30)
    assert text(page, "headline") == before
    assert "adherence_sd must be between" in text(page, "alerts")
    page._form.values = values(of(people_per_arm=35))
    assert page.state["people_per_arm"] == 35
    assert text(page, "alerts") == ""


def test_numbers_and_limits_follow_the_level_at_once() -> None:
    """Another level leaves the assumptions alone; power and the limits of the event rates change all the same."""
    page = Page(of())
    power = operating_characteristics(ASTEROID, trials=2000, seed=1, level=0.8).value("average_pain", "power").value
    assert percent(power) not in text(page, "headline")
    page._form.values = values(of(level=0.8))
    assert percent(power) in text(page, "headline")
    (total, *_) = event_rates(one_trial(page.state), level=0.8).rows
    assert "80 % CI" in text(page, "events")
    assert f"({total.ci_low:.1f}, {total.ci_high:.1f})" in text(page, "events")


def test_an_address_that_cannot_be_gives_the_start_and_says_why() -> None:
    page = page_of("?people_per_arm=100000")
    assert page.state == State()
    assert "People per arm (people_per_arm) must be a whole number from 5 to 500" in text(page, "alerts")


def test_words_of_an_address_are_no_markup() -> None:
    assert "<script>" not in text(page_of("?method=<script>alert(1)</script>"), "alerts")


@pytest.fixture(params=["breathing", "stretching"])
def other(request: pytest.FixtureRequest) -> Study:
    return study(STUDIES / request.param)


def test_a_page_of_another_study_speaks_of_that_study_alone(other: Study) -> None:
    page = page_of("", other)
    parts = " ".join(text(page, part) for part in page._panes if part not in ("distribution", "trajectories"))
    introduction: Any = page.view[0]
    everything = f"{introduction.object} {parts} {page._form.groups} {page._buttons.buttons}"
    assert other.design.name in everything
    assert f"Reset to {other.design.name}" in everything
    for label in [outcome.label for outcome in other.design.outcomes]:
        assert label in page._form.groups
    program = text(page, "source")
    for word in ("ASTEROID", "waitlist", "attendance", "running hours", "session"):
        assert word.lower() not in everything.replace(program, "").lower()
    assert "Rate per 1000 person-weeks" in text(page, "events")
    assert all(arm.label in text(page, "events") for arm in other.design.arms)


def test_a_page_of_another_study_follows_its_controls(other: Study) -> None:
    page = page_of("?people_per_arm=30", other)
    name = other.design.outcome_names[-1]
    changes = {"outcome": name, f"{name}.sd": 0.9 * page.state[f"{name}.sd"], "people_per_arm": 30}
    page._form.values = json.dumps({control: page.state[control] for control in page.state.controls} | changes)
    assert page.state.changes == changes
    kind, mime, content = page._file("toml")
    assert (kind, mime) == ("what-if.toml", "application/toml")
    page._act("reset", "")
    assert page.state.changes == {}
    page._act("restore", content.decode())
    assert page.state["people_per_arm"] == 30
    page._act("next", "")
    assert page.state["trial_seed"] == 2025
    assert page._file("csv")[2].startswith(b"# SIMULATED")
    assert page._file("svg")[2].startswith(b"<?xml")


def test_a_study_without_adverse_events_has_no_table_of_them(tmp_path: Path) -> None:
    design = (STUDIES / "breathing" / "study.toml").read_text(encoding="utf-8")
    supposed = (STUDIES / "breathing" / "assumptions.toml").read_text(encoding="utf-8")
    (tmp_path / "study.toml").write_text(design.partition("[adverse_events.dizziness]")[0])
    (tmp_path / "assumptions.toml").write_text(supposed.partition("[adverse_events.dizziness]")[0])
    for name in ("claims", "sources"):
        (tmp_path / f"{name}.toml").write_text((STUDIES / "breathing" / f"{name}.toml").read_text(encoding="utf-8"))
    page = page_of("", study(tmp_path))
    assert text(page, "events") == ""
    assert "Adverse events" not in page._form.groups

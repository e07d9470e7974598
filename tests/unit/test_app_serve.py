"""The what-if page is served to this machine only, and a port that is taken is named."""

import asyncio
import socket
import sys
from collections.abc import Iterator

import pytest

from asteroid_repro import InputError
from asteroid_repro.cli.commands import main

pytest.importorskip("panel", reason="the what-if page needs the extra app")

from asteroid_repro.app.page import Page, page_of
from asteroid_repro.app.serve import serve, start
from asteroid_repro.app.state import State
from asteroid_repro.app.widgets import values


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
    server = start(_free_port())
    try:
        sockets = server._http._sockets.values()  # tornado tells nobody else
        assert {each.getsockname()[0] for each in sockets} == {"127.0.0.1"}
    finally:
        server.stop()
        loop.close()
        asyncio.set_event_loop(None)


def test_a_taken_port_is_named(taken: int) -> None:
    with pytest.raises(InputError, match=rf"port must be free, got {taken}.*--port"):
        serve(taken, show=False)


@pytest.mark.parametrize("port", [0, -1, 70000])
def test_a_port_that_cannot_be_is_refused(port: int) -> None:
    with pytest.raises(InputError, match="port must be from 1 to 65535"):
        serve(port, show=False)


def test_the_command_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in [name for name in sys.modules if name.startswith("asteroid_repro.app.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "panel", None)
    monkeypatch.setattr(sys, "argv", ["asteroid-repro", "app", "--no-browser"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    assert "Install asteroid-repro[app]." in capsys.readouterr().err


def test_a_page_keeps_its_last_state_when_asked_for_what_cannot_be() -> None:
    page = Page(State(people_per_arm=30))
    before = page.results
    page._form.values = values(State()).replace('"adherence_sd":0.2', '"adherence_sd":0.5')
    assert page.state == State(people_per_arm=30)
    assert page.results is before
    assert "adherence_sd must be between" in page._panes["alerts"].object
    page._form.values = values(State(people_per_arm=35))
    assert page.state.people_per_arm == 35
    assert page._panes["alerts"].object == ""


def test_an_address_that_cannot_be_gives_asteroid_and_says_why() -> None:
    page = page_of("?people_per_arm=100000")
    assert page.state == State()
    assert "people_per_arm must be from 5 to 100" in page._panes["alerts"].object

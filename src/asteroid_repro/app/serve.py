"""Serve the what-if page on this machine only."""

import os
import socket
from collections.abc import Callable
from typing import Any, Final

import panel as pn
from bokeh.settings import settings

from asteroid_repro.app.audit_page import AuditForm
from asteroid_repro.app.page import page_of
from asteroid_repro.errors import InputError
from asteroid_repro.study_folder import Study

ADDRESS: Final = "127.0.0.1"
_TEMPLATE: Final = """{% extends base %}
{% block postamble %}<meta name="viewport" content="width=device-width, initial-scale=1">{% endblock %}
{% block contents %}<nav aria-label="Pages" style="font: 16px system-ui, sans-serif; padding: 0.6rem 1rem 0">
<a href="./">What if?</a> &nbsp; <a href="audit">Audit a paper</a></nav>
<main>{{ embed(roots.page) }}</main>{{ embed(roots.location) }}{% endblock %}
"""


def serve(study: Study, port: int = 5006, *, show: bool = True, say: Callable[[str], None] = lambda _: None) -> None:
    """Serve the page until the program is interrupted.

    Parameters
    ----------
    study : Study
        Whose page it is.
    port : int
        Port on 127.0.0.1.
    show : bool
        Open the page in the browser.
    say : callable
        Told the address.

    Raises
    ------
    InputError
        A port that cannot be, or that is taken.
    """
    server = start(study, port, show=show)
    say(f"What-if page at http://{ADDRESS}:{port} (Ctrl-C ends it)")
    server.run_until_shutdown()


def start(study: Study, port: int, *, show: bool = False) -> Any:
    """Return the server, bound to 127.0.0.1 and not yet running.

    Raises
    ------
    InputError
        A port that cannot be, or that is taken; a study without assumptions.
    """
    _ = study.assumptions
    if not 1 <= port <= 65535:
        raise InputError(f"port must be from 1 to 65535, got {port}. Try 5006.")
    try:
        socket.create_server((ADDRESS, port)).close()
    except OSError as error:
        reason = os.strerror(error.errno or 0)  # Python adds the address to its own
        raise InputError(f"port must be free, got {port}: {reason}. Choose another with --port.") from None
    settings.resources = "server"  # every script and style from this machine, whatever the environment asks for
    titles = {"/": f"What if? {study.design.name}, simulated", "/audit": "Audit a paper"}
    origins = [f"{ADDRESS}:{port}", f"localhost:{port}"]
    options = {"port": port, "address": ADDRESS, "websocket_origin": origins, "title": titles, "show": show}
    # A function is asked anew for each visitor, any other callable is not.
    pages = {"/": lambda: _template(page_of(_query(), study).view), "/audit": lambda: _template(AuditForm())}
    return pn.serve(pages, start=False, verbose=False, **options)  # type: ignore[no-untyped-call]  # panel has none


def _query() -> str:
    location = pn.state.location
    return location.search if location is not None else ""


def _template(page: Any) -> pn.Template:
    template = pn.Template(_TEMPLATE, location=True)
    template.add_panel("page", page)
    return template

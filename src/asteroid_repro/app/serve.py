"""Serve the what-if page on this machine only."""

import os
import re
import socket
from collections.abc import Callable
from typing import Any, Final

import panel as pn
from bokeh.settings import settings
from tornado.httputil import HTTPHeaders
from tornado.routing import HostMatches, Rule, RuleRouter
from tornado.web import OutputTransform

from asteroid_repro.app.audit_page import AuditForm
from asteroid_repro.app.page import page_of
from asteroid_repro.errors import InputError
from asteroid_repro.study_folder import Study

ADDRESS: Final = "127.0.0.1"
_THREADS: Final = 8
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# The toolkit makes its scripts as it goes: inline, compiled from text, and as objects in memory.
_POLICY: Final = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' blob: {sockets}; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'none'"
)
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
    pn.config.nthreads = _THREADS  # type: ignore[misc]  # a slow answer of one visitor leaves the others theirs
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
    server = pn.serve(pages, start=False, verbose=False, **options)  # type: ignore[no-untyped-call]  # panel has none
    _guard(server, port)
    return server


def _guard(server: Any, port: int) -> None:
    """Answer only who asks for this machine by its own name, and say in every answer what a browser may load.

    Another name that leads here would let a stranger's page read and drive this one (DNS rebinding).
    """
    application = server._tornado
    policy = _POLICY.format(sockets=f"ws://{ADDRESS}:{port} ws://localhost:{port}")

    class Headers(OutputTransform):
        def transform_first_chunk(
            self,
            status_code: int,
            headers: HTTPHeaders,
            chunk: bytes,
            finishing: bool,  # noqa: ARG002 - tornado hands it
        ) -> tuple[int, HTTPHeaders, bytes]:
            for name, value in (*_HEADERS.items(), ("Content-Security-Policy", policy)):
                headers[name] = value
            return status_code, headers, chunk

    application.add_transform(Headers)
    names = HostMatches(rf"^({re.escape(ADDRESS)}|localhost)$")
    server._http.request_callback = RuleRouter([Rule(names, application)])


def _query() -> str:
    location = pn.state.location
    return location.search if location is not None else ""


def _template(page: Any) -> pn.Template:
    template = pn.Template(_TEMPLATE, location=True)
    template.add_panel("page", page)
    return template

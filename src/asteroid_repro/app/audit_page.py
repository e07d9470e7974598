"""The second page: a text is pasted, its printed results are audited on this machine, and nothing is uploaded."""

from collections.abc import Mapping
from typing import Any, Final

import param
from panel.custom import JSComponent

import asteroid_repro as ar
from asteroid_repro.app.html import PARTS
from asteroid_repro.app.widgets import FOLDER
from asteroid_repro.errors import InputError
from asteroid_repro.reporting.audit_report import audit_body, audit_style

_STYLE: Final = (FOLDER / "style.css").read_text(encoding="utf-8")


class AuditForm(JSComponent):
    """A field for a text and what is known of it, a button, and the audit below."""

    page = param.String(doc="The audit, HTML.")

    _esm = FOLDER / "audit.js"

    def __init__(self, **options: Any) -> None:
        super().__init__(stylesheets=[_STYLE, audit_style()], sizing_mode="stretch_width", **options)  # type: ignore[no-untyped-call]

    def _handle_msg(self, data: Any) -> None:
        if isinstance(data, Mapping):
            self.page = audited(str(data.get("text", "")), str(data.get("kind", "")), str(data.get("people", "")))


def audited(text: str, kind: str = "", people: str = "") -> str:
    """Return the audit of a text as HTML, or what is wrong with what was given.

    Examples
    --------
    >>> "1 compatible" in audited("MD -15.30 (95% CI -25.33 to -5.27), p=0.003")
    True
    """
    try:
        found = ar.audit_text(text, kind=kind, people=people)
    except InputError as error:
        return str(PARTS.alert(str(error)))
    return audit_body(found)

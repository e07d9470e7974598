"""The two pieces of the page that run in the browser: the form of native controls, and a row of buttons."""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import param
from panel.custom import JSComponent

from asteroid_repro.app.state import State

FOLDER: Final = Path(__file__).parent / "assets"


class Form(JSComponent):
    """Every control, as native inputs with labels; sends one change at a time, and the newest when it is answered."""

    groups = param.String(doc="Headings and controls, JSON.")
    values = param.String(doc="Value of each control by name, JSON.")
    answered = param.Integer(default=0, doc="Raised by one when a change has been dealt with.")

    _esm = FOLDER / "form.js"


class Actions(JSComponent):
    """A row of buttons, each known by its name."""

    buttons = param.String(doc="Pairs of name and label, JSON.")

    _esm = FOLDER / "actions.js"
    on_action: Callable[[str, str], None] | None = None

    def _handle_msg(self, data: Any) -> None:
        if self.on_action is not None and isinstance(data, Mapping):
            self.on_action(str(data.get("action", "")), str(data.get("text", "")))

    def download(self, name: str, mime: str, content: bytes) -> None:
        """Let the browser save a file."""
        self._send_msg({"name": name, "mime": mime, "base64": b64encode(content).decode()})


def form(state: State, stylesheets: list[str]) -> Form:
    """Return the form, set to a state."""
    controls = map(asdict, state.controls.values())
    groups = [(title, list(members)) for title, members in groupby(controls, key=lambda control: control["group"])]
    look = {"stylesheets": stylesheets, "css_classes": ["form"], "name": "form"}
    return Form(groups=json.dumps(groups), values=values(state), **look)  # type: ignore[no-untyped-call]  # panel has none


def values(state: State) -> str:
    """Return the values of the controls as the form takes them."""
    return json.dumps({name: state[name] for name in state.controls})


def actions(buttons: Mapping[str, str], on_action: Callable[[str, str], None], **options: Any) -> Actions:
    """Return a row of buttons, names to labels, that tells what was pressed."""
    row = Actions(buttons=json.dumps(list(buttons.items())), **options)  # type: ignore[no-untyped-call]  # as above
    row.on_action = on_action
    return row

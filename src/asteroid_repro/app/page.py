"""The layout of the what-if page, and what happens when a control is moved."""

import json
from typing import Any, Final

import panel as pn
from bokeh.document import Document
from matplotlib.figure import Figure

from asteroid_repro.app import html
from asteroid_repro.app.code import code
from asteroid_repro.app.figures import distribution_figure, image, trajectories_figure
from asteroid_repro.app.results import Results, distribution, one_trial, results
from asteroid_repro.app.state import State, changed, from_query, from_toml
from asteroid_repro.app.widgets import FOLDER, actions, form, values
from asteroid_repro.errors import InputError

_PAUSE_MS: Final = 150  # figures wait until no control has moved for so long: the numbers come first
_STYLE: Final = (FOLDER / "style.css").read_text(encoding="utf-8")
_LAYOUT: Final = (FOLDER / "layout.css").read_text(encoding="utf-8")
_NO_MARGIN: Final = ":host > * { margin: 0 !important; width: 100% !important; }"
_BUTTONS: Final = {
    "reset": "Reset to ASTEROID",
    "link": "Copy link to this state",
    "toml": "Download state (TOML)",
    "svg": "Download figure (SVG)",
    "png": "Download figure (PNG)",
    "csv": "Download table (CSV)",
    "py": "Download Python code",
    "restore": "Restore a state from a TOML file",
}


class Page:
    """One visitor's page: the last state that can exist, its results, and the panes that show them.

    Parameters
    ----------
    state : State
        Where to begin.
    message : str
        What was wrong with the state that was asked for; empty if nothing.

    Attributes
    ----------
    view : panel.Column
        The page; shows in a notebook and is served as a page.
    """

    def __init__(self, state: State | None = None, message: str = "") -> None:
        self.state = state or State()
        self.results = results(self.state)
        self.figure = Figure()
        self._waiting: Any = None
        self._panes = {name: _pane("", name) for name in ("alerts", "headline", "comparison", "distribution", "source")}
        self._trial, self._events = _pane("", "trajectories"), _pane("", "events")
        self._form = form(self.state, [_STYLE])
        self._form.param.watch(lambda event: self._change(event.new), "values")
        self._buttons = actions(_buttons(), self._act, stylesheets=[_STYLE], css_classes=["actions"])
        next_trial = actions({"next": "Next trial"}, self._act, stylesheets=[_STYLE])
        trial = pn.Column(self._trial, next_trial, stylesheets=[_NO_MARGIN], css_classes=["trial"])
        self.view = pn.Column(
            _pane(html.INTRODUCTION, "introduction"),
            self._panes["alerts"],
            self._panes["headline"],
            self._form,
            self._panes["comparison"],
            self._panes["distribution"],
            trial,
            self._events,
            self._buttons,
            self._panes["source"],
            stylesheets=[_LAYOUT],
            css_classes=["page"],
        )
        self._say(message)
        self._show_numbers()
        self._draw()

    def _change(self, given: str) -> None:
        try:
            self._go_to(changed(State(), **json.loads(given)))
            self._say("")
        except InputError as error:
            self._say(str(error))
        finally:
            self._form.answered += 1

    def _go_to(self, state: State) -> None:
        before = self.state
        found = self.results if _same_trials(before, state) else results(state)
        self.state, self.results = state, Results(state, found.performance, found.against)
        self._show_numbers()
        self._draw_soon()
        if pn.state.location is not None:
            pn.state.location.search = f"?{query}" if (query := state.to_query()) else ""

    def _act(self, action: str, text: str) -> None:
        if action == "reset":
            self._form.values = values(State())
        elif action == "next":
            self._form.values = values(changed(self.state, trial_seed=self.state.trial_seed + 1))
        elif action == "restore":
            self._restore(text)
        elif action in _BUTTONS:
            self._buttons.download(*self._file(action))

    def _restore(self, text: str) -> None:
        try:
            self._form.values = values(from_toml(text))
        except InputError as error:
            self._say(str(error))

    def _file(self, kind: str) -> tuple[str, str, bytes]:
        """Return name, media type and content of a download."""
        if kind == "toml":
            return "what-if.toml", "application/toml", self.state.to_toml().encode()
        if kind == "py":
            return "what_if.py", "text/x-python", code(self.state).encode()
        if kind == "csv":
            label = f"# {self.results.performance.label}\n"
            return "what-if.csv", "text/csv", (label + self.results.to_frame().to_csv(index=False)).encode()
        if self._waiting is not None:
            self._draw()
        if kind == "svg":
            return "what-if.svg", "image/svg+xml", image(self.figure, "svg")
        return "what-if.png", "image/png", image(self.figure, "png")

    def _say(self, message: str) -> None:
        self._panes["alerts"].object = html.alert(message)

    def _show_numbers(self) -> None:
        self._panes["headline"].object = html.headline(self.results)
        self._panes["comparison"].object = html.comparison(self.results)
        self._panes["source"].object = html.source_code(code(self.state))

    def _draw_soon(self) -> None:
        document = _document()
        if document is None:
            self._draw()
            return
        if self._waiting is not None:
            document.remove_timeout_callback(self._waiting)
        self._waiting = document.add_timeout_callback(self._draw, _PAUSE_MS)

    def _draw(self) -> None:
        self._waiting = None
        state = self.state
        self.figure = distribution_figure(distribution(state), state)
        self._panes["distribution"].object = html.distribution(image(self.figure, "svg"), self.results)
        one = one_trial(state)
        self._trial.object = html.trajectories(image(trajectories_figure(one.trial, state), "svg"), state)
        self._events.object = html.events(one, state.level)


def page_of(query: str) -> Page:
    """Return the page that an address asks for; if that cannot be, the page of ASTEROID that says why.

    Parameters
    ----------
    query : str
        The part of the address from the question mark on.

    Returns
    -------
    Page
        Set to that state.

    Examples
    --------
    >>> page_of("?people_per_arm=30").state.people_per_arm
    30
    """
    try:
        return Page(from_query(query))
    except InputError as error:
        return Page(message=str(error))


def _pane(content: str, name: str) -> pn.pane.HTML:
    return pn.pane.HTML(content, stylesheets=[_STYLE], css_classes=[name])  # type: ignore[no-untyped-call]  # panel has none


def _buttons() -> dict[str, str]:
    """Return the buttons; in a notebook there is no address that could be copied."""
    return {name: label for name, label in _BUTTONS.items() if name != "link" or pn.state.location is not None}


def _same_trials(one: State, other: State) -> bool:
    """Return whether two states have the same many trials, and differ in what is shown of them at most."""
    apart = {"outcome", "trial_seed"}
    return one.model_dump(exclude=apart) == other.model_dump(exclude=apart)


def _document() -> Document | None:
    document = pn.state.curdoc
    return document if document is not None and document.session_context is not None else None

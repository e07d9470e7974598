"""The layout of the what-if page, and what happens when a control is moved."""

import json
from functools import lru_cache
from threading import Event, Lock
from typing import Final

import panel as pn

from asteroid_repro.app import html
from asteroid_repro.app.code import code
from asteroid_repro.app.figures import distribution_figure, trajectories_figure
from asteroid_repro.app.results import against_start, one_trial, performance, table
from asteroid_repro.app.state import State, from_query, from_toml
from asteroid_repro.app.widgets import FOLDER, actions, form, values
from asteroid_repro.errors import InputError
from asteroid_repro.figures.style import image
from asteroid_repro.reporting.records import rows, to_csv
from asteroid_repro.study_folder import Study
from asteroid_repro.trial.participant_data import Trial

_PAUSE: Final = 0.15  # seconds; figures wait until no control has moved for so long: the numbers come first
_PRINTED: Final = (6.3, 4.6)  # inches, the width of a page
_DRAWING: Final = Lock()
_STYLE: Final = (FOLDER / "style.css").read_text(encoding="utf-8")
_LAYOUT: Final = (FOLDER / "layout.css").read_text(encoding="utf-8")
_NO_MARGIN: Final = ":host > * { margin: 0 !important; width: 100% !important; }"
_BUTTONS: Final = {
    "toml": "Download state (TOML)",
    "svg": "Download figure (SVG)",
    "png": "Download figure (PNG)",
    "csv": "Download table (CSV)",
    "py": "Download Python code",
    "restore": "Restore a state from a TOML file",
}


class Page:
    """One visitor's page: the last state that can exist, and the panes that show it.

    Parameters
    ----------
    state : State
        Where to begin; ASTEROID's page as it starts when not given.
    message : str
        What was wrong with the state that was asked for; empty if nothing.

    Attributes
    ----------
    view : panel.Column
        The page; shows in a notebook and is served as a page.
    """

    def __init__(self, state: State | None = None, message: str = "") -> None:
        self.state = state or State()
        self._newest: str | None = None
        self._busy, self._moved = Lock(), Event()
        names = ("introduction", "alerts", "headline", "comparison", "distribution", "trajectories", "events", "source")
        self._panes = panes = {name: _pane(name) for name in names}
        self._form = form(self.state, [_STYLE])
        self._form.param.watch(lambda event: self._change(event.new), "values")
        study = self.state.study.design.name
        # In a notebook there is no address that could be copied.
        link = {} if pn.state.location is None else {"link": "Copy link to this state"}
        buttons = {"reset": f"Reset to {study}", **link, **_BUTTONS}
        self._buttons = actions(buttons, self._act, stylesheets=[_STYLE], css_classes=["actions"])
        next_trial = actions({"next": "Next trial"}, self._act, stylesheets=[_STYLE])
        trial = pn.Column(panes["trajectories"], next_trial, stylesheets=[_NO_MARGIN], css_classes=["trial"])
        above = panes["introduction"], panes["alerts"], panes["headline"], self._form
        below = panes["comparison"], panes["distribution"], trial, panes["events"], self._buttons, panes["source"]
        self.view = pn.Column(*above, *below, stylesheets=[_LAYOUT], css_classes=["page"])
        panes["introduction"].object = str(html.PARTS.introduction(study))
        self._say(message)
        self._show_numbers()
        self._draw()

    def _change(self, given: str) -> None:
        """Answer the newest change; a thread that is at it already takes it over, so that a visitor has one at most."""
        self._newest = given
        self._moved.set()
        if self._busy.acquire(blocking=False):
            try:
                self._answer_all()
            finally:
                self._busy.release()

    def _answer_all(self) -> None:
        while (asked := self._newest) is not None:
            self._newest = None
            self._moved.clear()
            if self._is_answered(asked) and not (_is_served() and self._moved.wait(_PAUSE)):
                self._draw()

    def _is_answered(self, given: str) -> bool:
        """Show the numbers of a state that can be, or say why it cannot."""
        try:
            self._go_to(State(self.state.study, json.loads(given)))
            self._say("")
        except InputError as error:
            self._say(str(error))
            return False
        finally:
            self._form.answered += 1
        return True

    def _go_to(self, state: State) -> None:
        _ = performance(state), against_start(state)  # if they cannot be had, the last state stays
        self.state = state
        self._show_numbers()
        if pn.state.location is not None:
            pn.state.location.search = f"?{query}" if (query := state.to_query()) else ""

    def _act(self, action: str, text: str) -> None:
        study, seed = self.state.study, self.state["trial_seed"]
        try:
            if action == "reset":
                self._form.values = values(State(study))
            elif action == "next":
                self._form.values = values(State(study, {**self.state.changes, "trial_seed": seed + 1}))
            elif action == "restore":
                self._form.values = values(from_toml(text, study))
            elif action in ("toml", "svg", "png", "csv", "py"):
                self._buttons.download(*self._file(action))
        except InputError as error:
            self._say(str(error))

    def _file(self, kind: str) -> tuple[str, str, bytes]:
        """Return name, media type and content of a download."""
        if kind == "toml":
            return "what-if.toml", "application/toml", self.state.to_toml().encode()
        if kind == "py":
            return "what_if.py", "text/x-python", code(self.state).encode()
        if kind == "csv":
            return "what-if.csv", "text/csv", to_csv(performance(self.state).label, rows(table(self.state))).encode()
        with _DRAWING:
            figure = distribution_figure(self.state, size=_PRINTED)
            content = image(figure, "svg" if kind == "svg" else "png")
        return f"what-if.{kind}", "image/svg+xml" if kind == "svg" else "image/png", content

    def _say(self, message: str) -> None:
        self._panes["alerts"].object = str(html.PARTS.alert(message)) if message else ""

    def _show_numbers(self) -> None:
        self._panes["headline"].object = html.headline(self.state)
        self._panes["comparison"].object = html.comparison(self.state)
        self._panes["source"].object = str(html.PARTS.source_code(code(self.state)))

    def _draw(self) -> None:
        state = self.state
        trial, drawn = _drawn(state)
        self._panes["distribution"].object = html.distribution(drawn[0], state)
        self._panes["trajectories"].object = html.trajectories(drawn[1], state)
        self._panes["events"].object = html.events(trial, state)


@lru_cache(32)
def _drawn(state: State) -> tuple[Trial, tuple[bytes, bytes]]:
    """Return the trial shown and both pictures; one at a time, since the library that draws knows no threads."""
    with _DRAWING:
        trial = one_trial(state)
        return trial, (image(distribution_figure(state), "svg"), image(trajectories_figure(trial, state), "svg"))


def _is_served() -> bool:
    """Whether more changes of this visitor can come while one is answered."""
    return pn.state.curdoc is not None and pn.state.curdoc.session_context is not None


def page_of(query: str, of: Study | None = None) -> Page:
    """Return the page that an address asks for; if that cannot be, the page as it starts, which says why.

    Parameters
    ----------
    query : str
        The part of the address from the question mark on.
    of : Study, optional
        Whose page; ASTEROID's when not given.

    Returns
    -------
    Page
        Set to that state.

    Examples
    --------
    >>> page_of("?people_per_arm=30").state.changes
    {'people_per_arm': 30}
    """
    try:
        return Page(from_query(query, of))
    except InputError as error:
        return Page(from_query("", of), str(error))


def _pane(name: str) -> pn.pane.HTML:
    return pn.pane.HTML("", stylesheets=[_STYLE], css_classes=[name])  # type: ignore[no-untyped-call]  # panel has none

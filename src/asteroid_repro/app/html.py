"""The results as pieces of HTML, filled into ``parts.html``: what a screen reader can read."""

from base64 import b64encode
from math import isnan
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from asteroid_repro.app.results import measure, performance, rates
from asteroid_repro.app.state import State
from asteroid_repro.app.words import percent, points, summary, what_changed
from asteroid_repro.evaluate.performance import Measure
from asteroid_repro.reporting.paper_tables import adverse_events_table
from asteroid_repro.tables.rounding import between, number
from asteroid_repro.trial.design_words import in_sentence, short_unit
from asteroid_repro.trial.participant_data import Trial

_TEMPLATES: Final = Environment(loader=PackageLoader(__package__, "assets"), autoescape=True, undefined=StrictUndefined)
PARTS: Final[Any] = _TEMPLATES.get_template("parts.html").module  # introduction, comparison, alert, source code ...


def headline(state: State) -> str:
    """Return the answer in a sentence and the four numbers of the outcome shown.

    Examples
    --------
    >>> "Coverage" in headline(State())
    True
    """
    names = {"Power": "power", "Coverage": "coverage", "Type S error": "type_s", "Type M error": "type_m"}
    cards = [_card(name, measure(state, key)) for name, key in names.items()]
    return str(PARTS.headline(summary(state), state.to_query(), cards, performance(state).label))


def comparison(state: State) -> str:
    """Return what changed against the study, in words."""
    return str(PARTS.comparison(state.study.design.name, what_changed(state)))


def events(trial: Trial, state: State) -> str:
    """Return the rates of adverse events of the trial shown, with exact limits; empty where none are studied."""
    found = rates(trial, state["level"])
    if not trial.design.kinds or found is None:
        return str(PARTS.events(None, ())) if trial.design.kinds else ""
    laid_out = adverse_events_table(found, design=trial.design)
    return str(PARTS.events(laid_out.to_frame(), laid_out.notes()))


def distribution(svg: bytes, state: State) -> str:
    """Return the figure of the sampling distribution under its heading."""
    mean, spread = (points(measure(state, name).value) for name in ("mean_estimate", "empirical_se"))
    said = f"mean {mean}, standard deviation {spread} {short_unit(state['outcome'], state.study.design)}"
    described = f"Histogram of the simulated estimates of the effect on {in_sentence(state.outcome.label)}: {said}."
    return _picture("Where the estimates of many trials fall", "", svg, described, state)


def trajectories(svg: bytes, state: State) -> str:
    """Return the figure of one trial under its heading."""
    described = f"Each person's {in_sentence(state.outcome.label)} by week in one simulated trial, and each arm's mean."
    return _picture("One simulated trial", f"(seed {state['trial_seed']})", svg, described, state)


def _picture(title: str, note: str, svg: bytes, described: str, state: State) -> str:
    return str(PARTS.picture(title, note, b64encode(svg).decode(), described, state.to_query()))


def _card(name: str, found: Measure) -> tuple[str, str, str, tuple[float, ...]]:
    """Return name, value, limits and, for a bar between 0 and 100 %, the same in numbers."""
    if isnan(found.value):
        return name, "none", "there is no effect, or no significant trial", ()
    if found.measure == "type_m":
        return name, f"{number(found.value, 2)} times", f"({between(found.low, found.high, 2)})", ()
    low, value, high = (100 * share for share in (found.low, found.value, found.high))
    bar = () if found.measure == "type_s" else (low, value, high)
    return name, percent(found.value), f"({between(low, high, 1)})", bar

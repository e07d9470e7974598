"""The results as pieces of HTML: words, numbers and tables that a screen reader can read."""

from base64 import b64encode
from html import escape

from asteroid_repro.app.controls import CONTROLS
from asteroid_repro.app.results import OneTrial, Results
from asteroid_repro.app.state import State
from asteroid_repro.app.words import exists, percent, shown, summary, what_changed
from asteroid_repro.estimate.safety.rates import EventRate
from asteroid_repro.evaluate.performance import Measure
from asteroid_repro.figures.style import number, plain_name

INTRODUCTION = """
<h1>What if? The ASTEROID trial under other assumptions</h1>
<p class="note"><strong>SIMULATED.</strong> Every number below comes from simulated trials under the assumptions on
this page, not from participants. Change an assumption and see what a trial like ASTEROID would have found.</p>
"""


def headline(results: Results) -> str:
    """Return the answer in a sentence and the four numbers of the outcome shown.

    Examples
    --------
    >>> from asteroid_repro.app.results import results
    >>> from asteroid_repro.app.state import State
    >>> "Coverage" in headline(results(State()))
    True
    """
    power, coverage = results.measure("power"), results.measure("coverage")
    cells = [
        _card("power", "Power", percent(power.value), _limits(power), _bar(power)),
        _card("coverage", "Coverage", percent(coverage.value), _limits(coverage), _bar(coverage)),
        _card("type-s", "Type S error", *_if_it_exists(results.measure("type_s"), of_shares=True)),
        _card("type-m", "Type M error", *_if_it_exists(results.measure("type_m"), of_shares=False)),
    ]
    return (
        f'<h2>What many trials say</h2><p id="summary" role="status" '
        f'data-state="{escape(results.state.to_query())}">{escape(summary(results))}</p>'
        f'<dl class="cards">{"".join(cells)}</dl>'
        '<p class="note">Power: share of trials with p below 1 minus the level (the type I error where the effect is '
        "0). Coverage: share of intervals that hold the truth. Type S: share of the significant with the wrong sign. "
        "Type M: by how much the significant exaggerate. In brackets: 95 % limits of the Monte Carlo error.</p>"
        f'<p class="note stamp">{escape(results.performance.label)}</p>'
    )


def comparison(results: Results) -> str:
    """Return what changed against ``ASTEROID``, in words."""
    sentences = "".join(f"<li>{escape(sentence)}</li>" for sentence in what_changed(results))
    return f'<h2>What changed against ASTEROID</h2><ul id="changed">{sentences}</ul>'


def events(one: OneTrial, level: float) -> str:
    """Return the adverse events of the trial shown per 1000 running hours, with exact limits."""
    heading = "<h2>Adverse events of that trial</h2>"
    if one.rates is None:
        return f"{heading}<p>Nobody ran in this trial, so it has no rate per running hour.</p>"
    rows = "".join(_event_row(rate) for rate in one.rates.rows)
    percentage = shown("level", 100 * level)
    return (
        f"{heading}<table><caption>SIMULATED: events in {number(one.rates.rows[0].exposure, 1)} running hours, "
        f"with exact {percentage} % limits</caption>"
        '<thead><tr><th scope="col">Kind</th><th scope="col">Events</th><th scope="col">Per 1000 running hours</th>'
        f'<th scope="col">{percentage} % limits</th></tr></thead><tbody>{rows}</tbody></table>'
    )


def distribution(svg: bytes, results: Results) -> str:
    """Return the figure of the sampling distribution under its heading."""
    return "<h2>Where the estimates of many trials fall</h2>" + _picture(svg, _described(results), results.state)


def trajectories(svg: bytes, state: State) -> str:
    """Return the figure of one trial under its heading."""
    return f'<h2>One simulated trial <span class="note">(seed {state.trial_seed})</span></h2>' + _picture(
        svg, f"Each person's {_outcome_name(state)} by week in one simulated trial, and each arm's mean.", state
    )


def _picture(svg: bytes, alternative: str, state: State) -> str:
    source = f"data:image/svg+xml;base64,{b64encode(svg).decode()}"
    return f'<img class="figure" alt="{escape(alternative)}" data-state="{escape(state.to_query())}" src="{source}">'


def alert(message: str) -> str:
    """Return what is wrong, announced at once by screen readers; empty where nothing is.

    Examples
    --------
    >>> alert("")
    ''
    """
    if not message:
        return ""
    sentence = message if message.endswith(".") else f"{message}."
    return (
        f'<div role="alert" class="alert"><strong>This cannot be.</strong> {escape(sentence)} '
        "The results are still those of the last combination that can.</div>"
    )


def source_code(code: str) -> str:
    """Return the program that reproduces the state, to open and read."""
    return (
        "<details><summary>The Python code that reproduces this state</summary>"
        f'<pre tabindex="0" aria-label="Python code" role="region"><code>{escape(code)}</code></pre></details>'
    )


def _described(results: Results) -> str:
    mean, spread = results.measure("mean_estimate").value, results.measure("empirical_se").value
    return (
        f"Histogram of the simulated estimates of the effect on {_outcome_name(results.state)}, published value "
        f"marked: mean {number(mean, 1)}, standard deviation {number(spread, 1)} points."
    )


def _outcome_name(state: State) -> str:
    return (CONTROLS["outcome"].choices or {})[state.outcome].lower()


def _if_it_exists(measure: Measure, *, of_shares: bool) -> tuple[str, str]:
    if not exists(measure.value):
        return "none", "there is no effect, or no significant trial"
    if of_shares:
        return percent(measure.value), _limits(measure)
    return f"{number(measure.value, 2)} times", f"({number(measure.low, 2)} to {number(measure.high, 2)})"


def _card(key: str, name: str, value: str, limits: str, bar: str = "") -> str:
    return (
        f'<div class="card"><dt>{name}</dt><dd><span class="value" id="{key}">{value}</span> '
        f'<span class="limits">{limits}</span>{bar}</dd></div>'
    )


def _limits(measure: Measure) -> str:
    return f"({number(100 * measure.low, 1)} to {number(100 * measure.high, 1)})"


def _bar(measure: Measure) -> str:
    """Draw a share and its error bar between 0 and 100 %; the numbers beside it say the same."""
    low, value, high = (100 * part for part in (measure.low, measure.value, measure.high))
    return (
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect x="0" y="3" width="100" height="2" fill="#E5E5E5"/>'
        f'<rect x="0" y="3" width="{value:.2f}" height="2" fill="#0072B2"/>'
        f'<rect x="{low:.2f}" y="1" width="{max(high - low, 0.5):.2f}" height="6" fill="#000000"/></svg>'
    )


def _event_row(rate: EventRate) -> str:
    name = "All kinds" if rate.kind == "all" else plain_name(rate.kind)
    limits = f"{number(rate.ci_low, 1)} to {number(rate.ci_high, 1)}"
    return (
        f'<tr><th scope="row">{name}</th><td>{rate.events}</td><td>{number(rate.rate_per_1000, 1)}</td>'
        f"<td>{limits}</td></tr>"
    )

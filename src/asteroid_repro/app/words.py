"""What changed against ASTEROID, in words."""

import math

from asteroid_repro.app.controls import CONTROLS
from asteroid_repro.app.results import Results
from asteroid_repro.app.state import State
from asteroid_repro.figures.style import number


def percent(share: float, decimals: int = 1) -> str:
    """Return a share as a percentage.

    Examples
    --------
    >>> percent(0.8467)
    '84.7 %'
    """
    return f"{number(100 * share, decimals)} %"


def shown(name: str, value: object) -> str:
    """Return the value of a control as the page shows it.

    Examples
    --------
    >>> shown("people_per_arm", 20), shown("sd_disability", 7.938), shown("method", "ancova")
    ('20', '7.94', 'ANCOVA')
    """
    choices = CONTROLS[name].choices
    if choices is not None:
        return choices[str(value)]
    return f"{float(str(value)):.2f}".rstrip("0").rstrip(".").replace("-", "\N{MINUS SIGN}")


def what_changed(results: Results) -> list[str]:
    """Say in sentences what was changed against ``ASTEROID`` and what that does to the outcome shown.

    The comparison is paired: both scenarios have the same people and noise. The limits are the change plus and minus
    1.96 of its Monte Carlo standard errors.

    Parameters
    ----------
    results : Results
        Of the page's state.

    Returns
    -------
    list of str
        Sentences, the first on the assumptions.

    Examples
    --------
    >>> from asteroid_repro.app.results import results
    >>> what_changed(results(State()))
    ['Nothing that is assumed is changed: this is ASTEROID as it is supposed here.']
    """
    state = results.state
    assumed = [name for name in state.changes() if state.fields() and _is_assumed(name)]
    if not assumed:
        return ["Nothing that is assumed is changed: this is ASTEROID as it is supposed here."]
    start = State()
    changes = [
        f"{_label(name)} {shown(name, getattr(state, name))} (ASTEROID: {shown(name, getattr(start, name))})"
        for name in assumed
    ]
    return [f"Changed: {'; '.join(changes)}.", _power(results), _verdicts(results), _precision(results)]


def summary(results: Results) -> str:
    """Return the answer in one sentence.

    Examples
    --------
    >>> from asteroid_repro.app.results import results
    >>> summary(results(State())).partition("%")[0]
    'A trial like this finds an effect on average pain in 85.2 '
    """
    power = results.measure("power")
    name = CONTROLS["outcome"].choices or {}
    verb = "claims" if _truth(results.state) == 0 else "finds"
    there = " that is not there" if _truth(results.state) == 0 else ""
    return (
        f"A trial like this {verb} an effect on {name[results.state.outcome].lower()}{there} in "
        f"{percent(power.value)} of simulated trials."
    )


def exists(value: float) -> bool:
    """Return whether a measure exists: type S and type M have no meaning without an effect."""
    return not math.isnan(value)


def _is_assumed(name: str) -> bool:
    return name not in ("outcome", "method", "level", "seed", "trial_seed")


def _label(name: str) -> str:
    label = CONTROLS[name].label
    return label if label.startswith("SD") else label[0].lower() + label[1:]


def _truth(state: State) -> float:
    return float(getattr(state, f"effect_{state.outcome}"))


def _power(results: Results) -> str:
    change = results.change("power")
    reach = 1.96 * change.mcse
    direction = "rises" if change.change > 0 else "falls" if change.change < 0 else "stays"
    if change.change == 0:
        return f"The share of significant trials stays at {percent(change.base)}."
    return (
        f"The share of significant trials {direction} from {percent(change.base)} under ASTEROID to "
        f"{percent(change.changed)}: {number(100 * change.change, 1)} percentage points (95 % limits "
        f"{number(100 * (change.change - reach), 1)} to {number(100 * (change.change + reach), 1)}), with the same "
        "people and noise in both."
    )


def _verdicts(results: Results) -> str:
    verdicts = results.verdicts()
    return (
        f"Of {verdicts.trials:,} pairs of trials, {verdicts.lost:,} favour running under ASTEROID only and "
        f"{verdicts.gained:,} here only."
    )


def _precision(results: Results) -> str:
    width = results.change("interval_width")
    percentage = shown("level", 100 * results.state.level)
    return (
        f"The {percentage} % interval is {number(width.changed, 1)} points wide on average "
        f"(ASTEROID: {number(width.base, 1)})."
    )

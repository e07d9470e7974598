"""The answer and what changed against the study, in words."""

from typing import Any

from asteroid_repro.app.controls import Control
from asteroid_repro.app.results import change, performance, verdicts
from asteroid_repro.app.state import State
from asteroid_repro.tables.rounding import number, with_minus
from asteroid_repro.tables.rounding import percent as percent_of
from asteroid_repro.trial.design_words import in_sentence, short_unit


def percent(share: float, decimals: int = 1) -> str:
    """Return a share as a percentage.

    Examples
    --------
    >>> percent(0.8467)
    '84.7 %'
    """
    return f"{number(100 * share, decimals)} %"


def points(value: float) -> str:
    """Return a number of points at three digits, whatever the scale.

    Examples
    --------
    >>> points(20.0719), points(0.0437)
    ('20.1', '0.0437')
    """
    return with_minus(f"{value:.3g}")


def shown(control: Control, value: Any) -> str:
    """Return the value of a control as the page shows it.

    Examples
    --------
    >>> controls = State().controls
    >>> [shown(controls[name], value) for name, value in (("disability.sd", 7.938), ("method", "ancova"))]
    ['7.938', 'ANCOVA']
    """
    if control.choices is not None:
        return control.choices[str(value)]
    return with_minus(str(value) if isinstance(value, int) else f"{value * control.scale:.4g}")


def what_changed(state: State) -> list[str]:
    """Say in sentences what was changed against the study and what that does to the outcome shown.

    The comparison is paired: both scenarios have the same people and noise. The limits are the change plus and minus
    1.96 of its Monte Carlo standard errors.

    Parameters
    ----------
    state : State
        Of the page.

    Returns
    -------
    list of str
        Sentences, the first on the assumptions.

    Examples
    --------
    >>> what_changed(State())
    ['Nothing that is assumed is changed: this is ASTEROID as it is supposed here.']
    """
    study = state.study.design.name
    if not state.assumed:
        return [f"Nothing that is assumed is changed: this is {study} as it is supposed here."]
    controls = [control for name, control in state.controls.items() if name in state.assumed]
    changes = [
        f"{in_sentence(control.label)} {shown(control, state[control.name])} ({study}: {shown(control, control.start)})"
        for control in controls
    ]
    return [f"Changed: {'; '.join(changes)}.", _power(state), _verdicts(state), _precision(state)]


def summary(state: State) -> str:
    """Return the answer in one sentence: how often such a trial finds what is true, a benefit, a harm or nothing.

    Examples
    --------
    >>> summary(State()).partition(" of ")[0]
    '84.9 % (84.4 to 85.3)'
    """
    return performance(state).answer(state["outcome"])


def _power(state: State) -> str:
    found, study = change(state, "power"), state.study.design.name
    if found.change == 0:
        return f"The share of significant trials stays at {percent(found.base)}."
    reach = 1.96 * found.mcse
    return (
        f"The share of significant trials {'rises' if found.change > 0 else 'falls'} from {percent(found.base)} under "
        f"{study} to {percent(found.changed)}: {number(100 * found.change, 1)} percentage points (95 % limits "
        f"{number(100 * (found.change - reach), 1)} to {number(100 * (found.change + reach), 1)}), with the same "
        "people and noise in both."
    )


def _verdicts(state: State) -> str:
    found, design = verdicts(state), state.study.design
    return (
        f"Of {found.trials:,} pairs of trials, {found.lost:,} favour {in_sentence(design.treatment.label)} under "
        f"{design.name} only and {found.gained:,} here only."
    )


def _precision(state: State) -> str:
    width, unit = change(state, "interval_width"), short_unit(state["outcome"], state.study.design)
    return (
        f"The {percent_of(state['level'])} interval is {points(width.changed)} {unit} wide on average "
        f"({state.study.design.name}: {points(width.base)})."
    )

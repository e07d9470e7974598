"""The controls of the what-if page: names, units, ranges and choices."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from asteroid_repro.estimate.effects.methods import METHODS
from asteroid_repro.figures.style import plain_name
from asteroid_repro.trial.programme import programme_names

_POINTS: Final = "points, running minus waitlist"
_METHOD_NAMES: Final[Mapping[str, str]] = {
    "random_intercept": "Random-intercept mixed model",
    "mmrm": "MMRM, unstructured covariance",
    "mmrm_compound_symmetry": "MMRM, compound symmetry",
    "mmrm_ar1": "MMRM, AR(1)",
    "ancova": "ANCOVA",
    "clda": "Constrained longitudinal analysis",
    "change_score": "Change scores, equal variances",
    "welch": "Change scores, Welch",
}
_OUTCOME_NAMES: Final[Mapping[str, str]] = {
    "average_pain": "Average pain",
    "current_pain": "Current pain",
    "disability": "Disability (Oswestry)",
}


@dataclass(frozen=True)
class Control:
    """One control.

    Attributes
    ----------
    group, label, unit : str
        Heading it stands under, what it sets, and in which unit.
    low, high, step : float
        Range of the value and what one key press moves it by, in that unit; 0 for a choice.
    kind : {"range", "number", "choice"}
        A slider with a number beside it, a number alone, or a list.
    choices : mapping of str to str
        For a choice: the words shown, by value.
    """

    group: str
    label: str
    unit: str = ""
    low: float = 0.0
    high: float = 0.0
    step: float = 0.0
    kind: Literal["range", "number", "choice"] = "range"
    choices: Mapping[str, str] | None = None


def _choice(group: str, label: str, choices: Mapping[str, str]) -> Control:
    return Control(group, label, kind="choice", choices=choices)


_EFFECT, _SPREAD, _PEOPLE = "Effect of running at week 12", "Spread", "People"
_RUNNING, _EVENTS, _ANALYSIS, _NUMBERS = "Programme and attendance", "Adverse events", "Analysis", "Random numbers"
_RATE: Final = "events per 1000 running hours"

CONTROLS: Final[Mapping[str, Control]] = {
    "outcome": _choice("Outcome", "Outcome shown", _OUTCOME_NAMES),
    "effect_average_pain": Control(_EFFECT, "Effect on average pain", _POINTS, -45, 15, 0.5),
    "effect_current_pain": Control(_EFFECT, "Effect on current pain", _POINTS, -45, 15, 0.5),
    "effect_disability": Control(_EFFECT, "Effect on disability", _POINTS, -30, 15, 0.5),
    "sd_average_pain": Control(_SPREAD, "SD of average pain", "points", 1, 50, 0.5),
    "sd_current_pain": Control(_SPREAD, "SD of current pain", "points", 1, 50, 0.5),
    "sd_disability": Control(_SPREAD, "SD of disability", "points", 1, 50, 0.5),
    "visit_correlation": Control(_SPREAD, "Correlation between visits", "0 to 0.9", 0, 0.9, 0.05),
    "people_per_arm": Control(_PEOPLE, "People per arm", "people", 5, 100, 1),
    "missing_running": Control(_PEOPLE, "Drop-out of runners", "share by week 12", 0, 0.5, 0.01),
    "missing_waitlist": Control(_PEOPLE, "Drop-out of the waitlist", "share by week 12", 0, 0.5, 0.01),
    "missing_mechanism": _choice(
        _PEOPLE,
        "Why people drop out",
        {
            "mcar": "By chance (MCAR)",
            "mar": "After a bad score of average pain (MAR)",
            "mnar": "Because average pain got worse (MNAR)",
        },
    ),
    "programme": _choice(_RUNNING, "Programme", {name: plain_name(name) for name in programme_names()}),
    "adherence_mean": Control(_RUNNING, "Mean attendance", "share of sessions", 0.05, 0.95, 0.01),
    "adherence_sd": Control(_RUNNING, "SD of attendance between people", "share of sessions", 0.02, 0.5, 0.01),
    "dose_response": Control(_RUNNING, "Effect in proportion to attendance", "share of the effect", 0, 1, 0.1),
    "lower_limb_rate": Control(_EVENTS, "Lower-limb events", _RATE, 0, 300, 1),
    "low_back_pain_rate": Control(_EVENTS, "Low back pain events", _RATE, 0, 300, 1),
    "syncope_rate": Control(_EVENTS, "Syncope", _RATE, 0, 100, 1),
    "method": _choice(_ANALYSIS, "Method", {name: _METHOD_NAMES.get(name, plain_name(name)) for name in METHODS}),
    "level": Control(_ANALYSIS, "Confidence level", "0.8 to 0.99", 0.8, 0.99, 0.01),
    "seed": Control(_NUMBERS, "Seed of the many trials", "whole number", 0, 1_000_000, 1, "number"),
    "trial_seed": Control(_NUMBERS, "Seed of the trial shown", "whole number", 0, 1_000_000, 1, "number"),
}
"""Every control of the page by the name of its field in :class:`asteroid_repro.app.state.State`, in order."""

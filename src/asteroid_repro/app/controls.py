"""The controls of the what-if page, made from what is supposed of a study: names, units, ranges and choices."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from asteroid_repro.estimate.effects.methods import METHODS
from asteroid_repro.figures.style import plain_name
from asteroid_repro.study_folder import Study
from asteroid_repro.trial.assumptions import PEOPLE, TrialAssumptions
from asteroid_repro.trial.characteristics import EventAssumptions
from asteroid_repro.trial.design import Outcome
from asteroid_repro.trial.outcome_assumptions import OutcomeAssumptions
from asteroid_repro.trial.session_assumptions import SessionAssumptions

NOT_ASSUMED: Final = ("outcome", "method", "level", "seed", "trial_seed")
"""Controls of the page alone; every other one is a value of the assumptions, under its name there."""

_BENEFIT, _HARM = 0.45, 0.15  # of a scale's length: how far an effect can be moved
_SPREADS: Final = 3.0  # SDs that it can be moved on a scale without ends
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


@dataclass(frozen=True)
class Control:
    """One control.

    Attributes
    ----------
    name : str
        Name of the value, as a change of the assumptions has it.
    group, label, unit : str
        Heading it stands under, what it sets, and in which unit.
    start : float, int or str
        Its value where nothing is changed; a whole number takes no others.
    low, high, step : float
        Range of what is shown and what one key press moves it by, in that unit; 0 for a choice.
    scale : float
        What is shown per unit of the value: 1000 for a rate that is shown per 1000 hours.
    kind : {"range", "number", "choice"}
        A slider with a number beside it, a number alone, or a list.
    choices : mapping of str to str
        For a choice: the words shown, by value.
    help : str
        What the value is, in full.
    """

    name: str
    group: str
    label: str
    unit: str = ""
    start: Any = ""
    low: float = 0.0
    high: float = 0.0
    step: float = 0.0
    scale: float = 1.0
    kind: Literal["range", "number", "choice"] = "range"
    choices: Mapping[str, str] | None = None
    help: str = ""


def controls_of(study: Study) -> dict[str, Control]:
    """Return the controls of a study's page by name, in order.

    A study without a programme has none of sessions, and its events are per person-time in both arms.

    Examples
    --------
    >>> from asteroid_repro import study
    >>> control = controls_of(study("asteroid"))["people_per_arm"]
    >>> control.label, control.start, control.low, control.high
    ('People per arm', 20, 5, 100)
    """
    record = study.assumptions
    outcomes = {outcome.name: outcome.label for outcome in study.design.outcomes}
    made = [
        _choice("outcome", "Outcome", "Outcome shown", next(iter(outcomes)), outcomes),
        *_outcome_controls(record),
        *_people_controls(record),
        *_session_controls(study),
        *_event_controls(record),
        *_analysis_controls(record),
    ]
    return {control.name: control for control in made}


def inside(label: str) -> str:
    """Return a label as it stands inside a sentence; an abbreviation stays as it is.

    Examples
    --------
    >>> inside("Average pain"), inside("SD of disability")
    ('average pain', 'SD of disability')
    """
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def short_unit(outcome: Outcome) -> str:
    """Return the unit of an outcome without what stands in brackets.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> short_unit(ASTEROID.design.outcomes[0])
    'points'
    """
    return outcome.unit.partition(" (")[0]


def _choice(name: str, group: str, label: str, start: str, choices: Mapping[str, str], about: str = "") -> Control:
    return Control(name, group, label, start=start, kind="choice", choices=choices, help=about)


def _slider(
    name: str, group: str, label: str, unit: str, start: float, ends: tuple[float, float], step: float, **more: Any
) -> Control:
    """Return a slider whose range holds where it starts."""
    at = start * more.get("scale", 1.0)
    return Control(name, group, label, unit, start, min(ends[0], at), max(ends[1], at), step, **more)


def _about(model: Any, field: str) -> str:
    return str(model.model_fields[field].description)


def _outcome_controls(record: TrialAssumptions) -> list[Control]:
    design, effects, spreads = record.design, list[Control](), list[Control]()
    arms = " minus ".join(inside(arm.label) for arm in design.arms)
    group = f"Effect of {inside(design.treatment.label)} at week {design.visits[-1]:g}"
    for scale, assumed in zip(design.outcomes, record.outcomes, strict=True):
        effect, sd = assumed.effect[-1], assumed.sd[-1]
        label, unit = inside(scale.label), short_unit(scale)
        length = scale.maximum - scale.minimum if scale.maximum is not None and scale.minimum is not None else None
        step = _round(length / 200 if length else sd / 40)
        benefit, harm = (_BENEFIT * length, _HARM * length) if length else (_SPREADS * sd, _SPREADS * sd)
        ends = (-benefit, harm) if scale.better == "lower" else (-harm, benefit)
        effects.append(
            _slider(
                f"{scale.name}.effect", group, f"Effect on {label}", f"{unit}, {arms}", effect, _on(step, ends), step,
                help=_about(OutcomeAssumptions, "effect"),
            )
        )  # fmt: skip
        widths = (length / 100, length / 2) if length else (sd / 10, _SPREADS * sd)
        spreads.append(
            _slider(
                f"{scale.name}.sd", "Spread", f"SD of {label}", unit, sd, _on(step, widths), step,
                help=_about(OutcomeAssumptions, "sd"),
            )
        )  # fmt: skip
    correlation = record.visit_correlation[0][-1]
    about = _about(TrialAssumptions, "visit_correlation")
    between = ("visit_correlation", "Spread", "Correlation between visits", "0 to 0.9", correlation, (0, 0.9), 0.05)
    return [*effects, *spreads, _slider(*between, help=about)]


def _people_controls(record: TrialAssumptions) -> list[Control]:
    group, design = "People", record.design
    people = round(record.n_people / 2)
    unit = "people" if record.n_treatment == record.n_reference else (
        f"people; unchanged {record.n_treatment} and {record.n_reference}"
    )  # fmt: skip
    drivers = inside(record.design.outcome(record.driving_outcome).label)
    reasons = {
        "mcar": "By chance (MCAR)",
        "mar": f"After a bad score of {drivers} (MAR)",
        "mnar": f"Because {drivers} got worse (MNAR)",
    }
    dropout = [
        _slider(
            field, group, f"Drop-out, {inside(arm.label)}", f"share by week {design.visits[-1]:g}",
            getattr(record, field), (0, 0.5), 0.01, help=_about(TrialAssumptions, field),
        )
        for field, arm in zip(("missing_treatment", "missing_reference"), design.arms, strict=True)
    ]  # fmt: skip
    about = _about(TrialAssumptions, "missing_mechanism")
    return [
        _slider(PEOPLE, group, "People per arm", unit, people, (5, max(100, 2 * people)), 1),
        *dropout,
        _choice("missing_mechanism", group, "Why people drop out", record.missing_mechanism, reasons, about),
    ]


def _session_controls(study: Study) -> list[Control]:
    record, sessions = study.assumptions, study.assumptions.sessions
    if sessions is None:
        return []
    group, known = "Programme and attendance", {each.name: plain_name(each.name) for each in study.programmes}
    sliders = (
        ("adherence_mean", "Mean attendance", "share of sessions", (0.05, 0.95), 0.01),
        ("adherence_sd", "SD of attendance between people", "share of sessions", (0.02, 0.5), 0.01),
        ("dose_response", "Effect in proportion to attendance", "share of the effect", (0, 1), 0.1),
    )
    chosen = sessions.programme.name
    return [
        *([_choice("programme", group, "Programme", chosen, known)] if chosen in known else []),
        *(
            _slider(name, group, label, unit, getattr(record, name), *range_, help=_about(SessionAssumptions, name))
            for name, label, unit, *range_ in sliders
        ),
    ]


def _event_controls(record: TrialAssumptions) -> list[Control]:
    """Rates per 1000: of the treatment per running hour, or of both arms per person-week where there are no sessions."""
    with_sessions = record.sessions is not None
    unit = f"events per 1000 {'running hours' if with_sessions else 'person-weeks'}"
    fields = ("rate",) if with_sessions else ("rate", "reference_rate")
    made = []
    for kind, assumed in zip(record.design.adverse_events, record.adverse_events, strict=True):
        for field, arm in zip(fields, record.design.arms, strict=False):
            start = getattr(assumed, field)
            high = _round(10_000 * start) or 100.0
            label = kind.label if with_sessions else f"{kind.label}, {inside(arm.label)}"
            name = f"adverse_events.{kind.name}.{field}"
            about = _about(EventAssumptions, field)
            ends, step = (0.0, high), _round(high / 200)
            made.append(_slider(name, "Adverse events", label, unit, start, ends, step, scale=1000.0, help=about))
    return made


def _analysis_controls(record: TrialAssumptions) -> list[Control]:
    own = record.design.analysis
    methods = {name: _METHOD_NAMES.get(name, plain_name(name)) for name in METHODS}
    seeds = {"unit": "whole number", "high": 1_000_000, "step": 1, "kind": "number"}
    return [
        _choice("method", "Analysis", "Method", own.method, methods),
        _slider("level", "Analysis", "Confidence level", "0.8 to 0.99", own.level, (0.8, 0.99), 0.01),
        Control("seed", "Random numbers", "Seed of the many trials", start=1, **seeds),
        Control("trial_seed", "Random numbers", "Seed of the trial shown", start=2024, **seeds),
    ]


def _round(size: float) -> float:
    """Return the largest of 1, 2 and 5 times a power of ten that is not above a size; 0 for none."""
    if size <= 0:
        return 0.0
    power = 10.0 ** math.floor(math.log10(size))
    return float(f"{max(times for times in (1, 2, 5) if times * power <= size * (1 + 1e-9)) * power:.1g}")


def _on(step: float, ends: tuple[float, float]) -> tuple[float, float]:
    """Return ends that are whole steps."""
    low, high = (float(f"{round(end / step) * step:.10g}") for end in ends)
    return low, high

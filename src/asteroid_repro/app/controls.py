"""The controls of the what-if page, made from what is supposed of a study: names, units, ranges and choices."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from asteroid_repro.estimate.effects.methods import METHODS
from asteroid_repro.study_folder import Study
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.trial.changes import PEOPLE
from asteroid_repro.trial.design import PaperAnalysis
from asteroid_repro.trial.design_words import contrast, in_sentence, plain_name, short_unit
from asteroid_repro.trial.outcome_assumptions import OutcomeAssumptions
from asteroid_repro.trial.session_assumptions import SessionAssumptions

# Controls of the page alone; every other one is a value of the assumptions, under its name there.
NOT_ASSUMED: Final = ("outcome", "method", "level", "seed", "trial_seed")

_FIELDS: Final = {
    name: str(field.description)
    for model in (TrialAssumptions, OutcomeAssumptions, SessionAssumptions)
    for name, field in model.model_fields.items()
}
METHOD_NAMES: Final = {
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
    ends : tuple of float
        Range of what is shown, in that unit.
    step : float
        What one key press moves it by.
    scale : float
        What is shown per unit of the value: 1000 for a rate that is shown per 1000 hours.
    kind : str
        ``range``, a slider with a number beside it; ``number``, a number alone; or ``choice``, a list.
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
    ends: tuple[float, float] = (0.0, 0.0)
    step: float = 0.0
    scale: float = 1.0
    kind: str = "range"
    choices: Mapping[str, str] | None = None
    help: str = ""


def controls_of(study: Study) -> dict[str, Control]:
    """Return the controls of a study's page by name, in order.

    A study without a programme has none of sessions, and its events are per person-time in both arms.

    Examples
    --------
    >>> from asteroid_repro import study
    >>> control = controls_of(study("asteroid"))["people_per_arm"]
    >>> control.label, control.start, control.ends
    ('People per arm', 20, (5, 500))
    """
    record, labels = study.assumptions, {outcome.name: outcome.label for outcome in study.design.outcomes}
    made = [
        Control("outcome", "Outcome", "Outcome shown", start=next(iter(labels)), choices=labels),
        *_outcomes(record),
        *_people(record),
        *_sessions(study),
        *_events(record),
        *_analysis(study.design.analysis),
    ]
    return {control.name: _finished(control) for control in made}


def _finished(control: Control) -> Control:
    """Say what the value is, and let its range hold where it starts."""
    about = control.help or _FIELDS.get(control.name.rpartition(".")[2], "")
    if control.choices is not None:
        return replace(control, help=about, kind="choice")
    at = control.start * control.scale
    return replace(control, help=about, ends=(min(*control.ends, at), max(*control.ends, at)))


def _outcomes(record: TrialAssumptions) -> list[Control]:
    """Return effects, farther towards what is better, and spreads: by the scale's length, or by SDs without ends."""
    design, effects, spreads = record.design, list[Control](), list[Control]()
    group = f"Effect of {in_sentence(design.treatment.label)} at week {design.visits[-1]:g}"
    for scale, assumed in zip(design.outcomes, record.outcomes, strict=True):
        label, unit, sd = in_sentence(scale.label), short_unit(scale.name, design), assumed.sd[-1]
        good, bad, least, most, step = (sd * part for part in (3, 3, 0.1, 3, 0.025))
        if scale.minimum is not None and scale.maximum is not None:
            length = scale.maximum - scale.minimum
            good, bad, least, most, step = (length * part for part in (0.45, 0.15, 0.01, 0.5, 0.005))
        step = _round(step)
        ends = _on(step, *((-good, bad) if scale.better == "lower" else (-bad, good)))
        arrow = "\N{DOWNWARDS ARROW} below 0" if scale.better == "lower" else "\N{UPWARDS ARROW} above 0"
        of, effect = f"{unit}, {contrast(design)}; {arrow} is a benefit", assumed.effect[-1]
        effects.append(Control(f"{scale.name}.effect", group, f"Effect on {label}", of, effect, ends, step))
        spreads.append(Control(f"{scale.name}.sd", "Spread", f"SD of {label}", unit, sd, _on(step, least, most), step))
    label, start = "Correlation between visits", record.visit_correlation[0][-1]
    return [*effects, *spreads, Control("visit_correlation", "Spread", label, "0 to 0.9", start, (0, 0.9), 0.05)]


def _people(record: TrialAssumptions) -> list[Control]:
    group, design, people, unit = "People", record.design, round(record.n_people / 2), "people"
    if record.n_treatment != record.n_reference:
        unit = f"people; {record.n_treatment} and {record.n_reference} unless moved"
    by, driver = f"% by week {design.visits[-1]:g}", in_sentence(design.outcome(record.driving_outcome).label)
    one, other = (f"Drop-out, {in_sentence(arm.label)}" for arm in design.arms)
    reasons = {
        "mcar": "By chance (MCAR)",
        "mar": f"After a bad score of {driver} (MAR)",
        "mnar": f"Because {driver} got worse (MNAR)",
    }
    return [
        Control(PEOPLE, group, "People per arm", unit, people, (5, max(500, 2 * people)), 1),
        Control("missing_treatment", group, one, by, record.missing_treatment, (0, 50), 1, 100),
        Control("missing_reference", group, other, by, record.missing_reference, (0, 50), 1, 100),
        Control("missing_mechanism", group, "Why people drop out", start=record.missing_mechanism, choices=reasons),
    ]


def _sessions(study: Study) -> list[Control]:
    own, group, share = study.assumptions.sessions, "Programme and attendance", "% of sessions"
    if own is None:
        return []
    known, chosen = {each.name: plain_name(each.name) for each in study.programmes}, own.programme.name
    programme = Control("programme", group, "Programme", start=chosen, choices=known)
    effect = "Effect in proportion to attendance", "% of the effect"
    return [
        *([programme] if chosen in known else []),
        Control("adherence_mean", group, "Mean attendance", share, own.adherence_mean, (5, 95), 1, 100),
        Control("adherence_sd", group, "SD of attendance between people", share, own.adherence_sd, (2, 50), 1, 100),
        Control("dose_response", group, *effect, own.dose_response, (0, 100), 10, 100),
    ]


def _events(record: TrialAssumptions) -> list[Control]:
    """Return rates: of the treatment per running hour, or of both arms per person-week where there are no sessions."""
    per, arms = "person-week", [f", {in_sentence(arm.label)}" for arm in record.design.arms]
    if record.sessions:
        per, arms = "running hour", [""]
    made = []
    for kind, assumed in zip(record.design.adverse_events, record.adverse_events, strict=True):
        for field, arm in zip(("rate", "reference_rate"), arms, strict=False):
            name, label = f"adverse_events.{kind.name}.{field}", f"{kind.label} events{arm}"
            unit, start = f"events per 1000 {per}s", getattr(assumed, field)
            ends = (0.0, _round(10_000 * start) or 100.0)
            more: dict[str, Any] = {"step": _round(ends[1] / 200), "scale": 1000.0, "help": f"Events per {per}."}
            made.append(Control(name, "Adverse events", label, unit, start, ends, **more))
    return made


def _analysis(own: PaperAnalysis) -> list[Control]:
    methods = {name: METHOD_NAMES.get(name, plain_name(name)) for name in METHODS}
    many, one, most = "Seed of the many trials", "Seed of the trial shown", (0, 1_000_000)
    return [
        Control("method", "Analysis", "Method", start=own.method, choices=methods),
        Control("level", "Analysis", "Confidence level", "0.8 to 0.99", own.level, (0.8, 0.99), 0.01),
        Control("seed", "Random numbers", many, "whole number", 1, most, 1, kind="number"),
        Control("trial_seed", "Random numbers", one, "whole number", 2024, most, 1, kind="number"),
    ]


def _round(size: float) -> float:
    """Return the largest of 1, 2 and 5 times a power of ten that is not above a size; 0 for none."""
    if size <= 0:
        return 0.0
    power = 10.0 ** math.floor(math.log10(size))
    return float(f"{max(times for times in (1, 2, 5) if times * power <= size * (1 + 1e-9)) * power:.1g}")


def _on(step: float, low: float, high: float) -> tuple[float, float]:
    """Return ends that are whole steps."""
    return float(f"{round(low / step) * step:.10g}"), float(f"{round(high / step) * step:.10g}")

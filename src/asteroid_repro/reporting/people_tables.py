"""Tables of a report on a trial's people: methods side by side, responders, harms, adherence, missed visits, print."""

from collections.abc import Sequence
from math import inf, isnan

from asteroid_repro.estimate.attendance import Attendance
from asteroid_repro.estimate.change_from_baseline.responders import Responders
from asteroid_repro.estimate.effects.estimate_effects import Effects
from asteroid_repro.estimate.missing_visits.sensitivity import Sensitivity
from asteroid_repro.estimate.safety.harms import Harms
from asteroid_repro.reporting.paper_tables import PaperTable
from asteroid_repro.tables.rounding import decimals, estimate_with_limits, number, p_value, percent
from asteroid_repro.trial.design import Design
from asteroid_repro.trial.design_words import contrast, denominator, label_of
from asteroid_repro.verdicts.from_people.against_people import PeopleVerification

_RULES = {
    "mar": "Missing at random",
    "jump_to_reference": "Jump to reference",
    "copy_reference": "Copy reference",
}


def methods_table(found: Sequence[Effects], design: Design, label: str) -> PaperTable:
    """Lay out the effect at the last visit by method, the primary one first."""
    rows = [(row, effects.level) for effects in found for row in effects.rows if row.week == design.visits[-1]]
    rows.sort(key=lambda one: design.outcome_names.index(one[0].outcome))
    columns = {
        "Outcome": [label_of(row.outcome, design) for row, _ in rows],
        "Method": [f"{row.method}, {row.distribution}" for row, _ in rows],
        "Estimate (CI)": [
            estimate_with_limits(row.estimate, row.ci_low, row.ci_high, decimals(row.se)) for row, _ in rows
        ],
        "SE": [number(row.se, decimals(row.se)) for row, _ in rows],
        "p": [p_value(row.p_value) for row, _ in rows],
    }
    notes = [f"Estimate: {contrast(design)}, with its {percent(found[0].level)} confidence interval."]
    return PaperTable(f"Methods side by side, week {design.visits[-1]:g}", label, columns, notes, grouped=True)


def responders_table(found: Sequence[Responders], design: Design, label: str) -> PaperTable:
    """Lay out who improved by the minimal important change at the last visit."""
    treatment, reference = (arm.label for arm in design.arms)
    difference = [next(row for row in one.rows if row.measure == "risk_difference") for one in found]
    columns = {
        "Outcome": [f"{label_of(one.outcome, design)}, {one.threshold:g} points or more" for one in found],
        treatment: [f"{one.treatment.responders} of {one.treatment.n}" for one in found],
        reference: [f"{one.reference.responders} of {one.reference.n}" for one in found],
        "Difference in percent (CI)": [
            estimate_with_limits(100 * row.estimate, 100 * row.ci_low, 100 * row.ci_high, 1) for row in difference
        ],
    }
    notes = [f"Improved by the minimal important change or more; {percent(found[0].level)} limits of Newcombe."]
    return PaperTable(f"Responders at week {found[0].week:g}", label, columns, notes)


def harms_table(found: Harms, design: Design) -> PaperTable:
    """Lay out adverse events of the two arms by kind: people, events per person-time and per hour."""
    treatment, reference = (arm.label for arm in design.arms)
    columns: dict[str, list[str]] = {
        name: [] for name in ("Kind", "Per", treatment, reference, "Difference (CI)", "Ratio (CI)")
    }
    for row in found.rows:
        unit = "1 person" if row.per == "person" else f"1000 {denominator(row.per)}"
        scale = 1 if row.per == "person" else 1000
        arms = ((row.treatment, row.exposure_treatment), (row.reference, row.exposure_reference))
        digits = 2 if row.per == "person" else 1
        cells = (
            "All kinds" if row.kind == "all" else label_of(row.kind, design), unit,
            *(_rate(count, time, scale, digits) for count, time in arms),
            _with_limits(row.difference, row.difference_low, row.difference_high, digits),
            _with_limits(row.ratio, row.ratio_low, row.ratio_high, 2),
        )  # fmt: skip
        for name, text in zip(columns, cells, strict=True):
            columns[name].append(text)
    notes = [
        f"People with an event, and events; {percent(found.level)} {_limits_of(found)} limits, for independent events.",
        *dict.fromkeys(f"{row.note[:1].upper()}{row.note[1:]}." for row in found.rows if row.note),
    ]
    return PaperTable("Adverse events by arm", found.label, columns, notes, grouped=True)


def adherence_table(found: Attendance) -> PaperTable:
    """Lay out the share of prescribed sessions that people attended."""
    columns = {
        "People": [str(found.people)],
        "Sessions attended of prescribed": [f"{found.attended} of {found.prescribed}"],
        "Share of a person, percent: mean (SD)": [f"{number(100 * found.mean, 1)} ({number(100 * found.sd, 1)})"],
    }
    return PaperTable("Adherence", found.label, columns, ["Mean and SD between people of each one's share."])


def sensitivity_table(found: Sequence[Sensitivity], design: Design, label: str) -> PaperTable:
    """Lay out the effect at the last visit under each supposition about missed visits."""
    columns = {
        "Outcome": [
            f"{label_of(row.outcome, design)}, missing {row.missing_treatment} + {row.missing_reference}"
            for row in found
        ],
        "Supposed": [_RULES[row.rule] for row in found],
        "Estimate (CI)": [
            estimate_with_limits(row.estimate, row.ci_low, row.ci_high, decimals(row.se)) for row in found
        ],
        "p": [p_value(row.p_value) for row in found],
    }
    first = found[0]
    notes = [
        f"{first.imputations} imputations, analysed by {first.method} and pooled by Rubin's rules; {contrast(design)}.",
        "Jump to, copy reference: who stopped is from then on like the reference, or has been so from the start.",
    ]
    return PaperTable(f"If missed visits were otherwise, week {first.week:g}", label, columns, notes, grouped=True)


def print_table(found: PeopleVerification) -> PaperTable:
    """Lay out which printed numbers the tables give back."""
    rows = [row for row in found.rows if row.verdict != "listed"]
    columns: dict[str, list[str]] = {
        "Claim": [row.claim for row in rows],
        "Printed": [row.published for row in rows],
        "Recomputed": ["" if row.recomputed is None else f"{row.recomputed:.4g}" for row in rows],
        "Verdict": [row.verdict for row in rows],
        "Note": [row.note for row in rows],
    }
    return PaperTable("Print against people", found.label, columns, [f"{found.summary}."])


def _rate(count: int, exposure: float, scale: float, digits: int) -> str:
    if isnan(exposure):  # the arm has no such hours
        return f"{count} / none"
    return f"{count} / {exposure:.4g} = {number(scale * count / exposure, digits)}"


def _with_limits(value: float, low: float, high: float, digits: int) -> str:
    """Return a number with limits, an infinite one as the word."""
    if isnan(value):
        return "none"
    ends = ["no limit" if end == inf else number(end, digits) for end in (low, high)]
    return f"{'infinite' if value == float('inf') else number(value, digits)} ({ends[0]}, {ends[1]})"


def _limits_of(found: Harms) -> str:
    return found.rows[0].method.replace("_", "-")

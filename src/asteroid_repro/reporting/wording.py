"""How numbers, arms, outcomes and directions are said: rounded for people, in the words of the study's design."""

import math
from collections.abc import Iterable, Mapping

from asteroid_repro.ledger.claim import Claim
from asteroid_repro.ledger.ledger import Ledger
from asteroid_repro.trial.design import Arm, Design, EventKind, Outcome

PrintedLine = Mapping[str, Claim]  # the claims of one printed result line, by what each prints


def number(value: float, decimals: int) -> str:
    r"""Format a number as it is printed in a paper: with a true minus sign, and none before a zero.

    Examples
    --------
    >>> number(-15.3, 2) == "\N{MINUS SIGN}15.30", number(-0.04, 1)
    (True, '0.0')
    """
    return with_minus(f"{round(float(value), decimals) + 0.0:.{decimals}f}")


def with_minus(printed: str) -> str:
    """Return a printed string with true minus signs."""
    return printed.replace("-", "\N{MINUS SIGN}")


def decimals(size: float) -> int:
    """Return the decimals that show a number, for instance a standard error, with two digits; one at the least.

    Examples
    --------
    >>> decimals(5.1), decimals(0.42), decimals(0.0)
    (1, 2, 1)
    """
    return max(1, 1 - math.floor(math.log10(size))) if 0 < size < math.inf else 1


def percent(level: float) -> str:
    """Return a confidence level as it is.

    Examples
    --------
    >>> percent(0.95), percent(0.9999)
    ('95 %', '99.99 %')
    """
    return f"{100 * level:.12g} %"


def p_value(p: float) -> str:
    """Return a p value with three decimals.

    Examples
    --------
    >>> p_value(0.0496), p_value(0.00099)
    ('0.050', '<0.001')
    """
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def p_equals(printed: str) -> str:
    """Return a printed p value with its relation.

    Examples
    --------
    >>> p_equals("0.050"), p_equals("<0.001")
    ('p = 0.050', 'p < 0.001')
    """
    return f"p {printed[0]} {printed[1:]}" if printed[0] in "<>" else f"p = {printed}"


def estimate_with_limits(estimate: float, low: float, high: float, digits: int) -> str:
    """Return an estimate with its limits in brackets; without them where the method gives none.

    Examples
    --------
    >>> estimate_with_limits(20.6, 2.5, 74.4, 1), estimate_with_limits(20.6, math.nan, math.nan, 1)
    ('20.6 (2.5, 74.4)', '20.6')
    """
    if math.isnan(low):
        return number(estimate, digits)
    return f"{number(estimate, digits)} ({number(low, digits)}, {number(high, digits)})"


def between(low: float, high: float, digits: int) -> str:
    """Return two limits as a range.

    Examples
    --------
    >>> between(2.5, 74.4, 1)
    '2.5 to 74.4'
    """
    return f"{number(low, digits)} to {number(high, digits)}"


def plain_name(name: str) -> str:
    """Turn a name from a table into words.

    Examples
    --------
    >>> plain_name("low_back_pain")
    'Low back pain'
    """
    return name.replace("_", " ").capitalize()


def in_sentence(label: str) -> str:
    """Return a label as it stands within a sentence; an abbreviation keeps its capitals.

    Examples
    --------
    >>> in_sentence("Usual care"), in_sentence("CBT")
    ('usual care', 'CBT')
    """
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def label_of(name: str, design: Design | None) -> str:
    """Return the design's label of an outcome, an arm or a kind of event; else its name in words.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> label_of("waitlist", ASTEROID.design), label_of("every_outcome", ASTEROID.design)
    ('Waitlist', 'Every outcome')
    """
    known = list[Arm | Outcome | EventKind]()
    if design:
        known = [*design.arms, *design.outcomes, *design.adverse_events]
    return next((one.label for one in known if one.name == name), plain_name(name))


def scale_of(outcome: str, design: Design | None) -> Outcome | None:
    """Return what the design says of an outcome; None where it says nothing."""
    return next((one for one in (design.outcomes if design else ()) if one.name == outcome), None)


def in_order(outcomes: Iterable[str], design: Design | None) -> list[str]:
    """Return the outcomes once each: the design's in its order, then others."""
    found = list(dict.fromkeys(outcomes))
    own = [name for name in (design.outcome_names if design else ()) if name in found]
    return own + [name for name in found if name not in own]


def unit_of(outcome: str, design: Design | None) -> str:
    """Return the unit of an outcome; points where no design says."""
    scale = scale_of(outcome, design)
    return scale.unit if scale else "points"


def short_unit(outcome: str, design: Design | None) -> str:
    """Return the unit of an outcome without what stands in brackets.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> unit_of("disability", ASTEROID.design), short_unit("disability", ASTEROID.design)
    ('points (ODI, 0-100)', 'points')
    """
    return unit_of(outcome, design).partition(" (")[0]


def with_unit(outcome: str, design: Design | None) -> str:
    """Return the label of an outcome with its unit, as for an axis."""
    return f"{label_of(outcome, design)}, {unit_of(outcome, design)}"


def contrast(design: Design | None, between: str = " minus ") -> str:
    """Say what an effect is the difference of.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> contrast(None), contrast(ASTEROID.design, " + ")
    ('treatment minus reference', 'running + waitlist')
    """
    return between.join([in_sentence(arm.label) for arm in design.arms] if design else ["treatment", "reference"])


def favours(better: str, design: Design | None) -> str:
    """Say which sign of an effect favours the treatment; nothing where nobody says which way is better.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> favours("lower", ASTEROID.design), favours("higher", None), favours("", None)
    ('negative favours running', 'positive favours the treatment', '')
    """
    arm = in_sentence(design.treatment.label) if design else "the treatment"
    return f"{'negative' if better == 'lower' else 'positive'} favours {arm}" if better else ""


def effect_axis(outcome: str, better: str, design: Design | None) -> str:
    """Return what an axis of effects shows: the contrast, its unit and its direction.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> effect_axis("disability", "lower", ASTEROID.design)
    'running minus waitlist, points (negative favours running)'
    """
    direction = favours(better, design)
    return f"{contrast(design)}, {short_unit(outcome, design)}" + (f" ({direction})" if direction else "")


def denominator(per: str) -> str:
    """Return the denominator of a rate in words.

    Examples
    --------
    >>> denominator("running_hours"), denominator("person_weeks")
    ('running hours', 'person-weeks')
    """
    return per.replace("person_", "person-").replace("_", " ")


def as_printed(claim: Claim) -> str:
    """Return a printed number with a true minus sign, and a dagger if it contradicts others."""
    return with_minus(claim.printed) + ("\N{DAGGER}" if claim.status == "inconsistent" else "")


def published(ledger: Ledger | None, outcome: str, week: float) -> PrintedLine:
    """Return the printed line of an outcome at a week; empty where there is none."""
    return ledger.lines.get((outcome, week), {}) if ledger else {}


def printed_line(line: PrintedLine, level: float = 0.95) -> str:
    """Return a printed result line, as much of it as is printed; its level where that is not the given one.

    Examples
    --------
    >>> from asteroid_repro import published
    >>> printed_line(published().line("disability")).endswith("p = 0.038")
    True
    """
    text = {part: as_printed(claim) for part, claim in line.items()}
    limits = ""
    if {"ci_low", "ci_high"} <= set(text):
        about = line["ci_low"].about
        other = f"; {percent(about.level)} CI" if about and about.level != level else ""
        limits = f" ({text['ci_low']}, {text['ci_high']}{other})"
    p = p_equals(text["p_value"]) if "p_value" in text else ""
    return ", ".join(part for part in (f"{text.get('estimate', '')}{limits}".strip(), p) if part)


def contradictions(lines: Iterable[PrintedLine]) -> list[str]:
    """Return why each printed number contradicts others, those with a dagger."""
    wrong = [claim for line in lines for claim in line.values() if claim.status == "inconsistent"]
    return [f"{as_printed(claim)} as printed. {claim.reason}" for claim in wrong]

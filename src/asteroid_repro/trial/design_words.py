"""How a design is said: its arms, outcomes, units and directions, as they stand in a sentence or on an axis."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from asteroid_repro.trial.design import Arm, Design, EventKind, Outcome

_PARTS: Final = {"effect": "effect on {}", "sd": "SD of {}"}
_MOST_SAID: Final = 4  # changes; more would hide the rest of a label


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


def moved(effect: float, outcome: str, design: Design) -> str:
    """Say what a treatment with an effect does.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> moved(-8, "average_pain", ASTEROID.design)
    'average pain lowered by running'
    """
    how = "lowered" if effect < 0 else "raised"
    return f"{in_sentence(design.outcome(outcome).label)} {how} by {in_sentence(design.treatment.label)}"


def changes_said(differences: Mapping[str, tuple[Any, Any]], design: Design) -> str:
    """Say what was changed, for a label: each value with what it was; more than four are counted.

    Effects and spreads are those of the last visit where they were one number there too.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> changes_said({"disability.effect": ([-2.6, -5.2], [-1.5, -3.0])}, ASTEROID.design)
    'effect on disability (Oswestry) -3 (was -5.2)'
    >>> changes_said({"n_treatment": (20, 30), "n_reference": (20, 30)}, ASTEROID.design)
    'people per arm 30 (was 20)'
    """
    left, said = dict(differences), []
    if "n_treatment" in left and left["n_treatment"] == left.get("n_reference"):
        said.append(_change("people per arm", *left.pop("n_treatment")))
        del left["n_reference"]
    said += [_change(_field(name, design), *both) for name, both in left.items()]
    more = [f"and {len(said) - _MOST_SAID} more"] if len(said) > _MOST_SAID else []
    return ", ".join([*said[:_MOST_SAID], *more])


def _field(name: str, design: Design) -> str:
    """Return the name of a value in words."""
    place, _, part = name.rpartition(".")
    if place in design.outcome_names and part in _PARTS:
        return _PARTS[part].format(in_sentence(design.outcome(place).label))
    sizes = {"n_treatment": design.treatment, "n_reference": design.reference}
    if name in sizes:
        return f"people in {in_sentence(sizes[name].label)}"
    return name.replace(".", " ").replace("_", " ")


def _change(what: str, before: Any, after: Any) -> str:
    shown = [_value(before), _value(after)]
    if shown[0] == shown[1]:  # the last visit stayed: all of them are said
        shown = [", ".join(map(_value, value)) for value in (before, after)]
    return f"{what} {shown[1]} (was {shown[0]})"


def _value(value: Any) -> str:
    """Return a value of a label: of a list by visit the last, of a table its name."""
    if isinstance(value, Mapping):
        return str(value.get("name", "of its own"))
    if isinstance(value, list | tuple):
        return _value(value[0][-1] if isinstance(value[0], list | tuple) else value[-1]) if value else "none"
    return f"{value:.4g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)

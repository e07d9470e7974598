"""What is supposed of a trial: one frozen record, validated where it is made, changed only by copies.

Every value has a name, such as ``n_treatment`` or ``average_pain.effect``, and a provenance under that name. There is one
dialect of changes for Python, TOML files, the command line, sweeps and the what-if page: names and values.
"""

import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self, TypeVar

import numpy as np
from pydantic import BaseModel, BeforeValidator, Field, ValidationError, model_validator

from asteroid_repro.errors import InputError, did_you_mean, first_problem
from asteroid_repro.trial.characteristics import Characteristic, EventAssumptions
from asteroid_repro.trial.design import FROZEN, Design, Outcome, by_name, find
from asteroid_repro.trial.outcome_assumptions import OutcomeAssumptions, check_outcome
from asteroid_repro.trial.programme import Programme, read_programme
from asteroid_repro.trial.provenance import Provenance
from asteroid_repro.trial.quantities import ArmSize, Correlations, NotNegative, ShareOfVisits, ShareOrBound
from asteroid_repro.trial.session_assumptions import SessionAssumptions

if TYPE_CHECKING:
    import pandas as pd

PEOPLE: Final = "people_per_arm"
"""In a change: the same number of people in both arms."""
EVERY_OUTCOME: Final = "every_outcome"
"""In a change: every outcome. Of a measure: all outcomes of a trial together."""

_CHANGED: Final = ", changed"
_OUTCOME_DESIGN: Final = tuple(name for name in Outcome.model_fields if name != "name")
_GROUPS: Final = ("characteristics", "adverse_events")

Record = TypeVar("Record", bound=BaseModel)


class TrialAssumptions(BaseModel):
    """Everything that is supposed of a two-arm trial.

    An outcome can be had as an attribute under its name, and so can what is assumed of the sessions.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> ASTEROID.adherence_mean
    0.7
    >>> ASTEROID.with_values(**{"average_pain.effect": -8}).average_pain.effect
    (-4.0, -8.0)
    """

    model_config = FROZEN

    name: str = Field(description="A short name of the scenario, used in labels.")
    description: str = Field(default="", description="What the scenario stands for, in a line or two.")
    design: Design = Field(description="Arms, visits and outcomes.")
    n_treatment: ArmSize = Field(description="People randomised to the treatment.")
    n_reference: ArmSize = Field(description="People randomised to the reference.")
    outcomes: Annotated[tuple[OutcomeAssumptions, ...], BeforeValidator(by_name)] = Field(
        description="Means, effect and spread of each outcome, in the order of the design."
    )
    visit_correlation: Correlations = Field(
        description="Correlation of an outcome between visits. One number: the same between any two."
    )
    cross_outcome_correlation: Correlations = Field(
        description="Correlation between the outcomes at one visit. One number: the same between any two."
    )
    characteristics: Annotated[tuple[Characteristic, ...], BeforeValidator(by_name)] = Field(
        default=(), description="Baseline characteristics of the people."
    )
    adverse_events: Annotated[tuple[EventAssumptions, ...], BeforeValidator(by_name)] = Field(
        default=(), description="How often each kind of adverse event happens, in the order of the design."
    )
    serious_share: ShareOrBound = Field(default=0.0, description="Probability that an event is serious.")
    proneness_variance: NotNegative = Field(
        default=0.0, description="Variance between people of the factor on their event rates (mean 1)."
    )
    effect_variation: NotNegative = Field(
        default=0.0,
        description="SD between people of their effect as a share of the mean effect; above 0 the mean effect on a "
        "bounded scale is a little smaller.",
    )
    missing_treatment: ShareOfVisits = Field(
        default=0.0, description="Share of the treatment arm who miss the last visit."
    )
    missing_reference: ShareOfVisits = Field(
        default=0.0, description="Share of the reference arm who miss the last visit."
    )
    missing_pattern: Literal["monotone", "intermittent"] = Field(
        default="monotone", description="Whether people who miss a visit are gone, or may come back."
    )
    missing_mechanism: Literal["mcar", "mar", "mnar"] = Field(
        default="mcar",
        description="Missing completely at random, after a bad score of the driving outcome, or because it got worse.",
    )
    missing_strength: NotNegative = Field(
        default=1.0, description="How strongly that drives who misses a visit, in probits per SD."
    )
    driving_outcome: str = Field(
        description="Outcome that decides who misses a visit, and how badly a person fares without the treatment."
    )
    sessions: SessionAssumptions | None = Field(default=None, description="Of a programme of sessions, if any.")
    programmes: tuple[Programme, ...] = Field(default=(), description="The study's programmes, to be chosen by name.")
    provenance: tuple[Provenance, ...] = Field(default=(), description="Where each value comes from, by its name.")

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        names = self.design.outcome_names
        _check_names("outcomes", [outcome.name for outcome in self.outcomes], names)
        _check_names("adverse_events", [event.name for event in self.adverse_events], self.design.kinds)
        for field, size, what in (
            ("visit_correlation", len(self.visits), "visits"),
            ("cross_outcome_correlation", len(names), "outcomes"),
        ):
            if len(getattr(self, field)) != size:
                raise ValueError(
                    f"{field} must have a row for each of the {size} {what}, got {len(getattr(self, field))}. Correct it."
                )
        for field, name in (
            ("driving_outcome", self.driving_outcome),
            ("session_outcome", self.sessions.session_outcome if self.sessions else names[0]),
        ):
            if name not in names:
                raise ValueError(f"{field} must be one of {', '.join(names)}, got {name!r}. Choose one.")
        for scale, assumed in zip(self.design.outcomes, self.outcomes, strict=True):
            check_outcome(scale, assumed, self.visits)
        return self

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Return an outcome, or a value of the sessions, under its own name."""
            held = self.__dict__
            for outcome in held.get("outcomes", ()):
                if outcome.name == name:
                    return outcome
            if held.get("sessions") is not None and name in SessionAssumptions.model_fields:
                return getattr(held["sessions"], name)
            return super().__getattr__(name)

    else:

        def __getattr__(self, name: str) -> Any: ...

    @property
    def visits(self) -> tuple[float, ...]:
        """Weeks of the visits, baseline first."""
        return self.design.visits

    @property
    def n_people(self) -> int:
        """Number of people randomised."""
        return self.n_treatment + self.n_reference

    @property
    def n_sessions(self) -> int:
        """Number of sessions prescribed to each person of the treatment arm; 0 without a programme."""
        return self.sessions.programme.n_sessions if self.sessions else 0

    @property
    def is_complete(self) -> bool:
        """Whether nobody misses a visit."""
        return not (self.missing_treatment or self.missing_reference)

    @property
    def has_one_effect(self) -> bool:
        """Whether everybody of the treatment arm has the same effect, on the latent scale."""
        return not (self.effect_variation or (self.sessions and self.sessions.dose_response))

    def outcome(self, name: str) -> OutcomeAssumptions:
        """Return the assumptions of one outcome; an unknown one raises an InputError with the nearest match."""
        return find(self.outcomes, name, "outcome")

    def means(self, name: str) -> dict[str, np.ndarray]:
        """Return the assumed mean of an outcome at each visit, by arm, in points.

        Examples
        --------
        >>> from asteroid_repro import ASTEROID
        >>> ASTEROID.means("current_pain")["treatment"].round(2).tolist()
        [30.8, 22.52, 14.25]
        """
        return self.outcome(name).means()

    def effect_at(self, outcome: str, week: float) -> float:
        """Return the assumed effect on an outcome at a later visit, points.

        Examples
        --------
        >>> from asteroid_repro import ASTEROID
        >>> ASTEROID.effect_at("average_pain", 12)
        -15.3
        """
        return self.outcome(outcome).effect[_later_visit(self.design, week)]

    def values(self) -> dict[str, Any]:
        """Return every value under its name: the names that a change may use, and what TOML writes.

        Examples
        --------
        >>> from asteroid_repro import ASTEROID
        >>> ASTEROID.values()["average_pain.effect"]
        (-7.65, -15.3)
        """
        apart = {"design", "outcomes", "sessions", "programmes", "provenance", *_GROUPS}
        found = {field: getattr(self, field) for field in type(self).model_fields if field not in apart}
        found["visits"] = self.visits
        if self.sessions is not None:
            found |= {field: getattr(self.sessions, field) for field in SessionAssumptions.model_fields}
            found["programme"] = self._programme_value()
        for scale, assumed in zip(self.design.outcomes, self.outcomes, strict=True):
            found |= _parts(assumed, scale.name) | _parts(scale, scale.name)
        for group in _GROUPS:
            for record in getattr(self, group):
                found |= _parts(record, f"{group}.{record.name}")
        return found

    def with_values(self, **changes: Any) -> "TrialAssumptions":
        """Return a copy with other values, all changed at once.

        Names are those of :meth:`values`; a table of parts stands for its dotted names, so ``average_pain={"effect":
        -8}`` is ``**{"average_pain.effect": -8}``. ``people_per_arm`` stands for both arms, ``every_outcome`` for each
        outcome. One number stands for all visits: an effect is that of the last visit, :math:`e_v \\to x\\, e_v / e_V`;
        an SD is that of every visit; a correlation is that of any two visits or outcomes. The copy's name says that it
        was changed, unless a name is given, and the provenance of a changed value says so too.

        Raises
        ------
        InputError
            An unknown name, with the nearest one; a value given twice; an impossible value: one line with field,
            requirement and value.

        Examples
        --------
        >>> from asteroid_repro import ASTEROID
        >>> fewer = ASTEROID.with_values(people_per_arm=15, disability={"sd": 9})
        >>> fewer.n_people, fewer.disability.sd, fewer.name
        (30, (9.0, 9.0, 9.0), 'ASTEROID, changed')
        """
        return self.changed_by("with_values", changes)

    def changed_by(self, who: str, changes: Mapping[str, Any], because: str = "") -> "TrialAssumptions":
        """Return a copy with other values, as :meth:`with_values`, that says who changed them and why."""
        old = self.values()
        given = _resolved(self.design, old, changes)
        programmes = self.programmes if self.sessions is None else (*self.programmes, self.sessions.programme)
        new = build(self.design, old | given, programmes=programmes, provenance=self.provenance)
        new = new.model_copy(update={"programmes": self.programmes})
        after = new.values()
        changed = [
            name for name in old | after if name not in ("name", "description") and old.get(name) != after.get(name)
        ]
        if "name" not in given and changed and not self.name.endswith(_CHANGED):
            new = new.model_copy(update={"name": self.name + _CHANGED})
        if not changed:
            return new
        said = [
            Provenance(field=name, changed_by=f"{who} (was {_shown(old.get(name))})", because=because)
            for name in changed
        ]
        kept = [one for one in self.provenance if one.field not in changed]
        return new.model_copy(update={"provenance": (*kept, *said)})

    def with_effect(self, *, week: float | None = None, **effects: float) -> "TrialAssumptions":
        """Return a copy with other effects, treatment minus reference, in points.

        Without ``week`` the value is the effect at the last visit and the earlier ones keep their ratio to it; with
        ``week`` only that visit changes.

        Examples
        --------
        >>> from asteroid_repro import ASTEROID
        >>> ASTEROID.with_effect(disability=-2, week=6).disability.effect
        (-2.0, -5.2)
        """
        changes: dict[str, Any] = {}
        for name, value in effects.items():
            if week is None:
                changes[f"{name}.effect"] = value
            else:
                effect = list(self.outcome(name).effect)
                effect[_later_visit(self.design, week)] = value
                changes[f"{name}.effect"] = effect
        return self.with_values(**changes)

    def with_effect_through(self, outcome: str, week: float, effect: float) -> "TrialAssumptions":
        """Return a copy with that effect at a week and the other visits' in proportion, points.

        Examples
        --------
        >>> from asteroid_repro import ASTEROID
        >>> ASTEROID.with_effect_through("disability", 6, -4).disability.effect
        (-4.0, -8.0)
        """
        scaled = scaled_effect(self.outcome(outcome).effect, effect, _later_visit(self.design, week), outcome)
        return self.with_values(**{f"{outcome}.effect": scaled})

    def without_effect(self) -> "TrialAssumptions":
        """Return a copy in which the treatment changes no outcome.

        Examples
        --------
        >>> from asteroid_repro import ASTEROID
        >>> {outcome.effect for outcome in ASTEROID.without_effect().outcomes}
        {(0.0, 0.0)}
        """
        return self.with_values(**{f"{EVERY_OUTCOME}.effect": 0})

    def with_people(self, treatment: int, reference: int) -> "TrialAssumptions":
        """Return a copy with other arm sizes."""
        return self.with_values(n_treatment=treatment, n_reference=reference)

    def with_equal_baselines(self) -> "TrialAssumptions":
        """Return the randomised superpopulation: both arms start from the mean of the arms' baselines.

        The arms count alike, so that other arm sizes mean more people of the same population. A record whose arms start
        equal is returned as it is. Power, type I error, coverage and every comparison of methods are about trials that
        randomise anew, so they use this copy.

        Examples
        --------
        >>> from asteroid_repro import ASTEROID
        >>> round(ASTEROID.with_equal_baselines().current_pain.treatment_baseline, 2)
        35.45
        """
        changes = {}
        for outcome in self.outcomes:
            if outcome.treatment_baseline != outcome.reference_baseline:
                mean = (outcome.treatment_baseline + outcome.reference_baseline) / 2
                changes[outcome.name] = {"treatment_baseline": mean, "reference_baseline": mean}
        return self.changed_by("with_equal_baselines", changes) if changes else self

    def source(self, name: str) -> str:
        """Return where a value comes from, in a sentence or two; empty where nothing is recorded.

        Examples
        --------
        >>> from asteroid_repro import ASTEROID
        >>> ASTEROID.source("n_treatment"), ASTEROID.with_values(n_treatment=30).source("n_treatment")
        ('Claim design.running.', 'Changed by with_values (was 20).')
        """
        return next((str(one) for one in self.provenance if one.field == name), "")

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per value: field, value, role (claim, fitted, assumption, changed), source."""
        import pandas as pd

        roles = {one.field: one.role for one in self.provenance}
        return pd.DataFrame(
            [
                {"field": name, "value": value, "role": roles.get(name, "design"), "source": self.source(name)}
                for name, value in self.values().items()
            ]
        )

    def to_toml(self) -> str:
        """Return the record as TOML that a scenario file may hold, each value under where it comes from."""
        lines: list[str] = []
        table = ""
        for name, value in sorted(self.values().items(), key=lambda item: item[0].rpartition(".")[0]):
            place, _, field = name.rpartition(".")
            if value is None:
                continue
            if place != table:
                lines += ["", f"[{place}]"]
                table = place
            if source := self.source(name):
                lines.append(f"# {source}")
            lines.append(f"{field} = {_toml_value(value)}")
        return "\n".join(lines) + "\n"

    def _programme_value(self) -> Any:
        """Return the programme's name, or all of it where the study does not know it."""
        programme = self.sessions.programme if self.sessions else None
        if programme is None or programme in self.programmes:
            return programme and programme.name
        return programme.model_dump(mode="json")


def build(
    design: Design,
    values: Mapping[str, Any],
    *,
    programmes: tuple[Programme, ...] = (),
    provenance: tuple[Provenance, ...] = (),
) -> TrialAssumptions:
    """Build the record from values under their names; ``visits`` and the scales of the outcomes may differ from the design.

    Parameters
    ----------
    design : Design
        Of the study.
    values : mapping of str to value
        As :meth:`TrialAssumptions.values` gives them.
    programmes : tuple of Programme
        Those that can be chosen by name.
    provenance : tuple of Provenance
        Where the values come from.

    Raises
    ------
    InputError
        An unknown or a missing name, or an impossible value: field, requirement and value.
    """
    nested = _nested(values)
    scales, outcomes = [], []
    for scale in design.outcomes:
        parts = nested.pop(scale.name, {})
        scales.append(validated(Outcome, scale.model_dump() | _only(parts, _OUTCOME_DESIGN), scale.name))
        rest = {field: value for field, value in parts.items() if field not in _OUTCOME_DESIGN}
        outcomes.append(validated(OutcomeAssumptions, {"name": scale.name} | rest, scale.name))
    own = {field: nested.pop(field) for field in SessionAssumptions.model_fields if field in nested}
    if own:
        own["programme"] = _programme(own.get("programme"), programmes)
    events = nested.get("adverse_events", {})
    nested["adverse_events"] = {kind: events[kind] for kind in (*design.kinds, *events) if kind in events}
    groups = {
        group: tuple(
            validated(record, {"name": name} | parts, f"{group}.{name}")
            for name, parts in nested.pop(group, {}).items()
        )
        for group, record in (("characteristics", Characteristic), ("adverse_events", EventAssumptions))
    }
    changed = {"visits": nested.pop("visits", design.visits), "outcomes": tuple(scales)}
    record = (
        nested
        | groups
        | {
            "design": validated(Design, design.model_dump() | changed),
            "outcomes": tuple(outcomes),
            "sessions": validated(SessionAssumptions, own) if own else None,
            "programmes": programmes,
            "provenance": provenance,
        }
    )
    return validated(TrialAssumptions, record)


def expanded(design: Design, old: Mapping[str, Any], name: str, value: Any) -> list[tuple[str, Any]]:
    """Return the fields that a name of a change stands for, each with its value at every visit.

    Parameters
    ----------
    design : Design
        Visits and outcomes.
    old : mapping of str to value
        The values so far: an effect that is one number keeps their ratios.
    name, value
        One entry of a change.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> expanded(ASTEROID.design, {}, "people_per_arm", 30)
    [('n_treatment', 30), ('n_reference', 30)]
    """
    outcome, _, part = name.partition(".")
    if name == PEOPLE:
        return [("n_treatment", value), ("n_reference", value)]
    if outcome == EVERY_OUTCOME:
        return [pair for known in design.outcome_names for pair in expanded(design, old, f"{known}.{part}", value)]
    if name in design.outcome_names:
        raise InputError(f"{name} must be a part of an outcome, got all of it. Name it, for instance {name}.effect.")
    if not _is_number(value):
        return [(name, value)]
    if name == "visit_correlation":
        return [(name, _equal_correlations(len(design.visits), value))]
    if name == "cross_outcome_correlation":
        return [(name, _equal_correlations(len(design.outcomes), value))]
    if part == "sd" and outcome in design.outcome_names:
        return [(name, (value,) * len(design.visits))]
    if part == "effect" and name in old:
        return [(name, scaled_effect(old[name], value, -1, outcome))]
    return [(name, value)]


def scaled_effect(old: tuple[float, ...], value: float, visit: int, name: str) -> tuple[float, ...]:
    r"""Return effects that are ``value`` at a later visit and keep their ratios: :math:`x\, e_v / e_V`.

    Raises
    ------
    InputError
        No effect at that visit, so no ratio to keep.

    Examples
    --------
    >>> scaled_effect((-5.0, -10.0), -8, -1, "pain")
    (-4.0, -8.0)
    """
    if value == 0:
        return (0.0,) * len(old)
    if old[visit] == 0:
        raise InputError(
            f"{name}.effect must be a list where the effect so far is 0, got {value:g}: there is no ratio to keep "
            "between the visits. Give one value a visit."
        )
    return tuple(value * effect / old[visit] for effect in old)


def _resolved(design: Design, old: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a change under the names of the values, one value a name."""
    found: dict[str, Any] = {}
    for name, value in _flat(changes):
        for field, each in expanded(design, old, name, _plain(value)):
            if field in found:
                raise InputError(f"{field} must be given once, got it twice in {', '.join(changes)}. Leave one out.")
            if field not in old:
                names = (PEOPLE, *old)
                raise InputError(f"field must be a name of the assumptions, got {field!r}.{did_you_mean(field, names)}")
            found[field] = each
    return found


def _programme(value: Any, known: tuple[Programme, ...]) -> Programme:
    """Return a programme: the study's of that name, one read from a file, or one given whole."""
    if isinstance(value, Programme):
        return value
    if isinstance(value, Mapping):
        return validated(Programme, value, "programme")
    if not isinstance(value, str):
        raise InputError(f"programme must be a name or a .toml file, got {value!r}. Correct it.")
    if value.endswith(".toml"):
        return read_programme(Path(value))
    names = {programme.name: programme for programme in known}
    if value not in names:
        raise InputError(f"programme must be a name or a .toml file, got {value!r}.{did_you_mean(value, names)}")
    return names[value]


def validated(model: type[Record], data: Mapping[str, Any], where: str = "") -> Record:
    """Build a record, turning what is wrong with it into one line.

    Raises
    ------
    InputError
        Field, requirement and value of the first problem.
    """
    try:
        return model.model_validate(dict(data))
    except ValidationError as error:
        raise InputError(first_problem(error, where)) from None


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises
    ------
    InputError
        No such file, or not TOML; the message begins with the file's name.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: must be a readable file, got: {error.strerror}. Check the path.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: must be TOML, got: {error}. Correct that line.") from None


def _check_names(field: str, got: list[str], wanted: tuple[str, ...]) -> None:
    if sorted(got) != sorted(wanted):
        odd = sorted(set(got) ^ set(wanted)) or got
        raise ValueError(f"{field} must be those of the design, {', '.join(wanted)}, got {', '.join(odd)}. Correct it.")


def _later_visit(design: Design, week: float) -> int:
    visit = design.visit(week)
    if visit == 0:
        raise InputError(f"week must be a visit after the baseline, got {week:g}. Choose a later visit.")
    return visit - 1


def _parts(record: BaseModel, name: str) -> dict[str, Any]:
    return {f"{name}.{field}": getattr(record, field) for field in type(record).model_fields if field != "name"}


def _only(parts: Mapping[str, Any], fields: Iterable[str]) -> dict[str, Any]:
    return {field: parts[field] for field in fields if field in parts}


def _flat(changes: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    """Give a change under dotted names; a programme given whole stays a table."""
    for key, value in changes.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and name != "programme":
            yield from _flat(value, f"{name}.")
        else:
            yield name, value


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Undo :func:`_flat`."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        *tables, field = name.split(".")
        place = found
        for table in tables:
            place = place.setdefault(table, {})
        place[field] = value
    return found


def _plain(value: Any) -> Any:
    """Return the Python number of a NumPy one: the record takes no others."""
    return value.tolist() if isinstance(value, np.generic | np.ndarray) else value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _equal_correlations(size: int, correlation: float) -> list[list[float]]:
    return [[1.0 if row == column else correlation for column in range(size)] for row in range(size)]


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _toml_value(value: Any) -> str:
    """Write a value as TOML: numbers, strings and lists are written as in JSON, tables inline."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml_value(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml_value, value))}]"
    return json.dumps(value, ensure_ascii=False)

"""What is supposed of a trial: one frozen record, validated where it is made, changed only by copies.

Every value has a name, such as ``n_treatment`` or ``average_pain.effect``, and a provenance under that name.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

import numpy as np
from pydantic import BaseModel, BeforeValidator, Field, model_validator

from asteroid_repro.errors import InputError, did_you_mean, validated
from asteroid_repro.tables.toml_files import read_record
from asteroid_repro.trial.changes import EVERY_OUTCOME, PEOPLE, nested, resolved, scaled_effect
from asteroid_repro.trial.characteristics import Characteristic, EventAssumptions
from asteroid_repro.trial.design import FROZEN, Design, Label, by_name, find
from asteroid_repro.trial.design_words import changes_said
from asteroid_repro.trial.outcome_assumptions import OutcomeAssumptions, check_outcome
from asteroid_repro.trial.programme import Programme
from asteroid_repro.trial.provenance import Provenance
from asteroid_repro.trial.quantities import ArmSize, Correlations, NotNegative, ShareBelowOne, ShareOrBound
from asteroid_repro.trial.session_assumptions import SessionAssumptions

if TYPE_CHECKING:
    import pandas as pd

Outcomes = Annotated[tuple[OutcomeAssumptions, ...], BeforeValidator(by_name)]
Characteristics = Annotated[tuple[Characteristic, ...], BeforeValidator(by_name)]
Events = Annotated[tuple[EventAssumptions, ...], BeforeValidator(by_name)]
Pattern = Literal["monotone", "intermittent"]
Why = Literal["mcar", "mar", "mnar"]

_CHANGED: Final = ", changed: "
_GROUPS: Final = ("characteristics", "adverse_events")
_APART: Final = ("design", "outcomes", "sessions", "programmes", "provenance")  # fields that are no values


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

    name: Label = Field(description="A short name of the scenario, used in labels.")
    description: str = Field("", description="What the scenario stands for, in a line or two.")
    design: Design = Field(description="Arms, visits and outcomes.")
    n_treatment: ArmSize = Field(description="People randomised to the treatment.")
    n_reference: ArmSize = Field(description="People randomised to the reference.")
    outcomes: Outcomes = Field(description="Means, effect and spread of each outcome, in the order of the design.")
    visit_correlation: Correlations = Field(description="Between visits; one number: between any two.")
    cross_outcome_correlation: Correlations = Field(description="Between outcomes at a visit; one number: any two.")
    characteristics: Characteristics = Field((), description="Baseline characteristics of the people.")
    adverse_events: Events = Field((), description="How often each kind happens, as the design orders.")
    serious_share: ShareOrBound = Field(0.0, description="Probability that an event is serious.")
    proneness_variance: NotNegative = Field(0.0, description="Variance between people of the factor on event rates.")
    effect_variation: NotNegative = Field(0.0, description="SD of people's effects as a share of the mean effect.")
    missing_treatment: ShareBelowOne = Field(0.0, description="Share of this arm who miss the last visit.")
    missing_reference: ShareBelowOne = Field(0.0, description="Share of this arm who miss the last visit.")
    missing_pattern: Pattern = Field("monotone", description="Whether people who miss a visit are gone, or come back.")
    missing_mechanism: Why = Field("mcar", description="By chance, after a bad score, or because it got worse.")
    missing_strength: NotNegative = Field(
        1.0, description="How strongly that drives who misses a visit, probits per SD."
    )
    driving_outcome: str = Field(description="Outcome behind missed visits and a person's prognosis.")
    sessions: SessionAssumptions | None = Field(None, description="Of a programme of sessions, if any.")
    programmes: tuple[Programme, ...] = Field((), description="The study's programmes, to be chosen by name.")
    provenance: tuple[Provenance, ...] = Field((), description="Where each value comes from, by its name.")

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        names = self.design.outcome_names
        check_names(self.design)
        _check_same("outcomes", [outcome.name for outcome in self.outcomes], names)
        _check_same("adverse_events", [event.name for event in self.adverse_events], self.design.kinds)
        _check_size("visit_correlation", self.visit_correlation, len(self.visits), "visits")
        _check_size("cross_outcome_correlation", self.cross_outcome_correlation, len(names), "outcomes")
        _check_outcome_name("driving_outcome", self.driving_outcome, names)
        if self.sessions:
            _check_outcome_name("session_outcome", self.sessions.session_outcome, names)
        for scale, assumed in zip(self.design.outcomes, self.outcomes, strict=True):
            check_outcome(scale, assumed, self.visits)
        return self

    def __getattr__(self, name: str) -> Any:
        """Return an outcome, or a value of the sessions, under its own name."""
        held = self.__dict__  # which is empty while a copy is made
        for outcome in held.get("outcomes", ()):
            if outcome.name == name:
                return outcome
        if held.get("sessions") is not None and name in SessionAssumptions.model_fields:
            return getattr(held["sessions"], name)
        return super().__getattr__(name)  # type: ignore[misc]  # pydantic hides it from type checkers

    @property
    def visits(self) -> tuple[float, ...]:
        """Weeks of the visits, baseline first."""
        return self.design.visits

    @property
    def arm_sizes(self) -> tuple[int, int]:
        """People randomised to the treatment and to the reference."""
        return self.n_treatment, self.n_reference

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
        own = (field for field in type(self).model_fields if field not in (*_APART, *_GROUPS))
        found = {field: getattr(self, field) for field in own}
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
        r"""Return a copy with other values, all changed at once.

        Names are those of :meth:`values`; a table of parts stands for its dotted names, so ``average_pain={"effect":
        -8}`` is ``**{"average_pain.effect": -8}``. ``people_per_arm`` stands for both arms, ``every_outcome`` for each
        outcome. One number stands for all visits: an effect is that of the last visit, :math:`e_v \to x\, e_v / e_V`;
        an SD is that of every visit; a correlation is that of any two visits or outcomes. The copy's name says what
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
        >>> fewer.n_people, fewer.disability.sd
        (30, (9.0, 9.0, 9.0))
        >>> fewer.name
        'ASTEROID, changed: people per arm 15 (was 20), SD of disability (Oswestry) 9 (was 7.938)'
        """
        return self.changed_by("with_values", changes)

    def changed_by(self, who: str, changes: Mapping[str, Any], because: str = "") -> "TrialAssumptions":
        """Return a copy with other values, as :meth:`with_values`, that says who changed them and why."""
        old = self.values()
        given = resolved(self.design, old, changes)
        new = build(self.design, old | given, programmes=self.programmes)
        after = new.values()
        changed = [name for name in old if old[name] != after[name] and name not in ("name", "description")]
        said = [
            Provenance(field=name, changed_by=f"{who} (was {_shown(old[name])})", because=because) for name in changed
        ]
        kept = [one for one in self.provenance if one.field not in changed]
        renamed = changed and "name" not in given
        differences = {name: (old[name], after[name]) for name in changed}
        between = "; " if _CHANGED in self.name else _CHANGED
        name = self.name + between + changes_said(differences, self.design) if renamed else new.name
        return new.model_copy(update={"name": name, "provenance": (*kept, *said)})

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
        tables: dict[str, list[str]] = {"": []}
        for name, value in self.values().items():
            place, _, field = name.rpartition(".")
            if value is not None:
                lines = tables.setdefault(place, ["", f"[{place}]"])
                lines += [f"# {source}" for source in [self.source(name)] if source]
                lines.append(f"{field} = {_toml_value(value)}")
        return "\n".join(line for lines in tables.values() for line in lines) + "\n"

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
    """Build the record from values under their names.

    Parameters
    ----------
    design : Design
        Of the study; ``visits`` and the scales of the outcomes may differ from it.
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
    tables = nested(values)
    scales = {scale.name: scale.model_dump(exclude={"name"}) for scale in design.outcomes}
    changed = design.model_dump() | {"outcomes": scales, "visits": tables.pop("visits", design.visits)}
    outcomes = {name: tables.pop(name, {}) for name in scales}
    for name, parts in outcomes.items():
        scales[name] |= {field: parts.pop(field) for field in scales[name] if field in parts}
    sessions = {field: tables.pop(field) for field in SessionAssumptions.model_fields if field in tables}
    if "programme" in sessions:
        sessions["programme"] = _programme(sessions["programme"], programmes)
    _check_known(design, tables)
    if isinstance(events := tables.get("adverse_events"), dict):
        tables["adverse_events"] = {kind: events[kind] for kind in (*design.kinds, *events) if kind in events}
    made = {"design": changed, "outcomes": outcomes, "sessions": sessions or None}
    try:
        return validated(TrialAssumptions, tables | made | {"programmes": programmes, "provenance": provenance})
    except InputError as error:  # the names of the values leave out the parts of the record
        problem = str(error).removeprefix("design.").removeprefix("outcomes.").removeprefix("sessions.")
        raise InputError(problem) from None


def check_names(design: Design) -> None:
    """Refuse an outcome that is called like something else of the assumptions.

    Raises
    ------
    InputError
        The name of the first such outcome.
    """
    taken = {*dir(TrialAssumptions), *TrialAssumptions.model_fields, *SessionAssumptions.model_fields}
    for name in design.outcome_names:
        if name in taken | {PEOPLE, EVERY_OUTCOME}:
            raise InputError(f"outcomes must not be called {name}, which something else is called. Rename it.")


def _check_known(design: Design, tables: Mapping[str, Any]) -> None:
    own = [field for field in TrialAssumptions.model_fields if field not in _APART]
    known = (*own, *SessionAssumptions.model_fields, *design.outcome_names, PEOPLE, EVERY_OUTCOME)
    for name, value in tables.items():
        if name not in own:
            raise InputError(f"{name} must be a name of the assumptions, got {value!r}.{did_you_mean(name, known)}")


def _programme(value: Any, known: tuple[Programme, ...]) -> Programme:
    """Return a programme: the study's of that name, one read from a file, or one given whole."""
    if isinstance(value, Mapping):
        return validated(Programme, value, "programme")
    if not isinstance(value, str):
        raise InputError(f"programme must be a name, a .toml file or a table, got {value!r}. Correct it.")
    return read_record(Programme, Path(value)) if value.endswith(".toml") else find(known, value, "programme")


def _check_same(field: str, got: Sequence[str], wanted: Sequence[str]) -> None:
    if list(got) != list(wanted):
        shown = ", ".join(wanted) or "none"
        raise ValueError(f"{field} must be those of the design, {shown}, got {', '.join(got) or 'none'}. Correct them.")


def _check_size(field: str, matrix: Sequence[object], size: int, what: str) -> None:
    if len(matrix) != size:
        raise ValueError(f"{field} must have a row for each of the {size} {what}, got {len(matrix)}. Correct it.")


def _check_outcome_name(field: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        raise ValueError(f"{field} must be one of {', '.join(known)}, got {name!r}. Choose one.")


def _later_visit(design: Design, week: float) -> int:
    visit = design.visit(week)
    if visit == 0:
        raise InputError(f"week must be a visit after the baseline, got {week:g}. Choose a later visit.")
    return visit - 1


def _parts(record: BaseModel, name: str) -> dict[str, Any]:
    return {f"{name}.{field}": getattr(record, field) for field in type(record).model_fields if field != "name"}


def _shown(value: Any) -> str:
    text = "none" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _toml_value(value: Any) -> str:
    """Write a value as TOML: numbers, texts and lists are written nearly as in JSON, tables inline."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml_value(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml_value, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

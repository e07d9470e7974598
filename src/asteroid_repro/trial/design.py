"""The design of a two-arm trial: arms, visits, outcomes and kinds of adverse event. Data; nothing is assumed here."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal, Self, TypeVar
from unicodedata import category

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, model_validator

from asteroid_repro.errors import InputError, did_you_mean
from asteroid_repro.trial.quantities import Number, Positive, Share

FROZEN: Final = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

_NO_TEXT: Final = ("Cc", "Cs", "Zl", "Zp")  # control characters, line ends, halves of a character
_ROUNDING: Final = 1e-9  # of a scale's length, relative: a step of 0.1 is no binary fraction
_MOST_VISITS, _MOST_OUTCOMES = 100, 100  # work grows with their squares
_MOST_STEPS: Final = 10_000  # the latent scale has a threshold a step


def _name(value: str) -> str:
    if not (value.isascii() and value.isidentifier()):
        raise ValueError("must be a name of letters a to z, digits and _, no digit first")
    return value


def _label(value: str) -> str:
    if not value.strip() or any(category(letter) in _NO_TEXT for letter in value):
        raise ValueError("must be one line of text")
    return value


def _weeks(values: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(int(value) if value == int(value) else value for value in values)


Name = Annotated[str, AfterValidator(_name)]
Label = Annotated[str, AfterValidator(_label)]


class Named(BaseModel):
    """Something with a name of its own, written in TOML as a table under that name."""

    model_config = FROZEN

    name: Name = Field(description="Name in tables and files.")


Item = TypeVar("Item", bound=Named)


def by_name(tables: Any) -> Any:
    """Take tables under their names, as TOML has them, for a tuple of records with a name.

    Examples
    --------
    >>> by_name({"sleep": {"label": "Sleep"}})
    [{'name': 'sleep', 'label': 'Sleep'}]
    """
    if not isinstance(tables, Mapping):
        return tables
    if any(isinstance(table, Mapping) and "name" in table for table in tables.values()):
        raise ValueError("must have no name but that of the table")
    return [{"name": name, **table} if isinstance(table, Mapping) else table for name, table in tables.items()]


def find(items: Iterable[Item], name: str, kind: str) -> Item:
    """Return the record of that name.

    Raises
    ------
    InputError
        No record of that name, with the nearest one.
    """
    known = {item.name: item for item in items}
    if name not in known:
        names = ", ".join(known) or "those of the study, which has none"
        raise InputError(f"{kind} must be one of {names}, got {name!r}.{did_you_mean(name, known)}")
    return known[name]


class Arm(Named):
    """One arm: its name in tables, and how people write it."""

    label: Label = Field(description="As written in figures and tables.")


class Outcome(Named):
    """One outcome and its scale.

    Examples
    --------
    >>> Outcome(name="sleep", label="Sleep", minimum=0, maximum=10, step=0.5, better="higher").n_steps
    20
    """

    label: Label = Field(description="As written in figures and tables.")
    unit: Label = Field("points", description="Unit of a score.")
    minimum: Number | None = Field(None, description="Lowest score; none where the scale has no end.")
    maximum: Number | None = Field(None, description="Highest score; none where the scale has no end.")
    step: Positive | None = Field(None, description="Distance between neighbouring scores; none: continuous.")
    better: Literal["lower", "higher"] | None = Field(
        description="Which way is better for the person; None (never in a file) where nobody said."
    )
    important: Positive | None = Field(None, description="Minimal important change of a person, points.")

    @model_validator(mode="after")
    def _is_a_scale(self) -> Self:
        if (self.minimum is None) != (self.maximum is None):
            raise ValueError(f"{self.name} must have both a minimum and a maximum, or neither. Add the other.")
        if self.minimum is not None and self.maximum is not None:
            self._check_ends(self.minimum, self.maximum)
        return self

    def _check_ends(self, minimum: float, maximum: float) -> None:
        if minimum >= maximum:
            raise ValueError(f"{self.name}.minimum must be below its maximum {maximum:g}, got {minimum:g}. Correct it.")
        if self.step is None:
            raise ValueError(f"{self.name}.step must be given where the scale has ends. Add it.")
        steps = (maximum - minimum) / self.step
        if steps > _MOST_STEPS or abs(steps - round(steps)) > _ROUNDING * steps:
            raise ValueError(
                f"{self.name}.step must divide the scale from {minimum:g} to {maximum:g} into at most {_MOST_STEPS} "
                f"steps, got {self.step:g}. Correct it."
            )

    @property
    def is_bounded(self) -> bool:
        """Whether the scale has ends."""
        return self.minimum is not None

    @property
    def lowest(self) -> float:
        """The score from which steps are counted: the lowest one, or 0 where the scale has no ends."""
        return 0.0 if self.minimum is None else self.minimum

    @property
    def n_steps(self) -> int | None:
        """Steps from the lowest to the highest score; None without ends."""
        if self.minimum is None or self.maximum is None or self.step is None:
            return None
        return round((self.maximum - self.minimum) / self.step)

    @property
    def sign(self) -> int:
        """-1 where lower is better, 1 where higher is: an effect times it is above 0 in favour of the treatment."""
        if self.better is None:
            raise InputError(f"better must be given for {self.name}, got none. Say 'lower' or 'higher'.")
        return -1 if self.better == "lower" else 1


class EventKind(Named):
    """One kind of adverse event."""

    label: Label = Field(description="As written in figures and tables.")
    flare: StrictBool = Field(False, description="Whether such an event is a pain flare, which lowers the dose.")


class PaperAnalysis(BaseModel):
    """The analysis that the paper reports, or is taken to report."""

    model_config = FROZEN

    method: str = Field(description="As in estimate_effects.")
    distribution: str | None = Field(None, description="Reference distribution; the method's own where none.")
    level: Share = Field(0.95, description="Confidence level.")


Outcomes = Annotated[tuple[Outcome, ...], BeforeValidator(by_name)]
EventKinds = Annotated[tuple[EventKind, ...], BeforeValidator(by_name)]


class Design(BaseModel):
    """A two-arm trial: who is compared, when and on what.

    Effects are treatment minus reference.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> design = ASTEROID.design
    >>> design.treatment.name, design.visits, design.outcomes[0].better
    ('running', (0, 6, 12), 'lower')
    """

    model_config = FROZEN

    name: Label = Field(description="Short name of the trial.")
    title: Label = Field(description="What it is, in a line.")
    treatment: Arm
    reference: Arm
    visits: Annotated[tuple[Number, ...], AfterValidator(_weeks)] = Field(
        description="Weeks of the visits, baseline first; whole or fractional.", max_length=_MOST_VISITS
    )
    outcomes: Outcomes = Field(description="What is measured, by name.", max_length=_MOST_OUTCOMES)
    adverse_events: EventKinds = Field((), description="Kinds of adverse event, by name.")
    analysis: PaperAnalysis = Field(description="The paper's analysis.")

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        visits = self.visits
        if len(visits) < 2 or visits[0] != 0 or list(visits) != sorted(set(visits)):
            raise ValueError(f"visits must start at week 0 and increase, got {list(visits)}. Correct them.")
        if not self.outcomes:
            raise ValueError("outcomes must name at least one outcome, got none. Add one.")
        for kind, known in (
            ("arms", [self.treatment.name, self.reference.name]),
            ("labels of arms", [self.treatment.label, self.reference.label, "All"]),
            ("outcomes", [outcome.name for outcome in self.outcomes]),
            ("adverse_events", ["all", *(event.name for event in self.adverse_events)]),
        ):
            twice = [name for name in known if known.count(name) > 1]
            if twice:
                raise ValueError(f"{kind} must differ from each other and from All, got {twice[0]} again. Rename it.")
        return self

    @property
    def arms(self) -> tuple[Arm, Arm]:
        """The treatment and the reference, in the order of every pair of arms."""
        return self.treatment, self.reference

    @property
    def arm_names(self) -> tuple[str, str]:
        """Names of the treatment and the reference."""
        return self.treatment.name, self.reference.name

    @property
    def outcome_names(self) -> tuple[str, ...]:
        """Names of the outcomes, in the order of the study."""
        return tuple(outcome.name for outcome in self.outcomes)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Names of the kinds of adverse event, in the order of the study."""
        return tuple(event.name for event in self.adverse_events)

    def outcome(self, name: str) -> Outcome:
        """Return an outcome by its name; an unknown one raises an InputError with the nearest match."""
        return find(self.outcomes, name, "outcome")

    def visit(self, week: float) -> int:
        """Return the number of a visit, 0 for the baseline.

        Raises
        ------
        InputError
            A week without a visit.
        """
        if week not in self.visits:
            raise InputError(
                f"week must be one of {', '.join(f'{visit:g}' for visit in self.visits)}, got {week!r}. Choose a visit."
            )
        return self.visits.index(week)

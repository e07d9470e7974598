"""One printed claim, one source and one identity between claims, each validated where it is made."""

import math
import re
from keyword import iskeyword
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, model_validator

from asteroid_repro.ledger.figure import PERCENT, Figure
from asteroid_repro.ledger.formula import names

Role = Literal["derived", "fitted", "predicted", "context"]
Status = Literal["consistent", "inconsistent", "unverifiable"]
Strength = Literal["P", "A", "C", "R", "S", "B"]

_NUMBER: Final = re.compile(r"(?P<relation>[<>]?)(?P<number>[-\u2212]?[0-9]+(\.[0-9]+)?)( ?%)?")
_ROUNDING: Final = 1e-9  # slack of a comparison without random error, for binary fractions


class Source(BaseModel):
    """Where a printed number was read.

    Attributes
    ----------
    key : str
        The name by which claims refer to the source.
    citation : str
        Reference in plain text.
    doi, pmid, pmcid, registration : str or None
        Identifiers, where the source has them.
    year : int or None
        Calendar year, where known.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(min_length=1)
    citation: str = Field(min_length=1)
    doi: str | None = None
    pmid: str | None = None
    pmcid: str | None = None
    registration: str | None = None
    year: StrictInt | None = None


class Claim(BaseModel):
    """One printed number, or one printed statement, and what the package makes of it.

    Attributes
    ----------
    id : str
        Name of the claim, such as ``sleep.week4.estimate``: words joined by dots.
    statement : str
        What the claim says, in plain words.
    unit : str
        Unit of the number; ``"1"`` for a bare number and ``"text"`` where the claim has no number.
    printed : str
        The string exactly as printed.
    source : str
        Key of the source.
    strength : str
        Kind of source: P journal abstract, A abstract of another paper by the authors, C conference abstract,
        R registry, S secondary account, B blog.
    role : str
        ``derived`` (recomputed from other claims), ``fitted`` (sets an assumption), ``predicted`` (foretold
        by the simulation) or ``context`` (listed, not checked).
    status, reason : str
        Whether the claim agrees with the other claims, and with which.
    also : tuple of str
        Keys of further sources that print the same.
    conflicts_with : tuple of str
        Ids of the claims that print something else.
    formula : str or None
        How the number follows from other claims, as in :func:`asteroid_repro.ledger.formula.evaluate`.
    about : Figure or None
        The figure of a trial that the number is.
    family : str or None
        On the estimate of a printed line: a name that it shares with the lines taken to come from the same model.
    blind : bool
        Whether the model was fixed before the number of a predicted claim was read.
    excused : str or None
        Why the check of this claim may be left out.
    reversed : bool
        Whether the number is printed as reference minus treatment. ``about`` names the figure all the same as
        treatment minus reference: of "4.6 (2.2 to 7.0)" so printed, 7.0 is the ``ci_low``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    statement: str = Field(min_length=1)
    unit: str = Field(min_length=1)
    printed: str = Field(min_length=1)
    source: str
    strength: Strength
    role: Role
    status: Status
    reason: str = Field(min_length=1)
    also: tuple[str, ...] = ()
    conflicts_with: tuple[str, ...] = ()
    formula: str | None = None
    about: Figure | None = None
    family: str | None = Field(default=None, min_length=1)
    blind: StrictBool = False
    excused: str | None = Field(default=None, min_length=1)
    reversed: bool = False

    @model_validator(mode="after")
    def _fields_must_agree(self) -> Self:
        text, role, about = self.unit == "text", self.role, self.about
        is_name = all(part.isidentifier() and not iskeyword(part) for part in self.id.split("."))
        is_number = _NUMBER.fullmatch(self.printed) is not None
        on_estimate = about and about.statistic == "estimate"
        is_effect = about and about.statistic in ("estimate", "ci_low", "ci_high")
        in_percent = about and about.figure in PERCENT
        for broken, message in (
            (
                not is_name,
                f'id must be words joined by dots, such as "sleep.week4.estimate", got {self.id!r}. Correct it.',
            ),
            (not text and not is_number, f'printed must be a number such as "70 %", got {self.printed!r}. Correct it.'),
            (text and role != "context", f"role must be context where unit is text, got {role!r}. Correct either."),
            (text and (self.formula or about), "formula and about must be left out where unit is text. Remove them."),
            (role == "derived" and not self.formula, "formula must be given where role is derived, got none. Add it."),
            (role == "fitted" and self.relation, f"printed must be exact to be fitted, got {self.printed}. Retag it."),
            (self.blind and role != "predicted", f"blind must go with role predicted, got {role!r}. Remove it."),
            (self.family and not on_estimate, f"family must stand on an estimate, got {self.family!r}. Move it."),
            (self.reversed and not is_effect, "reversed must stand on an estimate or a limit of one. Remove it."),
            (in_percent and self.unit != "percent", f"unit must be percent of this, got {self.unit!r}. Correct it."),
        ):
            if broken:
                raise ValueError(message)
        return self

    @property
    def value(self) -> float:
        """The printed number in ``unit``, a bound where the relation is one; NaN for a text."""
        return float(self._part("number").replace("\u2212", "-") or math.nan)

    @property
    def sign(self) -> int:
        """-1 where the number is printed as reference minus treatment, else 1: times it, a number is the figure."""
        return -1 if self.reversed else 1

    @property
    def as_effect(self) -> str:
        """The printed string as treatment minus reference."""
        if not self.reversed:
            return self.printed
        plain = self.printed.replace("\u2212", "-")
        return plain.removeprefix("-") if plain.startswith("-") else f"-{plain}"

    @property
    def relation(self) -> str:
        """``<`` or ``>`` where only a bound is printed, such as ``<0.001``; else empty."""
        return self._part("relation")

    @property
    def is_exact(self) -> bool:
        """Whether a number is printed, and neither a text nor a bound."""
        return bool(self._part("number")) and not self.relation

    @property
    def half_unit(self) -> float | None:
        """Half of the last printed digit, in ``unit``; None for a text or a bound."""
        return 0.5 / 10.0 ** len(self._part("number").partition(".")[2]) if self.is_exact else None

    def agrees(self, value: float) -> bool:
        """Return whether a number would be printed as this one, either way of rounding a half."""
        if self.relation:
            return value < self.value if self.relation == "<" else value > self.value
        return abs(value - self.value) <= (self.half_unit or 0.0) + _ROUNDING

    @property
    def depends_on(self) -> tuple[str, ...]:
        """Ids of the claims that the formula names."""
        return names(self.formula) if self.formula else ()

    def _part(self, name: str) -> str:
        found = None if self.unit == "text" else _NUMBER.fullmatch(self.printed)
        return found[name] if found else ""


class Identity(BaseModel):
    """What printed numbers imply for each other.

    Attributes
    ----------
    name, in_words : str
        What is computed, and how.
    formula : str
        The same, of claim ids.
    limits : tuple of str or None
        Formulas of the exact lower and upper limit.
    unit : str
        Unit of the result.
    claim : str or None
        Id of the claim that should say the same; none where nothing of the kind is printed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    in_words: str = Field(min_length=1)
    formula: str
    limits: tuple[str, str] | None = None
    unit: str = Field(min_length=1)
    claim: str | None = None

    @property
    def formulas(self) -> tuple[str, ...]:
        """All formulas, that of the result first."""
        return (self.formula, *(self.limits or ()))

"""One printed claim and one source, each validated where it is made."""

import re
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

Role = Literal["derived", "fitted", "predicted", "context"]
Status = Literal["consistent", "inconsistent", "unverifiable"]
Strength = Literal["P", "A", "C", "R", "S", "B"]
Part = Literal["estimate", "ci_low", "ci_high", "p_value"]

_NUMBER = re.compile(r"[-\u2212]?[0-9]+(\.[0-9]+)?( ?%)?")


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
    year: int | None = None


class Claim(BaseModel):
    """One printed number, or one printed statement, and what the package makes of it.

    Attributes
    ----------
    id : str
        Name of the claim, such as ``average_pain.week12.estimate``.
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
    conflicts_with, depends_on : tuple of str
        Ids of the claims that print something else, and of those from which this one can be recomputed.
    group, part : str or None
        The printed line the claim belongs to, and its place there.
    excused : str or None
        Why the check of this claim may be left out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1)
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
    depends_on: tuple[str, ...] = ()
    group: str | None = None
    part: Part | None = None
    excused: str | None = Field(default=None, min_length=1)

    @field_validator("printed")
    @classmethod
    def _printed_must_be_a_number(cls, printed: str, info: ValidationInfo) -> str:
        if info.data.get("unit") != "text" and _NUMBER.fullmatch(printed) is None:
            raise ValueError('must be a number such as "-15.30" or "70 %" unless unit is "text"')
        return printed

    @model_validator(mode="after")
    def _fields_must_agree(self) -> Self:
        if self.unit == "text" and self.role != "context":
            raise ValueError(f"role must be context where unit is text, got {self.role!r}. Correct either.")
        if self.role == "derived" and not self.depends_on:
            raise ValueError("depends_on must name a claim where role is derived, got none. Add what it follows from.")
        if (self.group is None) != (self.part is None):
            raise ValueError(f"group and part must come together, got {self.group}, {self.part}. Add one.")
        return self

    @property
    def value(self) -> float | None:
        """The printed number in ``unit``; None for a text."""
        return None if self.unit == "text" else float(self._digits())

    @property
    def half_unit(self) -> float | None:
        """Half of the last printed digit, in ``unit``; None for a text."""
        if self.unit == "text":
            return None
        _, _, decimals = self._digits().partition(".")
        return 0.5 / 10.0 ** len(decimals)

    def _digits(self) -> str:
        return self.printed.replace("\u2212", "-").rstrip(" %")

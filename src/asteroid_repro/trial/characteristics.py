"""What is assumed of the people: baseline characteristics, and adverse events that follow time."""

from typing import Self

from pydantic import Field, model_validator

from asteroid_repro.trial.design import Label, Named
from asteroid_repro.trial.quantities import NotNegative, Number, Positive, ShareOrBound


class Characteristic(Named):
    """A baseline characteristic: a number within limits, or one of two categories.

    Examples
    --------
    >>> Characteristic(name="sex", label="Sex", share=0.5, categories=("female", "male")).is_number
    False
    """

    label: Label = Field(description="As written in figures and tables.")
    unit: str = Field("", description="Unit of a number.")
    mean: Number | None = Field(None, description="Mean of a number, within its limits.")
    sd: Positive | None = Field(None, description="SD of a number, within its limits.")
    minimum: Number | None = Field(None, description="Smallest number that can take part.")
    maximum: Number | None = Field(None, description="Largest number that can take part.")
    share: ShareOrBound | None = Field(None, description="Probability of the first category.")
    categories: tuple[str, str] | None = Field(None, description="The two categories; none: true and false.")

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        parts = self.model_dump(exclude={"name", "label", "unit"}, exclude_none=True)
        if set(parts) not in ({"mean", "sd", "minimum", "maximum"}, {"share"}, {"share", "categories"}):
            raise ValueError(
                f"characteristics.{self.name} must have mean, sd, minimum and maximum, or a share and perhaps "
                f"categories, got {', '.join(parts) or 'none of them'}. Correct it."
            )
        if self.name in ("participant", "arm"):
            raise ValueError(f"characteristics must not be called {self.name}, a column of the table. Rename it.")
        if self.numbers and not self.numbers[2] < self.numbers[0] < self.numbers[3]:
            raise ValueError(
                f"characteristics.{self.name}.mean must be between minimum {self.minimum:g} and maximum "
                f"{self.maximum:g}, got {self.mean:g}. Correct it."
            )
        return self

    @property
    def is_number(self) -> bool:
        """Whether it is a number, not a category."""
        return self.share is None

    @property
    def numbers(self) -> tuple[float, float, float, float] | None:
        """Mean, SD, minimum and maximum of a number; None of a category."""
        if self.mean is None or self.sd is None or self.minimum is None or self.maximum is None:
            return None
        return self.mean, self.sd, self.minimum, self.maximum


class EventAssumptions(Named):
    """How often one kind of adverse event happens."""

    rate: NotNegative = Field(description="In the treatment arm, per running hour (without sessions: person-week).")
    reference_rate: NotNegative = Field(0.0, description="Events of the reference arm per person-week.")

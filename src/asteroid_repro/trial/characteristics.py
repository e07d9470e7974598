"""What is assumed of the people: baseline characteristics, and adverse events that follow time."""

from typing import Self

from pydantic import Field, model_validator

from asteroid_repro.trial.design import Label, Named
from asteroid_repro.trial.quantities import NotNegative, Positive, ShareOrBound


class Characteristic(Named):
    """A baseline characteristic: a number within limits, or one of two categories.

    Examples
    --------
    >>> Characteristic(name="sex", label="Sex", share=0.5, categories=("female", "male")).is_number
    False
    """

    label: Label = Field(description="As written in figures and tables.")
    unit: str = Field(default="", description="Unit of a number.")
    mean: float | None = Field(default=None, description="Mean of a number, within its limits.")
    sd: Positive | None = Field(default=None, description="SD of a number, within its limits.")
    minimum: float | None = Field(default=None, description="Smallest number that can take part.")
    maximum: float | None = Field(default=None, description="Largest number that can take part.")
    share: ShareOrBound | None = Field(default=None, description="Probability of the first category.")
    categories: tuple[str, str] | None = Field(default=None, description="The two categories; none: true and false.")

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        number = (self.mean, self.sd, self.minimum, self.maximum)
        if (self.share is None) == (None in number) or (self.share is not None and set(number) != {None}):
            raise ValueError(
                f"{self.name} must have a share, or mean, sd, minimum and maximum, got some of both. Correct it."
            )
        if self.mean is not None and not (self.minimum or 0.0) < self.mean < (self.maximum or 0.0):
            raise ValueError(
                f"{self.name}.mean must be between minimum {self.minimum:g} and maximum {self.maximum:g}, "
                f"got {self.mean:g}. Correct it."
            )
        return self

    @property
    def is_number(self) -> bool:
        """Whether it is a number, not a category."""
        return self.share is None


class EventAssumptions(Named):
    """How often one kind of adverse event happens."""

    rate: NotNegative = Field(
        description="Events of the treatment arm per running hour; per person-week in a study without sessions."
    )
    reference_rate: NotNegative = Field(default=0.0, description="Events of the reference arm per person-week.")

"""What a user says of own tables: the arguments of ``read_people``, and the entries of ``people.toml``."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from asteroid_repro.trial.design import FROZEN, Label
from asteroid_repro.trial.quantities import Number

Code = str | float
Better = Literal["lower", "higher"]


def _scale(ends: tuple[float | None, float | None]) -> tuple[float | None, float | None]:
    low, high = ends
    if low is not None and high is not None and low >= high:
        raise ValueError("must be two ends, the lower one first")
    return ends


def _for_each(given: Any) -> Any:
    """Take one thing for every outcome as well as a mapping from outcomes."""
    return given if isinstance(given, dict) else {} if given is None else {"": given}


def _codes(given: Any) -> Any:
    """Take one code or several, for every column or by column."""
    by_column = _for_each(given)
    return {name: [own] if isinstance(own, str | int | float) else own for name, own in by_column.items()}


Scale = Annotated[tuple[Number | None, Number | None], AfterValidator(_scale)]


class Options(BaseModel):
    """What a user says of own tables.

    Examples
    --------
    >>> Options(missing=-99, better="lower").codes("pain"), Options(scales={"pain": (0, 10)}).scale("pain")
    ([-99.0], (0.0, 10.0))
    """

    model_config = FROZEN

    participant: str | None = Field(None, description="Column of the people.")
    arm: str | None = Field(None, description="Column of the arm.")
    visit: str | None = Field(None, description="Column of the visit, in a table of a row a visit.")
    outcome: str | None = Field(None, description="Column that names the outcome, in a table of a row a score.")
    value: str | None = Field(None, description="Column of the score, in a table of a row a score.")
    baseline: str | None = Field(None, description="Column of the baseline, where it is no visit of its own.")
    treatment: Code | None = Field(None, description="The treated arm, as the table writes it.")
    reference: Code | None = Field(None, description="The arm it is compared with, as the table writes it.")
    visits: dict[str, Number] = Field(default_factory=dict, description="Weeks of visits by their names in the table.")
    unit: Literal["days", "weeks", "months", "years"] | None = Field(
        None, description="Unit of visits that are numbers."
    )
    pattern: str | None = Field(None, description="Names of the columns of scores, as {outcome}_{visit}.")
    columns: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="Columns of scores, by outcome and visit (or week)."
    )
    names: dict[str, str] = Field(default_factory=dict, description="Outcomes to read, by their names in the table.")
    characteristics: tuple[str, ...] | None = Field(
        None, description="Columns that describe people; all when not given."
    )
    missing: Annotated[dict[str, tuple[Code, ...]], BeforeValidator(_codes)] = Field(
        default_factory=dict, description="Codes for a missing value, of every column or by column."
    )
    scales: Annotated[dict[str, Scale], BeforeValidator(_for_each)] = Field(
        default_factory=dict, description="Lowest and highest score, of every outcome or by outcome."
    )
    better: Annotated[dict[str, Better], BeforeValidator(_for_each)] = Field(
        default_factory=dict, description="Which way is better, of every outcome or by outcome."
    )
    important: Annotated[dict[str, Number], BeforeValidator(_for_each)] = Field(
        default_factory=dict, description="Minimal important change in points, of every outcome or by outcome."
    )
    session_minutes: Number | None = Field(None, description="Length of a session, where no column has it.")
    decimal: Literal[",", "."] | None = Field(None, description="Decimal sign; found out when not given.")
    sheet: str | None = Field(None, description="Sheet of a workbook.")
    label: Label | None = Field(None, description="What the data are, as figures and files say it.")

    def codes(self, *names: str) -> list[Code]:
        """Return the codes for missing values of a column that goes by these names."""
        return [code for name in ("", *names) for code in self.missing.get(name, ())]

    def scale(self, *names: str) -> tuple[float | None, float | None] | None:
        """Return the ends of an outcome's scale; None where nothing is said."""
        return next((self.scales[name] for name in (*names, "") if name in self.scales), None)

    def way(self, *names: str) -> Better | None:
        """Return which way is better on an outcome; None where nothing is said."""
        return next((self.better[name] for name in (*names, "") if name in self.better), None)

    def change(self, *names: str) -> float | None:
        """Return the minimal important change of an outcome; None where nothing is said."""
        return next((self.important[name] for name in (*names, "") if name in self.important), None)

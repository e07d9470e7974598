"""Where a value comes from: it travels with the value, and a changed value says who changed it."""

from typing import Self

from pydantic import BaseModel, Field, model_validator

from asteroid_repro.trial.design import FROZEN


class Provenance(BaseModel):
    """Where the value of one field comes from.

    Examples
    --------
    >>> str(Provenance(field="n_treatment", claim="design.running"))
    'Claim design.running.'
    >>> str(Provenance(field="dose_response", because="no dose response is published"))
    'Assumption: no dose response is published.'
    """

    model_config = FROZEN

    field: str = Field(description="Dotted name of the field.")
    claim: str = Field("", description="Claim whose value it is, or an arithmetic of claims.")
    fitted_to: tuple[str, ...] = Field((), description="Claims it was fitted to by simulation.")
    fit_trials: int | None = Field(None, ge=2, description="Trials simulated to fit it; none: its error is unknown.")
    because: str = Field("", description="Why, where it is an assumption or needs a word.")
    changed_by: str = Field("", description="Who changed it, and from which value.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.claim or self.fitted_to or self.because or self.changed_by):
            raise ValueError(
                f"{self.field} must say where it comes from, got nothing. Add claim, fitted_to or because."
            )
        if self.fit_trials and not self.fitted_to:
            raise ValueError(f"{self.field} must say fitted_to where it says fit_trials, got none. Add it.")
        return self

    @property
    def role(self) -> str:
        """``claim``, ``fitted``, ``assumption`` or ``changed``."""
        if self.changed_by:
            return "changed"
        return "claim" if self.claim else "fitted" if self.fitted_to else "assumption"

    def __str__(self) -> str:
        """Return it as a sentence or two."""
        why, formula = (" ".join(text.split()) for text in (self.because.rstrip("."), self.claim))
        is_one = all(part.isidentifier() for part in formula.split("."))
        said = {
            "changed": f"Changed by {self.changed_by}.",
            "claim": f"{'Claim' if is_one else 'From claims:'} {formula}.",
            "fitted": f"Fitted to {', '.join(self.fitted_to)}.",
            "assumption": f"Assumption: {why}.",
        }[self.role]
        return said if self.role == "assumption" or not why else f"{said} {why[:1].upper()}{why[1:]}."

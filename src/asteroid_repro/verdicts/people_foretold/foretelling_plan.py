"""How the people of a study are foretold: ``foretelling.toml``."""

from typing import Any

from pydantic import BaseModel, Field

from asteroid_repro.errors import InputError
from asteroid_repro.study_folder import Study
from asteroid_repro.tables.toml_files import read_record
from asteroid_repro.trial.design import FROZEN
from asteroid_repro.trial.quantities import Share


class Draw(BaseModel):
    """A value that is not known: drawn evenly between two."""

    model_config = FROZEN

    fields: tuple[str, ...] = Field(description="Names of the assumptions that get the value, all the same.")
    between: tuple[Any, Any] = Field(description="Two numbers or two lists; a point on the line between them.")
    because: str = Field(min_length=1, description="Why nothing outside is thought of.")


class Known(BaseModel):
    """A quantity of the people that was known before anything was foretold."""

    model_config = FROZEN

    printed: str = Field(description="The number, as printed, in the unit of the outcome.")
    claim: str = Field(description="Claim that says so.")


class ForetellingPlan(BaseModel):
    """How the people of a study are foretold."""

    model_config = FROZEN

    seed: int = Field(ge=0, description="Of the draws and the simulated trials.")
    draws: int = Field(ge=50, description="Sets of assumptions drawn.")
    trials_per_draw: int = Field(2, ge=1, le=1000, description="Trials simulated under each.")
    scenario: str | None = Field(None, description="Scenario that the draws change; none: the study's own assumptions.")
    level: Share = Field(0.95, description="Probability of a foretold interval.")
    draw: dict[str, Draw] = Field(description="What is drawn, under a name of its own.")
    known: dict[str, Known] = Field({}, description="What was known, by quantity.")


def read_plan(study: Study) -> ForetellingPlan:
    """Read how the people of a study are foretold.

    Raises
    ------
    InputError
        No ``foretelling.toml``, or one that cannot be; a claim that is not in the ledger.
    """
    path = study.folder / "foretelling.toml"
    if not path.exists():
        raise InputError(f"{study.folder} must hold foretelling.toml to foretell, got none. `study new` writes one.")
    plan = read_record(ForetellingPlan, path)
    for one in plan.known.values():
        study.ledger[one.claim]
    return plan

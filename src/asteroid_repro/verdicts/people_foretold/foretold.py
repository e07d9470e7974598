"""What a foretelling holds, as it is kept in ``foretold.json``: frozen by its hash and those of the study's files."""

import hashlib
import json
from pathlib import Path
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, Field

from asteroid_repro.errors import InputError, validated
from asteroid_repro.trial.design import FROZEN

FILE: Final = "foretold.json"
"""Its name in the folder of a study."""
_HASHED: Final = ("study.toml", "claims.toml", "assumptions.toml", "foretelling.toml")


class Entry(BaseModel):
    """One quantity of the people.

    ``foretold`` is scored. ``known`` was known before, ``printed`` is in the paper, and ``told`` follows from these all
    but exactly; so they are not.
    """

    model_config = FROZEN

    quantity: str = Field(description="Name, as people_quantities gives it.")
    status: Literal["foretold", "known", "printed", "told"] = Field(description="Only what is foretold is scored.")
    low: float = Field(description="Lower limit; of what is known or printed, the least that rounds so.")
    middle: float = Field(description="Median of what is foretold; else the number itself.")
    high: float = Field(description="Upper limit.")
    level: float = Field(description="Probability that the interval holds the people's value; 1 of a printed number.")


class Foretold(BaseModel):
    """What is foretold of the people of a trial."""

    model_config = FROZEN

    study: str = Field(description="Name of the study.")
    label: str = Field(description="What the numbers are.")
    date: str = Field(description="Day on which it was frozen.")
    version: str = Field(description="Version of the package.")
    seed: int
    draws: int = Field(description="Sets of assumptions drawn.")
    trials: int = Field(description="Simulated trials behind it.")
    files: dict[str, str] = Field(description="SHA-256 of the study's files that it was made from.")
    entries: tuple[Entry, ...]
    sha256: str = Field("", description="Of all the rest; empty until frozen.")

    def frozen(self) -> Self:
        """Return a copy with its hash."""
        return self.model_copy(update={"sha256": self.digest()})

    def digest(self) -> str:
        """Return the SHA-256 of everything but itself."""
        text = json.dumps(self.model_dump(mode="json", exclude={"sha256"}), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def to_json(self) -> str:
        """Return it as the file is kept."""
        return json.dumps(self.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"


def file_hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of the files of a study that a foretelling is made from."""
    paths = [folder / name for name in _HASHED if (folder / name).exists()]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def read_foretelling(folder: Path) -> Foretold:
    """Read the foretelling of a study.

    Raises
    ------
    InputError
        No such file, not one of these, or one that was changed after it was frozen.
    """
    path = folder / FILE
    try:
        fields: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise InputError(f"{folder} must hold {FILE}, got none. Write one: asteroid-repro study foretell.") from None
    except ValueError as error:
        raise InputError(f"{path}: must be JSON, got: {error}. Restore it.") from None
    try:
        found = validated(Foretold, fields)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    if found.sha256 != found.digest():
        raise InputError(f"{path}: must be as it was frozen, got another hash. Restore the file from the repository.")
    return found

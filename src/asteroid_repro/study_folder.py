"""A trial is a folder: a folder in, a :class:`Study` out. What is in the folder decides what can be done with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from os.path import isdir
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, Field

from asteroid_repro.errors import InputError, did_you_mean, validated
from asteroid_repro.ledger.formula import evaluate, names
from asteroid_repro.ledger.ledger import Ledger, read_ledger
from asteroid_repro.tables.toml_files import in_file, read_record, read_toml
from asteroid_repro.trial.assumptions import TrialAssumptions, build, check_names
from asteroid_repro.trial.candidacy import Candidacy
from asteroid_repro.trial.changes import dotted, expanded
from asteroid_repro.trial.design import FROZEN, Design, Label, Outcome, find
from asteroid_repro.trial.participant_data import Trial
from asteroid_repro.trial.programme import Programme
from asteroid_repro.trial.provenance import Provenance

DEFAULT: Final = "asteroid"
"""The study that is meant where none is named."""

_ORIGINS: Final = ("value", "claim", "fitted_to", "because")
_SOURCED: Final = ({"claim"}, {"value"}, {"value", "fitted_to"})  # a because, fit_trials apart
_PLAIN: Final = ("name", "description", "label", "unit", "categories")  # words, which need no source
_OF_DESIGN: Final = (*_PLAIN, "visits", *Outcome.model_fields)
_ABOUT_SCENARIO: Final = ("name", "description", "claims", "because")


class Scenario(BaseModel):
    """A change of a study's assumptions, with its reason."""

    model_config = FROZEN

    name: Label = Field(description="Short name.")
    description: str = Field("", description="What it stands for.")
    claims: tuple[str, ...] = Field((), description="Claims that it rests on.")
    because: str = Field("", description="What is assumed, and why.")
    changes: dict[str, Any] = Field(description="As in with_values of the assumptions.")

    @property
    def source(self) -> str:
        """Claims and assumption, in a sentence or two."""
        claims = f"Claims {', '.join(self.claims)}. " if self.claims else ""
        return f"{claims}Assumption: {self.because.rstrip('.')}." if self.because else claims.strip()


@dataclass(frozen=True)
class Study:
    """A study: its design, and what else its folder holds.

    Attributes
    ----------
    folder : pathlib.Path
        Where it was read from.
    design : Design
        Arms, visits, outcomes, kinds of adverse event, the paper's analysis.
    """

    folder: Path
    design: Design

    @cached_property
    def ledger(self) -> Ledger:
        """What is printed about the trial; empty where the folder holds no claims."""
        claims = self.folder / "claims.toml"
        if not claims.exists():
            return Ledger((), {})
        return read_ledger(claims, self.folder / "sources.toml")

    @cached_property
    def programmes(self) -> tuple[Programme, ...]:
        """The programmes of the study, each in a file of its name."""
        return tuple(_read_programme(path) for path in sorted((self.folder / "programmes").glob("*.toml")))

    @cached_property
    def screening(self) -> Candidacy | None:
        """How likely people are to fail the criteria of eligibility; None where nothing is supposed."""
        path = self.folder / "screening.toml"
        return read_record(Candidacy, path) if path.exists() else None

    @cached_property
    def assumptions(self) -> TrialAssumptions:
        """What is supposed of the trial.

        Raises
        ------
        InputError
            No ``assumptions.toml`` in the folder, or one that cannot be: file, entry, requirement, value.
        """
        if not self.has_assumptions:
            raise InputError(
                f"{self.folder} must hold assumptions.toml to simulate, got none. `study new` writes one to begin with."
            )
        path, ledger, programmes = self.folder / "assumptions.toml", self.ledger, self.programmes
        with in_file(path):
            values, provenance = _values(self.design, ledger, read_toml(path))
            return _with_defaults(build(self.design, values, programmes=programmes, provenance=provenance))

    @property
    def has_assumptions(self) -> bool:
        """Whether anything is supposed, so that the trial can be simulated."""
        return (self.folder / "assumptions.toml").exists()

    @cached_property
    def people(self) -> Trial:
        """The people of the trial, read from the tables that ``people.toml`` names.

        Raises
        ------
        InputError
            No ``people.toml`` in the folder, or tables that cannot be read.
        """
        if not self.has_people:
            raise InputError(
                f"{self.folder} must hold people.toml to have people, got none. Add it, or use read_people."
            )
        from asteroid_repro.reading.read_people import read_people_file

        return read_people_file(self.folder / "people.toml", self.design)

    @property
    def has_people(self) -> bool:
        """Whether there are people's tables."""
        return (self.folder / "people.toml").exists()

    @cached_property
    def scenario_records(self) -> dict[str, Scenario]:
        """The scenarios in the folder by name, read together: a file changed later changes nothing of this study."""
        own, paths = self.folder.resolve().name, sorted((self.folder / "scenarios").glob("*.toml"))
        for path in paths:
            if path.stem == own:  # which means the study's own assumptions
                raise InputError(f"{path}: scenario must have another name than the folder, got {own!r}. Rename it.")
        return {path.stem: _read_scenario(path, self.ledger) for path in paths}

    @property
    def scenario_names(self) -> list[str]:
        """Names of the scenarios, the study's own assumptions first."""
        return [self.folder.resolve().name, *self.scenario_records]

    def scenario(self, name: str | Path) -> TrialAssumptions:
        """Return the assumptions of a scenario: one of the study, or a file (a path that ends in ``.toml``).

        A scenario file names only what it changes.

        Raises
        ------
        InputError
            No scenario of that name (with the nearest one), or a file with an impossible value.

        Examples
        --------
        >>> study().scenario("no_effect").average_pain.effect
        (0.0, 0.0)
        """
        if name == self.scenario_names[0]:
            return self.assumptions
        base, chosen = self.assumptions, self.scenario_record(name)
        said = chosen.model_dump(include={"name", "description"} & chosen.model_fields_set)
        with in_file(self._scenario_path(name)):
            return base.changed_by(f"scenario {chosen.name}", chosen.changes | said, because=chosen.because)

    def scenario_record(self, name: str | Path) -> Scenario:
        """Return what a scenario changes, and why.

        Examples
        --------
        >>> study().scenario_record("waitlist").source
        'Claims design.waitlist_care. Assumption: no effect, since both arms carry on as usual.'
        """
        if name == self.scenario_names[0]:
            why = f"what is not claimed is assumed, value by value, as `scenarios {name}` says"
            return Scenario(name=str(name), description=self.assumptions.description, because=why, changes={})
        path = self._scenario_path(name)
        return self.scenario_records.get(str(name)) or _read_scenario(path, self.ledger)

    def programme(self, name: str) -> Programme:
        """Return a programme of the study; an unknown one raises an InputError with the nearest match.

        Examples
        --------
        >>> study().programme("asteroid").stages[0].run_seconds(10)
        150.0
        """
        return find(self.programmes, name, "programme")

    def _scenario_path(self, name: str | Path) -> Path:
        if str(name).endswith(".toml"):
            return Path(name)
        if name not in self.scenario_names:
            raise InputError(
                f"scenario must be a name or a .toml file, got {name!r}.{did_you_mean(str(name), self.scenario_names)}"
            )
        return self.folder / "scenarios" / f"{name}.toml"


def study(name_or_path: str | Path = DEFAULT) -> Study:
    """Return a study: one that comes with the package, or a folder.

    Parameters
    ----------
    name_or_path : str or pathlib.Path
        ``"asteroid"``, or a folder that holds ``study.toml``.

    Returns
    -------
    Study
        Its design is read at once, the rest when it is asked for.

    Raises
    ------
    InputError
        No such study; a file that cannot be read; a design that cannot be: one line with file, entry, requirement,
        value.

    Examples
    --------
    >>> study("asteroid").design.reference.label
    'Waitlist'
    """
    shipped = study_names()
    if str(name_or_path) in shipped:
        return _shipped(str(name_or_path))
    folder = Path(name_or_path)
    if not isdir(folder):  # noqa: PTH112 - which is false, and no error, of a name that no folder could have
        known = did_you_mean(str(name_or_path), shipped)
        raise InputError(f"study must be a name or a folder, got {str(name_or_path)!r}.{known}")
    return _read(folder)


def study_names() -> list[str]:
    """List the studies that come with the package, the default first.

    Examples
    --------
    >>> study_names()[0]
    'asteroid'
    """
    names = (path.parent.name for path in _shipped_folder().glob("[!_]*/study.toml"))
    return sorted(names, key=lambda name: (name != DEFAULT, name))


def scenario(name: str | Path, study_name: str | Path = DEFAULT) -> TrialAssumptions:
    """Return the assumptions of a scenario of a study; see :meth:`Study.scenario`.

    Examples
    --------
    >>> scenario("decaying_correlation").visit_correlation[0]
    (1.0, 0.6, 0.35)
    """
    return study(study_name).scenario(name)


def scenario_names(study_name: str | Path = DEFAULT) -> list[str]:
    """List the scenarios of a study, its own assumptions first.

    Examples
    --------
    >>> scenario_names()[0]
    'asteroid'
    """
    return study(study_name).scenario_names


def programme(name: str, study_name: str | Path = DEFAULT) -> Programme:
    """Return a programme of a study, or one from a file (a path that ends in ``.toml``).

    Examples
    --------
    >>> programme("couch_to_5k").weeks
    9
    """
    return read_record(Programme, Path(name)) if name.endswith(".toml") else study(study_name).programme(name)


def programme_names(study_name: str | Path = DEFAULT) -> list[str]:
    """List the programmes of a study.

    Examples
    --------
    >>> "couch_to_5k" in programme_names()
    True
    """
    return [known.name for known in study(study_name).programmes]


@cache
def _shipped(name: str) -> Study:
    return _read(_shipped_folder() / name)


def _shipped_folder() -> Path:
    return Path(str(files("asteroid_repro.studies")))


def _read(folder: Path) -> Study:
    design = read_record(Design, folder / "study.toml")
    with in_file(folder / "study.toml"):
        check_names(design)
    return Study(folder, design)


def _read_scenario(path: Path, ledger: Ledger) -> Scenario:
    entries = read_toml(path)
    about = {key: entries.pop(key) for key in _ABOUT_SCENARIO if key in entries}
    with in_file(path):
        found = validated(Scenario, {"name": path.stem} | about | {"changes": entries})
        for claim in found.claims:
            ledger[claim]
    return found


def _read_programme(path: Path) -> Programme:
    programme = read_record(Programme, path)
    if programme.name != path.stem:
        raise InputError(f"{path}: name must be {path.stem}, as the file's, got {programme.name!r}. Rename one.")
    return programme


def _values(
    design: Design, ledger: Ledger, entries: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[Provenance, ...]]:
    """Return the values of a file of assumptions under their names, and where each comes from."""
    values: dict[str, Any] = {}
    provenance: list[Provenance] = []
    for name, entry in dotted(entries, lambda _, table: any(key in table for key in _ORIGINS)):
        if not isinstance(entry, Mapping) and name.rpartition(".")[2] in _PLAIN:
            values[name] = entry
            continue
        origin = _origin(name, entry)
        for field, value in expanded(design, {}, name, _value(ledger, name, entry)):
            if field in values:
                raise InputError(f"{field} must be given once, got it twice, in {name} too. Leave one out.")
            values[field] = value
            provenance.append(origin.model_copy(update={"field": field}))
    return {"name": design.name} | values, tuple(provenance)


def _origin(name: str, entry: Any) -> Provenance:
    if not isinstance(entry, Mapping) or set(entry) - {"because", "fit_trials"} not in _SOURCED:
        raise InputError(
            f'{name} must say where it comes from, got {entry!r}. Write {{ claim = "..." }}, '
            '{ value = ..., fitted_to = ["..."], fit_trials = ... } or { value = ..., because = "..." }.'
        )
    return validated(Provenance, {"field": name} | {key: entry[key] for key in entry if key != "value"}, name)


def _value(ledger: Ledger, name: str, entry: Mapping[str, Any]) -> Any:
    """Return the value of an entry; the claims behind it must be fitted ones."""
    try:
        claims = names(entry["claim"]) if "claim" in entry else entry.get("fitted_to", ())
        numbers = {claim: ledger.fitted(claim) for claim in claims}
        return evaluate(entry["claim"], numbers) if "claim" in entry else entry["value"]
    except InputError as error:
        raise InputError(f"{name}: {error}") from None


def _with_defaults(record: TrialAssumptions) -> TrialAssumptions:
    """Say of every value that the file leaves out that it is the default."""
    said = {one.field for one in record.provenance}
    left_out = tuple(
        Provenance(field=name, because="the default, since the study says nothing")
        for name, value in record.values().items()
        if value is not None and name not in said and name.rpartition(".")[2] not in _OF_DESIGN
    )
    return record.model_copy(update={"provenance": (*record.provenance, *left_out)})

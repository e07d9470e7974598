"""A trial is a folder: a folder in, a :class:`Study` out. What is in the folder decides what can be done with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from asteroid_repro.errors import InputError, did_you_mean
from asteroid_repro.ledger.formula import evaluate, names
from asteroid_repro.ledger.ledger import Ledger, read_ledger
from asteroid_repro.trial.assumptions import TrialAssumptions, build, expanded, read_toml, validated
from asteroid_repro.trial.candidacy import Candidacy
from asteroid_repro.trial.design import Design
from asteroid_repro.trial.programme import Programme, read_programme
from asteroid_repro.trial.provenance import Provenance

DEFAULT: Final = "asteroid"
"""The study that is meant where none is named."""

_ORIGINS: Final = frozenset({"value", "claim", "fitted_to", "because"})
_PLAIN: Final = ("name", "description", "label", "unit", "categories")  # words, which need no source
_ABOUT_SCENARIO: Final = ("name", "description", "claims", "because")


@dataclass(frozen=True)
class Scenario:
    """A change of a study's assumptions, with its reason.

    Attributes
    ----------
    name, description : str
        Short name, and what it stands for.
    claims : tuple of str
        Claims that it rests on.
    because : str
        What is assumed, and why.
    changes : mapping of str to value
        As in :meth:`asteroid_repro.TrialAssumptions.with_values`.
    """

    name: str
    description: str
    claims: tuple[str, ...]
    because: str
    changes: Mapping[str, Any]

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
        claims, sources = self.folder / "claims.toml", self.folder / "sources.toml"
        return read_ledger(claims, sources) if claims.exists() else Ledger((), {})

    @cached_property
    def programmes(self) -> tuple[Programme, ...]:
        """The programmes of the study."""
        return tuple(read_programme(path) for path in sorted((self.folder / "programmes").glob("*.toml")))

    @cached_property
    def screening(self) -> Candidacy | None:
        """How likely people are to fail the criteria of eligibility; None where nothing is supposed."""
        path = self.folder / "screening.toml"
        return _in_file(path, lambda: validated(Candidacy, read_toml(path))) if path.exists() else None

    @cached_property
    def assumptions(self) -> TrialAssumptions:
        """What is supposed of the trial.

        Raises
        ------
        InputError
            No ``assumptions.toml`` in the folder, or one that cannot be: file, entry, requirement, value.
        """
        path = self.folder / "assumptions.toml"
        if not path.exists():
            raise InputError(
                f"{self.folder} must hold assumptions.toml to simulate, got none. Add one (`study new` writes a skeleton)."
            )
        return _in_file(path, lambda: self._assumptions(read_toml(path)))

    @property
    def has_assumptions(self) -> bool:
        """Whether anything is supposed, so that the trial can be simulated."""
        return (self.folder / "assumptions.toml").exists()

    @property
    def scenario_names(self) -> list[str]:
        """Names of the scenarios, the study's own assumptions first."""
        return [self.folder.resolve().name, *sorted(path.stem for path in (self.folder / "scenarios").glob("*.toml"))]

    def scenario(self, name: str) -> TrialAssumptions:
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
        path = self._scenario_path(name)
        return _in_file(path, lambda: self._changed(_read_scenario(path)))

    def scenario_record(self, name: str) -> Scenario:
        """Return what a scenario changes, and why.

        Examples
        --------
        >>> study().scenario_record("waitlist").source
        'Claims design.waitlist_care. Assumption: no effect, since both arms carry on as usual.'
        """
        if name == self.scenario_names[0]:
            why = f"what is not claimed is assumed, value by value, as `scenarios {name}` says"
            return Scenario(name, self.assumptions.description, (), why, {})
        return _read_scenario(self._scenario_path(name))

    def programme(self, name: str) -> Programme:
        """Return a programme of the study; an unknown one raises an InputError with the nearest match.

        Examples
        --------
        >>> study().programme("asteroid").stages[0].run_seconds(10)
        150.0
        """
        known = {programme.name: programme for programme in self.programmes}
        if name not in known:
            raise InputError(f"programme must be one of {', '.join(known)}, got {name!r}.{did_you_mean(name, known)}")
        return known[name]

    def _scenario_path(self, name: str) -> Path:
        if name.endswith(".toml"):
            return Path(name)
        if name not in self.scenario_names:
            raise InputError(
                f"scenario must be a name or a .toml file, got {name!r}.{did_you_mean(name, self.scenario_names)}"
            )
        return self.folder / "scenarios" / f"{name}.toml"

    def _changed(self, scenario: Scenario) -> TrialAssumptions:
        said = {"name": scenario.name} | ({"description": scenario.description} if scenario.description else {})
        return self.assumptions.changed_by(
            f"scenario {scenario.name}", dict(scenario.changes) | said, because=scenario.because
        )

    def _assumptions(self, entries: Mapping[str, Any]) -> TrialAssumptions:
        values: dict[str, Any] = {"name": self.design.name}
        provenance: list[Provenance] = []
        for name, entry in _entries(entries):
            value, origin = self._value(name, entry)
            values |= expanded(self.design, {}, name, value)
            if origin is not None:
                provenance.append(origin)
        return build(self.design, values, programmes=self.programmes, provenance=tuple(provenance))

    def _value(self, name: str, entry: Any) -> tuple[Any, Provenance | None]:
        """Return the value of an entry and where it comes from."""
        if not isinstance(entry, Mapping):
            if name.rpartition(".")[2] in _PLAIN:
                return entry, None
            raise InputError(
                f"{name} must say where it comes from, got {entry!r} alone. Write {{ value = {entry!r}, because = "
                f'"..." }}, or {{ claim = "..." }}.'
            )
        odd = set(entry) - _ORIGINS
        if odd or ("value" in entry) == ("claim" in entry):
            raise InputError(
                f"{name} must have a claim, or a value with fitted_to or because, got {', '.join(entry)}. Correct it."
            )
        origin = validated(Provenance, {"field": name} | {key: entry[key] for key in entry if key != "value"})
        if "claim" in entry:
            formula = str(entry["claim"])
            return evaluate(formula, {claim: self.ledger.fitted(claim) for claim in names(formula)}), origin
        for claim in origin.fitted_to:
            self.ledger.fitted(claim)
        return entry["value"], origin


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
        return _read(_shipped_folder() / str(name_or_path))
    folder = Path(name_or_path)
    if not folder.is_dir():
        known = did_you_mean(str(name_or_path), shipped)
        raise InputError(f"study must be a name or a folder, got {str(name_or_path)!r}.{known}")
    return _read.__wrapped__(folder)


def study_names() -> list[str]:
    """List the studies that come with the package.

    Examples
    --------
    >>> "asteroid" in study_names()
    True
    """
    return sorted(path.parent.name for path in _shipped_folder().glob("[!_]*/study.toml"))


def scenario(name: str, study_name: str | Path = DEFAULT) -> TrialAssumptions:
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
    return read_programme(Path(name)) if name.endswith(".toml") else study(study_name).programme(name)


def programme_names(study_name: str | Path = DEFAULT) -> list[str]:
    """List the programmes of a study.

    Examples
    --------
    >>> "couch_to_5k" in programme_names()
    True
    """
    return [known.name for known in study(study_name).programmes]


@cache
def _read(folder: Path) -> Study:
    path = folder / "study.toml"
    return Study(folder, _in_file(path, lambda: validated(Design, read_toml(path))))


def _shipped_folder() -> Path:
    return Path(str(files("asteroid_repro.studies")))


def _read_scenario(path: Path) -> Scenario:
    entries = read_toml(path)
    about = {key: entries.pop(key) for key in _ABOUT_SCENARIO if key in entries}
    return Scenario(
        name=str(about.get("name", path.stem)),
        description=str(about.get("description", "")),
        claims=tuple(about.get("claims", ())),
        because=str(about.get("because", "")),
        changes=entries,
    )


def _entries(tables: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Return the entries of a file under dotted names; a table with a key of an origin is an entry."""
    found = []
    for key, entry in tables.items():
        if isinstance(entry, Mapping) and not _ORIGINS & set(entry):
            found += _entries(entry, f"{prefix}{key}.")
        else:
            found.append((f"{prefix}{key}", entry))
    return found


def _in_file(path: Path, work: Any) -> Any:
    """Do the work, and put the file's name before what is wrong."""
    try:
        return work()
    except InputError as error:
        message = str(error)
        raise InputError(message if message.startswith(str(path)) else f"{path}: {message}") from None

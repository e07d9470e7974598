"""What a sweep is, in one file beside its pieces: a rerun goes on only where it finds the same."""

import hashlib
import json
import os
import platform
import secrets
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np

from asteroid_repro._version import __version__
from asteroid_repro.engine.monte_carlo import Run, simulated_label
from asteroid_repro.errors import InputError
from asteroid_repro.estimate.effects.methods import Analysis
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.trial.changes import dotted

MANIFEST: Final = "manifest.json"

FORMAT: Final = 4
"""Layout of manifest and pieces; another layout has another number."""

_DERIVED: Final = ("label", "pieces")  # they follow from the rest: no difference of their own
_CONTENT: Final = "content_sha256"
_LARGEST_EXACT: Final = 2**53  # up to here a float holds every whole number


def sweep_manifest(
    assumptions: TrialAssumptions,
    values: Mapping[str, list[Any]],
    changed: Sequence[TrialAssumptions],
    analyses: Sequence[Analysis],
    run: Run,
) -> dict[str, Any]:
    """Describe a sweep by all that its figures depend on.

    Parameters
    ----------
    assumptions : TrialAssumptions
        What stays the same.
    values : mapping of str to list
        The grid; see :func:`plain`.
    changed : sequence of TrialAssumptions
        The assumptions at each combination.
    analyses : sequence of Analysis
        Of one level.
    run : Run
        Trials, seed and, where the trials are as many as it takes, the standard error to reach.

    Returns
    -------
    dict
        As ``manifest.json`` holds it: the assumptions by their names, and the SHA-256 of all that is supposed at the
        combinations, which covers the content of programmes.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> grid, run = {"people_per_arm": [20, 40]}, Run(trials=100, seed=1)
    >>> changed = [ASTEROID.with_values(people_per_arm=people) for people in (20, 40)]
    >>> sweep_manifest(ASTEROID, grid, changed, [Analysis("ancova", "t")], run)["pieces"]
    2
    """
    automatic = run.trials == "auto"
    how_many = f"trials until MCSE {run.target_mcse:g}" if automatic else f"{run.trials:,} trials"
    size = f"{len(changed)} combinations, {how_many} each"
    manifest = {
        "format": FORMAT,
        "label": simulated_label(
            assumptions.name, f"sweep of {' x '.join(values)}", *analyses, size, f"seed {run.seed}"
        ),
        "version": __version__,
        "software": {name: version(name) for name in ("numpy", "scipy")} | {"machine": platform.machine()},
        "seed": int(run.seed),
        "trials": plain(run.trials),
        **({"target_mcse": run.target_mcse} if automatic else {}),
        "control_variate": run.control_variate,
        "methods": [analysis.method for analysis in analyses],
        "distributions": [analysis.distribution for analysis in analyses],
        "level": analyses[0].level,
        "fields": list(values),
        "grid": values,
        "pieces": len(changed) * len(analyses),
        "assumptions": assumptions.values(),
        "programmes": _programmes([assumptions, *changed]),
        _CONTENT: sha256([_content(record) for record in (assumptions, *changed)]),
    }
    as_read: dict[str, Any] = json.loads(json.dumps(manifest))
    return as_read


def _programmes(records: Sequence[TrialAssumptions]) -> dict[str, str]:
    """Return the SHA-256 of each programme that is run, by its name."""
    programmes = {record.sessions.programme for record in records if record.sessions is not None}
    return {one.name: sha256(one.model_dump(mode="json")) for one in sorted(programmes, key=lambda each: each.name)}


def _content(record: TrialAssumptions) -> dict[str, Any]:
    """Return all that a record supposes: not where it comes from, nor programmes that were not chosen."""
    return record.model_dump(mode="json", exclude={"name", "description", "provenance", "programmes"})


def sha256(record: Any) -> str:
    """Return the SHA-256 of what JSON can hold, with sorted names.

    Examples
    --------
    >>> sha256({"b": 1, "a": 2}) == sha256({"a": 2, "b": 1})
    True
    """
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


def plain(value: Any) -> Any:
    """Return values of the grid as JSON has them; a whole number is the same with and without a decimal point.

    Examples
    --------
    >>> plain((-5.0, 0.5)), plain("asteroid")
    ([-5, 0.5], 'asteroid')
    """
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, Iterable) and not isinstance(value, str | Mapping):
        return [plain(part) for part in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST_EXACT:
        return int(value)
    return value


def stored_manifest(folder: Path) -> dict[str, Any] | None:
    """Read the manifest of a folder; None if it has none.

    Raises
    ------
    InputError
        A manifest that cannot be read, or is none of a sweep.

    Examples
    --------
    >>> stored_manifest(Path("no such folder")) is None
    True
    """
    path = folder / MANIFEST
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"{path} must be readable, got: {error.strerror}. Choose another folder.") from None
    except ValueError:
        found = None
    if not isinstance(found, dict) or "format" not in found:
        raise InputError(f"{path} must be the manifest of a sweep, got another file. Choose another folder.")
    return found


def store_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest unless the folder has one by now, making the folder.

    Raises
    ------
    InputError
        The folder cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     store_manifest(Path(name), {"format": 1})
    ...     store_manifest(Path(name), {"format": 2})
    ...     stored_manifest(Path(name))
    {'format': 1}
    """
    if not (folder / MANIFEST).exists():
        store(folder / MANIFEST, (json.dumps(manifest, indent=1) + "\n").encode())


def store(path: Path, data: bytes) -> None:
    """Write a file in one step, making its folder.

    Raises
    ------
    InputError
        The folder cannot be written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = write_temporary(path, data)
        try:
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except FileNotFoundError:  # another run in this folder took it for a leftover: once more
        store(path, data)
    except OSError as error:
        problem = f"got {path.parent}: {error.strerror}"
        raise InputError(f"folder must be one to write to, {problem}. Choose another folder.") from None


def check_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Check that the folder holds the sweep that is asked for.

    Raises
    ------
    InputError
        It holds another one: every difference, and what to do.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     store_manifest(Path(name), {"format": 1, "seed": 2})
    ...     check_manifest(Path(name), {"format": 1, "seed": 2})
    """
    differences = manifest_differences(stored_manifest(folder) or {}, manifest)
    if differences:
        raise InputError(
            f"folder must hold the same sweep, got another one in {folder}: {'; '.join(differences)}. "
            "Choose another folder, or delete this one."
        )


def manifest_differences(stored: Mapping[str, Any], asked: Mapping[str, Any]) -> list[str]:
    """List what differs between two manifests, each field of a record on its own.

    Examples
    --------
    >>> manifest_differences({"seed": 1, "grid": {"sd": [2]}}, {"seed": 1, "grid": {"sd": [3]}})
    ['grid.sd: manifest has [2], asked for [3]']
    """
    if stored.get("format") != asked.get("format"):  # then nothing else can be compared
        stored, asked = {"format": stored.get("format")}, {"format": asked.get("format")}
    old, new = (dict(dotted(manifest, lambda *_: False)) for manifest in (stored, asked))
    differ = [name for name in new | old if name not in _DERIVED and _shown(old, name) != _shown(new, name)]
    told = [name for name in differ if name != _CONTENT] or differ  # other content mostly shows in its values
    return [f"{name}: manifest has {_shown(old, name)}, asked for {_shown(new, name)}" for name in told]


def write_temporary(path: Path, data: bytes) -> Path:
    """Write a file beside its place, to be moved there, under a name that no other run uses."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    with temporary.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())  # or a power cut could leave a whole name with half of its bytes
    return temporary


def _shown(flat: Mapping[str, Any], name: str) -> str:
    return json.dumps(flat[name]) if name in flat else "none"

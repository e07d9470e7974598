"""What a sweep is, in one file beside its pieces: a rerun goes on only where it finds the same."""

import hashlib
import json
import os
import platform
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np

from asteroid_repro._version import __version__
from asteroid_repro.errors import InputError
from asteroid_repro.estimate.effects.methods import Distribution
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.trial.programme import programme

MANIFEST: Final = "manifest.json"

FORMAT: Final = 1
"""Layout of manifest and pieces; another layout has another number."""

_DERIVED: Final = ("label", "pieces", "assumptions_sha256")  # they follow from the rest: no difference of their own
_LARGEST_EXACT: Final = 2**53  # up to here a float holds every whole number


def sweep_manifest(
    assumptions: TrialAssumptions,
    values: Mapping[str, list[Any]],
    distributions: Mapping[str, Distribution],
    *,
    precision: Mapping[str, Any],
    seed: int,
    level: float,
) -> dict[str, Any]:
    """Describe a sweep by all that its figures depend on.

    Parameters
    ----------
    assumptions : TrialAssumptions
        What stays the same.
    values : mapping of str to list
        The grid; see :func:`plain`.
    distributions : mapping of str to str
        Reference distribution by method, in the order of the methods.
    precision : mapping
        ``trials``, and ``target_mcse`` where they are as many as it takes.
    seed, level
        As in :func:`asteroid_repro.sweeps.run_sweep.sweep`.

    Returns
    -------
    dict
        As ``manifest.json`` holds it. A programme is there with the SHA-256 of its contents, which may change under
        the same name.

    Raises
    ------
    InputError
        A programme that cannot be read.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> grid = {"people_per_arm": [20, 40]}
    >>> sweep_manifest(ASTEROID, grid, {"ancova": "t"}, precision={"trials": 100}, seed=1, level=0.95)["pieces"]
    2
    """
    record = assumptions.model_dump(mode="json")
    names = sorted({assumptions.programme, *values.get("programme", ())})
    plans = {name: sha256(programme(name).model_dump(mode="json")) for name in names}
    combinations = int(np.prod([len(given) for given in values.values()]))
    manifest = {
        "format": FORMAT,
        "label": f"SIMULATED ({assumptions.name}, sweep of {' x '.join(values)}, {combinations} combinations, "
        f"{_how_many(precision)} each, seed {seed}, version {__version__}), not participant data",
        "version": __version__,
        "software": {name: version(name) for name in ("numpy", "scipy")} | {"machine": platform.machine()},
        "assumptions_sha256": sha256({"assumptions": record, "programmes": plans}),
        "seed": int(seed),
        **{name: plain(value) for name, value in precision.items()},
        "methods": list(distributions),
        "distributions": list(distributions.values()),
        "level": float(level),
        "fields": list(values),
        "grid": values,
        "pieces": combinations * len(distributions),
        "programmes": plans,
        "assumptions": record,
    }
    as_read: dict[str, Any] = json.loads(json.dumps(manifest))
    return as_read


def _how_many(precision: Mapping[str, Any]) -> str:
    if precision["trials"] == "auto":
        return f"trials until MCSE {precision['target_mcse']:g}"
    return f"{precision['trials']:,} trials"


def sha256(record: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a record as JSON with sorted names.

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
    path, data = folder / MANIFEST, (json.dumps(manifest, indent=1) + "\n").encode()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        temporary = write_temporary(path, data)
        # A run that was quicker has a manifest there, and may have taken ours for a leftover: theirs stays.
        with suppress(FileExistsError, FileNotFoundError):
            _link(path, temporary)
        temporary.unlink(missing_ok=True)
    except OSError as error:
        raise not_writable(folder, error) from None


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
    old, new = _flat(stored), _flat(asked)
    names = [*new, *(name for name in old if name not in new)]
    return [
        f"{name}: manifest has {_shown(old, name)}, asked for {_shown(new, name)}"
        for name in names
        if name not in _DERIVED and _shown(old, name) != _shown(new, name)
    ]


def write_temporary(path: Path, data: bytes) -> Path:
    """Write a file beside its place, to be moved there, under a name that no other run uses."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    with temporary.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())  # or a power cut could leave a whole name with half of its bytes
    return temporary


def not_writable(folder: Path, error: OSError) -> InputError:
    """Return the error for a folder that takes no file."""
    return InputError(f"folder must be one to write to, got {folder}: {error.strerror}. Choose another folder.")


def _link(path: Path, temporary: Path) -> None:
    """Give a file its name, which a link, unlike a move, does not take from another file."""
    try:
        path.hardlink_to(temporary)
    except (FileExistsError, FileNotFoundError):
        raise
    except OSError:  # a file system without links
        temporary.replace(path)


def _flat(record: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in record.items():
        flat |= _flat(value, f"{before}{name}.") if isinstance(value, Mapping) else {before + name: value}
    return flat


def _shown(flat: Mapping[str, Any], name: str) -> str:
    return json.dumps(flat[name]) if name in flat else "none"

"""Where two records of assumptions differ."""

from typing import Any

from asteroid_repro.trial.assumptions import TrialAssumptions


def record_differences(base: TrialAssumptions, changed: TrialAssumptions) -> dict[str, tuple[Any, Any]]:
    """Return the fields in which two records differ, with both values; names and descriptions do not count.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> record_differences(ASTEROID, ASTEROID.with_values(missing_running=0.1))
    {'missing_running': (0.0, 0.1)}
    """
    before, after = _flat(base), _flat(changed)
    return {field: (before[field], after[field]) for field in before if before[field] != after[field]}


def _flat(record: TrialAssumptions) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for field, value in record.model_dump(exclude={"name", "description"}).items():
        flat |= {f"{field}.{part}": own for part, own in value.items()} if isinstance(value, dict) else {field: value}
    return flat

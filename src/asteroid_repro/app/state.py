"""The state of the what-if page: one frozen record that the address bar, a file or Python code can restore."""

import json
import tomllib
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from asteroid_repro.app.controls import CONTROLS
from asteroid_repro.asteroid import ASTEROID
from asteroid_repro.errors import InputError, first_problem
from asteroid_repro.estimate.effects.methods import METHODS
from asteroid_repro.sweeps.fields import with_fields
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.trial.quantities import OUTCOMES

_HOURS: Final = 1000.0  # the page shows events per 1000 running hours, the assumptions hold them per hour
_NOT_ASSUMED: Final = ("outcome", "method", "level", "seed", "trial_seed")
_NAMES: Final[Mapping[str, str]] = {
    f"{part}_{outcome}": f"{outcome}.{part}" for part in ("effect", "sd") for outcome in OUTCOMES
}


class State(BaseModel):
    """What every control of the page is set to; left alone, each is as in ``ASTEROID``.

    An impossible combination cannot be made. Units and ranges are those of
    :data:`asteroid_repro.app.controls.CONTROLS`.

    Examples
    --------
    >>> State().assumptions() == ASTEROID
    True
    >>> changed(State(), effect_average_pain=-8).to_query()
    'effect_average_pain=-8.0'
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    outcome: str = OUTCOMES[0]
    effect_average_pain: float = ASTEROID.average_pain.effect[-1]
    effect_current_pain: float = ASTEROID.current_pain.effect[-1]
    effect_disability: float = ASTEROID.disability.effect[-1]
    sd_average_pain: float = ASTEROID.average_pain.sd[-1]
    sd_current_pain: float = ASTEROID.current_pain.sd[-1]
    sd_disability: float = ASTEROID.disability.sd[-1]
    visit_correlation: float = ASTEROID.visit_correlation[0][-1]
    people_per_arm: int = ASTEROID.n_running
    missing_running: float = ASTEROID.missing_running
    missing_waitlist: float = ASTEROID.missing_waitlist
    missing_mechanism: str = ASTEROID.missing_mechanism
    programme: str = ASTEROID.programme
    adherence_mean: float = ASTEROID.adherence_mean
    adherence_sd: float = ASTEROID.adherence_sd
    dose_response: float = ASTEROID.dose_response
    lower_limb_rate: float = _HOURS * ASTEROID.lower_limb_rate
    low_back_pain_rate: float = _HOURS * ASTEROID.low_back_pain_rate
    syncope_rate: float = _HOURS * ASTEROID.syncope_rate
    method: str = "random_intercept"
    level: float = 0.95
    seed: int = 1
    trial_seed: int = 2024

    @model_validator(mode="after")
    def _is_possible(self) -> "State":
        for name in CONTROLS:
            _check_control(name, getattr(self, name))
        self.assumptions()
        return self

    def changes(self) -> dict[str, Any]:
        """Return the controls that are not as they start, with their values."""
        return {
            name: getattr(self, name)
            for name, info in type(self).model_fields.items()
            if getattr(self, name) != info.default
        }

    def fields(self) -> dict[str, Any]:
        """Return what differs from ``ASTEROID``, by the names of :func:`asteroid_repro.with_fields`.

        Examples
        --------
        >>> changed(State(), effect_disability=-3, level=0.9).fields()
        {'disability.effect': -3.0}
        """
        assumed = {name: value for name, value in self.changes().items() if name not in _NOT_ASSUMED}
        return dict(_field(name, value) for name, value in assumed.items())

    def assumptions(self) -> TrialAssumptions:
        """Return the trial's assumptions in this state."""
        fields = self.fields()
        return with_fields(ASTEROID, fields) if fields else ASTEROID

    @property
    def trials(self) -> int:
        """Number of simulated trials: fewer where one costs more.

        No state may start more than a second or so of work. Closed forms are quick; iterated fits, missing visits and
        whole trials with all their sessions are not. Memory grows with people times trials and so is bounded too, below
        0.5 GB for the whole process.

        Examples
        --------
        >>> State().trials, changed(State(), missing_running=0.1).trials, changed(State(), method="clda").trials
        (2000, 512, 512)
        """
        method = METHODS[self.method]
        is_missing = bool(self.missing_running or self.missing_waitlist)
        is_slow = bool(self.dose_response) or method.complete is None or (is_missing and not method.pairs)
        is_large = self.people_per_arm > 50
        return (512 if is_slow else 2000) // (2 if is_large else 1)

    def to_query(self) -> str:
        """Return the state as the query of an address, without the question mark; empty where nothing is changed."""
        return urlencode(self.changes())

    def to_toml(self) -> str:
        """Return the state as TOML, each control under a comment that says what it sets and in which unit."""
        lines = ["# SIMULATED: a state of the what-if page of asteroid-repro. Restore it there with a button."]
        for name, value in self.model_dump().items():
            control = CONTROLS[name]
            unit = f", {control.unit}" if control.unit else ""
            lines += [f"# {control.label}{unit}", f"{name} = {json.dumps(value)}"]
        return "\n".join(lines) + "\n"


def from_query(query: str) -> State:
    """Read a state from the query of an address.

    Raises
    ------
    InputError
        An unknown control, a control given twice, a value out of range, or values that are impossible together.

    Examples
    --------
    >>> from_query("?people_per_arm=40").people_per_arm
    40
    """
    pairs = parse_qsl(query.removeprefix("?"), keep_blank_values=True)
    names = [name for name, _ in pairs]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InputError(f"{twice[0]} must be given once, got it twice. Leave one out.")
    return _validated(dict(pairs))


def from_toml(text: str) -> State:
    """Read a state from TOML; controls that it does not name are as in ``ASTEROID``.

    Raises
    ------
    InputError
        Not TOML, an unknown control, a value out of range, or values that are impossible together.

    Examples
    --------
    >>> from_toml("people_per_arm = 40").people_per_arm
    40
    """
    try:
        return _validated(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"the state must be TOML, got: {error}. Correct that line.") from None


def changed(state: State, **values: Any) -> State:
    """Return a copy of a state with other values.

    Raises
    ------
    InputError
        As in :func:`from_query`.

    Examples
    --------
    >>> changed(State(), people_per_arm=40).people_per_arm
    40
    """
    return _validated(state.model_dump() | values)


def _validated(values: Mapping[str, Any]) -> State:
    try:
        return State.model_validate(values)
    except ValidationError as error:
        raise InputError(first_problem(error)) from None


def _check_control(name: str, value: Any) -> None:
    control = CONTROLS[name]
    if control.choices is not None:
        if value not in control.choices:
            raise ValueError(f"{name} must be one of {', '.join(control.choices)}, got {value!r}. Choose one of these.")
    elif not control.low <= value <= control.high:
        raise ValueError(f"{name} must be from {control.low:g} to {control.high:g}, got {value:g}. Correct it.")


def _field(name: str, value: Any) -> tuple[str, Any]:
    if name == "visit_correlation":
        size = range(len(ASTEROID.visits))
        return name, [[1.0 if row == column else value for column in size] for row in size]
    return _NAMES.get(name, name), value / _HOURS if name.endswith("_rate") else value

"""The state of the what-if page: one record that the address bar, a scenario file or Python code can restore."""

import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from asteroid_repro.app.controls import NOT_ASSUMED, Control, controls_of
from asteroid_repro.errors import InputError, did_you_mean
from asteroid_repro.estimate.effects.methods import METHODS, Analysis, chosen_analysis, closed_form
from asteroid_repro.study_folder import Study, study
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.trial.changes import dotted, read_value
from asteroid_repro.trial.design import Outcome

_SHOWN: Final = "# what-if page: "
_ABOUT: Final = ("name", "description", "claims", "because")
_SCORES: Final = {"quick": 1_800_000, "slow": 460_800}  # of all people, visits and outcomes over all trials
_MOST: Final = {"quick": 2000, "slow": 512}
_FEWEST: Final = 256


@dataclass(frozen=True)
class State:
    """A study and what the controls of its page are set to; left alone, each is as the study supposes.

    An impossible combination cannot be made.

    Attributes
    ----------
    study : Study
        Whose page it is.
    changes : mapping of str to value
        The controls that are not as they start, in the unit of the assumptions; names, ranges and choices are those of
        :func:`asteroid_repro.app.controls.controls_of`.

    Raises
    ------
    InputError
        An unknown control, a value out of range, or values that are impossible together.

    Examples
    --------
    >>> State().assumptions == State().study.assumptions
    True
    >>> State(changes={"average_pain.effect": -8}).to_query()
    'average_pain.effect=-8'
    """

    study: Study = field(default_factory=study)
    changes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what cannot be, and keep what differs from the start."""
        kept = {}
        for name, value in self.changes.items():
            if name not in self.controls:
                hint = did_you_mean(name, self.controls)
                raise InputError(f"control must be one of the page, got {name!r}.{hint}")
            if (possible := _checked(self.controls[name], value)) != self.controls[name].start:
                kept[name] = possible
        object.__setattr__(self, "changes", {name: kept[name] for name in self.controls if name in kept})
        _ = self.assumptions, self.analysis

    def __hash__(self) -> int:
        """Return the same number for equal states, which an address tells apart."""
        return hash((self.study.folder, self.to_query()))

    def __getitem__(self, name: str) -> Any:
        """Return the value of a control."""
        return self.changes.get(name, self.controls[name].start)

    @cached_property
    def controls(self) -> Mapping[str, Control]:
        """The controls of the page by name, in order."""
        return controls_of(self.study)

    @property
    def outcome(self) -> Outcome:
        """The outcome shown."""
        return self.study.design.outcome(self["outcome"])

    @property
    def assumed(self) -> dict[str, Any]:
        """What differs from the study, as :meth:`asteroid_repro.TrialAssumptions.with_values` takes it.

        Examples
        --------
        >>> State(changes={"disability.effect": -3, "level": 0.9}).assumed
        {'disability.effect': -3}
        """
        return {name: value for name, value in self.changes.items() if name not in NOT_ASSUMED}

    @cached_property
    def assumptions(self) -> TrialAssumptions:
        """What is supposed of the trial in this state."""
        own = self.study.assumptions
        return own.changed_by("the what-if page", self.assumed) if self.assumed else own

    @cached_property
    def analysis(self) -> Analysis:
        """The analysis of this state: the study's own, or that of the chosen method."""
        return chosen_analysis(self.changes.get("method"), None, self["level"], self.study.assumptions.design.analysis)

    @property
    def arguments(self) -> dict[str, Any]:
        """How many trials are simulated, with which seed, and how they are analysed."""
        return {"trials": self.trials, "seed": self["seed"]} | self.analysis.arguments

    @property
    def trials(self) -> int:
        """Number of simulated trials: fewer where one costs more.

        No state may start more than a second or so of work. Closed forms are quick; iterated fits, missing visits and
        whole trials with all their sessions are not. Memory grows with people times visits times outcomes times trials
        and so is bounded too, below 0.5 GB for the whole process.

        Examples
        --------
        >>> State().trials, State(changes={"missing_treatment": 0.1}).trials, State(changes={"method": "clda"}).trials
        (2000, 512, 512)
        """
        record, method = self.assumptions, self.analysis.method
        is_quick = record.has_one_effect and closed_form(method, self.analysis.distribution) is not None
        pace = "quick" if is_quick and (record.is_complete or METHODS[method].pairs) else "slow"
        scores = record.n_people * len(record.visits) * len(record.outcomes)
        return max(_FEWEST, min(_MOST[pace], _SCORES[pace] // scores))

    def to_query(self) -> str:
        """Return the state as the query of an address, without the question mark; empty where nothing is changed."""
        return urlencode(self.changes)

    def to_toml(self) -> str:
        """Return the state as a scenario of the study: what is assumed, and in comments what the page alone needs.

        ``--scenario FILE`` and :func:`asteroid_repro.scenario` take it, and the page restores it.
        """
        about = f"a state of the what-if page of asteroid-repro, and a scenario of {self.study.design.name}"
        lines = [f"# SIMULATED: {about}.", "# The page restores it with a button; commands take it with --scenario."]
        for name, value in self.changes.items():
            control, text = self.controls[name], f"{name} = {json.dumps(value)}"
            if name in NOT_ASSUMED:
                lines.append(f"{_SHOWN}{text}")
            else:
                lines += [f"# {control.label}{f' ({control.help})' if control.help else ''}", text]
        return "\n".join(lines) + '\nbecause = "set on the what-if page"\n'


def from_query(query: str, of: Study | None = None) -> State:
    """Read a state from the query of an address; of ASTEROID where no study is given.

    Raises
    ------
    InputError
        As in :class:`State`, or a control given twice.

    Examples
    --------
    >>> from_query("?people_per_arm=40").changes
    {'people_per_arm': 40}
    """
    pairs = parse_qsl(query.removeprefix("?"), keep_blank_values=True)
    names = [name for name, _ in pairs]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError(f"{twice[0]} must be given once, got it twice. Leave one out.")
    return State(of or study(), {name: read_value(text) for name, text in pairs})


def from_toml(text: str, of: Study | None = None) -> State:
    """Read a state from a scenario that the page has written, or another one that its controls can show.

    Raises
    ------
    InputError
        As in :class:`State`, or no TOML.

    Examples
    --------
    >>> from_toml("people_per_arm = 40").changes
    {'people_per_arm': 40}
    """
    shown = [line.removeprefix(_SHOWN) for line in text.splitlines() if line.startswith(_SHOWN)]
    try:
        given = tomllib.loads(text) | tomllib.loads("\n".join(shown))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"the state must be TOML, got: {error}. Correct that line.") from None
    return State(of or study(), {name: value for name, value in dotted(given, lambda *_: False) if name not in _ABOUT})


def _checked(control: Control, value: Any) -> Any:
    """Return a value that the control can have, whole numbers as such."""
    if control.choices is not None:
        if value not in control.choices:
            known = ", ".join(control.choices)
            what = f"{control.label} ({control.name})"
            raise InputError(f"{what} must be one of {known}, got {value!r}. Choose one of these.")
        return value
    low, high = (end / control.scale for end in control.ends)
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    whole = isinstance(control.start, int)
    if not is_number or not low <= value <= high or (whole and value != int(value)):
        kind = "a whole number" if whole else "a number"
        what = f"{control.label} ({control.name})"
        raise InputError(f"{what} must be {kind} from {low:g} to {high:g}, got {value!r}. Correct it.")
    return int(value) if value == int(value) else float(value)

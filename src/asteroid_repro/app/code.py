"""The Python code that reproduces a state of the what-if page."""

import json
from pathlib import Path
from typing import Final

from asteroid_repro.app.state import State
from asteroid_repro.study_folder import Study, study_names
from asteroid_repro.study_folder import study as read_study

MEASURES: Final = ("power", "coverage", "type_s", "type_m", "bias")  # those that the page shows, in order
_PROGRAM: Final = (Path(__file__).parent / "assets" / "program.txt").read_text(encoding="utf-8")


def code(state: State) -> str:
    """Return a program that prints the numbers of a state: for each measure its value and the limits of its error.

    Parameters
    ----------
    state : State
        The state of the page.

    Returns
    -------
    str
        Python source. It prints the label; each measure with value and limits; the paired change of power against
        the study with its standard error; and for the trial shown each kind of event with its arm, events, exposure,
        rate per 1000 running hours or person-weeks, and exact limits.

    Examples
    --------
    >>> print(code(State()).splitlines()[3])
    supposed = ar.study("asteroid").assumptions
    """
    lines = [f'    "{name}": {json.dumps(value)},' for name, value in state.assumed.items()]
    return _PROGRAM.format(
        study=json.dumps(_place(state.study)),
        changes="\n".join(["{", *lines, "}"]) if lines else "{}",
        run=json.dumps(state.arguments),
        measures=json.dumps(MEASURES),
        week=state.study.design.visits[-1],
        **{name: state[name] for name in ("outcome", "trial_seed", "level")},
    )


def _place(study: Study) -> str:
    """Return the name of a study that comes with the package, or the folder of another."""
    name = study.folder.name
    is_shipped = name in study_names() and read_study(name).folder == study.folder
    return name if is_shipped else str(study.folder.resolve())

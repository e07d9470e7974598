"""The design of a trial that has people's tables and no folder: its arms, visits and outcomes by their own names."""

import re
import unicodedata
from collections.abc import Iterable

import numpy as np
import pandas as pd

from asteroid_repro.errors import InputError
from asteroid_repro.reading.reading_options import Options
from asteroid_repro.trial.design import Arm, Design, EventKind, Outcome, PaperAnalysis

_MOST_DECIMALS = 4


def name_for(label: str) -> str:
    """Turn a label into a name of letters, digits and _.

    Examples
    --------
    >>> name_for("Pain (0-10), now"), name_for("6 Wochen"), name_for("Schmerz für alle")
    ('pain_0_10_now', 'x6_wochen', 'schmerz_fur_alle')
    """
    ascii_only = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode()
    name = re.sub(r"\W+", "_", ascii_only.casefold()).strip("_")
    return f"x{name}" if name[:1].isdigit() else name or "unnamed"


def names_for(labels: Iterable[str], what: str) -> dict[str, str]:
    """Return a name for each label.

    Raises
    ------
    InputError
        Two labels of one name.
    """
    names: dict[str, str] = {}
    for label in labels:
        other = names.setdefault(name_for(label), label)
        if other != label:
            raise InputError(f"{what} must differ in letters and digits, got {other!r} and {label!r}. Rename one.")
    return {label: name for name, label in names.items()}


def design_of(
    title: str, arms: tuple[str, str], scores: pd.DataFrame, events: tuple[EventKind, ...], options: Options
) -> Design:
    """Make a design of what the tables have.

    Parameters
    ----------
    title : str
        What the data are.
    arms : tuple of str
        The treatment and the reference as they are written.
    scores : pandas.DataFrame
        Columns week, outcome (as it is written) and value.
    events : tuple of EventKind
        Kinds of adverse event.
    options : Options
        Scales, directions and minimal important changes.
    """
    arm_names = names_for(arms, "arms")
    by_outcome = {str(label): own["value"] for label, own in scores.groupby("outcome", sort=False)}
    outcome_names = names_for(by_outcome, "outcomes")
    return Design(
        name=title,
        title=title,
        treatment=Arm(name=arm_names[arms[0]], label=arms[0]),
        reference=Arm(name=arm_names[arms[1]], label=arms[1]),
        visits=tuple(sorted(set(scores["week"].tolist()))),
        outcomes=tuple(_outcome(label, outcome_names[label], own, options) for label, own in by_outcome.items()),
        adverse_events=events,
        analysis=PaperAnalysis(method="mmrm", distribution="kenward_roger"),
    )


def event_kinds(labels: Iterable[str]) -> tuple[EventKind, ...]:
    """Return the kinds of adverse event that tables name.

    Examples
    --------
    >>> event_kinds(["Muscle pain"])[0].name
    'muscle_pain'
    """
    return tuple(EventKind(name=name, label=label) for label, name in names_for(sorted(labels), "kinds").items())


def _outcome(label: str, name: str, scores: pd.Series, options: Options) -> Outcome:
    low, high = options.scale(label, name) or (None, None)
    step = _step(scores.dropna().to_numpy(), low, high) if low is not None and high is not None else None
    ends = {"minimum": low, "maximum": high, "step": step} if step else {}
    better, important = options.way(label, name), options.change(label, name)
    return Outcome(name=name, label=label.replace("_", " "), better=better, important=important, **ends)


def _step(scores: np.ndarray, low: float, high: float) -> float | None:
    """Return the largest power of ten that the scores go in; None where they go in none, or the scale does not."""
    for decimals in range(_MOST_DECIMALS + 1):
        step = 10.0**-decimals
        steps = np.append(scores - low, high - low) / step
        if np.allclose(steps, np.rint(steps), atol=1e-6):
            return step
    return None

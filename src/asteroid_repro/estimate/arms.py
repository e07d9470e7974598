"""Which arm is the treatment, which the reference, and which way is better: as a trial's design says, or as named."""

from collections.abc import Iterable

import pandas as pd

from asteroid_repro.errors import InputError, did_you_mean
from asteroid_repro.trial.participant_data import Trial

Data = Trial | pd.DataFrame
"""A trial, or a plain table of it."""

Given = str | None
"""What somebody with a plain table says in words; none where a trial's design says it."""


def two_arms(trial: Data, labels: Iterable[str], treatment: Given = None, reference: Given = None) -> tuple[str, str]:
    """Return the labels of the treatment and the reference.

    Parameters
    ----------
    trial : Trial or pandas.DataFrame
        A trial brings its arms in its design; the arms of a plain table are named.
    labels : iterable of str
        The arms that occur.
    treatment, reference : str, optional
        Labels of the two arms to compare, of two or more; not needed where they are just these words.

    Raises
    ------
    InputError
        Arms named twice over, or not named, or with nobody in them.

    Examples
    --------
    >>> two_arms(pd.DataFrame(), ["usual_care", "stretching"], "stretching", "usual_care")
    ('stretching', 'usual_care')
    """
    found = sorted(set(labels))
    if isinstance(trial, Trial):
        if treatment is not None or reference is not None:
            raise InputError(
                f"treatment and reference must be left to the trial's design, got {treatment!r} and {reference!r}. "
                "Leave them out, or give the table."
            )
        treatment, reference = trial.design.arm_names
    elif treatment is None and reference is None and set(found) <= {"treatment", "reference"}:
        treatment, reference = "treatment", "reference"
    if treatment is None or reference is None or treatment == reference:
        first, second = [*found, "...", "..."][:2]
        raise InputError(
            f"treatment and reference must name two arms of the table, which has {', '.join(found)}, got {treatment!r} "
            f"and {reference!r}. Write treatment={first!r}, reference={second!r}, or the other way round."
        )
    for arm in (treatment, reference):
        if arm not in found:
            raise InputError(
                f"outcomes.arm must have people in both arms, got none in {arm}.{did_you_mean(arm, found)}"
            )
    return treatment, reference


def better_direction(trial: Data, outcome: str, better: Given = None) -> str:
    """Return which way is better, ``lower`` or ``higher``; empty where neither the design nor the user says so.

    Parameters
    ----------
    trial : Trial or pandas.DataFrame
        A trial says it in its design, for a plain table ``better`` does.
    outcome : str
        Name of the outcome.
    better : {"lower", "higher"}, optional
        As the user says.

    Raises
    ------
    InputError
        Another word, or not what the design says.

    Examples
    --------
    >>> better_direction(pd.DataFrame(), "sleep", "higher"), better_direction(pd.DataFrame(), "sleep")
    ('higher', '')
    """
    if better not in {None, "lower", "higher"}:
        raise InputError(f"better must be 'lower' or 'higher', got {better!r}. Say which way is better for the person.")
    if not isinstance(trial, Trial) or outcome not in trial.design.outcome_names:
        return better or ""
    designed = trial.design.outcome(outcome).better
    if designed is None:
        return better or ""
    if better not in {None, designed}:
        raise InputError(f"better must be left to the design ({designed} for {outcome}), got {better!r}. Leave it out.")
    return designed


def sign_of_better(outcome: str, better: str) -> int:
    """Return -1 where lower is better, 1 where higher is.

    Raises
    ------
    InputError
        Nobody said: it is never assumed.

    Examples
    --------
    >>> sign_of_better("sleep", "higher")
    1
    """
    if not better:
        raise InputError(f"better must be given for {outcome} of a plain table, got none. Say 'lower' or 'higher'.")
    return 1 if better == "higher" else -1


def label_of(trial: Data) -> str:
    """Return what the data of a trial are; nothing for a plain table."""
    return trial.label if isinstance(trial, Trial) else ""

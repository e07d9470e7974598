"""What several assumptions must be together: visits, ages, attendance and scores that can exist."""

import math
from typing import TYPE_CHECKING

from asteroid_repro.trial.quantities import OUTCOMES, SCALE_MAXIMUM

if TYPE_CHECKING:  # the record calls these checks when it is made
    from asteroid_repro.trial.assumptions import OutcomeAssumptions, TrialAssumptions


def check_possible(trial: "TrialAssumptions") -> None:
    """Check the fields of a record against each other.

    Raises
    ------
    ValueError
        Field, requirement and value of the first thing that cannot be.
    """
    _check_visits(trial)
    _check_ages(trial)
    _check_attendance(trial)
    for name in OUTCOMES:
        _check_outcome(name, trial.outcome(name), trial.visits)


def _check_visits(trial: "TrialAssumptions") -> None:
    visits = trial.visits
    if len(visits) < 2 or visits[0] != 0 or list(visits) != sorted(set(visits)):
        raise ValueError(f"visits must start at week 0 and increase, got {list(visits)}")
    if len(trial.visit_correlation) != len(visits):
        raise ValueError(
            f"visit_correlation must have a row for each of the {len(visits)} visits, "
            f"got {len(trial.visit_correlation)}"
        )
    if len(trial.cross_outcome_correlation) != len(OUTCOMES):
        raise ValueError(
            f"cross_outcome_correlation must have a row for each of the {len(OUTCOMES)} outcomes, "
            f"got {len(trial.cross_outcome_correlation)}"
        )


def _check_ages(trial: "TrialAssumptions") -> None:
    if not trial.age_minimum < trial.age_mean < trial.age_maximum:
        raise ValueError(
            f"age_mean must be between age_minimum {trial.age_minimum:g} and age_maximum {trial.age_maximum:g}, "
            f"got {trial.age_mean:g}"
        )


def _check_attendance(trial: "TrialAssumptions") -> None:
    if not trial.n_sessions:
        return
    spread = trial.adherence_mean * (1 - trial.adherence_mean)
    lowest, highest = math.sqrt(spread / trial.n_sessions), math.sqrt(spread)
    if not lowest < trial.adherence_sd < highest:
        raise ValueError(
            f"adherence_sd must be between {lowest:.4f}, the coin-flip spread of {trial.n_sessions} sessions, and "
            f"{highest:.4f}, the most a share with mean {trial.adherence_mean:g} can have, got {trial.adherence_sd:g}"
        )
    largest = math.sqrt(trial.completion_mean * (1 - trial.completion_mean))
    if trial.completion_sd >= largest:
        raise ValueError(
            f"completion_sd must be below {largest:.4f}, the most a probability with mean "
            f"{trial.completion_mean:g} can have, got {trial.completion_sd:g}"
        )


def _check_outcome(name: str, outcome: "OutcomeAssumptions", visits: tuple[int, ...]) -> None:
    for field, length in (
        ("waitlist_change", len(visits) - 1),
        ("effect", len(visits) - 1),
        ("sd", len(visits)),
    ):
        got = len(getattr(outcome, field))
        if got != length:
            raise ValueError(f"{name}.{field} must have {length} values, one a visit, got {got}")
    changes = zip((0.0, *outcome.waitlist_change), (0.0, *outcome.effect), outcome.sd, visits, strict=True)
    for change, effect, sd, week in changes:
        _check_mean_and_sd(f"{name}: waitlist mean at week {week}", outcome.waitlist_baseline + change, sd)
        _check_mean_and_sd(f"{name}: running mean at week {week}", outcome.running_baseline + change + effect, sd)


def _check_mean_and_sd(what: str, mean: float, sd: float) -> None:
    """Refuse what no 0-100 score can have: its variance is at most mean x (100 - mean), two points at the ends."""
    if not 0 < mean < SCALE_MAXIMUM:
        raise ValueError(f"{what} must be inside the scale, in (0, 100), got {mean:g}")
    largest = math.sqrt(mean * (SCALE_MAXIMUM - mean))
    if sd >= largest:
        raise ValueError(f"{what} is {mean:g}, so its sd must be below {largest:.2f}, got {sd:g}")

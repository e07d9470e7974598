"""Assumptions solved once: what the simulator needs to know of them, handed down as one immutable value."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

import numpy as np

from asteroid_repro.mechanism.attendance_spread import attendance_beta
from asteroid_repro.mechanism.latent import LatentArm, latent_arm
from asteroid_repro.trial.assumptions import TrialAssumptions

ArmRole = Literal["treatment", "reference"]


@dataclass(frozen=True)
class Mechanism:
    """A trial's assumptions, and what they mean on the latent scale and for attendance.

    Two mechanisms are equal if their assumptions are: the rest follows.

    Attributes
    ----------
    assumptions : TrialAssumptions
        What is supposed.
    treatment, reference : LatentArm
        Latent scores of the arms.
    attendance : tuple of float or None
        Parameters of the beta distribution of personal attendance probabilities; None without sessions.
    """

    assumptions: TrialAssumptions
    treatment: LatentArm = field(compare=False, repr=False)
    reference: LatentArm = field(compare=False, repr=False)
    attendance: tuple[float, float] | None = field(compare=False, repr=False)

    def arm(self, role: ArmRole) -> LatentArm:
        """Return the latent scores of one arm."""
        return self.treatment if role == "treatment" else self.reference

    @property
    def n_scores(self) -> int:
        """Scores of a person: outcomes times visits."""
        return len(self.treatment.scores)

    @property
    def is_whole(self) -> bool:
        """Whether every score is a whole number of steps on a scale with ends."""
        return all(scale.is_bounded for scale in self.assumptions.design.outcomes)

    def in_steps(self, role: ArmRole) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and SD of an arm's latent scores in steps from the lowest score, shape (scores, 1, 1).

        Points where a scale is continuous, from 0 where it has no lowest score.
        """
        scores = self.arm(role).scores
        step = np.array([score.scale.step or 1.0 for score in scores])
        mean = np.array([score.mean - score.scale.lowest for score in scores]) / step
        sd = np.array([score.sd for score in scores]) / step
        return mean[:, np.newaxis, np.newaxis], sd[:, np.newaxis, np.newaxis]


@lru_cache(maxsize=64)
def solve(assumptions: TrialAssumptions) -> Mechanism:
    """Solve assumptions once; the same assumptions give the same mechanism back.

    Raises
    ------
    InputError
        No latent distribution gives the assumed moments.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> solve(ASTEROID).n_scores
    9
    """
    sessions = assumptions.sessions
    attendance = None
    if sessions is not None and assumptions.n_sessions:
        attendance = attendance_beta(
            sessions.adherence_mean,
            sessions.adherence_sd,
            assumptions.n_sessions,
            sessions.adherence_decline,
            sessions.programme.weeks,
        )
    return Mechanism(
        assumptions, latent_arm(assumptions, "treatment"), latent_arm(assumptions, "reference"), attendance
    )

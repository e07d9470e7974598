"""What is assumed of one outcome: means, effect and spread at every visit, on the observed scale."""

import math

import numpy as np
from pydantic import Field

from asteroid_repro.trial.design import Named, Outcome
from asteroid_repro.trial.quantities import Number, Positive


class OutcomeAssumptions(Named):
    """One outcome on its observed scale.

    The treatment arm's mean at a visit is its baseline mean, plus the reference arm's change, plus the effect.
    """

    treatment_baseline: Number = Field(description="Baseline mean of the treatment arm, points.")
    reference_baseline: Number = Field(description="Baseline mean of the reference arm, points.")
    reference_change: tuple[Number, ...] = Field(description="Mean change of the reference arm at each later visit.")
    effect: tuple[Number, ...] = Field(description="Treatment minus reference, later visits; one number: the last.")
    sd: tuple[Positive, ...] = Field(description="SD between people at each visit; one number: at every visit.")

    def means(self) -> dict[str, np.ndarray]:
        """Return the assumed mean at each visit, by arm, points."""
        change = np.array((0.0, *self.reference_change))
        effect = np.array((0.0, *self.effect))
        return {
            "treatment": self.treatment_baseline + change + effect,
            "reference": self.reference_baseline + change,
        }


def check_outcome(scale: Outcome, assumed: OutcomeAssumptions, visits: tuple[float, ...]) -> None:
    """Check that there are values for every visit, and scores that can have them.

    Raises
    ------
    ValueError
        Field, requirement and value of the first thing that cannot be.
    """
    for field, length in (("reference_change", len(visits) - 1), ("effect", len(visits) - 1), ("sd", len(visits))):
        got = len(getattr(assumed, field))
        if got != length:
            raise ValueError(
                f"{scale.name}.{field} must have {length} values, one a visit, got {got}. Correct the list."
            )
    for arm, means in assumed.means().items():
        for mean, sd, week in zip(means.tolist(), assumed.sd, visits, strict=True):
            _check_mean_and_sd(f"{scale.name}: {arm} mean at week {week:g}", mean, sd, scale)


def _check_mean_and_sd(what: str, mean: float, sd: float, scale: Outcome) -> None:
    """Refuse what no score of a bounded scale can have: its variance is largest with all people at the two ends."""
    if scale.minimum is None or scale.maximum is None:
        return
    if not scale.minimum < mean < scale.maximum:
        raise ValueError(
            f"{what} must be inside the scale, in ({scale.minimum:g}, {scale.maximum:g}), got {mean:g}. Correct it."
        )
    largest = math.sqrt((mean - scale.minimum) * (scale.maximum - mean))
    if sd >= largest:
        raise ValueError(f"{what} is {mean:g}, so its sd must be below {largest:.2f}, got {sd:g}. Lower it.")

"""What is assumed of a programme of sessions: who comes, how they progress, and what they run."""

import math
from typing import Self

from pydantic import BaseModel, Field, model_validator

from asteroid_repro.trial.design import FROZEN
from asteroid_repro.trial.programme import Programme
from asteroid_repro.trial.quantities import CorrelationBound, NotNegative, Positive, Share, ShareOrBound


class SessionAssumptions(BaseModel):
    """Attendance, progress and running of the treatment arm; a study without a programme has none."""

    model_config = FROZEN

    programme: Programme = Field(description="The programme: its name in the study, or a .toml file.")
    adherence_mean: Share = Field(description="Mean share of sessions attended.")
    adherence_sd: Positive = Field(description="SD between people of the observed share of sessions attended.")
    adherence_decline: ShareOrBound = Field(description="Decline of attendance over the weeks; 1: the steepest.")
    adherence_prognosis: CorrelationBound = Field(description="Correlation of attendance with a bad prognosis.")
    completion_mean: Share = Field(description="Mean probability that a session is done in full.")
    completion_sd: Positive = Field(description="SD of that probability between people.")
    running_speed_mean: Positive = Field(description="Mean running speed, km per hour.")
    running_speed_sd: Positive = Field(description="SD of running speed between people, km per hour.")
    flare_rate: NotNegative = Field(description="Pain flares per running hour that are no adverse event.")
    habitual_minutes: NotNegative = Field(description="Running a week that nobody is unused to, minutes.")
    load_spike: NotNegative = Field(description="Rise of the hazard per unit of weekly running beyond 1.5 times.")
    dose_response: ShareOrBound = Field(description="Share of the effect that is proportional to attendance.")
    session_outcome: str = Field(description="Outcome that people note in every session.")
    session_noise: NotNegative = Field(description="SD of that score around the line between visits, points.")
    flare_points: NotNegative = Field(description="How much higher that score is in a session with a flare, points.")

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        sessions = self.programme.n_sessions
        if not sessions:
            return self
        spread = self.adherence_mean * (1 - self.adherence_mean)
        lowest, highest = math.sqrt(spread / sessions), math.sqrt(spread)
        if not lowest < self.adherence_sd < highest:
            raise ValueError(
                f"adherence_sd must be between {lowest:.4f}, the coin-flip spread of {sessions} sessions, and "
                f"{highest:.4f}, the most a share with mean {self.adherence_mean:g} can have, got "
                f"{self.adherence_sd:g}. Choose one between."
            )
        largest = math.sqrt(self.completion_mean * (1 - self.completion_mean))
        if self.completion_sd >= largest:
            raise ValueError(
                f"completion_sd must be below {largest:.4f}, the most a probability with mean "
                f"{self.completion_mean:g} can have, got {self.completion_sd:g}. Lower it."
            )
        return self

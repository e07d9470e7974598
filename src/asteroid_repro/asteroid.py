"""What is supposed of ASTEROID, and of those who answered its call."""

from typing import Final, cast

from asteroid_repro.study_folder import study
from asteroid_repro.trial.candidacy import Candidacy

ASTEROID: Final = study("asteroid").assumptions
CANDIDACY: Final = cast("Candidacy", study("asteroid").screening)

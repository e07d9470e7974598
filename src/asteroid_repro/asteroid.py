"""What is supposed of ASTEROID, and of those who answered its call."""

from typing import Final

from asteroid_repro.study_folder import study

ASTEROID: Final = study("asteroid").assumptions
CANDIDACY: Final = study("asteroid").screening

"""ASTEROID as it is supposed here: the trial that is matched to the paper."""

from typing import Final

from asteroid_repro.calibration import matched_to_paper

ASTEROID: Final = matched_to_paper()

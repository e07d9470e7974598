"""The kinds of numbers that assumptions are made of, each with its requirement."""

import math
from typing import Annotated, Final

import numpy as np
from pydantic import AfterValidator

OUTCOMES: Final = ("average_pain", "current_pain", "disability")
ARMS: Final = ("running", "waitlist")
EVENT_KINDS: Final = ("lower_limb", "low_back_pain", "syncope")
UNITS: Final = {
    "average_pain": "points (VAS, 0-100)",
    "current_pain": "points (VAS, 0-100)",
    "disability": "points (ODI, 0-100)",
}
SCALE_MAXIMUM: Final = 100.0
"""Both instruments, the visual analogue scale and the Oswestry Disability Index, run from 0 to 100 points."""

_SAME: Final = 1e-5  # entries of a correlation matrix that are typed twice may be rounded differently


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("must be a finite number")
    return value


def _share(value: float) -> float:
    if not 0 < value < 1:
        raise ValueError("must be in (0, 1)")
    return value


def _share_or_bound(value: float) -> float:
    if not 0 <= value <= 1:
        raise ValueError("must be in [0, 1]")
    return value


def _share_of_visits(value: float) -> float:
    if not 0 <= value < 1:
        raise ValueError("must be in [0, 1)")
    return value


def _correlation(value: float) -> float:
    if not -1 < value < 1:
        raise ValueError("must be in (-1, 1)")
    return value


def _positive(value: float) -> float:
    if not 0 < value < math.inf:
        raise ValueError("must be positive and finite")
    return value


def _not_negative(value: float) -> float:
    if not 0 <= value < math.inf:
        raise ValueError("must be 0 or more and finite")
    return value


def _two_or_more(value: int) -> int:
    if value < 2:
        raise ValueError("must be 2 or more, or no spread within the arm can be estimated")
    return value


def _scale_mean(value: float) -> float:
    if not 0 < value < SCALE_MAXIMUM:
        raise ValueError("must be inside the scale, in (0, 100)")
    return value


def _correlation_matrix(rows: tuple[tuple[float, ...], ...]) -> tuple[tuple[float, ...], ...]:
    if any(len(row) != len(rows) for row in rows):
        raise ValueError("must be a square matrix")
    matrix = np.array(rows)
    if not np.isfinite(matrix).all():
        raise ValueError("must have finite entries")
    if max(np.abs(matrix - matrix.T).max(), np.abs(np.diag(matrix) - 1).max()) > _SAME:
        raise ValueError("must be symmetric with ones on the diagonal")
    smallest = np.linalg.eigvalsh(matrix)[0]
    if smallest <= 1e-10:
        raise ValueError(f"must be positive definite (its smallest eigenvalue is {smallest:.3g})")
    return rows


Number = Annotated[float, AfterValidator(_finite)]
Share = Annotated[float, AfterValidator(_share)]
ShareOfVisits = Annotated[float, AfterValidator(_share_of_visits)]
ShareOrBound = Annotated[float, AfterValidator(_share_or_bound)]
CorrelationBound = Annotated[float, AfterValidator(_correlation)]
Positive = Annotated[float, AfterValidator(_positive)]
NotNegative = Annotated[float, AfterValidator(_not_negative)]
ArmSize = Annotated[int, AfterValidator(_two_or_more)]
ScaleMean = Annotated[float, AfterValidator(_scale_mean)]
Correlations = Annotated[tuple[tuple[float, ...], ...], AfterValidator(_correlation_matrix)]

"""The kinds of numbers that assumptions are made of, each with its requirement."""

import math
from typing import Annotated, Final

import numpy as np
from pydantic import AfterValidator

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
Correlations = Annotated[tuple[tuple[float, ...], ...], AfterValidator(_correlation_matrix)]

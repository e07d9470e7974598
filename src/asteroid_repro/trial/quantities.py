"""The kinds of numbers that a study is made of, each with its requirement: no text, no truth value, no NaN."""

from collections.abc import Callable
from typing import Annotated, Any, Final

import numpy as np
from pydantic import AfterValidator, BeforeValidator, Strict

MOST_PEOPLE: Final = 50_000
"""Most people in an arm."""

_SAME: Final = 1e-5  # entries of a correlation matrix that are typed twice may be rounded differently


def _must(requirement: str, holds: Callable[[float], bool]) -> AfterValidator:
    def check(value: float) -> float:
        if not holds(value):
            raise ValueError(f"must {requirement}")
        return value

    return AfterValidator(check)


def _whole(value: Any) -> Any:
    """Take 20.0, which an arithmetic of claims gives, for 20."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _correlation_matrix(rows: tuple[tuple[float, ...], ...]) -> tuple[tuple[float, ...], ...]:
    if not rows or any(len(row) != len(rows) for row in rows):
        raise ValueError("must be a square matrix")
    matrix = np.array(rows)
    if max(np.abs(matrix - matrix.T).max(), np.abs(np.diag(matrix) - 1).max()) > _SAME:
        raise ValueError("must be symmetric with ones on the diagonal")
    smallest = np.linalg.eigvalsh(matrix)[0]
    if smallest <= 1e-10:
        raise ValueError(f"must be positive definite (its smallest eigenvalue is {smallest:.3g})")
    return rows


Number = Annotated[float, Strict()]
Share = Annotated[Number, _must("be in (0, 1)", lambda value: 0 < value < 1)]
ShareOrBound = Annotated[Number, _must("be in [0, 1]", lambda value: 0 <= value <= 1)]
ShareBelowOne = Annotated[Number, _must("be in [0, 1)", lambda value: 0 <= value < 1)]
CorrelationBound = Annotated[Number, _must("be in (-1, 1)", lambda value: -1 < value < 1)]
Positive = Annotated[Number, _must("be positive", lambda value: value > 0)]
NotNegative = Annotated[Number, _must("be 0 or more", lambda value: value >= 0)]
Whole = Annotated[int, Strict(), BeforeValidator(_whole), _must("be 0 or more", lambda value: value >= 0)]
Count = Annotated[int, Strict(), BeforeValidator(_whole), _must("be 1 or more", lambda value: value >= 1)]
ArmSize = Annotated[
    int,
    Strict(),
    BeforeValidator(_whole),
    _must("be 2 or more, or no spread within the arm can be estimated", lambda value: value >= 2),
    _must(f"be at most {MOST_PEOPLE}, which bounds work and memory", lambda value: value <= MOST_PEOPLE),
]
Correlations = Annotated[tuple[tuple[Number, ...], ...], AfterValidator(_correlation_matrix)]

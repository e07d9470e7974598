r"""Forms of the covariance of a person's visits, as functions of few parameters, with exact derivatives.

With :math:`d_{vw}` the weeks between two visits and :math:`|v - w|` their number of steps:

======================= ==============================================================================
unstructured            every variance and covariance
compound_symmetry       :math:`\sigma_b^2 + [v = w] \sigma_e^2`; :math:`\sigma_b^2` may be negative
ar1                     :math:`\sigma^2 \rho^{|v - w|}`
toeplitz                :math:`\sigma_{|v - w|}`
exponential             :math:`\sigma^2 \exp(-d_{vw} / r)`, r the range in weeks; any spacing
independent             :math:`[v = w] \sigma^2`
heterogeneous_...       the same correlations with a variance for each visit
======================= ==============================================================================

The parameters named here are those in which Kenward and Roger's adjustment of 1997 is taken where a form is not linear;
heterogeneous forms have the variances and the correlations :math:`\rho` (toeplitz: one a step).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from asteroid_repro.errors import InputError, check_choice

_LINEAR: Final = ("unstructured", "compound_symmetry", "toeplitz", "independent")
_SCALED: Final = ("ar1", "exponential")
_HETEROGENEOUS: Final = tuple(
    f"heterogeneous_{form}" for form in ("compound_symmetry", "ar1", "toeplitz", "exponential")
)
COVARIANCES: Final = (
    "unstructured",
    "compound_symmetry",
    "ar1",
    "toeplitz",
    "exponential",
    *_HETEROGENEOUS,
    "independent",
)
"""Every form by name."""


@dataclass(frozen=True)
class Shape:
    """A covariance at some parameters.

    Attributes
    ----------
    matrix : numpy.ndarray, shape (visits, visits)
        The covariance.
    slopes : numpy.ndarray, shape (parameters, visits, visits)
        Its first derivatives.
    curvatures : numpy.ndarray, shape (parameters, parameters, visits, visits), or None
        Its second derivatives; None where all are 0.
    """

    matrix: np.ndarray
    slopes: np.ndarray
    curvatures: np.ndarray | None


@dataclass(frozen=True)
class Form:
    """A form of covariance for given visits.

    Attributes
    ----------
    name : str
        One of :data:`COVARIANCES`.
    start : callable
        From variances (visits,) to parameters to begin with.
    at : callable
        From parameters to the covariance there.
    """

    name: str
    start: Callable[[np.ndarray], np.ndarray]
    at: Callable[[np.ndarray], Shape]


def covariance_form(name: str, weeks: Sequence[float]) -> Form:
    """Return a form of covariance by name for visits at these weeks.

    Raises
    ------
    InputError
        An unknown name, or unequally spaced visits for a form that counts steps.

    Examples
    --------
    >>> covariance_form("ar1", [0, 6, 12]).at(np.array([4.0, 0.5])).matrix[0].tolist()
    [4.0, 2.0, 1.0]
    """
    check_choice("covariance", name, COVARIANCES)
    when = np.asarray(weeks, dtype=float)
    correlation = name.removeprefix("heterogeneous_")
    if correlation in {"ar1", "toeplitz"} and len(when) > 2 and np.ptp(np.diff(when)) > 1e-9:
        raise InputError(
            f"week must be equally spaced for {name}, got {list(weeks)}. Use unstructured, or exponential, which "
            "goes by the weeks between."
        )
    if name in _LINEAR:
        return _linear(name, len(when))
    family, start = _correlations(correlation, when)
    return (_scaled if name in _SCALED else _heterogeneous)(name, family, start)


def _linear(name: str, visits: int) -> Form:
    """Return a form that is a sum of known matrices times parameters."""
    row, column = np.triu_indices(visits)
    steps = np.abs(np.subtract.outer(np.arange(visits), np.arange(visits)))
    if name == "unstructured":
        basis = np.zeros((len(row), visits, visits))
        basis[np.arange(len(row)), row, column] = basis[np.arange(len(row)), column, row] = 1
    elif name == "compound_symmetry":
        basis = np.stack([np.ones((visits, visits)), np.eye(visits)])
    else:
        basis = np.stack([(steps == step).astype(float) for step in range(visits if name == "toeplitz" else 1)])

    def start(variances: np.ndarray) -> np.ndarray:
        target = np.diag(variances if name == "unstructured" else np.full(visits, variances.mean()))
        return np.linalg.lstsq(basis.reshape(len(basis), -1).T, target.ravel(), rcond=None)[0]

    return Form(name, start, lambda theta: Shape(np.tensordot(theta, basis, 1), basis, None))


_Correlation = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]
"""From parameters to correlations with first (parameters, ...) and second (parameters, parameters, ...) derivatives."""


def _correlations(name: str, weeks: np.ndarray) -> tuple[_Correlation, np.ndarray]:
    steps = np.abs(np.subtract.outer(np.arange(len(weeks)), np.arange(len(weeks)))).astype(float)
    if name == "ar1":
        return lambda theta: _powers(theta[0], steps), np.array([0.3])
    if name == "exponential":
        apart = np.abs(np.subtract.outer(weeks, weeks))
        return lambda theta: _decay(theta[0], apart), np.array([float(np.median(np.diff(weeks)))])
    lags = np.minimum(steps, 1) if name == "compound_symmetry" else steps
    basis = np.stack([(lags == lag).astype(float) for lag in range(1, int(lags.max()) + 1)])
    flat = np.zeros((len(basis), len(basis), *lags.shape))
    return lambda theta: (np.eye(len(weeks)) + np.tensordot(theta, basis, 1), basis, flat), np.zeros(len(basis))


def _powers(rho: float, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    # Where the factor is 0 so is the derivative; a negative power of rho = 0 would spoil it.
    first = steps * rho ** np.maximum(steps - 1, 0)
    second = steps * (steps - 1) * rho ** np.maximum(steps - 2, 0)
    return rho**steps, first[np.newaxis], second[np.newaxis, np.newaxis]


def _decay(reach: float, apart: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if reach <= 0:
        raise np.linalg.LinAlgError
    correlation, rate = np.exp(-apart / reach), apart / reach**2
    second = correlation * (rate**2 - 2 * rate / reach)
    return correlation, (correlation * rate)[np.newaxis], second[np.newaxis, np.newaxis]


def _scaled(name: str, family: _Correlation, start: np.ndarray) -> Form:
    """Return a correlation with one variance for all visits."""

    def at(theta: np.ndarray) -> Shape:
        variance, (correlation, first, second) = theta[0], family(theta[1:])
        mixed = np.concatenate([np.zeros_like(correlation)[np.newaxis], first])
        below = np.concatenate([first[:, np.newaxis], variance * second], axis=1)
        slopes = np.concatenate([correlation[np.newaxis], variance * first])
        return Shape(variance * correlation, slopes, np.concatenate([mixed[np.newaxis], below]))

    return Form(name, lambda variances: np.concatenate([[variances.mean()], start]), at)


def _heterogeneous(name: str, family: _Correlation, start: np.ndarray) -> Form:
    """Return a correlation with a variance for each visit."""

    def at(theta: np.ndarray) -> Shape:
        visits = len(theta) - len(start)
        if (theta[:visits] <= 0).any():
            raise np.linalg.LinAlgError
        sds, (correlation, first, second) = np.sqrt(theta[:visits]), family(theta[visits:])
        scale = np.outer(sds, sds)
        # An entry (v, w) is s_v s_w c_vw: a variance moves it by its half, as often as the visit occurs in it.
        own = np.eye(visits)
        share = (own[:, :, np.newaxis] + own[:, np.newaxis]) / (2 * theta[:visits, np.newaxis, np.newaxis])
        twice = share[:, np.newaxis] * share - np.einsum("kl,kvw->klvw", own / theta[:visits], share)
        curvatures = np.zeros((len(theta), len(theta), visits, visits))
        curvatures[:visits, :visits] = twice * scale * correlation
        curvatures[:visits, visits:] = share[:, np.newaxis] * scale * first
        curvatures[visits:, :visits] = curvatures[:visits, visits:].swapaxes(0, 1)
        curvatures[visits:, visits:] = scale * second
        return Shape(scale * correlation, np.concatenate([share * scale * correlation, scale * first]), curvatures)

    return Form(name, lambda variances: np.concatenate([variances, start]), at)

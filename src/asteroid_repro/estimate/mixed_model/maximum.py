"""The maximum of the likelihood: Fisher scoring, then Newton's method, with halved steps where one leads uphill."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.linalg import LinAlgError, cholesky, solve

from asteroid_repro.estimate.inference import Likelihood
from asteroid_repro.estimate.mixed_model.blocks import Blocks
from asteroid_repro.estimate.mixed_model.deviance import Deviance, deviance_at
from asteroid_repro.estimate.mixed_model.visit_covariance import Form

_IMPOSSIBLE = (LinAlgError, ValueError)  # not positive definite; not finite
_MAXIMUM_STEPS = 200
_NEWTON_BELOW = 0.5  # distance (in deviance) to the optimum from which the parabola is trusted
_ARRIVED = 1e-9  # the same distance from which Newton's steps are counted down: each squares the error
_LEAST = 1e-12  # from here one more step leaves an error of 1e-12 standard errors
_SINGULAR = 1e-6  # share of a visit's variance that the other visits leave unexplained: so little is a boundary
_DEGENERATE = 1e-9  # so little is rounding: the likelihood has no maximum


@dataclass(frozen=True)
class Maximum:
    """A fit.

    Attributes
    ----------
    theta : numpy.ndarray, shape (parameters,)
        Parameters of the covariance, standardised.
    at : Deviance
        The likelihood there.
    iterations : int
        Steps taken.
    boundary : bool
        Whether the covariance is singular, or as good as.
    """

    theta: np.ndarray
    at: Deviance
    iterations: int
    boundary: bool


def find_maximum(data: Blocks, form: Form, likelihood: Likelihood) -> Maximum | None:
    """Maximise the likelihood over the covariance of the visits.

    Steps are as in :func:`asteroid_repro.estimate.likelihood.reml_fit.fit_reml`, and go on until rounding ends them.

    Returns
    -------
    Maximum or None
        None where the likelihood has no maximum inside the positive definite matrices, or was not found.

    References
    ----------
    .. [1] Jennrich & Schluchter (1986), Biometrics 42:805-820. doi:10.2307/2530695

    Examples
    --------
    >>> from asteroid_repro.estimate.mixed_model.blocks import make_blocks
    >>> from asteroid_repro.estimate.mixed_model.visit_covariance import covariance_form
    >>> scores = np.random.default_rng(7).normal(size=(12, 2))
    >>> data = make_blocks(scores, np.tile(np.eye(2), (12, 1, 1)), np.zeros(12, int))
    >>> fit = find_maximum(data, covariance_form("unstructured", [0, 6]), "REML")
    >>> bool(abs(fit.theta[0] * data.scale**2 / scores[:, 0].var(ddof=1) - 1) < 1e-12)
    True
    """
    evaluate = partial(deviance_at, data=data, form=form, likelihood=likelihood)
    theta = np.concatenate([form.start(own) for own in data.variances])
    with np.errstate(all="ignore"):  # near a singular covariance numbers overflow; such a fit is refused below
        return _climb(theta, evaluate)


def _climb(theta: np.ndarray, evaluate: Callable[[np.ndarray], Deviance]) -> Maximum | None:
    """Step to the maximum, and see that it is one."""
    try:
        at = evaluate(theta)
    except _IMPOSSIBLE:
        return None
    found, last = None, 3
    for step in range(1, _MAXIMUM_STEPS + 1):
        move, distance = _move(at)
        if move is None:
            return None
        lower = _halved(theta, move, at, evaluate)
        if lower is None:
            break
        theta, at = lower
        if distance < _ARRIVED:
            last -= 1
        if distance < _LEAST or last == 0:
            found = step
            break
    if found is None or _move(at)[1] > _ARRIVED:
        return None
    unexplained = _unexplained(at)
    if unexplained < _DEGENERATE:
        return None
    return Maximum(theta, at, found, unexplained < _SINGULAR)


def _move(at: Deviance) -> tuple[np.ndarray | None, float]:
    """Return the next step and the distance to the optimum in deviance; no step where the likelihood is flat."""
    try:
        fisher = -_solved(at.expected, at.gradient)
    except _IMPOSSIBLE:
        return None, np.inf
    distance = float(abs(at.gradient @ fisher))
    if distance >= _NEWTON_BELOW:
        return fisher, max(distance, 2 * _ARRIVED)
    try:
        return -_solved(at.observed, at.gradient), distance
    except _IMPOSSIBLE:
        return fisher, max(distance, 2 * _ARRIVED)


def _solved(matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
    cholesky(matrix)  # refuses what is not positive definite
    return np.asarray(solve(matrix, vector))


def _halved(
    theta: np.ndarray, move: np.ndarray, at: Deviance, evaluate: Callable[[np.ndarray], Deviance]
) -> tuple[np.ndarray, Deviance] | None:
    """Take the step, or as many times half of it as it must be to lower the deviance."""
    slack = 1e-10 * (1 + abs(at.value))  # rounding may lift the deviance of a step of no length
    for _ in range(40):
        try:
            following = evaluate(theta + move)
            if following.value <= at.value + slack:
                return theta + move, following
        except _IMPOSSIBLE:
            pass
        move = move / 2
    return None


def _unexplained(at: Deviance) -> float:
    """Return the smallest share of a visit's variance that the other visits leave unexplained."""
    shares = (1 / (np.diag(shape.matrix) * np.diag(np.linalg.inv(shape.matrix))) for shape in at.shapes)
    return float(min(share.min() for share in shares))

"""Restricted maximum likelihood of repeated measures with missing visits: Fisher scoring, then Newton's method."""

from dataclasses import dataclass

import numpy as np

from asteroid_repro.estimate.likelihood.covariance import Structure, matrices, structure
from asteroid_repro.estimate.likelihood.patterns import Patterns
from asteroid_repro.estimate.likelihood.reml import Criterion, criterion
from asteroid_repro.estimate.likelihood.symmetric import invert

_MAXIMUM_STEPS = 200  # only fits whose likelihood peaks near a singular covariance need more than 10
_NEWTON_BELOW = 0.5  # distance (in deviance) to the optimum from which the parabola is trusted
_TOLERANCE = 1e-9  # the same distance at which one more Newton step, which squares the error, is the last
_SINGULAR = 1e-6  # share of a visit's variance that the other visits leave unexplained


@dataclass(frozen=True)
class RemlFit:
    """Fits of one outcome in many trials.

    Attributes
    ----------
    parameters : numpy.ndarray, shape (parameters, trials)
        Of the covariance.
    at : Criterion
        The likelihood there.
    converged : numpy.ndarray of bool, shape (trials,)
        Whether the fit arrived at a maximum of the likelihood.
    singular : numpy.ndarray of bool, shape (trials,)
        Whether the covariance is singular, or so nearly that one visit is as good as determined by the others.
    """

    parameters: np.ndarray
    at: Criterion
    converged: np.ndarray
    singular: np.ndarray


def fit_reml(data: Patterns, covariance: str, columns: np.ndarray) -> RemlFit:
    r"""Maximise the restricted likelihood over the covariance of the visits.

    Steps are :math:`-H^{-1} g` with the gradient g of the deviance and H its expected second derivative (Fisher
    scoring, which arrives in one step on complete data with an unstructured covariance), or the observed one (Newton)
    once :math:`g' H^{-1} g < 0.5`. A step that leaves the positive definite matrices or does not lower the deviance is
    halved. Trials leave the batch as they arrive, so that a trial's result does not depend on its neighbours.

    Where no person has two visits together, or too few do, the likelihood has no maximum inside the positive definite
    matrices: such a trial ends with ``converged`` false. So does one that stops where the likelihood is not level or
    does not bend down every way, as rounding lets it on the way to a singular covariance.

    Parameters
    ----------
    data : Patterns
        With two or more observed scores in each arm at each visit.
    covariance : {"unstructured", "compound_symmetry", "ar1"}
        See :func:`asteroid_repro.estimate.likelihood.covariance.structure`.
    columns : numpy.ndarray of int, shape (2, visits)
        As in :func:`asteroid_repro.estimate.likelihood.reml.criterion`.

    Returns
    -------
    RemlFit
        Of every trial.

    Raises
    ------
    InputError
        An unknown covariance.

    References
    ----------
    .. [1] Jennrich & Schluchter (1986), Biometrics 42:805-820. doi:10.2307/2530695

    Examples
    --------
    >>> from asteroid_repro.estimate.likelihood.patterns import patterns
    >>> scores = np.random.default_rng(7).normal(size=(2, 12, 1))
    >>> data = patterns(scores[:, :5], scores[:, 5:])
    >>> fit = fit_reml(data, "unstructured", np.array([[0, 1], [2, 3]]))
    >>> bool(fit.converged[0]), bool(np.allclose(fit.parameters[[0, 2]], data.variances()))
    (True, True)
    """
    form = structure(covariance)
    # A visit whose scores do not vary has no likelihood: 0/0 becomes NaN, and the fit does not converge.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        parameters = form.start(data.variances())
        arrived = _climb(parameters, data, form, columns)
        at = criterion(parameters, data, form, columns)
        return RemlFit(parameters, at, arrived & _step(at)[1], _is_singular(parameters, form, data.visits))


def _climb(parameters: np.ndarray, data: Patterns, form: Structure, columns: np.ndarray) -> np.ndarray:
    """Move the parameters, in place, to the maximum; return which trials arrived."""
    trials = parameters.shape[1]
    active = np.arange(trials)
    steps, deviance = np.zeros_like(parameters), np.full(trials, np.inf)
    own = data
    for _ in range(_MAXIMUM_STEPS):
        proposed = parameters[:, active] + steps[:, active]
        at = criterion(proposed, own, form, columns)
        slack = 1e-10 * (1 + np.abs(at.deviance))  # rounding may lift the deviance of a step of no length
        lower = at.weights.positive & (at.deviance <= deviance[active] + slack)
        better = active[lower]
        parameters[:, better], deviance[better] = proposed[:, lower], at.deviance[lower]
        following, arrived = _step(at)
        steps[:, active] = np.where(lower, following, steps[:, active] / 2)
        last = lower & arrived
        parameters[:, active[last]] += following[:, last]
        left = np.flatnonzero(~last)
        if not left.size:
            return np.ones(trials, dtype=bool)
        if left.size < active.size:
            own, active = own.take(left), active[left]
    converged = np.ones(trials, dtype=bool)
    converged[active] = False
    return converged


def _step(at: Criterion) -> tuple[np.ndarray, np.ndarray]:
    """Return the next step and whether it is the last."""
    newton, fisher = invert(at.observed), invert(at.expected)
    scores = [np.einsum("klt,lt->kt", inverse.matrix, at.gradient) for inverse in (newton, fisher)]
    # Near a singular covariance rounding can make it negative, and far below 0 is no nearer than far above.
    distance = np.abs(np.einsum("kt,kt->t", at.gradient, scores[1]))
    close = newton.positive & (distance < _NEWTON_BELOW)
    return -np.where(close, scores[0], scores[1]), close & (distance < _TOLERANCE)


def _is_singular(parameters: np.ndarray, form: Structure, visits: int) -> np.ndarray:
    covariance = matrices(form.entries(parameters, visits), visits)
    inverse = invert(covariance)
    unexplained = 1 / np.einsum("vvt,vvt->vt", covariance, inverse.matrix)
    return np.asarray(~inverse.positive | (unexplained < _SINGULAR).any(axis=0))

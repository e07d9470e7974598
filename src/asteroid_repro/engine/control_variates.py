r"""Control variates: what is known of a trial's unbounded twin takes most of the chance out of a simulated measure.

A trial and its twin (:mod:`asteroid_repro.engine.twin`) share their normals, and the means :math:`\mu` of the twin's
figures x are known (:mod:`asteroid_repro.engine.normal_trials`). So with the figures y of the trials

.. math:: \hat y = \bar y - B'(\bar x - \mu), \quad B = S_{xx}^{-1} S_{xy}, \quad R = S_{yy} - S_{yx} B,

where S are the covariances over the n trials of the run itself. A measure is a function g of the means of the figures
(:func:`~asteroid_repro.engine.measures.measures`), here :math:`g(\hat y)`; its Monte Carlo standard error is that of
the regression estimate, :math:`\sqrt{g' R\, g'/n \cdot (n - 1)/(n - k - 1) \cdot (n - 2)/(n - k - 2)}` with g' the
gradient and k controls. That the coefficients come from the same trials biases the estimate by the order of 1/n, far
below its standard error [1]_; with fewer than :data:`LEAST_TRIALS` trials there is no control.

References
----------
.. [1] Lavenberg & Welch (1981), Manage Sci 27:322-335. doi:10.1287/mnsc.27.3.322
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from asteroid_repro.engine.measures import measures
from asteroid_repro.engine.normal_trials import normal_figures, standard_errors
from asteroid_repro.engine.twin import Twin, assumed_covariances, twin_analysis
from asteroid_repro.estimate.effects.methods import Analysis
from asteroid_repro.estimate.inference import Estimates, critical_value
from asteroid_repro.mechanism.mechanism import Mechanism
from asteroid_repro.trial.design import Outcome

LEAST_TRIALS: Final = 500
"""With fewer the coefficients would cost more than they bring."""

FIGURES: Final = (
    "usable", "error", "error_2", "variance", "width", "significant_size", "coverage", "power", "wrong_sign",
    "favours_treatment", "important", "boundary",
)  # fmt: skip
"""The figures of a trial that measures are made of."""

CONTROLS: Final = (
    "error", "error_2", "variance", "width", "significant_size", "significant_size_2", "coverage", "power",
    "favours_reference", "important", "nearly", "clearly",
)  # fmt: skip
"""The figures of the twin that are controls; the last two are significance at 0.9 and 1.1 times the critical value."""

LEAST_EVENTS: Final = 25
"""See :class:`Knowledge`."""

_ENDLESS: Final = 10**15  # trials, where nothing is simulated
_NO_SHARES: Final = ("error", "error_2", "variance", "width")
_SHIFTED: Final = {"nearly": 0.9, "clearly": 1.1}
_TOGETHER: Final = 250  # trials multiplied at once: more would wake the other cores
_COLLINEAR: Final = 1e-10


@lru_cache(maxsize=256)
def known_means(mechanism: Mechanism, analysis: Analysis) -> Mapping[str, np.ndarray]:
    """Return the means of all figures of a twin, each of shape (visits - 1, outcomes).

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> from asteroid_repro.mechanism.mechanism import solve
    >>> known = known_means(solve(ASTEROID), Analysis("mmrm", "t"))
    >>> round(float(known["power"][-1, 0]), 3)  # that of the t test
    0.83
    """
    assumptions = mechanism.assumptions
    visits, outcomes = range(1, len(assumptions.visits)), range(len(assumptions.outcomes))
    found = [[_known(mechanism, analysis, visit, index) for index in outcomes] for visit in visits]
    return {name: np.array([[place[name] for place in row] for row in found]) for name in found[0][0]}


def _known(mechanism: Mechanism, analysis: Analysis, visit: int, index: int) -> dict[str, float]:
    assumptions, own = mechanism.assumptions, twin_analysis(analysis)
    outcome, n = assumptions.design.outcomes[index], (assumptions.n_treatment, assumptions.n_reference)
    effect = assumptions.outcomes[index].effect[visit - 1]
    errors = standard_errors(assumed_covariances(mechanism)[index], visit, n, own)
    shifted = {name: normal_figures(errors, effect, outcome, own.level, by)["power"] for name, by in _SHIFTED.items()}
    return normal_figures(errors, effect, outcome, own.level) | shifted


@dataclass(frozen=True)
class Knowledge:
    """What is known of some controls, and where it may be used.

    A share that fewer than :data:`LEAST_EVENTS` of a run's trials are expected to have, or to lack, is no control and
    is not controlled: a coefficient from a handful of trials has an error that its standard error does not show.

    Attributes
    ----------
    mean : numpy.ndarray, shape (..., controls)
        Means of the controls.
    controls : numpy.ndarray of bool, shape (..., controls)
        Which controls are used.
    figures : numpy.ndarray of bool, shape (..., figures)
        Which figures are controlled.
    """

    mean: np.ndarray
    controls: np.ndarray
    figures: np.ndarray


def knowledge(known: Mapping[str, np.ndarray], trials: int) -> Knowledge:
    """Return what is known of :data:`CONTROLS` and may be used for :data:`FIGURES`; shapes (visits - 1, outcomes, ...).

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> from asteroid_repro.mechanism.mechanism import solve
    >>> found = knowledge(known_means(solve(ASTEROID), Analysis("mmrm", "t")), 1000)
    >>> bool(found.figures[-1, 0, FIGURES.index("power")]), bool(found.figures[-1, 0, FIGURES.index("wrong_sign")])
    (True, False)
    """
    mean = np.nan_to_num(np.stack([known[name] for name in CONTROLS], axis=-1))
    return Knowledge(mean, *(_frequent(known, names, trials) for names in (CONTROLS, FIGURES)))


def _frequent(known: Mapping[str, np.ndarray], names: Sequence[str], trials: int) -> np.ndarray:
    events = [known["power" if name.startswith("significant") else name] for name in names]
    often = [trials * np.minimum(each, 1 - each) >= LEAST_EVENTS for each in events]
    ever = [name in _NO_SHARES or each for name, each in zip(names, often, strict=True)]
    return np.stack(np.broadcast_arrays(*ever), axis=-1)


def figure_rows(figures: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """Return :data:`FIGURES` of trials, each of the same shape; whether a change is important is 0 where it is unknown.

    Examples
    --------
    >>> figure_rows({name: np.array([np.nan]) for name in FIGURES})[FIGURES.index("important")].tolist()
    [0.0]
    """
    known = {"important": np.nan_to_num(figures["important"])}
    return [known.get(name, figures[name]) for name in FIGURES]


def control_rows(twin: Twin, mechanism: Mechanism, analysis: Analysis) -> list[np.ndarray]:
    """Return :data:`CONTROLS` of all twins that were seen, each of shape (visits - 1, outcomes, trials).

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> from asteroid_repro.mechanism.mechanism import solve
    >>> mechanism = solve(ASTEROID)
    >>> control_rows(Twin(mechanism, 0), mechanism, Analysis("mmrm", "t"))[0].shape
    (2, 3, 0)
    """
    outcomes = mechanism.assumptions.design.outcomes
    found = control_figures(twin.estimates(analysis), twin.effects, outcomes, analysis.level)
    return [found[name] for name in CONTROLS]


def control_figures(
    fit: Estimates, effect: np.ndarray, outcomes: Sequence[Outcome], level: float
) -> dict[str, np.ndarray]:
    """Return the controls of every twin by name, each of shape (visits - 1, outcomes, trials).

    Parameters
    ----------
    fit : Estimates
        Of the twins, shape (visits - 1, outcomes, trials).
    effect : numpy.ndarray, shape (visits - 1, outcomes)
        The assumed one, points.
    outcomes : sequence of Outcome
        Which way is better, and the minimal important change.
    level : float
        Confidence level.

    Examples
    --------
    >>> one = np.array([[[-6.0, -1.0]]])
    >>> fit = Estimates(one, np.full_like(one, 2.0), np.array(np.inf))
    >>> pain = Outcome(name="pain", label="Pain", better="lower", important=10)
    >>> control_figures(fit, np.array([[-5.0]]), [pain], 0.95)["power"].tolist()
    [[[True, False]]]
    """
    margin, size = critical_value(fit.df, level) * fit.standard_error, np.abs(fit.estimate)
    error = fit.estimate - effect[..., np.newaxis]
    benefit = np.array([outcome.sign for outcome in outcomes])[:, np.newaxis] * fit.estimate
    least = np.array([np.inf if outcome.important is None else outcome.important for outcome in outcomes])
    significant = size > margin
    return {
        "error": error,
        "error_2": error**2,
        "variance": fit.standard_error**2,
        "width": 2 * margin,
        "significant_size": size * significant,
        "significant_size_2": size**2 * significant,
        "coverage": np.abs(error) <= margin,
        "power": significant,
        "favours_reference": -benefit > margin,
        "important": benefit >= least[:, np.newaxis],
        **{name: size > factor * margin for name, factor in _SHIFTED.items()},
    }


def summed_products(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Return sums over trials of the products of every two rows, after a first row of ones.

    Parameters
    ----------
    rows : sequence of numpy.ndarray, each of shape (..., trials)
        Figures and controls.

    Returns
    -------
    numpy.ndarray, shape (..., 1 + rows, 1 + rows)
        The first row has the sums themselves, the first number is that of the trials.

    Examples
    --------
    >>> summed_products([np.array([2.0, 3.0])]).tolist()
    [[2.0, 5.0], [5.0, 13.0]]
    """
    shape, trials = rows[0].shape[:-1], rows[0].shape[-1]
    together = np.ones((*shape, 1 + len(rows), _TOGETHER))
    products = np.zeros((*shape, 1 + len(rows), 1 + len(rows)))
    for start in range(0, trials, _TOGETHER):
        part = together[..., : trials - start]
        for place, row in enumerate(rows, start=1):
            part[..., place, :] = row[..., start : start + _TOGETHER]
        products += part @ part.swapaxes(-1, -2)
    return products


@dataclass(frozen=True)
class Controlled:
    """Means of the figures of many trials.

    Attributes
    ----------
    mean : numpy.ndarray, shape (..., figures)
        The regression estimates.
    covariance : numpy.ndarray, shape (..., figures, figures)
        Of these estimates.
    plain_covariance : numpy.ndarray, shape (..., figures, figures)
        Of the plain means of the same trials.
    """

    mean: np.ndarray
    covariance: np.ndarray
    plain_covariance: np.ndarray

    def at(self, place: int) -> "Controlled":
        """Return those at one place of the first axis."""
        return Controlled(self.mean[place], self.covariance[place], self.plain_covariance[place])


def controlled(products: np.ndarray, known: Knowledge) -> Controlled:
    """Return the regression estimates of the means of figures, from the sums of their products with the controls.

    Parameters
    ----------
    products : numpy.ndarray, shape (..., 1 + figures + controls, 1 + figures + controls)
        From :func:`summed_products`.
    known : Knowledge
        Of the controls.

    Examples
    --------
    >>> y, yes = np.array([1.0, 2.0, 4.0, 5.0]), np.array([True])
    >>> controlled(summed_products([y, y + 1]), Knowledge(np.array([5.0]), yes, yes)).mean.round(9).tolist()
    [4.0]
    """
    n, mean, covariance = _moments(products)
    split = mean.shape[-1] - known.mean.shape[-1]
    y, x = slice(split), slice(split, None)
    of_controls, with_figures = covariance[..., x, x], covariance[..., x, y]
    slopes = _regressed(of_controls, with_figures, known)
    shift = (mean[..., x] - known.mean[..., np.newaxis, :]) @ slopes
    explained = slopes.swapaxes(-1, -2) @ with_figures
    residual = covariance[..., y, y] - explained - explained.swapaxes(-1, -2)
    residual += slopes.swapaxes(-1, -2) @ of_controls @ slopes
    used = known.controls.sum(axis=-1)[..., np.newaxis, np.newaxis]
    lost = (n - 2) / (n - used - 2) / (n - used - 1)
    return Controlled((mean[..., y] - shift)[..., 0, :], residual * lost, covariance[..., y, y] / (n - 1))


def coefficients(products: np.ndarray, known: Knowledge) -> np.ndarray:
    """Return the coefficients of the controls alone, shape (..., controls, figures); arguments as :func:`controlled`.

    Examples
    --------
    >>> y, yes = np.array([1.0, 2.0, 4.0, 5.0]), np.array([True])
    >>> coefficients(summed_products([y, 2 * y]), Knowledge(np.array([6.0]), yes, yes)).round(9).tolist()
    [[0.5]]
    """
    covariance = _moments(products)[2]
    split = covariance.shape[-1] - known.mean.shape[-1]
    return _regressed(covariance[..., split:, split:], covariance[..., split:, :split], known)


def _moments(products: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return number of trials (..., 1, 1), means (..., 1, rows) and covariance (..., rows, rows)."""
    n = products[..., :1, :1]
    mean = products[..., :1, 1:] / n
    return n, mean, products[..., 1:, 1:] / n - mean * mean.swapaxes(-1, -2)


def _regressed(of_controls: np.ndarray, with_figures: np.ndarray, known: Knowledge) -> np.ndarray:
    """Regress figures on controls, of which some may be constant or follow from others."""
    sd = np.sqrt(np.maximum(np.einsum("...kk->...k", of_controls), 0))
    usable = known.controls & (sd > 0)
    scale = np.where(usable, 1 / np.where(usable, sd, 1), 0)[..., np.newaxis]
    inverse = np.linalg.pinv(scale * of_controls * scale.swapaxes(-1, -2), rcond=_COLLINEAR, hermitian=True)
    return np.asarray(scale * (inverse @ (scale * with_figures)) * known.figures[..., np.newaxis, :])


def controlled_measures(
    found: Controlled, truth: np.ndarray, trials: int, truth_error: np.ndarray | float = 0.0
) -> dict[str, tuple[np.ndarray, ...]]:
    """Return every measure with its Monte Carlo standard error, and how many plain trials it is worth.

    Parameters
    ----------
    found : Controlled
        Of :data:`FIGURES`, shape (visits - 1, outcomes, figures).
    truth, truth_error
        As in :func:`~asteroid_repro.engine.measures.measures`.
    trials : int
        Number of trials.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, operating_characteristics
    >>> power = operating_characteristics(ASTEROID, trials=1000, seed=1).value("average_pain", "power")
    >>> bool(power.worth > 3 * 1000)
    True
    """
    values = _values(np.moveaxis(found.mean, -1, 0), truth, trials)
    spread = np.sqrt(np.einsum("...pp->...p", found.plain_covariance) * trials)
    step = 1e-6 * (np.abs(found.mean) + spread) + 1e-12
    moves = np.moveaxis(step[..., np.newaxis] * np.eye(len(FIGURES)), (-1, -2), (0, 1))  # (figures, moved, ...)
    mean = np.moveaxis(found.mean, -1, 0)[:, np.newaxis]
    higher, lower = (_values(mean + way * moves, truth, trials) for way in (1, -1))
    gradients = np.stack([(higher[name] - lower[name]) / (2 * np.moveaxis(step, -1, 0)) for name in values])
    errors, plain = (_error(np.moveaxis(gradients, 1, -1), each) for each in (found.covariance, found.plain_covariance))
    with np.errstate(divide="ignore", invalid="ignore"):  # what no trial varies in
        worth = np.where(plain > 0, trials * (plain / errors) ** 2, trials)
    measured: dict[str, tuple[np.ndarray, ...]] = dict(
        zip(values, zip(values.values(), errors, worth, strict=True), strict=True)
    )
    measured["bias"] = values["bias"], np.hypot(measured["bias"][1], truth_error), measured["bias"][2]
    measured["truth"] = np.broadcast_arrays(values["truth"], truth_error, np.inf)
    return measured


def exact_measures(known: Mapping[str, np.ndarray], truth: np.ndarray) -> dict[str, np.ndarray]:
    """Return the measures of trials that are their own twins, from the means of :func:`known_means`.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> from asteroid_repro.mechanism.mechanism import solve
    >>> known = known_means(solve(ASTEROID), Analysis("mmrm", "t"))
    >>> round(float(exact_measures(known, np.full((2, 3), -5.2))["type_m"][-1, 2]), 3)
    1.358
    """
    return _values(np.stack([known[name] for name in FIGURES]), truth, _ENDLESS)


def ratio(found: Controlled, trials: int, *, of: tuple[int, int] = (1, 0)) -> tuple[float, float, float]:
    """Return a mean over another, its standard error, and how many plain trials it is worth.

    Parameters
    ----------
    found : Controlled
        Of two figures or more, at one place.
    trials : int
        Number of trials.
    of : tuple of int
        Which figure is divided by which.

    Examples
    --------
    >>> ratio(Controlled(np.array([0.5, 0.25]), np.diag([0.0, 0.01]), np.diag([0.0, 0.04])), 100)
    (0.5, 0.2, 400.0)
    """
    above, below = found.mean[list(of)]
    with np.errstate(divide="ignore", invalid="ignore"):  # none usable, or no trial that varies
        value = above / below
        gradient = np.zeros(len(found.mean))
        gradient[list(of)] = np.array([1.0, -value]) / below
        error, plain = (_error(gradient, each) for each in (found.covariance, found.plain_covariance))
        worth = trials * (plain / error) ** 2 if plain > 0 else trials
    return float(value), float(error), float(worth)


def _values(means: np.ndarray, truth: np.ndarray, trials: int) -> dict[str, np.ndarray]:
    """Return every measure from the means of the figures, shape (figures, ...)."""
    sums = dict(zip(FIGURES, trials * means, strict=True))
    unused = {f"{name}_2": sums["usable"] for name in ("variance", "width", "significant_size", "error_2")}
    return {name: value for name, (value, _) in measures(sums | unused, truth, trials).items()}


def _error(gradient: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    squared = np.einsum("...p,...pq,...q->...", gradient, covariance, gradient)
    return np.asarray(np.sqrt(np.maximum(squared, 0)))

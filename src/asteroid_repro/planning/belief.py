"""What is believed of a true effect: one estimate drawn towards no effect, as effects that can be simulated."""

from dataclasses import dataclass
from math import ceil, copysign, inf, isfinite, pi, sqrt
from typing import Final, Literal

import numpy as np
from scipy.special import ndtr, roots_hermite

from asteroid_repro.errors import InputError, check_positive, check_whole
from asteroid_repro.mechanism.latent import latent_arm
from asteroid_repro.planning.approximate_power import estimate_spread
from asteroid_repro.planning.search import smallest
from asteroid_repro.tables.limits import Limits
from asteroid_repro.trial.assumptions import TrialAssumptions

Shrinkage = float | Literal["empirical_bayes"]

_FARTHEST: Final = 4.5  # SDs of the belief: 7 in a million lie beyond
_MOST_NODES: Final = 1001
_MOST_BEYOND: Final = 0.25  # of the belief, where the scale has no room for it
_PARTS: Final = 256  # of the reach: to one of them the largest possible effect is found


@dataclass(frozen=True)
class Belief:
    """A normal distribution of a true effect.

    Attributes
    ----------
    mean, sd : float
        In the unit of the estimate.
    shrinkage : float
        The share of the estimate that was taken away, from 0 (nothing) to 1 (all).
    """

    mean: float
    sd: float
    shrinkage: float


def shrunk(estimate: float, se: float, shrinkage: Shrinkage = 0.0) -> Belief:
    r"""Return what to believe of the true effect.

    Published estimates are too large on average, since the significant ones are the ones that get published. With a
    number s the belief is normal with mean (1 - s) times the estimate and the standard error as its SD. With
    ``"empirical_bayes"`` the effect is supposed to come from a normal distribution around 0 whose variance is the one
    that fits the estimate best: then :math:`s = \min(1, se^2/estimate^2)` and the SD is :math:`\sqrt{1 - s}\, se`.

    **The same shrinkage asked for in the two ways gives two different SDs.** A number corrects a bias of the estimate
    by hand and says nothing of its error, so the SD stays the standard error. The empirical Bayes belief is a
    posterior, and the prior that draws it towards 0 also makes it narrower. This is the convention of the R package
    ReplicationSuccess: its design priors ``predictive``, with ``shrinkage``, and ``EB``.

    Parameters
    ----------
    estimate, se : float
        The estimate and its standard error.
    shrinkage : float or "empirical_bayes"
        From 0, nothing, to 1, all of the estimate; not a truth value.

    Returns
    -------
    Belief
        SD 0 where the empirical Bayes shrinkage takes all.

    Raises
    ------
    InputError
        An estimate that is not finite, a standard error that is not positive, or a shrinkage that is neither a number
        in [0, 1] nor that name.

    References
    ----------
    .. [1] Copas (1983), J R Stat Soc B 45:311-354. doi:10.1111/j.2517-6161.1983.tb01258.x
    .. [2] Pawel & Held (2020), PLoS ONE 15:e0231416. doi:10.1371/journal.pone.0231416

    Examples
    --------
    >>> by_name, by_number = shrunk(-10.0, 5.0, "empirical_bayes"), shrunk(-10.0, 5.0, 0.25)
    >>> by_name.mean, by_number.mean
    (-7.5, -7.5)
    >>> round(by_name.sd, 2), by_number.sd
    (4.33, 5.0)
    """
    if not isfinite(estimate):
        raise InputError(f"estimate must be a finite number, got {estimate!r}. Give the published one.")
    check_positive("se", se, "Give the estimate's standard error.")
    if shrinkage == "empirical_bayes":
        part = min(1.0, (se / estimate) ** 2) if estimate else 1.0
        return Belief((1 - part) * estimate, (1 - part) ** 0.5 * se, part)
    if isinstance(shrinkage, bool) or not isinstance(shrinkage, int | float) or not 0 <= shrinkage <= 1:
        raise InputError(f"shrinkage must be in [0, 1] or 'empirical_bayes', got {shrinkage!r}. 0 takes nothing away.")
    return Belief((1 - shrinkage) * estimate, se, float(shrinkage))


def believed_effects(
    assumptions: TrialAssumptions, belief: Belief, *, outcome: str, week: float, method: str, nodes: int | None = None
) -> tuple[np.ndarray, np.ndarray, float]:
    r"""Return effects :math:`m + \sqrt 2\, s\, x_k` and weights :math:`w_k / \sqrt{\pi}` of Gauss-Hermite quadrature.

    Effects beyond the largest possible one, in either direction, become that one.

    Parameters
    ----------
    assumptions : TrialAssumptions
        The trial planned.
    belief : Belief
        With a positive SD.
    outcome, week, method, nodes
        As in :func:`asteroid_repro.assurance`.

    Returns
    -------
    effects, weights : numpy.ndarray, shape (effects,)
        True effects, points, smallest first, and their shares in the average.
    beyond_scale : float
        Probability, by the belief, of an effect that the outcome's scale has no room for.

    Raises
    ------
    InputError
        A belief of which more than a quarter lies beyond the scale, or an even number of nodes.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> effects, weights, _ = believed_effects(
    ...     ASTEROID, Belief(-12.0, 4.0, 0.0), outcome="average_pain", week=12, method="ancova", nodes=3
    ... )
    >>> effects.round(2).tolist(), weights.round(2).tolist()
    ([-18.93, -12.0, -5.07], [0.17, 0.67, 0.17])
    """
    true_se, _, _ = estimate_spread(assumptions, outcome=outcome, week=week, method=method)
    enough = max(15, 2 * ceil((belief.sd / true_se) ** 2) + 1)  # a power curve may rise over a small part of the belief
    x, w = roots_hermite(enough if nodes is None else _odd(nodes))
    x[len(x) // 2] = 0.0  # it is, but for rounding
    reach = _FARTHEST * belief.sd
    possible = possible_effects(assumptions, outcome=outcome, week=week, centre=belief.mean, reach=reach)
    beyond = float(ndtr((possible.low - belief.mean) / belief.sd) + ndtr((belief.mean - possible.high) / belief.sd))
    if beyond > _MOST_BEYOND:
        raise InputError(
            f"sd must leave the true effect room on the scale, from {possible.low:.1f} to {possible.high:.1f} points, "
            f"got {beyond:.0%} of the belief beyond (mean {belief.mean:g}, sd {belief.sd:g}). "
            "Shrink it, or assume other baselines or spreads."
        )
    inside = np.clip(sqrt(2) * belief.sd * x, -reach, reach) + belief.mean
    effects, place = np.unique(np.clip(inside, possible.low, possible.high), return_inverse=True)
    return effects, np.bincount(place, w / sqrt(pi)), beyond


def possible_effects(
    assumptions: TrialAssumptions, *, outcome: str, week: float, centre: float, reach: float
) -> Limits[float]:
    """Find how far an effect can go from a possible one, in both directions.

    Near the end of the scale scores can no longer have the assumed SD, nor the assumed correlations with other scores.
    The limits are found by halving the way, to 1/256 of the reach, on the possible side.

    Parameters
    ----------
    assumptions : TrialAssumptions
        The trial's assumptions.
    outcome : str
        Name of the outcome.
    week : float
        A visit after the first.
    centre : float
        A possible effect, points.
    reach : float
        How far to look, points.

    Returns
    -------
    Limits
        Smallest and largest possible effect, points; infinite where there is no limit within reach.

    Raises
    ------
    InputError
        The centre itself is impossible: the message says why.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> effects = possible_effects(ASTEROID, outcome="average_pain", week=12, centre=-15.3, reach=30)
    >>> -34 < effects.low < -31, effects.high
    (True, inf)
    """

    def check(effect: float) -> None:
        latent_arm(assumptions.with_effect_through(outcome, week, effect).with_equal_baselines(), "treatment")

    def fails(effect: float) -> bool:
        try:
            check(effect)
        except InputError:
            return True
        return False

    def farthest(way: float) -> float:
        if not fails(centre + way):
            return copysign(inf, way)
        first = smallest(lambda part: fails(centre + part / _PARTS * way), True, 0, _PARTS)
        return centre + (first - 1) / _PARTS * way

    check(centre)
    return Limits(farthest(-reach), farthest(reach))


def _odd(nodes: int) -> int:
    if check_whole("nodes", nodes, 3, "Try 15.", _MOST_NODES) % 2 == 0:
        raise InputError(f"nodes must be an odd number, got {nodes!r}. Try 15.")
    return nodes

"""A belief about the true effect as a weighted average over a few effects that can be simulated."""

from dataclasses import dataclass
from math import ceil, pi, sqrt
from typing import Final

import numpy as np
from scipy.special import ndtr, roots_hermite

from asteroid_repro.errors import InputError
from asteroid_repro.planning.approximate_power import estimate_spread
from asteroid_repro.planning.possible_effects import possible_effects
from asteroid_repro.planning.shrink import Belief
from asteroid_repro.trial.assumptions import TrialAssumptions

_FARTHEST: Final = 4.5  # SDs of the belief: 7 in a million lie beyond
_MOST_BEYOND: Final = 0.25  # of the belief, where the scale has no room for it


@dataclass(frozen=True)
class BelievedEffects:
    """A belief as a weighted average.

    Attributes
    ----------
    effects, weights : numpy.ndarray, shape (effects,)
        True effects, points, smallest first, and their shares in the average.
    beyond_scale : float
        Probability, by the belief, of an effect that the outcome's scale has no room for.
    """

    effects: np.ndarray
    weights: np.ndarray
    beyond_scale: float


def believed_effects(
    assumptions: TrialAssumptions, belief: Belief, *, outcome: str, week: int, method: str, nodes: int | None = None
) -> BelievedEffects:
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
    BelievedEffects
        Points.

    Raises
    ------
    InputError
        A belief of which more than a quarter lies beyond the scale, or an even number of nodes.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> tried = believed_effects(
    ...     ASTEROID, Belief(-12.0, 4.0, 0.0), outcome="average_pain", week=12, method="ancova", nodes=3
    ... )
    >>> tried.effects.round(2).tolist(), tried.weights.round(2).tolist()
    ([-18.93, -12.0, -5.07], [0.17, 0.67, 0.17])
    """
    se = estimate_spread(assumptions, outcome=outcome, week=week, method=method).true_se
    x, w = roots_hermite(_number_of_nodes(nodes, belief.sd / se))
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
    return BelievedEffects(effects, np.bincount(place, w / sqrt(pi)), beyond)


def _number_of_nodes(asked: int | None, ratio: float) -> int:
    """Return the nodes asked for, or enough for a power curve that rises over a small part of the belief."""
    if asked is None:
        return max(15, 2 * ceil(ratio**2) + 1)
    if isinstance(asked, bool) or not isinstance(asked, int) or asked < 3 or asked % 2 == 0:
        raise InputError(f"nodes must be an odd number of 3 or more, got {asked!r}. Try 15.")
    return asked

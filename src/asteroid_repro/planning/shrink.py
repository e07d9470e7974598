"""What to believe of a true effect after one estimate: the estimate and its error, drawn towards no effect."""

from dataclasses import dataclass
from math import isfinite
from typing import Literal

from asteroid_repro.errors import InputError

Shrinkage = float | Literal["empirical_bayes"]


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
    if not 0 < se < float("inf"):
        raise InputError(f"se must be positive and finite, got {se!r}. Give the estimate's standard error.")
    if shrinkage == "empirical_bayes":
        part = min(1.0, (se / estimate) ** 2) if estimate else 1.0
        return Belief((1 - part) * estimate, (1 - part) ** 0.5 * se, part)
    if isinstance(shrinkage, bool) or not isinstance(shrinkage, int | float) or not 0 <= shrinkage <= 1:
        raise InputError(f"shrinkage must be in [0, 1] or 'empirical_bayes', got {shrinkage!r}. 0 takes nothing away.")
    return Belief((1 - shrinkage) * estimate, se, float(shrinkage))

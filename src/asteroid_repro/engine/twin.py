r"""The unbounded twin of a simulated trial: the same normals, neither rounded nor bounded, whose figures are known.

Its people have the assumed effects, SDs and correlations too, but as normal scores without steps or ends, the same
covariance in both arms, and arms alike at baseline. With :math:`L_a` the Cholesky factor of an arm's *latent*
covariance of an outcome and L that of the assumed one, the twin's scores are :math:`L L_a^{-1}` times the latent ones,
so that only the sums of the latent scores are needed. It is nearly the trial itself, and all its figures are known
(:mod:`asteroid_repro.engine.normal_trials`): what chance did to it, chance did to the trial.
"""

from typing import Final

import numpy as np

from asteroid_repro.estimate.effects.methods import METHODS, Analysis, closed_form
from asteroid_repro.estimate.effects.moments import Moments
from asteroid_repro.estimate.inference import Estimates
from asteroid_repro.mechanism.mechanism import ArmRole, Mechanism

_ARMS: Final[tuple[ArmRole, ArmRole]] = ("treatment", "reference")


def twin_analysis(analysis: Analysis) -> Analysis:
    """Return how the twin is analysed: by the same method where it has a closed form, else by its nearest kin.

    Examples
    --------
    >>> twin_analysis(Analysis("clda", "kenward_roger")).method
    'ancova'
    """
    kin = "ancova" if METHODS[analysis.method].adjusted else "mmrm"
    method = analysis.method if METHODS[analysis.method].complete else kin
    return Analysis(method, "z" if analysis.distribution == "z" else "t", analysis.level)


def assumed_covariances(mechanism: Mechanism) -> np.ndarray:
    """Return the assumed covariance of every outcome's visits, squared points, shape (outcomes, visits, visits).

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> from asteroid_repro.mechanism.mechanism import solve
    >>> assumed_covariances(solve(ASTEROID)).shape
    (3, 3, 3)
    """
    sds = np.array([outcome.sd for outcome in mechanism.assumptions.outcomes])
    return np.asarray(np.array(mechanism.assumptions.visit_correlation) * sds[:, :, np.newaxis] * sds[:, np.newaxis])


class Twin:
    """Collects the moments of the twins while the latent scores of their trials are drawn, tile after tile.

    Attributes
    ----------
    moments : Moments
        Shapes (visits, outcomes, trials) and (visits, visits, outcomes, trials), points.
    effects : numpy.ndarray, shape (visits - 1, outcomes)
        The assumed ones, points.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> from asteroid_repro.mechanism.mechanism import solve
    >>> from asteroid_repro.simulate.outcomes import latent_tiles
    >>> mechanism = solve(ASTEROID)
    >>> twin = Twin(mechanism, 300)
    >>> for tile in latent_tiles(mechanism, seed=1, block=0, trials=300):
    ...     twin.see(tile)
    >>> twin.estimates(Analysis("mmrm", "t")).estimate.shape
    (2, 3, 300)
    """

    def __init__(self, mechanism: Mechanism, trials: int) -> None:
        assumptions = mechanism.assumptions
        visits, outcomes = len(assumptions.visits), len(assumptions.outcomes)
        self.moments = Moments(
            np.empty((visits, outcomes, trials)),
            np.empty((visits, visits, outcomes, trials)),
            assumptions.n_treatment,
            assumptions.n_reference,
        )
        self._means = [mechanism.in_steps(arm)[0].reshape(outcomes, visits, 1) for arm in _ARMS]
        self._factors = [_factor(mechanism, arm) for arm in _ARMS]
        self.effects = np.array([outcome.effect for outcome in assumptions.outcomes]).T
        self._from_first = np.pad(self.effects, ((1, 0), (0, 0)))[..., np.newaxis]
        self._done = 0

    def see(self, latent: np.ndarray) -> None:
        """Add the moments of a tile of latent scores in steps, shape (outcomes, visits, people, trials)."""
        part = np.s_[..., self._done : self._done + latent.shape[-1]]
        self._done += latent.shape[-1]
        sizes = self.moments.n_treatment, self.moments.n_reference
        people = latent[:, :, : sizes[0]], latent[:, :, sizes[0] :]
        difference, products = self._from_first, np.zeros(())
        for own, n, mean, factor, sign in zip(people, sizes, self._means, self._factors, (1, -1), strict=True):
            average = np.einsum("ovnt->ovt", own) / n
            squares = np.einsum("ovnt,ownt->ovwt", own, own)
            squares -= n * average[:, :, np.newaxis] * average[:, np.newaxis]
            difference = difference + sign * (factor @ (average - mean)).swapaxes(0, 1)
            products = products + _turned(factor, _turned(factor, squares))
        self.moments.difference[part] = difference
        self.moments.cross_products[part] = products.transpose(1, 2, 0, 3)

    def estimates(self, analysis: Analysis) -> Estimates:
        """Return the estimates of all twins, shape (visits - 1, outcomes, trials)."""
        own = twin_analysis(analysis)
        estimate = closed_form(own.method, own.distribution)
        if estimate is None:
            raise TypeError(f"{own.method} has no closed form")
        return estimate(self.moments)


def _turned(factor: np.ndarray, products: np.ndarray) -> np.ndarray:
    """Multiply the first visits of products (outcomes, visits, visits, trials), and exchange the two."""
    return np.asarray((factor @ products.reshape(*products.shape[:2], -1)).reshape(products.shape).swapaxes(1, 2))


def _factor(mechanism: Mechanism, arm: ArmRole) -> np.ndarray:
    """Return what makes the twin's scores of an arm's latent ones in steps, shape (outcomes, visits, visits)."""
    wanted = np.linalg.cholesky(assumed_covariances(mechanism))
    outcomes, visits = wanted.shape[:2]
    sd = mechanism.in_steps(arm)[1][:, 0]
    root = sd * mechanism.arm(arm).root_correlation
    latent = (root @ root.T).reshape(outcomes, visits, outcomes, visits)
    own = np.stack([latent[index, :, index] for index in range(outcomes)])
    return np.asarray(wanted @ np.linalg.inv(np.linalg.cholesky(own)))

"""Normal distributions cut off on both sides, as ages are by the eligible ages."""

from dataclasses import dataclass
from functools import lru_cache
from math import erfc

import numpy as np

from asteroid_repro.errors import InputError
from asteroid_repro.mechanism.newton import Tangent, solve_pairs

_ROOT_TAU = float(np.sqrt(2 * np.pi))
_erfc = np.vectorize(erfc, otypes=[float])


def normal_density(u: np.ndarray) -> np.ndarray:
    """Return the density of the standard normal distribution.

    Examples
    --------
    >>> normal_density(np.zeros(1)).round(6).tolist()
    [0.398942]
    """
    density: np.ndarray = np.exp(-(u**2) / 2) / _ROOT_TAU
    return density


def normal_probability(u: np.ndarray) -> np.ndarray:
    r"""Return the probability below u of the standard normal distribution, :math:`\Phi(u)`.

    The standard library's ``erfc``, number by number: ``scipy.special.ndtr`` is quicker, but its import takes a quarter
    of the time of a whole command, and these are only some thousand numbers.

    Examples
    --------
    >>> normal_probability(np.array([-1.96, 0.0])).round(6).tolist()
    [0.024998, 0.5]
    """
    probability: np.ndarray = _erfc(-u / np.sqrt(2)) / 2
    return probability


@dataclass(frozen=True)
class TruncatedNormal:
    """A normal distribution cut off on both sides.

    Attributes
    ----------
    mean, sd : float
        Of the normal before it is cut off.
    minimum, maximum : float
        The cuts.
    """

    mean: float
    sd: float
    minimum: float
    maximum: float

    def quantile(self, probability: np.ndarray) -> np.ndarray:
        """Value below which the truncated distribution has the given probability."""
        from scipy.special import ndtr, ndtri  # slow to import, and only whole trials need ages

        low, high = ndtr((self.minimum - self.mean) / self.sd), ndtr((self.maximum - self.mean) / self.sd)
        return self.mean + self.sd * ndtri(low + probability * (high - low))


@lru_cache(maxsize=64)
def truncated_normal(mean: float, sd: float, minimum: float, maximum: float) -> TruncatedNormal:
    r"""Find the normal that has the given mean and SD *after* it is cut off at minimum and maximum.

    With a, b the standardised cuts and :math:`P = \Phi(b) - \Phi(a)`: the mean is
    :math:`\mu + \sigma (\varphi(a) - \varphi(b))/P`, the variance
    :math:`\sigma^2 [1 + (a\varphi(a) - b\varphi(b))/P - ((\varphi(a) - \varphi(b))/P)^2]`.

    Raises
    ------
    InputError
        The spread is too large for the range (a flat distribution has the largest one).

    Examples
    --------
    >>> age = truncated_normal(33, 6, 18, 45)
    >>> ages = age.quantile((np.arange(20_000) + 0.5) / 20_000)
    >>> round(float(ages.mean()), 3), round(float(ages.std()), 3)
    (33.0, 6.0)
    """
    solution = solve_pairs(
        lambda unknowns: _truncated_moments(unknowns, minimum, maximum),
        np.array([[mean], [np.log(sd)]]),
        np.array([[mean], [np.log(sd)]]),
    )
    if np.isnan(solution).any():
        raise InputError(
            f"sd must be one that a normal distribution, cut off at {minimum:g} and {maximum:g}, can have with mean "
            f"{mean:g}, got {sd:g}. Choose a smaller one."
        )
    (mu,), (log_sigma,) = solution.tolist()
    return TruncatedNormal(mu, float(np.exp(log_sigma)), minimum, maximum)


def _truncated_moments(unknowns: np.ndarray, minimum: float, maximum: float) -> Tangent:
    """Mean and log SD of a truncated normal, from the mean and log SD before it is cut off."""
    mu, sigma = unknowns[0], np.exp(unknowns[1])
    a, b = (minimum - mu) / sigma, (maximum - mu) / sigma
    # Above the mean, take the upper tails: 1 less a small number would leave no digits.
    share = np.where(
        a > 0, normal_probability(-a) - normal_probability(-b), normal_probability(b) - normal_probability(a)
    )
    at_a, at_b = normal_density(a) / share, normal_density(b) / share
    # Moments of the standardised variable, by integration by parts: E z^k = (k - 1) E z^(k - 2) + boundary terms.
    m1 = at_a - at_b
    m2 = 1 + a * at_a - b * at_b
    m3 = 2 * m1 + a**2 * at_a - b**2 * at_b
    m4 = 3 * m2 + a**3 * at_a - b**3 * at_b
    variance = m2 - m1**2
    # Slopes are covariances with z (for the mean) and z squared (for the log SD), as in any exponential family.
    third = m3 - 3 * m1 * m2 + 2 * m1**3
    fourth = m4 - 2 * m1 * m3 + 2 * m1**2 * m2 - m2**2
    return Tangent(
        value=np.stack([mu + sigma * m1, np.log(sigma) + np.log(variance) / 2]),
        slope=np.stack(
            [
                np.stack([variance, sigma * (m3 - m1 * m2)]),
                np.stack([third / sigma, fourth]) / (2 * variance),
            ]
        ),
    )

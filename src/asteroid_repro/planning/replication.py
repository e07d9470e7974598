"""What a replication of a study is likely to find: closed forms under a normal approximation."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite, sqrt

from scipy.special import ndtr, ndtri

from asteroid_repro.errors import InputError, check_positive
from asteroid_repro.planning.belief import Shrinkage, shrunk
from asteroid_repro.tables.limits import check_level
from asteroid_repro.tables.result_table import ResultTable
from asteroid_repro.tables.rounding import between, decimals, number, percent


@dataclass(frozen=True)
class Replication(ResultTable):
    """What to expect of a replication; normal approximation, no simulation.

    "If true" takes the (shrunk) estimate for the truth; "predictive" allows for its error too.

    Attributes
    ----------
    estimate, se : float
        The original study, in its unit.
    relative_size : float
        Size of the replication over that of the original.
    replication_se : float
        Standard error of the replication.
    level : float
        Level of the intervals; significance is two-sided p < 1 - level.
    shrinkage : float
        Share of the original estimate that was not believed.
    prediction_low, prediction_high : float
        Prediction interval of the replication's estimate.
    significant_if_true, significant_predictive : float
        Probability of a significant estimate of the same sign.
    least_z : float
        z of the replication, in the direction of the original, that just succeeds by the nominal sceptical p-value; inf
        where the original is too weak for any replication to succeed.
    success_if_true, success_predictive : float
        Probability of a nominal one-sided sceptical p-value of at most (1 - level) / 2. Nominal means not recalibrated,
        and conservative: success takes more than significance in both studies. See
        :func:`asteroid_repro.planning.replication.least_z`.
    """

    estimate: float
    se: float
    relative_size: float
    replication_se: float
    level: float
    shrinkage: float
    prediction_low: float
    prediction_high: float
    significant_if_true: float
    significant_predictive: float
    least_z: float
    success_if_true: float
    success_predictive: float

    def answer(self) -> str:
        """Return what to expect, the original's own error allowed for."""
        limits = between(self.prediction_low, self.prediction_high, decimals(self.replication_se))
        size = "the same size" if self.relative_size == 1 else f"{self.relative_size:g} times the size"
        return (
            f"A replication of {size} would be significant in the same direction in "
            f"{number(100 * self.significant_predictive, 1)} % of cases, its estimate from {limits} in "
            f"{percent(self.level)} of them."
        )

    def notes(self) -> Sequence[str]:
        """Say what the numbers rest on."""
        return (
            "Normal approximation; nothing was simulated.",
            "Success by the nominal sceptical p-value, which is not recalibrated: conservative.",
        )


def replication(
    estimate: float, se: float, *, relative_size: float = 1.0, level: float = 0.95, shrinkage: Shrinkage = 0.0
) -> Replication:
    r"""Say what a replication of a given size is likely to find.

    With c the relative size, :math:`\sigma` the original standard error, m and v the mean and variance of what is
    believed of the truth (:func:`asteroid_repro.planning.belief.shrunk`; the estimate and :math:`\sigma^2` where
    nothing is shrunk), and :math:`\sigma_r^2 = \sigma^2/c`:

    - prediction interval :math:`m \pm z\sqrt{v + \sigma_r^2}`;
    - significance with the same sign, if the (shrunk) estimate is the truth, :math:`\Phi(|m|/\sigma_r - z)`, and
      predictive, :math:`\Phi((|m| - z\sigma_r)/\sqrt{v + \sigma_r^2})`;
    - the same with z replaced by the least :math:`z_r` for success by the nominal sceptical p-value,
      :math:`z\sqrt{1 + c/(z_o^2/z^2 - 1)}`, from the unshrunk :math:`z_o`; no success where :math:`|z_o| \le z`. Not
      recalibrated it is conservative (:func:`asteroid_repro.planning.replication.least_z`).

    All of it supposes normal estimates with known standard errors, and the same true effect in both studies.

    Parameters
    ----------
    estimate, se : float
        The original estimate and its standard error, in any unit.
    relative_size : float
        Size of the replication over that of the original (the ratio of the squared standard errors, original over
        replication).
    level : float
        Level of the prediction interval; tests are at 1 - level, two-sided.
    shrinkage : float or "empirical_bayes"
        Share of the estimate not to believe, from 0 to 1, or :math:`\sigma^2/estimate^2` by name. The same share asked
        for in the two ways gives different predictive figures: a number leaves :math:`v = \sigma^2`, by name v is
        :math:`(1 - s)\sigma^2`, as in the R package ReplicationSuccess; :func:`asteroid_repro.planning.belief.shrunk`
        says why.

    Returns
    -------
    Replication
        Interval and probabilities.

    Raises
    ------
    InputError
        An estimate that is 0 or not finite, a standard error or relative size that is not positive, or a level or
        shrinkage out of range.

    References
    ----------
    .. [1] Patil, Peng & Leek (2016), Perspect Psychol Sci 11:539-544. doi:10.1177/1745691616646366
    .. [2] Goodman (1992), Stat Med 11:875-879. doi:10.1002/sim.4780110705
    .. [3] Held (2020), J R Stat Soc A 183:431-448. doi:10.1111/rssa.12493

    Examples
    --------
    >>> same_again = replication(-15.30, 5.117)
    >>> round(same_again.prediction_low, 1), round(same_again.prediction_high, 1)
    (-29.5, -1.1)
    """
    belief = shrunk(estimate, se, shrinkage)
    if estimate == 0:
        raise InputError("estimate must not be 0, got 0. It has no sign that a replication could share.")
    check_positive("relative_size", relative_size, "1 is the same size again.")
    critical = float(ndtri((1 + check_level(level)) / 2))
    se_again = se / sqrt(relative_size)
    spread = sqrt(belief.sd**2 + se_again**2)
    least = least_z(estimate / se, relative_size, level)

    low, high = belief.mean - critical * spread, belief.mean + critical * spread

    def chance(z: float, sd: float) -> float:
        return float(ndtr((abs(belief.mean) - z * se_again) / sd))

    asked = estimate, se, relative_size, se_again, level, belief.shrinkage
    significant = chance(critical, se_again), chance(critical, spread)
    success = chance(least, se_again), chance(least, spread)
    return Replication(*asked, low, high, *significant, least, *success)


def least_z(z_original: float, variance_ratio: float, level: float = 0.95) -> float:
    r"""Return the z that a replication must reach to succeed by the nominal sceptical p-value.

    :math:`z\sqrt{1 + c/(z_o^2/z^2 - 1)}` with :math:`z = \Phi^{-1}((1 + level)/2)`.

    It is always above z: not recalibrated, success is harder than significance in both studies. The golden
    recalibration divides z by the root of the golden ratio :math:`\varphi = (1 + \sqrt 5)/2`; for that give
    level :math:`2\Phi(z/\sqrt\varphi) - 1`, 0.8766 in the place of 0.95.

    Parameters
    ----------
    z_original : float
        Original estimate over its standard error.
    variance_ratio : float
        c, the original variance over that of the replication.
    level : float
        Success is a one-sided sceptical p-value of at most (1 - level) / 2.

    Returns
    -------
    float
        In the direction of the original; inf where the original is not significant itself.

    Raises
    ------
    InputError
        A z that is not finite, a variance ratio that is not positive, or a level outside (0, 1).

    References
    ----------
    .. [1] Held (2020), J R Stat Soc A 183:431-448. doi:10.1111/rssa.12493
    .. [2] Held, Micheloud & Pawel (2022), Ann Appl Stat 16:706-720. doi:10.1214/21-AOAS1502

    Examples
    --------
    >>> round(least_z(3.0, 1.0), 3)
    2.589
    """
    _check(variance_ratio, z_original=z_original)
    critical = float(ndtri((1 + check_level(level)) / 2))
    if abs(z_original) <= critical:
        return inf
    return critical * sqrt(1 + variance_ratio / (z_original**2 / critical**2 - 1))


def sceptical_p_value(z_original: float, z_replication: float, variance_ratio: float) -> float:
    r"""Return the one-sided sceptical p-value of an original study and its replication.

    A sceptic believes in no effect, as firmly as it takes to make the original just not convincing. The replication
    succeeds if its estimate contradicts that belief. The sceptical p-value :math:`1 - \Phi(z_S)` is the smallest level
    at which it does:

    .. math:: (z_o^2/z_S^2 - 1)(z_r^2/z_S^2 - 1) = c, \quad 0 \le z_S^2 \le \min(z_o^2, z_r^2).

    It is never smaller than either p-value, and above 1/2 where the replication points the other way. Nominal, as
    first proposed: not recalibrated.

    Parameters
    ----------
    z_original, z_replication : float
        Estimates over their standard errors.
    variance_ratio : float
        c, the original variance over that of the replication; about the ratio of sizes, replication over original.

    Returns
    -------
    float
        In (0, 1); one-sided, in the direction of the original.

    Raises
    ------
    InputError
        A z that is not finite, or a variance ratio that is not positive.

    References
    ----------
    .. [1] Held (2020), J R Stat Soc A 183:431-448. doi:10.1111/rssa.12493

    Examples
    --------
    >>> round(sceptical_p_value(2.576, 2.326, 2.0), 3)
    0.058
    """
    _check(variance_ratio, z_original=z_original, z_replication=z_replication)
    if z_original == 0 or z_replication == 0:
        return 0.5
    mean = (z_original**2 + z_replication**2) / 2
    product = (z_original * z_replication) ** 2
    # The root of (c - 1) x^2 + 2 mean x - product = 0 in the form that holds for c = 1 too.
    sceptical = sqrt(product / (mean + sqrt(mean**2 + (variance_ratio - 1) * product)))
    same_sign = (z_original > 0) == (z_replication > 0)
    return float(ndtr(-sceptical if same_sign else sceptical))


def _check(variance_ratio: float, **z: float) -> None:
    check_positive("variance_ratio", variance_ratio, "Equal sizes have 1.")
    for name, value in z.items():
        if not isfinite(value):
            raise InputError(f"{name} must be a finite number, got {value!r}. It is estimate over standard error.")

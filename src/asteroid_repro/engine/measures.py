r"""Performance measures of a method from sums over simulated trials, each with its Monte Carlo standard error (MCSE).

With :math:`\hat\theta_i` the estimate of trial i of n, :math:`\theta` the truth and :math:`\widehat{SE}_i` the standard
error, after Morris, White & Crowther (2019), doi:10.1002/sim.8086, and Gelman & Carlin (2014),
doi:10.1177/1745691614551642:

================  ============================================================  =======================================
measure           definition                                                    MCSE
================  ============================================================  =======================================
mean_estimate     mean of :math:`\hat\theta_i`                                  :math:`EmpSE/\sqrt n`
bias              mean_estimate :math:`- \theta`                                :math:`EmpSE/\sqrt n`
empirical_se      SD of :math:`\hat\theta_i`                                    :math:`EmpSE/\sqrt{2(n-1)}`
model_se          root mean :math:`\widehat{SE}_i^2`                            :math:`\sqrt{V/(4 n\,ModSE^2)}`
se_ratio          model_se / empirical_se                                       ratio :math:`\sqrt{V/(4 n\,ModSE^4)
                                                                                + 1/(2(n-1))}`
rmse              root mean :math:`(\hat\theta_i - \theta)^2`                   :math:`SD\{(\hat\theta_i - \theta)^2\}
                                                                                / (2\,rmse\sqrt n)`
coverage          share of intervals that hold :math:`\theta`                   :math:`\sqrt{p(1-p)/n}`
interval_width    mean width of the interval                                    SD of the widths :math:`/\sqrt n`
power             share with p < 1 - level; the type I error where the truth    :math:`\sqrt{p(1-p)/n}`
                  is 0
type_s            share of the significant with the wrong sign                  :math:`\sqrt{p(1-p)/n_{sig}}`
type_m            mean :math:`|\hat\theta_i|/|\theta|` of the significant       their SD :math:`/\sqrt{n_{sig}}`
favours_treatment share significant in favour of the treatment                      :math:`\sqrt{p(1-p)/n}`
important         share whose estimate favours the treatment by the minimal     :math:`\sqrt{p(1-p)/n}`
                  important change or more; the change is one of a person, the
                  estimate a mean, so this counts neither people who change so
                  much nor conclusions that they do
boundary          share with a variance estimated as 0                          :math:`\sqrt{p(1-p)/n}`
failed            share of trials without a usable fit, in no other measure     :math:`\sqrt{p(1-p)/n}`
================  ============================================================  =======================================

V is the variance of :math:`\widehat{SE}_i^2`.
"""

from collections.abc import Mapping, Sequence
from math import isnan, sqrt
from typing import Final

import numpy as np

from asteroid_repro.estimate.inference import Estimates, critical_value
from asteroid_repro.trial.design import Outcome

SHARES: Final = ("coverage", "power", "favours_treatment", "important", "boundary")
"""Measures that are shares of the usable trials."""

MEASURES: Final = (
    "truth", "mean_estimate", "bias", "empirical_se", "model_se", "se_ratio", "rmse", "interval_width", "type_s",
    "type_m", *SHARES, "failed",
)  # fmt: skip
"""Names of all measures of one outcome, in their order."""

_ROUNDING: Final = 1e-9
"""Differences of means of whole scores often equal the minimal important change, but for their last bits; points."""

Figures = Mapping[str, np.ndarray]

Places = Mapping[tuple[str, float], tuple[int, int]]
"""Where the figures of an outcome at a week stand."""


def trial_figures(
    fit: Estimates, truth: np.ndarray, outcomes: Sequence[Outcome], level: float, *, squared: bool = True
) -> dict[str, np.ndarray]:
    """Return what is summed over trials to make every measure.

    Parameters
    ----------
    fit : Estimates
        Shape (visits - 1, outcomes, trials).
    truth : numpy.ndarray, shape (visits - 1, outcomes)
        What the method estimates, points.
    outcomes : sequence of Outcome
        Which way is better, and the minimal important change; NaN where an outcome has none.
    level : float
        Confidence level.
    squared : bool
        With the squares of the figures that are no shares, for the Monte Carlo standard errors of :func:`measures`.

    Returns
    -------
    dict of str to numpy.ndarray
        Shape of the fit, true or false where a share is made of them; 0 in trials without a usable fit.

    Examples
    --------
    >>> one = np.array([[[-6.0]]])
    >>> fit = Estimates(one, one / -2, np.full_like(one, np.inf), one > 0)
    >>> pain = Outcome(name="pain", label="Pain", better="lower", important=10)
    >>> figures = trial_figures(fit, np.array([[-5.0]]), [pain], 0.95)
    >>> figures["power"].item(), figures["coverage"].item(), figures["error"].item()
    (True, True, -1.0)
    """
    usable = fit.converged & np.isfinite(fit.estimate) & (fit.standard_error > 0)
    true = truth[..., np.newaxis]
    with np.errstate(invalid="ignore"):  # fits that are not usable
        estimate = np.where(usable, fit.estimate, 0)
        error = np.where(usable, fit.estimate - true, 0)
        variance = np.where(usable, fit.standard_error**2, 0)
        margin = np.where(usable, critical_value(fit.df, level) * fit.standard_error, 0)
    size = np.abs(estimate)
    benefit = np.array([outcome.sign for outcome in outcomes])[:, np.newaxis] * estimate
    significant = usable & (size > margin)  # the same as p < 1 - level
    averaged = {"error": error, "error_2": error**2, "variance": variance, "width": 2 * margin}
    averaged["significant_size"] = significant * size
    squares = {f"{name}_2": figure**2 for name, figure in averaged.items()} if squared else {}
    return {
        **averaged,
        **squares,
        "usable": usable,
        "coverage": usable & (np.abs(error) <= margin),
        "power": significant,
        "wrong_sign": significant & (np.sign(estimate) != np.sign(true)),
        "favours_treatment": significant & (benefit > 0),
        "important": _is_important(usable, benefit, outcomes),
        "boundary": usable & fit.boundary,
    }


def _is_important(usable: np.ndarray, benefit: np.ndarray, outcomes: Sequence[Outcome]) -> np.ndarray:
    least = np.array([outcome.important for outcome in outcomes], dtype=float)[:, np.newaxis]  # None becomes NaN
    return np.where(np.isnan(least), np.nan, usable & (benefit >= least - _ROUNDING))


@np.errstate(divide="ignore", invalid="ignore")  # no usable, or no significant trial
def measures(
    sums: Figures, truth: np.ndarray, trials: int | np.ndarray, truth_error: np.ndarray | float = 0.0
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return every measure from sums of :func:`trial_figures`, with its Monte Carlo standard error.

    The table above has the formulas. The error of the bias also has the truth's own, where the truth is simulated.

    Parameters
    ----------
    sums : mapping of str to numpy.ndarray
        Shape (visits - 1, outcomes), or more axes before or after them.
    truth : numpy.ndarray
        What the method estimates, points; of a shape that goes with the sums.
    trials : int or numpy.ndarray
        Trials in the sums.
    truth_error : numpy.ndarray
        Monte Carlo standard error of the truth, points.

    Returns
    -------
    dict of str to (numpy.ndarray, numpy.ndarray)
        NaN where a measure does not exist: type S and M without an effect, or without a significant trial.

    Examples
    --------
    >>> two, truth = np.ones((1, 1, 2)), np.array([[-5.0]])
    >>> fit = Estimates(np.array([[[-6.0, -4.0]]]), 3 * two, np.inf * two, two < 0)
    >>> figures = trial_figures(fit, truth, [Outcome(name="pain", label="Pain", better="lower", important=10)], 0.95)
    >>> found = measures({name: each.sum(axis=-1) for name, each in figures.items()}, truth, 2)
    >>> [found[name][0].item() for name in ("bias", "power", "type_m")]
    [0.0, 0.5, 1.2]
    """
    n, significant, bias = sums["usable"], sums["power"], sums["error"] / sums["usable"]
    empirical, model = np.sqrt(_variance(sums, "error", n)), np.sqrt(sums["variance"] / n)
    of_mean, of_model = empirical / np.sqrt(n), _variance(sums, "variance", n) / (4 * n * model**4)
    of_size = np.sqrt(_variance(sums, "significant_size", significant) / significant)
    truth, truth_error = np.broadcast_to(truth, bias.shape), np.broadcast_to(truth_error, bias.shape)
    size = np.where(truth == 0, np.nan, np.abs(truth))
    se_ratio, rmse = model / empirical, np.sqrt(sums["error_2"] / n)
    return {
        "truth": (truth, truth_error),
        "mean_estimate": (truth + bias, of_mean),
        "bias": (bias, np.hypot(of_mean, truth_error)),
        "empirical_se": (empirical, empirical / np.sqrt(2 * (n - 1))),
        "model_se": (model, model * np.sqrt(of_model)),
        "se_ratio": (se_ratio, se_ratio * np.sqrt(of_model + 1 / (2 * (n - 1)))),
        "rmse": (rmse, np.sqrt(_variance(sums, "error_2", n) / n) / (2 * rmse)),
        "interval_width": (sums["width"] / n, np.sqrt(_variance(sums, "width", n) / n)),
        "type_s": _share(np.where(truth == 0, np.nan, sums["wrong_sign"]), significant),
        "type_m": (sums["significant_size"] / significant / size, of_size / size),
        **{name: _share(sums[name], n) for name in SHARES},
        "failed": (1 - n / trials, share_error(1 - n / trials, trials)),
    }


def places(outcomes: Sequence[str], weeks: Sequence[float]) -> Places:
    """Return where in an array of shape (weeks, outcomes) each outcome at each week stands, outcome by outcome.

    Examples
    --------
    >>> places(["pain", "sleep"], [6, 12])[("sleep", 6)]
    (0, 1)
    """
    return {(name, week): (visit, index) for index, name in enumerate(outcomes) for visit, week in enumerate(weeks)}


def wilson_limits(share: float, n: float, z: float = 1.959963984540054) -> tuple[float, float]:
    r"""Return Wilson's limits of a share, :math:`(p + z^2/2n \mp z\sqrt{p(1-p)/n + z^2/4n^2}) / (1 + z^2/n)`.

    References
    ----------
    .. [1] Wilson (1927), J Am Stat Assoc 22:209-212. doi:10.1080/01621459.1927.10502953

    Examples
    --------
    >>> [round(limit, 4) for limit in wilson_limits(0.0, 100)]
    [0.0, 0.037]
    """
    if isnan(share):
        return share, share
    middle, reach = share + z**2 / (2 * n), z * sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    low, high = (middle - reach) / (1 + z**2 / n), (middle + reach) / (1 + z**2 / n)
    return max(0.0, min(share, low)), min(1.0, max(share, high))  # at 0 and 1 a rounding would leave the share outside


def _variance(sums: Figures, name: str, n: np.ndarray) -> np.ndarray:
    return np.asarray(np.maximum(sums[f"{name}_2"] - sums[name] ** 2 / n, 0) / (n - 1))


def share_error(share: np.ndarray, n: np.ndarray | int) -> np.ndarray:
    """Return the Monte Carlo standard error of shares of n trials."""
    return np.asarray(np.sqrt(np.maximum(share * (1 - share), 0) / n))


def _share(count: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return count / n, share_error(count / n, n)

"""The net difference in standard deviations, naming which."""

from dataclasses import dataclass
from math import exp, sqrt
from typing import Literal, get_args

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln, nctdtr

from asteroid_repro.errors import check_choice
from asteroid_repro.estimate.arms import Data, Given, label_of
from asteroid_repro.estimate.outcome_scores import OutcomeScores, every_pair
from asteroid_repro.tables.limits import Limits, check_level
from asteroid_repro.tables.result_table import EstimateRows

StandardDeviation = Literal["baseline", "change"]


@dataclass(frozen=True)
class StandardisedEffect:
    """A net difference in standard deviations.

    Attributes
    ----------
    outcome : str
        Name of the outcome.
    week : float
        Weeks since randomisation.
    sd_of : str
        Whose standard deviation: ``baseline`` or ``change``, pooled within the arms.
    sd : float
        That standard deviation, points.
    net_difference : float
        Difference in mean change, treatment minus reference, points.
    d, g : float
        Net difference over SD, and the same without its small-sample bias (Hedges).
    ci_low, ci_high : float
        Limits of the population's standardised difference.
    df : float
        Degrees of freedom of the SD.
    interval : str
        ``noncentral t``, exact for normal changes, or ``noncentral t, approximate``.
    n_treatment, n_reference : int
        People with both visits.
    better : str
        Which way is better, ``lower`` or ``higher``; empty where neither a design nor the user says so.
    """

    outcome: str
    week: float
    sd_of: str
    sd: float
    net_difference: float
    d: float
    g: float
    ci_low: float
    ci_high: float
    df: float
    interval: str
    n_treatment: int
    n_reference: int
    better: str


class StandardisedEffects(EstimateRows[StandardisedEffect]):
    """Net differences in standard deviations, one an outcome and week."""


def standardised_effects(
    trial: Data,
    *,
    sd: StandardDeviation = "baseline",
    level: float = 0.95,
    treatment: Given = None,
    reference: Given = None,
    better: Given = None,
) -> StandardisedEffects:
    r"""Express the net differences in standard deviations.

    :math:`d = D / s` with D the difference in mean change and s the pooled SD of the baseline scores or of the
    changes on df = n - 2, and :math:`g = J d` with :math:`J = \Gamma(df/2) / (\sqrt{df/2}\, \Gamma((df - 1)/2))`.
    The two SDs answer different questions and differ by :math:`\sqrt{2 (1 - r)}` at equal variances, so a
    standardised effect without the name of its SD means nothing.

    The limits invert the noncentral t distribution of :math:`T = D / (s_{change} \sqrt h)`. For the SD of the changes
    this is exact for normal data; for the SD at baseline the limits are multiplied by
    :math:`s_{change} / s_{baseline}` as if that ratio were known, which is an approximation.

    Parameters
    ----------
    trial : Trial or pandas.DataFrame
        A trial, or its table of outcomes. The first week is the baseline.
    sd : {"baseline", "change"}
        Which standard deviation.
    level : float
        Confidence level.
    treatment, reference : str, optional
        The two arms of a plain table, of two or more; a trial has them in its design.
    better : {"lower", "higher"}, optional
        Which way is better in a plain table.

    Returns
    -------
    StandardisedEffects
        Treatment minus reference: values that go the way that is ``better`` favour the treatment.

    Raises
    ------
    InputError
        An unknown SD, a constant outcome, an unusable table.

    References
    ----------
    .. [1] Hedges (1981), J Educ Stat 6:107-128. doi:10.3102/10769986006002107
    .. [2] Morris (2008), Organ Res Methods 11:364-386. doi:10.1177/1094428106291059

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> effects = standardised_effects(simulate_trial(ASTEROID, seed=2024), sd="change").to_frame()
    >>> effects["sd_of"].unique().tolist(), effects["df"].unique().tolist()
    (['change'], [38.0])
    """
    check_level(level)
    check_choice("sd", sd, get_args(StandardDeviation))
    rows = [_standardised(scores, sd, level) for scores in every_pair(trial, treatment, reference, better)]
    return StandardisedEffects(tuple(rows), level, label_of(trial))


def hedges_factor(df: float) -> float:
    r"""Return the factor :math:`J = \Gamma(df/2) / (\sqrt{df/2}\, \Gamma((df - 1)/2))` that makes d unbiased.

    Examples
    --------
    >>> abs(hedges_factor(38) - 0.98011) < 5e-6
    True
    """
    return exp(float(gammaln(df / 2) - gammaln((df - 1) / 2))) / sqrt(df / 2)


def noncentrality_limits(t: float, df: float, level: float = 0.95) -> Limits[float]:
    r"""Limits of the noncentrality parameter of t: where :math:`P(T \le t)` is (1 + level)/2 and (1 - level)/2.

    References
    ----------
    .. [1] Steiger & Fouladi (1997), in What If There Were No Significance Tests? pp. 221-257, Erlbaum.

    Examples
    --------
    >>> limits = noncentrality_limits(0, 38)
    >>> [round(limit, 4) for limit in (limits.low, limits.high)]
    [-1.96, 1.96]
    """
    if t < 0:  # the distribution function is computed accurately for positive t only
        mirrored = noncentrality_limits(-t, df, level)
        return Limits(-mirrored.high, -mirrored.low)
    tail = (1 - check_level(level)) / 2
    # The spread of the noncentrality at large df. Limits are looked for outwards from t: far out nctdtr gives NaN.
    step = sqrt(1 + t**2 / (2 * df))

    def excess(noncentrality: float, probability: float) -> float:
        return float(nctdtr(df, noncentrality, t)) - probability

    lowest, highest = t - step, t + step
    while excess(lowest, 1 - tail) <= 0:
        lowest -= step
    while excess(highest, tail) >= 0:
        highest += step
    low = brentq(excess, lowest, highest, args=(1 - tail,), xtol=1e-12)
    high = brentq(excess, lowest, highest, args=(tail,), xtol=1e-12)
    return Limits(float(low), float(high))


def _pooled_sd(treatment: np.ndarray, reference: np.ndarray) -> float:
    squares = sum(float(((values - values.mean()) ** 2).sum()) for values in (treatment, reference))
    return sqrt(squares / (len(treatment) + len(reference) - 2))


def _standardised(scores: OutcomeScores, sd_of: StandardDeviation, level: float) -> StandardisedEffect:
    n_treatment, n_reference = scores.n
    df = float(n_treatment + n_reference - 2)
    sd_change = _pooled_sd(*scores.changes)
    sd = sd_change if sd_of == "change" else _pooled_sd(*(own[0] for own in scores.both))
    scores.check_varies(min(sd, sd_change) > 0)
    change, control = (values.mean() for values in scores.changes)
    difference = float(change - control)
    root_h = sqrt(1 / n_treatment + 1 / n_reference)
    limits = noncentrality_limits(difference / (sd_change * root_h), df, level)
    scale = root_h * sd_change / sd
    return StandardisedEffect(
        outcome=scores.outcome, week=scores.weeks[1], sd_of=sd_of, sd=sd, net_difference=difference, d=difference / sd,
        g=hedges_factor(df) * difference / sd, ci_low=limits.low * scale, ci_high=limits.high * scale, df=df,
        interval="noncentral t" if sd_of == "change" else "noncentral t, approximate",
        n_treatment=n_treatment, n_reference=n_reference, better=scores.better,
    )  # fmt: skip

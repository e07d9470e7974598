"""The net difference in standard deviations, naming which."""

from dataclasses import asdict, dataclass
from math import exp, sqrt
from typing import Literal

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import gammaln, nctdtr

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.people.paired_scores import PairedScores, all_paired_scores
from asteroid_repro.estimate.safety.limits import Limits, check_level
from asteroid_repro.tables.schema import Trial

StandardDeviation = Literal["baseline", "change"]


@dataclass(frozen=True)
class StandardisedEffect:
    """A net difference in standard deviations.

    Attributes
    ----------
    outcome : str
        Name of the outcome.
    week : int
        Weeks since randomisation.
    sd_of : str
        Whose standard deviation: ``baseline`` or ``change``, pooled within the arms.
    sd : float
        That standard deviation, points.
    net_difference : float
        Difference in mean change, running minus waitlist, points.
    d, g : float
        Net difference over SD, and the same without its small-sample bias (Hedges).
    ci_low, ci_high : float
        Limits of the population's standardised difference.
    df : float
        Degrees of freedom of the SD.
    interval : str
        ``noncentral t``, exact for normal changes, or ``noncentral t, approximate``.
    n_running, n_waitlist : int
        People with both visits.
    """

    outcome: str
    week: int
    sd_of: str
    sd: float
    net_difference: float
    d: float
    g: float
    ci_low: float
    ci_high: float
    df: float
    interval: str
    n_running: int
    n_waitlist: int


@dataclass(frozen=True)
class StandardisedEffects:
    """Net differences in standard deviations.

    Attributes
    ----------
    rows : tuple of StandardisedEffect
        One an outcome and week.
    label : str
        What the data are; empty for a plain table.
    """

    rows: tuple[StandardisedEffect, ...]
    label: str = ""

    def to_frame(self) -> pd.DataFrame:
        """Return one row per outcome and week, unrounded."""
        return pd.DataFrame([asdict(row) for row in self.rows])

    def _repr_html_(self) -> str:
        return f"<p><strong>{self.label}</strong></p>" + self.to_frame().to_html(index=False)


def standardised_effects(
    trial: Trial | pd.DataFrame, *, sd: StandardDeviation = "baseline", level: float = 0.95
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

    Returns
    -------
    StandardisedEffects
        Negative values favour running.

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
    if sd not in {"baseline", "change"}:
        raise InputError(f"sd must be 'baseline' or 'change', got {sd!r}. Name the standard deviation to divide by.")
    rows = [_standardised(scores, sd, level) for scores in all_paired_scores(trial)]
    return StandardisedEffects(tuple(rows), trial.label if isinstance(trial, Trial) else "")


def hedges_factor(df: float) -> float:
    r"""Return the factor :math:`J = \Gamma(df/2) / (\sqrt{df/2}\, \Gamma((df - 1)/2))` that makes d unbiased.

    Examples
    --------
    >>> abs(hedges_factor(38) - 0.98011) < 5e-6
    True
    """
    return exp(float(gammaln(df / 2) - gammaln((df - 1) / 2))) / sqrt(df / 2)


def noncentrality_limits(t: float, df: float, level: float = 0.95) -> Limits:
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


def _pooled_sd(running: np.ndarray, waitlist: np.ndarray) -> float:
    squares = sum(float(((values - values.mean()) ** 2).sum()) for values in (running, waitlist))
    return sqrt(squares / (len(running) + len(waitlist) - 2))


def _standardised(scores: PairedScores, sd_of: StandardDeviation, level: float) -> StandardisedEffect:
    running, waitlist = scores.running, scores.waitlist
    df = float(running.n + waitlist.n - 2)
    sd_change = _pooled_sd(running.change, waitlist.change)
    sd = sd_change if sd_of == "change" else _pooled_sd(running.baseline, waitlist.baseline)
    if sd <= 0 or sd_change <= 0:
        raise InputError(f"{scores.outcome} must vary within the arms, got a constant. Drop it or correct the values.")
    difference = float(running.change.mean() - waitlist.change.mean())
    root_h = sqrt(1 / running.n + 1 / waitlist.n)
    limits = noncentrality_limits(difference / (sd_change * root_h), df, level)
    scale = root_h * sd_change / sd
    return StandardisedEffect(
        outcome=scores.outcome,
        week=scores.week,
        sd_of=sd_of,
        sd=sd,
        net_difference=difference,
        d=difference / sd,
        g=hedges_factor(df) * difference / sd,
        ci_low=limits.low * scale,
        ci_high=limits.high * scale,
        df=df,
        interval="noncentral t" if sd_of == "change" else "noncentral t, approximate",
        n_running=running.n,
        n_waitlist=waitlist.n,
    )

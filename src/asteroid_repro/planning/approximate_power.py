r"""Power by the noncentral t distribution, without simulation: where a search starts, and what simulations are held to.

Supposes normal scores on an endless scale, complete visits, and a residual variance with the degrees of freedom of
complete data. Bounded scores, missing visits and fits on the boundary are what the simulation is for.
"""

from dataclasses import dataclass
from math import inf, sqrt
from typing import Final

import numpy as np
from scipy.special import nctdtr, ndtr

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.effects.inference import critical_value
from asteroid_repro.estimate.effects.methods import METHODS, Distribution, reference_distribution
from asteroid_repro.sweeps.fields import effect_at
from asteroid_repro.trial.assumptions import TrialAssumptions

_INTERCEPT: Final = ("random_intercept", "mmrm_compound_symmetry")  # suppose the same correlation between all visits


@dataclass(frozen=True)
class Spread:
    """How an estimate of the net difference spreads, and how its method believes it does.

    Attributes
    ----------
    true_se, model_se : float
        Standard error over trials, and root mean square of the method's own, points.
    df : float
        Degrees of freedom of the method's residual variance.
    """

    true_se: float
    model_se: float
    df: float


def estimate_spread(assumptions: TrialAssumptions, *, outcome: str, week: int, method: str) -> Spread:
    r"""Return the standard errors that a method has on complete normal scores.

    With :math:`h = 1/n_1 + 1/n_0`, SDs and correlation of the baseline and the week: :math:`h(\sigma_1^2 + \sigma_v^2
    - 2\rho\sigma_1\sigma_v)`, and :math:`h\sigma_v^2(1 - \rho^2)` where the baseline is adjusted for. A random
    intercept believes in :math:`2h` times the mean residual variance within people, which is the same only where all
    visits correlate and spread alike. Missing visits count as that many people fewer.

    Parameters
    ----------
    assumptions : TrialAssumptions
        The trial's assumptions.
    outcome, week, method
        As in :func:`approximate_power`.

    Returns
    -------
    Spread
        Points.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> round(estimate_spread(ASTEROID, outcome="average_pain", week=12, method="mmrm").true_se, 3)
    5.117
    """
    effect_at(assumptions, outcome, week)
    visit = assumptions.visits.index(week)
    n_running = assumptions.n_running * (1 - assumptions.missing_running)
    n_waitlist = assumptions.n_waitlist * (1 - assumptions.missing_waitlist)
    h = 1 / n_running + 1 / n_waitlist
    sd = np.array(assumptions.outcome(outcome).sd)
    covariance = np.array(assumptions.visit_correlation) * np.outer(sd, sd)
    first, later, both = covariance[0, 0], covariance[visit, visit], covariance[0, visit]
    people, others = n_running + n_waitlist - 2, len(sd) - 1
    if METHODS[method].adjusted:
        true = h * (later - both**2 / first)
        return Spread(sqrt(true), sqrt(true), max(people - 1, 1.0))
    true = h * (first + later - 2 * both)
    if method in _INTERCEPT:
        within = (np.trace(covariance) - covariance.sum() / len(sd)) / others
        return Spread(sqrt(true), sqrt(2 * h * within), max(people * others, 1.0))
    return Spread(sqrt(true), sqrt(true), max(people, 1.0))


def approximate_power(
    assumptions: TrialAssumptions,
    *,
    outcome: str = "average_pain",
    week: int = 12,
    method: str = "random_intercept",
    distribution: Distribution | None = None,
    level: float = 0.95,
) -> float:
    r"""Return the probability of p < 1 - level by the noncentral t distribution.

    :math:`P(|T| > k\,c)` with T noncentral t on the method's degrees of freedom, noncentrality effect / true standard
    error, c the critical value and k the method's standard error over the true one. For the change score and for
    ``mmrm`` on complete data it is the power of the two-sample t test, exactly.

    Parameters
    ----------
    assumptions : TrialAssumptions
        The trial's assumptions; trials randomise anew, so an imbalance at baseline plays no part.
    outcome : str
        Name of the outcome.
    week : int
        A visit after the first.
    method, distribution, level
        As in :func:`asteroid_repro.estimate_effects`.

    Returns
    -------
    float
        In (0, 1).

    Raises
    ------
    InputError
        An unknown outcome, week, method or distribution, or a level outside (0, 1).

    References
    ----------
    .. [1] Johnson & Welch (1940), Biometrika 31:362-389. doi:10.1093/biomet/31.3-4.362

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> 0.84 < approximate_power(ASTEROID) < 0.85
    True
    """
    chosen = reference_distribution(method, distribution)
    spread = estimate_spread(assumptions, outcome=outcome, week=week, method=method)
    critical = float(critical_value(np.array(inf if chosen == "z" else spread.df), level))
    shift = abs(effect_at(assumptions, outcome, week)) / spread.true_se
    return two_sided(shift, spread.df, critical * spread.model_se / spread.true_se)


def two_sided(shift: float, df: float, critical: float) -> float:
    """Return P(|T| > critical) for a noncentral t of the given noncentrality.

    Examples
    --------
    >>> round(two_sided(0.0, 38.0, 2.0244), 4)
    0.05
    """
    if not shift >= 0:
        raise InputError(f"shift must be 0 or more, got {shift!r}. Give its size without the sign.")
    far = shift - critical
    if shift > 30 or df > 1e5:  # beyond what the noncentral t is computed for; the normal is right to 1e-5
        return float(ndtr(far) + ndtr(-shift - critical))
    # SciPy gives NaN where a tail is beyond double precision, on the wrong side or on both: nothing is in it then.
    wrong_side = np.nan_to_num(nctdtr(df, shift, -critical), nan=0.0)
    return float(1 - np.nan_to_num(nctdtr(df, shift, critical), nan=1.0) + wrong_side)

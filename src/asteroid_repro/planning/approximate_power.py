r"""Power by the noncentral t distribution, without simulation: where a search starts, and what simulations are held to.

Supposes normal scores on an endless scale, complete visits, and a residual variance with the degrees of freedom of
complete data. Bounded scores, missing visits and fits on the boundary are what the simulation is for.
"""

from math import inf, sqrt
from typing import Final

import numpy as np
from scipy.special import nctdtr, ndtr

from asteroid_repro.estimate.effects.methods import METHODS, Distribution, chosen_analysis
from asteroid_repro.estimate.inference import critical_value
from asteroid_repro.trial.assumptions import TrialAssumptions

_INTERCEPT: Final = ("random_intercept", "mmrm_compound_symmetry")  # suppose the same correlation between all visits


def asked_about(assumptions: TrialAssumptions, outcome: str | None, week: float | None) -> tuple[str, float]:
    """Return the outcome and the week asked about: of those left out the study's first outcome and its last visit.

    Raises
    ------
    InputError
        An unknown outcome, or a week without a visit or with the first one.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> asked_about(ASTEROID, None, None)
    ('average_pain', 12)
    """
    name = assumptions.design.outcome_names[0] if outcome is None else outcome
    visit = assumptions.visits[-1] if week is None else week
    assumptions.effect_at(name, visit)  # refuses what cannot be
    return name, visit


def estimate_spread(
    assumptions: TrialAssumptions, *, outcome: str, week: float, method: str
) -> tuple[float, float, float]:
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
    true_se, model_se : float
        Standard error over trials, and root mean square of the method's own, points.
    df : float
        Degrees of freedom of the method's residual variance.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> round(estimate_spread(ASTEROID, outcome="average_pain", week=12, method="mmrm")[0], 3)
    5.117
    """
    visit = assumptions.design.visit(week)
    n_treatment = assumptions.n_treatment * (1 - assumptions.missing_treatment)
    n_reference = assumptions.n_reference * (1 - assumptions.missing_reference)
    h = 1 / n_treatment + 1 / n_reference
    sd = np.array(assumptions.outcome(outcome).sd)
    covariance = np.array(assumptions.visit_correlation) * np.outer(sd, sd)
    first, later, both = covariance[0, 0], covariance[visit, visit], covariance[0, visit]
    people, others = n_treatment + n_reference - 2, len(sd) - 1
    if METHODS[method].adjusted:
        true_se = sqrt(h * (later - both**2 / first))
        return true_se, true_se, max(people - 1, 1.0)
    true_se = sqrt(h * (first + later - 2 * both))
    if method in _INTERCEPT:
        within = (np.trace(covariance) - covariance.sum() / len(sd)) / others
        return true_se, sqrt(2 * h * within), max(people * others, 1.0)
    return true_se, true_se, max(people, 1.0)


def approximate_power(
    assumptions: TrialAssumptions,
    *,
    outcome: str | None = None,
    week: float | None = None,
    method: str | None = None,
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
    outcome : str, optional
        Name of the outcome; the study's first when not given.
    week : float, optional
        A visit after the first; the last when not given.
    method, distribution, level
        As in :func:`asteroid_repro.estimate_effects`: MMRM with Kenward and Roger's correction when not given, which is
        the t test on complete visits.

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
    >>> round(approximate_power(ASTEROID), 3)
    0.83
    """
    analysis = chosen_analysis(method, distribution, level)
    outcome, week = asked_about(assumptions, outcome, week)
    true_se, model_se, df = estimate_spread(assumptions, outcome=outcome, week=week, method=analysis.method)
    critical = float(critical_value(np.array(inf if analysis.distribution == "z" else df), analysis.level))
    return two_sided(abs(assumptions.effect_at(outcome, week)) / true_se, df, critical * model_se / true_se)


def two_sided(shift: float, df: float, critical: float) -> float:
    """Return P(|T| > critical) for a noncentral t of the given noncentrality, 0 or more.

    Examples
    --------
    >>> round(two_sided(0.0, 38.0, 2.0244), 4)
    0.05
    """
    far = shift - critical
    if shift > 30 or df > 1e5:  # beyond what the noncentral t is computed for; the normal is right to 1e-5
        return float(ndtr(far) + ndtr(-shift - critical))
    # SciPy gives NaN where a tail is beyond double precision, on the wrong side or on both: nothing is in it then.
    wrong_side = np.nan_to_num(nctdtr(df, shift, -critical), nan=0.0)
    return float(1 - np.nan_to_num(nctdtr(df, shift, critical), nan=1.0) + wrong_side)

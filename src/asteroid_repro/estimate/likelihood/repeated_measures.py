r"""Likelihood methods for repeated measures with missing visits; visits missing at random given the observed ones."""

from dataclasses import replace

import numpy as np

from asteroid_repro.estimate.inference import Estimates, Likelihood
from asteroid_repro.estimate.likelihood.covariance import Covariance, structure
from asteroid_repro.estimate.likelihood.patterns import Patterns, patterns, person_totals
from asteroid_repro.estimate.likelihood.random_intercept_fit import fit_random_intercept
from asteroid_repro.estimate.likelihood.reml import criterion
from asteroid_repro.estimate.likelihood.reml_fit import fit_reml
from asteroid_repro.estimate.likelihood.small_sample import SmallSampleMethod, kenward_roger, satterthwaite


def mmrm_missing(
    data: Patterns, *, covariance: Covariance = "unstructured", small_sample: SmallSampleMethod = "satterthwaite"
) -> Estimates:
    r"""Estimate the net differences by the mixed model for repeated measures.

    A mean for each arm and visit, the covariance of a person's visits by restricted maximum likelihood
    (:mod:`asteroid_repro.estimate.likelihood.reml_fit`), the same in both arms. On complete data the unstructured model
    is the pooled t test of the change, and both small-sample methods give its n - 2 degrees of freedom.

    Parameters
    ----------
    data : Patterns
        Of one outcome, with two or more observed scores in each arm at each visit.
    covariance : {"unstructured", "compound_symmetry", "ar1"}
        ``ar1`` supposes equally spaced visits.
    small_sample : {"satterthwaite", "kenward_roger"}
        Kenward and Roger of 1997 also enlarges the standard error; see
        :func:`asteroid_repro.estimate.likelihood.small_sample.kenward_roger`.

    Returns
    -------
    Estimates
        Shape (visits - 1, trials). NaN and not converged where the likelihood has no maximum, as when too few people
        have two visits together.

    Raises
    ------
    InputError
        An unknown covariance.

    References
    ----------
    .. [1] Mallinckrodt et al. (2008), Drug Inf J 42:303-319. doi:10.1177/009286150804200402
    .. [2] Kenward & Roger (1997), Biometrics 53:983-997. doi:10.2307/2533558

    Examples
    --------
    >>> from asteroid_repro.estimate.likelihood.patterns import patterns
    >>> scores = np.random.default_rng(7).normal(size=(3, 40, 1))
    >>> scores[2, :3] = np.nan
    >>> fit = mmrm_missing(patterns(scores[:, :20], scores[:, 20:]))
    >>> bool(fit.converged.all()), bool(30 < fit.df[1, 0] < 38)
    (True, True)
    """
    return _estimates(data, covariance, _free_means(data.visits), _net_differences(data.visits), small_sample)


def clda(data: Patterns, *, small_sample: SmallSampleMethod = "satterthwaite") -> Estimates:
    r"""Estimate the differences at the later visits by constrained longitudinal data analysis.

    The unstructured mixed model for repeated measures with one baseline mean for both arms, as randomisation gives
    them: a chance imbalance at baseline is adjusted for, as in the analysis of covariance, and people without a
    baseline or without a later visit still count. The estimate is the difference of the arms' means at a later visit.

    Parameters
    ----------
    data, small_sample
        As in :func:`mmrm_missing`.

    Returns
    -------
    Estimates
        Shape (visits - 1, trials).

    References
    ----------
    .. [1] Liang & Zeger (2000), Sankhya B 62:134-148.
    .. [2] Liu, Lu, Mogg, Mallick & Mehrotra (2009), Stat Med 28:2509-2530. doi:10.1002/sim.3639

    Examples
    --------
    >>> from asteroid_repro.estimate.likelihood.patterns import patterns
    >>> scores = np.random.default_rng(7).normal(size=(3, 40, 1))
    >>> bool(36 < clda(patterns(scores[:, :20], scores[:, 20:])).df[1, 0] < 40)
    True
    """
    visits = data.visits
    later = np.arange(1, visits)
    columns = np.stack([np.arange(visits), np.concatenate([[0], later + visits - 1])])
    contrasts = np.zeros((2 * visits - 1, visits - 1))
    contrasts[later, later - 1], contrasts[later + visits - 1, later - 1] = 1, -1
    return _estimates(data, "unstructured", columns, contrasts, small_sample)


def random_intercept_missing(
    treatment: np.ndarray,
    reference: np.ndarray,
    small_sample: SmallSampleMethod = "satterthwaite",
    likelihood: Likelihood = "REML",
) -> Estimates:
    r"""Estimate the net differences by the random-intercept model.

    The fit is :func:`asteroid_repro.estimate.likelihood.random_intercept_fit.fit_random_intercept`. Kenward and Roger's
    adjustment is that of the covariance :math:`\sigma_b^2 J + \sigma_e^2 I` in both variances, also where
    :math:`\hat\sigma_b^2 = 0` (as pbkrtest has it). Satterthwaite's method does without the sums of products by
    pattern: summing them takes longer than the fit.

    Parameters
    ----------
    treatment, reference : numpy.ndarray, shape (visits, people of the arm, trials)
        Scores, points; NaN where a visit is missing; two or more observed in each arm at each visit.
    small_sample : {"satterthwaite", "kenward_roger"}
        As in :func:`mmrm_missing`; the second only with REML.
    likelihood : {"REML", "ML"}
        Restricted or full.

    Returns
    -------
    Estimates
        Shape (visits - 1, trials); ``boundary`` where the variance of the intercept is 0.

    Raises
    ------
    InputError
        Fewer than two people in an arm, or other visits in one arm than in the other.

    References
    ----------
    .. [1] Halekoh & Hojsgaard (2014), J Stat Softw 59(9). doi:10.18637/jss.v059.i09

    Examples
    --------
    >>> rng = np.random.default_rng(7)
    >>> scores = rng.normal(size=(3, 40, 1)) + 2 * rng.normal(size=(40, 1))
    >>> random_intercept_missing(scores[:, :20], scores[:, 20:], "kenward_roger").df.round(6).tolist()
    [[76.0], [76.0]]
    """
    if small_sample == "satterthwaite":
        return fit_random_intercept(person_totals(treatment, reference), likelihood)[0]
    data = patterns(treatment, reference)
    fit, variances = fit_random_intercept(data.person_totals())
    with np.errstate(divide="ignore", invalid="ignore"):  # fits that failed are NaN and stay so
        at = criterion(variances, data, structure("compound_symmetry"), _free_means(data.visits))
        adjusted = kenward_roger(at, _net_differences(data.visits), data)
    return replace(fit, standard_error=adjusted.standard_error, df=adjusted.df).where(fit.converged)


def _free_means(visits: int) -> np.ndarray:
    """Return the number of the mean of each arm and visit."""
    return np.arange(2 * visits).reshape(2, visits)


def _net_differences(visits: int) -> np.ndarray:
    """Weights (means, visits - 1) of change from baseline, treatment minus reference."""
    change = np.vstack([-np.ones(visits - 1), np.eye(visits - 1)])
    return np.vstack([change, -change])


def _estimates(
    data: Patterns, covariance: str, columns: np.ndarray, contrasts: np.ndarray, small_sample: SmallSampleMethod
) -> Estimates:
    fit = fit_reml(data, covariance, columns)
    with np.errstate(divide="ignore", invalid="ignore"):  # fits that failed are NaN and stay so
        adjusted = small_sample == "kenward_roger"
        result = kenward_roger(fit.at, contrasts, data) if adjusted else satterthwaite(fit.at, contrasts)
    converged = fit.converged & np.isfinite(result.standard_error).all(axis=0) & np.isfinite(result.df).all(axis=0)
    return replace(result, boundary=fit.singular).where(converged)

"""The methods of estimation by name, and the reference distributions each of them has."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, Literal, get_args

import numpy as np

from asteroid_repro.errors import InputError, check_choice
from asteroid_repro.estimate.effects.ancova import ancova, ancova_of_pairs
from asteroid_repro.estimate.effects.blocks_of_trials import estimate_blocks
from asteroid_repro.estimate.effects.change import change_score, welch
from asteroid_repro.estimate.effects.mmrm import mmrm, mmrm_compound_symmetry
from asteroid_repro.estimate.effects.moments import Moments
from asteroid_repro.estimate.effects.random_intercept import random_intercept
from asteroid_repro.estimate.effects.visit_pairs import VisitPairs, visit_pairs
from asteroid_repro.estimate.inference import Estimates, Likelihood
from asteroid_repro.estimate.likelihood.patterns import check_arms, patterns, usable
from asteroid_repro.estimate.likelihood.repeated_measures import clda, mmrm_missing, random_intercept_missing
from asteroid_repro.estimate.likelihood.small_sample import SmallSampleMethod
from asteroid_repro.tables.limits import check_level
from asteroid_repro.trial.design import PaperAnalysis

Distribution = Literal["z", "t", "satterthwaite", "kenward_roger", "kenward_roger_2009"]
Fit = Callable[[np.ndarray, np.ndarray, SmallSampleMethod], Estimates]


@dataclass(frozen=True)
class Analysis:
    """How outcomes are analysed; checked when it is made.

    Attributes
    ----------
    method, distribution : str
        As in :func:`asteroid_repro.estimate_effects`.
    level : float
        Confidence level.
    likelihood : {"REML", "ML"}
        Restricted or full maximum likelihood; the methods without a likelihood have no other than ``REML``.

    Raises
    ------
    InputError
        An unknown method, a distribution or likelihood it does not have, a level outside (0, 1).

    Examples
    --------
    >>> Analysis("ancova", "t").level
    0.95
    """

    method: str
    distribution: Distribution
    level: float = 0.95
    likelihood: Likelihood = "REML"

    @property
    def arguments(self) -> dict[str, Any]:
        """What to give a function to be asked for this analysis; REML goes without saying.

        Examples
        --------
        >>> Analysis("ancova", "t").arguments
        {'method': 'ancova', 'distribution': 't', 'level': 0.95}
        """
        return {name: value for name, value in vars(self).items() if (name, value) != ("likelihood", "REML")}

    def check_spacing(self, weeks: Sequence[float]) -> None:
        """Refuse unequally spaced visits to a method that supposes equally spaced ones.

        Raises
        ------
        InputError
            With the weeks and another method.

        Examples
        --------
        >>> Analysis("mmrm_ar1", "t").check_spacing([0, 6, 12])
        """
        if METHODS[self.method].equally_spaced and len(weeks) > 2 and np.ptp(np.diff(weeks)) > 1e-9:
            raise InputError(f"week must be equally spaced for {self.method}, got {list(weeks)}. Use mmrm.")

    def __post_init__(self) -> None:
        """Refuse what cannot be done."""
        reference_distribution(self.method, self.distribution, self.likelihood)
        check_level(self.level)


@dataclass(frozen=True)
class Method:
    """A method of estimation.

    Attributes
    ----------
    distributions : tuple of str
        Reference distributions it has; the first is its own.
    missing : callable
        From scores of the arms (visits, people of the arm, trials), NaN where missing, and ``"satterthwaite"`` or
        ``"kenward_roger"`` to estimates.
    complete : callable or None
        Its closed form for complete data.
    pairs : bool
        Whether it uses only the people with both the baseline and the later visit.
    equally_spaced : bool
        Whether it supposes equally spaced visits.
    adjusted : bool
        Whether it corrects the part of an imbalance at baseline that persists.
    """

    distributions: tuple[Distribution, ...]
    missing: Fit
    complete: Callable[[Moments], Estimates] | None = None
    pairs: bool = False
    equally_spaced: bool = False
    adjusted: bool = False


def _by_patterns(fit: Callable[..., Estimates]) -> Fit:
    return lambda treatment, reference, small_sample: fit(patterns(treatment, reference), small_sample=small_sample)


def _by_pairs(fit: Callable[[VisitPairs], Estimates]) -> Fit:
    return lambda treatment, reference, _: fit(visit_pairs(treatment, reference))


_Z: Final[tuple[Distribution, ...]] = ("z", "t", "satterthwaite", "kenward_roger")
_LIKELIHOOD: Final[tuple[Distribution, ...]] = ("t", "z", "satterthwaite", "kenward_roger")
_SYMMETRIC, _AR1 = (_by_patterns(partial(mmrm_missing, covariance=form)) for form in ("compound_symmetry", "ar1"))
METHODS: Final[Mapping[str, Method]] = {
    "random_intercept": Method(_Z, random_intercept_missing, random_intercept),
    "mmrm": Method(_LIKELIHOOD, _by_patterns(mmrm_missing), mmrm),
    "mmrm_compound_symmetry": Method(_LIKELIHOOD, _SYMMETRIC, mmrm_compound_symmetry),
    "mmrm_ar1": Method(_LIKELIHOOD, _AR1, equally_spaced=True),
    "ancova": Method(("t", "z"), _by_pairs(ancova_of_pairs), ancova, pairs=True, adjusted=True),
    "clda": Method(_LIKELIHOOD, _by_patterns(clda), adjusted=True),
    "change_score": Method(("t", "z"), _by_pairs(change_score), pairs=True),
    "welch": Method(("t", "z"), _by_pairs(welch), pairs=True),
}
MAXIMUM_LIKELIHOOD: Final[Mapping[str, Method]] = {
    "random_intercept": replace(
        METHODS["random_intercept"],
        distributions=("z", "t", "satterthwaite"),
        missing=partial(random_intercept_missing, likelihood="ML"),
        complete=partial(random_intercept, likelihood="ML"),
    ),
}
"""The methods that fit many trials at once by full maximum likelihood; Kenward and Roger's adjustment needs REML."""


_USUAL: Final = PaperAnalysis(method="mmrm", distribution="kenward_roger", level=0.95)


def chosen_analysis(
    method: str | None = None,
    distribution: Distribution | None = None,
    level: float | None = None,
    own: PaperAnalysis = _USUAL,
    likelihood: Likelihood = "REML",
) -> Analysis:
    """Return the analysis asked for: what is left out is ``own``, a study's or ``mmrm`` with ``kenward_roger``.

    A method without a distribution has its own one, and so has maximum likelihood: Kenward and Roger have none for it.

    Raises
    ------
    InputError
        As :class:`Analysis`.

    Examples
    --------
    >>> chosen_analysis()
    Analysis(method='mmrm', distribution='kenward_roger', level=0.95, likelihood='REML')
    >>> chosen_analysis("random_intercept").distribution
    'z'
    """
    asked: Any = distribution if method or distribution or likelihood == "ML" else own.distribution
    name = method or own.method
    chosen = reference_distribution(name, asked, likelihood)
    return Analysis(name, chosen, own.level if level is None else level, likelihood)


def estimate_arrays(
    treatment: np.ndarray,
    reference: np.ndarray,
    *,
    method: str,
    distribution: Distribution | None = None,
    likelihood: Likelihood = "REML",
) -> Estimates:
    """Estimate one outcome in many trials at once.

    Parameters
    ----------
    treatment, reference : numpy.ndarray, shape (visits, people of the arm, ...)
        Scores, points; NaN where a visit is missing.
    method, distribution, likelihood : str
        As in :func:`asteroid_repro.estimate_effects`; ML has the random intercept alone.

    Returns
    -------
    Estimates
        Arrays of shape (visits - 1, ...). A trial without an estimate (fewer than two observed scores in an arm at a
        visit, no maximum of the likelihood) is NaN and ``converged`` is false: count it.

    Raises
    ------
    InputError
        An unknown method, distribution or likelihood, or an arm with fewer than two people.

    Examples
    --------
    >>> scores = np.random.default_rng(7).normal(size=(3, 40, 100))
    >>> estimate_arrays(scores[:, :20], scores[:, 20:], method="ancova").estimate.shape
    (2, 100)
    """
    chosen = reference_distribution(method, distribution, likelihood)
    own = _many_at_once(method, chosen, likelihood)
    check_arms(treatment, reference)
    small_sample: SmallSampleMethod = "kenward_roger" if chosen == "kenward_roger" else "satterthwaite"
    enough = np.ones(treatment.shape[2:], dtype=bool) if own.pairs else usable(treatment, reference)
    fit = estimate_blocks(
        treatment, reference, complete=closed_form(method, chosen, likelihood), enough=enough,
        missing=lambda one, other: own.missing(one, other, small_sample),
    )  # fmt: skip
    return fit.with_normal_reference() if chosen == "z" else fit


def closed_form(
    method: str, distribution: Distribution | None = None, likelihood: Likelihood = "REML"
) -> Callable[[Moments], Estimates] | None:
    """Return what estimates complete data from their moments; None where the method has no closed form.

    Raises
    ------
    InputError
        An unknown method, distribution or likelihood.

    Examples
    --------
    >>> closed_form("mmrm") is None, closed_form("clda") is None
    (False, True)
    """
    chosen = reference_distribution(method, distribution, likelihood)
    complete = _many_at_once(method, chosen, likelihood).complete
    if complete is None or (method, chosen) == ("random_intercept", "kenward_roger"):
        return None  # on the boundary Kenward and Roger's adjustment of the random intercept has no closed form
    return (lambda data: complete(data).with_normal_reference()) if chosen == "z" else complete


def reference_distribution(
    method: str, distribution: Distribution | None, likelihood: Likelihood = "REML"
) -> Distribution:
    """Return the reference distribution to use, the method's own where none is asked for.

    ``t`` is the method's usual t: residual degrees of freedom for ``ancova`` (n - 3) and ``change_score`` (n - 2),
    Welch's for ``welch``, and Satterthwaite's for the likelihood methods, on complete data n - 2 for ``mmrm``,
    (n - 2)(visits - 1) for ``random_intercept`` and ``mmrm_compound_symmetry``; with ML n for n - 2.

    Raises
    ------
    InputError
        An unknown method, or a distribution or likelihood it does not have.

    Examples
    --------
    >>> reference_distribution("random_intercept", None), reference_distribution("mmrm", None)
    ('z', 't')
    """
    check_choice("method", method, METHODS)
    check_choice("likelihood", likelihood, get_args(Likelihood))
    own = METHODS[method]
    if likelihood == "ML" and own.pairs:
        raise InputError(f"likelihood must be REML for {method}, which is least squares, got {likelihood!r}. Omit it.")
    available = own.distributions if likelihood == "REML" else own.distributions[:3]
    chosen = distribution or available[0]
    one_table = ("kenward_roger_2009",) if likelihood == "REML" and not own.pairs else ()
    if chosen not in (*available, *one_table):
        whose = method if likelihood == "REML" else f"{method} by ML"
        raise InputError(f"distribution must be one of {', '.join(available)} for {whose}, got {chosen!r}. Omit it.")
    return chosen


def _many_at_once(method: str, distribution: Distribution, likelihood: Likelihood) -> Method:
    """Return what fits many trials at once, and refuse what only one table has."""
    known = METHODS if likelihood == "REML" else MAXIMUM_LIKELIHOOD
    if method not in known:
        has = ", ".join(known)
        raise InputError(f"likelihood must be REML for {method} in many trials at once, got ML. ML has {has}.")
    if distribution == "kenward_roger_2009":
        raise InputError(f"distribution must not be {distribution} in many trials at once. Use kenward_roger.")
    return known[method]

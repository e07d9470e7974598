"""One outcome of one table, fitted: its effects, marginal means and joint tests, and which fit it was."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log, pi
from typing import Final

import numpy as np
from scipy.special import chdtrc, fdtrc

from asteroid_repro.estimate.inference import Estimates, Likelihood
from asteroid_repro.estimate.mixed_model.blocks import Blocks, make_blocks
from asteroid_repro.estimate.mixed_model.contrasts import ADJUSTED, Tested, contrast_tests, joint_test
from asteroid_repro.estimate.mixed_model.designs import Design
from asteroid_repro.estimate.mixed_model.deviance import Deviance, deviance_at
from asteroid_repro.estimate.mixed_model.maximum import Maximum, find_maximum
from asteroid_repro.estimate.mixed_model.visit_covariance import covariance_form

RANDOM_INTERCEPT: Final = "random_intercept"
_NOTHING: Final = 1e-10  # of a standardised variance: rounding


@dataclass(frozen=True)
class JointEffect:
    """A test of several contrasts at once.

    Attributes
    ----------
    outcome : str
        Name of the outcome.
    test : str
        ``arm_by_week``: the difference between the arms is the same at every week; ``any_difference``: there is none
        at any week (with the baseline as an outcome both are one test, of all differences in change).
    f : float
        The statistic, scaled as Kenward and Roger do where that is asked for.
    df_numerator, df_denominator : float
        Its degrees of freedom; inf: chi-squared.
    p_value : float
        Of no difference.
    """

    outcome: str
    test: str
    f: float
    df_numerator: int
    df_denominator: float
    p_value: float


@dataclass(frozen=True)
class FitFacts:
    """Which fit it was.

    Attributes
    ----------
    outcome : str
        Name of the outcome.
    week : float or None
        The week of a method that takes one at a time; None where all are fitted together.
    covariance : str
        Form of the covariance of a person's visits.
    by_arm : bool
        Whether each arm has its own.
    likelihood : {"REML", "ML"}
        What was maximised.
    people : int
        In the fit.
    observations, means, parameters : int
        Observed scores, means and slopes, parameters of the covariance.
    iterations : int
        Steps to the maximum.
    log_likelihood : float
        At the maximum, restricted or full.
    aic, bic : float
        As R's nlme counts: of means and parameters, BIC with observations (less the means for REML).
    boundary : bool
        Whether a variance is 0, or the covariance as good as singular.
    note : str
        What else a reader must know; empty if nothing.
    visit_covariance : tuple
        Rows of the fitted covariance of the visits, one for both arms or one each, squared points.
    """

    outcome: str
    week: float | None
    covariance: str
    by_arm: bool
    likelihood: str
    people: int
    observations: int
    means: int
    parameters: int
    iterations: int
    log_likelihood: float
    aic: float
    bic: float
    boundary: bool
    note: str
    visit_covariance: tuple[tuple[tuple[float, ...], ...], ...]


@dataclass(frozen=True)
class Fitted:
    """A fitted regression.

    Attributes
    ----------
    design : Design
        What was fitted.
    data : Blocks
        The scores, standardised.
    centre : float
        What standardised scores are taken from, points.
    maximum : Maximum
        The fit.
    adjusting : Deviance
        The likelihood as Kenward and Roger's adjustment sees it: also on the boundary with every parameter.
    facts : FitFacts
        Which fit it was.
    """

    design: Design
    data: Blocks
    centre: float
    maximum: Maximum
    adjusting: Deviance
    facts: FitFacts

    def effects(self, distribution: str) -> Estimates:
        """Return the effects, one a week."""
        found = self._tested(self.design.effects, distribution)
        boundary = np.array(self.facts.boundary)
        return Estimates(found.estimate * self.data.scale, found.standard_error * self.data.scale, found.df, boundary)

    def means(self, distribution: str) -> Estimates:
        """Return the marginal means, treatment first, shape (2 weeks,)."""
        wide = self.design.means.reshape(len(self.design.means), -1)
        found = self._tested(wide, distribution)
        places = found.estimate * self.data.scale + self.centre
        return Estimates(places, found.standard_error * self.data.scale, found.df, np.array(self.facts.boundary))

    def joint(self, distribution: str) -> tuple[JointEffect, ...]:
        """Return the tests of all weeks together."""
        at, found = self._at(distribution), []
        for name, contrasts in self.design.joint.items():
            one = joint_test(at, contrasts, distribution)
            q, df = one.df_numerator, one.df_denominator
            p = chdtrc(q, one.f * q) if np.isinf(df) else fdtrc(q, df, one.f)
            found.append(JointEffect(self.facts.outcome, name, one.f, q, df, float(p)))
        return tuple(found)

    def _at(self, distribution: str) -> Deviance:
        return self.adjusting if distribution in ADJUSTED else self.maximum.at

    def _tested(self, contrasts: np.ndarray, distribution: str) -> Tested:
        return contrast_tests(self._at(distribution), contrasts, distribution)


def fit_design(
    design: Design, covariances: Sequence[str], likelihood: Likelihood, *, outcome: str, by_arm: bool = False
) -> Fitted | None:
    """Fit a regression with the first of some covariances whose likelihood has a maximum.

    Parameters
    ----------
    design : Design
        What to fit.
    covariances : sequence of str
        Forms by name; ``random_intercept`` is compound symmetry whose shared variance may not be negative.
    likelihood : {"REML", "ML"}
        Which to maximise.
    outcome : str
        Name of the outcome.
    by_arm : bool
        Whether each arm has its own covariance.

    Returns
    -------
    Fitted or None
        None where none of the likelihoods has a maximum.
    """
    group = design.arm if by_arm else np.zeros_like(design.arm)
    data = make_blocks(design.scores, design.columns, group)
    if data is None:
        return None
    if len(design.weeks) == 1:
        covariances = ["independent"]
    for number, name in enumerate(covariances):
        own = _random_intercept if name == RANDOM_INTERCEPT else _free
        found = own(data, name, design, likelihood)
        if found is not None:
            failed = ", ".join(covariances[:number])
            said = f"{failed} has no maximum of the likelihood: {name} is used." if failed else ""
            note = " ".join(filter(None, [said, design.note]))
            facts = _facts(found[0], data, design, name=name, outcome=outcome, note=note)
            return Fitted(design, data, float(np.nanmean(design.scores)), *found, facts)
    return None


def _free(data: Blocks, name: str, design: Design, likelihood: Likelihood) -> tuple[Maximum, Deviance] | None:
    found = find_maximum(data, covariance_form(name, design.weeks), likelihood)
    return None if found is None else (found, found.at)


def _random_intercept(data: Blocks, _: str, design: Design, likelihood: Likelihood) -> tuple[Maximum, Deviance] | None:
    """Fit compound symmetry; where people resemble themselves less than others, the variance they share is 0."""
    form = covariance_form("compound_symmetry", design.weeks)
    found = find_maximum(data, form, likelihood)
    if found is not None and found.theta[0] > _NOTHING:
        return found, found.at
    found = find_maximum(data, covariance_form("independent", design.weeks), likelihood)
    if found is None:
        return None
    return replace(found, boundary=True), deviance_at(np.array([0.0, *found.theta]), data, form, likelihood)


def _facts(maximum: Maximum, data: Blocks, design: Design, *, name: str, outcome: str, note: str) -> FitFacts:
    restricted = maximum.at.likelihood == "REML"
    free = data.observations - (data.means if restricted else 0)
    # Back to the units of scores and covariates: the restricted likelihood changes with both.
    value = maximum.at.value + free * (log(2 * pi) + 2 * log(data.scale)) + (2 * design.scale if restricted else 0)
    parameters = 2 if name == RANDOM_INTERCEPT else len(maximum.theta)
    counted = data.means + parameters
    return FitFacts(
        outcome=outcome,
        week=design.weeks[0] if len(design.weeks) == 1 else None,
        covariance=name,
        by_arm=data.groups > 1,
        likelihood=maximum.at.likelihood,
        people=sum(design.people),
        observations=data.observations,
        means=data.means,
        parameters=parameters,
        iterations=maximum.iterations,
        log_likelihood=-value / 2,
        aic=value + 2 * counted,
        bic=value + log(free) * counted,
        boundary=maximum.boundary,
        note=note,
        visit_covariance=tuple(
            tuple(map(tuple, (shape.matrix * data.scale**2).tolist())) for shape in maximum.at.shapes
        ),
    )

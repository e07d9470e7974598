"""What simulated trials say about each fitted or predicted claim."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import ndtri

from asteroid_repro.estimate.effects.methods import estimate_arrays
from asteroid_repro.simulate.block import TrialBlock, simulate_block
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.trial.quantities import EVENT_KINDS, OUTCOMES

PerTrial = Mapping[str, np.ndarray]
"""Figures by name, one value a simulated trial."""


@dataclass(frozen=True)
class MonteCarloFigure:
    """What the simulated trials give for a fitted claim.

    Attributes
    ----------
    value : float
        In the claim's unit.
    mcse : float
        Its Monte Carlo standard error; 0 where every trial has the same value.
    """

    value: float
    mcse: float


def per_trial_figures(assumptions: TrialAssumptions, seed: int, block: int, trials: int) -> dict[str, np.ndarray]:
    """Simulate a block and reduce each trial to the figures that claims are about.

    Returns
    -------
    dict of str to numpy.ndarray, shape (trials,)
        Named after the claims, in their units; ``.sd`` figures are within one trial, n - 1 in the denominator.
    """
    simulated = simulate_block(assumptions, seed, block, trials)
    return (
        _design(assumptions, simulated)
        | _effects(simulated)
        | _arm_means(simulated)
        | _programme(assumptions, simulated)
    )


def _design(assumptions: TrialAssumptions, simulated: TrialBlock) -> dict[str, np.ndarray]:
    people, outcomes = simulated.people, simulated.outcomes
    one = np.ones(people.age_years.shape[-1])
    scores = np.concatenate([outcomes.running, outcomes.waitlist], axis=2)
    return {
        "design.running": one * outcomes.running.shape[2],
        "design.waitlist": one * outcomes.waitlist.shape[2],
        "design.visit.middle": one * assumptions.visits[1],
        "design.visit.last": one * assumptions.visits[-1],
        "design.age.mean": people.age_years.mean(axis=0),
        "design.age.sd": people.age_years.std(axis=0, ddof=1),
        "design.age.minimum": one * assumptions.age_minimum,
        "design.age.maximum": one * assumptions.age_maximum,
        "design.female": 100 * people.female.mean(axis=0),
        "attrition.lost": np.isnan(scores).any(axis=(0, 1)).sum(axis=0).astype(float),
    }


def _effects(simulated: TrialBlock) -> dict[str, np.ndarray]:
    figures = {}
    for index, name in enumerate(OUTCOMES):
        running, waitlist = simulated.outcomes.running[index], simulated.outcomes.waitlist[index]
        fit = estimate_arrays(running, waitlist, method="random_intercept")
        figures[f"{name}.week12.estimate"] = fit.estimate[-1]
        figures[f"{name}.week12.se"] = fit.standard_error[-1]
    return figures


def _arm_means(simulated: TrialBlock) -> dict[str, np.ndarray]:
    figures = {}
    for index, name in enumerate(OUTCOMES):
        for arm in ("running", "waitlist"):
            means = getattr(simulated.outcomes, arm)[index].mean(axis=1)
            figures[f"{name}.{arm}.baseline"], figures[f"{name}.{arm}.week12"] = means[0], means[-1]
    return figures


def _programme(assumptions: TrialAssumptions, simulated: TrialBlock) -> dict[str, np.ndarray]:
    if not assumptions.n_sessions:  # nothing to attend: these claims are then not run
        return {}
    plan = assumptions.plan
    sessions, counts = simulated.sessions, simulated.sessions.events.sum(axis=(1, 2)).astype(float)
    one = np.ones(counts.shape[-1])
    share = 100 * sessions.attended.mean(axis=0)
    distance = {week: sessions.run_distance_km[sessions.week == week].sum(axis=0) for week in (1, plan.weeks)}
    figures = {f"adverse_events.{kind}": counts[index] for index, kind in enumerate(EVENT_KINDS)}
    return figures | {
        "adverse_events.non_serious": counts.sum(axis=0) - simulated.serious.sum(axis=(0, 1, 2)),
        "adherence.mean": share.mean(axis=0),
        "adherence.sd": share.std(axis=0, ddof=1),
        "exposure.running_hours": sessions.run_minutes.sum(axis=(0, 1)) / 60,
        "programme.sessions_per_week": one * plan.sessions_per_week,
        "programme.session_minutes": one * plan.session_minutes,
        "programme.weeks": one * plan.weeks,
        "distance.week1.mean": distance[1].mean(axis=0),
        "distance.week1.sd": distance[1].std(axis=0, ddof=1),
        "distance.week12.mean": distance[plan.weeks].mean(axis=0),
        "distance.week12.sd": distance[plan.weeks].std(axis=0, ddof=1),
    }


def fitted_figure(claim: str, figures: PerTrial) -> MonteCarloFigure | None:
    """Return what the simulated trials give for a fitted claim; None where no figure is known.

    A mean over trials, except: standard deviations are root mean squares (a sample SD is biased, its square is not),
    and confidence limits are taken at the root mean square standard error.

    Examples
    --------
    >>> fitted_figure("adherence.sd", {"adherence.sd": np.array([18.0, 22.0])}).value
    20.09975124224178
    """
    if claim in _RULES:
        return _RULES[claim](figures)
    return _mean(figures[claim]) if claim in figures else None


def _mean(values: np.ndarray) -> MonteCarloFigure:
    return MonteCarloFigure(float(values.mean()), _standard_error(values))


def _root_mean_square(values: np.ndarray) -> MonteCarloFigure:
    root = np.sqrt((values**2).mean())
    return MonteCarloFigure(float(root), _standard_error(values**2 / (2 * root)) if root else 0.0)


def _limit(outcome: str, sign: int, figures: PerTrial) -> MonteCarloFigure:
    """Mean estimate plus or minus z times the root mean square standard error, with its error by linearisation."""
    estimate, error = figures[f"{outcome}.week12.estimate"], figures[f"{outcome}.week12.se"]
    root, z = np.sqrt((error**2).mean()), sign * float(ndtri(0.975))
    return MonteCarloFigure(float(estimate.mean() + z * root), _standard_error(estimate + z * error**2 / (2 * root)))


def _standard_error(values: np.ndarray) -> float:
    if (values == values[0]).all():
        return 0.0
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def _limit_rule(outcome: str, sign: int) -> Callable[[PerTrial], MonteCarloFigure]:
    return lambda figures: _limit(outcome, sign, figures)


_RULES: Final[Mapping[str, Callable[[PerTrial], MonteCarloFigure]]] = {
    "design.age.sd": lambda figures: _root_mean_square(figures["design.age.sd"]),
    "adherence.sd": lambda figures: _root_mean_square(figures["adherence.sd"]),
    **{f"{name}.week12.ci_low": _limit_rule(name, -1) for name in OUTCOMES},
    **{f"{name}.week12.ci_high": _limit_rule(name, +1) for name in OUTCOMES},
}

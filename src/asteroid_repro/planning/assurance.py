"""Assurance: power averaged over what is believed of the true effect."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import nan
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.special import ndtr

from asteroid_repro.engine.control_variates import (
    CONTROLS,
    LEAST_EVENTS,
    LEAST_TRIALS,
    Knowledge,
    control_rows,
    controlled,
    known_means,
    ratio,
    summed_products,
)
from asteroid_repro.engine.monte_carlo import Run, Totals, check_trials, check_usable, simulated_label, sum_pieces
from asteroid_repro.engine.trial_estimates import simulated_estimates
from asteroid_repro.engine.twin import Twin
from asteroid_repro.errors import InputError
from asteroid_repro.estimate.effects.methods import Analysis, Distribution, chosen_analysis
from asteroid_repro.estimate.inference import p_value
from asteroid_repro.evaluate.answers import asked_said, share_said
from asteroid_repro.mechanism.mechanism import Mechanism, solve
from asteroid_repro.planning.approximate_power import asked_about
from asteroid_repro.planning.belief import Belief, Shrinkage, believed_effects, shrunk
from asteroid_repro.tables.result_table import ResultTable
from asteroid_repro.tables.rounding import number
from asteroid_repro.trial.assumptions import TrialAssumptions

if TYPE_CHECKING:
    import pandas as pd

_CONTROLS: Final = ("error", "nearly", "power", "clearly", "wrong")


@dataclass(frozen=True)
class EffectTried:
    """The simulated power at one true effect.

    Attributes
    ----------
    effect : float
        True effect, points.
    weight : float
        Its share in the average.
    power, mcse : float
        Share of trials with p < 1 - level, and its Monte Carlo standard error.
    worth : float
        Plain trials, without control variates, that would have the same standard error.
    """

    effect: float
    weight: float
    power: float
    mcse: float
    worth: float


@dataclass(frozen=True)
class Assurance(ResultTable):
    """Power averaged over a distribution of the true effect.

    Attributes
    ----------
    assurance, mcse, worth : float
        Probability of p < 1 - level, its Monte Carlo standard error, and the plain trials that would have the same one.
    power_at_mean, power_at_mean_mcse : float
        Power if the mean of the belief is the truth, and its Monte Carlo standard error.
    wrong_sign_share, wrong_sign_share_mcse : float
        Share of the assurance from significant estimates whose sign is not that of the belief's mean, and its Monte
        Carlo standard error; NaN where the mean is 0.
    truth_wrong_sign : float
        Probability, by the belief, that the true effect has the other sign than its mean.
    beyond_scale : float
        Probability, by the belief, of an effect that the outcome's scale has no room for.
    mean, sd : float
        The belief after shrinkage, points.
    shrinkage : float
        Share of the estimate that was not believed.
    trials : int
        Simulated trials at each effect.
    failed : int
        Trials without a usable fit at one of the effects or more, counted nowhere.
    stopped : bool
        Whether the user ended the run before its goal.
    tried : tuple of EffectTried
        The effects simulated, smallest first.
    analysis : Analysis
        The method, its reference distribution and level.
    asked : str
        What the trial is asked about, and how, in words.
    label : str
        ``SIMULATED`` with scenario, outcome, analysis, trials and seed.
    """

    assurance: float
    mcse: float
    worth: float
    power_at_mean: float
    power_at_mean_mcse: float
    wrong_sign_share: float
    wrong_sign_share_mcse: float
    truth_wrong_sign: float
    beyond_scale: float
    mean: float
    sd: float
    shrinkage: float
    trials: int
    failed: int
    stopped: bool
    tried: tuple[EffectTried, ...]
    analysis: Analysis
    asked: str
    label: str

    def answer(self) -> str:
        """Return the assurance in a sentence, beside the power if the mean of the belief were the truth."""
        reach, known = 1.96 * self.mcse, number(100 * self.power_at_mean, 1)
        share = share_said(self.assurance, max(0.0, self.assurance - reach), min(1.0, self.assurance + reach))
        belief = f"a true effect of {number(self.mean, 1)} points (SD {number(self.sd, 1)}) is believed"
        return f"{share} of trials would be significant where {belief}, {known} % if it were known: {self.asked}."

    def to_frame(self) -> "pd.DataFrame":
        """Return one row with the result; ``tried`` holds the effects behind it."""
        return super().to_frame().drop(columns=["tried", "analysis", "asked"]).assign(**self.analysis.arguments)


def assurance(
    assumptions: TrialAssumptions,
    *,
    mean: float,
    sd: float,
    shrinkage: Shrinkage = 0.0,
    outcome: str | None = None,
    week: float | None = None,
    method: str | None = None,
    distribution: Distribution | None = None,
    level: float = 0.95,
    nodes: int | None = None,
    control_variate: bool = True,
    trials: int = 10_000,
    seed: int,
    n_jobs: int = 1,
    executor: Any = None,
    progress: bool = False,
) -> Assurance:
    r"""Average simulated power over a normal distribution of the true effect.

    Power supposes that the effect is known. With a belief :math:`N(m, s^2)` about it, the probability of a significant
    trial is :math:`\int \pi(\theta)\, \varphi((\theta - m)/s)\, d\theta / s`, here by Gauss-Hermite quadrature:

    .. math:: \sum_k w_k\, \hat\pi(m + \sqrt 2\, s\, x_k) / \sqrt{\pi}.

    All effects are tried on the same people and noise, so the Monte Carlo standard error is that of the mean, over
    trials, of each trial's own weighted share of significant results.

    An effect may be too large for the scale: with a mean of 40 points nobody can improve by 50. The belief beyond the
    largest possible effect, in either direction, counts as that largest one; ``beyond_scale`` says how much that is,
    and more than a quarter is refused.

    Parameters
    ----------
    assumptions : TrialAssumptions
        The trial planned; its own effect only says how the weeks are related.
    mean, sd : float
        Belief about the effect at that week, points: for instance a published estimate and its standard error.
    shrinkage : float or "empirical_bayes"
        See :func:`asteroid_repro.planning.belief.shrunk`; 0 takes the estimate as it is. A number moves the mean only,
        ``"empirical_bayes"`` makes the SD smaller too: the same share taken away gives two different assurances.
    outcome : str, optional
        Name of the outcome; the study's first when not given.
    week : float, optional
        A visit after the first; the last when not given.
    method, distribution, level
        As in :func:`asteroid_repro.estimate_effects`: MMRM with Kenward and Roger's correction when not given.
    nodes : int, optional
        Effects tried, an odd number so that the mean is one. When not given 15, or twice the squared ratio of sd and
        standard error where that is more: the quadrature is then right to about 0.001.
    control_variate : bool
        As in :func:`asteroid_repro.operating_characteristics`.
    trials : int
        Simulated trials at each effect.
    seed : int
        Whole number of 0 or more.
    n_jobs, executor, progress
        As in :func:`asteroid_repro.operating_characteristics`; memory does not grow with the trials.

    Returns
    -------
    Assurance
        With Monte Carlo standard errors; stopped from the keyboard, of the trials done so far.

    Raises
    ------
    InputError
        An sd that is not positive (also after shrinkage), a shrinkage out of range, a belief of which more than a
        quarter lies beyond the scale, an even number of nodes, trials that are not a whole number of 2 or more, or an
        unknown outcome, week, method or distribution.

    References
    ----------
    .. [1] O'Hagan, Stevens & Campbell (2005), Pharm Stat 4:187-201. doi:10.1002/pst.175

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> again = assurance(ASTEROID, mean=-15.3, sd=5.117, nodes=5, trials=200, seed=1)
    >>> again.assurance < again.power_at_mean
    True
    """
    analysis = chosen_analysis(method, distribution, level)
    control = control_variate and check_trials(trials) >= LEAST_TRIALS
    run = Run(trials, seed, n_jobs=n_jobs, executor=executor, progress=progress)
    outcome, week = asked_about(assumptions, outcome, week)
    belief = shrunk(mean, sd, shrinkage)
    if belief.sd == 0:
        raise InputError(f"sd must be positive after shrinkage, got 0 (mean {mean:g}, sd {sd:g}). Shrink less.")
    tried = believed_effects(assumptions, belief, outcome=outcome, week=week, method=analysis.method, nodes=nodes)
    records = [assumptions.with_effect_through(outcome, week, effect) for effect in tried[0].tolist()]
    mechanisms = [solve(record.with_equal_baselines()) for record in records]
    at = assumptions.design.visit(week) - 1, assumptions.design.outcome_names.index(outcome)
    wrong = -float(np.sign(belief.mean))
    work = partial(effect_sums, mechanisms, tried[1], seed, at=at, wrong=wrong, analysis=analysis, control=control)
    totals = sum_pieces(work, run)
    how_many = f"{totals.trials:,} trials an effect{', stopped early' if totals.stopped else ''}"
    label = simulated_label(assumptions.name, f"{outcome} at week {week:g}", analysis, how_many, f"seed {seed}")
    known = [_known(mechanism, analysis, at, wrong) for mechanism in mechanisms] if control else None
    asked = asked_said(outcome, week, analysis, assumptions.design)
    return _result(belief, tried, totals, known, analysis=analysis, asked=asked, label=label)


def effect_sums(
    mechanisms: Sequence[Mechanism],
    weights: np.ndarray,
    seed: int,
    block: int,
    size: int,
    *,
    at: tuple[int, int],
    wrong: float,
    analysis: Analysis,
    control: bool = False,
) -> dict[str, np.ndarray]:
    """Simulate a piece at every effect, on the same people and noise, and add up over the trials usable at all of them.

    ``at`` is the place of the week and of the outcome among the estimates, ``wrong`` the sign that counts as wrong (0
    for none). ``effects`` are sums of products of usable and significant with the controls, shape (effects, rows,
    rows); ``all`` those of usable, and each trial's weighted share of significant and of wrong results, with the
    weighted controls. Without control variates there are no controls.
    """
    signs, controls = np.empty((len(mechanisms), size)), np.empty((len(mechanisms), len(_CONTROLS) * control, size))
    for row, own, mechanism in zip(signs, controls, mechanisms, strict=True):
        twin = Twin(mechanism, size)
        fit = simulated_estimates(mechanism, seed, block, size, analysis, see=twin.see if control else None)
        p = p_value(fit)[at]
        row[:] = np.where(np.isnan(p), np.nan, np.sign(fit.estimate[at]) * (p < 1 - analysis.level))
        if control:
            own[:] = _oriented([row[at] for row in control_rows(twin, mechanism, analysis)], mechanism, at, wrong)
    usable = np.isfinite(signs).all(axis=0)
    significant = usable & (signs != 0)
    shares = weights @ significant, weights @ (significant & (signs == wrong))
    together = [np.broadcast_to(usable, significant.shape), significant, *controls.swapaxes(0, 1)]
    return {
        "usable": usable.sum(),
        "effects": summed_products(together),
        "all": summed_products([np.asarray(usable), *shares, *np.tensordot(weights, controls, 1)]),
    }


def _oriented(figures: Sequence[Any], mechanism: Mechanism, at: tuple[int, int], wrong: float) -> np.ndarray:
    """Return the controls among the twin's figures; wrong is significance in the direction that counts as wrong."""
    named = dict(zip(CONTROLS, figures, strict=True))
    for_better = wrong * mechanism.assumptions.design.outcomes[at[1]].sign > 0
    worse = np.asarray(named["favours_reference"], dtype=float)
    named["wrong"] = named["power"] - worse if for_better else worse
    return np.stack([named[name] for name in _CONTROLS])


def _known(mechanism: Mechanism, analysis: Analysis, at: tuple[int, int], wrong: float) -> np.ndarray:
    known = known_means(mechanism, analysis)
    return _oriented(np.nan_to_num(np.array([known[name][at] for name in CONTROLS])), mechanism, at, wrong)


def _knowledge(mean: np.ndarray, n: int, figures: Sequence[str]) -> Knowledge:
    """Return what is known and may be used: shares of enough trials; figures go by the control of their name."""
    if not mean.shape[-1]:
        return Knowledge(mean, mean > 0, np.zeros((*mean.shape[:-1], len(figures)), dtype=bool))
    often = dict(zip(_CONTROLS, np.moveaxis(n * np.minimum(mean, 1 - mean) >= LEAST_EVENTS, -1, 0), strict=True))
    often["error"] = np.ones_like(often["error"])
    often["usable"] = ~often["error"]  # all trials, or nearly all
    return Knowledge(mean, *(np.stack([often[name] for name in names], axis=-1) for names in (_CONTROLS, figures)))


def _result(
    belief: Belief,
    tried: tuple[np.ndarray, np.ndarray, float],
    totals: Totals,
    known: Sequence[np.ndarray] | None,
    **said: Any,
) -> Assurance:
    effects, weights, beyond_scale = tried
    n = check_usable(totals.sums["usable"], totals.trials)
    means = np.empty((len(effects), 0)) if known is None else np.array(known)
    every = controlled(totals.sums["all"], _knowledge(weights @ means, n, ("usable", "power", "wrong")))
    of_each = _knowledge(means, n, ("usable", "power"))
    each = controlled(totals.sums["effects"], of_each)
    powers = [ratio(each.at(index), totals.trials) for index in range(len(effects))]
    rows = zip(effects.tolist(), weights.tolist(), powers, strict=True)
    return Assurance(
        *ratio(every, totals.trials),
        *powers[int(np.argmin(np.abs(effects - belief.mean)))][:2],
        *(ratio(every, totals.trials, of=(2, 1))[:2] if belief.mean and every.mean[1] else (nan, nan)),
        truth_wrong_sign=float(ndtr(-abs(belief.mean) / belief.sd)),
        beyond_scale=beyond_scale,
        mean=belief.mean,
        sd=belief.sd,
        shrinkage=belief.shrinkage,
        trials=totals.trials,
        failed=totals.trials - n,
        stopped=totals.stopped,
        tried=tuple(EffectTried(effect, weight, *power) for effect, weight, power in rows),
        **said,
    )

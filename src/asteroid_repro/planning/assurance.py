"""Assurance: power averaged over what is believed of the true effect."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import nan
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtr

from asteroid_repro.engine.monte_carlo import Run, Totals, check_trials, check_usable, simulated_label, sum_pieces
from asteroid_repro.engine.trial_estimates import simulated_estimates
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
    """

    effect: float
    weight: float
    power: float
    mcse: float


@dataclass(frozen=True)
class Assurance(ResultTable):
    """Power averaged over a distribution of the true effect.

    Attributes
    ----------
    assurance, mcse : float
        Probability of p < 1 - level, and its Monte Carlo standard error.
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
    run = Run(check_trials(trials), seed, n_jobs=n_jobs, executor=executor, progress=progress)
    outcome, week = asked_about(assumptions, outcome, week)
    belief = shrunk(mean, sd, shrinkage)
    if belief.sd == 0:
        raise InputError(f"sd must be positive after shrinkage, got 0 (mean {mean:g}, sd {sd:g}). Shrink less.")
    tried = believed_effects(assumptions, belief, outcome=outcome, week=week, method=analysis.method, nodes=nodes)
    records = [assumptions.with_effect_through(outcome, week, effect) for effect in tried[0].tolist()]
    mechanisms = [solve(record.with_equal_baselines()) for record in records]
    at = assumptions.design.visit(week) - 1, assumptions.design.outcome_names.index(outcome)
    wrong = -float(np.sign(belief.mean))
    work = partial(effect_sums, mechanisms, tried[1], seed, at=at, wrong=wrong, analysis=analysis)
    totals = sum_pieces(work, run)
    how_many = f"{totals.trials:,} trials an effect{', stopped early' if totals.stopped else ''}"
    label = simulated_label(assumptions.name, f"{outcome} at week {week:g}", analysis, how_many, f"seed {seed}")
    asked = asked_said(outcome, week, analysis, assumptions.design)
    return _result(belief, tried, totals, analysis=analysis, asked=asked, label=label)


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
) -> dict[str, np.ndarray]:
    """Simulate a piece at every effect, on the same people and noise, and add up over the trials usable at all of them.

    ``at`` is the place of the week and of the outcome among the estimates, ``wrong`` the sign that counts as wrong (0
    for none). ``significant`` has shape (effects,); ``own`` and ``own_wrong`` are sums of each trial's weighted share
    of significant and of wrong results, with their squares and product.
    """
    signs = np.empty((len(mechanisms), size))
    for row, mechanism in zip(signs, mechanisms, strict=True):
        fit = simulated_estimates(mechanism, seed, block, size, analysis)
        p = p_value(fit)[at]
        row[:] = np.where(np.isnan(p), np.nan, np.sign(fit.estimate[at]) * (p < 1 - analysis.level))
    found = signs[:, np.isfinite(signs).all(axis=0)]
    significant = found != 0
    own, own_wrong = weights @ significant, weights @ (significant & (found == wrong))
    return {
        "usable": np.array(found.shape[1]),
        "significant": significant.sum(axis=1),
        "own": own.sum(),
        "own_2": (own**2).sum(),
        "own_wrong": own_wrong.sum(),
        "own_wrong_2": (own_wrong**2).sum(),
        "product": (own * own_wrong).sum(),
    }


def _result(belief: Belief, tried: tuple[np.ndarray, np.ndarray, float], totals: Totals, **said: Any) -> Assurance:
    effects, weights, beyond_scale = tried
    sums, n = totals.sums, check_usable(totals.sums["usable"], totals.trials)
    powers = [_mean_and_error(count, count, n) for count in sums["significant"].tolist()]
    rows = zip(effects.tolist(), weights.tolist(), powers, strict=True)
    return Assurance(
        *_mean_and_error(float(sums["own"]), float(sums["own_2"]), n),
        *powers[int(np.argmin(np.abs(effects - belief.mean)))],
        *(_wrong_share(totals) if belief.mean and sums["own"] else (nan, nan)),
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


def _mean_and_error(total: float, squares: float, n: int) -> tuple[float, float]:
    """Mean of n figures and its standard error, from their sum and the sum of their squares."""
    variance = (squares - total**2 / n) / (n - 1)
    return total / n, float(np.sqrt(max(variance, 0.0) / n))  # equal figures may leave a rounding below 0


def _wrong_share(totals: Totals) -> tuple[float, float]:
    """Ratio of two means over the same trials, and its standard error by the delta method."""
    sums, n = totals.sums, int(totals.sums["usable"])
    ratio = float(sums["own_wrong"] / sums["own"])
    squares = float(sums["own_wrong_2"] - 2 * ratio * sums["product"] + ratio**2 * sums["own_2"])
    return ratio, _mean_and_error(0.0, squares, n)[1] / float(sums["own"] / n)

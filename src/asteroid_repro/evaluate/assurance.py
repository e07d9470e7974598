"""Assurance: power averaged over what is believed of the true effect."""

from dataclasses import asdict, dataclass
from math import ceil, nan, pi, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import ndtr, roots_hermite

from asteroid_repro._version import __version__
from asteroid_repro.assumptions.quantities import OUTCOMES
from asteroid_repro.assumptions.trial import TrialAssumptions
from asteroid_repro.errors import InputError
from asteroid_repro.estimate.inference import p_value
from asteroid_repro.estimate.limits import check_level
from asteroid_repro.estimate.methods import Distribution, reference_distribution
from asteroid_repro.evaluate.approximate_power import estimate_spread
from asteroid_repro.evaluate.fields import effect_at, with_effect_at
from asteroid_repro.evaluate.monte_carlo import run_blocks
from asteroid_repro.evaluate.possible_effects import possible_effects
from asteroid_repro.evaluate.shrink import Belief, Shrinkage, shrunk
from asteroid_repro.evaluate.trial_estimates import simulated_estimates

if TYPE_CHECKING:
    import pandas as pd

_FARTHEST: Final = 4.5  # SDs of the belief: 7 in a million lie beyond
_MOST_BEYOND: Final = 0.25  # of the belief, where the scale has no room for it


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
class Assurance:
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
    failed : int
        Simulated trials without a usable fit at one of the effects or more, counted nowhere.
    tried : tuple of EffectTried
        The effects simulated, smallest first.
    label : str
        ``SIMULATED`` with scenario, outcome, trials and seed.
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
    failed: int
    tried: tuple[EffectTried, ...]
    label: str

    def to_frame(self) -> "pd.DataFrame":
        """Return one row with the result; ``tried`` holds the effects behind it."""
        import pandas as pd  # slow to import, and the command line prints without it

        row = asdict(self)
        return pd.DataFrame([{key: row[key] for key in row if key not in {"tried", "label"}}])

    def _repr_html_(self) -> str:
        return f"<p><strong>{self.label}</strong></p>" + self.to_frame().T.to_html(header=False)


def assurance(
    assumptions: TrialAssumptions,
    *,
    mean: float,
    sd: float,
    shrinkage: Shrinkage = 0.0,
    outcome: str = "average_pain",
    week: int = 12,
    method: str = "random_intercept",
    distribution: Distribution | None = None,
    level: float = 0.95,
    nodes: int | None = None,
    trials: int = 10_000,
    seed: int,
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
        See :func:`asteroid_repro.evaluate.shrink.shrunk`; 0 takes the estimate as it is.
    outcome : str
        Name of the outcome.
    week : int
        A visit after the first.
    method, distribution, level
        As in :func:`asteroid_repro.estimate_effects`.
    nodes : int, optional
        Effects tried, an odd number so that the mean is one. When not given 15, or twice the squared ratio of sd and
        standard error where that is more: the quadrature is then right to about 0.001.
    trials : int
        Simulated trials at each effect.
    seed : int
        Whole number of 0 or more.

    Returns
    -------
    Assurance
        With Monte Carlo standard errors.

    Raises
    ------
    InputError
        An sd that is not positive (also after shrinkage), a shrinkage out of range, a belief of which more than a
        quarter lies beyond the scale, an even number of nodes, or an unknown outcome, week, method or distribution.

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
    chosen = reference_distribution(method, distribution)
    check_level(level)
    effect_at(assumptions, outcome, week)
    belief = shrunk(mean, sd, shrinkage)
    if belief.sd == 0:
        raise InputError(f"sd must be positive after shrinkage, got 0 (mean {mean:g}, sd {sd:g}). Shrink less.")
    average = _average(assumptions, belief, outcome=outcome, week=week, method=method, nodes=nodes)
    signs = [
        _signs(
            with_effect_at(assumptions, outcome, week, effect).with_equal_baselines(),
            outcome=outcome,
            week=week,
            method=method,
            distribution=chosen,
            level=level,
            trials=trials,
            seed=seed,
        )
        for effect in average.effects.tolist()
    ]
    source = f"{assumptions.name}, {outcome} at week {week}, {method}, {trials:,} trials an effect, seed {seed}"
    label = f"SIMULATED ({source}, version {__version__}), not participant data"
    return _summary(belief, average, np.array(signs), label)


@dataclass(frozen=True)
class _Average:
    """A belief as a weighted average: effects and weights, smallest effect first, and the part beyond the scale."""

    effects: np.ndarray
    weights: np.ndarray
    beyond_scale: float


def _average(
    assumptions: TrialAssumptions, belief: Belief, *, outcome: str, week: int, method: str, nodes: int | None
) -> _Average:
    se = estimate_spread(assumptions, outcome=outcome, week=week, method=method).true_se
    x, w = roots_hermite(_number_of_nodes(nodes, belief.sd / se))
    x[len(x) // 2] = 0.0  # it is, but for rounding
    reach = _FARTHEST * belief.sd
    possible = possible_effects(assumptions, outcome=outcome, week=week, centre=belief.mean, reach=reach)
    beyond = float(ndtr((possible.low - belief.mean) / belief.sd) + ndtr((belief.mean - possible.high) / belief.sd))
    if beyond > _MOST_BEYOND:
        raise InputError(
            f"sd must leave the true effect room on the scale, from {possible.low:.1f} to {possible.high:.1f} points, "
            f"got {beyond:.0%} of the belief beyond (mean {belief.mean:g}, sd {belief.sd:g}). "
            "Shrink it, or assume other baselines or spreads."
        )
    inside = np.clip(sqrt(2) * belief.sd * x, -reach, reach) + belief.mean
    effects, place = np.unique(np.clip(inside, possible.low, possible.high), return_inverse=True)
    return _Average(effects, np.bincount(place, w / sqrt(pi)), beyond)


def _number_of_nodes(asked: int | None, ratio: float) -> int:
    """Return the nodes asked for, or enough for a power curve that rises over a small part of the belief."""
    if asked is None:
        return max(15, 2 * ceil(ratio**2) + 1)
    if isinstance(asked, bool) or not isinstance(asked, int) or asked < 3 or asked % 2 == 0:
        raise InputError(f"nodes must be an odd number of 3 or more, got {asked!r}. Try 15.")
    return asked


def _signs(
    population: TrialAssumptions,
    *,
    outcome: str,
    week: int,
    method: str,
    distribution: Distribution,
    level: float,
    trials: int,
    seed: int,
) -> np.ndarray:
    """Sign of each trial's estimate where it is significant, 0 where it is not, NaN without a fit."""
    place, visit = OUTCOMES.index(outcome), population.visits.index(week) - 1

    def work(block: int, size: int) -> dict[str, np.ndarray]:
        fit = simulated_estimates(population, seed, block, size, method=method, distribution=distribution)
        p, estimate = p_value(fit)[visit, place], fit.estimate[visit, place]
        return {"sign": np.where(np.isnan(p), np.nan, np.sign(estimate) * (p < 1 - level))}

    return run_blocks(work, trials)["sign"]


def _summary(belief: Belief, average: _Average, signs: np.ndarray, label: str) -> Assurance:
    usable = np.isfinite(signs).all(axis=0)
    if usable.sum() < 2:
        raise InputError(f"trials must leave 2 usable fits or more, got {usable.sum()} of {len(usable)}. Add people.")
    found = signs[:, usable]
    significant = (found != 0).astype(float)
    own = average.weights @ significant  # of each trial, over the effects: they share its people and noise
    wrong = average.weights @ (found == -np.sign(belief.mean)).astype(float)
    powers = [_mean(row) for row in significant]
    middle = powers[int(np.argmin(np.abs(average.effects - belief.mean)))]
    total, share = _mean(own), _ratio(wrong, own) if belief.mean and own.any() else (nan, nan)
    tried = zip(average.effects.tolist(), average.weights.tolist(), powers, strict=True)
    return Assurance(
        assurance=total[0],
        mcse=total[1],
        power_at_mean=middle[0],
        power_at_mean_mcse=middle[1],
        wrong_sign_share=share[0],
        wrong_sign_share_mcse=share[1],
        truth_wrong_sign=float(ndtr(-abs(belief.mean) / belief.sd)),
        beyond_scale=average.beyond_scale,
        mean=belief.mean,
        sd=belief.sd,
        shrinkage=belief.shrinkage,
        failed=int((~usable).sum()),
        tried=tuple(EffectTried(effect, weight, *power) for effect, weight, power in tried),
        label=label,
    )


def _mean(values: np.ndarray) -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


def _ratio(part: np.ndarray, whole: np.ndarray) -> tuple[float, float]:
    """Ratio of two means over the same trials, and its standard error by the delta method."""
    ratio = float(part.mean() / whole.mean())
    return ratio, _mean(part - ratio * whole)[1] / float(whole.mean())

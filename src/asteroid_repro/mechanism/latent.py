r"""From the observed scale to a latent normal one, so that bounding and rounding lose nothing.

A score :math:`X` is a latent normal :math:`\mu + \sigma Z`, rounded to the scale's step and held inside its ends.
Rounding and bounding move means and spreads (an effect of -15 may shrink by 3 points), so :math:`\mu`, :math:`\sigma`
and the latent correlations are solved for such that mean, SD and correlations of the *observed* scores are the
assumed ones. With scores counted from the lowest one and thresholds :math:`u_j = (t_j - \mu)/\sigma`,
:math:`t_j = (j - 1/2)\,\text{step}`,

.. math::

    E X = \text{step} \sum_j \Phi(-u_j), \quad E X^2 = \text{step}^2 \sum_j (2j - 1)\, \Phi(-u_j).

Their derivatives are known, so Newton's method solves for all scores of an arm at once; the correlations follow in
:mod:`asteroid_repro.mechanism.latent_correlation`. On a scale without ends rounding only adds the variance
:math:`\text{step}^2/12` (Sheppard), to double precision where the SD is the step or more; a continuous score is its
own latent normal.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from asteroid_repro.errors import InputError
from asteroid_repro.mechanism.latent_correlation import TERMS, hermite_coefficients, latent_correlations
from asteroid_repro.mechanism.newton import Tangent, solve_pairs
from asteroid_repro.mechanism.truncated import normal_density, normal_probability
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.trial.design import Outcome

_FARTHEST = 35.0  # thresholds beyond 35 latent SDs have no probability in double precision


@dataclass(frozen=True)
class LatentScore:
    """One score on its latent scale.

    Attributes
    ----------
    scale : Outcome
        Ends and step of the observed score.
    mean, sd : float
        Mean and SD of the latent normal, points.
    """

    scale: Outcome
    mean: float
    sd: float

    @property
    def thresholds(self) -> np.ndarray:
        """Standardised thresholds between neighbouring scores of a scale with ends, one fewer than there are scores."""
        cuts = _cuts([self.scale])[0]
        return _within_reach((cuts - (self.mean - self.scale.lowest)) / self.sd)

    def probabilities(self) -> np.ndarray:
        """Probability of each score of a scale with ends, the lowest first."""
        below = np.concatenate([[0.0], normal_probability(self.thresholds), [1.0]])
        return np.diff(below)


@dataclass(frozen=True)
class LatentArm:
    """All scores of one arm: outcome-major, visits within outcome.

    Attributes
    ----------
    scores : tuple of LatentScore
        One a score: outcomes x visits of them.
    root_correlation : numpy.ndarray
        Lower Cholesky factor of the latent correlations, shape (scores, scores).
    """

    scores: tuple[LatentScore, ...]
    root_correlation: np.ndarray


def latent_score(mean: float, sd: float, scale: Outcome) -> LatentScore:
    """Find the latent normal whose rounded and bounded score has the given mean and SD.

    Parameters
    ----------
    mean, sd : float
        Wanted on the observed scale, points.
    scale : Outcome
        Ends and step of the score.

    Raises
    ------
    InputError
        No latent normal gives this pair (too small a spread for the step, or too near the largest possible one). SDs
        of less than half a step may also be refused: such a score hardly ever changes.

    Examples
    --------
    >>> vas = Outcome(name="pain", label="Pain", minimum=0, maximum=100, step=1, better="lower")
    >>> score = latent_score(14.25, 20.4, vas)
    >>> round(float(score.probabilities() @ np.arange(101)), 6)
    14.25
    """
    return _latent_scores(np.array([mean]), np.array([sd]), [scale])[0]


def latent_arm(assumptions: TrialAssumptions, arm: str) -> LatentArm:
    """Calibrate all scores of one arm, ``treatment`` or ``reference``: means, SDs and correlations.

    The observed correlation of outcome o at visit v with outcome p at visit w is the product of the cross-outcome
    correlation (o, p) and the visit correlation (v, w).

    Raises
    ------
    InputError
        A correlation the bounded scores cannot have, or latent correlations that are not positive definite.
    """
    scales = [scale for scale in assumptions.design.outcomes for _ in assumptions.visits]
    means = np.concatenate([outcome.means()[arm] for outcome in assumptions.outcomes])
    sds = np.concatenate([outcome.sd for outcome in assumptions.outcomes])
    scores = _latent_scores(means, sds, scales)
    wanted = np.kron(assumptions.cross_outcome_correlation, assumptions.visit_correlation)
    latent = latent_correlations(_coefficients(scores) / sds[:, np.newaxis], wanted)
    try:
        factor = np.linalg.cholesky(latent)
    except np.linalg.LinAlgError:
        raise InputError(
            f"correlations of the {arm} arm must be possible for bounded scores, got latent ones with smallest "
            f"eigenvalue {np.linalg.eigvalsh(latent)[0]:.3g}. Choose smaller correlations or spreads."
        ) from None
    return LatentArm(scores, factor)


def _latent_scores(means: np.ndarray, sds: np.ndarray, scales: Sequence[Outcome]) -> tuple[LatentScore, ...]:
    """Solve for all scores: observed means and SDs in points, each of shape (scores,)."""
    bounded = np.array([scale.is_bounded for scale in scales])
    latent_means, latent_sds = means.astype(float), sds.astype(float)
    if bounded.any():
        with_ends = [scale for scale in scales if scale.is_bounded]
        latent_means[bounded], latent_sds[bounded] = _bounded_scores(means[bounded], sds[bounded], with_ends)
    for index in np.flatnonzero(~bounded).tolist():
        latent_sds[index] = _endless_sd(float(sds[index]), scales[index])
    return tuple(map(LatentScore, scales, latent_means.tolist(), latent_sds.tolist()))


def _bounded_scores(means: np.ndarray, sds: np.ndarray, scales: Sequence[Outcome]) -> tuple[np.ndarray, np.ndarray]:
    steps, lowest = np.array([_step(scale) for scale in scales]), np.array([scale.lowest for scale in scales])
    lengths = steps * np.array([scale.n_steps for scale in scales])
    above = means - lowest
    wanted = np.stack([np.log(above / (lengths - above)), np.log(sds)])
    # A wide first guess reaches a threshold from anywhere: where none is near, the moments hardly have a slope.
    start = np.stack([np.zeros_like(means), np.log(sds + steps)])
    distances = _cuts(scales) - above[:, np.newaxis]
    weights = np.stack([np.outer(steps, np.ones(distances.shape[1])), np.outer(steps**2, _odd(distances.shape[1]))])
    shift, log_sd = solve_pairs(lambda unknowns: _score_moments(unknowns, distances, weights, lengths), wanted, start)
    impossible = np.flatnonzero(np.isnan(shift))
    if impossible.size:
        first = impossible[0]
        raise InputError(
            f"{scales[first].name}.sd must be one that a rounded, bounded normal score can have at mean "
            f"{means[first]:g} and step {steps[first]:g}, got {sds[first]:g}. Choose another sd, or a mean "
            "further from the ends of the scale."
        )
    latent_sds = np.exp(log_sd)
    return means - latent_sds * shift, latent_sds


def _endless_sd(sd: float, scale: Outcome) -> float:
    """Take the variance that rounding adds from that of a score on a scale without ends."""
    if scale.step is not None and sd < scale.step:
        raise InputError(
            f"{scale.name}.sd must be the step {scale.step:g} or more on a scale without ends, got {sd:g}. Take a "
            "finer step, or none."
        )
    return float(np.sqrt(sd**2 - _rounding_sd(scale) ** 2))


def _score_moments(unknowns: np.ndarray, distances: np.ndarray, weights: np.ndarray, lengths: np.ndarray) -> Tangent:
    """Log odds of the mean and log SD of observed scores.

    The unknowns are log latent SD and, before it, how many latent SDs the latent mean is below the observed one: that
    stays small where latent mean and SD grow without bound, towards scores that are all at one end. Log odds and logs
    are nearly straight lines in both. ``distances`` are those of the thresholds from the observed means, ``weights``
    the factors of the tails in the first and second moment, ``lengths`` those of the scales.
    """
    shift, log_sd = unknowns[:, :, np.newaxis]
    u = _within_reach(distances / np.exp(log_sd) + shift)
    density = normal_density(u)
    first, second = np.vecdot(weights, normal_probability(-u))
    first_slope, second_slope = np.stack(
        [np.vecdot(weights, -density), np.vecdot(weights, density * (u - shift))], axis=1
    )
    variance = second - first**2
    odds = first / (lengths - first)
    return Tangent(
        value=np.stack([np.log(odds), np.log(variance) / 2]),
        slope=np.stack(
            [
                first_slope * lengths / (first * (lengths - first)),
                (second_slope - 2 * first * first_slope) / (2 * variance),
            ]
        ),
    )


def _cuts(scales: Sequence[Outcome]) -> np.ndarray:
    """Thresholds between neighbouring scores, points above the lowest one, one row a score with ends.

    Infinite where another scale has more of them.
    """
    steps, counts = np.array([_step(scale) for scale in scales]), np.array([scale.n_steps or 0 for scale in scales])
    number = np.arange(counts.max())
    return np.where(number < counts[:, np.newaxis], steps[:, np.newaxis] * (number + 0.5), np.inf)


def _coefficients(scores: Sequence[LatentScore]) -> np.ndarray:
    """Hermite coefficients of every score, points, shape (scores, terms); without ends only the first is not 0."""
    found = np.zeros((len(scores), TERMS))
    bounded = [index for index, score in enumerate(scores) if score.scale.is_bounded]
    if bounded:
        scales = [scores[index].scale for index in bounded]
        mean = np.array([scores[index].mean - scores[index].scale.lowest for index in bounded])[:, np.newaxis]
        sd = np.array([scores[index].sd for index in bounded])[:, np.newaxis]
        thresholds = _within_reach((_cuts(scales) - mean) / sd)
        found[bounded] = hermite_coefficients(thresholds, np.array([_step(scale) for scale in scales]))
    for index, score in enumerate(scores):
        if not score.scale.is_bounded:
            found[index, 0] = score.sd
    return found


def _step(scale: Outcome) -> float:
    return 0.0 if scale.step is None else scale.step


def _rounding_sd(scale: Outcome) -> float:
    return float(_step(scale) / np.sqrt(12))


def _within_reach(thresholds: np.ndarray) -> np.ndarray:
    held: np.ndarray = np.clip(thresholds, -_FARTHEST, _FARTHEST)
    return held


def _odd(count: int) -> np.ndarray:
    return 2 * np.arange(1, count + 1) - 1

"""Error rates with missing visits, over simulated trials without an effect: within 4 Monte Carlo standard errors.

Visit correlations .6, .6, .35 and SDs 16, 19, 22, where the random intercept is known to reject too often.
"""

import numpy as np
import pytest

from asteroid_repro.estimate.effects.methods import Distribution, estimate_arrays
from asteroid_repro.estimate.inference import p_value

TRIALS = 4_000
SPREAD = np.linalg.cholesky(np.array([[1.0, 0.6, 0.35], [0.6, 1.0, 0.6], [0.35, 0.6, 1.0]]))


def null_trials(missing: str) -> np.ndarray:
    """Draw scores (visits, people, trials) without an effect, some visits missing."""
    rng = np.random.default_rng(20_26)
    normal = rng.standard_normal((3, 40, TRIALS))
    scores: np.ndarray = 40 + np.einsum("v,vw,wnt->vnt", np.array([16.0, 19, 22]), SPREAD, normal)
    if missing == "at random given earlier pain":
        scores[:, 20:] += 15  # one arm is in more pain at all visits, loses more people, and changes no more
        worse = scores[:-1] > 55
        gone = np.logical_or.accumulate(rng.random(worse.shape) < np.where(worse, 0.35, 0.05), axis=0)
        scores[1:][gone] = np.nan
    else:
        scores[rng.random(scores.shape) < 0.15] = np.nan
    return scores


def rejection(scores: np.ndarray, method: str, distribution: Distribution) -> float:
    """Share of the trials with p < 0.05 at week 12; failed fits would make it NaN."""
    p = p_value(estimate_arrays(scores[:, :20], scores[:, 20:], method=method, distribution=distribution))[1]
    assert np.isfinite(p).mean() > 0.999
    return float(np.mean(p[np.isfinite(p)] < 0.05))


@pytest.mark.parametrize("missing", ["completely at random", "at random given earlier pain"])
@pytest.mark.parametrize("distribution", ["satterthwaite", "kenward_roger"])
def test_mmrm_keeps_its_error_rate(missing: str, distribution: Distribution) -> None:
    share = rejection(null_trials(missing), "mmrm", distribution)
    assert abs(share - 0.05) < 4 * np.sqrt(0.05 * 0.95 / TRIALS)


@pytest.mark.parametrize(
    ("method", "distribution"), [("clda", "kenward_roger"), ("ancova", "t"), ("change_score", "t")]
)
def test_others_keep_theirs_when_visits_are_missing_completely_at_random(
    method: str, distribution: Distribution
) -> None:
    share = rejection(null_trials("completely at random"), method, distribution)
    assert abs(share - 0.05) < 4 * np.sqrt(0.05 * 0.95 / TRIALS)


def test_the_random_intercept_still_rejects_too_often() -> None:
    share = rejection(null_trials("completely at random"), "random_intercept", "satterthwaite")
    assert share > 0.05 + 4 * np.sqrt(0.05 * 0.95 / TRIALS)

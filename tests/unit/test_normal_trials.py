"""What trials with normal scores measure, against SciPy's noncentral t and against simulated normal trials.

Seeds chosen before looking.
"""

from typing import Final

import numpy as np
import pytest
from scipy import stats

from asteroid_repro.engine.measures import trial_figures
from asteroid_repro.engine.normal_trials import normal_figures, standard_errors
from asteroid_repro.estimate.effects.methods import Analysis, closed_form
from asteroid_repro.estimate.effects.moments import moments
from asteroid_repro.trial.design import Outcome

SLEEP: Final = Outcome(name="sleep", label="Sleep", better="higher", important=3)
EQUAL: Final = np.full((3, 3), 50.0) + 50 * np.eye(3)
LOOSE: Final = np.full((3, 3), 8.0) + 92 * np.eye(3)
DECAYING: Final = np.array([[1, 0.6, 0.35], [0.6, 1, 0.6], [0.35, 0.6, 1]]) * np.outer([8, 10, 12], [8, 10, 12])
TRIALS: Final = 60_000
CASES: Final = (
    (EQUAL, (20, 20), Analysis("random_intercept", "z")),
    (LOOSE, (4, 3), Analysis("random_intercept", "t")),  # on the boundary in a third of the trials
    (LOOSE, (2, 2), Analysis("random_intercept", "z")),
    (DECAYING, (12, 9), Analysis("random_intercept", "z")),
    (DECAYING, (2, 2), Analysis("mmrm_compound_symmetry", "t", 0.8)),  # fewer degrees of freedom than visits
    (DECAYING, (9, 30), Analysis("mmrm", "t", 0.9)),
    (DECAYING, (5, 4), Analysis("ancova", "t")),
    (EQUAL, (20, 12), Analysis("ancova", "z", 0.8)),
)


@pytest.mark.parametrize("effect", [0.0, 0.7, -6.0])
@pytest.mark.parametrize(("n", "level"), [((20, 20), 0.95), ((7, 3), 0.8)])
def test_mmrm_is_the_t_test_of_changes(effect: float, n: tuple[int, int], level: float) -> None:
    df, error = sum(n) - 2, np.sqrt((64 + 144 - 2 * 0.35 * 96) * (1 / n[0] + 1 / n[1]))
    found = normal_figures(standard_errors(DECAYING, 2, n, Analysis("mmrm", "t")), effect, SLEEP, level)
    critical = stats.t.ppf((1 + level) / 2, df)
    above, below = stats.nct.sf(critical, df, effect / error), stats.nct.cdf(-critical, df, effect / error)
    assert found["power"] == pytest.approx(above + below, abs=1e-9)
    assert found["favours_treatment"] == pytest.approx(above, abs=1e-9)
    assert found["wrong_sign"] == pytest.approx({0: above + below, 1: below, -1: above}[np.sign(effect)], abs=1e-9)
    assert found["coverage"] == pytest.approx(level, abs=1e-12)
    assert found["variance"] == pytest.approx(error**2, rel=1e-12)
    assert found["important"] == pytest.approx(stats.norm.sf((3 - effect) / error), abs=1e-12)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_figure_is_that_of_simulated_normal_trials(case: tuple[np.ndarray, tuple[int, int], Analysis]) -> None:
    covariance, n, analysis = case
    effect, rng = np.array([2.0, 5.0]), np.random.default_rng(301)
    scores = np.einsum("vx,xnt->vnt", np.linalg.cholesky(covariance), rng.standard_normal((3, sum(n), TRIALS)))
    scores[1:, : n[0]] += effect[:, np.newaxis, np.newaxis]
    estimate = closed_form(analysis.method, analysis.distribution)
    assert estimate is not None
    fit = estimate(moments(scores[:, np.newaxis, : n[0]].swapaxes(1, 2), scores[:, np.newaxis, n[0] :].swapaxes(1, 2)))
    simulated = trial_figures(fit, effect[:, np.newaxis], [SLEEP], analysis.level)
    for visit in (1, 2):
        errors = standard_errors(covariance, visit, n, analysis)
        assert errors.weight.sum() == pytest.approx(1, abs=1e-12)
        known = normal_figures(errors, effect[visit - 1], SLEEP, analysis.level)
        for name, mean in known.items():
            if name in simulated:
                figure = simulated[name][visit - 1, 0].astype(float)
                assert abs(figure.mean() - mean) < 4.5 * figure.std() / np.sqrt(TRIALS) + 3e-5, name  # of 200 figures

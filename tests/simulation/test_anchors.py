"""Analytic anchors: what a known standard error implies, what an estimated one does, and the power of the t test.

Seeds chosen before looking, tolerance 4 Monte Carlo standard errors.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import gammaincinv, ndtr, ndtri

from asteroid_repro import ASTEROID, operating_characteristics
from asteroid_repro.engine.measures import measures, trial_figures
from asteroid_repro.estimate.inference import Estimates
from asteroid_repro.trial.design import Outcome

Z = float(ndtri(0.975))
DRAWS = 400_000
TRIALS = 40_000

# Average pain in the middle of its scale, three SDs from either end, where bounded scores are as good as normal.
MIDDLE = ASTEROID.with_values(average_pain={"treatment_baseline": 54.0, "reference_baseline": 54.0})


@dataclass(frozen=True)
class Anchor:
    """Power, type S and type M (exaggeration) of a two-sided test at 0.05."""

    power: float
    type_s: float
    type_m: float


def analytic(truth: float, standard_error: float, critical: np.ndarray) -> Anchor:
    """Integrate over the estimate X, normal, and average over the critical distances, points.

    Significant beyond a: P(X > a) = Q((a - t)/s), E(X; X > a) = t P(X > a) + s phi((a - t)/s); likewise below -a.
    """
    upper, lower = (critical - truth) / standard_error, (-critical - truth) / standard_error
    density_upper, density_lower = (np.exp(-(each**2) / 2) / np.sqrt(2 * np.pi) for each in (upper, lower))
    above, below = ndtr(-upper), ndtr(lower)
    size = truth * above + standard_error * density_upper - truth * below + standard_error * density_lower
    power = (above + below).mean()
    wrong = above if truth < 0 else below
    return Anchor(float(power), float(wrong.mean() / power), float(size.mean() / power / abs(truth)))


def estimated_critical(standard_error: float, df: float) -> np.ndarray:
    """Critical distances when the SE is estimated, SE chi/sqrt(df): the midpoints of 20,000 equal shares of chi."""
    shares = (np.arange(20_000) + 0.5) / 20_000
    return np.asarray(Z * standard_error * np.sqrt(gammaincinv(df / 2, shares) / (df / 2)))


@pytest.mark.parametrize(("truth", "rounded"), [(-8.0, Anchor(0.346, 0.001, 1.68)), (-5.0, Anchor(0.164, 0.010, 2.55))])
def test_a_known_standard_error_gives_the_anchors(truth: float, rounded: Anchor) -> None:
    """Against numerical integrals, and against anchors known to one unit of their last digit.

    Not to half a unit: they are .1645 and 2.544 for a truth of -5.
    """
    found = analytic(truth, 5.117, np.array([Z * 5.117]))

    def integral(low: float, high: float, power: int = 0) -> float:
        density = partial(_density, truth=truth, power=power)
        return float(quad(density, low, high, epsabs=1e-12)[0])

    near, far = Z * 5.117, 80.0
    power = integral(-far, -near) + integral(near, far)
    size = integral(-far, -near, 1) + integral(near, far, 1)
    assert found.power == pytest.approx(power, rel=1e-8)
    assert found.type_s == pytest.approx(integral(near, far) / power, rel=1e-6)
    assert found.type_m == pytest.approx(size / power / abs(truth), rel=1e-8)
    assert found.power == pytest.approx(rounded.power, abs=0.001)
    assert found.type_s == pytest.approx(rounded.type_s, abs=0.001)
    assert found.type_m == pytest.approx(rounded.type_m, abs=0.01)


def _density(estimate: float, truth: float, power: int) -> float:
    """Normal density of an estimate with standard error 5.117, times a power of its size."""
    return float(abs(estimate) ** power * np.exp(-(((estimate - truth) / 5.117) ** 2) / 2) / np.sqrt(2 * np.pi) / 5.117)


@pytest.mark.parametrize("truth", [-8.0, -5.0, 3.0])
def test_measures_of_normal_estimates_with_a_known_standard_error(truth: float) -> None:
    draws = truth + 5.117 * np.random.default_rng(91).standard_normal((1, 1, DRAWS))
    fit = Estimates(draws, np.full_like(draws, 5.117), np.full_like(draws, np.inf), np.zeros_like(draws, dtype=bool))
    true = np.array([[truth]])
    pain = Outcome(name="pain", label="Pain", better="lower", important=15)
    figures = trial_figures(fit, true, [pain], 0.95)
    sums = {name: figure.sum(axis=-1) for name, figure in figures.items()}
    found = measures(sums, true, DRAWS)
    anchor = analytic(truth, 5.117, np.array([Z * 5.117]))
    expected = {"power": anchor.power, "type_s": anchor.type_s, "type_m": anchor.type_m, "coverage": 0.95, "bias": 0.0}
    expected |= {"empirical_se": 5.117, "rmse": 5.117, "important": float(ndtr((-15 - truth) / 5.117))}
    for name, value in expected.items():
        assert abs(found[name][0].item() - value) < 4 * found[name][1].item(), name
    assert found["model_se"][0].item() == pytest.approx(5.117, rel=1e-12)
    assert found["interval_width"][0].item() == pytest.approx(2 * Z * 5.117, rel=1e-12)


@pytest.mark.parametrize(("truth", "seed"), [(-8.0, 92), (-5.0, 93)])
def test_the_engine_with_its_estimated_standard_error(truth: float, seed: int) -> None:
    """The mean square within people is that of 76 degrees of freedom, independent of the means."""
    standard_error = (25.33 - 5.27) / (2 * Z)  # the printed interval: -25.33 to -5.27
    expected = analytic(truth, standard_error, estimated_critical(standard_error, 76))
    known = analytic(truth, standard_error, np.array([Z * standard_error]))
    # With 76 degrees of freedom the anchors of a known SE hold within a hundredth, and not within Monte Carlo error.
    assert expected.power == pytest.approx(known.power, abs=0.01)
    oc = operating_characteristics(MIDDLE.with_effect(average_pain=truth), trials=TRIALS, seed=seed)
    for name in ("power", "type_s", "type_m"):
        row = oc.value("average_pain", name)
        assert abs(row.value - getattr(expected, name)) < 4 * row.mcse, name
    spread, model = (oc.value("average_pain", name) for name in ("empirical_se", "model_se"))
    assert abs(spread.value - standard_error) < 4 * spread.mcse
    assert abs(model.value - standard_error) < 4 * model.mcse


@pytest.mark.parametrize(
    ("method", "n_treatment", "n_reference", "effect", "seed"),
    [
        ("mmrm", 20, 20, -15.3, 94),
        ("mmrm", 10, 10, -15.3, 95),
        ("mmrm", 40, 20, -8.0, 96),
        ("mmrm", 12, 30, 10.0, 97),
        ("mmrm", 64, 64, -5.0, 98),
        ("change_score", 20, 20, -8.0, 99),
        ("change_score", 5, 8, -30.0, 100),
    ],
)
def test_power_of_the_t_test(method: str, n_treatment: int, n_reference: int, effect: float, seed: int) -> None:
    """The t test of the change, whose SD is sd sqrt(2 (1 - correlation))."""
    from statsmodels.stats.power import TTestIndPower

    record = MIDDLE.with_people(n_treatment, n_reference).with_effect(average_pain=effect)
    sd = record.average_pain.sd[0] * np.sqrt(2 * (1 - record.visit_correlation[0][2]))
    expected = TTestIndPower().power(abs(effect) / sd, n_treatment, 0.05, n_reference / n_treatment)
    oc = operating_characteristics(record, trials=TRIALS // 2, seed=seed, method=method, distribution="t")
    power = oc.value("average_pain", "power")
    assert 0.05 < expected < 0.99
    assert abs(power.value - expected) < 4 * power.mcse

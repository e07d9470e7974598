"""Assurance: the average over a belief, and what is refused. Against theory: tests/simulation/test_planning.py."""

import math
from typing import Any

import numpy as np
import pytest

from asteroid_repro import ASTEROID, InputError, operating_characteristics, scenario
from asteroid_repro.evaluate.assurance import Assurance, assurance
from asteroid_repro.evaluate.possible_effects import possible_effects
from asteroid_repro.evaluate.shrink import shrunk


@pytest.fixture(scope="module")
def result() -> Assurance:
    return assurance(ASTEROID, mean=-12.0, sd=4.0, nodes=7, trials=500, seed=9)


def test_it_is_the_weighted_average_of_the_powers(result: Assurance) -> None:
    weights = np.array([one.weight for one in result.tried])
    powers = np.array([one.power for one in result.tried])
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    assert result.assurance == pytest.approx(weights @ powers, abs=1e-12)
    effects = np.array([one.effect for one in result.tried])
    assert weights @ effects == pytest.approx(-12, abs=1e-9)
    assert weights @ (effects + 12) ** 2 == pytest.approx(16, rel=1e-9)


def test_power_at_the_mean_is_that_of_operating_characteristics(result: Assurance) -> None:
    oc = operating_characteristics(ASTEROID.with_effect(average_pain=-12), trials=500, seed=9)
    assert result.power_at_mean == oc.value("average_pain", "power").value


def test_error_allows_for_common_random_numbers(result: Assurance) -> None:
    """The same trials at all effects: less precise than independent ones, more than one effect alone in bulk."""
    independent = math.sqrt(sum((one.weight * one.mcse) ** 2 for one in result.tried))
    together = sum(one.weight * one.mcse for one in result.tried)
    assert independent < result.mcse < together


def test_result_is_labelled_and_in_one_row(result: Assurance) -> None:
    assert len(result.to_frame()) == 1
    assert result.label.startswith("SIMULATED (ASTEROID, average_pain at week 12")
    assert result.label in result._repr_html_()
    assert result.failed == 0
    assert result.beyond_scale == 0


def test_a_nearly_certain_belief_gives_the_power() -> None:
    sure = assurance(ASTEROID, mean=-12.0, sd=0.01, nodes=3, trials=300, seed=9)
    assert sure.assurance == pytest.approx(sure.power_at_mean, abs=0.01)


def test_wrong_signs_are_counted() -> None:
    torn = assurance(ASTEROID, mean=-1.0, sd=8.0, nodes=9, trials=300, seed=9)
    assert 0.2 < torn.wrong_sign_share < 0.5
    assert torn.truth_wrong_sign == pytest.approx(0.4503, abs=5e-5)
    even = assurance(ASTEROID, mean=0.0, sd=8.0, nodes=3, trials=300, seed=9)
    assert math.isnan(even.wrong_sign_share)


def test_belief_beyond_the_scale_counts_as_the_largest_possible_effect() -> None:
    wide = assurance(ASTEROID, outcome="current_pain", mean=-19.35, sd=6.459, nodes=7, trials=300, seed=9)
    limits = possible_effects(ASTEROID, outcome="current_pain", week=12, centre=-19.35, reach=4.5 * 6.459)
    assert 0.05 < wide.beyond_scale < 0.25
    assert wide.tried[0].effect == limits.low
    assert limits.high == math.inf


def test_the_number_of_effects_grows_with_the_sharpness_of_the_power_curve() -> None:
    sharp = ASTEROID.with_sd(average_pain=2.0)
    result = assurance(sharp, mean=-6.0, sd=3.0, trials=50, seed=9)  # standard error 0.63
    assert len(result.tried) > 15


def test_whole_trials_are_simulated_where_the_effect_depends_on_the_dose() -> None:
    by_dose = ASTEROID.with_values(dose_response=1.0)
    result = assurance(by_dose, mean=-12.0, sd=4.0, nodes=3, trials=100, seed=9)
    oc = operating_characteristics(by_dose.with_effect(average_pain=-12), trials=100, seed=9)
    assert result.power_at_mean == oc.value("average_pain", "power").value


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sd": 0}, "se must be positive"),
        ({"mean": math.nan}, "estimate must be a finite number"),
        ({"shrinkage": 1.5}, r"shrinkage must be in \[0, 1\] or 'empirical_bayes', got 1.5"),
        ({"shrinkage": "bayes"}, "shrinkage must be in"),
        ({"mean": -3.0, "shrinkage": "empirical_bayes"}, "sd must be positive after shrinkage"),
        ({"nodes": 4}, "nodes must be an odd number"),
        ({"nodes": 1}, "nodes must be an odd number"),
        ({"mean": -25.0, "sd": 15.0}, "sd must leave the true effect room on the scale, from -3"),
        ({"mean": -45.0}, "average_pain.effect=-45.0: .* must be inside the scale"),
        ({"outcome": "sleep"}, "outcome must be one of"),
        ({"week": 0}, "week must be one of"),
        ({"method": "mrmm"}, "Did you mean 'mmrm'"),
        ({"level": 0}, "level must be in"),
    ],
)
def test_refusals(change: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"mean": -12.0, "sd": 4.0, "trials": 10, "seed": 1} | change
    with pytest.raises(InputError, match=message):
        assurance(ASTEROID, **arguments)


def test_no_effect_to_scale_is_refused() -> None:
    with pytest.raises(InputError, match="effect must have an effect at week 12 to scale"):
        assurance(scenario("no_effect"), mean=-12.0, sd=4.0, trials=10, seed=1)


def test_empirical_bayes_shrinkage() -> None:
    belief = shrunk(-2.0, 1.0, "empirical_bayes")
    assert (belief.mean, belief.shrinkage) == (-1.5, 0.25)
    assert belief.sd == pytest.approx(math.sqrt(0.75))
    assert shrunk(-0.5, 1.0, "empirical_bayes").mean == 0
    assert shrunk(0.0, 1.0, "empirical_bayes").shrinkage == 1
    assert shrunk(-2.0, 1.0, 0.25).sd == 1

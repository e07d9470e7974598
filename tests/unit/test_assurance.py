"""Assurance: the average over a belief, and what is refused. Against theory: tests/simulation/test_planning.py."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from asteroid_repro import ASTEROID, InputError, TrialAssumptions, operating_characteristics, scenario
from asteroid_repro.engine.monte_carlo import PIECE_TRIALS, Run, Totals, run_blocks
from asteroid_repro.engine.trial_estimates import simulated_estimates
from asteroid_repro.estimate.effects.methods import Analysis
from asteroid_repro.estimate.inference import p_value
from asteroid_repro.mechanism.mechanism import solve
from asteroid_repro.planning.assurance import Assurance, assurance, effect_sums
from asteroid_repro.planning.belief import possible_effects, shrunk

FEW = ASTEROID.with_people(7, 6).with_values(
    missing_treatment=0.5, missing_reference=0.4
)  # some trials have no estimate


@pytest.fixture(scope="module")
def result() -> Assurance:
    return assurance(ASTEROID, mean=-12.0, sd=4.0, nodes=7, trials=500, seed=9, control_variate=False)


def test_it_is_the_weighted_average_of_the_powers(result: Assurance) -> None:
    weights = np.array([one.weight for one in result.tried])
    powers = np.array([one.power for one in result.tried])
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    assert result.assurance == pytest.approx(weights @ powers, abs=1e-12)
    effects = np.array([one.effect for one in result.tried])
    assert weights @ effects == pytest.approx(-12, abs=1e-9)
    assert weights @ (effects + 12) ** 2 == pytest.approx(16, rel=1e-9)


def test_power_at_the_mean_is_that_of_operating_characteristics(result: Assurance) -> None:
    truth, analysis = ASTEROID.with_effect(average_pain=-12), {"method": "mmrm", "distribution": "kenward_roger"}
    oc = operating_characteristics(truth, trials=500, seed=9, control_variate=False, **analysis)  # type: ignore[arg-type]
    assert result.analysis == oc.analysis
    assert result.power_at_mean == oc.value("average_pain", "power").value


def test_error_allows_for_common_random_numbers(result: Assurance) -> None:
    """The same trials at all effects: less precise than independent ones, more than one effect alone in bulk."""
    independent = math.sqrt(sum((one.weight * one.mcse) ** 2 for one in result.tried))
    together = sum(one.weight * one.mcse for one in result.tried)
    assert independent < result.mcse < together


def signs_by_trial(record: TrialAssumptions, effect: float, analysis: Analysis, trials: int = 1500) -> np.ndarray:
    """Sign of average pain at week 12 of each trial where it is significant, 0 where not, NaN without fit."""
    mechanism = solve(record.with_effect(average_pain=effect).with_equal_baselines())

    def work(block: int, size: int) -> dict[str, np.ndarray]:
        fit = simulated_estimates(mechanism, 3, block, size, analysis)
        p, estimate = p_value(fit)[-1, 0], fit.estimate[-1, 0]
        return {"sign": np.where(np.isnan(p), np.nan, np.sign(estimate) * (p < 1 - analysis.level))}

    return run_blocks(work, trials)["sign"]


@pytest.mark.parametrize(
    ("record", "analysis", "trials"),
    [
        (ASTEROID, Analysis("random_intercept", "z"), PIECE_TRIALS + 1500),
        (ASTEROID, Analysis("mmrm", "z", 0.8), 1500),
        (FEW, Analysis("change_score", "t"), 1500),
    ],
)
def test_sums_give_what_the_trials_give_one_by_one(record: TrialAssumptions, analysis: Analysis, trials: int) -> None:
    """The definition: every trial has a weighted share of its own; means, errors and ratio are those of the shares."""
    plain: dict[str, Any] = {"trials": trials, "seed": 3, "control_variate": False} | analysis.arguments
    result = assurance(record, mean=-4.0, sd=6.0, nodes=5, **plain)
    signs = np.array([signs_by_trial(record, one.effect, analysis, trials) for one in result.tried])
    usable = np.isfinite(signs).all(axis=0)
    assert result.failed == (~usable).sum()
    weights = np.array([one.weight for one in result.tried])
    own, wrong = weights @ (signs[:, usable] != 0), weights @ (signs[:, usable] > 0)
    n = len(own)
    ratio = wrong.sum() / own.sum()
    residual = (wrong - ratio * own) / own.mean()
    assert result.assurance == pytest.approx(own.mean(), rel=1e-9)
    assert result.mcse == pytest.approx(
        own.std(ddof=1) / math.sqrt(n), rel=1e-3
    )  # n - 1 with failed trials, and without
    assert result.wrong_sign_share == pytest.approx(ratio, rel=1e-9)
    assert result.wrong_sign_share_mcse == pytest.approx(residual.std(ddof=1) / math.sqrt(n), rel=1e-3)
    assert [one.power for one in result.tried] == pytest.approx((signs[:, usable] != 0).mean(axis=1), rel=1e-9)


def test_fits_that_fail_in_small_arms_are_those_of_operating_characteristics() -> None:
    """Some do; without them the comparison above would say nothing of failures."""
    failed = np.isnan(signs_by_trial(FEW, -4.0, Analysis("change_score", "t"))).sum()
    oc = operating_characteristics(FEW.with_effect(average_pain=-4), trials=1500, seed=3, method="change_score")
    assert failed == round(1500 * oc.value("average_pain", "failed").value) > 0


def test_what_is_kept_of_a_piece_does_not_grow_with_its_trials() -> None:
    records = [solve(ASTEROID.with_effect(average_pain=effect).with_equal_baselines()) for effect in (-10, -5)]
    small, large = (
        effect_sums(records, np.array([0.5, 0.5]), 1, 0, size, at=(1, 0), wrong=1.0,
                    analysis=Analysis("ancova", "t"))
        for size in (10, 1000)
    )  # fmt: skip
    assert {name: figure.shape for name, figure in small.items()} == {
        name: figure.shape for name, figure in large.items()
    }
    assert large["usable"] == 1000


@pytest.mark.parametrize("belief", [{"mean": -15.3, "sd": 5.117}, {"mean": -2.0, "sd": 6.0}])
def test_control_variates_make_it_more_precise_not_another(belief: dict[str, Any]) -> None:
    """4 joint standard errors; seeds chosen before looking."""
    ours = assurance(ASTEROID, **belief, nodes=5, trials=4000, seed=31)
    plain = assurance(ASTEROID, **belief, nodes=5, trials=20_000, seed=32, control_variate=False)
    assert ours.worth > 8 * ours.trials
    for name in ("assurance", "power_at_mean", "wrong_sign_share"):
        error = "mcse" if name == "assurance" else f"{name}_mcse"
        joint = np.hypot(getattr(ours, error), getattr(plain, error))
        assert abs(getattr(ours, name) - getattr(plain, name)) < 4 * joint, name
    for one, other in zip(ours.tried, plain.tried, strict=True):
        assert abs(one.power - other.power) < 4 * np.hypot(one.mcse, other.mcse) + 1e-4


def test_processes_give_the_same_bits() -> None:
    """More than one piece of work."""
    arguments: dict[str, Any] = {"mean": -12.0, "sd": 4.0, "nodes": 3, "trials": PIECE_TRIALS + 1500, "seed": 9}
    assert assurance(ASTEROID, **arguments, n_jobs=2) == assurance(ASTEROID, **arguments)


def test_stopped_from_the_keyboard_it_holds_the_trials_done(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(work: Any, run: Run) -> Totals:
        assert run.trials == 600
        return Totals(work(0, 300), 300, stopped=True)

    monkeypatch.setattr("asteroid_repro.planning.assurance.sum_pieces", stopped)
    half = assurance(ASTEROID, mean=-12.0, sd=4.0, nodes=3, trials=600, seed=9, control_variate=False)
    monkeypatch.undo()
    assert (half.trials, half.stopped) == (300, True)
    assert "300 trials an effect, stopped early, seed 9" in half.label
    whole = assurance(ASTEROID, mean=-12.0, sd=4.0, nodes=3, trials=300, seed=9, control_variate=False)
    assert replace(half, stopped=False, label=whole.label) == whole


def test_result_is_labelled_and_in_one_row(result: Assurance) -> None:
    (row,) = result.to_frame().to_dict("records")
    assert (row["method"], row["distribution"], row["level"]) == ("mmrm", "kenward_roger", 0.95)
    assert row["assurance"] == result.assurance
    assert result.label.startswith("SIMULATED (ASTEROID, average_pain at week 12")
    assert result.label in result._repr_html_()
    assert (result.trials, result.failed, result.stopped) == (500, 0, False)
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
    sharp = ASTEROID.with_values(**{"average_pain.sd": 2.0})
    result = assurance(sharp, mean=-6.0, sd=3.0, trials=50, seed=9)  # standard error 0.63
    assert len(result.tried) > 15


def test_whole_trials_are_simulated_where_the_effect_depends_on_the_dose() -> None:
    by_dose = ASTEROID.with_values(dose_response=1.0)
    result = assurance(by_dose, mean=-12.0, sd=4.0, nodes=3, trials=100, seed=9)
    oc = operating_characteristics(by_dose.with_effect(average_pain=-12), trials=100, seed=9, method="mmrm")
    assert result.power_at_mean == oc.value("average_pain", "power").value


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sd": 0}, "se must be positive"),
        ({"mean": math.nan}, "estimate must be a finite number"),
        ({"shrinkage": 1.5}, r"shrinkage must be in \[0, 1\] or 'empirical_bayes', got 1.5"),
        ({"shrinkage": "bayes"}, "shrinkage must be in"),
        ({"shrinkage": True}, r"shrinkage must be in \[0, 1\] or 'empirical_bayes', got True"),
        ({"trials": "auto"}, "trials must be a whole number of 2 or more, got 'auto'"),
        ({"trials": 1}, "trials must be a whole number of 2 or more, got 1"),
        ({"n_jobs": 0}, "n_jobs must be a whole number"),
        ({"executor": "mine"}, "executor must have a method submit"),
        ({"mean": -3.0, "shrinkage": "empirical_bayes"}, "sd must be positive after shrinkage"),
        ({"nodes": 4}, "nodes must be an odd number"),
        ({"nodes": 1}, "nodes must be a whole number of 3 or more"),
        ({"mean": -25.0, "sd": 15.0}, "sd must leave the true effect room on the scale, from -3"),
        ({"mean": -45.0}, "^average_pain: treatment mean at week 12 must be inside the scale"),
        ({"outcome": "sleep"}, "outcome must be one of"),
        ({"week": 0}, "week must be a visit after the baseline"),
        ({"week": 7}, "week must be one of"),
        ({"method": "mrmm"}, "Did you mean 'mmrm'"),
        ({"level": 0}, "level must be in"),
    ],
)
def test_refusals(change: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"mean": -12.0, "sd": 4.0, "trials": 10, "seed": 1} | change
    with pytest.raises(InputError, match=message):
        assurance(ASTEROID, **arguments)


def test_no_effect_to_scale_is_refused() -> None:
    with pytest.raises(InputError, match=r"average_pain\.effect must be a list where the effect so far is 0, got -"):
        assurance(scenario("no_effect"), mean=-12.0, sd=4.0, trials=10, seed=1)


def test_empirical_bayes_shrinkage() -> None:
    belief = shrunk(-2.0, 1.0, "empirical_bayes")
    assert (belief.mean, belief.shrinkage) == (-1.5, 0.25)
    assert belief.sd == pytest.approx(math.sqrt(0.75))
    assert shrunk(-0.5, 1.0, "empirical_bayes").mean == 0
    assert shrunk(0.0, 1.0, "empirical_bayes").shrinkage == 1


def test_a_number_leaves_the_sd_where_empirical_bayes_makes_it_smaller() -> None:
    """ReplicationSuccess: variance c + 1 of its design prior predictive whatever the shrinkage, s c + 1 of EB."""
    by_number, by_name = shrunk(-2.0, 1.0, 0.25), shrunk(-2.0, 1.0, "empirical_bayes")
    assert by_number.mean == by_name.mean
    assert by_number.sd == 1
    assert by_name.sd == pytest.approx(math.sqrt(0.75))

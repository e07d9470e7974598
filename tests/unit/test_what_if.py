"""What-if: exactly nothing for no change, paired standard errors against brute force, verdicts trial by trial.

Seeds chosen before looking.
"""

from html import escape
from typing import Any, Final

import numpy as np
import pytest

from asteroid_repro import ASTEROID, InputError, TrialAssumptions, operating_characteristics, what_if
from asteroid_repro.engine.measures import trial_figures
from asteroid_repro.engine.trial_estimates import simulated_estimates
from asteroid_repro.engine.true_effects import true_values
from asteroid_repro.estimate.effects.methods import Analysis
from asteroid_repro.mechanism.mechanism import solve
from asteroid_repro.scenarios_compared import GROUPS, MeasureChange, WhatIf, differences
from asteroid_repro.simulate.streams import blocks
from asteroid_repro.trial.changes import EVERY_OUTCOME

SMALLER: Final = ASTEROID.with_effect(average_pain=-8)
TRIALS: Final = 3000  # no multiple of the groups, nor of the block
SEED: Final = 51
OUTCOMES: Final = ASTEROID.design.outcome_names


@pytest.fixture(scope="module")
def comparison() -> WhatIf:
    return what_if(ASTEROID, SMALLER, trials=TRIALS, seed=SEED, control_variate=False)


def row(found: WhatIf, outcome: str, measure: str, week: float = 12) -> MeasureChange:
    (only,) = (each for each in found.rows if (each.outcome, each.week, each.measure) == (outcome, week, measure))
    return only


def figures(record: TrialAssumptions, seed: int = SEED, trials: int = TRIALS) -> dict[str, np.ndarray]:
    """Per-trial figures of one scenario, (visits - 1, outcomes, trials), and the estimates and their errors."""
    population = record.with_equal_baselines()
    parts = []
    for block, size in blocks(trials):
        fit = simulated_estimates(solve(population), seed, block, size, Analysis("random_intercept", "z"))
        own = trial_figures(fit, true_values(population, "random_intercept"), population.design.outcomes, 0.95)
        parts.append(own | {"estimate": fit.estimate, "standard_error": fit.standard_error})
    return {name: np.concatenate([part[name] for part in parts], axis=-1) for name in parts[0]}


@pytest.mark.parametrize("method", ["random_intercept", "ancova"])
def test_no_change_is_exactly_0(method: str) -> None:
    found = what_if(ASTEROID, ASTEROID.with_values(name="again"), trials=300, seed=52, method=method)
    assert found.differences == {}
    for each in found.rows:
        assert each.base == each.changed
        assert each.change == 0
        assert each.mcse == 0
    assert all((verdict.gained, verdict.lost) == (0, 0) for verdict in found.verdicts)


def test_no_change_is_exactly_0_with_missing_visits_and_is_not_known_without_an_effect() -> None:
    null = ASTEROID.with_effect(average_pain=0).with_values(missing_treatment=0.2)
    found = what_if(null, null, trials=300, seed=53, method="change_score")
    for each in found.rows:
        if each.outcome == "average_pain" and each.measure in {"type_s", "type_m"}:
            assert np.isnan([each.base, each.changed, each.change, each.mcse]).all()
        else:
            assert (each.change, each.mcse) == (0, 0)


@pytest.mark.parametrize("outcome", ["average_pain", "disability"])
def test_changes_and_their_errors_are_those_of_the_trials(comparison: WhatIf, outcome: str) -> None:
    """The jackknife again, from per-trial arrays: leave out every 128th trial and measure anew."""
    place = OUTCOMES.index(outcome)
    arms = [{name: each[1, place] for name, each in figures(record).items()} for record in (ASTEROID, SMALLER)]
    groups = np.arange(TRIALS) % GROUPS

    def differences(keep: np.ndarray) -> dict[str, float]:
        parts = [{name: each[keep] for name, each in arm.items()} for arm in arms]
        hit = [part["power"] > 0 for part in parts]
        truths = (-15.3, -8.0) if outcome == "average_pain" else (-5.2, -5.2)
        measured = [
            {
                "mean_estimate": part["estimate"].mean(),
                "empirical_se": part["estimate"].std(ddof=1),
                "model_se": np.sqrt((part["standard_error"] ** 2).mean()),
                "rmse": np.sqrt(((part["estimate"] - truth) ** 2).mean()),
                "interval_width": part["width"].mean(),
                "power": hits.mean(),
                "coverage": part["coverage"].mean(),
                "important": part["important"].mean(),
                "type_m": abs(part["estimate"][hits]).mean() / abs(truth),
            }
            for part, hits, truth in zip(parts, hit, truths, strict=True)
        ]
        return {name: float(measured[1][name] - measured[0][name]) for name in measured[0]}

    whole = differences(np.ones(TRIALS, dtype=bool))
    left_out = [differences(groups != group) for group in range(GROUPS)]
    for name, change in whole.items():
        found = row(comparison, outcome, name)
        each = np.array([one[name] for one in left_out])
        error = np.sqrt((GROUPS - 1) / GROUPS * ((each - each.mean()) ** 2).sum())
        assert found.change == pytest.approx(change, rel=1e-8, abs=1e-10), name
        assert found.mcse == pytest.approx(error, rel=1e-6, abs=1e-10), name


@pytest.mark.parametrize("trials", [512, 1000])
def test_the_paired_error_is_the_spread_over_seeds(trials: int) -> None:
    """40 independent runs: their SD has a relative standard error of 1 / sqrt(78)."""
    runs = [what_if(ASTEROID, SMALLER, trials=trials, seed=seed) for seed in range(500, 540)]
    for outcome, measure in (
        ("average_pain", "bias"), ("average_pain", "empirical_se"), ("average_pain", "power"),
        ("average_pain", "type_m"), ("average_pain", "coverage"), ("average_pain", "rmse"), ("disability", "bias"),
    ):  # fmt: skip
        rows = [row(run, outcome, measure) for run in runs]
        spread = np.std([each.change for each in rows], ddof=1)
        error = np.sqrt(np.mean([each.mcse**2 for each in rows]))
        assert error == pytest.approx(spread, rel=4 / np.sqrt(78)), (outcome, measure)


def test_control_variates_make_changes_more_precise_not_others() -> None:
    """4 joint standard errors of some 90 changes."""
    controlled = what_if(ASTEROID, SMALLER, trials=5000, seed=54)
    plain = what_if(ASTEROID, SMALLER, trials=20_000, seed=55, control_variate=False)
    for one, other in zip(controlled.rows, plain.rows, strict=True):
        if one.mcse > 0:
            assert abs(one.change - other.change) < 4 * np.hypot(one.mcse, other.mcse), (one, other)
    for measure, at_least in (("power", 3), ("coverage", 0.8), ("type_m", 2)):  # pairing alone has done much already
        assert row(controlled, "average_pain", measure).worth > at_least * controlled.trials
    alone = operating_characteristics(SMALLER, trials=5000, seed=54)
    for measure in ("power", "type_m", "empirical_se", "coverage"):
        assert row(controlled, "average_pain", measure).changed == pytest.approx(
            alone.value("average_pain", measure).value, rel=1e-9
        )


def test_pairing_helps(comparison: WhatIf) -> None:
    plain: dict[str, Any] = {"trials": TRIALS, "seed": SEED, "control_variate": False}
    base, changed = (operating_characteristics(record, **plain) for record in (ASTEROID, SMALLER))
    for measure, at_most in (("bias", 0.3), ("model_se", 0.5), ("power", 0.9), ("coverage", 0.6), ("rmse", 0.3)):
        alone = [oc.value("average_pain", measure) for oc in (base, changed)]
        found = row(comparison, "average_pain", measure)
        assert (found.base, found.changed) == pytest.approx([each.value for each in alone], rel=1e-9)
        assert 0 < found.mcse < at_most * np.hypot(alone[0].mcse, alone[1].mcse), measure


def test_verdicts_are_counted_trial_by_trial(comparison: WhatIf) -> None:
    before, after = (figures(record)["favours_treatment"] > 0 for record in (ASTEROID, SMALLER))
    *by_outcome, paper = comparison.verdicts
    for verdict in by_outcome:
        place = ASTEROID.visits.index(verdict.week) - 1, OUTCOMES.index(verdict.outcome)
        assert verdict.gained == (after & ~before)[place].sum()
        assert verdict.lost == (before & ~after)[place].sum()
        assert verdict.trials == TRIALS
        change = row(comparison, verdict.outcome, "favours_treatment", verdict.week).change
        assert change * TRIALS == pytest.approx(verdict.gained - verdict.lost, abs=1e-8)
    assert {(each.outcome, each.week) for each in by_outcome} == {(o, w) for o in OUTCOMES for w in (6, 12)}
    (pain,) = (each for each in comparison.verdicts if (each.outcome, each.week) == ("average_pain", 12))
    assert pain.lost > 1000
    all_before, all_after = before[-1].all(axis=0), after[-1].all(axis=0)
    assert (paper.outcome, paper.week, paper.trials) == (EVERY_OUTCOME, 12, TRIALS)
    assert (paper.gained, paper.lost) == ((all_after & ~all_before).sum(), (all_before & ~all_after).sum())
    verdict_change = row(comparison, EVERY_OUTCOME, "favours_treatment")
    assert verdict_change.base == all_before.mean()
    paired = (all_after.astype(float) - all_before).std(ddof=1) / np.sqrt(TRIALS)
    assert verdict_change.mcse == pytest.approx(paired, rel=4 / np.sqrt(254))


def test_an_automatic_comparison_goes_on_until_its_errors_are_small() -> None:
    found = what_if(ASTEROID, SMALLER, trials="auto", target_mcse=0.001, seed=SEED)
    errors = [each.mcse for each in found.rows if each.measure in ("power", "coverage")]
    assert max(errors) <= 0.001
    assert found.trials % 10_000 == 0
    assert found.trials > 10_000
    coarse = what_if(ASTEROID, SMALLER, trials="auto", target_mcse=0.05, seed=SEED)
    assert coarse.trials == 10_000


def test_to_swap_the_scenarios_turns_the_sign(comparison: WhatIf) -> None:
    swapped = what_if(SMALLER, ASTEROID, trials=TRIALS, seed=SEED, control_variate=False)
    for one, other in zip(comparison.rows, swapped.rows, strict=True):
        np.testing.assert_array_equal((other.base, other.changed), (one.changed, one.base))
        np.testing.assert_array_equal(other.change, -one.change)
        assert other.mcse == pytest.approx(one.mcse, rel=1e-9, nan_ok=True)
    assert [(each.gained, each.lost) for each in swapped.verdicts] == [
        (each.lost, each.gained) for each in comparison.verdicts
    ]
    assert swapped.differences == {name: (b, a) for name, (a, b) in comparison.differences.items()}


def test_the_truth_changes_without_error(comparison: WhatIf) -> None:
    truth = row(comparison, "average_pain", "truth")
    assert (truth.base, truth.changed, truth.mcse) == (-15.3, -8.0, 0)
    assert truth.change == pytest.approx(7.3, rel=1e-12)


def test_differences_name_the_fields_that_differ(comparison: WhatIf) -> None:
    assert comparison.differences == {"average_pain.effect": ((-7.65, -15.3), (-4.0, -8.0))}
    other = ASTEROID.with_values(n_treatment=25, description="another", name="other", disability={"step": 1})
    assert differences(ASTEROID, other) == {"n_treatment": (20, 25), "disability.step": (2, 1)}
    assert differences(ASTEROID, ASTEROID.with_values(name="other")) == {}
    walking = ASTEROID.with_values(programme="walking_only")
    assert differences(ASTEROID, walking) == {"programme": ("asteroid", "walking_only")}


LONGER: Final = ASTEROID.with_values(
    visits=(0, 3.5, 12, 26),
    visit_correlation=[[1 if row == column else 0.5 for column in range(4)] for row in range(4)],
    **{
        name: {
            "effect": [0, each.effect[-1] - 1, each.effect[-1]],
            "reference_change": [0, 0, 0],
            "sd": [each.sd[0]] * 4,
        }
        for name, each in zip(OUTCOMES, ASTEROID.outcomes, strict=True)
    },
)


@pytest.mark.parametrize(("one", "other"), [(ASTEROID, LONGER), (LONGER, ASTEROID)])
def test_scenarios_with_other_visits_are_compared_at_those_they_share(
    one: TrialAssumptions, other: TrialAssumptions
) -> None:
    """Weeks 0, 6, 12 against 0, 3.5, 12, 26: week 12 is the last visit of the one and the last but one of the other."""
    found = what_if(one, other, trials=1000, seed=56, method="mmrm")
    assert {each.week for each in found.rows} == {each.week for each in found.verdicts} == {12}
    alone = [operating_characteristics(each, trials=1000, seed=56, method="mmrm") for each in (one, other)]
    for outcome in OUTCOMES:
        for measure in ("truth", "mean_estimate", "power", "coverage"):
            change = row(found, outcome, measure)
            values = [oc.value(outcome, measure, week=12).value for oc in alone]
            assert (change.base, change.changed) == pytest.approx(values, rel=1e-9), (outcome, measure)
    longer = row(found, "average_pain", "truth")
    assert longer.change == pytest.approx(-1.0 if other is LONGER else 1.0)


def test_scenarios_without_a_later_visit_in_common_are_refused() -> None:
    message = r"visits must have a later week in common, got \[0, 6, 12\] and \[0, 4, 26\]"
    with pytest.raises(InputError, match=message):
        what_if(ASTEROID, ASTEROID.with_values(visits=(0, 4, 26)), trials=300, seed=1)


@pytest.mark.parametrize("trials", [255, 2, True, np.int64(255), 300.5, "many", None])
def test_too_few_trials_and_what_is_no_number_are_refused(trials: Any) -> None:
    with pytest.raises(InputError, match="trials must be"):
        what_if(ASTEROID, SMALLER, trials=trials, seed=1)


def test_a_method_or_level_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InputError, match="method must be one of"):
        what_if(ASTEROID, SMALLER, trials=300, seed=1, method="anova")
    with pytest.raises(InputError, match=r"level must be in \(0, 1\)"):
        what_if(ASTEROID, SMALLER, trials=300, seed=1, level=95)


def test_other_arm_sizes_compare_as_two_independent_runs() -> None:
    larger = ASTEROID.with_people(30, 30)
    found = what_if(ASTEROID, larger, trials=TRIALS, seed=54)
    assert found.differences == {"n_treatment": (20, 30), "n_reference": (20, 30)}
    assert (
        what_if(ASTEROID, ASTEROID.with_values(people_per_arm=30), trials=256, seed=1).differences == found.differences
    )
    alone = [operating_characteristics(record, trials=TRIALS, seed=54) for record in (ASTEROID, larger)]
    for measure in ("bias", "power", "coverage", "empirical_se"):
        one, other = (oc.value("average_pain", measure) for oc in alone)
        change = row(found, "average_pain", measure)
        assert change.change == pytest.approx(other.value - one.value, rel=1e-9, abs=1e-12)
        # The jackknife over 128 groups has a relative standard error of 1 / sqrt(254).
        assert change.mcse == pytest.approx(np.hypot(one.mcse, other.mcse), rel=4 / np.sqrt(254)), measure


def test_missing_visits_keep_people_and_noise_and_count_what_fails() -> None:
    few = ASTEROID.with_people(5, 5)
    found = what_if(few, few.with_values(missing_treatment=0.6), trials=1000, seed=55, method="change_score")
    failed = row(found, "average_pain", "failed")
    assert failed.base == 0
    assert 0.01 < failed.changed < 0.9
    assert failed.mcse == pytest.approx(np.sqrt(failed.changed * (1 - failed.changed) / 1000), rel=4 / np.sqrt(254))
    for verdict in found.verdicts[:-1]:
        own = row(found, verdict.outcome, "failed", verdict.week)
        assert verdict.trials == round(1000 * (1 - own.changed))
        assert verdict.gained + verdict.lost <= verdict.trials
    assert row(found, "average_pain", "empirical_se").change > 0


def test_scenarios_without_usable_fits_are_refused() -> None:
    tiny = ASTEROID.with_people(2, 2).with_values(missing_treatment=0.95, missing_reference=0.95)
    with pytest.raises(InputError, match="trials must leave 2 usable fits or more, got 0 of 300"):
        what_if(ASTEROID.with_people(2, 2), tiny, trials=300, seed=1, method="ancova")


def test_a_result_is_a_table_that_says_simulated(comparison: WhatIf) -> None:
    frame = comparison.to_frame()
    assert list(frame) == ["outcome", "week", "measure", "base", "changed", "change", "mcse", "worth"]
    assert len(frame) == len(comparison.rows) == 6 * frame["measure"].nunique() + 1
    page = comparison._repr_html_()
    assert escape(comparison.answer()) in page
    assert "<p><strong>SIMULATED (ASTEROID, changed: " in page
    assert " against ASTEROID, random_intercept with z, level 0.95, 3,000" in page
    assert "not participant data" in page
    assert "<table" in page
    assert (comparison.trials, comparison.stopped) == (TRIALS, False)
    assert comparison.analysis == Analysis("random_intercept", "z", 0.95)

"""Planning and evaluation of a trial unlike ASTEROID: other arms, sizes, weeks, scales, directions and level.

Seeds chosen before looking; tolerance 4 Monte Carlo standard errors.
"""

from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from scipy import stats

from asteroid_repro import (
    ASTEROID,
    InputError,
    TrialAssumptions,
    assurance,
    coverage_by_frailty,
    estimands,
    operating_characteristics,
    power_curve,
    sample_size,
    sampling_distribution,
    sweep,
    what_if,
)
from asteroid_repro.engine.trial_estimates import simulated_estimates, simulated_moments
from asteroid_repro.estimate.effects.methods import Analysis, chosen_analysis, closed_form, estimate_arrays
from asteroid_repro.estimate.effects.moments import moments
from asteroid_repro.mechanism.mechanism import solve
from asteroid_repro.planning.approximate_power import approximate_power
from asteroid_repro.planning.belief import possible_effects
from asteroid_repro.simulate.outcomes import simulate_outcomes
from asteroid_repro.trial.assumptions import build
from asteroid_repro.trial.design import Arm, Design, EventKind, Outcome, PaperAnalysis

DESIGN: Final = Design(
    name="Crooked",
    title="Stretching against usual care",
    treatment=Arm(name="stretching", label="Stretching"),
    reference=Arm(name="usual_care", label="Usual care"),
    visits=(0, 6.5, 26),
    outcomes=(
        Outcome(name="function", label="Function", minimum=0, maximum=10, step=0.5, better="higher", important=1),
        Outcome(name="sleep", label="Sleep", better="higher"),
        Outcome(name="pain", label="Pain", minimum=0, maximum=100, step=1, better="lower", important=15),
    ),
    adverse_events=(EventKind(name="strain", label="Strain"),),
    analysis=PaperAnalysis(method="ancova", level=0.8),
)
VALUES: Final[dict[str, Any]] = {
    "name": "Crooked",
    "n_treatment": 24,
    "n_reference": 13,
    "visit_correlation": [[1, 0.7, 0.4], [0.7, 1, 0.6], [0.4, 0.6, 1]],
    "cross_outcome_correlation": [[1, 0.3, -0.4], [0.3, 1, -0.2], [-0.4, -0.2, 1]],
    "driving_outcome": "sleep",
    "function.treatment_baseline": 5, "function.reference_baseline": 5,
    "function.reference_change": [0.2, 0.3], "function.effect": [0.4, 0.9], "function.sd": [1.2, 1.4, 1.6],
    "sleep.treatment_baseline": -3, "sleep.reference_baseline": -3,
    "sleep.reference_change": [1, 2], "sleep.effect": [9, 6], "sleep.sd": [8, 12, 10],
    "pain.treatment_baseline": 50, "pain.reference_baseline": 50,
    "pain.reference_change": [-2, -3], "pain.effect": [-4, -12], "pain.sd": [16, 18, 20],
    "adverse_events.strain.rate": 0.02, "adverse_events.strain.reference_rate": 0.5,
}  # fmt: skip
CROOKED: Final = build(DESIGN, VALUES)
MMRM: Final[dict[str, Any]] = {"method": "mmrm", "distribution": "kenward_roger"}
TRIALS: Final = 4000


def t_test_power(effect: float, week: int, n: tuple[int, int], level: float) -> float:
    """Power of the t test of the change of sleep, a normal score without ends."""
    sd, correlation = (8, 12, 10), (1, 0.7, 0.4)
    variance = sd[0] ** 2 + sd[week] ** 2 - 2 * correlation[week] * sd[0] * sd[week]
    df, shift = sum(n) - 2, effect / np.sqrt(variance * (1 / n[0] + 1 / n[1]))
    critical = stats.t.ppf((1 + level) / 2, df)
    return float(stats.nct.sf(critical, df, shift) + stats.nct.cdf(-critical, df, shift))


@pytest.mark.parametrize("sizes", [(24, 13), (9, 30)])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_power_is_that_of_the_t_test_of_each_week(sizes: tuple[int, int], level: float) -> None:
    record = CROOKED.with_people(*sizes)
    found, plain = (
        operating_characteristics(record, trials=TRIALS, seed=101, level=level, control_variate=control, **MMRM)
        for control in (True, False)
    )
    assert found.analysis == Analysis("mmrm", "kenward_roger", level)
    for visit, week, effect in ((1, 6.5, 9), (2, 26, 6)):
        expected = t_test_power(effect, visit, sizes, level)
        assert approximate_power(record, outcome="sleep", week=week, level=level) == pytest.approx(expected, abs=1e-9)
        assert found.value("sleep", "power", week).value == pytest.approx(expected, abs=1e-9)  # known, not simulated
        power = plain.value("sleep", "power", week)
        assert abs(power.value - expected) < 4 * power.mcse


def test_the_analysis_is_that_of_the_study_where_none_is_named() -> None:
    found = operating_characteristics(CROOKED, trials=200, seed=102)
    assert found.analysis == Analysis("ancova", "t", 0.8)
    said = operating_characteristics(CROOKED, trials=200, seed=102, method="ancova", level=0.8)
    assert said.to_frame().equals(found.to_frame())
    assert "ancova with t, level 0.8" in found.label
    assert what_if(CROOKED, CROOKED, trials=256, seed=102).analysis == found.analysis
    assert sampling_distribution(CROOKED, trials=200, seed=102).analysis == found.analysis
    assert operating_characteristics(CROOKED, trials=200, seed=102, method="mmrm").analysis.distribution == "t"


def test_what_is_left_out_of_an_analysis_is_the_study_s_but_the_distribution_is_the_method_s() -> None:
    own = ASTEROID.design.analysis
    assert chosen_analysis(own=own) == Analysis("random_intercept", "z", 0.95)
    assert chosen_analysis("ancova", own=own) == Analysis("ancova", "t", 0.95)
    assert chosen_analysis("random_intercept", level=0.9, own=own) == Analysis("random_intercept", "z", 0.9)
    assert chosen_analysis(distribution="t", own=own) == Analysis("random_intercept", "t", 0.95)
    other = PaperAnalysis(method="mmrm", distribution="z", level=0.9)
    assert chosen_analysis(own=other) == Analysis("mmrm", "z", 0.9)
    assert chosen_analysis("mmrm", own=other) == Analysis("mmrm", "t", 0.9)


def test_a_finding_favours_the_treatment_where_the_better_direction_says_so() -> None:
    found = operating_characteristics(CROOKED, trials=TRIALS, seed=103)
    harm = {"function.effect": -0.9, "sleep.effect": -6, "pain.effect": 12}
    harmful = operating_characteristics(CROOKED.with_values(**harm), trials=TRIALS, seed=103)
    for outcome in DESIGN.outcome_names:
        power, favours = (found.value(outcome, name).value for name in ("power", "favours_treatment"))
        assert power > 0.5
        assert favours > 0.99 * power
        assert harmful.value(outcome, "power").value > 0.5
        assert harmful.value(outcome, "favours_treatment").value < 0.01
    assert found.value("every_outcome", "favours_treatment").value > 0.2
    assert harmful.value("every_outcome", "favours_treatment").value == 0


def test_an_important_change_has_the_sign_of_better_and_is_not_known_where_none_is_said() -> None:
    """Function: a mean 0.9 better, of which the estimate exceeds 1 nearly half the time."""
    found = operating_characteristics(CROOKED, trials=TRIALS, seed=104)
    error = found.value("function", "empirical_se").value
    expected = stats.norm.sf((1 - 0.9) / error)
    assert found.value("function", "important").value == pytest.approx(expected, abs=0.04)
    assert found.value("pain", "important").value == pytest.approx(
        stats.norm.cdf((-15 + 12) / found.value("pain", "empirical_se").value), abs=0.04
    )
    unknown = found.value("sleep", "important")
    assert np.isnan([unknown.value, unknown.mcse, unknown.low, unknown.high]).all()


def test_without_effect_no_outcome_has_one() -> None:
    """Also those beyond the third, whatever their names."""
    null = operating_characteristics(CROOKED.without_effect(), trials=TRIALS, seed=105)
    assert {row.value for row in null.rows if row.measure == "truth"} == {0}
    for row in null.rows:
        if row.measure == "power":
            assert abs(row.value - 0.2) < 4 * np.sqrt(0.2 * 0.8 / TRIALS), row


@pytest.mark.parametrize("method", ["random_intercept", "mmrm", "ancova"])
def test_the_closed_form_is_the_fit_of_the_scores(method: str) -> None:
    """One scale has no ends and no step, so the moments come from the scores; three blocks, the last one cut."""
    mechanism, analysis = solve(CROOKED), Analysis(method, "t")
    whole = simulated_estimates(mechanism, 7, 4, 2300, analysis)
    for number, (block, size) in enumerate(((4, 1000), (5, 1000), (6, 300))):
        scores = simulate_outcomes(mechanism, 7, block, size)
        own = np.s_[..., 1000 * number : 1000 * number + size]
        for index, arms in enumerate(zip(scores.treatment, scores.reference, strict=True)):
            fit = estimate_arrays(*arms, method=method, distribution="t")
            for name in ("estimate", "standard_error", "df"):
                one = np.broadcast_to(getattr(whole, name), whole.estimate.shape)[:, index][own]
                np.testing.assert_allclose(one, np.broadcast_to(getattr(fit, name), one.shape), rtol=1e-9, atol=1e-12)


def test_moments_of_scores_in_steps_of_several_sizes_are_those_of_the_points() -> None:
    """Steps of 0.5 and of 1, from 0; unequal arms."""
    both = DESIGN.model_copy(update={"outcomes": (DESIGN.outcomes[0], DESIGN.outcomes[2])})
    values = {name: value for name, value in VALUES.items() if not name.startswith("sleep.")}
    cross = {"cross_outcome_correlation": [[1, -0.4], [-0.4, 1]], "driving_outcome": "pain"}
    mechanism = solve(build(both, values | cross))
    assert mechanism.is_whole
    fast, scores = simulated_moments(mechanism, 8, 2, 60), simulate_outcomes(mechanism, 8, 2, 60)
    for index, arms in enumerate(zip(scores.treatment, scores.reference, strict=True)):
        plain = moments(*arms)
        np.testing.assert_allclose(fast.difference[:, index], plain.difference, rtol=0, atol=1e-12)
        np.testing.assert_allclose(fast.cross_products[:, :, index], plain.cross_products, rtol=1e-9, atol=1e-9)
        assert (fast.n_treatment, fast.n_reference) == (24, 13)


@pytest.mark.parametrize("record", [CROOKED, ASTEROID], ids=["crooked", "ASTEROID"])
def test_on_complete_visits_kenward_and_roger_is_the_closed_form_with_t(record: TrialAssumptions) -> None:
    assert closed_form("mmrm", "kenward_roger") is not None
    corrected, plain = (
        simulated_estimates(solve(record), 9, 0, 200, Analysis("mmrm", name)) for name in ("kenward_roger", "t")
    )
    for name, numbers in vars(plain).items():
        np.testing.assert_array_equal(getattr(corrected, name), numbers, err_msg=name)
    assert np.unique(plain.df).tolist() == [record.n_people - 2]


def test_the_sample_size_is_that_of_the_t_test() -> None:
    exact = next(n for n in range(2, 500) if t_test_power(6, 2, (n, n), 0.95) >= 0.8)
    found = sample_size(CROOKED, power=0.8, outcome="sleep", trials=TRIALS, seed=106)
    assert found.analytic_guess == exact
    assert found.lowest <= exact <= found.highest
    assert found.label.startswith("SIMULATED (Crooked, sleep at week 26, mmrm with kenward_roger, level 0.95, 4,000 tr")
    early = sample_size(CROOKED, power=0.8, outcome="sleep", week=6.5, effect=-5, level=0.8, trials=500, seed=106)
    exact = next(n for n in range(2, 500) if t_test_power(5, 1, (n, n), 0.8) >= 0.8)
    assert early.analytic_guess == exact
    assert "sleep at week 6.5" in early.label
    record = CROOKED.with_people(early.people_per_arm, early.people_per_arm).with_effect_through("sleep", 6.5, -5)
    oc = operating_characteristics(record, trials=500, seed=106, level=0.8, **MMRM)
    assert early.power == oc.value("sleep", "power", 6.5).value


def test_the_first_outcome_and_the_last_visit_are_meant_where_none_is_named() -> None:
    curve = power_curve(CROOKED, {"function.effect": [0.5, 1.5]}, trials=300, seed=107)
    assert (curve.outcome, curve.week) == ("function", 26)
    assert curve.to_frame()["power"].is_monotonic_increasing
    effects = [found.value("function", "truth", 26).value for _, found in curve.points]
    assert effects == [0.5, 1.5]
    size = sample_size(CROOKED, power=0.5, trials=300, seed=107)
    assert "function at week 26" in size.label
    believed = assurance(CROOKED, mean=0.9, sd=0.3, nodes=3, trials=100, seed=107)
    assert "function at week 26" in believed.label


def test_assurance_of_a_benefit_that_is_a_rise() -> None:
    """The average of the t test's power over the belief; wrong signs are those below 0."""
    found = assurance(CROOKED, outcome="sleep", mean=3.0, sd=4.0, level=0.8, trials=TRIALS, seed=108)
    z = (np.arange(400) + 0.5) / 400 * 12 - 6
    power = [t_test_power(abs(3 + 4 * each), 2, (24, 13), 0.8) for each in z]
    assert (
        abs(found.assurance - np.average(power, weights=np.exp(-(z**2) / 2))) < 1e-6
    )  # trials that are their own twins
    assert found.truth_wrong_sign == pytest.approx(stats.norm.cdf(-0.75))
    assert 0.05 < found.wrong_sign_share < 0.3
    assert found.beyond_scale == 0
    near = assurance(CROOKED, outcome="sleep", mean=8.0, sd=0.5, level=0.8, trials=500, seed=108)
    assert near.wrong_sign_share < 0.01


def test_assurance_is_of_the_week_asked_about() -> None:
    plain: dict[str, Any] = {"trials": 500, "seed": 114, "control_variate": False}
    early = assurance(CROOKED, outcome="sleep", week=6.5, mean=5.0, sd=2.0, nodes=3, **plain)
    record = CROOKED.with_effect_through("sleep", 6.5, 5)
    oc = operating_characteristics(record, level=0.95, **plain, **MMRM)
    assert early.power_at_mean == oc.value("sleep", "power", 6.5).value
    assert "sleep at week 6.5" in early.label


def test_a_scale_without_ends_has_room_for_every_effect_and_one_with_ends_has_not() -> None:
    endless = possible_effects(CROOKED, outcome="sleep", week=26, centre=6, reach=500)
    assert (endless.low, endless.high) == (-np.inf, np.inf)
    bounded = possible_effects(CROOKED, outcome="function", week=6.5, centre=0.4, reach=20)
    # At week 26 it is 2.25 times that, around 5.3: within 2 SDs of 1.6 from either end no score has that spread.
    assert 0 < 5.3 + 2.25 * bounded.low < 1.6
    assert 8.4 < 5.3 + 2.25 * bounded.high < 10


def test_two_scenarios_of_unequal_arms_are_compared_at_the_week_they_share() -> None:
    other = CROOKED.with_values(visits=[0, 13, 26], **{"sleep.effect": [9, 3]})
    found = what_if(CROOKED, other, trials=600, seed=109)
    assert {row.week for row in found.rows} == {26}
    changes = {row.measure: row for row in found.rows if row.outcome == "sleep"}
    assert (changes["truth"].base, changes["truth"].changed) == (6, 3)
    assert changes["bias"].mcse < 1e-9  # the same people and noise: only the effect differs
    assert changes["favours_treatment"].change < -0.1
    sleep = next(each for each in found.verdicts if each.outcome == "sleep")
    assert sleep.gained == 0
    assert sleep.lost > 60


def test_a_sweep_keeps_the_study_s_names_weeks_and_analysis(tmp_path: Path) -> None:
    done = sweep(CROOKED, {"n_reference": [13, 26]}, tmp_path, trials=60, seed=110)
    frame = done.to_frame()
    assert frame["week"].unique().tolist() == [6.5, 26.0]
    assert frame["outcome"].unique().tolist() == ["function", "sleep", "pain", "every_outcome"]
    assert (done.manifest["methods"], done.manifest["distributions"], done.manifest["level"]) == (
        ["ancova"],
        ["t"],
        0.8,
    )
    assert done.manifest["programmes"] == {}
    oc = operating_characteristics(CROOKED.with_values(n_reference=26), trials=60, seed=110)
    np.testing.assert_array_equal(frame["value"].iloc[len(oc.rows) :], [row.value for row in oc.rows])
    assert sweep(CROOKED, {"n_reference": [13, 26]}, tmp_path, trials=60, seed=110).now == 0


def test_estimands_of_adherence_need_sessions() -> None:
    with pytest.raises(
        InputError, match=r"^programme must have sessions, got none in Crooked\. Adherence needs a prog"
    ):
        estimands(CROOKED, trials=10, seed=1)
    with pytest.raises(InputError, match=r"^programme must have sessions, got none in ASTEROID, changed"):
        estimands(ASTEROID.with_values(programme="waitlist"), trials=10, seed=1)
    with pytest.raises(InputError, match="missing_treatment and missing_reference must be 0 to compare estimands"):
        estimands(ASTEROID.with_values(missing_reference=0.1), trials=10, seed=1)


def test_events_without_sessions_are_per_week_and_those_of_the_reference_arm_do_not_count() -> None:
    """24 people, 26 weeks, 0.02 a week: 12.48 events, Poisson where all are alike."""
    alike, prone = coverage_by_frailty(CROOKED, variances=(0, 3), trials=TRIALS, seed=111).rows
    assert abs(alike.events - 12.48) < 4 * np.sqrt(12.48 / TRIALS)
    exact = sum(stats.poisson.pmf(count, 12.48) for count in range(60) if _holds(count, 12.48))
    assert abs(alike.poisson - exact) < 4 * alike.poisson_mcse
    assert prone.poisson < 0.88
    assert prone.clustered > 0.92


def _holds(count: int, mean: float) -> bool:
    low, high = (stats.chi2.ppf(0.025, 2 * count) / 2 if count else 0.0), stats.chi2.ppf(0.975, 2 * count + 2) / 2
    return bool(low <= mean <= high)


def test_what_hardly_happens_has_no_coverage() -> None:
    calm = CROOKED.with_values(**{"adverse_events.strain.rate": 0})
    with pytest.raises(InputError, match="adverse_events must happen to two people of a trial, got none such in 50"):
        coverage_by_frailty(calm, trials=50, seed=112)
    with pytest.raises(InputError, match="adverse_events must happen"):
        coverage_by_frailty(ASTEROID.with_values(programme="waitlist"), trials=50, seed=112)


def test_the_sampling_distribution_is_of_every_outcome() -> None:
    drawn = sampling_distribution(CROOKED, trials=1000, seed=113, method="mmrm")
    assert {name: each.shape for name, each in drawn.estimates.items()} == dict.fromkeys(
        DESIGN.outcome_names, (2, 1000)
    )
    oc = operating_characteristics(CROOKED, trials=1000, seed=113, method="mmrm", control_variate=False)
    for visit, week in enumerate((6.5, 26)):
        mean = oc.value("sleep", "mean_estimate", week).value
        assert drawn.estimates["sleep"][visit].mean() == pytest.approx(mean, rel=1e-9)

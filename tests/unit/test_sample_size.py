"""The search for a sample size, and what it refuses. Against theory: tests/simulation/test_planning.py."""

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import ndtr

from asteroid_repro import ASTEROID, InputError, TrialAssumptions, scenario
from asteroid_repro.estimate.effects.methods import Analysis
from asteroid_repro.evaluate.performance import operating_characteristics
from asteroid_repro.planning.approximate_power import approximate_power, estimate_spread, two_sided
from asteroid_repro.planning.sample_size import SampleSize, _search, sample_size


@pytest.fixture(scope="module")
def found() -> SampleSize:
    return sample_size(ASTEROID, power=0.8, trials=1000, seed=4)


def test_the_answer_reaches_the_target_and_one_fewer_does_not(found: SampleSize) -> None:
    assert found.power_one_fewer < 0.8 <= found.power
    assert abs(found.people_per_arm - found.analytic_guess) <= 3


def test_the_power_is_that_of_operating_characteristics(found: SampleSize) -> None:
    people = found.people_per_arm
    record = ASTEROID.with_people(people, people)
    oc = operating_characteristics(record, trials=1000, seed=4, method="mmrm", distribution="kenward_roger")
    power = oc.value("average_pain", "power", week=12)
    assert (found.power, found.mcse) == (power.value, power.mcse)
    assert found.analysis == oc.analysis == Analysis("mmrm", "kenward_roger", 0.95)


def test_the_range_reaches_two_monte_carlo_errors_to_each_side() -> None:
    """The approximate curve, shifted onto the simulated power at the answer, passes the target plus or minus 2 MCSE.

    With so few trials an MCSE is some people wide, and one or three of them would give another range.
    """
    found = sample_size(ASTEROID, power=0.8, trials=200, seed=4)
    (answer,) = (row for row in found.rows if row.people_per_arm == found.people_per_arm)
    curve = {n: approximate_power(ASTEROID.with_people(n, n)) for n in range(2, 60)}
    shift = answer.power - answer.approximate_power

    def reached(errors: int) -> int:
        return min(n for n in curve if curve[n] + shift >= 0.8 + errors * answer.mcse)

    assert (found.lowest, found.highest) == (reached(-2), reached(2))
    assert reached(-3) < reached(-2) < reached(-1) < found.people_per_arm < reached(1) < reached(2) < reached(3)


def test_the_frame_lists_what_was_tried(found: SampleSize) -> None:
    frame = found.to_frame()
    assert list(frame) == ["people_per_arm", "power", "mcse", "approximate_power", "failed"]
    assert frame["people_per_arm"].is_monotonic_increasing
    assert {found.people_per_arm, found.people_per_arm - 1} <= set(frame["people_per_arm"])
    html = found._repr_html_()
    assert found.label.startswith(
        "SIMULATED (ASTEROID, average_pain at week 12, mmrm with kenward_roger, level 0.95, 1"
    )
    assert found.label in html
    assert f"{found.people_per_arm} people per arm" in html


def test_more_power_and_a_smaller_effect_take_more_people() -> None:
    sizes = [
        sample_size(ASTEROID, power=power, effect=effect, trials=500, seed=5).people_per_arm
        for power, effect in ((0.5, -20), (0.8, -20), (0.8, -12))
    ]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[2]


def test_the_size_of_the_assumed_arms_plays_no_part() -> None:
    sizes = [
        sample_size(base, power=0.5, effect=-20, trials=300, seed=6) for base in (ASTEROID, ASTEROID.with_people(9, 9))
    ]
    assert sizes[0].rows == sizes[1].rows


def test_a_search_stopped_from_the_keyboard_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = replace(operating_characteristics(ASTEROID, trials=20, seed=3), stopped=True)
    monkeypatch.setattr("asteroid_repro.planning.sample_size.characteristics", lambda *_, **__: stopped)
    with pytest.raises(KeyboardInterrupt):
        sample_size(ASTEROID, trials=20, seed=3)


def test_the_smallest_size_has_no_smaller_neighbour() -> None:
    sharp = ASTEROID.with_values(**{"average_pain.sd": 1.5})
    smallest = sample_size(sharp, power=0.5, trials=100, seed=7)
    assert smallest.people_per_arm == 2
    assert math.isnan(smallest.power_one_fewer)


@given(
    half=st.floats(1, 400), target=st.floats(0.1, 0.99), start=st.integers(2, 500),
)  # fmt: skip
def test_search_finds_the_first_size_of_a_rising_curve(half: float, target: float, start: int) -> None:
    curve = {n: 1 - math.exp(-n / half) for n in range(2, 2001)}
    first = min(n for n in curve if curve[n] >= target)
    assert _search(curve.__getitem__, target, start, 2000) == first


@settings(max_examples=30)
@given(noise=st.randoms(use_true_random=False), target=st.floats(0.3, 0.9), start=st.integers(2, 200))
def test_search_finds_a_crossing_of_any_curve(noise: Any, target: float, start: int) -> None:
    curve = {n: ndtr(math.sqrt(n / 10) - 1.96) + noise.uniform(-0.05, 0.05) for n in range(2, 401)}
    size = _search(curve.__getitem__, target, start, 400)
    assert curve[size] >= target
    assert size == 2 or curve[size - 1] < target


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"power": 0.05}, r"power must be in \(0.05, 1\), above the type I error, got 0.05"),
        ({"power": 1.0}, r"power must be in \(0.05, 1\)"),
        ({"power": 0.1, "level": 0.8}, r"power must be in \(0.2, 1\)"),
        ({"level": 1.0}, r"level must be in \(0, 1\)"),
        ({"effect": 0}, "effect must not be 0, got 0 for average_pain at week 12"),
        ({"effect": -80}, "^average_pain: treatment mean at week 6 must be inside the scale"),
        ({"effect": -0.5, "maximum": 50}, "power must be within reach of 50 people per arm, got 0.053 there"),
        ({"effect": -7.2, "maximum": 100}, "power must be within reach of 100 .* \\(simulated\\)"),
        ({"maximum": 1}, "maximum must be a whole number of 2 or more, got 1"),
        ({"maximum": 20.0}, "maximum must be a whole number"),
        ({"outcome": "sleep"}, "outcome must be one of"),
        ({"week": 8}, "week must be one of 0, 6, 12, got 8"),
        ({"week": 0}, "week must be a visit after the baseline, got 0"),
        ({"method": "mrmm"}, "Did you mean 'mmrm'"),
        ({"distribution": "kenward_roger", "method": "ancova"}, "distribution must be one of"),
        ({"trials": 1}, "trials must be"),
        ({"trials": "auto"}, "trials must be a whole number of 2 or more, got 'auto'"),
    ],
)
def test_refusals(change: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"trials": 200, "seed": 1} | change
    with pytest.raises(InputError, match=message):
        sample_size(ASTEROID, **arguments)


def test_trials_are_checked_before_simulating(monkeypatch: pytest.MonkeyPatch) -> None:
    def simulate(*_: Any, **__: Any) -> None:
        pytest.fail("it must not simulate")

    monkeypatch.setattr("asteroid_repro.planning.sample_size.characteristics", simulate)
    automatic: Any = "auto"
    with pytest.raises(InputError, match="trials must be"):
        sample_size(ASTEROID, trials=automatic, seed=1)


def test_no_effect_in_the_assumptions_is_refused() -> None:
    with pytest.raises(InputError, match="effect must not be 0"):
        sample_size(scenario("no_effect"), seed=1)


SD = 16.182769266003653
CROOKED = ASTEROID.with_values(
    **{"average_pain.sd": [16, 19, 22], "visit_correlation": [[1, 0.6, 0.5], [0.6, 1, 0.7], [0.5, 0.7, 1]]}
)


def spread(record: TrialAssumptions, method: str, week: float = 12) -> tuple[float, float, float]:
    return estimate_spread(record, outcome="average_pain", week=week, method=method)


def test_approximate_standard_errors_are_those_of_the_formulas() -> None:
    """With a correlation of a half the variance of a change is that of a score."""
    se, half = SD * math.sqrt(2 / 20), SD * math.sqrt(0.75 * 2 / 20)
    assert spread(ASTEROID, "mmrm") == pytest.approx((se, se, 38), rel=1e-12)
    assert spread(ASTEROID, "ancova") == pytest.approx((half, half, 37), rel=1e-12)
    assert spread(ASTEROID, "random_intercept") == pytest.approx((se, se, 76), rel=1e-12)


def test_each_week_has_its_own_spread() -> None:
    """ANCOVA at week 12: h (22^2 - (0.5 x 16 x 22)^2 / 16^2). The correlations and SDs of the weeks all differ."""
    ancova = math.sqrt(0.1 * (22**2 - (0.5 * 16 * 22) ** 2 / 16**2))
    assert spread(CROOKED, "ancova") == pytest.approx((ancova, ancova, 37), rel=1e-12)
    early = math.sqrt(0.1 * (19**2 - (0.6 * 16 * 19) ** 2 / 16**2))
    assert spread(CROOKED, "ancova", 6) == pytest.approx((early, early, 37), rel=1e-12)
    change, early_change = math.sqrt(0.1 * (16**2 + 22**2 - 16 * 22)), math.sqrt(0.1 * (16**2 + 19**2 - 1.2 * 16 * 19))
    assert spread(CROOKED, "mmrm") == pytest.approx((change, change, 38), rel=1e-12)
    assert spread(CROOKED, "mmrm", 6) == pytest.approx((early_change, early_change, 38), rel=1e-12)
    within = (16**2 + 19**2 + 22**2 - 0.6 * 16 * 19 - 0.5 * 16 * 22 - 0.7 * 19 * 22) / 3
    assert spread(CROOKED, "random_intercept") == pytest.approx((change, math.sqrt(0.2 * within), 76), rel=1e-12)


def test_who_misses_the_visit_counts_as_one_fewer() -> None:
    """Of 20 + 20 people 10 + 20 are left where half the treatment arm is missed; unequal arms keep theirs."""
    missed = spread(ASTEROID.with_values(missing_treatment=0.5), "mmrm")
    assert missed == pytest.approx((SD * math.sqrt(1 / 10 + 1 / 20),) * 2 + (28,), rel=1e-12)
    other = spread(ASTEROID.with_values(missing_reference=0.25, n_treatment=30), "mmrm")
    assert other == pytest.approx((SD * math.sqrt(1 / 30 + 1 / 15),) * 2 + (43,), rel=1e-12)


def test_random_intercept_believes_in_too_small_an_error_where_correlation_fades() -> None:
    true_se, model_se, _ = spread(scenario("decaying_correlation"), "random_intercept")
    assert model_se < 0.9 * true_se


@pytest.mark.parametrize("distribution", ["z", "t", "kenward_roger"])
def test_approximate_power_refers_to_the_distribution_asked_for(distribution: Any) -> None:
    """SciPy's noncentral t. On complete visits Kenward and Roger's reference is t with n - 2 degrees of freedom."""
    critical = stats.norm.ppf(0.9) if distribution == "z" else stats.t.ppf(0.9, 38)
    shift = 15.3 / (SD * math.sqrt(0.1))
    expected = stats.nct.sf(critical, 38, shift) + stats.nct.cdf(-critical, 38, shift)
    power = approximate_power(ASTEROID, method="mmrm", distribution=distribution, level=0.8)
    assert power == pytest.approx(expected, abs=1e-9)


def test_what_is_left_out_is_the_first_outcome_the_last_visit_and_mmrm_with_kenward_roger() -> None:
    """As the study's own first outcome, not one by name."""
    said = approximate_power(CROOKED, outcome="average_pain", week=12, method="mmrm", distribution="kenward_roger")
    assert approximate_power(CROOKED) == said
    others = [
        approximate_power(CROOKED, outcome="disability"),
        approximate_power(CROOKED, week=6),
        approximate_power(CROOKED, method="random_intercept"),
        approximate_power(CROOKED, level=0.9),
    ]
    assert said not in others


@given(shift=st.floats(0, 60), df=st.floats(1, 1e6), critical=st.floats(0.1, 700))
@example(shift=1e-5, df=261.0, critical=259.0)  # no digit of either tail is left
def test_approximate_power_is_a_probability(shift: float, df: float, critical: float) -> None:
    assert -1e-9 <= two_sided(shift, df, critical) <= 1 + 1e-9


def test_approximate_power_is_the_level_without_an_effect_and_rises_with_people() -> None:
    null = scenario("no_effect")
    assert approximate_power(null) == pytest.approx(0.05, abs=1e-12)
    powers = [approximate_power(ASTEROID.with_people(n, n)) for n in (2, 5, 20, 80, 2000)]
    assert powers == sorted(powers)
    assert powers[-1] == pytest.approx(1, abs=1e-9)


def test_the_type_one_error_stands_beside_the_size_and_a_liberal_test_is_warned_of() -> None:
    decaying = scenario("decaying_same_error")
    liberal = sample_size(decaying, power=0.8, trials=4000, seed=1, method="random_intercept")
    assert liberal.type_one_error == pytest.approx(0.0955, abs=4 * liberal.type_one_mcse)
    assert f"type I error of {liberal.type_one_error:.3f}" in liberal.answer()
    assert "random_intercept with z rejects too often (nominal 0.05)" in liberal.notes()[0]
    usual = sample_size(decaying, power=0.8, trials=4000, seed=1)
    assert usual.analysis == Analysis("mmrm", "kenward_roger")
    assert usual.type_one_error == pytest.approx(0.05, abs=4 * usual.type_one_mcse)
    assert usual.notes() == ()

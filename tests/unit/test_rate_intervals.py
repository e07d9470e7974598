"""Rate intervals: mid-p tails, person-time per person, what cannot be clustered, yardsticks, posterior probability."""

import math
from dataclasses import replace
from typing import get_args

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from asteroid_repro import ASTEROID, InputError, event_rates, simulate_trial
from asteroid_repro.estimate.safety.rate_comparison import compare_with_yardstick, probability_rate_below
from asteroid_repro.estimate.safety.rate_limits import clustered_limits, exact_poisson_limits, mid_p_poisson_limits
from asteroid_repro.estimate.safety.rates import EventRate, IntervalMethod

TRIAL = simulate_trial(ASTEROID, seed=2024)


def event_log(*participants: int, kind: str = "lower_limb") -> pd.DataFrame:
    """Return one event for each mention of a participant."""
    return pd.DataFrame(
        {"participant": list(participants), "week": 1, "session": 1, "kind": kind, "serious": False}
    ).astype({"participant": int, "week": int, "session": int, "kind": str, "serious": bool})


def session_log(run_minutes: list[float]) -> pd.DataFrame:
    """Return one attended session of 60 minutes a person, participants numbered from 0."""
    people = range(len(run_minutes))
    return pd.DataFrame(
        {
            "participant": people, "week": 1, "session": 1, "prescribed_minutes": 60.0, "attended": True,
            "run_minutes": run_minutes, "walk_minutes": 0.0, "run_distance_km": 0.0,
        }
    )  # fmt: skip


@pytest.mark.parametrize("events", [1, 2, 7, 9, 40])
@pytest.mark.parametrize("level", [0.5, 0.9, 0.95])
def test_mid_p_limits_put_half_of_the_observed_count_in_each_tail(events: int, level: float) -> None:
    limits, tail = mid_p_poisson_limits(events, level), (1 - level) / 2
    half = [stats.poisson.pmf(events, mean) / 2 for mean in (limits.low, limits.high)]
    assert stats.poisson.sf(events, limits.low) + half[0] == pytest.approx(tail, rel=1e-9)
    assert stats.poisson.cdf(events - 1, limits.high) + half[1] == pytest.approx(tail, rel=1e-9)
    exact = exact_poisson_limits(events, level)
    assert exact.low < limits.low < events < limits.high < exact.high


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_no_events_have_a_one_sided_mid_p_bound(level: float) -> None:
    limits = mid_p_poisson_limits(0, level)
    assert limits.low == 0
    assert math.exp(-limits.high) / 2 == pytest.approx(1 - level, rel=1e-12)
    assert mid_p_poisson_limits(0, 0.3).high == 0  # half of e^0 is less than 0.7 already


def test_coverage_of_exact_and_mid_p_limits_by_summing_the_poisson_distribution() -> None:
    """No simulation: exact limits never cover less than their level, mid-p ones come nearer to it on average."""
    means, counts = np.linspace(4, 30, 400), range(90)  # above 3.7 the one-sided bound at no events plays no part
    exact = np.array([(limits.low, limits.high) for limits in map(exact_poisson_limits, counts)])
    mid_p = np.array([(limits.low, limits.high) for limits in map(mid_p_poisson_limits, counts)])
    chance = stats.poisson.pmf(np.arange(90), means[:, np.newaxis])
    coverage = {
        name: (chance * ((limits[:, 0] <= means[:, np.newaxis]) & (means[:, np.newaxis] <= limits[:, 1]))).sum(axis=1)
        for name, limits in (("exact", exact), ("mid_p", mid_p))
    }
    assert coverage["exact"].min() >= 0.95
    assert 0.95 < coverage["mid_p"].mean() < 0.957 < coverage["exact"].mean()
    assert 0.92 < coverage["mid_p"].min() < 0.95


def test_clustered_limits_are_a_poisson_regression_with_a_sandwich() -> None:
    y = np.array([3, 0, 1, 0, 0, 2, 0, 0, 1, 0.0])
    h = np.array([5, 4.5, 6, 2, 5.5, 7, 1.5, 6, 5, 4])
    model = sm.GLM(y, np.ones((10, 1)), family=sm.families.Poisson(), offset=np.log(h))
    fit = model.fit(cov_type="HC0", tol=1e-14)
    margin = stats.t.ppf(0.95, 9) * math.sqrt(10 / 9) * fit.bse[0]  # HC1 of a GLM leaves out the factor n / (n - 1)
    reference = h.sum() * np.exp(fit.params[0] + np.array([-margin, margin]))
    limits = clustered_limits(y, h, level=0.9)
    assert (limits.low, limits.high) == pytest.approx(tuple(reference), rel=1e-9)


def test_people_with_hours_and_no_events_count_and_people_with_neither_do_not() -> None:
    y, h = np.array([3.0, 1, 0, 0]), np.array([5.0, 4, 6, 2])
    limits = clustered_limits(y, h)
    assert clustered_limits(np.append(y, 0), np.append(h, 0)) == limits
    assert clustered_limits(np.append(y, 0), np.append(h, 5)) != limits
    assert clustered_limits(y[:2], h[:2]) != limits


def test_several_events_of_one_person_widen_clustered_limits_only() -> None:
    """Eight events of two people or of eight people: the same to the exact interval."""
    sessions = session_log([60.0] * 20)
    spread, bunched = event_log(*range(8)), event_log(0, 0, 0, 0, 0, 1, 1, 1)

    def width(events: pd.DataFrame, method: IntervalMethod) -> float:
        row = event_rates(events, sessions=sessions, method=method).rows[0]
        return row.ci_high / row.ci_low

    assert width(bunched, "exact") == width(spread, "exact")
    assert width(bunched, "clustered") > 2 * width(bunched, "exact")
    assert width(spread, "clustered") < width(spread, "exact")
    assert "narrower than exact" in event_rates(spread, sessions=sessions, method="clustered").rows[0].note
    assert "rests on 2 people" in event_rates(bunched, sessions=sessions, method="clustered").rows[0].note


@pytest.mark.parametrize("participants", [(), (3,), (3, 3, 3)])
def test_events_of_fewer_than_two_people_cannot_be_clustered(participants: tuple[int, ...]) -> None:
    row = event_rates(event_log(*participants), sessions=session_log([60.0] * 5), method="clustered").rows[0]
    assert math.isnan(row.ci_low)
    assert math.isnan(row.ci_high)
    assert row.note == "events of fewer than two people cannot be clustered: use exact limits"
    assert row.rate_per_1000 == pytest.approx(200 * len(participants), rel=1e-12)


def test_the_hours_are_those_of_the_denominator() -> None:
    sessions = session_log([30.0, 30.0, 0.0, 60.0])
    events = event_log(0, 0, 1)
    running = event_rates(events, sessions=sessions, method="clustered").rows[0]
    attended = event_rates(events, sessions=sessions, method="clustered", per="attended_hours").rows[0]
    assert (running.exposure, attended.exposure) == pytest.approx((2, 4), rel=1e-12)
    assert (running.df, attended.df) == (2, 3)  # the one who only walked has no running hours
    by_hand = clustered_limits(np.array([2.0, 1, 0]), np.array([0.5, 0.5, 1]))
    assert running.ci_high == pytest.approx(by_hand.high / 2 * 1000, rel=1e-12)


@pytest.mark.parametrize("method", get_args(IntervalMethod))
def test_the_method_changes_the_limits_only(method: IntervalMethod) -> None:
    result = event_rates(TRIAL, method=method)
    for row, rate in zip(result.rows, event_rates(TRIAL).rows, strict=True):
        assert (row.kind, row.events, row.people, row.exposure) == (rate.kind, rate.events, rate.people, rate.exposure)
        assert (row.rate_per_1000, row.method) == (rate.rate_per_1000, method)
        assert ((row.ci_low, row.ci_high) == (rate.ci_low, rate.ci_high)) == (method == "exact")
    assert result.label in result._repr_html_()


def test_each_kind_is_clustered_by_its_own_events() -> None:
    events = pd.concat([event_log(0, 0, 1), event_log(2, 3, 3, 3, 3, kind="syncope")])
    rows = {row.kind: row for row in event_rates(events, sessions=session_log([60.0] * 6), method="clustered").rows}
    for kind, counts in (("lower_limb", [2.0, 1, 0, 0, 0, 0]), ("syncope", [0.0, 0, 1, 4, 0, 0])):
        by_hand = clustered_limits(np.array(counts), np.ones(6))
        limits = (rows[kind].ci_low, rows[kind].ci_high)
        assert limits == pytest.approx((by_hand.low * 1000 / 6, by_hand.high * 1000 / 6), rel=1e-12)


def test_row_order_does_not_matter() -> None:
    shuffled = event_rates(
        TRIAL.adverse_events.sample(frac=1, random_state=1),
        sessions=TRIAL.sessions.sample(frac=1, random_state=2),
        kinds=TRIAL.design.kinds,
        method="clustered",
    )
    for row, other in zip(event_rates(TRIAL, method="clustered").rows, shuffled.rows, strict=True):
        assert (row.ci_low, row.ci_high) == pytest.approx((other.ci_low, other.ci_high), rel=1e-12, nan_ok=True)


def test_unusable_input_is_refused() -> None:
    with pytest.raises(InputError, match=r"method must be one of .*, got 'midp'.*'mid_p'"):
        event_rates(event_log(0), hours=10, method="midp")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="clustered limits must have a table of sessions"):
        event_rates(event_log(0), hours=10, method="clustered")
    with pytest.raises(InputError, match="everybody with an event, got none of participant 9"):
        event_rates(event_log(0, 9), sessions=session_log([60.0] * 3), method="clustered")
    with pytest.raises(InputError, match="at least 2 people with hours, got 1"):
        event_rates(event_log(0), sessions=session_log([60.0, 0.0]), method="clustered")
    with pytest.raises(InputError, match="events must be 0 or more, got -1"):
        mid_p_poisson_limits(-1)
    with pytest.raises(InputError, match=r"level must be in \(0, 1\), got 95"):
        event_rates(event_log(0), hours=10, level=95)


@pytest.mark.parametrize("frailty_shape", [None, 1.0])
def test_coverage_of_clustered_limits(frailty_shape: float | None) -> None:
    """20 people, 9 expected events: clustered limits cover as they say, exact ones not when people differ."""
    rng, trials = np.random.default_rng(41), 2_000
    hours = rng.gamma(10, 0.5, size=20)
    clustered, exact = [], []
    for _ in range(trials):
        rate = np.ones(20) if frailty_shape is None else rng.gamma(frailty_shape, 1 / frailty_shape, size=20)
        y = rng.poisson(9 * hours / hours.sum() * rate).astype(float)
        alone = exact_poisson_limits(int(y.sum()))
        exact.append(alone.low <= 9 <= alone.high)
        limits = clustered_limits(y, hours)
        if not math.isnan(limits.low):
            clustered.append(limits.low <= 9 <= limits.high)
    mcse = math.sqrt(0.95 * 0.05 / trials)
    assert len(clustered) > 0.98 * trials
    assert abs(np.mean(clustered) - 0.95) < 4 * mcse
    if frailty_shape is None:
        assert np.mean(exact) > 0.95 - 4 * mcse
    else:
        assert np.mean(exact) < 0.92


def exact_row(events: int, hours: float, level: float = 0.95) -> EventRate:
    """Return the row of all events with exact limits."""
    return event_rates(event_log(*range(events)), hours=hours, level=level).rows[0]


def test_a_certain_yardstick_leaves_the_limits_of_the_rate() -> None:
    row = exact_row(7, 105)
    ratio = compare_with_yardstick(row, yardstick_per_1000=17.8, low=17.8, high=17.8)
    assert ratio.ratio == pytest.approx(row.rate_per_1000 / 17.8, rel=1e-12)
    assert (ratio.ci_low, ratio.ci_high) == pytest.approx((row.ci_low / 17.8, row.ci_high / 17.8), rel=1e-12)


def test_the_uncertainty_of_the_yardstick_widens_the_ratio() -> None:
    row = exact_row(10, 1000)
    ratio = compare_with_yardstick(row, yardstick_per_1000=20, low=10, high=40)
    low, high = vars(exact_poisson_limits(10)).values()
    assert math.log(0.5 / ratio.ci_low) ** 2 == pytest.approx(math.log(10 / low) ** 2 + math.log(2) ** 2, rel=1e-9)
    assert math.log(ratio.ci_high / 0.5) ** 2 == pytest.approx(math.log(high / 10) ** 2 + math.log(2) ** 2, rel=1e-9)
    wide = compare_with_yardstick(row, yardstick_per_1000=20, low=10, high=40, yardstick_level=0.8)
    assert wide.ci_low < ratio.ci_low < ratio.ci_high < wide.ci_high


def test_with_many_events_the_ratio_is_the_usual_one_of_two_poisson_rates() -> None:
    """A yardstick of 900 events: its Wald limits on the log scale, against the delta-method interval of the ratio."""
    margin = stats.norm.ppf(0.975) / 30
    yardstick = compare_with_yardstick(
        exact_row(900, 1000), yardstick_per_1000=900, low=900 * math.exp(-margin), high=900 * math.exp(margin)
    )
    assert math.log(yardstick.ci_high / yardstick.ci_low) == pytest.approx(2 * margin * math.sqrt(2), rel=5e-3)


def test_no_events_against_a_yardstick_and_no_limits_against_one() -> None:
    row = exact_row(0, 105)
    ratio = compare_with_yardstick(row, yardstick_per_1000=17.8, low=16.7, high=19.1)
    assert (ratio.ratio, ratio.ci_low) == (0, 0)
    assert ratio.ci_high == pytest.approx(-math.log(0.05) / 0.105 / 17.8, rel=1e-12)
    assert ratio.note == "no events: one-sided upper limit"
    one = event_rates(event_log(0), sessions=session_log([60.0] * 5), method="clustered").rows[0]
    assert math.isnan(compare_with_yardstick(one, yardstick_per_1000=17.8, low=16.7, high=19.1).ci_high)
    assert ratio.to_frame().shape == (1, 11)


def test_the_ratio_covers_when_both_rates_are_estimated() -> None:
    """True ratio 2; 15 events expected against a yardstick of 40: at least the level, as exact limits do."""
    rng, trials = np.random.default_rng(42), 1_000
    inside, row = 0, exact_row(15, 375)
    for events, seen in zip(rng.poisson(15, trials), rng.poisson(40, trials), strict=True):
        low, high = vars(exact_poisson_limits(int(events))).values()
        margin = stats.norm.ppf(0.975) / math.sqrt(seen)
        yardstick = seen / 40 * 20
        ratio = compare_with_yardstick(
            replace(row, events=int(events), rate_per_1000=events / 0.375, ci_low=low / 0.375, ci_high=high / 0.375),
            yardstick_per_1000=yardstick,
            low=yardstick * math.exp(-margin),
            high=yardstick * math.exp(margin),
        )
        inside += ratio.ci_low <= 2 <= ratio.ci_high
    assert -4 * math.sqrt(0.95 * 0.05 / trials) < inside / trials - 0.95 < 0.04


@pytest.mark.parametrize(("low", "high"), [(0, 19), (18, 19), (16, 17), (16, math.inf)])
def test_an_unusable_yardstick_is_refused(low: float, high: float) -> None:
    with pytest.raises(InputError, match="yardstick_per_1000 must be positive and inside its limits, got"):
        compare_with_yardstick(exact_row(7, 105), yardstick_per_1000=17.8, low=low, high=high)


@pytest.mark.parametrize("events", [0, 1, 9])
def test_the_probability_is_the_posterior_gamma_distribution(events: int) -> None:
    result = probability_rate_below(events=events, exposure=105, below_per_1000=17.8, prior_shape=2, prior_exposure=50)
    assert result.probability == pytest.approx(stats.gamma.cdf(0.0178, events + 2, scale=1 / 155), rel=1e-10)
    assert (result.prior_shape, result.prior_exposure) == (2, 50)
    assert result.to_frame()["below_per_1000"].tolist() == [17.8]


@pytest.mark.parametrize("events", [1, 7])
def test_shapes_0_and_1_are_the_levels_of_the_exact_limits_and_jeffreys_lies_between(events: int) -> None:
    low, high = vars(exact_poisson_limits(events, 0.9)).values()
    at_high = probability_rate_below(events=events, exposure=100, below_per_1000=high * 10, prior_shape=1)
    at_low = probability_rate_below(events=events, exposure=100, below_per_1000=low * 10, prior_shape=0)
    assert at_high.probability == pytest.approx(0.95, rel=1e-9)
    assert at_low.probability == pytest.approx(0.05, rel=1e-9)
    jeffreys = probability_rate_below(events=events, exposure=100, below_per_1000=high * 10)
    assert jeffreys.prior_shape == 0.5
    upper = probability_rate_below(events=events, exposure=100, below_per_1000=high * 10, prior_shape=0).probability
    assert 0.95 < jeffreys.probability < upper


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"events": -1}, "events must be 0 or more, got -1"),
        ({"exposure": 0}, "exposure and below_per_1000 must be positive, got 0"),
        ({"below_per_1000": math.nan}, "exposure and below_per_1000 must be positive"),
        ({"events": 0, "prior_shape": 0}, "prior_shape and prior_exposure must be 0 or more"),
        ({"prior_exposure": -1}, "prior_shape and prior_exposure must be 0 or more"),
    ],
)
def test_an_unusable_posterior_is_refused(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        probability_rate_below(**{"events": 1, "exposure": 105, "below_per_1000": 20, **arguments})  # type: ignore[arg-type]

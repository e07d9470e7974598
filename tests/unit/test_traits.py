"""How runners differ: quantile tables against scipy, exact moments of attendance, and who ranks where."""

import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate, stats

from asteroid_repro import ASTEROID, TrialAssumptions
from asteroid_repro.mechanism.attendance_spread import attendance_beta, beta_shape
from asteroid_repro.mechanism.mechanism import solve
from asteroid_repro.simulate.outcomes import prognosis, simulate_outcomes
from asteroid_repro.simulate.streams import Purpose, stream
from asteroid_repro.simulate.traits import Traits, simulate_traits

TRIALS = 1000
PEOPLE = 20 * TRIALS


@cache
def traits(record: TrialAssumptions = ASTEROID, seed: int = 41) -> Traits:
    """Draw the traits of 20,000 runners once."""
    return simulate_traits(solve(record), seed, 0, TRIALS)


def probabilities(purpose: Purpose, seed: int = 41) -> np.ndarray:
    """Return the probabilities whose quantiles the trait of this purpose must be."""
    scores = stream(seed, purpose, 0).standard_normal((TRIALS, 20)).T
    return np.asarray(stats.norm.cdf(scores))


@pytest.mark.parametrize(("mean", "sd"), [(0.7, 0.2), (0.5, 0.35), (0.2, 0.1), (0.93, 0.12)])
def test_propensities_are_beta_quantiles(mean: float, sd: float) -> None:
    record = ASTEROID.with_values(adherence_mean=mean, adherence_sd=sd)
    a, b = attendance_beta(mean, sd, 36, ASTEROID.adherence_decline, 12)
    wanted = stats.beta(a, b).ppf(probabilities(Purpose.ATTENDANCE_PROPENSITY))
    np.testing.assert_allclose(traits(record).propensity, wanted, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("mean", "sd"), [(0.69, 0.25), (0.5, 0.4), (0.9, 0.05)])
def test_completion_probabilities_are_beta_quantiles(mean: float, sd: float) -> None:
    record = ASTEROID.with_values(completion_mean=mean, completion_sd=sd)
    wanted = stats.beta(*beta_shape(mean, sd)).ppf(probabilities(Purpose.COMPLETION_PROPENSITY))
    np.testing.assert_allclose(traits(record).completion, wanted, rtol=0, atol=1e-5)


@pytest.mark.parametrize("variance", [0.3, 1.0, 2.5])
def test_proneness_is_a_gamma_quantile(variance: float) -> None:
    record = ASTEROID.with_values(proneness_variance=variance)
    wanted = stats.gamma(1 / variance, scale=variance).ppf(probabilities(Purpose.PRONENESS))
    np.testing.assert_allclose(traits(record).proneness, wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("variance", [0.5, 1.0, 3.0])
def test_proneness_has_mean_1_and_its_variance(variance: float) -> None:
    drawn = traits(ASTEROID.with_values(proneness_variance=variance)).proneness.ravel()
    assert abs(drawn.mean() - 1) <= 4 * math.sqrt(variance / PEOPLE)
    fourth = variance**2 * (3 + 6 * variance)  # central moment of this gamma
    assert abs(drawn.var() - variance) <= 4 * math.sqrt((fourth - variance**2) / PEOPLE)


def test_without_variance_everybody_is_equally_prone() -> None:
    assert (traits(ASTEROID.with_values(proneness_variance=0.0)).proneness == 1).all()


@pytest.mark.parametrize(("mean", "sd"), [(10.0, 1.5), (8.0, 3.0)])
def test_speed_is_a_log_normal_quantile_with_the_assumed_mean_and_sd(mean: float, sd: float) -> None:
    speed = traits(ASTEROID.with_values(running_speed_mean=mean, running_speed_sd=sd)).speed_kmh
    spread = math.sqrt(math.log(1 + (sd / mean) ** 2))
    law = stats.lognorm(spread, scale=mean / math.sqrt(1 + (sd / mean) ** 2))
    np.testing.assert_allclose(speed, law.ppf(probabilities(Purpose.RUNNING_SPEED)), rtol=1e-9)
    assert law.mean() == pytest.approx(mean, rel=1e-12)
    assert law.std() == pytest.approx(sd, rel=1e-12)
    assert abs(speed.mean() - mean) <= 4 * sd / math.sqrt(PEOPLE)


def test_people_start_on_the_stages_of_the_test_run_in_its_shares() -> None:
    start = traits().start_stage
    shares = np.bincount(start.ravel(), minlength=3) / PEOPLE
    assert set(np.unique(start)) == {0, 1, 2}
    for share, wanted in zip(shares, (0.05, 0.15, 0.8), strict=True):
        assert abs(share - wanted) <= 4 * math.sqrt(wanted * (1 - wanted) / PEOPLE)


def test_start_stages_need_not_be_the_lowest(tmp_path: Path) -> None:
    path = tmp_path / "late.toml"
    path.write_text(
        'name = "late"\ndescription = "x"\nsource = "x"\nweeks = 2\nsessions_per_week = 3\nsession_minutes = 30\n'
        "start_stages = [2, 4]\nstart_shares = [0.25, 0.75]\n" + "[[stages]]\nintervals = [[60, 60]]\n" * 4,
        encoding="utf-8",
    )
    record = ASTEROID.with_values(programme=str(path), adherence_sd=0.3)
    start = traits(record).start_stage
    assert set(np.unique(start)) == {1, 3}
    assert abs((start == 1).mean() - 0.25) <= 4 * math.sqrt(0.25 * 0.75 / PEOPLE)


def test_traits_are_independent_of_each_other() -> None:
    drawn = traits()
    columns = (drawn.propensity, drawn.completion, drawn.start_stage, drawn.speed_kmh, drawn.proneness)
    ranks = stats.rankdata(np.array([column.ravel() for column in columns]), axis=1)
    correlation = np.asarray(np.corrcoef(ranks))[np.triu_indices(5, 1)]
    assert np.abs(correlation).max() <= 4 / math.sqrt(PEOPLE)


@pytest.mark.parametrize("mean", [0.3, 0.5, 0.9])
def test_another_adherence_keeps_who_ranks_where(mean: float) -> None:
    other = traits(ASTEROID.with_values(adherence_mean=mean))
    order = np.argsort(traits().propensity, axis=None)
    assert (np.diff(other.propensity.ravel()[order]) >= 0).all()
    for name in ("completion", "start_stage", "speed_kmh", "proneness"):
        np.testing.assert_array_equal(getattr(traits(), name), getattr(other, name))


@pytest.mark.parametrize("link", [-0.5, 0.8])
def test_prognosis_shifts_attendance_by_its_correlation(link: float) -> None:
    prognosis = np.random.default_rng(7).standard_normal((20, TRIALS))
    record = ASTEROID.with_values(adherence_prognosis=link)
    linked = simulate_traits(solve(record), 41, 0, TRIALS, prognosis=prognosis)
    a, b = attendance_beta(0.7, 0.2, 36, ASTEROID.adherence_decline, 12)
    scores = stats.norm.ppf(stats.beta(a, b).cdf(linked.propensity)).ravel()
    assert abs(np.corrcoef(scores, prognosis.ravel())[0, 1] - link) <= 4 * (1 - link**2) / math.sqrt(PEOPLE)
    assert abs(scores.std() - 1) <= 4 / math.sqrt(2 * PEOPLE)  # the law of attendance stays the same
    assert abs(scores.mean()) <= 4 / math.sqrt(PEOPLE)
    np.testing.assert_array_equal(linked.completion, traits().completion)


@pytest.mark.parametrize("outcome", ["average_pain", "disability"])
def test_prognosis_is_how_badly_somebody_fares_whichever_way_is_worse(outcome: str) -> None:
    record = ASTEROID.with_values(driving_outcome=outcome)
    turned = record.with_values(**{f"{outcome}.better": "higher"})
    lower, higher = (prognosis(solve(each), 41, 0, 50) for each in (record, turned))
    np.testing.assert_array_equal(lower, -higher)
    # High is bad: the untreated score at the last visit, where lower is better, rises with it.
    mechanism = solve(record.without_effect())
    scores = simulate_outcomes(mechanism, 41, 0, 50).treatment[record.design.outcome_names.index(outcome), -1]
    assert np.corrcoef(lower.ravel(), scores.ravel())[0, 1] > 0.9


def moments_of_the_share(a: float, b: float, weeks: int, a_week: int, decline: float) -> tuple[float, float]:
    """Return mean and SD of the observed share by integration over people, session by session."""
    centres = [1 - 2 * week / (weeks - 1) if weeks > 1 else 0.0 for week in range(weeks)]

    def chances(p: float) -> np.ndarray:
        return np.repeat([p + decline * centre * p * (1 - p) for centre in centres], a_week)

    def expect(what: str) -> float:
        def integrand(probability: float) -> float:
            each = chances(float(stats.beta.ppf(probability, a, b)))
            mean = float(each.mean())
            return mean if what == "mean" else mean**2 + float((each * (1 - each)).sum()) / len(each) ** 2

        return float(integrate.quad(integrand, 0, 1, limit=200, epsabs=1e-9)[0])

    mean, square = expect("mean"), expect("square")
    return mean, math.sqrt(square - mean**2)


@pytest.mark.parametrize(
    ("mean", "sd", "weeks", "a_week", "decline"),
    [
        (0.7, 0.2, 12, 3, 0.0),
        (0.7, 0.2, 12, 3, 0.914),
        (0.7, 0.2, 12, 3, 1.0),
        (0.7, 0.2, 9, 3, 0.5),
        (0.4, 0.3, 12, 4, 1.0),
        (0.85, 0.1, 12, 3, 0.914),
        (0.6, 0.3, 1, 7, 1.0),  # one week has no trend
        (0.6, 0.3, 2, 5, 1.0),
    ],
)
def test_the_observed_share_has_the_assumed_mean_and_sd(
    mean: float, sd: float, weeks: int, a_week: int, decline: float
) -> None:
    a, b = attendance_beta(mean, sd, weeks * a_week, decline, weeks)
    got_mean, got_sd = moments_of_the_share(a, b, weeks, a_week, decline)
    assert got_mean == pytest.approx(mean, abs=1e-6)
    assert got_sd == pytest.approx(sd, abs=1e-6)


def test_people_spread_less_than_their_observed_shares() -> None:
    a, b = attendance_beta(0.7, 0.2, 36)
    assert stats.beta(a, b).mean() == pytest.approx(0.7, rel=1e-9)
    # By hand: (36 x 0.2^2 - 0.7 x 0.3) / 35 is the variance between people without decline.
    assert stats.beta(a, b).var() == pytest.approx((36 * 0.04 - 0.21) / 35, rel=1e-9)


def test_without_sessions_nobody_has_a_propensity() -> None:
    assert (traits(ASTEROID.with_values(programme="waitlist")).propensity == 0).all()

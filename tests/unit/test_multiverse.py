"""The multiverse of the print: which specifications, and what each of them implies."""

import math

import numpy as np
import pytest

from asteroid_repro import NotYetError, multiverse, plot_multiverse, study
from asteroid_repro.simulate.streams import Purpose, stream
from asteroid_repro.verdicts.multiverse import Specification, _moments, covariances

FOUND = multiverse(trials=20_000, seed=3)


def one(outcome: str, covariance: str, model: str, distribution: str, likelihood: str) -> Specification:
    """Return one specification."""
    wanted = (outcome, covariance, model, distribution, likelihood)
    (row,) = (r for r in FOUND.rows if (r.outcome, r.covariance, r.model, r.distribution, r.likelihood) == wanted)
    return row


def test_every_reading_meets_every_covariance_once() -> None:
    rows = {(r.outcome, r.covariance, r.model, r.distribution, r.likelihood) for r in FOUND.rows}
    assert len(rows) == len(FOUND.rows) == 3 * 6 * 6
    assert {r.covariance for r in FOUND.rows} == {
        "assumed", "decaying_correlation", "neck_pain_correlations", "headache_correlation", "equal 0.24", "equal 0.75",
    }  # fmt: skip
    assert not any((r.model, r.distribution) == ("MMRM", "t") for r in FOUND.rows)  # t(38) prints other limits


@pytest.mark.parametrize(
    ("covariance", "distribution", "likelihood", "wanted", "known"),
    [  # measured elsewhere with more trials: MCSE 0.0004 or less
        ("assumed", "z", "REML", 0.0536, 0.0004),
        ("assumed", "z", "ML", 0.060, 0.001),
        ("assumed", "t", "REML", 0.0499, 0.0004),
        ("neck_pain_correlations", "z", "REML", 0.0732, 0.0004),
        ("neck_pain_correlations", "t", "REML", 0.0688, 0.0004),
        ("decaying_correlation", "z", "REML", 0.0955, 0.0004),
    ],
)
def test_type_one_errors_of_the_random_intercept(
    covariance: str, distribution: str, likelihood: str, wanted: float, known: float
) -> None:
    row = one("average_pain", covariance, "random intercept", distribution, likelihood)
    assert row.type_one_error == pytest.approx(wanted, abs=4 * math.hypot(row.type_one_mcse, known))


def test_power_and_replication_are_near_the_normal_approximation() -> None:
    row = one("average_pain", "assumed", "random intercept", "z", "REML")
    z = 15.30 / 5.117
    assert row.power == pytest.approx(0.5 * (1 + math.erf((z - 1.96) / math.sqrt(2))), abs=0.02)
    assert row.replication == pytest.approx(0.5 * (1 + math.erf((z - 1.96) / 2)), abs=0.02)
    assert row.sd == pytest.approx(16.18, abs=0.01)
    assert 1 < row.type_m < 1.2


def test_moments_have_the_covariance_asked_for() -> None:
    matrix = np.array([[4.0, 1.0, 0.5], [1.0, 9.0, 2.0], [0.5, 2.0, 16.0]])
    found = _moments(stream(1, Purpose.PRINT, 0), matrix, (10, 30), 40_000)
    np.testing.assert_allclose(found.cross_products.mean(axis=-1), 38 * matrix, rtol=0.02, atol=1)
    np.testing.assert_allclose(np.cov(found.difference), matrix * (1 / 10 + 1 / 30), rtol=0.05, atol=0.05)
    spread = found.cross_products[0, 0].var() / 16  # of a chi-squared on 38
    assert spread == pytest.approx(2 * 38, rel=0.05)


def test_covariances_are_the_studys_its_scenarios_and_sourced_ends() -> None:
    found = covariances(study(), "current_pain")
    np.testing.assert_allclose(np.diag(found["neck_pain_correlations"]), [1, 1, (25.4 / 22.8) ** 2], rtol=1e-3)
    assert found["equal 0.75"][0, 2] == 0.75


def test_the_answer_has_three_sentences_and_says_robust_only_of_what_is() -> None:
    said = FOUND.answer()
    assert said.count(": ") == 3
    assert "type I error of the test is not robust" in said
    assert "Power at the printed effect is robust" in said


def test_an_adjusted_print_is_refused() -> None:
    with pytest.raises(NotYetError, match="analysis must be unadjusted, got ancova"):
        multiverse(study("acupuncture_headache"), trials=100, seed=1)


def test_the_figure_has_a_panel_a_measure_and_the_choices_below() -> None:
    ax = plot_multiverse(FOUND)
    assert [panel.get_ylabel() for panel in ax.child_axes[:4]] == ["Type I error", "Power", "Type M", "Replication"]
    assert [text.get_text() for text in ax.child_axes[-1].get_yticklabels()] == ["REML", "ML"]

"""Every method side by side on one trial, with measured error rates on request."""

import pytest

from asteroid_repro import ASTEROID, InputError, estimate_effects, inference_ledger, scenario, simulate_trial
from asteroid_repro.estimate.effects.methods import METHODS

TRIAL = simulate_trial(ASTEROID, seed=61)


def test_a_row_for_every_method_and_distribution() -> None:
    rows = inference_ledger(TRIAL, "current_pain").rows
    assert {(row.method, row.distribution) for row in rows} == {
        (name, distribution) for name, method in METHODS.items() for distribution in method.distributions
    }


def test_rows_are_those_of_estimate_effects() -> None:
    for row in inference_ledger(TRIAL, "disability").rows[:6]:
        effects = estimate_effects(TRIAL, method=row.method, distribution=row.distribution)  # type: ignore[arg-type]
        (effect,) = [one for one in effects.rows if (one.outcome, one.week) == ("disability", 12)]
        assert (row.estimate, row.se, row.df, row.p_value) == (effect.estimate, effect.se, effect.df, effect.p_value)


def test_which_rows_could_have_printed_the_pain_lines() -> None:
    rows = {(row.method, row.distribution): row for row in inference_ledger(TRIAL, "average_pain").rows}
    assert rows["random_intercept", "z"].compatible
    assert rows["random_intercept", "t"].compatible
    assert not rows["mmrm", "t"].compatible
    assert not rows["ancova", "t"].compatible
    assert rows["random_intercept", "z"].role == "faithful reproduction"
    assert rows["mmrm", "t"].role == rows["ancova", "t"].role == "honest inference"


def test_nothing_could_have_printed_the_disability_line() -> None:
    assert not any(row.compatible for row in inference_ledger(TRIAL, "disability").rows)


def test_measured_error_rates_tell_faithful_from_honest() -> None:
    decaying = scenario("decaying_correlation")
    ledger = inference_ledger(TRIAL, "average_pain", measure=decaying, trials=1000, seed=62)
    rows = {(row.method, row.distribution): row for row in ledger.rows}
    faithful, honest = rows["random_intercept", "z"], rows["mmrm", "t"]
    assert faithful.type_one_error is not None
    assert honest.type_one_error is not None
    assert faithful.type_one_error > 0.07
    assert abs(honest.type_one_error - 0.05) < 4 * 0.0069
    assert honest.coverage is not None
    assert abs(honest.coverage - 0.95) < 4 * 0.0069
    assert (faithful.liberal, honest.liberal) == (True, False)
    assert " Measured type I error above 0.05: random_intercept z, " in ledger.note
    assert "mmrm t" not in ledger.note
    assert ledger.note in ledger._repr_html_()


def test_the_rows_of_the_constrained_model_to_avoid_are_named() -> None:
    ledger = inference_ledger(TRIAL, "average_pain")
    assert ledger.note.startswith("With clda take kenward_roger")
    assert "Measured" not in ledger.note
    assert {row.liberal for row in ledger.rows} == {None}


def test_bad_requests() -> None:
    with pytest.raises(InputError, match="seed must be given"):
        inference_ledger(TRIAL, "average_pain", measure=ASTEROID)
    with pytest.raises(InputError, match="group must be in the ledger"):
        inference_ledger(TRIAL, "mood")

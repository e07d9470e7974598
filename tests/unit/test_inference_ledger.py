"""Every method side by side on one trial, with measured error rates on request."""

from dataclasses import replace
from html import escape

import numpy as np
import pytest

from asteroid_repro import (
    ASTEROID,
    InputError,
    TrialAssumptions,
    estimate_effects,
    inference_ledger,
    scenario,
    simulate_trial,
)
from asteroid_repro.estimate.effects.methods import METHODS
from asteroid_repro.trial.design import PaperAnalysis
from asteroid_repro.verdicts.inference_ledger import InferenceLedger, InferenceRow

TRIAL = simulate_trial(ASTEROID, seed=61)


def by_test(ledger: InferenceLedger) -> dict[tuple[str, str], InferenceRow]:
    """Return the rows by method and distribution."""
    return {(row.effect.method, row.effect.distribution): row for row in ledger.rows}


def test_a_row_for_every_method_and_distribution() -> None:
    ledger = inference_ledger(TRIAL, "current_pain")
    tests = [(name, distribution) for name, method in METHODS.items() for distribution in method.distributions]
    assert list(by_test(ledger)) == tests
    table = ledger.to_frame()
    assert list(zip(table["method"], table["distribution"], strict=True)) == tests
    assert table["estimate"].tolist() == [row.effect.estimate for row in ledger.rows]


def test_rows_are_those_of_estimate_effects() -> None:
    for row in inference_ledger(TRIAL, "disability").rows[:6]:
        test = {"method": row.effect.method, "distribution": row.effect.distribution}
        effects = estimate_effects(TRIAL, **test)  # type: ignore[arg-type]
        assert row.effect in [one for one in effects.rows if (one.outcome, one.week) == ("disability", 12)]


def test_which_rows_could_have_printed_the_pain_lines() -> None:
    rows = by_test(inference_ledger(TRIAL, "average_pain"))
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
    rows = by_test(ledger)
    faithful, honest = rows["random_intercept", "z"], rows["mmrm", "t"]
    assert faithful.type_one_error is not None
    assert honest.type_one_error is not None
    assert faithful.type_one_error > 0.07
    assert abs(honest.type_one_error - 0.05) < 4 * 0.0069
    assert honest.coverage is not None
    assert abs(honest.coverage - 0.95) < 4 * 0.0069
    assert (faithful.liberal, honest.liberal) == (True, False)
    assert " Measured type I error above 0.05: random_intercept z, " in ledger.notes()[1]
    assert "mmrm t" not in ledger.notes()[1]
    assert ledger.notes()[0].startswith("average_pain, published: -15.30 (-25.33, -5.27)")
    assert escape(ledger.notes()[1]) in ledger._repr_html_()


def test_the_rows_of_the_constrained_model_to_avoid_are_named() -> None:
    ledger = inference_ledger(TRIAL, "average_pain")
    assert ledger.notes()[1].startswith("With clda take kenward_roger")
    assert "Measured" not in ledger.notes()[1]
    assert {row.liberal for row in ledger.rows} == {None}


def test_bad_requests() -> None:
    with pytest.raises(InputError, match="seed must be given"):
        inference_ledger(TRIAL, "average_pain", measure=ASTEROID)
    with pytest.raises(InputError, match="outcome must be one with a printed effect, got 'mood'"):
        inference_ledger(TRIAL, "mood")
    with pytest.raises(InputError, match=r"week must be one with a printed effect on disability, 12, got 6"):
        inference_ledger(TRIAL, "disability", week=6)


def test_a_line_at_a_week_that_the_trial_does_not_visit_is_refused() -> None:
    """The last visit does not answer for another week."""
    early = simulate_trial(ASTEROID.with_values(visits=[0, 6, 10]), seed=61)
    with pytest.raises(InputError, match="trial must have a visit at week 12, as the line, got weeks 6, 10"):
        inference_ledger(early, "average_pain")


def test_a_later_visit_does_not_answer_for_week_12() -> None:
    longer = ASTEROID.with_values(
        visits=[0, 6, 12, 24],
        visit_correlation=(0.5 + 0.5 * np.eye(4)).tolist(),
        every_outcome={"effect": [-2, -4, 9], "reference_change": [0, 0, 0], "sd": [10] * 4},
    )
    trial = simulate_trial(longer, seed=61)
    (effect,) = {
        one.estimate
        for one in estimate_effects(trial, method="mmrm", distribution="t").rows
        if (one.outcome, one.week) == ("average_pain", 12)
    }
    assert by_test(inference_ledger(trial, "average_pain"))["mmrm", "t"].effect.estimate == effect


def test_the_roles_follow_the_analysis_of_the_paper() -> None:
    paper = PaperAnalysis(method="ancova")
    design = TRIAL.design.model_copy(update={"analysis": paper})
    rows = by_test(inference_ledger(replace(TRIAL, design=design), "average_pain"))
    assert rows["ancova", "t"].role == "faithful reproduction"
    assert rows["random_intercept", "z"].role == ""


def test_all_outcomes_lose_their_effect_where_error_rates_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault: three named outcomes were set to no effect, and a fourth kept its own."""
    seen = []

    def record(assumptions: TrialAssumptions, **_: object) -> object:
        seen.append({outcome.effect[-1] for outcome in assumptions.outcomes})
        raise InputError("enough seen")

    monkeypatch.setattr("asteroid_repro.verdicts.inference_ledger.operating_characteristics", record)
    with pytest.raises(InputError, match="enough seen"):
        inference_ledger(TRIAL, "average_pain", measure=ASTEROID, seed=1)
    assert seen == [{0.0}]

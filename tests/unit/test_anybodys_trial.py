"""The estimators on a trial that is nothing like ASTEROID: other arms, outcomes, directions, weeks; no sessions."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from asteroid_repro import (
    InputError,
    Trial,
    estimate_effects,
    event_rates,
    rerandomisation_test,
    responders,
    sensitivity,
    standardised_effects,
    tipping_point,
    within_arm_changes,
)
from asteroid_repro.estimate.effects.methods import METHODS, Analysis, chosen_analysis
from asteroid_repro.estimate.effects.moments import (
    moments,
    sum_whole_numbers,
    whole_number_moments,
    whole_number_sums,
)
from asteroid_repro.trial.design import Design

DESIGN = Design.model_validate(
    {
        "name": "Stretching",
        "title": "Stretching for the back",
        "treatment": {"name": "stretching", "label": "Stretching"},
        "reference": {"name": "usual_care", "label": "Usual care"},
        "visits": (0, 4, 26.5, 52),
        "outcomes": {
            "back_function": {
                "label": "Function", "minimum": 0, "maximum": 10, "step": 0.5, "better": "higher", "important": 1.5,
            },
            "sleep": {"label": "Sleep", "better": "lower"},
        },
        "adverse_events": {"fall": {"label": "Fall"}, "strain": {"label": "Strain"}},
        "analysis": {"method": "ancova"},
    }
)  # fmt: skip
ARMS: dict[str, Any] = {"treatment": "stretching", "reference": "usual_care"}
N = {"stretching": 12, "usual_care": 15}


def outcomes() -> pd.DataFrame:
    """Return outcomes in which the treated gain about 2 points of function and lose 3 of sleep."""
    rng = np.random.default_rng(50)
    rows = []
    for participant in range(sum(N.values())):
        arm = "stretching" if participant < N["stretching"] else "usual_care"
        gain = 2 if arm == "stretching" else 0
        person, other = rng.normal(5, 1), rng.normal(20, 4)
        for visit, week in enumerate(DESIGN.visits):
            function = np.clip(2 * round(person + gain * (visit > 0) + rng.normal()) / 2, 0, 10)
            rows.append((f"P{participant:02d}", arm, week, "back_function", function))
            rows.append((f"P{participant:02d}", arm, week, "sleep", other - 1.5 * gain * (visit > 0) + rng.normal()))
    return pd.DataFrame(rows, columns=["participant", "arm", "week", "outcome", "value"])


def trial(table: pd.DataFrame | None = None) -> Trial:
    """Return the trial, with two falls among the treated and one strain among the others."""
    table = outcomes() if table is None else table
    events = pd.DataFrame(
        {
            "participant": ["P01", "P02", "P20"],
            "week": [3.5, 8, 9],
            "kind": ["fall", "fall", "strain"],
            "serious": False,
        }
    )
    people = table[["participant", "arm"]].drop_duplicates().assign(height_cm=170.0, smoker="never")
    return Trial(people, table, pd.DataFrame(columns=["participant"]), events, DESIGN, "made up")


EVERY: dict[str, Callable[..., Any]] = {
    "effects": estimate_effects,
    "standardised": standardised_effects,
    "within": within_arm_changes,
    "rerandomisation": lambda data, **more: rerandomisation_test(
        data, outcome="sleep", allocations=500, seed=1, **{name: more[name] for name in more if name != "better"}
    ),
    "responders": lambda data, **more: responders(data, outcome="back_function", points=1.5, **more),
    "sensitivity": lambda data, **more: sensitivity(data, outcome="sleep", delta=1, imputations=5, seed=1, **more),
}


@pytest.mark.parametrize("name", EVERY)
def test_a_trial_and_its_table_with_named_arms_give_the_same_numbers(name: str) -> None:
    function = EVERY[name]
    better = {"responders": "higher", "sensitivity": "lower"}.get(name)
    found = function(trial())
    table = function(outcomes(), **ARMS, better=better)
    assert (found.label, table.label) == ("made up", "")
    assert found.level == table.level == 0.95
    pd.testing.assert_frame_equal(
        found.to_frame().drop(columns="better", errors="ignore"),
        table.to_frame().drop(columns="better", errors="ignore"),
    )


@pytest.mark.parametrize("method", [name for name, own in METHODS.items() if not own.equally_spaced])
def test_every_method_finds_the_effects_at_every_week(method: str) -> None:
    effects = estimate_effects(trial(), method=method)
    rows = [(row.outcome, row.week, row.better) for row in effects.rows]
    assert rows == [("back_function", week, "higher") for week in (4, 26.5, 52)] + [
        ("sleep", week, "lower") for week in (4, 26.5, 52)
    ]
    assert all((row.n_treatment, row.n_reference) == (12, 15) for row in effects.rows)
    for row in effects.rows:
        truth = 2 if row.outcome == "back_function" else -3
        assert abs(row.estimate - truth) < 3.5 * row.se


def test_numbers_of_participants_may_come_in_any_order() -> None:
    """People are summed in one order, whatever that of the rows: the same bits."""
    shuffled = outcomes().sample(frac=1, random_state=3)
    assert estimate_effects(trial(shuffled)) == estimate_effects(trial())


def test_without_a_method_it_is_mmrm_by_kenward_and_roger() -> None:
    gone = outcomes()["participant"].isin(["P03", "P20"]) & (outcomes()["week"] == 52)
    left = trial(outcomes()[~gone])
    named = estimate_effects(left, method="mmrm", distribution="kenward_roger")
    assert estimate_effects(left) == named
    assert {(row.method, row.distribution) for row in named.rows} == {("mmrm", "kenward_roger")}
    assert estimate_effects(left, method="mmrm").rows[0].distribution == "t"


def test_a_visit_that_nobody_had_is_refused_by_week() -> None:
    with pytest.raises(InputError, match=r"week must be a week after the baseline \(4, 26.5, 52\), got 12"):
        responders(trial(), outcome="back_function", week=12)
    assert responders(trial(), outcome="back_function", week=26.5).week == 26.5


def test_responders_follow_the_direction_and_the_important_change_of_the_design() -> None:
    found = responders(trial(), outcome="back_function")
    table = outcomes().query("outcome == 'back_function'")
    own = table.pivot_table(index=["arm", "participant"], columns="week", values="value")
    gained = (own[52] - own[0] >= 1.5).groupby("arm").sum()
    assert (found.treatment.responders, found.reference.responders) == (gained["stretching"], gained["usual_care"])
    assert (found.threshold, found.week, found.better) == (1.5, 52, "higher")
    assert found.rows[2].estimate > 0
    with pytest.raises(InputError, match="threshold must be given as points or relative, got neither"):
        responders(trial(), outcome="sleep")  # its design has no minimal important change


def test_worse_is_down_where_higher_is_better() -> None:
    gone = outcomes()["participant"].isin(["P00", "P03", "P05"]) & (outcomes()["week"] == 52)
    left = trial(outcomes()[~gone])
    found = tipping_point(left, outcome="back_function", deltas=[0, 2, 4], method="mmrm", imputations=5, seed=1)
    estimates = [row.estimate for row in found.rows]
    assert np.diff(estimates) == pytest.approx([-2 * 3 / 12] * 2, rel=1e-9)
    sleep = tipping_point(left, outcome="sleep", deltas=[0, 2, 4], method="mmrm", imputations=5, seed=1)
    assert np.diff([row.estimate for row in sleep.rows]) == pytest.approx([2 * 3 / 12] * 2, rel=1e-9)


def test_of_three_arms_the_two_named_are_compared() -> None:
    third = (
        outcomes()
        .query("arm == 'usual_care'")
        .assign(arm="walking", participant=lambda rows: "W" + rows["participant"])
    )
    table = pd.concat([third, outcomes()])
    pd.testing.assert_frame_equal(
        estimate_effects(table, **ARMS).to_frame(), estimate_effects(outcomes(), **ARMS).to_frame()
    )
    against = estimate_effects(table, treatment="stretching", reference="walking").to_frame()
    assert against["estimate"].tolist() == estimate_effects(outcomes(), **ARMS).to_frame()["estimate"].tolist()
    with pytest.raises(InputError, match="name two arms of the table, which has stretching, usual_care, walking"):
        estimate_effects(table)


def test_arms_called_treatment_and_reference_need_no_names() -> None:
    renamed = outcomes().replace({"arm": {"stretching": "treatment", "usual_care": "reference"}})
    pd.testing.assert_frame_equal(estimate_effects(renamed).to_frame(), estimate_effects(outcomes(), **ARMS).to_frame())


@pytest.mark.parametrize(
    ("arms", "message"),
    [
        ({}, "got None and None. Write treatment='stretching', reference='usual_care', or the other way round"),
        ({"treatment": "stretching"}, "got 'stretching' and None. Write"),
        ({"treatment": "stretching", "reference": "stretching"}, "name two arms of the table"),
        ({"treatment": "streching", "reference": "usual_care"}, "none in streching.*Did you mean 'stretching'"),
    ],
)
@pytest.mark.parametrize("name", EVERY)
def test_arms_that_are_not_told_apart_are_refused(name: str, arms: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        EVERY[name](outcomes(), **arms, better="higher")
    assert "\n" not in str(error.value)


def test_the_arms_of_a_trial_are_its_designs() -> None:
    with pytest.raises(InputError, match="treatment and reference must be left to the trial's design"):
        estimate_effects(trial(), **ARMS)
    wrong = outcomes().replace({"arm": {"usual_care": "usual care"}})
    with pytest.raises(InputError, match=r"outcomes\.arm must be one of stretching, usual_care, got 'usual care'"):
        estimate_effects(trial(wrong))


def test_events_are_per_person_week_of_each_arm() -> None:
    rates = event_rates(trial())
    rows = {(row.arm, row.kind): row for row in rates.rows}
    assert [row.events for row in rates.rows] == [2, 2, 0, 1, 0, 1]
    assert (rows["stretching", "all"].exposure, rows["usual_care", "all"].exposure) == (12 * 52, 15 * 52)
    assert rows["stretching", "fall"].rate_per_1000 == pytest.approx(2000 / 624, rel=1e-12)
    assert rates.rows[0].per == "person_weeks"
    alone = trial().participants.query("arm == 'stretching'")
    with pytest.raises(InputError, match=r"participants\.arm must have people in both arms, got none in usual_care"):
        event_rates(replace(trial(), participants=alone, adverse_events=trial().adverse_events.head(2)))


def test_an_analysis_is_checked_when_it_is_made() -> None:
    assert chosen_analysis() == Analysis("mmrm", "kenward_roger", 0.95)
    assert chosen_analysis("ancova", level=0.9) == Analysis("ancova", "t", 0.9)
    for arguments, message in (
        (("mmrn", "t"), "method must be one of"),
        (("ancova", "kenward_roger"), "distribution must be one of t, z for ancova"),
        (("ancova", "t", 95), r"level must be in \(0, 1\), got 95"),
    ):
        with pytest.raises(InputError, match=message):
            Analysis(*arguments)


@pytest.mark.parametrize("people", [(7, 9), (900, 800), (2500, 2500)])
@pytest.mark.parametrize(("highest", "step"), [((20, 100, 50), (0.5, 1, 2)), ((3000, 5000, 1), (0.1, 0.25, 7))])
def test_counts_of_steps_have_the_moments_of_the_points(
    people: tuple[int, int], highest: tuple[int, ...], step: tuple[float, ...]
) -> None:
    """Counts from the lowest score, in single or double precision, in one part or several."""
    rng = np.random.default_rng(51)
    n, trials, most = sum(people), 3, np.array(highest)[:, np.newaxis, np.newaxis, np.newaxis]
    counts = rng.integers(most // 2, most + 1, size=(3, 4, n, trials)).astype(np.float32)
    sums = whole_number_sums(n, 4, 3, trials, highest=max(highest))
    sum_whole_numbers(counts, people[0], *sums)
    found = whole_number_moments(*sums, *people, step=np.array(step))
    for outcome, points in enumerate(step):
        scores = -10 + points * counts[outcome].astype(float)
        wanted = moments(scores[:, : people[0]], scores[:, people[0] :])
        np.testing.assert_allclose(found.difference[:, outcome], wanted.difference, rtol=1e-9, atol=1e-9 * points)
        np.testing.assert_allclose(found.cross_products[:, :, outcome], wanted.cross_products, rtol=1e-7, atol=1e-6)

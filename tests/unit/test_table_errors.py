"""Each error a user can make with a table of outcomes: refused by every method, in one line of its own."""

import contextlib
import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from asteroid_repro import InputError, estimate_effects
from asteroid_repro.estimate.effects.methods import METHODS

Mistake = Callable[[pd.DataFrame], pd.DataFrame]
every_method = pytest.mark.parametrize("method", METHODS)


def table(scores: np.ndarray, treatment: int) -> pd.DataFrame:
    """Lay out scores (visits, people), runners first, as the long table of the schema."""
    visit, person = np.indices(scores.shape).reshape(2, -1)
    arm = np.where(person < treatment, "treatment", "reference")
    return pd.DataFrame(
        {"participant": person + 1, "arm": arm, "week": 6 * visit, "outcome": "disability", "value": scores.ravel()}
    )


def whole() -> pd.DataFrame:
    """Return a table without fault: 5 runners, 6 others."""
    return table(np.random.default_rng(81).normal(40, 10, (3, 11)), 5)


def put(data: pd.DataFrame, column: str, value: object) -> pd.DataFrame:
    """Return the table with one cell of participant 2 at week 6 changed."""
    here = (data["participant"] == 2) & (data["week"] == 6)
    return data.assign(**{column: data[column].astype(object).mask(here, value)})


MISTAKES: dict[str, tuple[Mistake, str]] = {
    "two arms": (lambda data: put(data, "arm", "reference"), "got two arms for participant 2."),
    "two values": (
        lambda data: pd.concat([data, data[data["week"] == 6].assign(value=1.0)]),
        "must have one row per participant, week and outcome, got several for participant 1, week 6, outcome dis",
    ),
    "empty arm": (lambda data: data[data["arm"] == "treatment"], "people in both arms, got none in reference"),
    "one person": (
        lambda data: data[(data["arm"] == "reference") | (data["participant"] == 1)],
        "treatment must have at least 2 people, got 1",
    ),
    "constant": (lambda data: data.assign(value=30.0), "disability must vary within the arms, got a constant"),
    "text": (lambda data: put(data, "value", "twenty"), "outcomes.value must be a number, got 'twenty'"),
    "infinite": (lambda data: put(data, "value", math.inf), "outcomes.value must be finite"),
    "a third arm": (
        lambda data: data.assign(arm=data["arm"].mask(data["participant"] == 2, "control")),
        "treatment and reference must name two arms of the table, which has control, reference, treatment, got None",
    ),
    "identifiers of two kinds": (
        lambda data: data.assign(participant=data["participant"].astype(object).where(data["participant"] != 2, "P2")),
        "outcomes.participant must be all numbers or all text, got both, 1 and 'P2'",
    ),
    "no column": (lambda data: data.drop(columns="week"), "missing: week"),
    "wide": (
        lambda data: data.pivot_table(index=["participant", "arm"], columns="week", values="value").reset_index(),
        "missing: week, outcome, value",
    ),
    "no rows": (lambda data: data.iloc[:0], "outcomes must have rows, got none"),
    "no later visit": (lambda data: data[data["week"] == 0], "a baseline and a later visit, got 1 week"),
    "a code": (
        lambda data: put(data, "value", -99),
        "must lie among the others",
    ),
    "one person or two": (
        lambda data: data.assign(participant="P" + data["participant"].astype(str)).replace("P2", "p3 "),
        "outcomes.participant must be written in one way, got",
    ),
}


def refusal(data: pd.DataFrame, method: str) -> str:
    """Return the one line with which a table is refused."""
    with pytest.raises(InputError) as caught:
        estimate_effects(data, method=method)
    message = str(caught.value)
    assert "\n" not in message
    return message


@every_method
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_refused_in_a_line_of_its_own(mistake: str, method: str) -> None:
    change, fragment = MISTAKES[mistake]
    message = refusal(change(whole()), method)
    constant_baseline = mistake == "constant" and method == "ancova" and "a baseline that varies" in message
    assert fragment in message or constant_baseline, message


def test_the_table_without_a_mistake_is_estimated() -> None:
    assert all(len(estimate_effects(whole(), method=method).rows) == 2 for method in METHODS)


def test_no_two_mistakes_have_the_same_line() -> None:
    lines = {refusal(change(whole()), "mmrm") for change, _ in MISTAKES.values()}
    assert len(lines) == len(MISTAKES)


@pytest.mark.parametrize("method", ["mmrm", "clda"])
def test_fewer_people_than_parameters_are_refused(method: str) -> None:
    """Four people with every visit leave 2 degrees of freedom for a covariance of three visits: no maximum."""
    scores = np.random.default_rng(82).normal(40, 10, (3, 5))
    scores[2, 1] = np.nan
    message = refusal(table(scores, 3), method)
    assert f"disability must have a likelihood with a maximum for {method}, got none: too few people" in message


DEGENERATE: dict[str, Callable[[np.ndarray], None]] = {
    "constant baseline": lambda scores: scores[0].fill(50.0),
    "constant week 12": lambda scores: scores[2].fill(20.0),
    "one change for all": lambda scores: np.copyto(scores[2], scores[0] - 5),
    "week 12 from week 6": lambda scores: np.copyto(scores[2], 0.5 * scores[1] + 3),
    "mirror images": lambda scores: np.copyto(scores[2], 100 - scores[0]),
}


@every_method
@pytest.mark.parametrize("kind", DEGENERATE)
@pytest.mark.parametrize("missing", [False, True], ids=["complete", "missing"])
def test_a_variance_of_0_gives_a_refusal_or_the_effect_but_never_0(kind: str, method: str, *, missing: bool) -> None:
    """The arms differ by 4 points at week 6 and 7 at week 12, besides chance: an estimate of 0 would be made up."""
    scores = np.random.default_rng(83).normal(40, 10, (3, 20))
    DEGENERATE[kind](scores)
    scores[1:, :10] -= np.array([[4.0], [7.0]])
    if missing:
        scores[1, 2], scores[2, 13] = np.nan, np.nan
    with contextlib.suppress(InputError):
        rows = estimate_effects(table(scores, 10), method=method).rows
        assert all(abs(row.estimate) > 1e-6 and row.se > 0 for row in rows)

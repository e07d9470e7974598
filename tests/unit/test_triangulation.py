"""What printed numbers imply for each other, against arithmetic done here by hand."""

import dataclasses
import math
from typing import Any

import pytest
from scipy import stats

from asteroid_repro import audit, published
from asteroid_repro.ledger.ledger import Ledger
from asteroid_repro.verdicts.triangulation import triangulate


def by_name(ledger: Ledger | None = None) -> dict[str, Any]:
    """Return what the identities give, by name."""
    return {str(implied.name): implied for implied in triangulate(ledger or published()).itertuples()}


def changed(claim_id: str, printed: str) -> Ledger:
    """Return the published ledger with one claim printed otherwise."""
    ledger = published()
    claims = tuple(c.model_copy(update={"printed": printed}) if c.id == claim_id else c for c in ledger.claims)
    return dataclasses.replace(ledger, claims=claims)


@pytest.mark.parametrize(
    ("name", "result", "unit"),
    [
        ("net difference in current pain", (14.25 - 30.8) - (42.9 - 40.1), "points"),
        ("change in disability on the waitlist", (13.9 - 20.8) + 5.20, "points"),
        ("prescribed hours", 20 * 36 * 0.5, "hours"),
        ("attended hours", 252, "hours"),
        ("share of attended time spent running", 100 * 105 / 252, "percent"),
        ("mean running speed", (2.9 + 5.6) / 2 * 12 * 20 / 105, "km per hour"),
        ("distance per session at week 12", 5.6 / 2.1, "km per session"),
        ("distance per session at the start", 2.9 / 2.1, "km per session"),
        ("growth of the distance, called a doubling", 2.7 / 1.1, "times"),
        ("share of week-12 distances below zero if they were normal", 100 * stats.norm.cdf(-5.6 / 5.3), "percent"),
        ("SD of adherence if attendance were the same coin for all", 100 * (0.7 * 0.3 / 36) ** 0.5, "percent"),
    ],
)
def test_each_identity_is_its_arithmetic(name: str, result: float, unit: str) -> None:
    implied = by_name()[name]
    assert implied.value == pytest.approx(result, rel=1e-9)
    assert implied.unit == unit
    assert math.isnan(implied.low)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("adverse events, all, per 1000 running hours", (85.7, 39.2, 162.7)),
        ("adverse events, lower limb, per 1000 running hours", (66.7, 26.8, 137.4)),
        ("adverse events, low back pain, per 1000 running hours", (9.5, 0.24, 53.1)),
        ("adverse events, all, per 1000 attended hours", (35.7, 16.3, 67.8)),
        ("adverse events, lower limb, per 1000 attended hours", (27.8, None, None)),
        ("adverse events, low back pain, per 1000 attended hours", (4.0, None, None)),
    ],
)
def test_rates_name_their_denominator_and_have_exact_limits(
    name: str, wanted: tuple[float, float | None, float | None]
) -> None:
    implied = by_name()[name]
    for got, value in zip((implied.value, implied.low, implied.high), wanted, strict=True):
        assert value is None or abs(got - value) <= 0.05
    assert implied.unit == f"events {name[name.index('per 1000') :]}"
    assert implied.finding == "implies"


def test_the_published_net_difference_is_met_to_the_digit() -> None:
    implied = by_name()["net difference in current pain"]
    assert (implied.claim, implied.finding) == ("current_pain.week12.estimate", "meets")
    swapped = changed("current_pain.week12.estimate", "19.35")
    assert by_name(swapped)["net difference in current pain"].finding == "contradicts"


def test_a_change_beyond_half_the_last_digit_contradicts() -> None:
    name = "net difference in current pain"
    assert by_name(changed("current_pain.running.week12", "14.254"))[name].finding == "meets"
    assert by_name(changed("current_pain.running.week12", "14.26"))[name].finding == "contradicts"


def test_distance_meets_per_session_and_contradicts_a_doubling() -> None:
    found = by_name()
    assert found["distance per session at week 12"].finding == "meets"
    assert found["distance per session at the start"].finding == "contradicts"
    assert found["growth of the distance, called a doubling"].finding == "contradicts"


def test_coin_flips_are_an_implication_and_no_published_claim() -> None:
    implied = by_name()["SD of adherence if attendance were the same coin for all"]
    assert (implied.claim, implied.finding) == ("", "implies")
    assert implied.value < 20 / 2  # the published 20 % is more than twice as wide


def test_every_identity_shows_its_inputs_as_printed() -> None:
    for implied in by_name().values():
        for part in implied.inputs.split(", "):
            claim, printed = part.split(" = ")
            assert published()[claim].printed == printed


def test_a_ledger_without_identities_implies_nothing() -> None:
    assert triangulate(dataclasses.replace(published(), identities=())).empty


def test_the_audit_carries_every_identity() -> None:
    result = audit()
    assert result.identities.equals(triangulate(published()))
    assert (result.to_frame()["topic"] == "identity").sum() == len(result.identities)
    assert result.as_recorded

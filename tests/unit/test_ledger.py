"""The published ledger: what it holds, how it is read, and every way in which it refuses a wrong entry."""

import dataclasses
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from asteroid_repro.errors import InputError
from asteroid_repro.ledger.claim import Claim, Role
from asteroid_repro.ledger.ledger import Ledger, published, read_ledger

PARTS = ("estimate", "ci_low", "ci_high", "p_value")
TRIPLES = {
    "average_pain.week12": ("-15.30", "-25.33", "-5.27", "0.003"),
    "current_pain.week12": ("-19.35", "-32.01", "-6.69", "0.003"),
    "disability.week12": ("-5.20", "-10.12", "-0.24", "0.038"),
}
COLUMNS = [
    "id", "statement", "printed", "value", "unit", "source", "doi",
    "strength", "role", "status", "reason", "group", "part",
]  # fmt: skip
FIELDS: dict[str, Any] = {
    "id": "a",
    "statement": "People randomised",
    "printed": "12",
    "unit": "people",
    "source": "pilot",
    "strength": "P",
    "role": "fitted",
    "status": "consistent",
    "reason": "Nothing else prints it.",
}


def fields(**changes: object) -> dict[str, Any]:
    """Return the fields of a valid claim with changes; None takes a field out."""
    return {key: value for key, value in {**FIELDS, **changes}.items() if value is not None}


def write(folder: Path, *claims: dict[str, Any], sources: str = '[pilot]\ncitation = "A pilot"\n') -> Ledger:
    """Write claims and sources as TOML and read them back."""
    tables = ["[[claim]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in c.items()) for c in claims]
    (folder / "claims.toml").write_text("\n".join(tables), encoding="utf-8")
    (folder / "sources.toml").write_text(sources, encoding="utf-8")
    return read_ledger(folder / "claims.toml", folder / "sources.toml")


def retagged(claim_id: str, role: Role) -> Ledger:
    """Return the published ledger with one claim in another role."""
    ledger = published()
    claims = tuple(c.model_copy(update={"role": role}) if c.id == claim_id else c for c in ledger.claims)
    return dataclasses.replace(ledger, claims=claims)


@pytest.mark.parametrize(("group", "printed"), TRIPLES.items())
def test_the_result_lines_are_as_printed(group: str, printed: tuple[str, ...]) -> None:
    assert {part: claim.printed for part, claim in published().group(group).items()} == dict(
        zip(PARTS, printed, strict=True)
    )
    assert [published()[f"{group}.{part}"].printed for part in PARTS] == list(printed)


@pytest.mark.parametrize(
    ("claim_id", "value", "half_unit"),
    [
        ("average_pain.week12.estimate", -15.3, 0.005),
        ("average_pain.week12.p_value", 0.003, 0.0005),
        ("adherence.mean", 70.0, 0.5),
        ("design.randomised", 40.0, 0.5),
        ("yardstick.injury_rate.maximum", 33.0, 0.05),
    ],
)
def test_value_and_half_unit(claim_id: str, value: float, half_unit: float) -> None:
    claim = published()[claim_id]
    assert claim.value is not None
    assert claim.half_unit is not None
    assert abs(claim.value - value) < 1e-12
    assert abs(claim.half_unit - half_unit) < 1e-15


def test_a_printed_minus_sign_is_read_as_minus() -> None:
    claim = Claim.model_validate(fields(printed="\u22120.24", unit="points"))
    assert claim.value == -0.24
    assert claim.printed == "\u22120.24"


def test_a_text_has_no_number() -> None:
    claim = published()["design.visit.baseline"]
    assert claim.value is None
    assert claim.half_unit is None


def test_every_claim_has_a_source_a_number_or_text_and_a_sentence() -> None:
    ledger = published()
    for claim in ledger.claims:
        assert claim.source in ledger.sources, claim.id
        assert (claim.value is None) == (claim.unit == "text"), claim.id
        assert claim.reason.endswith("."), claim.id


def test_the_roles_on_which_the_model_test_rests() -> None:
    predicted = {claim.id for claim in published().with_role("predicted")}
    assert predicted == {"distance.week1.sd", "distance.week12.mean", "distance.week12.sd"}
    assert published()["disability.week12.ci_high"].status == "inconsistent"
    assert published()["disability.week12.ci_high"].role == "derived"
    roles = {claim.role for claim in published().claims}
    assert roles == {"derived", "fitted", "predicted", "context"}


def two_sided_p(estimate: float, standard_error: float) -> float:
    return math.erfc(abs(estimate / standard_error) / math.sqrt(2))


RECOMPUTED: dict[str, Callable[..., float]] = {
    "design.randomised": lambda running, waitlist: running + waitlist,
    "design.female.count": lambda share, people: share / 100 * people,
    "programme.sessions": lambda a_week, weeks: a_week * weeks,
    "programme.hours": lambda a_week, weeks, minutes: a_week * weeks * minutes / 60,
    "average_pain.week12.p_value": lambda mid, low, high: two_sided_p(mid, (high - low) / 2 / 1.959964),
    "current_pain.week12.p_value": lambda mid, low, high: two_sided_p(mid, (high - low) / 2 / 1.959964),
    "disability.week12.p_value": lambda mid, low: two_sided_p(mid, (mid - low) / 1.959964),
    "current_pain.running.week12": lambda run0, wait0, wait12, net: run0 + net + wait12 - wait0,
    "current_pain.running.week12.sass": lambda exact: exact,
    "adherence.sessions_per_week": lambda share, sessions: share / 100 * sessions,
    "adverse_events.all": lambda *kinds: sum(kinds),
    "distance.session.week12": lambda week, sessions: week / sessions,
}


@pytest.mark.parametrize("claim_id", RECOMPUTED)
def test_a_derived_claim_follows_from_its_dependencies(claim_id: str) -> None:
    claim = published()[claim_id]
    value, half_unit = claim.value, claim.half_unit
    assert value is not None
    assert half_unit is not None
    recomputed = RECOMPUTED[claim_id](*(published()[name].value for name in claim.depends_on))
    assert abs(recomputed - value) <= half_unit + 1e-9  # half the last printed digit, and the binary rounding of it


def test_the_one_derived_claim_that_does_not_follow_is_marked_inconsistent() -> None:
    left_out = {claim.id for claim in published().with_role("derived")} - set(RECOMPUTED)
    assert left_out == {"disability.week12.ci_high"}
    estimate, low = (published().fitted(f"disability.week12.{part}") for part in ("estimate", "ci_low"))
    high = published()["disability.week12.ci_high"].value
    assert high is not None
    # the limits' middle: rounding of three numbers to two decimals explains at most 0.01
    assert abs((low + high) / 2 - estimate) > 0.01 + 1e-9


def test_frame_has_one_row_per_claim() -> None:
    frame = published().to_frame()
    assert list(frame.columns) == COLUMNS
    assert len(frame) == len(published().claims)
    assert frame["id"].is_unique
    assert frame["value"].dtype == "float64"
    assert not frame.drop(columns="value").isna().any(axis=None)
    assert frame.set_index("id").loc["average_pain.week12.estimate", "doi"] == "10.1136/bjsports-2024-108245"
    assert "<table" in published()._repr_html_()


def test_published_is_read_once() -> None:
    assert published() is published()


@pytest.mark.parametrize(
    ("claim_id", "role"),
    [
        ("distance.week12.mean", "predicted"),
        ("average_pain.week12.p_value", "derived"),
        ("yardstick.minimal_important_change.vas", "context"),
        ("design.visit.baseline", "context"),
    ],
)
def test_only_a_fitted_claim_may_set_an_assumption(claim_id: str, role: str) -> None:
    expected = f"claim {claim_id} must have role fitted to set an assumption, got role {role} "
    with pytest.raises(InputError, match=expected):
        published().fitted(claim_id)


def test_a_retagged_claim_can_no_longer_be_fitted() -> None:
    assert published().fitted("adherence.mean") == 70.0
    with pytest.raises(InputError, match=r"adherence\.mean must have role fitted .* got role predicted in .*claims"):
        retagged("adherence.mean", "predicted").fitted("adherence.mean")


@pytest.mark.parametrize("claim_id", ["average_pain.week12.p_value", "programme.hours", "adverse_events.all"])
def test_a_claim_that_fitted_ones_give_cannot_be_called_predicted(claim_id: str) -> None:
    with pytest.raises(InputError, match=rf"claims\.toml, claim {claim_id}: role must not be predicted"):
        retagged(claim_id, "predicted")


def test_derived_claims_between_do_not_hide_what_can_be_computed(tmp_path: Path) -> None:
    between = fields(id="b", role="derived", depends_on=["a"])
    with pytest.raises(InputError, match="claim c: role must not be predicted"):
        write(tmp_path, fields(), between, fields(id="c", role="predicted", depends_on=["b"]))


def test_a_prediction_may_rest_on_another_prediction(tmp_path: Path) -> None:
    ledger = write(tmp_path, fields(role="predicted"), fields(id="b", role="predicted", depends_on=["a"]))
    assert len(ledger.with_role("predicted")) == 2


@pytest.mark.parametrize(
    ("lookup", "message"),
    [
        (lambda ledger: ledger["average_pain.week12.estimat"], "Did you mean 'average_pain.week12.estimate'?"),
        (lambda ledger: ledger["zzz"], "claim must be in the ledger, got 'zzz'"),
        (lambda ledger: ledger.group("average_pain"), "Did you mean 'average_pain.week12'?"),
        (lambda ledger: ledger.with_role(cast("Role", "fited")), "role must be one of derived, fitted"),
    ],
)
def test_an_unknown_name_is_refused_with_a_suggestion(lookup: Callable[[Ledger], object], message: str) -> None:
    with pytest.raises(InputError) as caught:
        lookup(published())
    assert message in str(caught.value)


WRONG: dict[str, tuple[list[dict[str, Any]], str]] = {
    "duplicate id": ([fields(), fields()], "claims.toml, claim a: id must be used once"),
    "no id": ([fields(id=None)], "claims.toml, claim number 1: id must be given"),
    "unknown source": ([fields(source="x")], "claims.toml, claim a: source must be a known source, got 'x'"),
    "unknown also": ([fields(also=["x"])], "claim a: also must be a known source, got 'x'"),
    "unknown dependency": ([fields(depends_on=["x"])], "claim a: depends_on must be a known claim, got 'x'"),
    "unknown conflict": (
        [fields(conflicts_with=["x"])],
        "claim a: conflicts_with must be a known claim, got 'x'",
    ),
    "words": ([fields(printed="many")], "claims.toml, claim a: printed must be a number"),
    "two numbers": ([fields(printed="18-45")], "claim a: printed must be a number"),
    "not a number": ([fields(printed="nan")], "claim a: printed must be a number"),
    "number not quoted": ([fields(printed=12)], "claim a: printed must be a valid string, got 12"),
    "no role": ([fields(role=None)], "claims.toml, claim a: role must be given"),
    "unknown role": (
        [fields(role="guessed")],
        "claim a: role must be 'derived', 'fitted', 'predicted' or 'context'",
    ),
    "no status": ([fields(status=None)], "claims.toml, claim a: status must be given"),
    "unknown status": ([fields(status="fine")], "claim a: status must be 'consistent'"),
    "unknown strength": ([fields(strength="Z")], "claim a: strength must be 'P'"),
    "no reason": ([fields(reason="")], "claim a: reason"),
    "derived from nothing": ([fields(role="derived")], "claim a: depends_on must name a claim"),
    "fitted text": ([fields(unit="text")], "claim a: role must be context where unit is text"),
    "group without part": ([fields(group="g")], "claim a: group and part must come together, got g, None"),
    "part without group": ([fields(part="estimate")], "claim a: group and part must come together"),
    "unknown part": ([fields(group="g", part="middle")], "claim a: part must be 'estimate'"),
    "same part twice": (
        [fields(group="g", part="ci_low"), fields(id="b", group="g", part="ci_low")],
        "claim b: part must occur once in group g",
    ),
    "unknown field": (
        [fields(colour="red")],
        "claims.toml, claim a: colour must be a known field, got 'red'",
    ),
    "depends on itself": ([fields(depends_on=["a"])], "claim a: depends_on must not lead back"),
    "loop of three": (
        [fields(depends_on=["b"]), fields(id="b", depends_on=["c"]), fields(id="c", depends_on=["a"])],
        "claim a: depends_on must not lead back",
    ),
    "computable prediction": (
        [fields(), fields(id="b", role="predicted", depends_on=["a"])],
        "claims.toml, claim b: role must not be predicted where fitted claims give it",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_claim_is_refused_in_one_line(case: str, tmp_path: Path) -> None:
    claims, message = WRONG[case]
    with pytest.raises(InputError) as caught:
        write(tmp_path, *claims)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ("[pilot]\nyear = 2020\n", "sources.toml, source pilot: citation must be given"),
        ('[pilot]\ncitation = "A"\npages = 3\n', "sources.toml, source pilot: pages must be a known field"),
        ('pilot = "A"\n', "sources.toml, source pilot: must be a table"),
        ("[pilot\n", "sources.toml: must be TOML"),
    ],
)
def test_a_wrong_source_is_refused(sources: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        write(tmp_path, fields(), sources=sources)
    assert message in str(caught.value)


@pytest.mark.parametrize("content", ["", "[claim]\nid = 'a'\n", "title = 'x'\n[[claim]]\nid = 'a'\n", "claim = [1]\n"])
def test_a_file_without_claim_tables_is_refused(content: str, tmp_path: Path) -> None:
    write(tmp_path, fields())
    (tmp_path / "claims.toml").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"claims\.toml must hold \[\[claim\]\] tables and nothing else"):
        read_ledger(tmp_path / "claims.toml", tmp_path / "sources.toml")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"sources\.toml: must be a readable file"):
        read_ledger(tmp_path / "claims.toml", tmp_path / "sources.toml")

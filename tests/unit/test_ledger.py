"""The published ledger: what it holds, how it is read, and every way in which it refuses a wrong entry."""

import dataclasses
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from asteroid_repro.asteroid import published
from asteroid_repro.errors import InputError, validated
from asteroid_repro.ledger.claim import Claim, Role
from asteroid_repro.ledger.figure import FIGURES, Figure
from asteroid_repro.ledger.ledger import Ledger, read_ledger

PARTS = ("estimate", "ci_low", "ci_high", "p_value")
LINES = {
    "average_pain": ("-15.30", "-25.33", "-5.27", "0.003"),
    "current_pain": ("-19.35", "-32.01", "-6.69", "0.003"),
    "disability": ("-5.20", "-10.12", "-0.24", "0.038"),
}
COLUMNS = [
    "id", "statement", "printed", "value", "unit", "source", "doi",
    "strength", "role", "blind", "status", "reason", "formula", "about",
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


def toml(value: object) -> str:
    """Write a value as TOML: a dictionary is an inline table."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {json.dumps(inner)}" for key, inner in value.items()) + " }"
    return json.dumps(value)


def effect(statistic: str = "estimate", **changes: object) -> dict[str, object]:
    """Return a figure of an effect on sleep at week 4."""
    return {"figure": "effect", "outcome": "sleep", "week": 4, "statistic": statistic, **changes}


def identity(**changes: object) -> dict[str, Any]:
    """Return the fields of an identity; None takes a field out."""
    own: dict[str, object] = {
        "name": "twice",
        "in_words": "2 x people",
        "formula": "2 * a",
        "unit": "people",
        **changes,
    }
    return {key: value for key, value in own.items() if value is not None}


def write(folder: Path, *claims: dict[str, Any], sources: str = '[pilot]\ncitation = "A pilot"\n') -> Ledger:
    """Write claims, and identities (those without an id and a source), and sources as TOML and read them back."""
    tables = ["[[claim]]\n" if "source" in c else "[[identity]]\n" for c in claims]
    lines = ["".join(f"{key} = {toml(value)}\n" for key, value in c.items()) for c in claims]
    text = "\n".join(table + own for table, own in zip(tables, lines, strict=True))
    (folder / "claims.toml").write_text(text, encoding="utf-8")
    (folder / "sources.toml").write_text(sources, encoding="utf-8")
    return read_ledger(folder / "claims.toml", folder / "sources.toml")


def retagged(claim_id: str, role: Role) -> Ledger:
    """Return the published ledger with one claim in another role."""
    ledger = published()
    claims = tuple(c.model_copy(update={"role": role}) if c.id == claim_id else c for c in ledger.claims)
    return dataclasses.replace(ledger, claims=claims)


@pytest.mark.parametrize(("outcome", "printed"), LINES.items())
def test_the_result_lines_are_as_printed(outcome: str, printed: tuple[str, ...]) -> None:
    wanted = dict(zip(PARTS, printed, strict=True))
    for line in (published().line(outcome), published().line(outcome, 12), published().lines[outcome, 12]):
        assert {part: claim.printed for part, claim in line.items()} == wanted
    assert [published()[f"{outcome}.week12.{part}"].printed for part in PARTS] == list(printed)


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
    assert claim.half_unit is not None
    assert abs(claim.value - value) < 1e-12
    assert abs(claim.half_unit - half_unit) < 1e-15


def test_a_printed_minus_sign_is_read_as_minus() -> None:
    claim = Claim.model_validate(fields(printed="\u22120.24", unit="points"))
    assert claim.value == -0.24
    assert claim.printed == "\u22120.24"


def test_a_bound_agrees_with_what_lies_beyond_it() -> None:
    claim = Claim.model_validate(fields(printed="<0.001", unit="1", role="derived", formula="b"))
    assert (claim.value, claim.relation, claim.half_unit) == (0.001, "<", None)
    assert claim.agrees(0.0009)
    assert not claim.agrees(0.001)
    above = claim.model_copy(update={"printed": ">0.05"})
    assert above.agrees(0.051)
    assert not above.agrees(0.05)


def test_a_number_agrees_with_what_would_print_it() -> None:
    claim = published()["adherence.sessions_per_week"]
    assert [claim.agrees(value) for value in (2.0499, 2.05, 2.1, 2.15, 2.1501)] == [False, True, True, True, False]


def test_a_text_has_no_number() -> None:
    claim = published()["design.visit.baseline"]
    assert math.isnan(claim.value)
    assert claim.half_unit is None


def test_every_claim_has_a_source_a_number_or_text_and_a_sentence() -> None:
    ledger = published()
    for claim in ledger.claims:
        assert claim.source in ledger.sources, claim.id
        assert math.isnan(claim.value) == (claim.unit == "text"), claim.id
        assert claim.reason.endswith("."), claim.id


def test_the_roles_on_which_the_model_test_rests() -> None:
    predicted = {claim.id for claim in published().with_role("predicted")}
    blind = {f"distance.total.{statistic}" for statistic in ("mean", "sd", "minimum", "maximum")}
    assert predicted == {"distance.week1.sd", "distance.week12.mean", "distance.week12.sd"} | blind
    assert {claim.id for claim in published().claims if claim.blind} == blind
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
    "current_pain.running.week12": lambda run0, wait12, wait0, net: run0 + net + wait12 - wait0,
    "current_pain.running.week12.sass": lambda exact: exact,
    "adherence.sessions_per_week": lambda share, sessions: share / 100 * sessions,
    "adverse_events.all": lambda *kinds: sum(kinds),
    "distance.session.week12": lambda week, sessions: week / sessions,
}


@pytest.mark.parametrize("claim_id", RECOMPUTED)
def test_a_derived_claim_follows_from_its_dependencies(claim_id: str) -> None:
    claim = published()[claim_id]
    value, half_unit = claim.value, claim.half_unit
    assert half_unit is not None
    recomputed = RECOMPUTED[claim_id](*(published()[name].value for name in claim.depends_on))
    assert abs(recomputed - value) <= half_unit + 1e-9  # half the last printed digit, and the binary rounding of it


def test_the_formula_of_a_derived_claim_is_the_arithmetic() -> None:
    for claim_id, wanted in RECOMPUTED.items():
        claim = published()[claim_id]
        values = (published()[name].value for name in claim.depends_on)
        assert published().compute(str(claim.formula)) == pytest.approx(wanted(*values), rel=1e-6)


def test_every_fitted_and_predicted_claim_names_its_figure_and_no_two_the_same() -> None:
    named = [claim.about for claim in published().claims if claim.about]
    assert len(set(named)) == len(named)
    for claim in published().claims:
        assert claim.about or claim.role in ("derived", "context"), claim.id


def test_a_claim_is_found_by_its_figure() -> None:
    figure = Figure(figure="score", outcome="current_pain", arm="reference", week=12, statistic="mean")
    found = published().about(figure)
    assert found is not None
    assert found.id == "current_pain.waitlist.week12"
    assert published().about(figure.model_copy(update={"week": 6})) is None
    assert {figure: 1}[Figure.model_validate(figure.model_dump())] == 1  # frozen, so it can be a key


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


def test_a_line_has_the_level_of_its_limits(tmp_path: Path) -> None:
    limits = [fields(id=part, about=effect(part, level=0.9)) for part in ("ci_low", "ci_high")]
    ledger = write(tmp_path, fields(about=effect()), *limits)
    line = ledger.line("sleep")
    assert list(line) == ["estimate", "ci_low", "ci_high"]
    assert [claim.about.level for claim in line.values() if claim.about] == [0.95, 0.9, 0.9]
    assert ledger.to_frame()["about"].tolist()[1] == "effect, outcome sleep, week 4, statistic ci_low, level 0.9"


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
    between = fields(id="b", role="derived", formula="a")
    with pytest.raises(InputError, match="claim c: role must not be predicted"):
        write(tmp_path, fields(), between, fields(id="c", role="predicted", formula="2 * b"))


def test_an_identity_that_gives_a_prediction_from_fitted_claims_is_refused(tmp_path: Path) -> None:
    prediction = fields(id="b", role="predicted")
    with pytest.raises(InputError, match="claim b: role must not be predicted where fitted claims give it"):
        write(tmp_path, fields(), prediction, identity(claim="b"))
    assert write(tmp_path, fields(role="predicted"), prediction, identity(claim="b")).identities[0].claim == "b"


def test_a_prediction_may_rest_on_another_prediction(tmp_path: Path) -> None:
    ledger = write(tmp_path, fields(role="predicted"), fields(id="b", role="predicted", formula="a"))
    assert len(ledger.with_role("predicted")) == 2


@pytest.mark.parametrize(
    ("lookup", "message"),
    [
        (lambda ledger: ledger["average_pain.week12.estimat"], "Did you mean 'average_pain.week12.estimate'?"),
        (lambda ledger: ledger["zzz"], "claim must be in the ledger, got 'zzz'"),
        (lambda ledger: ledger.line("average_pan"), "Did you mean 'average_pain'?"),
        (lambda ledger: ledger.line("average_pain", 6), "week must be one with a printed effect on average_pain, 12,"),
        (lambda ledger: ledger.compute("[adherence.mean]"), "formula must give one number, got a list"),
        (lambda ledger: ledger.compute("adherence.men"), "Did you mean 'adherence.mean'?"),
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
    "unknown source": ([fields(source="x")], "claims.toml, claim a: source must name a known source, got 'x'"),
    "unknown also": ([fields(also=["x"])], "claim a: also must name a known source, got 'x'"),
    "unknown dependency": (
        [fields(), fields(id="b", formula="aa")],
        "claim b: formula must name a known claim, got 'aa'. Correct or add it. Did you mean 'a'?",
    ),
    "formula of a text": (
        [fields(unit="text", role="context"), fields(id="b", formula="a")],
        "claim b: formula must name claims that print a number, got 'a'",
    ),
    "formula of a bound": (
        [fields(printed="<12", role="context"), fields(id="b", formula="a")],
        "claim b: formula must name claims that print a number, got 'a'",
    ),
    "formula of nothing": ([fields(formula="12")], "claims.toml, claim a: formula must name a claim, got '12'"),
    "formula that is none": ([fields(formula="a <")], "claims.toml, claim a: formula must hold numbers, claim ids"),
    "unknown conflict": (
        [fields(conflicts_with=["x"])],
        "claim a: conflicts_with must name a known claim, got 'x'",
    ),
    "id of two words": ([fields(id="two words")], "id must be words joined by dots"),
    "id with a keyword": ([fields(id="a.is")], "id must be words joined by dots"),
    "words": ([fields(printed="many")], "claims.toml, claim a: printed must be a number"),
    "two numbers": ([fields(printed="18-45")], "claim a: printed must be a number"),
    "not a number": ([fields(printed="nan")], "claim a: printed must be a number"),
    "number not quoted": ([fields(printed=12)], "claim a: printed must be text, got 12"),
    "no role": ([fields(role=None)], "claims.toml, claim a: role must be given"),
    "unknown role": (
        [fields(role="guessed")],
        "claim a: role must be 'derived', 'fitted', 'predicted' or 'context'",
    ),
    "no status": ([fields(status=None)], "claims.toml, claim a: status must be given"),
    "unknown status": ([fields(status="fine")], "claim a: status must be 'consistent'"),
    "unknown strength": ([fields(strength="Z")], "claim a: strength must be 'P'"),
    "no reason": ([fields(reason="")], "claim a: reason"),
    "derived from nothing": ([fields(role="derived")], "claim a: formula must be given where role is derived"),
    "fitted bound": ([fields(printed="<12")], "claim a: printed must be exact to be fitted, got <12"),
    "blind and fitted": ([fields(blind=True)], "claim a: blind must go with role predicted, got 'fitted'"),
    "formula beside a text": (
        [fields(unit="text", role="context", formula="a")],
        "claim a: formula and about must be left out where unit is text",
    ),
    "fitted text": ([fields(unit="text")], "claim a: role must be context where unit is text"),
    "unknown figure": ([fields(about={"figure": "size"})], "claim a: figure must be one of people, visit, "),
    "figure without what it needs": (
        [fields(about={"figure": "effect", "outcome": "sleep"})],
        "claim a: figure effect: week must be given, got none",
    ),
    "figure with what it cannot have": (
        [fields(about={"figure": "people", "week": 4})],
        "claim a: figure people: week must be left out, got 4.0",
    ),
    "statistic of another figure": (
        [fields(about=effect("sd"))],
        "claim a: figure effect: statistic must be one of estimate, ci_low, ci_high, p_value, se, df, got sd",
    ),
    "effect at the baseline": ([fields(about=effect(week=0))], "figure effect: week must be above 0"),
    "unknown field of a figure": (
        [fields(about={"figure": "people", "colour": "red"})],
        "about.colour must be a known",
    ),
    "unknown arm": ([fields(about={"figure": "people", "arm": "running"})], "about.arm must be 'treatment' or 'refer"),
    "level in per cent": ([fields(about=effect("ci_low", level=95))], "about.level must be less than 1, got 95"),
    "share that is no per cent": (
        [fields(unit="1", about={"figure": "adherence", "statistic": "mean"})],
        "claim a: unit must be percent of this, got '1'",
    ),
    "figure named twice": (
        [fields(about=effect("ci_low")), fields(id="b", about=effect("ci_low", level=0.9))],
        "claim b: about must be a figure that no other claim is about, got effect, outcome sleep, week 4, ",
    ),
    "family off the estimate": (
        [fields(about=effect("ci_low"), family="sleep")],
        "claim a: family must stand on an estimate, got 'sleep'",
    ),
    "unknown field": (
        [fields(colour="red")],
        "claims.toml, claim a: colour must be a known field, got 'red'",
    ),
    "depends on itself": ([fields(formula="a + 1")], "claim a: formula must not lead back to the claim, got a + 1"),
    "loop of three": (
        [fields(formula="b"), fields(id="b", formula="c"), fields(id="c", formula="a")],
        "claim a: formula must not lead back",
    ),
    "computable prediction": (
        [fields(), fields(id="b", role="predicted", formula="a")],
        "claims.toml, claim b: role must not be predicted where fitted claims give it",
    ),
    "identity of an unknown claim": (
        [fields(), identity(formula="2 * b")],
        "claims.toml, identity twice: formula must name a known claim, got 'b'",
    ),
    "identity about an unknown claim": (
        [fields(), identity(claim="b")],
        "claims.toml, identity twice: claim must name a known claim, got 'b'",
    ),
    "identity with one limit": (
        [fields(), identity(limits=["a"])],
        "claims.toml, identity twice: limits.1 must be given",
    ),
    "identity without a unit": ([fields(), identity(unit=None)], "claims.toml, identity twice: unit must be given"),
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


@pytest.mark.parametrize(
    "content", ["", "[claim]\nid = 'a'\n", "title = 'x'\n[[claim]]\nid = 'a'\n", "claim = [1]\n", "claim = 5"]
)
def test_a_file_without_claim_tables_is_refused(content: str, tmp_path: Path) -> None:
    write(tmp_path, fields())
    (tmp_path / "claims.toml").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"claims\.toml(, claim number 1:)? must (hold \[\[claim\]\] |be a table)"):
        read_ledger(tmp_path / "claims.toml", tmp_path / "sources.toml")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"sources\.toml: must be a readable file"):
        read_ledger(tmp_path / "claims.toml", tmp_path / "sources.toml")


@pytest.mark.parametrize("figure", FIGURES)
def test_every_figure_takes_what_it_needs_and_says_what_it_is(figure: str) -> None:
    some: dict[str, object] = {
        "visit": 1, "characteristic": "age", "category": "old", "outcome": "sleep", "week": 4, "arm": "treatment",
    }  # fmt: skip
    needed, possible, statistics = FIGURES[figure]
    given = {field: some[field] for field in needed if field != "statistic"}
    for statistic in statistics or (None,):
        record = Figure.model_validate({"figure": figure, "statistic": statistic, **given})
        assert str(record).startswith(figure.replace("_", " "))
        assert hash(record) == hash(Figure.model_validate(record.model_dump()))
    assert not set(needed) & set(possible)


def test_a_number_printed_the_other_way_round_is_the_negative_of_its_figure() -> None:
    plain = Claim(**fields(printed="4.60", unit="points", about=effect()))
    turned = Claim(**fields(printed="4.60", unit="points", about=effect(), reversed=True))
    negative = Claim(**fields(printed="\u22124.60", unit="points", about=effect(), reversed=True))
    assert (plain.sign, plain.as_effect) == (1, "4.60")
    assert (turned.sign, turned.as_effect, turned.value) == (-1, "-4.60", 4.6)
    assert negative.as_effect == "4.60"
    with pytest.raises(InputError, match="reversed must stand on an estimate"):
        validated(Claim, fields(reversed=True))

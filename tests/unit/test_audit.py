"""The audit of the trial's own numbers, and the rule that what is fitted cannot be called predicted."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from asteroid_repro import InputError, audit, published, study
from asteroid_repro.ledger.claim import Claim, Source
from asteroid_repro.ledger.ledger import Ledger
from asteroid_repro.printed.grading.audited_print import audit_lines
from asteroid_repro.reporting.files import read_lines
from asteroid_repro.study_folder import Study
from asteroid_repro.trial.design import Design


def _retagged(claim_id: str, role: str) -> Ledger:
    ledger = published()
    claims = tuple(
        Claim.model_validate(claim.model_dump() | {"role": role}) if claim.id == claim_id else claim
        for claim in ledger.claims
    )
    return replace(ledger, claims=claims)


def _assume(ledger: Ledger) -> None:
    """Make ASTEROID's assumptions from another ledger."""
    asteroid = study("asteroid")
    changed = Study(asteroid.folder, asteroid.design)
    vars(changed)["ledger"] = ledger  # where the cached property keeps it
    _ = changed.assumptions


# Claims that set no assumption: the dose of the programme is checked against them, and the visits stand in study.toml.
_BESIDE = ("design.visit.middle", "design.visit.last", "programme.sessions_per_week", "programme.session_minutes",
           "programme.weeks")  # fmt: skip


@pytest.mark.parametrize("claim", [one.id for one in published().with_role("fitted") if one.id not in _BESIDE])
def test_retagging_any_fitted_claim_as_predicted_fails_the_build(claim: str) -> None:
    """The assumptions are read when the package is imported, so this error fails every build."""
    with pytest.raises(InputError, match=rf"claim {claim} must have role fitted .* got role predicted"):
        _assume(_retagged(claim, "predicted"))


def test_a_prediction_that_fitted_claims_give_is_refused() -> None:
    with pytest.raises(InputError, match=r"adverse_events\.all: role must not be predicted"):
        _retagged("adverse_events.all", "predicted")


def test_predicted_claims_are_not_read_while_fitting() -> None:
    reads: list[str] = []

    class Recorder(Ledger):
        def fitted(self, claim_id: str) -> float:
            reads.append(claim_id)
            return super().fitted(claim_id)

    ledger = published()
    _assume(Recorder(ledger.claims, ledger.sources))
    assert set(reads) == {claim.id for claim in ledger.with_role("fitted")} - set(_BESIDE)


def test_result_lines() -> None:
    result = audit()
    pain, current, disability = result.triples.values()
    assert (pain.consistent, pain.df.z, pain.df.df_min, pain.df.df_max) == (True, True, 51, None)
    assert (current.consistent, current.df.z, current.df.df_min, current.df.df_max) == (True, True, 47, None)
    assert not any(line.allows(df) for line in (pain, current) for df in (37, 38))
    assert {(repair.field, repair.value) for repair in disability.repairs} == {
        ("upper", value) for value in ("-0.30", "-0.29", "-0.28", "-0.27")
    }
    (pains,) = result.families.values()
    assert (pains.df.df_min, pains.binds_min, len(pains.audits)) == (51, 0, 2)
    assert result.as_recorded


def test_ledger_that_records_the_wrong_status_is_noticed() -> None:
    ledger = published()
    claims = tuple(
        claim.model_copy(update={"status": "consistent"}) if claim.id == "disability.week12.ci_high" else claim
        for claim in ledger.claims
    )
    assert not audit(ledger=replace(ledger, claims=claims)).as_recorded


def test_everything_printed_is_on_the_grid_of_twentieths() -> None:
    checks = audit().granularity
    assert len(checks) == 9
    assert all(check.consistent for check in checks.values())
    share = 1.0
    for outcome in ("average_pain", "current_pain", "disability"):
        share *= checks[f"{outcome}.week12.estimate"].share_passing
    assert share == pytest.approx(1 / 250)


@pytest.mark.parametrize(
    ("name", "result", "digits", "finding"),
    [
        ("net difference in current pain", -19.35, 9, "meets"),
        ("change in disability on the waitlist", -1.7, 9, "implies"),
        ("prescribed hours", 360, 9, "implies"),
        ("attended hours", 252, 9, "implies"),
        ("share of attended time spent running", 41.7, 1, "implies"),
        ("adverse events, all, per 1000 running hours", 85.7, 1, "implies"),
        ("adverse events, lower limb, per 1000 running hours", 66.7, 1, "implies"),
        ("adverse events, low back pain, per 1000 running hours", 9.5, 1, "implies"),
        ("adverse events, all, per 1000 attended hours", 35.7, 1, "implies"),
        ("distance per session at week 12", 2.7, 1, "meets"),
        ("distance per session at the start", 1.38, 2, "contradicts"),
        ("growth of the distance, called a doubling", 2.45, 2, "contradicts"),
        ("share of week-12 distances below zero if they were normal", 14.5, 1, "implies"),
        ("SD of adherence if attendance were the same coin for all", 7.6, 1, "implies"),
    ],
)
def test_identities(name: str, result: float, digits: int, finding: str) -> None:
    implied = audit().identities.set_index("name").loc[name].to_dict()
    assert round(implied["value"], digits) == pytest.approx(result)
    assert implied["finding"] == finding
    assert implied["inputs"]


def _claim(claim_id: str, printed: str, figure: dict[str, object], **fields: object) -> Claim:
    own = {
        "id": claim_id, "statement": claim_id, "printed": printed, "unit": "points", "source": "pilot", "strength": "P",
        "role": "context", "status": "consistent", "reason": "Made up.", "about": figure,
    }  # fmt: skip
    return Claim.model_validate(own | fields)


def _line(outcome: str, week: float, **parts: str) -> list[Claim]:
    return [
        _claim(
            f"{outcome}.week{week:g}.{part}".replace(".5", "_5"),
            printed,
            {"figure": "effect", "outcome": outcome, "week": week, "statistic": part},
            **({"family": "all"} if part == "estimate" else {}),
        )
        for part, printed in parts.items()
    ]


def _design(method: str) -> Design:
    scale = {"label": "Function", "minimum": 0, "maximum": 10, "step": 1, "better": "higher"}
    outcomes = {"function": scale, "sleep": {"label": "Sleep", "better": "higher"}}
    return study().design.model_validate(
        {
            "name": "Made up", "title": "Stretching against usual care", "visits": [0, 4, 26.5],
            "treatment": {"name": "stretching", "label": "Stretching"},
            "reference": {"name": "usual_care", "label": "Usual care"},
            "outcomes": outcomes, "analysis": {"method": method},
        }
    )  # fmt: skip


def _ledger(lost: str = "0") -> Ledger:
    """Return the print of a study of other arms, outcomes and visits; 20 and 30 people."""
    claims = [
        *_line("function", 4, estimate="1.25", ci_low="0.27", ci_high="2.23", p_value="0.012"),
        *_line("function", 26.5, estimate="0.37", p_value="<0.001"),
        *_line("sleep", 4, ci_low="-3", ci_high="1"),
        _claim("people.treatment", "20", {"figure": "people", "arm": "treatment"}),
        _claim("people.reference", "30", {"figure": "people", "arm": "reference"}),
        _claim("lost", lost, {"figure": "lost"}),
    ]
    for arm, week, printed in (("treatment", 0, "5.15"), ("reference", 0, "5.15"), ("reference", 4, "5.10")):
        own = {"figure": "score", "outcome": "function", "arm": arm, "week": week, "statistic": "mean"}
        claims.append(_claim(f"mean.{arm}.week{week}", printed, own))
    return Ledger(tuple(claims), {"pilot": Source(key="pilot", citation="A pilot")})


def _study(method: str = "random_intercept") -> Study:
    return Study(study().folder, _design(method))


def test_another_study_is_audited_by_its_own_arms_outcomes_and_weeks() -> None:
    result = audit(_study(), ledger=_ledger())
    assert list(result.triples) == ["function.week4", "function.week26.5"]  # two limits alone contradict nothing
    assert result.triples["function.week4"].consistent
    assert list(result.families) == ["all"]
    assert result.identities.empty
    checks = {claim: check.consistent for claim, check in result.granularity.items()}
    # A mean is a multiple of 1/20 or 1/30, a difference of 1/60.
    assert checks == {
        "function.week4.estimate": True,
        "function.week26_5.estimate": True,
        "mean.treatment.week0": True,
        "mean.reference.week0": False,
        "mean.reference.week4": True,
    }
    assert len(result.to_frame()) == 2 + 1 + 5


BASELINE = {"mean.treatment.week0", "mean.reference.week0"}


@pytest.mark.parametrize(
    ("lost", "method", "left"),
    [("1", "random_intercept", BASELINE), ("0", "ancova", BASELINE | {"mean.reference.week4"})],
    ids=["people lost", "adjusted"],
)
def test_granularity_is_checked_only_where_it_must_hold(lost: str, method: str, left: set[str]) -> None:
    assert set(audit(_study(method), ledger=_ledger(lost)).granularity) == left


def test_print_without_arm_sizes_is_audited_for_its_lines() -> None:
    claims = tuple(claim for claim in _ledger().claims if not claim.id.startswith("people"))
    result = audit(_study(), ledger=replace(_ledger(), claims=claims))
    assert (result.models, result.granularity) == ({}, {})
    assert len(result.triples) == 2
    assert "compatible with" not in result.to_frame()["result"].iloc[0]


def test_lines_of_a_file_with_families(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    path.write_text(
        'line,group\n"-15.30 (-25.33, -5.27), p=0.003",a\n"-19.35 (-32.01, -6.69), p=0.003",a\n"1 (0, 2)",\n'
    )
    audits = audit_lines(read_lines(path))
    assert audits.all_compatible
    assert {name: df.df_min for name, df in audits.families().items()} == {"a": 51}
    assert audits.notes() == ("Lines of a: together t from 51 df up and z.",)
    assert audits.to_frame()["group"].tolist() == ["a", "a", ""]


def test_sound_lines_that_share_no_reference_distribution_are_inconsistent_together() -> None:
    """One line needs 51 df or more, the other was made with 2 df: one model cannot have printed both."""
    lines = ["-15.30 (-25.33, -5.27), p=0.003", "5.00 (0.70, 9.30), p=0.038"]
    together = audit_lines(pd.DataFrame({"line": lines, "group": "model"}))
    assert together.all_compatible
    assert together.fails
    assert together.notes() == ("Lines of model: no distribution prints all of them.",)
    assert not audit_lines(pd.DataFrame({"line": lines, "group": ["one", "other"]})).fails


def test_a_table_without_lines_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    path.write_text("text\n1\n")
    with pytest.raises(InputError, match="column line"):
        audit_lines(read_lines(path))

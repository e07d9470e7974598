"""The audit of the trial's own numbers, and the rule that what is fitted cannot be called predicted."""

from dataclasses import replace
from pathlib import Path

import pytest

from asteroid_repro import InputError, audit, published
from asteroid_repro.calibration import fit
from asteroid_repro.ledger.claim import Claim
from asteroid_repro.ledger.ledger import Ledger
from asteroid_repro.printed.families import audit_lines
from asteroid_repro.reporting.files import read_table


def _retagged(claim_id: str, role: str) -> Ledger:
    ledger = published()
    claims = tuple(
        Claim.model_validate(claim.model_dump() | {"role": role}) if claim.id == claim_id else claim
        for claim in ledger.claims
    )
    return replace(ledger, claims=claims)


@pytest.mark.parametrize("claim", [claim.id for claim in published().with_role("fitted")])
def test_retagging_any_fitted_claim_as_predicted_fails_the_build(claim: str) -> None:
    """The assumptions are fitted when the package is imported, so this error fails every build."""
    with pytest.raises(InputError, match=rf"claim {claim} must have role fitted .* got role predicted"):
        fit(_retagged(claim, "predicted"))


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
    fit(Recorder(ledger.claims, ledger.sources))
    assert set(reads) == {claim.id for claim in ledger.with_role("fitted")}


def test_result_lines() -> None:
    result = audit()
    pain, current, disability = result.triples.values()
    assert (pain.consistent, pain.z, pain.df_min, pain.df_max) == (True, True, 51, None)
    assert (current.consistent, current.z, current.df_min, current.df_max) == (True, True, 47, None)
    assert not any(line.allows(df) for line in (pain, current) for df in (37, 38))
    assert {(repair.field, repair.value) for repair in disability.repairs} == {
        ("upper", value) for value in ("-0.30", "-0.29", "-0.28", "-0.27")
    }
    assert (result.pain.df_min, result.pain.binds_min) == (51, 0)
    assert result.as_recorded


def test_ledger_that_records_the_wrong_status_is_noticed() -> None:
    ledger = published()
    claims = tuple(
        claim.model_copy(update={"status": "consistent"}) if claim.id == "disability.week12.ci_high" else claim
        for claim in ledger.claims
    )
    assert not audit(replace(ledger, claims=claims)).as_recorded


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
    (identity,) = [one for one in audit().identities if one.name == name]
    assert round(identity.result, digits) == pytest.approx(result)
    assert identity.finding == finding
    assert identity.inputs


def test_lines_of_a_file_with_families(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    path.write_text(
        'line,group\n"-15.30 (-25.33, -5.27), p=0.003",a\n"-19.35 (-32.01, -6.69), p=0.003",a\n"1 (0, 2)",\n'
    )
    audits = audit_lines(read_table(path))
    assert audits.consistent
    assert audits.records()[0]["group_df_min"] == 51
    assert "group" not in audits.records()[2]
    assert len(audits.to_frame()) == 3


def test_a_bad_line_in_a_file_names_its_row(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    path.write_text('line\n"1 (0, 2)"\nnonsense\n')
    with pytest.raises(InputError, match="row 2: line must be like"):
        audit_lines(read_table(path))


def test_a_table_without_lines_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    path.write_text("text\n1\n")
    with pytest.raises(InputError, match="column line"):
        audit_lines(read_table(path))

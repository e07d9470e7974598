"""The validation of an installation: complete, dated, and not blind to a wrong number."""

import hashlib
import runpy
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from typer.testing import CliRunner

import asteroid_repro as ar
from asteroid_repro.cli.commands import app
from asteroid_repro.estimate.safety.rate_limits import exact_poisson_limits
from asteroid_repro.validation import cases
from asteroid_repro.validation.cases import Comparison, comparisons, from_r
from asteroid_repro.validation.validate import Validation, digits_of_agreement, requirements, validate, write_report

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def found() -> Validation:
    return validate()


def test_every_requirement_is_compared_and_agrees(found: Validation) -> None:
    assert [one["id"] for one in requirements()] == list(comparisons())
    assert {row.requirement for row in found.rows} == set(comparisons())
    assert {row.verdict for row in found.rows} == {"agrees"}
    assert len(found.rows) > 200
    assert found.ok


def test_the_outputs_of_r_are_those_of_the_reference_tests() -> None:
    made = runpy.run_path(str(ROOT / "tests" / "reference" / "select_validation_references.py"))
    assert from_r() == made["selected"]()


def test_certified_values_are_those_that_stand_in_the_files_of_nist() -> None:
    def text(name: str) -> str:
        return (files("scipy.stats.tests.data") / name).read_text(encoding="ascii")

    assert "1.59467335677930E+01" in text("nist_anova/AtmWtAg.dat")
    assert "1.51048314446410E-05" in text("nist_anova/AtmWtAg.dat")
    for value in ("1.00211681802045", "0.429796848199937E-03", "0.884796396144373"):
        assert value in text("nist_linregress/Norris.dat")


def test_a_wrong_number_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wald limits for exact ones: the digits of agreement fall, and the report says so."""
    wrong = exact_poisson_limits
    monkeypatch.setattr(cases, "exact_poisson_limits", lambda events, level: wrong(events, min(0.99, level + 0.001)))
    found = validate()
    assert not found.ok
    assert {row.requirement for row in found.rows if row.verdict == "differs"} == {"rates"}
    assert found.answer().startswith("This installation differs from its references in ")


def test_a_reference_that_is_not_on_the_machine_is_said_not_to_be_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "_STRD", "scipy.no_such_tests")
    found = validate()
    assert {row.requirement for row in found.rows if row.verdict == "not run"} == {"nist_anova", "nist_regression"}
    assert found.ok
    assert "(2 could not be made)" in found.answer()


def test_the_report_is_dated_and_holds_its_sha256(found: Validation, tmp_path: Path) -> None:
    markdown, page, digest = write_report(found, tmp_path)
    assert markdown.name[:11] == "validation-"
    assert markdown.name[11:21] in found.label
    assert hashlib.sha256(markdown.read_bytes()).hexdigest() == digest
    assert digest in page.read_text(encoding="utf-8")
    text = markdown.read_text(encoding="utf-8")
    assert all(f"| {row.requirement} | " in text for row in found.rows)
    assert "lmerTest 3.1.3" in text


def test_the_command_writes_the_report_and_ends_with_1_if_something_differs(
    found: Validation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = (replace(found.rows[0], verdict="differs"), *found.rows[1:])
    for result, status in ((found, 0), (Validation(rows, found.label), 1)):
        monkeypatch.setattr(ar, "validate", lambda result=result: result)
        done = CliRunner().invoke(app, ["validate", "--out", str(tmp_path)])
        assert done.exit_code == status
        assert " ".join(done.output.split()).startswith(result.answer())
    assert len(list(tmp_path.iterdir())) == 2


def test_digits_of_agreement() -> None:
    assert digits_of_agreement(0.0, 1e-3) == pytest.approx(3)
    assert digits_of_agreement(float("inf"), float("inf")) == 15
    assert digits_of_agreement(1.0, float("nan")) == 0
    assert Comparison("one", 1.0, 1.0).tolerance == 0

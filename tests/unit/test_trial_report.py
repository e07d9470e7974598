"""The report on a trial's people: what stands in it, its forms, and that no spreadsheet takes a text for a formula."""

import csv
from pathlib import Path

import pandas as pd
import pytest

from asteroid_repro import (
    ASTEROID,
    InputError,
    estimate_effects,
    read_people,
    reconstruct,
    report,
    simulate_trial,
    study,
)
from asteroid_repro.reporting.paper_tables import PaperTable
from asteroid_repro.reporting.table_files import write_tables

HARD = ASTEROID.with_values(missing_treatment=0.2, missing_reference=0.2)
TRIAL = simulate_trial(HARD, seed=2024)


@pytest.fixture(scope="module")
def page() -> str:
    return report(TRIAL).document.html()


def test_the_page_needs_nothing_else_and_bears_the_label(page: str) -> None:
    assert page.startswith("<!DOCTYPE html>")
    assert page.count("SIMULATED") > 3
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    assert "<script" not in page
    for heading in (
        "The answer",
        "Effects",
        "Responders",
        "Adverse events",
        "Adherence",
        "Missed visits",
        "Methods",
        "Code",
    ):
        assert f"<h2>{heading}</h2>" in page


def test_its_numbers_are_those_of_the_functions(page: str) -> None:
    row = next(row for row in estimate_effects(TRIAL).rows if (row.outcome, row.week) == ("average_pain", 12))
    assert f"\N{MINUS SIGN}{abs(row.estimate):.1f}" in page or f"{row.estimate:.1f}" in page
    assert f"{row.p_value:.3f}" in page


WIDE = pd.DataFrame({
    "id": [f"P{n}" for n in range(1, 13)], "group": ["yoga", "control"] * 6, "sex": ["F", "M", "f"] * 4,
    "sleep_bl": range(40, 52), "sleep_4w": [55, 44, 60, 41, 57, 49, 61, 47, 58, 50, 66, 48], "pain_bl": range(20, 32),
    "pain_4w": [None] * 12,
})  # fmt: skip
SMALL = read_people(WIDE, say=None, better="higher", label="Yoga trial, 2031")


def test_the_same_report_is_the_same_bytes(tmp_path: Path) -> None:
    files = [report(SMALL, [tmp_path / name / "a.html", tmp_path / name / "a.md"]).files for name in ("one", "two")]
    for first, second in zip(*files, strict=True):
        assert first.read_bytes() == second.read_bytes()


def test_a_real_trial_is_never_called_simulated_and_better_is_what_is_said() -> None:
    text = report(SMALL).document.markdown()
    assert "SIMULATED" not in text.upper().replace("OR SIMULATED", "").replace("AR.SIMULATE", "")
    assert "**Yoga trial, 2031**" in text
    assert "No table of adverse events was given" in text
    assert "which does not mean that there were none" in text
    assert "Sex, female: people (%)" in text


def test_print_is_held_against_people_where_a_study_has_claims() -> None:
    line = reconstruct("average_pain", n=1, seed=6).data_sets[0]
    trial = read_people(line, design=ASTEROID.design, say=None, label="RECONSTRUCTED, NOT REAL DATA")
    text = report(trial, study=study()).document.markdown()
    assert "## Print against people" in text
    assert "| design.running | 20 | 20 | reproduced |" in text
    assert "| average_pain.week12.estimate | -15.30 | -15.3 | reproduced |" in text


def test_word_and_every_table_are_written(tmp_path: Path) -> None:
    found = report(SMALL, tmp_path / "trial.docx", tables=tmp_path / "tables")
    import docx

    document = docx.Document(str(found.files[0]))
    assert len(document.tables) == len(found.document.tables)
    assert {path.suffix for path in found.files} == {".docx", ".csv", ".xlsx", ".tex"}
    assert all(path.stat().st_size for path in found.files)


def test_no_text_in_a_spreadsheet_is_a_formula(tmp_path: Path) -> None:
    import openpyxl

    evil = ["=1+1", "+A1", "-2+3", "@SUM(A1)", "\t=1", "-10.5", "plain"]
    table = PaperTable("=cmd", "@label", {"=head": evil, "n": ["1"] * 7}, ["=note"])
    paths = {path.suffix: path for path in write_tables(tmp_path, {"t": table})}
    for row in openpyxl.load_workbook(paths[".xlsx"]).active.iter_rows():
        assert all(cell.data_type != "f" for cell in row)
    cells = [cell for row in csv.reader(paths[".csv"].read_text().splitlines()) for cell in row]
    assert not [cell for cell in cells if cell[:1] in {"=", "+", "@", "\t"}]
    assert [cell for cell in cells if cell.startswith("-")] == ["-10.5"]


def test_an_unknown_ending_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"report must end in .html, .md, .docx, got 'trial.pdf'"):
        report(TRIAL, [tmp_path / "trial.html", tmp_path / "trial.pdf"])
    assert not list(tmp_path.iterdir())

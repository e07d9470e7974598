"""A thin slice of the marked set: what is found, misread, invented and accused, and odd strings that must not stop it.

The whole set is measured by ``make read-print`` (docs/reading-of-print.md).
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import asteroid_repro as ar
from asteroid_repro.errors import InputError
from asteroid_repro.printed.grading.audited_print import audit_lines
from asteroid_repro.printed.grading.grade import UNREAD, VERDICTS

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def measured() -> tuple[pd.DataFrame, int]:
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import read_print  # type: ignore[import-not-found]
    finally:
        sys.path.remove(str(BENCHMARKS))
    rows, invented, _ = read_print.run(400, 100, seed=11)
    return rows, invented


def test_results_are_found_and_read_and_none_is_invented(measured: tuple[pd.DataFrame, int]) -> None:
    rows, invented = measured
    assert rows["found"].mean() >= 0.99
    assert int(rows["misread"].sum()) == 0
    assert invented <= 0.005 * len(rows)


def test_no_right_result_is_accused_and_wald_results_are_compatible(measured: tuple[pd.DataFrame, int]) -> None:
    right = measured[0][lambda rows: rows["error"] == ""]
    assert not right["accused"].any()
    wald = right[right["kind"].isin(["difference, z", "difference, t", "ratio", "efficacy"])]
    assert set(wald.loc[wald["found"], "verdict"]) == {"compatible"}


def test_planted_errors_are_caught_wherever_the_feasible_set_allows(measured: tuple[pd.DataFrame, int]) -> None:
    wrong = measured[0][lambda rows: (rows["error"] != "") & ~rows["possible"] & rows["found"]]
    assert len(wrong) > 50
    assert (wrong["verdict"] != "compatible").mean() >= 0.97


PIECES = [
    "95% CI", "p=", "p<0.001", "-", "\u2212", "(", ")", "[", "]", "1", "0.5", ".", ",", ";", " ", "\n", "\n\n", "\f",
    "to", "NS", "MD", "HR", "SD", "e-5", "\u00d7 10\u22125", "\u0660\u0661", "\ufb01", "\x00", "{", "}", "%", "/", "of",
    "n=40", "999999999999999999999999", "1e999", "0,0", "\\pm", "$", "\u202e", "\U0001f600", "#", "nan", "inf", "P",
]  # fmt: skip


def odd(rng: np.random.Generator) -> str:
    return "".join(rng.choice(PIECES, size=int(rng.integers(1, 30))))


def test_odd_strings_end_in_a_verdict_or_one_clear_line() -> None:
    rng = np.random.default_rng(3)
    lines = [odd(rng) for _ in range(1000)]
    found = audit_lines(pd.DataFrame({"line": lines}))
    assert len(found.rows) == len(lines)
    assert {row.verdict for row in found.rows} <= {*VERDICTS, UNREAD}
    for line in lines:
        for row in ar.audit_text(line).rows:
            assert row.sentence


@pytest.mark.parametrize(
    "piece", ["1,", "((", "-5.2 (", "p=.", "1 ", "95% CI (", "a", "1-", "CI 1 to ", "\u00d710", "1(1-1)"]
)
def test_a_megabyte_without_a_break_is_refused_in_one_line(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    for line in (True, False):
        with pytest.raises(InputError, match="line must have at most 100,000 characters, got"):
            ar.audit_text(text, line=line)
    assert audit_lines(pd.DataFrame({"line": [text]})).rows[0].verdict == UNREAD
    ar.audit_text(text[:20_000])

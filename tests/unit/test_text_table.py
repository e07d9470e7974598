"""Tables as plain text: nothing cut at any width, the same values whatever the shape, and the look of every result."""

import math
import re
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asteroid_repro.tables.result_table import ResultTable
from asteroid_repro.tables.text_table import cells, paragraph, text_table, text_width


def named(values: list[Any]) -> dict[str, Any]:
    return {f"column_{number}": value for number, value in enumerate(values)}


WORDS = st.text("abcdefg -.:", max_size=60)
VALUES = st.one_of(WORDS, st.integers(), st.floats(allow_infinity=True, allow_nan=True), st.none(), st.booleans())
ROWS = st.integers(1, 6).flatmap(
    lambda n: st.lists(st.lists(VALUES, min_size=n, max_size=n).map(named), min_size=1, max_size=5)
)


@given(ROWS, st.sampled_from([40, 80, 100, 120]))
def test_nothing_is_cut_and_only_a_long_word_goes_beyond_the_width(rows: list[dict[str, Any]], width: int) -> None:
    text = text_table(rows, width)
    words = text.split()
    assert "…" not in text
    for record in rows:
        for cell in cells(record.values()):
            assert all(word in words or f"{word}," in words or f"{word}." in words for word in cell.split())
    longest = max((len(word) for word in words), default=0)
    assert all(len(line) <= max(width, longest + len("column_0") + 2) for line in text.splitlines())


def test_what_every_row_has_is_said_once_where_the_table_is_too_wide() -> None:
    rows = [{"outcome": name, "method": "mmrm" * 8, "estimate": value} for name, value in (("one", -1.5), ("two", 2.0))]
    wide = text_table(rows, 80)
    assert wide.count("mmrm" * 8) == 2
    narrow = text_table(rows, 40)
    assert narrow.count("mmrm" * 8) == 1
    assert narrow.splitlines()[-2:] == ["one          -1.5", "two             2"]


def test_a_block_holds_a_value_a_line_and_leaves_out_what_is_empty() -> None:
    rows = [{"name": "first", "note": "word " * 12, "p": math.nan}, {"name": "second", "note": "x", "p": 0.5}]
    first, second = text_table(rows, 40).split("\n\n")
    assert first.splitlines()[:2] == ["name  first", "note  word word word word word word word"[:40].rstrip()]
    assert "p " not in first
    assert second.splitlines() == ["name  second", "note  x", "p     0.5"]


def test_a_negative_number_stays_whole() -> None:
    for width in range(8, 40):
        assert re.findall(r"-\d+\.\d+", paragraph("effect -15.30 (-25.33, -5.27)", width)) == [
            "-15.30",
            "-25.33",
            "-5.27",
        ]


@pytest.mark.parametrize(("columns", "width"), [("100", 100), ("20", 40), ("", 80)])
def test_the_width_is_that_of_the_terminal_or_80(monkeypatch: pytest.MonkeyPatch, columns: str, width: int) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert text_width() == width


@dataclass(frozen=True)
class Counted(ResultTable):
    """A result with an answer and a long table."""

    rows: tuple["Row", ...]
    label: str = "SIMULATED (for a test)"

    def answer(self) -> str:
        """Return how many there are."""
        return f"There are {len(self.rows)}."


@dataclass(frozen=True)
class Row:
    """A number."""

    number: int


def test_a_result_says_its_answer_then_what_it_is_then_a_short_table() -> None:
    shown = repr(Counted(tuple(map(Row, range(40)))))
    assert shown.startswith("There are 40.\n\nSIMULATED (for a test)\n\nnumber\n------\n     0\n")
    assert shown.endswith("    11\n\nMore rows: to_frame().")
    assert Counted((Row(1),))._repr_html_().startswith("<p>There are 1.</p><p><strong>SIMULATED")


def test_a_result_without_rows_says_so() -> None:
    assert repr(Counted(())).endswith("no rows")

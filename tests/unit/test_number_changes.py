"""Changes that moved a number: one file, in the changelog and in Python."""

import runpy
from datetime import date
from pathlib import Path

import pytest

import asteroid_repro as ar
from asteroid_repro.number_changes import number_changes

ROOT = Path(__file__).parents[2]


def test_the_changelog_is_written_from_the_file() -> None:
    program = runpy.run_path(str(ROOT / "docs" / "update_changelog.py"))
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert program["updated"](text) == text, "add the change to number_changes.toml, then run docs/update_changelog.py"
    assert all(" ".join(one.what.split()) in " ".join(text.split()) for one in number_changes())


def test_changes_are_dated_and_in_order() -> None:
    days = [date.fromisoformat(one.date) for one in number_changes()]
    assert days == sorted(days)


def test_a_version_counts_its_own_changes_and_a_day_those_after_it() -> None:
    every = number_changes()
    assert ar.changes_since("0.1.0").rows == tuple(every)
    assert ar.changes_since("0.1").rows == tuple(every)
    assert ar.changes_since("0.2.0").rows == ()
    first = every[0].date
    assert ar.changes_since(first).rows == tuple(one for one in every if one.date > first)
    assert ar.changes_since("2000-01-01").rows == tuple(every)


@pytest.mark.parametrize("wrong", ["", "yesterday", "1", "2026-13", "v0.1.0", "0.1.0.dev1"])
def test_what_is_neither_version_nor_day_is_refused(wrong: str) -> None:
    with pytest.raises(ar.InputError, match="version_or_date must be a version"):
        ar.changes_since(wrong)

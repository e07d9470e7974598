"""The catalogue of wrong edits: each says why it is wrong, and names a test that is there."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


def program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("run_mutants", ROOT / "tests" / "mutants" / "run_mutants.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where its records look for their types
    spec.loader.exec_module(module)
    return module


def test_every_edit_has_a_reason_and_a_test_that_is_there() -> None:
    """That it still applies, ``make mutants`` checks: a line of the code may be rewritten without it."""
    edits = program().read_catalogue()
    assert len({edit.id for edit in edits}) == len(edits) > 100
    for edit in edits:
        assert edit.why, edit.id
        assert (ROOT / edit.file).is_file(), edit.id
        assert edit.equivalent or (ROOT / edit.killed_by).is_file(), edit.id


def test_an_edit_that_no_longer_applies_is_refused() -> None:
    found = program()
    gone = found.Edit("gone", "src/asteroid_repro/errors.py", "no such line", "", "why")
    with pytest.raises(SystemExit, match=r"gone: 'no such line' must stand once in .*errors\.py, found 0 times"):
        found.check_applies(gone)


def test_an_edit_that_nothing_notices_is_listed() -> None:
    found = program()
    edits = [
        found.Edit("a-1", "src/a.py", "x", "y", "one", noticed_by="test_a"),
        found.Edit("a-2", "src/a.py", "z", "y", "two"),
    ]
    said = found.page(edits)
    assert "**1 of 2 edits were noticed.**" in said
    assert "- `a-2`: two" in said

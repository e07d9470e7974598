"""The reference names every public function and every record that one returns, and no figure is left out."""

import inspect
import re
import typing
from pathlib import Path

import asteroid_repro as ar

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"


def _listed(page: str) -> list[str]:
    return re.findall(r"^   ~?([\w.]+)$", (REFERENCE / page).read_text(encoding="utf-8"), re.MULTILINE)


def test_every_public_name_is_listed_once() -> None:
    assert sorted(_listed("api.md")) == sorted(ar.__all__)


def test_every_record_that_a_public_function_returns_is_listed() -> None:
    functions = [inspect.unwrap(getattr(ar, name)) for name in ar.__all__ if not inspect.isclass(getattr(ar, name))]
    returned = [_returned(function) for function in functions if inspect.isfunction(function)]
    ours = {
        f"{record.__module__}.{record.__qualname__}"
        for record in returned
        if inspect.isclass(record)
        and record.__module__.startswith("asteroid_repro")
        and record.__name__ not in ar.__all__
    }
    assert set(_listed("results.md")) == ours


def _returned(function: typing.Any) -> object:
    try:
        return typing.get_type_hints(function).get("return")
    except NameError:  # a name imported for type checkers only: a table, not a record
        return None


def test_every_figure_is_in_the_gallery() -> None:
    source = (ROOT / "docs" / "generated_pages.py").read_text(encoding="utf-8")
    beginnings = re.findall(r'^    "([a-z-]+)": \w+_figures\.', source, re.MULTILINE)
    figures = {path.stem for path in (ROOT / "figures").glob("*.png")}
    assert {name for name in figures if not name.startswith(tuple(beginnings))} == set()

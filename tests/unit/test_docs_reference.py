"""The reference names every public function and every record that one returns, and no figure is left out."""

import inspect
import re
import shlex
import types
import typing
from pathlib import Path

from typer.testing import CliRunner

import asteroid_repro as ar
from asteroid_repro.cli.commands import app

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"


def _listed(page: str) -> list[str]:
    return re.findall(r"^   ~?([\w.]+)$", (REFERENCE / page).read_text(encoding="utf-8"), re.MULTILINE)


def test_every_public_name_is_listed_once() -> None:
    assert sorted(_listed("api.md")) == sorted(ar.__all__)


def test_every_record_that_a_public_function_returns_is_listed() -> None:
    functions = [inspect.unwrap(getattr(ar, name)) for name in ar.__all__ if not inspect.isclass(getattr(ar, name))]
    annotated = [_returned(function) for function in functions if inspect.isfunction(function)]
    unions = (types.UnionType, typing.Union)
    returned = [
        one for each in annotated for one in (typing.get_args(each) if typing.get_origin(each) in unions else [each])
    ]
    ours = {
        f"{record.__module__}.{record.__qualname__}"
        for record in returned
        if inspect.isclass(record)
        and record.__module__.startswith("asteroid_repro")
        and record.__name__ not in ar.__all__
    }
    listed = set(_listed("results.md"))
    assert ours <= listed
    assert listed - ours <= {"asteroid_repro.estimate.effects.estimate_effects.Fits"}  # a field of what is returned


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


PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "docs").glob("*/[!_]*.md")]


def _blocks(language: str) -> list[tuple[str, str]]:
    """Return the fenced blocks of that language on all pages, each with its page."""
    fence = re.compile(rf"^ *```{language}\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
    return [(page.name, block) for page in PAGES for block in fence.findall(page.read_text(encoding="utf-8"))]


def test_every_command_on_a_page_is_one_that_the_command_line_takes() -> None:
    shown = [
        (page, line.strip(" $"))
        for page, block in [*_blocks(""), *_blocks(r"\{code-cell\}")]
        for line in block.splitlines()
    ]
    commands = {(page, line) for page, line in shown if line.startswith("asteroid-repro ")}
    assert len(commands) > 20
    for page, line in sorted(commands):
        words = shlex.split(line.partition(" > ")[0], comments=True)[1:]
        answer = CliRunner().invoke(app, [*words, "--help"])  # options are read before the help is shown
        assert answer.exit_code == 0, f"{page}: {line}: {answer.output}"


def test_python_on_a_page_uses_public_names_only() -> None:
    blocks = [*_blocks("python"), *_blocks(r"\{code-cell\}")]
    used = {(page, name) for page, block in blocks for name in re.findall(r"\bar\.(\w+)", block)}
    assert len(used) > 20
    assert {(page, name) for page, name in used if not hasattr(ar, name)} == set()

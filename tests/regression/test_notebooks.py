"""The committed notebooks are lessons, and what their scripts give when executed, without traces of a machine."""

import ast
import base64
import importlib.util
import io
import json
import re
from pathlib import Path
from typing import Any

import jupytext
import matplotlib.image
import numpy as np
import pytest

import asteroid_repro

FOLDER = Path(__file__).parents[2] / "notebooks"
SCRIPTS = sorted(FOLDER.glob("[0-9][0-9]-*.py"))
PAGE = "06-explore-what-if"
"""The lesson around the page: it loads the page only where it is asked for, and shows tables under one label."""
CODE = re.compile(r"```python\n(.*?)```", re.DOTALL)
NUMBER = re.compile(r"\d+\.\d+|\d+ ?%")
CHOSEN = re.compile(r"\b95 %|power (of|passes) \d+ %")
"""Levels and aims are chosen, not found."""
ORIGIN = (
    "SIMULATED",
    "RECONSTRUCTED",
    "Published numbers, nothing simulated",
    "Normal approximation, nothing simulated",
    "Print of ASTEROID re-analysed, nothing simulated",
    "Posterior by closed form",
)

every_lesson = pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
every_lesson_in_code = pytest.mark.parametrize(
    "script", [script for script in SCRIPTS if script.stem != PAGE], ids=lambda path: path.stem
)


def _cells(script: Path, kind: str = "") -> list[dict[str, Any]]:
    """Return the cells of a lesson's notebook, of one kind if given."""
    cells: list[dict[str, Any]] = json.loads(script.with_suffix(".ipynb").read_text(encoding="utf-8"))["cells"]
    plain = [cell | {"source": "".join(cell["source"])} for cell in cells]
    return [cell for cell in plain if kind in ("", cell["cell_type"])]


def _nodes(cell: dict[str, Any]) -> list[ast.AST]:
    return list(ast.walk(ast.parse(cell["source"])))


def _texts(outputs: list[dict[str, Any]]) -> str:
    """Return everything in some outputs that can be read."""
    forms = ("text/plain", "text/html", "text/latex", "text/markdown")
    found = [output.get("text", "") for output in outputs]
    found += [output.get("data", {}).get(form, "") for output in outputs for form in forms]
    return "\n".join("".join(text) for text in found)


def _pictures(outputs: list[dict[str, Any]]) -> list[np.ndarray]:
    pictures = [output["data"]["image/png"] for output in outputs if "image/png" in output.get("data", {})]
    return [matplotlib.image.imread(io.BytesIO(base64.b64decode("".join(picture)))) for picture in pictures]


def _executed(script: Path) -> dict[str, Any]:
    specification = importlib.util.spec_from_file_location("execute", FOLDER / "execute.py")
    assert specification is not None
    assert specification.loader is not None
    program = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(program)
    notebook: dict[str, Any] = program.executed(script)
    return notebook


def _answer(script: Path) -> str:
    answers = re.findall(
        r"<details><summary>Answer</summary>\n\n(.*?)\n\n</details>",
        "\n".join(cell["source"] for cell in _cells(script, "markdown")),
        re.DOTALL,
    )
    assert len(answers) == 1
    return str(answers[0])


def test_the_lessons_are_numbered_without_a_gap_and_named_for_what_is_done() -> None:
    assert [script.stem[:2] for script in SCRIPTS] == ["01", "02", "03", "04", "05", "06", "07"]
    assert {path.stem for path in FOLDER.glob("*.ipynb")} == {script.stem for script in SCRIPTS}


@every_lesson
class TestNotebook:
    def test_is_its_script_executed_in_order_without_an_error(self, script: Path) -> None:
        assert [cell["source"] for cell in _cells(script)] == [cell.source for cell in jupytext.read(script).cells]
        code = _cells(script, "code")
        assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
        outputs = [output for cell in code for output in cell["outputs"]]
        assert not [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"]

    def test_a_fresh_kernel_gives_the_committed_outputs(self, script: Path) -> None:
        fresh = [cell for cell in _executed(script)["cells"] if cell["cell_type"] == "code"]
        for cell, again in zip(_cells(script, "code"), fresh, strict=True):
            assert _texts(again["outputs"]) == _texts(cell["outputs"])
            pictures = zip(_pictures(cell["outputs"]), _pictures(again["outputs"]), strict=True)
            for ours, theirs in pictures:
                assert ours.shape == theirs.shape
                assert np.abs(ours - theirs).mean() < 0.002  # as for the committed figures

    def test_outputs_hold_no_path_address_time_or_trace_of_a_machine(self, script: Path) -> None:
        texts = _texts([output for cell in _cells(script, "code") for output in cell["outputs"]])
        assert not re.search(r"0x[0-9a-f]{6,}|/(home|usr|tmp|root|Users)/|site-packages", texts)
        assert str(FOLDER.parent) not in texts
        assert not re.search(r"\b20\d\d-\d\d-\d\d\b|\b\d\d:\d\d:\d\d\b", texts)
        assert not re.search(r"https?://|localhost|127\.0\.0\.1", texts)
        for cell in _cells(script):
            assert set(cell["metadata"]) <= {"tags"}

    def test_defines_nothing_and_has_one_cell_of_parameters(self, script: Path) -> None:
        definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
        code = _cells(script, "code")
        assert not [node for cell in code for node in _nodes(cell) if isinstance(node, definitions)]
        tagged = [cell for cell in code if "parameters" in cell["metadata"].get("tags", [])]
        assert len(tagged) == 1
        assert tagged[0] is code[1]
        assert all(isinstance(line, ast.Assign) for line in ast.parse(tagged[0]["source"]).body)

    def test_begins_with_a_question_and_ends_with_exercise_and_differences(self, script: Path) -> None:
        prose = [cell["source"] for cell in _cells(script, "markdown")]
        number = int(script.stem[:2])
        assert re.match(rf"# {number} .+\n\n\*\*[^*]+\?\*\*\n", prose[0])
        headings = re.findall(r"^## (.+)$", "\n".join(prose), re.MULTILINE)
        assert "What it means" in headings
        assert headings[-2:] == ["Exercise", "Differences from the paper"]
        assert prose[-1].startswith("## Differences from the paper")

    def test_the_answer_to_the_exercise_is_hidden_and_its_code_can_run(self, script: Path) -> None:
        answer = _answer(script)
        prose = CODE.sub("", answer)
        assert len(prose.split()) >= 30  # an answer explains
        for code in CODE.findall(answer):
            names = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Attribute)]
            used = {node.attr for node in names if isinstance(node.value, ast.Name) and node.value.id == "ar"}
            assert used <= set(asteroid_repro.__all__)

    def test_prose_types_no_number_that_code_can_print(self, script: Path) -> None:
        prose = "\n".join(cell["source"] for cell in _cells(script, "markdown"))
        assert NUMBER.findall(CHOSEN.sub("", re.sub(r"`[^`\n]*`", "", CODE.sub("", prose)))) == []


@every_lesson_in_code
class TestLessonInCode:
    def test_imports_in_the_first_cell_only(self, script: Path) -> None:
        first, *rest = _cells(script, "code")
        assert any(isinstance(node, ast.Import | ast.ImportFrom) for node in _nodes(first))
        assert not [node for cell in rest for node in _nodes(cell) if isinstance(node, ast.Import | ast.ImportFrom)]

    def test_shows_a_figure_before_it_says_what_it_means(self, script: Path) -> None:
        cells = _cells(script)
        meaning = next(place for place, cell in enumerate(cells) if "## What it means" in cell["source"])
        shown = [output for cell in cells[:meaning] for output in cell.get("outputs", [])]
        assert _pictures(shown)

    def test_every_table_says_what_its_numbers_are(self, script: Path) -> None:
        for cell in _cells(script, "code"):
            if any("text/html" in output.get("data", {}) for output in cell["outputs"]):
                assert any(word in _texts(cell["outputs"]) for word in ORIGIN), cell["source"]

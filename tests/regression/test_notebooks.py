"""The committed notebooks are those of their scripts, executed, in order, without errors or traces of a machine."""

import json
import re
from pathlib import Path
from typing import Any

import jupytext
import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
SCRIPTS = sorted(FOLDER.glob("[0-9][0-9]-*.py"))


def _cells(script: Path) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(script.with_suffix(".ipynb").read_text(encoding="utf-8"))["cells"]
    return [cell | {"source": "".join(cell["source"])} for cell in cells]


def test_there_are_five_lessons() -> None:
    assert [script.stem[:2] for script in SCRIPTS] == ["01", "02", "03", "04", "05"]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
class TestNotebook:
    def test_is_its_script_executed_from_a_clean_kernel(self, script: Path) -> None:
        cells = _cells(script)
        assert [cell["source"] for cell in cells] == [cell.source for cell in jupytext.read(script).cells]
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
        assert not [output for cell in code for output in cell["outputs"] if output["output_type"] == "error"]

    def test_has_one_parameters_cell_no_functions_and_ends_with_the_differences(self, script: Path) -> None:
        cells = _cells(script)
        assert sum("parameters" in cell["metadata"].get("tags", []) for cell in cells) == 1
        assert not re.search(r"^\s*(def|class) ", "\n".join(cell["source"] for cell in cells), re.MULTILINE)
        headings = [cell["source"] for cell in cells if cell["source"].startswith("## ")]
        assert headings[-1].startswith("## Differences from the paper")

    def test_outputs_hold_no_path_and_no_memory_address(self, script: Path) -> None:
        texts = [
            str(output.get("text", "")) + str(output.get("data", {}).get("text/plain", ""))
            for cell in _cells(script)
            for output in cell.get("outputs", [])
        ]
        assert not re.search(r"0x[0-9a-f]{6,}|/(home|usr|tmp|root|Users)/|site-packages", "\n".join(texts))

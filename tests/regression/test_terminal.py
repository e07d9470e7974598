"""What each command prints at 80, 100 and 120 columns and in a pipe, against files that a person has read.

``ASTEROID_WRITE_TERMINAL=1 pytest tests/regression/test_terminal.py`` writes them anew: read the difference.
"""

import os
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from asteroid_repro.cli.commands import app

FOLDER = Path(__file__).parent / "terminal"
OUTCOMES = Path(__file__).parent / "terminal" / "outcomes.csv"
WIDTHS = ("80", "100", "120")
FEW = ("--trials", "300", "--seed", "3")
COMMANDS: dict[str, tuple[str, ...]] = {
    "power-help": ("power", "--help"),
    "power": ("power", *FEW, "--set", "average_pain.effect=-8"),
    "power-all": ("power", *FEW, "--outcome", "disability"),
    "what-if": ("what-if", *FEW, "--set", "people_per_arm=40"),
    "sample-size": ("sample-size", *FEW, "--power", "0.8"),
    "power-curve": ("power-curve", *FEW, "--over", "people_per_arm=10,20,40"),
    "assurance": ("assurance", *FEW, "--mean", "-15.3", "--sd", "5.117"),
    "replication": ("replication", "--estimate", "-15.3", "--se", "5.117"),
    "simulate": ("simulate", "--seed", "3"),
    "estimate": ("estimate", "--seed", "3"),
    "estimate-table": ("estimate", str(OUTCOMES), "--treatment", "exercise", "--reference", "usual_care"),
    "verify": ("verify", *FEW),
    "scenarios": ("scenarios",),
    "reconstruct": ("reconstruct", "--outcome", "current_pain", "--n", "2", "--seed", "3"),
    "wrong-option": ("power", "--foo"),
}


def printed(arguments: tuple[str, ...], columns: str) -> str:
    """Run a command as in a terminal of that width; without columns, as in a pipe."""
    result = CliRunner().invoke(app, list(arguments), env={"COLUMNS": columns or None})
    return re.sub(r"\S*/terminal/", "", result.stdout or result.output)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_prints_what_was_read(name: str) -> None:
    found = {columns: printed(COMMANDS[name], columns) for columns in WIDTHS}
    whole = "".join(f"===== {columns} columns =====\n{text}" for columns, text in found.items())
    path = FOLDER / f"{name}.txt"
    if os.environ.get("ASTEROID_WRITE_TERMINAL"):
        path.write_text(whole, encoding="utf-8")
    assert whole == path.read_text(encoding="utf-8")
    assert printed(COMMANDS[name], "") == found["80"]
    for columns, text in found.items():
        assert "…" not in text
        assert not re.search(r"\d\.\.\.", text)
        assert not re.search(r"[\u2500-\u257f\N{MINUS SIGN}]", text)
        assert all(len(line) <= int(columns) for line in text.splitlines())


def test_the_list_of_commands_says_whole_sentences() -> None:
    text = printed(("--help",), "80").partition("Commands:")[2]
    assert "..." not in text
    assert "published claim against the simulation" in " ".join(text.split())

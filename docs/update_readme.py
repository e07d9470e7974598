"""Copy the verdict table of the last reproduction into README.md, between its two markers."""

import os
from pathlib import Path

import pandas as pd

from asteroid_repro.reporting.files import read_table, write_file
from asteroid_repro.reporting.records import markdown

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- verdicts: begin -->\n", "<!-- verdicts: end -->"


def updated(readme: str, verdicts: pd.DataFrame) -> str:
    """Return the README with the table between its markers replaced."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + markdown(verdicts.fillna("").drop(columns="tolerance")) + "\n" + END + after


if __name__ == "__main__":
    os.chdir(ROOT)
    page = Path("README.md")
    table = read_table(Path("data/verdicts.csv"), text=True)
    write_file(page, updated(page.read_text(encoding="utf-8"), table))

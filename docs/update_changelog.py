"""Write the changes that moved a number into CHANGELOG.md, between its two markers."""

from pathlib import Path
from textwrap import fill

from asteroid_repro.number_changes import number_changes
from asteroid_repro.reporting.files import write_file

CHANGELOG = Path(__file__).parents[1] / "CHANGELOG.md"
BEGIN, END = "<!-- numbers: begin -->\n", "<!-- numbers: end -->"


def updated(changelog: str) -> str:
    """Return the changelog with the list between its markers replaced, the newest change first."""
    before, _, rest = changelog.partition(BEGIN)
    _, _, after = rest.partition(END)
    lines = [fill(f"{one.date}: {one.what}", 128, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False)
             for one in reversed(number_changes())]  # fmt: skip
    return before + BEGIN + "\n".join(lines) + "\n" + END + after


if __name__ == "__main__":
    write_file(CHANGELOG, updated(CHANGELOG.read_text(encoding="utf-8")))

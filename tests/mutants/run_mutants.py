"""Make each wrong edit of the catalogue, run the tests, and say which edits nothing noticed.

``python tests/mutants/run_mutants.py`` (or ``make mutants``) tries all; a word after it keeps the edits whose id begins
with it. Each edit is made in a copy of what Git tracks, so the work tree stays as it is. First the test runs that is
expected to notice, then, of what that left, the tests of the room, then all others but the browser's.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from queue import Queue
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
CATALOGUE: Final = Path(__file__).with_name("catalogue.toml")
PAGE: Final = ROOT / "docs" / "mutants.md"
LEAST: Final = 0.99
"""Share of the edits, those apart that change nothing, that the tests must notice."""

_SECONDS: Final = 1800  # an edit may make a search endless: that is noticed too


@dataclass(frozen=True)
class Edit:
    """One wrong edit.

    Attributes
    ----------
    id : str
        Room and number.
    file, before, after : str
        The file, a text that stands in it once, and what takes its place.
    why : str
        Why that is wrong.
    killed_by : str
        Test file that is expected to notice it.
    equivalent : str
        Why no test can notice it; empty for all others.
    noticed_by : str
        Test that did, or empty.
    """

    id: str
    file: str
    before: str
    after: str
    why: str
    killed_by: str = ""
    equivalent: str = ""
    noticed_by: str = ""


def read_catalogue() -> list[Edit]:
    """Return the edits."""
    entries: list[dict[str, Any]] = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))["edit"]
    return [Edit(**entry) for entry in entries]


def check_applies(edit: Edit) -> None:
    """Refuse an edit whose line was rewritten, or that leaves no code."""
    text = (ROOT / edit.file).read_text(encoding="utf-8")
    if text.count(edit.before) != 1 or edit.before == edit.after:
        found = f"found {text.count(edit.before)} times"
        raise SystemExit(f"{edit.id}: {edit.before!r} must stand once in {edit.file}, {found}. Renew it.")
    compile(text.replace(edit.before, edit.after), edit.file, "exec")


def copied_tree(folder: Path) -> Path:
    """Copy what Git tracks, and what is new and not ignored."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    for name in names:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def stages(edit: Edit) -> list[list[str]]:
    """Return what to run, one list after the other: the expected test, those of the room, the others."""
    room = edit.file.removeprefix("src/").split("/")[1].removesuffix(".py")
    tests = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py"))
    tests = [name for name in tests if not name.startswith(("tests/browser", "tests/regression"))]
    near = [name for name in tests if f"asteroid_repro.{room}" in (ROOT / name).read_text(encoding="utf-8")]
    near = [name for name in near if name != edit.killed_by]
    far = [name for name in tests if name not in near and name != edit.killed_by]
    return [[edit.killed_by], [*near, edit.file], far]


def failure(tree: Path, names: list[str]) -> str:
    """Return the first test that fails in a tree; empty where none does."""
    environment = os.environ | {"PYTHONPATH": str(tree / "src"), "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "agg"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "-p", "no:cacheprovider", *names]
    try:
        done = subprocess.run(
            command, cwd=tree, env=environment, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"no end after {_SECONDS} s of {names[0]}"
    if done.returncode == 0:
        return ""
    said = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return said[0].split(" - ")[0].partition(" ")[2] if said else f"{names[0]} ends with status {done.returncode}"


def tried(edit: Edit, trees: "Queue[Path]", stage: int) -> Edit:
    """Make an edit in a free tree, run the tests of a stage until one fails, and take it back."""
    tree = trees.get()
    path = tree / edit.file
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(edit.before, edit.after), encoding="utf-8")
    try:
        return replace(edit, noticed_by=failure(tree, stages(edit)[stage]))
    finally:
        path.write_text(text, encoding="utf-8")
        trees.put(tree)


def try_all(edits: list[Edit], jobs: int, n_stages: int) -> list[Edit]:
    """Try the edits stage by stage: what the expected tests notice costs little, and goes first."""
    found = {edit.id: edit for edit in edits}
    with tempfile.TemporaryDirectory() as below, ThreadPoolExecutor(jobs) as pool:
        trees: Queue[Path] = Queue()
        for number in range(jobs):
            trees.put(copied_tree(Path(below) / str(number)))
        for stage in range(n_stages):
            left = [edit for edit in found.values() if not (edit.equivalent or edit.noticed_by)]
            print(f"Stage {stage + 1}: {len(left)} edits", flush=True)
            for edit in pool.map(partial(tried, trees=trees, stage=stage), left):
                found[edit.id] = edit
                print(f"{edit.id:14} {edit.noticed_by or 'not noticed yet'}", flush=True)
    return list(found.values())


def page(edits: list[Edit]) -> str:
    """Return what was found as a page of the documentation."""
    rooms = Counter(edit.id.rpartition("-")[0] for edit in edits if not edit.equivalent)
    noticed = Counter(edit.id.rpartition("-")[0] for edit in edits if edit.noticed_by)
    rows = [f"| {room} | {count} | {noticed[room]} |" for room, count in rooms.items()]
    left = [f"- `{edit.id}`: {edit.why}" for edit in edits if not (edit.noticed_by or edit.equivalent)]
    same = [f"- `{edit.id}`: {edit.equivalent}" for edit in edits if edit.equivalent]
    every = [
        f"| {edit.id} | `{Path(edit.file).name}` | {edit.why} | `{edit.noticed_by}` |"
        for edit in edits
        if edit.noticed_by
    ]
    return "\n".join([
        "# Wrong edits that the tests notice", "",
        "Written by `make mutants`. Each edit of `tests/mutants/catalogue.toml` makes one line of the code wrong, with",
        "the reason why; then the tests run. An edit that nothing notices is a test that is missing.", "",
        f"**{sum(noticed.values())} of {sum(rooms.values())} edits were noticed.**", "",
        "| Room | Edits | Noticed |", "| --- | --- | --- |", *rows, "",
        "## Not noticed", "", *(left or ["None."]), "",
        "## Edits that change nothing", "", *(same or ["None."]), "",
        "## Which test noticed which", "", "| Edit | File | Why it is wrong | First test that failed |",
        "| --- | --- | --- | --- |", *every, "",
    ])  # fmt: skip


def main() -> None:
    """Try the edits, print those that were not noticed, write the page where all were tried."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("begins", nargs="*", help="keep the edits whose id begins with one of these")
    asked.add_argument("--jobs", type=int, default=2, help="edits tried at a time")
    asked.add_argument("--stages", type=int, default=3, help="1 the expected test, 2 those of the room too, 3 all")
    given = asked.parse_args()
    edits = [edit for edit in read_catalogue() if not given.begins or edit.id.startswith(tuple(given.begins))]
    for edit in edits:
        check_applies(edit)
    done = try_all(edits, given.jobs, given.stages)
    wrong = [edit for edit in done if not edit.equivalent]
    share = sum(bool(edit.noticed_by) for edit in wrong) / max(1, len(wrong))
    print(f"{100 * share:.1f} % of {len(wrong)} wrong edits were noticed")
    if not given.begins and given.stages == 3:
        PAGE.write_text(page(done), encoding="utf-8")
    raise SystemExit(share < LEAST)


if __name__ == "__main__":
    main()

"""Relative links in the pages for people lead to files that exist."""

import os
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[2]
MADE_BY_THE_BUILD = ("docs/_", "docs/reference/api")
"""Neither are their pages looked at, nor is it an error to lead to them."""
PAGES = sorted(
    path
    for pattern in ("*.md", "data/*.md", "docs/**/*.md")
    for path in ROOT.glob(pattern)
    if not path.relative_to(ROOT).as_posix().startswith(MADE_BY_THE_BUILD)
)
LINK = re.compile(r"\[[^\]]*\]\(\s*<?([^)>\s]+)>?[^)]*\)|^\[[^\]]+\]:\s*(\S+)|(?:src|href)=\"([^\"]+)\"", re.MULTILINE)
FENCE = re.compile(r"^(`{3,}|~{3,}).*?^\1\s*$", re.MULTILINE | re.DOTALL)


def test_the_pages_are_found() -> None:
    assert {"README.md", "REPRODUCING.md", "CONTRIBUTING.md", "index.md", "methods.md"} <= {page.name for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_relative_links_lead_to_files(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    targets = [next(filter(None, found.groups())) for found in LINK.finditer(text)]
    relative = [target for target in targets if not re.match(r"[a-z][a-z0-9+.-]*:|#", target)]
    places = [_place(page, target) for target in relative]
    written = [place for place in places if not _from_root(place).startswith(MADE_BY_THE_BUILD)]
    assert [place for place in written if not place.exists()] == []


def _place(page: Path, target: str) -> Path:
    path = unquote(target.partition("#")[0])
    return ROOT / path.lstrip("/") if path.startswith("/") else page.parent / path


def _from_root(place: Path) -> str:
    return Path(os.path.relpath(place, ROOT)).as_posix()

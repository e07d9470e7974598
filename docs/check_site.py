"""Check the built documentation: notebooks are in it, links inside lead somewhere, nothing asks the network."""

import sys
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).parents[1]
SITE = ROOT / "docs" / "_build" / "html"
LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href", "a": "href"}


class Page(HTMLParser):
    """What a page links to, what it loads, and the anchors it has."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.anchors: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the target and the anchors of a tag."""
        values = dict(attrs)
        self.anchors.update(value for key in ("id", "name") if (value := values.get(key)))
        target = values.get(LOADED.get(tag, ""))
        if target:
            self.links.append((tag, target))


def broken(path: Path, page: Page, anchors: dict[Path, set[str]]) -> list[str]:
    """Return what is wrong with the links of one page, one line each."""
    wrong = []
    for tag, target in page.links:
        parts = urlsplit(target)
        if parts.scheme or parts.netloc:
            if tag != "a" and parts.scheme != "data":
                wrong.append(f"{path.relative_to(SITE)}: <{tag}> must lie in the site, got {target}")
            continue
        there = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if there.is_dir():
            there /= "index.html"
        if not there.exists():
            wrong.append(f"{path.relative_to(SITE)}: link to a file that is not there, {target}")
        elif parts.fragment and there.suffix == ".html" and unquote(parts.fragment) not in anchors[there]:
            wrong.append(f"{path.relative_to(SITE)}: link to an anchor that is not there, {target}")
    return wrong


def problems() -> list[str]:
    """Return every problem of the site, one line each."""
    pages = {path: Page(path) for path in sorted(SITE.rglob("*.html")) if "_static" not in path.parts}
    anchors = defaultdict(set, {path: page.anchors | {"top"} for path, page in pages.items()})
    missing = [
        f"{notebook.name}: must be in the site. Add it to docs/notebooks.md"
        for notebook in sorted((ROOT / "notebooks").glob("*.ipynb"))
        if not (SITE / "notebooks" / notebook.with_suffix(".html").name).exists()
    ]
    return missing + [line for path, page in pages.items() for line in broken(path, page, anchors)]


if __name__ == "__main__":
    found = problems()
    print("\n".join(found) or f"{len(list(SITE.rglob('*.html')))} pages: links hold, notebooks are in, no network")
    sys.exit(1 if found else 0)

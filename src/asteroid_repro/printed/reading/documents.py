"""Papers in: plain text, Markdown, LaTeX, HTML, JATS XML, PDF and Word become one text with paragraphs and pages."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from asteroid_repro.errors import InputError

_BLOCKS: Final = {
    "p", "div", "section", "article", "h1", "h2", "h3", "h4", "h5", "h6", "li", "tr", "table", "caption", "title",
    "abstract", "sec", "label", "fig", "ul", "ol", "body",
}  # fmt: skip
_CELLS: Final = {"td", "th"}
_LEFT_OUT: Final = {"script", "style", "head", "nav", "ref-list", "journal-meta", "contrib-group", "permissions"}
_EXTRAS: Final = {"lxml": "papers", "pypdf": "papers", "docx": "word"}
PLAIN: Final = {".txt", ".md", ".markdown", ".tex", ".rst", ".text", ""}


def read_paper(path: Path) -> str:
    """Return the text of a paper: an empty line ends a paragraph or a row of a table, a form feed a page.

    Plain text, Markdown and LaTeX are returned as they are, so that places in the text are places in the file.

    Parameters
    ----------
    path : Path
        Its ending says what it is: .txt, .md, .tex, .html, .xml (JATS), .pdf, .docx.

    Returns
    -------
    str
        The text.

    Raises
    ------
    InputError
        A file that cannot be read, an ending that is not known, or a package that is not installed.

    Examples
    --------
    >>> import tempfile
    >>> page = Path(tempfile.mkdtemp()) / "abstract.html"
    >>> _ = page.write_text("<p>MD -15.30 (95% CI &minus;25.33 to &minus;5.27)<sup>12</sup>.</p>")
    >>> read_paper(page).strip()
    'MD -15.30 (95% CI \u221225.33 to \u22125.27).'
    """
    ending = path.suffix.lower()
    readers: dict[str, Callable[[bytes], str]] = {
        **dict.fromkeys(PLAIN, _plain), ".html": _html, ".htm": _html, ".xhtml": _html, ".xml": _jats, ".nxml": _jats,
        ".pdf": _pdf, ".docx": _docx,
    }  # fmt: skip
    if ending not in readers:
        known = ", ".join(sorted(filter(None, readers)))
        raise InputError(f"{path} must end with one of {known}, got {ending!r}. Convert it.")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} must be a file that can be read, got: {error.strerror}. Check the path.") from None
    try:
        return readers[ending](content)
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a damaged file makes its library raise
        reason = str(error).splitlines()[0][:100] if str(error) else type(error).__name__
        raise InputError(f"{path} must be a whole {ending} file, got: {reason}. Save it anew.") from None


def _package(name: str) -> Any:
    try:
        return import_module(name)
    except ModuleNotFoundError:
        need = f"reading such a file needs the package {name.partition('.')[0]}, got none."
        raise InputError(f"{need} Install asteroid-repro[{_EXTRAS[name.partition('.')[0]]}].") from None


def _plain(content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _html(content: bytes) -> str:
    parser = _package("lxml.html").HTMLParser(encoding=_encoding(content), no_network=True)
    root = _package("lxml.html").document_fromstring(content, parser=parser)
    return "".join(_pieces(root))


def _encoding(content: bytes) -> str | None:
    """Return UTF-8 where the page says nothing else."""
    return None if re.search(rb"charset", content[:2000], re.IGNORECASE) else "utf-8"


def _jats(content: bytes) -> str:
    parser = _package("lxml.etree").XMLParser(resolve_entities=False, no_network=True, recover=True)
    root = _package("lxml.etree").fromstring(content, parser)
    return "".join(_pieces(root))


def _pieces(root: Any) -> Iterator[str]:
    """Yield the text of a tree in order, paragraphs and cells apart, references left out."""
    stack: list[tuple[Any, bool]] = [(root, False)]
    last = ""
    while stack:
        node, closing = stack.pop()
        name = node.tag.rpartition("}")[2].lower() if isinstance(node.tag, str) else ""
        if closing:
            yield _after(name)
            last = (node.tail or "") if name != "sup" else last + (node.tail or "")
            yield node.tail or ""
            continue
        left_out = not name or name in _LEFT_OUT or _is_reference(node, name, last)
        yield _before(name) if not left_out else ""
        stack.append((node, True))
        if not left_out:
            last = node.text or last
            yield node.text or ""
            stack.extend((child, False) for child in reversed(node))


def _before(name: str) -> str:
    return "\n\n" if name in _BLOCKS else ""


def _after(name: str) -> str:
    if name in _CELLS:
        return "\t"
    return "\n\n" if name in _BLOCKS else "\n" if name == "br" else ""


def _is_reference(node: Any, name: str, before: str) -> bool:
    """Whether a node points to a reference or a footnote: a superscript that is no power of ten."""
    if name == "xref":
        return node.get("ref-type") in ("bibr", "fn", "table-fn")
    if name != "sup":
        return False
    return not (re.search(r"10\s*$", before) and re.match(r"\s*[-\u2212\u2013]", "".join(node.itertext())))


def _pdf(content: bytes) -> str:
    from io import BytesIO

    reader = _package("pypdf").PdfReader(BytesIO(content))
    return "\f".join(_without_running_heads([page.extract_text() or "" for page in reader.pages]))


def _without_running_heads(pages: list[str]) -> list[str]:
    """Return pages without the first and last lines that most of them share, page numbers apart."""
    lines = [page.splitlines() for page in pages]
    edges = Counter(_masked(line) for page in lines for line in {*page[:2], *page[-2:]})
    often = {line for line, times in edges.items() if times > max(len(pages) / 2, 1)}
    kept = []
    for page in lines:
        inner = range(2, len(page) - 2)
        kept.append("\n".join(line for at, line in enumerate(page) if at in inner or _masked(line) not in often))
    return kept


def _masked(line: str) -> str:
    return re.sub(r"\d+", "#", line.strip())


def _docx(content: bytes) -> str:
    from io import BytesIO

    document = _package("docx").Document(BytesIO(content))
    parts = []
    for block in document.iter_inner_content():
        if hasattr(block, "rows"):
            parts += ["\t".join(cell.text for cell in row.cells) for row in block.rows]
        else:
            parts.append("".join(run.text for run in block.runs if not run.font.superscript) or block.text)
    return "\n\n".join(parts)

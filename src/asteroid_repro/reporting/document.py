"""A document of headings, paragraphs, tables and pictures, and its three forms: HTML, Markdown and Word."""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from io import BytesIO
from string import Template
from typing import Any, Final

from asteroid_repro.errors import InputError
from asteroid_repro.reporting.paper_tables import PaperTable


@dataclass(frozen=True)
class Picture:
    """A figure.

    Attributes
    ----------
    title : str
        What it shows.
    described : str
        The same for those who cannot see it.
    svg, png : bytes
        The figure.
    """

    title: str
    described: str
    svg: bytes
    png: bytes


Block = tuple[str, Any]
"""What it is (``heading``, ``answer``, ``text``, ``list``, ``table``, ``picture``, ``code``) and its content."""


@dataclass(frozen=True)
class Document:
    """A document.

    Attributes
    ----------
    title, label : str
        Its title, and what its data are.
    blocks : tuple of Block
        From top to bottom.
    """

    title: str
    label: str
    blocks: tuple[Block, ...]

    @property
    def tables(self) -> tuple[PaperTable, ...]:
        """The tables in it."""
        return tuple(content for kind, content in self.blocks if kind == "table")

    def html(self) -> str:
        """Return one self-contained page: its style and its pictures are in it, and it asks for nothing else."""
        page = Template((files("asteroid_repro.reporting") / "assets" / "report.html").read_text(encoding="utf-8"))
        body = "\n".join(_HTML[kind](content) for kind, content in self.blocks)
        return page.substitute(title=escape(self.title), label=escape(self.label), body=body)

    def markdown(self) -> str:
        """Return Markdown; pictures stand as their descriptions."""
        body = [_MARKDOWN[kind](content) for kind, content in self.blocks]
        return "\n\n".join([f"# {self.title}", f"**{self.label}**", *body]) + "\n"

    def word(self) -> bytes:
        """Return a Word document; needs python-docx (the extra ``word``).

        Raises
        ------
        InputError
            The package is missing.
        """
        page = new_word()
        page.add_heading(self.title, 0)
        page.add_paragraph(self.label, style="Intense Quote")
        for kind, content in self.blocks:
            _WORD[kind](page, content)
        return saved(page)


def new_word() -> Any:
    """Return an empty Word document.

    Raises
    ------
    InputError
        The package python-docx is missing.
    """
    try:
        from docx import Document as Word
    except ImportError:
        raise InputError(
            "a .docx file needs the package python-docx, got none. Install asteroid-repro[word]."
        ) from None
    return Word()


def saved(page: Any) -> bytes:
    """Return a Word document as the content of a file, the same bytes every time."""
    from datetime import UTC, datetime

    page.core_properties.created = page.core_properties.modified = datetime(2000, 1, 1, tzinfo=UTC)
    page.core_properties.author = "asteroid-repro"
    content = BytesIO()
    page.save(content)
    return content.getvalue()


def add_table(page: Any, table: PaperTable) -> None:
    """Add a table to a Word document, with its caption above and its notes below."""
    page.add_paragraph(f"{table.title}. {table.label}".strip(), style="Caption")
    grid = page.add_table(rows=1, cols=len(table.columns))
    grid.style = "Light List"
    for cell, name in zip(grid.rows[0].cells, table.columns, strict=True):
        cell.text = name
    for texts in table.rows:
        for cell, text in zip(grid.add_row().cells, texts, strict=True):
            cell.text = text
    for note in table.footnotes:
        page.add_paragraph(note, style="No Spacing")


def table_html(table: PaperTable) -> str:
    """Return a table as HTML that a screen reader can read: a caption, and headings that say of what they are.

    Examples
    --------
    >>> print(table_html(PaperTable("People", "", {"Arm": ["A"], "n": ["20"]})).splitlines()[1])
    <table><caption>People</caption>
    """
    columns, title = list(table.columns), f"{table.title}. {table.label}" if table.label else table.title
    shown = columns[1:] if table.grouped else columns
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in shown)
    rows, group = [], None
    for texts in table.rows:
        first, *others = texts[1:] if table.grouped else texts
        if table.grouped and texts[0] != group:
            group = texts[0]
            rows.append(f'<tr><th class="group" scope="colgroup" colspan="{len(shown)}">{escape(group)}</th></tr>')
        cells = "".join(f"<td>{escape(text)}</td>" for text in others)
        rows.append(f'<tr><th scope="row">{escape(first)}</th>{cells}</tr>')
    notes = "\n".join(f'<p class="note">{escape(note)}</p>' for note in table.footnotes)
    whole = f"<table><caption>{escape(title)}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n"
    opened = f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(table.title)}">'
    return f"{opened}\n{whole}" + "\n".join(rows) + f"\n</tbody></table></div>\n{notes}"


def _picture_html(picture: Picture) -> str:
    image = b64encode(picture.svg).decode()
    source = f'<img src="data:image/svg+xml;base64,{image}" alt="{escape(picture.described)}">'
    return f"<figure>{source}<figcaption>{escape(picture.title)}</figcaption></figure>"


def _list_html(lines: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


_HTML: Final[Mapping[str, Callable[[Any], str]]] = {
    "heading": lambda text: f"<h2>{escape(text)}</h2>",
    "answer": lambda text: f'<p class="answer">{escape(text)}</p>',
    "text": lambda text: f"<p>{escape(text)}</p>",
    "list": _list_html,
    "table": table_html,
    "picture": _picture_html,
    "code": lambda text: f'<pre tabindex="0"><code>{escape(text)}</code></pre>',
}
_MARKDOWN: Final[Mapping[str, Callable[[Any], str]]] = {
    "heading": lambda text: f"## {text}",
    "answer": lambda text: f"**{text}**",
    "text": str,
    "list": lambda lines: "\n".join(f"- {line}" for line in lines),
    "table": lambda table: table.markdown().rstrip(),
    "picture": lambda picture: f"*{picture.title}.* {picture.described}",
    "code": lambda text: f"```python\n{text}\n```",
}


def _add_list(page: Any, lines: Sequence[str]) -> None:
    for line in lines:
        page.add_paragraph(line, style="List Bullet")


def _add_picture(page: Any, picture: Picture) -> None:
    from docx.shared import Cm

    shape = page.add_picture(BytesIO(picture.png), width=Cm(15))
    shape._inline.docPr.set("descr", picture.described)
    page.add_paragraph(picture.title, style="Caption")


_WORD: Final[Mapping[str, Callable[[Any, Any], object]]] = {
    "heading": lambda page, text: page.add_heading(text, 1),
    "answer": lambda page, text: page.add_paragraph().add_run(text).__setattr__("bold", True),
    "text": lambda page, text: page.add_paragraph(text),
    "list": _add_list,
    "table": add_table,
    "picture": _add_picture,
    "code": lambda page, text: page.add_paragraph(text, style="No Spacing"),
}

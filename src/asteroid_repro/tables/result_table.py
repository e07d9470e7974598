"""What every result that is a table can do: say its answer, become a data frame, and show itself under its label."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from asteroid_repro.tables.text_table import Records, paragraph, text_table, text_width

if TYPE_CHECKING:
    import pandas as pd

Row = TypeVar("Row")

_SHORT: Final = 12  # rows of a table that is no more than looked at


class ResultTable:
    """A result with ``rows``, one record each, and a ``label`` that says what the data are.

    Results inherit ``to_frame``, and their look on a terminal and in a notebook: the answer in a sentence, the label, a
    short table. One without ``rows`` is a row itself, and one without a ``label`` has nothing to say of its data. One
    whose table is not its rows has a ``to_frame`` of its own, and one whose table is long a ``short_frame``;
    ``answer`` returns the sentence, ``notes`` what there is to add under the table.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Row:
    ...     people: int
    >>> @dataclass(frozen=True)
    ... class Counts(ResultTable):
    ...     rows: tuple[Row, ...]
    ...     label: str
    >>> counts = Counts((Row(20), Row(19)), "SIMULATED <b>")
    >>> counts.to_frame()["people"].tolist()
    [20, 19]
    >>> counts
    SIMULATED <b>
    <BLANKLINE>
    people
    ------
        20
        19
    >>> counts._repr_html_().partition("</p>")[0]
    '<p><strong>SIMULATED &lt;b&gt;</strong>'
    """

    rows: Sequence[Any]
    label: str

    def __init_subclass__(cls) -> None:
        """Keep the look below, unless a result has its own: a dataclass would write another."""
        super().__init_subclass__()
        if "__repr__" not in vars(cls):
            cls.__repr__ = ResultTable.__repr__  # type: ignore[method-assign]

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per record, unrounded."""
        import pandas as pd  # slow to import, and the command line prints without it

        rows = getattr(self, "rows", [self])
        return pd.DataFrame([asdict(row) for row in rows]).drop(columns="label", errors="ignore")

    def short_frame(self) -> "pd.DataFrame":
        """Return the table as it is looked at: its first rows."""
        return self.to_frame().head(_SHORT)

    def answer(self) -> str:
        """Return the answer in one sentence; nothing where the table is the answer."""
        return ""

    def notes(self) -> Sequence[str]:
        """Return what stands under the table, a line each."""
        return ()

    def __repr__(self) -> str:
        """Return the answer, the label, the short table and the notes, as wide as the terminal."""
        label, frame, width = getattr(self, "label", ""), self.short_frame(), text_width()
        said = [paragraph(text, width) for text in (self.answer(), label) if text]
        table = text_table(_records(frame), width) if len(frame) else "no rows"
        longer = len(self.to_frame()) > len(frame)
        below = [*self.notes(), *(["More rows: to_frame()."] if longer else [])]
        return "\n\n".join([*said, table, *(paragraph(text, width) for text in below)])

    def _repr_html_(self) -> str:
        label = getattr(self, "label", "")
        said = f"<p>{escape(self.answer())}</p>" if self.answer() else ""
        head = f"<p><strong>{escape(label)}</strong></p>" if label else ""
        foot = f"<p>{'<br>'.join(map(escape, self.notes()))}</p>" if self.notes() else ""
        return said + head + self.short_frame().to_html(index=False) + foot


@dataclass(frozen=True)
class EstimateRows(ResultTable, Generic[Row]):
    """Estimates with confidence limits of one level.

    Attributes
    ----------
    rows : tuple
        One record each.
    level : float
        Confidence level.
    label : str
        What the data are, for instance ``SIMULATED ...``; empty for a plain table.
    """

    rows: tuple[Row, ...]
    level: float
    label: str = ""


def _records(frame: "pd.DataFrame") -> Records:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]

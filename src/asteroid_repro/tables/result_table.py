"""What every result that is a table can do: become a data frame, and show itself in a notebook under its label."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    import pandas as pd

Row = TypeVar("Row")


class ResultTable:
    """A result with ``rows``, one record each, and a ``label`` that says what the data are.

    Results inherit ``to_frame`` and the view in a notebook. One without ``rows`` is a row itself, and one without a
    ``label`` has nothing to say above it. One whose table is not its rows has a ``to_frame`` of its own; one with
    something to add under the table returns it from ``notes``.

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
    >>> counts._repr_html_().partition("</p>")[0]
    '<p><strong>SIMULATED &lt;b&gt;</strong>'
    """

    rows: Sequence[Any]
    label: str

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per record, unrounded."""
        import pandas as pd  # slow to import, and the command line prints without it

        rows = getattr(self, "rows", [self])
        return pd.DataFrame([asdict(row) for row in rows]).drop(columns="label", errors="ignore")

    def notes(self) -> Sequence[str]:
        """Return what stands under the table, a line each."""
        return ()

    def _repr_html_(self) -> str:
        label = getattr(self, "label", "")
        head = f"<p><strong>{escape(label)}</strong></p>" if label else ""
        foot = f"<p>{'<br>'.join(map(escape, self.notes()))}</p>" if self.notes() else ""
        return head + self.to_frame().to_html(index=False) + foot


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

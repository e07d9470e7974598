"""Rows of results as text for programs: JSON, CSV, Markdown; without pandas, so that a command starts fast."""

import csv
import io
import json
import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from asteroid_repro.tables.text_table import Records, cell

if TYPE_CHECKING:
    import pandas as pd

_NUMBER = re.compile(r"[-+]? ?[0-9.]+(e[-+]?[0-9]+)?( [^-+=@|!()]*| \([-0-9., ]*\))?", re.ASCII)  # with unit or limits


def rows(table: "pd.DataFrame") -> Records:
    """Return the rows of a table with plain numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> rows(pd.DataFrame({"df": [38.0, float("inf")]}))
    [{'df': 38.0}, {'df': inf}]
    """
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def to_json(content: Any) -> str:
    """Return indented JSON that ends with a line feed; a number that is not finite becomes null.

    Examples
    --------
    >>> print(to_json(["power", math.nan]), end="")
    [
     "power",
     null
    ]
    """
    return json.dumps(_finite(content), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def to_csv(label: str, records: Records, columns: Sequence[str] = ()) -> str:
    """Return rows as CSV under a comment line with the label, numbers with 12 significant digits; NaN is empty.

    Columns are those of the first row where none are given.

    Examples
    --------
    >>> print(to_csv("SIMULATED", [{"week": 12, "type_s": math.nan}]), end="")
    # SIMULATED
    week,type_s
    12,
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_no_formula(name, str(name)) for name in columns or records[0]])
    writer.writerows([_no_formula(value, cell(value, 12)) for value in row.values()] for row in records)
    return f"# {' '.join(label.split())}\n{text.getvalue()}"


def _no_formula(value: Any, text: str) -> str:
    """Return text so that no spreadsheet takes it for a formula: after an apostrophe where it begins like one."""
    begins = isinstance(value, str) and text.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{text}" if begins and not _NUMBER.fullmatch(text) else text


def markdown(table: "pd.DataFrame") -> str:
    """Return a table of text as a Markdown table.

    Examples
    --------
    >>> import pandas as pd
    >>> print(markdown(pd.DataFrame({"arm": ["running"], "people": [20]})))
    | arm | people |
    | --- | --- |
    | running | 20 |
    """
    lines = [list(table.columns), ["---"] * len(table.columns), *table.to_numpy().tolist()]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value

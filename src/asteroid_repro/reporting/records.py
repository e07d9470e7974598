"""Rows of results as text: JSON, CSV or the cells of a table; without pandas, so that a command starts quickly."""

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

Records = list[dict[str, Any]]


def to_json(content: object) -> str:
    """Return indented JSON that ends with a line feed.

    Examples
    --------
    >>> print(to_json(["power", 0.8]), end="")
    [
     "power",
     0.8
    ]
    """
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def finite(value: Any) -> Any:
    """Return a value as JSON can hold it: a number that is not finite becomes None.

    Examples
    --------
    >>> finite(math.inf), finite(0.5), finite("running")
    (None, 0.5, 'running')
    """
    return None if isinstance(value, float) and not math.isfinite(value) else value


def records_json(label: str, groups: Mapping[str, Records]) -> str:
    """Return named groups of rows under a label as JSON.

    Examples
    --------
    >>> json.loads(records_json("SIMULATED", {"rows": [{"type_s": math.nan}]}))
    {'label': 'SIMULATED', 'rows': [{'type_s': None}]}
    """
    plain = {
        name: [{key: finite(value) for key, value in row.items()} for row in rows] for name, rows in groups.items()
    }
    return to_json({"label": label} | plain)


def records_csv(label: str, rows: Records) -> str:
    """Return rows as CSV under a comment line with the label; what is not finite is empty.

    Examples
    --------
    >>> print(records_csv("SIMULATED", [{"week": 12, "type_s": math.nan}]), end="")
    # SIMULATED
    week,type_s
    12,
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: finite(value) for key, value in row.items()} for row in rows)
    return f"# {label}\n{text.getvalue()}"


def cells(values: Iterable[Any], digits: int = 4) -> list[str]:
    """Return values as text, numbers at so many significant digits, for a screen.

    Examples
    --------
    >>> cells([0.123456, 12, "running", None, math.nan])
    ['0.1235', '12', 'running', '', '']
    """
    return [_cell(value, digits) for value in values]


def _cell(value: Any, digits: int) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)

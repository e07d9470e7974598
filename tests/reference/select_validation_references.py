"""Write what ``asteroid-repro validate`` compares with: a part of the outputs of R, with the data behind them.

``python tests/reference/select_validation_references.py`` after ``make references``.
"""

import csv
import json
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent
TARGET: Final = FOLDER.parents[1] / "src" / "asteroid_repro" / "validation" / "references" / "from_r.json"
DATA_SETS: Final = ("boundary", "complete", "dropout", "mcar", "unequal")
SOFTWARE: Final = ("lmerTest", "lm")
METHODS: Final = ("mmrm", "random_intercept", "ancova")


def selected() -> dict[str, Any]:
    """Return versions, scores, effects and limits of counts."""
    everything = json.loads((FOLDER / "references.json").read_text(encoding="utf-8"))
    wanted = [
        row for row in everything["rows"]
        if row["data_set"] in DATA_SETS and row["software"] in SOFTWARE and row["method"] in METHODS
    ]  # fmt: skip
    tables = {name: (FOLDER / "data" / f"{name}.csv").read_text(encoding="utf-8") for name in DATA_SETS}
    lines = (FOLDER / "rate_references.csv").read_text(encoding="utf-8").splitlines()
    limits = [row for row in csv.DictReader(lines[1:]) if row["what"] in ("exact", "mid_p") and row["a"] != "0"]
    return {"versions": everything["versions"], "tables": tables, "effects": wanted, "limits": limits}


if __name__ == "__main__":
    TARGET.write_text(json.dumps(selected(), indent=1) + "\n", encoding="utf-8")

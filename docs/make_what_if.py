"""Write docs/what-if.html from the simulated grid: a page that opens from disk with nothing installed.

Run by ``make whatif``. The page may load nothing: its content policy names its script and its style by hash.
"""

import argparse
import base64
import hashlib
import json
import math
from pathlib import Path
from typing import Any

import asteroid_repro as ar
from asteroid_repro.app.controls import METHOD_NAMES
from asteroid_repro.app.results import measure, performance
from asteroid_repro.app.state import State
from asteroid_repro.evaluate.performance import share_finding
from asteroid_repro.reporting.files import write_file

FOLDER = Path(__file__).parent / "what_if"
OUTCOME = "average_pain"


def content_hash(text: str) -> str:
    """Return the hash by which a content policy allows a script or a style."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def start() -> dict[str, Any]:
    """Return the paper's state: what the live page says of it."""
    state, record = State(), ar.ASTEROID
    values = {name: measure(state, name).value for name in ("power", "type_s", "type_m", "coverage")}
    right = share_finding(performance(state), OUTCOME, record.visits[-1])[0]
    shown = {"power": values["power"], "right": right, "typeS": values["type_s"], "typeM": values["type_m"]}
    return {
        "state": {
            "effect": record.effect_at(OUTCOME, record.visits[-1]),
            "people": record.n_treatment,
            "sd": record.outcome(OUTCOME).sd[-1],
            "correlation": record.visit_correlation[0][-1],
            "dropout": record.missing_treatment,
            "method": state.analysis.method,
        },
        "measures": {name: None if math.isnan(value) else value for name, value in shown.items()}
        | {"coverage": values["coverage"]},
        "label": f"{performance(state).label}: the very state, as the live page simulates it.",
    }


def measured_error() -> str:
    """Say how far the page is off at random points, as measured."""
    found = json.loads((FOLDER / "error.json").read_text(encoding="utf-8"))
    return (
        f"Read between simulated points. Against {found['points']:,} random states simulated anew, power was off by "
        "more than 0.7 percentage points, simulation error allowed for, in "
        f"{found['beyond']}; the largest difference was {found['largest']:.1f}, with few people, half of them lost, a "
        "large effect and ANCOVA."
    )


def page() -> str:
    """Put numbers, script and style into the template."""
    grid = json.loads((FOLDER / "grid.json").read_text(encoding="utf-8"))
    names = {name: METHOD_NAMES[name] for name in grid["axes"]["method"]}
    data = grid | {"start": start(), "error": measured_error(), "method_names": names}
    script = "".join((FOLDER / name).read_text(encoding="utf-8") for name in ("power.js", "page.js"))
    style = (FOLDER / "style.css").read_text(encoding="utf-8")
    parts = {
        "@STYLE_HASH@": content_hash(style),
        "@SCRIPT_HASH@": content_hash(script),
        "@STYLE@": style,
        "@SCRIPT@": script,
        "@LABEL@": f"seed {grid['seed']}, version {grid['version']}, all else as assumed of ASTEROID",
        "@DATA@": json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),
    }
    text = (FOLDER / "template.html").read_text(encoding="utf-8")
    for mark, part in parts.items():
        text = text.replace(mark, part)
    return text


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    path = write_file(FOLDER.parent / "what-if.html", page())
    print(f"wrote {path.name}: {path.stat().st_size / 1000:.0f} kB")

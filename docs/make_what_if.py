"""Simulate a grid of trials and write it into docs/what-if.html, a page that opens from disk with nothing installed.

Run by `make whatif`. The page may load nothing: its content policy names its script and its style by hash.
"""

import argparse
import base64
import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

import asteroid_repro as ar
from asteroid_repro.reporting.files import write_file

FOLDER = Path(__file__).parent
EFFECTS = (0, -5, -10, -15, -20, -25, -30)
SDS = (10, 15, 20, 25, 30)
PEOPLE = (10, 20, 30, 40, 60, 80)
METHODS = ("random_intercept", "mmrm", "ancova")
START = {"effect": 3, "sd": 1, "people": 1, "method": 0}
SEED, TRIALS = 2024, 4000


@dataclass(frozen=True)
class Cell:
    """One combination of the grid."""

    method: str
    effect: int
    sd: int
    people: int


def cells() -> list[Cell]:
    """Return every combination, people changing fastest, as the page counts them."""
    return [Cell(m, e, s, n) for m in METHODS for e in EFFECTS for s in SDS for n in PEOPLE]


def figures(cell: Cell, trials: int = TRIALS) -> dict[str, float | str | None]:
    """Simulate one combination; a trial that cannot exist says why instead."""
    changes = {"average_pain": {"effect": cell.effect, "sd": cell.sd}}
    try:
        oc = ar.operating_characteristics(
            ar.ASTEROID.with_values(people_per_arm=cell.people, **changes), trials=trials, seed=SEED, method=cell.method
        )
    except ar.InputError as error:
        return {"problem": str(error)}
    power = oc.value("average_pain", "power")
    others = {name: oc.value("average_pain", name).value for name in ("coverage", "type_s", "type_m", "empirical_se")}
    found = {"power": power.value, "mcse": power.mcse, "low": power.low, "high": power.high} | others
    return {name: None if math.isnan(value) else round(value, 6) for name, value in found.items()}


def content_hash(text: str) -> str:
    """Return the hash by which a content policy allows a script or a style."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def page(rows: list[dict[str, float | str | None]]) -> str:
    """Put numbers, script and style into the template."""
    data = {"effect": EFFECTS, "sd": SDS, "people": PEOPLE, "method": METHODS, "start": START, "cells": rows}
    label = f"{TRIALS:,} trials a combination, seed {SEED}, version {ar.__version__}, all else as assumed of ASTEROID"
    style, script = ((FOLDER / "what_if" / name).read_text(encoding="utf-8") for name in ("style.css", "page.js"))
    parts = {
        "@STYLE_HASH@": content_hash(style),
        "@SCRIPT_HASH@": content_hash(script),
        "@STYLE@": style,
        "@SCRIPT@": script,
        "@LABEL@": label,
        "@DATA@": json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),
    }
    text = (FOLDER / "what_if" / "template.html").read_text(encoding="utf-8")
    for mark, part in parts.items():
        text = text.replace(mark, part)
    return text


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    rows = [figures(cell) for cell in tqdm(cells(), desc="Simulating", unit="combination", disable=None)]
    path = write_file(FOLDER / "what-if.html", page(rows))
    print(f"wrote {path.name}: {len(rows)} combinations, {path.stat().st_size / 1000:.0f} kB")

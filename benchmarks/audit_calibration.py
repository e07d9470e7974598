"""How often the audit of printed lines flags a line that is right, and finds one that is wrong.

Writes docs/audit-calibration.md. Usage: python benchmarks/audit_calibration.py [--lines 100000] [--seed 1]
"""

import argparse
import math
import time
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from asteroid_repro.errors import InputError
from asteroid_repro.printed.audit_triple import audit_triple
from asteroid_repro.printed.feasible_df import bands, is_possible, ratio_range
from asteroid_repro.printed.printed_triple import FIELDS, PrintedTriple
from asteroid_repro.printed.rounding_interval import unit

PAGE = Path(__file__).parent.parent / "docs" / "audit-calibration.md"
MOVED_UNITS = 3


@dataclass(frozen=True)
class Result:
    """An unrounded result: estimate and standard error (log units for a ratio) and df (inf for z)."""

    estimate: float
    se: float
    df: float
    ratio: bool


def draw_result(rng: np.random.Generator) -> Result:
    """Draw a result; one in four is a ratio, one in five uses z, half lie on a grid of 1/40 where ties occur."""
    ratio = bool(rng.random() < 0.25)
    se = float(np.exp(rng.uniform(-3, -0.5 if ratio else 4)))
    estimate = float(rng.normal(0, 2.5) * se)
    if rng.random() < 0.5:
        estimate, se = round(estimate * 40) / 40, max(round(se * 40), 1) / 40
    df = math.inf if rng.random() < 0.2 else float(np.exp(rng.uniform(0, math.log(10_000))))
    return Result(estimate, se, df, ratio)


def print_result(result: Result, decimals: int, p_decimals: int, rule: str) -> PrintedTriple:
    """Print a result with 95 % limits; a p-value that would print as 0.000 is printed as <0.001, and so on."""
    critical = float(-ndtri(0.025) if math.isinf(result.df) else -stdtrit(result.df, 0.025))
    score = -abs(result.estimate) / result.se
    p = 2 * float(ndtr(score) if math.isinf(result.df) else stdtr(result.df, score))
    values = [result.estimate + k * critical * result.se for k in (0, -1, 1)]
    values = [math.exp(value) for value in values] if result.ratio else values
    estimate, lower, upper = (rounded(value, decimals, rule) for value in values)
    printed_p = rounded(p, p_decimals, rule)
    if p_decimals == 3 and float(printed_p) == 0:
        printed_p = "<0.001"
    return PrintedTriple(estimate, lower, upper, printed_p, ratio=result.ratio)


def rounded(value: float, decimals: int, rule: str) -> str:
    """Round the shortest decimal form of a value, so that what a person would call a tie is one."""
    return f"{Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), rounding=rule):f}"


def move(line: PrintedTriple, field: str, sign: int) -> PrintedTriple | None:
    """Move one printed number by 3 units of its last digit; None where p would leave 0 to 1 or is a bound."""
    printed = getattr(line, field)
    if printed[0] in "<>":
        return None
    for direction in (sign, -sign):
        value = Decimal(printed) + direction * MOVED_UNITS * unit(printed)
        impossible = not 0 <= value <= 1 if field == "p" else line.ratio and value < 0
        if not impossible:
            return replace(line, **{field: f"{value:f}"})  # type: ignore[arg-type]
    return None


def caught(line: PrintedTriple, field: str, sign: int) -> bool | None:
    """Return whether the moved line is noticed: as a contradiction, or as no result at all."""
    try:
        moved = move(line, field, sign)
    except InputError:
        return True
    if moved is None:
        return None
    one = bands(moved)
    return not is_possible(ratio_range(one), one["p"], moved.level)[0]  # the verdict alone is ten times as fast


def run(lines: int, seed: int) -> pd.DataFrame:
    """Audit every line as printed, and again with one number moved."""
    rng = np.random.default_rng(seed)
    rows = []
    for k in range(lines):
        result = draw_result(rng)
        decimals, p_decimals = int(rng.integers(0, 4)), int(rng.integers(0, 4))
        rule = ROUND_HALF_UP if k % 2 else ROUND_HALF_EVEN
        line = print_result(result, decimals, p_decimals, rule)
        audit = audit_triple(line)
        field, sign = FIELDS[int(rng.integers(0, 4))], int(rng.choice([-1, 1]))
        rows.append(
            {
                "rule": rule.removeprefix("ROUND_").lower().replace("_", "-"),
                "flagged": not audit.consistent,
                "truth_excluded": not audit.allows(result.df),
                "field": field,
                "measure": "ratio" if result.ratio else "difference",
                "decimals": p_decimals if field == "p" else decimals,
                "caught": caught(line, field, sign),
            }
        )
    return pd.DataFrame(rows)


def page(rows: pd.DataFrame, seed: int) -> str:
    """Return the page, every number in it from the run."""
    right = rows.groupby("rule")[["flagged", "truth_excluded"]].sum()
    right.insert(0, "lines", rows.groupby("rule").size())
    moved = rows[rows["caught"].notna()].astype({"caught": float})
    by_field = moved.groupby(["field", "decimals"])["caught"].agg(["size", "mean"]).reset_index()
    by_measure = moved.groupby(["field", "measure"])["caught"].agg(["size", "mean"]).reset_index()
    upper = 1 - 0.05 ** (1 / len(rows))
    return f"""# Calibration of the audit of printed lines

Generated by `make audit-calibration` (`benchmarks/audit_calibration.py`, seed {seed}). Do not edit.

A random result (estimate, standard error, z or t with real df from 1 to 10,000; one in four a ratio) is printed with 0
to 3 decimals, p with 0 to 3 decimals of its own, rounded half-up or half-even. Half of the results lie on a grid on
which ties occur.

## Lines that are right

`flagged`: called inconsistent. `truth excluded`: consistent, but the df that printed the line is not in the feasible
set. Both must be 0; the run fails otherwise. With 0 of {len(rows):,} the chance of a false alarm on such a line is
below {upper:.1g} (95 % bound).

{table(["rule", "lines", "flagged", "truth excluded"], right.reset_index().to_numpy().tolist())}

## Lines with one number moved by {MOVED_UNITS} units of its last digit

Share caught, with its Monte Carlo standard error (MCSE). A moved line counts as caught if it is inconsistent or no
result at all (an estimate outside its limits). Not moved, and not counted: a p-value printed as a bound, or one that
would leave 0 to 1. A p-value with few decimals, or of a small df, leaves much open: a wrong one often stays possible.

{table(["field", "decimals", "lines", "share caught", "MCSE"], [cells(row) for row in by_field.to_numpy().tolist()])}

All decimals together, by kind of measure:

{table(["field", "measure", "lines", "share caught", "MCSE"], [cells(row) for row in by_measure.to_numpy().tolist()])}
"""


def cells(row: list[object]) -> list[object]:
    """Return a row with its share printed beside its Monte Carlo standard error."""
    size, share = int(str(row[-2])), float(str(row[-1]))
    mcse = math.sqrt(share * (1 - share) / size)
    return [*row[:-2], size, f"{share:.3f}", f"{mcse:.3f}"]


def table(header: list[str], rows: list[list[object]]) -> str:
    """Return a Markdown table."""
    lines: list[list[object]] = [list(header), ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def main() -> None:
    """Run, write the page and print the time."""
    parser = argparse.ArgumentParser(description="Calibrate the audit of printed lines.")
    parser.add_argument("--lines", type=int, default=100_000, help="lines to print and audit")
    parser.add_argument("--seed", type=int, default=1, help="seed of the random results")
    options = parser.parse_args()
    start = time.perf_counter()
    rows = run(options.lines, options.seed)
    PAGE.write_text(page(rows, options.seed), encoding="utf-8")
    flagged = int(rows["flagged"].sum() + rows["truth_excluded"].sum())
    seconds = time.perf_counter() - start
    print(f"{len(rows)} lines, {flagged} false alarms, {1000 * seconds / len(rows):.2f} ms a line; wrote {PAGE.name}")
    if flagged:
        raise SystemExit(1)


if __name__ == "__main__":
    main()

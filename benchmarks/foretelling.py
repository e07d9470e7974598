"""How often sets that follow from print hold the people's values, and how often foretold intervals do.

Writes docs/foretelling-calibration.md. Usage: python benchmarks/foretelling.py [--papers 2000] [--seed 1]
"""

import argparse
import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, stdtr

import asteroid_repro as ar
from asteroid_repro.errors import InputError
from asteroid_repro.estimate.effects.methods import estimate_arrays
from asteroid_repro.estimate.inference import confidence_interval
from asteroid_repro.printed.left_open.nuisance import ANALYSES, nuisance_from_print
from asteroid_repro.reporting.records import markdown
from asteroid_repro.study_folder import Study
from asteroid_repro.verdicts.people_foretold.foretell import as_printed, intervals, printed_quantities
from asteroid_repro.verdicts.people_foretold.foretelling_plan import ForetellingPlan, read_plan
from asteroid_repro.verdicts.people_foretold.imagine import Imagined, imagine

PAGE = Path(__file__).parent.parent / "docs" / "foretelling-calibration.md"
STUDIES = ("acupuncture_headache", "neck_pain")
FIELDS = ("line", "means", "sds", "baseline_means", "baseline_sds")


@dataclass(frozen=True)
class Paper:
    """A trial and what is printed of it.

    Attributes
    ----------
    analysis : str
        The one that was done.
    printed : dict of str to Any
        Arguments of nuisance_from_print.
    truth : dict of str to float
        The people's own values.
    digits : int
        Decimals of what is printed.
    """

    analysis: str
    printed: dict[str, Any]
    truth: dict[str, float]
    digits: int


def papers(count: int, seed: int) -> Iterator[Paper]:
    """Yield simulated papers of all sizes, analyses and decimals; trials whose visits go apart are drawn anew."""
    rng = np.random.default_rng(seed)
    made = 0
    while made < count:
        sizes = (int(rng.integers(12, 200)), int(rng.integers(12, 200)))
        sd_0, sd, rho = rng.uniform(8, 25), rng.uniform(8, 25), rng.uniform(0.2, 0.9)
        covariance = np.array([[sd_0**2, rho * sd_0 * sd], [rho * sd_0 * sd, sd**2]])
        means = np.array([[50, 50 - rng.uniform(0, 15)], [50, 50 - rng.uniform(0, 8)]])
        arms = [rng.multivariate_normal(mean, covariance, n).T for mean, n in zip(means, sizes, strict=True)]
        truth = people(arms)
        if truth["correlation"] <= 0:
            continue
        made += 1
        yield paper(arms, truth, ANALYSES[int(rng.integers(len(ANALYSES)))], rng)


def people(arms: list[np.ndarray]) -> dict[str, float]:
    """Return the people's own values, pooled within arms."""
    n = sum(arm.shape[1] for arm in arms)
    pooled = sum(np.cov(arm) * (arm.shape[1] - 1) for arm in arms) / (n - 2)
    change = math.sqrt(pooled[0, 0] + pooled[1, 1] - 2 * pooled[0, 1])
    return {
        "correlation": float(pooled[0, 1] / math.sqrt(pooled[0, 0] * pooled[1, 1])),
        "sd": math.sqrt(pooled[1, 1]),
        "baseline_sd": math.sqrt(pooled[0, 0]),
        "change_sd": change,
        "residual_sd": change / math.sqrt(2),
        "baseline_difference": float(arms[0][0].mean() - arms[1][0].mean()),
        "difference": float(arms[0][1].mean() - arms[1][1].mean()),
    }


def paper(arms: list[np.ndarray], truth: dict[str, float], analysis: str, rng: np.random.Generator) -> Paper:
    """Print a trial: its line and a random choice of the other numbers, rounded half-up or half-even."""
    method, distribution = analysis.split()
    scores = [np.stack([0 * arm[0], arm[1]]) for arm in arms] if method == "follow_up" else arms
    how: Any = {"method": "change_score" if method == "follow_up" else method, "distribution": distribution}
    fit = estimate_arrays(scores[0][..., None], scores[1][..., None], **how)
    limits = confidence_interval(fit, 0.95)
    e, se, df, low, high = (
        float(np.ravel(each)[0]) for each in (fit.estimate, fit.standard_error, fit.df, limits.low, limits.high)
    )
    digits, rule = int(rng.integers(0, 3)), (ROUND_HALF_UP, ROUND_HALF_EVEN)[int(rng.integers(2))]
    p = 2 * float(ndtr(-abs(e) / se) if math.isinf(df) else stdtr(df, -abs(e) / se))
    p_text = "<0.001" if p < 0.001 else f"={rounded(p, 3, rule)}"
    line = f"{rounded(e, digits, rule)} ({rounded(low, digits, rule)} to {rounded(high, digits, rule)})"
    found: dict[str, Any] = {"line": line + (f", p{p_text}" if rng.random() < 0.5 else "")}
    found["people"] = (arms[0].shape[1], arms[1].shape[1])
    for visit, before in ((1, ""), (0, "baseline_")):
        if rng.random() < 0.7:
            found[f"{before}means"] = tuple(rounded(float(arm[visit].mean()), digits, rule) for arm in arms)
        if rng.random() < 0.7:
            found[f"{before}sds"] = tuple(rounded(float(arm[visit].std(ddof=1)), digits, rule) for arm in arms)
    return Paper(analysis, found, truth, digits)


def rounded(value: float, decimals: int, rule: str) -> str:
    """Round the shortest decimal form of a value, so that what a person would call a tie is one."""
    return f"{Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), rounding=rule):f}"


def with_a_wrong_digit(printed: dict[str, Any], rng: np.random.Generator) -> tuple[str, dict[str, Any]]:
    """Return the paper with one digit of one number typed wrong, and which number that is."""
    field = str(rng.choice([name for name in FIELDS if name in printed]))
    text = printed[field] if field == "line" else printed[field][(which := int(rng.integers(2)))]
    places = [k for k, sign in enumerate(text) if sign.isdigit()]
    place = int(rng.choice(places))
    other = str(rng.choice([digit for digit in "0123456789" if digit != text[place]]))
    wrong = text[:place] + other + text[place + 1 :]
    pair = wrong if field == "line" else tuple(wrong if k == which else each for k, each in enumerate(printed[field]))
    return field, printed | {field: pair}


def exact_rows(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield one row a set, and one a paper with a wrong digit."""
    rng = np.random.default_rng([seed, 1])
    for one in papers(count, seed):
        left = nuisance_from_print(**one.printed, analyses=[one.analysis])
        about = {"method": one.analysis.split()[0], "digits": one.digits}
        field, wrong = with_a_wrong_digit(one.printed, rng)
        yield about | {"kind": "paper", "empty": not left.possible}
        yield about | {"kind": "wrong digit", "field": field, **emptied(wrong, one.analysis)}
        for row in left.rows:
            if row.quantity in one.truth and not row.given:
                value, unit = one.truth[row.quantity], 10.0**-one.digits
                holds = row.low - 1e-9 <= value <= row.high + 1e-9
                width = row.high - row.low
                yield about | {"kind": "set", "quantity": row.quantity, "holds": holds, "width": width, "unit": unit}


def emptied(printed: dict[str, Any], analysis: str) -> dict[str, bool]:
    """Return whether nothing is left of a paper: under its own analysis, under the whole list."""
    try:
        found = nuisance_from_print(**printed)
    except InputError:  # limits the wrong way round, an estimate outside them
        return {"empty": True, "empty_in_all": True}
    return {"empty": analysis in found.impossible, "empty_in_all": not found.possible}


def foretold_rows(study: Study, plan: ForetellingPlan, count: int) -> Iterator[dict[str, Any]]:
    """Yield a row per quantity and imagined trial, each foretold from what it would print, its own draw left out."""
    imagined = imagine(study, plan)
    known = {name: one.printed for name, one in plan.known.items()}
    texts = {name: text for name, text in printed_quantities(study).items() if name not in known} | known
    for draw in np.unique(imagined.draw)[:count]:
        first = int(np.flatnonzero(imagined.draw == draw)[0])
        for entry in intervals(imagined, _printed(imagined, first, texts), level=plan.level, left_out=int(draw)):
            if entry.status == "foretold":
                value = float(f"{imagined.quantities[entry.quantity][first]:.4g}")  # as the limits are given
                holds = entry.low <= value <= entry.high
                yield {"quantity": entry.quantity, "holds": holds, "width": entry.high - entry.low}


def _printed(imagined: Imagined, trial: int, texts: dict[str, str]) -> dict[str, str]:
    return {
        name: f"{as_printed(imagined.quantities[name][[trial]], text)[0]:.{len(text.partition('.')[2])}f}"
        for name, text in texts.items()
    }


def page(exact: pd.DataFrame, foretold: dict[str, pd.DataFrame], seed: int) -> str:
    """Return the page, every number in it from the run."""
    paper_rows, wrong, sets = (exact[exact["kind"] == kind] for kind in ("paper", "wrong digit", "set"))
    relative = sets.assign(units=sets["width"] / sets["unit"])
    by_quantity = relative.groupby("quantity").agg(
        sets=("holds", "size"),
        hold=("holds", "sum"),
        median_width=("width", "median"),
        in_last_digits=("units", "median"),
    )
    wrong = wrong.astype({"empty": float, "empty_in_all": float})
    caught = wrong.groupby("field").agg(papers=("empty", "size"), own=("empty", "mean"), all=("empty_in_all", "mean"))
    totals = wrong[["empty", "empty_in_all"]].mean()
    parts = []
    for name, rows in foretold.items():
        each = rows.groupby("quantity").agg(papers=("holds", "size"), hold=("holds", "mean"), width=("width", "median"))
        parts += [f"### {name}", f"All together: {share(rows['holds'])}.", _table(each)]
    together = pd.concat(foretold.values())["holds"]
    count = sum(rows.groupby("quantity").size().max() for rows in foretold.values())
    paragraphs = "\n\n".join(parts)
    return f"""# Calibration of foretelling

Generated by `make foretelling-calibration` (`benchmarks/foretelling.py`, seed {seed}). Do not edit. All people here are
SIMULATED.

## Exact sets

Papers: {len(paper_rows):,}. Each is a simulated trial of two arms of 12 to 199 people and two visits, analysed by one
of the {len(ANALYSES)} analyses of the list, and printed with 0 to 2 decimals, rounded half-up or half-even, with a
p-value or without, and with means and SDs of each visit or without. `nuisance_from_print` says what that leaves open
under the analysis that was done. The sets must hold the people's own values always.

- Sets that hold: {int(sets["holds"].sum()):,} of {len(sets):,}.
- Empty sets of papers that are right: {int(paper_rows["empty"].sum())} of {len(paper_rows):,}.
- One digit of one number typed wrong: empty under the analysis that was done in {share(wrong["empty"])} of papers,
  under every analysis of the list in {100 * totals["empty_in_all"]:.1f} %. An error that rounding covers, or that moves
  a set instead of emptying it, is not seen.

Width of the sets, in points and in units of the last printed digit:

{_table(by_quantity)}

Share of papers left empty by one wrong digit, by the number that it is in: under the analysis that was done (own), and
under all.

{_table(caught)}

## Foretold intervals

Papers: {count:,}. Trials were simulated under the ranges in `foretelling.toml` of each study; each was foretold at 95 %
from what it would print, as the study's people were, without the trials of its own draw. All intervals together hold
{share(together)} of the time; from 93 to 97 % is wanted. Shares of people at the better end of a scale are foretold
from 0 up.

{paragraphs}
"""


def share(holds: pd.Series) -> str:
    """Return a share in per cent with its Monte Carlo standard error, which takes rows as independent."""
    mean = float(holds.astype(float).mean())
    return f"{100 * mean:.1f} % (MCSE {100 * math.sqrt(mean * (1 - mean) / len(holds)):.1f})"


def _table(frame: pd.DataFrame) -> str:
    shown = frame.reset_index()
    for name in shown.columns:
        if shown[name].dtype == float:
            shown[name] = shown[name].map(lambda value: f"{value:.3g}")
    return markdown(shown.rename(columns=lambda name: str(name).replace("_", " ")))


def main() -> None:
    """Run and write the page."""
    parser = argparse.ArgumentParser(description="Calibrate foretelling.")
    parser.add_argument("--papers", type=int, default=2000, help="papers of each half")
    parser.add_argument("--seed", type=int, default=1, help="seed of the papers for the exact sets")
    options = parser.parse_args()
    exact = pd.DataFrame(exact_rows(options.papers, options.seed))
    foretold = {}
    for name in STUDIES:
        own = ar.study(name)
        foretold[own.design.name] = pd.DataFrame(foretold_rows(own, read_plan(own), options.papers // len(STUDIES)))
    PAGE.write_text(page(exact, foretold, options.seed), encoding="utf-8")
    failed = int((~exact.loc[exact["kind"] == "set", "holds"].astype(bool)).sum())
    print(f"{failed} sets without the people's value; wrote {PAGE.name}")
    if failed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()

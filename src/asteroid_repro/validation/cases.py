"""The comparisons of a validation: each gives what is expected, and what this installation gives."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import StringIO
from itertools import pairwise
from math import inf, sqrt
from typing import Any, Final

import numpy as np
import pandas as pd

from asteroid_repro.asteroid import ASTEROID
from asteroid_repro.estimate.effects.estimate_effects import Effect, estimate_effects
from asteroid_repro.estimate.effects.methods import Distribution
from asteroid_repro.estimate.safety.rate_limits import exact_poisson_limits, mid_p_poisson_limits
from asteroid_repro.evaluate.performance import operating_characteristics
from asteroid_repro.planning.approximate_power import two_sided
from asteroid_repro.printed.audit_triple import audit_triple
from asteroid_repro.printed.granularity import grim
from asteroid_repro.simulate.trial_tables import simulate_trial

_STRD: Final = "scipy.stats.tests.data"
# Two groups of AtmWtAg and the residuals of Norris, as NIST certifies them.
_ATMWTAG_F, _ATMWTAG_SD, _ATMWTAG_DF = 15.9467335677930, 1.51048314446410e-05, 46
_NORRIS_SLOPE, _NORRIS_SLOPE_SE, _NORRIS_SD, _NORRIS_DF = 1.00211681802045, 0.429796848199937e-03, 0.884796396144373, 34


@dataclass(frozen=True)
class Comparison:
    """One number of this installation beside what it should be.

    Attributes
    ----------
    case : str
        What is compared.
    expected, ours : float
        The reference, and this installation.
    tolerance : float
        Largest distance allowed; 0 where the digits of the requirement decide.
    """

    case: str
    expected: float
    ours: float
    tolerance: float = 0.0


@cache
def from_r() -> dict[str, Any]:
    """Return the committed outputs of R."""
    found: dict[str, Any] = json.loads((files(__package__) / "references" / "from_r.json").read_text(encoding="utf-8"))
    return found


def comparisons() -> Mapping[str, Callable[[], Iterator[Comparison]]]:
    """Return the comparisons of each requirement, by its id."""
    return {
        "mmrm": lambda: _against_r("mmrm"),
        "random_intercept": lambda: _against_r("random_intercept"),
        "ancova": lambda: _against_r("ancova"),
        "nist_anova": _nist_anova,
        "nist_regression": _nist_regression,
        "closed_form": _closed_forms,
        "rates": _rates,
        "power": _power,
        "type_one_error": _type_one_error,
        "audit": _audit,
        "anchors": _anchors,
    }


@cache
def _table(name: str) -> pd.DataFrame:
    wide = pd.read_csv(StringIO(from_r()["tables"][name]))
    long = wide.melt(["participant", "arm"], var_name="week", value_name="value")
    return long.assign(week=long["week"].str.removeprefix("week_").astype(int), outcome="score")


@cache
def _effects(name: str, method: str, distribution: Distribution) -> dict[float, Effect]:
    treatment, reference = sorted(_table(name)["arm"].unique())
    found = estimate_effects(
        _table(name), method=method, distribution=distribution, treatment=treatment, reference=reference
    )
    return {row.week: row for row in found.rows}


def _against_r(method: str) -> Iterator[Comparison]:
    for row in from_r()["effects"]:
        if row["method"] == method:
            ours = _effects(row["data_set"], method, row["distribution"])[row["week"]]
            case = f"{row['data_set']}, week {row['week']}, {row['distribution']}"
            yield Comparison(f"{case}: estimate", row["estimate"], ours.estimate)
            yield Comparison(f"{case}: standard error", row["se"], ours.se)
            yield Comparison(f"{case}: degrees of freedom", inf if row["df"] is None else row["df"], ours.df)


def _strd(name: str) -> np.ndarray:
    """Return the two columns of a data set of NIST, of which the data begin after the last heading."""
    lines = (files(_STRD) / name).read_text(encoding="ascii").splitlines()
    start = max(number for number, line in enumerate(lines) if line.startswith("Data:")) + 1
    return np.array([[float(word) for word in line.split()] for line in lines[start:] if line.strip()])


def _change_table(arm: np.ndarray, baseline: np.ndarray, later: np.ndarray) -> pd.DataFrame:
    """Return two visits of people as a table of outcomes; arms are ``treatment`` and ``reference``."""
    people = pd.DataFrame({"participant": range(len(arm)), "arm": arm, "outcome": "score"})
    return pd.concat([people.assign(week=0, value=baseline), people.assign(week=1, value=later)])


def _nist_anova() -> Iterator[Comparison]:
    instrument, weight = _strd("nist_anova/AtmWtAg.dat").T
    arm = np.where(instrument == 1, "treatment", "reference")
    table = _change_table(arm, np.zeros(len(arm)), weight)
    (row,) = estimate_effects(table, method="change_score", distribution="t").rows
    people = len(arm) / 2
    yield Comparison("F statistic", _ATMWTAG_F, (row.estimate / row.se) ** 2)
    yield Comparison("residual standard deviation", _ATMWTAG_SD, row.se * sqrt(people / 2))
    yield Comparison("degrees of freedom", _ATMWTAG_DF, row.df)


def _nist_regression() -> Iterator[Comparison]:
    y, x = _strd("nist_linregress/Norris.dat").T
    shift, n = 100.0, len(x)
    arm = np.repeat(["treatment", "reference"], n)
    table = _change_table(arm, np.concatenate([x + shift, x]), np.concatenate([y, y]))
    (row,) = estimate_effects(table, method="ancova", distribution="t").rows
    # Two copies have twice the sums of squares; the shift is the difference of the baseline means.
    squares = 2 * (_NORRIS_SD / _NORRIS_SLOPE_SE) ** 2
    variance = 2 * _NORRIS_DF * _NORRIS_SD**2 / (2 * n - 3)
    yield Comparison("adjusted difference: the slope times the shift", -_NORRIS_SLOPE * shift, row.estimate)
    yield Comparison("its standard error", sqrt(variance * (2 / n + shift**2 / squares)), row.se)
    yield Comparison("degrees of freedom", 2 * n - 3, row.df)


def _closed_forms() -> Iterator[Comparison]:
    wide = _table("complete").pivot_table(index=["arm", "participant"], columns="week", values="value")
    arms = [wide.loc[arm].to_numpy() for arm in sorted(wide.index.levels[0])]  # type: ignore[attr-defined]
    n, visits = len(wide), wide.shape[1]
    h = sum(1 / len(arm) for arm in arms)
    covariance = sum((arm - arm.mean(axis=0)).T @ (arm - arm.mean(axis=0)) for arm in arms)
    first, last, both = (covariance[at] / (n - 2) for at in ((0, 0), (-1, -1), (0, -1)))
    within = (np.trace(covariance) - covariance.sum() / visits) / ((n - 2) * (visits - 1))
    difference = arms[0].mean(axis=0) - arms[1].mean(axis=0)
    for method, se in (("mmrm", sqrt(h * (first + last - 2 * both))), ("random_intercept", sqrt(2 * h * within))):
        ours = _effects("complete", method, "z")[float(wide.columns[-1])]
        yield Comparison(f"{method}: net difference", difference[-1] - difference[0], ours.estimate)
        yield Comparison(f"{method}: standard error", se, ours.se)


def _rates() -> Iterator[Comparison]:
    limits = {"exact": exact_poisson_limits, "mid_p": mid_p_poisson_limits}
    for row in from_r()["limits"]:
        ours = limits[row["what"]](int(row["a"]), float(row["level"]))
        case = f"{row['what']}, {row['a']} events, level {row['level']}"
        yield Comparison(f"{case}: lower", float(row["low"]), ours.low)
        yield Comparison(f"{case}: upper", float(row["high"]), ours.high)


def _power() -> Iterator[Comparison]:
    from scipy.integrate import quad
    from scipy.stats import chi2, norm, t

    for shift, df in ((0.0, 38), (1.5, 38), (2.8, 38), (3.0, 10), (4.5, 200)):
        critical = float(t.ppf(0.975, df))

        def beyond(square: float, shift: float, df: int, critical: float) -> float:
            limit = critical * sqrt(square / df)
            return float((norm.sf(limit - shift) + norm.cdf(-limit - shift)) * chi2.pdf(square, df))

        ends = [float(chi2.ppf(1e-14, df)), float(df), float(chi2.isf(1e-14, df))]
        parts = [quad(beyond, *part, (shift, df, critical), epsabs=1e-13, epsrel=1e-12)[0] for part in pairwise(ends)]
        expected = float(sum(parts))
        yield Comparison(f"t of {df} degrees of freedom, shift {shift:g}", expected, two_sided(shift, df, critical))


def _type_one_error() -> Iterator[Comparison]:
    trials = 20_000
    record = ASTEROID.without_effect()
    found = operating_characteristics(record, trials=trials, seed=1, method="mmrm", distribution="kenward_roger")
    for outcome in record.design.outcome_names:
        share = found.value(outcome, "power").value
        yield Comparison(f"{outcome}: share rejected at 0.05", 0.05, share, 4 * sqrt(0.05 * 0.95 / trials))


def _audit() -> Iterator[Comparison]:
    lines = {"-15.30 (-25.33, -5.27), p=0.003": True, "-5.20 (-10.12, -0.24), p=0.038": False}
    for line, expected in lines.items():
        yield Comparison(f"{line}: consistent", float(expected), float(audit_triple(line).consistent))
    means = (("5.19", 28, False), ("5.18", 28, True), ("5.21", 28, True), ("3.45", 20, True), ("3.47", 20, False))
    for mean, n, possible in means:
        yield Comparison(
            f"mean {mean} of {n} whole numbers: possible", float(possible), float(grim(mean, n).consistent)
        )


def _anchors() -> Iterator[Comparison]:
    trial = simulate_trial(ASTEROID, seed=2024)
    found = estimate_effects(trial, method="mmrm", distribution="kenward_roger")
    rows = {(row.outcome, row.week): row for row in found.rows}
    for anchor in json.loads((files(__package__) / "references" / "anchors.json").read_text(encoding="utf-8")):
        ours = rows[anchor["outcome"], anchor["week"]]
        case = f"{anchor['outcome']}, week {anchor['week']:g}"
        for field in ("estimate", "se", "df", "p_value"):
            yield Comparison(f"{case}: {field}", anchor[field], getattr(ours, field))

r"""What a printed difference in change becomes when the chance imbalance at baseline is adjusted for.

Print gives the unadjusted difference e with its interval, the baseline means and the people; how far a later score
follows the first it does not give. So the answer is a curve over the correlation of the two visits.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from asteroid_repro.errors import InputError, check_positive
from asteroid_repro.printed.audit_triple import audit_triple
from asteroid_repro.printed.granularity import check_count
from asteroid_repro.printed.model_evidence import model_evidence
from asteroid_repro.printed.printed_triple import PrintedTriple
from asteroid_repro.printed.reading.printed_line import parse_line
from asteroid_repro.printed.standard_error import critical_of_print
from asteroid_repro.tables.result_table import ResultTable

CORRELATIONS: Final = tuple((np.arange(20) / 20).tolist())
"""Of baseline and later visit: where a curve is drawn when nothing else is asked for."""


@dataclass(frozen=True)
class AdjustedDifference:
    """The baseline-adjusted difference behind a printed one, under one reading of the print.

    Attributes
    ----------
    correlation : float
        Supposed correlation of baseline and later visit.
    model, distribution, likelihood : str
        The analysis that is supposed to have printed the line.
    sd : float
        SD of scores at baseline that the line then implies, points.
    slope : float
        Slope of a later score on the baseline.
    estimate, se, ci_low, ci_high : float
        Adjusted difference, treatment minus reference, points.
    df : float
        Degrees of freedom of its t, n - 3.
    p_value : float
        Two-sided.
    """

    correlation: float
    model: str
    distribution: str
    likelihood: str
    sd: float
    slope: float
    estimate: float
    se: float
    df: float
    ci_low: float
    ci_high: float
    p_value: float


@dataclass(frozen=True)
class AdjustedFromPrint(ResultTable):
    """A printed difference adjusted for the baseline: a curve over the correlation, for each reading of the print.

    Attributes
    ----------
    line : PrintedTriple
        What was printed.
    baseline : tuple of float
        Printed baseline means, treatment and reference, points.
    people : tuple of int
        People in the treatment and the reference arm.
    rows : tuple of AdjustedDifference
        One a reading of the print and correlation.
    label : str
        What it is.
    """

    line: PrintedTriple
    baseline: tuple[float, float]
    people: tuple[int, int]
    rows: tuple[AdjustedDifference, ...]
    label: str

    @property
    def imbalance(self) -> float:
        """Treatment minus reference mean at baseline, points."""
        return self.baseline[0] - self.baseline[1]

    def answer(self) -> str:
        """Say what the printed difference becomes, over which correlations."""
        least, most = (bound([row.estimate for row in self.rows]) for bound in (min, max))
        correlations = [row.correlation for row in self.rows]
        over = f"{least:.1f} to {most:.1f} over correlations of {min(correlations):g} to {max(correlations):g}"
        return f"Printed {self.line.estimate}, imbalance at baseline {self.imbalance:.4g}: adjusted {over}."

    def short_frame(self) -> pd.DataFrame:
        """Return the first reading of the print, its numbers alone."""
        first = self.rows[0]
        how = (first.model, first.distribution, first.likelihood)
        rows = [row for row in self.rows if (row.model, row.distribution, row.likelihood) == how]
        shown = ["correlation", "sd", "estimate", "se", "ci_low", "ci_high", "p_value"]
        return pd.DataFrame([{name: getattr(row, name) for name in shown} for row in rows]).round(5)

    def notes(self) -> tuple[str, ...]:
        """Say what is supposed, and what the short table leaves out."""
        first = self.rows[0]
        how = f"{first.model}, {first.distribution}, {first.likelihood}"
        return (
            "Supposes complete data, one slope in both arms, and equal correlations where a random intercept printed.",
            f"Shown: the line as printed by {how}. The other analyses that could have printed it are in to_frame().",
        )


def readings_of_print(line: PrintedTriple | str, n_treatment: int, n_reference: int, *, n_visits: int) -> pd.DataFrame:
    r"""List the unadjusted analyses that could have printed a line, each with the spread that it implies.

    A standard error of the difference in change is :math:`\mathrm{SE} = w/c`, w the printed half-width and c the
    critical value. With :math:`h = 1/n_1 + 1/n_0`, :math:`\mathrm{SE}^2 = h D^2`, D the SD of a change, by restricted
    maximum likelihood (REML). Maximum likelihood (ML) divides by n where REML divides by n - 2, so D is larger by
    :math:`\sqrt{n/(n - 2)}`.

    Parameters
    ----------
    line : PrintedTriple or str
        With limits.
    n_treatment, n_reference : int
        People per arm.
    n_visits : int
        Visits, the baseline included.

    Returns
    -------
    pandas.DataFrame
        model, distribution, df (inf for z), likelihood, se and change_sd, points; one row a reading.

    Raises
    ------
    InputError
        A line without limits, or one that no such analysis prints.

    Examples
    --------
    >>> found = readings_of_print("-19.35 (-32.01, -6.69), p=0.003", 20, 20, n_visits=3)
    >>> found[found["distribution"] == "z"].groupby("likelihood")["change_sd"].first().round(2).to_dict()
    {'ML': 20.96, 'REML': 20.43}
    """
    printed = parse_line(line) if isinstance(line, str) else line
    if printed.lower is None or printed.upper is None:
        raise InputError(f"line must have confidence limits, got {printed}. Without them print has no spread.")
    table = model_evidence(printed, n_treatment, n_reference, n_visits=n_visits)
    table = table[table["compatible"] & (table["model"] != "ANCOVA")].drop(columns="compatible")
    if table.empty:
        why = "" if audit_triple(printed).consistent else ", and the line contradicts itself"
        raise InputError(f"line must be one that an unadjusted analysis prints, got {printed}{why}. Audit it.")
    n = n_treatment + n_reference
    width = (float(printed.upper) - float(printed.lower)) / 2
    both = table.merge(pd.DataFrame({"likelihood": ["REML", "ML"]}), how="cross")
    se = width / both["df"].map(lambda df: critical_of_print(df, printed.level))
    larger = both["likelihood"].map({"REML": 1.0, "ML": math.sqrt(n / (n - 2))})
    return both.assign(se=se, change_sd=se * larger / math.sqrt(1 / n_treatment + 1 / n_reference))


def adjusted_from_print(
    line: PrintedTriple | str, *, baseline: tuple[float, float], people: tuple[int, int], n_visits: int = 2,
    correlations: Sequence[float] = CORRELATIONS, sd_ratio: float = 1.0,
) -> AdjustedFromPrint:  # fmt: skip
    r"""Adjust a printed difference in change for the chance imbalance at baseline.

    With e the printed difference, :math:`d_1` the imbalance, :math:`\rho` the correlation of baseline and later visit
    and r the SD there over that at baseline, the slope of a later score on the baseline is :math:`b = \rho r`. Print
    fixes the SD of a change, D (:func:`asteroid_repro.printed.adjusted.readings_of_print`), so the SD at baseline is
    :math:`\sigma = D/\sqrt{1 + r^2 - 2\rho r}`, and analysis of covariance of the same people gives

    .. math:: e + (1 - b)\,d_1, \qquad \mathrm{SE}^2 = r^2\sigma^2 (1 - \rho^2) \frac{n-2}{n-3}
              \left(h + \frac{d_1^2}{(n - 2)\sigma^2}\right), \qquad h = \frac1{n_1} + \frac1{n_0},

    with t on n - 3. Without an imbalance, or with slope 1, the estimate is the printed one (Senn 2006,
    doi:10.1002/sim.2682; Vickers & Altman 2001, doi:10.1136/bmj.323.7321.1123).

    Parameters
    ----------
    line : PrintedTriple or str
        The printed difference in change (or of final means of arms that began alike), with its limits.
    baseline : tuple of float
        Printed baseline means of the treatment and the reference arm, points.
    people : tuple of int
        People in the treatment and the reference arm; all of them have both visits.
    n_visits : int
        Visits of the mixed model behind the line, the baseline included.
    correlations : sequence of float
        Correlations of baseline and later visit to suppose, in (-1, 1).
    sd_ratio : float
        SD at the later visit over that at baseline.

    Returns
    -------
    AdjustedFromPrint
        For every analysis that could have printed the line and every correlation, the adjusted difference.

    Raises
    ------
    InputError
        A line without limits, a ratio, a line that no unadjusted analysis prints, or a correlation out of range.

    Examples
    --------
    Current pain of ASTEROID at a correlation of 0.5: the arm that ran began 9.3 points better.

    >>> line = "-19.35 (-32.01, -6.69), p=0.003"
    >>> found = adjusted_from_print(line, baseline=(30.8, 40.1), people=(20, 20), correlations=[0.5])
    >>> one = found.rows[0]
    >>> one.model, one.distribution, one.likelihood
    ('random intercept', 'z', 'REML')
    >>> [round(value, 1) for value in (one.estimate, one.ci_low, one.ci_high)]
    [-24.0, -35.8, -12.2]
    """
    printed = parse_line(line) if isinstance(line, str) else line
    if printed.ratio or printed.estimate is None:
        raise InputError(f"line must have a difference of means as its estimate, got {printed}. Give such a line.")
    n_treatment, n_reference = (check_count("people", number, 2) for number in people)
    check_positive("sd_ratio", sd_ratio, "Give 1 where the two visits have one SD.")
    for rho in correlations:
        if not -1 < rho < 1:
            raise InputError(f"correlations must be in (-1, 1), got {rho!r}. Give for instance 0.5.")
    readings = readings_of_print(printed, n_treatment, n_reference, n_visits=n_visits)
    arms, apart = (n_treatment, n_reference), baseline[0] - baseline[1]
    rows = [
        _adjusted(printed, apart, arms, reading, slope=float(rho) * sd_ratio, ratio=sd_ratio)
        for (_, reading), rho in product(readings.iterrows(), correlations)
    ]
    label = f"Print re-analysed, nothing simulated: {printed}, adjusted for the baseline"
    return AdjustedFromPrint(printed, baseline, people, tuple(rows), label)


def _adjusted(
    line: PrintedTriple, apart: float, people: tuple[int, int], reading: "pd.Series[Any]", *, slope: float, ratio: float
) -> AdjustedDifference:
    n, h, rho = sum(people), 1 / people[0] + 1 / people[1], slope / ratio
    sd = float(reading["change_sd"]) / math.sqrt(1 + ratio**2 - 2 * slope)
    residual = (ratio * sd) ** 2 * (1 - rho**2) * (n - 2) / (n - 3)
    se = math.sqrt(residual * (h + apart**2 / ((n - 2) * sd**2)))
    estimate = float(str(line.estimate)) + (1 - slope) * apart
    margin = float(stdtrit(n - 3, (1 + line.level) / 2)) * se
    return AdjustedDifference(
        correlation=rho,
        model=reading["model"],
        distribution=reading["distribution"],
        likelihood=reading["likelihood"],
        sd=sd,
        slope=slope,
        estimate=estimate,
        se=se,
        df=n - 3.0,
        ci_low=estimate - margin,
        ci_high=estimate + margin,
        p_value=2 * float(stdtr(n - 3, -abs(estimate) / se)),
    )

"""What print leaves open of standard deviations, correlations and baseline means: exact sets, an analysis at a time."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from asteroid_repro.errors import InputError, check_choice
from asteroid_repro.printed.granularity import check_count
from asteroid_repro.printed.left_open.interval_arithmetic import NOTHING, image, is_empty, meet, size
from asteroid_repro.printed.left_open.printed_arms import Arms, Pair, printed_arms
from asteroid_repro.printed.left_open.printed_line_se import LineSE, line_se
from asteroid_repro.printed.printed_triple import PrintedTriple
from asteroid_repro.printed.reading.printed_line import parse_line
from asteroid_repro.tables.limits import Limits
from asteroid_repro.tables.result_table import ResultTable

MOST_IMBALANCE: Final = 6.0
"""Standard errors that the arms of a randomised trial may differ by at baseline: more happens once in 500 million."""
CORRELATIONS: Final = (0.25, 0.5, 0.75)
"""Where the SD is left open together with the correlation, the SD is shown at these."""
_ALIKE: Final = "the same SD at both visits"


@dataclass(frozen=True)
class Left:
    """What print leaves open of one quantity.

    Attributes
    ----------
    analysis : str
        The analysis and reference distribution supposed, such as ``ancova t``.
    quantity : str
        ``se`` (of the estimate), ``sd``, ``baseline_sd``, ``change_sd``, ``residual_sd`` (within arms, pooled),
        ``correlation`` (of the visit with baseline, within arms, pooled), ``baseline_difference`` or ``difference``
        (treatment minus reference, points).
    low, high : float
        The closed interval; nan where nothing is possible.
    given : str
        What is supposed beside; or why nothing is possible.
    """

    analysis: str
    quantity: str
    low: float
    high: float
    given: str = ""


@dataclass(frozen=True, repr=False)
class Nuisance(ResultTable):
    """What print leaves open.

    Attributes
    ----------
    rows : tuple of Left
        By analysis; one that could not have printed the numbers has one row, with the reason.
    printed : str
        The numbers that it follows from.
    """

    rows: tuple[Left, ...]
    printed: str
    label = "What print leaves open"

    @property
    def possible(self) -> tuple[str, ...]:
        """The analyses that could have printed all of it."""
        return tuple(dict.fromkeys(row.analysis for row in self.rows if not math.isnan(row.low)))

    @property
    def impossible(self) -> tuple[str, ...]:
        """The analyses that could not: for these the set is empty."""
        return tuple(row.analysis for row in self.rows if math.isnan(row.low))

    def left(self, analysis: str, quantity: str, given: str = "") -> Limits[float]:
        """Return what is left open of a quantity; nan where the analysis could not have printed the numbers.

        Raises
        ------
        InputError
            Nothing is known of that quantity.
        """
        rows = [row for row in self.rows if row.analysis == analysis]
        if rows and math.isnan(rows[0].low):
            return NOTHING
        for row in rows:
            if (row.quantity, row.given) == (quantity, given):
                return Limits(row.low, row.high)
        known = ", ".join(f"{row.quantity} ({row.given})" if row.given else row.quantity for row in rows) or "none"
        raise InputError(f"quantity must be one that {analysis} leaves open, {known}, got {quantity!r}. Choose one.")

    def answer(self) -> str:
        """Return what could have printed the numbers, in a sentence."""
        if not self.possible:
            return f"No analysis of the list prints all of this: {self.printed}."
        return f"{self.printed} could have come from {', '.join(self.possible)}" + (
            f"; not from {', '.join(self.impossible)}." if self.impossible else "."
        )


def nuisance_from_print(
    line: PrintedTriple | str,
    *,
    people: tuple[int, int],
    means: Pair = (None, None),
    sds: Pair = (None, None),
    standard_errors: Pair = (None, None),
    baseline_means: Pair = (None, None),
    baseline_sds: Pair = (None, None),
    baseline_standard_errors: Pair = (None, None),
    reductions: Pair = (None, None),
    responders: Pair = (None, None),
    response: float | None = None,
    better: str = "lower",
    scale: tuple[float, float] | None = None,
    visits: int = 2,
    analyses: Sequence[str] | None = None,
    level: float = 0.95,
) -> Nuisance:
    r"""Return what print leaves open of SDs, correlation and baseline, for each analysis that may have been done.

    Every printed number stands for the interval of values that print so. With :math:`n` people in all, :math:`h = 1/n_1
    + 1/n_2`, pooled SDs :math:`s_0, s_1` at baseline and at the visit, their correlation :math:`\rho` within arms,
    :math:`\Delta_0, \Delta_1` the differences of means and :math:`k = \Delta_1 - e` for the estimate :math:`e`:

    - ``ancova`` (df :math:`n - 3`): :math:`k = \rho s_1 \Delta_0 / s_0`, :math:`SE^2 = s_1^2 (1 - \rho^2)
      \frac{n - 2}{n - 3} (h + \frac{k^2}{\rho^2 s_1^2 (n - 2)})`, a quadratic in :math:`\rho^2`
    - ``change_score`` (df :math:`n - 2`; on complete data MMRM too): :math:`k = \Delta_0`, :math:`SE^2 = h (s_0^2 +
      s_1^2 - 2 \rho s_0 s_1)`
    - ``follow_up`` (df :math:`n - 2`; the difference at the visit alone): :math:`k = 0`, :math:`SE^2 = h s_1^2`
    - ``random_intercept`` (df :math:`(V - 1)(n - 2)`): :math:`k = \Delta_0`, :math:`SE^2 = 2 h \sigma^2`, where
      :math:`\sigma^2 = s^2 (1 - \rho)` if all SDs and correlations are alike

    each with t or z. The correlation is taken to be positive, and the arms to differ at baseline by no more than 6
    standard errors. The bounds are found at the corners of the intervals, so they hold every value that could have been
    printed; a set that is empty is a finding.

    Parameters
    ----------
    line : PrintedTriple or str
        The effect, treatment minus reference: two of estimate, limits and p.
    people : tuple of int
        Analysed in the treatment and the reference arm, at least 3.
    means, sds, standard_errors : tuple of str or None
        Of the scores at the visit, treatment and reference, as printed; an SE of a mean stands for its SD.
    baseline_means, baseline_sds, baseline_standard_errors : tuple of str or None
        At baseline.
    reductions : tuple of str or None
        By how many per cent the mean of an arm fell from baseline to the visit.
    responders : tuple of str or None
        Per cent of an arm who improved by at least ``response`` points.
    response : float, optional
        Those points.
    better : {"lower", "higher"}
        Which way is an improvement.
    scale : tuple of float, optional
        Lowest and highest score.
    visits : int
        Visits, the baseline included, for the degrees of freedom of a random intercept.
    analyses : sequence of str, optional
        Such as ``["ancova t"]``; the whole list when not given.
    level : float
        Of the limits, where a text names none.

    Returns
    -------
    Nuisance
        A row per analysis and quantity.

    Raises
    ------
    InputError
        A text that is no result line or no number, an unknown analysis, too few people.

    Examples
    --------
    Four printed numbers and the people of each arm leave the correlation of two visits a year apart:

    >>> found = nuisance_from_print("-4.6 (-7.0 to -2.2)", people=(161, 140), means=("16.2", "22.3"),
    ...                             sds=("13.7", "17.0"), analyses=["ancova t"])
    >>> left = found.left("ancova t", "correlation")
    >>> round(left.low, 2), round(left.high, 2)
    (0.71, 0.74)
    """
    printed = parse_line(line, level=level) if isinstance(line, str) else line
    both = (check_count("people", people[0], 3), check_count("people", people[1], 3))
    arms = printed_arms(
        both,
        at_visit=(means, sds, standard_errors),
        at_baseline=(baseline_means, baseline_sds, baseline_standard_errors),
        reductions=reductions, responders=responders, response=response, sign=-1 if better == "lower" else 1,
        scale=scale,
    )  # fmt: skip
    rows: list[Left] = []
    for analysis in ANALYSES if analyses is None else analyses:
        check_choice("analysis", analysis, ANALYSES)
        method, distribution = analysis.split()
        df = math.inf if distribution == "z" else _DF[method](sum(both), visits)
        rows += _rows(analysis, _METHODS[method](line_se(printed, df), arms))
    shown = [str(printed), f"people {both[0]} + {both[1]}", *arms.shown]
    return Nuisance(tuple(rows), "; ".join(shown))


Found = list[tuple[str, Limits[float], str]]  # quantity, interval, what is supposed beside


def _rows(analysis: str, found: Found) -> list[Left]:
    """Return the rows of an analysis; one row where an interval is empty whatever is supposed beside."""
    for quantity, interval, given in found:
        if is_empty(interval) and not given:
            return [Left(analysis, quantity, interval.low, interval.high, f"no {quantity} prints all of this")]
    kept = (row for row in found if not is_empty(row[1]))  # what was supposed beside the others cannot be
    return [Left(analysis, quantity, interval.low, interval.high, given) for quantity, interval, given in kept]


def _ancova(line: LineSE, arms: Arms) -> Found:
    n, h = arms.n, arms.h
    k = None if arms.difference is None else image(lambda d, e: d - e, arms.difference, line.estimate)
    found: Found = [("se", line.se, "")]
    if arms.sd is None:
        far = Limits(0.0, MOST_IMBALANCE)
        for each in CORRELATIONS:
            free = (n - 3) / (h * (1 - each**2))
            sds = image(lambda se, t, free=free: se * math.sqrt(free / (n - 2 + t**2)), line.se, far)
            found.append(("sd", sds, f"correlation {each:g}"))
        return found
    rho = _root(_squared_correlation(line.se, arms.sd, k, arms))
    found.append(("correlation", rho, ""))
    if k is None:
        return found
    if arms.baseline_sd is None:
        apart = image(lambda k, rho: k / max(rho, 1e-12), k, rho)
        return [*found, ("baseline_difference", apart, _ALIKE)]
    apart = image(lambda k, s0, rho, s1: k * s0 / (max(rho, 1e-12) * s1), k, arms.baseline_sd, rho, arms.sd)
    return [*found, ("baseline_difference", meet(apart, arms.baseline_difference or apart), "")]


def _squared_correlation(se: Limits[float], sd: Limits[float], k: Limits[float] | None, arms: Arms) -> Limits[float]:
    """Return the squares of the correlations at which an analysis of covariance has that standard error."""
    n, h, far = arms.n, arms.h, Limits(0.0, MOST_IMBALANCE)
    bound = image(lambda se, s1, t: 1 - se**2 * (n - 3) / (h * s1**2 * (n - 2 + t**2)), se, sd, far)
    if k is None:
        return meet(bound, Limits(0.0, 1.0))
    some = size(k)

    def solved(se: float, s1: float, k: float) -> float:
        q = k**2 / ((n - 2) * s1**2)
        half = (h - q - se**2 * (n - 3) / ((n - 2) * s1**2)) / 2
        return (half + math.sqrt(half**2 + h * q)) / h

    far_apart = Limits(some.low**2 / (MOST_IMBALANCE**2 * h * sd.high**2), 1.0)
    return meet(bound, image(solved, se, sd, some), far_apart)


def _root(squares: Limits[float]) -> Limits[float]:
    return squares if is_empty(squares) else image(math.sqrt, squares)


def _change_score(line: LineSE, arms: Arms) -> Found:
    spread = meet(image(lambda se: se / math.sqrt(arms.h), line.se), Limits(arms.least_change_sd, math.inf))
    found: Found = [("se", line.se, ""), ("change_sd", spread, ""), *_imbalance(line, arms)]
    if arms.sd is not None and arms.baseline_sd is not None:
        rho = meet(_correlation_of_change(spread, arms.baseline_sd, arms.sd), Limits(-1.0, 1.0))
        return [*found, ("correlation", rho, "")]
    known = arms.sd or arms.baseline_sd
    if known is not None:
        other = Limits(max(spread.low - known.high, known.low - spread.high, 0.0), spread.high + known.high)
        rho = meet(image(lambda c, s: 1 - c**2 / (2 * s**2), spread, known), Limits(-1.0, 1.0))
        return [*found, ("baseline_sd" if arms.sd else "sd", other, ""), ("correlation", rho, _ALIKE)]
    return found + _sd_at_correlations(image(lambda c: c / math.sqrt(2), spread))


def _correlation_of_change(c: Limits[float], s0: Limits[float], s1: Limits[float]) -> Limits[float]:
    """Return (s0^2 + s1^2 - c^2) / (2 s0 s1): least in one SD where its square is c^2 below the other's."""
    candidates = [
        (a, b, d)
        for d in (c.low, c.high)
        for ends, other in ((s1, s0), (s0, s1))
        for b in (ends.low, ends.high)
        for a in (other.low, other.high, min(max(math.sqrt(max(b**2 - d**2, 0.0)), other.low), other.high))
    ]
    values = [(a**2 + b**2 - d**2) / (2 * a * b) for a, b, d in candidates]
    return NOTHING if any(math.isnan(value) for value in values) else Limits(min(values), max(values))


def _follow_up(line: LineSE, arms: Arms) -> Found:
    sd = image(lambda se: se / math.sqrt(arms.h), line.se)
    return [
        ("se", line.se, ""),
        ("difference", meet(line.estimate, arms.difference or line.estimate), ""),
        ("sd", meet(sd, arms.sd or sd), ""),
    ]


def _random_intercept(line: LineSE, arms: Arms) -> Found:
    sigma = image(lambda se: se / math.sqrt(2 * arms.h), line.se)
    return [("se", line.se, ""), ("residual_sd", sigma, ""), *_imbalance(line, arms), *_sd_at_correlations(sigma)]


def _imbalance(line: LineSE, arms: Arms) -> Found:
    """Return the difference at baseline where the estimate is a difference in change."""
    if arms.difference is None:
        return []
    apart = image(lambda d, e: d - e, arms.difference, line.estimate)
    return [("baseline_difference", meet(apart, arms.baseline_difference or apart), "")]


def _sd_at_correlations(residual: Limits[float]) -> Found:
    return [
        ("sd", image(lambda s, rho=rho: s / math.sqrt(1 - rho), residual), f"correlation {rho:g}, {_ALIKE}")
        for rho in CORRELATIONS
    ]


_METHODS: Final[Mapping[str, Callable[[LineSE, Arms], Found]]] = {
    "ancova": _ancova,
    "change_score": _change_score,
    "follow_up": _follow_up,
    "random_intercept": _random_intercept,
}
_DF: Final[Mapping[str, Callable[[int, int], float]]] = {
    "ancova": lambda n, _: n - 3,
    "change_score": lambda n, _: n - 2,
    "follow_up": lambda n, _: n - 2,
    "random_intercept": lambda n, visits: (visits - 1) * (n - 2),
}
ANALYSES: Final = tuple(f"{method} {distribution}" for method in _METHODS for distribution in ("t", "z"))
"""The analyses that may have been done, the stated list."""

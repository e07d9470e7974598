"""Asymmetric intervals that are right: which exact or score method prints a result, given the counts behind it."""

import re
import warnings
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import numpy as np
from scipy import stats
from scipy.optimize import brentq, minimize_scalar
from scipy.special import xlogy

from asteroid_repro.printed.feasible_df import Floats
from asteroid_repro.printed.printed_triple import PrintedTriple
from asteroid_repro.printed.rounding_interval import unit
from asteroid_repro.tables.limits import Limits

Pair = tuple[float, float]
Form = tuple[str, float, float, float]  # name, estimate, limits

_COUNTS: Final = re.compile(r"(\d+)\s*(?:/|of|events? in)\s*(\d+(?:\.\d+)?)")
_MOST: Final = 2000  # events that are tried where no count is printed
_TOLERANCE: Final = 0.02  # of half a printed unit, for the root finding of score limits


def read_counts(text: str) -> tuple[Pair, ...]:
    """Return counts over people or time: ``12/20 v 5/20``, ``9 events in 105 h``.

    Examples
    --------
    >>> read_counts("12/20 v 5/20"), read_counts("9 events in 105 h")
    (((12.0, 20.0), (5.0, 20.0)), ((9.0, 105.0),))
    """
    return tuple((float(count), float(total)) for count, total in _COUNTS.findall(text) if float(total) > 0)[:2]


def forms_that_print(triple: PrintedTriple, counts: tuple[Pair, ...]) -> tuple[str, ...]:
    """Return the exact, score and rank forms whose unrounded estimate and limits print a line.

    One pair of counts: Wilson, Clopper-Pearson, Jeffreys and Agresti-Coull limits of a share, exact Poisson limits of a
    rate. Two: Newcombe and Miettinen-Nurminen for a difference of shares, Miettinen-Nurminen and the Wald limits of
    their ratios, Fisher's conditional odds ratio, the exact conditional ratio of two rates. None: exact Poisson limits
    of a rate for any number of events, as their ratio to the rate does not depend on the time.

    Parameters
    ----------
    triple : PrintedTriple
        A line with estimate and limits.
    counts : tuple of pairs
        Count and total of each group.

    Returns
    -------
    tuple of str
        Their names; empty where none prints it.

    Examples
    --------
    >>> forms_that_print(PrintedTriple("85.7", "39.2", "162.7", None), ((9.0, 105.0),))
    ('exact Poisson rate of 9/105',)
    >>> forms_that_print(PrintedTriple("85.7", "39.2", "162.7", None), ())
    ('exact Poisson rate of 9 events',)
    """
    if triple.estimate is None or triple.lower is None or triple.upper is None:
        return ()
    if not counts:
        return _poisson_without_counts(triple)
    forms = _one_group(counts[0], triple.level) if len(counts) == 1 else _two_groups(counts[0], counts[1], triple.level)
    said = " v ".join(f"{count:g}/{total:g}" for count, total in counts)
    names = [f"{name} of {said}" for name, *numbers in forms if _prints(triple, numbers)]
    return tuple(dict.fromkeys(names))


def _prints(triple: PrintedTriple, numbers: list[float]) -> bool:
    """Whether estimate and limits, in any power of ten from 1 to 100,000, round to the printed numbers."""
    printed = [str(triple.estimate), str(triple.lower), str(triple.upper)]
    bands = [_wide(text) for text in printed]
    return any(
        all(band.low <= number * 10**power <= band.high for band, number in zip(bands, numbers, strict=True))
        for power in range(6)
    )


def _wide(printed: str) -> Limits[float]:
    half = float(unit(printed)) / 2 * (1 + _TOLERANCE)
    return Limits(float(printed) - half, float(printed) + half)


def _one_group(pair: Pair, level: float) -> Iterator[Form]:
    count, total = pair
    rate = poisson_limits(np.array([count]), level)
    yield "exact Poisson rate", count / total, float(rate.low[0]) / total, float(rate.high[0]) / total
    low, high = _mid_p_limits(count, level)
    yield "mid-P Poisson rate", count / total, low / total, high / total
    if count > total or total % 1:
        return
    from statsmodels.stats.proportion import proportion_confint

    names = {"beta": "Clopper-Pearson share", "wilson": "Wilson share", "jeffreys": "Jeffreys share"}
    names["agresti_coull"] = "Agresti-Coull share"
    for method, name in names.items():
        low, high = proportion_confint(int(count), int(total), alpha=1 - level, method=method)
        yield name, count / total, float(low), float(high)
        yield name, 1 - count / total, 1 - float(high), 1 - float(low)


def _two_groups(one: Pair, other: Pair, level: float) -> Iterator[Form]:
    for first, second in ((one, other), (other, one)):
        yield from _rate_ratio(first, second, level)
        if first[0] <= first[1] and second[0] <= second[1] and not (first[1] % 1 or second[1] % 1):
            yield from _share_forms(first, second, level)
            yield from _fisher(first, second, level)


def _share_forms(one: Pair, other: Pair, level: float) -> Iterator[Form]:
    (a, n), (b, m) = one, other
    estimates = {"diff": a / n - b / m}
    if a and b:
        estimates["ratio"] = (a / n) / (b / m)
        if a < n and b < m:
            estimates["odds-ratio"] = a * (m - b) / (b * (n - a))
    named = {"newcomb": "Newcombe", "score": "Miettinen-Nurminen", "log": "Wald (log)", "logit": "Wald (logit)"}
    named["agresti-caffo"] = "Agresti-Caffo"
    what = {"diff": "difference", "ratio": "ratio", "odds-ratio": "odds ratio"}
    methods = {
        "diff": ("newcomb", "score", "agresti-caffo"),
        "ratio": ("score", "log"),
        "odds-ratio": ("score", "logit"),
    }
    for compare, estimate in estimates.items():
        for method in methods[compare]:
            low, high = _limits_of_two((a, n, b, m), compare, method, level)
            if np.isnan(low):
                continue
            yield f"{named[method]} {what[compare]}", estimate, float(low), float(high)
            if compare == "diff" and low * high > 0:
                yield f"number needed by the {named[method]} difference", 1 / estimate, 1 / float(high), 1 / float(low)


def _limits_of_two(counts: tuple[float, ...], compare: str, method: str, level: float) -> tuple[float, float]:
    """Return the limits by statsmodels, nan where it has none; by score not of a difference, where it is off."""
    from statsmodels.stats.proportion import confint_proportions_2indep

    if (compare, method) == ("diff", "score"):
        return _score_difference(counts, float(stats.norm.isf((1 - level) / 2)))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            low, high = confint_proportions_2indep(*counts, compare=compare, method=method, alpha=1 - level)
        except (ValueError, ZeroDivisionError, FloatingPointError):
            return np.nan, np.nan
    return float(low), float(high)


def _score_difference(counts: tuple[float, ...], z: float) -> tuple[float, float]:
    """Return where Miettinen and Nurminen's score statistic of a difference is z (1985, doi 10.1002/sim.4780040211)."""
    a, n, b, m = counts
    observed = a / n - b / m

    def statistic(difference: float) -> float:
        def loss(p: float) -> float:
            return -float(
                xlogy(a, p + difference) + xlogy(n - a, 1 - p - difference) + xlogy(b, p) + xlogy(m - b, 1 - p)
            )

        ends = (max(0.0, -difference) + 1e-12, min(1.0, 1 - difference) - 1e-12)
        p = minimize_scalar(loss, bounds=ends, method="bounded", options={"xatol": 1e-10}).x
        variance = (p + difference) * (1 - p - difference) / n + p * (1 - p) / m
        return float((observed - difference) / np.sqrt(max(variance, 1e-15) * (n + m) / (n + m - 1)))

    low = -1.0 if statistic(-1 + 1e-9) < z else brentq(lambda d: statistic(d) - z, -1 + 1e-9, observed)
    high = 1.0 if statistic(1 - 1e-9) > -z else brentq(lambda d: statistic(d) + z, observed, 1 - 1e-9)
    return low, high


def _fisher(one: Pair, other: Pair, level: float) -> Iterator[Form]:
    (a, n), (b, m) = one, other
    table = [[int(a), int(n - a)], [int(b), int(m - b)]]
    if 0 in (a + b, n + m - a - b, n, m):
        return
    found = stats.contingency.odds_ratio(table, kind="conditional")
    limits = found.confidence_interval(level)
    yield "Fisher odds ratio", float(found.statistic), float(limits.low), float(limits.high)


def _rate_ratio(one: Pair, other: Pair, level: float) -> Iterator[Form]:
    (a, time), (b, other_time) = one, other
    if not a or not b or a % 1 or b % 1:
        return
    share = stats.binomtest(int(a), int(a + b)).proportion_ci(level, method="exact")
    low, high = (end / (1 - end) * other_time / time if end < 1 else np.inf for end in (share.low, share.high))
    yield "exact ratio of rates", (a / time) / (b / other_time), float(low), float(high)


def poisson_limits(counts: Floats, level: float) -> Limits[np.ndarray]:
    r"""Return exact limits of Poisson means: :math:`\chi^2_{2k}(\alpha/2)/2` and :math:`\chi^2_{2k+2}(1 - \alpha/2)/2`.

    Examples
    --------
    >>> limits = poisson_limits(np.array([9.0]), 0.95)
    >>> round(float(limits.low[0]), 3), round(float(limits.high[0]), 3)
    (4.115, 17.085)
    """
    tail = (1 - level) / 2
    low = np.where(counts > 0, stats.chi2.ppf(tail, np.maximum(2 * counts, 1)) / 2, np.zeros(1))
    return Limits(low, np.asarray(stats.chi2.ppf(1 - tail, 2 * counts + 2)) / 2)


def _mid_p_limits(count: float, level: float) -> tuple[float, float]:
    """Return the means under which so many events or more, or fewer, have half of 1 - level, this number by half."""
    tail = (1 - level) / 2

    def below(mean: float) -> float:
        return float(stats.poisson.cdf(count, mean) - stats.poisson.pmf(count, mean) / 2)

    low = brentq(lambda mean: 1 - below(mean) - tail, 1e-9, count) if count else 0.0
    return low, brentq(lambda mean: below(mean) - tail, max(count, 1e-9), 10 + 4 * count)


@lru_cache(maxsize=8)
def _poisson_ratios(level: float) -> tuple[Floats, Floats, Floats]:
    events = np.arange(1.0, _MOST)
    limits = poisson_limits(events, level)
    return events, limits.low / events, limits.high / events


def _poisson_without_counts(triple: PrintedTriple) -> tuple[str, ...]:
    """Name the number of events whose exact limits are in the printed ratio to the rate; silent where many are."""
    e, low, up = (_wide(str(printed)) for printed in (triple.estimate, triple.lower, triple.upper))
    if not (e.low > 0 and low.low > 0):
        return ()
    events, below, above = _poisson_ratios(triple.level)
    fits = (below * e.low <= low.high) & (below * e.high >= low.low) & (above * e.low <= up.high)
    fits &= above * e.high >= up.low
    found = events[fits]
    if not 0 < found.size <= 5:
        return ()
    said = f"{found[0]:g}" if found.size == 1 else f"{found[0]:g} to {found[-1]:g}"
    return (f"exact Poisson rate of {said} events",)

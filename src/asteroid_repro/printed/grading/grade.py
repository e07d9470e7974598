"""The verdict on one printed result, in a sentence: what does not fit, and what would explain it."""

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from typing import Final

import numpy as np
import pandas as pd

from asteroid_repro.printed.df_set import DfSet, distributions
from asteroid_repro.printed.feasible_df import Band, inverse_df, is_possible, p_value, ratio_range, upper_quantile
from asteroid_repro.printed.grading.exact_forms import forms_that_print, read_counts
from asteroid_repro.printed.grading.scales import DIFFERENCE, FISHER_Z, RATIO, SCALES, bands_on, is_on_scale
from asteroid_repro.printed.grading.simple_grades import grade_mean, grade_share
from asteroid_repro.printed.printed_triple import FIELDS, PrintedTriple, impossibilities
from asteroid_repro.printed.reading.found_result import FoundResult
from asteroid_repro.printed.repairs import repaired_values
from asteroid_repro.printed.rounding_interval import p_interval
from asteroid_repro.tables.limits import Limits
from asteroid_repro.tables.result_table import ResultTable

COMPATIBLE: Final = "compatible"
OTHER_SCALE: Final = "compatible on another scale"
OTHER_P: Final = "compatible if p is one-sided / from another test"
ASYMMETRIC: Final = "interval not symmetric"
CONTRADICTION: Final = "contradiction"
IMPOSSIBLE: Final = "impossible"
VERDICTS: Final = (COMPATIBLE, OTHER_SCALE, OTHER_P, ASYMMETRIC, CONTRADICTION, IMPOSSIBLE)
UNREAD: Final = "no result"

_FEW_DF: Final = 5  # or fewer: hardly any trial
_SMALL_TRIAL: Final = (12, 12)  # whose least df are just more
_WALD: Final = {"wald", "linear", "mixed", "linear model", "mixed model"}
_EVERYTHING: Final = DfSet(0.0, 1.0)
_NOTHING: Final = DfSet(math.nan, math.nan)


@dataclass(frozen=True)
class PrintedVerdict(ResultTable):
    """The verdict on a printed result.

    Attributes
    ----------
    found : FoundResult
        The result, as printed.
    verdict : str
        ``compatible``, ``compatible on another scale``, ``compatible if p is one-sided / from another test``,
        ``interval not symmetric``, ``contradiction`` or ``impossible``; ``no result`` where nothing could be read.
    sentence : str
        Why, for a reader.
    scale : str
        The scale on which estimate and limits fit; empty where on none.
    form : str
        What prints it: ``Wald``, the exact forms that were recognised; empty where nothing was.
    df : DfSet
        The reference distributions that print all of it, on that scale; empty where none does.
    repairs : tuple of str
        Single printed numbers that could be wrong, with what they would then be, as ``upper -0.28``.
    """

    found: FoundResult
    verdict: str
    sentence: str
    scale: str = ""
    form: str = ""
    df: DfSet = _NOTHING
    repairs: tuple[str, ...] = ()
    label = "Verdict on a printed result"

    @property
    def fails(self) -> bool:
        """Whether the verdict is ``contradiction`` or ``impossible``."""
        return self.verdict in (CONTRADICTION, IMPOSSIBLE)

    def answer(self) -> str:
        """Return the verdict and why."""
        return f"{self.verdict}: {self.sentence}"

    def to_dict(self) -> dict[str, object]:
        """Return the verdict as plain values, ready for JSON, the verdict first."""
        found = self.found
        parts = {name: getattr(found, name) for name in ("label", "quote", "place", "start", "end", *FIELDS, "spread")}
        rest = {"level": found.level, "sides": found.sides, "kind": found.kind, "group": found.group}
        judged = {"verdict": self.verdict, "sentence": self.sentence}
        df = {name: value for name, value in self.df.to_dict().items() if name != "consistent"}
        return judged | parts | rest | {"scale": self.scale, "form": self.form} | df | {"repairs": list(self.repairs)}

    def to_frame(self) -> pd.DataFrame:
        """Return one row; the repairs as text."""
        return pd.DataFrame([self.to_dict() | {"repairs": "; ".join(self.repairs)}])


def grade(found: FoundResult) -> PrintedVerdict:
    """Judge a printed result.

    The grades are tried from the mildest: some Wald analysis prints all of it, on the scale that its words name
    (without a word, as a difference or a ratio); on another scale; estimate and limits alone agree, so that p may be
    one-sided or from another test; the limits are symmetric on no known scale, as those of exact, profile, bootstrap or
    Bayesian intervals are. Where interval and p lead to different decisions, or the analysis is said to be a linear or
    mixed model (``kind="wald"``), what is left is a contradiction.

    Parameters
    ----------
    found : FoundResult
        As :func:`asteroid_repro.printed.reading.find_results.find_results` returns it.

    Returns
    -------
    PrintedVerdict
        The verdict and why.

    Examples
    --------
    >>> from asteroid_repro.printed.reading.find_results import find_results
    >>> verdicts = [grade(one).verdict for one in find_results(
    ...     "MD -15.30 (-25.33, -5.27), p=0.003; HR 0.72 (95% CI 0.60-0.85); rate 85.7 (95% CI 39.2, 162.7)")]
    >>> verdicts
    ['compatible', 'compatible', 'interval not symmetric']
    """
    if found.kind == "mean" and found.lower is None and found.p is None:
        return PrintedVerdict(found, *grade_mean(found))
    if found.kind == "share" and found.lower is None:
        return PrintedVerdict(found, *grade_share(found))
    line = found.triple()
    if found.kind == "credible":
        line = replace(line, p=None)  # a posterior probability is no p-value
    for judge in (_impossible, _compatible, _wald_only, _other_scale, _p_alone, _asymmetric):
        verdict = judge(found, line)
        if verdict is not None:
            return verdict
    return _contradiction(found, line, "Estimate, interval and p do not belong to one analysis.")


def _impossible(found: FoundResult, line: PrintedTriple) -> PrintedVerdict | None:
    reasons = impossibilities(line)
    if not reasons:
        return None
    repairs = _repairs(line)
    said = "; ".join(reasons)
    return PrintedVerdict(found, IMPOSSIBLE, f"No analysis prints this: {said}.{_if_one(repairs)}", repairs=repairs)


def _compatible(found: FoundResult, line: PrintedTriple) -> PrintedVerdict | None:
    own = [found.scale] if found.scale else [DIFFERENCE, RATIO]
    sets = {scale: df for scale in own if not (df := _df_set(found, line, scale)).empty}
    if not sets:
        return None
    scale, df = next(iter(sets.items()))
    missing = "" if line.p is not None and line.lower is not None else f" ({_what_is_there(line)} only)"
    sentence = f"A Wald analysis prints all of it{missing}: {distributions(df)}"
    if not found.scale:
        other = " or " if len(sets) > 1 else ", not "
        tried = [scale, *(each for each in own if each != scale)]
        sentence += f"; no scale is named, it fits as a {tried[0]}{other}as a {tried[1]}"
    return PrintedVerdict(found, COMPATIBLE, f"{sentence}.{_few_df(found, df)}", scale, "Wald", df)


def _wald_only(found: FoundResult, line: PrintedTriple) -> PrintedVerdict | None:
    """Judge by what a linear or mixed model prints, where one was used: nothing else explains what does not fit."""
    if found.kind.lower() not in _WALD:
        return None
    return _contradiction(found, line, "No linear or mixed model prints all of it.")


def _other_scale(found: FoundResult, line: PrintedTriple) -> PrintedVerdict | None:
    if line.estimate is None or line.lower is None:
        return None
    tried = [found.scale] if found.scale else [DIFFERENCE, RATIO]
    for scale in SCALES:
        if scale not in tried and not (df := _df_set(found, line, scale)).empty:
            said = f"It fits as {_article(scale)}, not as {' or '.join(map(_article, tried))}: {distributions(df)}."
            return PrintedVerdict(found, OTHER_SCALE, f"{said}{_few_df(found, df)}", scale, "Wald", df)
    return None


def _p_alone(found: FoundResult, line: PrintedTriple) -> PrintedVerdict | None:
    """Judge a line whose estimate and limits agree, and p does not."""
    if line.p is None or line.lower is None:
        return None
    without = replace(line, p=None) if line.estimate is not None else line
    scales = [found.scale] if found.scale else [DIFFERENCE, RATIO]
    scales += [scale for scale in SCALES if scale not in scales and line.estimate is not None]
    own = [scale for scale in scales if line.estimate is None or not _df_set(found, without, scale).empty]
    if not own:
        return None
    scale = own[0]
    one_sided = _df_set(replace(found, sides=3 - found.sides, people=found.people or _SMALL_TRIAL), line, scale)
    agree = _decisions(line, scale)
    decision = {True: "Interval and p lead to the same decision", False: "Interval and p lead to different decisions"}
    said = f"{decision[agree]} at {1 - line.level:.2g}."
    if not one_sided.empty:
        sides = "one" if found.sides == 2 else "two"
        sentence = f"Estimate and interval agree; p fits if it is {sides}-sided ({distributions(one_sided)}). {said}"
        return PrintedVerdict(found, OTHER_P, sentence, scale, "Wald", one_sided)
    if not agree:
        return None
    sentence = (
        f"Estimate and interval agree, p does not come from them ({_p_of_z(line, scale)}): it may be from another test."
    )
    return PrintedVerdict(found, OTHER_P, f"{sentence} {said}", scale, "Wald")


def _asymmetric(found: FoundResult, line: PrintedTriple) -> PrintedVerdict | None:
    if line.lower is None or line.estimate is None:
        return None
    scale = found.scale if found.scale and is_on_scale(line, found.scale) else _likely_scale(line)
    if not _decisions(line, scale):
        return None
    without = replace(line, p=None)
    if any(not _df_set(found, without, each).empty for each in (DIFFERENCE, scale)):
        return None
    forms = forms_that_print(line, read_counts(found.counts))
    middle = (float(line.lower) + float(str(line.upper))) / 2
    off = f"The limits are not symmetric about {line.estimate} (their middle is {middle:.6g}) on any known scale"
    kinds = "exact, profile, bootstrap and Bayesian intervals need not be; else a number is misprinted"
    if forms:
        why = f"; the {' and the '.join(forms)} {'is' if len(forms) == 1 else 'are'} printed so."
        return PrintedVerdict(found, ASYMMETRIC, off + why, form="; ".join(forms))
    if found.kind in _KINDS:
        return PrintedVerdict(found, ASYMMETRIC, f"{off}; {_KINDS[found.kind]} need not be.", form=found.kind)
    repairs = _repairs(line, scale)
    tried = f" None of the forms tried prints it from {found.counts}." if read_counts(found.counts) else ""
    agree = "" if line.p is None else f" Interval and p lead to the same decision at {1 - line.level:.2g}."
    return PrintedVerdict(found, ASYMMETRIC, f"{off}: {kinds}.{tried}{agree}{_if_one(repairs)}", repairs=repairs)


_KINDS: Final = {
    "exact": "exact limits",
    "profile": "profile-likelihood limits",
    "bootstrap": "bootstrap limits",
    "rerandomisation": "limits from rerandomisation",
    "score": "score limits",
    "credible": "a credible interval",
    "bayes": "a credible interval",
    "rank": "limits from ranks",
}
KINDS: Final = {*_KINDS, *_WALD, "mean", "share"}


def _contradiction(found: FoundResult, line: PrintedTriple, why: str) -> PrintedVerdict:
    named = found.scale in (DIFFERENCE, RATIO) and is_on_scale(line, found.scale)
    scale = found.scale if named else _likely_scale(line)
    repairs = _repairs(line, scale)
    if line.p is not None and line.lower is not None and not _decisions(line, scale):
        given = f" ({_p_of_z(line, scale)})"
        why += f" At {1 - line.level:.2g} the interval{given} and p {line.p} lead to different decisions."
    return PrintedVerdict(found, CONTRADICTION, why + _if_one(repairs), repairs=repairs)


def _df_set(found: FoundResult, line: PrintedTriple, scale: str) -> DfSet:
    """Return the distributions under which a line can be printed on a scale, and that so many people can have."""
    if found.spread is not None and line.lower is None:
        return _with_standard_error(found, line)
    if scale not in _fitting(line, found.sides):
        return _NOTHING
    if line.p is None:
        return _EVERYTHING
    bands = bands_on(line, scale)
    u = inverse_df(ratio_range(bands), _p_band(line, found.sides), line.level)
    low, high = float(u.low[0]), min(float(u.high[0]), 1 / least_df(found.people))
    return DfSet(low, high) if low <= high else _NOTHING


@lru_cache(maxsize=64)
def _fitting(line: PrintedTriple, sides: int) -> frozenset[str]:
    """Return the scales on which some distribution prints a line: all scales at once, as arrays."""
    scales = [scale for scale in SCALES if is_on_scale(line, scale)]
    every = [bands_on(line, scale) for scale in scales]
    together = {field: _stacked([bands[field] for bands in every]) for field in FIELDS[:3]}
    possible = is_possible(ratio_range(together), _p_band(line, sides), line.level)
    return frozenset(scale for scale, fits in zip(scales, possible, strict=True) if fits)


def _stacked(bands: list[Band]) -> Band:
    return Limits(np.concatenate([band.low for band in bands]), np.concatenate([band.high for band in bands]))


def _p_band(line: PrintedTriple, sides: int) -> Band:
    """Return the two-sided p-values that print as p; of a one-sided p twice its values, whichever side was tested."""
    p = Limits(0.0, 1.0) if line.p is None else p_interval(line.p)
    if sides == 2 or line.p is None:
        return Limits(np.array([p.low]), np.array([p.high]))
    low, high = (p.low, p.high) if p.low <= 0.5 else (1 - p.high, 1 - p.low)
    return Limits(np.array([min(2 * low, 1.0)]), np.array([min(2 * high, 1.0)]))


def _with_standard_error(found: FoundResult, line: PrintedTriple) -> DfSet:
    """Return the distributions under which estimate and standard error give p: 2 Pr(T > abs(e)/s)."""
    se = replace(found, estimate=found.spread, spread=None).triple().interval("estimate")
    e, p = line.interval("estimate"), line.interval("p")
    if se is None or e is None or p is None or se.high <= 0:
        return _NOTHING
    # With w = s the same argument holds at the level at which the critical value of every df would be 1.
    most = max(abs(e.low), abs(e.high)) / max(se.low, 1e-300)
    least = 0.0 if e.low <= 0 <= e.high else min(abs(e.low), abs(e.high)) / se.high
    u = np.concatenate([[0.0], np.linspace(1e-4, 1, 2000)])
    q_low, q_high = upper_quantile(u, np.array(p.high)), upper_quantile(u, np.array(p.low))
    fits = u[(q_low <= most) & (q_high >= least) & (u <= 1 / least_df(found.people))]
    return DfSet(float(fits[0]), float(fits[-1])) if fits.size else _NOTHING


def least_df(people: tuple[int, ...]) -> float:
    """Return the fewest degrees of freedom that so many people are taken to leave: half of the smaller arm.

    Welch's df can be as few as those of the smaller arm; half of it leaves room for covariates and dropout. All people
    together count as two equal arms. 1 where not known.

    Examples
    --------
    >>> least_df((20, 20)), least_df((40,)), least_df(())
    (10.0, 10.0, 1.0)
    """
    if not people:
        return 1.0
    smaller = min(people) if len(people) > 1 else people[0] / 2
    return max(smaller / 2, 1.0)


def _decisions(line: PrintedTriple, scale: str) -> bool:
    """Whether interval and p can lead to the same decision at the level: rounding may leave it open."""
    if line.p is None or line.lower is None:
        return True
    bands, alpha = bands_on(line, scale), 1 - line.level
    low, up = bands["lower"], bands["upper"]
    excludes, includes = low.low[0] > 0 or up.high[0] < 0, low.high[0] < 0 < up.low[0]
    p = p_interval(line.p)
    significant, not_significant = p.high <= alpha * (1 + 1e-6), p.low > alpha * (1 + 1e-6)
    if line.p[0] == ">":
        not_significant = p.low >= alpha * (1 - 1e-6)
    return not ((excludes and not_significant) or (includes and significant))


def _likely_scale(line: PrintedTriple) -> str:
    """Return ratio where all numbers are positive and the estimate is nearer the middle on the log scale."""
    if line.estimate is None or line.lower is None or not is_on_scale(line, RATIO) or float(line.lower) <= 0:
        return DIFFERENCE
    e, low, up = (float(str(getattr(line, field))) for field in FIELDS[:3])
    as_ratio = abs(math.log(e) - math.log(low * up) / 2) / max(math.log(up / low), 1e-12) if e > 0 else math.inf
    return RATIO if as_ratio < abs(e - (low + up) / 2) / max(up - low, 1e-12) else DIFFERENCE


def _repairs(line: PrintedTriple, scale: str = DIFFERENCE) -> tuple[str, ...]:
    if scale not in (DIFFERENCE, RATIO):
        return ()
    as_scale = replace(line, ratio=scale == RATIO)
    fields = [field for field in FIELDS if getattr(line, field) is not None]
    return tuple(f"{field} {value}" for field in fields for value in repaired_values(as_scale, field))


def _if_one(repairs: tuple[str, ...]) -> str:
    """Say which single numbers could be wrong, the values of one field as a range."""
    if not repairs:
        return ""
    parts = []
    for field, group in groupby(repairs, key=lambda repair: repair.partition(" ")[0]):
        values = [repair.partition(" ")[2] for repair in group]
        parts.append(f"{field} {values[0]}" + (f" to {values[-1]}" if len(values) > 1 else ""))
    return f" If one number is wrong, it would be: {', or '.join(parts)}."


def _p_of_z(line: PrintedTriple, scale: str) -> str:
    """Say which p-values estimate and limits give with z."""
    ratio = ratio_range(bands_on(line, scale))
    p = p_value(np.array([ratio.high[0], ratio.low[0]]), np.zeros(1), line.level)
    low, high = (f"{end:.2g}" for end in p)
    return f"with z p is {low}" + (f" to {high}" if low != high else "")


def _few_df(found: FoundResult, df: DfSet) -> str:
    if df.low is None or df.z or df.high is None or df.high > _FEW_DF or found.people:
        return ""
    return " No trial of more than a dozen people has so few df: with more, p is from another test or misprinted."


def _what_is_there(line: PrintedTriple) -> str:
    there = [("estimate", line.estimate), ("limits", line.lower), ("p", line.p)]
    return " and ".join(name for name, printed in there if printed is not None)


def _article(scale: str) -> str:
    return {FISHER_Z: "a correlation (Fisher z)"}.get(scale, f"a {scale}")

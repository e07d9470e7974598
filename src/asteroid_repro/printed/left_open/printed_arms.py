"""What is printed of the arms of a trial, as intervals: means, SDs, reductions, responders."""

import math
from dataclasses import dataclass
from typing import Final

from asteroid_repro.errors import InputError
from asteroid_repro.printed.left_open.interval_arithmetic import NOTHING, image, is_empty, meet
from asteroid_repro.printed.rounding_interval import rounding_interval
from asteroid_repro.tables.limits import Limits

Pair = tuple[str | None, str | None]
"""A printed number of the treatment and of the reference arm, where printed."""
Band = Limits[float] | None
_ANY: Final = Limits(-math.inf, math.inf)
_LEAST_SD: Final = 1e-12  # in place of 0, by which nothing can be divided


@dataclass(frozen=True)
class Arms:
    """The arms as print leaves them, pooled where both are known; points.

    Attributes
    ----------
    n : int
        People in all.
    h : float
        Sum of one over the people of each arm.
    sd, baseline_sd : Limits or None
        Pooled SD at the visit and at baseline; None where not printed of both arms.
    difference, baseline_difference : Limits or None
        Of the means, treatment minus reference.
    least_change_sd : float
        Pooled SD of the changes, at least, given the responders; 0 where they are not printed.
    shown : tuple of str
        What is printed, in words.
    """

    n: int
    h: float
    sd: Band
    baseline_sd: Band
    difference: Band
    baseline_difference: Band
    least_change_sd: float
    shown: tuple[str, ...]


def printed_arms(
    people: tuple[int, int],
    *,
    at_visit: tuple[Pair, Pair, Pair],
    at_baseline: tuple[Pair, Pair, Pair],
    reductions: Pair,
    responders: Pair,
    response: float | None,
    sign: int,
    scale: tuple[float, float] | None,
) -> Arms:
    r"""Turn printed numbers of two arms into intervals.

    A reduction of :math:`r` per cent ties the means of an arm: :math:`m_1 = m_0 (1 - r/100)`. A share :math:`q` of
    :math:`n` people who improve by at least :math:`t`, when their mean improvement is :math:`\mu`, needs a variance of
    the changes of at least :math:`\frac{n}{n - 1} (t - \mu)^2 \frac{q}{1 - q}` where :math:`\mu < t`, with :math:`q`
    and :math:`1 - q` exchanged where :math:`\mu > t` (Cantelli's inequality). Scores between :math:`a` and :math:`b`
    with mean :math:`m` have an SD of at most :math:`\sqrt{\frac{n}{n - 1} (m - a)(b - m)}`.

    Parameters
    ----------
    people : tuple of int
        Of the treatment and the reference arm.
    at_visit, at_baseline : tuple of three pairs
        Means, SDs and standard errors of the means, as printed.
    reductions, responders : pair of str or None
        Per cent, as printed.
    response : float or None
        The points that make a responder.
    sign : int
        1 where a higher score is better, else -1.
    scale : tuple of float or None
        Lowest and highest score.

    Raises
    ------
    InputError
        Not a number, or responders without the points that make one.
    """
    if any(responders) and response is None:
        raise InputError("response must be given beside responders, got none. Say how many points make a responder.")
    means, sds = _means_and_sds(people, at_visit, scale)
    means_0, sds_0 = _means_and_sds(people, at_baseline, scale)
    falls = [_reduced(one, zero, cut) for one, zero, cut in zip(means, means_0, map(_band, reductions), strict=True)]
    means, means_0 = [one for one, _ in falls], [zero for _, zero in falls]
    least = [
        _least_change_sd(n, _difference(one, zero), _band(share), response, sign)
        for n, one, zero, share in zip(people, means, means_0, responders, strict=True)
    ]
    n = sum(people)
    printed = {"means": at_visit[0], "SDs": at_visit[1], "SEs": at_visit[2], "baseline means": at_baseline[0]}
    printed |= {"baseline SDs": at_baseline[1], "baseline SEs": at_baseline[2]}
    printed |= {"reductions %": reductions, "responders %": responders}
    return Arms(
        n=n,
        h=1 / people[0] + 1 / people[1],
        sd=_pooled(people, sds),
        baseline_sd=_pooled(people, sds_0),
        difference=_difference(*means),
        baseline_difference=_difference(*means_0),
        least_change_sd=math.sqrt(sum((p - 1) * sd**2 for p, sd in zip(people, least, strict=True)) / (n - 2)),
        shown=tuple(f"{name} {', '.join(each or '-' for each in pair)}" for name, pair in printed.items() if any(pair)),
    )


def _band(printed: str | None) -> Band:
    if printed is None:
        return None
    try:
        return rounding_interval(printed.replace("\N{MINUS SIGN}", "-").removesuffix("%").strip())
    except (ArithmeticError, AttributeError):
        raise InputError(
            f"a mean or an SD must be text such as '14.25', got {printed!r}. Give it as printed."
        ) from None


def _means_and_sds(
    people: tuple[int, int], printed: tuple[Pair, Pair, Pair], scale: tuple[float, float] | None
) -> tuple[list[Band], list[Band]]:
    """Return means and SDs of the arms; an SD that scores on the scale cannot have is empty."""
    means, sds = [_band(each) for each in printed[0]], []
    for n, mean, sd, se in zip(people, means, printed[1], printed[2], strict=True):
        root = math.sqrt(n)
        known = [each for each in (_band(sd), _times(_band(se), root)) if each is not None]
        if known and mean is not None and scale is not None:
            inside = meet(mean, Limits(*scale))
            middle = min(max(sum(scale) / 2, inside.low), inside.high)  # where the SD may be largest
            most = (middle - scale[0]) * (scale[1] - middle) * n / (n - 1)
            known.append(NOTHING if is_empty(inside) else Limits(0.0, math.sqrt(max(most, 0.0))))
        sds.append(meet(*known, Limits(_LEAST_SD, math.inf)) if known else None)
    return means, sds


def _times(band: Band, factor: float) -> Band:
    return None if band is None else image(lambda x: x * factor, band)


def _difference(treatment: Band, reference: Band) -> Band:
    return None if treatment is None or reference is None else image(lambda a, b: a - b, treatment, reference)


def _pooled(people: tuple[int, int], sds: list[Band]) -> Band:
    treatment, reference = sds
    if treatment is None or reference is None:
        return None
    a, b = people[0] - 1, people[1] - 1
    return image(lambda s, t: math.sqrt((a * s**2 + b * t**2) / (a + b)), treatment, reference)


def _reduced(mean: Band, baseline: Band, per_cent: Band) -> tuple[Band, Band]:
    """Return the means of an arm at the visit and at baseline, tied by the reduction."""
    if per_cent is None or (mean is None and baseline is None):
        return mean, baseline
    kept = image(lambda r: 1 - r / 100, per_cent)
    if mean is not None and kept.low > 0:
        baseline = meet(image(lambda m, k: m / k, mean, kept), baseline or _ANY)
    if baseline is not None:
        mean = meet(image(lambda m, k: m * k, baseline, kept), mean or _ANY)
    return mean, baseline


def _least_change_sd(n: int, change: Band, share: Band, response: float | None, sign: int) -> float:
    """Return the least SD of the changes of an arm; nan where no count of people prints the share."""
    if share is None:
        return 0.0
    counts = [k for k in range(n + 1) if share.low <= 100 * k / n <= share.high]
    if not counts:
        return math.nan
    if change is None or response is None:
        return 0.0
    gain = image(lambda x: sign * x, change)
    odds = [k / (n - k) if k < n else math.inf for k in counts]
    if gain.high < response:
        return (response - gain.high) * math.sqrt(min(odds) * n / (n - 1))
    if gain.low > response:
        return (gain.low - response) * math.sqrt(n / (n - 1) / max(odds)) if max(odds) > 0 else math.inf
    return 0.0

r"""Score limits for the comparison of two shares: difference, ratio and odds ratio, whatever the counts."""

from collections.abc import Callable
from dataclasses import dataclass
from math import acos, cos, exp, inf, nan, pi, sqrt
from typing import Final, Literal, get_args

from scipy.optimize import brentq
from scipy.special import ndtri

from asteroid_repro.errors import InputError, check_choice
from asteroid_repro.tables.limits import Limits, check_level

Measure = Literal["risk_difference", "risk_ratio", "odds_ratio"]

# Search up to a hair from a difference of 1, where the variance is 0, and to ratios of 5e8 on the log scale.
_LARGEST_DIFFERENCE: Final = 1 - 1e-9
_LARGEST_LOG_RATIO: Final = 20.0


@dataclass(frozen=True)
class Contrast:
    """Two groups compared by one measure and one kind of interval.

    Attributes
    ----------
    measure, method : str
        For instance ``risk_difference`` and ``newcombe``.
    estimate, ci_low, ci_high : float
        The first group against the other; NaN where the counts leave the measure undefined.
    """

    measure: str
    method: str
    estimate: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True)
class TwoShares:
    """Counts in two independent groups.

    Attributes
    ----------
    events_1, n_1 : int
        People with the event, and people, of the first group.
    events_0, n_0 : int
        The same of the group it is compared with.
    """

    events_1: int
    n_1: int
    events_0: int
    n_0: int

    def __post_init__(self) -> None:
        """Refuse counts that cannot be."""
        for events, n in ((self.events_1, self.n_1), (self.events_0, self.n_0)):
            if n < 1 or not 0 <= events <= n:
                raise InputError(f"events must be from 0 to the people of the group, got {events} of {n}. Correct it.")

    @property
    def share_1(self) -> float:
        """Share with the event in the first group."""
        return self.events_1 / self.n_1

    @property
    def share_0(self) -> float:
        """Share with the event in the group it is compared with."""
        return self.events_0 / self.n_0

    @property
    def n(self) -> int:
        """People in both groups."""
        return self.n_1 + self.n_0

    @property
    def events(self) -> int:
        """People with the event in both groups."""
        return self.events_1 + self.events_0

    def compare(self, measure: Measure) -> float:
        """Return the difference, ratio or odds ratio of the shares; a ratio is NaN for 0/0 and inf for more over 0.

        Examples
        --------
        >>> abs(TwoShares(56, 70, 48, 80).compare("risk_difference") - 0.2) < 1e-12
        True
        """
        top, bottom = self.share_1, self.share_0
        if measure == "risk_difference":
            return top - bottom
        if measure == "odds_ratio":
            top, bottom = top * (1 - bottom), bottom * (1 - top)
        if bottom == 0:
            return nan if top == 0 else inf
        return top / bottom


def score_limits(counts: TwoShares, measure: Measure, level: float = 0.95) -> Limits[float]:
    r"""Compute Miettinen-Nurminen limits: the values v of the measure with :math:`Z(v) = \pm z_{(1+level)/2}`.

    With :math:`\tilde p_1, \tilde p_0` the maximum-likelihood shares among those for which the measure is v, and
    :math:`Z = u / \sqrt{V N / (N - 1)}`:

    - difference: :math:`u = p_1 - p_0 - v`, :math:`V = \tilde p_1 \tilde q_1/n_1 + \tilde p_0 \tilde q_0/n_0`;
    - ratio: :math:`u = p_1 - v p_0`, :math:`V = \tilde p_1 \tilde q_1/n_1 + v^2 \tilde p_0 \tilde q_0/n_0`;
    - odds ratio: :math:`u = n_1 (p_1 - \tilde p_1)`,
      :math:`1/V = 1/(n_1 \tilde p_1 \tilde q_1) + 1/(n_0 \tilde p_0 \tilde q_0)`.

    Parameters
    ----------
    counts : TwoShares
        Empty and full cells are allowed.
    measure : {"risk_difference", "risk_ratio", "odds_ratio"}
        First group against the other.
    level : float
        Confidence level.

    Returns
    -------
    Limits
        Where the data set no bound: -1 or 1 for a difference, 0 or infinity for a ratio.

    Raises
    ------
    InputError
        An unknown measure, or a level outside (0, 1).

    References
    ----------
    .. [1] Miettinen & Nurminen (1985), Stat Med 4:213-226. doi:10.1002/sim.4780040211

    Examples
    --------
    >>> limits = score_limits(TwoShares(56, 70, 48, 80), "risk_difference")
    >>> [round(limit, 4) for limit in (limits.low, limits.high)]
    [0.0528, 0.3382]
    """
    critical = float(ndtri((1 + check_level(level)) / 2))
    if measure == "risk_difference":
        found = _invert(lambda v: _difference_statistic(counts, v), critical, _LARGEST_DIFFERENCE)
        return Limits(max(found.low, -1.0), min(found.high, 1.0))
    check_choice("measure", measure, get_args(Measure))
    statistic = _ratio_statistic if measure == "risk_ratio" else _odds_ratio_statistic
    found = _invert(lambda log_v: statistic(counts, exp(log_v)), critical, _LARGEST_LOG_RATIO)
    return Limits(exp(found.low), exp(found.high))


def _invert(statistic: Callable[[float], float], critical: float, edge: float) -> Limits[float]:
    """Find where a falling statistic is plus and minus the critical value; infinite where it never is."""
    low, high = -inf, inf
    if statistic(-edge) > critical:
        low = brentq(lambda v: statistic(v) - critical, -edge, edge, xtol=1e-13)
    if statistic(edge) < -critical:
        high = brentq(lambda v: statistic(v) + critical, -edge, edge, xtol=1e-13)
    return Limits(float(low), float(high))


def _standardised(u: float, variance: float, n: int) -> float:
    return 0.0 if u == 0 else u / sqrt(variance * n / (n - 1))


def _difference_statistic(counts: TwoShares, v: float) -> float:
    n_1, n_0, x_0, n = counts.n_1, counts.n_0, counts.events_0, counts.n
    # The likelihood equation is a cubic with three real roots; the middle one is the share (Miettinen & Nurminen).
    square = ((n_1 + 2 * n_0) * v - n - counts.events) / (3 * n)
    linear = ((n_0 * v - n - 2 * x_0) * v + counts.events) / n
    q = square**3 - linear * square / 2 + x_0 * v * (1 - v) / (2 * n)
    p = sqrt(max(square**2 - linear / 3, 0.0)) * (1 if q >= 0 else -1)
    # Rounding can leave a cosine just outside [-1, 1], and a share just outside [0, 1].
    angle = (pi + acos(min(max(q / p**3, -1.0), 1.0))) / 3 if p != 0 else pi / 2
    share_0 = min(max(2 * p * cos(angle) - square, 0.0, -v), 1.0, 1 - v)
    share_1 = min(max(share_0 + v, 0.0), 1.0)
    variance = share_1 * (1 - share_1) / n_1 + share_0 * (1 - share_0) / n_0
    return _standardised(counts.share_1 - counts.share_0 - v, variance, n)


def _ratio_statistic(counts: TwoShares, v: float) -> float:
    n_1, n_0, n = counts.n_1, counts.n_0, counts.n
    b = n_1 * v + counts.events_1 + n_0 + counts.events_0 * v
    # Of the two forms of a quadratic's root, the one that does not subtract nearly equal numbers.
    share_0 = 2 * counts.events / (b + sqrt(max(b**2 - 4 * n * v * counts.events, 0.0)))
    share_1 = min(share_0 * v, 1.0)
    variance = share_1 * (1 - share_1) / n_1 + v**2 * share_0 * (1 - share_0) / n_0
    return _standardised(counts.share_1 - v * counts.share_0, variance, n)


def _odds_ratio_statistic(counts: TwoShares, v: float) -> float:
    n_1, n_0, n = counts.n_1, counts.n_0, counts.n
    if counts.events in {0, n}:
        return 0.0
    b = n_1 * v + n_0 - counts.events * (v - 1)
    root = sqrt(b**2 + 4 * n_0 * (v - 1) * counts.events)
    share_0 = 2 * counts.events / (b + root) if b > 0 else (root - b) / (2 * n_0 * (v - 1))
    share_1 = v * share_0 / (1 + share_0 * (v - 1))
    information = 1 / (n_1 * share_1 * (1 - share_1)) + 1 / (n_0 * share_0 * (1 - share_0))
    return _standardised(n_1 * (counts.share_1 - share_1), 1 / information, n)

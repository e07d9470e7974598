"""The re-randomisation test: what the difference would have been under every other allocation of the same people."""

from dataclasses import dataclass
from itertools import combinations
from math import comb, floor, sqrt
from typing import Literal, get_args

import numpy as np

from asteroid_repro.errors import InputError, check_choice, check_whole
from asteroid_repro.estimate.arms import Data, Given, label_of
from asteroid_repro.estimate.outcome_scores import OutcomeScores, one_outcome
from asteroid_repro.tables.limits import Limits, check_level
from asteroid_repro.tables.result_table import ResultTable

_MOST_CELLS = 50_000_000  # people times allocations, each held in memory
Statistic = Literal["change", "ancova"]


@dataclass(frozen=True)
class Rerandomisation(ResultTable):
    """The result of a re-randomisation test.

    Attributes
    ----------
    outcome : str
        Name of the outcome.
    week : float
        Weeks since randomisation.
    statistic : str
        ``change`` or ``ancova``.
    estimate : float
        Treatment minus reference, points.
    ci_low, ci_high : float
        The constant effects that the same test does not reject at 1 - level, points.
    p_value, mcse : float
        Two-sided, and its Monte Carlo standard error: 0 when every allocation was used.
    allocations : int
        Allocations used, the actual one included.
    exhaustive : bool
        Whether they are all there are.
    n_treatment, n_reference : int
        People with both visits.
    missing : int
        People left out.
    level : float
        Confidence level.
    label : str
        What the data are; empty for a plain table.
    """

    outcome: str
    week: float
    statistic: str
    estimate: float
    ci_low: float
    ci_high: float
    p_value: float
    mcse: float
    allocations: int
    exhaustive: bool
    n_treatment: int
    n_reference: int
    missing: int
    level: float
    label: str = ""


def rerandomisation_test(
    trial: Data, *, outcome: str, week: float | None = None, statistic: Statistic = "change",
    exhaustive_up_to: int = 200_000, allocations: int = 99_999, seed: int | None = None, level: float = 0.95,
    treatment: Given = None, reference: Given = None,
) -> Rerandomisation:  # fmt: skip
    r"""Test the hypothesis that the treatment changes nobody's score, with no assumption but the random allocation.

    With the scores held fixed, the estimate is computed for the allocations of the same numbers to the arms, and

    .. math:: p = \frac{\#\{m : |\hat\delta_m| \ge |\hat\delta|\}}{M}

    over all M allocations, or over ``allocations`` random ones and the actual one: counting the actual one keeps a
    Monte Carlo p valid and above 0. The interval inverts the test for a constant effect: subtracting it from the
    treated must give a p of more than 1 - level. As the estimate is linear in the scores, each allocation excludes
    the effects beyond two known points, and the limits are order statistics of these.

    Parameters
    ----------
    trial : Trial or pandas.DataFrame
        A trial, or its table of outcomes. The first week is the baseline.
    outcome : str
        Name of the outcome.
    week : float, optional
        Weeks since randomisation; the last visit when not given.
    statistic : {"change", "ancova"}
        Difference in mean change, or difference adjusted for baseline.
    exhaustive_up_to : int
        Use every allocation when there are no more than this.
    allocations : int
        Otherwise draw this many.
    seed : int, optional
        Seed of the draws; needed when there are more allocations than ``exhaustive_up_to``.
    level : float
        Confidence level.
    treatment, reference : str, optional
        The two arms of a plain table, of two or more; a trial has them in its design.

    Returns
    -------
    Rerandomisation
        Supposes simple randomisation with fixed arm sizes; blocks and strata, if there were any, are not known. With
        a handful of people the limits of the adjusted difference are a little too wide.

    Raises
    ------
    InputError
        No seed for random allocations, an unknown statistic, scores that do not vary, an unusable table.

    References
    ----------
    .. [1] Phipson & Smyth (2010), Stat Appl Genet Mol Biol 9:39. doi:10.2202/1544-6115.1585
    .. [2] Garthwaite (1996), Biometrics 52:1387-1393. doi:10.2307/2532852

    Examples
    --------
    >>> from asteroid_repro import ASTEROID, simulate_trial
    >>> trial = simulate_trial(ASTEROID, seed=2024)
    >>> test = rerandomisation_test(trial, outcome="average_pain", allocations=999, seed=1)
    >>> test.allocations, test.exhaustive
    (1000, False)
    """
    check_level(level)
    check_choice("statistic", statistic, get_args(Statistic))
    scores = one_outcome(trial, outcome, treatment, reference).pairs(week)
    n, n_treatment = sum(scores.n), scores.n[0]
    exhaustive = comb(n, n_treatment) <= exhaustive_up_to
    drawn = comb(n, n_treatment) if exhaustive else allocations
    check_whole("exhaustive_up_to" if exhaustive else "allocations", drawn, 1, "Try 99999.", _MOST_CELLS // n)
    every = combinations(range(n), n_treatment)
    chosen = np.array(list(every)) if exhaustive else _random_allocations(n, n_treatment, allocations, seed)
    treated = np.zeros((len(chosen), n))
    np.put_along_axis(treated, chosen, 1.0, axis=1)
    estimate, estimates, shifts = _compare(scores, statistic, treated)
    # Equal estimates differ in the last digits when sums run in another order.
    tolerance = 1e-9 * float(np.abs(estimates).max())
    p = float((np.abs(estimates) >= abs(estimate) - tolerance).sum() / len(estimates))
    limits = _not_rejected(estimate, estimates, shifts, level)
    return Rerandomisation(
        outcome=outcome, week=scores.weeks[1], statistic=statistic, estimate=estimate, ci_low=limits.low,
        ci_high=limits.high, p_value=p, mcse=0.0 if exhaustive else sqrt(p * (1 - p) / len(estimates)),
        allocations=len(estimates), exhaustive=exhaustive, n_treatment=n_treatment, n_reference=scores.n[1],
        missing=sum(scores.missing), level=level, label=label_of(trial),
    )  # fmt: skip


def _random_allocations(n: int, n_treatment: int, allocations: int, seed: int | None) -> np.ndarray:
    """Draw allocations; the actual one, which always counts, comes first."""
    if seed is None:
        raise InputError("seed must be given for a Monte Carlo test, got none. Any whole number of 0 or more will do.")
    if seed < 0 or allocations < 1:
        raise InputError(f"seed must be 0 or more and allocations 1 or more, got {seed} and {allocations}. Correct it.")
    shuffled = np.argsort(np.random.default_rng(seed).random((allocations, n)), axis=1)
    return np.vstack([np.arange(n_treatment), shuffled[:, :n_treatment]])


def _change_estimates(treatment: np.ndarray, baseline: np.ndarray, later: np.ndarray) -> np.ndarray:
    n_treatment = treatment[0].sum()
    change = later - baseline
    in_treatment = treatment @ change
    return np.asarray(in_treatment / n_treatment - (change.sum() - in_treatment) / (len(change) - n_treatment))


def _ancova_estimates(treatment: np.ndarray, baseline: np.ndarray, later: np.ndarray) -> np.ndarray:
    """Regress later on baseline and arm: by Frisch and Waugh, on the arm less its regression on baseline."""
    centred = baseline - baseline.mean()
    slope = treatment @ centred / (centred @ centred)
    residual = treatment - treatment.mean(axis=1, keepdims=True) - slope[:, np.newaxis] * centred
    return np.asarray(residual @ later / np.einsum("mn,mn->m", residual, residual))


def _compare(scores: OutcomeScores, statistic: str, treatment: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Return the actual estimate, that under each allocation, and how far 1 point for all treated moves each."""
    estimates = _ancova_estimates if statistic == "ancova" else _change_estimates
    baseline, later = (np.concatenate([own[visit] for own in scores.both]) for visit in (0, 1))
    if np.ptp(later - baseline) == 0 or (statistic == "ancova" and np.ptp(baseline) == 0):
        raise InputError(f"{scores.outcome} must vary between people, got a constant. Drop it or correct the values.")
    actual = np.zeros((1, len(later)))
    actual[0, : scores.n[0]] = 1
    # What the estimate becomes when 1 point is added to everybody treated; ANCOVA's depends on the baseline scores.
    shift = actual[0] if statistic == "ancova" else baseline + actual[0]
    estimate = float(estimates(actual, baseline, later)[0])
    return estimate, estimates(treatment, baseline, later), estimates(treatment, baseline, shift)


def _not_rejected(estimate: float, estimates: np.ndarray, shifts: np.ndarray, level: float) -> Limits[float]:
    """Limits of the effects with p above 1 - level.

    An allocation with estimate a of the scores and c of the shift counts against an effect e while
    abs(a - c e) >= abs(A - e): for e between (A - a) / (1 - c) and (A + a) / (1 + c). The actual allocation and its
    mirror image, with c of 1 and -1, count against every effect, and so do those in which a strong imbalance at
    baseline takes an adjusted c beyond: they are taken to.
    """
    decides = np.abs(shifts) < 1 - 1e-6
    low, high = np.full(len(estimates), -np.inf), np.full(len(estimates), np.inf)
    a, c = estimates[decides], shifts[decides]
    ends = np.stack([(estimate - a) / (1 - c), (estimate + a) / (1 + c)])
    low[decides], high[decides] = ends.min(axis=0), ends.max(axis=0)
    rank = min(
        floor((1 - level) * len(low) + 1e-9), len(low) - 1
    )  # so many allocations at most may count before p exceeds 1 - level
    return Limits(float(np.sort(low)[rank]), float(np.sort(high)[::-1][rank]))

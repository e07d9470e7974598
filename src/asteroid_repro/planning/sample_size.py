"""How many people a trial needs: the smallest arms with the wanted power, found by simulation."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any, Final

from asteroid_repro.engine.monte_carlo import Run, check_trials, simulated_label
from asteroid_repro.errors import InputError, check_whole
from asteroid_repro.estimate.effects.methods import Analysis, Distribution, chosen_analysis
from asteroid_repro.evaluate.answers import asked_said
from asteroid_repro.evaluate.performance import characteristics
from asteroid_repro.planning.approximate_power import approximate_power, asked_about
from asteroid_repro.planning.search import smallest
from asteroid_repro.tables.result_table import ResultTable
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.trial.quantities import MOST_PEOPLE

_SMALLEST: Final = 2  # people per arm that have a spread


@dataclass(frozen=True)
class SizeTried:
    """The simulated power at one size.

    Attributes
    ----------
    people_per_arm : int
        People in each arm.
    power, mcse : float
        Share of trials with p < 1 - level, and its Monte Carlo standard error.
    approximate_power : float
        By the noncentral t distribution.
    failed : int
        Trials without a usable fit.
    """

    people_per_arm: int
    power: float
    mcse: float
    approximate_power: float
    failed: int


@dataclass(frozen=True)
class SampleSize(ResultTable):
    """The size found, and what it rests on.

    Attributes
    ----------
    people_per_arm : int
        People in each arm.
    power, mcse : float
        Simulated power there, and its Monte Carlo standard error.
    power_one_fewer, mcse_one_fewer : float
        The same with one person fewer in each arm; NaN where the answer is the smallest possible size.
    target : float
        The power asked for.
    analytic_guess : int
        Size by the noncentral t distribution, where the search started.
    type_one_error, type_one_mcse : float
        Share of trials of that size without any effect that are significant all the same, and its Monte Carlo standard
        error: what the power is bought with.
    lowest, highest : int
        Sizes that other simulations of as many trials could have answered: within 2 Monte Carlo standard errors.
    rows : tuple of SizeTried
        Every size simulated, smallest first.
    analysis : Analysis
        The method, its reference distribution and level.
    asked : str
        What the trial is asked about, and how, in words.
    label : str
        ``SIMULATED`` with scenario, outcome, analysis, trials and seed.
    """

    people_per_arm: int
    power: float
    mcse: float
    power_one_fewer: float
    mcse_one_fewer: float
    target: float
    analytic_guess: int
    type_one_error: float
    type_one_mcse: float
    lowest: int
    highest: int
    rows: tuple[SizeTried, ...]
    analysis: Analysis
    asked: str
    label: str

    def answer(self) -> str:
        """Return the size in a sentence, and the type I error it comes with."""
        within = f"{self.lowest} to {self.highest} within Monte Carlo error"
        size = f"{self.people_per_arm} people per arm ({within}) give a power of {self.target:g} for {self.asked}"
        return f"{size}, at a type I error of {self.type_one_error:.3f}."

    def notes(self) -> Sequence[str]:
        """Warn where the test does not hold its level."""
        nominal = 1 - self.analysis.level
        if self.type_one_error <= nominal + 3 * self.type_one_mcse:
            return ()
        test = f"{self.analysis.method} with {self.analysis.distribution}"
        return (f"{test} rejects too often (nominal {nominal:.3g}): a part of this power is false alarms.",)


def sample_size(
    assumptions: TrialAssumptions,
    *,
    power: float = 0.9,
    outcome: str | None = None,
    week: float | None = None,
    effect: float | None = None,
    method: str | None = None,
    distribution: Distribution | None = None,
    level: float = 0.95,
    trials: int = 20_000,
    seed: int,
    maximum: int = 2000,
    n_jobs: int = 1,
    executor: Any = None,
    progress: bool = False,
) -> SampleSize:
    r"""Find the smallest number of people per arm with the wanted power.

    The rule: the answer is a size whose simulated power reaches the target while one person fewer in each arm does
    not. The search starts at the size that the noncentral t distribution gives, goes outwards in growing steps until
    the target lies between two sizes, and halves that gap until they are neighbours. All sizes use one seed.

    Simulated power is not quite smooth in the number of people, so several sizes may fulfil the rule; which of them is
    found is chance, but a chance within Monte Carlo error. ``lowest`` and ``highest`` say how far that reaches: the
    sizes where the approximate curve, moved to agree with the simulation at the answer, passes target
    :math:`\pm 2` MCSE. More trials narrow it.

    Parameters
    ----------
    assumptions : TrialAssumptions
        The trial's assumptions; the sizes of its arms play no part, and trials randomise anew.
    power : float
        Wanted power, above 1 - level and below 1.
    outcome : str, optional
        Name of the outcome; the study's first when not given.
    week : float, optional
        A visit after the first; the last when not given.
    effect : float, optional
        Effect to detect at that week, points (other weeks scaled along); the assumed one when not given.
    method, distribution, level
        As in :func:`asteroid_repro.estimate_effects`: MMRM with Kenward and Roger's correction when not given.
    trials : int
        Simulated trials at each size, as many at all: a search has no ``"auto"``.
    seed : int
        Whole number of 0 or more.
    maximum : int
        Most people per arm to consider.
    n_jobs, executor, progress
        As in :func:`asteroid_repro.operating_characteristics`.

    Returns
    -------
    SampleSize
        With the table of sizes tried.

    Raises
    ------
    InputError
        A power outside (1 - level, 1), an effect of 0, a power that ``maximum`` people per arm do not reach,
        trials that are not a whole number of 2 or more, or an unknown outcome, week, method or distribution.

    References
    ----------
    .. [1] Landau & Stahl (2013), Stat Methods Med Res 22:324-345. doi:10.1177/0962280212439578

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> size = sample_size(ASTEROID, power=0.8, effect=-25, trials=1000, seed=1)
    >>> 5 <= size.people_per_arm <= 11
    True
    """
    analysis = chosen_analysis(method, distribution, level)
    _check_power(power, analysis.level)
    run = Run(check_trials(trials), seed, n_jobs=n_jobs, executor=executor, progress=progress)
    maximum = check_whole("maximum", maximum, _SMALLEST, "Try 2000 people per arm.", MOST_PEOPLE // 2)
    outcome, week = asked_about(assumptions, outcome, week)
    truth = _with_effect(assumptions, outcome, week, effect)
    tried: dict[int, SizeTried] = {}

    def approximate(people: int) -> float:
        return approximate_power(truth.with_people(people, people), outcome=outcome, week=week, **analysis.arguments)

    def simulated(people: int) -> float:
        if people not in tried:
            found = characteristics(truth.with_people(people, people), analysis, run)
            if found.stopped:  # a search has nothing to show before its end
                raise KeyboardInterrupt
            one = found.value(outcome, "power", week)
            tried[people] = SizeTried(people, one.value, one.mcse, approximate(people), found.failed)
        return tried[people].power

    if approximate(2 * maximum) < power:
        raise _unreachable(power, maximum, approximate(maximum), "by the noncentral t distribution")
    guess = _first(approximate, power, 2 * maximum)
    people = _search(simulated, power, min(guess, maximum), maximum)
    about = (f"{outcome} at week {week:g}", analysis, f"{trials:,} trials a size", f"seed {seed}")
    label = simulated_label(truth.name, *about)
    null = characteristics(truth.with_people(people, people).without_effect(), analysis, run)
    error = null.value(outcome, "power", week)
    said = {
        "analytic_guess": guess,
        "analysis": analysis,
        "type_one_error": error.value,
        "type_one_mcse": error.mcse,
        "asked": asked_said(outcome, week, analysis, truth.design),
        "label": label,
    }
    return _result(approximate, tried, people, power, maximum, **said)


def _check_power(power: float, level: float) -> None:
    if not 1 - level < power < 1:
        raise InputError(f"power must be in ({1 - level:g}, 1), above the type I error, got {power!r}. Try 0.8 or 0.9.")


def _with_effect(assumptions: TrialAssumptions, outcome: str, week: float, effect: float | None) -> TrialAssumptions:
    truth = assumptions if effect is None else assumptions.with_effect_through(outcome, week, effect)
    if truth.effect_at(outcome, week) == 0:
        raise InputError(f"effect must not be 0, got 0 for {outcome} at week {week:g}. Give the effect to detect.")
    return truth


def _first(approximate: Callable[[int], float], target: float, maximum: int) -> int:
    return smallest(approximate, target, _SMALLEST - 1, maximum)


def _search(simulated: Callable[[int], float], target: float, start: int, maximum: int) -> int:
    """Go outwards from the start to a size below the target and one at or above it, and halve the gap between them."""
    low = high = start
    step = max(1, start // 50)
    while simulated(high) < target:
        if high == maximum:
            raise _unreachable(target, maximum, simulated(maximum), "simulated")
        low, high, step = high, min(high + step, maximum), 2 * step
    while low == high or (low >= _SMALLEST and simulated(low) >= target):
        low, high, step = max(low - step, _SMALLEST - 1), low, 2 * step
    return smallest(simulated, target, low, high)


def _unreachable(target: float, maximum: int, best: float, how: str) -> InputError:
    got = f"got {best:.3f} there ({how}) and {target:g} wanted"
    return InputError(f"power must be within reach of {maximum} people per arm, {got}. Raise maximum, or the effect.")


def _result(
    approximate: Callable[[int], float],
    tried: Mapping[int, SizeTried],
    people: int,
    target: float,
    maximum: int,
    **said: Any,
) -> SampleSize:
    answer, fewer = tried[people], tried.get(people - 1)
    moved = target - (answer.power - answer.approximate_power)
    lowest, highest = (_first(approximate, moved + way * answer.mcse, maximum) for way in (-2, 2))
    return SampleSize(
        people_per_arm=people,
        power=answer.power,
        mcse=answer.mcse,
        power_one_fewer=fewer.power if fewer else nan,
        mcse_one_fewer=fewer.mcse if fewer else nan,
        target=target,
        lowest=min(lowest, people),
        highest=max(highest, people),
        rows=tuple(tried[size] for size in sorted(tried)),
        **said,
    )

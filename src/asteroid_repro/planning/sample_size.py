"""How many people a trial needs: the smallest arms with the wanted power, found by simulation."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from math import nan
from typing import TYPE_CHECKING, Any

from asteroid_repro._version import __version__
from asteroid_repro.engine.monte_carlo import check_trials
from asteroid_repro.errors import InputError
from asteroid_repro.estimate.effects.methods import Distribution, reference_distribution
from asteroid_repro.evaluate.performance import operating_characteristics
from asteroid_repro.planning.approximate_power import approximate_power
from asteroid_repro.sweeps.fields import effect_at, with_effect_at
from asteroid_repro.tables.limits import check_level
from asteroid_repro.trial.assumptions import TrialAssumptions

if TYPE_CHECKING:
    import pandas as pd

_SMALLEST = 2  # people per arm that have a spread


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
class SampleSize:
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
    lowest, highest : int
        Sizes that other simulations of as many trials could have answered: within 2 Monte Carlo standard errors.
    tried : tuple of SizeTried
        Every size simulated, smallest first.
    label : str
        ``SIMULATED`` with scenario, trials and seed.
    """

    people_per_arm: int
    power: float
    mcse: float
    power_one_fewer: float
    mcse_one_fewer: float
    target: float
    analytic_guess: int
    lowest: int
    highest: int
    tried: tuple[SizeTried, ...]
    label: str

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per size tried."""
        import pandas as pd  # slow to import, and the command line prints without it

        return pd.DataFrame([asdict(size) for size in self.tried])

    def _repr_html_(self) -> str:
        answer = (
            f"{self.people_per_arm} people per arm for a power of {self.target:g} "
            f"({self.lowest} to {self.highest} within Monte Carlo error)"
        )
        return f"<p><strong>{self.label}</strong></p><p>{answer}</p>" + self.to_frame().to_html(index=False)


def sample_size(
    assumptions: TrialAssumptions,
    *,
    power: float = 0.9,
    outcome: str = "average_pain",
    week: int = 12,
    effect: float | None = None,
    method: str = "random_intercept",
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
    outcome : str
        Name of the outcome.
    week : int
        A visit after the first.
    effect : float, optional
        Effect to detect at that week, points (other weeks scaled along); the assumed one when not given.
    method, distribution, level
        As in :func:`asteroid_repro.estimate_effects`.
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
    _check_power(power, level)
    check_trials(trials)
    if isinstance(maximum, bool) or not isinstance(maximum, int) or maximum < _SMALLEST:
        raise InputError(f"maximum must be a whole number of 2 or more, got {maximum!r}. Try 2000 people per arm.")
    truth = assumptions if effect is None else with_effect_at(assumptions, outcome, week, effect)
    if effect_at(truth, outcome, week) == 0:
        raise InputError(
            f"effect must not be 0, got 0 for {outcome} at week {week}. No number of people finds what is not there."
        )
    chosen = reference_distribution(method, distribution)
    workers = {"n_jobs": n_jobs, "executor": executor, "progress": progress}
    question = _Question(truth, outcome, week, method, chosen, level, trials, seed, workers)
    guess = _first(question, power, 2 * maximum)
    if guess is None:
        raise _unreachable(power, maximum, question.approximate(maximum), "by the noncentral t distribution")
    tried: dict[int, SizeTried] = {}

    def simulated(people: int) -> float:
        if people not in tried:
            tried[people] = question.simulate(people)
        return tried[people].power

    answer = _search(simulated, power, min(guess, maximum), maximum)
    return _result(question, tried, answer, target=power, guess=guess, maximum=maximum)


@dataclass(frozen=True)
class _Question:
    """What stays the same while the number of people changes."""

    truth: TrialAssumptions
    outcome: str
    week: int
    method: str
    distribution: Distribution
    level: float
    trials: int
    seed: int
    workers: Mapping[str, Any]

    def approximate(self, people: int) -> float:
        return approximate_power(
            self.truth.with_people(people, people),
            outcome=self.outcome,
            week=self.week,
            method=self.method,
            distribution=self.distribution,
            level=self.level,
        )

    def simulate(self, people: int) -> SizeTried:
        oc = operating_characteristics(
            self.truth.with_people(people, people),
            trials=self.trials,
            seed=self.seed,
            method=self.method,
            distribution=self.distribution,
            level=self.level,
            **self.workers,
        )
        if oc.stopped:  # a search has nothing to show before its end
            raise KeyboardInterrupt
        power = oc.value(self.outcome, "power", self.week)
        return SizeTried(people, float(power.value), float(power.mcse), self.approximate(people), int(oc.failed))


def _check_power(power: float, level: float) -> None:
    alpha = 1 - check_level(level)
    if not alpha < power < 1:
        raise InputError(
            f"power must be in ({alpha:g}, 1), above the type I error, got {power!r}. Usual values are 0.8 and 0.9."
        )


def _first(question: _Question, target: float, maximum: int) -> int | None:
    """Return the first size whose approximate power reaches the target; None where not even the largest does."""
    if question.approximate(maximum) < target:
        return None
    low, high = _SMALLEST - 1, maximum
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if question.approximate(middle) >= target else (middle, high)
    return high


def _search(simulated: Callable[[int], float], target: float, start: int, maximum: int) -> int:
    low, high = _bracket(simulated, target, start, maximum)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if simulated(middle) >= target else (middle, high)
    return high


def _bracket(simulated: Callable[[int], float], target: float, start: int, maximum: int) -> tuple[int, int]:
    """Go outwards from the start to a size below the target and one at or above it."""
    low = high = start
    step = max(1, start // 50)
    while simulated(high) < target:
        if high == maximum:
            raise _unreachable(target, maximum, simulated(maximum), "simulated")
        low, high, step = high, min(high + step, maximum), 2 * step
    while low == high or (low >= _SMALLEST and simulated(low) >= target):
        low, high, step = max(low - step, _SMALLEST - 1), low, 2 * step
    return low, high


def _unreachable(target: float, maximum: int, best: float, how: str) -> InputError:
    return InputError(
        f"power must be within reach of {maximum} people per arm, got {best:.3f} there ({how}) and {target:g} wanted. "
        "Raise maximum, or plan for a larger effect."
    )


def _result(
    question: _Question, tried: dict[int, SizeTried], people: int, *, target: float, guess: int, maximum: int
) -> SampleSize:
    answer, fewer = tried[people], tried.get(people - 1)
    moved = target - (answer.power - answer.approximate_power)
    lowest = _first(question, moved - 2 * answer.mcse, maximum) or people
    highest = _first(question, moved + 2 * answer.mcse, maximum) or maximum
    source = f"{question.truth.name}, {question.trials:,} trials a size, seed {question.seed}, version {__version__}"
    return SampleSize(
        people_per_arm=people,
        power=answer.power,
        mcse=answer.mcse,
        power_one_fewer=fewer.power if fewer else nan,
        mcse_one_fewer=fewer.mcse if fewer else nan,
        target=target,
        analytic_guess=guess,
        lowest=min(lowest, people),
        highest=max(highest, people),
        tried=tuple(tried[size] for size in sorted(tried)),
        label=f"SIMULATED ({source}), not participant data",
    )

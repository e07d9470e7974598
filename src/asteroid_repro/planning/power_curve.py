"""Power, and any other measure, over one or two values of the assumptions: a sweep without a folder."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from asteroid_repro.engine.measures import MEASURES
from asteroid_repro.engine.monte_carlo import Run, check_trials, simulated_label
from asteroid_repro.errors import InputError, check_choice
from asteroid_repro.estimate.effects.methods import Analysis, Distribution, chosen_analysis
from asteroid_repro.evaluate.answers import asked_said
from asteroid_repro.evaluate.performance import Measure, OperatingCharacteristics, characteristics
from asteroid_repro.planning.approximate_power import asked_about
from asteroid_repro.sweeps.grid import grid, naming
from asteroid_repro.tables.result_table import ResultTable
from asteroid_repro.tables.rounding import number
from asteroid_repro.trial.assumptions import TrialAssumptions

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class PowerCurve(ResultTable):
    """Measures of one outcome over a grid of assumptions.

    Attributes
    ----------
    points : tuple of (dict, OperatingCharacteristics)
        The values that were changed, by name, and what was found there; one a combination, the last name changing
        fastest.
    outcome : str
        Name of the outcome.
    week : float
        Weeks since randomisation.
    measures : tuple of str
        The measures of the table.
    analysis : Analysis
        The method, its reference distribution and level.
    asked : str
        What the trial is asked about, and how, in words.
    label : str
        ``SIMULATED`` with scenario, outcome, analysis, trials and seed.
    """

    points: tuple[tuple[Mapping[str, Any], OperatingCharacteristics], ...]
    outcome: str
    week: float
    measures: tuple[str, ...]
    analysis: Analysis
    asked: str
    label: str

    def answer(self) -> str:
        """Return where power is least and where it is most."""
        found = sorted(zip(self.at("power"), self.points, strict=True), key=lambda pair: pair[0].value)
        least, most = (
            f"{number(100 * one.value, 1)} % ({', '.join(f'{name} {value}' for name, value in point.items())})"
            for one, (point, _) in (found[0], found[-1])
        )
        return f"Power for {self.asked}: from {least} to {most}."

    def at(self, measure: str = "power") -> list[Measure]:
        """Return a measure at every combination.

        Raises
        ------
        InputError
            No such measure.
        """
        return [found.value(self.outcome, measure, self.week) for _, found in self.points]

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per combination: the values, each measure and its error, and the fits that failed.

        The error of power is ``mcse``, that of another measure has the measure's name before it.
        """
        import pandas as pd  # slow to import, and the command line prints without it

        columns: dict[str, list[Any]] = {}
        for measure in self.measures:
            columns[measure] = [one.value for one in self.at(measure)]
            columns["mcse" if measure == "power" else f"{measure}_mcse"] = [one.mcse for one in self.at(measure)]
        values = pd.DataFrame([dict(point) for point, _ in self.points])
        return values.assign(**columns, failed=[found.failed for _, found in self.points])


def power_curve(
    assumptions: TrialAssumptions,
    over: Mapping[str, Iterable[Any]],
    *,
    outcome: str | None = None,
    week: float | None = None,
    measures: Sequence[str] = ("power",),
    trials: int = 10_000,
    seed: int,
    method: str | None = None,
    distribution: Distribution | None = None,
    level: float = 0.95,
    n_jobs: int = 1,
    executor: Any = None,
    progress: bool = False,
) -> PowerCurve:
    """Compute measures of :func:`operating_characteristics` at every combination of one or two fields' values.

    All points use one seed. As long as the number of people stays the same they see the same people and noise
    (common random numbers), and neighbouring points differ by less than their errors suggest.

    Parameters
    ----------
    assumptions : TrialAssumptions
        What stays the same.
    over : mapping of str to values
        One or two names and the values of each, for instance ``{"people_per_arm": [10, 20, 40],
        "average_pain.effect": [-5, -10, -15]}``; names as in :meth:`asteroid_repro.TrialAssumptions.with_values`.
    outcome : str, optional
        Name of the outcome; the study's first when not given.
    week : float, optional
        A visit after the first; the last when not given.
    measures : sequence of str
        Names of measures, for instance ``("power", "coverage")``.
    trials : int
        Simulated trials at each point, as many at all: a curve has no ``"auto"``.
    seed : int
        Whole number of 0 or more.
    method, distribution, level
        As in :func:`asteroid_repro.estimate_effects`: MMRM with Kenward and Roger's correction when not given.
    n_jobs, executor, progress
        As in :func:`asteroid_repro.operating_characteristics`.

    Returns
    -------
    PowerCurve
        A point per combination; stopped from the keyboard, the points that were finished.

    Raises
    ------
    InputError
        No name or more than two, an unknown name or measure, a combination that cannot be (the message begins with it;
        all are made before the first is simulated), trials that are not a whole number of 2 or more, or an unknown
        outcome, week, method or distribution.

    References
    ----------
    .. [1] Morris, White & Crowther (2019), Stat Med 38:2074-2102. doi:10.1002/sim.8086

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> curve = power_curve(ASTEROID, {"people_per_arm": [10, 40]}, trials=200, seed=1).to_frame()
    >>> bool(curve["power"].iloc[1] > curve["power"].iloc[0] + 0.2)
    True
    """
    if len(over) > 2:
        raise InputError(f"over must name one or two fields, got {len(over)}: {', '.join(over)}. Leave some out.")
    for name in measures:
        check_choice("measures", name, MEASURES)
    analysis = chosen_analysis(method, distribution, level)
    run = Run(check_trials(trials), seed, n_jobs=n_jobs, executor=executor, progress=progress)
    outcome, week = asked_about(assumptions, outcome, week)
    points, done = grid(assumptions, over), []
    for point, record in points:
        with naming(point):  # what only the simulation can tell: scores that no distribution gives
            found = characteristics(record, analysis, run)
        if found.stopped:
            break
        done.append((point, found))
    stopped = f"stopped after {len(done)} of {len(points)} points" if len(done) < len(points) else ""
    about = (f"{outcome} at week {week:g}", analysis, f"{trials:,} trials a point", stopped, f"seed {seed}")
    label = simulated_label(assumptions.name, *about)
    asked = asked_said(outcome, week, analysis, assumptions.design)
    return PowerCurve(tuple(done), outcome, week, tuple(measures), analysis, asked, label)

"""Power, and any other measure, over one or two fields of the assumptions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from asteroid_repro._version import __version__
from asteroid_repro.engine.monte_carlo import check_trials
from asteroid_repro.errors import InputError, did_you_mean
from asteroid_repro.estimate.effects.methods import Distribution, reference_distribution
from asteroid_repro.evaluate.performance import Measure, OperatingCharacteristics, operating_characteristics
from asteroid_repro.sweeps.fields import combination, effect_at, grid, with_fields
from asteroid_repro.tables.limits import check_level
from asteroid_repro.trial.assumptions import TrialAssumptions

if TYPE_CHECKING:
    import pandas as pd

MEASURES: Final = (
    "truth", "mean_estimate", "bias", "empirical_se", "model_se", "se_ratio", "rmse", "interval_width", "type_s",
    "type_m", "coverage", "power", "favours_running", "important", "boundary", "failed",
)  # fmt: skip
"""Names of the measures of one outcome."""


@dataclass(frozen=True)
class CurvePoint:
    """The measures at one combination of field values.

    Attributes
    ----------
    fields : mapping of str to value
        The fields that were changed, in the unit of each.
    measures : tuple of Measure
        Those asked for, each with its Monte Carlo standard error.
    failed : int
        Trials without a usable fit.
    """

    fields: Mapping[str, Any]
    measures: tuple[Measure, ...]
    failed: int


@dataclass(frozen=True)
class PowerCurve:
    """Measures over a grid of assumptions.

    Attributes
    ----------
    points : tuple of CurvePoint
        One a combination, the last field changing fastest.
    label : str
        ``SIMULATED`` with scenario, outcome, method, trials and seed.
    """

    points: tuple[CurvePoint, ...]
    label: str

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per combination: the fields, each measure and its error, and the fits that failed.

        The error of power is ``mcse``, that of another measure has the measure's name before it.
        """
        import pandas as pd  # slow to import, and the command line prints without it

        return pd.DataFrame([_row(point) for point in self.points])

    def _repr_html_(self) -> str:
        return f"<p><strong>{self.label}</strong></p>" + self.to_frame().to_html(index=False)


def power_curve(
    assumptions: TrialAssumptions,
    over: Mapping[str, Iterable[Any]],
    *,
    outcome: str = "average_pain",
    week: int = 12,
    measures: Sequence[str] = ("power",),
    trials: int = 10_000,
    seed: int,
    method: str = "random_intercept",
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
        One or two fields and the values of each, for instance ``{"people_per_arm": [10, 20, 40],
        "average_pain.effect": [-5, -10, -15]}``; names as in :func:`asteroid_repro.sweeps.fields.with_fields`.
    outcome : str
        Name of the outcome.
    week : int
        A visit after the first.
    measures : sequence of str
        Names of measures, for instance ``("power", "coverage")``.
    trials : int
        Simulated trials at each point, as many at all: a curve has no ``"auto"``.
    seed : int
        Whole number of 0 or more.
    method, distribution, level
        As in :func:`asteroid_repro.estimate_effects`.
    n_jobs, executor, progress
        As in :func:`asteroid_repro.operating_characteristics`.

    Returns
    -------
    PowerCurve
        A point per combination; stopped from the keyboard, the points that were finished.

    Raises
    ------
    InputError
        No field or more than two, an unknown field or measure, a combination that cannot be (the message begins with
        it; all are made before the first is simulated), trials that are not a whole number of 2 or more, or an unknown
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
    points = grid(over)
    if len(over) > 2:
        raise InputError(f"over must name one or two fields, got {len(over)}: {', '.join(over)}. Leave some out.")
    chosen = reference_distribution(method, distribution)
    check_level(level)
    check_trials(trials)
    _check_measures(measures)
    effect_at(assumptions, outcome, week)
    records = [with_fields(assumptions, point) for point in points]

    def characteristics(point: Mapping[str, Any], record: TrialAssumptions) -> OperatingCharacteristics:
        try:
            return operating_characteristics(
                record,
                trials=trials,
                seed=seed,
                method=method,
                distribution=chosen,
                level=level,
                n_jobs=n_jobs,
                executor=executor,
                progress=progress,
            )
        except InputError as error:  # what only the simulation can tell: scores that no distribution gives
            raise InputError(f"{combination(point)}: {error}") from None

    rows: list[CurvePoint] = []
    for point, record in zip(points, records, strict=True):
        oc = characteristics(point, record)
        if oc.stopped:
            break
        rows.append(CurvePoint(point, tuple(oc.value(outcome, name, week) for name in measures), oc.failed))
    source = f"{assumptions.name}, {outcome} at week {week}, {method}, {trials:,} trials a point, seed {seed}"
    if len(rows) < len(points):
        source = f"stopped after {len(rows)} of {len(points)} points, {source}"
    return PowerCurve(tuple(rows), f"SIMULATED ({source}, version {__version__}), not participant data")


def _check_measures(measures: Sequence[str]) -> None:
    for name in measures:
        if name not in MEASURES:
            raise InputError(f"measures must be names of measures, got {name!r}.{did_you_mean(name, MEASURES)}")


def _row(point: CurvePoint) -> dict[str, Any]:
    row = dict(point.fields)
    for one in point.measures:
        row[one.measure] = float(one.value)
        row["mcse" if one.measure == "power" else f"{one.measure}_mcse"] = float(one.mcse)
    return row | {"failed": point.failed}

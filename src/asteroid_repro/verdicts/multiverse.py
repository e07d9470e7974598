r"""The multiverse of the print: every analysis, covariance and spread that could have printed a line, and what follows.

Print fixes the SD of a change for each analysis (:func:`asteroid_repro.printed.adjusted.readings_of_print`), not how
the visits correlate. So for each reading and each covariance that somebody had or supposes, the SDs are those with
which that analysis has the printed standard error on average, and trials of that truth are drawn: normal scores,
complete, no floor (Steegen et al. 2016, doi:10.1177/1745691616658637; Simonsohn, Simmons & Nelson 2020,
doi:10.1038/s41562-020-0912-z).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from asteroid_repro.engine.monte_carlo import check_trials, simulated_label
from asteroid_repro.errors import InputError, NotYetError
from asteroid_repro.estimate.effects.methods import METHODS, closed_form
from asteroid_repro.estimate.effects.moments import Moments
from asteroid_repro.estimate.inference import Estimates, critical_value
from asteroid_repro.printed.adjusted import readings_of_print
from asteroid_repro.simulate.streams import Purpose, stream
from asteroid_repro.study_folder import Study
from asteroid_repro.study_folder import study as read_study
from asteroid_repro.tables.result_table import ResultTable
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.verdicts.audit_ledger import arm_sizes, printed_line
from asteroid_repro.verdicts.printed_target import consistent_line
from asteroid_repro.verdicts.reanalysis import sourced_correlations

if TYPE_CHECKING:
    import pandas as pd

NOMINAL: Final = 0.05
_ALIKE, _ALIKE_ERROR = 0.1, 0.01  # ranges of a probability, and of an error rate, that are called robust
_METHODS: Final = {"random intercept": "random_intercept", "MMRM": "mmrm"}


@dataclass(frozen=True)
class Specification:
    """One way in which a line can have been printed, and what follows from it.

    Attributes
    ----------
    outcome : str
        Name of the outcome.
    covariance : str
        How the visits are supposed to correlate.
    model, distribution, likelihood : str
        The analysis.
    sd, correlation : float
        SD at baseline that print then implies, points, and correlation of baseline and the visit of the line.
    type_one_error, type_one_mcse : float
        Of a test at the line's level, and its Monte Carlo standard error (MCSE).
    power, power_mcse : float
        Probability of significance if the printed effect is true.
    type_m : float
        How many times too large a significant estimate then is on average.
    replication, replication_mcse : float
        Probability that a rerun of the same size is significant in the same direction, the truth being normal around
        the printed estimate with its standard error.
    """

    outcome: str
    covariance: str
    model: str
    distribution: str
    likelihood: str
    sd: float
    correlation: float
    type_one_error: float
    type_one_mcse: float
    power: float
    power_mcse: float
    type_m: float
    replication: float
    replication_mcse: float


@dataclass(frozen=True, repr=False)
class Multiverse(ResultTable):
    """Every specification that could have printed the lines of a study.

    Attributes
    ----------
    rows : tuple of Specification
        One an outcome, covariance and analysis.
    trials : int
        Simulated trials a specification.
    label : str
        ``SIMULATED`` with trials and seed.
    """

    rows: tuple[Specification, ...]
    trials: int
    label: str

    def answer(self) -> str:
        """Say in three sentences what is robust and what is not."""
        errors = [row.type_one_error for row in self.rows]
        liberal = sum(row.type_one_error > NOMINAL + 3 * row.type_one_mcse for row in self.rows)
        robust = _robust([max(errors) - min(errors)], _ALIKE_ERROR)
        return (
            f"{self._ranges('power', 'Power at the printed effect')} "
            f"{self._ranges('replication', 'The probability that a rerun of the same size is significant')} "
            f"The type I error of the test is {robust}: {min(errors):.3f} to {max(errors):.3f}, in {liberal} of "
            f"{len(self.rows)} specifications above {NOMINAL:g}."
        )

    def _ranges(self, measure: str, words: str) -> str:
        found: dict[str, list[float]] = {}
        for row in self.rows:
            found.setdefault(row.outcome, []).append(getattr(row, measure))
        ends = ", ".join(f"{name} {min(values):.2f} to {max(values):.2f}" for name, values in found.items())
        return f"{words} is {_robust([max(values) - min(values) for values in found.values()], _ALIKE)}: {ends}."


def _robust(ranges: list[float], alike: float) -> str:
    return "robust" if max(ranges) <= alike else "not robust"


def multiverse(study: Study | None = None, *, trials: int = 20_000, seed: int) -> Multiverse:
    """Measure what follows from every analysis and covariance that could have printed the lines of a study.

    The covariances are the study's own assumption, those of its scenarios, and equal correlations at the lowest and the
    highest one that the ledger has a source for (at 0.25, 0.5 and 0.75 where there is none of these).

    Parameters
    ----------
    study : Study, optional
        ASTEROID when not given.
    trials, seed : int
        Simulated trials a specification; all specifications see the same random numbers.

    Returns
    -------
    Multiverse
        One row a specification.

    Raises
    ------
    InputError
        A study that prints no people of its arms, or no line with limits that an unadjusted analysis prints.
    NotYetError
        A study whose analysis adjusts for the baseline.

    Examples
    --------
    >>> found = multiverse(trials=500, seed=1)
    >>> sorted({row.distribution for row in found.rows if row.outcome == "current_pain"})
    ['t', 'z']
    """
    study, check = study or read_study(), check_trials(trials)
    people = arm_sizes(study.ledger)
    if people is None:
        raise InputError(f"people of both arms must be printed in {study.design.name}, got none. Add the claims.")
    if METHODS[study.design.analysis.method].adjusted:
        method = study.design.analysis.method
        raise NotYetError(f"analysis must be unadjusted, got {method}: its multiverse is not built. Use audit.")
    rows = []
    for outcome, week in study.ledger.lines:
        line = consistent_line(printed_line(study.ledger, outcome, week))
        if line.lower is None or line.estimate is None:
            continue
        visit, visits = study.design.visit(week), len(study.design.visits)
        for _, reading in readings_of_print(line, *people, n_visits=visits).iterrows():
            for name, matrix in covariances(study, outcome).items():
                scaled = matrix * _scale(matrix, visit, reading) ** 2
                one = Printed(scaled, visit, people, float(line.estimate), line.level)
                found: Any = _measured(one, reading, check, seed)
                about = {str(part): reading[part] for part in ("model", "distribution", "likelihood")}
                sds = np.sqrt(np.diag(scaled))
                rho = float(scaled[0, visit] / sds[0] / sds[visit])
                rows.append(Specification(outcome, name, **about, sd=float(sds[0]), correlation=rho, **found))
    if not rows:
        raise InputError(f"{study.design.name} must print a difference with its limits, got none. Add the claims.")
    label = simulated_label(f"print of {study.design.name}", f"{trials:,} trials a specification", f"seed {seed}")
    return Multiverse(tuple(rows), trials, label)


def covariances(study: Study, outcome: str) -> dict[str, np.ndarray]:
    """Return covariance matrices of the visits by name, up to a common scale, no two alike.

    Examples
    --------
    >>> from asteroid_repro import study
    >>> sorted(covariances(study(), "current_pain"))[:2]
    ['assumed', 'decaying_correlation']
    """
    found: dict[str, np.ndarray] = {}
    supposed: dict[str, TrialAssumptions] = {}
    if study.has_assumptions:
        names = [name for name in study.scenario_names if name != study.folder.name]
        supposed = {"assumed": study.assumptions} | {name: study.scenario(name) for name in names}
    visits = len(study.design.visits)
    sourced = sorted(sourced_correlations(study.ledger).values())
    ends = (sourced[0], sourced[-1]) if sourced else (0.25, 0.5, 0.75)
    matrices = {name: _covariance(record, outcome) for name, record in supposed.items()} | {
        f"equal {rho:g}": np.full((visits, visits), rho) + (1 - rho) * np.eye(visits) for rho in ends
    }
    for name, matrix in matrices.items():
        if matrix.shape == (visits, visits) and not any(
            np.allclose(matrix, known, rtol=1e-3) for known in found.values()
        ):
            found[name] = matrix
    return found


def _covariance(record: TrialAssumptions, outcome: str) -> np.ndarray:
    sd = np.array(record.outcome(outcome).sd)
    return np.asarray(np.array(record.visit_correlation) * np.outer(sd, sd) / sd[0] ** 2)


def _scale(matrix: np.ndarray, visit: int, reading: Any) -> float:
    """Return by what SDs are multiplied so that the analysis has the printed standard error on average."""
    visits = len(matrix)
    if reading["model"] == "MMRM":
        change = matrix[0, 0] + matrix[visit, visit] - 2 * matrix[0, visit]
    else:  # twice the residual variance of a random intercept
        change = 2 * (np.trace(matrix) - matrix.sum() / visits) / (visits - 1)
    return float(reading["change_sd"] / np.sqrt(change))


@dataclass(frozen=True)
class Printed:
    """What a specification says of the trial: covariance of the visits, visit of the line, people, effect and level."""

    matrix: np.ndarray
    visit: int
    people: tuple[int, int]
    effect: float
    level: float


def _measured(one: Printed, reading: Any, trials: int, seed: int) -> Mapping[str, float]:
    effect, place = one.effect, one.visit - 1
    rng = stream(seed, Purpose.PRINT, 0)  # the same numbers for every specification
    null = _moments(rng, one.matrix, one.people, trials)
    truths = effect + reading["se"] * rng.standard_normal(trials)
    fit = _fit(null, reading)
    estimate, error = fit.estimate[place], fit.standard_error[place]
    limit = critical_value(fit.df[place], one.level) * error
    significant = np.abs(estimate + effect) > limit
    same_side = np.sign(effect) * (estimate + truths) > limit
    shares = {
        "type_one": (np.abs(estimate) > limit).mean(),
        "power": significant.mean(),
        "replication": same_side.mean(),
    }
    errors = {f"{name}_mcse": sqrt(share * (1 - share) / trials) for name, share in shares.items()}
    large = np.abs(estimate + effect)[significant].mean() / abs(effect) if significant.any() else np.nan
    found = {"type_one_error" if name == "type_one" else name: share for name, share in shares.items()}
    return {name: float(value) for name, value in (found | errors | {"type_m": large}).items()}


def _moments(rng: np.random.Generator, matrix: np.ndarray, people: tuple[int, int], trials: int) -> Moments:
    """Draw differences of means and cross-products of normal scores without an effect, by Bartlett's decomposition."""
    half, visits, df = np.linalg.cholesky(matrix), len(matrix), sum(people) - 2
    h = 1 / people[0] + 1 / people[1]
    difference = sqrt(h) * half @ rng.standard_normal((visits, trials))
    lower = np.tril(rng.standard_normal((trials, visits, visits)), -1)
    for row in range(visits):
        lower[:, row, row] = np.sqrt(rng.chisquare(df - row, trials))
    root = half @ lower
    return Moments(difference, np.moveaxis(root @ root.transpose(0, 2, 1), 0, -1), *people)


def _fit(data: Moments, reading: Any) -> Estimates:
    method, likelihood = _METHODS[reading["model"]], reading["likelihood"]
    divides_itself = method == "random_intercept"
    complete = closed_form(method, reading["distribution"], likelihood if divides_itself else "REML")
    if complete is None:
        raise InputError(f"model must have a closed form, got {reading['model']}. Choose another.")
    fit = complete(data)
    if likelihood == "REML" or divides_itself:
        return fit
    n = data.n_people
    return Estimates(fit.estimate, fit.standard_error * sqrt((n - 2) / n), fit.df)


def specification_order(rows: "pd.DataFrame") -> "pd.DataFrame":
    """Return specifications of all outcomes side by side, those with the smallest type I error first."""
    how = ["covariance", "model", "distribution", "likelihood"]
    return rows.groupby(how, sort=False)["type_one_error"].mean().sort_values().reset_index()[how]

"""What simulated trials say about the figures that claims are about."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import numpy as np
from scipy.special import ndtri, stdtrit

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.effects.inference import Estimates, confidence_interval, p_value
from asteroid_repro.estimate.effects.methods import Distribution, estimate_arrays
from asteroid_repro.ledger.figure import Figure
from asteroid_repro.mechanism.mechanism import solve
from asteroid_repro.simulate.block import TrialBlock, simulate_block
from asteroid_repro.simulate.sessions import Sessions
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.trial.design import find

PerTrial = Mapping[Figure, np.ndarray]
"""One value a simulated trial, shape (trials,), by figure."""

_PROGRAMME: Final = frozenset(
    {"adherence", "distance", "running_hours", "sessions_per_week", "session_minutes", "programme_weeks"}
)


def per_trial_figures(
    assumptions: TrialAssumptions, figures: Iterable[Figure], seed: int, block: int, trials: int
) -> dict[Figure, np.ndarray]:
    """Simulate a block and reduce each trial to figures.

    Parameters
    ----------
    assumptions : TrialAssumptions
        What is simulated.
    figures : iterable of Figure
        Those wanted; one that the trial does not have (see :func:`why_not`) is left out.
    seed, block, trials : int
        As in :func:`asteroid_repro.simulate.block.simulate_block`.

    Returns
    -------
    dict of Figure to numpy.ndarray, shape (trials,)
        In the units of claims; a mean or SD (n - 1) is over the people of one trial. With a limit of an effect come
        its estimate, standard error and degrees of freedom.
    """
    simulated = simulate_block(solve(assumptions), seed, block, trials)
    possible = [figure for figure in figures if why_not(figure, assumptions) is None]
    effects = _effects([figure for figure in possible if figure.figure == "effect"], assumptions, simulated)
    return effects | {figure: _value(figure, assumptions, simulated) for figure in possible if figure not in effects}


def why_not(figure: Figure, assumptions: TrialAssumptions) -> str | None:
    """Say why trials of these assumptions do not have a figure; None where they do.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> why_not(Figure(figure="effect", outcome="average_pain", week=26, statistic="estimate"), ASTEROID)
    'no visit at week 26'
    """
    design, visits = assumptions.design, len(assumptions.visits)
    characteristics = [each.name for each in assumptions.characteristics]
    absent: dict[str, bool] = {
        f"no outcome {figure.outcome}": figure.outcome not in (None, *design.outcome_names),
        f"no kind of adverse event {figure.kind}": figure.kind not in (None, *design.kinds),
        f"no visit number {figure.visit}": figure.visit is not None and not -visits <= figure.visit < visits,
        f"no characteristic {figure.characteristic}": figure.characteristic not in (None, *characteristics),
        "no sessions": figure.figure in _PROGRAMME and not assumptions.n_sessions,
    }
    if figure.figure == "distance" and figure.week is not None and assumptions.sessions:
        weeks = range(1, assumptions.sessions.programme.weeks + 1)
        absent[f"no week {figure.week:g} of the programme"] = figure.week not in weeks
    elif figure.week is not None:
        absent[f"no visit at week {figure.week:g}"] = figure.week not in design.visits
    return next((why for why, is_absent in absent.items() if is_absent), None)


def _effects(
    figures: Iterable[Figure], assumptions: TrialAssumptions, simulated: TrialBlock
) -> dict[Figure, np.ndarray]:
    """Analyse each outcome that is asked for once, as the study does."""
    design = assumptions.design
    wanted: dict[str, list[Figure]] = {}
    for figure in figures:
        wanted.setdefault(str(figure.outcome), []).append(figure)
    found = {}
    for outcome, own in wanted.items():
        distribution: Distribution | None = design.analysis.distribution  # type: ignore[assignment]
        scores = _scores(simulated, design.outcome_names.index(outcome))
        fit = estimate_arrays(*scores, method=design.analysis.method, distribution=distribution)
        for figure in own:
            for one in (figure, *(_behind(figure) if figure.statistic in ("ci_low", "ci_high") else ())):
                found[one] = _part(one, fit)[design.visit(one.week or 0) - 1]
    return found


def _behind(figure: Figure) -> tuple[Figure, Figure, Figure]:
    """Return estimate, standard error and degrees of freedom of the same line."""
    return figure.with_statistic("estimate"), figure.with_statistic("se"), figure.with_statistic("df")


def _part(figure: Figure, fit: Estimates) -> np.ndarray:
    if figure.statistic == "p_value":
        return p_value(fit)
    if figure.statistic in ("ci_low", "ci_high"):
        limits = confidence_interval(fit, figure.level)
        return limits.low if figure.statistic == "ci_low" else limits.high
    return {"estimate": fit.estimate, "se": fit.standard_error, "df": fit.df}[str(figure.statistic)]


def _value(figure: Figure, assumptions: TrialAssumptions, simulated: TrialBlock) -> np.ndarray:
    values = _VALUES[figure.figure](figure, assumptions, simulated)
    if figure.statistic in _STATISTICS and isinstance(values, np.ndarray):
        return _STATISTICS[figure.statistic](values)
    return values * np.ones(simulated.outcomes.treatment.shape[-1])


def _scores(simulated: TrialBlock, outcome: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores of an outcome in the treatment and the reference arm, shape (visits, people of the arm, trials)."""
    return simulated.outcomes.treatment[outcome], simulated.outcomes.reference[outcome]


def _people(figure: Figure, assumptions: TrialAssumptions) -> slice:
    """Which of all people, the treatment arm first, a figure is over."""
    n = assumptions.n_treatment
    return {None: slice(None), "treatment": slice(n), "reference": slice(n, None)}[figure.arm]


def _eligible(figure: Figure, assumptions: TrialAssumptions, _: TrialBlock) -> float:
    characteristic = find(assumptions.characteristics, str(figure.characteristic), "characteristic")
    limit = characteristic.minimum if figure.statistic == "minimum" else characteristic.maximum
    return np.nan if limit is None else limit


def _characteristic(figure: Figure, assumptions: TrialAssumptions, simulated: TrialBlock) -> np.ndarray:
    return np.asarray(simulated.people[str(figure.characteristic)][_people(figure, assumptions)])


def _share(figure: Figure, assumptions: TrialAssumptions, simulated: TrialBlock) -> np.ndarray:
    """Per cent of the people in a category; the simulation knows who is in the first of two."""
    characteristic = find(assumptions.characteristics, str(figure.characteristic), "characteristic")
    first = _characteristic(figure, assumptions, simulated)
    categories = characteristic.categories or ("true", "false")
    return np.asarray(100 * (first == (figure.category == categories[0])).mean(axis=0))


def _lost(figure: Figure, assumptions: TrialAssumptions, simulated: TrialBlock) -> np.ndarray:
    """People who missed a visit, whatever the outcome."""
    scores = np.concatenate([simulated.outcomes.treatment, simulated.outcomes.reference], axis=2)
    return np.asarray(np.isnan(scores[:, :, _people(figure, assumptions)]).any(axis=(0, 1)).sum(axis=0), dtype=float)


def _score(figure: Figure, assumptions: TrialAssumptions, simulated: TrialBlock) -> np.ndarray:
    design = assumptions.design
    scores = _scores(simulated, design.outcome_names.index(str(figure.outcome)))
    return np.asarray(scores[figure.arm == "reference"][design.visit(figure.week or 0)])


def _sessions(simulated: TrialBlock) -> Sessions:
    if simulated.sessions is None:  # why_not has refused the figure before
        raise InputError("assumptions must have sessions for this figure, got none. Leave it out.")
    return simulated.sessions


def _distance(figure: Figure, _: TrialAssumptions, simulated: TrialBlock) -> np.ndarray:
    sessions = _sessions(simulated)
    chosen = slice(None) if figure.week is None else sessions.week == figure.week
    return np.asarray(sessions.run_distance_km[chosen].sum(axis=0))


def _adverse_events(figure: Figure, assumptions: TrialAssumptions, simulated: TrialBlock) -> np.ndarray:
    """Events in sessions, which are the treatment arm's, and other ones."""
    kinds, people = assumptions.design.kinds, _people(figure, assumptions)
    chosen = slice(None) if figure.kind is None else slice(kinds.index(figure.kind), kinds.index(figure.kind) + 1)
    logs = [(simulated.other_events[chosen, people], simulated.other_serious[chosen, people])]
    if simulated.sessions is not None and figure.arm != "reference":
        logs.append((simulated.sessions.events[chosen], simulated.serious[chosen]))
    counts = [{None: every, True: serious, False: every - serious}[figure.serious] for every, serious in logs]
    return np.asarray(sum(count.sum(axis=tuple(range(count.ndim - 1))) for count in counts), dtype=float)


_VALUES: Final[Mapping[str, Callable[[Figure, TrialAssumptions, TrialBlock], np.ndarray | float]]] = {
    "people": lambda figure, supposed, _: float(np.arange(supposed.n_people)[_people(figure, supposed)].size),
    "visit": lambda figure, supposed, _: float(supposed.visits[figure.visit or 0]),
    "eligible": _eligible,
    "characteristic": _characteristic,
    "share": _share,
    "lost": _lost,
    "score": _score,
    "adherence": lambda _, __, simulated: 100 * _sessions(simulated).attended.mean(axis=0),
    "distance": _distance,
    "running_hours": lambda _, __, simulated: _sessions(simulated).run_minutes.sum(axis=(0, 1)) / 60,
    "sessions_per_week": lambda _, supposed, __: supposed.programme.sessions_per_week,
    "session_minutes": lambda _, supposed, __: supposed.programme.session_minutes,
    "programme_weeks": lambda _, supposed, __: supposed.programme.weeks,
    "adverse_events": _adverse_events,
}
"""Each figure: shape (people, trials) where it comes as a statistic over people, else (trials,) or one number."""

_STATISTICS: Final[Mapping[str | None, Callable[[np.ndarray], np.ndarray]]] = {
    "mean": lambda values: np.nanmean(values, axis=0),  # missed visits are left out
    "sd": lambda values: np.nanstd(values, axis=0, ddof=1),
    "minimum": lambda values: np.nanmin(values, axis=0),
    "maximum": lambda values: np.nanmax(values, axis=0),
}


def fitted_figure(figure: Figure, figures: PerTrial) -> tuple[float, float] | None:
    """Return what the simulated trials give for a fitted claim, and its Monte Carlo standard error.

    A mean over trials, except: standard deviations and errors are root mean squares (a sample SD is biased, its square
    is not), and confidence limits are taken at the root mean square standard error. The error is 0 where every trial
    has the same value. None where there is no such figure: a p value has no mean worth a comparison.

    Examples
    --------
    >>> spread = Figure(figure="adherence", statistic="sd")
    >>> fitted_figure(spread, {spread: np.array([18.0, 22.0])})[0]
    20.09975124224178
    """
    if figure not in figures or figure.statistic == "p_value":
        return None
    values = figures[figure]
    if figure.statistic in ("ci_low", "ci_high"):
        return _limit(figure, figures)
    if figure.statistic in ("sd", "se"):
        root = float(np.sqrt((values**2).mean()))
        return root, _standard_error(values**2 / (2 * root)) if root else 0.0
    return float(values.mean()), _standard_error(values)


def _limit(figure: Figure, figures: PerTrial) -> tuple[float, float]:
    """Mean estimate plus or minus z or t times the root mean square standard error, with its error by linearisation."""
    estimate, error, all_df = (figures[part] for part in _behind(figure))
    df, tail = float(all_df.mean()), (1 + figure.level) / 2
    quantile = float(ndtri(tail) if np.isinf(df) else stdtrit(df, tail))
    root, factor = np.sqrt((error**2).mean()), quantile if figure.statistic == "ci_high" else -quantile
    return (
        float(estimate.mean() + factor * root),
        _standard_error(estimate + factor * error**2 / (2 * root)),
    )


def _standard_error(values: np.ndarray) -> float:
    if (values == values[0]).all():
        return 0.0
    return float(values.std(ddof=1) / np.sqrt(len(values)))

"""What simulated trials say about the figures that claims are about."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final, cast

import numpy as np
from scipy.special import ndtri, stdtrit

from asteroid_repro.estimate.effects.methods import estimate_arrays
from asteroid_repro.estimate.inference import Estimates, confidence_interval, p_value
from asteroid_repro.ledger.figure import Figure
from asteroid_repro.mechanism.mechanism import solve
from asteroid_repro.simulate.block import TrialBlock, simulate_block
from asteroid_repro.simulate.sessions import Sessions
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.trial.characteristics import Characteristic
from asteroid_repro.trial.design import Design, find

PerTrial = Mapping[Figure | None, np.ndarray]
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
    design, possible = assumptions.design, [figure for figure in figures if why_not(figure, assumptions) is None]
    wanted = [part for figure in possible for part in (figure, *_behind(figure))]
    paper: Any = {"method": design.analysis.method, "distribution": design.analysis.distribution}
    analysed = {str(figure.outcome) for figure in wanted if figure.figure == "effect"}
    fits = {outcome: estimate_arrays(*_scores(outcome, design, simulated), **paper) for outcome in analysed}
    return {
        figure: _effect(figure, design, fits[str(figure.outcome)])
        if figure.figure == "effect"
        else _value(figure, assumptions, simulated)
        for figure in wanted
    }


def why_not(figure: Figure, assumptions: TrialAssumptions) -> str | None:
    """Say why trials of these assumptions do not have a figure; None where they do.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> why_not(Figure(figure="effect", outcome="average_pain", week=26, statistic="estimate"), ASTEROID)
    'no visit at week 26'
    """
    design, visits = assumptions.design, len(assumptions.visits)
    known = {each.name: each for each in assumptions.characteristics}
    name = figure.characteristic
    categories = _categories(known[name]) if name in known and not known[name].is_number else ()
    absent: dict[str, bool] = {
        f"no outcome {figure.outcome}": figure.outcome not in (None, *design.outcome_names),
        f"no kind of adverse event {figure.kind}": figure.kind not in (None, *design.kinds),
        f"no visit number {figure.visit}": figure.visit is not None and not -visits <= figure.visit < visits,
        f"no characteristic {name}": name not in (None, *known),
        f"no category {figure.category} of {name}": figure.category not in (None, *categories),
        f"no number in {name}": figure.figure in ("characteristic", "eligible") and bool(categories),
        "no sessions": figure.figure in _PROGRAMME and not assumptions.n_sessions,
    }
    if figure.figure == "distance" and figure.week is not None and assumptions.sessions:
        weeks = range(1, assumptions.sessions.programme.weeks + 1)
        absent[f"no week {figure.week:g} of the programme"] = figure.week not in weeks
    elif figure.week is not None:
        absent[f"no visit at week {figure.week:g}"] = figure.week not in design.visits
    return next((why for why, is_absent in absent.items() if is_absent), None)


def _behind(figure: Figure) -> tuple[Figure, ...]:
    """Return estimate, standard error and degrees of freedom behind a limit of an effect."""
    if figure.statistic not in ("ci_low", "ci_high"):
        return ()
    return figure.with_statistic("estimate"), figure.with_statistic("se"), figure.with_statistic("df")


def _effect(figure: Figure, design: Design, fit: Estimates) -> np.ndarray:
    limits = confidence_interval(fit, figure.level)
    parts = {"estimate": fit.estimate, "se": fit.standard_error, "df": fit.df, "p_value": p_value(fit)}
    values = parts | {"ci_low": limits.low, "ci_high": limits.high}
    return np.asarray(values[str(figure.statistic)][design.visit(figure.week or 0) - 1])


def _value(figure: Figure, assumptions: TrialAssumptions, simulated: TrialBlock) -> np.ndarray:
    values = _VALUES[figure.figure](figure, assumptions, simulated)
    if figure.statistic in _STATISTICS and isinstance(values, np.ndarray):
        return np.asarray(_STATISTICS[figure.statistic](values, axis=0))
    return values * np.ones(simulated.outcomes.treatment.shape[-1])


def _scores(outcome: str, design: Design, simulated: TrialBlock) -> tuple[np.ndarray, np.ndarray]:
    """Scores of an outcome in the treatment and the reference arm, shape (visits, people of the arm, trials)."""
    index = design.outcome_names.index(outcome)
    return simulated.outcomes.treatment[index], simulated.outcomes.reference[index]


def _people(figure: Figure, assumptions: TrialAssumptions) -> slice:
    """Which of all people, the treatment arm first, a figure is over."""
    n = assumptions.n_treatment
    return {None: slice(None), "treatment": slice(n), "reference": slice(n, None)}[figure.arm]


def _eligible(figure: Figure, assumptions: TrialAssumptions, _: TrialBlock) -> float:
    known = find(assumptions.characteristics, str(figure.characteristic), "characteristic")
    return float(getattr(known, str(figure.statistic)))


def _characteristic(figure: Figure, assumptions: TrialAssumptions, simulated: TrialBlock) -> np.ndarray:
    return simulated.people[str(figure.characteristic)][_people(figure, assumptions)]


def _share(figure: Figure, assumptions: TrialAssumptions, simulated: TrialBlock) -> np.ndarray:
    """Per cent of the people in a category; the simulation knows who is in the first of two."""
    categories = _categories(find(assumptions.characteristics, str(figure.characteristic), "characteristic"))
    is_first = _characteristic(figure, assumptions, simulated)
    return np.asarray(100 * (is_first == (figure.category == categories[0])).mean(axis=0))


def _categories(characteristic: Characteristic) -> tuple[str, str]:
    return characteristic.categories or ("true", "false")


def _lost(figure: Figure, assumptions: TrialAssumptions, simulated: TrialBlock) -> np.ndarray:
    """People who missed a visit, whatever the outcome."""
    scores = np.concatenate([simulated.outcomes.treatment, simulated.outcomes.reference], axis=2)
    return np.asarray(np.isnan(scores[:, :, _people(figure, assumptions)]).any(axis=(0, 1)).sum(axis=0), dtype=float)


def _score(figure: Figure, assumptions: TrialAssumptions, simulated: TrialBlock) -> np.ndarray:
    scores = _scores(str(figure.outcome), assumptions.design, simulated)
    return np.asarray(scores[figure.arm == "reference"][assumptions.design.visit(figure.week or 0)])


def _sessions(simulated: TrialBlock) -> Sessions:
    return cast("Sessions", simulated.sessions)  # why_not refuses what needs sessions where there are none


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
    "people": lambda figure, supposed, _: len(range(supposed.n_people)[_people(figure, supposed)]),
    "visit": lambda figure, supposed, _: supposed.visits[figure.visit or 0],
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

_STATISTICS: Final[Mapping[str | None, Callable[..., Any]]] = {  # missed visits are left out
    "mean": np.nanmean,
    "sd": partial(np.nanstd, ddof=1),
    "minimum": np.nanmin,
    "maximum": np.nanmax,
}


def fitted_figure(figure: Figure | None, figures: PerTrial) -> tuple[float, float] | None:
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
    if figure is None or figure not in figures or figure.statistic == "p_value":
        return None
    if figure.statistic in ("ci_low", "ci_high"):
        return _limit(figure, figures)
    values = figures[figure]
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
    value = float(estimate.mean() + factor * root)
    return value, _standard_error(estimate + factor * error**2 / (2 * root))


def _standard_error(values: np.ndarray) -> float:
    if (values == values[0]).all():
        return 0.0
    return float(values.std(ddof=1) / np.sqrt(len(values)))

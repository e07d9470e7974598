"""What is summed over the trials of a run, and the measures that follow: with control variates, or plain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from asteroid_repro.engine.control_variates import (
    CONTROLS,
    LEAST_EVENTS,
    Knowledge,
    control_rows,
    controlled,
    controlled_measures,
    exact_measures,
    figure_rows,
    knowledge,
    known_means,
    ratio,
    summed_products,
)
from asteroid_repro.engine.measures import measures, share_error, trial_figures
from asteroid_repro.engine.monte_carlo import Totals
from asteroid_repro.engine.trial_estimates import simulated_estimates
from asteroid_repro.engine.twin import Twin
from asteroid_repro.estimate.effects.methods import Analysis, closed_form
from asteroid_repro.mechanism.latent import LatentScore
from asteroid_repro.mechanism.mechanism import Mechanism

_NEVER, _FINE = 1e-9, 0.05  # see exact_outcomes
_OF_VERDICTS: Final = [CONTROLS.index(name) for name in ("error", "nearly", "power", "clearly")]


@dataclass(frozen=True)
class Judged:
    """Every measure of a run, as value, Monte Carlo standard error, and the plain trials that it is worth.

    Attributes
    ----------
    rows : dict of str to tuple of numpy.ndarray
        By measure, each of shape (visits - 1, outcomes).
    verdict : tuple of float
        Share of trials in which every outcome favours the treatment at the last visit.
    """

    rows: Mapping[str, tuple[np.ndarray, ...]]
    verdict: tuple[float, float, float]


def piece_sums(
    mechanism: Mechanism, seed: int, block: int, size: int, *, truth: np.ndarray, analysis: Analysis
) -> dict[str, np.ndarray]:
    """Simulate and estimate a piece and add up what the measures need, shape (visits - 1, outcomes).

    Also in how many trials every fit was usable, in how many those of the last visit were, and in how many all outcomes
    favoured the treatment then.
    """
    fit = simulated_estimates(mechanism, seed, block, size, analysis)
    figures = trial_figures(fit, truth, mechanism.assumptions.design.outcomes, analysis.level)
    return {name: figure.sum(axis=-1) for name, figure in figures.items()} | _counts(figures)


def controlled_sums(
    mechanism: Mechanism, seed: int, block: int, size: int, *, truth: np.ndarray, analysis: Analysis
) -> dict[str, np.ndarray]:
    """Simulate and estimate a piece and its twins and add up the products of their figures.

    ``products`` has shape (visits - 1, outcomes, 1 + figures + controls, the same); ``verdicts`` has those of the
    trials that are usable, and favourable, in every outcome at the last visit with the controls of all outcomes there.
    """
    twin = Twin(mechanism, size)
    fit = simulated_estimates(mechanism, seed, block, size, analysis, see=twin.see)
    figures = trial_figures(fit, truth, mechanism.assumptions.design.outcomes, analysis.level, squared=False)
    controls = control_rows(twin, mechanism, analysis)
    verdict = [figures[name][-1].all(axis=0) for name in ("usable", "favours_treatment")]
    of_outcomes = [outcome for place in _OF_VERDICTS for outcome in controls[place][-1]]
    return {
        "products": summed_products([*figure_rows(figures), *controls]),
        "verdicts": summed_products([*verdict, *of_outcomes]),
        "usable": figures["usable"].sum(axis=-1),
    } | _counts(figures)


def exact_outcomes(mechanism: Mechanism, analysis: Analysis) -> list[int]:
    """Return the places of the outcomes whose measures need no simulation: their trials are their own twins.

    Everybody has every visit and the same effect, the arms are alike at baseline, the method is the twin's on complete
    visits, and the scores are normal: without steps and ends, or with steps of a twentieth of an SD or less and ends
    that no score in a thousand million reaches. (Of such steps the power of a t test knows nothing to 6 digits.)

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> from asteroid_repro.mechanism.mechanism import solve
    >>> exact_outcomes(solve(ASTEROID), Analysis("mmrm", "t"))
    []
    """
    assumptions, visits = mechanism.assumptions, len(mechanism.assumptions.visits)
    alike = all(outcome.treatment_baseline == outcome.reference_baseline for outcome in assumptions.outcomes)
    own = closed_form(analysis.method, analysis.distribution) is not None or analysis.method == "change_score"
    own = own and analysis.likelihood == "REML"
    if not (assumptions.is_complete and assumptions.has_one_effect and alike and own):
        return []
    scores = [*zip(mechanism.treatment.scores, mechanism.reference.scores, strict=True)]
    by_outcome = [scores[start : start + visits] for start in range(0, len(scores), visits)]
    return [index for index, own in enumerate(by_outcome) if all(_is_normal(score) for pair in own for score in pair)]


def _is_normal(score: LatentScore) -> bool:
    if score.scale.step is None:
        return True
    reached = score.probabilities()[[0, -1]].max() if score.scale.is_bounded else 0.0
    return bool(reached < _NEVER and score.scale.step <= _FINE * score.sd)


def judged_exactly(mechanism: Mechanism, analysis: Analysis) -> Judged:
    """Return the measures of the twins, as known; the verdict only of one outcome, NaN of several.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> from asteroid_repro.mechanism.mechanism import solve
    >>> power, error, _ = judged_exactly(solve(ASTEROID), Analysis("mmrm", "t")).rows["power"]
    >>> round(float(power[-1, 0]), 3), float(error[-1, 0])
    (0.83, 0.0)
    """
    truth = np.array([outcome.effect for outcome in mechanism.assumptions.outcomes]).T
    known = exact_measures(known_means(mechanism, analysis), truth)
    endless = np.full(truth.shape, np.inf)
    share = known["favours_treatment"][-1]
    verdict = (float(share[0]) if len(share) == 1 else np.nan), 0.0, np.inf
    return Judged({name: (value, 0 * value, endless) for name, value in known.items()}, verdict)


def with_exact(simulated: Judged, exact: Judged, places: Sequence[int]) -> Judged:
    """Return simulated measures with those of some outcomes replaced by exact ones."""
    taken = np.isin(np.arange(simulated.rows["power"][0].shape[1]), places)
    rows = {
        name: tuple(np.where(taken, one, other) for one, other in zip(exact.rows[name], own, strict=True))
        for name, own in simulated.rows.items()
    }
    return Judged(rows, simulated.verdict)


def _counts(figures: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {
        "all_usable": figures["usable"].all(axis=(0, 1)).sum(),
        "last_usable": figures["usable"][-1].all(axis=0).sum(),
        "paper_verdict": figures["favours_treatment"][-1].all(axis=0).sum(),
    }


@np.errstate(invalid="ignore")  # no trial in which every fit is usable
def judged_plainly(truth: np.ndarray, truth_error: np.ndarray, totals: Totals) -> Judged:
    """Return the measures from sums of :func:`piece_sums`."""
    found = measures(totals.sums, truth, totals.trials, truth_error)
    n, worth = totals.sums["last_usable"], np.full(truth.shape, float(totals.trials))
    share = totals.sums["paper_verdict"] / n
    verdict = float(share), float(share_error(share, n)), float(totals.trials)
    return Judged({name: (*figures, worth) for name, figures in found.items()}, verdict)


def judged_with_control(
    mechanism: Mechanism, analysis: Analysis, truth: np.ndarray, truth_error: np.ndarray, totals: Totals
) -> Judged:
    """Return the measures from sums of :func:`controlled_sums`."""
    known = known_means(mechanism, analysis)
    use = knowledge(known, totals.trials)
    rows = controlled_measures(controlled(totals.sums["products"], use), truth, totals.trials, truth_error)
    without = [outcome.important is None for outcome in mechanism.assumptions.design.outcomes]
    for array in rows["important"]:
        array[:, without] = np.nan
    # Outcomes that correlate are in favour together at least as often as independent ones.
    often = totals.trials * known["favours_treatment"][-1].prod() >= LEAST_EVENTS
    mean, usable = (each[-1][:, _OF_VERDICTS].T.ravel() for each in (use.mean, use.controls))
    of_all = Knowledge(mean, usable, np.array([False, often]))
    return Judged(rows, ratio(controlled(totals.sums["verdicts"], of_all), totals.trials))

"""The true effects that trials are asked about, and how far naive analyses are from them."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from asteroid_repro.engine.monte_carlo import run_blocks, simulated_label
from asteroid_repro.errors import InputError
from asteroid_repro.estimate.adherers import naive_estimates
from asteroid_repro.estimate.effects.methods import estimate_arrays
from asteroid_repro.mechanism.mechanism import Mechanism, solve
from asteroid_repro.simulate.block import simulate_block
from asteroid_repro.simulate.outcomes import potential_outcomes
from asteroid_repro.tables.result_table import ResultTable
from asteroid_repro.trial.assumptions import TrialAssumptions

_ANALYSES: Final = {
    "treatment policy": "all as randomised",
    "full adherence": "all as randomised",
    "among adherers": "per protocol",
    "per session": "dose-response slope",
}


@dataclass(frozen=True)
class EstimandRow:
    """One analysis against one estimand, at the last visit.

    Attributes
    ----------
    outcome : str
        Name of the outcome.
    estimand : str
        ``treatment policy`` (all treated, as they attended), ``full adherence`` (had all attended everything),
        ``among adherers`` (those treated who attended at least the mean share) or ``per session``.
    truth : float
        Its value, points (per session attended for the last), from potential outcomes.
    analysis : str
        The analysis that is read as its estimate.
    estimate, bias, mcse : float
        Mean estimate, its distance from the truth, and the Monte Carlo standard error of that distance.
    """

    outcome: str
    estimand: str
    truth: float
    analysis: str
    estimate: float
    bias: float
    mcse: float


@dataclass(frozen=True)
class Estimands(ResultTable):
    """Estimands, analyses and biases.

    Attributes
    ----------
    rows : tuple of EstimandRow
        One an outcome and estimand.
    trials : int
        Simulated trials.
    label : str
        ``SIMULATED`` with scenario, trials and seed.
    """

    rows: tuple[EstimandRow, ...]
    trials: int
    label: str


def estimands(assumptions: TrialAssumptions, *, trials: int = 4000, seed: int) -> Estimands:
    """Compare estimands with the analyses that are often read as their estimates.

    The truth of each estimand is known because every treated person's scores untreated, as attended and under full
    adherence are kept, with the same noise. Trials randomise anew (equal baselines).

    Parameters
    ----------
    assumptions : TrialAssumptions
        Its ``adherence_prognosis``, ``dose_response`` and ``effect_variation`` matter here.
    trials : int
        Simulated trials.
    seed : int
        Whole number of 0 or more.

    Returns
    -------
    Estimands
        A row per outcome and estimand.

    Raises
    ------
    InputError
        A study without sessions, or missing visits.

    References
    ----------
    .. [1] ICH E9(R1) (2019), Addendum on estimands and sensitivity analysis in clinical trials.

    Examples
    --------
    >>> from asteroid_repro import scenario
    >>> table = estimands(scenario("no_effect"), trials=500, seed=1).to_frame()
    >>> bool((table["truth"] == 0).all())
    True
    """
    if not assumptions.n_sessions:
        raise InputError(f"programme must have sessions, got none in {assumptions.name}. Adherence needs a programme.")
    if not assumptions.is_complete:
        raise InputError("missing_treatment and missing_reference must be 0 to compare estimands. Set them to 0.")
    mechanism = solve(assumptions.with_equal_baselines())
    figures = run_blocks(lambda block, size: _block_figures(mechanism, seed, block, size), trials)
    rows = [
        _row(name, estimand, figures["truth"][index, place], figures["answer"][index, place])
        for index, name in enumerate(assumptions.design.outcome_names)
        for place, estimand in enumerate(_ANALYSES)
    ]
    return Estimands(tuple(rows), trials, simulated_label(assumptions.name, f"{trials:,} trials", f"seed {seed}"))


@np.errstate(invalid="ignore")  # nobody is adherent in a trial
def _block_figures(mechanism: Mechanism, seed: int, block: int, size: int) -> dict[str, np.ndarray]:
    """Return truths and answers, shape (outcomes, estimands, trials)."""
    assumptions = mechanism.assumptions
    simulated = simulate_block(mechanism, seed, block, size)
    share = simulated.attended_share
    attended = np.rint(share * assumptions.n_sessions)
    worlds = potential_outcomes(mechanism, seed, block, share)
    adherent = share >= assumptions.adherence_mean
    enough = assumptions.adherence_mean * assumptions.n_sessions
    truths, answers = [], []
    for index, arms in enumerate(zip(simulated.outcomes.treatment, simulated.outcomes.reference, strict=True)):
        effect = worlds.as_attended[index, -1] - worlds.untreated[index, -1]
        full = worlds.full_adherence[index, -1] - worlds.untreated[index, -1]
        among = (effect * adherent).sum(axis=0) / adherent.sum(axis=0)
        truths.append([effect.mean(axis=0), full.mean(axis=0), among, effect.sum(axis=0) / attended.sum(axis=0)])
        as_randomised = estimate_arrays(*arms, method="random_intercept").estimate[-1]
        answers.append([as_randomised, as_randomised, *naive_estimates(*arms, attended, enough=enough)])
    return {"truth": np.array(truths), "answer": np.array(answers)}


def _row(name: str, estimand: str, truth: np.ndarray, answer: np.ndarray) -> EstimandRow:
    usable = np.isfinite(truth) & np.isfinite(answer)
    truth, answer, error = truth[usable], answer[usable], (answer - truth)[usable]
    means = float(truth.mean()), _ANALYSES[estimand], float(answer.mean()), float(error.mean())
    return EstimandRow(name, estimand, *means, mcse=float(error.std(ddof=1) / np.sqrt(len(error))))

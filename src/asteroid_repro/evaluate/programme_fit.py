r"""Fit what the programme's mechanism leaves free to the claims that may be fitted, by simulation.

Free are the decline of attendance, the running speed, the speed of progress and one factor on the event rates. Running
hours fix the progress, the events fix the factor. One claim, the distance of the first week, is left for two of them:
in the first stages little can be run, so it asks for early attendance and for speed at once. Both give way in
proportion to what is plausible: the penalty :math:`((v - 9)/1)^2 + (d/0.5)^2` is least along the line of speeds v and
declines d that run the distance. What remains is a conflict and is reported as one.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from scipy.optimize import brentq, minimize_scalar

import asteroid_repro.studies
from asteroid_repro.calibration import matched_to_paper
from asteroid_repro.engine.monte_carlo import run_blocks
from asteroid_repro.ledger.ledger import published
from asteroid_repro.simulate.sessions import simulate_sessions
from asteroid_repro.simulate.traits import simulate_traits
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.trial.quantities import EVENT_KINDS

PLAUSIBLE_SPEED, SPEED_SLACK = 9.0, 1.0
"""Assumption: a comfortable first running speed, km per hour, and how far from it one would readily go."""
DECLINE_SLACK: Final = 0.5
"""Assumption: a decline of attendance that one would readily believe, on its scale from 0 to 1."""
_SEED, _TRIALS = 20251, 40_960
_CLAIMS: Final = (
    "adherence.mean",
    "adherence.sd",
    "exposure.running_hours",
    "distance.week1.mean",
    *(f"adverse_events.{kind}" for kind in EVENT_KINDS),
)
_FREE: Final = (
    "adherence_decline",
    "completion_mean",
    "running_speed_mean",
    *(f"{kind}_rate" for kind in EVENT_KINDS),
)


@dataclass(frozen=True)
class ProgrammeFit:
    """The fitted numbers.

    Attributes
    ----------
    adherence_decline, completion_mean : float
        Decline of attendance from 0 to 1; mean probability of completing a session.
    running_speed_mean : float
        km per hour.
    rates : dict of str to float
        Events per running hour of somebody of mean proneness without a rise of load, by kind.
    """

    adherence_decline: float
    completion_mean: float
    running_speed_mean: float
    rates: dict[str, float]

    def changes(self) -> dict[str, float]:
        """Return the fields of the assumptions that were fitted."""
        return {
            "adherence_decline": self.adherence_decline,
            "completion_mean": self.completion_mean,
            "running_speed_mean": self.running_speed_mean,
            **{f"{kind}_rate": rate for kind, rate in self.rates.items()},
        }


def fit_programme(trials: int = _TRIALS, seed: int = _SEED) -> ProgrammeFit:
    """Fit the mechanism to running hours, the distance of the first week and the event counts.

    Parameters
    ----------
    trials : int
        Simulated trials a step.
    seed : int
        The same in every step, so that steps differ by the parameters only.

    Returns
    -------
    ProgrammeFit
        Written to ``programme_fit.toml`` by ``make fit``.
    """
    base = matched_to_paper()
    declines = np.linspace(0, 1, 5)
    completions = [_completion(base.with_values(adherence_decline=float(d)), trials // 8, seed) for d in declines]
    speeds = [
        _speed(base.with_values(adherence_decline=float(d), completion_mean=g), trials // 8, seed)
        for d, g in zip(declines, completions, strict=True)
    ]
    decline = _least_penalty(declines, np.array(speeds))
    changed = base.with_values(adherence_decline=round(decline, 3))
    completion = round(_completion(changed, trials, seed), 5)
    changed = changed.with_values(completion_mean=completion)
    rates = _rates(changed, trials, seed)
    changed = changed.with_values(**{f"{kind}_rate": rate for kind, rate in rates.items()})
    completion = round(_completion(changed, trials, seed), 5)  # events lower the dose a little: once more
    changed = changed.with_values(completion_mean=completion)
    return ProgrammeFit(
        round(decline, 3), completion, round(_speed(changed, trials, seed), 5), _rates(changed, trials, seed)
    )


def fit_note(assumptions: TrialAssumptions) -> str:
    """Say how many parameters of the mechanism were fitted to how many claims, and what conflict remains.

    Examples
    --------
    >>> "fitted to 7 claims" in fit_note(matched_to_paper())
    True
    """
    free = ["adherence_mean", "adherence_sd", *_FREE]
    return (
        f"Programme mechanism: {len(free)} parameters fitted to {len(_CLAIMS)} claims; the one too many is settled by "
        "a penalty. The distance of the first week asks for a running speed of "
        f"{assumptions.running_speed_mean:.1f} km/h ({PLAUSIBLE_SPEED:g} give or take {SPEED_SLACK:g} would be "
        f"comfortable) and a decline of attendance of {assumptions.adherence_decline:.2f} (0 give or take "
        f"{DECLINE_SLACK:g}): a conflict that remains."
    )


def write_fit(fit: ProgrammeFit, path: Path) -> None:
    """Write the fit with the claims that it was made from."""
    ledger = published()
    lines = ["# Made by `make fit` (asteroid_repro.evaluate.programme_fit). Do not edit.", "[claims]"]
    lines += [f'"{claim}" = {ledger.fitted(claim)!r}' for claim in _CLAIMS]
    lines += ["", "[fit]", *(f"{field} = {value!r}" for field, value in fit.changes().items())]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _totals(assumptions: TrialAssumptions, trials: int, seed: int) -> dict[str, float]:
    """Mean hours in all, mean hours of the first week per runner, and mean events of each kind."""

    def work(block: int, size: int) -> dict[str, np.ndarray]:
        traits = simulate_traits(assumptions, seed, block, size)
        log = simulate_sessions(assumptions, seed, block, size, traits)
        events = log.events.sum(axis=(1, 2))
        first = log.run_distance_km[log.week == 1].sum(axis=0).mean(axis=0) / assumptions.running_speed_mean
        return {"hours": log.run_minutes.sum(axis=(0, 1)) / 60, "first": first} | {
            kind: events[index].astype(float) for index, kind in enumerate(EVENT_KINDS)
        }

    return {key: float(values.mean()) for key, values in run_blocks(work, trials).items()}


def _completion(assumptions: TrialAssumptions, trials: int, seed: int) -> float:
    hours = published().fitted("exposure.running_hours")

    def miss(completion: float) -> float:
        return _totals(assumptions.with_values(completion_mean=completion), trials, seed)["hours"] - hours

    return float(brentq(miss, 0.3, 0.9, xtol=1e-4))


def _speed(assumptions: TrialAssumptions, trials: int, seed: int) -> float:
    return published().fitted("distance.week1.mean") / _totals(assumptions, trials, seed)["first"]


def _rates(assumptions: TrialAssumptions, trials: int, seed: int) -> dict[str, float]:
    """Scale all rates by one factor; the kinds keep the proportions of their published counts."""
    ledger = published()
    counts = {kind: ledger.fitted(f"adverse_events.{kind}") for kind in EVENT_KINDS}
    totals = _totals(assumptions, trials, seed)
    factor = sum(counts.values()) / sum(totals[kind] for kind in EVENT_KINDS)
    now = sum(float(getattr(assumptions, f"{kind}_rate")) for kind in EVENT_KINDS)
    return {kind: round(now * factor * count / sum(counts.values()), 6) for kind, count in counts.items()}


def _least_penalty(declines: np.ndarray, speeds: np.ndarray) -> float:
    def penalty(decline: float) -> float:
        speed = float(np.interp(decline, declines, speeds))
        return ((speed - PLAUSIBLE_SPEED) / SPEED_SLACK) ** 2 + (decline / DECLINE_SLACK) ** 2

    return float(minimize_scalar(penalty, bounds=(0, 1), method="bounded").x)


if __name__ == "__main__":
    write_fit(fit_programme(), Path(asteroid_repro.studies.__file__).parent / "asteroid" / "programme_fit.toml")

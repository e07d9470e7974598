"""Trials as they may have been: simulated under assumptions that are drawn where nothing is known."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from asteroid_repro.errors import InputError
from asteroid_repro.mechanism.mechanism import Mechanism, solve
from asteroid_repro.simulate.block import simulate_block
from asteroid_repro.simulate.streams import Purpose, stream
from asteroid_repro.study_folder import Study
from asteroid_repro.verdicts.people_foretold.foretelling_plan import Draw, ForetellingPlan
from asteroid_repro.verdicts.people_foretold.people_quantities import Quantities, people_quantities


@dataclass(frozen=True)
class Imagined:
    """Simulated trials of drawn assumptions.

    Attributes
    ----------
    quantities : dict of str to numpy.ndarray, shape (trials,)
        Of the people of each.
    draw : numpy.ndarray of int, shape (trials,)
        The number of the draw that each is of.
    """

    quantities: Quantities
    draw: np.ndarray


def imagine(study: Study, plan: ForetellingPlan) -> Imagined:
    """Simulate trials under drawn assumptions; a draw that cannot be is left out.

    Raises
    ------
    InputError
        An unknown field, or ranges of which less than half is possible, with what was wrong last.
    """
    base = study.assumptions if plan.scenario is None else study.scenario(plan.scenario)
    shares = stream(plan.seed, Purpose.FORETELLING, 0).random((plan.draws, len(plan.draw)))
    parts: list[Quantities] = []
    draws: list[int] = []
    wrong = ""
    for number, row in enumerate(shares):
        changes = {
            field: _between(draw, share)
            for draw, share in zip(plan.draw.values(), row, strict=True)
            for field in draw.fields
        }
        try:
            mechanism = solve(base.changed_by("foretelling.toml", changes))
        except InputError as error:
            wrong = str(error)
            continue
        parts.append(_simulated(mechanism, plan, number))
        draws += [number] * plan.trials_per_draw
    if len(parts) < plan.draws / 2:
        raise InputError(
            f"foretelling.toml: half of the draws must be possible, got {len(parts)}; one was not: {wrong}"
        )
    return Imagined({name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, np.array(draws))


def _between(draw: Draw, share: float) -> Any:
    low, high = (np.asarray(end, dtype=float) for end in draw.between)
    return (low + share * (high - low)).tolist()


def _simulated(mechanism: Mechanism, plan: ForetellingPlan, number: int) -> Quantities:
    scores = simulate_block(mechanism, plan.seed, number, plan.trials_per_draw).outcomes
    design = mechanism.assumptions.design  # whose scales may be among the assumptions
    found: Quantities = {}
    for index, outcome in enumerate(design.outcome_names):
        found |= people_quantities(design, outcome, scores.treatment[index], scores.reference[index])
    return found

"""How often scores are expected at the ends of their scale."""

from typing import TYPE_CHECKING

from asteroid_repro.mechanism.mechanism import solve
from asteroid_repro.trial.assumptions import TrialAssumptions

if TYPE_CHECKING:
    import pandas as pd


def floor_and_ceiling(assumptions: TrialAssumptions) -> "pd.DataFrame":
    """Return the expected share of people at the ends of each scale that has ends, by outcome, arm and visit.

    Exact under the assumptions: the probabilities of the two end scores of the rounded, bounded normal.

    Parameters
    ----------
    assumptions : TrialAssumptions
        For instance ``ASTEROID``.

    Returns
    -------
    pandas.DataFrame
        Columns outcome, arm, week, mean and sd (points), floor_share, ceiling_share.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> table = floor_and_ceiling(ASTEROID)
    >>> lowest = table.loc[table["floor_share"].idxmax()]
    >>> lowest["outcome"], lowest["arm"], int(lowest["week"])
    ('current_pain', 'running', 12)
    """
    import pandas as pd

    mechanism, design = solve(assumptions), assumptions.design
    arms = {"treatment": mechanism.treatment, "reference": mechanism.reference}
    rows = []
    for name, (arm, latent) in zip(design.arm_names, arms.items(), strict=True):
        for number, outcome in enumerate(assumptions.outcomes):
            means = outcome.means()[arm].tolist()
            for visit, week in enumerate(design.visits):
                score = latent.scores[number * len(design.visits) + visit]
                if score.scale.is_bounded:
                    shares = score.probabilities()[[0, -1]].tolist()
                    rows.append((outcome.name, name, week, means[visit], outcome.sd[visit], *shares))
    return pd.DataFrame(rows, columns=["outcome", "arm", "week", "mean", "sd", "floor_share", "ceiling_share"])

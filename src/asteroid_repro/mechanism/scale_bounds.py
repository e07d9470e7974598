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
    places = [(outcome, week) for outcome in design.outcome_names for week in design.visits]
    rows = []
    for arm, latent in zip(design.arm_names, (mechanism.treatment, mechanism.reference), strict=True):
        for (outcome, week), score in zip(places, latent.scores, strict=True):
            if score.scale.is_bounded:
                shares = score.probabilities()
                rows.append(
                    {
                        "outcome": outcome,
                        "arm": arm,
                        "week": week,
                        "mean": score.observed_mean(),
                        "sd": score.observed_sd(),
                        "floor_share": float(shares[0]),
                        "ceiling_share": float(shares[-1]),
                    }
                )
    return pd.DataFrame(rows)

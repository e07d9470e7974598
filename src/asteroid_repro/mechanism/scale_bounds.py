"""How often scores are expected at the ends of their scale."""

from typing import TYPE_CHECKING

from asteroid_repro.mechanism.latent import latent_arm
from asteroid_repro.trial.assumptions import TrialAssumptions
from asteroid_repro.trial.quantities import OUTCOMES

if TYPE_CHECKING:
    import pandas as pd


def floor_and_ceiling(assumptions: TrialAssumptions) -> "pd.DataFrame":
    """Return the expected share of people at 0 and at 100 points, by outcome, arm and visit.

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

    rows = []
    for arm in ("running", "waitlist"):
        places = [(outcome, week) for outcome in OUTCOMES for week in assumptions.visits]
        for (outcome, week), score in zip(places, latent_arm(assumptions, arm).scores, strict=True):
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

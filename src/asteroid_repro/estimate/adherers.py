"""Naive analyses of those who came: per protocol and dose-response. Adherence is not randomised; they can mislead."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class NaiveEstimates:
    """Naive estimates at the last visit, one a trial, points.

    Attributes
    ----------
    per_protocol : numpy.ndarray, shape (trials,)
        Mean change of the runners who attended enough, minus mean change of the whole waitlist; NaN where nobody did.
    per_session : numpy.ndarray, shape (trials,)
        Slope of the runners' change on the number of sessions attended; NaN where all attended the same.
    """

    per_protocol: np.ndarray
    per_session: np.ndarray


def naive_estimates(
    running: np.ndarray, waitlist: np.ndarray, attended: np.ndarray, *, enough: float
) -> NaiveEstimates:
    r"""Compare adherers with the waitlist, and regress change on sessions, as if adherence had been randomised.

    Parameters
    ----------
    running, waitlist : numpy.ndarray, shape (visits, people of the arm, trials)
        Scores, points.
    attended : numpy.ndarray, shape (runners, trials)
        Sessions attended.
    enough : float
        Sessions that count as adherence.

    Returns
    -------
    NaiveEstimates
        Both are biased for every causal effect where adherence is prognostic.

    Examples
    --------
    >>> scores = np.array([[[40.0], [40.0]], [[20.0], [30.0]]])
    >>> found = naive_estimates(scores, scores * 0 + 40, np.array([[30], [10]]), enough=25)
    >>> found.per_protocol.tolist(), found.per_session.tolist()
    ([-20.0], [-0.5])
    """
    change, control = running[-1] - running[0], (waitlist[-1] - waitlist[0]).mean(axis=0)
    adherent = attended >= enough
    count = adherent.sum(axis=0)
    mean = np.divide((change * adherent).sum(axis=0), count, out=np.full(count.shape, np.nan), where=count > 0)
    centred = attended - attended.mean(axis=0)
    squares = (centred**2).sum(axis=0)
    slope = np.divide((centred * change).sum(axis=0), squares, out=np.full(count.shape, np.nan), where=squares > 0)
    return NaiveEstimates(mean - control, slope)

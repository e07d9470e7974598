"""Naive analyses of those who came: per protocol and dose-response. Adherence is not randomised; they can mislead."""

import numpy as np


def naive_estimates(
    treatment: np.ndarray, reference: np.ndarray, attended: np.ndarray, *, enough: float
) -> tuple[np.ndarray, np.ndarray]:
    r"""Compare adherers with the reference, and regress change on sessions, as if adherence had been randomised.

    Parameters
    ----------
    treatment, reference : numpy.ndarray, shape (visits, people of the arm, trials)
        Scores, points.
    attended : numpy.ndarray, shape (people of the treatment arm, trials)
        Sessions attended.
    enough : float
        Sessions that count as adherence.

    Returns
    -------
    per_protocol : numpy.ndarray, shape (trials,)
        At the last visit, mean change of the treated who attended enough, minus mean change of the whole reference,
        points; NaN where nobody did.
    per_session : numpy.ndarray, shape (trials,)
        Slope of the treated people's change on the number of sessions attended, points; NaN where all attended the
        same. Both are biased for every causal effect where adherence is prognostic.

    Examples
    --------
    >>> scores = np.array([[[40.0], [40.0]], [[20.0], [30.0]]])
    >>> per_protocol, per_session = naive_estimates(scores, scores * 0 + 40, np.array([[30], [10]]), enough=25)
    >>> per_protocol.tolist(), per_session.tolist()
    ([-20.0], [-0.5])
    """
    change, control = treatment[-1] - treatment[0], (reference[-1] - reference[0]).mean(axis=0)
    adherent = attended >= enough
    count = adherent.sum(axis=0)
    mean = np.divide((change * adherent).sum(axis=0), count, out=np.full(count.shape, np.nan), where=count > 0)
    centred = attended - attended.mean(axis=0)
    squares = (centred**2).sum(axis=0)
    slope = np.divide((centred * change).sum(axis=0), squares, out=np.full(count.shape, np.nan), where=squares > 0)
    return mean - control, slope

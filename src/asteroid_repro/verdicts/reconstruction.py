"""Whole-number data sets that print a published line: what the numbers pin down, and what they leave open."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.effects.inference import p_value
from asteroid_repro.estimate.effects.methods import estimate_arrays
from asteroid_repro.estimate.effects.moments import moments
from asteroid_repro.ledger.ledger import Ledger, published
from asteroid_repro.printed.printed_triple import PrintedTriple
from asteroid_repro.simulate.streams import Purpose, stream
from asteroid_repro.verdicts.integer_search import Scores, find_scores
from asteroid_repro.verdicts.printed_target import Target, published_target, residual_windows

LABEL: Final = "RECONSTRUCTED, NOT REAL DATA"
_WEEKS: Final = (0, 6, 12)


@dataclass(frozen=True)
class Reconstruction:
    """One data set that prints the published line.

    Attributes
    ----------
    target : Target
        What it prints.
    scores : Scores
        The data set, points.
    """

    target: Target
    scores: Scores

    def to_frame(self) -> pd.DataFrame:
        """Return the outcomes table of the data set (participant, arm, week, outcome, value)."""
        scores = np.concatenate([self.scores.running, self.scores.waitlist], axis=1)
        arms = np.repeat(["running", "waitlist"], [self.scores.running.shape[1], self.scores.waitlist.shape[1]])
        visit, person = np.indices(scores.shape).reshape(2, -1)
        return pd.DataFrame(
            {
                "participant": person + 1,
                "arm": arms[person],
                "week": np.array(_WEEKS)[visit],
                "outcome": self.target.outcome,
                "value": scores.ravel(),
            }
        )

    def _repr_html_(self) -> str:
        return f"<p><strong>{LABEL}</strong></p>" + self.to_frame().to_html(index=False)


@dataclass(frozen=True)
class Reconstructions:
    """Many data sets that print the same published line.

    Attributes
    ----------
    data_sets : tuple of Reconstruction
        The data sets.
    label : str
        ``RECONSTRUCTED, NOT REAL DATA``.
    """

    data_sets: tuple[Reconstruction, ...]
    label: str = LABEL

    def to_frame(self) -> pd.DataFrame:
        """Return one row per data set: what the printed line leaves open.

        SDs are pooled within arms. Units: points, except correlation and p-values.
        """
        return pd.DataFrame([_description(one) for one in self.data_sets])

    def ranges(self) -> pd.DataFrame:
        """Return the smallest and largest value of each quantity over the data sets."""
        table = self.to_frame()
        return pd.DataFrame({"minimum": table.min(), "maximum": table.max()}).rename_axis("quantity").reset_index()

    def _repr_html_(self) -> str:
        return f"<p><strong>{self.label}</strong></p>" + self.ranges().to_html(index=False)


def reconstruct(
    outcome: str, *, n: int = 100, seed: int, line: PrintedTriple | None = None, ledger: Ledger | None = None
) -> Reconstructions:
    """Find data sets that print the published line of an outcome, arm means included where printed.

    The disability line contradicts itself and nothing prints it; its symmetric repair is used unless a line is given.

    Parameters
    ----------
    outcome : str
        ``average_pain``, ``current_pain`` or ``disability``.
    n : int
        Data sets wanted.
    seed : int
        Whole number of 0 or more.
    line : PrintedTriple, optional
        Another line to print.
    ledger : Ledger, optional
        The published ledger when not given.

    Returns
    -------
    Reconstructions
        Data sets that the random-intercept model (z) prints as the line, each found independently.

    Raises
    ------
    InputError
        A line that no data set can print, with the reason; an unknown outcome; n below 1.

    Examples
    --------
    >>> found = reconstruct("current_pain", n=2, seed=1)
    >>> [float(one.scores.running[0].mean()) for one in found.data_sets]
    [30.8, 30.8]
    """
    if n < 1:
        raise InputError(f"n must be 1 or more, got {n}. Ask for a number of data sets.")
    target = published_target(outcome, ledger or published(), line)
    windows = residual_windows(target)
    streams = (stream(seed, Purpose.RECONSTRUCTION, number) for number in range(n))
    return Reconstructions(
        tuple(Reconstruction(target, find_scores(target, windows[rng.integers(len(windows))], rng)) for rng in streams)
    )


def _description(found: Reconstruction) -> dict[str, float]:
    data = moments(found.scores.running, found.scores.waitlist)
    covariance = data.cross_products / (data.n_people - 2)
    within = (np.trace(covariance) - covariance.sum() / 3) / 2
    fits = {
        method: estimate_arrays(found.scores.running, found.scores.waitlist, method=method)
        for method in ("mmrm", "ancova")
    }
    return {
        "within_person_residual_sd": float(np.sqrt(within)),
        "change_sd": float(np.sqrt(covariance[0, 0] + covariance[2, 2] - 2 * covariance[0, 2])),
        "baseline_sd": float(np.sqrt(covariance[0, 0])),
        "week12_sd": float(np.sqrt(covariance[2, 2])),
        "correlation_0_12": float(covariance[0, 2] / np.sqrt(covariance[0, 0] * covariance[2, 2])),
        "mmrm_se": float(fits["mmrm"].standard_error[-1]),
        "mmrm_p": float(p_value(fits["mmrm"])[-1]),
        "ancova_estimate": float(fits["ancova"].estimate[-1]),
        "ancova_p": float(p_value(fits["ancova"])[-1]),
    }

"""Data sets of scores in steps that print a published line: what the numbers pin down, and what they leave open."""

from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd

from asteroid_repro.errors import check_whole
from asteroid_repro.estimate.effects.methods import estimate_arrays
from asteroid_repro.estimate.effects.moments import moments
from asteroid_repro.estimate.inference import p_value
from asteroid_repro.ledger.ledger import Ledger
from asteroid_repro.printed.printed_triple import PrintedTriple
from asteroid_repro.simulate.streams import Purpose, stream
from asteroid_repro.study_folder import Study
from asteroid_repro.study_folder import study as read_study
from asteroid_repro.tables.result_table import ResultTable
from asteroid_repro.trial.design import Design
from asteroid_repro.verdicts.integer_search import Scores, find_scores, residual_variance
from asteroid_repro.verdicts.printed_target import Target, published_target, residual_variances

_MOST_SETS = 10_000


@dataclass(frozen=True)
class Reconstructions(ResultTable):
    """Many data sets that print the same published line.

    Attributes
    ----------
    target : Target
        What they print.
    design : Design
        Arms and visits.
    scores : tuple of pairs of numpy.ndarray, shape (visits, people)
        For each data set the scores of treatment and reference, points.
    """

    target: Target
    design: Design
    scores: tuple[Scores, ...]
    label = "RECONSTRUCTED, NOT REAL DATA"

    @property
    def data_sets(self) -> tuple[pd.DataFrame, ...]:
        """The outcomes table of each data set (participant, arm, week, outcome, value)."""
        week, person = np.meshgrid(self.design.visits, np.arange(2 * self.target.people), indexing="ij")
        place = {
            "participant": person.ravel() + 1,
            "arm": np.repeat(self.design.arm_names, self.target.people)[person.ravel()],
            "week": week.ravel(),
            "outcome": self.target.outcome.name,
        }
        return tuple(pd.DataFrame(place | {"value": np.concatenate(arms, axis=1).ravel()}) for arms in self.scores)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per data set: what the printed line leaves open.

        SDs are pooled within arms. Units: points, except correlation and p-values.
        """
        week = self.design.visits[self.target.visit]
        return pd.DataFrame([_description(arms, self.target.visit, f"{week:g}") for arms in self.scores])

    def ranges(self) -> pd.DataFrame:
        """Return the smallest and largest value of each quantity over the data sets."""
        table = self.to_frame()
        return pd.DataFrame({"minimum": table.min(), "maximum": table.max()}).rename_axis("quantity").reset_index()

    def _repr_html_(self) -> str:
        return f"<p><strong>{escape(self.label)}</strong></p>" + self.ranges().to_html(index=False)


def reconstruct(
    outcome: str,
    study: Study | None = None,
    *,
    n: int = 100,
    seed: int,
    week: float | None = None,
    line: PrintedTriple | None = None,
    ledger: Ledger | None = None,
) -> Reconstructions:
    """Find data sets that print the published line of an outcome, arm means included where printed.

    Nothing prints a line that contradicts itself; the symmetric repair of one of its limits is used unless a line is
    given.

    Parameters
    ----------
    outcome : str
        Name of an outcome with a printed line and a scale in steps.
    study : Study, optional
        ASTEROID when not given.
    n : int
        Data sets wanted.
    seed : int
        Whole number of 0 or more.
    week : float, optional
        Week of the line; the last one printed when not given.
    line : PrintedTriple, optional
        Another line to print.
    ledger : Ledger, optional
        The study's when not given.

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
    >>> [float(treatment[0].mean()) for treatment, _ in found.scores]
    [30.8, 30.8]
    """
    check_whole("n", n, 1, "Ask for a number of data sets.", _MOST_SETS)
    study = study or read_study()
    target = published_target(outcome, ledger or study.ledger, study.design, line=line, week=week)
    variances = list(residual_variances(target).items())
    streams = (stream(seed, Purpose.RECONSTRUCTION, number) for number in range(n))
    scores = (find_scores(target, *variances[rng.integers(len(variances))], rng) for rng in streams)
    return Reconstructions(target, study.design, tuple(scores))


def _description(scores: Scores, visit: int, week: str) -> dict[str, float]:
    data = moments(*scores)
    covariance = data.cross_products / (data.n_people - 2)
    first, last, both = covariance[0, 0], covariance[visit, visit], covariance[0, visit]
    later = visit - 1
    mmrm, ancova = (estimate_arrays(*scores, method=method) for method in ("mmrm", "ancova"))
    found = {
        "within_person_residual_sd": np.sqrt(residual_variance(covariance)),
        "change_sd": np.sqrt(first + last - 2 * both),
        "baseline_sd": np.sqrt(first),
        f"week{week}_sd": np.sqrt(last),
        f"correlation_0_{week}": both / np.sqrt(first * last),
        "mmrm_se": mmrm.standard_error[later],
        "mmrm_p": p_value(mmrm)[later],
        "ancova_estimate": ancova.estimate[later],
        "ancova_p": p_value(ancova)[later],
    }
    return {name: float(value) for name, value in found.items()}

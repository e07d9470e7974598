"""Type I error of the methods when visits correlate in different ways: the table behind faithful and honest."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
import pandas as pd

from asteroid_repro.engine.monte_carlo import run_blocks
from asteroid_repro.estimate.effects.inference import p_value
from asteroid_repro.estimate.effects.methods import Distribution, estimate_arrays
from asteroid_repro.simulate.streams import Purpose, stream

PEOPLE: Final = 40
NOMINAL: Final = 0.05


@dataclass(frozen=True)
class VisitCovariance:
    """A way in which three visits may vary together.

    Attributes
    ----------
    correlations : tuple of float
        Between visits 1 and 2, 2 and 3, 1 and 3.
    sds : tuple of float
        At each visit, points.
    """

    correlations: tuple[float, float, float]
    sds: tuple[float, float, float]

    def root(self) -> np.ndarray:
        """Lower Cholesky factor of the covariance matrix, points."""
        first, second, third = self.correlations
        matrix = np.array([[1, first, third], [first, 1, second], [third, second, 1]])
        return np.linalg.cholesky(matrix * np.outer(self.sds, self.sds))


@dataclass(frozen=True)
class TypeOneRow:
    """Type I error of one method.

    Attributes
    ----------
    correlations, sds : tuple of float
        Of the visits; see :class:`VisitCovariance`.
    missing : float
        Share of later visits missing completely at random.
    method, distribution : str
        The test.
    trials, failed : int
        Null trials, and those without a usable fit, which are not counted in the rate.
    type_one_error, mcse : float
        Share of trials with p < 0.05, and its Monte Carlo standard error.
    """

    correlations: tuple[float, float, float]
    sds: tuple[float, float, float]
    missing: float
    method: str
    distribution: str
    trials: int
    failed: int
    type_one_error: float
    mcse: float


@dataclass(frozen=True)
class TypeOneErrors:
    """Type I errors of several methods under several covariances.

    Attributes
    ----------
    rows : tuple of TypeOneRow
        One a covariance and test.
    """

    rows: tuple[TypeOneRow, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return one row per covariance and test."""
        return pd.DataFrame([asdict(row) for row in self.rows])

    def _repr_html_(self) -> str:
        return self.to_frame().to_html(index=False)


COVARIANCES: Final = (
    VisitCovariance((0.5, 0.5, 0.5), (20, 20, 20)),
    VisitCovariance((0.6, 0.6, 0.35), (16, 19, 22)),
    VisitCovariance((0.6, 0.6, 0.35), (20, 20, 20)),
)
TESTS: Final[tuple[tuple[str, Distribution], ...]] = (
    ("random_intercept", "z"),
    ("random_intercept", "t"),
    ("ancova", "t"),
    ("mmrm", "t"),
)


def type_one_errors(
    *,
    covariances: Sequence[VisitCovariance] = COVARIANCES,
    tests: Sequence[tuple[str, Distribution]] = TESTS,
    missing: float = 0.0,
    trials: int = 200_000,
    seed: int,
) -> TypeOneErrors:
    """Simulate trials without an effect and count how often each test finds one at week 12.

    Scores are normal, 20 people per arm, three visits. The random-intercept model supposes equal correlations: where
    they decay with time its standard error of the change from first to last visit is too small, and neither its degrees
    of freedom nor more people mend that.

    Parameters
    ----------
    covariances : sequence of VisitCovariance
        Truths to simulate from.
    tests : sequence of (method, distribution)
        As in :func:`asteroid_repro.estimate_effects`.
    missing : float
        Share of later visits missing completely at random, each for itself.
    trials : int
        Null trials a covariance.
    seed : int
        Whole number of 0 or more; all covariances and tests see the same normals.

    Returns
    -------
    TypeOneErrors
        With Monte Carlo standard errors.

    Examples
    --------
    >>> table = type_one_errors(covariances=COVARIANCES[:1], tests=TESTS[3:], trials=2000, seed=1).to_frame()
    >>> bool(0.03 < table["type_one_error"].item() < 0.07)
    True
    """
    rows: list[TypeOneRow] = []
    for covariance in covariances:
        root = covariance.root()

        def work(block: int, size: int, root: np.ndarray = root) -> dict[str, np.ndarray]:
            scores = _null_scores(root, seed, block, size, missing)
            return {"|".join(test): _p_value(scores, *test) for test in tests}

        figures = run_blocks(work, trials)
        rows += [_row(covariance, missing, test, figures["|".join(test)]) for test in tests]
    return TypeOneErrors(tuple(rows))


def _null_scores(root: np.ndarray, seed: int, block: int, size: int, missing: float) -> np.ndarray:
    """Scores without an effect, shape (visits, people, trials), NaN where missing."""
    normal = stream(seed, Purpose.OUTCOMES, block).standard_normal((size, PEOPLE, 3))
    scores = np.ascontiguousarray((normal @ root.T).T)
    if missing:
        missed = missing > stream(seed, Purpose.MISSING_VISITS, block).random((size, PEOPLE, 2)).T
        scores[1:][missed] = np.nan
    return scores


def _p_value(scores: np.ndarray, method: str, distribution: Distribution) -> np.ndarray:
    running, waitlist = np.split(scores, 2, axis=1)
    fit = estimate_arrays(running, waitlist, method=method, distribution=distribution)
    return np.asarray(p_value(fit)[-1])


def _row(covariance: VisitCovariance, missing: float, test: tuple[str, Distribution], p: np.ndarray) -> TypeOneRow:
    usable = np.isfinite(p)
    rate = float((p[usable] < NOMINAL).mean())
    return TypeOneRow(
        correlations=covariance.correlations,
        sds=covariance.sds,
        missing=missing,
        method=test[0],
        distribution=test[1],
        trials=len(p),
        failed=int((~usable).sum()),
        type_one_error=rate,
        mcse=float(np.sqrt(rate * (1 - rate) / usable.sum())),
    )

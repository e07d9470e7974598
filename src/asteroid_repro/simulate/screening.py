"""Screening, the top of a CONSORT diagram: people are assessed one after another until enough are eligible."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import bdtr

from asteroid_repro.errors import InputError
from asteroid_repro.simulate.streams import Purpose, stream
from asteroid_repro.tables.result_table import ResultTable
from asteroid_repro.trial.candidacy import Candidacy

_PEOPLE_DRAWN = 1024  # at a time; part of every result, since each lot has a stream of its own
_MOST_PEOPLE = 1_000_000
_LABEL: Final = "SIMULATED, screening counts rest on assumptions: none is published"


@dataclass(frozen=True)
class Screening(ResultTable):
    """How many people were assessed, excluded for which reason, and randomised.

    Everybody eligible is randomised: that nobody declines is an assumption too.

    Attributes
    ----------
    candidacy : Candidacy
        What was supposed.
    wanted : int
        People to randomise.
    seed : int
        Seed of the draw.
    assessed : int
        People assessed, the last eligible one included.
    excluded : tuple of int
        People excluded at each criterion, in the order of checking; each is counted at the first one failed.
    label : str
        What the counts are.
    """

    candidacy: Candidacy
    wanted: int
    seed: int
    assessed: int
    excluded: tuple[int, ...]
    label: str = _LABEL

    @property
    def eligible(self) -> int:
        """People who met every criterion: ``wanted``, or fewer where the pool ran out."""
        return self.assessed - sum(self.excluded)

    @property
    def randomised(self) -> int:
        """People randomised: everybody eligible."""
        return self.eligible

    def to_frame(self) -> pd.DataFrame:
        """Return the flow from top to bottom.

        Columns: step (assessed, excluded, eligible, randomised), reason (of an exclusion, else empty), people, and
        expected, the mean number of people over many screenings.

        Examples
        --------
        >>> from asteroid_repro import CANDIDACY
        >>> screen(CANDIDACY, wanted=40, seed=2024).to_frame()["people"].tolist()[-2:]
        [40, 40]
        """
        expected = expected_assessed(self.candidacy, wanted=self.wanted)
        kept = self.candidacy.eligible_share
        # Wald's identity: over all screenings each share is kept, whatever the rule for stopping.
        shares = [1.0, *self.candidacy.exclusion_shares, kept, kept]
        reasons = [criterion.reason for criterion in self.candidacy.criteria]
        return pd.DataFrame(
            {
                "step": ["assessed", *["excluded"] * len(reasons), "eligible", "randomised"],
                "reason": ["", *reasons, "", ""],
                "people": [self.assessed, *self.excluded, self.eligible, self.randomised],
                "expected": expected * np.array(shares),
            }
        )

    def notes(self) -> tuple[str, ...]:
        """Return whom the result speaks for."""
        return (self.candidacy.note,) if self.candidacy.note else ()


def screen(candidacy: Candidacy, *, wanted: int, seed: int) -> Screening:
    r"""Assess people from the pool one after another until so many are eligible, or the pool runs out.

    A person who meets the earlier criteria fails criterion k with probability :math:`p_k`, and so is eligible with
    :math:`P = \prod_k (1 - p_k)`. The number excluded before the last eligible person is therefore negative binomial
    with parameters ``wanted`` and P. With the same seed the people are the same: whoever wants fewer sees the first of
    them, and a higher probability of failing can only exclude more.

    Parameters
    ----------
    candidacy : Candidacy
        For instance ``CANDIDACY``.
    wanted : int
        People to randomise.
    seed : int
        Whole number of 0 or more; the same seed gives the same screening.

    Returns
    -------
    Screening
        Numbers of people. All rest on assumptions; claims programme.candidacy and design.excluded give the criteria.

    Raises
    ------
    InputError
        A bad ``wanted`` or seed, or so few eligible that a million people would not do.

    Examples
    --------
    >>> from asteroid_repro import CANDIDACY
    >>> flow = screen(CANDIDACY, wanted=40, seed=2024)
    >>> flow.randomised, flow.assessed == sum(flow.excluded) + 40
    (40, True)

    The mean over screenings is the expected number, within 4 Monte Carlo standard errors:

    >>> counts = np.array([screen(CANDIDACY, wanted=40, seed=seed).assessed for seed in range(200)])
    >>> mcse = counts.std(ddof=1) / np.sqrt(200)
    >>> bool(abs(counts.mean() - expected_assessed(CANDIDACY, wanted=40)) < 4 * mcse)
    True
    """
    _check_wanted(wanted)
    _check_length(candidacy, wanted)
    first_failed = _assess(candidacy, wanted, seed)
    counts = np.bincount(first_failed, minlength=len(candidacy.criteria) + 1)
    return Screening(
        candidacy=candidacy,
        wanted=int(wanted),
        seed=int(seed),
        assessed=len(first_failed),
        excluded=tuple(counts[:-1].tolist()),
    )


def expected_assessed(candidacy: Candidacy, *, wanted: int) -> float:
    r"""Mean number of people assessed until so many are eligible, or the pool runs out.

    Without a limit it is :math:`w / P` for w wanted and a share P eligible; in a pool of M people it is
    :math:`\sum_{m=0}^{M-1} \Pr(X_m < w)`, :math:`X_m \sim \text{Binomial}(m, P)`.

    Raises
    ------
    InputError
        ``wanted`` is not a whole number of 1 or more, or a million people would not do.

    Examples
    --------
    >>> from asteroid_repro import CANDIDACY
    >>> round(expected_assessed(CANDIDACY, wanted=40), 1)
    122.0
    >>> round(expected_assessed(CANDIDACY.with_values(pool_size=100), wanted=40), 1)
    99.6
    """
    _check_wanted(wanted)
    _check_length(candidacy, wanted)
    share, pool = candidacy.eligible_share, candidacy.pool_size
    if pool is None:
        return wanted / share
    people = np.arange(wanted, pool)  # with fewer than wanted assessed, one more surely is
    return float(min(wanted, pool) + bdtr(wanted - 1, people, share).sum())


def _assess(candidacy: Candidacy, wanted: int, seed: int) -> np.ndarray:
    """First criterion failed by each person in turn, the number of criteria for who fails none."""
    passed, pool = len(candidacy.criteria), candidacy.pool_size
    lots: list[np.ndarray] = []
    eligible = 0
    while eligible < wanted and (pool is None or len(lots) * _PEOPLE_DRAWN < pool):
        # One uniform a person and criterion: another probability then changes nobody who is not near it.
        uniform = stream(seed, Purpose.SCREENING, len(lots)).random((_PEOPLE_DRAWN, passed))
        fails = uniform < candidacy.probabilities
        lots.append(np.where(fails.any(axis=1), fails.argmax(axis=1), passed))
        eligible += int((lots[-1] == passed).sum())
    first_failed = np.concatenate(lots)[:pool]
    meets_all = np.flatnonzero(first_failed == passed)
    return first_failed if len(meets_all) < wanted else first_failed[: meets_all[wanted - 1] + 1]


def _check_wanted(wanted: int) -> None:
    if isinstance(wanted, bool) or not isinstance(wanted, int | np.integer) or wanted < 1:
        raise InputError(f"wanted must be a whole number of 1 or more people, got {wanted!r}. Try 40.")


def _check_length(candidacy: Candidacy, wanted: int) -> None:
    needed = wanted / candidacy.eligible_share if candidacy.pool_size is None else candidacy.pool_size
    if needed > _MOST_PEOPLE:
        field = "wanted / eligible_share" if candidacy.pool_size is None else "pool_size"
        raise InputError(
            f"{field} must be at most {_MOST_PEOPLE} people to assess, got {needed:.6g}. "
            "Lower a probability of failing, want fewer people, or set a smaller pool_size."
        )

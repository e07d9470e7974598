"""A Bayesian reading of a printed effect: the posterior under stated priors, in closed form. Not for verdicts."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Final, Literal

from scipy.special import ndtr, ndtri

from asteroid_repro.errors import InputError, check_choice, check_positive
from asteroid_repro.planning.belief import Belief
from asteroid_repro.tables.limits import check_level
from asteroid_repro.tables.result_table import ResultTable

_BEYOND: Final = 0.05
"""Prior probability that a sceptic gives an effect beyond the minimal important change, an enthusiast one below 0."""


@dataclass(frozen=True)
class Posterior:
    """What to believe of the true effect under one prior.

    Attributes
    ----------
    prior : str
        Its name.
    prior_mean, prior_sd : float
        Points; SD inf for a flat prior.
    mean, sd, low, high : float
        Of the posterior, and its central interval.
    benefit, important_benefit : float
        Posterior probability that the effect is on the better side of 0, and that it is beyond the minimal important
        change.
    """

    prior: str
    prior_mean: float
    prior_sd: float
    mean: float
    sd: float
    low: float
    high: float
    benefit: float
    important_benefit: float


@dataclass(frozen=True, repr=False)
class Posteriors(ResultTable):
    """The posterior of one effect under several priors.

    Attributes
    ----------
    estimate, se : float
        What is read, points.
    important : float
        Minimal important change, points.
    better : str
        Which way is better.
    level : float
        Of the intervals.
    rows : tuple of Posterior
        One a prior.
    label : str
        What it is.
    """

    estimate: float
    se: float
    important: float
    better: Literal["lower", "higher"]
    level: float
    rows: tuple[Posterior, ...]
    label: str = "Posterior by closed form, normal prior and likelihood; nothing simulated, no verdict rests on it"

    def answer(self) -> str:
        """Say between what the probability of an important benefit lies over the priors."""
        shares = sorted((row.important_benefit, row.prior) for row in self.rows)
        (low, least), (high, most) = shares[0], shares[-1]
        return (
            f"Probability of a benefit beyond {self.important:g} points: {low:.2f} ({least} prior) to {high:.2f} "
            f"({most} prior)."
        )


def posterior(
    estimate: float, se: float, *, important: float, better: Literal["lower", "higher"],
    priors: Mapping[str, tuple[float, float]] | None = None, level: float = 0.95,
) -> Posteriors:  # fmt: skip
    r"""Return what to believe of an effect under a flat, a sceptical and an enthusiastic prior, and under others.

    With prior :math:`N(m, t^2)` and an estimate e with standard error s, the posterior is normal with precision
    :math:`1/t^2 + 1/s^2` and mean :math:`(m/t^2 + e/s^2)` over it. With M the minimal important change in the better
    direction, the *sceptical* prior has mean 0 and gives effects beyond M a probability of 5 %; the *enthusiastic* one
    has mean M and gives effects on the worse side of 0 the same (Spiegelhalter, Freedman & Parmar 1994,
    doi:10.2307/2983527).

    Parameters
    ----------
    estimate, se : float
        Treatment minus reference, points, and its standard error.
    important : float
        Minimal important change, points, above 0.
    better : {"lower", "higher"}
        Which way is better on the outcome.
    priors : mapping of str to (mean, SD), optional
        More priors, by name.
    level : float
        Of the central intervals.

    Returns
    -------
    Posteriors
        One row a prior.

    Raises
    ------
    InputError
        A standard error, minimal important change or SD of a prior that is not positive, or a level out of range.

    Examples
    --------
    >>> found = posterior(-15.30, 5.117, important=15, better="lower")
    >>> [(row.prior, round(row.mean, 1), round(row.important_benefit, 2)) for row in found.rows]
    [('flat', -15.3, 0.52), ('sceptical', -11.6, 0.23), ('enthusiastic', -15.2, 0.52)]
    """
    check_positive("se", se, "Give the estimate's standard error.")
    check_positive("important", important, "Give the minimal important change of the outcome.")
    check_choice("better", better, ("lower", "higher"))
    tail = (1 + check_level(level)) / 2
    sign = -1 if better == "lower" else 1
    spread = important / -float(ndtri(_BEYOND))
    stated = {"flat": (0.0, float("inf")), "sceptical": (0.0, spread), "enthusiastic": (sign * important, spread)}
    rows = []
    for name, (mean, sd) in (stated | dict(priors or {})).items():
        if not sd > 0:
            raise InputError(f"prior {name} must have an SD above 0, got {sd!r}. A firm belief needs no data.")
        after = updated(Belief(mean, sd, 0.0), estimate, se)
        half = float(ndtri(tail)) * after.sd
        beyond = [float(ndtr((sign * after.mean - least) / after.sd)) for least in (0.0, important)]
        rows.append(Posterior(name, mean, sd, after.mean, after.sd, after.mean - half, after.mean + half, *beyond))
    return Posteriors(estimate, se, important, better, level, tuple(rows))


def updated(prior: Belief, estimate: float, se: float) -> Belief:
    """Return a normal belief after an estimate has been seen; a prior with infinite SD is flat.

    Examples
    --------
    >>> updated(Belief(0.0, 5.0, 0.0), -10.0, 5.0).mean
    -5.0
    """
    weight = 1 / prior.sd**2
    precision = weight + 1 / se**2
    return Belief((weight * prior.mean + estimate / se**2) / precision, 1 / sqrt(precision), 0.0)

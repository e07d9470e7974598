"""Foretell a trial's people: of the trials that may have been, those that print what the paper printed."""

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from asteroid_repro._version import __version__
from asteroid_repro.errors import InputError
from asteroid_repro.printed.rounding_interval import rounding_interval, unit
from asteroid_repro.study_folder import Study
from asteroid_repro.verdicts.people_foretold.foretelling_plan import read_plan
from asteroid_repro.verdicts.people_foretold.foretold import Entry, Foretold, file_hashes
from asteroid_repro.verdicts.people_foretold.imagine import Imagined, imagine

NEAREST: Final = 1 / 3
"""Share of the simulated trials, those that print most alike, from which is foretold."""
TOLD: Final = 0.05
"""Where so little of the variance of a quantity is left once print and knowledge are taken in, it is not foretold."""
_LIMITS: Final = (".ci_low", ".ci_high")  # the standard error says the same


def foretell(study: Study, *, date: str) -> Foretold:
    r"""Foretell the people of a study.

    What is not known (``foretelling.toml``) is drawn anew for every set of assumptions, and trials are simulated under
    each. Of these trials the third that print most like the paper is kept, and each quantity :math:`y` is brought from
    what such a trial prints, :math:`x`, to what the paper prints, :math:`x_0`, by a linear regression: :math:`y +
    (x_0 - x) b`. The limits are quantiles of that (approximate Bayesian computation with regression adjustment). The
    share of people at the better end of a scale is foretold from 0 up: the assumed scores crowd there as no others do.

    Parameters
    ----------
    study : Study
        With claims, assumptions and ``foretelling.toml``.
    date : str
        Day on which it is frozen, as 2026-11-25.

    Returns
    -------
    Foretold
        Frozen.

    Raises
    ------
    InputError
        No ``foretelling.toml``, an unknown field or quantity, or ranges in which hardly anything is possible.

    References
    ----------
    Beaumont MA, Zhang W, Balding DJ (2002), doi 10.1093/genetics/162.4.2025.
    """
    plan = read_plan(study)
    known = {name: one.printed for name, one in plan.known.items()}
    printed = {name: text for name, text in printed_quantities(study).items() if name not in known}
    if not printed and not known:
        raise InputError(
            f"{study.folder} must hold claims about scores or effects to foretell from, got none. Add one."
        )
    imagined = imagine(study, plan)
    for name in printed | known:
        if name not in imagined.quantities:
            raise InputError(f"{name} must be a quantity of the people of {study.design.name}, got none. Correct it.")
    given = [_given(name, text, "printed") for name, text in printed.items()]
    given += [_given(name, text, "known") for name, text in known.items()]
    return Foretold(
        study=study.design.name,
        label=f"FORETOLD of people nobody has looked at, from SIMULATED trials ({study.design.name}, seed {plan.seed})",
        date=date,
        version=__version__,
        seed=plan.seed,
        draws=len(set(imagined.draw.tolist())),
        trials=len(imagined.draw),
        files=file_hashes(study.folder),
        entries=(*given, *intervals(imagined, printed | known, level=plan.level)),
    ).frozen()


def printed_quantities(study: Study) -> dict[str, str]:
    """Return what is printed of the quantities, by their names: means and SDs of arms, and effects with their limits.

    Examples
    --------
    >>> from asteroid_repro import study
    >>> printed_quantities(study("neck_pain"))["pain.week12.change_score.estimate"]
    '-3.0'
    """
    found = {}
    for claim in study.ledger.claims:
        one = claim.about
        if one is None or one.outcome not in study.design.outcome_names or not claim.is_exact:
            continue
        text = claim.as_effect.replace("\N{MINUS SIGN}", "-").removesuffix("%").strip()
        if one.figure == "score" and one.statistic in ("mean", "sd"):
            found[f"{one.outcome}.week{one.week:g}.{one.arm}.{one.statistic}"] = text
        if one.figure == "effect" and one.statistic in ("estimate", "ci_low", "ci_high"):
            found[f"{one.outcome}.week{one.week:g}.{study.design.analysis.method}.{one.statistic}"] = text
    return found


def as_printed(values: np.ndarray, text: str) -> np.ndarray:
    """Round values as a printed number is.

    Examples
    --------
    >>> as_printed(np.array([1.234]), "-3.0").tolist()
    [1.2]
    """
    digit = float(unit(text))
    return np.round(np.round(values / digit) * digit, 12)


def intervals(
    imagined: Imagined, given: Mapping[str, str], *, level: float, left_out: int | None = None
) -> tuple[Entry, ...]:
    """Return the intervals of all quantities that are not given, conditional on those that are.

    Parameters
    ----------
    imagined : Imagined
        The simulated trials.
    given : mapping of str to str
        Printed or known numbers, by quantity.
    level : float
        Probability of the intervals.
    left_out : int, optional
        Number of a draw whose trials are not used: that of the trial which is foretold, when foretelling is tried out.

    Returns
    -------
    tuple of Entry
        ``told`` where the given numbers leave next to nothing open.
    """
    used = np.flatnonzero(imagined.draw != left_out)
    x = np.stack([as_printed(imagined.quantities[name][used], text) for name, text in given.items()], axis=1)
    wanted = [name for name in imagined.quantities if name not in given and not name.endswith(_LIMITS)]
    y = np.stack([imagined.quantities[name][used] for name in wanted], axis=1)
    away = (x - np.array([float(text) for text in given.values()])) / (x.std(axis=0) + 1e-12)
    told = _adjusted(away, y).var(axis=0) <= TOLD * y.var(axis=0)
    nearest = np.argsort((away**2).sum(axis=1), kind="stable")[: math.ceil(NEAREST * len(used))]
    found = _adjusted(away[nearest], y[nearest])
    tail = (1 - level) / 2
    low, middle, high, one_sided = np.quantile(found, [tail, 0.5, 1 - tail, level], axis=0)
    is_share = np.array([name.endswith(".at_end") for name in wanted])
    ends = np.where(is_share, np.maximum([0 * low, middle, one_sided], 0), [low, middle, high]).T.tolist()
    return tuple(
        Entry(quantity=name, status="told" if is_told else "foretold", level=level, **_ends(*each))
        for name, is_told, each in zip(wanted, told.tolist(), ends, strict=True)
    )


def _adjusted(away: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return y brought to where nothing is away, by a linear regression."""
    slopes = np.linalg.lstsq(np.column_stack([np.ones(len(away)), away]), y, rcond=None)[0][1:]
    return np.asarray(y - away @ slopes)


def _given(name: str, text: str, status: Any) -> Entry:
    band = rounding_interval(text)
    return Entry(quantity=name, status=status, level=1.0, **_ends(band.low, float(text), band.high))


def _ends(low: float, middle: float, high: float) -> dict[str, float]:
    """Return limits with four significant digits: the file says no more than is known, on every machine."""
    return {name: float(f"{value:.4g}") for name, value in (("low", low), ("middle", middle), ("high", high))}

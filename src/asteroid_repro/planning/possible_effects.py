"""Which true effects an outcome's scale has room for."""

from dataclasses import dataclass
from math import inf

from asteroid_repro.errors import InputError
from asteroid_repro.mechanism.latent import latent_arm
from asteroid_repro.sweeps.fields import with_effect_at
from asteroid_repro.trial.assumptions import TrialAssumptions

_HALVINGS = 8  # the limit is then known to 1/256 of the reach


@dataclass(frozen=True)
class PossibleEffects:
    """The effects that bounded scores can have.

    Attributes
    ----------
    low, high : float
        Smallest and largest possible effect, points; infinite where there is no limit within reach.
    """

    low: float
    high: float


def possible_effects(
    assumptions: TrialAssumptions, *, outcome: str, week: int, centre: float, reach: float
) -> PossibleEffects:
    """Find how far an effect can go from a possible one, in both directions.

    Near the end of the scale scores can no longer have the assumed SD, nor the assumed correlations with other scores.
    The limits are found by halving the way, to 1/256 of the reach, on the possible side.

    Parameters
    ----------
    assumptions : TrialAssumptions
        The trial's assumptions.
    outcome : str
        Name of the outcome.
    week : int
        A visit after the first.
    centre : float
        A possible effect, points.
    reach : float
        How far to look, points.

    Returns
    -------
    PossibleEffects
        Points.

    Raises
    ------
    InputError
        The centre itself is impossible: the message says why.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> effects = possible_effects(ASTEROID, outcome="average_pain", week=12, centre=-15.3, reach=30)
    >>> -34 < effects.low < -31, effects.high
    (True, inf)
    """
    _check(assumptions, outcome, week, centre)

    def farthest(way: float) -> float:
        if _fits(assumptions, outcome, week, centre + way):
            return inf if way > 0 else -inf
        inside, outside = 0.0, 1.0
        for _ in range(_HALVINGS):
            middle = (inside + outside) / 2
            fits = _fits(assumptions, outcome, week, centre + middle * way)
            inside, outside = (middle, outside) if fits else (inside, middle)
        return centre + inside * way

    return PossibleEffects(farthest(-reach), farthest(reach))


def _fits(assumptions: TrialAssumptions, outcome: str, week: int, effect: float) -> bool:
    try:
        _check(assumptions, outcome, week, effect)
    except InputError:
        return False
    return True


def _check(assumptions: TrialAssumptions, outcome: str, week: int, effect: float) -> None:
    latent_arm(with_effect_at(assumptions, outcome, week, effect).with_equal_baselines(), "running")

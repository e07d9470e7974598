r"""From claims to assumptions: the record that is matched to the paper. The only room that reads the ledger to assume.

Each number is taken with :meth:`Ledger.fitted`, which refuses every claim that is not tagged ``fitted``; so a claim
that is tagged ``predicted`` cannot set an assumption.
"""

import tomllib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from statistics import NormalDist

import numpy as np

from asteroid_repro.errors import InputError, did_you_mean
from asteroid_repro.ledger.ledger import Ledger, published
from asteroid_repro.trial.assumptions import TrialAssumptions, read_toml, validated
from asteroid_repro.trial.programme import programme

_VISIT_CORRELATION = 0.5
_PAIN_CORRELATION, _PAIN_DISABILITY_CORRELATION = 0.7, 0.5
_WEEK_6_SHARE = 0.5
_AVERAGE_PAIN_BASELINE = 40.0
_RUNNING_SPEED_SD = 1.5
_COMPLETION_SD = 0.25
_FLARE_RATE = 0.02
_HABITUAL_MINUTES, _LOAD_SPIKE, _PRONENESS_VARIANCE = 10.0, 0.5, 1.0
_RAN_BEFORE_SHARE = 0.4


def sd_from_standard_error(
    standard_error: float, n_running: int, n_waitlist: int, visit_correlation: np.ndarray
) -> float:
    r"""Find the SD between people that a random-intercept model would report with a given standard error.

    The model's net difference has :math:`SE = \sqrt{2 \sigma_e^2 h}`, :math:`h = 1/n_1 + 1/n_0`. With one SD at every
    visit and mean correlation :math:`\bar\rho` between visits its residual variance is expected to be
    :math:`\sigma_e^2 = SD^2 (1 - \bar\rho)`.

    Parameters
    ----------
    standard_error : float
        Of the net difference, points.
    n_running, n_waitlist : int
        People per arm.
    visit_correlation : array of shape (visits, visits)
        Correlations between visits.

    Returns
    -------
    float
        SD at each visit, points.

    Examples
    --------
    >>> round(sd_from_standard_error(5.117, 20, 20, np.full((3, 3), 0.5) + 0.5 * np.eye(3)), 2)
    16.18
    """
    visits = len(visit_correlation)
    mean_correlation = (visit_correlation.sum() - visits) / (visits * (visits - 1))
    h = 1 / n_running + 1 / n_waitlist
    return float(standard_error / np.sqrt(2 * h * (1 - mean_correlation)))


def published_standard_error(ledger: Ledger, outcome: str) -> float:
    """Recover the standard error behind a printed 95 % interval, taking a normal reference distribution.

    Half the width of the interval over 1.96; where the ledger calls the upper limit inconsistent (the disability line
    contradicts itself there), the distance from the estimate to the lower limit over 1.96.

    Examples
    --------
    >>> from asteroid_repro import published
    >>> [round(published_standard_error(published(), name), 3) for name in ("average_pain", "disability")]
    [5.117, 2.51]
    """
    claim = f"{outcome}.week12"
    if ledger[f"{claim}.ci_high"].status == "consistent":
        width = ledger.fitted(f"{claim}.ci_high") - ledger.fitted(f"{claim}.ci_low")
    else:
        width = 2 * (ledger.fitted(f"{claim}.estimate") - ledger.fitted(f"{claim}.ci_low"))
    return width / 2 / NormalDist().inv_cdf(0.975)


@cache
def matched_to_paper() -> TrialAssumptions:
    """Build ``ASTEROID`` from the published ledger: claims where there are some, stated assumptions elsewhere.

    Examples
    --------
    >>> matched_to_paper().current_pain.running_baseline
    30.8
    """
    return fit(published())


def fit(ledger: Ledger) -> TrialAssumptions:
    """Fit the assumptions to the claims of a ledger.

    Raises
    ------
    InputError
        A claim that is used here is not tagged ``fitted``.
    """
    fitted = ledger.fitted
    lost = fitted("attrition.lost") / (fitted("design.running") + fitted("design.waitlist"))
    visits = (0, int(fitted("design.visit.middle")), int(fitted("design.visit.last")))
    kinds = ("lower_limb", "low_back_pain", "syncope")
    correlation = _equal_correlations(len(visits), _VISIT_CORRELATION)
    values = {
        "name": "ASTEROID",
        "description": "Matched to the published trial, with its chance imbalance in current pain at baseline.",
        "n_running": int(fitted("design.running")),
        "n_waitlist": int(fitted("design.waitlist")),
        "age_mean": fitted("design.age.mean"),
        "age_sd": fitted("design.age.sd"),
        "age_minimum": fitted("design.age.minimum"),
        "age_maximum": fitted("design.age.maximum"),
        "female_share": fitted("design.female") / 100,
        "ran_before_share": _RAN_BEFORE_SHARE,
        "visits": visits,
        "visit_correlation": correlation.tolist(),
        "cross_outcome_correlation": _cross_outcome_correlation(),
        "missing_running": lost,
        "missing_waitlist": lost,
        "missing_pattern": "monotone",
        "missing_mechanism": "mcar",
        "missing_strength": 1.0,
        "adherence_mean": fitted("adherence.mean") / 100,
        "adherence_sd": fitted("adherence.sd") / 100,
        "programme": "asteroid",
        "completion_sd": _COMPLETION_SD,
        "running_speed_sd": _RUNNING_SPEED_SD,
        "flare_rate": _FLARE_RATE,
        "habitual_minutes": _HABITUAL_MINUTES,
        "load_spike": _LOAD_SPIKE,
        "proneness_variance": _PRONENESS_VARIANCE,
        "adherence_prognosis": 0.0,
        "dose_response": 0.0,
        "effect_variation": 0.0,
        "serious_share": 1
        - fitted("adverse_events.non_serious") / sum(fitted(f"adverse_events.{kind}") for kind in kinds),
    }
    outcomes = {
        "average_pain": _average_pain(ledger, correlation),
        "current_pain": _current_pain(ledger, correlation),
        "disability": _disability(ledger, correlation),
    }
    return validated(values | _running(ledger) | outcomes)


def scenario_names() -> list[str]:
    """List the named scenarios.

    Examples
    --------
    >>> "asteroid" in scenario_names()
    True
    """
    return [
        "asteroid",
        *sorted(Path(entry.name).stem for entry in _folder().iterdir() if entry.name.endswith(".toml")),
    ]


def scenario(name: str) -> TrialAssumptions:
    """Return the assumptions of a named scenario, or of a scenario file (a path that ends in ``.toml``).

    A scenario file names only the fields in which it differs from ``ASTEROID``.

    Raises
    ------
    InputError
        No scenario of that name (with the nearest one), or a file with an impossible value.

    Examples
    --------
    >>> scenario("no_effect").average_pain.effect
    (0.0, 0.0)
    """
    if name.endswith(".toml"):
        return read_toml(Path(name), matched_to_paper())
    if name not in scenario_names():
        raise InputError(
            f"scenario must be a name or a .toml file, got {name!r}.{did_you_mean(name, scenario_names())}"
        )
    if name == "asteroid":
        return matched_to_paper()
    return read_toml(Path(str(_folder() / f"{name}.toml")), matched_to_paper())


def _folder() -> Traversable:
    return files("asteroid_repro.studies") / "asteroid" / "scenarios"


def _equal_correlations(size: int, correlation: float) -> np.ndarray:
    return np.full((size, size), correlation) + (1 - correlation) * np.eye(size)


def _cross_outcome_correlation() -> list[list[float]]:
    pains, mixed = _PAIN_CORRELATION, _PAIN_DISABILITY_CORRELATION
    return [[1.0, pains, mixed], [pains, 1.0, mixed], [mixed, mixed, 1.0]]


def _outcome(
    ledger: Ledger,
    name: str,
    correlation: np.ndarray,
    *,
    running_baseline: float,
    waitlist_baseline: float,
    waitlist_change: float,
    step: int,
) -> dict[str, object]:
    standard_error = published_standard_error(ledger, name)
    arms = int(ledger.fitted("design.running")), int(ledger.fitted("design.waitlist"))
    sd = sd_from_standard_error(standard_error, *arms, correlation)
    effect = ledger.fitted(f"{name}.week12.estimate")
    return {
        "running_baseline": running_baseline,
        "waitlist_baseline": waitlist_baseline,
        "waitlist_change": (_WEEK_6_SHARE * waitlist_change, waitlist_change),
        "effect": (_WEEK_6_SHARE * effect, effect),
        "sd": (sd,) * len(correlation),
        "step": step,
    }


def _average_pain(ledger: Ledger, correlation: np.ndarray) -> dict[str, object]:
    return _outcome(
        ledger,
        "average_pain",
        correlation,
        running_baseline=_AVERAGE_PAIN_BASELINE,
        waitlist_baseline=_AVERAGE_PAIN_BASELINE,
        waitlist_change=0.0,
        step=1,
    )


def _current_pain(ledger: Ledger, correlation: np.ndarray) -> dict[str, object]:
    baseline = ledger.fitted("current_pain.waitlist.baseline")
    return _outcome(
        ledger,
        "current_pain",
        correlation,
        running_baseline=ledger.fitted("current_pain.running.baseline"),
        waitlist_baseline=baseline,
        waitlist_change=ledger.fitted("current_pain.waitlist.week12") - baseline,
        step=1,
    )


def _disability(ledger: Ledger, correlation: np.ndarray) -> dict[str, object]:
    baseline = ledger.fitted("disability.running.baseline")
    change = ledger.fitted("disability.running.week12") - baseline
    return _outcome(
        ledger,
        "disability",
        correlation,
        running_baseline=baseline,
        waitlist_baseline=baseline,
        waitlist_change=change - ledger.fitted("disability.week12.estimate"),
        step=2,
    )


def _running(ledger: Ledger) -> dict[str, float]:
    """Take decline, speed, progress and event rates from the stored fit, which simulation made from the same claims."""
    _check_dose(ledger)
    stored = tomllib.loads(
        (files("asteroid_repro.studies") / "asteroid" / "programme_fit.toml").read_text(encoding="utf-8")
    )
    for claim, value in stored["claims"].items():
        if ledger.fitted(claim) != value:
            raise InputError(
                f"claim {claim} must be the {value:g} that programme_fit.toml was made from, "
                f"got {ledger.fitted(claim):g}. Renew it with make fit."
            )
    return dict(stored["fit"])


def _check_dose(ledger: Ledger) -> None:
    plan = programme("asteroid")
    for field in ("weeks", "sessions_per_week", "session_minutes"):
        if getattr(plan, field) != ledger.fitted(f"programme.{field}"):
            raise InputError(
                f"asteroid.toml: {field} must be the claim programme.{field}, {ledger.fitted(f'programme.{field}'):g}, "
                f"got {getattr(plan, field):g}. Correct it."
            )

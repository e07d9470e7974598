"""What is supposed of a trial: one frozen record, validated where it is made, changed only by copies.

Every field says in its description where ASTEROID's value comes from: ``Claim`` and a claim id of the published
ledger, or ``Assumption`` and the reason.
"""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from asteroid_repro.errors import InputError, first_problem
from asteroid_repro.trial.possible import check_possible
from asteroid_repro.trial.programme import Programme, programme
from asteroid_repro.trial.quantities import (
    OUTCOMES,
    ArmSize,
    CorrelationBound,
    Correlations,
    NotNegative,
    Number,
    Positive,
    ScaleMean,
    Share,
    ShareOfVisits,
    ShareOrBound,
)

_CHANGED: Final = ", changed"
_FROZEN: Final = ConfigDict(frozen=True, extra="forbid")


class OutcomeAssumptions(BaseModel):
    """One outcome on its observed scale, 0 to 100 points in whole steps.

    The running arm's mean at a visit is its baseline mean, plus the waitlist's change, plus the effect.
    """

    model_config = _FROZEN

    running_baseline: ScaleMean = Field(
        description="Baseline mean of the running arm, points. Claims current_pain.running.baseline and "
        "disability.running.baseline. Assumption for average pain: 40, the upper half of mild to moderate pain."
    )
    waitlist_baseline: ScaleMean = Field(
        description="Baseline mean of the waitlist arm, points. Claim current_pain.waitlist.baseline. Assumption "
        "for average pain and disability: as in the running arm, since nothing is published."
    )
    waitlist_change: tuple[Number, ...] = Field(
        description="Mean change of the waitlist from baseline, points, at each later visit. Week 12: claims "
        "current_pain.waitlist.week12, and disability.running.week12 less the effect. Assumption for average pain: "
        "no change. Assumption for week 6: half the change at week 12."
    )
    effect: tuple[Number, ...] = Field(
        description="Effect of running, points, running minus waitlist, at each later visit. Week 12: claims "
        "average_pain.week12.estimate, current_pain.week12.estimate, disability.week12.estimate. Assumption for "
        "week 6, where no figure is published: half the effect at week 12, a straight line in time."
    )
    sd: tuple[Positive, ...] = Field(
        description="Standard deviation between people at each visit, points, in both arms. Claims ci_low and "
        "ci_high of each net difference fix the residual SD; Assumption: the same SD at every visit."
    )
    step: Literal[1, 2] = Field(
        description="Distance between neighbouring scores, points. Assumption from the instruments: VAS marks are "
        "read as whole points, Oswestry totals are even."
    )


class TrialAssumptions(BaseModel):
    """Everything that is supposed of a trial of running against a waitlist.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> ASTEROID.adherence_mean
    0.7
    >>> ASTEROID.with_effect(average_pain=-8).average_pain.effect
    (-4.0, -8.0)
    """

    model_config = _FROZEN

    name: str = Field(description="Assumption: a short name of the scenario, used in labels.")
    description: str = Field(default="", description="Assumption: what the scenario stands for, in a line or two.")
    n_running: ArmSize = Field(description="People randomised to running. Claim design.running.")
    n_waitlist: ArmSize = Field(description="People randomised to the waitlist. Claim design.waitlist.")
    age_mean: Positive = Field(description="Mean age after truncation, years. Claim design.age.mean.")
    age_sd: Positive = Field(description="SD of age after truncation, years. Claim design.age.sd.")
    age_minimum: Positive = Field(description="Youngest eligible age, years. Claim design.age.minimum.")
    age_maximum: Positive = Field(description="Oldest eligible age, years. Claim design.age.maximum.")
    female_share: ShareOrBound = Field(description="Probability of being female. Claim design.female.")
    ran_before_share: ShareOrBound = Field(
        description="Probability of having run for fitness before. Assumption: 0.4, since a secondary account says "
        "fewer than half (claim design.prior_running)."
    )
    visits: tuple[int, ...] = Field(
        description="Weeks of the visits, baseline first. Claims design.visit.middle, design.visit.last."
    )
    average_pain: OutcomeAssumptions = Field(description="Average pain of the past week, VAS. Claims as listed within.")
    current_pain: OutcomeAssumptions = Field(description="Current pain, VAS. Claims as listed within.")
    disability: OutcomeAssumptions = Field(description="Oswestry Disability Index. Claims as listed within.")
    visit_correlation: Correlations = Field(
        description="Correlation of an outcome between visits. Assumption: 0.5 between any two visits; equal "
        "correlations are what a random-intercept model supposes, and published yardsticks run from 0.24 to 0.55."
    )
    cross_outcome_correlation: Correlations = Field(
        description="Correlation between average pain, current pain and disability at one visit. Assumption: 0.7 "
        "between the two pain scores, 0.5 between pain and disability."
    )
    missing_running: ShareOfVisits = Field(
        description="Share of runners who miss the last visit. Claim attrition.lost: none was lost."
    )
    missing_waitlist: ShareOfVisits = Field(
        description="The same on the waitlist. Claim attrition.lost: none was lost."
    )
    missing_pattern: Literal["monotone", "intermittent"] = Field(
        description="Whether people who miss a visit are gone, or may come back. Assumption: monotone; no visit was "
        "missed in ASTEROID, so it plays no part there."
    )
    missing_mechanism: Literal["mcar", "mar", "mnar"] = Field(
        description="Missing completely at random, after a bad score of average pain, or because average pain got "
        "worse. Assumption: mcar; it plays no part in ASTEROID."
    )
    missing_strength: NotNegative = Field(
        description="How strongly that drives who misses a visit, in probits per SD. Assumption: 1; it plays no part "
        "in ASTEROID."
    )
    adherence_mean: Share = Field(description="Mean share of sessions attended. Claim adherence.mean.")
    adherence_sd: Positive = Field(
        description="SD between people of the observed share of sessions attended. Claim adherence.sd."
    )
    adherence_decline: ShareOrBound = Field(
        description="Decline of attendance over the weeks, from 0 (none) to 1 (the steepest). Claim "
        "distance.week1.mean: solved together with the running speed, since little can be run in the first stages."
    )
    programme: str = Field(
        description="Name of a programme, or a .toml file. Claims programme.sessions_per_week, "
        "programme.session_minutes, programme.weeks and the others named in the programme itself."
    )
    completion_mean: Share = Field(
        description="Mean probability of doing a stage's most repeats in an attended session, the speed of progress. "
        "Claim exposure.running_hours, given the attendance."
    )
    completion_sd: Positive = Field(
        description="SD of that probability between people. Assumption: 0.25, a wide spread from cautious to eager."
    )
    running_speed_mean: Positive = Field(
        description="Mean running speed, km per hour. Claim distance.week1.mean, together with the decline."
    )
    running_speed_sd: Positive = Field(
        description="SD of running speed between people, km per hour. Assumption: 1.5, from a shuffle to a good jog."
    )
    flare_rate: NotNegative = Field(
        description="Pain flares per running hour that are no adverse event. Assumption: 0.02, twice the published "
        "low back pain events, since a flare lowers the dose but is rarely reported."
    )
    habitual_minutes: NotNegative = Field(
        description="Running a week that nobody is unused to, minutes. Assumption: 10, about a week of stage 1."
    )
    load_spike: NotNegative = Field(
        description="Rise of the hazard per unit of the week-to-week ratio of running beyond 1.5. Assumption: 0.5."
    )
    proneness_variance: NotNegative = Field(
        description="Variance between people of the factor on their event rates (mean 1). Assumption: 1, so that some "
        "people have several events and most have none."
    )
    adherence_prognosis: CorrelationBound = Field(
        description="Correlation of attendance with how badly a person fares without running. Assumption: 0, none."
    )
    dose_response: ShareOrBound = Field(
        description="Share of the effect that is proportional to attendance, from 0 (none) to 1; above 0 the mean "
        "effect on the bounded scale is a little smaller. Assumption: 0."
    )
    effect_variation: NotNegative = Field(
        description="SD between people of their effect as a share of the mean effect; above 0 the mean effect on the "
        "bounded scale is a little smaller. Assumption: 0, the same for all."
    )
    lower_limb_rate: NotNegative = Field(
        description="Lower-limb events per running hour. Claims adverse_events.lower_limb, exposure.running_hours."
    )
    low_back_pain_rate: NotNegative = Field(
        description="Low back pain events per running hour. Claims adverse_events.low_back_pain, "
        "exposure.running_hours."
    )
    syncope_rate: NotNegative = Field(
        description="Syncope per running hour. Claims adverse_events.syncope, exposure.running_hours."
    )
    serious_share: ShareOrBound = Field(
        description="Probability that an event is serious. Claim adverse_events.non_serious: all were non-serious."
    )

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        check_possible(self)
        return self

    @property
    def n_people(self) -> int:
        """Number of people randomised."""
        return self.n_running + self.n_waitlist

    @property
    def plan(self) -> Programme:
        """The programme itself."""
        return programme(self.programme)

    @property
    def n_sessions(self) -> int:
        """Number of sessions prescribed to each runner."""
        return self.plan.n_sessions

    def outcome(self, name: str) -> OutcomeAssumptions:
        """Return the assumptions of one outcome by its name."""
        if name not in OUTCOMES:
            raise InputError(f"outcome must be one of {', '.join(OUTCOMES)}, got {name!r}. Use one of these names.")
        record: OutcomeAssumptions = getattr(self, name)
        return record

    def means(self, name: str) -> dict[str, np.ndarray]:
        """Return the assumed mean of an outcome at each visit, by arm, in points.

        Examples
        --------
        >>> from asteroid_repro import ASTEROID
        >>> ASTEROID.means("current_pain")["running"].round(2).tolist()
        [30.8, 22.52, 14.25]
        """
        outcome = self.outcome(name)
        change = np.array((0.0, *outcome.waitlist_change))
        effect = np.array((0.0, *outcome.effect))
        return {
            "running": outcome.running_baseline + change + effect,
            "waitlist": outcome.waitlist_baseline + change,
        }

    def with_values(self, **changes: Any) -> "TrialAssumptions":
        """Return a copy with other values; a changed outcome is given as a mapping of its fields.

        The copy's name says that it was changed, unless a name is given.

        Raises
        ------
        InputError
            An unknown field or an impossible value: one line with field, requirement and value.

        Examples
        --------
        >>> from asteroid_repro import ASTEROID
        >>> ASTEROID.with_values(n_running=30, disability={"step": 1}).disability.step
        1
        """
        changed = validated(_merged(self.model_dump(), changes))
        if "name" in changes or changed == self or self.name.endswith(_CHANGED):
            return changed
        return changed.model_copy(update={"name": self.name + _CHANGED})

    def with_effect(self, *, week: int | None = None, **effects: float) -> "TrialAssumptions":
        """Return a copy with other effects, in points (negative favours running).

        Without ``week`` the value is the effect at the last visit and the earlier ones keep their ratio to it; with
        ``week`` only that visit changes.

        Examples
        --------
        >>> from asteroid_repro import ASTEROID
        >>> ASTEROID.with_effect(disability=-2, week=6).disability.effect
        (-2.0, -5.2)
        """
        changes = {}
        for name, value in effects.items():
            old = self.outcome(name).effect
            changes[name] = {"effect": _effect_at(old, value, week, self.visits, name)}
        return self.with_values(**changes)

    def with_sd(self, **sds: float) -> "TrialAssumptions":
        """Return a copy with another SD, the same at every visit, in points."""
        return self.with_values(**{name: {"sd": [sd] * len(self.visits)} for name, sd in sds.items()})

    def with_people(self, running: int, waitlist: int) -> "TrialAssumptions":
        """Return a copy with other arm sizes."""
        return self.with_values(n_running=running, n_waitlist=waitlist)

    def with_equal_baselines(self) -> "TrialAssumptions":
        """Return the randomised superpopulation: both arms start from the mean of the arms' baselines.

        The arms count alike, so that other arm sizes mean more people of the same population. A record whose arms start
        equal is returned as it is.

        ASTEROID itself is conditional on its chance imbalance in current pain. Power, type I error, coverage and
        every comparison of methods are about trials that randomise anew, so they use this copy.

        Examples
        --------
        >>> from asteroid_repro import ASTEROID
        >>> round(ASTEROID.with_equal_baselines().current_pain.running_baseline, 2)
        35.45
        """
        changes = {}
        for name in OUTCOMES:
            outcome = self.outcome(name)
            mean = (outcome.running_baseline + outcome.waitlist_baseline) / 2
            if outcome.running_baseline != outcome.waitlist_baseline:
                changes[name] = {"running_baseline": mean, "waitlist_baseline": mean}
        return self.with_values(**changes) if changes else self

    def to_toml(self) -> str:
        """Return the record as TOML, each field under a comment that says where ASTEROID's value comes from."""
        lines: list[str] = []
        tables: list[str] = []
        for field, info in type(self).model_fields.items():
            value = getattr(self, field)
            if isinstance(value, OutcomeAssumptions):
                tables += ["", f"# {info.description}", f"[{field}]", *_toml_lines(value)]
            else:
                lines += _toml_field(field, value, info.description)
        return "\n".join([*lines, *tables]) + "\n"


def validated(data: Mapping[str, Any]) -> TrialAssumptions:
    """Build the record, turning what is wrong with it into one line.

    Raises
    ------
    InputError
        Field, requirement and value of the first problem.
    """
    try:
        return TrialAssumptions.model_validate(data)
    except ValidationError as error:
        raise InputError(first_problem(error)) from None


def read_toml(path: Path, base: TrialAssumptions) -> TrialAssumptions:
    """Read a scenario file: the fields it names replace those of ``base``.

    Raises
    ------
    InputError
        No such file, not TOML, an unknown field or an impossible value; the message begins with the file's name.
    """
    try:
        with path.open("rb") as file:
            data = tomllib.load(file)
        return base.with_values(**({"name": path.stem} | data))
    except OSError as error:
        raise InputError(f"{path}: must be a readable scenario file, got: {error.strerror}. Check the path.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: must be TOML, got: {error}. Correct that line.") from None
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _merged(old: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(old)
    for key, value in changes.items():
        nested = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = _merged(merged[key], value) if nested else value
    return merged


def _effect_at(
    old: tuple[float, ...], value: float, week: int | None, visits: tuple[int, ...], name: str
) -> tuple[float, ...]:
    if week is not None:
        if week not in visits[1:]:
            raise InputError(f"week must be one of {', '.join(map(str, visits[1:]))}, got {week}. Choose a visit.")
        return tuple(value if visit == week else effect for visit, effect in zip(visits[1:], old, strict=True))
    if value == 0:
        return (0.0,) * len(old)
    if old[-1] == 0:
        raise InputError(
            f"{name}: an effect of 0 at week {visits[-1]} has no ratio to keep for the earlier visits, "
            f"got {value}. Give each visit with week=."
        )
    return tuple(value * effect / old[-1] for effect in old)


def _toml_lines(record: BaseModel) -> list[str]:
    lines = []
    for field, info in type(record).model_fields.items():
        lines += _toml_field(field, getattr(record, field), info.description)
    return lines


def _toml_field(field: str, value: object, description: str | None) -> list[str]:
    # JSON strings, numbers and arrays are TOML as they stand.
    return [f"# {description}", f"{field} = {json.dumps(value, ensure_ascii=False)}"]

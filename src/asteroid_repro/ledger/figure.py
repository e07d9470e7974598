"""The figure of a trial that a claim is about, as data: so any study's print can be held against its simulation."""

from collections.abc import Mapping
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, model_validator

Statistic = Literal["mean", "sd", "minimum", "maximum", "estimate", "se", "df", "ci_low", "ci_high", "p_value"]

_SPREAD: Final = ("mean", "sd", "minimum", "maximum")
_LINE: Final = ("estimate", "ci_low", "ci_high", "p_value", "se", "df")

FIGURES: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]] = {
    "people": ((), ("arm",), ()),
    "visit": (("visit",), (), ()),
    "eligible": (("characteristic", "statistic"), (), ("minimum", "maximum")),
    "characteristic": (("characteristic", "statistic"), ("arm",), _SPREAD),
    "share": (("characteristic", "category"), ("arm",), ()),
    "lost": ((), ("arm",), ()),
    "effect": (("outcome", "week", "statistic"), ("level",), _LINE),
    "score": (("outcome", "week", "arm", "statistic"), (), _SPREAD),
    "adherence": (("statistic",), (), _SPREAD),
    "distance": (("statistic",), ("week",), _SPREAD),
    "running_hours": ((), (), ()),
    "sessions_per_week": ((), (), ()),
    "session_minutes": ((), (), ()),
    "programme_weeks": ((), (), ()),
    "adverse_events": ((), ("kind", "arm", "serious"), ()),
}
"""By figure: what it needs, what it may have, and the statistics it comes as.

People randomised; the week of a visit; the limits of eligibility, and the sample, of a characteristic; the share of a
category (per cent); people who missed a visit; the effect (treatment minus reference) and the scores of an outcome at a
visit; attendance (per cent of the sessions); running distance of a person in a week of the programme, or in all (km);
hours run by all; what the programme prescribes; adverse events. ``minimum`` and ``maximum`` are those among the people
of one trial, for ``eligible`` those that may enter it.
"""

PERCENT: Final = ("share", "adherence")


class Figure(BaseModel):
    """One figure of a trial. Frozen and hashable, so that it can be a key.

    Examples
    --------
    >>> print(Figure(figure="effect", outcome="sleep", week=4, statistic="ci_low"))
    effect, outcome sleep, week 4, statistic ci_low
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    figure: str = Field(description="Which, one of FIGURES.")
    outcome: str | None = Field(default=None, min_length=1, description="Name of the outcome.")
    week: StrictFloat | None = Field(default=None, ge=0, description="Week of the visit, or of the programme.")
    arm: Literal["treatment", "reference"] | None = Field(default=None, description="One arm; both where not given.")
    visit: StrictInt | None = Field(default=None, description="Number of a visit: 0 the baseline, -1 the last.")
    characteristic: str | None = Field(default=None, min_length=1, description="Column of the participants' table.")
    category: str | None = Field(default=None, min_length=1, description="One of its values.")
    kind: str | None = Field(default=None, min_length=1, description="Kind of adverse event; all where not given.")
    serious: StrictBool | None = Field(default=None, description="Serious or other events; all where not given.")
    statistic: Statistic | None = Field(default=None, description="Over the people of a trial, or of a printed line.")
    level: float = Field(default=0.95, gt=0, lt=1, description="Confidence level of a limit.")

    @model_validator(mode="after")
    def _selects_what_it_can(self) -> Self:
        if self.figure not in FIGURES:
            raise ValueError(f"figure must be one of {', '.join(FIGURES)}, got {self.figure!r}. Choose one.")
        needed, possible, statistics = FIGURES[self.figure]
        given, start = self._given(), f"figure {self.figure}:"
        for field in needed:
            if field not in given:
                raise ValueError(f"{start} {field} must be given, got none. Add it.")
        for field in given:
            if field not in (*needed, *possible):
                raise ValueError(f"{start} {field} must be left out, got {given[field]!r}. Remove it.")
        if self.statistic and self.statistic not in statistics:
            listed = ", ".join(statistics)
            raise ValueError(f"{start} statistic must be one of {listed}, got {self.statistic}. Change it.")
        if self.figure == "effect" and self.week == 0:
            raise ValueError(f"{start} week must be above 0, got 0. Give the week of a later visit.")
        return self

    def _given(self) -> dict[str, Any]:
        return self.model_dump(exclude={"figure"}, exclude_defaults=True)

    def with_statistic(self, statistic: Statistic) -> "Figure":
        """Return another statistic of the same."""
        return self.model_copy(update={"statistic": statistic})

    def __str__(self) -> str:
        """Return it in a line of text."""
        chosen = (f"{name} {value:g}" if name == "week" else f"{name} {value}" for name, value in self._given().items())
        return ", ".join([self.figure.replace("_", " "), *chosen])

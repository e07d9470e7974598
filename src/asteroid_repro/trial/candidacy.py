"""Who may take part: the criteria of candidacy and the registered exclusions, each with how many are supposed to fail.

The criteria are published; how many people were screened, and how many failed what, is not. So every probability here
is an assumption, and so is every count that follows from one.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from asteroid_repro.errors import InputError, first_problem

if TYPE_CHECKING:
    import pandas as pd

REASONS: Final[Mapping[str, str]] = {
    "wants_to_run": "does not want to run",
    "age": "outside the eligible ages",
    "pain_duration": "pain not yet chronic",
    "recent_running": "ran in the last months",
    "smartphone": "no smartphone",
    "elite_athlete": "elite athlete",
    "pregnancy": "pregnant",
    "lower_limb_injury": "recent lower-limb injury",
    "spinal_surgery_or_trauma": "spinal surgery or trauma",
    "spondyloarthropathy": "inflammatory spinal disease",
    "cauda_equina": "cauda equina symptoms",
    "radiculopathy": "symptomatic radiculopathy",
    "mri_or_exercise": "MRI or exercise ruled out",
    "contraindication": "other reason not to run",
    "test_run": "test run not completed",
}
"""Criteria in the order in which they are checked, and what is written down of somebody who fails one. Questions come
first, then history and examination; the test run is last, since nobody with a contraindication should run it."""


def _failing(value: float) -> float:
    if not 0 <= value < 1:
        raise ValueError("must be in [0, 1), or nobody is eligible")
    return value


def _pool(value: int | None) -> int | None:
    if value is not None and value < 1:
        raise ValueError("must be 1 or more people, or None for as many as it takes")
    return value


Failing = Annotated[float, AfterValidator(_failing)]


class Candidacy(BaseModel):
    r"""How likely a person from the pool is to fail each criterion, given that all earlier ones were met.

    With probabilities :math:`p_1, \ldots, p_K` in the order of :data:`REASONS`, a person is eligible with probability
    :math:`\prod_k (1 - p_k)` and excluded for reason k with :math:`p_k \prod_{j < k} (1 - p_j)`. Since each
    probability is conditional on the earlier criteria, nothing is supposed about how the criteria depend on each other.

    Examples
    --------
    >>> round(Candidacy().eligible_share, 3)
    0.328
    >>> Candidacy().with_values(wants_to_run=0.5).wants_to_run
    0.5
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    pool_size: Annotated[int | None, AfterValidator(_pool)] = Field(
        default=None,
        description="People who can be assessed at most. Assumption: None, recruiting goes on until enough are "
        "eligible, since the published number was reached (claim design.randomised).",
    )
    wants_to_run: Failing = Field(
        default=0.10,
        description="Does not want to run. Claim programme.candidacy.wants_to_run. Assumption: few, since most who "
        "answer a call for a running trial want to run.",
    )
    age: Failing = Field(
        default=0.25,
        description="Younger or older than eligible. Claims design.age.minimum, design.age.maximum. Assumption: many, "
        "since chronic back pain is as frequent beyond these ages.",
    )
    pain_duration: Failing = Field(
        default=0.10,
        description="Pain too short to be chronic. Claim design.pain_duration.months. Assumption: few, since the call "
        "is for chronic pain.",
    )
    recent_running: Failing = Field(
        default=0.20,
        description="Has been running of late. Claims design.excluded.recent_running.months, "
        "design.excluded.recent_running.frequency. Assumption: many, since runners are keen on a running trial.",
    )
    smartphone: Failing = Field(
        default=0.02,
        description="Has no smartphone. Claim design.excluded.no_smartphone. Assumption: very few at these ages.",
    )
    elite_athlete: Failing = Field(
        default=0.01,
        description="Elite athlete. Claim design.excluded.elite_athletes. Assumption: very few, elite runners having "
        "been excluded as recent runners.",
    )
    pregnancy: Failing = Field(
        default=0.02,
        description="Pregnant. Claim design.excluded.pregnancy. Assumption: half are women, and few who are pregnant "
        "would answer the call.",
    )
    lower_limb_injury: Failing = Field(
        default=0.05,
        description="Lower-limb injury of late. Claim design.excluded.lower_limb_injury.weeks. Assumption: few, since "
        "the window is short and runners are excluded already.",
    )
    spinal_surgery_or_trauma: Failing = Field(
        default=0.06,
        description="Spinal surgery or trauma. Claim design.excluded.spinal_surgery_or_trauma. Assumption: few, since "
        "most chronic pain is non-specific and never operated on.",
    )
    spondyloarthropathy: Failing = Field(
        default=0.02,
        description="Inflammatory disease of the spine. Claim design.excluded.spondyloarthropathy. Assumption: a small "
        "share of chronic back pain in the young.",
    )
    cauda_equina: Failing = Field(
        default=0.002,
        description="Cauda equina symptoms. Claim design.excluded.cauda_equina. Assumption: rare, an emergency that "
        "is seen in hospital.",
    )
    radiculopathy: Failing = Field(
        default=0.10,
        description="Radiculopathy with symptoms. Claim design.excluded.radiculopathy. Assumption: as many as one in "
        "ten, since leg symptoms are frequent with back pain.",
    )
    mri_or_exercise: Failing = Field(
        default=0.04,
        description="Contraindication to MRI or exercise. Claim design.excluded.contraindication. Assumption: few, "
        "for implants, claustrophobia or heart disease at these ages.",
    )
    contraindication: Failing = Field(
        default=0.01,
        description="Another contraindication to running. Claim programme.candidacy.contraindication. Assumption: very "
        "few, since the named ones have been excluded before.",
    )
    test_run: Failing = Field(
        default=0.05,
        description="Does not complete the test run with minimal discomfort. Claim programme.candidacy.test_run. "
        "Assumption: few, since the run is short and the pain mild to moderate.",
    )

    @property
    def probabilities(self) -> np.ndarray:
        """Probability of failing each criterion, shape (criteria,), in the order of :data:`REASONS`."""
        return np.array([getattr(self, criterion) for criterion in REASONS])

    @property
    def exclusion_shares(self) -> np.ndarray:
        """Share of the people assessed who are excluded for each reason, shape (criteria,), in the same order."""
        met_before = np.concatenate([[1.0], np.cumprod(1 - self.probabilities)[:-1]])
        shares: np.ndarray = self.probabilities * met_before
        return shares

    @property
    def eligible_share(self) -> float:
        """Share of the people assessed who meet every criterion."""
        return float(np.prod(1 - self.probabilities))

    def with_values(self, **changes: Any) -> "Candidacy":
        """Return a copy with other values.

        Raises
        ------
        InputError
            An unknown field or an impossible value: one line with field, requirement and value.

        Examples
        --------
        >>> Candidacy().with_values(pool_size=100).pool_size
        100
        """
        try:
            return Candidacy.model_validate(self.model_dump() | changes)
        except ValidationError as error:
            raise InputError(first_problem(error)) from None

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per criterion in the order of checking.

        Columns: criterion, reason, probability (of failing, given that the earlier ones were met), excluded_share (of
        the people assessed) and basis (claim and reason of the assumption).

        Examples
        --------
        >>> CANDIDACY.to_frame()["criterion"].tolist()[-1]
        'test_run'
        """
        import pandas as pd

        return pd.DataFrame(
            {
                "criterion": list(REASONS),
                "reason": list(REASONS.values()),
                "probability": self.probabilities,
                "excluded_share": self.exclusion_shares,
                "basis": [Candidacy.model_fields[criterion].description for criterion in REASONS],
            }
        )

    def _repr_html_(self) -> str:
        return "<p><strong>ASSUMED: no screening count is published</strong></p>" + self.to_frame().to_html(index=False)


CANDIDACY: Final = Candidacy()
"""What is supposed of those who answered the call: about one in three is eligible."""

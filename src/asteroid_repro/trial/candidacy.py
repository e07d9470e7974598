"""Who may take part: the criteria of candidacy, each with how many are supposed to fail it.

Criteria are published; how many people were screened, and how many failed what, mostly is not. So every probability
here is an assumption, and so is every count that follows from one.
"""

from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import BaseModel, BeforeValidator, Field

from asteroid_repro.errors import InputError, did_you_mean, validated
from asteroid_repro.trial.design import FROZEN, Named, by_name
from asteroid_repro.trial.quantities import Count, ShareBelowOne

if TYPE_CHECKING:
    import pandas as pd


class Criterion(Named):
    """One criterion of eligibility."""

    reason: str = Field(min_length=1, description="What is written down of somebody who fails it.")
    probability: ShareBelowOne = Field(description="Probability of failing it, given that the earlier ones are met.")
    because: str = Field(min_length=1, description="Claims behind it, and the reason of the assumption.")


class Candidacy(BaseModel):
    r"""How likely a person from the pool is to fail each criterion, given that all earlier ones were met.

    With probabilities :math:`p_1, \ldots, p_K` in the order of checking, a person is eligible with probability
    :math:`\prod_k (1 - p_k)` and excluded for reason k with :math:`p_k \prod_{j < k} (1 - p_j)`. Since each
    probability is conditional on the earlier criteria, nothing is supposed about how the criteria depend on each other.

    Examples
    --------
    >>> from asteroid_repro import CANDIDACY
    >>> round(CANDIDACY.eligible_share, 3)
    0.328
    >>> CANDIDACY.with_values(wants_to_run=0.5).probabilities[0]
    np.float64(0.5)
    """

    model_config = FROZEN

    criteria: Annotated[tuple[Criterion, ...], BeforeValidator(by_name)] = Field(
        min_length=1, description="Criteria in the order in which they are checked."
    )
    pool_size: Count | None = Field(None, description="People who can be assessed at most; None: as many as it takes.")
    note: str = Field("", description="Whom a screened trial speaks for.")

    @property
    def probabilities(self) -> np.ndarray:
        """Probability of failing each criterion, shape (criteria,)."""
        return np.array([criterion.probability for criterion in self.criteria])

    @property
    def exclusion_shares(self) -> np.ndarray:
        """Share of the people assessed who are excluded for each reason, shape (criteria,)."""
        met_before = np.concatenate([[1.0], np.cumprod(1 - self.probabilities)[:-1]])
        shares: np.ndarray = self.probabilities * met_before
        return shares

    @property
    def eligible_share(self) -> float:
        """Share of the people assessed who meet every criterion."""
        return float(np.prod(1 - self.probabilities))

    def with_values(self, **changes: Any) -> "Candidacy":
        """Return a copy with other probabilities of failing, by the name of the criterion, or another ``pool_size``.

        Raises
        ------
        InputError
            An unknown criterion or an impossible value: one line with field, requirement and value.

        Examples
        --------
        >>> from asteroid_repro import CANDIDACY
        >>> CANDIDACY.with_values(pool_size=100).pool_size
        100
        """
        record = self.model_dump(exclude={"criteria"})
        criteria = {criterion.name: criterion.model_dump(exclude={"name"}) for criterion in self.criteria}
        for name, value in changes.items():
            if name in criteria:
                criteria[name]["probability"] = value
            elif name == "pool_size":
                record["pool_size"] = value
            else:
                raise InputError(f"{name} must be a criterion, got none of that name.{did_you_mean(name, criteria)}")
        return validated(Candidacy, record | {"criteria": criteria})

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per criterion in the order of checking.

        Columns: criterion, reason, probability (of failing, given that the earlier ones were met), excluded_share (of
        the people assessed) and basis (claim and reason of the assumption).

        Examples
        --------
        >>> from asteroid_repro import CANDIDACY
        >>> CANDIDACY.to_frame()["criterion"].tolist()[-1]
        'test_run'
        """
        import pandas as pd

        table = pd.DataFrame([criterion.model_dump() for criterion in self.criteria])
        table.insert(3, "excluded_share", self.exclusion_shares)
        return table.rename(columns={"name": "criterion", "because": "basis"})

    def _repr_html_(self) -> str:
        return "<p><strong>ASSUMED: no screening count is published</strong></p>" + self.to_frame().to_html(index=False)

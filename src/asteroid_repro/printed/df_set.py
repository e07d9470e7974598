"""A set of reference distributions: z, and t with every real df in one interval."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from asteroid_repro.errors import InputError


@dataclass(frozen=True)
class DfSet:
    """The reference distributions under which something is possible; z is df = inf.

    Attributes
    ----------
    u_low, u_high : float
        Ends of the closed interval of 1/df, in [0, 1]; both nan where nothing is possible.

    Examples
    --------
    >>> DfSet(0.0, 1 / 50.01).df_min, DfSet(1 / 12.7, 1 / 12.3).df_min, DfSet(1 / 12.7, 1 / 12.3).df_max
    (51.0, 12.3, 12.7)
    """

    u_low: float
    u_high: float

    @property
    def empty(self) -> bool:
        """Whether not even z is possible."""
        return math.isnan(self.u_low)

    @property
    def z(self) -> bool:
        """Whether the standard normal distribution is in the set."""
        return self.u_low == 0

    @property
    def low(self) -> float | None:
        """The smallest real df, not rounded; None where no t distribution is in the set."""
        return 1 / self.u_high if self.u_high > 0 else None

    @property
    def high(self) -> float | None:
        """The largest real df, not rounded; None where unbounded or where no t distribution is in the set."""
        return 1 / self.u_low if self.u_low > 0 else None

    @property
    def df_min(self) -> float | None:
        """:attr:`low`, rounded inward to a whole number, or finer where no whole number fits."""
        return None if self.low is None else _ceil(self.low, self._decimals())

    @property
    def df_max(self) -> float | None:
        """:attr:`high`, rounded inward like :attr:`df_min`."""
        return None if self.high is None else _floor(self.high, self._decimals())

    def allows(self, df: float) -> bool:
        """Return whether t with `df` degrees of freedom is in the set; ``math.inf`` asks for z.

        Parameters
        ----------
        df : float
            Degrees of freedom, 1 or more; need not be whole.

        Returns
        -------
        bool
            False for every df of an empty set.

        Raises
        ------
        InputError
            df below 1.

        Examples
        --------
        >>> pain = DfSet(0.0, 1 / 50.01)
        >>> pain.allows(51), pain.allows(38), pain.allows(math.inf)
        (True, False, True)
        """
        if not df >= 1:
            raise InputError(f"df must be at least 1, got {df:g}. Use math.inf for z.")
        return bool(self.u_low <= 1 / df <= self.u_high)

    def to_dict(self) -> dict[str, object]:
        """Return the set as plain values, ready for JSON: consistent (not empty), z, df_min and df_max.

        Examples
        --------
        >>> DfSet(1 / 12.7, 1 / 12.3).to_dict()
        {'consistent': True, 'z': False, 'df_min': 12.3, 'df_max': 12.7}
        """
        return {"consistent": not self.empty, "z": self.z, "df_min": self.df_min, "df_max": self.df_max}

    def _decimals(self) -> int:
        """Return the decimals of `df_min` and `df_max`: 0, or as few as leave a value between them (6 at most)."""
        if self.low is None or self.high is None:
            return 0
        low, high = self.low, self.high
        return next((d for d in range(6) if _ceil(low, d) <= _floor(high, d)), 6)


def intersect(sets: Sequence[DfSet]) -> DfSet:
    """Return the distributions that are in every set.

    Parameters
    ----------
    sets : sequence of DfSet
        One or more sets.

    Returns
    -------
    DfSet
        Empty (nan) where no distribution is in all.

    Examples
    --------
    >>> intersect([DfSet(0.0, 1 / 47), DfSet(0.0, 1 / 51)]).df_min
    51.0
    """
    if any(one.empty for one in sets):
        return DfSet(math.nan, math.nan)
    low, high = max(one.u_low for one in sets), min(one.u_high for one in sets)
    return DfSet(low, high) if low <= high else DfSet(math.nan, math.nan)


def distributions(found: DfSet) -> str:
    """Name the reference distributions that could have printed a line, or all lines of a family.

    Examples
    --------
    >>> distributions(DfSet(0.0, 1 / 50.01)), distributions(DfSet(0.0, 0.0))
    ('t from 51 df up and z', 'z alone')
    """
    if found.df_min is None:
        return "z alone"
    most = " df up" if found.df_max is None else f" to {found.df_max:g} df"
    return f"t from {found.df_min:g}{most}{' and z' if found.z else ''}"


def _ceil(value: float, decimals: int) -> float:
    # the 1e-9 keeps a df known to be whole, such as 1, from being pushed up by its last bit
    return math.ceil(value * 10.0**decimals - 1e-9) / 10.0**decimals


def _floor(value: float, decimals: int) -> float:
    return math.floor(value * 10.0**decimals + 1e-9) / 10.0**decimals

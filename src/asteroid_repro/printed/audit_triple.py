"""Audit a printed result: whether one unrounded estimate and standard error could have printed all its numbers.

The reasoning is in :mod:`asteroid_repro.printed.feasible_df`; here a line goes in and a record comes out.
"""

import math
from dataclasses import asdict, dataclass

import pandas as pd

from asteroid_repro.printed.df_set import DfSet
from asteroid_repro.printed.feasible_df import bands, inverse_df, ratio_range
from asteroid_repro.printed.printed_triple import FIELDS, PrintedTriple
from asteroid_repro.printed.reading.printed_line import parse_line
from asteroid_repro.printed.repairs import Repair, find_repairs
from asteroid_repro.printed.standard_error import se_interval
from asteroid_repro.tables.result_table import ResultTable


@dataclass(frozen=True)
class TripleAudit(ResultTable):
    """What a printed line implies, and whether it contradicts itself.

    Attributes
    ----------
    triple : PrintedTriple
        The line, with its level.
    df : DfSet
        The exact set of the distributions that could have printed every number of the line: z, and t with real df
        from 1 up (ends not rounded).
    se_low, se_high : float or None
        The standard errors that could have, over all these distributions, in outcome points (log units for a ratio);
        None where none or unbounded.
    midpoint_asymmetry : float or None
        Midpoint of the limits minus the estimate, as printed (logarithms for a ratio); None where a part is missing.
    midpoint_explained : float or None
        The largest size of that difference which rounding alone can explain.
    repairs : tuple of Repair
        For an inconsistent line, every single printed number that could be wrong and what it would then be.
    """

    triple: PrintedTriple
    df: DfSet
    se_low: float | None
    se_high: float | None
    midpoint_asymmetry: float | None
    midpoint_explained: float | None
    repairs: tuple[Repair, ...]
    label = "Audit of a printed line"

    @property
    def consistent(self) -> bool:
        """Whether one unrounded estimate and standard error could have printed every number of the line."""
        return not self.df.empty

    def allows(self, df: float) -> bool:
        """Return whether t with `df` degrees of freedom (``math.inf`` for z) could have printed the line."""
        return self.df.allows(df)

    def to_dict(self) -> dict[str, object]:
        """Return the record as plain values, ready for JSON (None where none or unbounded)."""
        line = {"line": str(self.triple), "level": self.triple.level, "ratio": self.triple.ratio}
        implied = {name: value for name, value in asdict(self).items() if name not in ("triple", "df")}
        return line | self.df.to_dict() | implied

    def to_frame(self) -> pd.DataFrame:
        """Return one row: the record, with the repairs as text."""
        return pd.DataFrame([self.to_dict() | {"repairs": "; ".join(map(str, self.repairs))}])


def audit_triple(triple: PrintedTriple | str, *, level: float = 0.95, ratio: bool = False) -> TripleAudit:
    """Decide which reference distributions could have printed a line, jointly in estimate and standard error.

    Unknown are e and s > 0. The line is consistent if for z, or for t with some real df from 1 up, with critical value
    c at the line's level, some (e, s) has e, e - c s, e + c s and p = 2 Pr(T > abs(e)/s) all within the intervals that
    print as the given numbers. Exact: see :mod:`asteroid_repro.printed.feasible_df` for the proof.

    Parameters
    ----------
    triple : PrintedTriple or str
        The line, or its text.
    level : float
        Confidence level for a text that names none, in (0, 1).
    ratio : bool
        Whether a text holds ratios (odds, risk, rate, hazard), audited on the log scale.

    Returns
    -------
    TripleAudit
        Consistent or not, the feasible distributions and standard errors, and the repairs.

    Raises
    ------
    InputError
        The text is not a result line.

    Examples
    --------
    The published line on average pain fits z and t from 51 df up, not the 38 df of an MMRM.

    >>> pain = audit_triple("-15.30 (-25.33, -5.27), p=0.003")
    >>> pain.consistent, pain.df.z, pain.df.df_min, pain.allows(38)
    (True, True, 51.0, False)
    """
    line = parse_line(triple, level=level, ratio=ratio) if isinstance(triple, str) else triple
    one = bands(line)
    u = inverse_df(ratio_range(one), one["p"], line.level)
    df = DfSet(float(u.low[0]), float(u.high[0]))
    se = None if df.empty else se_interval(line, df.u_low, df.u_high)
    printed, explained = _midpoint_asymmetry(line)
    return TripleAudit(
        triple=line,
        df=df,
        se_low=None if se is None else se.low,
        se_high=None if se is None or math.isinf(se.high) else se.high,
        midpoint_asymmetry=printed,
        midpoint_explained=explained,
        repairs=find_repairs(line) if df.empty else (),
    )


def _midpoint_asymmetry(triple: PrintedTriple) -> tuple[float | None, float | None]:
    """Return the midpoint of the limits minus the estimate, (L + U)/2 - e, and how much of it rounding can explain.

    Unrounded it is 0. With half units h of the printed numbers, rounding explains h_e + (h_L + h_U)/2; for a ratio the
    numbers are logarithms, and the intervals those of the logarithms. None where a part is missing or a ratio is 0.
    """
    e, low, up = (triple.interval(field) for field in FIELDS[:3])
    if e is None or low is None or up is None:
        return None, None
    values = [float(getattr(triple, field)) for field in FIELDS[:3]]
    if triple.ratio and min(values) <= 0:
        return None, None
    estimate, lower, upper = map(math.log, values) if triple.ratio else values
    middle = (lower + upper) / 2
    above = (e.high - estimate) + (middle - (low.low + up.low) / 2)
    below = (estimate - e.low) + ((low.high + up.high) / 2 - middle)
    # Rounded so that 0.02 shows as 0.02: the first loses binary dust, the second the slack of the intervals.
    printed = round(middle - estimate, 12)
    return printed, round(above if printed >= 0 else below, 8)

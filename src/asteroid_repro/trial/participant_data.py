"""The four tables of one trial, simulated or real, with its design."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from asteroid_repro.tables.result_table import ResultTable
from asteroid_repro.tables.schema import TABLES
from asteroid_repro.trial.design import Design

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class Trial(ResultTable):
    """The four tables of one trial.

    Attributes
    ----------
    participants, outcomes, sessions, adverse_events : pandas.DataFrame
        Tables with the columns of :data:`asteroid_repro.tables.schema.TABLES`; arms, outcomes and kinds of event go by
        the names of the design.
    design : Design
        Arms, visits, outcomes.
    label : str
        What the data are: for simulated ones ``SIMULATED`` with scenario, seed and version. Shown on every figure and
        written into every file.
    totals : pandas.DataFrame or None
        What each person attended in all, where there is no table of sessions: ``SESSION_TOTALS`` of the same module.
    understood : tuple of str
        How a real trial's tables were read.
    absent : tuple of str
        Tables that a real trial came without: nothing can be counted in them, not even none.
    """

    participants: "pd.DataFrame"
    outcomes: "pd.DataFrame"
    sessions: "pd.DataFrame"
    adverse_events: "pd.DataFrame"
    design: Design
    label: str
    totals: "pd.DataFrame | None" = None
    understood: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()

    @property
    def has_exposure(self) -> bool:
        """Whether adverse events have a rate: kinds of them are studied and, with sessions, somebody ran."""
        sessions = self.sessions_or_totals
        ran = sessions is None or "run_minutes" not in sessions or sessions["run_minutes"].sum() > 0
        return bool(self.design.kinds and ran and "adverse_events" not in self.absent)

    @property
    def sessions_or_totals(self) -> "pd.DataFrame | None":
        """The table of sessions, else what each person attended in all; None where there is neither."""
        return self.sessions if len(self.sessions) else self.totals

    def tables(self) -> "dict[str, pd.DataFrame]":
        """Return the four tables by name."""
        return {name: getattr(self, name) for name in TABLES}

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per table: its name, its rows and its people."""
        import pandas as pd

        return pd.DataFrame(
            [
                {"table": name, "rows": len(table), "participants": table["participant"].nunique()}
                for name, table in self.tables().items()
            ]
        )

    def __repr__(self) -> str:
        """Return what the trial is; the tables are long."""
        return f"Trial({self.label!r})"

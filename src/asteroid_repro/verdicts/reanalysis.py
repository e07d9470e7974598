"""The printed effects of a study, re-analysed: adjusted for the chance imbalance at baseline where print allows it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.effects.methods import METHODS
from asteroid_repro.ledger.claim import Claim
from asteroid_repro.ledger.figure import Figure
from asteroid_repro.ledger.ledger import Ledger
from asteroid_repro.printed.adjusted import CORRELATIONS, AdjustedDifference, AdjustedFromPrint, adjusted_from_print
from asteroid_repro.study_folder import Study
from asteroid_repro.study_folder import study as read_study
from asteroid_repro.tables.result_table import ResultTable
from asteroid_repro.verdicts.audit_ledger import arm_sizes, printed_line
from asteroid_repro.verdicts.printed_target import consistent_line

if TYPE_CHECKING:
    import pandas as pd

MIDDLE: Final = 0.5
"""Correlation at which one number of a curve is named, beside the whole curve."""


@dataclass(frozen=True)
class Reanalysis(ResultTable):
    """What the printed effects of a study become when the baseline is adjusted for.

    Attributes
    ----------
    curves : dict of str to AdjustedFromPrint
        By outcome, over a grid of correlations, with the sourced ones among them.
    sourced : dict of str to float
        Correlations of two visits that the ledger has a source for (claims whose unit is ``correlation``), by claim id.
    cannot : tuple of str
        Why each other outcome cannot be re-analysed from print, a sentence each.
    label : str
        What it is.
    """

    curves: Mapping[str, AdjustedFromPrint]
    sourced: Mapping[str, float]
    cannot: tuple[str, ...]
    label: str

    def at(self, outcome: str, correlation: float) -> AdjustedDifference:
        """Return the adjusted difference at a correlation of the curve, under the first reading of the print.

        Raises
        ------
        InputError
            An outcome without a curve, or a correlation that the curve does not have.
        """
        if outcome not in self.curves:
            why = " ".join(self.cannot)
            raise InputError(f"outcome must be one of {', '.join(self.curves) or 'none'}, got {outcome!r}. {why}")
        rows = self.curves[outcome].rows
        found = next((row for row in rows if row.correlation == correlation), None)
        if found is None:
            raise InputError(f"correlation must be one of the curve, got {correlation:g}. Ask for it beforehand.")
        return found

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per outcome, reading of the print and correlation, unrounded."""
        import pandas as pd

        tables = [curve.to_frame().assign(outcome=name) for name, curve in self.curves.items()]
        return pd.concat(tables).set_index("outcome").reset_index() if tables else pd.DataFrame()

    def answer(self) -> str:
        """Say what each effect becomes, a sentence or two an outcome."""
        return " ".join(map(self._sentence, self.curves))

    def short_frame(self) -> "pd.DataFrame":
        """Return the sourced correlations and the middle one, for the first reading of each line."""
        import pandas as pd

        shown = {MIDDLE, *self.sourced.values()}
        frames = {name: curve.short_frame() for name, curve in self.curves.items()}
        tables = [own[own["correlation"].isin(shown)].assign(outcome=name) for name, own in frames.items()]
        return pd.concat(tables).set_index("outcome").reset_index() if tables else pd.DataFrame()

    def notes(self) -> tuple[str, ...]:
        """Return what cannot be said, and what is supposed."""
        return (*self.cannot, *dict.fromkeys(note for curve in self.curves.values() for note in curve.notes()))

    def _sentence(self, outcome: str) -> str:
        curve, one = self.curves[outcome], self.at(outcome, MIDDLE)
        between = sorted(self.sourced.values())
        own = [row for row in curve.rows if between and between[0] <= row.correlation <= between[-1]]
        ranging = ""
        if own:
            low, high = min(row.estimate for row in own), max(row.estimate for row in own)
            widest = min(row.ci_low for row in own), max(row.ci_high for row in own)
            ranging = (
                f" Over the correlations that have a source, {between[0]:g} to {between[-1]:g}, it is {low:.1f} to "
                f"{high:.1f}, and every {curve.line.level:.0%} interval lies within {widest[0]:.1f} to {widest[1]:.1f}."
            )
        return (
            f"{outcome}: printed {curve.line.estimate}; adjusted for an imbalance of {curve.imbalance:.1f} at "
            f"baseline, {one.estimate:.1f} ({one.ci_low:.1f} to {one.ci_high:.1f}) at correlation {MIDDLE:g}.{ranging}"
        )


def reanalyse(study: Study | None = None) -> Reanalysis:
    """Adjust every printed effect of a study for the chance imbalance at baseline, as far as print allows.

    That takes a printed line with limits of an unadjusted analysis, both baseline means, the people of both arms, and
    nobody lost. A line that contradicts itself is repaired as :func:`asteroid_repro.reconstruct` does, and says so.

    Parameters
    ----------
    study : Study, optional
        ASTEROID when not given.

    Returns
    -------
    Reanalysis
        A curve over the correlation for each outcome that has what it takes, and why the others have not.

    Examples
    --------
    >>> found = reanalyse()
    >>> list(found.curves), round(found.at("current_pain", 0.5).estimate, 1)
    (['current_pain'], -24.0)
    >>> print(found.cannot[0])
    average_pain: not re-analysed, since no baseline mean is printed for running and waitlist.
    """
    study = study or read_study()
    claims, curves, cannot = study.ledger, {}, []
    sourced = sourced_correlations(claims)
    grid = sorted({*CORRELATIONS, MIDDLE, *sourced.values()})
    for outcome in study.design.outcome_names:
        if not any(name == outcome for name, _ in claims.lines):
            continue
        why, baseline = _missing(study, outcome)
        if why:
            cannot.append(f"{outcome}: not re-analysed, since {why}.")
            continue
        line = consistent_line(printed_line(claims, outcome))
        people, visits = arm_sizes(claims) or (0, 0), len(study.design.visits)
        curve = adjusted_from_print(line, baseline=baseline, people=people, n_visits=visits, correlations=grid)
        curves[outcome] = replace(curve, label=f"{study.design.outcome(outcome).label}. {curve.label}")
    label = f"Print of {study.design.name} re-analysed, nothing simulated"
    return Reanalysis(curves, sourced, tuple(cannot), label)


def sourced_correlations(ledger: Ledger) -> dict[str, float]:
    """Return the correlations of two visits that a ledger has a source for, by claim id: those in that unit.

    Examples
    --------
    >>> from asteroid_repro import published
    >>> max(sourced_correlations(published()).values())
    0.75
    """
    return {claim.id: claim.value for claim in ledger.claims if claim.unit == "correlation" and claim.is_exact}


def _missing(study: Study, outcome: str) -> tuple[str, tuple[float, float]]:
    """Return what print lacks, empty if nothing, and the baseline means."""
    claims, design = study.ledger, study.design
    means = [_baseline(claims.about(_at_baseline(outcome, arm))) for arm in ("treatment", "reference")]
    absent = [name for name, mean in zip(design.arm_names, means, strict=True) if mean is None]
    lost = claims.about(Figure(figure="lost"))
    for why, is_so in (
        (f"no baseline mean is printed for {' and '.join(absent)}", absent),
        ("no people of the arms are printed", arm_sizes(claims) is None),
        ("it is not printed that nobody was lost", lost is None or lost.value != 0),
        ("its analysis is taken to be adjusted for the baseline already", METHODS[design.analysis.method].adjusted),
        ("its line prints no confidence limits", not _has_limits(study, outcome)),
    ):
        if is_so:
            return why, (0.0, 0.0)
    return "", (means[0] or 0.0, means[1] or 0.0)


def _at_baseline(outcome: str, arm: str) -> Figure:
    return Figure.model_validate({"figure": "score", "outcome": outcome, "week": 0, "arm": arm, "statistic": "mean"})


def _baseline(claim: Claim | None) -> float | None:
    return claim.value if claim and claim.is_exact else None


def _has_limits(study: Study, outcome: str) -> bool:
    return {"estimate", "ci_low", "ci_high"} <= set(study.ledger.line(outcome))

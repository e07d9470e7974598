"""The audit of a study's own printed numbers: what they imply, and where they contradict each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from asteroid_repro.estimate.effects.methods import METHODS
from asteroid_repro.ledger.claim import Claim
from asteroid_repro.ledger.figure import Figure
from asteroid_repro.ledger.ledger import Ledger
from asteroid_repro.printed.audit_triple import TripleAudit, audit_triple
from asteroid_repro.printed.df_set import distributions
from asteroid_repro.printed.families import FamilyAudit, families
from asteroid_repro.printed.granularity import GranularityCheck, grim, grim_difference
from asteroid_repro.printed.model_evidence import model_evidence
from asteroid_repro.printed.printed_triple import PrintedTriple
from asteroid_repro.study_folder import Study
from asteroid_repro.study_folder import study as read_study
from asteroid_repro.tables.result_table import ResultTable
from asteroid_repro.trial.design import Design
from asteroid_repro.verdicts.triangulation import triangulate

_WORDS: Final = {True: "consistent", False: "inconsistent"}


@dataclass(frozen=True)
class Audit(ResultTable):
    """What the printed numbers imply.

    Attributes
    ----------
    triples : dict of str to TripleAudit
        Each result line, named by its outcome and week.
    models : dict of str to pandas.DataFrame
        For each line, the analyses it is compatible with, a table as of
        :func:`asteroid_repro.printed.model_evidence.model_evidence`; none where the people of the arms are not printed.
    families : dict of str to FamilyAudit
        The lines that are taken to come from one model, by the name of their family.
    granularity : dict of str to GranularityCheck
        Each mean and net difference, by claim id.
    identities : pandas.DataFrame
        What numbers imply for each other, as :func:`asteroid_repro.verdicts.triangulation.triangulate` returns it.
    as_recorded : bool
        Whether every line is consistent exactly where the ledger says so.
    label : str
        What the table is.
    """

    triples: dict[str, TripleAudit]
    models: dict[str, pd.DataFrame]
    families: dict[str, FamilyAudit]
    granularity: dict[str, GranularityCheck]
    identities: pd.DataFrame
    as_recorded: bool
    label: str = "Audit of the printed numbers"

    def to_frame(self) -> pd.DataFrame:
        """Return one row per finding: topic, about, printed, result and finding, as text."""
        rows = [
            *(_line_row(name, line, self.models.get(name)) for name, line in self.triples.items()),
            *(_family_row(name, family) for name, family in self.families.items()),
            *(_granularity_row(claim, check) for claim, check in self.granularity.items()),
            *(_identity_row(implied) for implied in self.identities.itertuples()),
        ]
        return pd.DataFrame(rows, columns=["topic", "about", "printed", "result", "finding"])


def audit(study: Study | None = None, *, ledger: Ledger | None = None) -> Audit:
    """Audit the printed numbers of a study.

    Parameters
    ----------
    study : Study, optional
        ASTEROID when not given.
    ledger : Ledger, optional
        The study's when not given.

    Returns
    -------
    Audit
        Result lines, families of lines, granularity and identities.

    Examples
    --------
    >>> result = audit()
    >>> {name: line.consistent for name, line in result.triples.items()}
    {'average_pain.week12': True, 'current_pain.week12': True, 'disability.week12': False}
    """
    study = study or read_study()
    claims = ledger or study.ledger
    printed = {
        f"{outcome}.week{week:g}": parts for (outcome, week), parts in claims.lines.items() if is_auditable(parts)
    }
    triples = {name: audit_triple(_triple(parts)) for name, parts in printed.items()}
    groups = [parts["estimate"].family or "" if "estimate" in parts else "" for parts in printed.values()]
    recorded = [all(claim.status != "inconsistent" for claim in parts.values()) for parts in printed.values()]
    people, visits = arm_sizes(claims), len(study.design.visits)
    models = {name: model_evidence(line.triple, *people, n_visits=visits) for name, line in triples.items() if people}
    return Audit(
        triples=triples,
        models=models,
        families=families(list(triples.values()), groups),
        granularity=_granularity(claims, study.design, people) if people else {},
        identities=triangulate(claims),
        as_recorded=[line.consistent for line in triples.values()] == recorded,
    )


def is_auditable(parts: Mapping[str, Claim]) -> bool:
    """Whether a line prints two of estimate, limits and p value: one number alone contradicts nothing."""
    return ("estimate" in parts) + ({"ci_low", "ci_high"} <= set(parts)) + ("p_value" in parts) >= 2


def printed_line(ledger: Ledger, outcome: str, week: float | None = None) -> PrintedTriple:
    """Return a result line of the ledger as printed, the last one of the outcome where no week is given.

    Examples
    --------
    >>> from asteroid_repro import published
    >>> str(printed_line(published(), "disability", 12))
    '-5.20 (-10.12, -0.24), p=0.038'
    """
    return _triple(ledger.line(outcome, week))


def _triple(parts: Mapping[str, Claim]) -> PrintedTriple:
    text = {part: claim.as_effect.replace("\u2212", "-") for part, claim in parts.items()}
    low, high, level = None, None, 0.95
    if "ci_low" in text and "ci_high" in text:
        low, high, about = text["ci_low"], text["ci_high"], parts["ci_low"].about
        level = about.level if about else level
    return PrintedTriple(text.get("estimate"), low, high, text.get("p_value"), level)


def arm_sizes(ledger: Ledger) -> tuple[int, int] | None:
    """Return the people randomised to treatment and reference; None where they are not printed."""
    found = [ledger.about(Figure(figure="people", arm=arm)) for arm in ("treatment", "reference")]
    treatment, reference = (None if claim is None else claim.value for claim in found)
    return None if treatment is None or reference is None else (int(treatment), int(reference))


def _granularity(ledger: Ledger, design: Design, people: tuple[int, int]) -> dict[str, GranularityCheck]:
    """Check means and net differences of scores in steps.

    After the baseline only where nobody was lost: else the people behind a mean are not known. And a net difference has
    to be one: an estimate that is adjusted for the baseline is not.
    """
    lost = ledger.about(Figure(figure="lost"))
    complete = lost is not None and lost.value == 0
    is_net_difference = complete and not METHODS[design.analysis.method].adjusted
    checks = {}
    for outcome in design.outcomes:
        printed = [
            (claim, claim.about) for claim in ledger.claims if claim.about and claim.about.outcome == outcome.name
        ]
        for claim, figure in sorted(printed, key=lambda each: (each[1].figure, each[1].arm != "treatment")):
            if outcome.step is None or figure.statistic not in ("estimate", "mean"):
                continue
            if figure.figure == "effect" and is_net_difference:
                checks[claim.id] = grim_difference(claim.printed, *people, step=outcome.step)
            if figure.figure == "score" and (complete or figure.week == 0):
                checks[claim.id] = grim(claim.printed, people[figure.arm == "reference"], step=outcome.step)
    return checks


def _line_row(name: str, line: TripleAudit, models: pd.DataFrame | None) -> tuple[str, ...]:
    if line.consistent:
        result = distributions(line.df)
        if models is not None:
            fits = models["model"] + " " + models["distribution"]
            result += f"; compatible with {', '.join(fits[models['compatible']]) or 'none'}"
    else:
        repairs = ", ".join(map(str, line.repairs)) or "none"
        middle = "" if line.midpoint_asymmetry is None else f"midpoint off by {line.midpoint_asymmetry:g}; "
        result = f"{middle}single repairs: {repairs}"
    return "result line", name, str(line.triple), result, _WORDS[line.consistent]


def _family_row(name: str, family: FamilyAudit) -> tuple[str, ...]:
    lines = "; ".join(str(line.triple) for line in family.audits)
    result = f"together {distributions(family.df)}" if family.consistent else "none in common"
    return "family", name, lines, result, _WORDS[family.consistent]


def _granularity_row(claim: str, check: GranularityCheck) -> tuple[str, ...]:
    result = f"of all values so printed {100 * check.share_passing:.3g} % would pass"
    return "granularity", claim, check.printed, result, _WORDS[check.consistent]


def _identity_row(implied: Any) -> tuple[str, ...]:
    about = implied.name + (f" [{implied.claim}]" if implied.claim else "")
    limits = "" if pd.isna(implied.low) else f" ({implied.low:.4g} to {implied.high:.4g})"
    return "identity", about, implied.inputs, f"{implied.value:.4g}{limits} {implied.unit}", implied.finding

"""The audit of a study's own printed numbers: what they imply, and where they contradict each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asteroid_repro.estimate.effects.methods import METHODS
from asteroid_repro.ledger.claim import Claim
from asteroid_repro.ledger.figure import Figure
from asteroid_repro.ledger.ledger import Ledger
from asteroid_repro.printed.audit_triple import TripleAudit, audit_triple
from asteroid_repro.printed.families import FamilyAudit, audit_family
from asteroid_repro.printed.granularity import GranularityCheck, grim, grim_difference
from asteroid_repro.printed.model_evidence import ModelEvidence, model_evidence
from asteroid_repro.printed.printed_triple import PrintedTriple
from asteroid_repro.study_folder import Study
from asteroid_repro.study_folder import study as read_study
from asteroid_repro.tables.result_table import ResultTable
from asteroid_repro.trial.design import Design
from asteroid_repro.verdicts.triangulation import Implication, triangulate

if TYPE_CHECKING:
    import pandas as pd

_WORDS: Final = {True: "consistent", False: "inconsistent"}


@dataclass(frozen=True)
class Audit(ResultTable):
    """What the printed numbers imply.

    Attributes
    ----------
    triples : dict of str to TripleAudit
        Each result line, named by its outcome and week.
    models : dict of str to ModelEvidence
        For each line, the analyses it is compatible with; none where the people of the arms are not printed.
    families : dict of str to FamilyAudit
        The lines that are taken to come from one model, by the name of their family.
    granularity : dict of str to GranularityCheck
        Each mean and net difference, by claim id.
    identities : tuple of Implication
        What numbers imply for each other.
    as_recorded : bool
        Whether every line is consistent exactly where the ledger says so.
    label : str
        What the table is.
    """

    triples: dict[str, TripleAudit]
    models: dict[str, ModelEvidence]
    families: dict[str, FamilyAudit]
    granularity: dict[str, GranularityCheck]
    identities: tuple[Implication, ...]
    as_recorded: bool
    label: str = "Audit of the printed numbers"

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per finding: topic, about, printed, result and finding, as text."""
        import pandas as pd

        rows = [
            *(_line_row(name, line, self.models.get(name)) for name, line in self.triples.items()),
            *(_family_row(name, family) for name, family in self.families.items()),
            *(_granularity_row(claim, check) for claim, check in self.granularity.items()),
            *(_identity_row(implied) for implied in self.identities),
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
    claims, visits = ledger or study.ledger, len(study.design.visits)
    printed = {place: parts for place, parts in claims.lines.items() if _is_auditable(parts)}
    lines = {place: printed_line(claims, *place) for place in printed}
    named = {line_name(*place): line for place, line in lines.items()}
    triples, people = {name: audit_triple(line) for name, line in named.items()}, arm_sizes(claims)
    recorded = [all(claim.status != "inconsistent" for claim in parts.values()) for parts in printed.values()]
    return Audit(
        triples=triples,
        models={name: model_evidence(line, *people, n_visits=visits) for name, line in named.items()} if people else {},
        families=_families(claims, lines),
        granularity=_granularity(claims, study.design, people) if people else {},
        identities=triangulate(claims),
        as_recorded=[line.consistent for line in triples.values()] == recorded,
    )


def _is_auditable(parts: Mapping[str, Claim]) -> bool:
    """Whether a line prints two of estimate, limits and p value: one number alone contradicts nothing."""
    return ("estimate" in parts) + ({"ci_low", "ci_high"} <= set(parts)) + ("p_value" in parts) >= 2


def line_name(outcome: str, week: float) -> str:
    """Return the name of a result line.

    Examples
    --------
    >>> line_name("sleep", 4.0)
    'sleep.week4'
    """
    return f"{outcome}.week{week:g}"


def printed_line(ledger: Ledger, outcome: str, week: float | None = None) -> PrintedTriple:
    """Return a result line of the ledger as printed, the last one of the outcome where no week is given.

    Examples
    --------
    >>> from asteroid_repro import published
    >>> str(printed_line(published(), "disability", 12))
    '-5.20 (-10.12, -0.24), p=0.038'
    """
    parts = ledger.line(outcome, week)
    text = {part: claim.printed.replace("\u2212", "-") for part, claim in parts.items()}
    both = [parts[end] for end in ("ci_low", "ci_high") if {"ci_low", "ci_high"} <= set(parts)]
    level = both[0].about.level if both and both[0].about else 0.95
    low, high = (text["ci_low"], text["ci_high"]) if both else (None, None)
    return PrintedTriple(text.get("estimate"), low, high, text.get("p_value"), level)


def arm_sizes(ledger: Ledger) -> tuple[int, int] | None:
    """Return the people randomised to treatment and reference; None where they are not printed."""
    found = [ledger.about(Figure(figure="people", arm=arm)) for arm in ("treatment", "reference")]
    treatment, reference = (None if claim is None else claim.value for claim in found)
    return None if treatment is None or reference is None else (int(treatment), int(reference))


def _families(ledger: Ledger, lines: Mapping[tuple[str, float], PrintedTriple]) -> dict[str, FamilyAudit]:
    members: dict[str, list[PrintedTriple]] = {}
    for place, line in lines.items():
        estimate = ledger.lines[place].get("estimate")
        if estimate and estimate.family:
            members.setdefault(estimate.family, []).append(line)
    return {family: audit_family(own) for family, own in members.items()}


def _granularity(ledger: Ledger, design: Design, people: tuple[int, int]) -> dict[str, GranularityCheck]:
    """Check means and net differences of scores in steps.

    After the baseline only where nobody was lost: else the people behind a mean are not known. And a net difference has
    to be one: an estimate that is adjusted for the baseline is not.
    """
    lost = ledger.about(Figure(figure="lost"))
    complete = lost is not None and lost.value == 0
    is_net_difference = complete and not METHODS[design.analysis.method].adjusted
    checks = {}
    for claim, figure, step in _scores_in_steps(ledger, design):
        if figure.figure == "effect" and is_net_difference:
            checks[claim.id] = grim_difference(claim.printed, *people, step=step)
        elif figure.figure == "score" and (complete or figure.week == 0):
            checks[claim.id] = grim(claim.printed, people[figure.arm == "reference"], step=step)
    return checks


def _scores_in_steps(ledger: Ledger, design: Design) -> list[tuple[Claim, Figure, float]]:
    """Return printed net differences and arm means of scores in steps, in the order of the outcomes."""
    steps = {outcome.name: outcome.step for outcome in design.outcomes}
    order = list(steps)
    found = [
        (claim, claim.about, step)
        for claim in ledger.claims
        if claim.about and claim.about.statistic in ("estimate", "mean")
        if (step := steps.get(claim.about.outcome or "")) is not None
    ]
    return sorted(found, key=lambda row: (order.index(str(row[1].outcome)), row[1].figure, row[1].arm != "treatment"))


def _line_row(name: str, line: TripleAudit, models: ModelEvidence | None) -> tuple[str, ...]:
    if line.consistent:
        result = distributions(line)
        if models:
            fits = [f"{row.model} {row.distribution}" for row in models.rows if row.compatible]
            result += f"; compatible with {', '.join(fits) or 'none'}"
    else:
        repairs = ", ".join(f"{repair.field} {repair.value}" for repair in line.repairs) or "none"
        middle = "" if line.midpoint_asymmetry is None else f"midpoint off by {line.midpoint_asymmetry:g}; "
        result = f"{middle}single repairs: {repairs}"
    return "result line", name, str(line.triple), result, _WORDS[line.consistent]


def distributions(found: TripleAudit | FamilyAudit) -> str:
    """Name the reference distributions that could have printed a line, or all lines of a family."""
    if found.df_min is None:
        return "z alone"
    most = " df up" if found.df_max is None else f" to {found.df_max:g} df"
    return f"t from {found.df_min:g}{most}{' and z' if found.z else ''}"


def _family_row(name: str, family: FamilyAudit) -> tuple[str, ...]:
    lines = "; ".join(str(line.triple) for line in family.audits)
    result = f"together {distributions(family)}" if family.consistent else "none in common"
    return "family", name, lines, result, _WORDS[family.consistent]


def _granularity_row(claim: str, check: GranularityCheck) -> tuple[str, ...]:
    result = f"of all values so printed {100 * check.share_passing:.3g} % would pass"
    return "granularity", claim, check.printed, result, _WORDS[check.consistent]


def _identity_row(implied: Implication) -> tuple[str, ...]:
    identity, limits = implied.identity, implied.limits
    about = identity.name + (f" [{identity.claim}]" if identity.claim else "")
    shown = f" ({limits.low:.4g} to {limits.high:.4g})" if limits else ""
    return "identity", about, implied.inputs, f"{implied.value:.4g}{shown} {identity.unit}", implied.finding

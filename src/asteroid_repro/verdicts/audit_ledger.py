"""The audit of the trial's own printed numbers: what they imply, and where they contradict each other."""

from dataclasses import dataclass

import pandas as pd

from asteroid_repro.calibration import matched_to_paper
from asteroid_repro.ledger.ledger import Ledger, published
from asteroid_repro.printed.audit_triple import TripleAudit, audit_triple
from asteroid_repro.printed.families import FamilyAudit, audit_family
from asteroid_repro.printed.granularity import GranularityCheck, grim, grim_difference
from asteroid_repro.printed.model_evidence import ModelEvidence, model_evidence
from asteroid_repro.printed.printed_triple import PrintedTriple
from asteroid_repro.trial.quantities import OUTCOMES
from asteroid_repro.verdicts.triangulation import Identity, triangulate


@dataclass(frozen=True)
class Finding:
    """One line of the audit.

    Attributes
    ----------
    topic : str
        ``result line``, ``family``, ``granularity`` or ``identity``.
    about : str
        The claim or quantity.
    printed : str
        What was printed, or the inputs of an identity.
    result : str
        What follows.
    finding : str
        ``consistent``, ``inconsistent``, ``meets``, ``contradicts`` or ``implies``.
    """

    topic: str
    about: str
    printed: str
    result: str
    finding: str


@dataclass(frozen=True)
class Audit:
    """What the printed numbers imply.

    Attributes
    ----------
    triples : dict of str to TripleAudit
        Each result line by its group in the ledger.
    models : dict of str to ModelEvidence
        For each line, the analyses it is compatible with.
    pain : FamilyAudit
        The two pain lines as coming from one model.
    granularity : dict of str to GranularityCheck
        Each mean and net difference, by claim id.
    identities : tuple of Identity
        What numbers imply for each other.
    as_recorded : bool
        Whether every line is consistent exactly where the ledger says so.
    """

    triples: dict[str, TripleAudit]
    models: dict[str, ModelEvidence]
    pain: FamilyAudit
    granularity: dict[str, GranularityCheck]
    identities: tuple[Identity, ...]
    as_recorded: bool

    def findings(self) -> tuple[Finding, ...]:
        """Return the audit as lines of text."""
        return (
            *(_line_finding(name, audit, self.models[name]) for name, audit in self.triples.items()),
            _family_finding(self.pain),
            *(_granularity_finding(claim, check) for claim, check in self.granularity.items()),
            *(_identity_finding(identity) for identity in self.identities),
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per finding."""
        return pd.DataFrame([vars(finding) for finding in self.findings()])

    def _repr_html_(self) -> str:
        return self.to_frame().to_html(index=False)


def audit(ledger: Ledger | None = None) -> Audit:
    """Audit the printed numbers of the trial.

    Parameters
    ----------
    ledger : Ledger, optional
        The published ledger when not given.

    Returns
    -------
    Audit
        Result lines, granularity and identities.

    Examples
    --------
    >>> result = audit()
    >>> {name: line.consistent for name, line in result.triples.items()}
    {'average_pain.week12': True, 'current_pain.week12': True, 'disability.week12': False}
    """
    claims = ledger or published()
    lines = {f"{outcome}.week12": printed_line(claims, f"{outcome}.week12") for outcome in OUTCOMES}
    triples = {name: audit_triple(line) for name, line in lines.items()}
    running, waitlist = (int(claims.fitted(f"design.{arm}")) for arm in ("running", "waitlist"))
    return Audit(
        triples=triples,
        models={name: model_evidence(line, running, waitlist, n_visits=3) for name, line in lines.items()},
        pain=audit_family([lines["average_pain.week12"], lines["current_pain.week12"]]),
        granularity=_granularity(claims, running, waitlist),
        identities=triangulate(claims),
        as_recorded=all(result.consistent == _recorded_consistent(claims, name) for name, result in triples.items()),
    )


def printed_line(ledger: Ledger, group: str) -> PrintedTriple:
    """Return a result line of the ledger as printed.

    Examples
    --------
    >>> str(printed_line(published(), "disability.week12"))
    '-5.20 (-10.12, -0.24), p=0.038'
    """
    parts = {part: claim.printed for part, claim in ledger.group(group).items()}
    return PrintedTriple(parts.get("estimate"), parts.get("ci_low"), parts.get("ci_high"), parts.get("p_value"))


def _recorded_consistent(ledger: Ledger, group: str) -> bool:
    return all(claim.status != "inconsistent" for claim in ledger.group(group).values())


def _granularity(ledger: Ledger, running: int, waitlist: int) -> dict[str, GranularityCheck]:
    checks = {}
    for outcome in OUTCOMES:
        step = matched_to_paper().outcome(outcome).step
        claim = f"{outcome}.week12.estimate"
        checks[claim] = grim_difference(ledger[claim].printed, running, waitlist, step=step)
        for claim in (
            f"{outcome}.{arm}.{visit}" for arm in ("running", "waitlist") for visit in ("baseline", "week12")
        ):
            if any(known.id == claim for known in ledger.claims):
                people = running if ".running." in claim else waitlist
                checks[claim] = grim(ledger[claim].printed, people, step=step)
    return checks


def _line_finding(name: str, audit: TripleAudit, models: ModelEvidence) -> Finding:
    if audit.consistent:
        fits = [f"{row.model} {row.distribution}" for row in models.rows if row.compatible]
        result = (
            f"t from {audit.df_min:g} df up{' and z' if audit.z else ''}; compatible with {', '.join(fits) or 'none'}"
        )
    else:
        repairs = ", ".join(f"{repair.field} {repair.value}" for repair in audit.repairs) or "none"
        result = f"midpoint off by {audit.midpoint_asymmetry:g}; single repairs: {repairs}"
    return Finding("result line", name, str(audit.triple), result, "consistent" if audit.consistent else "inconsistent")


def _family_finding(pain: FamilyAudit) -> Finding:
    lines = "; ".join(str(audit.triple) for audit in pain.audits)
    result = (
        f"together t from {pain.df_min:g} df up{' and z' if pain.z else ''}" if pain.consistent else "none in common"
    )
    return Finding("family", "both pain outcomes", lines, result, "consistent" if pain.consistent else "inconsistent")


def _granularity_finding(claim: str, check: GranularityCheck) -> Finding:
    result = f"of all values so printed {100 * check.share_passing:.3g} % would pass"
    return Finding("granularity", claim, check.printed, result, "consistent" if check.consistent else "inconsistent")


def _identity_finding(identity: Identity) -> Finding:
    limits = "" if identity.low is None else f" ({identity.low:.4g} to {identity.high:.4g})"
    about = identity.name + (f" [{identity.claim}]" if identity.claim else "")
    return Finding(
        "identity", about, identity.inputs, f"{identity.result:.4g}{limits} {identity.unit}", identity.finding
    )

"""How printed results are said: with true minus signs, daggers and reasons."""

from collections.abc import Iterable, Mapping

from asteroid_repro.ledger.claim import Claim
from asteroid_repro.ledger.ledger import Ledger
from asteroid_repro.tables.rounding import p_equals, percent, with_minus

PrintedLine = Mapping[str, Claim]  # the claims of one printed result line, by what each prints


def as_printed(claim: Claim) -> str:
    """Return a printed number with a true minus sign, and a dagger if it contradicts others."""
    return with_minus(claim.as_effect) + ("\N{DAGGER}" if claim.status == "inconsistent" else "")


def published(ledger: Ledger | None, outcome: str, week: float) -> PrintedLine:
    """Return the printed line of an outcome at a week; empty where there is none."""
    return ledger.lines.get((outcome, week), {}) if ledger else {}


def printed_line(line: PrintedLine, level: float = 0.95) -> str:
    """Return a printed result line, as much of it as is printed; its level where that is not the given one.

    Examples
    --------
    >>> from asteroid_repro import published
    >>> printed_line(published().line("disability")).endswith("p = 0.038")
    True
    """
    text = {part: as_printed(claim) for part, claim in line.items()}
    limits = ""
    if {"ci_low", "ci_high"} <= set(text):
        about = line["ci_low"].about
        other = f"; {percent(about.level)} CI" if about and about.level != level else ""
        limits = f" ({text['ci_low']}, {text['ci_high']}{other})"
    p = p_equals(text["p_value"]) if "p_value" in text else ""
    return ", ".join(part for part in (f"{text.get('estimate', '')}{limits}".strip(), p) if part)


def contradictions(lines: Iterable[PrintedLine]) -> list[str]:
    """Return why each printed number contradicts others, those with a dagger."""
    wrong = [claim for line in lines for claim in line.values() if claim.status == "inconsistent"]
    return [f"{as_printed(claim)} as printed. {claim.reason}" for claim in wrong]

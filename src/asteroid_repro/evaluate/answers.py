"""Answers in a sentence: what trials would find, by which analysis."""

from asteroid_repro.estimate.effects.methods import Analysis, chosen_analysis
from asteroid_repro.tables.rounding import between, number
from asteroid_repro.trial.design import Design
from asteroid_repro.trial.design_words import in_sentence, moved


def share_said(share: float, low: float, high: float) -> str:
    """Return a share in per cent with its limits.

    Examples
    --------
    >>> share_said(0.3522, 0.3429, 0.3616)
    '35.2 % (34.3 to 36.2)'
    """
    return f"{number(100 * share, 1)} % ({between(100 * low, 100 * high, 1)})"


def finding_said(effect: float, outcome: str, week: float, design: Design) -> str:
    """Say what a significant trial finds where its sign is that of the true effect: a benefit, a harm or an error.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> finding_said(8, "average_pain", 12, ASTEROID.design)
    'average pain raised by running at week 12, a harm'
    >>> finding_said(0, "average_pain", 12, ASTEROID.design)
    'an effect on average pain at week 12 that is not there'
    """
    scale = design.outcome(outcome)
    if effect == 0:
        return f"an effect on {in_sentence(scale.label)} at week {week:g} that is not there"
    what = "benefit" if effect * scale.sign > 0 else "harm"
    return f"{moved(effect, outcome, design)} at week {week:g}, a {what}"


def analysis_said(analysis: Analysis, design: Design) -> str:
    """Say which analysis it is: the paper's, or by its name.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> analysis_said(Analysis("ancova", "t"), ASTEROID.design)
    'with ancova (t)'
    """
    if analysis == chosen_analysis(None, None, None, design.analysis):
        return "with the paper's analysis"
    by = "" if analysis.likelihood == "REML" else f", {analysis.likelihood}"
    return f"with {analysis.method} ({analysis.distribution}{by})"


def asked_said(outcome: str, week: float, analysis: Analysis, design: Design) -> str:
    """Say what a planned trial is asked about, and how.

    Examples
    --------
    >>> from asteroid_repro import ASTEROID
    >>> asked_said("average_pain", 12, Analysis("ancova", "t"), ASTEROID.design)
    'the effect on average pain at week 12, with ancova (t)'
    """
    what = f"the effect on {in_sentence(design.outcome(outcome).label)} at week {week:g}"
    return f"{what}, {analysis_said(analysis, design)}"

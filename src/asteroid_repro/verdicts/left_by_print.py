"""What a study's print leaves open of what has to be assumed: for each printed line, and as lines of assumptions."""

from typing import Final

from asteroid_repro.ledger.figure import Figure, Statistic
from asteroid_repro.ledger.ledger import Ledger
from asteroid_repro.printed.left_open.nuisance import Left, Nuisance, nuisance_from_print
from asteroid_repro.printed.left_open.printed_arms import Pair
from asteroid_repro.study_folder import Study
from asteroid_repro.verdicts.audit_ledger import arm_sizes, is_auditable, printed_line

_SAME_PRINT: Final = {
    "ancova": "ancova", "change_score": "change_score", "welch": "change_score", "mmrm": "change_score",
    "random_intercept": "random_intercept", "mmrm_compound_symmetry": "random_intercept",
}  # fmt: skip
"""On complete data: by method of estimation, the one of the stated list that prints the same."""
_MIDDLE: Final = "correlation 0.5"


def left_by_print(study: Study) -> dict[str, Nuisance]:
    """Return what each printed line of a study leaves open, by outcome and week.

    Parameters
    ----------
    study : Study
        Its claims are used, and the scales and the number of visits of its design; nothing that is assumed.

    Returns
    -------
    dict of str to Nuisance
        Empty where the people of the arms, or two numbers of a line, are not printed.

    Examples
    --------
    >>> from asteroid_repro import study
    >>> found = left_by_print(study("acupuncture_headache"))["headache.week52"].left("ancova t", "correlation")
    >>> round(found.low, 2), round(found.high, 2)
    (0.71, 0.74)
    """
    ledger, design, people = study.ledger, study.design, arm_sizes(study.ledger)
    if people is None or min(people) < 3:
        return {}
    found = {}
    for (outcome, week), parts in ledger.lines.items():
        if outcome not in design.outcome_names or not is_auditable(parts):
            continue
        scale = design.outcome(outcome)
        ends = None if scale.minimum is None or scale.maximum is None else (scale.minimum, scale.maximum)
        found[f"{outcome}.week{week:g}"] = nuisance_from_print(
            printed_line(ledger, outcome, week),
            people=people,
            means=_pair(ledger, outcome, week, "mean"),
            sds=_pair(ledger, outcome, week, "sd"),
            baseline_means=_pair(ledger, outcome, 0, "mean"),
            baseline_sds=_pair(ledger, outcome, 0, "sd"),
            better=scale.better or "",
            scale=ends,
            visits=len(design.visits),
        )
    return found


def _pair(ledger: Ledger, outcome: str, week: float, statistic: Statistic) -> Pair:
    figures = [
        Figure(figure="score", outcome=outcome, week=week, arm="treatment", statistic=statistic),
        Figure(figure="score", outcome=outcome, week=week, arm="reference", statistic=statistic),
    ]
    treatment, reference = (None if claim is None else claim.printed for claim in map(ledger.about, figures))
    return treatment, reference


def own_analysis(study: Study, left: Nuisance) -> str | None:
    """Return the analysis of the stated list that prints as the study's own does; None where there is none.

    With a distribution that the study does not name, the one that could have printed the line, t before z.
    """
    method = _SAME_PRINT.get(study.design.analysis.method)
    named = study.design.analysis.distribution
    fitting = [f"{method} {each}" for each in ("t", "z") if named is None or (named == "z") == (each == "z")]
    return next((each for each in fitting if each in left.possible), fitting[0]) if method else None


def assumed_from_print(study: Study) -> tuple[str, ...]:
    """Return what print leaves open as lines for ``assumptions.toml``: the middle of each set, with ``because``.

    Examples
    --------
    >>> from asteroid_repro import study
    >>> print(assumed_from_print(study("neck_pain"))[0].partition(", because")[0])
    pain.sd = { value = 2.029
    """
    lines = []
    for name, left in left_by_print(study).items():
        analysis = own_analysis(study, left)
        for row in left.rows:
            if row.analysis == analysis and analysis in left.possible:
                lines += _line(name.rpartition(".week")[0], row, left)
    return tuple(lines)


def _line(outcome: str, row: Left, left: Nuisance) -> list[str]:
    field = {"correlation": "visit_correlation", "sd": f"{outcome}.sd"}.get(row.quantity)
    if field is None or (row.given.startswith("correlation") and not row.given.startswith(_MIDDLE)):
        return []
    given = f", given {row.given}" if row.given else ""
    because = f"the middle of {row.low:.4g} to {row.high:.4g}, with which {row.analysis} prints {left.printed}{given}"
    return [f'{field} = {{ value = {(row.low + row.high) / 2:.4g}, because = "{because}" }}']

"""The numbers that the documentation may use, by name; no page types one.

A page writes ``{{ claim["adherence.mean"] }}`` and gets what is printed, as printed.
"""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import asteroid_repro as ar
from asteroid_repro.verdicts.foretelling import NOTICED

ROOT = Path(__file__).parents[1]


def named_numbers() -> dict[str, Any]:
    """Return the names that pages may use.

    Returns
    -------
    dict of str to Any
        ``claim`` (what is printed, by claim id), ``simulated``, ``uncertainty`` and ``verdict`` (of the last
        reproduction, by claim id), ``audit`` (what printed numbers imply, by subject), ``assumed`` (ASTEROID's fields),
        ``plan`` (its programme), ``fit`` (the programme's mechanism), ``count`` (how many there are of what) and
        ``run`` (seed, trials and summary of the last reproduction).
    """
    checked = _rows(ROOT / "data" / "verdicts.csv")
    return {
        "claim": {claim.id: claim.printed for claim in ar.published().claims},
        "simulated": {row["claim"]: row["reproduced"] for row in checked},
        "uncertainty": {row["claim"]: row["MCSE or interval"] for row in checked},
        "verdict": {row["claim"]: row["verdict"] for row in checked},
        "audit": {row.about.partition(" [")[0]: row.result for row in ar.audit().to_frame().itertuples()},
        "assumed": {name: rounded(value) for name, value in ar.ASTEROID.values().items()},
        "plan": _plan(),
        "imbalance": _imbalance(),
        "count": _counts(checked),
        "run": _run(),
    }


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def _plan() -> dict[str, str]:
    plan = ar.ASTEROID.sessions.programme
    table = plan.to_frame()
    first = [stage.run_seconds(stage.repeats[1]) / 60 for stage in plan.stages[: len(plan.start_stages)]]
    return {
        "stages": str(len(plan.stages)),
        "sessions": str(plan.n_sessions),
        "minutes_a_week": f"{plan.sessions_per_week * plan.session_minutes:g}",
        "most_minutes_in_a_starting_stage": f"{max(first):g}",
        "running_minutes_first_week": f"{table['running_minutes_a_week'].iloc[0]:g}",
        "running_minutes_last_week": f"{table['running_minutes_a_week'].iloc[-1]:g}",
    }


def _imbalance() -> dict[str, str]:
    r"""Return what the published imbalance of current pain at baseline does to an estimate, points.

    With :math:`d_0` the imbalance, :math:`b` the slope of the last score on the first and :math:`\theta` the effect,
    trials that randomise anew and happen to have that imbalance give :math:`\theta + (b - 1) d_0` on average where the
    analysis does not adjust for the baseline, :math:`\theta` where it does. Turned round: what was printed, adjusted.
    """
    pain = ar.ASTEROID.current_pain
    slope = ar.ASTEROID.visit_correlation[0][-1] * pain.sd[-1] / pain.sd[0]
    apart = pain.treatment_baseline - pain.reference_baseline
    return {
        "baseline": f"{apart:.1f}",
        "slope": f"{slope:.2g}",
        "unadjusted": f"{pain.effect[-1] + (slope - 1) * apart:.1f}",
        "adjusted_from_print": f"{pain.effect[-1] - (slope - 1) * apart:.1f}",
    }


def _counts(checked: list[dict[str, str]]) -> dict[str, str]:
    claims = ar.published().claims
    roles = Counter(claim.role for claim in claims)
    verdicts = Counter(row["verdict"] for row in checked)
    figures = len(list((ROOT / "figures").glob("*.png")))
    return {
        "claims": str(len(claims)),
        "checked": str(len(checked)),
        "sources": str(len(ar.published().sources)),
        "scenarios": str(len(ar.scenario_names())),
        "programmes": str(len(ar.programme_names())),
        "public_names": str(len(ar.__all__)),
        "figures": str(figures),
        "notebooks": str(len(list((ROOT / "notebooks").glob("*.ipynb")))),
        **{role: str(number) for role, number in roles.items()},
        **{name.replace(" ", "_"): str(number) for name, number in verdicts.items()},
    }


def _run() -> dict[str, str]:
    made = json.loads((ROOT / "data" / "verdicts.json").read_text(encoding="utf-8"))
    return {
        "seed": str(made["seed"]),
        "trials": f"{made['trials']:,}",
        "summary": made["summary"],
        "findings": made["findings"],
        "fit_note": made["fit_note"],
        "miss_note": made["miss_note"],
        "noticed": f"{NOTICED:.0%}".replace("%", " %"),
        "allowed_standard_errors": f"{made['allowed_standard_errors']:.2f}",
    }


def rounded(value: object) -> str:
    """Return a value as text, numbers with four significant digits.

    Examples
    --------
    >>> rounded((16.17632, 0.5)), rounded(True), rounded("asteroid")
    ('16.18, 0.5', 'True', 'asteroid')
    """
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        inner = [f"({rounded(item)})" if isinstance(item, list | tuple) else rounded(item) for item in value]
        return ", ".join(inner)
    return str(value)

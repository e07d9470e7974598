"""Whatever this package prints, its own audit finds compatible or knows by its kind: over simulated trials."""

from typing import Any

import pandas as pd
import pytest

import asteroid_repro as ar
from asteroid_repro.estimate.effects.methods import METHODS
from asteroid_repro.printed.grading.grade import PrintedVerdict

SEEDS = range(4)


@pytest.fixture(scope="module", params=SEEDS)
def trial(request: pytest.FixtureRequest) -> ar.Trial:
    return ar.simulate_trial(ar.ASTEROID, seed=request.param)


def judged(row: Any, *, estimate: str = "estimate", decimals: int = 2, **said: Any) -> PrintedVerdict:
    """Print a row of a result as its own table would, and audit it."""
    e, low, high = (f"{row[name]:.{decimals}f}" for name in (estimate, "ci_low", "ci_high"))
    p = row.get("p_value")
    printed_p = "" if p is None else ", p<0.001" if p < 0.0005 else f", p={p:.3f}"
    (verdict,) = ar.audit_text(f"{e} ({low}, {high}){printed_p}", line=True, **said).rows
    return verdict


def is_known(verdict: PrintedVerdict) -> bool:
    return not verdict.fails and bool(verdict.form)


@pytest.mark.parametrize("method", METHODS)
def test_effects_of_every_method_are_compatible_with_their_own_people(trial: ar.Trial, method: str) -> None:
    for row in ar.estimate_effects(trial, method=method).to_frame().to_dict("records"):
        verdict = judged(row, people="20+20", kind="wald", scale="difference")
        assert verdict.verdict == "compatible", (row, verdict.sentence)
        assert verdict.df.allows(row["df"]), (row, verdict.sentence)


@pytest.mark.parametrize("method", ["exact", "mid_p"])
def test_rates_are_known_by_their_counts(trial: ar.Trial, method: Any) -> None:
    for row in ar.event_rates(trial, method=method).to_frame().to_dict("records"):
        verdict = judged(row, estimate="rate_per_1000", counts=f"{row['events']}/{row['exposure']}", kind="exact")
        assert is_known(verdict), (row, verdict.sentence)


def test_clustered_rates_are_ratios(trial: ar.Trial) -> None:
    for row in ar.event_rates(trial, method="clustered").to_frame().dropna(subset=["ci_low"]).to_dict("records"):
        if row["ci_low"] > 0:
            assert judged(row, estimate="rate_per_1000", scale="ratio").verdict == "compatible", row


def test_responders_and_shares_are_known_by_their_counts(trial: ar.Trial) -> None:
    table = ar.responders(trial, outcome="average_pain", points=15).to_frame()
    counts = [
        round(share * 20) for share in table.set_index("measure")["estimate"][["share_treatment", "share_reference"]]
    ]
    for row in table.dropna(subset=["estimate", "ci_low", "ci_high"]).to_dict("records"):
        if pd.isna(row["estimate"]) or abs(row["ci_high"]) > 1e6:
            continue
        pairs = [f"{count}/20" for count in counts]
        said = {"share_treatment": pairs[0], "share_reference": pairs[1]}.get(row["measure"], " v ".join(pairs))
        verdict = judged(row, decimals=3, counts=said)
        assert is_known(verdict), (row, verdict.sentence)


def test_changes_and_standardised_effects_are_known(trial: ar.Trial) -> None:
    for row in ar.within_arm_changes(trial).to_frame().to_dict("records"):
        assert judged(row, estimate="change").verdict == "compatible", row
    for row in ar.standardised_effects(trial).to_frame().to_dict("records"):
        assert is_known(judged(row, estimate="d", kind="exact")), row

"""Reconstructed data sets print the published line, by our estimator and, independently, by statsmodels."""

import numpy as np
import pytest
import statsmodels.formula.api as smf

from asteroid_repro import InputError, estimate_effects, published
from asteroid_repro.printed.printed_triple import parse_line
from asteroid_repro.verdicts.printed_target import published_target, residual_windows
from asteroid_repro.verdicts.reconstruction import LABEL, Reconstruction, Reconstructions, reconstruct

LINES = {
    "average_pain": ("-15.30", "-25.33", "-5.27", "0.003"),
    "current_pain": ("-19.35", "-32.01", "-6.69", "0.003"),
    "disability": ("-5.20", "-10.12", "-0.28", "0.038"),
}


@pytest.fixture(scope="module", params=LINES)
def found(request: pytest.FixtureRequest) -> Reconstructions:
    return reconstruct(request.param, n=100, seed=5)


def _printed(estimate: float, low: float, high: float, p: float) -> tuple[str, str, str, str]:
    return f"{estimate:.2f}", f"{low:.2f}", f"{high:.2f}", f"{p:.3f}"


def test_all_print_the_line_by_our_estimator(found: Reconstructions) -> None:
    for one in found.data_sets:
        table = one.to_frame()
        found_again = estimate_effects(table, method="random_intercept", treatment="running", reference="waitlist")
        row = found_again.to_frame().query("week == 12").iloc[0]
        assert _printed(row["estimate"], row["ci_low"], row["ci_high"], row["p_value"]) == LINES[one.target.outcome]


def test_all_print_the_line_by_statsmodels(found: Reconstructions) -> None:
    for one in found.data_sets:
        table = one.to_frame().assign(running=lambda rows: (rows["arm"] == "running").astype(float))
        fit = smf.mixedlm("value ~ C(week) * running", table, groups="participant").fit(
            reml=True, method="bfgs", gtol=1e-7
        )
        term = "C(week)[T.12]:running"
        low, high = fit.conf_int().loc[term]
        assert _printed(fit.params[term], low, high, fit.pvalues[term]) == LINES[one.target.outcome]


def test_scores_are_whole_or_even_and_on_the_scale(found: Reconstructions) -> None:
    for one in found.data_sets:
        values = one.to_frame()["value"].to_numpy()
        assert (values % one.target.step == 0).all()
        assert values.min() >= 0
        assert values.max() <= 100


def test_data_sets_differ(found: Reconstructions) -> None:
    assert len({one.to_frame()["value"].to_numpy().tobytes() for one in found.data_sets}) == 100


def test_printed_arm_means_are_met() -> None:
    for one in reconstruct("current_pain", n=20, seed=6).data_sets:
        running, waitlist = one.scores.running.mean(axis=1), one.scores.waitlist.mean(axis=1)
        assert [f"{mean:.1f}" for mean in (running[0], waitlist[0], waitlist[2])] == ["30.8", "40.1", "42.9"]
        assert f"{running[2]:.2f}" == "14.25"
    for one in reconstruct("disability", n=20, seed=6).data_sets:
        assert [f"{mean:.1f}" for mean in one.scores.running.mean(axis=1)[[0, 2]]] == ["20.8", "13.9"]


def test_residual_variance_is_pinned_down_and_the_change_is_not(found: Reconstructions) -> None:
    table = found.to_frame()
    residual, change = table["within_person_residual_sd"], table["change_sd"]
    assert residual.max() / residual.min() < 1.01
    assert change.max() / change.min() > 1.5


def test_no_data_set_prints_the_published_disability_limit() -> None:
    """Shown over every net difference that prints -5.20: the two limits ask for standard errors that do not meet."""
    line = parse_line("-5.20 (-10.12, -0.24), p=0.038")
    with pytest.raises(InputError, match=r"lower limit needs 2\.50.* upper limit needs 2\.52"):
        residual_windows(published_target("disability", published(), line))
    with pytest.raises(InputError, match="Audit it for repairs"):
        reconstruct("disability", n=1, seed=1, line=line)


def test_the_proof_agrees_with_brute_force() -> None:
    """Independent of the interval argument: no standard error of a fine grid prints both limits."""
    grid = np.linspace(2.4, 2.65, 200_001)
    low, high = -5.20 - 1.959964 * grid, -5.20 + 1.959964 * grid
    assert not ((np.round(low, 2) == -10.12) & (np.round(high, 2) == -0.24)).any()
    assert ((np.round(low, 2) == -10.12) & (np.round(high, 2) == -0.28)).any()


def test_same_seed_same_data_sets_and_a_prefix() -> None:
    few, many = reconstruct("average_pain", n=3, seed=8), reconstruct("average_pain", n=5, seed=8)
    for one, other in zip(few.data_sets, many.data_sets[:3], strict=True):
        assert one.to_frame().equals(other.to_frame())


def test_a_data_set_says_what_it_is() -> None:
    found = reconstruct("average_pain", n=1, seed=9)
    assert LABEL == "RECONSTRUCTED, NOT REAL DATA"
    assert LABEL in found._repr_html_()
    one: Reconstruction = found.data_sets[0]
    assert LABEL in one._repr_html_()


@pytest.mark.parametrize(
    ("outcome", "n", "message"), [("mood", 1, "outcome must be one of"), ("disability", 0, "n must be")]
)
def test_bad_requests(outcome: str, n: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        reconstruct(outcome, n=n, seed=1)

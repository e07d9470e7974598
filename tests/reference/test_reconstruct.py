"""Reconstructed data sets print the published line, by our estimator and, independently, by statsmodels."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy.special import ndtr

from asteroid_repro import Design, InputError, NotYetError, estimate_effects, study
from asteroid_repro.ledger.claim import Claim, Source
from asteroid_repro.ledger.ledger import Ledger
from asteroid_repro.printed.reading.printed_line import parse_line
from asteroid_repro.verdicts.printed_target import published_target, residual_variances
from asteroid_repro.verdicts.reconstruction import Reconstructions, reconstruct

LINES = {
    "average_pain": ("-15.30", "-25.33", "-5.27", "0.003"),
    "current_pain": ("-19.35", "-32.01", "-6.69", "0.003"),
    "disability": ("-5.20", "-10.12", "-0.28", "0.038"),
}


@pytest.fixture(scope="module", params=LINES)
def found(request: pytest.FixtureRequest) -> Reconstructions:
    return reconstruct(request.param, n=100, seed=5)


def _outcome(found: Reconstructions) -> str:
    return found.target.outcome.name


def _printed(estimate: float, low: float, high: float, p: float) -> tuple[str, str, str, str]:
    return f"{estimate:.2f}", f"{low:.2f}", f"{high:.2f}", f"{p:.3f}"


def by_statsmodels(table: pd.DataFrame, treatment: str, week: str) -> tuple[float, float, float, float]:
    """Return estimate, limits and p of a random-intercept model fitted by statsmodels."""
    own = table.assign(treated=(table["arm"] == treatment).astype(float))
    model = smf.mixedlm("value ~ C(week) * treated", own, groups="participant")
    fit = model.fit(reml=True, method="bfgs", gtol=1e-7)
    term = f"C(week)[T.{week}]:treated"
    return fit.params[term], *fit.conf_int().loc[term], fit.pvalues[term]


def test_all_print_the_line_by_our_estimator(found: Reconstructions) -> None:
    for table in found.data_sets:
        effects = estimate_effects(table, method="random_intercept", treatment="running", reference="waitlist")
        row = effects.to_frame().query("week == 12").iloc[0]
        assert _printed(row["estimate"], row["ci_low"], row["ci_high"], row["p_value"]) == LINES[_outcome(found)]


def test_all_print_the_line_by_statsmodels(found: Reconstructions) -> None:
    for table in found.data_sets:
        assert _printed(*by_statsmodels(table, "running", "12")) == LINES[_outcome(found)]


def test_scores_are_whole_or_even_and_on_the_scale(found: Reconstructions) -> None:
    for table in found.data_sets:
        values = table["value"].to_numpy()
        assert (values % found.target.step == 0).all()
        assert values.min() >= 0
        assert values.max() <= 100


def test_data_sets_differ(found: Reconstructions) -> None:
    assert len({table["value"].to_numpy().tobytes() for table in found.data_sets}) == 100


def test_printed_arm_means_are_met() -> None:
    for scores in reconstruct("current_pain", n=20, seed=6).scores:
        running, waitlist = (arm.mean(axis=1) for arm in scores)
        assert [f"{mean:.1f}" for mean in (running[0], waitlist[0], waitlist[2])] == ["30.8", "40.1", "42.9"]
        assert f"{running[2]:.2f}" == "14.25"
    for running, _ in reconstruct("disability", n=20, seed=6).scores:
        assert [f"{mean:.1f}" for mean in running.mean(axis=1)[[0, 2]]] == ["20.8", "13.9"]


def test_residual_variance_is_pinned_down_and_the_change_is_not(found: Reconstructions) -> None:
    table = found.to_frame()
    residual, change = table["within_person_residual_sd"], table["change_sd"]
    (pinned,) = residual_variances(found.target).values()
    assert residual.between(0.9999 * pinned.low**0.5, 1.0001 * pinned.high**0.5).all()
    assert change.max() / change.min() > 1.5


def test_no_data_set_prints_the_published_disability_limit() -> None:
    """Shown over every net difference that prints -5.20: the two limits ask for standard errors that do not meet."""
    line = parse_line("-5.20 (-10.12, -0.24), p=0.038")
    with pytest.raises(InputError, match=r"lower limit needs 2\.50.* upper limit needs 2\.52"):
        residual_variances(published_target("disability", study().ledger, study().design, line=line))
    with pytest.raises(InputError, match="Audit it for repairs"):
        reconstruct("disability", n=1, seed=1, line=line)


def brute_force(lower: str, upper: str) -> tuple[float, float] | None:
    """Return the first and last variance of a fine grid whose line at -5.20 prints both limits and p, by rounding."""
    se = np.linspace(2.4, 2.65, 250_001)
    printed = [np.round(-5.20 + sign * 1.959964 * se, 2) == float(limit) for sign, limit in ((-1, lower), (1, upper))]
    printed.append(np.round(2 * ndtr(-5.20 / se), 3) == 0.038)
    found = se[np.logical_and.reduce(printed)] ** 2 / (2 * 0.1)
    return (found[0], found[-1]) if found.size else None


@pytest.mark.parametrize(
    ("lower", "upper"),
    [("-10.12", "-0.24"), ("-10.12", "-0.28"), ("-10.10", "-0.30"), ("-10.08", "-0.32"), ("-10.20", "-0.20")],
)
def test_the_variances_that_print_a_line_are_those_of_brute_force(lower: str, upper: str) -> None:
    """Independent of the interval argument; of the published line neither finds any, so no data set prints it."""
    line = parse_line(f"-5.20 ({lower}, {upper}), p=0.038")
    target = published_target("disability", study().ledger, study().design, line=line)
    expected = brute_force(lower, upper)
    if expected is None:
        with pytest.raises(InputError, match="must be one that some data set prints"):
            residual_variances(target)
    else:
        assert vars(residual_variances(target)[-5.2]).values() == pytest.approx(expected, rel=1e-4)


def test_brute_force_finds_some_lines_and_not_others() -> None:
    assert brute_force("-10.12", "-0.24") is None
    assert brute_force("-10.12", "-0.28") is not None


def test_same_seed_same_data_sets_and_a_prefix() -> None:
    few, many = reconstruct("average_pain", n=3, seed=8), reconstruct("average_pain", n=5, seed=8)
    for one, other in zip(few.data_sets, many.data_sets[:3], strict=True):
        assert one.equals(other)


def test_a_data_set_says_what_it_is() -> None:
    found = reconstruct("average_pain", n=1, seed=9)
    assert found.label == "RECONSTRUCTED, NOT REAL DATA"
    assert found.label in found._repr_html_()


@pytest.mark.parametrize(
    ("outcome", "n", "message"), [("mood", 1, "outcome must be one of"), ("disability", 0, "n must be")]
)
def test_bad_requests(outcome: str, n: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        reconstruct(outcome, n=n, seed=1)


DESIGN = Design.model_validate(
    {
        "name": "Made up",
        "title": "Stretching against usual care",
        "treatment": {"name": "stretching", "label": "Stretching"},
        "reference": {"name": "usual_care", "label": "Usual care"},
        "visits": [0, 4, 26, 52],
        "outcomes": {
            "back_function": {
                "label": "Function", "minimum": 2, "maximum": 12, "step": 0.5, "better": "higher"
            },
            "sleep": {"label": "Sleep", "better": "higher"},
        },
        "analysis": {"method": "random_intercept"},
    }
)  # fmt: skip


def _claim(name: str, printed: str, figure: dict[str, object]) -> Claim:
    return Claim.model_validate(
        {
            "id": name, "statement": name, "printed": printed, "unit": "points", "source": "pilot", "strength": "P",
            "role": "context", "status": "consistent", "reason": "Made up.", "about": figure,
        }
    )  # fmt: skip


def _mean(arm: str, week: float, printed: str) -> Claim:
    figure = {"figure": "score", "outcome": "back_function", "arm": arm, "week": week, "statistic": "mean"}
    return _claim(f"mean.{arm}.week{week}", printed, figure)


def made_up(people: tuple[int, int] = (24, 24), **printed: str) -> Ledger:
    """Return a ledger of a line at week 26, arm sizes, and what else is printed, by the fields of its figure."""
    line = {"estimate": "0.85", "ci_low": "0.16", "ci_high": "1.54"} | printed
    figures: dict[str, dict[str, object]] = {
        **{f"n.{arm}": {"figure": "people", "arm": arm} for arm in ("treatment", "reference")},
        **{part: {"figure": "effect", "outcome": "back_function", "week": 26, "statistic": part} for part in line},
    }
    numbers = {"n.treatment": str(people[0]), "n.reference": str(people[1])} | line
    claims = [_claim(name, numbers[name], figure) for name, figure in figures.items()]
    return Ledger(tuple(claims), {"pilot": Source(key="pilot", citation="A pilot")})


def test_any_outcome_in_steps_at_any_visit() -> None:
    """Four visits, half points from 2 to 12, a line that is not at the last visit, and no arm mean printed."""
    made = replace(study(), design=DESIGN)
    found = reconstruct("back_function", made, n=5, seed=1, ledger=made_up())
    assert list(found.to_frame())[3:5] == ["week26_sd", "correlation_0_26"]
    for table in found.data_sets:
        assert set(table["week"]) == {0, 4, 26, 52}
        assert set(table["arm"]) == {"stretching", "usual_care"}
        values = table["value"].to_numpy()
        assert (values * 2 % 1 == 0).all()
        assert values.min() >= 2
        assert values.max() <= 12
        assert _printed(*by_statsmodels(table, "stretching", "26"))[:3] == ("0.85", "0.16", "1.54")


def test_an_estimate_printed_with_few_decimals_may_be_any_difference_inside_its_rounding() -> None:
    """0.85 itself would print as 0.8 or 0.9, so it is no difference to aim at."""
    ledger = made_up((20, 20), estimate="0.8", ci_low="0.1", ci_high="1.5")
    found = residual_variances(published_target("back_function", ledger, DESIGN))
    assert list(found) == pytest.approx([0.775, 0.8, 0.825], rel=1e-9)
    for treatment, reference in reconstruct(
        "back_function", replace(study(), design=DESIGN), n=5, seed=2, ledger=ledger
    ).scores:
        change = (treatment[2] - treatment[0]).mean() - (reference[2] - reference[0]).mean()
        assert min(abs(change - one) for one in found) < 1e-9


def test_means_printed_with_few_decimals_may_be_any_sum_inside_their_rounding() -> None:
    """A mean of 30 people lies on thirtieths of a half point: no printed one decimal is exactly one."""
    means = {
        ("treatment", 0): "6.2", ("reference", 0): "6.4", ("treatment", 26): "7.6", ("reference", 26): "6.9",
    }  # fmt: skip
    ledger = made_up((30, 30), estimate="0.87", ci_low="0.20", ci_high="1.54")
    printed = [_mean(*place, mean) for place, mean in means.items()]
    made = replace(study(), design=DESIGN)
    with_means = replace(ledger, claims=(*ledger.claims, *printed))
    for scores in reconstruct("back_function", made, n=3, seed=3, ledger=with_means).scores:
        for (arm, week), mean in means.items():
            got = scores[arm == "reference"][DESIGN.visits.index(week)].mean()
            assert abs(got - float(mean)) <= 0.05 + 1e-9
    wrong = replace(ledger, claims=(*ledger.claims, *printed[:3], _mean("reference", 26, "6.2")))
    with pytest.raises(InputError, match="arm means must give the net difference"):
        reconstruct("back_function", made, n=1, seed=3, ledger=wrong)


def test_what_cannot_be_reconstructed_says_why() -> None:
    made = replace(study(), design=DESIGN)
    with pytest.raises(InputError, match="outcome must have a scale with ends and steps, got sleep without"):
        reconstruct("sleep", made, n=1, seed=1, ledger=made_up())
    with pytest.raises(NotYetError, match=r"people must be printed and equal in both arms, got \(24, 23\)"):
        reconstruct("back_function", made, n=1, seed=1, ledger=made_up((24, 23)))
    with pytest.raises(InputError, match="week must be one with a printed effect on back_function, 26, got 52"):
        reconstruct("back_function", made, n=1, seed=1, week=52, ledger=made_up())

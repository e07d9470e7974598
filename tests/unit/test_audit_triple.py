"""The audit of printed lines: the published answers, an independent linear programme, and no false alarm."""

import dataclasses
import math
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from asteroid_repro.errors import InputError
from asteroid_repro.printed.audit_triple import audit_triple
from asteroid_repro.printed.families import FamilyAudit
from asteroid_repro.printed.feasible_df import bands, is_possible, p_value, ratio_range
from asteroid_repro.printed.model_evidence import model_evidence
from asteroid_repro.printed.printed_triple import PrintedTriple
from asteroid_repro.printed.reading.printed_line import parse_line

AVERAGE_PAIN = "-15.30 (-25.33, -5.27), p=0.003"
CURRENT_PAIN = "-19.35 (-32.01, -6.69), p=0.003"
DISABILITY = "-5.20 (-10.12, -0.24), p=0.038"


def rounded(value: float, decimals: int, rule: str) -> str:
    # repr, not the binary value: a 0.125 or 2.675 typed by a person is a tie
    return f"{Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), rounding=rule):f}"


def print_line(
    estimate: float, se: float, df: float, decimals: tuple[int, int], rule: str, *, ratio: bool = False
) -> PrintedTriple:
    """Print the line of a known unrounded result: decimals of the estimate and limits, and of p."""
    critical = -ndtri(0.025) if math.isinf(df) else -stdtrit(df, 0.025)
    score = -abs(estimate) / se
    p = 2 * (ndtr(score) if math.isinf(df) else stdtr(df, score))
    values = [estimate, estimate - critical * se, estimate + critical * se]
    values = [math.exp(value) for value in values] if ratio else values
    e, low, up = (rounded(float(value), decimals[0], rule) for value in values)
    return PrintedTriple(e, low, up, rounded(float(p), decimals[1], rule), ratio=ratio)


def possible(line: PrintedTriple) -> bool:
    """Return the verdict on a line by the two ends of df alone, without the df themselves."""
    one = bands(line)
    return bool(is_possible(ratio_range(one), one["p"], line.level)[0])


def family(*lines: str) -> FamilyAudit:
    """Return the audit of lines from one model."""
    return FamilyAudit(tuple(audit_triple(line) for line in lines))


# The acceptance tests --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("line", "df_min"), [(AVERAGE_PAIN, 51), (CURRENT_PAIN, 47)])
def test_the_pain_lines_fit_z_and_many_df_but_not_38_or_37(line: str, df_min: int) -> None:
    audit = audit_triple(line)
    assert audit.consistent
    assert audit.df.z
    assert audit.df.df_min == df_min
    assert audit.df.df_max is None
    assert audit.df.low is not None
    assert df_min - 1 < audit.df.low <= df_min
    assert audit.allows(df_min)
    assert audit.allows(76)
    assert audit.allows(math.inf)
    assert not audit.allows(df_min - 1)
    assert not audit.allows(38)
    assert not audit.allows(37)
    assert audit.repairs == ()


def test_the_disability_line_contradicts_itself_and_only_its_upper_limit_repairs_it() -> None:
    audit = audit_triple(DISABILITY)
    assert not audit.consistent
    assert not audit.df.z
    assert audit.df.df_min is None
    assert audit.df.df_max is None
    assert audit.se_low is None
    assert audit.midpoint_asymmetry == pytest.approx(0.02, abs=1e-9)
    assert audit.midpoint_explained == pytest.approx(0.01, abs=1e-7)
    assert [(repair.field, repair.value) for repair in audit.repairs] == [
        ("upper", "-0.30"),
        ("upper", "-0.29"),
        ("upper", "-0.28"),
        ("upper", "-0.27"),
    ]
    assert all(repair.z for repair in audit.repairs)


def test_no_other_single_number_repairs_the_disability_line() -> None:
    """By trying them: every other estimate, lower limit and p around the printed ones fails."""
    line = parse_line(DISABILITY)
    for k in range(-2000, 0):
        for field in ("estimate", "lower"):
            value = f"{Decimal(k).scaleb(-2):f}"
            try:
                changed = dataclasses.replace(line, **{field: value})  # type: ignore[arg-type]
            except InputError:
                continue
            assert not possible(changed)
    assert not any(possible(dataclasses.replace(line, p=f"{k / 1000:.3f}")) for k in range(1001))


@pytest.mark.parametrize("line", [AVERAGE_PAIN, CURRENT_PAIN])
@pytest.mark.parametrize("field", ["lower", "upper"])
@pytest.mark.parametrize("shift", ["0.05", "-0.05"])
def test_moving_one_limit_of_a_pain_line_by_5_hundredths_is_caught(line: str, field: str, shift: str) -> None:
    triple = parse_line(line)
    moved = str(Decimal(getattr(triple, field)) + Decimal(shift))
    audit = audit_triple(dataclasses.replace(triple, **{field: moved}))  # type: ignore[arg-type]
    assert not audit.consistent
    assert getattr(triple, field) in [repair.value for repair in audit.repairs if repair.field == field]


def test_the_standard_errors_of_the_trial() -> None:
    """With z the half-widths 10.03, 12.66 and 4.92 over 1.96 are 5.117, 6.459 and 2.510."""
    for line, se in ((AVERAGE_PAIN, 5.117), (CURRENT_PAIN, 6.459), ("-5.20 (-10.12, -0.28), p=0.038", 2.510)):
        audit = audit_triple(line)
        assert audit.se_low is not None
        assert audit.se_high is not None
        assert audit.se_low < se < audit.se_high
        assert audit.se_high < se * 1.002


def test_the_joint_argument_is_sharper_than_one_number_at_a_time() -> None:
    """Checking number by number gives 50 (the boundary is at 50.01)."""
    assert not audit_triple(AVERAGE_PAIN).allows(50)


# Against an independent method ---------------------------------------------------------------------------------------


def linear_programme_allows(line: PrintedTriple, df: float) -> bool:
    """Feasibility of (e, s) for one df by scipy's solver, for each sign of the estimate."""
    critical = float(-stdtrit(df, (1 - line.level) / 2))
    p = line.interval("p")
    e, low, up = (line.interval(field) for field in ("estimate", "lower", "upper"))
    assert p is not None
    assert e is not None
    assert low is not None
    assert up is not None
    q_low, q_high = (float(-stdtrit(df, max(bound, 1e-12) / 2)) for bound in (p.high, p.low))
    rows: list[list[float]] = [[-1, critical], [1, -critical], [1, critical], [-1, -critical]]
    bounds = [-low.low, low.high, up.high, -up.low]
    for sign in (1, -1):
        signed: list[list[float]] = [[-sign, q_low], [sign, -q_high], [-sign, 0]]
        found = linprog([0, 0], rows + signed, [*bounds, 0, 0, 0], bounds=[(e.low, e.high), (0, None)])
        if found.status == 0:
            return True
    return False


def test_the_feasible_set_is_that_of_a_linear_programme() -> None:
    rng = np.random.default_rng(7)
    answers = []
    for _ in range(60):
        df, se = float(np.exp(rng.uniform(0, 6))), float(np.exp(rng.normal()))
        line = print_line(float(rng.normal(0, 3) * se), se, df, (int(rng.integers(1, 4)), 3), ROUND_HALF_EVEN)
        audit = audit_triple(line)
        for other in (1.0, 2.5, df, 10.0, 38.0, 300.0):
            near_an_end = any(end is not None and abs(end / other - 1) < 1e-4 for end in (audit.df.low, audit.df.high))
            if not near_an_end:  # the solver works to 1e-7
                answers.append(audit.allows(other))
                assert linear_programme_allows(line, other) == answers[-1], (str(line), other)
    assert 60 < sum(answers) < len(answers) - 60


def test_p_is_monotone_in_df_as_the_proof_says() -> None:
    u = np.linspace(0, 1, 400)
    for ratio in (0.2, 0.7, 0.99, 1.0, 1.01, 1.6, 4.0):
        for level in (0.8, 0.95, 0.999):
            change = np.diff(p_value(np.array(ratio), u, level))
            assert (change >= -1e-12).all() if ratio >= 1 else (change <= 1e-12).all()


# No false alarm ---------------------------------------------------------------------------------------------------


def check_no_false_alarm(estimate: float, se: float, df: float, decimals: tuple[int, int], *, ratio: bool) -> None:
    for rule in (ROUND_HALF_UP, ROUND_HALF_EVEN):
        line = print_line(estimate, se, df, decimals, rule, ratio=ratio)
        audit = audit_triple(line)
        assert audit.consistent, str(line)
        assert possible(line)
        assert audit.allows(df), (str(line), df)
        assert audit.se_low is not None
        assert audit.se_low <= se * (1 + 1e-6)
        assert audit.se_high is None or se <= audit.se_high * (1 + 1e-6)


def test_1000_seeded_results_printed_with_both_rules_are_never_flagged() -> None:
    rng = np.random.default_rng(1)
    for k in range(1000):
        ratio = k % 4 == 0
        se = float(np.exp(rng.uniform(-3, -0.5 if ratio else 4)))
        estimate = float(rng.normal(0, 2.5) * se)
        if k % 2:  # a coarse grid, so that ties between two printed values occur
            estimate, se = round(estimate * 40) / 40, max(round(se * 40), 1) / 40
        df = math.inf if k % 5 == 0 else float(np.exp(rng.uniform(0, 9)))
        decimals = (int(rng.integers(0, 4)), int(rng.integers(0, 4)))
        check_no_false_alarm(estimate, se, df, decimals, ratio=ratio)


@settings(max_examples=200)
@given(
    st.floats(-50, 50),
    st.floats(0.001, 30),
    st.one_of(st.just(math.inf), st.floats(1, 1e6)),
    st.tuples(st.integers(0, 3), st.integers(0, 3)),
)
def test_no_result_is_flagged(estimate: float, se: float, df: float, decimals: tuple[int, int]) -> None:
    check_no_false_alarm(estimate, se, df, decimals, ratio=False)


# Other lines ------------------------------------------------------------------------------------------------------


def test_ratios_are_audited_on_the_log_scale() -> None:
    line = "0.75 (0.60, 0.94), p=0.012"
    assert audit_triple(line, ratio=True).df.z
    assert not audit_triple(line).consistent
    assert audit_triple("0.75 (0.60, 0.94), p=0.003", ratio=True).repairs[-1].field == "p"


def test_p_below_a_bound_and_other_levels() -> None:
    assert audit_triple("-15.30 (-20.33, -10.27), p<0.001").df.z
    found = audit_triple("-15.30 (-25.33, -5.27), p<0.001")
    assert not found.consistent
    assert ("p", "0.003", True) in [(repair.field, repair.value, repair.z) for repair in found.repairs]
    assert audit_triple("-15.30 (90% CI -23.72 to -6.88), p=0.003").df.z
    assert not audit_triple("-15.30 (-23.72, -6.88), p=0.003").df.z


def test_a_missing_part_leaves_more_open() -> None:
    assert audit_triple("(-25.33, -5.27), p=0.003").df.df_min == 51
    without_p = audit_triple("-15.30 (-25.33, -5.27)")
    assert (without_p.df.df_min, without_p.df.df_max, without_p.df.z) == (1, None, True)
    without_limits = audit_triple("-15.30, p=0.003")
    assert without_limits.consistent
    assert without_limits.midpoint_asymmetry is None
    assert without_limits.se_high == pytest.approx(15.305 / -ndtri(0.0035 / 2), rel=1e-6)


def test_results_at_zero_and_one() -> None:
    assert audit_triple("0.00 (-1.00, 1.00), p=1.00").df.z
    assert audit_triple("0 (0, 0), p=0").consistent
    assert not audit_triple("0.00 (-1.00, 1.00), p=0.50").consistent
    assert audit_triple("0.0, p=1.0").se_high is None


def test_every_repair_is_a_line_that_can_be_printed_and_is_consistent() -> None:
    lines = [
        (AVERAGE_PAIN.replace("-5.27", "-5.72"), False),
        ("0 (0.0, 0.32), p=1.000", False),
        ("(0.1, 0.1), p=1.000", False),
        ("200.048 (137.16, 291.76), p>0.99", True),
        ("0.75 (0.00, 0.94), p=0.012", True),
        ("2 (1.23, 3.22), p=0.001", True),
    ]
    for text, ratio in lines:
        audit = audit_triple(text, ratio=ratio)
        assert not audit.consistent
        for repair in audit.repairs:
            repaired = dataclasses.replace(audit.triple, **{repair.field: repair.value})  # type: ignore[arg-type]
            again = audit_triple(repaired)
            assert again.consistent, (text, repair)
            assert (again.df.z, again.df.df_min, again.df.df_max) == (repair.z, repair.df_min, repair.df_max)


def test_a_bounded_set_of_df_that_holds_no_whole_number_is_printed_finer() -> None:
    line = print_line(2.0, 0.7, 12.5, (4, 7), ROUND_HALF_EVEN)
    audit = audit_triple(line)
    assert audit.df.df_min is not None
    assert audit.df.df_max is not None
    assert 12 < audit.df.df_min <= 12.5 <= audit.df.df_max < 13
    assert not audit.df.z


def test_a_family_shares_one_df_and_names_the_line_that_binds() -> None:
    pains = family(CURRENT_PAIN, AVERAGE_PAIN)
    assert pains.consistent
    assert (pains.df.df_min, pains.df.df_max, pains.binds_min, pains.binds_max) == (51, None, 1, None)
    assert pains.to_frame()["binds"].tolist() == ["", "df_min", ""]
    apart = family(AVERAGE_PAIN, "-15.30 (-25.66, -4.94), p=0.0049")
    assert apart.audits[1].consistent
    assert not apart.consistent
    assert apart.binds_min is None
    assert not family(AVERAGE_PAIN, DISABILITY).consistent


def test_the_pain_lines_are_compatible_with_a_random_intercept_and_not_with_t_38_or_37() -> None:
    for line in (AVERAGE_PAIN, CURRENT_PAIN):
        frame = model_evidence(line, 20, 20, n_visits=3)
        assert frame["df"].tolist() == [math.inf, 76, math.inf, 38, 37]
        assert frame["compatible"].tolist() == [True] * 3 + [False] * 2
    assert not model_evidence(DISABILITY, 20, 20, n_visits=3)["compatible"].any()
    with pytest.raises(InputError, match="n_treatment must be a whole number of at least 2, got 1"):
        model_evidence(AVERAGE_PAIN, 1, 20, n_visits=3)
    with pytest.raises(InputError, match="n_visits must be a whole number of at least 2, got 1"):
        model_evidence(AVERAGE_PAIN, 20, 20, n_visits=1)


@pytest.mark.parametrize("n_visits", [2, 3, 5])
def test_the_df_of_a_random_intercept_are_those_of_the_analysis_of_variance(n_visits: int) -> None:
    """Source table of a split plot: n v - 1 = (n - 1) + (v - 1) + (v - 1) + residual, the last for arm by visit."""
    n = 31
    residual = (n * n_visits - 1) - (n - 1) - 2 * (n_visits - 1)
    assert model_evidence(AVERAGE_PAIN, 20, n - 20, n_visits=n_visits)["df"][1] == residual


def test_the_record_is_ready_for_json_and_for_a_table() -> None:
    record = audit_triple(DISABILITY).to_dict()
    wanted = {"consistent", "z", "df_min", "df_max", "se_low", "se_high", "midpoint_asymmetry", "repairs"}
    assert wanted <= set(record)
    assert audit_triple(DISABILITY).to_frame()["repairs"].tolist() == [
        "upper -0.30; upper -0.29; upper -0.28; upper -0.27"
    ]

"""The arithmetic of claim ids: it computes what Python would, and takes nothing else."""

import math
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from asteroid_repro.errors import InputError
from asteroid_repro.estimate.safety.rate_limits import exact_poisson_limits
from asteroid_repro.ledger.formula import evaluate, names

VALUES = {"a": 2.0, "pain.week12.estimate": -15.3, "b_1": 0.25}
LEAVES = ["a", "pain.week12.estimate", "b_1", "3", "0.5", "1e-3"]


def arithmetic() -> st.SearchStrategy[str]:
    """Return formulas of sums, products, signs, parentheses and functions."""
    return st.recursive(
        st.sampled_from(LEAVES),
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(["+", "-", "*", "/"]), inner).map(lambda parts: f"({' '.join(parts)})"),
            inner.map(lambda part: f"-{part}"),
            inner.map(lambda part: f"abs({part})"),
        ),
        max_leaves=12,
    )


@given(arithmetic())
def test_arithmetic_is_that_of_python(text: str) -> None:
    plain = text.replace("pain.week12.estimate", "pain")
    known = {"a": 2.0, "pain": -15.3, "b_1": 0.25, "abs": abs, "__builtins__": {}}
    try:
        wanted = float(eval(plain, known))  # noqa: S307 - the reference, of text made here
    except ZeroDivisionError:
        with pytest.raises(InputError, match="must give a finite number"):
            evaluate(text, VALUES)
        return
    assert evaluate(text, VALUES) == wanted
    assert names(text) == tuple(dict.fromkeys(word for word in re.findall(r"[\w.]+", text) if word in VALUES))


@given(st.text(max_size=60))
def test_any_text_is_a_number_or_one_line(text: str) -> None:
    message = ""
    try:
        result = evaluate(text, VALUES)
    except InputError as error:
        result, message = 0.0, str(error)
    assert all(math.isfinite(number) for number in (result if isinstance(result, list) else [result]))
    assert len(message.splitlines()) <= 1


@given(st.integers(0, 400))
def test_poisson_limits_are_those_of_the_event_rates(events: int) -> None:
    limits = exact_poisson_limits(events)
    assert evaluate("[poisson_lower(n), poisson_upper(n)]", {"n": events}) == [limits.low, limits.high]


def test_normal_functions_are_those_of_scipy() -> None:
    for probability in (0.001, 0.3, 0.975):
        quantile = evaluate(f"normal_quantile({probability})", {})
        assert quantile == pytest.approx(stats.norm.ppf(probability), rel=1e-12)
        assert evaluate("normal_probability(z)", {"z": quantile}) == pytest.approx(probability, rel=1e-12)  # type: ignore[dict-item]


def test_powers_and_roots() -> None:
    assert evaluate("a ** 3", VALUES) == 8
    assert evaluate("a ** -1", VALUES) == 0.5
    assert evaluate("-a ** 2", VALUES) == -4  # as in Python: the power comes first
    assert evaluate("sqrt(a) ** 2", VALUES) == pytest.approx(2, rel=1e-15)


def test_names_come_once_in_order_and_a_list_is_one_number_a_visit() -> None:
    assert names("b_1 + a * b_1") == ("b_1", "a")
    assert evaluate("[0, 0.5 * a,\n a]", VALUES) == [0.0, 1.0, 2.0]
    assert evaluate("([a])", VALUES) == [2.0]


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "1 +", "a b", "f(a)", "__import__('os')", "a.real()", "(a + 1).real", "a.__class__.b()",
        "a if a else 1", "a < 1", "a == 1", "not a", "a and a", "~a", "+a", "a // 2", "a % 2", "a @ a", "a << 1",
        "'text'", "True", "None", "1j", "...", "a[0]", "[a][0]", "[a] + [a]", "[[a]]", "[]", "{a}", "{'a': a}",
        "(a, a)", "lambda: a", "[b for b in a]", "(b := 1)", "sqrt()", "sqrt(a, a)", "sqrt(x=a)", "sqrt(*a)", "abs",
        "await a", "f'{a}'", "a; a", "a = 1", "\x00", "(" * 300 + "a" + ")" * 300, "-" * 900 + "a", ".".join("a" * 900),
        "+".join("a" * 60), "1 + " * 1000 + "1",
    ],
)  # fmt: skip
def test_anything_else_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(InputError) as caught:
        evaluate(text, VALUES)
    assert str(caught.value).startswith("formula must ")
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a / 0", "must give a finite number, got float division by zero from 'a / 0'"),
        ("a ** 1000", "got a power of 1000, more than 10"),
        ("9e99 ** 9", "must give a finite number"),
        ("(-a) ** 0.5", "must give a finite number"),
        ("sqrt(-a)", "must give a finite number"),
        ("1e999", "must give a finite number, got inf"),
        ("1" + "0" * 500, "must give a finite number"),
        ("normal_quantile(a)", "must give a finite number"),
        ("poisson_lower(b_1)", "got 0.25, which is no count"),
        ("poisson_upper(-1)", "got -1, which is no count"),
        ("pain.week12.estimat", "Did you mean 'pain.week12.estimate'?"),
        ("a < 1", "got 'a < 1' in 'a < 1'"),
    ],
)
def test_no_finite_number_is_refused_and_says_why(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        evaluate(text, VALUES)
    assert message in str(caught.value)


def test_a_mapping_decides_which_claims_may_be_used() -> None:
    values: dict[str, Any] = {"a": 1.0}
    with pytest.raises(InputError, match="must name claims that have a number, got 'b'"):
        evaluate("a + b", values)

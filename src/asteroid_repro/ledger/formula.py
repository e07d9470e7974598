"""A small arithmetic of claim ids: how a number follows from printed ones, as data, read without ``eval``."""

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from functools import cache
from statistics import NormalDist
from typing import Final

from asteroid_repro.errors import InputError, did_you_mean

Part = Callable[[Mapping[str, float]], float]
"""What a part of a formula gives for the numbers by claim id."""

_LONGEST, _DEEPEST, _HIGHEST_POWER = 2000, 50, 10.0
_ALPHA: Final = 1 - 0.95
_CLAIM_ID: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


def names(text: str) -> tuple[str, ...]:
    """Return the claim ids that a formula uses, each once, in order.

    Raises
    ------
    InputError
        Something else than the arithmetic that :func:`evaluate` knows.

    Examples
    --------
    >>> names("2 * pain.week12.estimate - pain.week12.ci_low")
    ('pain.week12.estimate', 'pain.week12.ci_low')
    """
    return _read(text)[1]


def evaluate(text: str, values: Mapping[str, float]) -> float | list[float]:
    """Compute a formula of claim ids.

    A formula holds numbers, claim ids, ``+ - * /``, ``**`` with an exponent of up to 10, parentheses, and the functions
    ``sqrt``, ``abs``, ``normal_quantile``, ``normal_probability`` (of the standard normal distribution),
    ``poisson_lower`` and ``poisson_upper`` (exact 95 % limits of a count). A list in brackets, a number a visit, may be
    the whole of it.

    Parameters
    ----------
    text : str
        The formula.
    values : mapping of str to float
        The numbers by claim id.

    Returns
    -------
    float or list of float
        A list where the formula is one.

    Raises
    ------
    InputError
        Anything else in the formula, an id without a value, or no finite number as the result.

    Examples
    --------
    >>> evaluate("sqrt(events) / (hours / 1000)", {"events": 9, "hours": 100})
    30.0
    >>> evaluate("[0.5 * effect, effect]", {"effect": -15.3})
    [-7.65, -15.3]
    """
    parts, used, is_list = _read(text)
    for name in used:
        if name not in values:
            near = did_you_mean(name, values)
            raise InputError(f"formula must name claims that have a number, got {name!r}.{near}")
    results = [_finite(part, values, text) for part in parts]
    return results if is_list else results[0]


@cache
def _read(text: str) -> tuple[tuple[Part, ...], tuple[str, ...], bool]:
    """Return the numbers of a formula, ready to compute, the ids that they use, and whether it is a list."""
    line = " ".join(text.split())
    if len(line) > _LONGEST:
        raise InputError(f"formula must have at most {_LONGEST} characters, got {len(line)}. Name a step as a claim.")
    try:
        tree = ast.parse(line, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _refused("something that cannot be read", line) from None
    elements = tree.elts if isinstance(tree, ast.List) else [tree]
    if not elements:
        raise _refused("an empty list", line)
    used: list[str] = []
    parts = tuple(_part(element, line, used, _DEEPEST) for element in elements)
    return parts, tuple(dict.fromkeys(used)), isinstance(tree, ast.List)


def _part(node: ast.expr, line: str, used: list[str], depth: int) -> Part:
    """Take in what a formula may hold and nothing else; ids are added to those used."""
    if depth == 0:
        raise _refused(f"more than {_DEEPEST} levels", line)
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return lambda _: float(value)
        case ast.Name() | ast.Attribute() if _CLAIM_ID.fullmatch(name := ast.get_source_segment(line, node) or ""):
            used.append(name)
            return lambda values: float(values[name])
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inner = _part(operand, line, used, depth - 1)
            return lambda values: -inner(values)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            one, other = (_part(side, line, used, depth - 1) for side in (left, right))
            return lambda values: _OPERATORS[type(op)](one(values), other(values))
        case ast.Call(func=ast.Name(id=function), args=[argument], keywords=[]) if function in _FUNCTIONS:
            inner = _part(argument, line, used, depth - 1)
            return lambda values: _FUNCTIONS[function](inner(values))
    raise _refused(repr(ast.get_source_segment(line, node) or line), line)


def _refused(what: str, line: str) -> InputError:
    return InputError(
        f"formula must hold numbers, claim ids, + - * / **, parentheses and one of {', '.join(_FUNCTIONS)} with one "
        f"argument, got {what} in {line[:200]!r}. Write it with these alone."
    )


def _finite(part: Part, values: Mapping[str, float], text: str) -> float:
    try:
        result = part(values)
        if math.isfinite(result):
            return result
        why: object = result
    except (ArithmeticError, ValueError, TypeError) as error:  # TypeError: a power that is a complex number
        why = error
    raise InputError(f"formula must give a finite number, got {why} from {' '.join(text.split())!r}. Correct it.")


def _power(base: float, exponent: float) -> float:
    if abs(exponent) > _HIGHEST_POWER:
        raise ValueError(f"a power of {exponent:g}, more than {_HIGHEST_POWER:g}")
    return float(base**exponent)


def _normal_probability(value: float) -> float:
    from scipy.special import ndtr  # slow to import, and reading a ledger does without

    return float(ndtr(value))


def _poisson_limit(events: float, *, upper: bool) -> float:
    """Exact limit; without events the lower one is 0, and all of the error is spent on the upper one."""
    from scipy.special import gammaincinv

    if events < 0 or events != int(events):
        raise ValueError(f"{events:g}, which is no count")
    if upper:
        return float(gammaincinv(events + 1, 1 - (_ALPHA / 2 if events else _ALPHA)))
    return float(gammaincinv(events, _ALPHA / 2)) if events else 0.0


_OPERATORS: Final[Mapping[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: _power,
}
_FUNCTIONS: Final[Mapping[str, Callable[[float], float]]] = {
    "sqrt": math.sqrt,
    "abs": abs,
    "normal_quantile": NormalDist().inv_cdf,
    "normal_probability": _normal_probability,
    "poisson_lower": lambda events: _poisson_limit(events, upper=False),
    "poisson_upper": lambda events: _poisson_limit(events, upper=True),
}

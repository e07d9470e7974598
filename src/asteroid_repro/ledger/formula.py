"""A small arithmetic of claim ids: how a number follows from printed ones, as data, read without ``eval``."""

import ast
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from statistics import NormalDist
from typing import Final

from asteroid_repro.errors import InputError, did_you_mean

_LONGEST, _DEEPEST, _HIGHEST_POWER = 2000, 50, 10.0
_ALPHA: Final = 1 - 0.95


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
    return _parsed(text)[1]


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
    tree, used = _parsed(text)
    missing = next((name for name in used if name not in values), None)
    if missing is not None:
        raise InputError(
            f"formula must name claims that have a number, got {missing!r}.{did_you_mean(missing, values)}"
        )
    if isinstance(tree, ast.List):
        return [_finite(element, values, text) for element in tree.elts]
    return _finite(tree, values, text)


@cache
def _parsed(text: str) -> tuple[ast.expr, tuple[str, ...]]:
    line = " ".join(text.split())
    if len(line) > _LONGEST:
        raise InputError(f"formula must have at most {_LONGEST} characters, got {len(line)}. Name a step as a claim.")
    try:
        tree = ast.parse(line, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _refused("something that cannot be read", line) from None
    parts = tree.elts if isinstance(tree, ast.List) else [tree]
    if not parts:
        raise _refused("an empty list", line)
    found = (name for part in parts for name in _names(part, line, _DEEPEST))
    return tree, tuple(dict.fromkeys(found))


def _names(node: ast.expr, line: str, depth: int) -> Iterator[str]:
    """Yield the ids in order; whatever is not on the list of what a formula may hold is refused here."""
    if depth == 0:
        raise _refused(f"more than {_DEEPEST} levels", line)
    inner: list[ast.expr] = []
    match node:
        case ast.Constant(value=value) if type(value) in (int, float):
            pass
        case ast.Name() | ast.Attribute() if name := _dotted(node):
            yield name
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inner = [operand]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            inner = [left, right]
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in _FUNCTIONS:
            inner = [argument]
        case _:
            raise _refused(repr(ast.get_source_segment(line, node) or line), line)
    for part in inner:
        yield from _names(part, line, depth - 1)


def _refused(what: str, line: str) -> InputError:
    return InputError(
        f"formula must hold numbers, claim ids, + - * / **, parentheses and one of {', '.join(_FUNCTIONS)} with one "
        f"argument, got {what} in {line[:200]!r}. Write it with these alone."
    )


def _dotted(node: ast.expr) -> str:
    """Return the claim id; empty where it is an attribute of something else than a name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join(reversed([*parts, node.id])) if isinstance(node, ast.Name) else ""


def _finite(node: ast.expr, values: Mapping[str, float], text: str) -> float:
    try:
        result = _number(node, values)
        if math.isfinite(result):
            return result
        why = f"{result}"
    except (ArithmeticError, ValueError, TypeError) as error:  # TypeError: a power that is a complex number
        why = f"{error}"
    raise InputError(f"formula must give a finite number, got {why} from {' '.join(text.split())!r}. Correct it.")


def _number(node: ast.expr, values: Mapping[str, float]) -> float:
    """Compute what :func:`_names` has let through."""
    match node:
        case ast.Constant(value=value):
            return float(value)  # type: ignore[arg-type]
        case ast.UnaryOp(operand=operand):
            return -_number(operand, values)
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)](_number(left, values), _number(right, values))
        case ast.Call(func=ast.Name(id=name), args=[argument]):
            return _FUNCTIONS[name](_number(argument, values))
    return float(values[_dotted(node)])


def _power(base: float, exponent: float) -> float:
    if abs(exponent) > _HIGHEST_POWER:
        raise ValueError(f"a power of {exponent:g}, more than {_HIGHEST_POWER:g}")
    return float(base**exponent)


def _normal_quantile(probability: float) -> float:
    return NormalDist().inv_cdf(probability)


def _normal_probability(value: float) -> float:
    from scipy.special import ndtr

    return float(ndtr(value))


def _poisson_lower(events: float) -> float:
    from scipy.special import gammaincinv

    return float(gammaincinv(count, _ALPHA / 2)) if (count := _count(events)) else 0.0


def _poisson_upper(events: float) -> float:
    """Exact upper limit; without events the lower one is 0, and all of the error is spent on this one."""
    from scipy.special import gammaincinv

    count = _count(events)
    return float(gammaincinv(count + 1, 1 - (_ALPHA / 2 if count else _ALPHA)))


def _count(events: float) -> int:
    if events < 0 or events != int(events):
        raise ValueError(f"{events:g}, which is no count")
    return int(events)


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
    "normal_quantile": _normal_quantile,
    "normal_probability": _normal_probability,
    "poisson_lower": _poisson_lower,
    "poisson_upper": _poisson_upper,
}

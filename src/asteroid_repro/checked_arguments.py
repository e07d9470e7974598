"""The check at the front door: an argument of a public function is of the kind that the function's signature says."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from errno import ENAMETOOLONG
from functools import wraps
from inspect import Parameter, signature
from math import isfinite, isnan
from types import NoneType, UnionType
from typing import Any, Final, Literal, ParamSpec, TypeVar, Union, get_args, get_origin

import numpy as np

from asteroid_repro.errors import InputError, shown

Given = ParamSpec("Given")
Result = TypeVar("Result")

_LARGEST_EXACT: Final = 2**53  # up to here a float holds every whole number
_WORDS: Final[Mapping[Any, str]] = {
    float: "a number", int: "a whole number", str: "text", bool: "True or False", NoneType: "None",
    Sequence: "a list", Iterable: "a list", Mapping: "a dict",
}  # fmt: skip


def checked(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """Refuse arguments that are not of the kind that the signature says, and hand NumPy's scalars on as Python's.

    A number must not be NaN, must be finite unless its default is not, and must fit into a float; a truth value is no
    number, and text is no list. Which numbers and words it may be is the function's own affair, but where they overflow
    on the way that too is one line.

    Raises
    ------
    InputError
        From the function returned: argument, requirement and value of the first that is of another kind.

    Examples
    --------
    >>> def double(points: float) -> float:
    ...     return 2 * points
    >>> checked(double)(np.int8(100))
    200
    >>> checked(double)("3")
    Traceback (most recent call last):
    asteroid_repro.errors.InputError: points must be a number, got '3'. Correct it.
    """
    known = signature(function).parameters
    in_order = list(known.values())

    @wraps(function)
    def called(*given: Given.args, **named: Given.kwargs) -> Result:
        # Too many arguments, or one of an unknown name, are left to Python to refuse.
        by_place = [_taken(parameter, value) for parameter, value in zip(in_order, given, strict=False)]
        by_name = {name: _taken(known[name], value) if name in known else value for name, value in named.items()}
        try:
            return function(*by_place, *given[len(by_place) :], **by_name)  # type: ignore[arg-type]  # the same, checked
        except BrokenExecutor:
            killed = "processes that live to the end, got one that was killed (did the memory run out?)"
            raise InputError(f"n_jobs must be {killed}. Run it again with fewer.") from None
        except OSError as error:
            if error.errno != ENAMETOOLONG:
                raise
            raise InputError(
                f"{function.__name__} must be given names that files can have, got a longer one."
            ) from None
        except ArithmeticError as error:  # beyond what a float holds
            size = f"numbers of a size that can be computed with, got one too large or small ({error})"
            raise InputError(f"{function.__name__} must be given {size}. Give ordinary ones.") from error

    return called


def _taken(parameter: Parameter, value: Any) -> Any:
    value = _plain(value)
    endless = isinstance(parameter.default, float) and not isfinite(parameter.default)
    if _fits(parameter.annotation, value, endless=endless):
        is_far = isinstance(value, int) and abs(value) > _LARGEST_EXACT and _fits(parameter.annotation, 0.5)
        return float(value) if is_far else value
    raise InputError(f"{parameter.name} must be {_words(parameter.annotation)}, got {shown(value)}. Correct it.")


def _plain(value: Any) -> Any:
    """Return Python's own number for NumPy's, whose sums may overflow, and a list for a column of them."""
    if isinstance(value, np.longdouble):
        return float(value)
    if isinstance(value, np.generic):
        return value.item()
    is_column = not isinstance(value, type) and getattr(value, "ndim", None) == 1 and hasattr(value, "tolist")
    return value.tolist() if is_column else value


def _fits(kind: Any, value: Any, *, endless: bool = False) -> bool:
    """Return whether a value is of a kind, as annotations write it."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return any(_fits(part, value, endless=endless) for part in parts)
    if origin is Literal:
        return any(type(value) is type(word) for word in parts)
    if origin is tuple:
        is_one = isinstance(value, Sequence) and not isinstance(value, str | bytes) and len(value) == len(parts)
        return is_one and all(map(_fits, parts, map(_plain, value)))
    if origin is not None:
        return _are_many(origin, parts, value)
    if kind in (int, float):
        return _is_number(value, whole=kind is int, endless=endless)
    return kind is Any or isinstance(value, kind)


def _are_many(origin: Any, parts: Sequence[Any], value: Any) -> bool:
    if not isinstance(value, origin) or isinstance(value, str | bytes):
        return False
    if isinstance(value, Mapping):
        return origin is Mapping and all(_fits(parts[0], name) and _fits(parts[1], value[name]) for name in value)
    return not isinstance(value, Sequence) or all(_fits(parts[0], _plain(each)) for each in value)


def _is_number(value: Any, *, whole: bool, endless: bool) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float) or (whole and isinstance(value, float)):
        return False
    if isinstance(value, int):
        return abs(value) <= sys.float_info.max
    return not isnan(value) if endless else isfinite(value)


def _words(kind: Any) -> str:
    """Say in words what a kind asks for."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(map(_words, parts)))
    if origin is Literal:
        return " or ".join(map(repr, parts))
    if origin in (Sequence, Iterable) and parts[0] in _WORDS:
        return f"a list, each {_WORDS[parts[0]]}"
    if origin is tuple:
        return f"({', '.join(map(_words, parts))})"
    if (known := origin or kind) in _WORDS:
        return _WORDS[known]
    return f"{'an' if kind.__name__[0] in 'AEIOU' else 'a'} {kind.__name__}"

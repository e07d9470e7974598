"""The one search of planning: the smallest whole number that is enough."""

from bisect import bisect_left
from collections.abc import Callable


def smallest(figure: Callable[[int], float], target: float, low: int, high: int) -> int:
    """Return the smallest whole number above ``low`` whose figure reaches a target, by halving.

    The figure rises, and that of ``high`` reaches the target: it is not asked for, and is the answer if no other does.

    Examples
    --------
    >>> smallest(lambda number: number**2, 50, 0, 100)
    8
    """
    return high - bisect_left(range(high - 1, low, -1), True, key=lambda number: figure(number) < target)

"""The order in which the slices of a volume are loaded."""

from __future__ import annotations

import contextlib
import operator
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SLICE_ORDERS", "middle_out", "nearest_first", "slice_order"]


def nearest_first(number: int, around: int) -> list[int]:
    """Give slices from one of them outwards.

    Examples
    --------
    >>> nearest_first(5, around=3)
    [3, 4, 2, 1, 0]
    """
    return sorted(range(number), key=lambda k: (abs(k - around), -k))


def middle_out(number: int) -> list[int]:
    """Give slices from the middle outwards.

    Examples
    --------
    >>> middle_out(5)
    [2, 3, 1, 4, 0]
    """
    return nearest_first(number, number // 2)


def interleaved(number: int) -> list[int]:
    """Give the middle, the first and the last slice, and then the middle of what lies between.

    Examples
    --------
    >>> interleaved(9)
    [4, 0, 8, 2, 6, 1, 3, 5, 7]
    """
    if number < 3:
        return list(range(number))
    order = [number // 2, 0, number - 1]
    gaps = deque([(0, number // 2), (number // 2, number - 1)])
    while gaps:
        first, last = gaps.popleft()
        if last - first > 1:
            middle = (first + last) // 2
            order.append(middle)
            gaps += [(first, middle), (middle, last)]
    return order


def sequential(number: int) -> list[int]:
    """Give slices from the first to the last."""
    return list(range(number))


SLICE_ORDERS: dict[str, Callable[[int], list[int]]] = {
    "middle_out": middle_out,
    "interleaved": interleaved,
    "sequential": sequential,
}
"""By name; see `Session.load_volume`."""


def slice_order(order: str | int, number: int) -> list[int]:
    """Give each slice of a volume once, in the order of this name, or around this slice.

    Raises
    ------
    ValueError
        If there is no such order.
    """
    if isinstance(order, str):
        if order in SLICE_ORDERS:
            return SLICE_ORDERS[order](number)
    else:
        # Of NumPy, too.
        with contextlib.suppress(TypeError):
            return nearest_first(number, operator.index(order))
    raise ValueError(
        f"no order {order!r}; there are {', '.join(SLICE_ORDERS)}, or the number of the slice to "
        "begin at"
    )

"""The lines of crosshairs as they are drawn: two arms, and nothing where they meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.rendering.lines import Line

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["arms_of"]

# Canvas pixels around the place that are left free, so that it can be seen.
_GAP = 10.0


def arms_of(
    ends: npt.NDArray[np.float64],
    color: tuple[int, int, int],
    center: tuple[float, float] | None,
) -> list[Line]:
    """Give the two arms of a line, or the one that is left, or the whole of it.

    Parameters
    ----------
    ends : numpy.ndarray
        ``(2, 2)`` canvas points.
    color : tuple of int
        Red, green and blue.
    center : tuple of float or None
        The canvas point that is left free.
    """
    start, end = ends
    length = float(np.linalg.norm(end - start))
    if center is None or length == 0:
        return [Line(tuple(start.tolist()), tuple(end.tolist()), color)]
    along = (end - start) / length
    middle = float((np.array(center) - start) @ along)
    arms = [(0.0, min(middle - _GAP, length)), (max(middle + _GAP, 0.0), length)]
    return [
        Line(tuple((start + a * along).tolist()), tuple((start + b * along).tolist()), color)
        for a, b in arms
        if b > a
    ]

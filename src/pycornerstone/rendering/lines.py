"""Lines over a picture: crosshairs, and where other planes cut this one."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.model.given_values import number_or_nan

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

__all__ = ["Line", "clip_to_box", "draw_lines"]

# OpenCV takes whole numbers; with four bits behind the point, a sixteenth of a pixel.
_FRACTION_BITS = 4
# So far beyond the picture, pixels, a line may go; OpenCV's numbers have 32 bits.
_MARGIN = 64.0
# Pixels; OpenCV draws none that are wider than 32,767.
_WIDEST = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line on a canvas.

    Attributes
    ----------
    start, end : tuple of float
        x and y, canvas pixels; (0.5, 0.5) is the centre of the first one.
    color : tuple of int
        Red, green and blue, 0 to 255.
    width : int
        Pixels.
    opacity : float
        0 to 1.
    dash : float
        Length of its dashes and of the gaps between them, pixels; 0 is a line without gaps.

    Raises
    ------
    ValueError
        If an end is not finite, the colour is none, the width is no whole number from 1 to 1000,
        the opacity not from 0 to 1, or the dash negative.
    """

    start: tuple[float, float]
    end: tuple[float, float]
    color: tuple[int, int, int] = (255, 255, 0)
    width: int = 1
    opacity: float = 1.0
    dash: float = 0.0

    def __post_init__(self) -> None:
        try:
            ends = [number_or_nan(place) for end in (self.start, self.end) for place in (*end,)]
            color = [operator.index(part) for part in self.color]
            width = int(operator.index(self.width))
        except TypeError:
            ends, color, width = [], [], 0
        is_drawable = len(ends) == 4 and all(map(math.isfinite, ends)) and 1 <= width <= _WIDEST
        is_color = len(color) == 3 and all(0 <= part <= 255 for part in color)
        opacity, dash = number_or_nan(self.opacity), number_or_nan(self.dash)
        if not (is_drawable and is_color and 0 <= opacity <= 1 and 0 <= dash < math.inf):
            raise ValueError(
                "a line has two ends of finite x and y, a colour of red, green and blue from 0 to "
                f"255, a width from 1 to {_WIDEST}, an opacity from 0 to 1 and a dash from 0, got "
                f"{self}"
            )


def draw_lines(picture: npt.NDArray[np.uint8], lines: Iterable[Line]) -> npt.NDArray[np.uint8]:
    """Draw lines with smooth edges over a picture.

    Parameters
    ----------
    picture : numpy.ndarray
        ``(height, width, 4)`` uint8, RGBA.
    lines : iterable of Line
        From the lowest to the topmost.

    Returns
    -------
    numpy.ndarray
        A new picture.

    Raises
    ------
    ValueError
        If the picture is none.
    """
    import cv2

    given = np.asarray(picture)
    if given.dtype != np.uint8 or given.ndim != 3 or given.shape[2] != 4 or not given.size:
        raise ValueError(
            "lines are drawn over a picture of (height, width, 4) uint8, as render() gives it, got "
            f"{given.dtype} of shape {given.shape}"
        )
    drawn = np.array(given, order="C")
    height, width = drawn.shape[:2]
    box = (-_MARGIN, -_MARGIN), (width + _MARGIN, height + _MARGIN)
    for line in lines:
        if not isinstance(line, Line):
            raise TypeError(f"a Line is wanted, got {line!r}")
        over = drawn if line.opacity >= 1 else drawn.copy()
        for start, end in _dashes(line, box):
            # Canvas points have the first pixel's centre at 0.5, OpenCV's at 0.
            a, b = (
                tuple(round((place - 0.5) * 2**_FRACTION_BITS) for place in point)
                for point in (start, end)
            )
            color = (*line.color, 255)
            cv2.line(over, a, b, color, int(line.width), cv2.LINE_AA, _FRACTION_BITS)
        if over is not drawn:
            drawn = np.asarray(
                cv2.addWeighted(over, line.opacity, drawn, 1 - line.opacity, 0), np.uint8
            )
    return drawn


def clip_to_box(
    start: npt.ArrayLike,
    along: npt.ArrayLike,
    box: tuple[tuple[float, float], tuple[float, float]],
    between: tuple[float, float] = (-math.inf, math.inf),
) -> tuple[float, float] | None:
    """Give the part of the line ``start + t along`` that is in a box, as lowest and highest t.

    Parameters
    ----------
    start, along : array_like
        A point and a direction, x and y.
    box : tuple
        Its lowest corner and its highest.
    between : tuple of float
        The part of the line that there is.

    Returns
    -------
    tuple of float or None
        None if nothing of it is there.
    """
    first, last = between
    axes = zip(np.asarray(start).tolist(), np.asarray(along).tolist(), *box, strict=True)
    for place, change, low, high in axes:
        if abs(change) < 1e-12:
            if not low <= place <= high:
                return None
            continue
        one, other = (low - place) / change, (high - place) / change
        first, last = max(first, min(one, other)), min(last, max(one, other))
    return (first, last) if first < last else None


def _dashes(
    line: Line, box: tuple[tuple[float, float], tuple[float, float]]
) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    (x, y), (to_x, to_y) = line.start, line.end
    along = (to_x - x, to_y - y)
    part = clip_to_box(line.start, along, box, (0.0, 1.0))
    if part is None:
        return []

    def at(t: float) -> tuple[float, float]:
        return x + t * along[0], y + t * along[1]

    length = math.hypot(*along)
    if line.dash <= 0 or length == 0:
        return [(at(part[0]), at(part[1]))]
    step = 2 * line.dash / length
    count = math.ceil(part[1] / step)
    dashes = [(n * step, min((n + 0.5) * step, part[1])) for n in range(int(part[0] / step), count)]
    return [(at(max(start, part[0])), at(end)) for start, end in dashes if end > part[0]]

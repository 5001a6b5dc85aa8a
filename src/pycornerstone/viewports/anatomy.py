"""How people are used to see the body: which way is right and which is down on a picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pycornerstone.viewports.vectors import dot, negative

if TYPE_CHECKING:
    from pycornerstone.model.geometry import Vector

__all__ = ["radiological_directions"]

# By the axis that the slice is most nearly at right angles to, x, y or z of LPS: what is to the
# right and what is below. Axial slices are seen from the feet, coronal ones from the front,
# sagittal ones from the left.
_RIGHT_AND_DOWN: tuple[tuple[Vector, Vector], ...] = (
    ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0)),
    ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0)),
    ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
)


def radiological_directions(
    row: Vector, column: Vector, normal: Vector
) -> tuple[Vector, Vector, bool]:
    """Choose which directions of an image go right and down, so that the body is seen as usual.

    The image is turned by quarters and mirrored, never more, so that its pixels stay pixels.

    Parameters
    ----------
    row, column, normal : tuple of float
        Along a row and down a column of the image, of any length, and at right angles to both; LPS.

    Returns
    -------
    right, down : tuple of float
        `row` and `column` or their opposites, in one order or the other.
    is_transposed : bool
        Columns go across the picture.
    """
    axis = max(range(3), key=lambda i: abs(normal[i]))
    to_right, to_bottom = _RIGHT_AND_DOWN[axis]
    rightness = [abs(dot(edge, to_right)) / math.hypot(*edge) for edge in (row, column)]
    is_transposed = rightness[1] > rightness[0]
    right, down = (column, row) if is_transposed else (row, column)
    return _towards(right, to_right), _towards(down, to_bottom), is_transposed


def _towards(direction: Vector, target: Vector) -> Vector:
    return negative(direction) if dot(direction, target) < 0 else direction

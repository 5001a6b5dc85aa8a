"""How people are used to see the body: which way is right and which is down on a picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pycornerstone.viewports.vectors import dot, negative

if TYPE_CHECKING:
    from pycornerstone.model.geometry import Vector

__all__ = ["anatomical_letters", "radiological_directions"]

# Of a direction's length: what contributes less than 6 degrees is not named.
_NAMED = 0.1

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


def anatomical_letters(direction: Vector) -> str:
    """Name a direction by what of the body it leads to, the main part first.

    Parameters
    ----------
    direction : tuple of float
        LPS, of any length.

    Returns
    -------
    str
        Up to three of L, R, P, A, H and F: to the patient's left or right, back or front, head or
        feet (PS3.3 C.7.6.1.1.1). Empty where there is no direction.

    Examples
    --------
    >>> anatomical_letters((0.0, -1.0, 0.5))
    'AH'
    """
    least = _NAMED * math.hypot(*direction)
    named = [
        (-abs(along), names[along < 0])
        for along, names in zip(direction, ("LR", "PA", "HF"), strict=True)
        if abs(along) > least
    ]
    return "".join(letter for _, letter in sorted(named, key=lambda part: part[0]))


def _towards(direction: Vector, target: Vector) -> Vector:
    return negative(direction) if dot(direction, target) < 0 else direction

"""When images are alike enough to be slices of one volume."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from pycornerstone.model.geometry import Vector
    from pycornerstone.model.modules import ImagePlaneModule
    from pycornerstone.model.slice_facts import SliceFacts

__all__ = [
    "by_directions",
    "by_spacing",
    "frame_of_reference",
    "groups_by",
    "has_place",
    "normal_of",
    "samples_of",
    "size_of",
]

_V = TypeVar("_V")
_Directions: TypeAlias = "tuple[Vector, Vector]"
_Spacing: TypeAlias = "tuple[float | None, float | None]"

# Radians: half a pixel over 512. Directions of one series differ by rounding, or by noise of 1e-7.
_DIRECTION = 1e-3
# Nothing in a room is a kilometre away. Numbers beyond it, and those that are none, are no places.
_FARTHEST_MM = 1e6
# Of row x column, which is 1 where they are at right angles, as they should be.
_LEAST_NORMAL = 1e-3
# Of a spacing: a quarter of a pixel over 512. Writers keep six digits or more of it.
_SPACING = 5e-4


def size_of(facts: SliceFacts) -> tuple[int | None, int | None]:
    """Give rows and columns, by the pixels, else by the plane."""
    if facts.rows is not None and facts.columns is not None:
        return facts.rows, facts.columns
    plane = facts.plane
    return (None, None) if plane is None else (plane.rows, plane.columns)


def samples_of(facts: SliceFacts) -> tuple[int | None, str, str | None]:
    """Give what tells kinds of samples apart: how many, which numbers, of which modality."""
    return facts.samples_per_pixel, facts.sample_type, facts.modality


def frame_of_reference(facts: SliceFacts) -> str | None:
    """Give the Frame of Reference UID (0020,0052); None where nobody says."""
    return (facts.plane.frame_of_reference_uid or None) if facts.plane is not None else None


def has_place(facts: SliceFacts) -> bool:
    """Say whether position and orientation are known, and can be those of an image."""
    plane = facts.plane
    if plane is None or plane.image_position_lps is None:
        return False
    row, column = plane.row_cosines, plane.column_cosines
    if row is None or column is None:
        return False
    x, y, z = plane.image_position_lps
    # Of no number, no comparison holds.
    return (
        -_FARTHEST_MM < x < _FARTHEST_MM
        and -_FARTHEST_MM < y < _FARTHEST_MM
        and -_FARTHEST_MM < z < _FARTHEST_MM
        and _are_directions(row, column)
    )


def normal_of(plane: ImagePlaneModule) -> Vector:
    """Give row x column, made a unit vector: rows of a skewed NIfTI file are no right angle."""
    x, y, z = plane.geometry.normal
    length = math.hypot(x, y, z)
    return (x / length, y / length, z / length)


def groups_by(
    facts: Sequence[SliceFacts], key: Callable[[SliceFacts], Hashable]
) -> list[list[SliceFacts]]:
    """Put images with one key together, groups and images in the order in which they came."""
    groups: dict[Hashable, list[SliceFacts]] = {}
    for one in facts:
        groups.setdefault(key(one), []).append(one)
    return list(groups.values())


def by_directions(facts: Sequence[SliceFacts]) -> list[list[SliceFacts]]:
    """Put images together whose rows and columns run the same ways as those of their first.

    Images without directions are alike.
    """
    return _grouped(facts, _directions, _cell_of_directions, _same_directions)


def by_spacing(facts: Sequence[SliceFacts]) -> list[list[SliceFacts]]:
    """Put images together whose pixels are as far apart as those of their first.

    Images without a spacing are alike.
    """
    return _grouped(facts, _spacing, _cell_of_spacing, _same_spacing)


def _grouped(
    facts: Sequence[SliceFacts],
    value_of: Callable[[SliceFacts], _V],
    cell_of: Callable[[_V], int | None],
    is_alike: Callable[[_V, _V], bool],
) -> list[list[SliceFacts]]:
    """Put images together that are like the first of the first group that they can be in.

    Thousands of radial slices differ each from all others: values that are alike lie in one cell,
    or in two that touch, and only these are compared.
    """
    groups: list[list[SliceFacts]] = []
    of_value: dict[_V, list[SliceFacts]] = {}
    firsts: dict[int | None, list[tuple[int, _V]]] = {}
    for one in facts:
        value = value_of(one)
        group = of_value.get(value)
        if group is None:
            cell = cell_of(value)
            around = (None,) if cell is None else (cell - 1, cell, cell + 1)
            near = [known for place in around for known in firsts.get(place, ())]
            number = min((n for n, first in near if is_alike(first, value)), default=len(groups))
            if number == len(groups):
                groups.append([])
                firsts.setdefault(cell, []).append((number, value))
            group = of_value[value] = groups[number]
        group.append(one)
    return groups


def _same_directions(one: _Directions | None, other: _Directions | None) -> bool:
    if one is None or other is None:
        return one is other
    return max(map(math.dist, one, other)) <= _DIRECTION


def _same_spacing(one: _Spacing, other: _Spacing) -> bool:
    return one == other or all(
        first is not None and second is not None and math.isclose(first, second, rel_tol=_SPACING)
        for first, second in zip(one, other, strict=True)
    )


def _cell_of_directions(directions: _Directions | None) -> int | None:
    """Give a whole number that differs by 1 at most where directions are the same."""
    if directions is None:
        return None
    (a, b, c), (d, e, f) = directions
    # Along lines that are no axes of anything, as many slices differ by a turn about one. Each of
    # the two directions may be off by `_DIRECTION`, and so may how far it goes along its line.
    along = (2 * a + 3 * b + 6 * c) / 7 + (6 * d - 2 * e + 3 * f) / 7
    return _cell(along, 2 * _DIRECTION)


def _cell_of_spacing(spacing: _Spacing) -> int | None:
    """Give a whole number that differs by 1 at most where spacings are the same."""
    row, column = spacing
    if row is None or column is None:
        return None
    return _cell(math.log(row) + math.log(column), 3 * _SPACING)


def _cell(value: float, size: float) -> int | None:
    return math.floor(value / size) if math.isfinite(value) else None


@lru_cache(maxsize=64)
def _are_directions(row: Vector, column: Vector) -> bool:
    """Say whether a row and a column span a plane; all slices of a series have the same."""
    (a, b, c), (d, e, f) = row, column
    across = math.hypot(b * f - c * e, c * d - a * f, a * e - b * d)
    return _LEAST_NORMAL < across < 1 / _LEAST_NORMAL


def _directions(facts: SliceFacts) -> _Directions | None:
    plane = facts.plane
    if plane is None or plane.row_cosines is None or plane.column_cosines is None:
        return None
    return plane.row_cosines, plane.column_cosines


def _spacing(facts: SliceFacts) -> _Spacing:
    plane = facts.plane
    if plane is None:
        return None, None
    row, column = plane.row_pixel_spacing_mm, plane.column_pixel_spacing_mm
    # As `ImagePlaneModule.geometry`: what is no distance is not known.
    return (
        row if row is not None and 0 < row < math.inf else None,
        column if column is not None and 0 < column < math.inf else None,
    )

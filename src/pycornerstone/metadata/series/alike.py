"""When images are alike enough to be slices of one volume."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from pycornerstone.model.geometry import Vector
    from pycornerstone.model.modules import ImagePlaneModule
    from pycornerstone.model.slice_facts import SliceFacts

__all__ = [
    "frame_of_reference",
    "grouped",
    "groups_by",
    "has_place",
    "normal_of",
    "same_directions",
    "same_spacing",
    "samples_of",
    "size_of",
]

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


def same_directions(one: SliceFacts, other: SliceFacts) -> bool:
    """Say whether rows and columns run the same ways; images without directions are alike."""
    a, b = _directions(one), _directions(other)
    if a is None or b is None:
        return a is b
    return a == b or max(math.dist(a[0], b[0]), math.dist(a[1], b[1])) <= _DIRECTION


def same_spacing(one: SliceFacts, other: SliceFacts) -> bool:
    """Say whether pixels are the same distances apart; images without a spacing are alike."""
    a, b = _spacing(one), _spacing(other)
    return a == b or all(
        first is not None and second is not None and math.isclose(first, second, rel_tol=_SPACING)
        for first, second in zip(a, b, strict=True)
    )


def groups_by(
    facts: Sequence[SliceFacts], key: Callable[[SliceFacts], Hashable]
) -> list[list[SliceFacts]]:
    """Put images with one key together, groups and images in the order in which they came."""
    groups: dict[Hashable, list[SliceFacts]] = {}
    for one in facts:
        groups.setdefault(key(one), []).append(one)
    return list(groups.values())


def grouped(
    facts: Sequence[SliceFacts], is_alike: Callable[[SliceFacts, SliceFacts], bool]
) -> list[list[SliceFacts]]:
    """Put images together that are like the first of their group."""
    groups: list[list[SliceFacts]] = []
    for one in facts:
        for group in groups:
            if is_alike(group[0], one):
                group.append(one)
                break
        else:
            groups.append([one])
    return groups


@lru_cache(maxsize=64)
def _are_directions(row: Vector, column: Vector) -> bool:
    """Say whether a row and a column span a plane; all slices of a series have the same."""
    (a, b, c), (d, e, f) = row, column
    across = math.hypot(b * f - c * e, c * d - a * f, a * e - b * d)
    return _LEAST_NORMAL < across < 1 / _LEAST_NORMAL


def _directions(facts: SliceFacts) -> tuple[Vector, Vector] | None:
    plane = facts.plane
    if plane is None or plane.row_cosines is None or plane.column_cosines is None:
        return None
    return plane.row_cosines, plane.column_cosines


def _spacing(facts: SliceFacts) -> tuple[float | None, float | None]:
    plane = facts.plane
    if plane is None:
        return None, None
    row, column = plane.row_pixel_spacing_mm, plane.column_pixel_spacing_mm
    # As `ImagePlaneModule.geometry`: what is no distance is not known.
    return (
        row if row is not None and 0 < row < math.inf else None,
        column if column is not None and 0 < column < math.inf else None,
    )

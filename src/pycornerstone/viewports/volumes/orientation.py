"""Orientations: from which side a volume is seen, and what is up."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from pycornerstone.viewports.anatomy import radiological_directions
from pycornerstone.viewports.vectors import cross, negative, three_numbers, unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycornerstone.model.geometry import Vector
    from pycornerstone.model.volume_geometry import VolumeGeometry

__all__ = ["Directions", "Orientation", "OrientationLike", "checked_orientation", "directions_of"]


class Orientation(StrEnum):
    """A plane by its name.

    Axial slices are seen from the feet, coronal ones from the front and sagittal ones from the
    left, as radiologists are used to. A reformat is the plane along the voxels that is nearest to
    it, so that a slightly oblique volume is shown voxel by voxel.
    """

    AXIAL = "axial"
    SAGITTAL = "sagittal"
    CORONAL = "coronal"
    ACQUISITION = "acquisition"
    """The plane of the slices, as a stack shows them: row 0 on top and column 0 on the left.

    NIfTI and the like keep rows in any direction; these are turned by quarters and mirrored so that
    the body is seen as usual.
    """
    AXIAL_REFORMAT = "axial_reformat"
    SAGITTAL_REFORMAT = "sagittal_reformat"
    CORONAL_REFORMAT = "coronal_reformat"


Directions: TypeAlias = "tuple[Vector, Vector]"
"""The normal, from the plane to the viewer, and what is up on the canvas; unit vectors, LPS."""

OrientationLike: TypeAlias = "Orientation | str | Sequence[Sequence[float]]"
"""A name, or normal and up."""

_NAMED: dict[str, Directions] = {
    "axial": ((0.0, 0.0, -1.0), (0.0, -1.0, 0.0)),
    "sagittal": ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0)),
    "coronal": ((0.0, -1.0, 0.0), (0.0, 0.0, 1.0)),
}
_REFORMAT = "_reformat"


def checked_orientation(orientation: OrientationLike) -> Orientation | Directions:
    """Give the orientation that is meant.

    Raises
    ------
    ValueError
        If there is none of that name, or normal and up are no two different directions.
    """
    if isinstance(orientation, str):
        try:
            return Orientation(orientation.lower())
        except ValueError:
            known = ", ".join(Orientation)
            raise ValueError(
                f"no orientation {orientation!r}; there are: {known}, or give normal and up"
            ) from None
    try:
        normal, up = (three_numbers(direction) for direction in orientation)
    except (TypeError, ValueError):
        normal = up = None
    towards = normal and unit(normal)
    if towards is None or up is None or unit(cross(towards, up)) is None:
        raise ValueError(
            "an orientation is a name, or a normal and an up of three numbers each that are two "
            f"different directions, got {orientation!r}"
        )
    return towards, up


def directions_of(orientation: Orientation | Directions, geometry: VolumeGeometry) -> Directions:
    """Give normal and up of a plane through a volume."""
    if not isinstance(orientation, Orientation):
        return orientation
    if orientation is Orientation.ACQUISITION:
        return _of_slices(geometry)
    name = orientation.value
    if name.endswith(_REFORMAT):
        return _nearest_along_voxels(_NAMED[name.removesuffix(_REFORMAT)], geometry)
    return _NAMED[name]


def _of_slices(geometry: VolumeGeometry) -> Directions:
    right, down, _ = map(tuple, geometry.directions.T.tolist())
    # Of voxels that nobody knows the place of, the picture as it is stored is all there is.
    if not (geometry.is_upright or geometry.is_default):
        right, down, _ = radiological_directions(right, down, cross(right, down))
    return negative(cross(right, down)), negative(down)


def _nearest_along_voxels(wanted: Directions, geometry: VolumeGeometry) -> Directions:
    normals = geometry.inverse[:3, :3]
    normals = normals / np.linalg.norm(normals, axis=1)[:, np.newaxis]
    across = int(np.argmax(np.abs(normals @ wanted[0])))
    edges = geometry.directions.T @ wanted[1]
    edges[across] = 0
    along = int(np.argmax(np.abs(edges)))
    normal = normals[across] * np.copysign(1, normals[across] @ wanted[0])
    up = geometry.directions[:, along] * np.copysign(1, edges[along])
    return tuple(normal.tolist()), tuple(up.tolist())

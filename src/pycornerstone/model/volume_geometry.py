"""Where the voxels of a volume lie: one affine, from (i, j, k) to LPS millimetres."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.errors import GeometryError
from pycornerstone.model.given_values import points_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.model.geometry import Vector

__all__ = ["PlaneStack", "VolumeGeometry"]

# Sine of the angle within which two directions count as one.
_PARALLEL = 1e-4
# Of a step: places that differ by less are the same plane.
_SAME_PLANE = 1e-4
# mm, of an affine's columns: grids that differ by less are one.
_SAME_GRID_MM = 1e-3


@dataclass(frozen=True, slots=True)
class PlaneStack:
    """The planes of a volume along a normal, one voxel apart: the slice index, defined once.

    Attributes
    ----------
    normal : tuple of float
        Unit vector, from plane 0 towards the last one.
    first_mm : float
        ``dot(point, normal)`` of the points of plane 0.
    step_mm : float
        From one plane to the next.
    count : int
        How many there are.
    """

    normal: Vector
    first_mm: float
    step_mm: float
    count: int

    def position_mm(self, index: int) -> float:
        """Give ``dot(point, normal)`` of the points of a plane."""
        return self.first_mm + index * self.step_mm

    def nearest(self, point_lps: npt.ArrayLike) -> int:
        """Give the index of the plane that is nearest to a place; the first or last beyond them."""
        distance = float(np.dot(np.asarray(point_lps, np.float64), self.normal))
        index = math.floor((distance - self.first_mm) / self.step_mm + 0.5)
        return min(max(index, 0), self.count - 1)


# Without slots, so that what is worked out is kept.
@dataclass(frozen=True, eq=False)
class VolumeGeometry:
    """Shape and place of a grid of voxels; it may be oblique, sheared or mirrored.

    An index is (i, j, k): column, row and slice, so that a voxel is ``voxels[k, j, i]``. Whole
    numbers are voxel centres, and the volume reaches from -0.5 to n - 0.5.

    Attributes
    ----------
    shape : tuple of int
        ``(slices, rows, columns)``, as NumPy has it.
    affine : numpy.ndarray
        ``(4, 4)`` float64, read-only: (i, j, k, 1) to LPS mm.
    frame_of_reference_uid : str or None
        (0020,0052): places of two volumes can be compared if theirs is the same.
    is_default : bool
        Nobody said where the voxels lie: 1 mm each, from the origin along x, y and z.
    is_upright : bool
        Row 0 is the top and column 0 the left of a slice, as of `Image`; formats like NIfTI keep
        rows in any direction.

    Raises
    ------
    GeometryError
        If a length of `shape` is below 1, or `affine` is no invertible 4x4 matrix of an affine map.
    """

    shape: tuple[int, int, int]
    affine: npt.NDArray[np.float64]
    frame_of_reference_uid: str | None = None
    is_default: bool = False
    is_upright: bool = True

    def __post_init__(self) -> None:
        shape = tuple(int(length) for length in self.shape)
        if len(shape) != 3 or min(shape) < 1:
            raise GeometryError(
                f"a volume has slices, rows and columns, at least 1 of each, got {self.shape}"
            )
        affine = np.array(self.affine, np.float64)
        is_affine = affine.shape == (4, 4) and bool(np.isfinite(affine).all())
        if not is_affine or affine[3].tolist() != [0, 0, 0, 1] or not _spans(affine[:3, :3]):
            raise GeometryError(
                "an affine is a 4x4 matrix of finite numbers whose first three columns are three "
                f"directions and whose last row is 0, 0, 0, 1, got {affine.tolist()}"
            )
        affine.flags.writeable = False
        object.__setattr__(self, "shape", shape)
        object.__setattr__(self, "affine", affine)

    @classmethod
    def default(cls, shape: tuple[int, int, int]) -> VolumeGeometry:
        """Give that of voxels nobody knows the place of: 1 mm, from the origin along x, y, z."""
        return cls(shape, np.eye(4), is_default=True)

    @cached_property
    def inverse(self) -> npt.NDArray[np.float64]:
        """``(4, 4)``, LPS mm to (i, j, k, 1); read-only."""
        inverse = np.asarray(np.linalg.inv(self.affine), np.float64)
        inverse[3] = (0, 0, 0, 1)
        inverse.flags.writeable = False
        return inverse

    @property
    def lengths(self) -> tuple[int, int, int]:
        """Voxels along i, j and k: `shape` the other way round."""
        slices, rows, columns = self.shape
        return (columns, rows, slices)

    @cached_property
    def spacing_mm(self) -> tuple[float, float, float]:
        """From one voxel centre to the next along i (columns), j (rows) and k (slices).

        Of a sheared volume, slices are nearer to each other than that: see `slice_distance_mm`.
        """
        x, y, z = np.linalg.norm(self.affine[:3, :3], axis=0).tolist()
        return (x, y, z)

    @cached_property
    def directions(self) -> npt.NDArray[np.float64]:
        """``(3, 3)``, in its columns the unit vectors along i, j and k; read-only."""
        directions = np.asarray(self.affine[:3, :3] / self.spacing_mm, np.float64)
        directions.flags.writeable = False
        return directions

    @cached_property
    def normal(self) -> Vector:
        """Unit vector at right angles to the slices, on the side of higher k."""
        across = np.cross(self.directions[:, 0], self.directions[:, 1])
        across /= np.linalg.norm(across)
        if float(across @ self.directions[:, 2]) < 0:
            across = -across
        x, y, z = across.tolist()
        return (x, y, z)

    @cached_property
    def slice_distance_mm(self) -> float:
        """From the plane of one slice to that of the next."""
        return abs(float(np.dot(self.affine[:3, 2], self.normal)))

    @cached_property
    def is_orthogonal(self) -> bool:
        """The three axes are at right angles to each other, within 0.006 degrees."""
        cosines = self.directions.T @ self.directions - np.eye(3)
        return bool(np.abs(cosines).max() < _PARALLEL)

    @cached_property
    def is_right_handed(self) -> bool:
        """The third axis is on the side of row x column; of a mirrored volume it is not."""
        return bool(np.linalg.det(self.directions) > 0)

    @cached_property
    def center_lps(self) -> Vector:
        """Middle of the volume, mm."""
        x, y, z = self.index_to_world([(length - 1) / 2 for length in self.lengths]).tolist()
        return (x, y, z)

    @cached_property
    def corners_lps(self) -> npt.NDArray[np.float64]:
        """``(8, 3)``, the corners of what the voxels fill (half a voxel beyond their centres)."""
        ends = [(-0.5, length - 0.5) for length in self.lengths]
        return self.index_to_world(np.array(list(itertools.product(*ends))))

    def index_to_world(self, index: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Give ``(..., 3)`` LPS mm of ``(..., 3)`` indices (i, j, k)."""
        points = points_of(index, 3, "an index (i, j, k)")
        return np.asarray(points @ self.affine[:3, :3].T + self.affine[:3, 3])

    def world_to_index(self, point_lps: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Give ``(..., 3)`` indices (i, j, k) of ``(..., 3)`` LPS mm; not rounded, not limited."""
        points = points_of(point_lps, 3, "a place, LPS mm,")
        return np.asarray(points @ self.inverse[:3, :3].T + self.inverse[:3, 3])

    def contains(self, point_lps: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Say of ``(..., 3)`` places whether a voxel is there."""
        index = self.world_to_index(point_lps)
        return np.asarray(((index >= -0.5) & (index < np.array(self.lengths) - 0.5)).all(axis=-1))

    def is_like(self, other: VolumeGeometry) -> bool:
        """Say whether another grid has its voxels in the same places, but for rounding."""
        if self.shape != other.shape or self.frame_of_reference_uid != other.frame_of_reference_uid:
            return False
        return bool(np.allclose(self.affine, other.affine, rtol=0, atol=_SAME_GRID_MM))

    def slice_planes(self, normal: npt.ArrayLike) -> PlaneStack:
        """Give the planes through the volume at right angles to a direction, one voxel apart.

        Along the normal of slices, rows or columns they are exactly those of the voxels' centres.
        Along any other, the first goes through the outermost voxel centre, and one step moves by
        the length of one voxel (the index changes by 1 in all).

        Parameters
        ----------
        normal : array_like
            Direction, LPS; made a unit vector. The planes are counted along it.

        Raises
        ------
        GeometryError
            If it has no length.
        """
        try:
            direction = np.asarray(normal, np.float64)
        except (TypeError, ValueError):
            direction = np.zeros(0)
        length = float(np.linalg.norm(direction)) if direction.shape == (3,) else 0.0
        if not (math.isfinite(length) and length > 0):
            raise GeometryError(f"a normal is a direction of three numbers, got {normal!r}")
        direction = direction / length
        change = self.inverse[:3, :3] @ direction
        step = 1 / float(np.linalg.norm(change))
        for row in self.inverse[:3, :3]:
            # Rows of the inverse are the normals of the voxels' own planes.
            size = float(np.linalg.norm(row))
            if abs(float(row @ direction)) > size * (1 - _PARALLEL**2 / 2):
                step = 1 / size
        ends = [(0, length - 1) for length in self.lengths]
        distances = self.index_to_world(np.array(list(itertools.product(*ends)))) @ direction
        first, last = float(distances.min()), float(distances.max())
        count = math.floor((last - first) / step + _SAME_PLANE) + 1
        x, y, z = direction.tolist()
        return PlaneStack((x, y, z), first, step, count)


def _spans(matrix: npt.NDArray[np.float64]) -> bool:
    lengths = np.linalg.norm(matrix, axis=0)
    if not (lengths > 0).all():
        return False
    return bool(abs(np.linalg.det(matrix / lengths)) > _PARALLEL)

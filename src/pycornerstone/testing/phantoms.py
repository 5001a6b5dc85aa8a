"""A CT of a thorax that was never scanned: its Hounsfield units and its geometry are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.testing.thorax import (
    AIR,
    CONTRAST,
    LUNG,
    ROD_RADIUS_MM,
    SOFT_TISSUE,
    WATER,
    SliceGrid,
    paint_thorax,
    rods,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.model.geometry import Vector

__all__ = ["CtPhantom", "KnownRegion", "ct_phantom"]

_FIELD_OF_VIEW_MM = 400.0
_HEIGHT_MM = 240.0
_THICKEST_SLICE_MM = 5.0


@dataclass(frozen=True, slots=True)
class KnownRegion:
    """A ball inside of which every voxel has one value.

    Attributes
    ----------
    name : str
        What is there.
    position_lps : tuple of float
        Its centre, mm.
    radius_mm : float
        Voxels whose centres lie this near have the value, exactly where the phantom has no noise.
    hounsfield : int
        The value, HU.
    """

    name: str
    position_lps: Vector
    radius_mm: float
    hounsfield: int


@dataclass(frozen=True, slots=True, eq=False)
class CtPhantom:
    """A CT volume with what is known of it.

    Attributes
    ----------
    hounsfield : numpy.ndarray
        HU, int16 of shape (slices, rows, columns), read-only; slices from the feet to the head.
    affine : numpy.ndarray
        4x4 from voxel (column, row, slice, 1) to LPS mm, voxel centres.
    known : tuple of KnownRegion
        Regions of one value, none of them outside of the volume.
    """

    hounsfield: npt.NDArray[np.int16]
    affine: npt.NDArray[np.float64]
    known: tuple[KnownRegion, ...]

    @property
    def pixel_spacing_mm(self) -> tuple[float, float]:
        """Distance between rows, and between columns."""
        return float(self.affine[1, 1]), float(self.affine[0, 0])

    @property
    def slice_spacing_mm(self) -> float:
        """Distance between slices, which is their thickness too."""
        return float(self.affine[2, 2])

    def position_lps(self, index: int) -> Vector:
        """Centre of the first pixel of slice `index`, mm."""
        x, y, z = (self.affine @ (0, 0, index, 1))[:3].tolist()
        return (x, y, z)

    def voxel_at(self, position_lps: Vector) -> tuple[int, int, int]:
        """Slice, row and column of the voxel whose centre is nearest to a point.

        Raises
        ------
        ValueError
            If the point lies outside of the volume.
        """
        column, row, index, _ = np.rint(np.linalg.solve(self.affine, (*position_lps, 1))).astype(
            int
        )
        voxel = (int(index), int(row), int(column))
        if any(not 0 <= at < size for at, size in zip(voxel, self.hounsfield.shape, strict=True)):
            raise ValueError(f"{position_lps} mm is outside of the phantom")
        return voxel

    def known_voxels(self, region: KnownRegion) -> npt.NDArray[np.bool_]:
        """Mask, of the shape of the volume, of the voxels whose centres lie in a region."""
        slices, rows, columns = self.hounsfield.shape
        x, y, z = (
            self.affine[axis, axis] * np.arange(count) + self.affine[axis, 3] - center
            for axis, count, center in zip(
                range(3), (columns, rows, slices), region.position_lps, strict=True
            )
        )
        squared = x**2 + y[:, None] ** 2 + z[:, None, None] ** 2
        mask: npt.NDArray[np.bool_] = squared <= region.radius_mm**2
        return mask


def ct_phantom(
    slices: int = 48,
    rows: int = 512,
    columns: int = 512,
    *,
    slice_spacing_mm: float | None = None,
    noise_hu: float = 0.0,
) -> CtPhantom:
    """Draw a CT of a thorax: axial, head first, on the back.

    Parameters
    ----------
    slices, rows, columns : int
        Size; the field of view is 400 mm along the longer of rows and columns, centred on the body.
    slice_spacing_mm : float, optional
        Distance between slices, the middle of the stack at the heart; by default so that the stack
        covers 240 mm, but not more than 5 mm.
    noise_hu : float
        Standard deviation of the noise, the same for each call; without noise values are exact.

    Returns
    -------
    CtPhantom
        Water is 0, air -1000, bone 1000, fat -100, lung -800, soft tissue 50, contrast 300 HU.

    Raises
    ------
    ValueError
        If a size is less than 1, or the noise is negative.
    """
    if min(slices, rows, columns) < 1:
        raise ValueError(f"a phantom has at least one voxel, got {(slices, rows, columns)}")
    if noise_hu < 0:
        raise ValueError(f"noise is at least 0 HU, got {noise_hu}")
    pixel = round(_FIELD_OF_VIEW_MM / max(rows, columns), 6)
    step = round(slice_spacing_mm or min(_THICKEST_SLICE_MM, _HEIGHT_MM / slices), 4)
    affine = np.diag((pixel, pixel, step, 1.0))
    sizes = (columns, rows, slices)
    affine[:3, 3] = [-affine[axis, axis] * (sizes[axis] - 1) / 2 for axis in range(3)]
    # Coordinates of DICOM are decimal text: these are short enough to be written as they are.
    affine[:3, 3] = np.round(affine[:3, 3], 5)
    affine.flags.writeable = False

    x, y = (
        (affine[axis, 3] + pixel * np.arange(sizes[axis])).astype(np.float32) for axis in (0, 1)
    )
    noise = np.random.default_rng(seed=1)
    hounsfield = np.empty((slices, rows, columns), dtype=np.int16)
    for index in range(slices):
        values = paint_thorax(SliceGrid(x, y, float(affine[2, 3] + step * index), pixel))
        if noise_hu:
            values += noise_hu * noise.standard_normal(values.shape, dtype=np.float32)
        hounsfield[index] = np.clip(np.rint(values), -1024, 3071)
    hounsfield.flags.writeable = False
    phantom = CtPhantom(hounsfield, affine, ())
    return CtPhantom(hounsfield, affine, tuple(r for r in _known_regions() if _holds(phantom, r)))


def _known_regions() -> list[KnownRegion]:
    # 3 mm at the edges are left out: a phantom of 64 columns smooths over 6.25 mm.
    found = [
        KnownRegion(name, (x, y, 0.0), ROD_RADIUS_MM - 3, value) for name, value, x, y in rods()
    ]
    found += [
        KnownRegion("left ventricle", (48, -24, -50), 12, CONTRAST),
        KnownRegion("left atrium", (18, 6, -28), 8, CONTRAST),
        KnownRegion("liver", (-70, -10, -112), 20, SOFT_TISSUE),
        KnownRegion("stomach", (62, -8, -118), 14, WATER),
        KnownRegion("nodule in the right lung", (-82, -18, 18), 4, SOFT_TISSUE),
        KnownRegion("right lung", (-117, 0, 0), 8, LUNG),
        KnownRegion("trachea", (0, 13, 80), 5, AIR),
        KnownRegion("air in front of the patient", (0, -160, 0), 20, AIR),
    ]
    return found


def _holds(phantom: CtPhantom, region: KnownRegion) -> bool:
    """Tell whether at least one voxel has its centre in the region."""
    try:
        index, row, column = phantom.voxel_at(region.position_lps)
    except ValueError:
        return False
    nearest = (phantom.affine @ (column, row, index, 1))[:3]
    return bool(np.linalg.norm(nearest - region.position_lps) <= region.radius_mm)

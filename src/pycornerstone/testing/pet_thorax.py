"""A PET of the thorax of the CT phantom: its uptake is known, its grid is another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.testing.ellipsoids import Ellipsoid

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.model.geometry import Vector

__all__ = [
    "BQML_TO_SUV",
    "DOSE_BQ",
    "HALF_LIFE_S",
    "MINUTES_AFTER_INJECTION",
    "WEIGHT_KG",
    "PetPhantom",
    "PetRegion",
    "pet_phantom",
]

WEIGHT_KG = 70.0
DOSE_BQ = 350e6
HALF_LIFE_S = 6586.2
"""Of fluorine-18."""
MINUTES_AFTER_INJECTION = 60
BQML_TO_SUV = WEIGHT_KG * 1000 / (DOSE_BQ * 2 ** (-60 * MINUTES_AFTER_INJECTION / HALF_LIFE_S))
"""SUVbw, g/ml, of 1 Bq/ml: weight in g by the dose that is left when the scan starts."""

_FIELD_OF_VIEW_MM = 521.3184
_HEIGHT_MM = 240.0
_THICKEST_SLICE_MM = 5.0
# No voxel centre of the PET lies on one of the CT.
_OFF_CENTER_MM = (1.3, -0.7, 0.9)

# SUV in g/ml. What lies further down covers what lies above it.
_UPTAKE = (
    (0.6, Ellipsoid((0, 0, 0), (172, 118, 420))),
    (1.0, Ellipsoid((0, 0, 0), (158, 104, 400))),
    (0.4, Ellipsoid((-72, -2, -5), (60, 78, 128))),
    (0.4, Ellipsoid((74, 2, -5), (56, 76, 128))),
    (1.4, Ellipsoid((2, 4, 30), (34, 58, 200))),
    (1.0, Ellipsoid((24, -34, -48), (66, 52, 62))),
    (2.4, Ellipsoid((-66, -6, -150), (74, 84, 78))),
    (1.8, Ellipsoid((0, 66, 0), (21, 16, 1000))),
    (5.0, Ellipsoid((48, -24, -50), (34, 30, 46))),
    (1.6, Ellipsoid((48, -24, -50), (24, 20, 36))),
    (9.0, Ellipsoid((-82, -18, 18), (11, 11, 11))),
    (6.0, Ellipsoid((-6, 0, 62), (9, 9, 9))),
)


@dataclass(frozen=True, slots=True)
class PetRegion:
    """A ball inside of which every voxel has one value.

    Attributes
    ----------
    name : str
        What is there.
    position_lps : tuple of float
        Its centre in the frame of reference of the CT phantom, mm.
    radius_mm : float
        Voxels whose centres lie this near have the value, if the grid is not coarser than 5 mm.
    suv : float
        SUVbw, g/ml.
    """

    name: str
    position_lps: Vector
    radius_mm: float
    suv: float


_KNOWN = (
    PetRegion("nodule in the right lung", (-82, -18, 18), 5, 9.0),
    PetRegion("lymph node", (-6, 0, 62), 3.5, 6.0),
    PetRegion("blood in the left ventricle", (48, -24, -50), 12, 1.6),
    PetRegion("liver", (-70, -10, -112), 20, 2.4),
    PetRegion("right lung", (-95, 20, -10), 12, 0.4),
    PetRegion("air in front of the patient", (0, -160, 0), 20, 0.0),
)


@dataclass(frozen=True, slots=True, eq=False)
class PetPhantom:
    """A PET volume with what is known of it.

    Attributes
    ----------
    activity : numpy.ndarray
        Bq/ml, float32 of shape (slices, rows, columns), read-only; slices from the feet to the
        head. `BQML_TO_SUV` makes SUV of it.
    affine : numpy.ndarray
        4x4 from voxel (column, row, slice, 1) to LPS mm of its own frame of reference.
    to_ct : numpy.ndarray
        4x4 from LPS mm of its own frame of reference to those of the CT phantom.
    known : tuple of PetRegion
        Regions of one value; some may lie outside of the volume.
    """

    activity: npt.NDArray[np.float32]
    affine: npt.NDArray[np.float64]
    to_ct: npt.NDArray[np.float64]
    known: tuple[PetRegion, ...] = _KNOWN

    @property
    def is_moved(self) -> bool:
        """It has a frame of reference of its own."""
        return not np.array_equal(self.to_ct, np.eye(4))

    def points_of_ct(self) -> npt.NDArray[np.float32]:
        """Voxel centres ``(slices, rows, columns, 3)``, mm, in the CT's frame of reference."""
        slices, rows, columns = self.activity.shape
        return _points((slices, rows, columns), self.to_ct @ self.affine)

    def known_voxels(self, region: PetRegion) -> npt.NDArray[np.bool_]:
        """Mask, of the shape of the volume, of the voxels whose centres lie in a region."""
        away = self.points_of_ct() - np.array(region.position_lps, np.float32)
        mask: npt.NDArray[np.bool_] = np.linalg.norm(away, axis=-1) <= region.radius_mm
        return mask


def pet_phantom(
    slices: int = 60,
    rows: int = 128,
    columns: int = 128,
    *,
    moved_by: npt.ArrayLike | None = None,
) -> PetPhantom:
    """Draw a PET of the thorax that `ct_phantom` draws.

    Parameters
    ----------
    slices, rows, columns : int
        Size; the field of view is 521 mm along the longer of rows and columns, and 240 mm high,
        with slices of at most 5 mm.
    moved_by : array_like, optional
        ``(4, 4)``, how the patient lies for this scan: from LPS mm of the CT to those of the PET,
        turned and moved only. By default as for the CT, in the same frame of reference.

    Returns
    -------
    PetPhantom
        SUV 9 in the nodule, 6 in a lymph node, 5 in the heart's muscle, 2.4 in the liver.

    Raises
    ------
    ValueError
        If a size is less than 1, or `moved_by` is something else.
    """
    if min(slices, rows, columns) < 1:
        raise ValueError(f"a phantom has at least one voxel, got {(slices, rows, columns)}")
    moved = np.eye(4) if moved_by is None else np.array(moved_by, np.float64)
    is_rigid = moved.shape == (4, 4) and np.allclose(moved[:3, :3] @ moved[:3, :3].T, np.eye(3))
    if not is_rigid or moved[3].tolist() != [0, 0, 0, 1]:
        raise ValueError(f"moved_by is a 4x4 matrix that turns and moves, got {moved.tolist()}")
    pixel = round(_FIELD_OF_VIEW_MM / max(rows, columns), 6)
    step = round(min(_THICKEST_SLICE_MM, _HEIGHT_MM / slices), 4)
    affine = np.diag((pixel, pixel, step, 1.0))
    for axis, count in enumerate((columns, rows, slices)):
        affine[axis, 3] = round(_OFF_CENTER_MM[axis] - affine[axis, axis] * (count - 1) / 2, 5)
    to_ct = np.eye(4)
    if moved_by is not None:
        to_ct[:3] = np.linalg.inv(moved)[:3]
    points = _points((slices, rows, columns), to_ct @ affine)
    activity = np.zeros((slices, rows, columns), np.float32)
    for suv, shape in _UPTAKE:
        # Smoothed over one voxel, as all that a scanner sees.
        share = np.clip(0.5 - shape.edge_mm(points) / np.float32(pixel), 0, 1)
        activity += (np.float32(suv / BQML_TO_SUV) - activity) * share
    for array in (activity, affine, to_ct):
        array.flags.writeable = False
    return PetPhantom(activity, affine, to_ct)


def _points(
    shape: tuple[int, int, int], affine: npt.NDArray[np.float64]
) -> npt.NDArray[np.float32]:
    k, j, i = np.ogrid[: shape[0], : shape[1], : shape[2]]
    along = [affine[axis, 0] * i + affine[axis, 1] * j + affine[axis, 2] * k for axis in range(3)]
    return np.stack([x + affine[axis, 3] for axis, x in enumerate(along)], -1).astype(np.float32)

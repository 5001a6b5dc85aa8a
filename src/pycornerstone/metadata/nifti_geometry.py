"""Where the voxels of a NIfTI file lie: its two transforms, and which of them counts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from pycornerstone.metadata.nifti_fields import NiftiFields
    from pycornerstone.model.geometry import Vector

    _Matrix = npt.NDArray[np.float64]

__all__ = ["SPATIAL_UNITS", "best_affine", "qform", "sform", "slice_normal"]

SPATIAL_UNITS = {1: ("m", 1e3), 2: ("mm", 1.0), 3: ("micron", 1e-3)}
"""nifti1.h, ``xyzt_units & 7``: name, and millimetres in it. 0 is unknown, and taken as mm as
everybody does."""

# Past these (mm) it is damage, and squares of it are no longer numbers.
_LARGEST, _SHORTEST = 1e100, 1e-100
# Less than this of a quaternion is left by rounding. In NIfTI-1, three steps of float32, as nibabel
# has it: one step alone can pass the 1e-7 of nifti1_io.c. In NIfTI-2 that, for what was float32.
_ROUNDING = {1: 3 * 2.0**-23, 2: 1e-7}


def best_affine(fields: NiftiFields, sizes: Sequence[int]) -> _Matrix | None:
    """Give the affine that counts, from (i, j, k) to LPS mm, read-only.

    The sform where ``sform_code`` is above 0, else the qform where ``qform_code`` is, else what
    nibabel and SPM take: voxels of ``pixdim`` around the centre of the volume (in Analyze around
    SPM's origin, if it has one), i towards the left.

    Parameters
    ----------
    fields : NiftiFields
        Of the header.
    sizes : sequence of int
        Voxels along i, j, k and further.

    Returns
    -------
    numpy.ndarray or None
        None where the numbers are no geometry: not finite, or i and j have no length or lie along
        each other. A transform that is chosen and is broken is not replaced by another.

    References
    ----------
    nifti1.h, "3D image (volume) orientation and location in space".
    """
    if fields.version == 0:
        affine = _around_center(fields, sizes, fields.integers("origin")[:3])
    elif fields.integer("sform_code") > 0:
        affine = sform(fields)
    elif fields.integer("qform_code") > 0:
        affine = qform(fields)
    else:
        affine = _around_center(fields, sizes)
    if affine is None or slice_normal(affine[:3, 0].tolist(), affine[:3, 1].tolist()) is None:
        return None
    return affine


def sform(fields: NiftiFields) -> _Matrix | None:
    """Give the general affine in LPS mm; None without a code, or where it is not finite."""
    if fields.version == 0 or fields.integer("sform_code") <= 0:
        return None
    ras = np.eye(4)
    ras[:3] = fields.numbers("srow")
    return _lps(ras, fields)


def qform(fields: NiftiFields) -> _Matrix | None:
    """Give the affine of rotation and voxel size in LPS mm; None as for `sform`.

    What is out of range is taken as nifti1_io.c, the format's reference reader, takes it: negative
    voxel sizes without their sign, ``qfac`` as -1 where it is below 0 and as 1 elsewhere, and a
    quaternion that is longer than 1, or shorter by no more than rounding makes it, as half a turn:
    the square root of that rounding would be a turn by another 0.02 degrees.
    """
    if fields.version == 0 or fields.integer("qform_code") <= 0:
        return None
    b, c, d = fields.numbers("quatern").tolist()
    length = math.hypot(b, c, d)
    if not math.isfinite(length):
        return None
    rest = 1 - length * length
    if rest < _ROUNDING[fields.version]:
        b, c, d = b / length, c / length, d / length
        rest = 0.0
    a = math.sqrt(rest)
    turn = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    pixdim = fields.numbers("pixdim")
    size = np.abs(pixdim[1:4])
    if pixdim[0] < 0:
        size[2] = -size[2]
    ras = np.eye(4)
    with np.errstate(all="ignore"):
        ras[:3, :3] = turn * size
    ras[:3, 3] = fields.numbers("qoffset")
    return _lps(ras, fields)


def slice_normal(along_row: Sequence[float], along_column: Sequence[float]) -> Vector | None:
    """Give the unit vector row x column; None where the two have no length or lie along each other.

    In plain numbers: NumPy takes ten times as long for three of them, and every slice asks.
    """
    lengths = math.hypot(*along_row), math.hypot(*along_column)
    if min(lengths) < _SHORTEST:
        return None
    a, b, c = (value / lengths[0] for value in along_row)
    d, e, f = (value / lengths[1] for value in along_column)
    x, y, z = b * f - c * e, c * d - a * f, a * e - b * d
    sine = math.hypot(x, y, z)
    return (x / sine, y / sine, z / sine) if sine > 1e-6 else None


def _around_center(
    fields: NiftiFields, sizes: Sequence[int], origin: Sequence[int] = (0, 0, 0)
) -> _Matrix | None:
    dimensions = min(fields.integers("dim")[0], 3)
    size = np.ones(3)
    size[:dimensions] = np.abs(fields.numbers("pixdim")[1 : dimensions + 1])
    # Both nibabel and SPM hold that x is stored the radiological way where nothing says otherwise.
    size[0] = -size[0]
    center = (np.array(sizes[:3], dtype=np.float64) - 1) / 2
    if any(origin) and all(-n < at < 2 * n for at, n in zip(origin, sizes, strict=False)):
        # It counts from 1.
        center = np.array(origin, dtype=np.float64) - 1
    ras = np.eye(4)
    with np.errstate(all="ignore"):
        ras[:3, :3] = np.diag(size)
        ras[:3, 3] = -center * size
    return _lps(ras, fields)


def _lps(ras: _Matrix, fields: NiftiFields) -> _Matrix | None:
    unit = fields.integer("xyzt_units") & 0x07 if fields.version else 0
    mm = SPATIAL_UNITS.get(unit, ("", 1.0))[1]
    with np.errstate(all="ignore"):
        # NIfTI counts towards Right, Anterior and Superior, DICOM towards Left and Posterior.
        lps: _Matrix = ras * np.array([[-mm], [-mm], [mm], [1.0]]) + 0.0
    if not (np.abs(lps) < _LARGEST).all():
        return None
    lps.flags.writeable = False
    return lps

"""The CT phantom as pictures and as a NIfTI volume."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.testing.phantoms import CtPhantom

__all__ = ["apng_phantom", "jpeg_phantom", "nifti_phantom", "png_phantom", "windowed"]


def windowed(values: npt.NDArray[Any], center: float, width: float) -> npt.NDArray[np.uint8]:
    """Map HU to greys, 0 to 255, through a linear window (PS3.3 C.11.2.1.2.1)."""
    # A table of all values that int16 has: a window is then one look-up a voxel.
    every = np.arange(-(2**15), 2**15)
    greys = ((every - (center - 0.5)) / (width - 1) + 0.5) * 255
    table = np.clip(np.rint(greys), 0, 255).astype(np.uint8)
    result: npt.NDArray[np.uint8] = table[values.astype(np.int32) + 2**15]
    return result


def png_phantom(phantom: CtPhantom, index: int | None = None, *, bits: int = 8) -> bytes:
    """Give one slice as a grey PNG.

    Parameters
    ----------
    phantom : CtPhantom
        What is shown.
    index : int, optional
        The slice; by default the middle one.
    bits : int
        8 for greys in the soft tissue window (40, 400), or 16 for HU + 1024.
    """
    import imagecodecs

    values = _slice(phantom, index)
    samples = windowed(values, 40, 400) if bits == 8 else (values + 1024).astype(np.uint16)
    return bytes(imagecodecs.png_encode(samples))


def apng_phantom(phantom: CtPhantom, *, duration_ms: int = 80) -> bytes:
    """Give all slices as an animated PNG, one after the other, in the soft tissue window."""
    import imagecodecs

    greys = windowed(phantom.hounsfield, 40, 400)
    return bytes(imagecodecs.apng_encode(greys, delay=duration_ms))


def jpeg_phantom(phantom: CtPhantom, index: int | None = None, *, quality: int = 90) -> bytes:
    """Give one slice as a colour JPEG: tissue is red, contrast orange, bone white."""
    import imagecodecs

    values = _slice(phantom, index)
    windows = ((50, 500), (200, 800), (450, 1300))
    colors = np.stack([windowed(values, *window) for window in windows], axis=-1)
    return bytes(imagecodecs.jpeg8_encode(colors, level=quality))


def nifti_phantom(phantom: CtPhantom, *, compressed: bool = True) -> bytes:
    """Give the volume as NIfTI-1 (``.nii.gz``, or ``.nii``): HU, int16, with its affine in RAS mm.

    Both sform and qform are set (code 1, scanner). The same bytes on each call.
    """
    import nibabel

    # NIfTI counts (i, j, k) with i fastest, and its world has x to the right and y to the front.
    voxels = np.transpose(phantom.hounsfield, (2, 1, 0))
    volume = nibabel.Nifti1Image(voxels, np.diag((-1.0, -1.0, 1.0, 1.0)) @ phantom.affine)
    volume.set_sform(volume.affine, code=1)
    volume.set_qform(volume.affine, code=1)
    volume.header.set_xyzt_units("mm")
    volume.header["descrip"] = b"Phantom^CT"
    data: bytes = volume.to_bytes()
    return gzip.compress(data, compresslevel=6, mtime=0) if compressed else data


def _slice(phantom: CtPhantom, index: int | None) -> npt.NDArray[np.int16]:
    middle = len(phantom.hounsfield) // 2
    values: npt.NDArray[np.int16] = phantom.hounsfield[middle if index is None else index]
    return values

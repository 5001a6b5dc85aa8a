"""Cuts along any plane, by VTK's reslice filter: no OpenGL, several threads."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.errors import MissingExtraError
from pycornerstone.rendering.sampling import Interpolation

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.rendering.volumes.source import VolumeSource

__all__ = ["cut_obliquely", "reslice"]

_VTK_FLOAT = 10
_MODES = {
    Interpolation.NEAREST: "SetInterpolationModeToNearestNeighbor",
    Interpolation.LINEAR: "SetInterpolationModeToLinear",
    Interpolation.CUBIC: "SetInterpolationModeToCubic",
}
_SLABS = {
    "maximum": "SetSlabModeToMax",
    "minimum": "SetSlabModeToMin",
    "average": "SetSlabModeToMean",
}
# VTK rounds places to 1/65536 of a voxel.
_ROUNDING = 1e-4


def cut_obliquely(
    source: VolumeSource,
    to_index: npt.NDArray[np.float64],
    size: tuple[int, int],
    interpolation: Interpolation,
    offsets: npt.NDArray[np.float64],
    mode: str | None,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8] | None] | None:
    """Cut a volume along any plane; parameters and result as of `cut_along_axes`.

    Raises
    ------
    MissingExtraError
        If VTK is not installed.
    """
    _filter_class()
    grid = source.grid
    if mode is not None and grid.holes is not None:
        return None
    extent = (*size, 1)
    values = reslice(grid.samples, to_index, extent, interpolation, offsets, mode)[0]
    inside = None
    if not _is_within(to_index, size, offsets, source.volume.geometry.lengths):
        is_number = ~np.isnan(values if values.ndim == 2 else values[..., 0])
        if not is_number.all():
            inside = is_number.view(np.uint8)
            values[~is_number] = 0
    if grid.scale != 1:
        values *= np.float32(grid.scale)
    if grid.offset != 0:
        values += np.float32(grid.offset)
    if grid.holes is not None:
        nearest = Interpolation.NEAREST
        hole = reslice(grid.holes, to_index, extent, nearest, offsets, None, outside=1.0)[0]
        if hole.any():
            inside = (hole == 0).view(np.uint8)
    return values, inside


def reslice(
    samples: npt.NDArray[Any],
    to_index: npt.NDArray[np.float64],
    extent: tuple[int, int, int],
    interpolation: Interpolation,
    offsets: npt.NDArray[np.float64],
    mode: str | None = None,
    *,
    outside: float = math.nan,
) -> npt.NDArray[np.float32]:
    """Sample a grid of voxels on another.

    Parameters
    ----------
    samples : numpy.ndarray
        ``(slices, rows, columns[, channels])``, contiguous, of a type that VTK has.
    to_index : numpy.ndarray
        ``(4, 4)``, from (x, y, z, 1) of the new grid to (i, j, k, 1).
    extent : tuple of int
        How many x, y and z there are, each from 0 on.
    interpolation : Interpolation
        How values between voxels are made.
    offsets : numpy.ndarray
        Evenly spaced z at which samples of a slab lie.
    mode : str, optional
        What is made of them; by default, it is no slab.
    outside : float
        What there is where there are no voxels.

    Returns
    -------
    numpy.ndarray
        ``(z, y, x[, channels])`` float32.

    Raises
    ------
    MissingExtraError
        If VTK is not installed.
    """
    new_filter = _filter_class()
    from vtkmodules.util import numpy_support
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    channels = samples.shape[3:]
    flat = samples.reshape(-1, *channels)
    image = vtkImageData()
    image.SetDimensions(*samples.shape[2::-1])
    image.GetPointData().SetScalars(_untyped(numpy_support.numpy_to_vtk)(flat, deep=0))
    matrix = vtkMatrix4x4()
    matrix.DeepCopy(to_index.reshape(-1).tolist())
    work = new_filter()
    work.SetInputData(image)
    work.SetResliceAxes(matrix)
    step = 1.0 if mode is None else float(offsets[1] - offsets[0])
    work.SetOutputOrigin(0, 0, 0)
    work.SetOutputSpacing(1, 1, step)
    work.SetOutputExtent(0, extent[0] - 1, 0, extent[1] - 1, 0, extent[2] - 1)
    work.SetOutputScalarType(_VTK_FLOAT)
    work.SetBackgroundColor(outside, outside, outside, outside)
    work.SetEnableSMP(True)
    getattr(work, _MODES[interpolation])()
    if mode is not None:
        getattr(work, _SLABS[mode])()
        work.SetSlabNumberOfSlices(len(offsets))
    work.Update()
    made = _untyped(numpy_support.vtk_to_numpy)(work.GetOutput().GetPointData().GetScalars())
    return np.asarray(made.reshape(*extent[::-1], *channels))


def _untyped(function: Any) -> Any:
    """Give a function of VTK's that says nothing of types."""
    return function


@cache
def _filter_class() -> Any:
    try:
        from vtkmodules.vtkCommonCore import vtkSMPTools
        from vtkmodules.vtkImagingCore import vtkImageReslice
    except ImportError:
        raise MissingExtraError("cutting a volume along an oblique plane", "volume") from None
    # The one that VTK's wheels start with uses one thread.
    if vtkSMPTools.GetBackend() == "Sequential":
        vtkSMPTools.SetBackend("STDThread")
    return vtkImageReslice


def _is_within(
    to_index: npt.NDArray[np.float64],
    size: tuple[int, int],
    offsets: npt.NDArray[np.float64],
    lengths: tuple[int, int, int],
) -> bool:
    corners = np.array(
        [[x, y, z, 1] for x in (0, size[0] - 1) for y in (0, size[1] - 1) for z in offsets[[0, -1]]]
    )
    index = corners @ to_index[:3].T
    lowest, highest = -0.5 + _ROUNDING, np.array(lengths) - 0.5 - _ROUNDING
    return bool((index > lowest).all() and (index < highest).all())

"""Cuts along any plane, by VTK's reslice filter: no OpenGL, several threads."""

from __future__ import annotations

import math
import os
from functools import cache
from itertools import product
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
_OF_NEGATIVES = {"maximum": "minimum", "minimum": "maximum"}
# VTK rounds places to 1/65536 of a voxel.
_ROUNDING = 1e-4
# No finer canvas than this is made to be averaged.
_FINEST = 2048


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
    made = _sampled(source, to_index, size, interpolation, offsets, mode)
    # So many samples a canvas pixel are as fine as the voxels; NEAREST shows these as they are.
    steps = np.linalg.norm(to_index[:3, :2], axis=0).tolist()
    across, down = (max(math.floor(step + 1e-6), 1) for step in steps)
    if made is None or interpolation is Interpolation.NEAREST or across == down == 1:
        return made
    values, inside = made
    columns, rows = _reached(to_index, size, source.volume.geometry.lengths)
    width, height = columns.stop - columns.start, rows.stop - rows.start
    if min(width, height) > 0:
        across, down = min(across, max(_FINEST // width, 1)), min(down, max(_FINEST // height, 1))
        finer = np.diag([1 / across, 1 / down, 1, 1])
        finer[:2, 3] = columns.start + 0.5 / across - 0.5, rows.start + 0.5 / down - 0.5
        fine = (width * across, height * down)
        samples = _sampled(source, to_index @ finer, fine, interpolation, offsets, mode)
        assert samples is not None  # noqa: S101 - else there would be none before
        part = values[rows, columns]
        part[...] = _means(*samples, part)
    return values, inside


def _reached(
    to_index: npt.NDArray[np.float64], size: tuple[int, int], lengths: tuple[int, int, int]
) -> tuple[slice, slice]:
    """Give columns and rows of the canvas beyond which there is nothing of the volume."""
    corners = [[*place, 1] for place in product(*((-0.5, n - 0.5) for n in lengths))]
    on_canvas = (np.linalg.inv(to_index)[:2] @ np.transpose(corners)).clip(-1, [[n] for n in size])
    first = np.floor(on_canvas.min(axis=1)).clip(0).astype(int).tolist()
    stop = np.ceil(on_canvas.max(axis=1) + 1).clip(0, size).astype(int).tolist()
    return slice(first[0], max(first[0], stop[0])), slice(first[1], max(first[1], stop[1]))


def _means(
    samples: npt.NDArray[np.float32],
    inside: npt.NDArray[np.uint8] | None,
    otherwise: npt.NDArray[np.float32],
) -> npt.NDArray[np.float32]:
    """Average what is inside for each canvas pixel; where nothing is, it keeps what it had."""
    import cv2

    size = otherwise.shape[1::-1]
    if inside is None:
        # With whole factors, this is the mean of each block.
        return np.asarray(cv2.resize(samples, size, interpolation=cv2.INTER_AREA))
    counts = inside.astype(np.float32)
    shares = np.asarray(cv2.resize(counts, size, interpolation=cv2.INTER_AREA))
    if samples.ndim == 3:
        counts, shares = counts[..., np.newaxis], shares[..., np.newaxis]
    sums = np.asarray(cv2.resize(samples * counts, size, interpolation=cv2.INTER_AREA))
    return np.where(shares > 0, sums / np.maximum(shares, np.float32(1e-9)), otherwise)


def _sampled(
    source: VolumeSource,
    to_index: npt.NDArray[np.float64],
    size: tuple[int, int],
    interpolation: Interpolation,
    offsets: npt.NDArray[np.float64],
    mode: str | None,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8] | None] | None:
    """Give what is in the middle of each canvas pixel; None if there are holes in a slab."""
    import cv2

    _filter_class()
    grid = source.grid
    if mode is not None and grid.holes is not None:
        return None
    extent = (*size, 1)
    if grid.scale < 0:
        mode = _OF_NEGATIVES.get(mode or "", mode)
    values = reslice(
        grid.samples, to_index, extent, interpolation, offsets, mode, meaning=grid.meaning
    )[0]
    inside = None
    is_within = _is_within(to_index, size, offsets, source.volume.geometry.lengths)
    # Of slices that are not loaded yet, anything may be there.
    if not is_within or grid.samples.dtype.kind == "f":
        outside = np.isnan(values if values.ndim == 2 else values[..., 0])
        if outside.any():
            inside = np.logical_not(outside, out=outside).view(np.uint8)
            cv2.patchNaNs(values.reshape(size[1], -1), 0)
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
    meaning: tuple[float, float] = (1.0, 0.0),
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
    meaning : tuple of float
        Scale and offset that make values of the samples, before these are rounded to float32.

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
    scale, offset = meaning
    work.SetScalarShift(offset / scale if scale else 0.0)
    work.SetScalarScale(scale)
    work.SetEnableSMP(True)
    getattr(work, _MODES[interpolation])()
    if mode is not None:
        getattr(work, _SLABS[mode])()
        work.SetSlabNumberOfSlices(len(offsets))
    work.Update()
    made = _untyped(numpy_support.vtk_to_numpy)(work.GetOutput().GetPointData().GetScalars())
    values: npt.NDArray[np.float32] = np.asarray(made.reshape(*extent[::-1], *channels))
    if not scale:
        values += np.float32(offset)
    return values


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
    # The one that VTK's wheels start with uses one thread. There is one for the whole process, so
    # that other filters use several threads as well; who has chosen one is not overruled.
    is_chosen = "VTK_SMP_BACKEND_IN_USE" in os.environ
    if vtkSMPTools.GetBackend() == "Sequential" and not is_chosen:
        vtkSMPTools.SetBackend("STDThread")
    return vtkImageReslice


def _is_within(
    to_index: npt.NDArray[np.float64],
    size: tuple[int, int],
    offsets: npt.NDArray[np.float64],
    lengths: tuple[int, int, int],
) -> bool:
    half = np.array([size[0] - 1, size[1] - 1, offsets[-1] - offsets[0]]) / 2
    middle = to_index[:3] @ [half[0], half[1], offsets[0] + half[2], 1]
    reach = np.abs(to_index[:3, :3]) @ half
    highest = np.array(lengths) - 0.5 - _ROUNDING
    return bool((middle - reach > -0.5 + _ROUNDING).all() and (middle + reach < highest).all())

"""Cuts along any plane; fine ones of large pixels are averaged."""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.rendering.sampling import Interpolation
from pycornerstone.rendering.volumes.reslicer import filter_class

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.rendering.volumes.source import VolumeSource

__all__ = ["cut_obliquely"]

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
    steps = (math.hypot(*column) for column in to_index[:3, :2].T.tolist())
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

    filter_class()
    grid = source.grid
    if mode is not None and grid.holes is not None:
        return None
    extent = (*size, 1)
    if grid.scale < 0:
        mode = _OF_NEGATIVES.get(mode or "", mode)
    values = grid.reslicer.sample(
        to_index, extent, interpolation, offsets, mode, meaning=grid.meaning
    )[0]
    inside = None
    is_within = _is_within(to_index, size, offsets, source.volume.geometry.lengths)
    # Of slices that are not loaded yet, anything may be there.
    if not is_within or grid.samples.dtype.kind == "f":
        outside = np.isnan(values if values.ndim == 2 else values[..., 0])
        if outside.any():
            inside = np.logical_not(outside, out=outside).view(np.uint8)
            cv2.patchNaNs(values.reshape(size[1], -1), 0)
    if grid.hole_reslicer is not None:
        nearest = Interpolation.NEAREST
        hole = grid.hole_reslicer.sample(to_index, extent, nearest, offsets, outside=1.0)[0]
        if hole.any():
            inside = (hole == 0).view(np.uint8)
    return values, inside


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

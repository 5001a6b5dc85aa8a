"""The numbers that any plane of a volume is interpolated from, kept up while slices come."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.rendering.borders import nearest_valid
from pycornerstone.rendering.grey_source import native, padding_of
from pycornerstone.rendering.sampling import EDGE
from pycornerstone.rendering.volumes.reslicer import Reslicer

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from pycornerstone.model.volume import Volume

__all__ = ["Grid", "GrowingGrid", "fill_holes"]

# What can be sampled as it is; of anything else a float32 copy is made.
_SAMPLED_AS_THEY_ARE = {"u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8"}
_REACH = np.ones((2 * EDGE + 1, 2 * EDGE + 1), np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Numbers to interpolate between: modality values are ``samples * scale + offset``.

    Attributes
    ----------
    samples : numpy.ndarray
        ``(slices, rows, columns[, channels])``, contiguous. Padding next to valid voxels has the
        values of these.
    scale, offset : float
        From a sample to its modality value.
    holes : numpy.ndarray of uint8 or None
        ``(slices, rows, columns)``, 1 for padding and what is no number; None if there is none.
    reslicer : Reslicer
        Samples the samples.
    hole_reslicer : Reslicer or None
        Samples the holes.
    """

    samples: npt.NDArray[Any]
    scale: float
    offset: float
    holes: npt.NDArray[np.uint8] | None
    reslicer: Reslicer = field(init=False)
    hole_reslicer: Reslicer | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reslicer", Reslicer(self.samples))
        holes = None if self.holes is None else Reslicer(self.holes)
        object.__setattr__(self, "hole_reslicer", holes)

    @property
    def meaning(self) -> tuple[float, float]:
        """``(scale, offset)``."""
        return self.scale, self.offset


class GrowingGrid:
    """A grid that takes slices in as they come: those that are there are not made again.

    Parameters
    ----------
    volume : Volume
        Its voxels; they are copied only if they cannot be sampled as they are.

    Attributes
    ----------
    grid : Grid
        What has been taken in so far.
    """

    def __init__(self, volume: Volume) -> None:
        self._volume = volume
        stored, lut = volume.voxels, volume.lut_of_slice(0)
        scale, offset = float(lut.rescale_slope), float(lut.rescale_intercept)
        self._has_tables = not volume.is_color and (
            lut.lut is not None or bool(volume.slice_modality_luts)
        )
        if volume.is_color or self._has_tables:
            scale, offset = 1.0, 0.0
        plain = stored.view(np.uint8) if stored.dtype.kind == "b" else stored
        dtype = plain.dtype.newbyteorder("=")
        if self._has_tables or dtype.str[1:] not in _SAMPLED_AS_THEY_ARE:
            dtype = np.dtype(np.float32)
        self._is_copy = self._has_tables or plain.dtype != dtype or not plain.flags.c_contiguous
        samples = np.zeros(stored.shape, dtype) if self._is_copy else plain
        self.grid = Grid(samples, scale, offset, None)

    def take(self, slices: Sequence[int]) -> None:
        """Take in slices whose voxels have come, or have changed."""
        found = self._found(slices)
        holes = self.grid.holes
        if found and holes is None:
            holes = np.zeros(self._volume.shape, np.uint8)
            if not self._is_copy:
                self._is_copy = True
                self.grid = replace(self.grid, samples=self.grid.samples.copy())
        samples = self.grid.samples
        if self._is_copy:
            for k in slices:
                samples[k] = self._samples_of(k)
        if holes is None:
            return
        for k in slices:
            holes[k] = found.get(k, 0)
            if k in found:
                if samples.dtype.kind == "f":
                    samples[k][~np.isfinite(samples[k])] = 0
                fill_holes(samples[k], found[k])
        _fill_across(samples, holes, slices)
        if self.grid.holes is None:
            self.grid = replace(self.grid, holes=holes)

    def _found(self, slices: Sequence[int]) -> dict[int, npt.NDArray[np.uint8]]:
        """Give the holes of those slices that have any."""
        stored, padding_range = self._volume.voxels, self._volume.padding_range
        if self._volume.is_color or (padding_range is None and stored.dtype.kind != "f"):
            return {}
        marked = {k: padding_of(native(stored[k]), padding_range) for k in slices}
        return {k: holes for k, holes in marked.items() if holes is not None}

    def _samples_of(self, k: int) -> npt.NDArray[Any]:
        stored: npt.NDArray[Any] = self._volume.voxels[k]
        if self._has_tables:
            return self._volume.lut_of_slice(k).apply(stored, np.float32)
        return stored


def fill_holes(plane: npt.NDArray[Any], holes: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Let holes take the values beside them; give which are too far from any."""
    left = holes > 0
    if left.any():
        filled, source = nearest_valid(holes)
        flat = plane.reshape(-1)
        flat[filled] = flat[source]
        left.reshape(-1)[filled] = False
    return left


def _fill_across(
    samples: npt.NDArray[Any], holes: npt.NDArray[np.uint8], slices: Sequence[int]
) -> None:
    """Let holes that no valid voxel of their slice is near take the values of slices beside."""
    import cv2

    @lru_cache(maxsize=2 * EDGE + 1)
    def left(k: int) -> npt.NDArray[np.bool_]:
        return np.asarray(cv2.erode(holes[k], _REACH)) > 0

    reach = range(-EDGE, EDGE + 1)
    near = {k + step for k in slices for step in reach if 0 <= k + step < len(samples)}
    for k in sorted(near):
        still = left(k)
        for step in (1, -1, EDGE, -EDGE):
            if not still.any():
                break
            if 0 <= k + step < len(samples):
                here = still & ~left(k + step)
                np.copyto(samples[k], samples[k + step], where=here)
                still = still & ~here

"""A volume made ready to be cut: numbers that can be interpolated, and where there are any."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from pycornerstone.model.image import Image
from pycornerstone.model.modules import ModalityLutModule
from pycornerstone.rendering.borders import nearest_valid
from pycornerstone.rendering.grey_source import GreySource, native
from pycornerstone.rendering.sampling import EDGE, Interpolation

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from pycornerstone.model.volume import Volume

__all__ = ["Grid", "VolumeSource"]

_T = TypeVar("_T")

# What can be sampled as it is; of anything else a float32 copy is made.
_SAMPLED_AS_THEY_ARE = {"u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8"}
_EXACT_IN_FLOAT32 = 2**24
_REACH = {
    Interpolation.NEAREST: (0.5, 0.5),
    Interpolation.LINEAR: (0, 1),
    Interpolation.CUBIC: (-1, 2),
}


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
    is_live : bool
        The samples are the volume's own, and there can't be holes: changes are seen at once.
    """

    samples: npt.NDArray[Any]
    scale: float
    offset: float
    holes: npt.NDArray[np.uint8] | None
    is_live: bool


class VolumeSource:
    """What cutting a volume needs again and again, made when it is first asked for.

    Nothing is copied of a volume whose numbers can be used as they are. A copy is made, for oblique
    planes only, of one with padding among its voxels (and a mask of it), and one as float32 of
    64-bit integers, float16, foreign byte order, tables, and slices with tables of their own.

    Safe to use from several threads.

    Parameters
    ----------
    volume : Volume
        The volume; its voxels may still be changing.
    loaded : array_like of bool, optional
        ``(slices,)``, which slices are there, while a volume is being loaded; looked at with each
        cut. By default all.

    Attributes
    ----------
    volume : Volume
        The volume.
    """

    def __init__(self, volume: Volume, loaded: npt.ArrayLike | None = None) -> None:
        self.volume = volume
        self._loaded = None if loaded is None else np.asarray(loaded, bool)
        self._lock = threading.Lock()
        self._version = 0
        self._grid: Grid | None = None
        self._kept: dict[int, tuple[Any, Any]] = {}

    @property
    def version(self) -> int:
        """How often the voxels have been said to have changed."""
        return self._version

    def mark_modified(self) -> None:
        """Say that voxels have changed, so that what was made of them is made again."""
        with self._lock:
            self._version += 1
            self._kept.clear()
            if not (self._grid is not None and self._grid.is_live):
                self._grid = None

    @property
    def grid(self) -> Grid:
        """Numbers for any plane."""
        grid = self._grid
        if grid is None:
            version = self._version
            grid = _grid_of(self.volume)
            with self._lock:
                # Voxels that changed meanwhile may be in it or not.
                if version == self._version:
                    self._grid = grid
        return grid

    def kept(self, axis: int, key: Any, make: Callable[[], _T]) -> _T:
        """Give what was made last of planes across an axis, or make it."""
        known = self._kept.get(axis)
        if known is not None and known[0] == key:
            return cast("_T", known[1])
        version = self._version
        made = make()
        with self._lock:
            if version == self._version:
                self._kept[axis] = key, made
        return made

    def planes(
        self, axis: int, first: int, count: int
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8] | None]:
        """Give planes of voxels along two axes, as modality values.

        Parameters
        ----------
        axis : int
            The axis across them: 0 for i, 1 for j, 2 for k.
        first, count : int
            Which of them.

        Returns
        -------
        tuple
            ``(planes, rows, columns[, channels])`` float32, rows along k (along j where `axis` is
            2), and a mask of their holes, as `Grid.holes`. Holes beside valid voxels have the
            values of these; others are NaN.
        """
        stop = first + count
        stored = native(np.moveaxis(self.volume.voxels, 2 - axis, 0)[first:stop])
        if self.volume.is_color:
            return stored.astype(np.float32), None
        holes = _holes(stored, self.volume.padding_range)
        if axis == 2 and self.volume.slice_modality_luts:
            luts = self.volume.slice_modality_luts[first:stop]
            values = np.stack([_values(one, (lut,)) for one, lut in zip(stored, luts, strict=True)])
        else:
            values = _values(
                stored, self.volume.slice_modality_luts or (self.volume.lut_of_slice(0),)
            )
        if holes is not None:
            for plane, hole in zip(values, holes, strict=True):
                plane[_fill(plane, hole)] = np.nan
        return values, holes

    def present(
        self,
        to_index: npt.NDArray[np.float64],
        size: tuple[int, int],
        interpolation: Interpolation,
        offsets: npt.NDArray[np.float64],
    ) -> npt.NDArray[np.uint8] | None:
        """Say for each canvas pixel whether all slices that it is made of are loaded.

        Returns
        -------
        numpy.ndarray or None
            ``(height, width)`` uint8; None if it is so everywhere.
        """
        if self._loaded is None or self._loaded.all():
            return None
        missing = np.concatenate([[0], np.cumsum(~self._loaded)])
        across, down, along, start = to_index[2].tolist()
        k = across * np.arange(size[0]) + (down * np.arange(size[1]) + start)[:, np.newaxis]
        ends = sorted([along * float(offsets[0]), along * float(offsets[-1])])
        before, after = _REACH[interpolation]
        # A place on a slice, but for rounding, needs no other.
        first = np.floor(k + (ends[0] + before + 1e-6))
        last = np.ceil(k + (ends[1] + after - 1 - 1e-6))
        if interpolation is Interpolation.NEAREST:
            last = np.floor(k + (ends[1] + 0.5))
        highest = len(self._loaded) - 1
        first, last = np.clip(first, 0, highest).astype(int), np.clip(last, 0, highest).astype(int)
        return np.asarray(missing[last + 1] == missing[first], np.uint8)


def _grid_of(volume: Volume) -> Grid:
    stored, lut = volume.voxels, volume.lut_of_slice(0)
    is_linear = volume.is_color or (lut.lut is None and not volume.slice_modality_luts)
    if volume.is_color:
        lut = ModalityLutModule()
    scale, offset = (lut.rescale_slope, lut.rescale_intercept) if is_linear else (1.0, 0.0)
    holes = None if volume.is_color else _holes(stored, volume.padding_range)
    samples: npt.NDArray[Any]
    if not is_linear:
        samples = volume.modality_values(np.float32)
    elif stored.dtype.kind == "b":
        samples = np.ascontiguousarray(stored).view(np.uint8)
    elif stored.dtype.newbyteorder("=").str[1:] in _SAMPLED_AS_THEY_ARE:
        samples = native(stored)
    else:
        samples = np.ascontiguousarray(stored, np.float32)
    if holes is not None:
        samples = _filled(samples, holes)
    can_have_holes = volume.padding_range is not None or stored.dtype.kind == "f"
    is_live = not can_have_holes and np.may_share_memory(samples, stored)
    return Grid(samples, float(scale), float(offset), holes, is_live)


def _holes(
    stored: npt.NDArray[Any], padding_range: tuple[float, float] | None
) -> npt.NDArray[np.uint8] | None:
    """Mark padding and what is no number in (slices, rows, columns); None if there is neither."""
    if padding_range is None and stored.dtype.kind != "f":
        return None
    found: npt.NDArray[np.uint8] | None = None
    for k, plane in enumerate(stored):
        padding = GreySource(Image("volume:", plane, padding_range=padding_range)).padding
        if padding is not None:
            if found is None:
                found = np.zeros(stored.shape, np.uint8)
            found[k] = padding
    return found


def _values(
    stored: npt.NDArray[Any], luts: tuple[ModalityLutModule, ...]
) -> npt.NDArray[np.float32]:
    """Give modality values of planes: by one table, or each row by its own."""
    if len(luts) > 1:
        values = np.empty(stored.shape, np.float32)
        for row, lut in enumerate(luts):
            values[..., row, :] = lut.apply(stored[..., row, :], np.float32)
        return values
    lut = luts[0]
    offset = lut.rescale_intercept
    is_whole = float(offset).is_integer() and abs(offset) + 2**16 < _EXACT_IN_FLOAT32
    if lut.lut is None and lut.rescale_slope == 1 and is_whole and stored.dtype.itemsize <= 2:
        values = stored.astype(np.float32)
        values += np.float32(offset)
        return values
    return np.asarray(lut.apply(stored, np.float32), np.float32)


def _fill(plane: npt.NDArray[Any], holes: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Let holes take the values beside them; give which are too far from any."""
    left = holes > 0
    if left.any():
        filled, source = nearest_valid(holes)
        flat = plane.reshape(-1)
        flat[filled] = flat[source]
        left.reshape(-1)[filled] = False
    return left


def _filled(samples: npt.NDArray[Any], holes: npt.NDArray[np.uint8]) -> npt.NDArray[Any]:
    """Give a copy whose holes have the values beside them, where interpolation reaches for them."""
    samples = samples.copy()
    if samples.dtype.kind == "f":
        samples[~np.isfinite(samples)] = 0
    left = np.stack([_fill(plane, hole) for plane, hole in zip(samples, holes, strict=True)])
    open_slices = np.flatnonzero(left.any(axis=(1, 2))).tolist()
    for k in open_slices:
        still = left[k].copy()
        for step in (1, -1, EDGE, -EDGE):
            if 0 <= k + step < len(samples):
                here = still & ~left[k + step]
                samples[k][here] = samples[k + step][here]
                still &= ~here
    return samples

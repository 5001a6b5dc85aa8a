"""A volume made ready to be cut: numbers that can be interpolated, and where there are any."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from pycornerstone.rendering.grey_source import native, padding_of
from pycornerstone.rendering.sampling import Interpolation
from pycornerstone.rendering.volumes.grid import Grid, GrowingGrid, fill_holes

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from pycornerstone.model.modules import ModalityLutModule
    from pycornerstone.model.volume import Volume

__all__ = ["VolumeSource"]

_T = TypeVar("_T")

_EXACT_IN_FLOAT32 = 2**24
_REACH = {
    Interpolation.NEAREST: (0.5, 0.5),
    Interpolation.LINEAR: (0, 1),
    Interpolation.CUBIC: (-1, 2),
}


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
        self._lock, self._growing_lock = threading.Lock(), threading.Lock()
        self._version = 0
        self._growing: tuple[int, GrowingGrid, npt.NDArray[np.bool_]] | None = None
        self._kept: dict[int, tuple[Any, Any]] = {}

    @property
    def version(self) -> int:
        """How often the voxels have been said to have changed."""
        return self._version

    def mark_modified(self) -> None:
        """Say that voxels have changed, so that what was made of them is made again.

        Of slices that have been loaded nothing need be said.
        """
        with self._lock:
            self._version += 1
            self._kept.clear()

    @property
    def grid(self) -> Grid:
        """Numbers for any plane, of all slices that are loaded by now."""
        with self._growing_lock:
            # Voxels that change meanwhile may be in it or not: then it is made again.
            version = self._version
            if self._growing is None or self._growing[0] != version:
                taken = np.zeros(self.volume.shape[0], bool)
                self._growing = version, GrowingGrid(self.volume), taken
            _, growing, taken = self._growing
            new = np.flatnonzero(~taken if self._loaded is None else self._loaded & ~taken)
            if len(new):
                growing.take(new.tolist())
                taken[new] = True
            return growing.grid

    def kept(self, axis: int, key: Any, make: Callable[[], _T]) -> _T:
        """Give what was made last of planes across an axis, or make it."""
        if self._loaded is not None:
            key = key, int(np.count_nonzero(self._loaded))
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
        holes = padding_of(stored, self.volume.padding_range)
        if axis == 2 and self.volume.slice_modality_luts:
            luts = self.volume.slice_modality_luts[first:stop]
            values = np.stack([_values(one, (lut,)) for one, lut in zip(stored, luts, strict=True)])
        else:
            values = _values(
                stored, self.volume.slice_modality_luts or (self.volume.lut_of_slice(0),)
            )
        if holes is not None:
            for plane, hole in zip(values, holes, strict=True):
                plane[fill_holes(plane, hole)] = np.nan
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

"""The slices of a NIfTI file, across any of its three axes in space."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.errors import DecodeError, ImageIdError
from pycornerstone.metadata.nifti_samples import native_samples

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.metadata.nifti import NiftiHeader

__all__ = ["AXES", "NiftiSlices"]

AXES = ("i", "j", "k")
"""The axes of the voxel array in space, the fastest first."""


@dataclass(frozen=True, slots=True)
class NiftiSlices:
    """How frames number the slices of a file.

    Frame 0 is the first slice along `axis`; after the last one of a volume (a point in time) come
    those of the next. Of a slice, rows run along the higher of the two other axes, columns along
    the lower: ``pixels[j, i]`` across k, ``pixels[k, i]`` across j, ``pixels[k, j]`` across i.

    Attributes
    ----------
    header : NiftiHeader
        Of the file.
    axis : str
        ``"i"``, ``"j"`` or ``"k"``.
    """

    header: NiftiHeader
    axis: str = "k"

    @property
    def number(self) -> int:
        """Which axis that is: 0, 1 or 2."""
        return AXES.index(self.axis)

    @property
    def rows(self) -> int:
        """Height of a slice."""
        return self.header.sizes[1 if self.axis == "k" else 2]

    @property
    def columns(self) -> int:
        """Width of a slice."""
        return self.header.sizes[1 if self.axis == "i" else 0]

    @property
    def per_volume(self) -> int:
        """Slices of one volume."""
        return self.header.sizes[self.number]

    @property
    def number_of_frames(self) -> int:
        """Slices of all volumes."""
        return self.per_volume * self.header.volumes

    def place(self, frame: int) -> tuple[int, int]:
        """Say where along the axis a frame is, and in which volume, both from 0.

        Raises
        ------
        ImageIdError
            If the file has no such slice.
        """
        # Each question for what is known of a slice comes by here.
        per_volume = self.per_volume
        if not 0 <= frame < per_volume and not 0 <= frame < self.number_of_frames:
            raise ImageIdError(
                f"frame {frame} is not in the NIfTI file: it has {self.number_of_frames} slices "
                f"across {self.axis}, numbered from 0 to {self.number_of_frames - 1}; choose one "
                "of them"
            )
        volume, index = divmod(frame, per_volume)
        return index, volume

    def stored(self, data: bytes | memoryview, frame: int) -> npt.NDArray[Any]:
        """Give a view of the samples of a slice as they are in the file; nothing is copied.

        Parameters
        ----------
        data : bytes or memoryview
            The (decompressed) file that holds the voxels.
        frame : int
            Which slice, from 0.

        Returns
        -------
        numpy.ndarray
            ``(rows, columns)``, or ``(rows, columns, 3 or 4)``, of ``header.dtype``.

        Raises
        ------
        ImageIdError
            If the file has no such slice.
        DecodeError
            If `data` ends before the slice does.
        """
        index, volume = self.place(frame)
        header = self.header
        columns, rows, slices = header.sizes[:3]
        # Of a file that is read slice by slice no more than this one need be there.
        first, count = (index, 1) if self.axis == "k" else (0, slices)
        start = header.frame_offset(volume * slices + first)
        if start + count * header.frame_size_in_bytes > memoryview(data).nbytes:
            raise DecodeError(
                f"the file ends at byte {memoryview(data).nbytes}, before slice {frame} of it "
                f"does; its header says that it has {header.needed_bytes} bytes; copy the "
                "file again"
            )
        shape = (count, rows, columns, header.samples_per_voxel)
        voxels = np.frombuffer(data, header.dtype, math.prod(shape), start).reshape(shape)
        part = voxels[(slice(None),) * (2 - self.number) + (0 if self.axis == "k" else index,)]
        return part[..., 0] if header.samples_per_voxel == 1 else part

    def read(self, data: bytes | memoryview, first: int, out: npt.NDArray[Any]) -> None:
        """Copy the samples of slices that follow each other, as images hold them.

        Parameters
        ----------
        data : bytes or memoryview
            The (decompressed) file that holds the voxels.
        first : int
            The first slice, from 0.
        out : numpy.ndarray
            ``(slices, rows, columns)`` or ``(slices, rows, columns, 3 or 4)``, of
            ``header.pixel_dtype``.

        Raises
        ------
        ImageIdError
            If the file has no such slices.
        DecodeError
            If `data` ends before they do.
        """
        is_stored = self.header.pixel_dtype == self.header.dtype.newbyteorder("=")
        if is_stored and self.axis == "k" and len(out) > 1:
            # Checked at their ends, they are one piece between them.
            start = self.header.frame_offset(first)
            self.stored(data, first + len(out) - 1)
            out[...] = np.frombuffer(data, self.header.dtype, out.size, start).reshape(out.shape)
            return
        for frame, one in enumerate(out, first):
            # Turns bytes round on its way, where the file has them so.
            one[...] = self.stored(data, frame) if is_stored else self.samples(data, frame)

    def samples(self, data: bytes | memoryview, frame: int) -> npt.NDArray[Any]:
        """Copy the samples of a slice as an image holds them: see `native_samples`.

        Parameters and errors are those of `stored`.

        Returns
        -------
        numpy.ndarray
            ``(rows, columns)``, or ``(rows, columns, 3 or 4)``, of ``header.pixel_dtype``: native
            byte order; of complex samples the magnitude.
        """
        return native_samples(self.stored(data, frame), self.header.complex_scaling)

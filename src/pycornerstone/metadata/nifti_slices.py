"""The slices of a NIfTI file, across any of its three axes in space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.errors import ImageIdError

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
        if not 0 <= frame < self.number_of_frames:
            raise ImageIdError(
                f"frame {frame} is not in the NIfTI file: it has {self.number_of_frames} slices "
                f"across {self.axis}, numbered from 0 to {self.number_of_frames - 1}"
            )
        volume, index = divmod(frame, self.per_volume)
        return index, volume

    def samples(self, data: bytes | memoryview, frame: int) -> npt.NDArray[Any]:
        """Copy the samples of a slice, in native byte order; of complex ones the magnitude.

        Parameters
        ----------
        data : bytes or memoryview
            The (decompressed) file that holds the voxels; long enough for them.
        frame : int
            Which slice, from 0.

        Returns
        -------
        numpy.ndarray
            ``(rows, columns)``, or ``(rows, columns, 3 or 4)``.

        Raises
        ------
        ImageIdError
            If the file has no such slice.
        """
        index, volume = self.place(frame)
        header = self.header
        columns, rows, slices = header.sizes[:3]
        shape = (slices, rows, columns, header.samples_per_voxel)
        count = slices * rows * columns * header.samples_per_voxel
        start = header.data_offset + volume * count * header.dtype.itemsize
        voxels = np.frombuffer(data, header.dtype, count, start).reshape(shape)
        part = np.take(voxels, index, axis=2 - self.number)
        if header.samples_per_voxel == 1:
            part = part[..., 0]
        native: npt.NDArray[Any] = part.astype(header.dtype.newbyteorder("="))
        return native

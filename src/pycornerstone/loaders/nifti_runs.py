"""Slices of a NIfTI file that follow each other, and are read in one go."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from pycornerstone.loaders.image_run import ImageRun
from pycornerstone.retrieve.addresses import naming_image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pycornerstone.loaders.nifti_address import NiftiAddress
    from pycornerstone.metadata.nifti_slices import NiftiSlices
    from pycornerstone.retrieve.sources import Source

__all__ = ["SliceRun", "slice_runs"]

# A thread copies so much in about a millisecond; what is on show may wait for it.
_READ_BYTES = 4 * 1024 * 1024


@dataclass(slots=True)
class SliceRun:
    """Slices of one file across one axis, one after the other.

    Attributes
    ----------
    source : Source
        The file.
    axis : str
        Across which axis they are cut.
    first : int
        The first of them, from 0.
    image_ids : list of str
        Theirs, at least one.
    """

    source: Source
    axis: str
    first: int
    image_ids: list[str] = field(repr=False)

    def follows(self, address: NiftiAddress) -> bool:
        """Whether the slice of an address comes next."""
        return (
            address.frame == self.first + len(self.image_ids)
            and address.axis == self.axis
            and address.source == self.source
        )

    def cut(self, slices: NiftiSlices, data: bytes | memoryview) -> Iterator[ImageRun]:
        """Cut it into pieces that are read in a millisecond or so.

        Parameters
        ----------
        slices : NiftiSlices
            How the file is cut, across the axis of this.
        data : bytes or memoryview
            The (decompressed) file that holds the voxels.

        Raises
        ------
        ImageIdError
            If a slice is not in the file; its ``image_id`` says which.
        """
        outside = max(slices.number_of_frames - self.first, 0)
        if outside < len(self.image_ids):
            with naming_image(self.image_ids[outside]):
                slices.place(self.first + outside)
        dtype = slices.header.pixel_dtype
        samples = slices.header.samples_per_voxel
        shape = (slices.rows, slices.columns, *((samples,) if samples > 1 else ()))
        length = max(_READ_BYTES // (slices.rows * slices.columns * samples * dtype.itemsize), 1)
        for at in range(0, len(self.image_ids), length):
            image_ids = tuple(self.image_ids[at : at + length])
            yield ImageRun(image_ids, shape, dtype, partial(slices.read, data, self.first + at))


def slice_runs(
    image_ids: Sequence[str], parse: Callable[[str], NiftiAddress]
) -> Iterator[SliceRun]:
    """Give the slices of imageIds, those together that follow each other in their file.

    They are given file after file, and each file from its first slice to its last, in whatever
    order they were asked for: that is how they are read soonest.

    Raises
    ------
    ImageIdError, RetrieveError
        If an imageId is wrong, with it in ``image_id``.
    """
    run: SliceRun | None = None
    for address, image_id in _sorted(image_ids, parse):
        if run is not None and run.follows(address):
            run.image_ids.append(image_id)
            continue
        if run is not None:
            yield run
        run = SliceRun(address.source, address.axis, address.frame, [image_id])
    if run is not None:
        yield run


def _sorted(
    image_ids: Sequence[str], parse: Callable[[str], NiftiAddress]
) -> list[tuple[NiftiAddress, str]]:
    files: dict[Source, int] = {}
    found = []
    for image_id in image_ids:
        with naming_image(image_id):
            address = parse(image_id)
        files.setdefault(address.source, len(files))
        found.append((address, image_id))
    found.sort(key=lambda one: (files[one[0].source], one[0].axis, one[0].frame))
    return found

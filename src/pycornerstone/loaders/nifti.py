"""NIfTI images, slice by slice: ``nifti:/data/brain.nii.gz?frame=17``.

Frames count from **0** here, as in Cornerstone3D, and unlike the frames of DICOM, which count
from 1: ``frame=0`` is the first slice along the third axis of the voxel array, and the slices of
the next point in time of a 4D image follow the last one of the point before.

This module is imported when the scheme is first asked for.
"""

from __future__ import annotations

import itertools
import operator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, SupportsIndex

from pycornerstone.errors import DecodeError, ImageIdError, PyCornerstoneError
from pycornerstone.loaders.nifti_address import NiftiAddresses
from pycornerstone.loaders.nifti_files import NiftiFiles
from pycornerstone.loaders.nifti_headers import NiftiHeaders
from pycornerstone.loaders.nifti_runs import slice_runs
from pycornerstone.metadata.nifti_modules import NIFTI_MODULES, read_nifti_module
from pycornerstone.metadata.nifti_slices import NiftiSlices
from pycornerstone.metadata.nifti_window import sample_range
from pycornerstone.metadata.slice_addresses import slice_image_id, split_slice_address
from pycornerstone.model.image import Image
from pycornerstone.model.modules import VoiLutModule
from pycornerstone.retrieve.addresses import naming_image

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Coroutine, Iterable, Sequence
    from typing import Any

    from pycornerstone.loaders.image_run import ImageRun
    from pycornerstone.loaders.nifti_address import NiftiAddress
    from pycornerstone.loaders.nifti_kept import OpenNifti
    from pycornerstone.loaders.nifti_volume import NiftiVolume
    from pycornerstone.loaders.protocol import LoaderContext, LoadOptions
    from pycornerstone.metadata.nifti import NiftiHeader
    from pycornerstone.model.modules import Module

__all__ = ["NiftiFrame", "NiftiLoader"]

# No image has as many, and a header of 348 bytes can say so.
_MOST_LISTED = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class NiftiFrame:
    """One slice of a file that is at hand.

    Attributes
    ----------
    image_id : str
        Whose samples they are.
    volume : NiftiVolume
        The file.
    slices : NiftiSlices
        How the file is cut into slices, with its header.
    frame : int
        Which of them, from 0.
    """

    image_id: str = field(repr=False)
    volume: NiftiVolume = field(repr=False)
    slices: NiftiSlices = field(repr=False)
    frame: int


class NiftiLoader:
    """Loads ``nifti:<path or URL>?frame=N&axis=k``: N from 0, slice 0 without it; axis i, j or k.

    A file is NIfTI-1, NIfTI-2 or Analyze 7.5, one ``.nii`` or a pair of ``.hdr`` and ``.img``, as
    it is or in gzip: its content says which, not its name, but for the names of a pair. It may be
    a path, a URL, bytes that the session holds (``bytes:7``), or anything that fsspec opens.

    Of an uncompressed local file no more is read than the slices that are asked for: it is
    memory-mapped, the last 16 of them stay open (and a sample of it, where no display range is set:
    all slices of a file are shown with one window). A compressed or remote one is fetched and
    decompressed once, however many of its slices are asked for, and kept for those that come
    later. A local file that was written anew is opened anew.

    Stored values go into ``Image.pixels``, of complex ones the magnitude; scaling, place and
    display range are given by `provide`, so that a user's metadata provider can say otherwise.

    Parameters
    ----------
    context : LoaderContext
        The session's; ``context.limits.volume_bytes`` is the most that a file may decompress to.
    keep_bytes : int
        Decompressed and downloaded files are kept up to this size together, least recently used
        dropped first. The last one used is kept even if it alone is larger: without it, each of
        its slices would decompress it again. 1 GiB by default.
    """

    def __init__(self, context: LoaderContext, *, keep_bytes: int = 1 << 30) -> None:
        self._files = NiftiFiles(context.sources, context.limits.volume_bytes, keep_bytes)
        self._addresses = NiftiAddresses()
        self._headers = NiftiHeaders(context.sources)

    def retrieve(self, image_id: str) -> NiftiFrame | Coroutine[Any, Any, NiftiFrame]:
        """Find the slice in its file, or give what brings the file first, to be awaited.

        Raises
        ------
        ImageIdError
            If the frame or the axis is none, or not in the file.
        RetrieveError
            If the file did not arrive, or the other one of a pair is not there; HttpStatusError,
            TransferError and ContentTypeError are.
        DecodeError
            If it is not a NIfTI file, is shorter than its header says, is damaged, or decompresses
            to more than is allowed.
        UnsupportedEncodingError
            For samples of 1 bit.
        MissingExtraError
            If the address is for fsspec, which is not installed.
        """
        address = self._addresses.parse(image_id)
        opened = self._files.at_hand(address.source)
        if opened is None:
            return self._retrieve(image_id, address)
        return self._frame(image_id, address, opened)

    def decode(self, encoded: NiftiFrame) -> Image:
        """Copy the slice out of the file, as ``(rows, columns)``: rows run along the higher axis.

        Of slices across k that is ``pixels[j, i]``, across j ``[k, i]``, across i ``[k, j]``.
        """
        samples = encoded.slices.samples(encoded.volume.data, encoded.frame)
        # Once a file; an array of all of it does not come by here, and shows nothing.
        sample_range(encoded.slices.header, encoded.volume.data)
        return Image(encoded.image_id, samples, is_upright=False)

    async def retrieve_many(
        self, image_ids: Sequence[str], options: LoadOptions, /
    ) -> AsyncGenerator[ImageRun, None]:
        """Bring the slices of whole files, for an array; see `BulkRetriever`.

        Raises
        ------
        PyCornerstoneError
            As `retrieve`; its ``image_id`` says of which slice.
        """
        del options
        # One after the other: an array of several files would hold all of them inflated.
        for source, of_file in itertools.groupby(
            slice_runs(image_ids, self._addresses.parse), operator.attrgetter("source")
        ):
            opened = None
            for run in of_file:
                if opened is None:
                    with naming_image(run.image_ids[0]):
                        opened = await self._files.bring(source)
                    self._headers.remember(source, opened.key, opened.volume.header)
                slices = NiftiSlices(opened.volume.header, run.axis)
                for part in run.cut(slices, opened.volume.data):
                    yield part

    def provide(self, type_name: str, image_id: str) -> Module | None:
        """Answer for the metadata of a slice.

        The header of a file of this machine is read when it is first asked for; of another all is
        known once its slices were listed, or one of them was retrieved. The window of a file that
        is compressed or from elsewhere, and has no display range, is known once a slice was loaded.
        """
        if type_name not in NIFTI_MODULES or not image_id.startswith("nifti:"):
            return None
        address = self._addresses.parse(image_id)
        known = self._headers.find(address.source)
        if known is None:
            return None
        header = known.header
        if type_name == VoiLutModule.type_name and header.lacks_range:
            header = self._with_range(address, header)
        slices = NiftiSlices(header, address.axis)
        return read_nifti_module(type_name, slices, address.frame, known.frame_of_reference_uid)

    async def image_ids(
        self, address: str, axis: str = "k", time_points: tuple[object, ...] | None = None
    ) -> list[str]:
        """List the slices of a file, of which the header alone is read, and remembered.

        Parameters
        ----------
        address : str
            Of the file; ``nifti:`` before it is left out. A frame in it is no matter, and its axis
            is given way to by `axis`.
        axis : str
            Across which axis slices are cut.
        time_points : tuple of int, optional
            Which volumes, from 0, in this order; all of them by default.

        Raises
        ------
        ImageIdError
            If there is no such axis, or no such point in time.
        DecodeError
            If its header says that it has more than 1,048,576 of them, or it is plainly too short
            for what the header says.
        PyCornerstoneError
            If the header cannot be had; as `retrieve`.
        """
        file, _, _ = split_slice_address(address.removeprefix("nifti:"))
        source = self._addresses.parse(slice_image_id(file, 0, axis)).source
        slices = NiftiSlices((await self._headers.read(source)).header, axis)
        volumes = _chosen(time_points, slices.header.volumes)
        # That of a lie has no length: it need not fit 64 bits.
        count = slices.header.volumes if time_points is None else len(time_points)
        if count * slices.per_volume > _MOST_LISTED:
            raise DecodeError(
                f"the header of the NIfTI file says that it has {count * slices.per_volume} slices "
                f"across {axis}, more than the {_MOST_LISTED} that are listed; name some "
                "time_points, or another axis"
            )
        return [
            slice_image_id(file, volume * slices.per_volume + index, axis)
            for volume in volumes
            for index in range(slices.per_volume)
        ]

    def close(self) -> None:
        """Let go of the files that are kept open; the session is closed."""
        self._files.close()

    def _with_range(self, address: NiftiAddress, header: NiftiHeader) -> NiftiHeader:
        """Give the header with the range of the voxels, if these are at hand."""
        try:
            opened = self._files.here(address.source)
        except PyCornerstoneError:
            # Whoever loads a slice of it is told.
            return header
        if opened is None:
            return header
        known = self._headers.remember(address.source, opened.key, opened.volume.header)
        sample_range(known.header, opened.volume.data)
        return known.header

    async def _retrieve(self, image_id: str, address: NiftiAddress) -> NiftiFrame:
        return self._frame(image_id, address, await self._files.bring(address.source))

    def _frame(self, image_id: str, address: NiftiAddress, opened: OpenNifti) -> NiftiFrame:
        header = self._headers.remember(address.source, opened.key, opened.volume.header).header
        slices = NiftiSlices(header, address.axis)
        # That it is none of the file's is told before anything is decoded.
        slices.place(address.frame)
        return NiftiFrame(image_id, opened.volume, slices, address.frame)


def _chosen(time_points: tuple[object, ...] | None, volumes: int) -> Iterable[int]:
    """Give the volumes that are asked for.

    Raises
    ------
    ImageIdError
        If one of them is not in the file.
    """
    if time_points is None:
        return range(volumes)
    chosen = []
    for point in time_points:
        # NumPy's are whole numbers too.
        number = operator.index(point) if isinstance(point, SupportsIndex) else -1
        if not 0 <= number < volumes:
            raise ImageIdError(
                f"time point {point!r} is not in the NIfTI file: it has {volumes}, numbered from 0 "
                f"to {volumes - 1}; choose some of these"
            )
        chosen.append(number)
    return chosen

"""NIfTI images, slice by slice: ``nifti:/data/brain.nii.gz?frame=17``.

Frames count from **0** here, as in Cornerstone3D, and unlike the frames of DICOM, which count
from 1: ``frame=0`` is the first slice along the third axis of the voxel array, and the slices of
the next point in time of a 4D image follow the last one of the point before.

This module is imported when the scheme is first asked for.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.errors import ContentTypeError, DecodeError
from pycornerstone.loaders.nifti_volume import NiftiVolume, open_volume, read_header
from pycornerstone.metadata.nifti_modules import NIFTI_MODULES, read_nifti_module
from pycornerstone.model.addresses import without_credentials
from pycornerstone.model.image import Image
from pycornerstone.model.image_id import ImageId, split_frame_parameter
from pycornerstone.retrieve.files import path_of, read_file
from pycornerstone.retrieve.in_flight import InFlight

if TYPE_CHECKING:
    from pathlib import Path

    from pycornerstone.loaders.protocol import LoaderContext
    from pycornerstone.metadata.nifti import NiftiHeader
    from pycornerstone.model.modules import Module

__all__ = ["NiftiFrame", "NiftiLoader"]

_HEADERS_KEPT = 10_000
# What servers send in place of a file: pages that say no. Any other type is left to the content.
_NO_FILES = {"text/html", "application/xhtml+xml", "application/json", "application/problem+json"}


@dataclass(frozen=True, slots=True, eq=False)
class NiftiFrame:
    """The bytes of one slice, and the header that says what they are.

    Attributes
    ----------
    image_id : str
        Whose bytes they are.
    data : memoryview
        One slice as it is in the file: rows of voxels, in the file's byte order.
    header : NiftiHeader
        Of the whole file.
    """

    image_id: str = field(repr=False)
    data: memoryview
    header: NiftiHeader


class NiftiLoader:
    """Loads ``nifti:<path or URL>?frame=N``, N from 0; without it, slice 0.

    The file is a single NIfTI-1 or NIfTI-2 file, as it is or in gzip: its content says which, not
    its name. Of an uncompressed local file only the slices that are asked for are read (a large
    one is memory-mapped). A compressed or remote one is fetched and decompressed once, however
    many of its slices are asked for at the same time, and kept for those that come later.

    Stored values go into ``Image.pixels``; scaling, place and display range are given by
    `provide`, so that a user's metadata provider can say otherwise.

    Parameters
    ----------
    context : LoaderContext
        The session's.
    keep_bytes : int
        Decompressed and downloaded files are kept up to this size together, least recently used
        dropped first. The last one used is kept even if it alone is larger: without it, each of
        its slices would decompress it again. 1 GiB by default.
    max_file_bytes : int
        Files that would decompress to more are refused; 16 GiB by default.
    """

    def __init__(
        self,
        context: LoaderContext,
        *,
        keep_bytes: int = 1 << 30,
        max_file_bytes: int = 16 << 30,
    ) -> None:
        self._http = context.http
        self._max_file_bytes = max_file_bytes
        self._kept = _KeptVolumes(keep_bytes)
        self._in_flight: InFlight[NiftiVolume] = InFlight()
        self._headers: OrderedDict[str, NiftiHeader] = OrderedDict()
        self._headers_lock = Lock()

    async def retrieve(self, image_id: str) -> NiftiFrame:
        """Bring the file, decompressed, and find the slice in it.

        Raises
        ------
        ImageIdError
            If the frame is not a number, or not in the file.
        RetrieveError
            If the file did not arrive; HttpStatusError, TransferError and ContentTypeError are.
        DecodeError
            If it is not a NIfTI file, is shorter than its header says, or is damaged.
        UnsupportedEncodingError
            For pairs of files, five and more dimensions, and complex samples.
        """
        address = _Address.parse(image_id)
        volume = await self._in_flight.share(address.key, lambda: self._bring(address))
        return NiftiFrame(image_id, volume.slice_bytes(address.frame), volume.header)

    def decode(self, encoded: NiftiFrame) -> Image:
        """Copy the slice out of the file, as ``(rows, columns)`` = (j, i) of the voxel array."""
        header = encoded.header
        shape: tuple[int, ...] = (header.rows, header.columns)
        if header.samples_per_voxel > 1:
            shape += (header.samples_per_voxel,)
        samples = np.frombuffer(encoded.data, header.dtype).reshape(shape)
        stored = samples.astype(header.dtype.newbyteorder("="))
        return Image(encoded.image_id, stored, is_upright=False)

    def provide(self, type_name: str, image_id: str) -> Module | None:
        """Answer for the metadata of a slice.

        A local file's header is read when it is first asked for; of a remote file all is known
        as soon as one of its slices was retrieved.
        """
        if type_name not in NIFTI_MODULES or not image_id.startswith("nifti:"):
            return None
        address = _Address.parse(image_id)
        with self._headers_lock:
            header = self._headers.get(address.key)
        if header is None and address.path is not None:
            header = read_header(read_file(address.path))
            self._remember(address.key, header)
        if header is None:
            return None
        # NIfTI does not say which files share a space; the slices of one file do.
        identity = uuid.uuid5(uuid.NAMESPACE_URL, address.key)
        return read_nifti_module(type_name, header, address.frame, f"2.25.{identity.int}")

    def _remember(self, key: str, header: NiftiHeader) -> None:
        with self._headers_lock:
            self._headers[key] = header
            self._headers.move_to_end(key)
            while len(self._headers) > _HEADERS_KEPT:
                self._headers.popitem(last=False)

    async def _bring(self, address: _Address) -> NiftiVolume:
        key, path = address.key, address.path
        version = () if path is None else await asyncio.to_thread(_version_of, path)
        volume = self._kept.get(key, version)
        if volume is None:
            if path is None:
                volume = await self._download(key)
            else:
                volume = await asyncio.to_thread(self._open_file, path)
            if path is None or volume.was_compressed:
                self._kept.add(key, version, volume)
        self._remember(key, volume.header)
        return volume

    def _open_file(self, path: Path) -> NiftiVolume:
        return open_volume(read_file(path), self._max_file_bytes)

    async def _download(self, url: str) -> NiftiVolume:
        response = await self._http.get(url)
        if response.media_type in _NO_FILES:
            raise ContentTypeError(
                f"GET {without_credentials(url)} gave {response.media_type}, a NIfTI file was "
                "expected; check the address, or whether the server wants a login"
            )
        if not response.body:
            raise DecodeError(
                f"GET {without_credentials(url)} gave an empty answer, a NIfTI file was expected"
            )
        return await asyncio.to_thread(open_volume, memoryview(response.body), self._max_file_bytes)


@dataclass(frozen=True, slots=True)
class _Address:
    """Where a file is, and which of its slices is meant."""

    key: str
    path: Path | None
    frame: int

    @classmethod
    def parse(cls, image_id: str) -> _Address:
        resource, frame = split_frame_parameter(ImageId.parse(image_id).resource, first=0)
        if resource.lower().startswith(("http://", "https://")):
            return cls(resource, None, frame or 0)
        path = path_of(resource).absolute()
        return cls(str(path), path, frame or 0)


class _KeptVolumes:
    """The files used last, up to a number of bytes; asked from the event loop only."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._volumes: OrderedDict[str, tuple[object, NiftiVolume]] = OrderedDict()

    def get(self, key: str, version: object) -> NiftiVolume | None:
        """Give a file, unless it was written anew since."""
        known, volume = self._volumes.get(key, (None, None))
        if volume is None or known != version:
            self._volumes.pop(key, None)
            return None
        self._volumes.move_to_end(key)
        return volume

    def add(self, key: str, version: object, volume: NiftiVolume) -> None:
        self._volumes[key] = (version, volume)
        while len(self._volumes) > 1 and self._size() > self._max_bytes:
            self._volumes.popitem(last=False)

    def _size(self) -> int:
        return sum(len(volume.data) for _, volume in self._volumes.values())


def _version_of(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        # Opening it says what is wrong.
        return ()
    return (status.st_mtime_ns, status.st_size)

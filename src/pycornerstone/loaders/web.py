"""Pictures: ``web:/data/a.png``, ``web:https://host/a.tif#frame=2``, ``https://host/a.jpg``.

PNG, JPEG, TIFF, GIF, WebP and others, known by their content. Pages and frames count from **1**, as
DICOM's frames do, and stand behind ``#``, which no server is sent.

This module is imported when one of its schemes is first asked for.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pycornerstone.codecs.media_kinds import kind_of
from pycornerstone.codecs.pictures import open_picture
from pycornerstone.errors import DecodeError, PyCornerstoneError, RetrieveError
from pycornerstone.loaders.remembered import REMEMBERED_S
from pycornerstone.loaders.web_address import SCHEMES, PictureAddress, frame_parameter_of, short_key
from pycornerstone.loaders.web_files import KeptPictures, OpenPicture
from pycornerstone.loaders.web_modules import PICTURE_MODULES, picture_modules
from pycornerstone.metadata.module_store import ModuleStore
from pycornerstone.model.image import Image
from pycornerstone.model.image_id import split_frame_fragment
from pycornerstone.model.modules import MultiframeModule
from pycornerstone.retrieve.files import read_file, version_of
from pycornerstone.retrieve.in_flight import InFlight
from pycornerstone.retrieve.sources import SourceKind

if TYPE_CHECKING:
    from pathlib import Path

    from pycornerstone.codecs.picture_file import Picture, PictureFile
    from pycornerstone.loaders.protocol import LoaderContext
    from pycornerstone.model.modules import Module

__all__ = ["PictureFrame", "WebLoader"]

_logger = logging.getLogger("pycornerstone.loaders")

_EXPECTED = "a picture"
_IN_MEMORY = frozenset({SourceKind.DATA, SourceKind.HELD})


@dataclass(frozen=True, slots=True, eq=False)
class PictureFrame:
    """A frame on its way: where it is, and its file, if that had to be waited for.

    Attributes
    ----------
    image_id : str
        Whose frame it is.
    address : PictureAddress
        Where it is.
    file : PictureFile or None
        What gives its samples; None of a file that is at hand, which the thread that decodes opens.
    """

    image_id: str = field(repr=False)
    address: PictureAddress
    file: PictureFile | None = None


class WebLoader:
    """Loads ``web:<path, URL or other address>``, and ``http:``, ``https:`` and ``data:`` URLs.

    The content says what picture it is, not the name, and not the server, unless that says that it
    sends no picture at all. ``#frame=N`` names a page of a TIFF or a frame of an animation, from 1.

    A file is opened once, and fetched once, however many of its frames are asked for at the same
    time. Files of many frames are kept for those that come later, those of servers for ten minutes:
    see `KeptPictures`.

    A picture knows no place. Its pixel density, where it says one, is a spacing that is marked as
    UNCALIBRATED, so that ``Image.geometry_is_default`` is true; the pixel size of a microscope
    (OME) is a spacing. A user's metadata provider answers before what `provide` says.

    Parameters
    ----------
    context : LoaderContext
        The session's.
    """

    def __init__(self, context: LoaderContext) -> None:
        self._sources = context.sources
        self._max_bytes = context.limits.picture_bytes
        self._modules = ModuleStore()
        self._kept = KeptPictures()
        self._in_flight: InFlight[PictureFile] = InFlight()
        # Bytes that nobody holds any more; of these, the key is the address.
        self._sources.when_released(self._kept.forget)

    def at_hand(self, image_id: str) -> PictureFrame | None:
        """Give a frame of a file of this machine or of bytes in memory, which `decode` opens.

        Raises
        ------
        ImageIdError
            If `image_id` is none.
        """
        address = PictureAddress.parse(image_id)
        # From thread to thread takes longer than to read the file.
        return PictureFrame(image_id, address) if _is_at_hand(address) else None

    async def retrieve(self, image_id: str) -> PictureFrame:
        """Bring the picture's file, if it has to be waited for.

        Raises
        ------
        ImageIdError
            If `image_id` is none.
        RetrieveError
            If the file did not arrive; HttpStatusError, TransferError and ContentTypeError are.
        DecodeError
            If it is no picture.
        MissingExtraError
            If it needs a library that is not installed.
        """
        address = PictureAddress.parse(image_id)
        file = None if _is_at_hand(address) else await self._brought(address)
        return PictureFrame(image_id, address, file)

    def decode(self, encoded: PictureFrame) -> Image:
        """Turn it into an image: grey, RGB or RGBA, upright, with the bits that it has.

        Raises
        ------
        ImageIdError
            If there is no such frame.
        RetrieveError
            If a file that is at hand cannot be read.
        DecodeError
            If it is no picture, a damaged one, or one that is larger than the session allows.
        MissingExtraError
            If it needs a library that is not installed.
        """
        address = encoded.address
        file = encoded.file or self._opened(address)
        picture = file.decode(address.frame)
        self._learn(short_key(encoded.image_id), picture)
        return Image(
            encoded.image_id,
            picture.pixels,
            photometric_interpretation=picture.photometric_interpretation,
            icc_profile=picture.icc_profile,
        )

    async def image_ids(self, address: str) -> list[str]:
        """List the frames of a picture; see `Session.image_ids_from_web`."""
        base, _ = split_frame_fragment(address.removeprefix("web:"))
        picture = PictureAddress.parse(f"web:{base}")
        if _is_at_hand(picture):
            file = await asyncio.to_thread(self._listed, picture, f"web:{base}")
        else:
            # A picture of one frame is not fetched again when it is loaded next.
            file = await self._brought(picture, to_be_used=True)
        if file.number_of_frames == 1:
            return [f"web:{base}"]
        return [f"web:{base}#frame={number}" for number in range(1, file.number_of_frames + 1)]

    def provide(self, type_name: str, image_id: str) -> Module | None:
        """Answer for the metadata of a picture.

        A file of this machine and bytes in memory are opened when they are first asked about, and
        decoded once if their headers leave anything open; of others all is known once one was
        loaded, and the number of frames once they were listed.
        """
        if type_name not in PICTURE_MODULES or not image_id.startswith(SCHEMES):
            return None
        key = short_key(image_id)
        known = self._modules.provide(type_name, key)
        if known is not None or key in self._modules:
            return known
        try:
            return self._looked_up(type_name, PictureAddress.parse(image_id), key)
        except PyCornerstoneError as error:
            # Whoever loads it is told; whoever only asks is told that nobody knows.
            _logger.debug("nothing is known of a picture: %s", type(error).__name__)
            return None

    def close(self) -> None:
        """Let go of the files that are kept, and keep none any more."""
        self._kept.close()

    def _looked_up(self, type_name: str, address: PictureAddress, key: str) -> Module | None:
        if _is_at_hand(address):
            file: PictureFile | None = self._opened(address)
        else:
            file = self._kept.latest(address.key)
        if file is None:
            return None
        if type_name == MultiframeModule.type_name and address.frame <= file.number_of_frames:
            return MultiframeModule(file.number_of_frames, address.frame)
        self._learn(key, file.outline(address.frame) or file.decode(address.frame))
        return self._modules.provide(type_name, key)

    def _listed(self, address: PictureAddress, image_id: str) -> PictureFile:
        """Open what is at hand, and learn what it is: whoever lists a picture asks that next."""
        file = self._opened(address)
        if file.number_of_frames == 1:
            with contextlib.suppress(PyCornerstoneError):
                outline = file.outline(1)
                if outline is not None:
                    self._learn(short_key(image_id), outline)
        return file

    def _learn(self, key: str, picture: Picture) -> None:
        profile = picture.icc_profile or b""
        self._modules.add(key, *picture_modules(picture), long_bytes=len(profile))

    def _opened(self, address: PictureAddress) -> PictureFile:
        """Open what is at hand."""
        path = address.source.path
        version = () if path is None else version_of(path)
        file = self._kept.get_or_open(address.key, version, lambda: self._open(address, path))
        if self._sources.is_released(address.source):
            self._kept.forget(address.key)
        return file

    async def _brought(self, address: PictureAddress, *, to_be_used: bool = False) -> PictureFile:
        """Fetch what is elsewhere, once for all who ask for it at the same time."""
        # Before the bytes: should it change in between, it is brought anew.
        version = await self._sources.version(address.source)
        kept = self._kept.get(address.key, version, is_used=not to_be_used)
        if kept is not None:
            return kept

        async def fetch() -> PictureFile:
            data = await self._sources.read(address.source, _EXPECTED)
            picture = await asyncio.to_thread(self._picture, data, address)
            self._kept.keep(address.key, version, picture, once=to_be_used, seconds=REMEMBERED_S)
            return picture.file

        return await self._in_flight.share(address.key, fetch)

    def _open(self, address: PictureAddress, path: Path | None) -> OpenPicture:
        if path is None:
            data = self._sources.at_hand(address.source)
            if data is None:
                raise RetrieveError(f"{address.source.shown} is not in memory")
            return self._picture(data, address)
        try:
            return self._picture(read_file(path), address)
        except RetrieveError as error:
            raise (frame_parameter_of(path.name) or error) from error.__cause__

    def _picture(self, data: bytes | memoryview, address: PictureAddress) -> OpenPicture:
        try:
            return OpenPicture(
                open_picture(data, self._max_bytes),
                data,
                is_held=address.source.kind is SourceKind.HELD,
            )
        except DecodeError as error:
            scheme = _other_scheme(kind := kind_of(data), address)
            if scheme is None:
                raise
            raise DecodeError(
                f"this is {kind}, no picture; load it as '{scheme}:{address.source.shown}'"
            ) from error


def _other_scheme(kind: str, address: PictureAddress) -> str | None:
    """Say under which scheme something that is no picture would be an image."""
    if kind == "DICOM":
        return "wadouri" if address.source.kind is SourceKind.HTTP else "dicomfile"
    is_nifti = kind == "NIfTI" or (kind == "gzip" and ".nii" in address.key.rpartition("/")[2])
    return "nifti" if is_nifti else None


def _is_at_hand(address: PictureAddress) -> bool:
    return address.source.path is not None or address.source.kind in _IN_MEMORY

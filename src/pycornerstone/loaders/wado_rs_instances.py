"""Whole instances by WADO-RS: for servers that give no frames, and for many frames at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pycornerstone.codecs.frames import FrameIndex
from pycornerstone.errors import ContentTypeError, DecodeError, RetrieveError, TransferError
from pycornerstone.loaders.bulk_data_address import bulk_data_url
from pycornerstone.loaders.dicomweb_headers import series_url
from pycornerstone.loaders.frame_answers import FrameBytes, first_frame, native_length
from pycornerstone.loaders.part10_images import (
    Part10Images,
    RecentFiles,
    images_of_part10,
    takes_long_to_read,
)
from pycornerstone.loaders.remembered import Remembered
from pycornerstone.metadata.image_addresses import beside
from pycornerstone.metadata.part10 import Part10, read_part10
from pycornerstone.model.addresses import without_credentials
from pycornerstone.model.image_id import ImageId
from pycornerstone.retrieve.headers import ContentType
from pycornerstone.retrieve.in_flight import InFlight
from pycornerstone.retrieve.multipart import MultipartParser, Part, parse_multipart

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from pycornerstone.errors import HttpStatusError
    from pycornerstone.loaders.protocol import LoaderContext
    from pycornerstone.model.modules import ImagePixelModule
    from pycornerstone.retrieve.http import HttpRetriever
    from pycornerstone.retrieve.multipart import PartSink

__all__ = ["ACCEPT_INSTANCES", "WadoRsInstances", "files_of", "images_of_instance"]

ACCEPT_INSTANCES = 'multipart/related; type="application/dicom"; transfer-syntax=*'
"""Whole instances as they are stored (PS3.18 section 10.4.1.1.1)."""

_EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
_ACCEPT_OCTETS = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
# Pixel Data, Float Pixel Data, Double Float Pixel Data.
_PIXEL_DATA = (0x7FE00010, 0x7FE00008, 0x7FE00009)
_FILE_TYPES = {"application/dicom", "application/octet-stream", ""}


class WadoRsInstances:
    """Brings frames out of whole instances, each of which is fetched once for all of its frames.

    Parameters
    ----------
    context : LoaderContext
        The session's.
    """

    def __init__(self, context: LoaderContext) -> None:
        self._context = context
        # Series whose frames came this way, so that the next one is not asked for in vain.
        self._series: Remembered[bool] = Remembered()
        self._files = RecentFiles()
        self._in_flight: InFlight[Part10Images] = InFlight()

    def is_needed(self, base: str) -> bool:
        """Say whether the server has been found to give no frames of the series."""
        return _series(base) in self._series

    async def frame(
        self, base: str, number: int, pixel: ImagePixelModule, refused: HttpStatusError | None
    ) -> FrameBytes:
        """Bring a frame from a server that gives no frames.

        It is cut out of the pixel data that the metadata name (BulkDataURI, PS3.18 section F.2.6),
        or out of the file.

        Parameters
        ----------
        base : str
            The imageId of the instance.
        number : int
            From 1.
        pixel : ImagePixelModule
            What its samples mean.
        refused : HttpStatusError or None
            What the server said to the request for the frame.

        Raises
        ------
        RetrieveError
            `refused`, if there is one and the instance cannot be had either.
        PyCornerstoneError
            If the instance came and is broken.
        """
        file = self._files.get(base)
        if file is None:
            try:
                file = await self._in_flight.share(base, lambda: self._bring(base, pixel))
            except RetrieveError as error:
                self._series.forget(_series(base))
                if refused is None:
                    raise
                raise refused from error
            self._files.put(base, file)
        if refused is not None:
            self._series.put(_series(base), value=True)
        data, bit_offset = file.frames.frame(number)
        return FrameBytes(data, file.transfer_syntax_uid, bit_offset)

    async def _bring(self, base: str, pixel: ImagePixelModule) -> Part10Images:
        named = await self._named_pixel_data(base, pixel)
        if named is not None:
            return named
        url = ImageId.parse(base).resource
        response = await self._context.http.get(url, headers={"Accept": ACCEPT_INSTANCES})
        shown = without_credentials(url)
        data: bytes | memoryview = response.body
        content_type = response.content_type
        if response.media_type.startswith("multipart/"):
            parts = parse_multipart(response.body, response.content_type)
            if not parts:
                raise ContentTypeError(f"GET {shown} gave a multipart answer without any part")
            data, content_type = parts[0].body, parts[0].content_type
        _check_file_type(content_type, shown)
        if takes_long_to_read(data):
            return await asyncio.to_thread(_read, data, base, self._context)
        return _read(data, base, self._context)

    async def _named_pixel_data(self, base: str, pixel: ImagePixelModule) -> Part10Images | None:
        """Bring uncompressed pixel data that the metadata name; None if there are none such."""
        header = self._context.dicom_headers.get(base)
        address_of = getattr(header, "bulk_data_uri", None)
        if header is None or address_of is None:
            return None
        address = next(filter(None, map(address_of, _PIXEL_DATA)), None)
        url = _beside_metadata(base, address) if address else None
        if url is None:
            return None
        try:
            response = await self._context.http.get(url, headers={"Accept": _ACCEPT_OCTETS})
            found = first_frame(response, without_credentials(url))
            whole = native_length(pixel) * pixel.number_of_frames
            if found.named_encoding != _EXPLICIT_LITTLE or len(found.data) < whole:
                return None
            frames = FrameIndex.build(found.data, pixel, _EXPLICIT_LITTLE)
        except (RetrieveError, DecodeError):
            # The file itself is asked for next, and its is the error to tell.
            return None
        return Part10Images(header, _EXPLICIT_LITTLE, frames)


async def files_of(
    http: HttpRetriever,
    url: str,
    *,
    max_file_bytes: int | None = None,
    is_trial: bool = False,
    offer: Callable[[bytes | memoryview, int], PartSink | None] | None = None,
) -> AsyncGenerator[Part, None]:
    """Give the files of an instance, a series or a study one after the other, as they arrive.

    Parameters
    ----------
    http : HttpRetriever
        The session's.
    url : str
        Of the resource.
    max_file_bytes : int, optional
        What a larger file is refused at; by default `HttpSettings.max_body_bytes`.
    is_trial : bool
        There is another way, and nothing that the server refuses is asked for again.
    offer : callable, optional
        Gives what takes the rest of a file; see `MultipartParser`.

    Raises
    ------
    RetrieveError
        If they did not arrive, or not all of them.
    """
    shown = without_credentials(url)
    limit = max_file_bytes or http.settings.max_body_bytes
    final = range(400, 600) if is_trial else ()
    headers = {"Accept": ACCEPT_INSTANCES}
    async with http.stream(
        url, headers=headers, final_statuses=final, is_repeated=not is_trial
    ) as stream:
        if not stream.media_type.startswith("multipart/"):
            _check_file_type(stream.content_type, shown)
            yield Part(stream.headers, b"".join([chunk async for chunk in stream]))
            return
        parser = MultipartParser(stream.content_type, max_part_bytes=limit, offer=offer)
        try:
            async for chunk in stream:
                for part in parser.feed(chunk):
                    stream.begin_part()
                    _check_file_type(part.content_type, shown)
                    yield part
            for part in parser.close():
                yield part
        except TransferError as error:
            raise TransferError(f"GET {shown} failed: {error.message}") from error


def images_of_instance(file: Part10, base: str, context: LoaderContext) -> Part10Images:
    """Find the frames of a file that came for an instance, whose header stays if it is known.

    Parameters
    ----------
    file : Part10
        What was read.
    base : str
        The imageId of the instance.
    context : LoaderContext
        Where its header is left.

    Raises
    ------
    PyCornerstoneError
        As `images_of_part10`.
    """
    headers = context.dicom_headers
    known = headers.get(base)
    try:
        return images_of_part10(file, base, context)
    finally:
        # What is known may be more than the file says, such as what a user has added.
        if known is not None:
            headers.add(base, known)


def _read(data: bytes | memoryview, base: str, context: LoaderContext) -> Part10Images:
    return images_of_instance(read_part10(data), base, context)


def _check_file_type(content_type: str, shown: str) -> None:
    kind = ContentType.parse(content_type).media_type
    if kind not in _FILE_TYPES:
        raise ContentTypeError(f"GET {shown} gave {kind}, an instance was expected")


def _series(base: str) -> str:
    return series_url(base) or base


def _beside_metadata(base: str, address: str) -> str | None:
    """Resolve an address that metadata name; None if it is another server's, or none."""
    metadata_url = beside(ImageId.parse(base).resource, "/metadata")
    try:
        return bulk_data_url(metadata_url, address)
    except ValueError:
        return None

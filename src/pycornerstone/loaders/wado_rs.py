"""Frames by WADO-RS: ``wadors:https://pacs/studies/X/series/Y/instances/Z/frames/1``.

PS3.18 section 10.4. This module is imported when the scheme is first asked for.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING

from pycornerstone.codecs.decode import decode_frame
from pycornerstone.errors import ContentTypeError, HttpStatusError, ImageIdError, RetrieveError
from pycornerstone.loaders.dicomweb_headers import DicomwebHeaders, series_url
from pycornerstone.metadata.image_addresses import beside
from pycornerstone.metadata.pydicom_datasets import KeptDataset, dataset_of_attributes
from pycornerstone.model.encoded_frame import EncodedFrame
from pycornerstone.model.image_id import ImageId, split_frame
from pycornerstone.model.modules import ImagePixelModule, OverlayPlaneModule
from pycornerstone.retrieve.addresses import naming_image, without_credentials
from pycornerstone.retrieve.frame_signature import signed_transfer_syntax
from pycornerstone.retrieve.headers import ContentType
from pycornerstone.retrieve.multipart import parse_multipart, part_transfer_syntax

if TYPE_CHECKING:
    from pycornerstone.loaders.protocol import LoaderContext
    from pycornerstone.model.image import Image
    from pycornerstone.retrieve.http import HttpResponse

__all__ = ["WadoRsLoader"]

_EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
_JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
_NATIVE = {"1.2.840.10008.1.2", _EXPLICIT_LITTLE}
_OCTETS = "application/octet-stream"
_ACCEPT = 'multipart/related; type="application/octet-stream"; transfer-syntax={}'
# How servers say that they cannot send a frame as it is stored: Orthanc by 400 and 500.
_CANNOT_SEND_AS_STORED = {400, 406, 415, 500, 501}
_ACCEPT_IN_URL = re.compile(r"[?&]accept=", re.IGNORECASE)
_REMEMBERED = 1024


class WadoRsLoader:
    """Loads ``wadors:<URL of an instance>/frames/N``, N from 1.

    Frames are asked for as they are stored; a server that cannot do that is asked once more, for
    explicit little endian. What the samples mean is asked of the metadata providers, and of the
    server's metadata if none of them knows.

    Parameters
    ----------
    context : LoaderContext
        The session's.
    """

    def __init__(self, context: LoaderContext) -> None:
        self._context = context
        self._headers = DicomwebHeaders(context)
        # Series whose frames cannot be had as they are stored; asking anew for each takes twice
        # the time.
        self._transcoded: OrderedDict[str, None] = OrderedDict()

    async def retrieve(self, image_id: str) -> EncodedFrame:
        """Bring the bytes of one frame, and its header if that is not known.

        Raises
        ------
        ImageIdError
            If it is no imageId, or there is no such frame; it says how many there are.
        RetrieveError
            If frame or metadata did not arrive; HttpStatusError, TransferError and
            ContentTypeError are.
        DecodeError
            If the metadata are no DICOM JSON.
        MetadataError
            If the metadata do not say what the samples mean.
        """
        with naming_image(image_id):
            base, number = split_frame(image_id)
            instance = ImageId.parse(base).resource
            frame = asyncio.create_task(self._frame(instance, number))
            try:
                # Both are on their way at the same time.
                pixel = await self._pixel(base, image_id)
                try:
                    data, named = await frame
                except HttpStatusError as error:
                    if number > pixel.number_of_frames:
                        raise ImageIdError(
                            f"frame {number} was asked for, but there are "
                            f"{pixel.number_of_frames}; they count from 1"
                        ) from error
                    raise
            finally:
                frame.cancel()
                await asyncio.gather(frame, return_exceptions=True)
            planes = self._context.metadata.get(OverlayPlaneModule, image_id)
            overlays = None if planes is None else planes.overlays
            encoding = _true_encoding(named, data, pixel)
            header = self._context.dicom_headers.get(base)
            whole = KeptDataset(partial(dataset_of_attributes, header)) if header else None
            return EncodedFrame(
                image_id, data, encoding, pixel, overlays=overlays, dataset_source=whole
            )

    def decode(self, encoded: EncodedFrame) -> Image:
        """Turn it into an image.

        Raises
        ------
        DecodeError
            If the bytes are not the image that the metadata describe.
        """
        return decode_frame(encoded)

    async def _pixel(self, base: str, image_id: str) -> ImagePixelModule:
        metadata = self._context.metadata
        pixel = None
        if self._headers.is_complete(base):
            pixel = metadata.get(ImagePixelModule, image_id)
        if pixel is None:
            await self._headers.bring(base)
            pixel = metadata.require(ImagePixelModule, image_id)
        return pixel

    async def _frame(self, instance: str, number: int) -> tuple[bytes | memoryview, str]:
        """Bring the bytes of a frame, and the transfer syntax that the server says they have."""
        url = beside(instance, f"/frames/{number}")
        http = self._context.http
        if _ACCEPT_IN_URL.search(url):
            # The address says itself what is accepted (PS3.18 section 8.3.3.1).
            return _frame_of(await http.get(url), without_credentials(url))
        series = series_url(instance) or instance
        if series not in self._transcoded:
            try:
                response = await http.get(url, headers={"Accept": _ACCEPT.format("*")})
                return _frame_of(response, without_credentials(url))
            except HttpStatusError as error:
                if error.status not in _CANNOT_SEND_AS_STORED:
                    raise
        response = await http.get(url, headers={"Accept": _ACCEPT.format(_EXPLICIT_LITTLE)})
        self._transcoded[series] = None
        while len(self._transcoded) > _REMEMBERED:
            self._transcoded.popitem(last=False)
        return _frame_of(response, without_credentials(url))


def _frame_of(response: HttpResponse, shown: str) -> tuple[bytes | memoryview, str]:
    data: bytes | memoryview = response.body
    content_type = response.content_type
    if response.media_type.startswith("multipart/"):
        try:
            parts = parse_multipart(response.body, content_type)
        except RetrieveError as error:
            raise type(error)(f"GET {shown} failed: {error.message}") from error
        if not parts:
            raise ContentTypeError(f"GET {shown} gave a multipart answer without any part")
        # One frame was asked for, so the first part is it.
        data = parts[0].body
        content_type = parts[0].content_type or ContentType.parse(content_type).parameters.get(
            "type", ""
        )
    kind = ContentType.parse(content_type or _OCTETS).media_type
    encoding = None
    if kind == _OCTETS or kind.startswith("image/"):
        encoding = part_transfer_syntax(content_type or _OCTETS)
    if encoding is None:
        advice = "check the address, or whether the server wants a login"
        if kind == "application/dicom":
            advice = "for a whole file use 'wadouri:'"
        elif kind.startswith("image/"):
            advice = "for a picture use 'web:'"
        raise ContentTypeError(f"GET {shown} gave {kind}, a frame was expected; {advice}")
    return data, encoding


def _true_encoding(named: str, data: bytes | memoryview, pixel: ImagePixelModule) -> str:
    """Give the transfer syntax by the frame's first bytes where the named one may be wrong."""
    # image/jpeg is any of four; and Orthanc calls HTJ2K explicit little endian.
    if named == _JPEG_BASELINE or (named in _NATIVE and len(data) < _native_length(pixel)):
        return signed_transfer_syntax(data) or named
    return named


def _native_length(pixel: ImagePixelModule) -> int:
    """How many bytes an uncompressed frame has at the least (PS3.5 section 8.1.1)."""
    samples = pixel.samples_per_pixel
    if samples == 3 and pixel.photometric_interpretation.endswith("_422"):
        samples = 2
    return pixel.rows * pixel.columns * samples * pixel.bits_allocated // 8

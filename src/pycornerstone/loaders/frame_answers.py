"""Frames out of answers: what came, and how the server says that it is encoded."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pycornerstone.errors import ContentTypeError, RetrieveError
from pycornerstone.retrieve.frame_signature import signed_transfer_syntax
from pycornerstone.retrieve.headers import ContentType
from pycornerstone.retrieve.multipart import parse_multipart
from pycornerstone.retrieve.part_syntax import part_transfer_syntax

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycornerstone.model.modules import ImagePixelModule
    from pycornerstone.retrieve.http import HttpResponse
    from pycornerstone.retrieve.multipart import Part

__all__ = ["FrameBytes", "check_frame_type", "first_frame", "native_length", "numbered_frames"]

_JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
_NATIVE = {"1.2.840.10008.1.2", "1.2.840.10008.1.2.1"}
_OCTETS = "application/octet-stream"
_FRAME_NUMBER = re.compile(r"(?:^|/)frames/(?P<number>[0-9]{1,9})/?(?:$|[?#])")


@dataclass(frozen=True, slots=True, eq=False)
class FrameBytes:
    """The bytes of one frame, as they came.

    Attributes
    ----------
    data : bytes or memoryview
        The frame.
    named_encoding : str
        The transfer syntax that the server says it has.
    bit_offset : int
        Bits to skip in the first byte; see `EncodedFrame`.
    """

    data: bytes | memoryview = field(repr=False)
    named_encoding: str
    bit_offset: int = 0

    def encoding(self, pixel: ImagePixelModule) -> str:
        """Give the transfer syntax, by the first bytes where the named one may be wrong."""
        named = self.named_encoding
        # image/jpeg is any of four; and Orthanc calls HTJ2K explicit little endian.
        if named == _JPEG_BASELINE or (
            named in _NATIVE and len(self.data) + self.bit_offset // 8 < native_length(pixel)
        ):
            return signed_transfer_syntax(self.data) or named
        return named


def first_frame(response: HttpResponse, shown: str) -> FrameBytes:
    """Give the frame of an answer to a request for one.

    Parameters
    ----------
    response : HttpResponse
        In parts, or the frame itself.
    shown : str
        Its address as it may stand in an error.

    Raises
    ------
    ContentTypeError
        If it is something else than a frame.
    TransferError
        If its parts are cut.
    """
    if not response.media_type.startswith("multipart/"):
        return FrameBytes(response.body, check_frame_type(response.content_type, shown))
    parts = _parts(response, shown)
    if not parts:
        raise ContentTypeError(f"GET {shown} gave a multipart answer without any part")
    # One frame was asked for, so the first part is it.
    return _frame(parts[0], response, shown)


def numbered_frames(
    response: HttpResponse, numbers: Sequence[int], shown: str
) -> dict[int, FrameBytes]:
    """Give the frames of an answer to a request for several, by their numbers.

    Parts are in the order in which frames were asked for (PS3.18 section 10.4.1.1.6), unless their
    Content-Location says which frame each is. Those that cannot be told apart are left out.

    Parameters
    ----------
    response : HttpResponse
        In parts, or the only frame.
    numbers : sequence of int
        What was asked for, each once.
    shown : str
        Its address as it may stand in an error.

    Raises
    ------
    ContentTypeError
        If a part is something else than a frame.
    TransferError
        If the parts are cut.
    """
    if not response.media_type.startswith("multipart/"):
        return {numbers[0]: first_frame(response, shown)} if len(numbers) == 1 else {}
    parts = _parts(response, shown)
    located = [_located(part) for part in parts]
    if None in located or len(set(located)) != len(parts) or not set(located) <= set(numbers):
        # Where some are missing, nobody knows which.
        located = list(numbers) if len(parts) == len(numbers) else []
    return {
        number: _frame(part, response, shown)
        for number, part in zip(located, parts, strict=False)
        if number is not None
    }


def check_frame_type(content_type: str, shown: str) -> str:
    """Give the transfer syntax that a Content-Type names.

    Raises
    ------
    ContentTypeError
        If it is not one of a frame; it says what could be done.
    """
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
    return encoding


def native_length(pixel: ImagePixelModule) -> int:
    """How many bytes an uncompressed frame has at the least (PS3.5 section 8.1.1)."""
    samples = pixel.samples_per_pixel
    if samples == 3 and pixel.photometric_interpretation.endswith("_422"):
        samples = 2
    return pixel.rows * pixel.columns * samples * pixel.bits_allocated // 8


def _parts(response: HttpResponse, shown: str) -> list[Part]:
    try:
        return parse_multipart(response.body, response.content_type)
    except RetrieveError as error:
        raise type(error)(f"GET {shown} failed: {error.message}") from error


def _frame(part: Part, response: HttpResponse, shown: str) -> FrameBytes:
    content_type = part.content_type or ContentType.parse(response.content_type).parameters.get(
        "type", ""
    )
    return FrameBytes(part.body, check_frame_type(content_type, shown))


def _located(part: Part) -> int | None:
    found = _FRAME_NUMBER.search(part.headers.get("content-location", ""))
    return int(found["number"]) if found else None

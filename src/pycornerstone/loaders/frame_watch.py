"""What can be shown of a frame while its bytes arrive, in parts or as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycornerstone.codecs.partial_frames import PartialFrame, can_be_partial
from pycornerstone.loaders.frame_answers import FrameBytes
from pycornerstone.retrieve.headers import ContentType
from pycornerstone.retrieve.part_syntax import part_transfer_syntax

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycornerstone.model.encoded_frame import EncodedFrame
    from pycornerstone.model.image import ImageQuality

__all__ = ["FrameWatch"]

_OCTETS = "application/octet-stream"
# Up to the markers that tell one JPEG 2000 from the other (ISO 15444-1 A.5.1, 15444-15 A.2).
_SIGNATURE_LENGTH = 128
# Before the frame there are the boundary and some header fields, of each part anew.
_LONGEST_START = 64 * 1024


class FrameWatch:
    """Looks at the bytes of an answer that is, or begins with, one frame.

    Parameters
    ----------
    content_type : str
        Content-Type of the answer.
    make : callable
        Makes what is decoded of the bytes of the frame.

    Attributes
    ----------
    is_hopeless : bool
        The frame shows nothing before it is whole.
    """

    def __init__(self, content_type: str, make: Callable[[FrameBytes], EncodedFrame]) -> None:
        self.is_hopeless = False
        self._content_type = content_type
        self._make = make
        self._buffer = bytearray()
        self._taken = 0
        self._start = 0
        self._named: str | None = None
        self._frame: PartialFrame | None = None

    def look(self, chunks: list[bytes]) -> ImageQuality | None:
        """Say how good an image of the bytes so far would be; None for none.

        Parameters
        ----------
        chunks : list of bytes
            All of the answer so far; what was given before, and more.
        """
        if self.is_hopeless:
            return None
        for chunk in chunks[self._taken :]:
            self._buffer += chunk
        self._taken = len(chunks)
        if self._frame is None:
            self._begin()
        quality = None
        if self._frame is not None:
            with memoryview(self._buffer) as view, view[self._start :] as body:
                quality = self._frame.go_on(body)
            self.is_hopeless = self._frame.is_hopeless
        if self.is_hopeless:
            # Whoever asked keeps the answer.
            self._buffer.clear()
        return quality

    def frame(self) -> FrameBytes:
        """Give the bytes of the frame that have come, and its name."""
        with memoryview(self._buffer) as view:
            return FrameBytes(bytes(view[self._start :]), self._named or "")

    def _begin(self) -> None:
        """Find out where the frame begins and what it is, as soon as that can be said."""
        found = _body_start(self._buffer, self._content_type)
        if found is None:
            self.is_hopeless = len(self._buffer) > _LONGEST_START
            return
        start, content_type = found
        self._start = start
        self._named = part_transfer_syntax(content_type)
        # What it is the first bytes say where a server's word is wrong.
        if len(self._buffer) - start < _SIGNATURE_LENGTH:
            return
        signature = bytes(self._buffer[start : start + _SIGNATURE_LENGTH])
        encoded = self._make(FrameBytes(signature, self._named or ""))
        if encoded.pixel is not None and can_be_partial(encoded):
            self._frame = PartialFrame(encoded.pixel)
        else:
            self.is_hopeless = True


def _body_start(data: bytearray, content_type: str) -> tuple[int, str] | None:
    """Give where the first part of an answer begins, and its Content-Type; None if not yet."""
    kind = ContentType.parse(content_type or _OCTETS)
    if not kind.media_type.startswith("multipart/"):
        return 0, content_type or _OCTETS
    delimiter = b"--" + kind.parameters.get("boundary", "").encode("latin-1", "replace")
    at = data.find(delimiter)
    line_end = data.find(b"\n", at)
    if at < 0 or line_end < 0:
        return None
    line_break = b"\r\n" if data[line_end - 1 : line_end] == b"\r" else b"\n"
    # From the line break of the boundary on, so that a part without fields is found too.
    end = data.find(line_break * 2, line_end + 1 - len(line_break))
    if end < 0:
        return None
    fields = bytes(data[line_end + 1 : end]).decode("latin-1").split("\n")
    named = (field.partition(":") for field in fields)
    types = [value.strip() for name, _, value in named if name.strip().lower() == "content-type"]
    of_part = types[0] if types else kind.parameters.get("type", "")
    return end + 2 * len(line_break), of_part or _OCTETS

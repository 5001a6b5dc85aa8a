"""An encoded frame: what travels from retrieving to decoding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pycornerstone.model.modules import ImagePixelModule

__all__ = ["EncodedFrame"]


@dataclass(frozen=True, slots=True, eq=False)
class EncodedFrame:
    """The bytes of one image, and all that a decoder must know to read them.

    Attributes
    ----------
    image_id : str
        Whose bytes they are.
    data : bytes or memoryview
        One frame, whole.
    encoding : str
        Transfer Syntax UID of a DICOM frame, or the media type of a picture, such as
        ``"image/png"``.
    pixel : ImagePixelModule or None
        What the samples mean; None where the bytes say it themselves.
    bit_offset : int
        Bits to skip in the first byte: frames of 1-bit samples follow each other without a gap
        (PS3.5 section 8.1.1).
    """

    image_id: str
    data: bytes | memoryview
    encoding: str
    pixel: ImagePixelModule | None = None
    bit_offset: int = 0

"""An encoded frame: what travels from retrieving to decoding."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from pycornerstone.model.modules import ImagePixelModule, OverlayPlane

__all__ = ["EncodedFrame"]


@dataclass(frozen=True, slots=True, eq=False)
class EncodedFrame:
    """The bytes of one image, and all that a decoder must know to read them.

    Attributes
    ----------
    image_id : str
        Whose bytes they are.
    data : bytes or memoryview
        One frame, whole unless `is_partial`.
    encoding : str
        Transfer Syntax UID of a DICOM frame, or the media type of a picture, such as
        ``"image/png"``.
    pixel : ImagePixelModule or None
        What the samples mean; None where the bytes say it themselves.
    bit_offset : int
        Bits to skip in the first byte: frames of 1-bit and 12-bit samples follow each other without
        a gap (PS3.5 section 8.1.1).
    overlays : tuple of OverlayPlane or None
        What the header says of overlays; those without bits lie in the samples. None where nobody
        was asked.
    out : numpy.ndarray or None
        Where its samples belong. A decoder may write there what it gives, and need not: whoever
        named it copies what was given otherwise.
    is_partial : bool
        The bytes are the first ones of the frame. Only what `codecs.partial_frames` can make an
        image of is marked so; the image is of full size, and its `quality` says what it is worth.
    dataset_source : callable or None
        What gives the whole data set of the instance; see `Image.dataset`.
    """

    # An imageId may hold a password, and a frame would fill pages.
    image_id: str = field(repr=False)
    data: bytes | memoryview = field(repr=False)
    encoding: str
    pixel: ImagePixelModule | None = None
    bit_offset: int = 0
    overlays: tuple[OverlayPlane, ...] | None = None
    out: npt.NDArray[Any] | None = field(default=None, repr=False)
    is_partial: bool = False
    dataset_source: Callable[[], Any] | None = field(default=None, repr=False)

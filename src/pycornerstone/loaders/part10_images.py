"""The images of a DICOM file: from its bytes to the encoded frames, wherever it came from."""

from __future__ import annotations

import mmap
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from pycornerstone.codecs.frames import FrameIndex
from pycornerstone.errors import DecodeError
from pycornerstone.metadata.part10 import read_part10
from pycornerstone.model.encoded_frame import EncodedFrame
from pycornerstone.model.image_id import split_frame
from pycornerstone.model.modules import ImagePixelModule

if TYPE_CHECKING:
    from collections.abc import Hashable

    from pycornerstone.loaders.protocol import LoaderContext
    from pycornerstone.metadata.dicom_attributes import DicomAttributes

__all__ = ["Part10Images", "RecentFiles", "read_part10_images"]

_SOP_CLASS_UID = 0x00080016
_PIXEL_DATA_BIG_ENDIAN = b"\x7f\xe0\x00\x10"


@dataclass(frozen=True, slots=True, eq=False)
class Part10Images:
    """A DICOM file (PS3.10) whose header is read and whose frames are found.

    Attributes
    ----------
    attributes : DicomAttributes
        The header.
    transfer_syntax_uid : str
        Transfer Syntax UID (0002,0010).
    frames : FrameIndex
        Where each frame lies.
    """

    attributes: DicomAttributes = field(repr=False)
    transfer_syntax_uid: str
    frames: FrameIndex

    @property
    def number_of_frames(self) -> int:
        """How many images it holds."""
        return self.frames.number_of_frames

    @property
    def size_in_bytes(self) -> int:
        """Memory that it holds; a mapped file holds none."""
        data = self.frames.pixel_data
        return 0 if isinstance(data.obj, mmap.mmap) else data.nbytes

    def encoded_frame(self, image_id: str, context: LoaderContext) -> EncodedFrame:
        """Give the bytes of the frame that `image_id` names, with what its samples mean.

        Raises
        ------
        ImageIdError
            If there is no such frame; it says how many there are.
        DecodeError
            If the pixel data end before it does.
        MetadataError
            If the header does not say what the samples mean, nor does a metadata provider.
        """
        base, number = split_frame(image_id)
        # The header may have been forgotten since, or have come by another name for the file.
        if base not in context.dicom_headers:
            context.dicom_headers.add(base, self.attributes)
        data, bit_offset = self.frames.frame(number)
        pixel = context.metadata.require(ImagePixelModule, image_id)
        return EncodedFrame(image_id, data, self.transfer_syntax_uid, pixel, bit_offset)


def read_part10_images(
    buffer: bytes | memoryview, image_id: str, context: LoaderContext
) -> Part10Images:
    """Read a DICOM file, and leave its header where metadata are asked for.

    Parameters
    ----------
    buffer : bytes or memoryview
        The whole file.
    image_id : str
        Of any of its frames.
    context : LoaderContext
        Its metadata say what the samples mean, so that a user's provider has its say.

    Raises
    ------
    DecodeError
        If it is no DICOM file, is broken, or holds no pixel data.
    MetadataError
        If the header does not say what the samples mean, nor does a metadata provider.
    """
    file = read_part10(buffer)
    base, _ = split_frame(image_id)
    context.dicom_headers.add(base, file.attributes)
    if file.pixel_data is None:
        raise DecodeError(
            "the file holds no Pixel Data (7FE0,0010), so there is no image to load; its SOP class "
            f"is {_sop_class(file.attributes)}"
        )
    pixel = context.metadata.require(ImagePixelModule, image_id)
    vr = None
    if file.is_big_endian:
        vr = _pixel_data_vr(memoryview(buffer).cast("B"), len(file.pixel_data))
    frames = FrameIndex.build(file.pixel_data, pixel, file.transfer_syntax_uid, vr=vr)
    return Part10Images(file.attributes, file.transfer_syntax_uid, frames)


class RecentFiles:
    """The multi-frame files that were read last, so that each frame does not read its file anew.

    Files of one frame are not kept. May be used from any thread.

    Parameters
    ----------
    max_bytes : int
        Memory that they may hold together. The newest is kept whatever it holds: a file is better
        kept than read again for each of its frames.
    max_files : int
        How many.
    """

    def __init__(self, max_bytes: int = 256 * 1024 * 1024, max_files: int = 16) -> None:
        self._max_bytes = max_bytes
        self._max_files = max_files
        self._files: OrderedDict[Hashable, Part10Images] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Part10Images | None:
        """Give the file that is kept as `key`, if it still is."""
        with self._lock:
            found = self._files.get(key)
            if found is not None:
                self._files.move_to_end(key)
            return found

    def put(self, key: Hashable, file: Part10Images) -> None:
        """Keep a file as `key`, and forget those that were not asked for the longest."""
        if file.number_of_frames < 2:
            return
        with self._lock:
            self._files[key] = file
            self._files.move_to_end(key)
            held = sum(kept.size_in_bytes for kept in self._files.values())
            while len(self._files) > 1 and (
                held > self._max_bytes or len(self._files) > self._max_files
            ):
                held -= self._files.popitem(last=False)[1].size_in_bytes


def _pixel_data_vr(buffer: memoryview, length: int) -> str | None:
    """Read the value representation of the pixel data, which big endian samples depend on.

    Samples of 8 bits are swapped in pairs in OW, and lie one after the other in OB (PS3.5 8.1.2).
    """
    # The element begins before the last `length` bytes; of all that look like it, an icon's in a
    # sequence for one, it is the last.
    start = bytes(buffer[: len(buffer) - length])
    at = start.rfind(_PIXEL_DATA_BIG_ENDIAN)
    return start[at + 4 : at + 6].decode("latin-1") if at >= 0 else None


def _sop_class(attributes: DicomAttributes) -> str:
    from pydicom.uid import UID

    uid: Any = attributes.text(_SOP_CLASS_UID)
    return f"{UID(uid).name} ({uid})" if uid else "not given"

"""The images of a DICOM file: from its bytes to the encoded frames, wherever it came from."""

from __future__ import annotations

import mmap
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from pycornerstone.codecs.frames import FrameIndex
from pycornerstone.codecs.transfer_syntaxes import TRANSFER_SYNTAXES
from pycornerstone.errors import DecodeError
from pycornerstone.metadata.part10 import read_part10
from pycornerstone.model.encoded_frame import EncodedFrame
from pycornerstone.model.image_id import split_frame
from pycornerstone.model.modules import ImagePixelModule, OverlayPlaneModule
from pycornerstone.retrieve.frame_signature import signed_transfer_syntax

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from pycornerstone.loaders.protocol import LoaderContext
    from pycornerstone.metadata.dicom_attributes import DicomAttributes
    from pycornerstone.metadata.part10 import Part10

__all__ = [
    "Part10Images",
    "RecentFiles",
    "images_of_part10",
    "read_part10_images",
    "takes_long_to_read",
]

_SOP_CLASS_UID = 0x00080016
# What a data set without file meta information is taken for, too.
_NATIVE = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"})
# A header is read in 0.1 ms, but where tables are missing, more than that is looked through for
# frames in longer than the event loop may stand still.
_LONG_FILE_BYTES = 4 * 1024 * 1024
# Deflated Explicit VR Little Endian: 3 MB may become a gigabyte, which takes seconds.
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_FILE_META_BYTES = 1024


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
    dataset_source : callable or None
        What gives the whole data set; see `Image.dataset`.
    """

    attributes: DicomAttributes = field(repr=False)
    transfer_syntax_uid: str
    frames: FrameIndex
    dataset_source: Callable[[], Any] | None = field(default=None, repr=False)

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
        planes = context.metadata.get(OverlayPlaneModule, image_id)
        overlays = None if planes is None else planes.overlays
        return EncodedFrame(
            image_id,
            data,
            self.transfer_syntax_uid,
            pixel,
            bit_offset,
            overlays,
            dataset_source=self.dataset_source,
        )


def takes_long_to_read(data: bytes | memoryview) -> bool:
    """Say whether a file is to be read in a thread, where the event loop goes on meanwhile."""
    return len(data) >= _LONG_FILE_BYTES or _DEFLATED in bytes(data[:_FILE_META_BYTES])


def read_part10_images(
    buffer: bytes | memoryview,
    image_id: str,
    context: LoaderContext,
    dataset_source: Callable[[], Any] | None = None,
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
    dataset_source : callable, optional
        What gives the whole data set.

    Raises
    ------
    DecodeError
        If it is no DICOM file, is broken, or holds no pixel data.
    MetadataError
        If the header does not say what the samples mean, nor does a metadata provider.
    """
    return images_of_part10(read_part10(buffer), image_id, context, dataset_source)


def images_of_part10(
    file: Part10,
    image_id: str,
    context: LoaderContext,
    dataset_source: Callable[[], Any] | None = None,
) -> Part10Images:
    """Find the frames of a DICOM file, and leave its header where metadata are asked for.

    Parameters
    ----------
    file : Part10
        What was read.
    image_id, context, dataset_source
        As of `read_part10_images`.

    Raises
    ------
    DecodeError
        If it is broken, or holds no pixel data.
    MetadataError
        If the header does not say what the samples mean, nor does a metadata provider.
    """
    base, _ = split_frame(image_id)
    context.dicom_headers.add(base, file.attributes)
    if file.pixel_data is None:
        raise DecodeError(
            "the file holds no Pixel Data (7FE0,0010), so there is no image to load; its SOP class "
            f"is {_sop_class(file.attributes)}, its transfer syntax "
            f"{TRANSFER_SYNTAXES.get(file.transfer_syntax_uid) or repr(file.transfer_syntax_uid)}"
        )
    pixel = context.metadata.require(ImagePixelModule, image_id)
    syntax = _transfer_syntax(file, file.pixel_data)
    frames = FrameIndex.build(
        file.pixel_data,
        pixel,
        syntax,
        offsets=file.frame_offsets,
        lengths=file.frame_lengths,
        vr=file.pixel_data_vr,
    )
    return Part10Images(file.attributes, syntax, frames, dataset_source)


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

    def forget(self, key: Hashable) -> None:
        """Keep a file no more."""
        with self._lock:
            self._files.pop(key, None)


def _transfer_syntax(file: Part10, pixel_data: memoryview) -> str:
    """Give the transfer syntax, by the first fragment where the file says none that it can be."""
    if not file.is_encapsulated or file.transfer_syntax_uid not in _NATIVE:
        return file.transfer_syntax_uid
    # PS3.5 section A.4: an item with the Basic Offset Table, and an item for each fragment.
    table = int.from_bytes(pixel_data[4:8], "little")
    found = signed_transfer_syntax(pixel_data[8 + table + 8 :])
    if found is None:
        raise DecodeError(
            "the pixel data are encapsulated, but (0002,0010) Transfer Syntax UID is missing or "
            "says that they are not, and their first bytes do not tell; correct it"
        )
    return found


def _sop_class(attributes: DicomAttributes) -> str:
    from pydicom import config
    from pydicom.uid import UID

    uid: Any = attributes.text(_SOP_CLASS_UID)
    if not uid:
        return "not given"
    name = UID(uid, config.IGNORE).name
    # What has no name may be anything, line breaks included.
    return f"{name} ({uid})" if name != uid else repr(uid)

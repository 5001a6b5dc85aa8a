"""Whole instances of a series, most often alike: what one header says need not be read in another.

See docs/decisions/0009-arrays-are-read-in-chunks.md for what is compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pycornerstone.codecs.frames import FrameIndex
from pycornerstone.codecs.transfer_syntaxes import transfer_syntax
from pycornerstone.loaders.frame_answers import FrameBytes
from pycornerstone.metadata.header_forms import HeaderForms, UnreadHeader

if TYPE_CHECKING:
    from collections.abc import Container

    from pycornerstone.loaders.protocol import LoaderContext
    from pycornerstone.metadata.header_forms import HeaderForm
    from pycornerstone.metadata.part10 import Part10
    from pycornerstone.model.modules import ImagePixelModule

__all__ = ["AlikeInstances", "BegunInstance"]

_MAX_HEADER_BYTES = 16 * 1024
_MEDIA_STORAGE_UID = b"\x02\x00\x03\x00UI"
_SOP_INSTANCE_UID = b"\x08\x00\x18\x00UI"


@dataclass(frozen=True, slots=True, eq=False)
class BegunInstance:
    """What the header says of a file of uncompressed samples that is not all there yet.

    Attributes
    ----------
    uid : str
        Its SOP Instance UID.
    header : UnreadHeader
        The header.
    header_bytes : int
        Where the samples begin.
    pixel : ImagePixelModule
        How they are stored.
    pixel_data_length : int
        How many bytes they are.
    transfer_syntax_uid : str
        How they are encoded.
    """

    uid: str
    header: UnreadHeader
    header_bytes: int
    pixel: ImagePixelModule
    pixel_data_length: int
    transfer_syntax_uid: str


class AlikeInstances:
    """Finds the frame of a file of one frame whose header is like one that was read before.

    Parameters
    ----------
    context : LoaderContext
        Where headers are left. Nothing is found where a user's provider has its say.
    """

    def __init__(self, context: LoaderContext) -> None:
        self._context = context
        self._forms = HeaderForms()
        self._native_lengths: tuple[int, ...] = ()

    def begin(
        self, beginning: bytes | memoryview, length: int, wanted: Container[str]
    ) -> BegunInstance | None:
        """Say what a file is whose first bytes are there; None if it is to be read whole.

        Parameters
        ----------
        beginning : bytes or memoryview
            The first bytes.
        length : int
            How many bytes the file has.
        wanted : container of str
            SOP Instance UIDs.
        """
        if not self._context.asks_only_headers():
            return None
        known = self._native(memoryview(beginning))
        if known is None:
            return None
        header, form, nbytes = known
        uid = _uid_of(header)
        if uid not in wanted or len(header) + nbytes > length:
            return None
        unread = UnreadHeader(header)
        return BegunInstance(uid, unread, len(header), form.pixel, nbytes, form.transfer_syntax_uid)

    def find(
        self, data: bytes | memoryview, wanted: Container[str]
    ) -> tuple[str, UnreadHeader, ImagePixelModule, FrameBytes] | None:
        """Give SOP Instance UID, header, meaning and frame; None if the file is to be read.

        Parameters
        ----------
        data : bytes or memoryview
            The file.
        wanted : container of str
            SOP Instance UIDs.
        """
        if not self._context.asks_only_headers():
            return None
        view = memoryview(data)
        native = self._native(view)
        if native is None:
            known = self._forms.find_beginning(bytes(view[:_MAX_HEADER_BYTES]))
            if known is None:
                return None
            header, form = known
        else:
            header, form, _ = native
        uid = _uid_of(header)
        if uid not in wanted:
            return None
        pixel, syntax = form.pixel, form.transfer_syntax_uid
        if form.pixel_data_length is None:
            frame, bit_offset = FrameIndex.build(view[len(header) :], pixel, syntax).frame(1)
        else:
            frame, bit_offset = view[len(header) :][: form.pixel_data_length], 0
            if len(frame) < form.pixel_data_length:
                return None
        return uid, UnreadHeader(header), pixel, FrameBytes(frame, syntax, bit_offset)

    def _native(self, file: memoryview) -> tuple[bytes, HeaderForm, int] | None:
        """Give the header of a file of uncompressed samples, its form, and how many they are."""
        for start in self._native_lengths:
            header = bytes(file[:start])
            form = self._forms.find(header)
            if form is not None and form.pixel_data_length is not None:
                return header, form, form.pixel_data_length
        return None

    def learn(self, data: bytes | memoryview, file: Part10, pixel: ImagePixelModule) -> None:
        """Know the header of a file that was read.

        Parameters
        ----------
        data : bytes or memoryview
            The file.
        file : Part10
            What was read of it.
        pixel : ImagePixelModule
            What it says of the samples.
        """
        length, syntax = file.pixel_data_length, transfer_syntax(file.transfer_syntax_uid)
        is_packed = file.is_encapsulated or syntax.is_encapsulated
        if (
            not self._context.asks_only_headers()
            or file.is_big_endian
            or syntax.is_deflated
            or pixel.number_of_frames != 1
            or file.is_encapsulated != syntax.is_encapsulated
            or file.pixel_data is None
        ):
            return
        start = len(data) - len(file.pixel_data) if is_packed else file.pixel_data_start
        if not is_packed:
            if length is None:
                return
            # Numbers with a digit more make a header longer, and come in a row.
            self._native_lengths = (start, *(n for n in self._native_lengths if n != start))[:8]
        if start <= _MAX_HEADER_BYTES:
            header = bytes(memoryview(data)[:start])
            self._forms.add(header, pixel, file.transfer_syntax_uid, None if is_packed else length)


def _uid_of(header: bytes) -> str:
    """Give the SOP Instance UID of a header, if file meta information and data set agree on it."""
    at = header.find(_MEDIA_STORAGE_UID, 132, 1024) + len(_MEDIA_STORAGE_UID)
    length = header[at : at + 2]
    value = header[at + 2 : at + 2 + int.from_bytes(length, "little")]
    if at < len(_MEDIA_STORAGE_UID) or _SOP_INSTANCE_UID + length + value not in header:
        return ""
    return value.rstrip(b"\0 ").decode("latin-1")

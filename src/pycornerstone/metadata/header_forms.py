"""Headers of one form: what is known of a slice is known of the next, if their bytes agree.

Where elements stand follows from their heads, their tags and lengths. A header with the same bytes
in all its heads as one that was read is made of the same elements in the same places; if the values
that samples depend on are the same too, nothing has to be read to know where the samples are and
what they are like. The rest is read when somebody asks for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.metadata.dicom_attributes import DicomAttributes
from pycornerstone.metadata.dicom_tags import PIXEL_DATA_TAGS
from pycornerstone.metadata.part10 import read_part10
from pycornerstone.metadata.part10_encodings import (
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    UNDEFINED_LENGTH,
    Encoding,
    is_known_vr,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from pycornerstone.metadata.dicom_attributes import Scalar
    from pycornerstone.metadata.part10_shared import SharedElements
    from pycornerstone.model.modules import ImagePixelModule

__all__ = ["HeaderForm", "HeaderForms", "UnreadHeader"]

_IMAGE_GROUP = 0x0028
# Of other groups: the transfer syntax, and the optical paths of slides, which `ImagePixelModule`
# reads a colour profile from, so that a load fails where they are damaged.
_ALSO_OF_SAMPLES = frozenset({0x00020010, 0x00480105})
# Of the image group, what differs from slice to slice and is no matter of how samples are stored:
# smallest and largest values, windows and what they are called, rescale intercept and slope (of PET
# they are each slice's own).
_NOT_OF_SAMPLES = frozenset(
    {0x00280106, 0x00280107, 0x00281050, 0x00281051, 0x00281055, 0x00281052, 0x00281053}
)
# Offset tables of encapsulated frames (7FE0,0001), (7FE0,0002): what they say is of one file.
_PIXEL_DATA_GROUP = 0x7FE0
# A series has some: a number with a digit more makes a header longer. Another kind of files, of
# which none is like the other, is given up, but for every so many of them: others may follow.
_MAX_FORMS = 64
_MOST_WITHOUT_USE = _TRIED_EACH = 16
# Unread headers are kept as they are, for thousands of slices; longer ones are read and let go of.
_MAX_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True, eq=False)
class HeaderForm:
    """What headers of one form have in common.

    Attributes
    ----------
    pixel : ImagePixelModule
        How samples are stored. Its smallest and largest value are those of one of the headers.
    transfer_syntax_uid : str
        How they are encoded.
    pixel_data_length : int or None
        How many bytes the samples are, None if they are encapsulated; they begin where the header
        ends.
    """

    pixel: ImagePixelModule
    transfer_syntax_uid: str
    pixel_data_length: int | None
    _mask: npt.NDArray[np.uint8] = field(repr=False)
    _masked: bytes = field(repr=False)

    def is_of(self, header: bytes) -> bool:
        """Tell whether a header of the same length is of this form."""
        return (np.frombuffer(header, np.uint8) & self._mask).tobytes() == self._masked


class HeaderForms:
    """The forms that were met last; may be used from any thread."""

    def __init__(self) -> None:
        self._forms: dict[int, tuple[HeaderForm, ...]] = {}
        self._number = self._without_use = 0

    def find(self, header: bytes) -> HeaderForm | None:
        """Give the form of the bytes before the samples, if it is known."""
        for form in self._forms.get(len(header), ()):
            if form.is_of(header):
                self._without_use = 0
                return form
        return None

    def find_beginning(self, file: bytes) -> tuple[bytes, HeaderForm] | None:
        """Give the header of a file with encapsulated samples, and its form, if that is known."""
        for length in tuple(self._forms):
            header = file[:length]
            form = self.find(header) if len(header) == length else None
            if form is not None and form.pixel_data_length is None:
                return header, form
        return None

    def add(
        self,
        header: bytes,
        pixel: ImagePixelModule,
        transfer_syntax_uid: str,
        pixel_data_length: int | None,
    ) -> None:
        """Know a header's form from here on.

        Parameters
        ----------
        header : bytes
            All that stands before the samples, which `read_part10` has read. Big endian headers,
            those of more than 16 KiB, without a preamble, or with sequences of undefined length or
            an extended offset table have no form.
        pixel : ImagePixelModule
            What it says of the samples.
        transfer_syntax_uid : str
            How they are encoded; the data set itself is not deflated.
        pixel_data_length : int or None
            How many bytes they are; None if they are encapsulated.
        """
        if len(header) > _MAX_BYTES:
            return
        self._without_use += 1
        if self._without_use > _MOST_WITHOUT_USE and self._without_use % _TRIED_EACH:
            return
        mask = np.full(len(header), 0xFF, np.uint8)
        try:
            for tag, start, stop in _elements(header):
                if not _is_of_samples(tag):
                    mask[start:stop] = 0
        except _NoFormError:
            return
        masked = (np.frombuffer(header, np.uint8) & mask).tobytes()
        form = HeaderForm(pixel, transfer_syntax_uid, pixel_data_length, mask, masked)
        if self._number >= _MAX_FORMS:
            self._forms, self._number = {}, 0
        self._forms[len(header)] = (form, *self._forms.get(len(header), ()))
        self._number += 1


class UnreadHeader(DicomAttributes):
    """A header that is read when it is first asked for something.

    Parameters
    ----------
    header : bytes
        All that stands before the samples, of a form that is known.
    """

    __slots__ = ("_attributes", "_header")

    def __init__(self, header: bytes) -> None:
        self._header = header
        self._attributes: DicomAttributes | None = None

    def values(self, tag: int) -> tuple[Scalar, ...]:
        """Read the values of an element; see `DicomAttributes.values`."""
        return self.read().values(tag)

    def items(self, tag: int) -> Sequence[DicomAttributes]:
        """Find the items of a sequence; see `DicomAttributes.items`."""
        return self.read().items(tag)

    def data(self, tag: int) -> bytes | None:
        """Give the value of a binary element; see `DicomAttributes.data`."""
        return self.read().data(tag)

    def __contains__(self, tag: object) -> bool:
        return tag in self.read()

    def read(self, shared: SharedElements | None = None) -> DicomAttributes:
        """Give what it says.

        Parameters
        ----------
        shared : SharedElements, optional
            What is known of headers that were read before.
        """
        # In this order: another thread may put the attributes in its place meanwhile.
        header = self._header
        attributes = self._attributes
        if attributes is None:
            attributes = self._attributes = read_part10(header, shared).attributes
            self._header = b""
        return attributes


class _NoFormError(Exception):
    """A header is of a kind whose forms are not known."""


def _is_of_samples(tag: int) -> bool:
    is_of_image = tag >> 16 == _IMAGE_GROUP and tag not in _NOT_OF_SAMPLES
    return is_of_image or tag in _ALSO_OF_SAMPLES


def _elements(header: bytes) -> Iterator[tuple[int, int, int]]:
    """Give each element of a header as tag, and start and stop of its value, up to pixel data."""
    if header[128:132] != b"DICM":
        raise _NoFormError
    position, encoding = 132, EXPLICIT_LITTLE
    while header[position : position + 2] == b"\x02\0":
        tag, start, stop = _element(header, position, encoding)
        yield tag, start, stop
        position = stop
    letters = header[position + 4 : position + 6]
    if not is_known_vr(letters):
        if letters.isalpha() and letters.isupper():
            raise _NoFormError
        encoding = IMPLICIT_LITTLE
    while True:
        tag, start, stop = _element(header, position, encoding)
        if tag in PIXEL_DATA_TAGS:
            if start != len(header):
                raise _NoFormError
            return
        if stop - start == UNDEFINED_LENGTH or tag >> 16 == _PIXEL_DATA_GROUP:
            raise _NoFormError
        yield tag, start, stop
        position = stop


def _element(header: bytes, position: int, encoding: Encoding) -> tuple[int, int, int]:
    first_8_bytes = header[position : position + 8]
    if len(first_8_bytes) < 8:
        raise _NoFormError
    _, _, head = encoding.kept.known.get(first_8_bytes) or encoding.kept.read(first_8_bytes)
    start, length = position + head.offset, head.length
    if length < 0:
        length = int.from_bytes(header[start - 4 : start], "little")
    return head.tag, start, start + length

"""The header of a DICOM file: what its images are made of, and where the pixel data lie.

PS3.10 section 7.1: a preamble, file meta information in explicit VR little endian, and a data set
in the transfer syntax that it names.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pycornerstone.errors import DecodeError
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.part10_attributes import Part10Attributes
from pycornerstone.metadata.part10_elements import find_elements
from pycornerstone.metadata.part10_encodings import (
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_BIG,
    IMPLICIT_LITTLE,
    UNDEFINED_LENGTH,
    Encoding,
    is_known_vr,
)

if TYPE_CHECKING:
    import mmap

    from pycornerstone.metadata.dicom_attributes import DicomAttributes

__all__ = ["MAX_INFLATED_BYTES", "Part10", "read_part10"]

MAX_INFLATED_BYTES = 2**30
"""How large a deflated data set may become."""

_IMPLICIT_LITTLE_UID = "1.2.840.10008.1.2"
_EXPLICIT_LITTLE_UID = "1.2.840.10008.1.2.1"
_DEFLATED_UID = "1.2.840.10008.1.2.1.99"
_EXPLICIT_BIG_UID = "1.2.840.10008.1.2.2"
# Groups that a data set without preamble and meta information may begin with.
_FIRST_GROUPS = frozenset(range(0x0002, 0x002A, 2))


@dataclass(frozen=True, slots=True, eq=False)
class Part10:
    """What the header of a DICOM file says.

    Attributes
    ----------
    attributes : DicomAttributes
        The elements of `Tag` that there are, copied: they do not keep the file's bytes alive.
    transfer_syntax_uid : str
        (0002,0010), or what the data set turned out to be where that is missing.
    pixel_data : memoryview or None
        Value of the pixel data, inside the bytes that were given (of a deflated file, inside the
        inflated ones). Encapsulated: from the item of the Basic Offset Table to the end of the
        file, which is behind the sequence delimiter. Shorter than announced in a truncated file.
    pixel_data_tag : int or None
        (7FE0,0010), (7FE0,0008) or (7FE0,0009).
    is_big_endian : bool
        Elements and native samples are big endian.
    is_encapsulated : bool
        The pixel data have no length of their own, but fragments (PS3.5 section A.4).
    """

    attributes: DicomAttributes
    transfer_syntax_uid: str
    pixel_data: memoryview | None
    pixel_data_tag: int | None
    is_big_endian: bool
    is_encapsulated: bool


def read_part10(buffer: bytes | bytearray | memoryview | mmap.mmap) -> Part10:
    """Read the header of a DICOM file, up to its pixel data.

    Parameters
    ----------
    buffer : bytes, bytearray, memoryview or mmap
        The whole file. Preamble and meta information may be missing.

    Raises
    ------
    DecodeError
        If it is not DICOM, or ends or breaks before the pixel data.

    Notes
    -----
    Only pixel data may be cut off: whoever decodes them knows how much is needed. What stands
    behind them is not read.
    """
    try:
        view = memoryview(buffer).cast("B")
    except TypeError as error:
        raise DecodeError(
            f"a DICOM file is read from its bytes in one piece, got {type(buffer).__name__}"
        ) from error
    start, stated = _read_meta(view)
    encoding, transfer_syntax_uid = _encoding_of(view, start, stated)
    if transfer_syntax_uid == _DEFLATED_UID:
        view, start = memoryview(_inflate(view[start:])), 0
    elements = find_elements(view, start, len(view), encoding)
    kept = elements.kept
    kept[Tag.TRANSFER_SYNTAX_UID.value] = ("UI", transfer_syntax_uid.encode("ascii", "replace"))
    tag, length = elements.pixel_data_tag, elements.pixel_data_length
    pixel_data = None
    if tag is not None:
        begin = elements.pixel_data_start
        end = len(view) if length == UNDEFINED_LENGTH else min(begin + length, len(view))
        pixel_data = view[begin:end]
    return Part10(
        Part10Attributes(kept, encoding),
        transfer_syntax_uid,
        pixel_data,
        tag,
        encoding.is_big_endian,
        is_encapsulated=length == UNDEFINED_LENGTH,
    )


def _read_meta(view: memoryview) -> tuple[int, str | None]:
    """Go over the meta information; give where the data set begins, and the transfer syntax.

    Its own length (0002,0000) is not relied on: in files that were edited it is often wrong.
    """
    position = 132 if bytes(view[128:132]) == b"DICM" else 0
    if not position and not _looks_like_data_set(view):
        raise DecodeError(
            f"not DICOM: of {len(view)} bytes, those at 128 are not 'DICM', and the first are no "
            "data element; check what the address or path leads to"
        )
    transfer_syntax_uid = None
    encoding = EXPLICIT_LITTLE
    while position <= len(view) - 12 and view[position] == 2 and not view[position + 1]:
        number, vr, length = encoding.element.unpack_from(view, position)
        offset = encoding.value_offsets.get(vr, 8)
        if offset == 12 or vr not in encoding.vr_names:
            (length,) = encoding.length.unpack_from(view, position + offset - 4)
        position += offset + length
        if encoding.exchange(number) == Tag.TRANSFER_SYNTAX_UID:
            value = bytes(view[position - length : position])
            transfer_syntax_uid = value.decode("ascii", "replace").strip(" \0") or None
    return position, transfer_syntax_uid


def _looks_like_data_set(view: memoryview) -> bool:
    """Tell whether an element stands at the very start, of a group that comes first."""
    if len(view) < 8:
        return False
    for encoding in (IMPLICIT_LITTLE, IMPLICIT_BIG):
        number, length = encoding.element.unpack_from(view)
        if encoding.exchange(number) >> 16 in _FIRST_GROUPS:
            return is_known_vr(bytes(view[4:6])) or length <= len(view)
    return False


def _encoding_of(view: memoryview, start: int, stated: str | None) -> tuple[Encoding, str]:
    """Tell how the data set is written, by what is stated and by its first element."""
    letters = bytes(view[start + 4 : start + 6])
    if stated == _DEFLATED_UID or len(letters) < 2:
        return EXPLICIT_LITTLE, stated or _EXPLICIT_LITTLE_UID
    # In big endian order group 0008 reads as 0800 here.
    is_big_endian = stated == _EXPLICIT_BIG_UID
    is_implicit = stated == _IMPLICIT_LITTLE_UID
    if stated is None:
        is_big_endian = view[start] == 0
        is_implicit = not is_known_vr(letters)
        stated = _IMPLICIT_LITTLE_UID if is_implicit else _EXPLICIT_LITTLE_UID
        stated = _EXPLICIT_BIG_UID if is_big_endian else stated
    # Some writers state one and write the other; no first element is so long that the bytes of its
    # length are two capital letters.
    elif is_known_vr(letters):
        is_implicit = False
    elif not (letters.isalpha() and letters.isupper()):
        is_implicit = True
    if is_big_endian:
        return (IMPLICIT_BIG if is_implicit else EXPLICIT_BIG), stated
    return (IMPLICIT_LITTLE if is_implicit else EXPLICIT_LITTLE), stated


def _inflate(deflated: memoryview) -> bytes:
    """Undo the deflate algorithm, which the whole data set went through (PS3.5 section A.5)."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = inflater.decompress(deflated, MAX_INFLATED_BYTES)
    except zlib.error as error:
        raise DecodeError(f"the deflated data set is damaged: {error}") from error
    if inflater.unconsumed_tail:
        raise DecodeError(
            f"the deflated data set is larger than {MAX_INFLATED_BYTES} bytes; inflate it first"
        )
    return data

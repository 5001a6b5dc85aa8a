"""The header of a DICOM file: what its images are made of, and where the pixel data lie.

PS3.10 section 7.1: a preamble, file meta information in explicit VR little endian, and a data set
in the transfer syntax that it names.
"""

from __future__ import annotations

import mmap
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from pycornerstone.errors import DecodeError
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.part10_attributes import Part10Attributes
from pycornerstone.metadata.part10_elements import Buffer, find_elements
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
    import numpy.typing as npt

    from pycornerstone.metadata.dicom_attributes import DicomAttributes
    from pycornerstone.metadata.part10_shared import SharedElements

__all__ = ["MAX_INFLATED_BYTES", "Part10", "read_part10"]

MAX_INFLATED_BYTES = 2**30
"""How large a deflated data set may become."""

_INFLATED_AT_ONCE = 2**20
_IMAGE_TYPE, _CSA_HEADER = map(int, (Tag.IMAGE_TYPE, Tag.SIEMENS_CSA_IMAGE_HEADER))

_IMPLICIT_LITTLE_UID = "1.2.840.10008.1.2"
_EXPLICIT_LITTLE_UID = "1.2.840.10008.1.2.1"
_DEFLATED_UID = "1.2.840.10008.1.2.1.99"
_EXPLICIT_BIG_UID = "1.2.840.10008.1.2.2"
_NATIVE_UIDS = frozenset({_IMPLICIT_LITTLE_UID, _EXPLICIT_LITTLE_UID, _EXPLICIT_BIG_UID})
# Groups that a data set without preamble and meta information may begin with.
_FIRST_GROUPS = frozenset(range(0x0002, 0x002A, 2))
# Those of them that are no group in the other byte order; 2000 is one, of film sessions.
_TELLING_GROUPS = _FIRST_GROUPS - {0x0020}


@dataclass(frozen=True, slots=True, eq=False)
class Part10:
    """What the header of a DICOM file says.

    Attributes
    ----------
    attributes : DicomAttributes
        The elements of `Tag` that there are, copied: they do not keep the file's bytes alive. The
        header of Siemens' own (0029,1010) is left out of images that are no mosaics.
    transfer_syntax_uid : str
        (0002,0010), or what the data set turned out to be where that is missing or cannot be.
    is_big_endian : bool
        Elements and native samples are big endian.
    pixel_data : memoryview or None
        Value of the pixel data, inside the bytes that were given (of a deflated file, inside the
        inflated ones). Encapsulated: from the item of the Basic Offset Table to the end of the
        file, which is behind the sequence delimiter. Shorter than announced in a truncated file.
    pixel_data_tag : int or None
        (7FE0,0010), (7FE0,0008) or (7FE0,0009).
    pixel_data_vr : str or None
        Its value representation: OB, OW, OF or OD; OW for Pixel Data in implicit VR (PS3.5 A.1).
    pixel_data_start : int
        Where `pixel_data` begin in the bytes that were given, or in the inflated ones; 0 if there
        are none.
    pixel_data_length : int or None
        The length that is announced; None if it is undefined, as that of encapsulated ones is.
    is_encapsulated : bool
        The pixel data have no length of their own, but fragments (PS3.5 section A.4).
    frame_offsets, frame_lengths : numpy.ndarray or None
        Extended Offset Table (7FE0,0001) and Extended Offset Table Lengths (7FE0,0002), as uint64:
        where each frame's item begins, counted from the first byte after the Basic Offset Table's,
        and how many bytes it has (PS3.3 C.7.6.3.1.8).
    """

    attributes: DicomAttributes
    transfer_syntax_uid: str
    is_big_endian: bool
    pixel_data: memoryview | None = None
    pixel_data_tag: int | None = None
    pixel_data_vr: str | None = None
    pixel_data_start: int = 0
    pixel_data_length: int | None = None
    is_encapsulated: bool = False
    frame_offsets: npt.NDArray[np.uint64] | None = None
    frame_lengths: npt.NDArray[np.uint64] | None = None


def read_part10(
    buffer: bytes | bytearray | memoryview | mmap.mmap, shared: SharedElements | None = None
) -> Part10:
    """Read the header of a DICOM file, up to its pixel data.

    Parameters
    ----------
    buffer : bytes, bytearray, memoryview or mmap
        The whole file, or as much of its beginning as holds the header. Preamble and meta
        information may be missing.
    shared : SharedElements, optional
        What the headers of a series share, of which this one may be.

    Raises
    ------
    DecodeError
        If it is not DICOM, or ends or breaks before the pixel data.

    Notes
    -----
    Only pixel data may be cut off: whoever decodes them knows how much is needed. What stands
    behind them is not read. `bytes` and mappings, and views of them whole, are read the fastest.
    """
    try:
        view = memoryview(buffer).cast("B")
    except TypeError as error:
        raise DecodeError(
            f"a DICOM file is read from its bytes in one piece, got {type(buffer).__name__}"
        ) from error
    source = _source_of(view)
    start, stated = _read_meta(source, len(view))
    encoding, transfer_syntax_uid = _encoding_of(source, start, stated)
    if transfer_syntax_uid == _DEFLATED_UID:
        view, start = _inflate(view[start:]), 0
        source = _source_of(view)
    if shared is None:
        elements = find_elements(source, start, len(view), encoding)
    else:
        elements = shared.find_elements(source, start, len(view), encoding)
    kept = elements.kept
    # Some 11 kB of each slice, which say something of mosaics only.
    if _CSA_HEADER in kept and b"MOSAIC" not in kept.get(_IMAGE_TYPE, (None, b""))[1]:
        del kept[_CSA_HEADER]
    kept[Tag.TRANSFER_SYNTAX_UID.value] = ("UI", transfer_syntax_uid.encode("ascii", "replace"))
    attributes = Part10Attributes(kept, encoding, spans=elements.spans)
    tag = elements.pixel_data_tag
    if tag is None:
        return Part10(attributes, transfer_syntax_uid, encoding.is_big_endian)
    begin, length = elements.pixel_data_start, elements.pixel_data_length
    is_encapsulated = length == UNDEFINED_LENGTH
    end = len(view) if is_encapsulated else min(begin + length, len(view))
    return Part10(
        attributes,
        transfer_syntax_uid,
        encoding.is_big_endian,
        view[begin:end],
        tag,
        kept[tag][0],
        begin,
        None if is_encapsulated else length,
        is_encapsulated,
        _offset_table(attributes, Tag.EXTENDED_OFFSET_TABLE),
        _offset_table(attributes, Tag.EXTENDED_OFFSET_TABLE_LENGTHS),
    )


class _Copied:
    """Slices of a view as bytes, which can be looked up in a dictionary."""

    __slots__ = ("_view",)

    def __init__(self, view: memoryview) -> None:
        self._view = view

    def __getitem__(self, span: slice) -> bytes:
        return bytes(self._view[span])


def _source_of(view: memoryview) -> Buffer:
    """Give what the walk goes over, without a detour where that is possible."""
    owner = view.obj
    is_whole = isinstance(owner, bytes | mmap.mmap) and len(owner) == len(view)
    return cast("Buffer", owner) if is_whole else _Copied(view)


def _offset_table(attributes: DicomAttributes, tag: Tag) -> npt.NDArray[np.uint64] | None:
    if tag not in attributes:
        return None
    data = attributes.data(tag) or b""
    return np.frombuffer(data[: len(data) - len(data) % 8], "<u8").astype(np.uint64, copy=False)


def _read_meta(source: Buffer, size: int) -> tuple[int, str | None]:
    """Go over the meta information; give where the data set begins, and the transfer syntax.

    Its own length (0002,0000) is not relied on: in files that were edited it is often wrong.
    """
    position = 132 if source[128:132] == b"DICM" else 0
    if not position and not _looks_like_data_set(source[:8], size):
        raise DecodeError(
            f"not DICOM: of {size} bytes, those at 128 are not 'DICM', and the first are no "
            "data element; check what the address or path leads to"
        )
    transfer_syntax_uid = None
    heads = EXPLICIT_LITTLE.kept
    known = heads.known
    while position <= size - 12:
        first_8_bytes = source[position : position + 8]
        if not first_8_bytes.startswith(b"\x02\0"):
            break
        _, _, head = known.get(first_8_bytes) or heads.read(first_8_bytes)
        tag, _, offset, length = head
        if length < 0:
            length = int.from_bytes(source[position + 8 : position + 12], "little")
        start = position + offset
        position = start + length
        if tag == Tag.TRANSFER_SYNTAX_UID:
            value = source[start:position].decode("ascii", "replace")
            transfer_syntax_uid = value.strip(" \0") or None
    return position, transfer_syntax_uid


def _looks_like_data_set(first_8_bytes: bytes, size: int) -> bool:
    """Tell whether an element stands at the very start, of a group that comes first."""
    if len(first_8_bytes) < 8:
        return False
    for encoding in (IMPLICIT_LITTLE, IMPLICIT_BIG):
        head = encoding.read_head(first_8_bytes)
        if head.tag >> 16 in _FIRST_GROUPS:
            return is_known_vr(first_8_bytes[4:6]) or head.length <= size
    return False


def _encoding_of(source: Buffer, start: int, stated: str | None) -> tuple[Encoding, str]:
    """Tell how the data set is written, by what is stated and by its first element.

    Some writers state one and write the other; the first element knows better.
    """
    first = source[start : start + 6]
    letters = first[4:]
    if len(first) < 6:
        return EXPLICIT_LITTLE, stated or _EXPLICIT_LITTLE_UID
    is_explicit = is_known_vr(letters)
    if stated == _DEFLATED_UID and not (is_explicit and first[0] in _FIRST_GROUPS and not first[1]):
        return EXPLICIT_LITTLE, stated
    is_big_endian = stated == _EXPLICIT_BIG_UID
    # In the other order group 0008 reads as 0800, which there is not.
    low, high = first[0], first[1]
    if stated is None or (low == 0 and high in _TELLING_GROUPS):
        is_big_endian = low == 0
    elif high == 0 and low in _TELLING_GROUPS:
        is_big_endian = False
    is_implicit = not is_explicit
    # No first element is so long that the bytes of its length are two capital letters.
    if is_implicit and stated is not None and letters.isalpha() and letters.isupper():
        is_implicit = stated == _IMPLICIT_LITTLE_UID
    if is_big_endian:
        encoding, written = (IMPLICIT_BIG if is_implicit else EXPLICIT_BIG), _EXPLICIT_BIG_UID
    elif is_implicit:
        encoding, written = IMPLICIT_LITTLE, _IMPLICIT_LITTLE_UID
    else:
        encoding, written = EXPLICIT_LITTLE, _EXPLICIT_LITTLE_UID
    # Samples that are not encapsulated lie in the order of the elements.
    is_other_order = (stated == _EXPLICIT_BIG_UID) != is_big_endian and stated in _NATIVE_UIDS
    if stated is None or stated == _DEFLATED_UID or is_other_order:
        return encoding, written
    return encoding, stated


def _inflate(deflated: memoryview) -> memoryview:
    """Undo the deflate algorithm, which the whole data set went through (PS3.5 section A.5)."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    # In pieces: zlib joins what it gives while no other thread runs, of 1 GB for seconds.
    data = bytearray()
    rest: bytes | memoryview = deflated
    try:
        while len(data) <= MAX_INFLATED_BYTES:
            piece = inflater.decompress(rest, _INFLATED_AT_ONCE)
            data += piece
            rest = inflater.unconsumed_tail
            if inflater.eof or (not rest and len(piece) < _INFLATED_AT_ONCE):
                break
    except zlib.error as error:
        raise DecodeError(f"the deflated data set is damaged: {error}") from error
    if len(data) > MAX_INFLATED_BYTES:
        # Whoever keeps the error keeps this frame.
        del data
        raise DecodeError(
            f"the deflated data set is larger than {MAX_INFLATED_BYTES} bytes; inflate it first"
        )
    return memoryview(data).toreadonly()

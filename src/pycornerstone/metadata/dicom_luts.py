"""Look-up tables of DICOM: their descriptors, their entries, and palettes in segments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.errors import MetadataError
from pycornerstone.metadata.dicom_attributes import if_readable
from pycornerstone.metadata.dicom_tags import Tag, describe_tag
from pycornerstone.metadata.palette_segments import expand_segments
from pycornerstone.model.luts import LookupTable, PaletteColorLut

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.metadata.dicom_attributes import DicomAttributes

__all__ = ["read_lut", "read_palette", "signed_word"]

_PALETTE = (
    (Tag.RED_PALETTE_DESCRIPTOR, Tag.RED_PALETTE_DATA, Tag.SEGMENTED_RED_PALETTE_DATA),
    (Tag.GREEN_PALETTE_DESCRIPTOR, Tag.GREEN_PALETTE_DATA, Tag.SEGMENTED_GREEN_PALETTE_DATA),
    (Tag.BLUE_PALETTE_DESCRIPTOR, Tag.BLUE_PALETTE_DATA, Tag.SEGMENTED_BLUE_PALETTE_DATA),
)
_ALPHA = (Tag.ALPHA_PALETTE_DESCRIPTOR, Tag.ALPHA_PALETTE_DATA, Tag.SEGMENTED_ALPHA_PALETTE_DATA)


def signed_word(value: int, *, is_signed: bool) -> int:
    """Read a 16-bit value that may stand as US or as SS.

    Which it is depends on Pixel Representation (0028,0103), whatever the element says of itself:
    writers put negative values under US, and implicit VR says nothing.

    Examples
    --------
    >>> signed_word(63536, is_signed=True)
    -2000
    """
    if not -0x8000 <= value <= 0xFFFF:
        return value
    value &= 0xFFFF
    return value - 0x10000 if is_signed and value >= 0x8000 else value


def read_lut(item: DicomAttributes, *, is_signed: bool) -> LookupTable:
    """Read an item of the Modality LUT Sequence or of the VOI LUT Sequence.

    Parameters
    ----------
    item : DicomAttributes
        The item.
    is_signed : bool
        The values that are looked up may be negative.

    Raises
    ------
    MetadataError
        If the descriptor or the data are missing or of no use.

    References
    ----------
    DICOM PS3.3 C.11.1.1.1 and C.11.2.1.1 (LUT Descriptor).
    """
    count, first_mapped, bits = _descriptor(item, Tag.LUT_DESCRIPTOR, is_signed=is_signed)
    data = _data(item, Tag.LUT_DATA)
    entries, bits = _entries(data, count, bits)
    return LookupTable(entries, first_mapped, bits, item.text(Tag.LUT_EXPLANATION) or "")


def read_palette(attributes: DicomAttributes, *, is_signed: bool) -> PaletteColorLut:
    """Read the three tables of a palette, segmented ones included, and the one of opacity.

    A table of opacity that cannot be read is left out, and logged.

    Parameters
    ----------
    attributes : DicomAttributes
        The instance.
    is_signed : bool
        Stored values are (Pixel Representation (0028,0103) is 1).

    Raises
    ------
    MetadataError
        If a descriptor or data of a colour are missing or of no use.

    References
    ----------
    DICOM PS3.3 C.7.6.3.1.5 and C.7.6.3.1.6 (descriptor and data), C.7.9.2 (segments).
    """

    def table(tags: tuple[Tag, Tag, Tag]) -> LookupTable:
        return _palette_table(attributes, *tags, is_signed=is_signed)

    red, green, blue = map(table, _PALETTE)
    alpha = None
    if Tag.ALPHA_PALETTE_DESCRIPTOR in attributes:
        alpha = if_readable(lambda _: table(_ALPHA), Tag.ALPHA_PALETTE_DESCRIPTOR, None)
    return PaletteColorLut(red, green, blue, alpha)


def _palette_table(
    attributes: DicomAttributes,
    descriptor_tag: Tag,
    data_tag: Tag,
    segmented_tag: Tag,
    *,
    is_signed: bool,
) -> LookupTable:
    count, first_mapped, bits = _descriptor(attributes, descriptor_tag, is_signed=is_signed)
    if data_tag not in attributes and segmented_tag in attributes:
        words = _words(_data(attributes, segmented_tag), is_8_bit=bits <= 8)
        entries = expand_segments(words, count, segmented_tag)
        entries.flags.writeable = False
        bits = _bits_within(8 * entries.itemsize, bits)
    else:
        entries, bits = _entries(_data(attributes, data_tag), count, bits)
    return LookupTable(entries, first_mapped, bits)


def _descriptor(attributes: DicomAttributes, tag: Tag, *, is_signed: bool) -> tuple[int, int, int]:
    """Give number of entries, first value mapped and bits of an entry."""
    values = attributes.integers(tag)
    if len(values) != 3:
        raise MetadataError(
            f"{describe_tag(tag)} has {len(values)} values; a look-up table needs 3: number of "
            "entries, first value mapped and bits of an entry"
        )
    # DICOM JSON may hold numbers of any size.
    if not all(-0x8000 <= value <= 0xFFFF for value in values):
        raise MetadataError(f"{describe_tag(tag)} has values of more than 16 bits")
    # Only the second may be negative, but all three have one value representation. 0 is 65536,
    # which 16 bits do not hold.
    count = signed_word(values[0], is_signed=False) or 0x10000
    first_mapped = signed_word(values[1], is_signed=is_signed or values[1] < 0)
    return count, first_mapped, values[2]


def _data(attributes: DicomAttributes, tag: Tag) -> bytes:
    data = attributes.data(tag)
    if data is None or len(data) < 2:
        raise MetadataError(
            f"{describe_tag(tag)} is missing or empty, but its descriptor is there; if the header "
            "has it as BulkDataURI, retrieve that and put it in"
        )
    return data


def _entries(data: bytes, count: int, bits: int) -> tuple[npt.NDArray[np.unsignedinteger], int]:
    """Give the entries, and how many bits they have.

    The length of the data decides: writers put 8-bit entries into words of 16 bits, and call
    entries of a byte 16 bits wide.
    """
    is_8_bit = len(data) < 2 * count and (bits <= 8 or len(data) in {count, count + 1})
    entries = _words(data, is_8_bit=is_8_bit)[:count]
    stored = 8 if is_8_bit or (bits <= 8 and entries.max(initial=0) <= 0xFF) else 16
    return entries, _bits_within(stored, bits)


def _bits_within(stored: int, bits: int) -> int:
    """Give the bits of the descriptor if they need the bytes that an entry has, else all of it."""
    return bits if stored - 8 < bits <= stored else stored


def _words(data: bytes, *, is_8_bit: bool) -> npt.NDArray[np.unsignedinteger]:
    if is_8_bit:
        return np.frombuffer(data, np.uint8)
    return np.frombuffer(data[: len(data) // 2 * 2], "<u2").astype(np.uint16, copy=False)

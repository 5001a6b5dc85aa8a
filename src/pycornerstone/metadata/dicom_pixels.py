"""How the samples of a DICOM image are stored."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pycornerstone.errors import MetadataError
from pycornerstone.metadata.dicom_attributes import if_readable
from pycornerstone.metadata.dicom_luts import read_palette, signed_word
from pycornerstone.metadata.dicom_spacing import read_pixel_aspect_ratio
from pycornerstone.metadata.dicom_tags import Tag, describe_tag
from pycornerstone.metadata.functional_groups import readable_items
from pycornerstone.model.modules import ImagePixelModule

if TYPE_CHECKING:
    from pycornerstone.metadata.dicom_attributes import DicomAttributes
    from pycornerstone.model.luts import PaletteColorLut

__all__ = ["read_image_pixel", "read_number_of_frames"]

# What tells an image from a report or a structure set.
_IMAGE_TAGS = (
    Tag.ROWS,
    Tag.COLUMNS,
    Tag.BITS_ALLOCATED,
    Tag.SAMPLES_PER_PIXEL,
    Tag.PHOTOMETRIC_INTERPRETATION,
)
_IN_COLOR = frozenset({"COLOR", "MIXED"})
_log = logging.getLogger("pycornerstone.metadata")


def read_image_pixel(attributes: DicomAttributes) -> ImagePixelModule | None:
    """Read how samples are stored; None if the instance is no image.

    Raises
    ------
    MetadataError
        If rows, columns or bits are missing or impossible, Number of Frames is no number, or the
        palette of a PALETTE COLOR image is of no use.

    References
    ----------
    DICOM PS3.3 C.7.6.3 (Image Pixel Module), C.7.6.24 and C.7.6.25 (floating point), C.7.6.6
    (number of frames), C.7.5.1.1.2 (padding), C.7.6.19 and C.8.16.2.1.1.1 (supplemental palette).
    """
    if not any(tag in attributes for tag in _IMAGE_TAGS):
        return None
    rows, columns = _size(attributes, Tag.ROWS), _size(attributes, Tag.COLUMNS)
    photometric = attributes.text(Tag.PHOTOMETRIC_INTERPRETATION)
    samples = attributes.integer(Tag.SAMPLES_PER_PIXEL)
    if samples is None:
        is_color = photometric is not None and photometric.startswith(("RGB", "YBR"))
        samples = 3 if is_color else 1
    if photometric is None:
        photometric = "MONOCHROME2" if samples == 1 else "RGB"
    allocated, stored, high_bit = _bits(attributes)
    representation = attributes.integer(Tag.PIXEL_REPRESENTATION) or 0
    is_signed = representation == 1
    is_float = _is_float(attributes, allocated)
    padding = _padding(attributes, is_signed=is_signed, is_float=is_float)
    return ImagePixelModule(
        rows=rows,
        columns=columns,
        samples_per_pixel=samples,
        photometric_interpretation=photometric,
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=high_bit,
        pixel_representation=representation,
        planar_configuration=attributes.integer(Tag.PLANAR_CONFIGURATION) or 0,
        # Without it nobody can tell the frames apart.
        number_of_frames=max(attributes.integer(Tag.NUMBER_OF_FRAMES) or 1, 1),
        is_float=is_float,
        smallest_pixel_value=_word(attributes, Tag.SMALLEST_IMAGE_PIXEL_VALUE, is_signed=is_signed),
        largest_pixel_value=_word(attributes, Tag.LARGEST_IMAGE_PIXEL_VALUE, is_signed=is_signed),
        pixel_padding_value=padding[0],
        pixel_padding_range_limit=padding[1],
        palette=_palette(attributes, photometric, is_signed=is_signed),
        icc_profile=_icc_profile(attributes),
        pixel_aspect_ratio=read_pixel_aspect_ratio(attributes),
    )


def read_number_of_frames(attributes: DicomAttributes) -> int:
    """Read Number of Frames (0028,0008); 1 where it is absent or no number."""
    return max(if_readable(attributes.integer, Tag.NUMBER_OF_FRAMES, None) or 1, 1)


def _size(attributes: DicomAttributes, tag: Tag) -> int:
    size = attributes.integer(tag)
    if size is None:
        raise MetadataError(
            f"{describe_tag(tag)} is missing from the header of an image; add it, or a metadata "
            "provider that knows it"
        )
    if size < 1:
        raise MetadataError(f"{describe_tag(tag)} must be at least 1, found {size}")
    return size


def _bits(attributes: DicomAttributes) -> tuple[int, int, int]:
    """Read Bits Allocated, Bits Stored and High Bit, each from the one before where it is absent.

    Floating point samples have the first only (PS3.3 C.7.6.24).
    """
    stored = attributes.integer(Tag.BITS_STORED)
    allocated = attributes.integer(Tag.BITS_ALLOCATED)
    if allocated is None and stored is not None:
        allocated = (stored + 7) // 8 * 8
    if allocated is None:
        raise MetadataError(
            f"{describe_tag(Tag.BITS_ALLOCATED)} is missing from the header of an image; add it, "
            "or a metadata provider that knows it"
        )
    if not 1 <= allocated <= 64:
        raise MetadataError(
            f"{describe_tag(Tag.BITS_ALLOCATED)} must be from 1 to 64, found {allocated}"
        )
    stored = stored or allocated
    if not 1 <= stored <= allocated:
        raise MetadataError(
            f"{describe_tag(Tag.BITS_STORED)} must be from 1 to the {allocated} of "
            f"{describe_tag(Tag.BITS_ALLOCATED)}, found {stored}"
        )
    high_bit = attributes.integer(Tag.HIGH_BIT)
    if high_bit is None:
        return allocated, stored, stored - 1
    if not stored - 1 <= high_bit < allocated:
        _log.warning(
            "%s is %d, where %d bits of %d do not fit; taken as %d",
            describe_tag(Tag.HIGH_BIT),
            high_bit,
            stored,
            allocated,
            stored - 1,
        )
        high_bit = stored - 1
    return allocated, stored, high_bit


def _is_float(attributes: DicomAttributes, allocated: int) -> bool:
    """Tell whether samples are floating point.

    Headers from a DICOMweb server may leave out which pixel data there are; but only integer
    samples have Bits Stored and Pixel Representation (PS3.3 C.7.6.3 and C.7.6.24).
    """
    if Tag.FLOAT_PIXEL_DATA in attributes or Tag.DOUBLE_FLOAT_PIXEL_DATA in attributes:
        return True
    is_integer = (
        Tag.PIXEL_DATA in attributes
        or Tag.BITS_STORED in attributes
        or Tag.PIXEL_REPRESENTATION in attributes
    )
    return allocated >= 32 and not is_integer


def _icc_profile(attributes: DicomAttributes) -> bytes | None:
    """Read the colour profile, which a slide has in its optical path (PS3.3 C.8.12.5)."""
    paths = readable_items(attributes, Tag.OPTICAL_PATH_SEQUENCE)
    # Of several, which are not in each frame, none is that of the image.
    source = paths[0] if len(paths) == 1 and Tag.ICC_PROFILE not in attributes else attributes
    return if_readable(source.data, Tag.ICC_PROFILE, None)


def _palette(
    attributes: DicomAttributes, photometric: str, *, is_signed: bool
) -> PaletteColorLut | None:
    """Read the palette that the samples are indices into, or that some of them are."""
    if photometric == "PALETTE COLOR":
        return read_palette(attributes, is_signed=is_signed)
    # Softcopy and segmentation objects have palettes that are meant for other things. Of MIXED
    # ones it is a frame's own value whether it has colours; grey ones do not reach into them.
    is_supplemental = (
        photometric == "MONOCHROME2"
        and Tag.RED_PALETTE_DESCRIPTOR in attributes
        and attributes.text(Tag.PIXEL_PRESENTATION) in _IN_COLOR
    )
    if not is_supplemental:
        return None
    return if_readable(
        lambda _: read_palette(attributes, is_signed=is_signed), Tag.RED_PALETTE_DESCRIPTOR, None
    )


def _padding(
    attributes: DicomAttributes, *, is_signed: bool, is_float: bool
) -> tuple[float | None, float | None]:
    """Read the padding value and its range limit, in the kind of number that samples are."""
    if not is_float:
        return (
            _word(attributes, Tag.PIXEL_PADDING_VALUE, is_signed=is_signed),
            _word(attributes, Tag.PIXEL_PADDING_RANGE_LIMIT, is_signed=is_signed),
        )
    single = if_readable(attributes.number, Tag.FLOAT_PIXEL_PADDING_VALUE, None)
    if single is not None:
        return single, if_readable(attributes.number, Tag.FLOAT_PIXEL_PADDING_RANGE_LIMIT, None)
    return (
        if_readable(attributes.number, Tag.DOUBLE_FLOAT_PIXEL_PADDING_VALUE, None),
        if_readable(attributes.number, Tag.DOUBLE_FLOAT_PIXEL_PADDING_RANGE_LIMIT, None),
    )


def _word(attributes: DicomAttributes, tag: Tag, *, is_signed: bool) -> int | None:
    value = if_readable(attributes.integer, tag, None)
    return None if value is None else signed_word(value, is_signed=is_signed)

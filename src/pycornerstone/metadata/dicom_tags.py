"""The elements that modules are made of: number, value representation and name of each."""

from __future__ import annotations

from enum import IntEnum
from typing import Self

__all__ = ["PIXEL_DATA_TAGS", "Tag", "describe_tag"]


class Tag(IntEnum):
    """An element that some module reads, by its number ``0xGGGGEEEE``.

    Attributes
    ----------
    vr : str
        Value Representation in PS3.6, the first one where there is a choice; what an implicit VR
        data set leaves out.
    title : str
        Name in PS3.6.
    """

    vr: str
    title: str

    def __new__(cls, number: int, vr: str, title: str) -> Self:
        """Make a member of its number, and keep what else is said of it."""
        member = int.__new__(cls, number)
        member._value_ = number
        member.vr = vr
        member.title = title
        return member

    TRANSFER_SYNTAX_UID = 0x00020010, "UI", "Transfer Syntax UID"

    SPECIFIC_CHARACTER_SET = 0x00080005, "CS", "Specific Character Set"
    IMAGE_TYPE = 0x00080008, "CS", "Image Type"
    SOP_CLASS_UID = 0x00080016, "UI", "SOP Class UID"
    SOP_INSTANCE_UID = 0x00080018, "UI", "SOP Instance UID"
    STUDY_DATE = 0x00080020, "DA", "Study Date"
    SERIES_DATE = 0x00080021, "DA", "Series Date"
    ACQUISITION_DATE = 0x00080022, "DA", "Acquisition Date"
    CONTENT_DATE = 0x00080023, "DA", "Content Date"
    STUDY_TIME = 0x00080030, "TM", "Study Time"
    SERIES_TIME = 0x00080031, "TM", "Series Time"
    ACQUISITION_TIME = 0x00080032, "TM", "Acquisition Time"
    CONTENT_TIME = 0x00080033, "TM", "Content Time"
    ACCESSION_NUMBER = 0x00080050, "SH", "Accession Number"
    MODALITY = 0x00080060, "CS", "Modality"
    STUDY_DESCRIPTION = 0x00081030, "LO", "Study Description"
    SERIES_DESCRIPTION = 0x0008103E, "LO", "Series Description"
    RECOMMENDED_DISPLAY_FRAME_RATE = 0x00082144, "IS", "Recommended Display Frame Rate"
    AVAILABLE_TRANSFER_SYNTAX_UID = 0x00083002, "UI", "Available Transfer Syntax UID"

    PATIENT_NAME = 0x00100010, "PN", "Patient's Name"
    PATIENT_ID = 0x00100020, "LO", "Patient ID"
    PATIENT_BIRTH_DATE = 0x00100030, "DA", "Patient's Birth Date"
    PATIENT_SEX = 0x00100040, "CS", "Patient's Sex"
    PATIENT_AGE = 0x00101010, "AS", "Patient's Age"
    PATIENT_SIZE = 0x00101020, "DS", "Patient's Size"
    PATIENT_WEIGHT = 0x00101030, "DS", "Patient's Weight"

    BODY_PART_EXAMINED = 0x00180015, "CS", "Body Part Examined"
    CINE_RATE = 0x00180040, "IS", "Cine Rate"
    SLICE_THICKNESS = 0x00180050, "DS", "Slice Thickness"
    SPACING_BETWEEN_SLICES = 0x00180088, "DS", "Spacing Between Slices"
    FRAME_TIME = 0x00181063, "DS", "Frame Time"
    IMAGER_PIXEL_SPACING = 0x00181164, "DS", "Imager Pixel Spacing"
    NOMINAL_SCANNED_PIXEL_SPACING = 0x00182010, "DS", "Nominal Scanned Pixel Spacing"

    STUDY_INSTANCE_UID = 0x0020000D, "UI", "Study Instance UID"
    SERIES_INSTANCE_UID = 0x0020000E, "UI", "Series Instance UID"
    STUDY_ID = 0x00200010, "SH", "Study ID"
    SERIES_NUMBER = 0x00200011, "IS", "Series Number"
    INSTANCE_NUMBER = 0x00200013, "IS", "Instance Number"
    IMAGE_POSITION_PATIENT = 0x00200032, "DS", "Image Position (Patient)"
    IMAGE_ORIENTATION_PATIENT = 0x00200037, "DS", "Image Orientation (Patient)"
    FRAME_OF_REFERENCE_UID = 0x00200052, "UI", "Frame of Reference UID"
    LATERALITY = 0x00200060, "CS", "Laterality"
    SLICE_LOCATION = 0x00201041, "DS", "Slice Location"
    PLANE_POSITION_SEQUENCE = 0x00209113, "SQ", "Plane Position Sequence"
    PLANE_ORIENTATION_SEQUENCE = 0x00209116, "SQ", "Plane Orientation Sequence"

    SAMPLES_PER_PIXEL = 0x00280002, "US", "Samples per Pixel"
    PHOTOMETRIC_INTERPRETATION = 0x00280004, "CS", "Photometric Interpretation"
    PLANAR_CONFIGURATION = 0x00280006, "US", "Planar Configuration"
    NUMBER_OF_FRAMES = 0x00280008, "IS", "Number of Frames"
    ROWS = 0x00280010, "US", "Rows"
    COLUMNS = 0x00280011, "US", "Columns"
    PIXEL_SPACING = 0x00280030, "DS", "Pixel Spacing"
    BITS_ALLOCATED = 0x00280100, "US", "Bits Allocated"
    BITS_STORED = 0x00280101, "US", "Bits Stored"
    HIGH_BIT = 0x00280102, "US", "High Bit"
    PIXEL_REPRESENTATION = 0x00280103, "US", "Pixel Representation"
    SMALLEST_IMAGE_PIXEL_VALUE = 0x00280106, "US", "Smallest Image Pixel Value"
    LARGEST_IMAGE_PIXEL_VALUE = 0x00280107, "US", "Largest Image Pixel Value"
    PIXEL_PADDING_VALUE = 0x00280120, "US", "Pixel Padding Value"
    PIXEL_PADDING_RANGE_LIMIT = 0x00280121, "US", "Pixel Padding Range Limit"
    FLOAT_PIXEL_PADDING_VALUE = 0x00280122, "FL", "Float Pixel Padding Value"
    DOUBLE_FLOAT_PIXEL_PADDING_VALUE = 0x00280123, "FD", "Double Float Pixel Padding Value"
    FLOAT_PIXEL_PADDING_RANGE_LIMIT = 0x00280124, "FL", "Float Pixel Padding Range Limit"
    DOUBLE_FLOAT_PIXEL_PADDING_RANGE_LIMIT = (
        0x00280125,
        "FD",
        "Double Float Pixel Padding Range Limit",
    )
    WINDOW_CENTER = 0x00281050, "DS", "Window Center"
    WINDOW_WIDTH = 0x00281051, "DS", "Window Width"
    RESCALE_INTERCEPT = 0x00281052, "DS", "Rescale Intercept"
    RESCALE_SLOPE = 0x00281053, "DS", "Rescale Slope"
    RESCALE_TYPE = 0x00281054, "LO", "Rescale Type"
    WINDOW_EXPLANATION = 0x00281055, "LO", "Window Center & Width Explanation"
    VOI_LUT_FUNCTION = 0x00281056, "CS", "VOI LUT Function"
    RED_PALETTE_DESCRIPTOR = 0x00281101, "US", "Red Palette Color Lookup Table Descriptor"
    GREEN_PALETTE_DESCRIPTOR = 0x00281102, "US", "Green Palette Color Lookup Table Descriptor"
    BLUE_PALETTE_DESCRIPTOR = 0x00281103, "US", "Blue Palette Color Lookup Table Descriptor"
    RED_PALETTE_DATA = 0x00281201, "OW", "Red Palette Color Lookup Table Data"
    GREEN_PALETTE_DATA = 0x00281202, "OW", "Green Palette Color Lookup Table Data"
    BLUE_PALETTE_DATA = 0x00281203, "OW", "Blue Palette Color Lookup Table Data"
    SEGMENTED_RED_PALETTE_DATA = (
        0x00281221,
        "OW",
        "Segmented Red Palette Color Lookup Table Data",
    )
    SEGMENTED_GREEN_PALETTE_DATA = (
        0x00281222,
        "OW",
        "Segmented Green Palette Color Lookup Table Data",
    )
    SEGMENTED_BLUE_PALETTE_DATA = (
        0x00281223,
        "OW",
        "Segmented Blue Palette Color Lookup Table Data",
    )
    ICC_PROFILE = 0x00282000, "OB", "ICC Profile"
    LOSSY_IMAGE_COMPRESSION = 0x00282110, "CS", "Lossy Image Compression"
    LOSSY_IMAGE_COMPRESSION_RATIO = 0x00282112, "DS", "Lossy Image Compression Ratio"
    LOSSY_IMAGE_COMPRESSION_METHOD = 0x00282114, "CS", "Lossy Image Compression Method"
    MODALITY_LUT_SEQUENCE = 0x00283000, "SQ", "Modality LUT Sequence"
    LUT_DESCRIPTOR = 0x00283002, "US", "LUT Descriptor"
    LUT_EXPLANATION = 0x00283003, "LO", "LUT Explanation"
    MODALITY_LUT_TYPE = 0x00283004, "LO", "Modality LUT Type"
    LUT_DATA = 0x00283006, "US", "LUT Data"
    VOI_LUT_SEQUENCE = 0x00283010, "SQ", "VOI LUT Sequence"
    PIXEL_MEASURES_SEQUENCE = 0x00289110, "SQ", "Pixel Measures Sequence"
    FRAME_VOI_LUT_SEQUENCE = 0x00289132, "SQ", "Frame VOI LUT Sequence"
    PIXEL_VALUE_TRANSFORMATION_SEQUENCE = (
        0x00289145,
        "SQ",
        "Pixel Value Transformation Sequence",
    )

    DETECTOR_INFORMATION_SEQUENCE = 0x00540022, "SQ", "Detector Information Sequence"
    SLICE_VECTOR = 0x00540080, "US", "Slice Vector"

    PRESENTATION_LUT_SHAPE = 0x20500020, "CS", "Presentation LUT Shape"

    GRID_FRAME_OFFSET_VECTOR = 0x3004000C, "DS", "Grid Frame Offset Vector"

    SHARED_FUNCTIONAL_GROUPS_SEQUENCE = 0x52009229, "SQ", "Shared Functional Groups Sequence"
    PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE = (
        0x52009230,
        "SQ",
        "Per-Frame Functional Groups Sequence",
    )

    FLOAT_PIXEL_DATA = 0x7FE00008, "OF", "Float Pixel Data"
    DOUBLE_FLOAT_PIXEL_DATA = 0x7FE00009, "OD", "Double Float Pixel Data"
    PIXEL_DATA = 0x7FE00010, "OW", "Pixel Data"


PIXEL_DATA_TAGS = frozenset(
    {
        Tag.FLOAT_PIXEL_DATA,
        Tag.DOUBLE_FLOAT_PIXEL_DATA,
        Tag.PIXEL_DATA,
    }
)
"""The elements that hold samples (PS3.3 C.7.6.3 and C.7.6.24); a data set has one of them."""


def describe_tag(tag: int) -> str:
    """Name an element as people do, for messages.

    Examples
    --------
    >>> describe_tag(0x00280010)
    '(0028,0010) Rows'
    """
    number = f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
    title = _TITLES.get(tag)
    return f"{number} {title}" if title else number


_TITLES = {tag.value: tag.title for tag in Tag}
